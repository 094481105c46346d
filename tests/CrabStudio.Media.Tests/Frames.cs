namespace CrabStudio.Media.Tests;

/// <summary>Pictures of the vectors, which are stored as planes.</summary>
internal static class Frames
{
    /// <summary>From [channel, row, column] or [frame, channel, row, column].</summary>
    public static RgbFrames FromPlanes(ReadOnlySpan<byte> planes, long[] shape)
    {
        int count = shape.Length == 4 ? (int)shape[0] : 1;
        int height = (int)shape[^2], width = (int)shape[^1];
        byte[] pixels = new byte[planes.Length];
        for (int frame = 0; frame < count; frame++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                for (int at = 0; at < height * width; at++)
                {
                    pixels[(((frame * height * width) + at) * 3) + channel] = planes[(((frame * 3) + channel) * height * width) + at];
                }
            }
        }

        return new RgbFrames(count, height, width, pixels);
    }

    /// <summary>To [frame, channel, row, column].</summary>
    public static byte[] ToPlanes(RgbFrames frames)
    {
        byte[] planes = new byte[frames.Pixels.Length];
        int size = frames.Height * frames.Width;
        for (int at = 0; at < planes.Length; at++)
        {
            int frame = at / (size * 3), pixel = at / 3 % size, channel = at % 3;
            planes[(((frame * 3) + channel) * size) + pixel] = frames.Pixels[at];
        }

        return planes;
    }

    /// <summary>Equal to the last byte; else says how many bytes differ and by how much.</summary>
    public static void AssertEqual(RgbFrames expected, RgbFrames actual)
    {
        Assert.Equal((expected.Count, expected.Height, expected.Width), (actual.Count, actual.Height, actual.Width));
        int different = 0, worst = 0;
        for (int at = 0; at < expected.Pixels.Length; at++)
        {
            int difference = Math.Abs(expected.Pixels[at] - actual.Pixels[at]);
            different += difference > 0 ? 1 : 0;
            worst = Math.Max(worst, difference);
        }

        Assert.True(different == 0, $"{different} of {expected.Pixels.Length} bytes differ, by at most {worst}");
    }
}

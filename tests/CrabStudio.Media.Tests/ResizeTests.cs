using CrabStudio.Testing;

namespace CrabStudio.Media.Tests;

/// <summary>Against <c>vectors/units/resize.safetensors</c>.</summary>
public sealed class ResizeTests
{
    private static readonly Vectors Golden = Vectors.Load("vectors/units/resize.safetensors");

    public static TheoryData<string> WithInput() => ["120x160", "144x96", "1x1", "224x224", "33x17", "500x300", "720x405"];

    [Theory]
    [MemberData(nameof(WithInput))]
    public void Video_frames_are_resized_as_torchvision_does(string size) => Compare(size, "video", Resize.VideoBicubic);

    [Theory]
    [MemberData(nameof(WithInput))]
    public void Stills_are_resized_as_Pillow_bicubic_does(string size) => Compare(size, "still", Resize.PillowBicubic);

    [Theory]
    [MemberData(nameof(WithInput))]
    public void Frames_for_segmentation_are_resized_as_Pillow_Lanczos_does(string size) => Compare(size, "lanczos", Resize.PillowLanczos);

    private static void Compare(string size, string kind, Func<RgbFrames, int, int, RgbFrames> resize)
    {
        if (!Golden.Has($"{size}.{kind}"))
        {
            return;
        }

        RgbFrames input = Golden.Has($"{size}.input")
            ? Frames.FromPlanes(Golden.Bytes($"{size}.input"), Golden.Shape($"{size}.input"))
            : ByFormula(size);
        RgbFrames expected = Frames.FromPlanes(Golden.Bytes($"{size}.{kind}"), Golden.Shape($"{size}.{kind}"));
        Frames.AssertEqual(expected, resize(input, 224, 224));
    }

    /// <summary>The large inputs are not stored: they follow a formula, of which the vectors hold the first two rows.</summary>
    private static RgbFrames ByFormula(string size)
    {
        int height = int.Parse(size.Split('x')[0]), width = int.Parse(size.Split('x')[1]);
        byte[] planes = new byte[3 * height * width];
        for (int at = 0; at < planes.Length; at++)
        {
            int channel = at / (height * width), y = at / width % height, x = at % width;
            planes[at] = (byte)((x * 5) + (y * 3) + (x * y / 97) + (channel * 70));
        }

        ReadOnlySpan<byte> rows = Golden.Bytes($"{size}.formula_rows");
        for (int channel = 0; channel < 3; channel++)
        {
            Assert.Equal(rows.Slice(channel * 2 * width, 2 * width), planes.AsSpan(channel * height * width, 2 * width));
        }

        return Frames.FromPlanes(planes, [3, height, width]);
    }
}

using System.Buffers.Binary;
using SkiaSharp;

namespace CrabStudio.Media;

public sealed partial class MediaReader
{
    /// <summary>
    /// A still picture as the original reads it with Pillow: pictures with an alpha channel are laid on white, grey ones
    /// repeated to three channels, and the EXIF orientation is <b>not</b> applied. The first picture of an animation.
    /// </summary>
    /// <param name="path">The picture.</param>
    /// <param name="cancellation">Stops before decoding.</param>
    /// <exception cref="MediaException">No picture, unreadable, or beyond a limit.</exception>
    public Task<RgbFrames> ReadStillAsync(string path, CancellationToken cancellation = default) => Task.Run(() => ReadStill(path, cancellation), cancellation);

    private async Task<RgbFrames> ReadStill(string path, CancellationToken cancellation)
    {
        Input input = Open(path);
        if (input.Format is not ("png_pipe" or "jpeg_pipe" or "gif" or "webp_pipe" or "bmp_pipe"))
        {
            return (await ReadFrameAsync(path, 0, cancellation).ConfigureAwait(false)).Frames;
        }

        using SKCodec codec = SKCodec.Create(path, out SKCodecResult opened)
            ?? throw Fail(path, $"cannot be decoded as a picture ({opened}); the file may be damaged, bring another one");
        CheckSize(path, codec.Info.Width, codec.Info.Height);

        // Straight alpha and no colour space: the stored numbers, as Pillow gives them.
        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul, null);
        byte[] rgba = new byte[info.BytesSize];
        SKCodecResult result;
        unsafe
        {
            fixed (byte* pixels = rgba)
            {
                result = codec.GetPixels(info, (nint)pixels);
            }
        }

        return result is SKCodecResult.Success or SKCodecResult.IncompleteInput or SKCodecResult.ErrorInInput
            ? new RgbFrames(1, info.Height, info.Width, OnWhite(rgba, HasAlphaChannel(path, input.Format)))
            : throw Fail(path, $"cannot be decoded as a picture ({result}); the file may be damaged, bring another one");
    }

    private void CheckSize(string path, long width, long height)
    {
        if (Math.Max(width, height) > limits.MaxSide)
        {
            throw Fail(path, $"is {width} by {height} pixels, at most {limits.MaxSide} a side are allowed; scale it down");
        }

        if (width * height > limits.MaxPixels)
        {
            throw Fail(path, $"has {width * height / 1e6:0} million pixels, at most {limits.MaxPixels / 1e6:0} million are allowed; scale it down");
        }
    }

    /// <summary>
    /// Whether Pillow opens it as RGBA. The original lays only that mode on white; of a palette or of a transparent colour it
    /// keeps the colour that is stored.
    /// </summary>
    private static bool HasAlphaChannel(string path, string format)
    {
        byte[] head = new byte[64];
        using FileStream file = File.OpenRead(path);
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return format switch
        {
            "png_pipe" => read > 25 && head[25] == 6,
            "webp_pipe" => (read > 20 && head.AsSpan(12, 4).SequenceEqual("VP8X"u8) && (head[20] & 0x10) != 0)
                || (read > 25 && head.AsSpan(12, 4).SequenceEqual("VP8L"u8) && (BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(21)) >> 28 & 1) == 1),
            _ => false,
        };
    }

    private static byte[] OnWhite(byte[] rgba, bool alpha)
    {
        byte[] rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            int opacity = alpha ? rgba[from + 3] : 255;
            for (int channel = 0; channel < 3; channel++)
            {
                // Pillow's paste with a mask: the weighted sum divided by 255, rounded, in whole numbers.
                int blended = (rgba[from + channel] * opacity) + (255 * (255 - opacity)) + 128;
                rgb[to + channel] = (byte)((blended + (blended >> 8)) >> 8);
            }
        }

        return rgb;
    }
}

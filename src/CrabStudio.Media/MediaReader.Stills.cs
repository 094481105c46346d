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
        ClipFile clip = ClipFile.Open(path, limits);
        StillHeader header = StillHeader.Read(path, clip.Format);
        if (header.GreyOf16Bits)
        {
            return await ReadDeepGreyAsync(clip, cancellation).ConfigureAwait(false);
        }

        return (clip.Format is "png_pipe" or "jpeg_pipe" or "gif" or "webp_pipe" or "bmp_pipe" ? DecodeWithSkia(clip, header.AlphaChannel) : null)
            ?? (await ReadFrameAsync(path, 0, cancellation).ConfigureAwait(false)).Frames;
    }

    /// <summary>Null when Skia cannot read it: then ffmpeg shall try.</summary>
    private RgbFrames? DecodeWithSkia(ClipFile clip, bool alphaChannel)
    {
        using SKCodec? codec = SKCodec.Create(clip.Path);
        if (codec is null)
        {
            return null;
        }

        clip.CheckSize(codec.Info.Width, codec.Info.Height);

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
            ? new RgbFrames(1, info.Height, info.Width, OnWhite(rgba, alphaChannel))
            : null;
    }

    /// <summary>
    /// Grey with 16 bits a pixel becomes RGB in Pillow by cutting off at 255, not by scaling: such pictures look white. The
    /// original sees them so, and so do we.
    /// </summary>
    private async Task<RgbFrames> ReadDeepGreyAsync(ClipFile clip, CancellationToken cancellation)
    {
        FrameLog log = new();
        using MemoryStream bytes = new();
        await clip.FfmpegAsync(
            ["-map", "0:v:0", "-frames:v", "1", "-filter:v", "format=gray16le,showinfo=checksum=0", "-f", "rawvideo", "pipe:1"],
            (stream, token) => ReadAllAsync(stream, bytes, limits.MaxPixels * 2, () => clip.Fail("is larger than its head says; bring another one"), token),
            log.Read,
            cancellation).ConfigureAwait(false);
        byte[] grey = bytes.ToArray();
        if (grey.Length == 0 || grey.LongLength != 2L * log.Height * log.Width)
        {
            throw clip.Fail("has no picture that can be decoded; the file may be damaged, bring another one");
        }

        byte[] rgb = new byte[grey.Length / 2 * 3];
        for (int pixel = 0; pixel < grey.Length / 2; pixel++)
        {
            rgb.AsSpan(pixel * 3, 3).Fill(grey[(pixel * 2) + 1] > 0 ? (byte)255 : grey[pixel * 2]);
        }

        return new RgbFrames(1, log.Height, log.Width, rgb);
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

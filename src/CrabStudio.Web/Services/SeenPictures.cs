using System.Runtime.InteropServices;
using CrabStudio.Media;
using SkiaSharp;

namespace CrabStudio.Web.Services;

/// <summary>Keeps the very pixels that the model saw as PNG files, without loss.</summary>
internal static class SeenPictures
{
    /// <summary>Where the picture of a number lies.</summary>
    public static string PathOf(string folder, int number) => Path.Combine(folder, $"{number}.png");

    /// <summary>Writes one of several pictures.</summary>
    /// <param name="frames">The pictures.</param>
    /// <param name="index">Which of them.</param>
    /// <param name="path">Where to.</param>
    public static void Write(RgbFrames frames, int index, string path) => File.WriteAllBytes(path, Encode(frames, index));

    /// <summary>One of several pictures as a PNG file.</summary>
    public static byte[] Encode(RgbFrames frames, int index)
    {
        int count = frames.Width * frames.Height;
        byte[] pixels = new byte[count * 4];
        for (int from = index * count * 3, to = 0; to < pixels.Length; from += 3, to += 4)
        {
            frames.Pixels.AsSpan(from, 3).CopyTo(pixels.AsSpan(to));
            pixels[to + 3] = byte.MaxValue;
        }

        using SKBitmap bitmap = new(frames.Width, frames.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}

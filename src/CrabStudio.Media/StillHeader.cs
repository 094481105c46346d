using System.Buffers.Binary;

namespace CrabStudio.Media;

/// <summary>What the head of a still says of the mode in which Pillow would open it.</summary>
/// <param name="AlphaChannel">
/// Opened as RGBA. The original lays only this mode on white; of a palette or of one transparent colour it keeps the colour
/// that is stored.
/// </param>
/// <param name="GreyOf16Bits">Opened as 16-bit grey.</param>
internal readonly record struct StillHeader(bool AlphaChannel, bool GreyOf16Bits)
{
    /// <summary>Reads the head of a file whose container is known.</summary>
    public static StillHeader Read(string path, string format)
    {
        byte[] head = new byte[64];
        using FileStream file = File.OpenRead(path);
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return format switch
        {
            "png_pipe" when read > 25 => new StillHeader(head[25] == 6, head[25] == 0 && head[24] == 16),
            "webp_pipe" when read > 25 => new StillHeader(WebpAlpha(head), false),
            _ => default,
        };
    }

    /// <summary>
    /// Sides in pixels as the head of a PNG, GIF or JPEG states them; null when it does not, or for other containers. A
    /// decoder that gives up on an enormous picture does not say why: this does.
    /// </summary>
    public static (long Width, long Height)? Size(string format, ReadOnlySpan<byte> head) => format switch
    {
        "png_pipe" when head.Length >= 24 => (BinaryPrimitives.ReadUInt32BigEndian(head[16..]), BinaryPrimitives.ReadUInt32BigEndian(head[20..])),
        "gif" when head.Length >= 10 => (BinaryPrimitives.ReadUInt16LittleEndian(head[6..]), BinaryPrimitives.ReadUInt16LittleEndian(head[8..])),
        "jpeg_pipe" => JpegSize(head),
        _ => null,
    };

    private static (long Width, long Height)? JpegSize(ReadOnlySpan<byte> head)
    {
        for (int at = 2; at + 9 <= head.Length && head[at] == 0xFF;)
        {
            // C0..CF start a frame, but for the three among them that do not.
            if (head[at + 1] is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return (BinaryPrimitives.ReadUInt16BigEndian(head[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(head[(at + 5)..]));
            }

            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(head[(at + 2)..]);
        }

        return null;
    }

    private static bool WebpAlpha(ReadOnlySpan<byte> head) =>
        head.Slice(12, 4).SequenceEqual("VP8X"u8) ? (head[20] & 0x10) != 0
        : head.Slice(12, 4).SequenceEqual("VP8L"u8) && (BinaryPrimitives.ReadUInt32LittleEndian(head[21..]) >> 28 & 1) == 1;
}

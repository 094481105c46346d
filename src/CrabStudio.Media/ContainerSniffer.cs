using System.Text;

namespace CrabStudio.Media;

/// <summary>
/// Names the container of a file by its first bytes. Only containers of this list are ever opened, each with its own
/// demuxer forced: so no list, script, drawing or text can reach a demuxer that would follow or draw it, whatever its name.
/// </summary>
public static class ContainerSniffer
{
    /// <summary>Bytes that <see cref="Sniff"/> needs to see.</summary>
    public const int HeadBytes = 4096;

    private const int TransportPacket = 188;

    /// <summary>ffmpeg's name of the demuxer for a file that begins with these bytes, or null when it is none of the list.</summary>
    /// <param name="head">The first <see cref="HeadBytes"/> bytes, or all of a shorter file.</param>
    public static string? Sniff(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> content = SkipId3(head, out bool id3);
        if (content.Length < 12)
        {
            // A long tag (a cover picture) hides what follows: only MPEG audio is tagged like this in practice.
            return id3 ? "mp3" : null;
        }

        if (Has(content, 4, "ftyp") || Has(content, 4, "moov") || Has(content, 4, "mdat") || Has(content, 4, "wide") || Has(content, 4, "free") || Has(content, 4, "skip"))
        {
            return "mov";
        }

        if (Has(content, 0, "RIFF") || Has(content, 0, "RF64"))
        {
            return Has(content, 8, "WAVE") ? "wav" : Has(content, 8, "AVI ") ? "avi" : Has(content, 8, "WEBP") ? "webp_pipe" : null;
        }

        if (Has(content, 0, "FORM"))
        {
            return Has(content, 8, "AIFF") || Has(content, 8, "AIFC") ? "aiff" : null;
        }

        return Begins(content, [0x1A, 0x45, 0xDF, 0xA3]) ? "matroska"
            : Has(content, 0, "OggS") ? "ogg"
            : Has(content, 0, "fLaC") ? "flac"
            : Has(content, 0, "GIF87a") || Has(content, 0, "GIF89a") ? "gif"
            : Begins(content, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) ? "png_pipe"
            : Begins(content, [0xFF, 0xD8, 0xFF]) ? "jpeg_pipe"
            : IsBitmap(content) ? "bmp_pipe"
            : Begins(content, [0x49, 0x49, 0x2A, 0x00]) || Begins(content, [0x4D, 0x4D, 0x00, 0x2A]) ? "tiff_pipe"
            : Has(content, 0, "FLV\u0001") ? "flv"
            : Begins(content, [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) ? "asf"
            : Begins(content, [0x00, 0x00, 0x01, 0xBA]) ? "mpeg"
            : IsTransportStream(content) ? "mpegts"
            : MpegAudio(content);
    }

    private static bool Has(ReadOnlySpan<byte> bytes, int at, string ascii) =>
        bytes.Length >= at + ascii.Length && Encoding.Latin1.GetString(bytes.Slice(at, ascii.Length)) == ascii;

    private static bool Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> magic) => bytes.StartsWith(magic);

    /// <summary>BM, and a header size that bitmaps have (two letters alone begin many texts).</summary>
    private static bool IsBitmap(ReadOnlySpan<byte> bytes) =>
        Has(bytes, 0, "BM") && bytes.Length >= 18 && bytes[14] is 12 or 40 or 52 or 56 or 64 or 108 or 124 && bytes[15] == 0 && bytes[16] == 0;

    /// <summary>A sync byte at the head of the first packets, bare or (as on discs) after a time stamp of four bytes.</summary>
    private static bool IsTransportStream(ReadOnlySpan<byte> bytes)
    {
        foreach ((int start, int size) in new[] { (0, TransportPacket), (4, TransportPacket + 4) })
        {
            int packets = 0;
            for (int at = start; at < bytes.Length && bytes[at] == 0x47; at += size)
            {
                packets++;
            }

            if (packets >= 3 && packets >= (bytes.Length - start) / size)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Two whole frames in a row of MPEG audio or of AAC in ADTS.</summary>
    private static string? MpegAudio(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != 0xFF || (bytes[1] & 0xE0) != 0xE0)
        {
            return null;
        }

        bool adts = (bytes[1] & 0xF6) == 0xF0;
        int length = adts ? AdtsFrameLength(bytes) : MpegFrameLength(bytes);
        if (length <= 0)
        {
            return null;
        }

        bool next = bytes.Length < length + 2 || (bytes[length] == 0xFF && (bytes[length + 1] & 0xE0) == 0xE0);
        return !next ? null : adts ? "aac" : "mp3";
    }

    private static int AdtsFrameLength(ReadOnlySpan<byte> header)
    {
        int length = ((header[3] & 3) << 11) | (header[4] << 3) | (header[5] >> 5);
        return ((header[2] >> 2) & 15) < 13 && length > 7 ? length : 0;
    }

    private static int MpegFrameLength(ReadOnlySpan<byte> header)
    {
        int version = (header[1] >> 3) & 3, layer = (header[1] >> 1) & 3, rateIndex = header[2] >> 4, frequencyIndex = (header[2] >> 2) & 3;
        if (version == 1 || layer == 0 || rateIndex is 0 or 15 || frequencyIndex == 3)
        {
            return 0;
        }

        // Only layer III needs an exact length; the few files of layers I and II are told by the header alone.
        if (layer != 1)
        {
            return int.MaxValue / 2;
        }

        ReadOnlySpan<short> version1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        ReadOnlySpan<short> version2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        ReadOnlySpan<int> frequencies = [44100, 48000, 32000];
        int rate = (version == 3 ? version1 : version2)[rateIndex] * 1000;
        int frequency = frequencies[frequencyIndex] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
        return ((version == 3 ? 144 : 72) * rate / frequency) + ((header[2] >> 1) & 1);
    }

    private static ReadOnlySpan<byte> SkipId3(ReadOnlySpan<byte> head, out bool id3)
    {
        id3 = Has(head, 0, "ID3") && head.Length >= 10 && (head[6] | head[7] | head[8] | head[9]) < 0x80;
        if (!id3)
        {
            return head;
        }

        int size = 10 + (head[6] << 21) + (head[7] << 14) + (head[8] << 7) + head[9];
        return size < head.Length ? head[size..] : [];
    }
}

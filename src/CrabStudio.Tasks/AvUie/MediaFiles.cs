using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CrabStudio.Media;

namespace CrabStudio.Tasks.AvUie;

/// <summary>What is known of a media file without decoding it.</summary>
/// <param name="Problem">Why it cannot be used, or null.</param>
/// <param name="Seconds">Its length as the head of a WAV or MP4 file says; null when that does not say it.</param>
internal readonly record struct MediaFact(string? Problem, double? Seconds);

/// <summary>
/// Looks at media files: each is opened once, however many entries use it, and nothing is decoded. A file costs some dozen
/// bytes of memory.
/// </summary>
internal sealed class MediaFiles
{
    private readonly Dictionary<UInt128, MediaFact> known = [];

    /// <summary>Files looked at so far.</summary>
    public int Count => known.Count;

    /// <summary>The facts of a file.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="first">Whether it is seen for the first time.</param>
    public MediaFact Look(string path, out bool first)
    {
        UInt128 id = Identity(path);
        first = !known.TryGetValue(id, out MediaFact fact);
        if (first)
        {
            fact = Look(path);
            known[id] = fact;
        }

        return fact;
    }

    /// <summary>A number that stands for a text; two texts share one with a chance of 1 in 10³⁸.</summary>
    public static UInt128 Identity(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static MediaFact Look(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
            byte[] head = new byte[ContainerSniffer.HeadBytes];
            int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return read == 0 ? new MediaFact("is empty", null)
                : ContainerSniffer.Sniff(head.AsSpan(0, read)) is not { } container ? new MediaFact("is no video, sound or picture of a kind that can be read", null)
                : new MediaFact(null, container switch { "wav" => WaveSeconds(stream), "mov" => MovieSeconds(stream), _ => null });
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return new MediaFact("is not there", null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new MediaFact(Directory.Exists(path) ? "is a folder" : "cannot be opened", null);
        }
    }

    // RIFF: the bytes of the data chunk over the bytes a second of the format chunk.
    private static double? WaveSeconds(FileStream stream)
    {
        Span<byte> chunk = stackalloc byte[16];
        uint rate = 0;
        for (long at = 12; at + 8 <= stream.Length;)
        {
            if (!Read(stream, at, chunk[..8]))
            {
                return null;
            }

            uint size = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            if (chunk.StartsWith("data"u8))
            {
                return rate == 0 ? null : (double)Math.Min(size, stream.Length - at - 8) / rate;
            }

            if (chunk.StartsWith("fmt "u8) && size >= 16 && Read(stream, at + 8, chunk))
            {
                rate = BinaryPrimitives.ReadUInt32LittleEndian(chunk[8..]);
            }

            at += 8 + size + (size & 1);
        }

        return null;
    }

    // ISO base media: the movie header inside the movie box tells the units a second and the length in them.
    private static double? MovieSeconds(FileStream stream)
    {
        if (Box(stream, 0, stream.Length, "moov"u8) is not { } movie || Box(stream, movie.From, movie.To, "mvhd"u8) is not { } header)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[32];
        if (!Read(stream, header.From, bytes))
        {
            return null;
        }

        bool wide = bytes[0] == 1;
        uint units = BinaryPrimitives.ReadUInt32BigEndian(bytes[(wide ? 20 : 12)..]);
        ulong length = wide ? BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
        return units == 0 || length == 0 ? null : (double)length / units;
    }

    private static (long From, long To)? Box(FileStream stream, long from, long to, ReadOnlySpan<byte> name)
    {
        Span<byte> head = stackalloc byte[16];
        // A file of very many boxes is none that was made to be played.
        for (int boxes = 0; boxes < 1000 && from + 8 <= to && Read(stream, from, head[..8]); boxes++)
        {
            long size = BinaryPrimitives.ReadUInt32BigEndian(head), content = from + 8;
            if (size == 1 && Read(stream, from, head))
            {
                (size, content) = ((long)Math.Min(long.MaxValue, BinaryPrimitives.ReadUInt64BigEndian(head[8..])), from + 16);
            }

            long end = size == 0 ? to : size < content - from || size > to - from ? -1 : from + size;
            if (end < 0)
            {
                return null;
            }

            if (head.Slice(4, 4).SequenceEqual(name))
            {
                return (content, end);
            }

            from = end;
        }

        return null;
    }

    private static bool Read(FileStream stream, long at, Span<byte> bytes)
    {
        stream.Position = at;
        return stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length;
    }
}

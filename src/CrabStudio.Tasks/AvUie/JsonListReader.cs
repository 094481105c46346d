using System.Text.Json;

namespace CrabStudio.Tasks.AvUie;

/// <summary>
/// Reads a JSON list entry by entry: one entry is in memory at a time, however long the list. Where each entry lies in the
/// file is told as well, so that a list can be read in any order later (see <see cref="AvUieList"/>).
/// </summary>
/// <param name="stream">The file's bytes, UTF-8.</param>
/// <param name="file">The file's name in messages.</param>
internal sealed class JsonListReader(Stream stream, string file)
{
    /// <summary>Largest entry in bytes; the largest of the original's are a few kilobytes.</summary>
    public const int MostEntryBytes = 16 << 20;

    private byte[] buffer = new byte[1 << 16];
    private int start, end;
    private long bufferOffset;
    private bool whole, opened;
    private JsonReaderState state;

    /// <summary>Entries read so far, which is the place of the next one.</summary>
    public int Count { get; private set; }

    /// <summary>Where the entry read last begins, in bytes from the file's start.</summary>
    public long EntryOffset { get; private set; }

    /// <summary>Bytes of the entry read last.</summary>
    public int EntryLength { get; private set; }

    /// <summary>The next entry; false at the end of the list.</summary>
    /// <exception cref="AvUieException">The file is no JSON list, or is broken here; nothing after it can be read.</exception>
    public bool TryRead(out JsonElement entry)
    {
        entry = default;
        try
        {
            if (!opened)
            {
                Fill();
                SkipByteOrderMark();
                while (!Open())
                {
                    Fill();
                }

                opened = true;
            }

            while (true)
            {
                switch (Next(ref entry))
                {
                    case Step.Entry:
                        Count++;
                        return true;
                    case Step.End:
                        return false;
                    default:
                        Fill();
                        break;
                }
            }
        }
        catch (JsonException broken)
        {
            throw new AvUieException(file, opened ? Count : null, null,
                $"the JSON is broken at line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1} of it; what follows cannot be read");
        }
    }

    private bool Open()
    {
        Utf8JsonReader reader = new(buffer.AsSpan(start, end - start), whole, state);
        if (!reader.Read())
        {
            return false;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new AvUieException(file, null, null, "holds no JSON list; expected [ {…}, {…} ]");
        }

        Advance(reader);
        return true;
    }

    private Step Next(ref JsonElement entry)
    {
        Utf8JsonReader reader = new(buffer.AsSpan(start, end - start), whole, state);
        if (!reader.Read())
        {
            return Step.Incomplete;
        }

        if (reader.TokenType == JsonTokenType.EndArray)
        {
            Advance(reader);
            Trailing();
            return Step.End;
        }

        int from = (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return Step.Incomplete;
        }

        ReadOnlySpan<byte> bytes = buffer.AsSpan(start + from, (int)reader.BytesConsumed - from);
        EntryOffset = bufferOffset + start + from;
        EntryLength = bytes.Length;
        entry = JsonSerializer.Deserialize<JsonElement>(bytes);
        Advance(reader);
        return Step.Entry;
    }

    // Whatever follows the list makes the file no JSON, for the original as well.
    private void Trailing()
    {
        do
        {
            Utf8JsonReader reader = new(buffer.AsSpan(start, end - start), whole, state);
            reader.Read();
            Advance(reader);
        }
        while (Fill());
    }

    private void Advance(Utf8JsonReader reader)
    {
        start += (int)reader.BytesConsumed;
        state = reader.CurrentState;
    }

    // Takes in more of the file, behind what is not yet used; false when there was no more.
    private bool Fill()
    {
        if (whole)
        {
            return false;
        }

        bufferOffset += start;
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        (start, end) = (0, end - start);
        if (end == buffer.Length)
        {
            if (buffer.Length >= MostEntryBytes)
            {
                throw new AvUieException(file, Count, null, $"is larger than {MostEntryBytes >> 20} MiB, which no entry is");
            }

            Array.Resize(ref buffer, buffer.Length * 2);
        }

        int read = stream.ReadAtLeast(buffer.AsSpan(end), buffer.Length - end, throwOnEndOfStream: false);
        whole = end + read < buffer.Length;
        end += read;
        return true;
    }

    private void SkipByteOrderMark()
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (buffer.AsSpan(0, end).StartsWith(mark))
        {
            start = mark.Length;
        }
    }

    private enum Step
    {
        Entry,
        End,
        Incomplete,
    }
}

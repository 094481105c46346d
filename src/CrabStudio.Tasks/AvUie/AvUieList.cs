using System.Text.Json;

namespace CrabStudio.Tasks.AvUie;

/// <summary>
/// A list read in any order, for training by <c>key:index</c>: where the entries lie is found once, and an entry is read from
/// the file when it is asked for. Takes twelve bytes an entry. May be used by several threads.
/// </summary>
public sealed class AvUieList : IDisposable
{
    private readonly string root, key;
    private readonly AvUieSplit split;
    private readonly FileStream stream;
    private readonly List<(long Offset, int Length)> places = [];

    internal AvUieList(AvUieFolder folder, string key, AvUieSplit split, bool asFarAsReadable)
    {
        (root, this.key, this.split) = (folder.Root, key, split);
        stream = folder.OpenList(key, split);
        try
        {
            JsonListReader reader = new(stream, AvUieFolder.FileName(key, split));
            while (reader.TryRead(out _))
            {
                places.Add((reader.EntryOffset, reader.EntryLength));
            }
        }
        catch (AvUieException broken) when (asFarAsReadable)
        {
            Problem = broken.Message;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Why the list ends before its file does, on one line; null when it was read to its end.</summary>
    public string? Problem { get; }

    /// <summary>Number of entries.</summary>
    public int Count => places.Count;

    /// <summary>A sample.</summary>
    /// <param name="index">Its place, from 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    /// <exception cref="AvUieException">The entry lacks what its sample needs, or the file was changed since it was opened.</exception>
    public AvUieSample this[int index] => AvUieLoader.Load(EntryAt(index));

    /// <summary>An entry as it stands in the file, whether or not it makes a sample.</summary>
    /// <param name="index">Its place, from 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    /// <exception cref="AvUieException">The file was changed since it was opened.</exception>
    public AvUieEntry EntryAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, places.Count);
        (long offset, int length) = places[index];
        byte[] bytes = new byte[length];
        try
        {
            int got = 0, read;
            while (got < length && (read = RandomAccess.Read(stream.SafeFileHandle, bytes.AsSpan(got), offset + got)) > 0)
            {
                got += read;
            }

            return new AvUieEntry(root, key, split, index, JsonSerializer.Deserialize<JsonElement>(bytes));
        }
        catch (JsonException)
        {
            throw new AvUieException(AvUieFolder.FileName(key, split), index, null, "is not where it was; the file was changed while it was in use");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();
}

namespace CrabStudio.Web.Services;

/// <summary>What was read of files, kept as long as these do not change. Safe for many threads.</summary>
/// <typeparam name="T">What is read.</typeparam>
/// <param name="most">Files that are remembered; of more the one used least lately is forgotten.</param>
internal sealed class FileMemory<T>(int most)
{
    private readonly Lock gate = new();
    private readonly List<(string File, long Bytes, DateTime WrittenAt, T Value)> known = [];

    /// <summary>What <paramref name="read"/> makes of a file, or made of it before. A file that is not there is one too.</summary>
    public T Get(string file, Func<T> read)
    {
        FileInfo now = new(file);
        (long bytes, DateTime at) = now.Exists ? (now.Length, now.LastWriteTimeUtc) : (-1, default);
        lock (gate)
        {
            int place = known.FindIndex(one => one.File == file && one.Bytes == bytes && one.WrittenAt == at);
            if (place >= 0)
            {
                (string, long, DateTime, T Value) found = known[place];
                known.RemoveAt(place);
                known.Add(found);
                return found.Value;
            }
        }

        // Looked at before it was read: what changes in between is read again the next time.
        T value = read();
        lock (gate)
        {
            known.RemoveAll(one => one.File == file);
            known.Add((file, bytes, at, value));
            if (known.Count > most)
            {
                known.RemoveAt(0);
            }
        }

        return value;
    }
}

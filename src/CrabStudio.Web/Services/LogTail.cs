using System.Text.Json;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Services;

/// <summary>
/// A file of JSON lines that grows while it is read: each reading takes up where the last one ended, and takes whole lines
/// only. A file that was written anew, as by a run that goes on from its last checkpoint, is read from its beginning.
/// </summary>
/// <param name="path">The file; it may not be there yet.</param>
public sealed class LogTail(string path)
{
    private const int LongestLine = 16 << 20;
    private const int MarkBytes = 64;

    // The last bytes that were read: where they no longer stand, it is another file.
    private byte[] mark = [];
    private long offset;

    /// <summary>Whole lines read so far.</summary>
    public int Lines { get; private set; }

    /// <summary>Lines that are no JSON, or do not say what they must; they are skipped.</summary>
    public int Broken { get; private set; }

    /// <summary>The first of them, in one plain line.</summary>
    public Func<IStringLocalizer<Words>, string>? FirstBroken { get; private set; }

    /// <summary>When the file was last written; null while there is none.</summary>
    public DateTimeOffset? ChangedAt { get; private set; }

    /// <summary>Whether something stands behind the last whole line: a line that is being written, or was cut off.</summary>
    public bool HasRest { get; private set; }

    /// <summary>Reads what is new.</summary>
    /// <param name="forget">Called first when the file was written anew: what was read before no longer holds.</param>
    /// <param name="take">Given each new line in turn; false: it does not say what it must.</param>
    /// <param name="cancellation">Stops between lines; the next reading goes on there.</param>
    /// <returns>Whether there was anything new.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public bool Read(Action forget, Func<JsonElement, bool> take, CancellationToken cancellation = default)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        using (file)
        {
            ChangedAt = new DateTimeOffset(File.GetLastWriteTimeUtc(file.SafeFileHandle));
            bool anew = !IsTheSame(file);
            if (anew)
            {
                (offset, mark, Lines, Broken, FirstBroken) = (0, [], 0, 0, null);
                forget();
            }

            return ReadOn(file, take, cancellation) || anew;
        }
    }

    private bool ReadOn(FileStream file, Func<JsonElement, bool> take, CancellationToken cancellation)
    {
        file.Position = offset;
        byte[] buffer = new byte[1 << 16];
        int start = 0, end = 0, before = Lines;
        while (true)
        {
            int line = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (line >= 0)
            {
                cancellation.ThrowIfCancellationRequested();
                Take(buffer.AsSpan(start, line), take);
                offset += line + 1;
                mark = buffer[Math.Max(start, start + line + 1 - MarkBytes)..(start + line + 1)];
                start += line + 1;
                continue;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
            {
                if (end >= LongestLine)
                {
                    throw new IOException($"{Path.GetFileName(path)}, line {Lines + 1} has more than {LongestLine >> 20} MiB, which no line of a log has");
                }

                Array.Resize(ref buffer, 2 * buffer.Length);
            }

            int read = file.Read(buffer, end, buffer.Length - end);
            if (read == 0)
            {
                HasRest = end > 0;
                return Lines > before;
            }

            end += read;
        }
    }

    private bool IsTheSame(FileStream file)
    {
        if (file.Length < offset)
        {
            return false;
        }

        byte[] now = new byte[mark.Length];
        file.Position = offset - mark.Length;
        return file.ReadAtLeast(now, now.Length, throwOnEndOfStream: false) == now.Length && now.AsSpan().SequenceEqual(mark);
    }

    private void Take(ReadOnlySpan<byte> line, Func<JsonElement, bool> take)
    {
        Lines++;
        try
        {
            if (take(JsonSerializer.Deserialize<JsonElement>(line)))
            {
                return;
            }

            int number = Lines;
            FirstBroken ??= L => L["{0}, line {1}: does not say what a line of this log says", Path.GetFileName(path), number];
        }
        catch (JsonException)
        {
            int number = Lines;
            FirstBroken ??= L => L["{0}, line {1}: is no JSON", Path.GetFileName(path), number];
        }

        Broken++;
    }
}

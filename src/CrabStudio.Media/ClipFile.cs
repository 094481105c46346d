using System.Globalization;

namespace CrabStudio.Media;

/// <summary>A file whose first bytes say that it may be opened, and how; and the only way in which the tools see it.</summary>
internal sealed class ClipFile
{
    private readonly MediaLimits limits;

    private ClipFile(string path, string format, long bytes, MediaLimits limits)
    {
        Path = path;
        Format = format;
        Bytes = bytes;
        this.limits = limits;
    }

    /// <summary>As it was given.</summary>
    public string Path { get; }

    /// <summary>ffmpeg's name of the one demuxer that may open it.</summary>
    public string Format { get; }

    /// <summary>Size of the file.</summary>
    public long Bytes { get; }

    /// <summary>
    /// Nothing but this file through this demuxer. The prefix keeps a name from being read as an address or an option; with
    /// the demuxer forced, no percent sign in it is a pattern.
    /// </summary>
    private IReadOnlyList<string> InputOptions =>
        ["-protocol_whitelist", "file", "-f", Format, "-i", "file:" + System.IO.Path.GetFullPath(Path)];

    private IReadOnlyList<string> MemoryOptions => ["-max_alloc", limits.MaxDecodeMemory.ToString(CultureInfo.InvariantCulture)];

    /// <summary>Looks at the file's size and its first bytes.</summary>
    /// <exception cref="MediaException">It cannot be opened, or is nothing that may be.</exception>
    public static ClipFile Open(string path, MediaLimits limits)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw Failure(path, "is a folder; choose a video, a sound or a picture");
            }

            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!file.CanSeek)
            {
                throw Failure(path, "is no ordinary file; choose a video, a sound or a picture");
            }

            if (file.Length == 0)
            {
                throw Failure(path, "is empty; choose a video, a sound or a picture");
            }

            if (file.Length > limits.MaxBytes)
            {
                throw Failure(path, FormattableString.Invariant($"has {file.Length / 1048576.0:0.#} MiB, at most {limits.MaxBytes / 1048576.0:0.#} MiB are allowed; use a shorter or smaller clip"));
            }

            byte[] head = new byte[ContainerSniffer.HeadBytes];
            int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            string format = ContainerSniffer.Sniff(head.AsSpan(0, read))
                ?? throw Failure(path, "is no video, sound or picture of a kind that is read here (for example mp4, webm, mkv, avi, wav, mp3, flac, jpg, png); convert it to one of these");
            ClipFile clip = new(path, format, file.Length, limits);
            if (StillHeader.Size(format, head.AsSpan(0, read)) is { } size)
            {
                clip.CheckSize(size.Width, size.Height);
            }

            return clip;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string why = failure is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "no permission, or a read error";
            throw new MediaException($"{ShownName(path)}: cannot be opened ({why}); choose another file", failure);
        }
    }

    /// <summary>Refuses pictures beyond the limits.</summary>
    public void CheckSize(long width, long height)
    {
        if (Math.Max(width, height) > limits.MaxSide)
        {
            throw Fail($"is {width} by {height} pixels, at most {limits.MaxSide} a side are allowed; scale it down");
        }

        if (width * height > limits.MaxPixels)
        {
            throw Fail(FormattableString.Invariant($"has {width * height / 1e6:0} million pixels, at most {limits.MaxPixels / 1e6:0} million are allowed; scale it down"));
        }
    }

    /// <summary>Runs ffmpeg on it.</summary>
    /// <param name="output">Options behind the input.</param>
    /// <param name="readOutput">Reads standard output to its end.</param>
    /// <param name="readError">Is told every line of the log.</param>
    /// <param name="cancellation">Kills ffmpeg.</param>
    /// <param name="before">Options before the input, such as a seek.</param>
    public Task<ToolResult> FfmpegAsync(
        IEnumerable<string> output,
        Func<Stream, CancellationToken, Task> readOutput,
        Action<string>? readError,
        CancellationToken cancellation,
        IEnumerable<string>? before = null) =>
        NamedAsync(ToolProcess.RunAsync(
            ToolProcess.Ffmpeg,
            ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "verbose", .. MemoryOptions, "-threads", "2", .. before ?? [], .. InputOptions, .. output],
            limits,
            readOutput,
            readError,
            cancellation));

    /// <summary>Runs ffprobe on it and reads its answer line by line.</summary>
    public Task<ToolResult> FfprobeAsync(IEnumerable<string> wanted, Action<string> readLine, CancellationToken cancellation) =>
        NamedAsync(ToolProcess.RunAsync(
            ToolProcess.Ffprobe,
            ["-hide_banner", "-loglevel", "error", .. MemoryOptions, .. wanted, .. InputOptions],
            limits,
            async (stream, token) =>
            {
                using StreamReader reader = new(stream);
                while (await reader.ReadLineAsync(token).ConfigureAwait(false) is { } line)
                {
                    readLine(line);
                }
            },
            readError: null,
            cancellation));

    /// <summary>An error that names this file.</summary>
    /// <param name="what">What was found, what was expected, what to do.</param>
    /// <param name="result">The tool's last words, for a log.</param>
    public MediaException Fail(string what, ToolResult? result = null) => result is { OutOfMemory: true }
        ? Failure(Path, FormattableString.Invariant($"needs more than the {limits.MaxDecodeMemory / 1048576.0:0} MiB of memory that decoding may take; scale it down"), result)
        : Failure(Path, what, result);

    private static MediaException Failure(string path, string what, ToolResult? result = null) =>
        new($"{ShownName(path)}: {what}", result is null ? null : new InvalidDataException(string.Join('\n', result.LastLines)));

    /// <summary>The file's name without signs that would break a line or a terminal.</summary>
    private static string ShownName(string path) =>
        string.Concat(System.IO.Path.GetFileName(path).Select(letter => char.IsControl(letter) ? '?' : letter));

    private async Task<ToolResult> NamedAsync(Task<ToolResult> run)
    {
        try
        {
            return await run.ConfigureAwait(false);
        }
        catch (ToolTimeoutException)
        {
            throw Fail($"reading it took longer than the {limits.MaxDecodeTime.TotalSeconds:0.#} s that are allowed; use a shorter clip");
        }
    }
}

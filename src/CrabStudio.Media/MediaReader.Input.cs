using System.Globalization;

namespace CrabStudio.Media;

public sealed partial class MediaReader
{
    /// <summary>A file whose first bytes say that it may be opened, and how.</summary>
    private sealed record Input(string Path, string Format, long Bytes)
    {
        /// <summary>
        /// Nothing but this file through this demuxer. The prefix keeps a name from being read as an address or an option;
        /// with the demuxer forced, no percent sign in it is a pattern.
        /// </summary>
        public IReadOnlyList<string> Arguments { get; } =
            ["-protocol_whitelist", "file", "-f", Format, "-i", "file:" + System.IO.Path.GetFullPath(Path)];
    }

    private Input Open(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw Fail(path, "is a folder; choose a video, a sound or a picture");
            }

            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!file.CanSeek)
            {
                throw Fail(path, "is no ordinary file; choose a video, a sound or a picture");
            }

            if (file.Length == 0)
            {
                throw Fail(path, "is empty; choose a video, a sound or a picture");
            }

            if (file.Length > limits.MaxBytes)
            {
                throw Fail(path, FormattableString.Invariant($"has {file.Length / 1048576.0:0.#} MiB, at most {limits.MaxBytes / 1048576.0:0.#} MiB are allowed; use a shorter or smaller clip"));
            }

            byte[] head = new byte[ContainerSniffer.HeadBytes];
            int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            string format = ContainerSniffer.Sniff(head.AsSpan(0, read))
                ?? throw Fail(path, "is no video, sound or picture of a kind that is read here (for example mp4, webm, mkv, avi, wav, mp3, flac, jpg, png); convert it to one of these");
            return new Input(path, format, file.Length);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new MediaException($"{ShownName(path)}: cannot be opened ({(failure is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "no permission, or a read error")}); choose another file", failure);
        }
    }

    /// <summary>Presentation times of the packets that give a picture, from the clip's first one on, in order.</summary>
    private sealed record PacketTable(List<double> Times)
    {
        public int Count => Times.Count;

        public int IndexAt(double seconds)
        {
            int at = Times.BinarySearch(seconds);
            return Math.Max(0, at >= 0 ? at : ~at - 1);
        }
    }

    private async Task<PacketTable> ReadPacketTableAsync(Input input, CancellationToken cancellation)
    {
        List<double> times = [];
        bool picture = false;
        await RunFfprobeAsync(
            input,
            ["-select_streams", "V:0", "-show_entries", "packet=pts_time,flags:stream=index", "-of", "csv"],
            line =>
            {
                string[] fields = line.Split(',');
                picture |= fields[0] == "stream";

                // D marks packets that an edit list hides.
                if (fields[0] == "packet" && fields.Length > 2 && !fields[2].Contains('D'))
                {
                    times.Add(double.TryParse(fields[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double time) ? time : double.NaN);
                }
            },
            cancellation).ConfigureAwait(false);
        if (!picture)
        {
            throw Fail(input.Path, "has no moving pictures; bring a video, or ask a question that needs sound only");
        }

        // Streams without times (raw ones) keep the order of the file.
        times.Sort();
        double start = times.FirstOrDefault(time => !double.IsNaN(time));
        return new PacketTable([.. times.Select(time => time - start)]);
    }

    private async Task<int> CountChannelsAsync(Input input, CancellationToken cancellation)
    {
        int? channels = null;
        await RunFfprobeAsync(
            input,
            ["-select_streams", "a:0", "-show_entries", "stream=channels", "-of", "csv"],
            line =>
            {
                string[] fields = line.Split(',');
                channels ??= fields[0] == "stream" && int.TryParse(fields[^1], CultureInfo.InvariantCulture, out int count) ? count : null;
            },
            cancellation).ConfigureAwait(false);
        return channels switch
        {
            null => throw Fail(input.Path, "has no sound; bring a clip with sound, or ask a question that needs pictures only"),
            < 1 or > 64 => throw Fail(input.Path, $"has {channels} sound channels, between 1 and 64 can be read; mix it down"),
            _ => channels.Value,
        };
    }

    private Task<ToolResult> RunFfprobeAsync(Input input, IEnumerable<string> wanted, Action<string> readLine, CancellationToken cancellation) =>
        GuardAsync(input.Path, () => ToolProcess.RunAsync(
            ToolProcess.Ffprobe,
            ["-hide_banner", "-loglevel", "error", .. SafetyOptions(), .. wanted, .. input.Arguments],
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
}

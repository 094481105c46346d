using System.Globalization;

namespace CrabStudio.Media;

public sealed partial class MediaReader
{
    /// <summary>Containers of one picture without time.</summary>
    private static readonly string[] StillFormats = ["png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe"];

    /// <summary>
    /// The gate for every upload: the file is a media container by its content, within every limit, and a decoder got at
    /// least one frame or sample out of it.
    /// </summary>
    /// <param name="path">The file, of any name.</param>
    /// <param name="cancellation">Stops the tools at once.</param>
    /// <exception cref="MediaException">It is refused; the message says why and what to do.</exception>
    public async Task<ClipProbe> ProbeAsync(string path, CancellationToken cancellation = default)
    {
        ClipFile clip = ClipFile.Open(path, limits with { MaxDecodeMemory = Math.Min(limits.MaxProbeMemory, limits.MaxDecodeMemory) });
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limits.MaxProbeTime);
        try
        {
            return await ExamineAsync(clip, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw clip.Fail($"could not be examined within {limits.MaxProbeTime.TotalSeconds:0.#} s; it may be damaged, convert it to mp4, wav or png and try again");
        }
    }

    private async Task<ClipProbe> ExamineAsync(ClipFile clip, CancellationToken cancellation)
    {
        Description described = await DescribeAsync(clip, cancellation).ConfigureAwait(false);
        if (described.Streams.Count > limits.MaxStreams)
        {
            throw clip.Fail($"has {described.Streams.Count} streams, at most {limits.MaxStreams} are allowed; keep one video and one sound stream");
        }

        bool still = StillFormats.Contains(clip.Format);
        DescribedStream? picture = described.Streams.FirstOrDefault(stream => stream.Picture is not null && !stream.IsCover);
        DescribedStream? sound = described.Streams.FirstOrDefault(stream => stream.Sound is not null);
        if (picture is null && sound is null)
        {
            throw clip.Fail("has neither pictures nor sound in a known format; bring a video, a sound or a picture");
        }

        if (picture is not null)
        {
            clip.CheckSize(picture.Picture!.Width, picture.Picture.Height);
        }

        double? duration = described.DurationSeconds ?? picture?.DurationSeconds ?? sound?.DurationSeconds;
        CheckDuration(clip, duration);
        if (duration is null && !still)
        {
            // A recorder that could not go back wrote no length: the last packet tells it.
            duration = await LastPacketEndAsync(clip, cancellation).ConfigureAwait(false);
            CheckDuration(clip, duration);
        }

        Task<Decoded> decodedSound = sound is null ? Task.FromResult(default(Decoded)) : TryDecodeAsync(clip, sound.Index, "a", 1, cancellation);
        Decoded pictures = picture is null ? default : await TryDecodeAsync(clip, picture.Index, "v", 2, cancellation).ConfigureAwait(false);
        Decoded sounds = await decodedSound.ConfigureAwait(false);
        picture = pictures.Frames > 0 ? picture : null;
        sound = sounds.Frames > 0 ? sound : null;
        if (picture is null && sound is null)
        {
            throw clip.Fail("has no frame or sample that can be decoded; it may be damaged or cut off, bring another one", pictures.Result ?? sounds.Result);
        }

        ClipKind kind = picture is null ? ClipKind.Audio
            : still || (clip.Format == "gif" && pictures.Frames == 1) ? ClipKind.Image
            : ClipKind.Video;
        PictureStream? shown = picture?.Picture is { } stream && still ? stream with { FramesPerSecond = 0 } : picture?.Picture;
        return new ClipProbe(kind, described.Format, clip.Bytes, duration ?? 0, shown, sound?.Sound, described.Streams.Count)
        {
            StartSeconds = described.StartSeconds,
        };
    }

    private void CheckDuration(ClipFile clip, double? seconds)
    {
        if (seconds > limits.MaxDurationSeconds)
        {
            throw clip.Fail(FormattableString.Invariant($"lasts {Length(seconds.Value)}, at most {Length(limits.MaxDurationSeconds)} are allowed; cut the clip"));
        }

        static string Length(double seconds) => seconds >= 3600
            ? (seconds / 3600).ToString("0.##", CultureInfo.InvariantCulture) + " hours"
            : seconds.ToString("0.##", CultureInfo.InvariantCulture) + " seconds";
    }

    private async Task<Description> DescribeAsync(ClipFile clip, CancellationToken cancellation)
    {
        System.Text.StringBuilder json = new();
        ToolResult result = await clip.FfprobeAsync(
            ["-show_entries", ProbeParser.Entries, "-of", "json"],
            line =>
            {
                if (json.Length < 1 << 20)
                {
                    json.AppendLine(line);
                }
            },
            cancellation).ConfigureAwait(false);
        return ProbeParser.Parse(json.ToString())
            ?? throw clip.Fail($"begins like {FormatName(clip.Format)} but cannot be read as one; it may be damaged or cut off, bring another one", result);
    }

    private async Task<double?> LastPacketEndAsync(ClipFile clip, CancellationToken cancellation)
    {
        double? end = null;
        await clip.FfprobeAsync(
            ["-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0"],
            line =>
            {
                string[] fields = line.Split(',');
                if (double.TryParse(fields[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double start))
                {
                    double length = fields.Length > 1 && double.TryParse(fields[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double known) ? known : 0;
                    end = Math.Max(end ?? 0, start + length);
                }
            },
            cancellation).ConfigureAwait(false);
        return end;
    }

    /// <summary>Decodes the first frames of one stream and counts what came out.</summary>
    private async Task<Decoded> TryDecodeAsync(ClipFile clip, int stream, string type, int frames, CancellationToken cancellation)
    {
        FrameLog log = new();
        ToolResult result = await clip.FfmpegAsync(
            ["-map", FormattableString.Invariant($"0:{stream}"), "-frames:" + type, frames.ToString(CultureInfo.InvariantCulture), "-f", "null", "-"],
            static (stream, token) => stream.CopyToAsync(Stream.Null, token),
            log.Read,
            cancellation).ConfigureAwait(false);
        return new Decoded(log.FramesSeen, result);
    }

    private static string FormatName(string format) => format switch
    {
        "mov" => "an mp4 or QuickTime file",
        "matroska" => "a WebM or Matroska file",
        "mpegts" or "mpeg" => "an MPEG stream",
        "aac" or "avi" or "aiff" or "ogg" or "asf" => $"an {format.ToUpperInvariant()} file",
        _ => $"a {format.Replace("_pipe", string.Empty, StringComparison.Ordinal).ToUpperInvariant()} file",
    };

    private readonly record struct Decoded(int Frames, ToolResult? Result);
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SkiaSharp;

namespace CrabStudio.Media;

/// <summary>What was made of a clip. File names are relative to its folder; null when there is no such thing to make.</summary>
/// <param name="Poster">One picture of the clip, JPEG.</param>
/// <param name="Strip">Small pictures side by side, evenly spaced in time, JPEG.</param>
/// <param name="StripFrames">Number of pictures in the strip; 0 without one.</param>
/// <param name="Waveform">The outline of the sound, JSON (<see cref="Media.Waveform"/>).</param>
/// <param name="Rendition">An mp4 that browsers play, when they would not play the original.</param>
public sealed record DerivedFiles(string? Poster, string? Strip, int StripFrames, string? Waveform, string? Rendition);

/// <summary>
/// Makes, once per clip, what a page shows of it. Files are written beside their place and then moved there, so that a file
/// that exists is whole, and work that was interrupted goes on where it stopped.
/// </summary>
/// <param name="limits">Bounds; the defaults when null.</param>
public sealed class ClipDerivatives(MediaLimits? limits = null)
{
    /// <summary>File name of the poster.</summary>
    public const string PosterName = "poster.jpg";

    /// <summary>File name of the thumbnail strip.</summary>
    public const string StripName = "strip.jpg";

    /// <summary>File name of the waveform.</summary>
    public const string WaveformName = "waveform.json";

    /// <summary>File name of the rendition.</summary>
    public const string RenditionName = "rendition.mp4";

    /// <summary>Pictures in a strip.</summary>
    public const int StripFrames = 12;

    private const int PosterSide = 640;
    private const int RenditionSide = 1280;
    private const int StripHeight = 90;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly MediaLimits limits = limits ?? new MediaLimits();

    /// <summary>Makes all that is not there yet.</summary>
    /// <param name="path">The clip.</param>
    /// <param name="probe">What <see cref="MediaReader.ProbeAsync"/> said of it.</param>
    /// <param name="folder">Where the files go; made when missing.</param>
    /// <param name="progress">Told the part that is done, from 0 to 1.</param>
    /// <param name="cancellation">Stops at once and leaves no half-written file.</param>
    /// <exception cref="MediaException">The clip could not be decoded.</exception>
    public async Task<DerivedFiles> MakeAsync(string path, ClipProbe probe, string folder, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        RenditionPlan? plan = RenditionPlan.For(probe);
        bool moves = probe.Kind == ClipKind.Video;
        List<(string Name, double Weight, Func<string, IProgress<double>, Task> Make)> steps = [];
        ClipFile clip = ClipFile.Open(path, limits);
        if (probe.Kind == ClipKind.Image)
        {
            steps.Add((PosterName, 1, (target, _) => StillPosterAsync(path, target, cancellation)));
        }

        if (moves)
        {
            steps.Add((PosterName, 1, (target, _) => PosterAsync(clip, probe, target, cancellation)));
            steps.Add((StripName, 3, (target, _) => StripAsync(clip, probe, target, cancellation)));
        }

        if (probe.Sound is not null)
        {
            steps.Add((WaveformName, 1, (target, part) => WaveformAsync(clip, probe, target, part, cancellation)));
        }

        if (plan is not null)
        {
            steps.Add((RenditionName, plan.CopyPicture || !moves ? 1 : 15, (target, part) => RenditionAsync(path, probe, plan, target, part, cancellation)));
        }

        Directory.CreateDirectory(folder);
        double all = steps.Sum(step => step.Weight), done = 0;
        foreach ((string name, double weight, Func<string, IProgress<double>, Task> make) in steps)
        {
            double before = done;
            await OnceAsync(folder, name, target => make(target, new Part(fraction => progress?.Report((before + (weight * fraction)) / all)))).ConfigureAwait(false);
            done += weight;
            progress?.Report(done / all);
        }

        return new DerivedFiles(
            Made(folder, PosterName), Made(folder, StripName), moves ? StripFrames : 0, Made(folder, WaveformName), plan is null ? null : Made(folder, RenditionName));
    }

    private static string? Made(string folder, string name) => File.Exists(Path.Combine(folder, name)) ? name : null;

    private static async Task OnceAsync(string folder, string name, Func<string, Task> make)
    {
        string place = Path.Combine(folder, name);
        if (File.Exists(place))
        {
            return;
        }

        string unfinished = Path.Combine(folder, $".{name}.{Guid.NewGuid():N}.part");
        try
        {
            await make(unfinished).ConfigureAwait(false);
            File.Move(unfinished, place, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private async Task StillPosterAsync(string path, string target, CancellationToken cancellation)
    {
        RgbFrames still = await new MediaReader(limits).ReadStillAsync(path, cancellation).ConfigureAwait(false);
        double scale = Math.Min(1, (double)PosterSide / Math.Max(still.Width, still.Height));
        RgbFrames small = Resize.PillowBicubic(still, Math.Max(1, (int)(still.Height * scale)), Math.Max(1, (int)(still.Width * scale)));
        using SKBitmap bitmap = new(small.Width, small.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        byte[] pixels = new byte[small.Width * small.Height * 4];
        for (int from = 0, to = 0; from < small.Pixels.Length; from += 3, to += 4)
        {
            small.Pixels.AsSpan(from, 3).CopyTo(pixels.AsSpan(to));
            pixels[to + 3] = 255;
        }

        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using SKData jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 88);
        await File.WriteAllBytesAsync(target, jpeg.ToArray(), cancellation).ConfigureAwait(false);
    }

    /// <summary>A tenth into the clip, where titles and fades are mostly over; the first frame when nothing is there.</summary>
    private static async Task PosterAsync(ClipFile clip, ClipProbe probe, string target, CancellationToken cancellation)
    {
        double at = Math.Min(probe.PlaySeconds / 10, 30);
        foreach (double seconds in at > 0 ? new[] { at, 0 } : [0])
        {
            string[] seek = seconds > 0 ? ["-ss", seconds.ToString("0.###", CultureInfo.InvariantCulture)] : [];
            string filter = FormattableString.Invariant($"scale='min({PosterSide},iw)':'min({PosterSide},ih)':force_original_aspect_ratio=decrease,format=yuvj420p");
            ToolResult result = await RunAsync(clip, ["-map", "0:V:0", "-an", "-frames:v", "1", "-vf", filter, "-q:v", "3", "-f", "mjpeg", "-y", "file:" + target], seek, cancellation).ConfigureAwait(false);
            if (IsWritten(target))
            {
                return;
            }

            if (seconds == 0)
            {
                throw clip.Fail("no picture of it could be made; it may be damaged, bring another one", result);
            }
        }
    }

    private static async Task StripAsync(ClipFile clip, ClipProbe probe, string target, CancellationToken cancellation)
    {
        double seconds = probe.PlaySeconds > 0 ? probe.PlaySeconds : 1;

        // Of long clips only the frames that stand alone are decoded: fast, and near enough for thumbnails.
        string[] before = seconds > 120 ? ["-skip_frame", "nokey"] : [];
        string filter = FormattableString.Invariant($"fps={StripFrames}/{seconds:0.######}:start_time=0,scale=-2:{StripHeight},format=yuvj420p,tile={StripFrames}x1");
        ToolResult result = await RunAsync(clip, ["-map", "0:V:0", "-an", "-frames:v", "1", "-vf", filter, "-q:v", "4", "-f", "mjpeg", "-y", "file:" + target], before, cancellation).ConfigureAwait(false);
        if (!IsWritten(target))
        {
            throw clip.Fail("no thumbnails of it could be made; it may be damaged, bring another one", result);
        }
    }

    private static async Task WaveformAsync(ClipFile clip, ClipProbe probe, string target, IProgress<double> progress, CancellationToken cancellation)
    {
        Waveform? waveform = null;
        string rate = Waveform.SampleRate.ToString(CultureInfo.InvariantCulture);
        ToolResult result = await clip.FfmpegAsync(
            ["-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", rate, "-f", "f32le", "pipe:1"],
            async (stream, token) => waveform = await Waveform.ReadAsync(stream, probe.PlaySeconds, progress, token).ConfigureAwait(false),
            readError: null,
            cancellation).ConfigureAwait(false);
        if (waveform is null || waveform.Peaks.Count == 0)
        {
            throw clip.Fail("its sound could not be decoded; it may be damaged, bring another one", result);
        }

        await File.WriteAllTextAsync(target, JsonSerializer.Serialize(waveform, Json), cancellation).ConfigureAwait(false);
    }

    private async Task RenditionAsync(string path, ClipProbe probe, RenditionPlan plan, string target, IProgress<double> progress, CancellationToken cancellation)
    {
        // Encoding takes about as long as the clip on slow machines: the time allowed grows with it.
        ClipFile clip = ClipFile.Open(path, limits with { MaxDecodeTime = limits.MaxDecodeTime + TimeSpan.FromSeconds(2 * Math.Min(probe.PlaySeconds, limits.MaxDurationSeconds)) });
        string fit = FormattableString.Invariant($"scale='min({RenditionSide},iw)':'min({RenditionSide},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,format=yuv420p");
        string[] picture = probe.Kind != ClipKind.Video ? ["-vn"]
            : plan.CopyPicture ? ["-map", "0:V:0", "-c:v", "copy"]
            : ["-map", "0:V:0", "-vf", fit, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-threads", "2"];
        string[] sound = probe.Sound is null ? ["-an"]
            : plan.CopySound ? ["-map", "0:a:0", "-c:a", "copy"]
            : ["-map", "0:a:0", "-c:a", "aac", "-b:a", "128k", "-ac", Math.Clamp(probe.Sound.Channels, 1, 2).ToString(CultureInfo.InvariantCulture)];
        ToolResult result = await clip.FfmpegAsync(
            [.. picture, .. sound, "-sn", "-dn", "-map_metadata", "-1", "-movflags", "+faststart", "-progress", "pipe:1", "-f", "mp4", "-y", "file:" + target],
            async (stream, token) =>
            {
                using StreamReader reader = new(stream);
                while (await reader.ReadLineAsync(token).ConfigureAwait(false) is { } line)
                {
                    if (probe.PlaySeconds > 0 && line.StartsWith("out_time_us=", StringComparison.Ordinal)
                        && double.TryParse(line.AsSpan(12), CultureInfo.InvariantCulture, out double microseconds))
                    {
                        progress.Report(Math.Clamp(microseconds / 1e6 / probe.PlaySeconds, 0, 1));
                    }
                }
            },
            readError: null,
            cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0 || !IsWritten(target))
        {
            throw clip.Fail("it could not be converted for playing in a browser; convert it to an mp4 with H.264 and AAC", result);
        }
    }

    private static Task<ToolResult> RunAsync(ClipFile clip, IEnumerable<string> output, IEnumerable<string> before, CancellationToken cancellation) =>
        clip.FfmpegAsync(output, static (stream, token) => stream.CopyToAsync(Stream.Null, token), readError: null, cancellation, before);

    private static bool IsWritten(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };

    /// <summary>Reports at once and in order, on the thread that works (<see cref="Progress{T}"/> does neither).</summary>
    private sealed class Part(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}

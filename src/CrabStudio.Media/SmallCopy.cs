using System.Globalization;

namespace CrabStudio.Media;

/// <summary>A smaller copy of a clip, for where size matters more than looks. Browsers play it.</summary>
public static class SmallCopy
{
    /// <summary>File name of the copy beside a clip's other files.</summary>
    public const string Name = "small.mp4";

    private const int LongSide = 640;
    private const double LeastPictureBits = 150_000;
    private const double MostPictureBits = 1_200_000;
    private const double LeastSoundBits = 32_000;
    private const double MostSoundBits = 96_000;

    // What the container takes, and what the encoder may miss its aim by.
    private const double Margin = 0.9;

    /// <summary>Whether a clip is short enough to be made so small that it can still be looked at or listened to.</summary>
    /// <param name="probe">The clip.</param>
    /// <param name="bytes">The size to aim at.</param>
    public static bool Fits(ClipProbe probe, long bytes) => probe is { Kind: not ClipKind.Image, PlaySeconds: > 0 } && Bits(probe, bytes) is var (picture, sound)
        && (probe.Kind == ClipKind.Audio ? sound >= LeastSoundBits : picture >= LeastPictureBits);

    /// <summary>Makes it, whole or not at all.</summary>
    /// <param name="path">The clip.</param>
    /// <param name="probe">What <see cref="MediaReader.ProbeAsync"/> said of it.</param>
    /// <param name="target">The file to write.</param>
    /// <param name="bytes">The size to aim at.</param>
    /// <param name="limits">Bounds; the time of one run is one of them.</param>
    /// <param name="cancellation">Stops at once and leaves no half-written file.</param>
    /// <exception cref="MediaException">It could not be made within the bounds.</exception>
    public static async Task MakeAsync(string path, ClipProbe probe, string target, long bytes, MediaLimits limits, CancellationToken cancellation = default)
    {
        ClipFile clip = ClipFile.Open(path, limits);
        (double pictureBits, double soundBits) = Bits(probe, bytes);
        string fit = FormattableString.Invariant($"scale='min({LongSide},iw)':'min({LongSide},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,format=yuv420p");
        string rate = Rate(pictureBits);
        string[] picture = probe.Kind == ClipKind.Audio ? ["-vn"]
            : ["-map", "0:V:0", "-vf", fit, "-c:v", "libx264", "-preset", "veryfast", "-b:v", rate, "-maxrate", rate, "-bufsize", Rate(2 * pictureBits), "-threads", "2"];
        string[] sound = probe.Sound is null ? ["-an"]
            : ["-map", "0:a:0", "-c:a", "aac", "-b:a", Rate(soundBits), "-ac", Math.Clamp(probe.Sound.Channels, 1, 2).ToString(CultureInfo.InvariantCulture)];
        string unfinished = $"{target}.{Guid.NewGuid():N}.part";
        try
        {
            ToolResult result = await clip.FfmpegAsync(
                [.. picture, .. sound, "-sn", "-dn", "-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", "-y", "file:" + unfinished],
                static (stream, token) => stream.CopyToAsync(Stream.Null, token),
                readError: null,
                cancellation).ConfigureAwait(false);
            if (result.ExitCode != 0 || new FileInfo(unfinished) is not { Exists: true, Length: > 0 })
            {
                throw clip.Fail("no smaller copy of it could be made", result);
            }

            File.Move(unfinished, target, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Bits a second of picture and sound.</summary>
    private static (double Picture, double Sound) Bits(ClipProbe probe, long bytes)
    {
        double all = bytes * 8 * Margin / probe.PlaySeconds;
        double sound = probe.Sound is null ? 0 : Math.Min(MostSoundBits, probe.Kind == ClipKind.Audio ? all : Math.Max(LeastSoundBits, 0.2 * all));
        return (Math.Min(MostPictureBits, all - sound), sound);
    }

    private static string Rate(double bits) => Math.Max(1, Math.Round(bits)).ToString("0", CultureInfo.InvariantCulture);
}

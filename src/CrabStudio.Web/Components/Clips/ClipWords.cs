using System.Globalization;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Clips;

/// <summary>Facts of a clip in words.</summary>
public static class ClipWords
{
    /// <summary>The facts that were stored with a clip.</summary>
    public static ClipProbe ReadProbe(this Clip clip) => JsonSerializer.Deserialize<ClipProbe>(clip.ProbeJson, StudioJson.Options)
        ?? throw new InvalidDataException($"The stored facts of clip {clip.Id} are empty.");

    /// <summary>"10.0 s · 1280×720 · 30 fps · sound 48 kHz stereo · 3.1 MB"; what a clip has not is left out or named.</summary>
    public static string Facts(ClipProbe probe, IStringLocalizer<Words> L)
    {
        List<string> parts = [];
        if (probe.PlaySeconds > 0 && probe.Kind != ClipKind.Image)
        {
            parts.Add(Duration(probe.PlaySeconds));
        }

        if (probe.Picture is { } picture && probe.Kind != ClipKind.Audio)
        {
            parts.Add(picture.RotationDegrees % 180 == 0 ? $"{picture.Width}×{picture.Height}" : $"{picture.Height}×{picture.Width}");
            if (probe.Kind == ClipKind.Video && picture.FramesPerSecond > 0)
            {
                parts.Add(Number(picture.FramesPerSecond, "0.##") + " fps");
            }
        }

        if (probe.Sound is { } sound)
        {
            string rate = Number(sound.SampleRate / 1000.0, "0.#");
            parts.Add(sound.Channels switch { 1 => L["sound {0} kHz mono", rate], 2 => L["sound {0} kHz stereo", rate], var channels => L["sound {0} kHz {1} channels", rate, channels] });
        }
        else if (probe.Kind == ClipKind.Video)
        {
            parts.Add(L["no sound"]);
        }

        parts.Add(Size(probe.Bytes));
        return string.Join(" · ", parts);
    }

    /// <summary>"9.5 s", "2:05", "1:02:05".</summary>
    public static string Duration(double seconds) => seconds < 60
        ? Number(seconds, "0.0") + " s"
        : TimeSpan.FromSeconds(Math.Round(seconds)).ToString(seconds < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);

    /// <summary>"712 B", "3.1 MB" (powers of 1000).</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1000 => bytes + " B",
        < 1_000_000 => Number(bytes / 1e3, "0") + " kB",
        < 1_000_000_000 => Number(bytes / 1e6, "0.0") + " MB",
        _ => Number(bytes / 1e9, "0.00") + " GB",
    };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

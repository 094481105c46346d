using CrabStudio.Media;
using CrabStudio.Web.Api;
using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Sharing;

/// <summary>The file of a clip that browsers play or show.</summary>
internal static class PlayedClip
{
    /// <summary>Path and media type: the clip as it was brought where browsers know it, else what was made of it, as far as that is there.</summary>
    /// <param name="library">The library.</param>
    /// <param name="clip">The clip.</param>
    /// <param name="patience">Longest time to wait for what is being made.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static async Task<(string Path, string Type)> OfAsync(ClipLibrary library, Clip clip, TimeSpan patience, CancellationToken cancellation)
    {
        ClipProbe probe = clip.ReadProbe();

        // A picture that browsers do not know is shown by its poster.
        (string shown, string type) = probe.Kind == ClipKind.Image
            ? ClipEndpoints.BrowserType(probe.Format, probe.Kind) is null ? (ClipDerivatives.PosterName, "image/jpeg") : ("", "")
            : RenditionPlan.For(probe) is null ? ("", "") : (ClipDerivatives.RenditionName, probe.Kind == ClipKind.Audio ? "audio/mp4" : "video/mp4");
        return shown.Length > 0 && await library.MadeOfAsync(clip, shown, patience, cancellation) is { } made
            ? (made, type)
            : (library.FileOf(clip), ClipEndpoints.BrowserType(probe.Format, probe.Kind) ?? "application/octet-stream");
    }
}

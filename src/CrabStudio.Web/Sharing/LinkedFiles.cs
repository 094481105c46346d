using CrabStudio.Media;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Sharing;

/// <summary>The files of a page behind a link: each has an address below that of the link, and the link opens no other.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="library">The clips.</param>
/// <param name="path">The link's path.</param>
internal sealed class LinkedFiles(DataFolder folder, ClipLibrary library, string path) : ViewFiles
{
    public override async Task<ShownFile> ClipAsync(Clip clip, int position, CancellationToken cancellation)
    {
        (_, string type) = await PlayedClip.OfAsync(library, clip, TimeSpan.Zero, cancellation);
        return new ShownFile($"{path}/clips/{position}", type, null);
    }

    public override string? Poster(Clip clip, int position) => File.Exists(Path.Combine(folder.Content(clip.Sha256), ClipDerivatives.PosterName)) ? $"{path}/clips/{position}/poster" : null;

    public override string? Frame(Guid answerId, int number) => File.Exists(SeenPictures.PathOf(folder.Answer(answerId), number)) ? $"{path}/answers/{answerId}/frames/{number}" : null;

    public override string? Answer(Guid answerId) => $"{path}?answer={answerId}";
}

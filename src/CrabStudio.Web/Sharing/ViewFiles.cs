using CrabStudio.Web.Data;

namespace CrabStudio.Web.Sharing;

/// <summary>A clip's file as a reader's page plays it.</summary>
/// <param name="Source">Its address, or <c>#id</c> of the part of the page that holds it; null: it is not there.</param>
/// <param name="Type">Its media type.</param>
/// <param name="Word">What a reader should know of it; null: nothing.</param>
internal sealed record ShownFile(string? Source, string? Type, string? Word);

/// <summary>Where a reader's page has its files: in itself, or behind a link.</summary>
internal abstract class ViewFiles
{
    /// <summary>What is played of a clip.</summary>
    public abstract Task<ShownFile> ClipAsync(Clip clip, int position, CancellationToken cancellation);

    /// <summary>A picture of a clip.</summary>
    public abstract string? Poster(Clip clip, int position);

    /// <summary>A picture that the model saw.</summary>
    public abstract string? Frame(Guid answerId, int number);

    /// <summary>Where another answer of the session is shown; null: nowhere.</summary>
    public abstract string? Answer(Guid answerId);
}

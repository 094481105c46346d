using static TorchSharp.torch;

namespace CrabStudio.Model.Processing;

/// <summary>Embeddings of the media of one prompt, as they stand in place of its placeholders.</summary>
/// <param name="Audio">[audio tokens, hidden] of all sounds; null without sound.</param>
/// <param name="Images">[merged patches, hidden] of all stills; null without.</param>
/// <param name="Videos">[merged patches, hidden] of all videos; null without.</param>
public sealed record TowerFeatures(Tensor? Audio, Tensor? Images, Tensor? Videos) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Audio?.Dispose();
        Images?.Dispose();
        Videos?.Dispose();
    }
}

using CrabStudio.Model.Generation;
using CrabStudio.Model.Vision;
using static TorchSharp.torch;

namespace CrabStudio.Model.Processing;

/// <summary>Patches of all stills, or of all videos, of a prompt.</summary>
/// <param name="Patches">[patches, channels · frames · side · side], float32, in merge order.</param>
/// <param name="Grids">One grid for each item.</param>
public sealed record VisionInput(Tensor Patches, IReadOnlyList<VisionGrid> Grids);

/// <summary>Everything the network takes for one question. Its tensors belong to no dispose scope.</summary>
public sealed class ModelInput : IDisposable
{
    /// <summary>Token ids of the prompt, placeholders repeated.</summary>
    public required long[] InputIds { get; init; }

    /// <summary>[3, tokens], int64: time, height and width of every position.</summary>
    public required Tensor PositionIds { get; init; }

    /// <summary>What a later token's position is ahead of its index.</summary>
    public required long RopeDelta { get; init; }

    /// <summary>The kinds of the prompt's positions, in order, without gaps.</summary>
    public required IReadOnlyList<PromptSpan> Spans { get; init; }

    /// <summary>Stills, or null.</summary>
    public VisionInput? Images { get; init; }

    /// <summary>Videos, or null.</summary>
    public VisionInput? Videos { get; init; }

    /// <summary>
    /// Where branches begin that share what stands before the first of them and do not see each other, for training; their
    /// positions each go on from that common part. Empty: one sequence.
    /// </summary>
    public IReadOnlyList<int> Branches { get; init; } = [];

    /// <summary>Mel spectrograms [bins, frames] of the sounds.</summary>
    public IReadOnlyList<Tensor> Sounds { get; init; } = [];

    /// <inheritdoc/>
    public void Dispose()
    {
        PositionIds.Dispose();
        Images?.Patches.Dispose();
        Videos?.Patches.Dispose();
        foreach (Tensor sound in Sounds)
        {
            sound.Dispose();
        }
    }
}

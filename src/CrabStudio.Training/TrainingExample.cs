using CrabStudio.Model.Processing;

namespace CrabStudio.Training;

/// <summary>A sample as the network takes it.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Input">Prompt and answer. Belongs to the example.</param>
/// <param name="LossBegin">First position whose token is to be learnt.</param>
/// <param name="LossEnd">Position after the last one.</param>
public sealed record TrainingExample(TrainingSample Sample, ModelInput Input, int LossBegin, int LossEnd) : IDisposable
{
    /// <summary>Length of prompt and answer.</summary>
    public int Tokens => Input.InputIds.Length;

    /// <summary>Number of tokens to be learnt.</summary>
    public int LossTokens => LossEnd - LossBegin;

    /// <summary>What the towers make of the media, when that is known. Belongs to the example.</summary>
    public TowerFeatures? Features { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Input.Dispose();
        Features?.Dispose();
    }
}

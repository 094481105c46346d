using CrabStudio.Media;
using CrabStudio.Model;

namespace CrabStudio.Engine;

/// <summary>The engine of one process: one model on one thread of its own.</summary>
public sealed class AnalysisEngine : IAnalysisEngine, IAsyncDisposable
{
    /// <summary>Begins to load the model.</summary>
    /// <param name="model">Which.</param>
    /// <param name="limits">Bounds on clips.</param>
    public AnalysisEngine(ModelOptions model, MediaLimits? limits = null) => throw new NotImplementedException();

    /// <inheritdoc/>
    public EngineStatus Status => throw new NotImplementedException();

    /// <summary>Done when the model is ready.</summary>
    /// <exception cref="ModelException">It could not be loaded.</exception>
    public Task Loaded => throw new NotImplementedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<AnalysisEvent> AnalyzeAsync(AnalysisRequest request, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Stops what runs and unloads the model.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

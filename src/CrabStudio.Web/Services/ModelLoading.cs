using CrabStudio.Engine;

namespace CrabStudio.Web.Services;

/// <summary>Has the model loaded from the start on, without keeping the pages waiting, and says on the terminal when that failed.</summary>
public sealed class ModelLoading(IAnalysisEngine engine, ILogger<ModelLoading> logger) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (engine is AnalysisEngine loading)
        {
            _ = SayAsync(loading.Loaded);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task SayAsync(Task loaded)
    {
        try
        {
            await loaded;
            logger.LogInformation("The model is ready");
        }
        catch (OperationCanceledException)
        {
            // The studio ended before.
        }
        catch (Exception failure)
        {
            logger.LogError(failure, "The model could not be loaded, so no question can be answered: {Message}", failure.Message.ReplaceLineEndings(" "));
        }
    }
}

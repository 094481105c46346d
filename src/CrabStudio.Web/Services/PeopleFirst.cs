using System.Runtime.CompilerServices;
using CrabStudio.Engine;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks;

namespace CrabStudio.Web.Services;

/// <summary>
/// The studio's engine as an evaluation may use it: a sample is only asked when no question of a person is in work or waits.
/// So a person waits for the rest of the sample in work and never for another.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="waits">Told when it begins to wait for people, and when it goes on.</param>
internal sealed class PeopleFirst(IAnalysisEngine engine, Action<bool> waits) : IAnalysisEngine
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(2), LaterLooks = TimeSpan.FromMilliseconds(50);

    /// <summary>As the clients of the queue are named: no session has this name.</summary>
    public const string Client = "evaluation";

    /// <inheritdoc/>
    public EngineStatus Status => engine.Status;

    /// <inheritdoc/>
    public async IAsyncEnumerable<AnalysisEvent> AnalyzeAsync(AnalysisRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (!await IsFreeAsync(cancellation))
        {
            yield return new FinishedEvent(FinishReason.Stopped, 0);
            yield break;
        }

        await foreach (AnalysisEvent happened in engine.AnalyzeAsync(request with { Client = Client }, cancellation))
        {
            yield return happened;
        }
    }

    /// <inheritdoc/>
    public Task<AnalysisPreview> PreviewAsync(Conversation conversation, CancellationToken cancellation) => engine.PreviewAsync(conversation, cancellation);

    // False when it was stopped while it waited.
    private async Task<bool> IsFreeAsync(CancellationToken cancellation)
    {
        // The engine needs a moment to be done with the sample before.
        TimeSpan pause = FirstLook;
        bool told = false;
        try
        {
            while (engine.Status is { State: EngineState.Ready } status && status.Running + status.Waiting > 0)
            {
                if (pause == LaterLooks && !told)
                {
                    told = true;
                    waits(true);
                }

                await Task.Delay(pause, cancellation);
                pause = pause * 2 < LaterLooks ? pause * 2 : LaterLooks;
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            if (told)
            {
                waits(false);
            }
        }
    }
}

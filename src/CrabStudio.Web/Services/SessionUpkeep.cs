using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>
/// What is done once after the start, beside everything else: the bin is emptied of what lay in it long enough, and the
/// events of answers that an earlier version stored are kept, so that sessions are found by them.
/// </summary>
public sealed class SessionUpkeep(DataFolder folder, SessionStore sessions, ILogger<SessionUpkeep> logger) : BackgroundService
{
    /// <summary>How long a session lies in the bin before it is deleted for good.</summary>
    public const int DaysInBin = 30;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Never on the thread that starts the studio.
        await Task.Yield();
        try
        {
            if (await sessions.EmptyBinAsync(DateTimeOffset.UtcNow.AddDays(-DaysInBin), stoppingToken) is > 0 and var emptied)
            {
                logger.LogInformation("{Count} sessions lay in the bin for more than {Days} days and were deleted", emptied, DaysInBin);
            }

            if (await new AnswerStore(folder).FillEventsAsync(stoppingToken) is > 0 and var filled)
            {
                logger.LogInformation("The events of {Count} answers are now found by", filled);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start goes on with it.
        }
        catch (Exception failure)
        {
            logger.LogError(failure, "The bin could not be emptied, or events not be kept; the next start tries again");
        }
    }
}

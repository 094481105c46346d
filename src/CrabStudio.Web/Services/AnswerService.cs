using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>Asks, stops and watches answers. Generation belongs to this service, not to who watches.</summary>
public sealed class AnswerService
{
    /// <summary>Asks a question; the answer grows in the background.</summary>
    /// <exception cref="Tasks.TaskInputException">The input does not suit the task.</exception>
    public Task<Guid> AskAsync(Guid sessionId, QuestionInput question, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Stops an answer; does nothing when it has ended.</summary>
    public Task StopAsync(Guid answerId) => throw new NotImplementedException();

    /// <summary>Asks the same once more, as a new answer of the same session.</summary>
    public Task<Guid> RetryAsync(Guid answerId, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>A status first, always; then the prompt and the tokens from <paramref name="fromToken"/> on, in order, each once. Ends when the answer has ended.</summary>
    public IAsyncEnumerable<AnswerUpdate> WatchAsync(Guid answerId, int fromToken, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The answer as it stands now, or null.</summary>
    public Task<Answer?> GetAsync(Guid answerId, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Its tokens so far, in order.</summary>
    public Task<IReadOnlyList<AnswerToken>> GetTokensAsync(Guid answerId, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Its router weights so far; null when there is no such answer.</summary>
    public Task<AnswerRoutes?> GetRoutesAsync(Guid answerId, CancellationToken cancellation) => throw new NotImplementedException();
}

using System.Runtime.CompilerServices;
using CrabStudio.Model.Generation;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.SignalR;

namespace CrabStudio.Web.Api;

/// <summary>One message to a watcher, flat so that any language reads it. What does not belong to <paramref name="Kind"/> is null.</summary>
/// <param name="Kind"><c>status</c> (always the first), <c>prompt</c> or <c>token</c>.</param>
/// <param name="Status">Of a status: where the answer stands.</param>
/// <param name="FinishReason">Of a status: EndOfText, Length or Stopped.</param>
/// <param name="Error">Of a status: one line when it failed.</param>
/// <param name="QueuePosition">Of a status: place in the queue, 0 is next.</param>
/// <param name="Stage">Of a status: step before the first token.</param>
/// <param name="Fraction">Of a status: how much of the step is done, 0 to 1.</param>
/// <param name="FirstTokenSeconds">Of a status: seconds to the first token.</param>
/// <param name="TotalSeconds">Of a status: seconds to the end.</param>
/// <param name="Seen">Of a prompt: what was seen and heard.</param>
/// <param name="Model">Of a prompt: the model.</param>
/// <param name="Index">Of a token: from 0.</param>
/// <param name="TokenId">Of a token: id in the vocabulary.</param>
/// <param name="Text">Of a token: the text that it completes.</param>
/// <param name="Seconds">Of a token: seconds since the answer left the queue.</param>
/// <param name="Routes">Of a token: [linear·experts + expert].</param>
public sealed record AnswerMessage(
    string Kind,
    AnswerStatus? Status = null,
    string? FinishReason = null,
    string? Error = null,
    int? QueuePosition = null,
    string? Stage = null,
    double? Fraction = null,
    double? FirstTokenSeconds = null,
    double? TotalSeconds = null,
    SeenFacts? Seen = null,
    ModelFacts? Model = null,
    int? Index = null,
    int? TokenId = null,
    string? Text = null,
    double? Seconds = null,
    float[]? Routes = null)
{
    /// <summary>The message of an update.</summary>
    public static AnswerMessage Of(AnswerUpdate update) => update switch
    {
        StatusUpdate status => new("status", status.Status, status.FinishReason, status.Error, status.QueuePosition, status.Stage, status.Fraction, status.FirstTokenSeconds, status.TotalSeconds),
        PromptUpdate prompt => new("prompt", Seen: prompt.Seen, Model: prompt.Model),
        TokenUpdate token => new("token", Index: token.Index, TokenId: token.TokenId, Text: token.Text, Seconds: token.Seconds, Routes: token.Routes),
        _ => throw new ArgumentOutOfRangeException(nameof(update), update, "There is no message of this kind of update."),
    };
}

/// <summary>Answers as they grow, for programs and pages of any kind.</summary>
public sealed class AnswersHub(AnswerService answers) : Hub
{
    /// <summary>Where it listens.</summary>
    public const string Path = "/hubs/answers";

    /// <summary>Streams an answer to its end: a status, then the prompt and the tokens from <paramref name="fromToken"/> on, each once, in order.</summary>
    public async IAsyncEnumerable<AnswerMessage> Watch(Guid answerId, int fromToken, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (await answers.GetAsync(answerId, cancellation) is null)
        {
            throw new HubException(new UnknownItemException("answer", answerId).Message);
        }

        await foreach (AnswerUpdate update in answers.WatchAsync(answerId, fromToken, cancellation))
        {
            yield return AnswerMessage.Of(update);
        }
    }
}

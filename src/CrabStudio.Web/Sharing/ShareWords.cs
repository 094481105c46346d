using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Sharing;

/// <summary>An answer in words for somebody who did not ask it.</summary>
internal static class ShareWords
{
    /// <summary>How it ended.</summary>
    public static string Ending(Answer answer) => answer.Status switch
    {
        AnswerStatus.Queued => "Waiting for the model",
        AnswerStatus.Running => "Not finished: this is what was there when this page was made",
        AnswerStatus.Done when answer.FinishReason == "Length" => $"Ended at the limit of {answer.MaxNewTokens} tokens; the model had not said that it was done",
        AnswerStatus.Done => "Done",
        AnswerStatus.Stopped => "Stopped by a person before its end",
        AnswerStatus.Interrupted => "Interrupted: the studio ended before the answer did",
        _ => answer.Error ?? "This could not be answered",
    };

    /// <summary>Facts of the run.</summary>
    public static IEnumerable<SharedFact> Facts(Answer answer, AnswerPageState state)
    {
        yield return new("To the first token", AnswerWords.Seconds(state.FirstTokenSeconds));
        yield return new("Tokens a second", AnswerWords.Rate(state.TokensPerSecond));
        yield return new("Tokens", state.TokenCount.ToString(System.Globalization.CultureInfo.InvariantCulture));
        yield return new("In all", AnswerWords.Seconds(state.TotalSeconds));
        if (state.Model is { } model)
        {
            yield return new("Model", model.Name);
            yield return new("Adapter", model.Adapter ?? "none");
            yield return new("Precision", $"{model.Precision} on {model.Device}");
        }

        yield return new("Asked", AnswerWords.Exact(answer.AskedAt));
    }

    /// <summary>What must be known before anything is concluded from it.</summary>
    public static IEnumerable<string> Remarks(Answer answer, AnswerPageState state)
    {
        if (state.Model?.Untrained == true)
        {
            yield return "This model is untrained: its weights are random, and so are its words.";
        }
        else if (state.Model?.Card is not null)
        {
            yield return "This is a small model that knows a made-up world only: about a clip from elsewhere it guesses.";
        }

        if (state.Intervention is { } intervention)
        {
            yield return $"This is an altered run: {AlterWords.Whole(intervention)}.";
        }
    }

    /// <summary>What was seen and heard.</summary>
    public static string Seen(SeenFacts seen)
    {
        string frames = seen.Frames.Count == 0 ? "no picture" : $"{seen.Frames.Count} {(seen.Frames.Any(frame => frame.Still) ? "still" : "frame")}{(seen.Frames.Count == 1 ? "" : "s")} of {seen.Frames[0].Width}×{seen.Frames[0].Height} pixels";
        string sounds = seen.Sounds.Count == 0 ? "no sound" : string.Join(" and ", seen.Sounds.Select(sound => $"{RoutingWords.Number(sound.Seconds, "0.00")} s of sound"));
        return $"{frames} · {sounds} · {seen.PromptTokens} prompt tokens";
    }
}

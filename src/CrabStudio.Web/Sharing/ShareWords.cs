using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Sharing;

/// <summary>An answer in words for somebody who did not ask it.</summary>
internal static class ShareWords
{
    /// <summary>How it ended.</summary>
    public static string Ending(Answer answer, IStringLocalizer<Words> L) => answer.Status switch
    {
        AnswerStatus.Queued => L["Waiting for the model"],
        AnswerStatus.Running => L["Not finished: this is what was there when this page was made"],
        AnswerStatus.Done when answer.FinishReason == "Length" => L["Ended at the limit of {0} tokens; the model had not said that it was done", answer.MaxNewTokens],
        AnswerStatus.Done => L["Done"],
        AnswerStatus.Stopped => L["Stopped by a person before its end"],
        AnswerStatus.Interrupted => L["Interrupted: the studio ended before the answer did"],
        _ => answer.Error ?? L["This could not be answered"],
    };

    /// <summary>Facts of the run.</summary>
    public static IEnumerable<SharedFact> Facts(Answer answer, AnswerPageState state, IStringLocalizer<Words> L)
    {
        yield return new(L["To the first token"], AnswerWords.Seconds(state.FirstTokenSeconds));
        yield return new(L["Tokens a second"], AnswerWords.Rate(state.TokensPerSecond));
        yield return new(L["Tokens"], state.TokenCount.ToString(System.Globalization.CultureInfo.InvariantCulture));
        yield return new(L["In all"], AnswerWords.Seconds(state.TotalSeconds));
        if (state.Model is { } model)
        {
            yield return new(L["Model"], model.Name);
            yield return new(L["Adapter"], model.Adapter ?? L["none"]);
            yield return new(L["Precision"], L["{0} on {1}", model.Precision, model.Device]);
        }

        yield return new(L["Asked"], AnswerWords.Exact(answer.AskedAt));
    }

    /// <summary>What must be known before anything is concluded from it.</summary>
    public static IEnumerable<string> Remarks(AnswerPageState state, IStringLocalizer<Words> L)
    {
        if (state.Model?.Untrained == true)
        {
            yield return L["This model is untrained: its weights are random, and so are its words."];
        }
        else if (state.Model?.Card is not null)
        {
            yield return L["This is a small model that knows a made-up world only: about a clip from elsewhere it guesses."];
        }

        if (state.Intervention is { } intervention)
        {
            yield return L["This is an altered run: {0}.", AlterWords.Whole(intervention, L)];
        }
    }

    /// <summary>What was seen and heard.</summary>
    public static string Seen(SeenFacts seen, IStringLocalizer<Words> L)
    {
        string frames = (seen.Frames.Count, seen.Frames.Any(frame => frame.Still)) switch
        {
            (0, _) => L["no picture"],
            (1, true) => L["{0} still of {1}×{2} pixels", 1, seen.Frames[0].Width, seen.Frames[0].Height],
            (1, false) => L["{0} frame of {1}×{2} pixels", 1, seen.Frames[0].Width, seen.Frames[0].Height],
            (var count, true) => L["{0} stills of {1}×{2} pixels", count, seen.Frames[0].Width, seen.Frames[0].Height],
            var (count, _) => L["{0} frames of {1}×{2} pixels", count, seen.Frames[0].Width, seen.Frames[0].Height],
        };
        string sounds = seen.Sounds.Count == 0 ? L["no sound"] : string.Join(L[" and "], seen.Sounds.Select(sound => L["{0} s of sound", RoutingWords.Number(sound.Seconds, "0.00")].Value));
        return L["{0} · {1} · {2} prompt tokens", frames, sounds, seen.PromptTokens];
    }
}

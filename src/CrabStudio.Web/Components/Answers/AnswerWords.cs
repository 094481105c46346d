using System.Globalization;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Answers;

/// <summary>The state of an answer in plain words.</summary>
public static class AnswerWords
{
    /// <summary>What is going on, for the line beside the progress bar; null when the answer has ended.</summary>
    public static string? Progress(AnswerPageState state, IStringLocalizer<Words> L) => state.Status switch
    {
        AnswerStatus.Queued when state.QueuePosition is 1 => L["Waiting: {0} question is before this one", 1],
        AnswerStatus.Queued when state.QueuePosition is > 1 and var position => L["Waiting: {0} questions are before this one", position],
        AnswerStatus.Queued => L["Waiting: this question is next"],
        AnswerStatus.Running when state.TokenCount > 0 => L["Answering: token {0} of at most {1}", state.TokenCount, state.MaxNewTokens],
        AnswerStatus.Running => Stage(state.Stage, state.Fraction, L),
        _ => null,
    };

    /// <summary>Where a line of the queue stands.</summary>
    public static string Progress(QueueLine line, IStringLocalizer<Words> L) => line.Status switch
    {
        AnswerStatus.Queued when line.Position is > 0 and var position => L["waiting, {0} before it", position],
        AnswerStatus.Queued => L["waiting, next"],
        _ when line.TokenCount == 1 => L["answering, {0} token so far", 1],
        _ when line.TokenCount > 0 => L["answering, {0} tokens so far", line.TokenCount],
        _ => Stage(line.Stage, line.Fraction, L),
    };

    /// <summary>How it ended; null while it goes on.</summary>
    public static string? Ending(AnswerPageState state, IStringLocalizer<Words> L) => state.Status switch
    {
        AnswerStatus.Done when state.FinishReason == "Length" => L["Ended at the limit of {0} tokens; the model had not said that it was done.", state.MaxNewTokens],
        AnswerStatus.Done => L["Done"],
        AnswerStatus.Stopped => L["Stopped by you"],
        AnswerStatus.Interrupted => L["Interrupted: the studio ended while this was being answered. The text so far is kept; “Try again” asks once more."],
        AnswerStatus.Failed => state.Error ?? L["This could not be answered."],
        _ => null,
    };

    /// <summary>One word for lists.</summary>
    public static string Word(AnswerStatus status, IStringLocalizer<Words> L) => status switch
    {
        AnswerStatus.Queued => L["waiting"],
        AnswerStatus.Running => L["answering"],
        AnswerStatus.Done => L["done"],
        AnswerStatus.Stopped => L["stopped"],
        AnswerStatus.Interrupted => L["interrupted"],
        _ => L["failed"],
    };

    /// <summary>The stages of the engine as a person would name them.</summary>
    public static string Stage(string? stage, IStringLocalizer<Words> L) => stage switch
    {
        "frames" => L["Step 1 of 6: taking frames from the clip"],
        "sound" => L["Step 2 of 6: taking sound from the clip"],
        "features" => L["Step 3 of 6: preparing what is seen and heard"],
        "audioTower" => L["Step 4 of 6: listening (audio tower)"],
        "visionTower" => L["Step 5 of 6: looking (vision tower)"],
        "prompt" => L["Step 6 of 6: reading the prompt"],
        _ => L["Starting"],
    };

    /// <summary>"just now", "5 min ago", "yesterday", "3 Mar 2026".</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now, IStringLocalizer<Words> L) => (now - then) switch
    {
        { TotalSeconds: < 60 } => L["just now"],
        { TotalMinutes: < 60 } and var span => L["{0} min ago", (int)span.TotalMinutes],
        { TotalHours: < 24 } and var span => L["{0} h ago", (int)span.TotalHours],
        { TotalHours: < 48 } => L["yesterday"],
        { TotalDays: < 14 } and var span => L["{0} days ago", (int)span.TotalDays],

        // The order of day, month and year is a matter of the language too.
        _ => then.ToString(L["d MMM yyyy"], CultureInfo.CurrentCulture),
    };

    /// <summary>The exact time, with its offset.</summary>
    public static string Exact(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);

    /// <summary>"1.42 s".</summary>
    public static string Seconds(double? seconds) => seconds is { } value ? value.ToString("0.00", CultureInfo.InvariantCulture) + " s" : "–";

    /// <summary>"12.3".</summary>
    public static string Rate(double? rate) => rate is { } value ? value.ToString("0.0", CultureInfo.InvariantCulture) : "–";

    private static string Stage(string? stage, double? done, IStringLocalizer<Words> L) =>
        done is { } fraction ? L["{0}, {1}", Stage(stage, L), Percent(fraction)] : Stage(stage, L);

    private static string Percent(double fraction) => Math.Round(100 * Math.Clamp(fraction, 0, 1)).ToString("0", CultureInfo.InvariantCulture) + "%";
}

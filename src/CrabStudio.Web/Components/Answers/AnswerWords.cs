using System.Globalization;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Answers;

/// <summary>The state of an answer in plain words.</summary>
public static class AnswerWords
{
    /// <summary>What is going on, for the line beside the progress bar; null when the answer has ended.</summary>
    public static string? Progress(AnswerPageState state) => state.Status switch
    {
        AnswerStatus.Queued when state.QueuePosition is > 0 and var position => $"Waiting: {position} {(position == 1 ? "question is" : "questions are")} before this one",
        AnswerStatus.Queued => "Waiting: this question is next",
        AnswerStatus.Running when state.TokenCount > 0 => $"Answering: token {state.TokenCount} of at most {state.MaxNewTokens}",
        AnswerStatus.Running => Stage(state.Stage) + (state.Fraction is { } fraction ? $", {Percent(fraction)}" : ""),
        _ => null,
    };

    /// <summary>Where a line of the queue stands.</summary>
    public static string Progress(QueueLine line) => line.Status switch
    {
        AnswerStatus.Queued when line.Position is > 0 and var position => $"waiting, {position} before it",
        AnswerStatus.Queued => "waiting, next",
        _ when line.TokenCount > 0 => $"answering, {line.TokenCount} {(line.TokenCount == 1 ? "token" : "tokens")} so far",
        _ => Stage(line.Stage) + (line.Fraction is { } fraction ? $", {Percent(fraction)}" : ""),
    };

    /// <summary>How it ended; null while it goes on.</summary>
    public static string? Ending(AnswerPageState state) => state.Status switch
    {
        AnswerStatus.Done when state.FinishReason == "Length" => $"Ended at the limit of {state.MaxNewTokens} tokens; the model had not said that it was done.",
        AnswerStatus.Done => "Done",
        AnswerStatus.Stopped => "Stopped by you",
        AnswerStatus.Interrupted => "Interrupted: the studio ended while this was being answered. The text so far is kept; “Try again” asks once more.",
        AnswerStatus.Failed => state.Error ?? "This could not be answered.",
        _ => null,
    };

    /// <summary>One word for lists.</summary>
    public static string Word(AnswerStatus status) => status switch
    {
        AnswerStatus.Queued => "waiting",
        AnswerStatus.Running => "answering",
        AnswerStatus.Done => "done",
        AnswerStatus.Stopped => "stopped",
        AnswerStatus.Interrupted => "interrupted",
        _ => "failed",
    };

    /// <summary>The stages of the engine as a person would name them.</summary>
    public static string Stage(string? stage) => stage switch
    {
        "frames" => "Step 1 of 6: taking frames from the clip",
        "sound" => "Step 2 of 6: taking sound from the clip",
        "features" => "Step 3 of 6: preparing what is seen and heard",
        "audioTower" => "Step 4 of 6: listening (audio tower)",
        "visionTower" => "Step 5 of 6: looking (vision tower)",
        "prompt" => "Step 6 of 6: reading the prompt",
        _ => "Starting",
    };

    /// <summary>"just now", "5 min ago", "yesterday", "3 Mar 2026".</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now) => (now - then) switch
    {
        { TotalSeconds: < 60 } => "just now",
        { TotalMinutes: < 60 } and var span => $"{(int)span.TotalMinutes} min ago",
        { TotalHours: < 24 } and var span => $"{(int)span.TotalHours} h ago",
        { TotalHours: < 48 } => "yesterday",
        { TotalDays: < 14 } and var span => $"{(int)span.TotalDays} days ago",
        _ => then.ToString("d MMM yyyy", CultureInfo.InvariantCulture),
    };

    /// <summary>The exact time, with its offset.</summary>
    public static string Exact(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);

    /// <summary>"1.42 s".</summary>
    public static string Seconds(double? seconds) => seconds is { } value ? value.ToString("0.00", CultureInfo.InvariantCulture) + " s" : "–";

    /// <summary>"12.3".</summary>
    public static string Rate(double? rate) => rate is { } value ? value.ToString("0.0", CultureInfo.InvariantCulture) : "–";

    private static string Percent(double fraction) => Math.Round(100 * Math.Clamp(fraction, 0, 1)).ToString("0", CultureInfo.InvariantCulture) + "%";
}

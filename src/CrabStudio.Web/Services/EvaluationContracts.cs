using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Web.Services;

/// <summary>Where an evaluation stands.</summary>
public enum EvaluationState
{
    /// <summary>This studio works on it.</summary>
    Running,

    /// <summary>Another program works on it, such as <c>crab evaluate</c>.</summary>
    Elsewhere,

    /// <summary>Not all samples are finished, and nobody works on it; it can go on.</summary>
    Stopped,

    /// <summary>Every sample had its turn.</summary>
    Done,

    /// <summary>Its files cannot be read.</summary>
    Unreadable,
}

/// <summary>What a running evaluation does at this moment.</summary>
public enum EvaluationStage
{
    /// <summary>Its data set is being read.</summary>
    Reading,

    /// <summary>The model is being loaded.</summary>
    Loading,

    /// <summary>People's questions go first.</summary>
    Waiting,

    /// <summary>A sample is being asked.</summary>
    Asking,

    /// <summary>The report is being made.</summary>
    Measuring,

    /// <summary>It was told to stop.</summary>
    Stopping,
}

/// <summary>A new evaluation as a person orders it.</summary>
/// <param name="Data">Id of a data set of the workshop: its folder, relative to the workshop.</param>
/// <param name="Name">Its name; a folder of this name is made in the workshop.</param>
/// <param name="Tasks">Task keys; null: all of which the data set has a list.</param>
/// <param name="Limit">Most samples of a task; null: all.</param>
/// <param name="Split">Which lists.</param>
/// <param name="Seed">For the draw of samples, intervals and baselines.</param>
/// <param name="MaxNewTokens">Longest answer.</param>
public sealed record EvaluationOrder(string? Data, string? Name, IReadOnlyList<string>? Tasks = null, int? Limit = null, AvUieSplit Split = AvUieSplit.Test, int Seed = 0, int MaxNewTokens = AnswerService.MaxNewTokens);

/// <summary>An evaluation in a line.</summary>
/// <param name="Id">Its folder relative to the workshop, with slashes.</param>
/// <param name="Name">The name of its folder.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Answered">Samples that are answered.</param>
/// <param name="Unanswered">Samples that could not be asked; going on asks them again.</param>
/// <param name="Samples">Samples that were chosen; null where that is not known.</param>
/// <param name="Stage">While it runs: what happens.</param>
/// <param name="CurrentSample">While it runs: the sample in work, <c>key:index</c>.</param>
/// <param name="SecondsLeft">While it runs: time that the rest will take, without that of people's questions; null before anything is known.</param>
/// <param name="Problem">Why it stopped or cannot be read; one line.</param>
/// <param name="Data">Name of the data set.</param>
/// <param name="DataDigest">Evaluations with the same are of the same data.</param>
/// <param name="Split">Which lists.</param>
/// <param name="Tasks">The tasks that were asked for; null: all.</param>
/// <param name="Limit">Most samples of a task; null: all.</param>
/// <param name="Seed">The seed.</param>
/// <param name="MaxNewTokens">Longest answer.</param>
/// <param name="Model">Name of the model's folder; null before it was loaded.</param>
/// <param name="Adapter">File name of the adapter, or null.</param>
/// <param name="Untrained">True when that model's weights are random: the figures are of noise.</param>
/// <param name="ChangedAt">When something last happened in it.</param>
public sealed record EvaluationSummary(
    string Id,
    string Name,
    EvaluationState State,
    int Answered,
    int Unanswered,
    int? Samples,
    EvaluationStage? Stage,
    string? CurrentSample,
    double? SecondsLeft,
    string? Problem,
    string? Data,
    string? DataDigest,
    AvUieSplit Split,
    IReadOnlyList<string>? Tasks,
    int? Limit,
    int Seed,
    int MaxNewTokens,
    string? Model,
    string? Adapter,
    bool Untrained,
    DateTimeOffset ChangedAt)
{
    /// <summary>Whether there is something to go on with, and nobody does.</summary>
    public bool CanGoOn => State == EvaluationState.Stopped || (State == EvaluationState.Done && Unanswered > 0);
}

/// <summary>A finished sample, as far as pages show it.</summary>
/// <param name="Id"><c>key:index</c>.</param>
/// <param name="Key">The task key.</param>
/// <param name="Question">The words of the question.</param>
/// <param name="Media">The media, relative to the data set.</param>
/// <param name="Expected">The answer of the annotation.</param>
/// <param name="Text">The model's text.</param>
/// <param name="Score">The part of the score that says most, 0 to 1; null where the sample has none.</param>
/// <param name="Error">Why there is no answer.</param>
/// <param name="Seconds">Time of the answer.</param>
/// <param name="Scores">All parts of the score.</param>
public sealed record EvaluatedSample(string Id, string Key, string Question, IReadOnlyList<string> Media, string Expected, string Text, double? Score, string? Error, double Seconds, IReadOnlyDictionary<string, double> Scores)
{
    /// <summary>Of a line of <c>samples.jsonl</c>.</summary>
    public static EvaluatedSample Of(EvaluationLine line) => new(
        line.Id, line.Key, line.Question, line.Media, line.Expected, line.Text, line.IsAnswered && line.Scores.TryGetValue(TaskScorer.Primary(line.Key), out double score) ? score : null, line.Error, line.Seconds, line.Scores);

    /// <summary>Whether the answer is right in every respect; null when that is not known.</summary>
    public bool? IsRight => Score is { } score ? score >= 1 - 1e-9 : null;
}

/// <summary>One evaluation is at work already, or another program has this one. The message is one line for a person.</summary>
public sealed class EvaluationBusyException(string message) : Exception(message);

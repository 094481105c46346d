using System.Globalization;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Evaluations;

/// <summary>Evaluations in plain words.</summary>
public static class EvaluationWords
{
    /// <summary>Where it stands, with how far it is.</summary>
    public static string State(EvaluationSummary one) => one.State switch
    {
        EvaluationState.Running => $"{Stage(one)}{(one.Samples is null ? "" : $", {Done(one)}")}{(one.SecondsLeft is { } left && one.Stage is EvaluationStage.Asking or EvaluationStage.Waiting ? $", {Left(left)}" : "")}",
        EvaluationState.Elsewhere => $"At work in another program, {Done(one)}",
        EvaluationState.Stopped => $"Stopped at {Count(one.Answered)}{(one.Samples is { } all ? $" of {Count(all)}" : "")} samples",
        EvaluationState.Done when one.Unanswered > 0 => $"Done: {Count(one.Answered)} of {Count(one.Answered + one.Unanswered)} samples answered, {Count(one.Unanswered)} could not be asked",
        EvaluationState.Done => $"Done: {(one.Answered == 1 ? "1 sample" : $"{Count(one.Answered)} samples")}",
        _ => "Cannot be read",
    };

    /// <summary>How much is done, 0 to 1; null where that is not known.</summary>
    public static double? Fraction(EvaluationSummary one) => one.Samples is > 0 and var all ? Math.Clamp((one.Answered + one.Unanswered) / (double)all, 0, 1) : null;

    /// <summary>What it is of: "test lists of demo, at most 20 of each task: ave, ks".</summary>
    public static string Of(EvaluationSummary one) =>
        $"{(one.Split == AvUieSplit.Test ? "test" : "training")} lists of {one.Data}{(one.Limit is { } limit ? $", at most {Count(limit)} of each task" : "")}{(one.Tasks is { } tasks ? $": {string.Join(", ", tasks)}" : "")}";

    /// <summary>The model with its adapter.</summary>
    public static string Model(EvaluationSummary one) => one.Model is { } model ? model + (one.Adapter is { } adapter ? $" with {adapter}" : "") : "the model is not loaded yet";

    /// <summary>"about 3 min left".</summary>
    public static string Left(double seconds) => seconds switch
    {
        < 5 => "a few seconds left",
        < 90 => $"about {Math.Ceiling(seconds / 5) * 5:0} s left",
        < 90 * 60 => $"about {Math.Ceiling(seconds / 60):0} min left",
        < 48 * 3600 => string.Create(CultureInfo.InvariantCulture, $"about {seconds / 3600:0.#} h left"),
        _ => $"about {Math.Ceiling(seconds / 86400):0} days left",
    };

    /// <summary>A figure: "0.512".</summary>
    public static string Number(double? value) => value is { } number ? number.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    /// <summary>"0.401 to 0.623".</summary>
    public static string Interval(double? low, double? high) => low is null ? "–" : $"{Number(low)} to {Number(high)}";

    /// <summary>"1,234".</summary>
    public static string Count(int number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A p as it is told: "McNemar" says what it is of.</summary>
    public static string Probability(ComparedFigure figure) => $"{EvaluationComparison.Probability(figure.P)} ({(figure.Test == "mcnemar" ? "McNemar" : "paired draws")})";

    /// <summary>The name of a part of a score: "temporal IoU".</summary>
    public static string Part(string name) => name.Replace('_', ' ').Replace(" iou", " IoU", StringComparison.Ordinal);

    /// <summary>How a sample came out, in a word.</summary>
    public static string Outcome(EvaluatedSample sample) => sample switch
    {
        { Error: not null } => "not asked",
        { IsRight: true } => "right",
        { Score: 0 } => "wrong",
        { IsRight: false } => "in part",
        _ => "no score",
    };

    private static string Done(EvaluationSummary one) => $"{Count(one.Answered + one.Unanswered)}{(one.Samples is { } all ? $" of {Count(all)}" : "")} done";

    private static string Stage(EvaluationSummary one) => one.Stage switch
    {
        EvaluationStage.Reading => "Reading the data set",
        EvaluationStage.Loading => "Waiting for the model, which is being loaded",
        EvaluationStage.Waiting => "Waiting: questions of people go first",
        EvaluationStage.Measuring => "Making the report",
        EvaluationStage.Stopping => "Stopping",
        _ => $"Asking {one.CurrentSample}",
    };
}

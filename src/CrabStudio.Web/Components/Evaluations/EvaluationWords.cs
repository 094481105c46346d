using System.Globalization;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Evaluations;

/// <summary>Evaluations in plain words.</summary>
public static class EvaluationWords
{
    /// <summary>Where it stands, with how far it is.</summary>
    public static string State(EvaluationSummary one, IStringLocalizer<Words> L) => one.State switch
    {
        EvaluationState.Running => Running(one, L),
        EvaluationState.Elsewhere => L["At work in another program, {0}", Done(one, L)],
        EvaluationState.Stopped => one.Samples is { } all ? L["Stopped at {0} of {1} samples", Count(one.Answered), Count(all)] : L["Stopped at {0} samples", Count(one.Answered)],
        EvaluationState.Done when one.Unanswered > 0 => L["Done: {0} of {1} samples answered, {2} could not be asked", Count(one.Answered), Count(one.Answered + one.Unanswered), Count(one.Unanswered)],
        EvaluationState.Done => one.Answered == 1 ? L["Done: 1 sample"] : L["Done: {0} samples", Count(one.Answered)],
        _ => L["Cannot be read"],
    };

    /// <summary>How much is done, 0 to 1; null where that is not known.</summary>
    public static double? Fraction(EvaluationSummary one) => one.Samples is > 0 and var all ? Math.Clamp((one.Answered + one.Unanswered) / (double)all, 0, 1) : null;

    /// <summary>What it is of: "test lists of demo, at most 20 of each task: ave, ks".</summary>
    public static string Of(EvaluationSummary one, IStringLocalizer<Words> L)
    {
        string lists = one.Split == AvUieSplit.Test ? L["test lists of {0}", one.Data ?? ""] : L["training lists of {0}", one.Data ?? ""];
        string limited = one.Limit is { } limit ? L["{0}, at most {1} of each task", lists, Count(limit)] : lists;
        return one.Tasks is { } tasks ? L["{0}: {1}", limited, string.Join(L[", "], tasks)] : limited;
    }

    /// <summary>The model with its adapter.</summary>
    public static string Model(EvaluationSummary one, IStringLocalizer<Words> L) => one.Model is { } model ? Model(model, one.Adapter, L) : L["the model is not loaded yet"];

    /// <summary>A model with its adapter, where it has one.</summary>
    public static string Model(string model, string? adapter, IStringLocalizer<Words> L) => adapter is null ? model : L["{0} with {1}", model, adapter];

    /// <summary>"about 3 min left".</summary>
    public static string Left(double seconds, IStringLocalizer<Words> L) => seconds switch
    {
        < 5 => L["a few seconds left"],
        < 90 => L["about {0:0} s left", Math.Ceiling(seconds / 5) * 5],
        < 90 * 60 => L["about {0:0} min left", Math.Ceiling(seconds / 60)],
        < 48 * 3600 => L["about {0:0.#} h left", seconds / 3600],
        _ => L["about {0:0} days left", Math.Ceiling(seconds / 86400)],
    };

    /// <summary>A figure: "0.512".</summary>
    public static string Number(double? value) => value is { } number ? number.ToString("0.000", CultureInfo.CurrentCulture) : "–";

    /// <summary>"0.401 to 0.623".</summary>
    public static string Interval(double? low, double? high, IStringLocalizer<Words> L) => low is null ? "–" : L["{0} to {1}", Number(low), Number(high)];

    /// <summary>"1,234".</summary>
    public static string Count(int number) => number.ToString("#,0", CultureInfo.CurrentCulture);

    /// <summary>A p as it is told: "McNemar" says what it is of.</summary>
    public static string Probability(ComparedFigure figure, IStringLocalizer<Words> L) =>
        figure.Test == "mcnemar" ? $"{EvaluationComparison.Probability(figure.P)} (McNemar)" : L["{0} (paired draws)", EvaluationComparison.Probability(figure.P)];

    /// <summary>How a sample came out, as a class of CSS has it.</summary>
    public static string OutcomeClass(EvaluatedSample sample) => $"outcome-{Outcome(sample, EnglishWords.Only).Replace(' ', '-')}";

    /// <summary>How a sample came out, in a word.</summary>
    public static string Outcome(EvaluatedSample sample, IStringLocalizer<Words> L) => sample switch
    {
        { Error: not null } => L["not asked"],
        { IsRight: true } => L["right"],
        { Score: 0 } => L["wrong"],
        { IsRight: false } => L["in part"],
        _ => L["no score"],
    };

    private static string Running(EvaluationSummary one, IStringLocalizer<Words> L)
    {
        string words = Stage(one, L);
        words = one.Samples is null ? words : L["{0}, {1}", words, Done(one, L)];
        return one.SecondsLeft is { } left && one.Stage is EvaluationStage.Asking or EvaluationStage.Waiting ? L["{0}, {1}", words, Left(left, L)] : words;
    }

    private static string Done(EvaluationSummary one, IStringLocalizer<Words> L) =>
        one.Samples is { } all ? L["{0} of {1} done", Count(one.Answered + one.Unanswered), Count(all)] : L["{0} done", Count(one.Answered + one.Unanswered)];

    private static string Stage(EvaluationSummary one, IStringLocalizer<Words> L) => one.Stage switch
    {
        EvaluationStage.Reading => L["Reading the data set"],
        EvaluationStage.Loading => L["Waiting for the model, which is being loaded"],
        EvaluationStage.Waiting => L["Waiting: questions of people go first"],
        EvaluationStage.Measuring => L["Making the report"],
        EvaluationStage.Stopping => L["Stopping"],
        _ => L["Asking {0}", one.CurrentSample ?? ""],
    };
}

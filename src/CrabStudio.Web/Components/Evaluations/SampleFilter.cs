using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Evaluations;

/// <summary>Which outcomes are shown.</summary>
public enum SampleOutcome
{
    /// <summary>All.</summary>
    All,

    /// <summary>Right in every respect.</summary>
    Right,

    /// <summary>Not right in every respect.</summary>
    Wrong,

    /// <summary>Without an answer.</summary>
    NotAsked,
}

/// <summary>The samples of an evaluation that a person wants to see.</summary>
public sealed class SampleFilter
{
    private IReadOnlyList<EvaluatedSample> samples = [];
    private List<EvaluatedSample>? shown;
    private string task = "", text = "";
    private SampleOutcome outcome;
    private bool worstFirst;

    /// <summary>All samples.</summary>
    public IReadOnlyList<EvaluatedSample> Samples
    {
        get => samples;
        set => (samples, shown) = (value, null);
    }

    /// <summary>The tasks that occur.</summary>
    public IReadOnlyList<string> Tasks => [.. samples.Select(one => one.Key).Distinct()];

    /// <summary>Only this task; empty: all.</summary>
    public string Task
    {
        get => task;
        set => (task, shown) = (value, null);
    }

    /// <summary>Only these outcomes.</summary>
    public SampleOutcome Outcome
    {
        get => outcome;
        set => (outcome, shown) = (value, null);
    }

    /// <summary>Only those with this in their id, question, target, answer, media or error, in any case.</summary>
    public string Text
    {
        get => text;
        set => (text, shown) = (value?.Trim() ?? "", null);
    }

    /// <summary>Those with the lowest score first, in place of the order of the lists.</summary>
    public bool WorstFirst
    {
        get => worstFirst;
        set => (worstFirst, shown) = (value, null);
    }

    /// <summary>What is left.</summary>
    public List<EvaluatedSample> Shown => shown ??= Filter();

    private List<EvaluatedSample> Filter()
    {
        IEnumerable<EvaluatedSample> left = samples.Where(one => (task.Length == 0 || one.Key == task) && Came(one) && (text.Length == 0 || Holds(one)));
        return [.. worstFirst ? left.OrderBy(one => one.Score ?? -1) : left];
    }

    private bool Came(EvaluatedSample one) => outcome switch
    {
        SampleOutcome.Right => one.IsRight == true,
        SampleOutcome.Wrong => one.IsRight == false,
        SampleOutcome.NotAsked => one.Error is not null,
        _ => true,
    };

    private bool Holds(EvaluatedSample one) =>
        one.Media.Prepend(one.Id).Append(one.Question).Append(one.Expected).Append(one.Text).Append(one.Error ?? "").Any(part => part.Contains(text, StringComparison.OrdinalIgnoreCase));
}

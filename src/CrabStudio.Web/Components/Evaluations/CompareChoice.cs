using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Evaluations;

/// <summary>The two evaluations that a person wants side by side, in the order in which they were chosen.</summary>
public sealed class CompareChoice
{
    private readonly List<EvaluationSummary> chosen = [];

    /// <summary>Those that are chosen, none to two.</summary>
    public IReadOnlyList<EvaluationSummary> Chosen => chosen;

    /// <summary>Whether an evaluation can be one of two: something of it is answered.</summary>
    public static bool Suits(EvaluationSummary one) => one.State != EvaluationState.Unreadable && one.Answered > 0;

    /// <summary>Whether it is chosen.</summary>
    public bool Has(string id) => chosen.Any(one => one.Id == id);

    /// <summary>Chooses it or not; of three the first gives way.</summary>
    public void Set(EvaluationSummary one, bool taken)
    {
        chosen.RemoveAll(other => other.Id == one.Id);
        if (taken)
        {
            chosen.Add(one);
            if (chosen.Count > 2)
            {
                chosen.RemoveAt(0);
            }
        }
    }

    /// <summary>What is still needed; null when the two can be compared.</summary>
    public string? Wanting(IStringLocalizer<Words> L) => chosen switch
    {
        [] => L["Choose two evaluations of the same data."],
        [var one] => L["{0} is the first. Choose a second one of the same data.", one.Name],
        [var one, var other] when one.Data != other.Data => L["{0} is of {1}, {2} of {3}. Choose two of the same data.", one.Name, one.Data ?? "", other.Name, other.Data ?? ""],
        _ => (string?)null,
    };

    /// <summary>Where the two are compared; null while something is wanting.</summary>
    public string? Address => chosen is [var one, var other] && one.Data == other.Data ? AddressOf(one.Id, other.Id) : null;

    /// <summary>Where two are compared.</summary>
    public static string AddressOf(string first, string second) => $"/evaluation-comparison?first={Uri.EscapeDataString(first)}&second={Uri.EscapeDataString(second)}";
}

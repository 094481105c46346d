using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Comparing;

/// <summary>The runs of a session that a person wants side by side.</summary>
public sealed class RunChoice
{
    private readonly HashSet<Guid> chosen = [];

    /// <summary>How many are chosen.</summary>
    public int Count => chosen.Count;

    /// <summary>Whether it is chosen.</summary>
    public bool Has(Guid id) => chosen.Contains(id);

    /// <summary>Whether it can be chosen: a place is free, or it has one.</summary>
    public bool Open(Guid id) => Has(id) || chosen.Count < AnswerComparisons.Most;

    /// <summary>Chooses it or not.</summary>
    public void Set(Guid id, bool taken)
    {
        if (taken && Open(id))
        {
            chosen.Add(id);
        }
        else
        {
            chosen.Remove(id);
        }
    }

    /// <summary>Where those that are chosen are compared, in the order of the session's answers; null while there are too few.</summary>
    public string? Address(IEnumerable<Answer> answers) => chosen.Count < AnswerComparisons.Fewest ? null : AddressOf(answers.Where(answer => Has(answer.Id)).Select(answer => answer.Id));

    /// <summary>Where runs are compared; the first is the one that others are compared with.</summary>
    public static string AddressOf(IEnumerable<Guid> ids) => $"/compare?answers={string.Join(',', ids)}";
}

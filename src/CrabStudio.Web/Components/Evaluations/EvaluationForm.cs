using System.Globalization;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Evaluations;

/// <summary>A data set that can be evaluated.</summary>
/// <param name="Id">Its folder relative to the workshop.</param>
/// <param name="Name">Its name.</param>
/// <param name="Test">Tasks with a test list.</param>
/// <param name="Train">Tasks with a training list.</param>
public sealed record OfferedData(string Id, string Name, IReadOnlyList<string> Test, IReadOnlyList<string> Train)
{
    /// <summary>The data sets of a workshop.</summary>
    public static IReadOnlyList<OfferedData> Of(Workshop workshop)
    {
        List<OfferedData> offered = [];
        // What kept more from being found is told where data sets are listed.
        foreach (WorkshopItem item in workshop.Find(WorkshopKind.DataSet, EnglishWords.Only).Items)
        {
            try
            {
                (string Key, AvUieSplit Split)[] lists = [.. AvUieFolder.Open(item.Path).Lists()];
                IReadOnlyList<string> Keys(AvUieSplit split) => [.. lists.Where(list => list.Split == split).Select(list => list.Key)];
                offered.Add(new OfferedData(item.Id, item.Id == Workshop.RootId ? item.Name : item.Id, Keys(AvUieSplit.Test), Keys(AvUieSplit.Train)));
            }
            catch (AvUieException)
            {
                // Taken away between two looks.
            }
        }

        return offered;
    }
}

/// <summary>What a person has chosen for a new evaluation.</summary>
/// <param name="offered">The data sets.</param>
/// <param name="today">For the name that is proposed.</param>
public sealed class EvaluationForm(IReadOnlyList<OfferedData> offered, DateTimeOffset today)
{
    /// <summary>Samples of each task that are proposed: enough for a first look.</summary>
    public const int ProposedLimit = 20;

    private readonly HashSet<string> left = [];
    private string? name;
    private string data = offered.FirstOrDefault()?.Id ?? "";

    /// <summary>The data sets.</summary>
    public IReadOnlyList<OfferedData> Offered => offered;

    /// <summary>Id of the chosen data set.</summary>
    public string Data
    {
        get => data;
        set
        {
            data = value;
            left.Clear();
            Settle();
        }
    }

    /// <summary>Which lists.</summary>
    public AvUieSplit Split { get; private set; } = offered is [{ Test.Count: 0 }, ..] ? AvUieSplit.Train : AvUieSplit.Test;

    /// <summary>The name; a proposal until a person gives one.</summary>
    public string Name
    {
        get => name ?? Proposal;
        set => name = value;
    }

    /// <summary>Most samples of a task; null: all.</summary>
    public int? Limit { get; set; } = ProposedLimit;

    /// <summary>The seed.</summary>
    public int Seed { get; set; }

    /// <summary>Longest answer.</summary>
    public int MaxNewTokens { get; set; } = AnswerService.MaxNewTokens;

    /// <summary>What was refused; null before.</summary>
    public TaskInputException? Refused { get; set; }

    /// <summary>Tasks of the chosen lists.</summary>
    public IReadOnlyList<string> Tasks => Chosen is not { } one ? [] : Split == AvUieSplit.Test ? one.Test : one.Train;

    /// <summary>Whether the chosen data set has lists of both kinds.</summary>
    public bool HasBoth => Chosen is { Test.Count: > 0, Train.Count: > 0 };

    private OfferedData? Chosen => offered.FirstOrDefault(one => one.Id == data);

    private string Proposal => string.Create(CultureInfo.InvariantCulture, $"{Chosen?.Name.Split('/')[^1] ?? "evaluation"} {today:yyyy-MM-dd HH.mm}");

    /// <summary>Chooses lists.</summary>
    public void Choose(AvUieSplit split)
    {
        Split = split;
        Settle();
    }

    /// <summary>Whether a task is evaluated.</summary>
    public bool Has(string key) => !left.Contains(key);

    /// <summary>Takes a task in or leaves it out.</summary>
    public void Set(string key, bool taken)
    {
        if (taken)
        {
            left.Remove(key);
        }
        else
        {
            left.Add(key);
        }
    }

    /// <summary>Takes all tasks in, or leaves all out.</summary>
    public void SetAll(bool taken)
    {
        foreach (string key in Tasks)
        {
            Set(key, taken);
        }
    }

    /// <summary>The order. All tasks are named by none.</summary>
    public EvaluationOrder Order() => new(Data, Name, Tasks.All(Has) ? null : [.. Tasks.Where(Has)], Limit, Split, Seed, MaxNewTokens);

    /// <summary>What was refused at a field; null when nothing was.</summary>
    public string? Problem(string field) => Refused is { } refused && refused.Field == field ? refused.Message : null;

    // A data set without lists of one kind is evaluated on the other.
    private void Settle()
    {
        if (Tasks.Count == 0 && Chosen is { } one)
        {
            Split = one.Test.Count > 0 ? AvUieSplit.Test : AvUieSplit.Train;
        }
    }
}

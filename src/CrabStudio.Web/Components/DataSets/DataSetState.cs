using System.Globalization;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Api;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.DataSets;

/// <summary>What a person looks at in a data set: all of it stands in the address.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Split">Which of its lists.</param>
/// <param name="Label">Only entries with this label; empty: all.</param>
/// <param name="Text">Only entries with this text; empty: all.</param>
/// <param name="Page">Page of the entries, from 1.</param>
/// <param name="Entry">The entry that is open; null: none.</param>
/// <param name="Answer">The answer that stands beside its target; null: none.</param>
public sealed record DataSetView(string Key, AvUieSplit Split, string Label = "", string Text = "", int Page = 1, int? Entry = null, Guid? Answer = null)
{
    /// <summary>From an address, which may say anything: what the data set does not have becomes its first list.</summary>
    public static DataSetView Of(DataSet set, string? key, string? split, string? label, string? text, int? page, int? entry, Guid? answer)
    {
        (string Key, AvUieSplit Split)[] ofKey = [.. set.Lists.Where(list => list.Key == key)];
        (string Key, AvUieSplit Split) list = ofKey.Length == 0 ? set.Lists[0] : ofKey.FirstOrDefault(one => WorkshopEndpoints.Word(one.Split) == split, ofKey[0]);
        return new DataSetView(list.Key, list.Split, label?.Trim() ?? "", text?.Trim() ?? "", Math.Max(1, page ?? 1), entry, answer);
    }

    /// <summary>Its address.</summary>
    public string Address(DataSet set)
    {
        List<string> parts = [$"key={Key}", $"split={WorkshopEndpoints.Word(Split)}"];
        Add("label", Label);
        Add("q", Text);
        Add("page", Page > 1 ? Page.ToString(CultureInfo.InvariantCulture) : "");
        Add("entry", Entry?.ToString(CultureInfo.InvariantCulture) ?? "");
        Add("answer", Answer?.ToString() ?? "");
        return $"/data-sets/{set.Item.Address}?{string.Join('&', parts)}";

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }
    }
}

/// <summary>What one list was found to hold.</summary>
/// <param name="Entries">Number of entries.</param>
/// <param name="Unreadable">Entries that make no sample.</param>
/// <param name="Problem">Why it ends early or cannot be opened; null when it is whole.</param>
public sealed record DataSetCount(int Entries, int Unreadable, string? Problem);

/// <summary>What the page of a data set knows. Fed by the page, drawn by components; knows neither services nor a browser.</summary>
public sealed class DataSetState(DataSet set)
{
    /// <summary>Entries of a page.</summary>
    public const int PageSize = 20;

    private readonly Dictionary<(string, AvUieSplit), DataSetCount> counts = [];

    /// <summary>The data set.</summary>
    public DataSet Set { get; } = set;

    /// <summary>What is looked at; null before the first list was read.</summary>
    public DataSetView? View { get; private set; }

    /// <summary>The list that is looked at.</summary>
    public DataSetIndex? Index { get; private set; }

    /// <summary>Places of the entries that suit the filter; null: all.</summary>
    public IReadOnlyList<int>? Found { get; private set; }

    /// <summary>The entries of the page.</summary>
    public IReadOnlyList<DataSetEntry> Rows { get; private set; } = [];

    /// <summary>How many entries suit the filter.</summary>
    public int FoundCount => Found?.Count ?? Index?.Count ?? 0;

    /// <summary>How many pages there are, at least one.</summary>
    public int Pages => Math.Max(1, (FoundCount + PageSize - 1) / PageSize);

    /// <summary>"1–20 of 222,000 entries".</summary>
    public string Range(IStringLocalizer<Words> L)
    {
        if (FoundCount == 0)
        {
            return L["no entry"];
        }

        (int from, int to) = (((View!.Page - 1) * PageSize) + 1, Math.Min(FoundCount, View.Page * PageSize));
        return FoundCount == 1 ? L["{0:N0}–{1:N0} of {2:N0} entry", from, to, FoundCount] : L["{0:N0}–{1:N0} of {2:N0} entries", from, to, FoundCount];
    }

    /// <summary>Lists whose entries are not counted yet.</summary>
    public int Uncounted => Set.Lists.Count - counts.Count;

    /// <summary>One plain line for each thing that is wrong with a list.</summary>
    public IEnumerable<string> Problems => Set.Lists.Select(list => counts.GetValueOrDefault(list)?.Problem).OfType<string>();

    /// <summary>Whether what was found still holds for another view of the same list.</summary>
    public bool Suits(DataSetView view, DataSetIndex index) => ReferenceEquals(Index, index) && View is { } now && (now.Label, now.Text) == (view.Label, view.Text);

    /// <summary>Shows a page of a list. A page beyond the last becomes the last.</summary>
    public void Show(DataSetView view, DataSetIndex index, IReadOnlyList<int>? found)
    {
        (Index, Found) = (index, found);
        View = view with { Page = Math.Clamp(view.Page, 1, Pages) };
        int from = (View.Page - 1) * PageSize;
        Rows = [.. Enumerable.Range(from, Math.Max(0, Math.Min(PageSize, FoundCount - from))).Select(at => index.At(found?[at] ?? at)).Select(Checked)];
    }

    /// <summary>Takes in what a list holds.</summary>
    public void Counted(string key, AvUieSplit split, DataSetCount count) => counts[(key, split)] = count;

    /// <summary>What a list holds; null while it is not known or where there is none.</summary>
    public DataSetCount? CountOf(string key, AvUieSplit split) => counts.GetValueOrDefault((key, split));

    /// <summary>The families with a list, each with its keys, in the order of the catalog.</summary>
    public IEnumerable<(TaskFamily Family, IReadOnlyList<TaskDefinition> Keys)> Families =>
        TaskCatalog.All.Where(task => Set.Lists.Any(list => list.Key == task.Key)).GroupBy(task => task.Family).Select(family => (family.Key, (IReadOnlyList<TaskDefinition>)[.. family]));

    /// <summary>Entries of a family's lists that were counted.</summary>
    public int EntriesOf(IEnumerable<TaskDefinition> keys, AvUieSplit split) => keys.Sum(task => CountOf(task.Key, split)?.Entries ?? 0);

    /// <summary>The entry before (−1) or after (1) the one that is open, within what was found; null at either end.</summary>
    public DataSetView? Neighbour(int step)
    {
        if (View is not { Entry: { } entry })
        {
            return null;
        }

        int place = Found is null ? entry : Found.ToList().BinarySearch(entry);
        int next = (place < 0 ? (step > 0 ? ~place - 1 : ~place) : place) + step;
        return next < 0 || next >= FoundCount ? null : View with { Entry = Found?[next] ?? next, Page = (next / PageSize) + 1, Answer = null };
    }

    // A file that is missing is told in the list already; nothing is decoded for it.
    private DataSetEntry Checked(DataSetEntry entry) => entry.Sample is { } sample && DataSetLibrary.MediaOf(Set, sample).FirstOrDefault(media => media.Problem is not null) is { } missing
        ? entry with { Problem = missing.Problem }
        : entry;
}

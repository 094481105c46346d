using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Web.Services;

/// <summary>One entry of a list: its sample, or why it makes none.</summary>
/// <param name="Index">Its place in the list, from 0.</param>
/// <param name="Entry">As it stands in the file; null when not even that can be read.</param>
/// <param name="Sample">What the authors' loader makes of it; null when it makes nothing.</param>
/// <param name="Problem">One plain line; null when there is a sample.</param>
public sealed record DataSetEntry(int Index, AvUieEntry? Entry, AvUieSample? Sample, string? Problem);

/// <summary>
/// One list of a data set to be browsed: where its entries lie and which labels they carry, in some twenty bytes an entry;
/// the entries stay in the file. Does not change; may be used by several threads.
/// </summary>
public sealed class DataSetIndex
{
    private const int TellEvery = 2000;

    private readonly AvUieList list;
    private readonly Dictionary<string, List<int>> labels = new(StringComparer.OrdinalIgnoreCase);

    private DataSetIndex(AvUieList list, string key, AvUieSplit split)
    {
        (this.list, Key, Split) = (list, key, split);
        for (int index = 0; index < list.Count; index++)
        {
            DataSetEntry entry = At(index);
            Unreadable += entry.Sample is null ? 1 : 0;
            foreach (string label in LabelsOf(entry.Sample))
            {
                if (!labels.TryGetValue(label, out List<int>? places))
                {
                    labels[label] = places = [];
                }

                places.Add(index);
            }
        }

        Labels = [.. labels.Select(label => KeyValuePair.Create(label.Key, label.Value.Count)).OrderByDescending(label => label.Value).ThenBy(label => label.Key, StringComparer.Ordinal)];
    }

    /// <summary>The task key.</summary>
    public string Key { get; }

    /// <summary>Which list.</summary>
    public AvUieSplit Split { get; }

    /// <summary>Number of entries.</summary>
    public int Count => list.Count;

    /// <summary>Entries that make no sample.</summary>
    public int Unreadable { get; }

    /// <summary>Why the list ends before its file does; null when it does not.</summary>
    public string? Problem => list.Problem;

    /// <summary>Labels with the number of entries that carry them, most frequent first. Upper and lower case are one.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Labels { get; }

    /// <summary>Reads a list once.</summary>
    /// <exception cref="AvUieException">It is not there or cannot be opened.</exception>
    public static DataSetIndex Read(AvUieFolder folder, string key, AvUieSplit split) => new(folder.OpenAt(key, split, asFarAsReadable: true), key, split);

    /// <summary>What an entry is about: its events, its class, its answer or its object; nothing of captions.</summary>
    public static IEnumerable<string> LabelsOf(AvUieSample? sample) => sample is null ? []
        : sample.Reference.Events.Count > 0 ? sample.Reference.Events.Select(one => one.Label).Distinct(StringComparer.OrdinalIgnoreCase)
        : sample.Reference.Label is { Length: > 0 } label ? [label] : [];

    /// <summary>An entry, read from the file.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> − 1.</param>
    public DataSetEntry At(int index)
    {
        AvUieEntry? entry = null;
        try
        {
            entry = list.EntryAt(index);
            return new DataSetEntry(index, entry, AvUieLoader.Load(entry), null);
        }
        catch (AvUieException fault)
        {
            return new DataSetEntry(index, entry, null, fault.Message);
        }
    }

    /// <summary>The entries with a label and a text, in order; null when neither is asked for, which means all.</summary>
    /// <param name="label">The whole label, in any case; empty: any.</param>
    /// <param name="text">Part of the question, the target text, a label or a file's name, in any case; empty: any.</param>
    /// <param name="progress">Told now and then how many entries were looked at, and of how many.</param>
    /// <param name="cancellation">Stops.</param>
    public IReadOnlyList<int>? Search(string label, string text, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        IReadOnlyList<int>? some = label.Length == 0 ? null : labels.TryGetValue(label, out List<int>? places) ? places : [];
        if (text.Length == 0)
        {
            return some;
        }

        List<int> found = [];
        int all = some?.Count ?? Count;
        for (int i = 0; i < all; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (i % TellEvery == 0)
            {
                progress?.Invoke(i, all);
            }

            int index = some?[i] ?? i;
            if (Says(At(index), text))
            {
                found.Add(index);
            }
        }

        return found;
    }

    private static bool Says(DataSetEntry entry, string text)
    {
        if (entry.Sample is not { } sample)
        {
            return entry.Problem?.Contains(text, StringComparison.OrdinalIgnoreCase) == true;
        }

        IEnumerable<string?> words =
        [
            sample.Target, sample.Expected, (sample.Prompt.Content[^1] as TextItem)?.Text, sample.Reference.MediaId,
            .. LabelsOf(sample), .. AvUieFields.Media(sample.Key, sample.Entry.Split).Select(sample.Entry.Text),
        ];
        return words.Any(one => one?.Contains(text, StringComparison.OrdinalIgnoreCase) == true);
    }
}

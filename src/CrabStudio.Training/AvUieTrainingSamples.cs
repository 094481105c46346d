using System.Collections;
using System.Globalization;
using System.Text.Json;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Training;

/// <summary>The training lists of a data set as one list of samples, the keys one after the other; an entry is read when it is asked for.</summary>
public sealed class AvUieTrainingSamples : IReadOnlyList<TrainingSample>, IDisposable
{
    private readonly List<(string Key, AvUieList List, int First)> lists = [];

    /// <summary>Opens the lists.</summary>
    /// <param name="folder">The data set.</param>
    /// <param name="keys">Which tasks; null: all that have a training list.</param>
    /// <exception cref="AvUieException">A list is not there or broken.</exception>
    /// <exception cref="TrainingException">There is no training list.</exception>
    public AvUieTrainingSamples(AvUieFolder folder, IReadOnlyList<string>? keys = null)
    {
        try
        {
            foreach (string key in keys ?? [.. folder.Lists().Where(list => list.Split == AvUieSplit.Train).Select(list => list.Key)])
            {
                AvUieList list = folder.OpenAt(key, AvUieSplit.Train);
                lists.Add((key, list, Count));
                Count += list.Count;
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        if (Count == 0)
        {
            throw new TrainingException($"{folder.Root}: found no training sample; expected KEY/train.json with entries.");
        }
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public TrainingSample this[int index]
    {
        get
        {
            (string key, AvUieList list, int first) = lists.Last(list => list.First <= index);
            AvUieSample sample = list[index - first];
            return new TrainingSample(
                sample.Id, sample.Prompt, sample.Target ?? throw new AvUieException(AvUieFolder.FileName(key, AvUieSplit.Train), sample.Index, AvUieFields.Target(key), "is missing; expected the text to be learnt"));
        }
    }

    /// <summary>Reads an order: a JSON list of batches, each a list of <c>"key:index"</c> with the index in that key's training list.</summary>
    /// <returns>Batches of indices into this list.</returns>
    /// <exception cref="TrainingException">It is no such file, or names a sample that is not there.</exception>
    public IReadOnlyList<IReadOnlyList<int>> ReadOrder(string file)
    {
        string[][] batches;
        try
        {
            batches = JsonSerializer.Deserialize<string[][]>(File.ReadAllBytes(file)) ?? [];
        }
        catch (JsonException exception)
        {
            throw new TrainingException($"--order {file}: found something else than a list of batches, each a list of \"key:index\" (line {exception.LineNumber + 1}).", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"--order {file} could not be read: {exception.Message}", exception);
        }

        return batches.Length > 0 && batches.All(batch => batch is { Length: > 0 })
            ? [.. batches.Select(batch => batch.Select(name => IndexOf(name, file)).ToArray())]
            : throw new TrainingException($"--order {file}: found no batch, or an empty one; expected [[\"ave:0\", \"ave:1\"], …].");
    }

    /// <inheritdoc/>
    public IEnumerator<TrainingSample> GetEnumerator() => Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public void Dispose() => lists.ForEach(list => list.List.Dispose());

    private int IndexOf(string? name, string file)
    {
        string[] parts = (name ?? "").Split(':');
        return parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && lists.FirstOrDefault(list => list.Key == parts[0]) is { List: { } list } found && index < list.Count
            ? found.First + index
            : throw new TrainingException($"--order {file}: found “{name}”; expected key:index of a sample of {string.Join(", ", lists.Select(list => $"{list.Key} ({list.List.Count})"))}.");
    }
}

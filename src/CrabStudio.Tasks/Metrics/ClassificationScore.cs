namespace CrabStudio.Tasks.Metrics;

/// <summary>Figures of a single-choice task, as shares of 1.</summary>
/// <param name="Accuracy">Right rows of all rows; the same as WAR.</param>
/// <param name="Uar">Mean recall over the labels that occur in the truth.</param>
/// <param name="UarAllLabels">Mean recall over the whole list, absent labels as 0.</param>
/// <param name="WeightedF1">F1 weighted by support.</param>
/// <param name="MacroF1Present">Mean F1 over the labels that occur in the truth.</param>
/// <param name="MacroF1AllLabels">Mean F1 over the whole list.</param>
/// <param name="Labels">The list: as given, then labels of the truth that it lacks.</param>
/// <param name="Recall">One a label; null without support.</param>
/// <param name="F1">One a label; 0 without support.</param>
/// <param name="Confusion">Rows are truth; the last column is everything outside the list, and no answer.</param>
public sealed record ClassificationReport(
    double Accuracy,
    double Uar,
    double UarAllLabels,
    double WeightedF1,
    double MacroF1Present,
    double MacroF1AllLabels,
    IReadOnlyList<string> Labels,
    IReadOnlyList<double?> Recall,
    IReadOnlyList<double> F1,
    IReadOnlyList<IReadOnlyList<int>> Confusion);

/// <summary>
/// Accuracy, UAR, F1 and confusion of single-choice tasks (a2v, v2a, ks, ucf, meld, mer24, cremad, mafw, dfew, avqa_thu).
/// Source: scikit-learn 1.9.1, run; the authors publish no scorer for these keys.
/// </summary>
public static class ClassificationScore
{
    /// <summary>Scores rows. Comparison is exact; a prediction outside the list or null is a miss for the truth and a false positive for none.</summary>
    /// <param name="truth">One label a row.</param>
    /// <param name="predicted">One a row, null for no answer.</param>
    /// <param name="labels">The list, or null for the labels of the truth in alphabetical order.</param>
    /// <returns>Null without rows: there is no value then, and never 0 or 1.</returns>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public static ClassificationReport? Score(IReadOnlyList<string> truth, IReadOnlyList<string?> predicted, IReadOnlyList<string>? labels)
    {
        if (truth.Count != predicted.Count)
        {
            throw new ArgumentException($"There are {truth.Count} true labels and {predicted.Count} predictions.", nameof(predicted));
        }

        if (truth.Count == 0)
        {
            return null;
        }

        // The known lists are defaults and no limits: what the truth has besides is a label too.
        string[] list = [.. (labels ?? []).Concat(truth.Distinct().Order(StringComparer.Ordinal)).Distinct()];
        Dictionary<string, int> places = list.Select((label, place) => (label, place)).ToDictionary(one => one.label, one => one.place);
        int[][] confusion = [.. list.Select(_ => new int[list.Length + 1])];
        for (int row = 0; row < truth.Count; row++)
        {
            confusion[places[truth[row]]][predicted[row] is { } answer && places.TryGetValue(answer, out int place) ? place : list.Length]++;
        }

        int[] support = [.. confusion.Select(row => row.Sum())], said = [.. list.Select((_, label) => confusion.Sum(row => row[label]))];
        double?[] recall = [.. list.Select((_, label) => support[label] == 0 ? (double?)null : (double)confusion[label][label] / support[label])];
        double[] f1 = [.. list.Select((_, label) => support[label] == 0 ? 0 : 2.0 * confusion[label][label] / (support[label] + said[label]))];
        double[] present = [.. f1.Where((_, label) => support[label] > 0)];
        return new ClassificationReport(
            (double)list.Select((_, label) => confusion[label][label]).Sum() / truth.Count,
            recall.Where(one => one is not null).Average(one => one!.Value),
            recall.Sum(one => one ?? 0) / list.Length,
            f1.Zip(support, (one, weight) => one * weight).Sum() / truth.Count,
            present.Average(),
            f1.Average(),
            list,
            recall,
            f1,
            confusion);
    }

    /// <summary>
    /// The answer of a text (by convention): rule <c>answer</c> in lower case; for a2v and v2a also "one" and "two" are read, and
    /// anything but one of the two is no answer. For other keys any text is an answer, if perhaps a wrong one.
    /// </summary>
    /// <param name="taskKey">The task.</param>
    /// <param name="text">The model's text.</param>
    /// <returns>Null when there is none.</returns>
    public static string? ReadAnswer(string taskKey, string text) =>
        TagRules.ReadAnswer(text) is { } answer ? Which(taskKey, PythonText.Lower(answer)) : null;

    /// <summary>The truth of a row: read as an answer, or, where the annotation holds the bare label, that label.</summary>
    /// <param name="taskKey">The task.</param>
    /// <param name="output">The target text.</param>
    public static string ReadTruth(string taskKey, string output)
    {
        string bare = PythonText.Lower(PythonText.Trim(PythonText.BeforeEndMark(output)));
        return ReadAnswer(taskKey, output) ?? Which(taskKey, bare) ?? bare;
    }

    private static string? Which(string taskKey, string answer) => taskKey is not ("a2v" or "v2a") ? answer : answer switch
    {
        "1" or "one" => "1",
        "2" or "two" => "2",
        _ => null,
    };
}

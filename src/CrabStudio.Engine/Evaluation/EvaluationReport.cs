using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Engine.Evaluation;

/// <summary>What was evaluated.</summary>
/// <param name="Model">The model.</param>
/// <param name="Data">Name of the data set's folder.</param>
/// <param name="DataDigest">SHA-256 of its lists.</param>
/// <param name="Split">Which lists.</param>
/// <param name="Limit">Most samples of a task.</param>
/// <param name="Seed">The seed.</param>
/// <param name="MaxNewTokens">Longest answer.</param>
public sealed record EvaluationFacts(EvaluatedModel Model, string Data, string DataDigest, AvUieSplit Split, int? Limit, int Seed, int MaxNewTokens);

/// <summary>The model of an evaluation.</summary>
/// <param name="Name">Folder name of the base.</param>
/// <param name="Adapter">File name of the adapter, or null.</param>
/// <param name="Untrained">True when the folder says that its weights are random.</param>
/// <param name="Parameters">Parameters of the base.</param>
/// <param name="AdapterParameters">Parameters of the adapter.</param>
/// <param name="Precision">fp32 or bf16.</param>
/// <param name="Device">cpu or cuda.</param>
public sealed record EvaluatedModel(string Name, string? Adapter, bool Untrained, long Parameters, long AdapterParameters, string Precision, string Device);

/// <summary>True labels against answers.</summary>
/// <param name="Labels">True labels, the most frequent first; where there are too many, the last stands for the rest.</param>
/// <param name="Answers">Labels of answers: the same, then <c>another answer</c> and <c>nothing readable</c>.</param>
/// <param name="Counts">A row a true label.</param>
public sealed record ConfusionMatrix(IReadOnlyList<string> Labels, IReadOnlyList<string> Answers, IReadOnlyList<IReadOnlyList<int>> Counts);

/// <summary>A sample whose answer is not right.</summary>
/// <param name="Id"><c>key:index</c>.</param>
/// <param name="Media">The media.</param>
/// <param name="Question">The question.</param>
/// <param name="Expected">The answer of the annotation.</param>
/// <param name="Text">The model's text.</param>
/// <param name="Score">The part that says most, from 0 to 1.</param>
public sealed record FailedSample(string Id, IReadOnlyList<string> Media, string Question, string Expected, string Text, double Score);

/// <summary>A task's part of a report.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Dataset">The data set's name.</param>
/// <param name="Family">The family.</param>
/// <param name="Answered">Samples that were answered: the figures are of these.</param>
/// <param name="Unanswered">Samples that could not be asked.</param>
/// <param name="CutShort">Answers that ended at the limit on tokens.</param>
/// <param name="MeanTokens">Mean length of an answer in tokens.</param>
/// <param name="Seconds">Time of all answers.</param>
/// <param name="ChanceMeaning">What the random answers are.</param>
/// <param name="ConstantMeaning">What the constant answer is.</param>
/// <param name="Figures">The figures; those without any sample are left out.</param>
/// <param name="Confusion">True labels against answers, where the task has labels.</param>
/// <param name="Failures">Examples of answers that are not right, the worst first.</param>
public sealed record TaskReport(
    string Key,
    string Dataset,
    TaskFamily Family,
    int Answered,
    int Unanswered,
    int CutShort,
    double? MeanTokens,
    double Seconds,
    string ChanceMeaning,
    string ConstantMeaning,
    IReadOnlyList<Figure> Figures,
    ConfusionMatrix? Confusion,
    IReadOnlyList<FailedSample> Failures);

/// <summary>An evaluation as a whole.</summary>
/// <param name="Facts">What was evaluated.</param>
/// <param name="Samples">Samples that were chosen.</param>
/// <param name="Answered">Samples that were answered.</param>
/// <param name="Tasks">Task by task.</param>
/// <param name="Unanswered">Samples that could not be asked, with the reason: the first of them.</param>
/// <param name="Remarks">What a reader of the figures should know.</param>
public sealed record EvaluationReport(EvaluationFacts Facts, int Samples, int Answered, IReadOnlyList<TaskReport> Tasks, IReadOnlyList<UnansweredSample> Unanswered, IReadOnlyList<string> Remarks)
{
    /// <summary>Labels of a confusion matrix.</summary>
    private const int MostLabels = 30;

    private const int MostFailures = 8, MostUnanswered = 100;

    /// <summary>Makes the report of lines.</summary>
    /// <param name="facts">What was evaluated.</param>
    /// <param name="data">The data, for the baselines' scorers.</param>
    /// <param name="lines">One line a sample.</param>
    public static EvaluationReport Of(EvaluationFacts facts, EvaluationData data, IReadOnlyList<EvaluationLine> lines) => Of(facts, data.Scorer, lines);

    /// <summary>The same without the data.</summary>
    /// <param name="facts">What was evaluated.</param>
    /// <param name="scorer">How a task's answers are scored.</param>
    /// <param name="lines">One line a sample.</param>
    internal static EvaluationReport Of(EvaluationFacts facts, Func<string, TaskScorer> scorer, IReadOnlyList<EvaluationLine> lines)
    {
        TaskReport[] tasks = [.. lines.GroupBy(line => line.Key).Select(task => Task(task.Key, [.. task], scorer(task.Key), facts.Seed))];
        List<string> remarks = [];
        if (facts.Model.Untrained)
        {
            remarks.Add("The weights are untrained: the answers are noise, and the figures say only how the measuring works.");
        }

        int failed = lines.Count(line => !line.IsAnswered);
        if (failed > 0)
        {
            remarks.Add($"{failed} of {lines.Count} samples could not be asked and are in no figure. The same command asks them again.");
        }

        if (tasks.Any(task => task.Key is "s4" or "ms3" or "ref_avs"))
        {
            remarks.Add("J and F of masks need a segmenter, which is no part of this program; for s4, ms3 and ref_avs the box and the points that would prompt it are measured.");
        }

        if (tasks.Any(task => task.Key == "avcap"))
        {
            remarks.Add("METEOR needs tables of its own and is not computed.");
        }

        return new EvaluationReport(facts, lines.Count, lines.Count - failed, tasks, [.. lines.Where(line => !line.IsAnswered).Take(MostUnanswered).Select(line => new UnansweredSample(line.Id, line.Error!))], remarks);
    }

    /// <summary>The report as one JSON object on one line.</summary>
    public string Json() => System.Text.Json.JsonSerializer.Serialize(this, EvaluationJson.Line);

    private static TaskReport Task(string key, EvaluationLine[] lines, TaskScorer scorer, int seed)
    {
        EvaluationLine[] answered = [.. lines.Where(line => line.IsAnswered)];
        ScoredAnswer[] rows = [.. answered.Select(line => new ScoredAnswer(line))];
        TaskDefinition task = TaskCatalog.Find(key)!;
        Baselines baselines = new(scorer, key, rows, seed);
        return new TaskReport(
            key,
            task.Dataset,
            task.Family,
            answered.Length,
            lines.Length - answered.Length,
            answered.Count(line => !line.StoppedByEos),
            answered.Length == 0 ? null : answered.Average(line => line.TokenIds.Count),
            answered.Sum(line => line.Seconds),
            baselines.ChanceMeaning,
            baselines.ConstantMeaning,
            rows.Length == 0 ? [] : Figures(key, rows, baselines, seed),
            Confusion(key, rows),
            Failures(key, answered, seed));
    }

    private static Figure[] Figures(string key, ScoredAnswer[] rows, Baselines baselines, int seed)
    {
        IReadOnlyList<int[]> draws = Resampling.Draws(rows.Length, FigureDefinition.ManyDraws, seed, key);
        IReadOnlyList<IReadOnlyList<ScoredAnswer>> chance = baselines.Chance();
        IReadOnlyList<ScoredAnswer> constant = baselines.Constant();
        List<Figure> figures = [];
        foreach (FigureDefinition one in TaskFigures.Of(key, rows))
        {
            FigureDefinition.Sampled over = one.Over(rows);
            if (over.Value is not { } value)
            {
                continue;
            }

            (double Low, double High)? interval = Resampling.Interval(draws.Take(one.Draws).Select(over.Draw));
            double[] random = [.. chance.Select(answers => one.Over(answers).Value).OfType<double>()];
            figures.Add(new Figure(one.Name, one.Meaning, one.IsPrimary, over.Count, value, interval?.Low, interval?.High, one.Draws, random.Length == 0 ? null : random.Average(), one.Over(constant).Value));
        }

        return [.. figures];
    }

    private static ConfusionMatrix? Confusion(string key, ScoredAnswer[] rows)
    {
        bool sounding = key is "arig" or "s4" or "ms3";
        (string Truth, string? Answer)[] pairs =
        [
            .. rows.Where(row => row.Truth.Label is not null).Select(row => (sounding ? string.Join(" and ", Truths.Objects(row.Truth.Label).Order(StringComparer.Ordinal)) : PythonText.Lower(row.Truth.Label!), row.Answer)),
        ];
        if (pairs.Length == 0)
        {
            return null;
        }

        string[] all = [.. pairs.GroupBy(pair => pair.Truth).OrderByDescending(label => label.Count()).ThenBy(label => label.Key, StringComparer.Ordinal).Select(label => label.Key)];
        string[] shown = [.. all.Take(MostLabels)], labels = all.Length > shown.Length ? [.. shown, $"{all.Length - shown.Length} others"] : shown;
        string[] answers = [.. shown, "another answer", "nothing readable"];
        int[][] counts = [.. labels.Select(_ => new int[answers.Length])];
        Dictionary<string, int> places = shown.Select((label, place) => (label, place)).ToDictionary(one => one.label, one => one.place);
        foreach ((string truth, string? answer) in pairs)
        {
            counts[places.GetValueOrDefault(truth, labels.Length - 1)][answer is null ? answers.Length - 1 : places.GetValueOrDefault(answer, answers.Length - 2)]++;
        }

        return new ConfusionMatrix(labels, answers, counts);
    }

    private static FailedSample[] Failures(string key, EvaluationLine[] answered, int seed)
    {
        string part = TaskScorer.Primary(key);
        EvaluationLine[] wrong = [.. answered.Where(line => line.Scores.TryGetValue(part, out double score) && score < 1)];
        // Of equally bad ones a few from all over the list, and always the same.
        int[] drawn = SeededNumbers.Of(seed, $"failures {key}").Choose(Math.Min(wrong.Length, 16 * MostFailures), wrong.Length);
        SeededNumbers numbers = SeededNumbers.Of(seed, $"order {key}");
        return
        [
            .. drawn.Select(place => (Line: wrong[place], Order: numbers.Below(int.MaxValue))).OrderBy(one => one.Line.Scores[part]).ThenBy(one => one.Order).Take(MostFailures)
                .Select(one => new FailedSample(one.Line.Id, one.Line.Media, one.Line.Question, one.Line.Expected, one.Line.Text, one.Line.Scores[part])),
        ];
    }
}

/// <summary>A sample that could not be asked.</summary>
/// <param name="Id"><c>key:index</c>.</param>
/// <param name="Error">Why; one line.</param>
public sealed record UnansweredSample(string Id, string Error);

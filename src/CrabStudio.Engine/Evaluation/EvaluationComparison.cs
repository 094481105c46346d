using System.Globalization;
using System.Text;
using System.Text.Json;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Engine.Evaluation;

/// <summary>A figure of two runs on the same samples.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">What was counted, in words.</param>
/// <param name="IsPrimary">Whether it is the one that stands for the task.</param>
/// <param name="Samples">Samples that it is of in both runs.</param>
/// <param name="First">Of the first run.</param>
/// <param name="Second">Of the second run.</param>
/// <param name="Difference">Second less first.</param>
/// <param name="Low">Lower end of the difference's 95% interval.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Resamples">Draws of which the interval was made.</param>
/// <param name="Test"><c>mcnemar</c> (exact) where every sample is right or wrong, else <c>bootstrap</c> (paired).</param>
/// <param name="P">How likely so large a difference is between runs that do not differ, two-sided. Not corrected for the number of figures.</param>
/// <param name="OnlyFirst">With McNemar: samples of which only the first run is right.</param>
/// <param name="OnlySecond">With McNemar: samples of which only the second is.</param>
public sealed record ComparedFigure(
    string Name, string Meaning, bool IsPrimary, int Samples, double First, double Second, double Difference, double? Low, double? High, int Resamples, string Test, double P, int? OnlyFirst, int? OnlySecond);

/// <summary>A task's part of a comparison.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Family">The family.</param>
/// <param name="Samples">Samples that both runs answered.</param>
/// <param name="Figures">The figures.</param>
public sealed record ComparedTask(string Key, TaskFamily Family, int Samples, IReadOnlyList<ComparedFigure> Figures);

/// <summary>Two evaluations, sample by sample.</summary>
/// <param name="First">Folder name of the first run.</param>
/// <param name="FirstModel">Its model.</param>
/// <param name="Second">Folder name of the second run.</param>
/// <param name="SecondModel">Its model.</param>
/// <param name="Seed">For the intervals.</param>
/// <param name="Samples">Samples that both runs answered: the figures are of these.</param>
/// <param name="OnlyInFirst">Samples that only the first run answered.</param>
/// <param name="OnlyInSecond">Samples that only the second answered.</param>
/// <param name="Tasks">Task by task.</param>
/// <param name="Remarks">What a reader of the figures should know.</param>
public sealed record EvaluationComparison(
    string First, EvaluatedModel? FirstModel, string Second, EvaluatedModel? SecondModel, int Seed, int Samples, int OnlyInFirst, int OnlyInSecond, IReadOnlyList<ComparedTask> Tasks, IReadOnlyList<string> Remarks)
{
    /// <summary>Names of the files of a comparison.</summary>
    public const string ReportName = "compare.json", PageName = "compare.html";

    /// <summary>Compares two runs.</summary>
    /// <param name="first">Folder of the first.</param>
    /// <param name="second">Folder of the second.</param>
    /// <param name="seed">For the intervals.</param>
    /// <exception cref="EvaluationException">A folder holds no evaluation, or they have no sample in common.</exception>
    public static EvaluationComparison Of(string first, string second, int seed)
    {
        (EvaluationRecord firstRecord, Dictionary<string, EvaluationLine> one) = Read(first);
        (EvaluationRecord secondRecord, Dictionary<string, EvaluationLine> other) = Read(second);
        string[] shared = [.. one.Keys.Where(other.ContainsKey)];
        if (shared.Length == 0)
        {
            throw new EvaluationException($"{first} (tasks {KeysOf(one)}) and {second} (tasks {KeysOf(other)}) have no answered sample in common; compare runs of the same tasks on the same data");
        }

        string? strange = shared.FirstOrDefault(id => one[id].Expected != other[id].Expected || one[id].Question != other[id].Question || !one[id].Media.SequenceEqual(other[id].Media));
        if (strange is not null)
        {
            throw new EvaluationException($"the sample {strange} is another one in {second} than in {first}; compare runs on the same data");
        }

        List<string> remarks = ["The values of p are not corrected for the number of figures: of twenty figures without any difference one lies below 0.05."];
        if (firstRecord.Model is { Untrained: true } || secondRecord.Model is { Untrained: true })
        {
            remarks.Add("The weights of a run are untrained: its answers are noise.");
        }

        ComparedTask[] tasks =
        [
            .. shared.GroupBy(id => one[id].Key).OrderBy(task => TaskCatalog.All.TakeWhile(known => known.Key != task.Key).Count())
                .Select(task => Task(task.Key, [.. task.Select(id => new ScoredAnswer(one[id]))], [.. task.Select(id => new ScoredAnswer(other[id]))], seed)),
        ];
        int onlyFirst = one.Count - shared.Length, onlySecond = other.Count - shared.Length;
        if (onlyFirst + onlySecond > 0)
        {
            remarks.Add($"{onlyFirst} samples were answered only by the first run and {onlySecond} only by the second; they are in no figure.");
        }

        return new EvaluationComparison(Name(first), firstRecord.Model, Name(second), secondRecord.Model, seed, shared.Length, onlyFirst, onlySecond, tasks, remarks);
    }

    /// <summary>Writes <c>compare.json</c> and <c>compare.html</c>.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        DurableFile.Write(Path.Combine(folder, ReportName), stream => JsonSerializer.Serialize(stream, this, EvaluationJson.Page));
        DurableFile.Write(Path.Combine(folder, PageName), stream => stream.Write(Encoding.UTF8.GetBytes(Html())));
    }

    /// <summary>The comparison as one JSON object on one line.</summary>
    public string Json() => JsonSerializer.Serialize(this, EvaluationJson.Line);

    /// <summary>The comparison as a page that needs nothing beside it.</summary>
    public string Html()
    {
        HtmlPage page = new($"{First} and {Second}");
        page.Line(string.Create(CultureInfo.InvariantCulture, $"First: {First}{Said(FirstModel)}. Second: {Second}{Said(SecondModel)}. {Samples} samples that both answered. A difference is the second less the first; its 95% interval comes from draws of samples with repetition, the same for both runs, seed {Seed}. Where every sample is right or wrong, p is McNemar's exact one, else that of the paired draws."));
        foreach (string remark in Remarks)
        {
            page.Remark(remark);
        }

        foreach (ComparedTask task in Tasks)
        {
            page.Heading(task.Key, task.Key).Line($"{AvUieReport.Name(task.Family)}; {task.Samples} samples.");
            page.Table($"Figures of {task.Key}", ["figure", "n", "first", "second", "difference", "95% interval", "only first, only second right", "p"], task.Figures.Select(figure => (figure.IsPrimary, (IEnumerable<string>)
            [
                HtmlPage.Named(figure.Name, figure.Meaning), figure.Samples.ToString(CultureInfo.InvariantCulture), HtmlPage.Number(figure.First), HtmlPage.Number(figure.Second), Signed(figure.Difference),
                HtmlPage.Interval(figure.Low, figure.High), figure.OnlyFirst is null ? "–" : $"{figure.OnlyFirst}, {figure.OnlySecond}", $"{Probability(figure.P)} ({(figure.Test == "mcnemar" ? "McNemar" : "bootstrap")})",
            ])));
        }

        return page.End();
    }

    /// <summary>A difference with its sign.</summary>
    public static string Signed(double difference) => difference.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);

    /// <summary>A probability.</summary>
    public static string Probability(double p) => p < 0.0001 ? "< 0.0001" : p.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Said(EvaluatedModel? model) => model is null ? "" : $", {EvaluationPage.Model(model)}";

    private static string Name(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    private static string KeysOf(Dictionary<string, EvaluationLine> lines) => lines.Count == 0 ? "none" : string.Join(", ", lines.Values.Select(line => line.Key).Distinct());

    private static (EvaluationRecord Record, Dictionary<string, EvaluationLine> Lines) Read(string folder)
    {
        string record = Path.Combine(folder, EvaluationRun.RecordName), samples = Path.Combine(folder, EvaluationRun.SamplesName);
        if (!File.Exists(record) || !File.Exists(samples))
        {
            throw new EvaluationException($"{folder} is no folder of an evaluation; expected one with {EvaluationRun.RecordName} and {EvaluationRun.SamplesName}, as crab evaluate --out makes it");
        }

        EvaluationRecord found = EvaluationRecord.Read(record);
        Dictionary<string, EvaluationLine> lines = [];
        foreach (EvaluationLine line in EvaluationRun.ReadLines(samples).Where(line => line.IsAnswered))
        {
            lines[line.Id] = line;
        }

        return (found, lines);
    }

    private static ComparedTask Task(string key, ScoredAnswer[] one, ScoredAnswer[] other, int seed)
    {
        IReadOnlyList<int[]> draws = Resampling.Draws(one.Length, FigureDefinition.ManyDraws, seed, key);
        List<ComparedFigure> figures = [];
        foreach (FigureDefinition figure in TaskFigures.Of(key, one))
        {
            FigureDefinition.Sampled first = figure.Over(one), second = figure.Over(other);
            if (first.Values is { } values)
            {
                // Of samples that have a value in both runs: a script leaves out what it cannot read.
                int[] both = [.. Enumerable.Range(0, one.Length).Where(place => !double.IsNaN(values[place]) && !double.IsNaN(second.Values![place]))];
                if (both.Length < one.Length)
                {
                    HashSet<int> kept = [.. both];
                    FigureDefinition paired(double[] all) => figure with { Values = _ => [.. all.Select((value, place) => kept.Contains(place) ? value : double.NaN)] };
                    (first, second) = (paired(values).Over(one), paired(second.Values!).Over(other));
                }
            }

            if (first.Value is not { } was || second.Value is not { } @is)
            {
                continue;
            }

            (double? First, double? Second)[] drawn = [.. draws.Take(figure.Draws).Select(places => (first.Draw(places), second.Draw(places)))];
            double[] differences = [.. drawn.Select(pair => pair.Second - pair.First).OfType<double>()];
            (double Low, double High)? interval = Resampling.Interval(differences.Select(value => (double?)value));
            int? onlyFirst = null, onlySecond = null;
            if (first.Values is { } left && second.Values is { } right && left.Concat(right).All(value => value is 0 or 1 || double.IsNaN(value)))
            {
                onlyFirst = left.Zip(right).Count(pair => pair is (1, 0));
                onlySecond = left.Zip(right).Count(pair => pair is (0, 1));
            }

            figures.Add(new ComparedFigure(figure.Name, figure.Meaning, figure.IsPrimary, first.Count, was, @is, @is - was, interval?.Low, interval?.High, figure.Draws,
                onlyFirst is null ? "bootstrap" : "mcnemar", onlyFirst is null ? Resampling.OtherSide(differences) : Resampling.McNemar(onlyFirst.Value, onlySecond!.Value), onlyFirst, onlySecond));
        }

        return new ComparedTask(key, TaskCatalog.Find(key)!.Family, one.Length, figures);
    }
}

using System.Text.Json;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Training;

/// <summary>
/// What the page knows about a run, or a stage of a recipe: its curves, grown with its files. Reads the files, and nothing
/// else of the studio.
/// </summary>
public sealed class RunState
{
    private readonly Dictionary<RunChart, CurveSet> charts = Enum.GetValues<RunChart>().ToDictionary(chart => chart, _ => new CurveSet());
    private readonly (LogTail Tail, Func<JsonElement, IReadOnlyList<RunPoint>?> Points, RunChart[] Charts, Action<JsonElement>? Also)[] logs;

    /// <summary>A run in a folder.</summary>
    /// <param name="folder">With <c>log.jsonl</c>, and <c>routes.jsonl</c> and <c>unseen.jsonl</c> where there are any.</param>
    public RunState(string folder)
    {
        Folder = folder;
        logs =
        [
            (new LogTail(Path.Combine(folder, "log.jsonl")), RunPoints.OfStep, [RunChart.Loss, RunChart.TaskLoss, RunChart.InnerLoss, RunChart.LearningRate, RunChart.GradientNorm, RunChart.Speed], Notice),
            (new LogTail(Path.Combine(folder, "routes.jsonl")), RunPoints.OfRoutes, [RunChart.Entropy, RunChart.Shares], null),
            (new LogTail(Path.Combine(folder, "unseen.jsonl")), RunPoints.OfMeasure, [RunChart.Score], null),
        ];
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Steps done; 0 before the first.</summary>
    public int Steps { get; private set; }

    /// <summary>Seconds that the steps took.</summary>
    public double Seconds { get; private set; }

    /// <summary>How much of a stage is done, 0 to 1; null where the log does not say it.</summary>
    public double? Progress { get; private set; }

    /// <summary>When a line was last written; null before the first.</summary>
    public DateTimeOffset? ChangedAt => logs.Select(log => log.Tail.ChangedAt).Max();

    /// <summary>Why the files could not be read; null when they could.</summary>
    public string? Problem { get; private set; }

    /// <summary>Counts how often something changed, so that drawings know whether to draw anew.</summary>
    public int Version { get; private set; }

    /// <summary>Lines that were skipped because they cannot be read.</summary>
    public int Broken => logs.Sum(log => log.Tail.Broken);

    /// <summary>The first of them, in one plain line.</summary>
    public string? FirstBroken(IStringLocalizer<Words> L) => logs.Select(log => log.Tail.FirstBroken).FirstOrDefault(line => line is not null)?.Invoke(L);

    /// <summary>The curves of a chart.</summary>
    public CurveSet this[RunChart chart] => charts[chart];

    /// <summary>Whether a process was at work on it when the files were last read, also while it writes no line.</summary>
    public bool Running { get; private set; }

    /// <summary>Whether the last line of an ended run is cut off.</summary>
    public bool IsCutOff => !Running && logs.Any(log => log.Tail.HasRest);

    /// <summary>Task keys with routing of their own, after what is over all of them.</summary>
    public IReadOnlyList<string> RoutedTasks => RunWords.InOrder(charts[RunChart.Shares].Names.Select(TaskOf).Distinct());

    /// <summary>The task of a curve of <see cref="RunChart.Shares"/>.</summary>
    public static string TaskOf(string shares) => shares[..shares.LastIndexOf(' ')];

    /// <summary>Reads what is new in the files.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Update(CancellationToken cancellation = default)
    {
        bool running = Workshop.IsAtWork(Folder), changed = running != Running;
        string? before = Problem;
        (Problem, Running) = (null, running);
        foreach ((LogTail tail, Func<JsonElement, IReadOnlyList<RunPoint>?> points, RunChart[] theirs, Action<JsonElement>? also) in logs)
        {
            try
            {
                changed |= tail.Read(() => Forget(theirs, also is not null), line => Take(points(line), line, also), cancellation);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                Problem = fault.Message.ReplaceLineEndings(" ");
            }
        }

        changed |= before != Problem;
        Version += changed ? 1 : 0;
        return changed;
    }

    private bool Take(IReadOnlyList<RunPoint>? points, JsonElement line, Action<JsonElement>? also)
    {
        if (points is null)
        {
            return false;
        }

        foreach (RunPoint point in points)
        {
            charts[point.Chart].Add(point);
        }

        also?.Invoke(line);
        return true;
    }

    private void Notice(JsonElement line)
    {
        Steps = Math.Max(Steps, line.GetProperty("step").GetInt32());
        Seconds += line.GetProperty("seconds").GetDouble();
        Progress = line.TryGetProperty("progress", out JsonElement progress) && progress.ValueKind == JsonValueKind.Number ? progress.GetDouble() : null;
    }

    private void Forget(RunChart[] theirs, bool steps)
    {
        Array.ForEach(theirs, chart => charts[chart].Clear());
        if (steps)
        {
            (Steps, Seconds, Progress) = (0, 0, null);
        }
    }
}

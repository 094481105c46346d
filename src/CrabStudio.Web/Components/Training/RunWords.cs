using System.Globalization;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Training;

/// <summary>Training runs in plain words.</summary>
public static class RunWords
{
    /// <summary>What a stage of a recipe does.</summary>
    public static string Stage(string stage) => stage switch
    {
        "towers" => "Towers: seeing and hearing",
        "reading" => "Reading: the decoder in words alone",
        "words" => "Words: the decoder",
        "adapter" => "Adapter: the tasks",
        _ => stage,
    };

    /// <summary>What a run is, for lists.</summary>
    public static string Kind(WorkshopItem run) => Workshop.StagesOf(run.Path) is { Count: > 0 } stages ? $"recipe, {(stages.Count == 1 ? "stage" : "stages")} {string.Join(", ", stages)}" : "crab train";

    /// <summary>"running" or "ended".</summary>
    public static string State(bool running) => running ? "running" : "ended";

    /// <summary>"1,204 steps, 42%, about 3:10:00 left".</summary>
    public static string Done(RunState run, bool running)
    {
        List<string> parts = [run.Steps == 1 ? "1 step" : $"{run.Steps.ToString("N0", CultureInfo.InvariantCulture)} steps", $"{ClipWords.Duration(run.Seconds)} of steps"];
        if (run.Progress is { } progress)
        {
            parts.Add(progress.ToString("P1", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal) + " of the stage");
            if (running && progress is > 0.01 and < 1)
            {
                parts.Add($"about {ClipWords.Duration(run.Seconds / progress * (1 - progress))} left of it");
            }
        }

        return string.Join(" · ", parts);
    }

    /// <summary>"last line 5 min ago".</summary>
    public static string LastLine(DateTimeOffset? changed, DateTimeOffset now) => changed is { } then ? $"last line {AnswerWords.Ago(then, now)}" : "no line yet";

    /// <summary>A value with four digits that count, or a few more of a large one.</summary>
    public static string Value(double? value) => value is { } number
        ? number.ToString(Math.Abs(number) switch { 0 => "0", < 1e-3 or >= 1e6 => "0.###e0", >= 1000 => "0", >= 100 => "0.#", >= 10 => "0.##", >= 1 => "0.###", _ => "0.####" }, CultureInfo.InvariantCulture)
        : "–";

    /// <summary>Task keys in the order of the catalog, so that the charts of runs compare; what is no key comes after.</summary>
    public static IReadOnlyList<string> InOrder(IEnumerable<string> names)
    {
        List<string> order = [RunPoints.All, .. TaskCatalog.All.Select(task => task.Key)];
        return [.. names.OrderBy(name => order.IndexOf(name) is >= 0 and var place ? place : order.Count).ThenBy(name => name, StringComparer.Ordinal)];
    }
}

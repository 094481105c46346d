using System.Globalization;
using System.Text.RegularExpressions;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Training;

/// <summary>Training runs in plain words.</summary>
public static partial class RunWords
{
    /// <summary>What a stage of a recipe does.</summary>
    public static string Stage(string stage, IStringLocalizer<Words> L) => stage switch
    {
        "towers" => L["Towers: seeing and hearing"],
        "reading" => L["Reading: the decoder in words alone"],
        "words" => L["Words: the decoder"],
        "adapter" => L["Adapter: the tasks"],
        _ => stage,
    };

    /// <summary>What a run is, for lists.</summary>
    public static string Kind(WorkshopItem run, IStringLocalizer<Words> L) => Workshop.StagesOf(run.Path) switch
    {
        [] => "crab train",
        [var stage] => L["recipe, stage {0}", stage],
        var stages => L["recipe, stages {0}", string.Join(L[", "], stages)],
    };

    /// <summary>"running" or "ended".</summary>
    public static string State(bool running, IStringLocalizer<Words> L) => running ? L["running"] : L["ended"];

    /// <summary>"1,204 steps, 42%, about 3:10:00 left".</summary>
    /// <param name="run">The run.</param>
    /// <param name="running">Whether it goes on.</param>
    /// <param name="L">The words of the page.</param>
    public static string Done(RunState run, bool running, IStringLocalizer<Words> L)
    {
        List<string> parts = [run.Steps == 1 ? L["1 step"] : L["{0:N0} steps", run.Steps], L["{0} of steps", ClipWords.Duration(run.Seconds)]];
        if (run.Progress is { } progress)
        {
            parts.Add(L["{0:0.0}% of the stage", 100 * progress]);
            if (running && progress is > 0.01 and < 1)
            {
                parts.Add(L["about {0} left of it", ClipWords.Duration(run.Seconds / progress * (1 - progress))]);
            }
        }

        return string.Join(" · ", parts);
    }

    /// <summary>"last line 5 min ago".</summary>
    public static string LastLine(DateTimeOffset? changed, DateTimeOffset now, IStringLocalizer<Words> L) => changed is { } then ? L["last line {0}", AnswerWords.Ago(then, now, L)] : L["no line yet"];

    /// <summary>What a task is called: its key, or the words for all of them.</summary>
    public static string Task(string task, IStringLocalizer<Words> L) => task == RunPoints.All ? L["all tasks"] : task;

    /// <summary>What a curve is called: by the words of the studio where its name is one of its own, else as the log names it.</summary>
    public static string Curve(string name, IStringLocalizer<Words> L) => name switch
    {
        RunPoints.All => L["all tasks"],
        "learning rate" => L["learning rate"],
        "share of the highest rate" => L["share of the highest rate"],
        "tokens a second" => L["tokens a second"],
        "clips a second" => L["clips a second"],
        "norm" => L["norm"],
        "mean of the keys" => L["mean of the keys"],
        _ => LayerName().Match(name) is { Success: true } match ? Layer(match.Groups[1].Value, match.Groups[2].Value, L) : name,
    };

    private static string Layer(string part, string number, IStringLocalizer<Words> L) => part switch
    {
        "audio" => L["audio {0}", number],
        "vision" => L["vision {0}", number],
        _ => L["text {0}", number],
    };

    [GeneratedRegex(@"^(text|audio|vision) (\d+)$")]
    private static partial Regex LayerName();

    /// <summary>A value with four digits that count, or a few more of a large one.</summary>
    public static string Value(double? value) => value is { } number
        ? number.ToString(Math.Abs(number) switch { 0 => "0", < 1e-3 or >= 1e6 => "0.###e0", >= 1000 => "0", >= 100 => "0.#", >= 10 => "0.##", >= 1 => "0.###", _ => "0.####" }, CultureInfo.CurrentCulture)
        : "–";

    /// <summary>Task keys in the order of the catalog, so that the charts of runs compare; what is no key comes after.</summary>
    public static IReadOnlyList<string> InOrder(IEnumerable<string> names)
    {
        List<string> order = [RunPoints.All, .. TaskCatalog.All.Select(task => task.Key)];
        return [.. names.OrderBy(name => order.IndexOf(name) is >= 0 and var place ? place : order.Count).ThenBy(name => name, StringComparer.Ordinal)];
    }
}

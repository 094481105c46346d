using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Model.Configuration;
using CrabStudio.Training.Recipe;

namespace CrabStudio.Cli;

/// <summary>The card of a small model: for the studio as <c>card.json</c>, for people as <c>MODEL_CARD.md</c>. Every number comes from the recipe's log or from an evaluation.</summary>
internal static class ModelCardPage
{
    /// <summary>Name of the page.</summary>
    public const string PageName = "MODEL_CARD.md";

    private const string BoxName = "box IoU";

    // What stands in the long table besides the figure that stands for a task.
    private static readonly string[] Further =
    [
        "label accuracy", "temporal IoU", "segment F, A", "segment F, V", "label recall, heard", "label recall, seen", "sounding object", "cIoU", "CIDEr-D", "recall, seen", "recall, heard", "UAR",
    ];

    /// <summary>What the studio shows beside the kinds of question.</summary>
    public static JsonObject Facts(RecipeFacts recipe, EvaluationReport report) => new()
    {
        ["knows"] = recipe.Knows,
        ["figures"] = new JsonArray([.. Standing(report).Select(item => (JsonNode)new JsonObject
        {
            ["task"] = item.Task,
            ["name"] = item.Name,
            ["samples"] = item.Samples,
            ["value"] = Math.Round(item.Value, 4),
            ["low"] = Math.Round(item.Low, 4),
            ["high"] = Math.Round(item.High, 4),
            ["chance"] = item.Chance is { } chance ? Math.Round(chance, 4) : null,
            ["constant"] = item.Constant is { } constant ? Math.Round(constant, 4) : null,
        })]),
    };

    /// <summary>The page.</summary>
    public static string Markdown(string name, RecipeFacts recipe, EvaluationReport report)
    {
        ModelCardFigure[] primaries = [.. Standing(report)];
        StringBuilder page = new();
        Line(page, $"# {name}: a small Crab⁺ for a made-up world");
        Line(page);
        Line(page, $"Base of {Count(report.Facts.Model.Parameters)} parameters in the form of Qwen2.5-Omni's Thinker, I-LoRA adapter of {Count(report.Facts.Model.AdapterParameters)}. It exists so that CrabStudio answers before 17 GB are downloaded. It is not Crab⁺ and says nothing of how well Crab⁺ does.");
        Line(page);
        Line(page, $"This page and `{ModelCard.FileName}` are written by `crab card` from `{RecipeFacts.FileName}` and a report of `crab evaluate`.");
        Line(page);
        Line(page, "## What it knows");
        Line(page);
        Line(page, $"It was shown {recipe.Knows}. Of everything else it can only guess: real photographs, music, speech as words, people, text in pictures. It reads no language but the questions of the 19 tasks and short ones about what is seen and heard.");
        Line(page);
        Line(page, "## How well, on clips that it never saw");
        Line(page);
        Line(page, $"{report.Answered} of {report.Samples} samples of `{report.Facts.Data}` ({report.Facts.Split.ToString().ToLowerInvariant()} split: other seeds, pitches, voices, sentences, backgrounds and pairs of things than in training), asked from encoded files, greedy, {report.Facts.Model.Precision} on {report.Facts.Model.Device}. Intervals are 95%, by resampling. Chance: random answers of the right form. Constant: the best single answer to every question.");
        Line(page);
        Line(page, "| task | figure | samples | value | 95% | chance | constant | |");
        Line(page, "|---|---|---|---|---|---|---|---|");
        foreach (ModelCardFigure one in primaries)
        {
            Row(page, one.Task, one.Name, one.Samples, one.Value, one.Low, one.High, one.Chance, one.Constant, one.BeatsGuessing ? "" : "**no better than guessing**");
        }

        Line(page);
        Line(page, "More of the same answers:");
        Line(page);
        Line(page, "| task | figure | samples | value | 95% | chance | constant |");
        Line(page, "|---|---|---|---|---|---|---|");
        foreach (TaskReport task in report.Tasks)
        {
            foreach (Figure figure in task.Figures.Where(figure => !figure.IsPrimary && figure.Name != BoxName && figure.Value is not null && (Further.Contains(figure.Name) || figure.Name.StartsWith("accuracy, ", StringComparison.Ordinal))))
            {
                Row(page, task.Key, figure.Name, figure.Samples, figure.Value!.Value, figure.Low, figure.High, figure.Chance, figure.Constant, null);
            }
        }

        Line(page);
        Line(page, "## What it cannot do");
        Line(page);
        string[] guessed = [.. primaries.Where(one => !one.BeatsGuessing).Select(one => one.Name == BoxName && one.Task != "arig" ? $"{one.Task} ({BoxName})" : one.Task)];
        Line(page, guessed.Length == 0
            ? "No task is at the level of guessing on these clips. That says nothing of clips from elsewhere, where it guesses throughout."
            : $"At the level of guessing on these clips, and marked so in the studio: {string.Join(", ", guessed)}. On clips from elsewhere it guesses throughout.");
        foreach (string remark in report.Remarks)
        {
            Line(page, $"{remark}");
        }

        Line(page);
        Line(page, "## How it was made");
        Line(page);
        Line(page, $"`{recipe.Command}`, seed {recipe.Seed}, finished by version {recipe.Program}. Scenes are rendered while it learns, each is seen once; nothing is stored or downloaded.");
        Line(page);
        Line(page, "| stage | steps | clips | questions | text tokens | running hours |");
        Line(page, "|---|---|---|---|---|---|");
        foreach (RecipeStageFacts stage in recipe.Stages)
        {
            Line(page, FormattableString.Invariant($"| {stage.Name} | {stage.Steps} | {stage.Clips} | {stage.Questions} | {stage.Tokens} | {stage.Hours:0.00} |"));
        }

        Line(page);
        Line(page, FormattableString.Invariant($"In all {recipe.Stages.Sum(stage => stage.Hours):0.00} hours. The towers learn first, under heads that ask for all that is true and are thrown away; then the decoder, in words alone and on frozen towers; then the adapter, on a frozen base, all 19 tasks mixed."));
        Line(page);
        Line(page, "## Licences");
        Line(page);
        Line(page, "The weights are under the licence of this repository (MIT). Of the pictures and sounds that they were trained on:");
        Line(page);
        foreach (string source in recipe.Sources)
        {
            Line(page, $"- {source}");
        }

        return page.ToString();
    }

    // The figure that stands for a task; and how well the box is placed, which the studio draws whatever stands for the task.
    private static IEnumerable<ModelCardFigure> Standing(EvaluationReport report) =>
        from task in report.Tasks
        from figure in task.Figures
        where figure is { Value: not null, Low: not null, High: not null } && (figure.IsPrimary || figure.Name == BoxName)
        select new ModelCardFigure(task.Key, figure.Name, figure.Samples, figure.Value!.Value, figure.Low!.Value, figure.High!.Value, figure.Chance, figure.Constant);

    private static void Row(StringBuilder page, string task, string name, int samples, double value, double? low, double? high, double? chance, double? constant, string? note) =>
        Line(page, FormattableString.Invariant($"| {task} | {name} | {samples} | {value:0.00} | {low:0.00}–{high:0.00} | {Share(chance)} | {Share(constant)} |{(note is null ? "" : $" {note} |")}"));

    private static string Share(double? value) => value is { } share ? share.ToString("0.00", CultureInfo.InvariantCulture) : "–";

    private static string Count(long count) => FormattableString.Invariant($"{count / 1e6:0.00} million");

    private static void Line(StringBuilder page, string line = "") => page.Append(line).Append('\n');
}

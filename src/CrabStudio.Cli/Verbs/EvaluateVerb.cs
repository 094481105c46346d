using System.CommandLine;
using System.Globalization;
using CrabStudio.Engine;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Media;
using CrabStudio.Model;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using Spectre.Console;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab evaluate</c>.</summary>
internal static class EvaluateVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        ModelArguments model = new();
        Option<string?> data = new("--data") { HelpName = "DIR", Description = "A data set in AV-UIE v2's layout: KEY/test.json and the media beside it, itself or below AVUIE_2." };
        Option<string?> output = new("--out")
        {
            HelpName = "DIR",
            Description = $"Where {EvaluationRun.SamplesName}, {EvaluationRun.ReportName} and {EvaluationRun.PageName} go; with --compare {EvaluationComparison.ReportName} and {EvaluationComparison.PageName}. A run that was stopped there goes on.",
        };
        Option<string?> tasks = new("--tasks") { HelpName = "KEY,KEY…", Description = "Evaluate these tasks only. Without it: all of which the data set has a list." };
        Option<string> split = new("--split") { HelpName = "test|train", Description = "Which lists.", DefaultValueFactory = _ => "test" };
        split.AcceptOnlyFromAmong("test", "train");
        Option<int?> limit = WholeNumber.Option("--limit", "Most samples of a task; more are drawn at random from the seed. Without it: all.", 1, int.MaxValue);
        Option<int?> seed = WholeNumber.Option("--seed", "Draws of --limit, intervals, random answers and examples follow from it. Without it: 0.", 0, int.MaxValue);
        Option<int?> most = WholeNumber.Option("--max-new-tokens", $"Longest answer in tokens, 1 to {BatchRequest.MostNewTokens}. Without it: {BatchRequest.MostNewTokens}.", 1, BatchRequest.MostNewTokens);
        Option<string[]> compare = new("--compare")
        {
            HelpName = "A B",
            Arity = new ArgumentArity(2, 2),
            AllowMultipleArgumentsPerToken = true,
            Description = "Compare two evaluations sample by sample, by their folders: McNemar's exact test for right and wrong, paired draws for all else. Needs no model.",
        };
        Option<bool> json = new("--json") { Description = "Write one JSON object instead of a table: what the report holds." };
        Command verb = new(
            "evaluate",
            "Ask a model every sample of a data set and measure the answers, with 95% intervals beside chance and the best constant answer. Ctrl+C or kill: the same command goes on. "
            + "The exit code is 1 when a sample could not be asked.")
        {
            data, output, tasks, split, limit, seed, most, compare, json,
        };
        model.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(compare) is [var first, var second])
            {
                if (new Option[] { data, tasks, limit, most }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } strange)
                {
                    throw CommandException.WrongUse($"{strange.Name} does not go with --compare, which reads two runs that are there");
                }

                return Task.FromResult(Compare(first, second, parsed.GetValue(seed) ?? 0, parsed.GetValue(output), parsed.GetValue(json)));
            }

            string from = parsed.GetValue(data) ?? throw CommandException.WrongUse("--data is missing; give the folder of a data set, or --compare A B");
            EvaluationOptions options = new(
                Path.GetFullPath(parsed.GetValue(output) ?? throw CommandException.WrongUse("--out is missing; give the folder that the report goes to")),
                model.Read(parsed),
                Keys(parsed.GetValue(tasks)),
                parsed.GetValue(limit),
                parsed.GetValue(seed) ?? 0,
                parsed.GetValue(most) ?? BatchRequest.MostNewTokens);
            return RunAsync(options, from, parsed.GetValue(split) == "train" ? AvUieSplit.Train : AvUieSplit.Test, parsed.GetValue(json), cancellation);
        });
        return verb;
    }

    private static async Task<int> RunAsync(EvaluationOptions options, string folder, AvUieSplit split, bool json, CancellationToken cancellation)
    {
        MediaReader.CheckTools();
        using EvaluationData data = EvaluationData.Open(AvUieFolder.Open(folder), split, options.Tasks, options.Limit, options.Seed);
        using ProgressLine progress = new();
        AnalysisEngine? engine = null;
        EvaluationReport report;
        try
        {
            string? task = null;
            report = await new EvaluationRun(options, data).RunAsync(
                async () => engine = await AnswerRun.LoadAsync(options.Model, progress, cancellation),
                at =>
                {
                    // A line that stays for each task, for logs; what passes is for terminals.
                    if (at.Id?.Split(':')[0] is { } key && key != task)
                    {
                        task = key;
                        progress.Line(FormattableString.Invariant($"{key}: {at.Done} of {at.All} samples are done{Left(at.SecondsLeft)}"));
                    }

                    progress.Show(at.Id is null ? "measuring" : FormattableString.Invariant($"{at.Done} of {at.All}, {at.Id}{Left(at.SecondsLeft)}"));
                },
                cancellation);
        }
        finally
        {
            if (engine is not null)
            {
                await engine.DisposeAsync();
            }
        }

        progress.Dispose();
        foreach (string remark in report.Remarks)
        {
            progress.Line(remark);
        }

        progress.Line($"the report is {Path.Combine(options.Folder, EvaluationRun.PageName)}");
        if (json)
        {
            await Console.Out.WriteLineAsync(report.Json());
        }
        else
        {
            Show(report);
        }

        return report.Answered == report.Samples ? CommandException.GoodCode : CommandException.FailedCode;
    }

    private static int Compare(string first, string second, int seed, string? output, bool json)
    {
        EvaluationComparison comparison = EvaluationComparison.Of(first, second, seed);
        if (output is not null)
        {
            comparison.Write(output);
        }

        if (json)
        {
            Console.Out.WriteLine(comparison.Json());
            return CommandException.GoodCode;
        }

        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns("task", "figure", "n", "first", "second", "difference", "95% interval", "p");
        foreach (ComparedTask task in comparison.Tasks)
        {
            foreach (ComparedFigure figure in task.Figures)
            {
                Add(table, task.Key, figure.Name, Whole(figure.Samples), Number(figure.First), Number(figure.Second), EvaluationComparison.Signed(figure.Difference), Interval(figure.Low, figure.High),
                    $"{EvaluationComparison.Probability(figure.P)} ({(figure.Test == "mcnemar" ? $"McNemar, {figure.OnlyFirst} : {figure.OnlySecond}" : "bootstrap")})");
            }
        }

        Terminal.Results().Write(table);
        foreach (string remark in comparison.Remarks)
        {
            Console.Error.WriteLine(Terminal.OneLine(remark));
        }

        return CommandException.GoodCode;
    }

    private static void Show(EvaluationReport report)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns("task", "figure", "n", "value", "95% interval", "chance", "constant");
        foreach (TaskReport task in report.Tasks)
        {
            foreach (Figure figure in task.Figures)
            {
                Add(table, task.Key, figure.Name, Whole(figure.Samples), Number(figure.Value), Interval(figure.Low, figure.High), Number(figure.Chance), Number(figure.Constant));
            }
        }

        Terminal.Results().Write(table);
    }

    private static void Add(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(Terminal.OneLine(cell))));

    private static string Left(double? seconds) => seconds is { } left ? string.Create(CultureInfo.InvariantCulture, $", {TimeSpan.FromSeconds(Math.Min(1e9, left)):d\\.hh\\:mm\\:ss} left") : "";

    private static string Whole(int number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Number(double? value) => value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "–";

    private static string Interval(double? low, double? high) => low is null ? "–" : $"{Number(low)} to {Number(high)}";

    private static string[]? Keys(string? list)
    {
        string[]? keys = list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return keys?.FirstOrDefault(key => TaskCatalog.Find(key) is null) is { } unknown
            ? throw CommandException.WrongUse($"--tasks: '{unknown}' is no task; the tasks are {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}")
            : keys is { Length: 0 } ? throw CommandException.WrongUse($"--tasks names no task; the tasks are {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}") : keys;
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Tasks.AvUie;
using Spectre.Console;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab data stats</c>.</summary>
internal static class DataStatsVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> folder = DataVerb.Folder();
        Option<bool> json = new("--json") { Description = "Write one JSON object instead of a table: {\"keys\": […], \"families\": […], \"remarks\"}, with every label and every distribution in full." };
        Option<string?> html = new("--html") { HelpName = "FILE.html", Description = "Also write a page with charts; it needs nothing beside it." };
        Option<bool> probe = new("--probe") { Description = "Ask ffprobe for the length of clips that neither an entry's field duration nor the head of a WAV or MP4 file says." };
        Command verb = new("stats", "Count what a data set holds, by key and family: samples, hours, labels, lengths of answers and ranges, steps of reasoning.") { folder, json, html, probe };
        verb.SetAction((parsed, cancellation) =>
            RunAsync(AvUieFolder.Open(parsed.GetRequiredValue(folder)), parsed.GetValue(json), parsed.GetValue(html), parsed.GetValue(probe), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(AvUieFolder folder, bool json, string? html, bool probe, CancellationToken cancellation)
    {
        if (probe)
        {
            MediaReader.CheckTools();
        }

        using ProgressLine progress = new();
        (IReadOnlyList<AvUieKeyStatistics> keys, IReadOnlyList<string> remarks) = await AvUieStatistics.CollectAsync(
            folder, probe ? new MediaReader() : null, entries => progress.Show(FormattableString.Invariant($"{entries:#,0} entries")), cancellation);
        progress.Dispose();
        if (html is not null)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Root)));
            await File.WriteAllTextAsync(html, AvUieReport.Html(name, keys, remarks), cancellation);
        }

        if (json)
        {
            object families = keys.GroupBy(key => key.Family).Select(family => new
            {
                Family = family.Key,
                Train = family.Sum(key => key.Train),
                Test = family.Sum(key => key.Test),
                Clips = family.Sum(key => key.Clips),
                HoursKnown = family.Sum(key => key.Seconds) / 3600,
                ClipsOfUnknownLength = family.Sum(key => key.ClipsOfUnknownLength),
            });
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { keys = keys.Select(Facts), families, remarks }, JsonLines.Snake));
            return CommandException.GoodCode;
        }

        Show(keys);
        foreach (string remark in remarks)
        {
            CommandRunner.Report(remark);
        }

        return CommandException.GoodCode;
    }

    private static object Facts(AvUieKeyStatistics key) => new
    {
        key.Key,
        key.Family,
        key.Train,
        key.Test,
        key.Unreadable,
        key.Clips,
        HoursKnown = key.Seconds / 3600,
        key.ClipsOfUnknownLength,
        Labels = key.Labels.ToDictionary(label => label.Key, label => label.Value),
        AnswerWords = Facts(key.AnswerWords),
        RangeSeconds = Facts(key.RangeSeconds),
        ReasoningSteps = Facts(key.ReasoningSteps),
    };

    private static object Facts(Distribution values) => new
    {
        values.Count,
        values.Min,
        values.Max,
        values.Mean,
        values.Median,
        Most95 = values.Quantile(0.95),
        Counts = values.Counts.Select(value => new[] { value.Key, value.Value }),
    };

    private static void Show(IReadOnlyList<AvUieKeyStatistics> keys)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns("key", "family", "train", "test", "clips", "hours", "labels", "answer words", "range seconds", "steps");
        foreach (AvUieKeyStatistics key in keys)
        {
            Add(table, key.Key, AvUieReport.Name(key.Family), [key], key.LabelCount.ToString("#,0", CultureInfo.InvariantCulture), AvUieReport.Two(key.AnswerWords), AvUieReport.Two(key.RangeSeconds), key.ReasoningSteps.Mean?.ToString("0.0", CultureInfo.InvariantCulture) ?? "–");
        }

        foreach (IGrouping<Tasks.TaskFamily, AvUieKeyStatistics> family in keys.GroupBy(key => key.Family))
        {
            Add(table, "", AvUieReport.Name(family.Key), [.. family], "", "", "", "");
        }

        Add(table, "all", "", keys, "", "", "", "");
        Terminal.Results().Write(table);
        Console.Out.WriteLine("Words and seconds: median, 95%. Steps: sentences before the conclusion, on average. Clips count once a key.");
    }

    private static void Add(Table table, string key, string family, IReadOnlyList<AvUieKeyStatistics> of, params string[] rest)
    {
        int clips = of.Sum(one => one.Clips), unknown = of.Sum(one => one.ClipsOfUnknownLength);
        string hours = AvUieReport.Hours(of.Sum(one => one.Seconds), clips > unknown) + (unknown > 0 && clips > unknown ? FormattableString.Invariant($" (+ {unknown:#,0} unknown)") : "");
        string[] cells = [key, family, Whole(of.Sum(one => one.Train)), Whole(of.Sum(one => one.Test)), Whole(clips), hours, .. rest];
        table.AddRow(cells.Select(cell => new Text(cell)));
    }

    private static string Whole(int number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}

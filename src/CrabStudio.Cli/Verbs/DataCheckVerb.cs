using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab data check</c>.</summary>
internal static class DataCheckVerb
{
    // Columns of every cell but the last. Rows are written one by one, so that no number of them fills the memory.
    private static readonly int[] Widths = [18, 7, 16, 16];

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> folder = DataVerb.Folder();
        Option<bool> json = new("--json")
        {
            Description = "Write one JSON object instead of a table: {\"problems\": [{\"kind\", \"file\", \"entry\", \"field\", \"message\"}], \"ok\", \"entries\", \"media_files\", \"lists\", \"counts\", \"remarks\"}. Entries count from 0.",
        };
        Option<bool> decode = new("--decode") { Description = "Also let the decoder open every media file (about a tenth of a second each); without it, each is only seen to be there and of a known kind." };
        Command verb = new("check", "Say everything that is wrong with a data set: missing or unreadable media, fields, ranges outside the clip, labels outside the set, boxes outside the frame, duplicates, answers that cannot be read. The exit code is 1 when there is anything.")
        {
            folder, json, decode,
        };
        verb.SetAction((parsed, cancellation) => RunAsync(AvUieFolder.Open(parsed.GetRequiredValue(folder)), parsed.GetValue(json), parsed.GetValue(decode), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(AvUieFolder folder, bool json, bool decode, CancellationToken cancellation)
    {
        if (decode)
        {
            MediaReader.CheckTools();
        }

        using ProgressLine progress = new();
        // Found problems go out as they are found; a data set of wrong paths has one an entry.
        await using StreamWriter writer = new(Console.OpenStandardOutput(), bufferSize: 1 << 16);
        bool any = false;
        void Tell(AvUieProblem problem)
        {
            if (json)
            {
                writer.Write(any ? ",\n" : "{\"problems\":[\n");
                writer.Write(JsonSerializer.Serialize(problem, JsonLines.Snake));
            }
            else
            {
                if (!any)
                {
                    Row(writer, "list", "entry", "field", "kind", "problem");
                }

                Row(writer, problem.File, problem.Entry?.ToString(CultureInfo.InvariantCulture) ?? "", problem.Field ?? "", Name(problem.Kind), problem.Message);
            }

            any = true;
        }

        AvUieChecker checker = new(folder, Tell)
        {
            Decoder = decode ? new MediaReader() : null,
            Progress = (entries, media) => progress.Show(FormattableString.Invariant($"{entries:#,0} entries, {media:#,0} media files")),
        };
        AvUieCheckSummary summary = await checker.CheckAsync(cancellation);
        progress.Dispose();
        if (json)
        {
            writer.Write(any ? "\n]" : "{\"problems\":[]");
            string rest = JsonSerializer.Serialize(
                new { Ok = summary.IsGood, summary.Entries, summary.MediaFiles, summary.Lists, Counts = summary.Problems.ToDictionary(kind => Name(kind.Key), kind => kind.Value), summary.Remarks }, JsonLines.Snake);
            writer.WriteLine("," + rest[1..]);
        }
        else
        {
            foreach (string remark in summary.Remarks)
            {
                await writer.WriteLineAsync($"remark: {Terminal.OneLine(remark)}");
            }

            int problems = summary.Problems.Values.Sum();
            string found = problems == 0 ? "no problem" : FormattableString.Invariant($"{problems:#,0} problems ({string.Join(", ", summary.Problems.OrderBy(kind => kind.Key).Select(kind => $"{Name(kind.Key)} {kind.Value}"))})");
            await writer.WriteLineAsync(FormattableString.Invariant($"{summary.Entries:#,0} entries of {summary.Lists.Count} lists and {summary.MediaFiles:#,0} media files: {found}"));
        }

        return summary.IsGood ? CommandException.GoodCode : CommandException.FailedCode;
    }

    private static void Row(TextWriter writer, params string[] cells) =>
        writer.WriteLine(string.Join("  ", cells.Select((cell, place) => place < Widths.Length ? Terminal.OneLine(cell).PadRight(Widths[place]) : Terminal.OneLine(cell))));

    private static string Name(AvUieProblemKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
}

using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>ave.json</c>.</summary>
internal static class AveForm
{
    /// <summary>The 28 labels and background.</summary>
    private const int Classes = 29;

    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject one in file.Objects("matrix_cases"))
        {
            comparison.Put(one, "expected", Json.Of(AveScore.MatrixAccuracy(one.Wholes("pred"), one.Wholes("gt"))));
        }

        foreach (JsonObject one in file.Objects("tie_cases"))
        {
            int[] highest = [.. one.Objects("scores_sparse").Select(second => AveScore.Highest([.. Enumerable.Range(0, Classes).Select(label => second.NumberOrNull($"{label}") ?? 0)]))];
            int[][] truth = one.Wholes("gt");
            comparison.Put(one, "expected", Json.Of(AveScore.MatrixAccuracy([.. highest.Chunk(AveScore.Seconds)], truth)));
        }

        foreach (JsonObject set in file.Objects("text_sets"))
        {
            List<(string Output, string Predict)> rows = [];
            foreach (JsonObject row in set.Objects("rows"))
            {
                rows.Add((row.Text("output"), row.Text("predict")));
                AveCrash crash = AveScore.CrashOf(rows[^1].Output, rows[^1].Predict);
                comparison.Put(row, "expected", crash == AveCrash.None ? Reading(TagRules.ReadAve(rows[^1].Predict)) : new JsonObject { ["status"] = "crash", ["error"] = crash.ToString() });
            }

            AveScriptReport script = AveScore.Script(rows);
            comparison.Put(set, "expected_by_lab_script", new JsonObject
            {
                ["error"] = script.Error == AveCrash.None ? null : script.Error.ToString(),
                ["counted_segments"] = script.CountedSegments,
                ["parsed_rows"] = script.ParsedRows,
                ["accuracy"] = Json.Of(script.Accuracy),
                ["accuracy_with_402_rows_assumed"] = Json.Of(script.AccuracyWith402Rows),
            });
            // No value where the script stops.
            comparison.Put(set, "sane", script.Error != AveCrash.None ? null : new JsonObject
            {
                ["accuracy_inclusive_end"] = Json.Of(AveScore.SaneAccuracy(rows, endIncluded: true)),
                ["accuracy_half_open"] = Json.Of(AveScore.SaneAccuracy(rows, endIncluded: false)),
            });
        }
    }

    /// <summary>What rule <c>moka_ave</c> read.</summary>
    public static JsonObject Reading(EventReading read)
    {
        JsonObject reading = new() { ["status"] = Json.Of(read.Status) };
        if (read.Status == EventStatus.Ok)
        {
            reading["event"] = read.Event;
            reading["ranges"] = Json.Of(read.Ranges, range => new JsonArray(Json.Of(range.Start), Json.Of(range.End)));
            reading["segments"] = Json.Seconds(read.Covers);
        }

        return reading;
    }
}

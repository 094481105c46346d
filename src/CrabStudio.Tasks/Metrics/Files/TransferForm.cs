using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>transfer.json</c>.</summary>
internal static class TransferForm
{
    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject one in file.Objects("cases"))
        {
            List<TransferRow> rows = [];
            foreach (JsonObject task in one.Objects("tasks"))
            {
                rows.Add(new TransferRow(task.Text("task"), task.Flag("higher_is_better"), task.NumberOrNull("single"), task.NumberOrNull("multi")));
                comparison.Put(task, "expected", Json.Of(rows[^1].Kind));
            }

            TransferTable table = TransferTable.Of(rows);
            comparison.Put(one, "expected", new JsonObject
            {
                ["compared"] = table.Compared,
                ["positive"] = table.Positive,
                ["negative"] = table.Negative,
                ["tie"] = table.Tie,
                ["skipped"] = table.Skipped,
                ["positive_percent"] = Json.Of(table.PositivePercent),
                ["negative_percent"] = Json.Of(table.NegativePercent),
                ["mean_relative_gain_percent"] = Json.Of(table.MeanRelativeGainPercent),
            });
        }
    }
}

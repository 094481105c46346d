using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>unav.json</c>.</summary>
internal static class TemporalForm
{
    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject set in file.Objects("sets"))
        {
            TimedEvent[] truth = [.. set.Objects("gt").Select(Event)];
            TemporalReport report = TemporalScore.MeanAveragePrecision(truth, [.. set.Objects("pred").Select(one => new ScoredEvent(Event(one), one.Number("score")))]);
            comparison.Put(set, "expected", new JsonObject
            {
                // Rounded for reading; the thresholds themselves are not.
                ["tiou"] = Json.Of(TemporalScore.Thresholds, threshold => Json.Of(Math.Round(threshold, 1))),
                ["mAP"] = Json.Of(report.MeanPrecision, precision => Json.Of(precision)),
                ["average"] = Json.Of(report.Average),
            });
        }
    }

    private static TimedEvent Event(JsonObject one) => new(one.Text("video"), one.Number("start"), one.Number("end"), (one["label"] ?? throw Json.Wrong(one, "label", "a label")).ToString());
}

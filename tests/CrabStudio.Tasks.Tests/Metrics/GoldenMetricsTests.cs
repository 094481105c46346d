using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Tasks.Metrics.Files;
using CrabStudio.Testing;

namespace CrabStudio.Tasks.Tests.Metrics;

/// <summary>
/// Every reference number of <c>metrics/*.json</c>. What is compared is found here by walking the file itself, apart from the
/// product's own comparison, so that neither a section left out nor a lenient comparison can pass.
/// </summary>
public sealed class GoldenMetricsTests
{
    /// <summary>Names of what is an input or words; everything else in a case is a reference value.</summary>
    private static readonly string[] Sections =
    [
        "videos", "datasets", "text_videos", "extract_event", "event_wise_metric", "precision_recall_f1", "matrix_cases", "tie_cases", "text_sets", "rows", "sets", "items", "cases",
        "text_cases", "tasks", "probability_cases", "runs", "box_cases", "map_sets",
    ];

    private static readonly string[] References =
    [
        "expected", "expected_by_lab_script", "expected_by_authors", "sane", "strict", "strict_correct", "originals", "parsed", "unknown_labels", "answer", "result_file_written",
        "crab_intersection_over_union", "crab_c_iou", "plain_iou", "hypothesis_tokens", "reference_tokens", "by_convention",
    ];

    [Theory]
    [InlineData("avvp", 135, 1137)]
    [InlineData("ave", 66, 336)]
    [InlineData("musicavqa", 72, 575)]
    [InlineData("classification", 79, 1779)]
    [InlineData("masks", 44, 264)]
    [InlineData("seg_pipeline", 89, 694)]
    [InlineData("arig", 87, 366)]
    [InlineData("unav", 10, 210)]
    [InlineData("captions", 34, 357)]
    [InlineData("transfer", 83, 160)]
    [InlineData("parse", 126, 2710)]
    public void EveryValueOfAFileIsComputedWithinItsTolerance(string name, int cases, int values)
    {
        JsonObject file = JsonNode.Parse(File.ReadAllText(Golden.Find($"metrics/{name}.json")))!.AsObject();
        MetricsCheck check = MetricsFile.Compute(file.ToJsonString());
        Audit audit = new(file, name);
        audit.Walk(file, check.Document, string.Empty);

        Assert.True(audit.Wrong.Count == 0, $"{audit.Wrong.Count} of {audit.Values} values: " + string.Join('\n', audit.Wrong.Take(20)));
        Assert.Equal((cases, values), (audit.Cases, audit.Values));
        Assert.Equal((audit.Values, 0, audit.NotComputed), (check.Values, check.Outside, check.NotComputed));
        Assert.Null(check.FirstOutside);
    }

    [Fact]
    public void AValueALittleOutsideTheToleranceIsToldWithItsPlace()
    {
        JsonObject file = JsonNode.Parse(File.ReadAllText(Golden.Find("metrics/avvp.json")))!.AsObject();
        JsonObject segment = file["videos"]![3]!["expected"]!["segment"]!.AsObject();
        double right = segment["audio"]!.GetValue<double>();
        segment["audio"] = right + 1e-11;

        MetricsCheck check = MetricsFile.Compute(file.ToJsonString());

        Assert.Equal(1, check.Outside);
        Assert.Contains("$.videos[3].expected.segment.audio should be", check.FirstOutside, StringComparison.Ordinal);
    }

    /// <summary>Walks a file and what was computed of it side by side.</summary>
    private sealed class Audit(JsonObject file, string name)
    {
        private readonly double tolerance = (double?)file["tolerance"] ?? 0;

        public int Cases { get; private set; }

        public int Values { get; private set; }

        public int NotComputed { get; private set; }

        public List<string> Wrong { get; } = [];

        public void Walk(JsonObject original, JsonObject computed, string path)
        {
            foreach ((string key, JsonNode? value) in original)
            {
                bool predicted = key == "pred" && path.StartsWith("/text_videos", StringComparison.Ordinal);
                if ((References.Contains(key) && path.Length > 0) || predicted)
                {
                    string beside = key.StartsWith("expected", StringComparison.Ordinal) ? "computed" + key[8..] : "computed_" + key;
                    Assert.True(computed.ContainsKey(beside), $"{path} has no {beside}");
                    Compare(value, computed[beside], $"{path}/{key}");
                }
                else if (Sections.Contains(key) && value is JsonArray list)
                {
                    for (int place = 0; place < list.Count; place++)
                    {
                        if (list[place] is JsonObject one)
                        {
                            Cases++;
                            Walk(one, computed[key]![place]!.AsObject(), $"{path}/{key}/{place}");
                        }
                    }
                }
                else if (key == "helpers")
                {
                    Walk(value!.AsObject(), computed[key]!.AsObject(), $"{path}/{key}");
                }
            }
        }

        private void Compare(JsonNode? expected, JsonNode? computed, string path)
        {
            if (expected is JsonObject one)
            {
                JsonObject other = Assert.IsType<JsonObject>(computed);
                foreach ((string key, JsonNode? value) in one)
                {
                    if (key == "METEOR")
                    {
                        NotComputed++;
                        continue;
                    }

                    Assert.True(other.ContainsKey(key), $"{path}/{key} was not computed");
                    Compare(value, other[key], $"{path}/{key}");
                }

                Assert.Equal(one.Count(entry => entry.Key != "METEOR"), other.Count);
            }
            else if (expected is JsonArray list)
            {
                JsonArray other = Assert.IsType<JsonArray>(computed);
                Assert.Equal(list.Count, other.Count);
                Values++;
                for (int place = 0; place < list.Count; place++)
                {
                    Compare(list[place], other[place], $"{path}/{place}");
                }
            }
            else
            {
                Values++;
                string said = computed?.ToJsonString() ?? "null", wanted = expected?.ToJsonString() ?? "null";
                bool single = name == "masks" && (path.Contains("/originals/", StringComparison.Ordinal) || (path.Contains("/probability_cases/", StringComparison.Ordinal) && !path.Contains("binarised", StringComparison.Ordinal)));
                bool numbers = expected?.GetValueKind() == JsonValueKind.Number && computed?.GetValueKind() == JsonValueKind.Number;
                bool equal = numbers
                    ? Math.Abs(double.Parse(wanted, System.Globalization.CultureInfo.InvariantCulture) - double.Parse(said, System.Globalization.CultureInfo.InvariantCulture)) <= (single ? 2e-5 : tolerance)
                    : JsonNode.DeepEquals(JsonNode.Parse(wanted), JsonNode.Parse(said));
                if (!equal)
                {
                    Wrong.Add($"{path}: {wanted}, computed {said}");
                }
            }
        }
    }
}

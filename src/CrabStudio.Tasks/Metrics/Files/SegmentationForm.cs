using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>seg_pipeline.json</c>.</summary>
internal static class SegmentationForm
{
    private const string S4Ms3 = "inference_3.py", RefAvs = "inference_ref_3.py";

    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject run in file.Objects("runs"))
        {
            string script = run.Text("script");
            string? split = run.TextOrNull("split");
            // The script for ref_avs takes only the rows of its split; a row that names none belongs to it.
            JsonObject[] places = [.. run.Objects("rows").Where(row => split is null || (row.TextOrNull("split") ?? split) == split)];
            SegmentationRow[] rows = [.. places.Select(Row)];
            SegmentationReport report = script switch
            {
                S4Ms3 => SegmentationScripts.S4Ms3(rows),
                RefAvs => SegmentationScripts.RefAvs(rows, split ?? throw Json.Wrong(run, "split", "the name of a split")),
                _ => throw Json.Wrong(run, "script", $"{S4Ms3} or {RefAvs}"),
            };
            for (int place = 0; place < places.Length; place++)
            {
                comparison.Put(places[place], "expected", Result(report.Results[place]));
            }

            bool nullSplit = script == RefAvs && split == SegmentationReport.NullSplit;
            comparison.Put(run, "result_file_written", report.HasFile);
            comparison.Put(run, "expected", report.HasFile ? Report(report, script == RefAvs, nullSplit) : null);
            comparison.Put(run, "sane", nullSplit
                ? new JsonObject { ["mean_s_metric_finite_only"] = Json.Of(report.MeanFiniteS), ["not_scored"] = report.Invalid }
                : new JsonObject { ["mean_jaccard_invalid_as_0"] = Json.Of(report.MeanJOfAll), ["mean_f_score_invalid_as_0"] = Json.Of(report.MeanFOfAll) });
        }
    }

    private static SegmentationRow Row(JsonObject row)
    {
        PixelMask? truth = row["gt"] is null ? null : row.Mask("gt");
        // Whatever is above 0 in the file of a mask is foreground.
        truth = truth is not null && row.NumberOrNull("gt_pixel_value") is <= 0 ? new PixelMask(truth.Height, truth.Width) : truth;
        return new SegmentationRow(row.Text("predict"), truth, row.Flag("image_missing"), (_, _) => row.Mask("sam_mask"));
    }

    private static JsonObject Result(SegmentationResult result)
    {
        JsonObject computed = new() { ["status"] = Json.Of(result.Status) };
        if (result.Status != SegmentationStatus.Scored)
        {
            return computed;
        }

        computed["used_sam"] = result.UsedSegmenter;
        if (result.UsedSegmenter)
        {
            computed["box"] = Json.Of(result.Box);
            computed["points"] = Json.Of(result.Points);
        }

        foreach ((string name, double? score) in new[] { ("J", result.J), ("F", result.F), ("S", result.S) })
        {
            if (score is not null)
            {
                computed[name] = Json.Of(score);
            }
        }

        return computed;
    }

    private static JsonObject Report(SegmentationReport report, bool refAvs, bool nullSplit)
    {
        JsonObject computed = [];
        if (refAvs)
        {
            computed["split"] = report.Split;
            computed["evaluation_type"] = report.EvaluationType;
        }

        if (nullSplit)
        {
            // The script's mean of nothing is 0.
            computed["mean_s_metric"] = Json.Of(report.MeanFiniteS ?? 0);
        }
        else
        {
            computed["mean_jaccard"] = Json.Of(report.MeanJ);
            computed["mean_f_score"] = Json.Of(report.MeanF);
        }

        computed["total_processed"] = report.Processed;
        computed["invalid_samples"] = report.Invalid;
        if (nullSplit)
        {
            computed["infinite_s_metric_count"] = report.InfiniteS;
        }

        return computed;
    }
}

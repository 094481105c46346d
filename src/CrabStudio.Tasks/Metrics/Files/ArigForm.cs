using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>arig.json</c>.</summary>
internal static class ArigForm
{
    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject one in file.Objects("box_cases"))
        {
            AnswerBox predicted = Json.Box(one["pred"], one, "pred"), truth = Json.Box(one["gt"], one, "gt");
            comparison.Put(one, "crab_intersection_over_union", Json.Of(BoxScore.CrabIou(predicted, truth)));
            comparison.Put(one, "crab_c_iou", BoxScore.CrabCIou(predicted, truth) is { } score ? Json.Of(score) : "ZeroDivisionError");
            comparison.Put(one, "plain_iou", Json.Of(BoxScore.PlainIou(predicted, truth)));
        }

        foreach (JsonObject set in file.Objects("map_sets"))
        {
            List<double> overlaps = [];
            foreach (JsonObject row in set.Objects("rows"))
            {
                MapOverlap overlap = BoxScore.Overlap(Boxes(row, "pred_boxes"), Boxes(row, "gt_boxes"));
                overlaps.Add(overlap.Iou);
                comparison.Put(row, "expected", new JsonObject { ["iou"] = Json.Of(overlap.Iou), ["intersection"] = overlap.Shared, ["union"] = overlap.All });
            }

            SuccessReport report = BoxScore.Success(overlaps);
            comparison.Put(set, "expected", new JsonObject
            {
                ["cIoU"] = Json.Of(report.CIoU),
                ["AUC"] = Json.Of(report.Auc),
                ["success_curve"] = Json.Of(report.SuccessCurve, share => Json.Of(share)),
            });
        }
    }

    private static IEnumerable<AnswerBox> Boxes(JsonObject row, string name) => row.List(name).Select(box => Json.Box(box, row, name));
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>masks.json</c>.</summary>
internal static class MaskForm
{
    public static void Compute(JsonObject file, Comparison comparison)
    {
        // What ran in float32 has a tolerance of its own.
        double single = file.NumberOrNull("tolerance_originals") ?? 0, exact = file.NumberOrNull("tolerance") ?? 0;
        foreach (JsonObject one in file.Objects("cases"))
        {
            PixelMask predicted = one.Mask("pred"), truth = one.Mask("gt");
            comparison.Put(one, "expected", new JsonObject
            {
                ["J"] = Json.Of(MaskScore.J(predicted, truth)),
                ["F"] = Json.Of(MaskScore.F(predicted, truth)),
                ["S"] = Json.Of(MaskScore.S(predicted)),
            });
            float[][] certain = [[.. Enumerable.Range(0, predicted.Size).Select(pixel => predicted[pixel] ? 1f : 0f)]];
            comparison.Put(one, "originals", Originals(certain, [truth]), _ => single);
        }

        foreach (JsonObject one in file.Objects("probability_cases"))
        {
            PixelMask[] truth = [.. one.List("gt").Select((_, frame) => Frame(one, "gt", frame))];
            float[][] probabilities = [.. one.List("logits").Select((frame, at) => Logits(frame, one, at))];
            if (probabilities.Length != truth.Length || probabilities.Where((frame, at) => frame.Length != truth[at].Size).Any())
            {
                throw new MetricsFileException($"{one.GetPath()}: logits and gt differ in size");
            }

            PixelMask[] binary = [.. probabilities.Select((frame, at) => PixelMask.FromValues(frame, truth[at].Height, truth[at].Width, 0.5f))];
            JsonObject computed = Originals(probabilities, truth);
            computed.Insert(2, "refavs_mask_iou_threshold_0.4", Json.Of(MaskScore.MaskIou(probabilities, truth, 0.4f)));
            computed["binarised_mean_J"] = Json.Of(binary.Zip(truth, MaskScore.J).Average());
            computed["binarised_mean_F"] = Json.Of(binary.Zip(truth, MaskScore.F).Average());
            comparison.Put(one, "expected", computed, name => name.StartsWith("binarised", StringComparison.Ordinal) ? exact : single);
        }
    }

    private static JsonObject Originals(float[][] probabilities, PixelMask[] truth) => new()
    {
        ["avsbench_mask_iou"] = Json.Of(MaskScore.MaskIou(probabilities, truth, 0.5f)),
        ["avsbench_max_F"] = Json.Of(MaskScore.AvsbenchMaxF(probabilities, truth)),
        ["refavs_S"] = Json.Of(MaskScore.RefAvsS(probabilities)),
    };

    private static PixelMask Frame(JsonObject place, string name, int frame) => place.List(name)[frame] is JsonArray rows
        ? PixelMask.FromRows([.. rows.Select(row => row?.GetValueKind() == JsonValueKind.String ? row.GetValue<string>() : throw Json.Wrong(place, $"{name}[{frame}]", "rows of 0 and 1", row))])
        : throw Json.Wrong(place, $"{name}[{frame}]", "rows of 0 and 1");

    private static float[] Logits(JsonNode? frame, JsonObject place, int at) =>
    [
        .. (frame as JsonArray ?? throw Json.Wrong(place, $"logits[{at}]", "rows of numbers", frame))
            .SelectMany(row => row as JsonArray ?? throw Json.Wrong(place, $"logits[{at}]", "rows of numbers", row))
            .Select(number => number?.GetValueKind() == JsonValueKind.Number ? MaskScore.Sigmoid(number.GetValue<double>()) : throw Json.Wrong(place, $"logits[{at}]", "numbers", number)),
    ];
}

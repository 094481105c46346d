using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>parse.json</c>.</summary>
internal static class ParseForm
{
    /// <summary>Rules that published code has; they read every text.</summary>
    private static readonly (string Name, Func<string, JsonNode> Read)[] Published =
    [
        ("crab_plus_s4_ms3", text => Coordinates(CoordinateRules.ReadS4Ms3(text))),
        ("crab_plus_ref_avs", text => Coordinates(CoordinateRules.ReadRefAvs(text))),
        ("moka_ave", text => AveForm.Reading(TagRules.ReadAve(text))),
        ("moka_avqa", MusicAvqaForm.Reading),
    ];

    /// <summary>Rules by convention; a file gives them only where a text leaves no doubt.</summary>
    private static readonly Dictionary<string, Func<string, JsonNode?>> Conventions = new()
    {
        ["answer"] = text => TagRules.ReadAnswer(text),
        ["events"] = text => Json.Of(TagRules.ReadEvents(text)),
        ["avvp"] = text => TagRules.ReadAvvp(text) is var (audio, visual) ? new JsonObject { ["audio"] = Json.Of(audio), ["visual"] = Json.Of(visual) } : null,
        ["arig_box"] = text => Json.Of(TagRules.ReadArigBox(text)),
    };

    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject one in file.Objects("cases"))
        {
            string text = one.Text("text");
            comparison.Put(one, "expected", new JsonObject(Published.Select(rule => KeyValuePair.Create(rule.Name, (JsonNode?)rule.Read(text)))));
            if (one["by_convention"] is JsonObject given)
            {
                comparison.Put(one, "by_convention", new JsonObject(given.Where(rule => Conventions.ContainsKey(rule.Key)).Select(rule => KeyValuePair.Create(rule.Key, Conventions[rule.Key](text)))));
            }
        }
    }

    private static JsonObject Coordinates(CoordinateReading read)
    {
        JsonObject reading = new()
        {
            ["extract"] = new JsonObject
            {
                ["found"] = read.Found,
                ["box"] = read.Box is null ? null : Json.Of(read.Box, number => Json.Of(number)),
                ["points"] = read.Points is null ? null : Json.Of(read.Points, point => Json.Of(point, number => Json.Of(number))),
            },
            ["status"] = Json.Of(read.Status),
        };
        if (read.Status == CoordinateStatus.Ok)
        {
            reading["prompt_box"] = Json.Of(read.PromptBox);
            reading["prompt_points"] = Json.Of(read.PromptPoints);
        }

        return reading;
    }
}

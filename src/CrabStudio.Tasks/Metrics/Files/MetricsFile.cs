using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>A file of reference numbers cannot be used. The message is one line for a person and says where.</summary>
/// <param name="message">What was found, what was expected.</param>
public sealed class MetricsFileException(string message) : Exception(message);

/// <summary>What came of computing a file of reference numbers.</summary>
/// <param name="Document">The document, with what was computed beside what was expected.</param>
/// <param name="Values">Single values that were compared.</param>
/// <param name="Outside">Those of them that differ by more than the file's tolerance.</param>
/// <param name="NotComputed">Expected values that are not computed (METEOR).</param>
/// <param name="FirstOutside">The first that differs, in words; null when none does.</param>
public sealed record MetricsCheck(JsonObject Document, int Values, int Outside, int NotComputed, string? FirstOutside);

/// <summary>
/// Files of inputs and reference numbers, one form a metric: computes everything from the inputs and puts it beside what the file
/// expects. <c>expected</c> gets a <c>computed</c>, <c>expected_by_authors</c> a <c>computed_by_authors</c>, any other reference value
/// <c>NAME</c> a <c>computed_NAME</c>; <c>checked</c> at the end has the counts.
/// </summary>
public static class MetricsFile
{
    private static readonly (string Name, Func<JsonObject, bool> Fits, Action<JsonObject, Comparison> Compute)[] Forms =
    [
        ("parse", file => file.ContainsKey("rules") || FirstHas(file, "cases", "text"), ParseForm.Compute),
        ("avvp", file => file.ContainsKey("videos") || file.ContainsKey("text_videos") || file.ContainsKey("helpers"), AvvpForm.Compute),
        ("ave", file => file.ContainsKey("matrix_cases") || file.ContainsKey("text_sets") || file.ContainsKey("tie_cases"), AveForm.Compute),
        ("arig", file => file.ContainsKey("box_cases") || file.ContainsKey("map_sets"), ArigForm.Compute),
        ("seg_pipeline", file => file.ContainsKey("runs"), SegmentationForm.Compute),
        ("masks", file => file.ContainsKey("probability_cases") || FirstHas(file, "cases", "h"), MaskForm.Compute),
        ("transfer", file => FirstHas(file, "cases", "tasks"), TransferForm.Compute),
        ("classification", file => file.ContainsKey("text_cases") || FirstHas(file, "cases", "labels"), ClassificationForm.Compute),
        ("musicavqa", file => file.ContainsKey("answer_list") || FirstHas(file, "sets", "rows"), MusicAvqaForm.Compute),
        ("captions", file => FirstHas(file, "sets", "items"), CaptionForm.Compute),
        ("unav", file => FirstHas(file, "sets", "pred"), TemporalForm.Compute),
    ];

    /// <summary>The known forms.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Forms.Select(form => form.Name)];

    /// <summary>Computes a file's text.</summary>
    /// <param name="json">A JSON object of one of the forms.</param>
    /// <exception cref="MetricsFileException">It is no JSON object, of no known form, or something in it is missing or of another kind.</exception>
    public static MetricsCheck Compute(string json)
    {
        JsonObject document;
        try
        {
            document = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new MetricsFileException("should be a JSON object, but holds another kind of value");
        }
        catch (JsonException damage)
        {
            throw new MetricsFileException($"is not valid JSON (line {(damage.LineNumber ?? 0) + 1}, byte {(damage.BytePositionInLine ?? 0) + 1})");
        }

        Action<JsonObject, Comparison>? compute = Forms.FirstOrDefault(form => form.Fits(document)).Compute;
        if (compute is null)
        {
            throw new MetricsFileException($"has none of the known forms of reference numbers ({string.Join(", ", Names)})");
        }

        // Without a tolerance values must be equal, as those of parse.
        Comparison comparison = new(document.ContainsKey("tolerance") ? document.Number("tolerance") : 0);
        try
        {
            compute(document, comparison);
        }
        catch (Exception mismatch) when (mismatch is FormatException or ArgumentException or InvalidOperationException or OverflowException or IndexOutOfRangeException)
        {
            // Values that are of the right kind one by one, and do not go together.
            throw new MetricsFileException($"holds values that do not go together: {mismatch.Message.ReplaceLineEndings(" ")}");
        }

        document["checked"] = new JsonObject { ["values"] = comparison.Values, ["outside"] = comparison.Outside, ["not_computed"] = comparison.NotComputed };
        return new MetricsCheck(document, comparison.Values, comparison.Outside, comparison.NotComputed, comparison.FirstOutside);
    }

    private static bool FirstHas(JsonObject file, string list, string name) => file[list] is JsonArray { Count: > 0 } all && all[0] is JsonObject first && first.ContainsKey(name);
}

/// <summary>Puts computed values beside expected ones, and counts how they compare.</summary>
/// <param name="tolerance">The most by which numbers may differ.</param>
internal sealed class Comparison(double tolerance)
{
    /// <summary>Expected values that are known not to be computed.</summary>
    private const string NotComputedName = "METEOR";

    public int Values { get; private set; }

    public int Outside { get; private set; }

    public int NotComputed { get; private set; }

    public string? FirstOutside { get; private set; }

    /// <summary>Puts what was computed beside a reference value; where the file has none, it stands alone and nothing is compared.</summary>
    /// <param name="place">The object that the reference value is in.</param>
    /// <param name="reference">Its name.</param>
    /// <param name="computed">The computed value, of the same shape.</param>
    /// <param name="within">Another tolerance than the file's, by the name of the value; null for the file's.</param>
    public void Put(JsonObject place, string reference, JsonNode? computed, Func<string, double>? within = null)
    {
        string name = reference.StartsWith("expected", StringComparison.Ordinal) ? "computed" + reference["expected".Length..] : $"computed_{reference}";
        place.Remove(name);
        int at = place.IndexOf(reference);
        if (at < 0)
        {
            place.Add(name, computed);
            return;
        }

        Compare(place[reference], computed, $"{place.GetPath()}.{reference}", reference, within);
        place.Insert(at + 1, name, computed);
    }

    private void Compare(JsonNode? expected, JsonNode? computed, string path, string name, Func<string, double>? within)
    {
        switch (expected, computed)
        {
            case (JsonObject one, JsonObject other):
                foreach ((string key, JsonNode? value) in one)
                {
                    if (other.ContainsKey(key))
                    {
                        Compare(value, other[key], $"{path}.{key}", key, within);
                    }
                    else if (key == NotComputedName)
                    {
                        NotComputed++;
                    }
                    else
                    {
                        Count(false, $"{path}.{key} is expected, but nothing was computed");
                    }
                }

                foreach ((string key, JsonNode? value) in other)
                {
                    if (!one.ContainsKey(key))
                    {
                        Count(false, $"{path} should have no {key}, but {Show(value)} was computed");
                    }
                }

                break;
            case (JsonArray one, JsonArray other):
                for (int place = 0; place < Math.Min(one.Count, other.Count); place++)
                {
                    Compare(one[place], other[place], $"{path}[{place}]", name, within);
                }

                // The length is a value of its own, so that an empty list counts too.
                Count(one.Count == other.Count, $"{path} should have {one.Count} entries, but {other.Count} were computed");
                break;
            default:
                Count(Equal(expected, computed, within?.Invoke(name) ?? tolerance), $"{path} should be {Show(expected)}, but {Show(computed)} was computed");
                break;
        }
    }

    private static bool Equal(JsonNode? expected, JsonNode? computed, double within) => (Kind(expected), Kind(computed)) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => Math.Abs(expected!.GetValue<double>() - Convert.ToDouble(computed!.GetValue<object>(), CultureInfo.InvariantCulture)) <= within,
        (JsonValueKind.String, JsonValueKind.String) => expected!.GetValue<string>() == computed!.GetValue<string>(),
        ({ } one, { } other) => one == other && one is JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False,
    };

    private static JsonValueKind Kind(JsonNode? node) => node?.GetValueKind() ?? JsonValueKind.Null;

    private static string Show(JsonNode? node) => node?.ToJsonString() is { } text ? text.Length > 80 ? text[..80] + "…" : text : "null";

    private void Count(bool equal, string complaint)
    {
        Values++;
        if (!equal)
        {
            Outside++;
            FirstOutside ??= complaint;
        }
    }
}

using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>Reads values of an expected kind, with the place in the complaint; and writes computed ones as the files have them.</summary>
internal static class Json
{
    /// <summary>Integers beyond are written as strings.</summary>
    private static readonly BigInteger MostExact = BigInteger.Pow(2, 53);

    private static readonly JsonNamingPolicy Snake = JsonNamingPolicy.SnakeCaseLower;

    /// <summary>The objects of a list; none when the list is not there.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonObject place, string name) =>
        place.ContainsKey(name) ? place.List(name).Select((node, at) => node as JsonObject ?? throw Wrong(place, $"{name}[{at}]", "an object", node)) : [];

    /// <summary>A list that must be there.</summary>
    public static JsonArray List(this JsonObject place, string name) => place[name] as JsonArray ?? throw Wrong(place, name, "a list");

    /// <summary>An object that must be there.</summary>
    public static JsonObject Object(this JsonObject place, string name) => place[name] as JsonObject ?? throw Wrong(place, name, "an object");

    /// <summary>A text that must be there.</summary>
    public static string Text(this JsonObject place, string name) => place.TextOrNull(name) ?? throw Wrong(place, name, "a text");

    /// <summary>A text, or null.</summary>
    public static string? TextOrNull(this JsonObject place, string name) => place[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw Wrong(place, name, "a text"),
    };

    /// <summary>A number that must be there.</summary>
    public static double Number(this JsonObject place, string name) => place.NumberOrNull(name) ?? throw Wrong(place, name, "a number");

    /// <summary>A number, or null.</summary>
    public static double? NumberOrNull(this JsonObject place, string name) => place[name] is null ? null : AsNumber(place[name], place, name);

    /// <summary>A list of texts.</summary>
    public static string[] Texts(this JsonObject place, string name) => [.. place.List(name).Select(node => AsText(node, place, name))];

    /// <summary>A list of texts and nulls.</summary>
    public static string?[] TextsOrNulls(this JsonObject place, string name) => [.. place.List(name).Select(node => node is null ? null : AsText(node, place, name))];

    /// <summary>A list of lists of integers.</summary>
    public static int[][] Wholes(this JsonObject place, string name) =>
        [.. place.List(name).Select(row => (row as JsonArray ?? throw Wrong(place, name, "a list of lists", row)).Select(node => AsWhole(node, place, name)).ToArray())];

    /// <summary>A list of integers.</summary>
    public static int[] WholeRow(this JsonObject place, string name) => [.. place.List(name).Select(node => AsWhole(node, place, name))];

    /// <summary>True or false; false when not there.</summary>
    public static bool Flag(this JsonObject place, string name) => place[name] is { } node && (node.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(place, name, "true or false"),
    });

    /// <summary>A box of four integers.</summary>
    public static AnswerBox Box(JsonNode? node, JsonObject place, string name) =>
        node is JsonArray { Count: 4 } list ? new AnswerBox(AsWhole(list[0], place, name), AsWhole(list[1], place, name), AsWhole(list[2], place, name), AsWhole(list[3], place, name))
            : throw Wrong(place, name, "a box of four numbers", node);

    /// <summary>A mask of rows of 0 and 1.</summary>
    public static PixelMask Mask(this JsonObject place, string name)
    {
        try
        {
            return PixelMask.FromRows(place.Texts(name));
        }
        catch (FormatException damage)
        {
            throw new MetricsFileException($"{place.GetPath()}.{name}: {damage.Message}");
        }
    }

    /// <summary>A complaint about a value.</summary>
    public static MetricsFileException Wrong(JsonObject place, string name, string wanted) =>
        place.ContainsKey(name) ? Wrong(place, name, wanted, place[name]) : new MetricsFileException($"{place.GetPath()} has no “{name}”; it should be {wanted}");

    /// <summary>A complaint about a value that is at hand.</summary>
    public static MetricsFileException Wrong(JsonObject place, string name, string wanted, JsonNode? found)
    {
        string shown = found?.ToJsonString() ?? "null";
        return new MetricsFileException($"{place.GetPath()}.{name} should hold {wanted}, but is {(shown.Length > 40 ? shown[..40] + "…" : shown)}");
    }

    /// <summary>A number as written in the files: NaN and infinity as words, no value as null.</summary>
    public static JsonNode? Of(double? number) => number switch
    {
        null => null,
        double.NaN => "NaN",
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        { } finite => finite,
    };

    /// <summary>An integer of any size.</summary>
    public static JsonNode Of(BigInteger number) => BigInteger.Abs(number) > MostExact ? number.ToString() : (long)number;

    /// <summary>The name of a status.</summary>
    public static JsonNode Of(Enum status) => Snake.ConvertName(status.ToString());

    /// <summary>A list.</summary>
    public static JsonArray Of<T>(IEnumerable<T> items, Func<T, JsonNode?> write) => new([.. items.Select(write)]);

    /// <summary>A box, or null.</summary>
    public static JsonNode? Of(AnswerBox? box) => box is null ? null : new JsonArray(box.X1, box.Y1, box.X2, box.Y2);

    /// <summary>Points, or null.</summary>
    public static JsonNode? Of(IReadOnlyList<AnswerPoint>? points) => points is null ? null : Of(points, point => new JsonArray(point.X, point.Y));

    /// <summary>Events with their ranges.</summary>
    public static JsonNode Of(IReadOnlyList<LabelledRanges> events) =>
        Of(events, one => new JsonObject { ["label"] = one.Label, ["ranges"] = Of(one.Ranges, range => new JsonArray(range.Start, range.End)) });

    /// <summary>Ten seconds as zeros and ones.</summary>
    public static string Seconds(Func<int, bool> on) => string.Concat(Enumerable.Range(0, AvvpScore.Seconds).Select(second => on(second) ? '1' : '0'));

    private static double AsNumber(JsonNode? node, JsonObject place, string name) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? value.GetValue<double>() : throw Wrong(place, name, "a number", node);

    public static int AsWhole(JsonNode? node, JsonObject place, string name) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out int whole) ? whole : throw Wrong(place, name, "a whole number", node);

    private static string AsText(JsonNode? node, JsonObject place, string name) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw Wrong(place, name, "a text", node);
}

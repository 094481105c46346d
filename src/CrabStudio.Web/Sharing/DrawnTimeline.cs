using System.Text.Json;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;

namespace CrabStudio.Web.Sharing;

/// <summary>What a person drew on a clip, as far as a reader's page shows it. The names are those of the studio's own timeline format.</summary>
/// <param name="Events">Events with both ends.</param>
/// <param name="Marks">Boxes and points.</param>
internal sealed record DrawnTimeline(IReadOnlyList<AnswerEvent> Events, IReadOnlyList<SharedMark> Marks)
{
    /// <summary>Reads one; what is not as expected in it is passed over.</summary>
    public static DrawnTimeline Of(StoredTimeline stored)
    {
        string source = stored.Kind == TimelineKind.Truth ? "truth" : "corrected";
        try
        {
            using JsonDocument document = JsonDocument.Parse(stored.ContentJson);
            return new DrawnTimeline(
                [.. from one in List(document.RootElement, "events")
                    where Number(one, "start") is not null && Number(one, "end") is not null
                    select new AnswerEvent(Text(one, "label"), Modality(Text(one, "modality")), Number(one, "start"), Number(one, "end"))],
                [.. MarksIn(document.RootElement, source, "boxes", ["x1", "y1", "x2", "y2"]), .. MarksIn(document.RootElement, source, "points", ["x", "y"])]);
        }
        catch (JsonException)
        {
            // Then there is nothing that a reader could be shown.
            return new DrawnTimeline([], []);
        }
    }

    private static IEnumerable<SharedMark> MarksIn(JsonElement root, string source, string list, string[] names) =>
        from one in List(root, list)
        let numbers = names.Select(name => Number(one, name)).OfType<double>().ToArray()
        where numbers.Length == names.Length
        select new SharedMark(source, Text(one, "label"), Number(one, "time") ?? 0, numbers);

    private static JsonElement[] List(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object)]
            : [];

    private static double? Number(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;

    private static string Text(JsonElement owner, string name) => owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static EventModality Modality(string word) => word.ToLowerInvariant() switch
    {
        "audio" => EventModality.Audio,
        "visual" => EventModality.Visual,
        _ => EventModality.AudioVisual,
    };
}

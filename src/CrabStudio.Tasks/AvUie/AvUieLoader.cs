using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.AvUie;

/// <summary>An entry → the sample that the authors' loaders make of it (crab-plus facts §2 and §5), quirks included.</summary>
public static partial class AvUieLoader
{
    /// <summary>Makes the sample.</summary>
    /// <exception cref="AvUieException">A field that the sample needs is missing or of the wrong kind.</exception>
    public static AvUieSample Load(AvUieEntry entry)
    {
        TaskDefinition task = TaskCatalog.Find(entry.Key) ?? throw new AvUieException(entry.File, entry.Index, null, "is of no known key");
        Conversation prompt = new(task.Key, [new TextItem(task.Lead), .. AvUieFields.Media(entry.Key, entry.Split).Select(field => Item(task, entry, field)), new TextItem(Question(task, entry))]);
        bool training = entry.Split == AvUieSplit.Train;
        string field = AvUieFields.Target(entry.Key);
        string? target = training || entry.Has(field) ? entry.Text(field) : null;
        return new AvUieSample(entry, prompt, target, training ? null : Expected(entry), Reference(entry, target));
    }

    /// <summary>The options of an avqa_thu entry, or none where they cannot be read.</summary>
    internal static IReadOnlyList<string> Options(AvUieEntry entry)
    {
        JsonElement value = entry.Value("multi_choice");
        return value.ValueKind switch
        {
            JsonValueKind.String => PythonList.Read(entry.Text("multi_choice")) ?? [],
            JsonValueKind.Array when value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String) => [.. value.EnumerateArray().Select(one => one.GetString()!)],
            _ => [],
        };
    }

    /// <summary>
    /// Events of an avvp entry's field <c>event</c>, as in <c>audio:Church bell 0 4;visual:Dog 2 10</c>; none where it is
    /// written otherwise.
    /// </summary>
    internal static IReadOnlyList<AnswerEvent> TrackEvents(string text)
    {
        List<AnswerEvent> events = [];
        foreach (string part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (TrackEvent().Match(part) is not { Success: true } match)
            {
                return [];
            }

            events.Add(new AnswerEvent(
                match.Groups[2].Value.Trim(),
                match.Groups[1].Value == "audio" ? EventModality.Audio : EventModality.Visual,
                double.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture),
                double.Parse(match.Groups[4].Value, CultureInfo.InvariantCulture)));
        }

        return events;
    }

    private static ContentItem Item(TaskDefinition task, AvUieEntry entry, string field)
    {
        string path = entry.MediaPath(field);
        return field.StartsWith("audio", StringComparison.Ordinal) ? new AudioItem(path, task.Key, Window(entry))
            : task.Media == TaskMedia.StillWithSound ? new ImageItem(path)
            : new VideoItem(path, task.FrameCount);
    }

    // Which window is heard: s4 hears the first in training, whatever its frame; arig hears all.
    private static int? Window(AvUieEntry entry) => (entry.Key, entry.Split) switch
    {
        ("arig", _) => null,
        ("s4", AvUieSplit.Train) => 0,
        _ => AvUieFields.FrameIndex(entry.Key, entry.Split) is { } field ? entry.Whole(field) : null,
    };

    private static string Question(TaskDefinition task, AvUieEntry entry) =>
        // In one pass, so that a question that speaks of {multi_choice} stays what it is.
        Place().Replace(task.Question, place => place.Value switch
        {
            "{question}" => entry.Printed(entry.Key == "avqa" ? "question" : "question_text"),
            "{multi_choice}" => entry.Value("multi_choice").ValueKind == JsonValueKind.Array ? ConversationBuilder.PythonList(Options(entry)) : entry.Printed("multi_choice"),
            _ => entry.Text(entry.Split == AvUieSplit.Train ? "description" : "object").ToLowerInvariant(),
        });

    private static string Expected(AvUieEntry entry)
    {
        switch (entry.Key)
        {
            case "a2v" or "v2a" or "meld" or "mer24" or "cremad" or "mafw" or "dfew":
                return $"<answer>{entry.Printed(AvUieFields.Label(entry.Key)!)}</answer>.";
            case "ks":
                return $"<answer>{entry.Printed("action")}</answer>";
            case "ucf":
                return $"<answer>{entry.Text("label").ToLowerInvariant()}</answer>";
            case "avqa" or "avqa_thu":
                return entry.Printed("answer");
            case "ave":
                return $"event:{entry.Text("event")} start_time:{entry.Printed("start_time")} end_time:{entry.Printed("end_time")}";
            case "avvp":
                return entry.Text("event");
            case "s4" or "ms3":
                return $"The object making the sound in the video is {entry.Text("a_obj")}.";
            case "ref_avs":
                return entry.Text("object");
            case "arig":
                ((int x1, int y1), (int x2, int y2)) = (entry.Corner("top_left"), entry.Corner("bottom_right"));
                return string.Create(CultureInfo.InvariantCulture, $"The sounding object is {entry.Text("a_obj")}. Its coordinates are <obj>({x1},{y1})({x2},{y2})</obj>.");
            default:
                // unav and avcap, of which the original has no test list.
                return entry.Text(AvUieFields.Target(entry.Key));
        }
    }

    private static AvUieReference Reference(AvUieEntry entry, string? target)
    {
        AnswerBox? box = null;
        if (entry.Has("top_left") && entry.Has("bottom_right"))
        {
            ((int x1, int y1), (int x2, int y2)) = (entry.Corner("top_left"), entry.Corner("bottom_right"));
            box = new AnswerBox(x1, y1, x2, y2);
        }

        IReadOnlyList<string> options = entry.Key == "avqa_thu" ? Options(entry) : [];
        return new AvUieReference(
            Label(entry, options, target),
            Events(entry, target),
            box,
            FrameIndex(entry),
            Optional(entry, "type") ?? Optional(entry, "question_type"),
            options,
            Optional(entry, "split"),
            Optional(entry, "vid") ?? Optional(entry, "video_id"));
    }

    private static string? Label(AvUieEntry entry, IReadOnlyList<string> options, string? target)
    {
        string? label = AvUieFields.Label(entry.Key) is { } field && entry.Has(field) ? entry.Printed(field) : null;
        return entry.Key switch
        {
            "ucf" => label?.ToLowerInvariant(),
            "avqa_thu" when int.TryParse(label, CultureInfo.InvariantCulture, out int number) && number >= 0 && number < options.Count => options[number],
            "ref_avs" when entry.Split == AvUieSplit.Test => Optional(entry, "split") is { } subset ? (subset == "test_n" ? "false" : "true") : null,
            "ref_avs" => target is null ? null : AnswerParser.Parse("ref_avs", target).Exists switch { true => "true", false => "false", null => null },
            _ => label,
        };
    }

    private static IReadOnlyList<AnswerEvent> Events(AvUieEntry entry, string? target) => entry.Key switch
    {
        "ave" => [new AnswerEvent(entry.Text("event"), EventModality.AudioVisual, entry.Number("start_time"), entry.Number("end_time"))],
        "unav" or "avvp" when target is not null => AnswerParser.Parse(entry.Key, target).Events,
        "avvp" => TrackEvents(entry.Text("event")),
        _ => [],
    };

    // arig's training list has no such field: the file's name is the index, as in image/v1/3.png.
    private static int? FrameIndex(AvUieEntry entry) => entry is { Key: "arig", Split: AvUieSplit.Train }
        ? int.TryParse(Path.GetFileNameWithoutExtension(entry.Text("image_path")), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null
        : (AvUieFields.FrameIndex(entry.Key, entry.Split) ?? (entry.Key == "s4" ? "frame_idx" : null)) is { } field && entry.Has(field) ? entry.Whole(field) : null;

    private static string? Optional(AvUieEntry entry, string field) => entry.Has(field) && entry.Value(field).ValueKind is JsonValueKind.String or JsonValueKind.Number ? entry.Printed(field) : null;

    [GeneratedRegex(@"\{(?:question|multi_choice|description)\}")]
    private static partial Regex Place();

    [GeneratedRegex(@"^(audio|visual):(.+?)\s+(\d+(?:\.\d+)?)\s+(\d+(?:\.\d+)?)$")]
    private static partial Regex TrackEvent();
}

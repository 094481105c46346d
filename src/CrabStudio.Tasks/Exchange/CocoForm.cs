using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Exchange;

/// <summary>
/// COCO's JSON of object detection: every frame with a box is an image, every label a category, every box an annotation with
/// <c>bbox</c> [x, y, width, height]. What COCO does not say stands beside it, where its readers pass over it: the frame's time
/// in <c>crabstudio_time</c> of the image; id, layer and note in <c>attributes</c> of the annotation; version, clip and how
/// the model's run was altered in <c>info</c>. In files of others the time is told from <c>frame_id</c>, <c>frame_index</c> or the number at the end of
/// <c>file_name</c>, counted from 0, which needs the frame rate; a single image without one stands at 0 seconds. Outlines, masks and key points are
/// left out, the box around them is kept. Events and points have no place.
/// </summary>
public static partial class CocoForm
{
    private const string TimeField = "crabstudio_time";

    internal static byte[] Write(TimelineDocument document, LeftOutList leftOut)
    {
        leftOut.Add(LeftOutKind.Events, document.Events.Count, "COCO says where in a picture, not from when to when");
        leftOut.Add(LeftOutKind.Points, document.Points.Count, "COCO's points are parts of a body");
        if (document.Boxes.Count > 0 && document.Clip is not { Width: not null, Height: not null })
        {
            throw new ExchangeException(TimelineExchange.Name(TimelineFormat.Coco), default, null, "COCO needs the width and height of the picture, which are not known; name the clip, or give its size");
        }

        decimal[] times = [.. document.Boxes.Select(one => one.TimeSeconds).Distinct()];
        string[] labels = [.. document.Boxes.Select(one => one.Label).Distinct().Order(StringComparer.Ordinal)];
        Dictionary<decimal, int> images = times.Select((time, place) => (time, place)).ToDictionary(one => one.time, one => one.place + 1);
        Dictionary<string, int> categories = labels.Select((label, place) => (label, place)).ToDictionary(one => one.label, one => one.place + 1);
        return TimelineJsonForm.Json(TimelineJsonForm.Readable with { Indented = true, NewLine = "\n" }, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("info");
            json.WriteString("description", $"Boxes of a timeline of CrabStudio{(document.Altered.Length > 0 ? $"; those of the model are of an altered run: {document.Altered}" : "")}");
            TimelineJsonForm.WriteVersion(json, document);
            json.WriteStartObject("clip");
            TimelineJsonForm.WriteClip(json, document.Clip);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartArray("licenses");
            json.WriteEndArray();
            json.WriteStartArray("images");
            string stem = Path.GetFileNameWithoutExtension(document.Clip.FileName) is { Length: > 0 } name ? name : "frame";
            foreach (decimal time in times)
            {
                json.WriteStartObject();
                json.WriteNumber("id", images[time]);
                json.WriteString("file_name", string.Create(CultureInfo.InvariantCulture, $"{stem}_{time * 1000:0}ms.png"));
                json.WriteNumber("width", document.Clip.Width!.Value);
                json.WriteNumber("height", document.Clip.Height!.Value);
                TimelineJsonForm.Number(json, TimeField, time);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("annotations");
            int number = 0;
            foreach (TimelineBox one in document.Boxes)
            {
                json.WriteStartObject();
                json.WriteNumber("id", ++number);
                json.WriteNumber("image_id", images[one.TimeSeconds]);
                json.WriteNumber("category_id", categories[one.Label]);
                json.WriteStartArray("bbox");
                foreach (decimal value in new[] { one.X1, one.Y1, one.X2 - one.X1, one.Y2 - one.Y1 })
                {
                    json.WriteRawValue(TimelineRules.Number(value));
                }

                json.WriteEndArray();
                TimelineJsonForm.Number(json, "area", (one.X2 - one.X1) * (one.Y2 - one.Y1));
                json.WriteNumber("iscrowd", 0);
                json.WriteStartArray("segmentation");
                json.WriteEndArray();
                json.WriteStartObject("attributes");
                json.WriteString("id", one.Id);
                json.WriteString("layer", TimelineRules.Word(one.Layer));
                if (one.Note.Length > 0)
                {
                    json.WriteString("note", one.Note);
                }

                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("categories");
            foreach (string label in labels)
            {
                json.WriteStartObject();
                json.WriteNumber("id", categories[label]);
                json.WriteString("name", label);
                json.WriteString("supercategory", "");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    internal static void Read(JsonSource source, TimelineBuilder builder)
    {
        JsonElement root = source.Object(source.Root);
        bool own = false;
        if (JsonSource.Optional(root, "info") is { } info && JsonSource.Optional(info, TimelineJsonForm.VersionField) is not null)
        {
            own = true;
            TimelineJsonForm.ReadVersion(source, info, builder);
            if (JsonSource.Optional(info, "clip") is { } clip)
            {
                TimelineJsonForm.ReadClip(source, source.Object(clip), builder);
            }
        }

        string? video = Video(source, root, builder);
        Dictionary<string, decimal?> times = Images(source, root, builder, video);
        Dictionary<string, string> labels = [];
        foreach (JsonElement one in source.Objects(root, "categories"))
        {
            string id = source.Name(one, "id");
            if (!labels.TryAdd(id, source.Text(one, "name")))
            {
                throw source.Fault(one, "id", $"is {TimelineRules.Shown(id)}, which an earlier category has already");
            }
        }

        foreach (JsonElement one in source.Objects(root, "annotations"))
        {
            string image = source.Name(one, "image_id"), category = source.Name(one, "category_id");
            decimal? time = times.TryGetValue(image, out decimal? known) ? known : throw source.Fault(one, "image_id", $"is {TimelineRules.Shown(image)}, which no image has");
            string label = labels.TryGetValue(category, out string? called) ? called : throw source.Fault(one, "category_id", $"is {TimelineRules.Shown(category)}, which no category has");
            if (time is null)
            {
                builder.LeftOut.Add(LeftOutKind.OtherClips, 1, "they are of other clips");
                continue;
            }

            decimal[] box = [.. source.List(source.Value(one, "bbox"), "bbox").Take(5).Select(value => source.NumberOf(value, "bbox"))];
            if (box is not [var x, var y, var width, var height])
            {
                throw source.Fault(source.Value(one, "bbox"), "bbox", $"has {(box.Length > 4 ? "more than 4" : box.Length)} numbers, expected 4: x, y, width, height");
            }

            JsonElement? more = JsonSource.Optional(one, "attributes") is { ValueKind: JsonValueKind.Object } attributes ? attributes : null;
            bool shaped = JsonSource.Optional(one, "segmentation") is { } shape && (shape.ValueKind != JsonValueKind.Array || shape.GetArrayLength() > 0);
            builder.LeftOut.Add(LeftOutKind.Shapes, shaped || JsonSource.Optional(one, "keypoints") is not null ? 1 : 0, "of outlines, masks and key points the box around is kept");
            // Attributes of others may be called so too, and be anything.
            builder.Box(() => source.At(one), own && more is { } named ? source.TextOrNull(named, "id") : null, label, time.Value, x, y, x + width, y + height,
                own && more is { } layered ? source.Layer(layered, "layer") : null, own && more is { } noted ? source.TextOrNull(noted, "note") ?? "" : "");
        }
    }

    // Of lists of several videos (as for tracking) one is read.
    private static string? Video(JsonSource source, JsonElement root, TimelineBuilder builder)
    {
        List<(string Id, string Name, JsonElement At)> videos = [.. source.Objects(root, "videos").Select(one =>
            (source.Name(one, "id"), TimelineRules.FileName(source.TextOrNull(one, "file_name") ?? source.TextOrNull(one, "name") ?? ""), one))];
        if (videos.Count == 0)
        {
            return null;
        }

        string? wanted = builder.Settings.Clip?.FileName is { Length: > 0 } name ? name : null;
        int place = videos.Count == 1 ? 0 : videos.FindIndex(one => one.Name == wanted || Path.GetFileNameWithoutExtension(wanted) == one.Name);
        if (place < 0)
        {
            throw source.Fault(videos[0].At, "videos", $"names {videos.Count} videos, of which {(wanted is null ? "one must be chosen" : $"“{TimelineRules.Shown(wanted)}” is none")}: {TimelineRules.Shown(string.Join(", ", videos.Take(5).Select(one => one.Name)))}; say which clip is wanted");
        }

        (string id, string file, JsonElement at) = videos[place];
        builder.Facts(() => source.At(at), wanted ?? file, null, source.NumberOrNull(at, "fps"), null, null);
        return id;
    }

    // Image → its time; null where it is of another video.
    private static Dictionary<string, decimal?> Images(JsonSource source, JsonElement root, TimelineBuilder builder, string? video)
    {
        Dictionary<string, decimal?> times = [];
        JsonElement list = source.Value(root, "images");
        int count = source.List(list, "images").Count();
        foreach (JsonElement one in source.Objects(root, "images"))
        {
            string id = source.Name(one, "id");
            bool other = video is not null && JsonSource.Optional(one, "video_id") is not null && source.Name(one, "video_id") != video;
            if (!times.TryAdd(id, other ? null : Time(source, one, builder, count)))
            {
                throw source.Fault(one, "id", $"is {TimelineRules.Shown(id)}, which an earlier image has already");
            }

            if (other)
            {
                continue;
            }

            decimal? width = source.NumberOrNull(one, "width"), height = source.NumberOrNull(one, "height");
            builder.Facts(() => source.At(one), null, null, null, width, height);
            if (width is { } across && height is { } down && (across != builder.Clip.Width || down != builder.Clip.Height))
            {
                throw source.Fault(one, "width", $"and height are {TimelineRules.Number(across)}×{TimelineRules.Number(down)}, where the clip is {builder.Clip.Width}×{builder.Clip.Height}; the frames of a clip are of one size");
            }
        }

        return times;
    }

    private static decimal Time(JsonSource source, JsonElement image, TimelineBuilder builder, int count)
    {
        if (source.NumberOrNull(image, TimeField) is { } time)
        {
            return time;
        }

        decimal? frame = source.NumberOrNull(image, "frame_id") ?? source.NumberOrNull(image, "frame_index")
            ?? (JsonSource.Optional(image, "file_name") is { ValueKind: JsonValueKind.String } && Digits().Match(source.Text(image, "file_name")) is { Success: true } match ? TimelineRules.Number(match.Groups[1].Value) : null);
        return (frame, builder.Clip.FrameRate) switch
        {
            ({ } number, { } rate) when rate > 0 => number / rate,
            _ when count == 1 => 0,
            ({ } number, _) => throw source.Fault(image, null, $"is frame {TimelineRules.Number(number)}, and the frame rate is not known; give the frame rate of the clip"),
            _ => throw source.Fault(image, null, $"does not say when it is; expected {TimeField} in seconds, frame_id, or a name that ends in the frame's number, as in frame_000123.png"),
        };
    }

    [GeneratedRegex(@"([0-9]{1,9})(?:\.[A-Za-z0-9]{1,5})?\z")]
    private static partial Regex Digits();
}

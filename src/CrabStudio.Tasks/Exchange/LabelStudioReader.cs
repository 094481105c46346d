using System.Text.Json;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Exchange;

/// <summary>Reads Label Studio's JSON as <see cref="LabelStudioForm"/> says.</summary>
internal sealed partial class LabelStudioReader(JsonSource source, TimelineBuilder builder)
{
    private bool own;

    /// <summary>Reads the file into the builder.</summary>
    public void Read()
    {
        JsonElement task = Task();
        JsonElement data = source.Object(source.Value(task, "data"));
        own = JsonSource.Optional(data, TimelineJsonForm.VersionField) is not null;
        if (own)
        {
            TimelineJsonForm.ReadVersion(source, data, builder);
            if (JsonSource.Optional(data, "clip") is { } clip)
            {
                TimelineJsonForm.ReadClip(source, source.Object(clip), builder);
            }
        }

        JsonElement[] annotations = [.. Whole(task, "annotations"), .. Whole(task, "completions")], predictions = [.. Whole(task, "predictions")];
        Facts(data, annotations.Concat(predictions));
        JsonElement[] valid = [.. annotations.Where(one => JsonSource.Optional(one, "was_cancelled") is not { ValueKind: JsonValueKind.True })];
        builder.LeftOut.Add(LeftOutKind.Cancelled, annotations.Length - valid.Length, "their author has cancelled them");
        foreach (JsonElement one in valid)
        {
            TimelineLayer? layer = JsonSource.Optional(one, "ground_truth") is { ValueKind: JsonValueKind.True } ? TimelineLayer.Truth : own ? TimelineLayer.Corrected : null;
            string annotator = valid.Length > 1 && !own ? Annotator(one) : "";
            foreach (JsonElement region in source.Objects(one, "result"))
            {
                Region(region, layer, annotator);
            }
        }

        foreach (JsonElement region in predictions.SelectMany(one => source.Objects(one, "result")))
        {
            Region(region, TimelineLayer.Model, "");
        }
    }

    // What a task is of: the first of its data that names a file.
    private string FileOf(JsonElement task)
    {
        JsonElement data = source.Object(source.Value(task, "data"));
        string? path = new[] { "video", "audio", "video_url", "image" }.Where(field => JsonSource.Optional(data, field) is { ValueKind: JsonValueKind.String }).Select(field => source.Text(data, field)).FirstOrDefault();
        // What was uploaded begins with eight digits that Label Studio put there.
        return path is null ? "" : Uploaded().Replace(TimelineRules.FileName(path), "");
    }

    private JsonElement Task()
    {
        JsonElement[] tasks = source.Root.ValueKind == JsonValueKind.Array ? [.. source.List(source.Root, null).Select(source.Object)] : [source.Object(source.Root)];
        if (tasks.Length == 0)
        {
            throw source.Fault(source.Root, null, "holds no task");
        }

        int place = 0;
        if (tasks.Length > 1)
        {
            string? wanted = builder.Settings.Clip?.FileName is { Length: > 0 } name ? name : null;
            place = wanted is null ? -1 : Array.FindIndex(tasks, task => FileOf(task) == wanted);
            if (place < 0)
            {
                throw source.Fault(source.Root, null, $"holds {tasks.Length} tasks, {(wanted is null ? "of which one must be chosen" : $"of which none is of “{TimelineRules.Shown(wanted)}”")}: {TimelineRules.Shown(string.Join(", ", tasks.Take(5).Select(FileOf)))}; say which clip is wanted");
            }

            builder.LeftOut.Add(LeftOutKind.OtherClips, tasks.Length - 1, "they are of other clips");
        }

        JsonElement chosen = tasks[place];
        if (FileOf(chosen) is { Length: > 0 } file && JsonSource.Optional(source.Value(chosen, "data"), TimelineJsonForm.VersionField) is null)
        {
            builder.Facts(() => source.At(chosen), file);
        }

        return chosen;
    }

    // Where only ids were exported, there are numbers instead.
    private IEnumerable<JsonElement> Whole(JsonElement task, string field)
    {
        JsonElement[] all = JsonSource.Optional(task, field) is { } list ? [.. source.List(list, field)] : [];
        builder.LeftOut.Add(LeftOutKind.OtherRegions, all.Count(one => one.ValueKind != JsonValueKind.Object), "only their ids were exported");
        return all.Where(one => one.ValueKind == JsonValueKind.Object);
    }

    // A track of boxes says how many frames there are in how many seconds.
    private void Facts(JsonElement data, IEnumerable<JsonElement> annotations)
    {
        foreach (string field in new[] { "frame_rate", "framerate", "fps" })
        {
            if (!own && JsonSource.Optional(data, field) is { ValueKind: JsonValueKind.Number })
            {
                builder.Facts(() => source.At(data), null, null, source.Number(data, field));
            }
        }

        foreach (JsonElement value in annotations.SelectMany(one => source.Objects(one, "result")).Select(one => JsonSource.Optional(one, "value")).OfType<JsonElement>())
        {
            if (!own && JsonSource.Optional(value, "framesCount") is { ValueKind: JsonValueKind.Number } && JsonSource.Optional(value, "duration") is { ValueKind: JsonValueKind.Number }
                && source.Number(value, "duration") is > 0 and var duration && source.Number(value, "framesCount") is > 0 and var frames)
            {
                builder.Facts(() => source.At(value), null, duration, builder.Clip.FrameRate ?? frames / duration);
                return;
            }
        }
    }

    private string Annotator(JsonElement annotation) => JsonSource.Optional(annotation, "completed_by") switch
    {
        { ValueKind: JsonValueKind.Number } number => $"annotator {number.GetRawText()}",
        { ValueKind: JsonValueKind.Object } person => $"annotator {source.TextOrNull(person, "email") ?? source.Name(person, "id")}",
        _ => "",
    };

    private void Region(JsonElement region, TimelineLayer? layer, string annotator)
    {
        string type = source.Text(region, "type");
        JsonElement value = source.Object(source.Value(region, "value"));
        string note = string.Join('\n', Notes(region).Append(annotator).Where(line => line.Length > 0));
        string? id = JsonSource.Optional(region, "id") is { ValueKind: JsonValueKind.String } ? source.Text(region, "id") : null;
        // Regions of texts have a start and an end too, in letters.
        if (type == "timelinelabels" || (type == "labels" && JsonSource.Optional(value, "start") is not null && JsonSource.Optional(value, "text") is null))
        {
            Event(region, type, value, id, layer, note);
        }
        else if (type == "videorectangle")
        {
            Track(region, value, id, layer, note);
        }
        else
        {
            builder.LeftOut.Add(LeftOutKind.OtherRegions, 1, "a timeline has events and boxes");
        }
    }

    private void Event(JsonElement region, string type, JsonElement value, string? id, TimelineLayer? layer, string note)
    {
        string from = source.TextOrNull(region, "from_name") ?? "";
        EventModality modality = TimelineRules.Modality(from) ?? (type == "labels" ? EventModality.Audio : EventModality.AudioVisual);
        List<(decimal Start, decimal End)> ranges = [];
        if (type == "labels")
        {
            ranges.Add((source.Number(value, "start"), source.Number(value, "end")));
        }
        else
        {
            foreach (JsonElement range in source.Objects(value, "ranges"))
            {
                ranges.Add(Seconds(range, ExactOf(region)));
            }
        }

        if (ranges.Count == 0)
        {
            throw source.Fault(value, "ranges", "has no range, expected one with start and end");
        }

        foreach (string label in Labels(value, type, "unlabelled"))
        {
            foreach ((decimal start, decimal end) in ranges)
            {
                builder.Event(() => source.At(region), id, label, modality, start, end, layer, note);
            }
        }
    }

    private (decimal Start, decimal End) Seconds(JsonElement range, JsonElement? exact)
    {
        decimal rate = Rate(range), first = source.Number(range, "start"), last = source.Number(range, "end");
        if (exact is { } said && source.NumberOrNull(said, "start") is { } start && source.NumberOrNull(said, "end") is { } end && start is >= 0 and <= TimelineRules.MostSeconds && end is >= 0 and <= TimelineRules.MostSeconds
            && LabelStudioForm.Frames(start, end, rate) == (first, last))
        {
            return (start, end);
        }

        return first >= 1 && last >= first ? ((first - 1) / rate, last / rate)
            : throw source.Fault(range, "start", $"and end are {TimelineRules.Number(first)} and {TimelineRules.Number(last)}, expected frames from 1, the end not before the start");
    }

    private void Track(JsonElement region, JsonElement value, string? id, TimelineLayer? layer, string note)
    {
        if (builder.Clip is not { Width: { } width, Height: { } height })
        {
            throw source.Fault(value, "sequence", "is in percent of a picture whose width and height are not known; name the clip, or give its size");
        }

        JsonElement[] frames = [.. source.Objects(value, "sequence")];
        builder.LeftOut.Add(LeftOutKind.Boxes, frames.Length > 1 ? 1 : 0, "between key frames Label Studio moves a box itself; those of the key frames are kept");
        foreach (string label in Labels(value, "labels", "object"))
        {
            foreach (JsonElement frame in frames)
            {
                decimal angle = source.NumberOrNull(frame, "rotation") ?? 0;
                builder.LeftOut.Add(LeftOutKind.Shapes, angle == 0 ? 0 : 1, "of a turned box the upright one around it is kept");
                (decimal x1, decimal y1, decimal x2, decimal y2) = Around(
                    source.Number(frame, "x") * width / 100, source.Number(frame, "y") * height / 100, source.Number(frame, "width") * width / 100, source.Number(frame, "height") * height / 100, angle);
                builder.Box(() => source.At(frame), id, label, Time(frame, ExactOf(region)), Math.Clamp(x1, 0, width), Math.Clamp(y1, 0, height), Math.Clamp(x2, 0, width), Math.Clamp(y2, 0, height), layer, note);
            }
        }
    }

    private decimal Time(JsonElement frame, JsonElement? exact)
    {
        decimal number = source.Number(frame, "frame");
        if (exact is { } said && source.NumberOrNull(said, "time") is { } time && time is >= 0 and <= TimelineRules.MostSeconds && LabelStudioForm.Frame(time, Rate(frame)) == number)
        {
            return time;
        }

        return source.NumberOrNull(frame, "time") ?? (number / Rate(frame));
    }

    private decimal Rate(JsonElement at) => builder.Clip.FrameRate is { } rate and > 0 ? rate
        : throw source.Fault(at, null, "counts in frames, and the frame rate is not known; give the frame rate of the clip");

    // Turned about its upper left corner.
    private static (decimal X1, decimal Y1, decimal X2, decimal Y2) Around(decimal x, decimal y, decimal width, decimal height, decimal angle)
    {
        if (angle == 0)
        {
            return (x, y, x + width, y + height);
        }

        (double sine, double cosine) = Math.SinCos((double)angle * Math.PI / 180);
        decimal[] across = [0, width * (decimal)cosine, -height * (decimal)sine, (width * (decimal)cosine) - (height * (decimal)sine)];
        decimal[] down = [0, width * (decimal)sine, height * (decimal)cosine, (width * (decimal)sine) + (height * (decimal)cosine)];
        return (x + across.Min(), y + down.Min(), x + across.Max(), y + down.Max());
    }

    private IEnumerable<string> Labels(JsonElement value, string field, string otherwise)
    {
        string[] labels = JsonSource.Optional(value, field) is { } list ? [.. source.List(list, field).Select(one => source.TextOf(one, field))] : [];
        return labels.Length > 0 ? labels : [otherwise];
    }

    private IEnumerable<string> Notes(JsonElement region) => JsonSource.Optional(region, "meta") is not { } meta || JsonSource.Optional(meta, "text") is not { } text ? []
        : text.ValueKind == JsonValueKind.Array ? text.EnumerateArray().Select(one => source.TextOf(one, "text"))
        : [source.TextOf(text, "text")];

    private static JsonElement? ExactOf(JsonElement region) =>
        JsonSource.Optional(region, "meta") is { } meta && JsonSource.Optional(meta, LabelStudioForm.Exact) is { ValueKind: JsonValueKind.Object } exact ? exact : null;

    [GeneratedRegex(@"^[0-9a-f]{8}-")]
    private static partial Regex Uploaded();
}

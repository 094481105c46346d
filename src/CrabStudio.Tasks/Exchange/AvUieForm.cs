using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Tasks.Exchange;

/// <summary>
/// A list of AV-UIE v2 with one entry about the clip, whose answer the rooms of <c>crab data build</c> put into words. One layer
/// is held, and of it: by unav what is heard and seen, to the millisecond; by ave one such event, in whole seconds; by avvp all
/// events, each track apart, in whole seconds. The last two count ten seconds. Ids, notes, boxes and points have no place, nor has
/// the frame rate and size of the clip, nor that the run was altered.
/// </summary>
public static class AvUieForm
{
    private static readonly string[] Keys = ["unav", "ave", "avvp"];

    /// <summary>The keys whose entries hold events.</summary>
    public static IReadOnlyList<string> EventKeys => Keys;

    internal static byte[] Write(TimelineDocument document, TimelineWriteSettings settings, LeftOutList leftOut)
    {
        string name = TimelineExchange.Name(TimelineFormat.AvUie);
        TimelineLayer layer = settings.Layer ?? new[] { TimelineLayer.Truth, TimelineLayer.Corrected }.Where(one => document.Events.Any(said => said.Layer == one)).Append(TimelineLayer.Model).First();
        TimelineEvent[] events = [.. document.Events.Where(one => one.Layer == layer)];
        string key = settings.AvUieKey ?? (events.All(one => one.Modality == EventModality.AudioVisual) ? "unav" : "avvp");
        if (!Keys.Contains(key))
        {
            throw new ExchangeException(name, default, null, $"the key {TimelineRules.Shown(key)} has no events; expected one of {string.Join(", ", Keys)}");
        }

        TimelineClip clip = document.Clip;
        if (clip.FileName.Length == 0)
        {
            throw new ExchangeException(name, default, null, "an entry names the clip's file, which is not known; name the clip");
        }

        TimelineEvent[] held = key == "avvp" ? events : [.. events.Where(one => one.Modality == EventModality.AudioVisual)];
        if (held.Length == 0 || (key == "ave" && held.Length > 1))
        {
            throw new ExchangeException(name, default, null, $"an entry of {key} has {(key == "ave" ? "exactly one event that is" : "events that are")}{(key == "avvp" ? "" : " heard and seen")}, and the layer {TimelineRules.Word(layer)} has {held.Length}; choose another layer, or another key of {string.Join(", ", Keys)}");
        }

        leftOut.Add(LeftOutKind.Layers, document.Events.Count - events.Length, $"an entry holds one layer, here {TimelineRules.Word(layer)}");
        leftOut.Add(LeftOutKind.Events, events.Length - held.Length, $"{key} has what is heard and seen, not what is only one of these");
        leftOut.Add(LeftOutKind.Boxes, document.Boxes.Count, $"{key} has events only");
        leftOut.Add(LeftOutKind.Points, document.Points.Count, $"{key} has events only");
        leftOut.Add(LeftOutKind.Altered, layer == TimelineLayer.Model && document.Altered.Length > 0 ? 1 : 0, $"an entry does not say that the run was altered ({document.Altered})");
        leftOut.Add(LeftOutKind.Ids, held.Length, "an entry has none");
        leftOut.Add(LeftOutKind.Notes, held.Count(one => one.Note.Length > 0), "an entry has none");
        leftOut.Add(LeftOutKind.ClipFacts, new object?[] { clip.FrameRate, clip.Width, clip.Height }.Count(one => one is not null), "an entry has the file's name and its duration");
        if (key != "unav")
        {
            leftOut.Add(LeftOutKind.Times, held.Count(one => one.StartSeconds % 1 != 0 || one.EndSeconds % 1 != 0), $"{key} has whole seconds: those that the event touches");
        }

        leftOut.Add(LeftOutKind.Modalities, key == "avvp" ? held.Count(one => one.Modality == EventModality.AudioVisual) : 0, "avvp has them once for each track");

        Dictionary<string, string> cells = new() { ["clip"] = clip.FileName };
        if (clip.DurationSeconds is { } duration)
        {
            cells["duration"] = TimelineRules.Number(duration);
        }

        AnnotationRow row = new(clip.FileName, cells);
        AnnotatedClip annotated = new(clip.FileName, row) { Video = clip.FileName, Sound = clip.FileName };
        annotated.Events.AddRange(held.Select(one => (row, new AnswerEvent(one.Label, one.Modality, (double)one.StartSeconds, (double)one.EndSeconds))));
        AvUieBuilder builder = new(AnnotationSet.Of([annotated]), settings.Split, settings.Seed) { Refuse = fault => throw new ExchangeException(name, default, fault.Field, fault.Problem) };
        JsonObject entry = builder.Build(key).Single().Fields;
        if (TimelineRules.FileName((string)entry["video_path"]!) != clip.FileName)
        {
            leftOut.Add(LeftOutKind.ClipFacts, 1, $"the clip is called {(string)entry["video_path"]!} there");
        }

        return TimelineJsonForm.Json(new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }, json =>
        {
            json.WriteStartArray();
            entry.WriteTo(json);
            json.WriteEndArray();
        });
    }

    internal static void Read(JsonSource source, TimelineBuilder builder)
    {
        string? wanted = builder.Settings.Clip?.FileName is { Length: > 0 } name ? name : null, first = null;
        int place = 0;
        IEnumerable<JsonElement> entries = source.Root.ValueKind == JsonValueKind.Array ? source.List(source.Root, null) : [source.Root];
        foreach (JsonElement entry in entries.Select(source.Object))
        {
            string file = TimelineRules.FileName(source.Text(entry, "video_path"));
            if (wanted is null && first is not null && first != file)
            {
                throw source.Fault(entry, "video_path", $"is “{TimelineRules.Shown(file)}”, where an earlier entry is about “{TimelineRules.Shown(first)}”; say which clip is wanted");
            }

            if (wanted is not null && file != wanted)
            {
                builder.LeftOut.Add(LeftOutKind.OtherClips, 1, "they are of other clips");
            }
            else
            {
                first = file;
                builder.Facts(() => source.At(entry), file, JsonSource.Optional(entry, "duration") is { ValueKind: JsonValueKind.Number } ? source.Number(entry, "duration") : null);
                Entry(source, entry, place, builder);
            }

            place++;
        }

        if (first is null)
        {
            throw source.Fault(source.Root, null, $"holds no entry{(wanted is null ? "" : $" about “{TimelineRules.Shown(wanted)}”")}");
        }
    }

    private static void Entry(JsonSource source, JsonElement entry, int place, TimelineBuilder builder)
    {
        string key = builder.Settings.AvUieKey ?? Key(source, entry);
        AvUieSplit split = JsonSource.Optional(entry, AvUieFields.Target(key)) is null ? AvUieSplit.Test : AvUieSplit.Train;
        AvUieSample sample;
        try
        {
            sample = AvUieLoader.Load(new AvUieEntry("", key, split, place, entry));
        }
        catch (AvUieException fault)
        {
            throw source.Fault(entry, fault.Field, fault.Problem);
        }

        // The fields of ave say it; of the others, the text.
        if (key != "ave" && sample.Target is { } target && AnswerParser.Parse(key, target).Problems is [var problem, ..])
        {
            throw source.Fault(source.Value(entry, AvUieFields.Target(key)), AvUieFields.Target(key), TimelineRules.Shown(problem).TrimEnd('.'));
        }

        if (sample.Reference.Events.Count == 0)
        {
            throw source.Fault(entry, null, $"says no event as an entry of {key} does");
        }

        foreach (AnswerEvent said in sample.Reference.Events)
        {
            if (!builder.TryAnswer(said, builder.Settings.Layer))
            {
                throw source.Fault(entry, null, FormattableString.Invariant($"says “{TimelineRules.Shown(said.Label)}” from {said.StartSeconds} to {said.EndSeconds}, which is no range of time, or has no label that a timeline can hold"));
            }
        }
    }

    // The lists do not say of which key they are; their folder does.
    private static string Key(JsonSource source, JsonElement entry)
    {
        string Says(string field) => JsonSource.Optional(entry, field) is { ValueKind: JsonValueKind.String } ? source.Text(entry, field) : "";
        string target = Says("label_content");
        return JsonSource.Optional(entry, "start_time") is not null ? "ave"
            : target.Contains("<event>", StringComparison.Ordinal) ? "unav"
            : AvUieLoader.TrackEvents(Says("event")).Count > 0 || target.Contains("<audio>", StringComparison.Ordinal) || target.Contains("<visual>", StringComparison.Ordinal) ? "avvp"
            : throw source.Fault(entry, null, $"is an entry without events; expected one of {string.Join(", ", Keys)}");
    }
}

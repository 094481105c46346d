using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace CrabStudio.Tasks.Exchange;

/// <summary>
/// The studio's own JSON, which holds a timeline whole:
/// <code>
/// {
///   "crabstudio_timeline": 1,
///   "clip": { "file": "clip.mp4", "duration": 10.5, "frame_rate": 25, "width": 640, "height": 360 },
///   "events": [ { "id": "e1", "label": "Church bell", "modality": "audio", "layer": "model", "start": 2, "end": 7.25, "note": "faint" } ],
///   "boxes":  [ { "id": "b1", "label": "bell", "layer": "truth", "time": 2.5, "x1": 20, "y1": 30, "x2": 120.5, "y2": 180 } ],
///   "points": [ { "id": "p1", "label": "bell", "layer": "truth", "time": 2.5, "x": 60, "y": 90 } ]
/// }
/// </code>
/// Times are seconds to the millisecond, coordinates pixels of the clip's picture to the hundredth, modalities <c>audio</c>,
/// <c>visual</c> and <c>audio-visual</c>, layers <c>model</c>, <c>corrected</c> and <c>truth</c>. Of the clip every field may be
/// missing; <c>id</c>, <c>layer</c>, <c>modality</c> and <c>note</c> may be missing too, as may any of the lists. Fields of other
/// names are passed over. A field comes anew, or changes what it means, with a higher number only, and a reader refuses a
/// number that it does not know. Version 2 has <c>"altered": "only expert B speaks, everywhere"</c> beside the version, where
/// the model's layer comes from a run whose routers or adapters were altered; a timeline of no such run is written as version 1.
/// </summary>
public static class TimelineJsonForm
{
    /// <summary>The highest version that is written and read.</summary>
    public const int Version = 2;

    /// <summary>The field that tells this format from all others.</summary>
    public const string VersionField = "crabstudio_timeline";

    private const string AlteredField = "altered";

    /// <summary>Letters of all languages as they are; what means something in a page or a WebVTT file is escaped.</summary>
    internal static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    internal static byte[] Write(TimelineDocument document) => Json(Readable with { Indented = true, NewLine = "\n" }, json =>
    {
        json.WriteStartObject();
        WriteVersion(json, document);
        json.WriteStartObject("clip");
        WriteClip(json, document.Clip);
        json.WriteEndObject();
        json.WriteStartArray("events");
        foreach (TimelineEvent one in document.Events)
        {
            Begin(json, one.Id, one.Label);
            json.WriteString("modality", TimelineRules.Word(one.Modality));
            json.WriteString("layer", TimelineRules.Word(one.Layer));
            Number(json, "start", one.StartSeconds);
            Number(json, "end", one.EndSeconds);
            End(json, one.Note);
        }

        json.WriteEndArray();
        json.WriteStartArray("boxes");
        foreach (TimelineBox one in document.Boxes)
        {
            Begin(json, one.Id, one.Label);
            json.WriteString("layer", TimelineRules.Word(one.Layer));
            Number(json, "time", one.TimeSeconds);
            Number(json, "x1", one.X1);
            Number(json, "y1", one.Y1);
            Number(json, "x2", one.X2);
            Number(json, "y2", one.Y2);
            End(json, one.Note);
        }

        json.WriteEndArray();
        json.WriteStartArray("points");
        foreach (TimelinePoint one in document.Points)
        {
            Begin(json, one.Id, one.Label);
            json.WriteString("layer", TimelineRules.Word(one.Layer));
            Number(json, "time", one.TimeSeconds);
            Number(json, "x", one.X);
            Number(json, "y", one.Y);
            End(json, one.Note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    internal static void Read(JsonSource source, TimelineBuilder builder)
    {
        JsonElement root = source.Root;
        ReadVersion(source, source.Object(root), builder);
        if (JsonSource.Optional(root, "clip") is { } clip)
        {
            ReadClip(source, source.Object(clip), builder);
        }

        foreach (JsonElement one in source.Objects(root, "events"))
        {
            string? word = source.TextOrNull(one, "modality");
            EventModality modality = word is null ? EventModality.AudioVisual
                : TimelineRules.Modality(word) ?? throw source.Fault(source.Value(one, "modality"), "modality", $"is “{TimelineRules.Shown(word)}”, expected audio, visual or audio-visual");
            builder.Event(() => source.At(one), source.TextOrNull(one, "id"), source.Text(one, "label"), modality, source.Number(one, "start"), source.Number(one, "end"), source.Layer(one, "layer"), source.TextOrNull(one, "note") ?? "");
        }

        foreach (JsonElement one in source.Objects(root, "boxes"))
        {
            builder.Box(() => source.At(one), source.TextOrNull(one, "id"), source.Text(one, "label"), source.Number(one, "time"), source.Number(one, "x1"), source.Number(one, "y1"), source.Number(one, "x2"), source.Number(one, "y2"),
                source.Layer(one, "layer"), source.TextOrNull(one, "note") ?? "");
        }

        foreach (JsonElement one in source.Objects(root, "points"))
        {
            builder.Point(() => source.At(one), source.TextOrNull(one, "id"), source.Text(one, "label"), source.Number(one, "time"), source.Number(one, "x"), source.Number(one, "y"), source.Layer(one, "layer"), source.TextOrNull(one, "note") ?? "");
        }
    }

    /// <summary>The lowest version that holds a timeline.</summary>
    internal static int VersionOf(TimelineDocument document) => document.Altered.Length > 0 ? 2 : 1;

    /// <summary>The version, and how the model's run was altered, into an object that is open.</summary>
    internal static void WriteVersion(Utf8JsonWriter json, TimelineDocument document)
    {
        json.WriteNumber(VersionField, VersionOf(document));
        if (document.Altered.Length > 0)
        {
            json.WriteString(AlteredField, document.Altered);
        }
    }

    /// <summary>Reads these fields; refuses a version that is not known.</summary>
    internal static void ReadVersion(JsonSource source, JsonElement owner, TimelineBuilder builder)
    {
        int version = source.Whole(owner, VersionField);
        if (version is < 1 or > Version)
        {
            throw source.Fault(source.Value(owner, VersionField), VersionField, $"is {version}; this program reads versions up to {Version}: {(version > Version ? "use a newer CrabStudio" : "write the timeline anew")}");
        }

        builder.Altered(() => source.At(source.Value(owner, AlteredField)), source.TextOrNull(owner, AlteredField));
    }

    /// <summary>The fields of a clip, into an object that is open.</summary>
    internal static void WriteClip(Utf8JsonWriter json, TimelineClip clip)
    {
        if (clip.FileName.Length > 0)
        {
            json.WriteString("file", clip.FileName);
        }

        foreach ((string name, decimal? value) in new[] { ("duration", clip.DurationSeconds), ("frame_rate", clip.FrameRate), ("width", clip.Width), ("height", clip.Height) })
        {
            if (value is { } number)
            {
                Number(json, name, number);
            }
        }
    }

    /// <summary>The clip of such fields.</summary>
    internal static void ReadClip(JsonSource source, JsonElement clip, TimelineBuilder builder) => builder.Facts(
        () => source.At(clip), source.TextOrNull(clip, "file"), source.NumberOrNull(clip, "duration"), source.NumberOrNull(clip, "frame_rate"), source.NumberOrNull(clip, "width"), source.NumberOrNull(clip, "height"));

    /// <summary>Bytes of JSON, with a line break at the end.</summary>
    internal static byte[] Json(JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes, options))
        {
            write(json);
        }

        return [.. bytes.WrittenSpan, (byte)'\n'];
    }

    /// <summary>A number as short as it can be: 2.500 as 2.5.</summary>
    internal static void Number(Utf8JsonWriter json, string name, decimal value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(TimelineRules.Number(value));
    }

    private static void Begin(Utf8JsonWriter json, string id, string label)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("label", label);
    }

    private static void End(Utf8JsonWriter json, string note)
    {
        if (note.Length > 0)
        {
            json.WriteString("note", note);
        }

        json.WriteEndObject();
    }
}

using System.Text.Json;

namespace CrabStudio.Tasks.Exchange;

/// <summary>
/// Label Studio's JSON: one task of a video, with what the model says as a prediction, what was corrected as an annotation and the
/// truth as an annotation that is marked so (<c>ground_truth</c>). An event is a region of <c>TimelineLabels</c> in frames, a
/// box one of <c>VideoRectangle</c> on a single key frame; the modality is the name of the control (<c>from_name</c>), a note
/// the region's <c>meta.text</c>. How the model's run was altered stands in <c>model_version</c> of the prediction, to be seen,
/// and in <c>data</c>, to be read. The labelling interface that such a task needs:
/// <code>
/// &lt;View>
///   &lt;Video name="video" value="$video" frameRate="25" />
///   &lt;TimelineLabels name="audio-visual" toName="video">&lt;Label value="Church bell" />&lt;/TimelineLabels>
///   &lt;TimelineLabels name="audio" toName="video">&lt;Label value="Church bell" />&lt;/TimelineLabels>
///   &lt;TimelineLabels name="visual" toName="video">&lt;Label value="Church bell" />&lt;/TimelineLabels>
///   &lt;VideoRectangle name="box" toName="video" />
///   &lt;Labels name="labels" toName="video">&lt;Label value="bell" />&lt;/Labels>
/// &lt;/View>
/// </code>
/// Frames count from 1: a range covers those from its start to its end, both with it, and a key frame stands at its number
/// divided by the frame rate, as Label Studio itself has it. The exact times are kept in <c>meta.crabstudio</c> beside the frames
/// they were brought to, and hold for as long as the frames are these. A clip without a frame rate is a task of a sound, with
/// regions of <c>Audio</c> in seconds. Points have no place.
/// </summary>
public static class LabelStudioForm
{
    internal const string Exact = "crabstudio";

    internal static void Read(JsonSource source, TimelineBuilder builder) => new LabelStudioReader(source, builder).Read();

    internal static byte[] Write(TimelineDocument document, LeftOutList leftOut)
    {
        leftOut.Add(LeftOutKind.Points, document.Points.Count, "Label Studio has no points on a video");
        TimelineClip clip = document.Clip;
        if (document.Boxes.Count > 0 && clip is not { Width: not null, Height: not null, FrameRate: not null })
        {
            throw new ExchangeException(TimelineExchange.Name(TimelineFormat.LabelStudio), default, null, "Label Studio counts boxes in frames and in percent of the picture, and the frame rate, width or height is not known; name the clip, or give them");
        }

        string media = clip.FrameRate is null ? "audio" : "video";
        return TimelineJsonForm.Json(TimelineJsonForm.Readable with { Indented = true, NewLine = "\n" }, json =>
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteNumber("id", 1);
            json.WriteStartObject("data");
            json.WriteString(media, clip.FileName);
            TimelineJsonForm.WriteVersion(json, document);
            json.WriteStartObject("clip");
            TimelineJsonForm.WriteClip(json, clip);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartArray("annotations");
            foreach (TimelineLayer layer in new[] { TimelineLayer.Corrected, TimelineLayer.Truth }.Where(layer => Has(document, layer)))
            {
                json.WriteStartObject();
                json.WriteNumber("id", (int)layer);
                json.WriteBoolean("was_cancelled", false);
                json.WriteBoolean("ground_truth", layer == TimelineLayer.Truth);
                Result(json, document, layer, media);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("predictions");
            if (Has(document, TimelineLayer.Model))
            {
                json.WriteStartObject();
                json.WriteString("model_version", document.Altered.Length > 0 ? $"CrabStudio, altered: {document.Altered}" : "CrabStudio");
                Result(json, document, TimelineLayer.Model, media);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
        });
    }

    /// <summary>The frames that an event touches.</summary>
    internal static (long First, long Last) Frames(decimal start, decimal end, decimal rate)
    {
        long first = (long)Math.Floor(start * rate) + 1;
        return (first, Math.Max(first, (long)Math.Ceiling(end * rate)));
    }

    /// <summary>The key frame of a time.</summary>
    internal static long Frame(decimal time, decimal rate) => Math.Max(1, (long)Math.Round(time * rate, MidpointRounding.AwayFromZero));

    private static bool Has(TimelineDocument document, TimelineLayer layer) => document.Events.Any(one => one.Layer == layer) || document.Boxes.Any(one => one.Layer == layer);

    private static void Result(Utf8JsonWriter json, TimelineDocument document, TimelineLayer layer, string media)
    {
        string origin = layer == TimelineLayer.Model ? "prediction" : "manual";
        json.WriteStartArray("result");
        foreach (TimelineEvent one in document.Events.Where(one => one.Layer == layer))
        {
            json.WriteStartObject();
            json.WriteString("id", one.Id);
            json.WriteString("from_name", TimelineRules.Word(one.Modality));
            json.WriteString("to_name", media);
            json.WriteString("type", media == "video" ? "timelinelabels" : "labels");
            json.WriteString("origin", origin);
            json.WriteStartObject("value");
            if (document.Clip.FrameRate is { } rate)
            {
                (long first, long last) = Frames(one.StartSeconds, one.EndSeconds, rate);
                json.WriteStartArray("ranges");
                json.WriteStartObject();
                json.WriteNumber("start", first);
                json.WriteNumber("end", last);
                json.WriteEndObject();
                json.WriteEndArray();
                Labels(json, "timelinelabels", one.Label);
                json.WriteEndObject();
                Meta(json, one.Note, ("start", one.StartSeconds), ("end", one.EndSeconds));
            }
            else
            {
                TimelineJsonForm.Number(json, "start", one.StartSeconds);
                TimelineJsonForm.Number(json, "end", one.EndSeconds);
                json.WriteNumber("channel", 0);
                Labels(json, "labels", one.Label);
                json.WriteEndObject();
                Meta(json, one.Note);
            }

            json.WriteEndObject();
        }

        foreach (TimelineBox one in document.Boxes.Where(one => one.Layer == layer))
        {
            decimal rate = document.Clip.FrameRate!.Value, width = document.Clip.Width!.Value, height = document.Clip.Height!.Value;
            long frame = Frame(one.TimeSeconds, rate);
            json.WriteStartObject();
            json.WriteString("id", one.Id);
            json.WriteString("from_name", "box");
            json.WriteString("to_name", media);
            json.WriteString("type", "videorectangle");
            json.WriteString("origin", origin);
            json.WriteStartObject("value");
            if (document.Clip.DurationSeconds is { } duration)
            {
                json.WriteNumber("framesCount", Math.Max(1, (long)Math.Round(duration * rate)));
                TimelineJsonForm.Number(json, "duration", duration);
            }

            json.WriteStartArray("sequence");
            json.WriteStartObject();
            json.WriteNumber("frame", frame);
            // On this frame, and gone behind it.
            json.WriteBoolean("enabled", false);
            json.WriteNumber("rotation", 0);
            foreach ((string name, decimal percent) in new[] { ("x", 100 * one.X1 / width), ("y", 100 * one.Y1 / height), ("width", 100 * (one.X2 - one.X1) / width), ("height", 100 * (one.Y2 - one.Y1) / height) })
            {
                json.WriteNumber(name, Math.Round(percent, 9));
            }

            json.WriteNumber("time", Math.Round(frame / rate, 6));
            json.WriteEndObject();
            json.WriteEndArray();
            Labels(json, "labels", one.Label);
            json.WriteEndObject();
            Meta(json, one.Note, ("time", one.TimeSeconds));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Labels(Utf8JsonWriter json, string name, string label)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(label);
        json.WriteEndArray();
    }

    private static void Meta(Utf8JsonWriter json, string note, params (string Name, decimal Value)[] exact)
    {
        if (note.Length == 0 && exact.Length == 0)
        {
            return;
        }

        json.WriteStartObject("meta");
        if (note.Length > 0)
        {
            Labels(json, "text", note);
        }

        if (exact.Length > 0)
        {
            json.WriteStartObject(Exact);
            foreach ((string name, decimal value) in exact)
            {
                TimelineJsonForm.Number(json, name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}

using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Exchange;

/// <summary>
/// WebVTT: an event is a cue, whose text any player shows. The first comment holds the clip as JSON with the version of
/// <see cref="TimelineJsonForm"/> and, of an altered run, how it was altered; modality and layer are the classes of the cue's text; a note is a comment before its cue.
/// <code>
/// WEBVTT
///
/// NOTE {"crabstudio_timeline":1,"file":"clip.mp4","duration":10.5}
///
/// NOTE {"crabstudio_note":"faint"}
///
/// e1
/// 00:00:02.000 --> 00:00:07.250
/// &lt;c.audio.model>Church bell&lt;/c>
/// </code>
/// Cues of others are events heard and seen, whose voice (<c>&lt;v Ann></c>) becomes a note. Boxes and points have no place.
/// </summary>
public static partial class WebVttForm
{
    private const string NoteField = "crabstudio_note";

    internal static byte[] Write(TimelineDocument document, LeftOutList leftOut)
    {
        leftOut.Add(LeftOutKind.Boxes, document.Boxes.Count, "WebVTT says when, not where in the picture");
        leftOut.Add(LeftOutKind.Points, document.Points.Count, "WebVTT says when, not where in the picture");
        StringBuilder text = new("WEBVTT\n\nNOTE ");
        text.Append(Comment(json =>
        {
            TimelineJsonForm.WriteVersion(json, document);
            TimelineJsonForm.WriteClip(json, document.Clip);
        }));
        foreach (TimelineEvent one in document.Events)
        {
            if (one.Note.Length > 0)
            {
                text.Append("\nNOTE ").Append(Comment(json => json.WriteString(NoteField, one.Note)));
            }

            text.Append('\n').Append(one.Id).Append('\n').Append(Time(one.StartSeconds)).Append(" --> ").Append(Time(one.EndSeconds)).Append('\n')
                .Append("<c.").Append(TimelineRules.Word(one.Modality)).Append('.').Append(TimelineRules.Word(one.Layer)).Append('>')
                .Append(one.Label.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal))
                .Append("</c>\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static void Read(byte[] bytes, TimelineBuilder builder)
    {
        string[] lines = TextSource.Decode(bytes, builder.File).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        if (!lines[0].StartsWith("WEBVTT", StringComparison.Ordinal) || (lines[0].Length > 6 && lines[0][6] is not (' ' or '\t')))
        {
            throw builder.Fault(new ExchangePlace(1), null, $"is “{TimelineRules.Shown(lines[0])}”, expected WEBVTT");
        }

        int at = 1;
        while (at < lines.Length && lines[at].Length > 0)
        {
            // Lines of the head, such as Kind: captions.
            at++;
        }

        string note = "";
        while (at < lines.Length)
        {
            if (lines[at].Length == 0)
            {
                at++;
                continue;
            }

            int first = at;
            while (at < lines.Length && lines[at].Length > 0)
            {
                at++;
            }

            ReadOnlySpan<string> block = lines.AsSpan(first, at - first);
            if (Keyword().Match(block[0]) is { Success: true } keyword && !(block.Length > 1 && block[1].Contains("-->", StringComparison.Ordinal)))
            {
                if (keyword.Value == "NOTE")
                {
                    note = Said(builder, first, string.Join('\n', block.ToArray())[4..].Trim()) ?? note;
                }

                continue;
            }

            Cue(builder, first, block, note);
            note = "";
        }
    }

    // A comment of this program: the clip's facts, or the note of the cue that follows.
    private static string? Said(TimelineBuilder builder, int line, string comment)
    {
        if (comment is not ['{', .., '}'] || !comment.Contains("\"crabstudio_", StringComparison.Ordinal))
        {
            return null;
        }

        JsonSource json;
        try
        {
            json = new JsonSource(builder.File, Encoding.UTF8.GetBytes(comment));
        }
        catch (ExchangeException)
        {
            throw builder.Fault(new ExchangePlace(line + 1), null, "holds a comment of CrabStudio whose JSON is broken; mend it, or take the comment away");
        }

        using (json)
        {
            try
            {
                if (JsonSource.Optional(json.Root, TimelineJsonForm.VersionField) is not null)
                {
                    TimelineJsonForm.ReadVersion(json, json.Root, builder);
                    TimelineJsonForm.ReadClip(json, json.Root, builder);
                }

                return json.TextOrNull(json.Root, NoteField);
            }
            catch (ExchangeException fault)
            {
                throw builder.Fault(new ExchangePlace(line + 1), fault.Field, fault.Problem);
            }
        }
    }

    private static void Cue(TimelineBuilder builder, int first, ReadOnlySpan<string> block, string note)
    {
        int times = block[0].Contains("-->", StringComparison.Ordinal) ? 0 : 1;
        if (times >= block.Length || Times().Match(block[times]) is not { Success: true } match)
        {
            int wrong = times < block.Length ? times : 0;
            throw builder.Fault(new ExchangePlace(first + wrong + 1), null, $"is “{TimelineRules.Shown(block[wrong])}”, expected the times of a cue as in 00:00:02.000 --> 00:00:07.500");
        }

        ExchangePlace At() => new(first + times + 1);
        string payload = string.Join('\n', block[(times + 1)..].ToArray());
        EventModality modality = EventModality.AudioVisual;
        TimelineLayer? layer = null;
        foreach (string name in Class().Matches(payload).SelectMany(tag => tag.Groups["class"].Captures).Select(capture => capture.Value))
        {
            modality = TimelineRules.Modality(name) ?? modality;
            layer = TimelineRules.Layer(name) ?? layer;
        }

        if (note.Length == 0 && Voice().Match(payload) is { Success: true } voice)
        {
            note = $"voice {WebUtility.HtmlDecode(voice.Groups["name"].Value)}";
        }

        string label = WebUtility.HtmlDecode(Tag().Replace(payload, ""));
        builder.Event(At, times == 1 ? block[0].Trim() : null, label, modality, Seconds(match, "from"), Seconds(match, "to"), layer, note);
    }

    private static decimal Seconds(Match match, string which)
    {
        static decimal Whole(Group group) => group.Success ? decimal.Parse(group.Value, NumberStyles.None, CultureInfo.InvariantCulture) : 0;
        return (Whole(match.Groups[which + "h"]) * 3600) + (Whole(match.Groups[which + "m"]) * 60) + Whole(match.Groups[which + "s"]) + (Whole(match.Groups[which + "t"]) / 1000);
    }

    private static string Time(decimal seconds)
    {
        long all = (long)(seconds * 1000);
        return string.Create(CultureInfo.InvariantCulture, $"{all / 3_600_000:00}:{all / 60_000 % 60:00}:{all / 1000 % 60:00}.{all % 1000:000}");
    }

    private static string Comment(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(TimelineJsonForm.Json(TimelineJsonForm.Readable, json =>
    {
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    }));

    [GeneratedRegex(@"^(?:NOTE|STYLE|REGION)(?=[ \t]|\z)")]
    private static partial Regex Keyword();

    [GeneratedRegex(@"^[ \t]*(?:(?<fromh>[0-9]{2,6}):)?(?<fromm>[0-5][0-9]):(?<froms>[0-5][0-9])\.(?<fromt>[0-9]{3})[ \t]*-->[ \t]*(?:(?<toh>[0-9]{2,6}):)?(?<tom>[0-5][0-9]):(?<tos>[0-5][0-9])\.(?<tot>[0-9]{3})(?:[ \t].*)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Times();

    [GeneratedRegex(@"<c(?:\.(?<class>[^\s.<>]+))+", RegexOptions.ExplicitCapture)]
    private static partial Regex Class();

    // One blank, so that a long run of them is walked once.
    [GeneratedRegex(@"<v(?:\.[^\s<>]*)?[ \t](?<name>[^<>]+)>", RegexOptions.ExplicitCapture)]
    private static partial Regex Voice();

    [GeneratedRegex(@"<[^<>]*>")]
    private static partial Regex Tag();
}

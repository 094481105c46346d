using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace CrabStudio.Tasks.Exchange;

/// <summary>
/// ELAN's EAF 3.0. A tier for each modality and layer, called so (<c>audio model</c>, <c>visual corrected</c>), and further ones
/// (<c>audio model 2</c>) where events overlap, which those of one tier must not; notes on tiers that depend on them
/// (<c>audio model note</c>). Facts of the clip, and how the model's run was altered, stand in properties of the header, the clip itself is named beside the file.
/// Tiers of others are read as events heard and seen, with the tier's name as note (and as label where the annotation is
/// empty); annotations that refer to others have their time, and share it where their tier divides it. Boxes and points have
/// no place.
/// </summary>
public static partial class EafForm
{
    internal const string Prefix = "crabstudio_";
    internal const string Altered = Prefix + "altered";
    internal const string SymbolicSubdivision = "Symbolic_Subdivision";
    private const string EventType = "event";
    private const string NoteType = "note";

    // As ELAN writes them into every file.
    private static readonly (string Stereotype, string Description)[] Constraints =
    [
        ("Time_Subdivision", "Time subdivision of parent annotation's time interval, no time gaps allowed within this interval"),
        (SymbolicSubdivision, "Symbolic subdivision of a parent annotation. Annotations refering to the same parent are ordered"),
        ("Symbolic_Association", "1-1 association with a parent annotation"),
        ("Included_In", "Time alignable annotations within the parent annotation's time interval, gaps are allowed"),
    ];

    internal static void Read(byte[] bytes, TimelineBuilder builder) => new EafReader(builder).Read(bytes);

    internal static byte[] Write(TimelineDocument document, TimelineWriteSettings settings, LeftOutList leftOut)
    {
        leftOut.Add(LeftOutKind.Boxes, document.Boxes.Count, "ELAN says when, not where in the picture");
        leftOut.Add(LeftOutKind.Points, document.Points.Count, "ELAN says when, not where in the picture");
        List<(string Name, List<TimelineEvent> Events)> tiers = Tiers(document.Events);
        HashSet<string> taken = [.. document.Events.Select(one => Written(one.Id))];
        int last = 0;
        string Free(string kind)
        {
            string name;
            do
            {
                name = FormattableString.Invariant($"{kind}{++last}");
            }
            while (!taken.Add(name));
            return name;
        }

        // A slot for every start and every end, in order of time.
        (decimal Time, string Event, bool End)[] ends = [.. document.Events.SelectMany(one => new[] { (one.StartSeconds, one.Id, false), (one.EndSeconds, one.Id, true) }).OrderBy(one => one.Item1)];
        string[] names = [.. ends.Select(_ => Free("ts"))];
        Dictionary<(string, bool), string> slots = ends.Select((one, place) => (one, place)).ToDictionary(one => (one.one.Event, one.one.End), one => names[one.place]);
        using MemoryStream bytes = new();
        using (XmlWriter xml = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Indent = true, IndentChars = "    ", NewLineChars = "\n", NewLineHandling = NewLineHandling.None }))
        {
            xml.WriteStartDocument();
            Element("ANNOTATION_DOCUMENT", ("AUTHOR", "CrabStudio"), ("DATE", settings.Date.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture)), ("FORMAT", "3.0"), ("VERSION", "3.0"));
            xml.WriteAttributeString("xsi", "noNamespaceSchemaLocation", "http://www.w3.org/2001/XMLSchema-instance", "http://www.mpi.nl/tools/elan/EAFv3.0.xsd");
            Header(xml, document);
            Element("TIME_ORDER");
            for (int place = 0; place < ends.Length; place++)
            {
                Element("TIME_SLOT", ("TIME_SLOT_ID", names[place]), ("TIME_VALUE", TimelineRules.Number(ends[place].Time * 1000)));
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
            foreach ((string tier, List<TimelineEvent> events) in tiers)
            {
                Element("TIER", ("LINGUISTIC_TYPE_REF", EventType), ("TIER_ID", tier));
                foreach (TimelineEvent one in events)
                {
                    Element("ANNOTATION");
                    Element("ALIGNABLE_ANNOTATION", ("ANNOTATION_ID", Written(one.Id)), ("TIME_SLOT_REF1", slots[(one.Id, false)]), ("TIME_SLOT_REF2", slots[(one.Id, true)]));
                    Value(one.Label);
                }

                xml.WriteEndElement();
                TimelineEvent[] noted = [.. events.Where(one => one.Note.Length > 0)];
                if (noted.Length == 0)
                {
                    continue;
                }

                Element("TIER", ("LINGUISTIC_TYPE_REF", NoteType), ("PARENT_REF", tier), ("TIER_ID", $"{tier} note"));
                foreach (TimelineEvent one in noted)
                {
                    Element("ANNOTATION");
                    Element("REF_ANNOTATION", ("ANNOTATION_ID", Free("n")), ("ANNOTATION_REF", Written(one.Id)));
                    Value(one.Note);
                }

                xml.WriteEndElement();
            }

            Element("LINGUISTIC_TYPE", ("GRAPHIC_REFERENCES", "false"), ("LINGUISTIC_TYPE_ID", EventType), ("TIME_ALIGNABLE", "true"));
            xml.WriteEndElement();
            Element("LINGUISTIC_TYPE", ("CONSTRAINTS", "Symbolic_Association"), ("GRAPHIC_REFERENCES", "false"), ("LINGUISTIC_TYPE_ID", NoteType), ("TIME_ALIGNABLE", "false"));
            xml.WriteEndElement();
            foreach ((string stereotype, string description) in Constraints)
            {
                Element("CONSTRAINT", ("DESCRIPTION", description), ("STEREOTYPE", stereotype));
                xml.WriteEndElement();
            }

            xml.WriteEndElement();

            void Element(string name, params (string Name, string Value)[] attributes)
            {
                xml.WriteStartElement(name);
                foreach ((string attribute, string value) in attributes)
                {
                    xml.WriteAttributeString(attribute, value);
                }
            }

            // The value, and the end of the annotation around it.
            void Value(string text)
            {
                xml.WriteElementString("ANNOTATION_VALUE", text);
                xml.WriteEndElement();
                xml.WriteEndElement();
            }
        }

        return [.. bytes.ToArray(), (byte)'\n'];
    }

    /// <summary>
    /// An id as XML has them: they begin with a letter, and none is that of a constraint. What does not, begins with <c>x-</c>, as
    /// does what begins so itself, so that <see cref="Read(string)"/> takes away what was put there.
    /// </summary>
    private static string Written(string id) =>
        !char.IsAsciiLetter(id[0]) || id.StartsWith("x-", StringComparison.Ordinal) || Constraints.Any(one => one.Stereotype == id) ? "x-" + id : id;

    /// <summary>The id of an annotation's.</summary>
    internal static string Read(string written) => written.StartsWith("x-", StringComparison.Ordinal) ? written[2..] : written;

    /// <summary>What the name of a tier says; null of those that others made.</summary>
    internal static (EventModality Modality, TimelineLayer Layer, bool IsNote)? Tier(string name) => Own().Match(name) is { Success: true } match
        ? (TimelineRules.Modality(match.Groups["modality"].Value)!.Value, TimelineRules.Layer(match.Groups["layer"].Value)!.Value, match.Groups["note"].Success)
        : null;

    private static void Header(XmlWriter xml, TimelineDocument document)
    {
        TimelineClip clip = document.Clip;
        xml.WriteStartElement("HEADER");
        xml.WriteAttributeString("MEDIA_FILE", "");
        xml.WriteAttributeString("TIME_UNITS", "milliseconds");
        if (clip.FileName.Length > 0)
        {
            xml.WriteStartElement("MEDIA_DESCRIPTOR");
            xml.WriteAttributeString("MEDIA_URL", $"file:///./{clip.FileName}");
            xml.WriteAttributeString("MIME_TYPE", Mime(clip.FileName));
            xml.WriteAttributeString("RELATIVE_MEDIA_URL", $"./{clip.FileName}");
            xml.WriteEndElement();
        }

        void Property(string name, string value)
        {
            xml.WriteStartElement("PROPERTY");
            xml.WriteAttributeString("NAME", name);
            xml.WriteString(value);
            xml.WriteEndElement();
        }

        void Fact(string name, decimal? value)
        {
            if (value is { } number)
            {
                Property(name, TimelineRules.Number(number));
            }
        }

        Fact(TimelineJsonForm.VersionField, TimelineJsonForm.VersionOf(document));
        if (document.Altered.Length > 0)
        {
            Property(Altered, document.Altered);
        }

        Fact(Prefix + "duration", clip.DurationSeconds);
        Fact(Prefix + "frame_rate", clip.FrameRate);
        Fact(Prefix + "width", clip.Width);
        Fact(Prefix + "height", clip.Height);
        // ELAN counts on from here: its next annotation must not be called as one that is there.
        Fact("lastUsedAnnotationId", document.Events.Select(one => Numbered().Match(one.Id)).Where(match => match.Success).Select(match => TimelineRules.Number(match.Groups[1].Value) ?? 0).DefaultIfEmpty().Max());
        xml.WriteEndElement();
    }

    private static string Mime(string file) => Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".mp4" or ".m4v" => "video/mp4",
        ".mpg" or ".mpeg" => "video/mpeg",
        ".mov" => "video/quicktime",
        ".wav" => "audio/x-wav",
        ".mp3" or ".flac" or ".m4a" or ".ogg" or ".opus" or ".aac" => "audio/*",
        ".avi" or ".mkv" or ".webm" => "video/*",
        _ => "unknown",
    };

    // As few tiers as it takes that no two events of one overlap.
    private static List<(string, List<TimelineEvent>)> Tiers(IReadOnlyList<TimelineEvent> events)
    {
        List<(string, List<TimelineEvent>)> tiers = [];
        foreach (EventModality modality in new[] { EventModality.AudioVisual, EventModality.Audio, EventModality.Visual })
        {
            foreach (TimelineLayer layer in Enum.GetValues<TimelineLayer>())
            {
                List<List<TimelineEvent>> rows = [];
                PriorityQueue<int, (decimal End, int Row)> free = new();
                foreach (TimelineEvent one in events.Where(one => one.Modality == modality && one.Layer == layer))
                {
                    if (!free.TryPeek(out int row, out (decimal End, int) soonest) || soonest.End > one.StartSeconds)
                    {
                        row = rows.Count;
                        rows.Add([]);
                    }
                    else
                    {
                        free.Dequeue();
                    }

                    rows[row].Add(one);
                    free.Enqueue(row, (one.EndSeconds, row));
                }

                tiers.AddRange(rows.Select((row, place) => (FormattableString.Invariant($"{TimelineRules.Word(modality)} {TimelineRules.Word(layer)}{(place == 0 ? "" : $" {place + 1}")}"), row)));
            }
        }

        return tiers;
    }

    [GeneratedRegex(@"^(?<modality>audio|visual|audio-visual) (?<layer>model|corrected|truth)(?: [0-9]{1,6})?(?<note> note)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Own();

    [GeneratedRegex(@"^a([0-9]{1,8})\z")]
    private static partial Regex Numbered();
}

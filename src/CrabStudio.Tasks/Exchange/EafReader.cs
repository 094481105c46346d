using System.Globalization;
using System.Xml;

namespace CrabStudio.Tasks.Exchange;

/// <summary>Reads an EAF as <see cref="EafForm"/> says. No document type, no entity from elsewhere, no recursion.</summary>
internal sealed class EafReader(TimelineBuilder builder)
{
    private readonly Dictionary<string, int> slots = [];
    private readonly List<long?> times = [];
    private readonly List<Tier> tiers = [];
    private readonly Dictionary<string, Annotation> annotations = [];
    private readonly List<Annotation> order = [];
    private readonly Dictionary<string, string> constraints = [];
    private readonly Dictionary<string, (string Value, ExchangePlace At)> properties = [];
    private long origin;
    private bool media;
    private Dictionary<Annotation, (int Place, int Count)>? shares;

    /// <summary>Reads the file into the builder.</summary>
    public void Read(byte[] bytes)
    {
        XmlReaderSettings form = new()
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = TimelineRules.MostBytes,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        };
        try
        {
            using XmlReader xml = XmlReader.Create(new MemoryStream(bytes), form);
            Elements(xml);
        }
        catch (NotSupportedException)
        {
            throw builder.Fault(new ExchangePlace(1), "encoding", "is one that is not read; save it as UTF-8");
        }
        catch (XmlException damage)
        {
            // Of a document type, and of a file without an element, the reader does not say where it stands.
            int type = bytes.AsSpan().IndexOf("<!DOCTYPE"u8), place = damage.Message.LastIndexOf(" Line ", StringComparison.Ordinal);
            throw damage.LineNumber > 0 ? builder.Fault(new ExchangePlace(damage.LineNumber, damage.LinePosition), null, $"the XML is broken here ({TimelineRules.Shown(place > 0 ? damage.Message[..place].TrimEnd('.') : damage.Message)})")
                : type >= 0 ? builder.Fault(ExchangePlace.Of(bytes, type), null, "is a document type, which an EAF does not have and which is not read; take it away")
                : builder.Fault(new ExchangePlace(1), null, $"the XML is broken ({TimelineRules.Shown(damage.Message.TrimEnd('.'))})");
        }

        Interpolate();
        Facts();
        Dictionary<Annotation, List<string>> notes = Notes();
        foreach (Annotation one in order.Where(one => EafForm.Tier(one.Tier.Name) is not { IsNote: true }))
        {
            (long start, long end) = Range(one);
            (EventModality Modality, TimelineLayer Layer, bool)? own = one.Refers is null ? EafForm.Tier(one.Tier.Name) : null;
            string label = TimelineRules.Line(one.Value) is { Length: > 0 } value ? value : one.Tier.Name;
            string note = string.Join('\n', (own is null ? [$"tier {one.Tier.Name}"] : Enumerable.Empty<string>()).Concat(notes.GetValueOrDefault(one, [])));
            builder.Event(() => one.At, EafForm.Read(one.Id), label, own?.Modality ?? EventModality.AudioVisual, start / 1000m, end / 1000m, own?.Layer, note);
        }
    }

    private static ExchangePlace At(XmlReader xml) => xml is IXmlLineInfo info && info.HasLineInfo() ? new ExchangePlace(info.LineNumber, info.LinePosition) : default;

    private void Elements(XmlReader xml)
    {
        bool begun = false;
        Annotation? open = null;
        while (!xml.EOF)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                xml.Read();
                continue;
            }

            if (!begun && xml.LocalName != "ANNOTATION_DOCUMENT")
            {
                throw builder.Fault(At(xml), null, $"is <{TimelineRules.Shown(xml.LocalName)}>, expected <ANNOTATION_DOCUMENT> as ELAN writes it");
            }

            begun = true;
            switch (xml.LocalName)
            {
                case "ANNOTATION_DOCUMENT" when xml.GetAttribute("FORMAT") is { } format && TimelineRules.Number(format) is not (>= 2 and < 4):
                    throw builder.Fault(At(xml), "FORMAT", $"is “{TimelineRules.Shown(format)}”, expected 3.0 (or 2.x); save it with ELAN 5 or 6");
                case "HEADER" when xml.GetAttribute("TIME_UNITS") is { } units && units != "milliseconds":
                    throw builder.Fault(At(xml), "TIME_UNITS", $"is “{TimelineRules.Shown(units)}”, expected milliseconds");
                case "MEDIA_DESCRIPTOR":
                    Media(xml);
                    break;
                case "TIME_SLOT":
                    Slot(xml);
                    break;
                case "TIER":
                    tiers.Add(new Tier(Needed(xml, "TIER_ID"), xml.GetAttribute("LINGUISTIC_TYPE_REF") ?? ""));
                    break;
                case "LINGUISTIC_TYPE":
                    constraints[Needed(xml, "LINGUISTIC_TYPE_ID")] = xml.GetAttribute("CONSTRAINTS") ?? "";
                    break;
                case "ALIGNABLE_ANNOTATION" or "REF_ANNOTATION":
                    open = Begin(xml);
                    break;
                case "PROPERTY" when xml.GetAttribute("NAME") is { } name && name.StartsWith(EafForm.Prefix, StringComparison.Ordinal):
                    ExchangePlace place = At(xml);
                    properties[name] = (xml.ReadElementContentAsString(), place);
                    continue;
                case "ANNOTATION_VALUE" when open is not null:
                    open.Value = xml.ReadElementContentAsString();
                    open = null;
                    continue;
            }

            xml.Read();
        }
    }

    private Annotation Begin(XmlReader xml)
    {
        Tier tier = tiers.Count > 0 ? tiers[^1] : throw builder.Fault(At(xml), null, $"is <{xml.LocalName}> outside a <TIER>");
        string id = Needed(xml, "ANNOTATION_ID");
        Annotation one = xml.LocalName == "REF_ANNOTATION"
            ? new Annotation(id, tier, At(xml)) { Refers = Needed(xml, "ANNOTATION_REF"), Previous = xml.GetAttribute("PREVIOUS_ANNOTATION") }
            : new Annotation(id, tier, At(xml)) { From = Needed(xml, "TIME_SLOT_REF1"), To = Needed(xml, "TIME_SLOT_REF2") };
        if (!annotations.TryAdd(id, one))
        {
            throw builder.Fault(one.At, "ANNOTATION_ID", $"is “{TimelineRules.Shown(id)}”, which an earlier annotation has already");
        }

        // Notes are annotations too.
        if (order.Count >= 2 * TimelineRules.MostItems)
        {
            throw builder.Fault(one.At, null, $"is one more than the {TimelineRules.MostItems} events that a timeline may have; split the file");
        }

        order.Add(one);
        return one;
    }

    private void Media(XmlReader xml)
    {
        if (media)
        {
            return;
        }

        // The first is what the timeline is of; others are its sound, or further cameras.
        media = true;
        string? path = xml.GetAttribute("RELATIVE_MEDIA_URL") is { Length: > 0 } near ? near : xml.GetAttribute("MEDIA_URL");
        ExchangePlace place = At(xml);
        builder.Facts(() => place, path);
        if (xml.GetAttribute("TIME_ORIGIN") is { Length: > 0 } written)
        {
            origin = long.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && Math.Abs(number) <= (long)TimelineRules.MostSeconds * 1000 ? number
                : throw builder.Fault(place, "TIME_ORIGIN", $"is “{TimelineRules.Shown(written)}”, expected milliseconds");
        }
    }

    private void Slot(XmlReader xml)
    {
        string id = Needed(xml, "TIME_SLOT_ID");
        long? time = xml.GetAttribute("TIME_VALUE") is not { } written ? null
            : long.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= (long)TimelineRules.MostSeconds * 1000 ? number
            : throw builder.Fault(At(xml), "TIME_VALUE", $"is “{TimelineRules.Shown(written)}”, expected milliseconds, a whole number up to {TimelineRules.MostSeconds * 1000}");
        if (!slots.TryAdd(id, times.Count))
        {
            throw builder.Fault(At(xml), "TIME_SLOT_ID", $"is “{TimelineRules.Shown(id)}”, which an earlier slot has already");
        }

        times.Add(time);
    }

    private string Needed(XmlReader xml, string attribute) =>
        xml.GetAttribute(attribute) is { Length: > 0 } value ? value : throw builder.Fault(At(xml), attribute, $"is missing in <{xml.LocalName}>");

    // A slot without a time lies between its neighbours, as ELAN draws it.
    private void Interpolate()
    {
        int known = -1;
        for (int place = 0; place < times.Count; place++)
        {
            if (times[place] is not { } time)
            {
                continue;
            }

            for (int between = known + 1; known >= 0 && between < place; between++)
            {
                times[between] = times[known] + ((time - times[known]) * (between - known) / (place - known));
            }

            known = place;
        }
    }

    private void Facts()
    {
        decimal? Fact(string name) => !properties.TryGetValue(EafForm.Prefix + name, out (string Value, ExchangePlace At) said) ? null
            : TimelineRules.Number(said.Value) ?? throw builder.Fault(said.At, EafForm.Prefix + name, $"is “{TimelineRules.Shown(said.Value)}”, expected a number");
        ExchangePlace place = properties.Values.Select(one => one.At).FirstOrDefault();
        if (Fact("timeline") is { } version and not (1 or TimelineJsonForm.Version))
        {
            throw builder.Fault(properties[TimelineJsonForm.VersionField].At, TimelineJsonForm.VersionField, $"is {TimelineRules.Number(version)}; this program reads versions up to {TimelineJsonForm.Version}; use a newer CrabStudio");
        }

        if (properties.TryGetValue(EafForm.Altered, out (string Value, ExchangePlace At) altered))
        {
            builder.Altered(() => altered.At, altered.Value);
        }

        builder.Facts(() => place, null, Fact("duration"), Fact("frame_rate"), Fact("width"), Fact("height"));
    }

    // What stands on a tier of notes belongs to what it refers to.
    private Dictionary<Annotation, List<string>> Notes()
    {
        Dictionary<Annotation, List<string>> notes = [];
        foreach (Annotation one in order.Where(one => EafForm.Tier(one.Tier.Name) is { IsNote: true }))
        {
            Annotation noted = one.Refers is null ? throw builder.Fault(one.At, null, "is a note with times of its own; expected a REF_ANNOTATION")
                : annotations.GetValueOrDefault(one.Refers) ?? throw Lost(one);
            (notes.TryGetValue(noted, out List<string>? all) ? all : notes[noted] = []).Add(TimelineRules.Paragraphs(one.Value));
        }

        return notes;
    }

    // When an annotation is; of one that refers to another, when that one is, or its share of it.
    private (long Start, long End) Range(Annotation asked)
    {
        Stack<Annotation> chain = new();
        Annotation one = asked;
        while (one.Known is null && one.Refers is not null)
        {
            // More links than annotations are a circle.
            if (chain.Count > order.Count)
            {
                throw builder.Fault(asked.At, "ANNOTATION_REF", "leads back to itself");
            }

            chain.Push(one);
            one = annotations.GetValueOrDefault(one.Refers) ?? throw Lost(one);
        }

        one.Known ??= (Time(one, one.From!, "TIME_SLOT_REF1"), Time(one, one.To!, "TIME_SLOT_REF2"));
        (long Start, long End) range = one.Known.Value;
        while (chain.TryPop(out Annotation? next))
        {
            next.Known = range = Share(next, range);
        }

        return range;
    }

    private (long Start, long End) Share(Annotation one, (long Start, long End) whole)
    {
        if (constraints.GetValueOrDefault(one.Tier.Type) != EafForm.SymbolicSubdivision)
        {
            return whole;
        }

        shares ??= Shares();
        (int place, int count) = shares[one];
        long From(int part) => whole.Start + ((whole.End - whole.Start) * part / count);
        // Parts shorter than a millisecond are the whole.
        return From(place) < From(place + 1) ? (From(place), From(place + 1)) : whole;
    }

    // Which part of what it refers to an annotation is, and of how many on its tier.
    private Dictionary<Annotation, (int Place, int Count)> Shares()
    {
        Dictionary<Annotation, (int, int)> found = [];
        foreach (IEnumerable<Annotation> group in order.Where(one => one.Refers is not null).GroupBy(one => (one.Tier, one.Refers)))
        {
            List<Annotation> parts = Chained(group);
            for (int place = 0; place < parts.Count; place++)
            {
                found[parts[place]] = (place, parts.Count);
            }
        }

        return found;
    }

    // Each behind the one that it names.
    private static List<Annotation> Chained(IEnumerable<Annotation> group)
    {
        List<Annotation> all = [.. group], chained = [];
        Dictionary<string, Annotation> after = [];
        foreach (Annotation one in all.Where(one => one.Previous is not null))
        {
            after.TryAdd(one.Previous!, one);
        }

        HashSet<Annotation> placed = [];
        foreach (Annotation first in all.Where(one => one.Previous is null).Concat(all))
        {
            for (Annotation? one = first; one is not null && placed.Add(one); one = after.GetValueOrDefault(one.Id))
            {
                chained.Add(one);
            }
        }

        return chained;
    }

    private long Time(Annotation one, string slot, string attribute) =>
        (slots.TryGetValue(slot, out int place) ? times[place] : throw builder.Fault(one.At, attribute, $"is “{TimelineRules.Shown(slot)}”, which no TIME_SLOT is called")) is { } time ? time + origin
        : throw builder.Fault(one.At, attribute, $"is “{TimelineRules.Shown(slot)}”, a slot without a time that does not lie between two with one");

    private ExchangeException Lost(Annotation one) => builder.Fault(one.At, "ANNOTATION_REF", $"is “{TimelineRules.Shown(one.Refers!)}”, which no annotation is called");

    private sealed record Tier(string Name, string Type);

    private sealed class Annotation(string id, Tier tier, ExchangePlace at)
    {
        public string Id { get; } = id;

        public Tier Tier { get; } = tier;

        public ExchangePlace At { get; } = at;

        public string? From { get; init; }

        public string? To { get; init; }

        public string? Refers { get; init; }

        public string? Previous { get; init; }

        public string Value { get; set; } = "";

        public (long Start, long End)? Known { get; set; }
    }
}

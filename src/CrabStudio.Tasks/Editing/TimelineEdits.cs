using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Tasks.Editing;

/// <summary>An edit that cannot be done like this. The message is one sentence for a person.</summary>
public sealed class TimelineEditException(string message) : Exception(message);

/// <summary>
/// What a person does to a timeline. Pure: each edit takes a timeline within the rules of <see cref="TimelineDocument"/> and gives
/// another one, in order. Times are brought into the clip and to the millisecond, coordinates into the picture and to a hundredth,
/// rather than refused; what has no sensible outcome is refused with a <see cref="TimelineEditException"/>.
/// </summary>
public static class TimelineEdits
{
    /// <summary>The shortest range that an edit makes, in seconds.</summary>
    public const decimal LeastSeconds = 0.01m;

    /// <summary>The smallest width and height of a box that an edit makes, in pixels.</summary>
    public const decimal LeastPixels = 1;

    private const string Gone = "It is not on the timeline any more; it may have been taken away in another window.";

    /// <summary>A new range.</summary>
    /// <param name="document">The timeline.</param>
    /// <param name="layer">Who says so.</param>
    /// <param name="label">What happens.</param>
    /// <param name="modality">The track.</param>
    /// <param name="from">One end in seconds.</param>
    /// <param name="to">The other end; may lie before the first.</param>
    /// <returns>The timeline and the id of the range.</returns>
    public static (TimelineDocument Document, string Id) CreateEvent(TimelineDocument document, TimelineLayer layer, string label, EventModality modality, decimal from, decimal to)
    {
        (decimal start, decimal end) = Placed(document, Math.Min(from, to), Math.Max(from, to));
        string id = Fresh(document, layer);
        return (Put(document, new TimelineEvent(id, Named(label), modality, start, end, layer)), id);
    }

    /// <summary>Moves a range, as long as it is.</summary>
    /// <param name="document">The timeline.</param>
    /// <param name="id">The range.</param>
    /// <param name="start">Where it is to begin, in seconds.</param>
    public static TimelineDocument Move(TimelineDocument document, string id, decimal start)
    {
        TimelineEvent one = Event(document, id);
        decimal length = one.EndSeconds - one.StartSeconds, at = Math.Max(0, Math.Min(TimelineRules.Milliseconds(start), Length(document) - length));
        return Put(document, one with { StartSeconds = at, EndSeconds = at + length });
    }

    /// <summary>Moves one end of a range, or both. An end stops before it reaches the other one.</summary>
    /// <param name="document">The timeline.</param>
    /// <param name="id">The range.</param>
    /// <param name="start">The new start in seconds; null: as it is.</param>
    /// <param name="end">The new end; null: as it is.</param>
    public static TimelineDocument Trim(TimelineDocument document, string id, decimal? start, decimal? end)
    {
        TimelineEvent one = Event(document, id);
        if (start is { } first && end is { } last)
        {
            (decimal from, decimal to) = Placed(document, Math.Min(first, last), Math.Max(first, last));
            return Put(document, one with { StartSeconds = from, EndSeconds = to });
        }

        if (start is { } begins)
        {
            return Put(document, one with { StartSeconds = Math.Max(0, Math.Min(TimelineRules.Milliseconds(begins), one.EndSeconds - LeastSeconds)) });
        }

        return end is { } ends
            ? Put(document, one with { EndSeconds = Math.Min(TimelineRules.MostSeconds, Math.Max(one.StartSeconds + LeastSeconds, Math.Min(TimelineRules.Milliseconds(ends), Length(document)))) })
            : document;
    }

    /// <summary>Makes two ranges of one. The note stays with the first.</summary>
    /// <param name="document">The timeline.</param>
    /// <param name="id">The range, which stays as the first.</param>
    /// <param name="at">Where, in seconds, inside of it.</param>
    /// <returns>The timeline and the id of the second.</returns>
    public static (TimelineDocument Document, string Id) Split(TimelineDocument document, string id, decimal at)
    {
        TimelineEvent one = Event(document, id);
        decimal cut = TimelineRules.Milliseconds(at);
        if (cut <= one.StartSeconds || cut >= one.EndSeconds)
        {
            throw new TimelineEditException("A range is split inside of it; put the playhead between its start and its end.");
        }

        string second = Fresh(document, one.Layer);
        return (Put(document, one with { EndSeconds = cut }, one with { Id = second, StartSeconds = cut, Note = "" }), second);
    }

    /// <summary>Makes one range of several, from the first start to the last end, with the notes of all.</summary>
    /// <param name="document">The timeline.</param>
    /// <param name="ids">At least two ranges of one lane.</param>
    /// <returns>The timeline and the id of the range: that of the earliest.</returns>
    public static (TimelineDocument Document, string Id) Merge(TimelineDocument document, IReadOnlyCollection<string> ids)
    {
        TimelineEvent[] all = [.. ids.Distinct().Select(id => Event(document, id)).OrderBy(one => one.StartSeconds).ThenBy(one => one.EndSeconds).ThenBy(one => one.Id, StringComparer.Ordinal)];
        if (all.Length < 2)
        {
            throw new TimelineEditException("There is no other range of this lane after this one to merge it with.");
        }

        if (all.Any(one => !SameLane(one, all[0])))
        {
            throw new TimelineEditException("Ranges are merged when they are of one lane: the same label, track and layer.");
        }

        string note = TimelineRules.Paragraphs(string.Join('\n', all.Select(one => one.Note).Where(one => one.Length > 0).Distinct()));
        TimelineEvent merged = all[0] with { EndSeconds = all.Max(one => one.EndSeconds), Note = Cut(note) };
        return (Put(Delete(document, [.. all.Select(one => one.Id)]), merged), merged.Id);
    }

    /// <summary>The range of the same lane that comes next, or null.</summary>
    public static TimelineEvent? Next(TimelineDocument document, string id)
    {
        TimelineEvent one = Event(document, id);
        return document.InOrder().Events.Where(other => SameLane(one, other)).SkipWhile(other => other.Id != id).Skip(1).FirstOrDefault();
    }

    /// <summary>Gives a range, box or point another label.</summary>
    public static TimelineDocument Relabel(TimelineDocument document, string id, string label)
    {
        string name = Named(label);
        return document.Events.FirstOrDefault(one => one.Id == id) is { } said ? Put(document, said with { Label = name })
            : document.Boxes.FirstOrDefault(one => one.Id == id) is { } box ? Put(document, box with { Label = name })
            : document.Points.FirstOrDefault(one => one.Id == id) is { } point ? Put(document, point with { Label = name })
            : throw new TimelineEditException(Gone);
    }

    /// <summary>Puts a range into another track.</summary>
    public static TimelineDocument SetModality(TimelineDocument document, string id, EventModality modality) => Put(document, Event(document, id) with { Modality = modality });

    /// <summary>Writes a remark on a range; what is longer than a note may be is cut.</summary>
    public static TimelineDocument SetNote(TimelineDocument document, string id, string note) => Put(document, Event(document, id) with { Note = Cut(TimelineRules.Paragraphs(note)) });

    /// <summary>Takes ranges, boxes and points away.</summary>
    public static TimelineDocument Delete(TimelineDocument document, IReadOnlyCollection<string> ids)
    {
        HashSet<string> gone = [.. ids];
        TimelineDocument left = document with
        {
            Events = [.. document.Events.Where(one => !gone.Contains(one.Id))],
            Boxes = [.. document.Boxes.Where(one => !gone.Contains(one.Id))],
            Points = [.. document.Points.Where(one => !gone.Contains(one.Id))],
        };
        return Count(document) - Count(left) == gone.Count ? left.InOrder() : throw new TimelineEditException(Gone);
    }

    /// <summary>Brings both ends of ranges to the nearest whole second of the clip; one that would be empty gets a second.</summary>
    public static TimelineDocument Snap(TimelineDocument document, IReadOnlyCollection<string> ids)
    {
        decimal last = Math.Floor(Length(document));
        if (last < 1)
        {
            throw new TimelineEditException("This clip is shorter than a second.");
        }

        foreach (TimelineEvent one in ids.Distinct().Select(id => Event(document, id)))
        {
            decimal start = Math.Min(Whole(one.StartSeconds), last - 1), end = Math.Clamp(Whole(one.EndSeconds), start + 1, last);
            document = Put(document, one with { StartSeconds = start, EndSeconds = end });
        }

        return document;

        static decimal Whole(decimal seconds) => Math.Round(seconds, 0, MidpointRounding.AwayFromZero);
    }

    /// <summary>A new box on a frame.</summary>
    /// <param name="document">The timeline.</param>
    /// <param name="layer">Who says so.</param>
    /// <param name="label">What it is.</param>
    /// <param name="time">When the frame stands, in seconds.</param>
    /// <param name="one">A corner in pixels of the picture.</param>
    /// <param name="other">The corner across.</param>
    /// <returns>The timeline and the id of the box.</returns>
    public static (TimelineDocument Document, string Id) CreateBox(TimelineDocument document, TimelineLayer layer, string label, decimal time, (decimal X, decimal Y) one, (decimal X, decimal Y) other)
    {
        string id = Fresh(document, layer);
        TimelineBox box = new(id, Named(label), At(document, time), 0, 0, 0, 0, layer);
        return (Put(document, Framed(document, box, one, other)), id);
    }

    /// <summary>Gives a box other corners.</summary>
    public static TimelineDocument Resize(TimelineDocument document, string id, (decimal X, decimal Y) one, (decimal X, decimal Y) other) =>
        Put(document, Framed(document, document.Boxes.FirstOrDefault(box => box.Id == id) ?? throw new TimelineEditException(Gone), one, other));

    /// <summary>A new point on a frame.</summary>
    /// <returns>The timeline and the id of the point.</returns>
    public static (TimelineDocument Document, string Id) CreatePoint(TimelineDocument document, TimelineLayer layer, string label, decimal time, (decimal X, decimal Y) place)
    {
        string id = Fresh(document, layer);
        (decimal width, decimal height) = Picture(document);
        return (Put(document, new TimelinePoint(id, Named(label), At(document, time), Inside(place.X, width), Inside(place.Y, height), layer)), id);
    }

    /// <summary>Moves a box or a point by pixels, as far as the edge of the picture.</summary>
    public static TimelineDocument Shift(TimelineDocument document, string id, decimal right, decimal down)
    {
        (decimal width, decimal height) = Picture(document);
        if (document.Boxes.FirstOrDefault(one => one.Id == id) is { } box)
        {
            decimal across = TimelineRules.Hundredths(Math.Clamp(right, -box.X1, Math.Max(-box.X1, width - box.X2))), along = TimelineRules.Hundredths(Math.Clamp(down, -box.Y1, Math.Max(-box.Y1, height - box.Y2)));
            return Put(document, box with { X1 = box.X1 + across, X2 = box.X2 + across, Y1 = box.Y1 + along, Y2 = box.Y2 + along });
        }

        TimelinePoint point = document.Points.FirstOrDefault(one => one.Id == id) ?? throw new TimelineEditException(Gone);
        return Put(document, point with { X = Inside(point.X + right, width), Y = Inside(point.Y + down, height) });
    }

    /// <summary>What one layer says.</summary>
    public static TimelineDocument Only(TimelineDocument document, TimelineLayer layer) => document with
    {
        Events = [.. document.Events.Where(one => one.Layer == layer)],
        Boxes = [.. document.Boxes.Where(one => one.Layer == layer)],
        Points = [.. document.Points.Where(one => one.Layer == layer)],
        Altered = layer == TimelineLayer.Model ? document.Altered : "",
    };

    /// <summary>Takes everything of another timeline into a layer, with new ids where the old ones are taken.</summary>
    /// <param name="document">The timeline.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="other">What is taken in, whatever its own layers.</param>
    /// <param name="replace">Whether what the layer says is taken away first; else it stays beside.</param>
    /// <exception cref="TimelineEditException">There would be more than a timeline may have, or a box or point lies outside the picture.</exception>
    public static TimelineDocument TakeIn(TimelineDocument document, TimelineLayer layer, TimelineDocument other, bool replace)
    {
        TimelineDocument left = !replace ? document : document with
        {
            Events = [.. document.Events.Where(one => one.Layer != layer)],
            Boxes = [.. document.Boxes.Where(one => one.Layer != layer)],
            Points = [.. document.Points.Where(one => one.Layer != layer)],
            Altered = layer == TimelineLayer.Model ? "" : document.Altered,
        };
        HashSet<string> taken = [.. Ids(left)], coming = [.. Ids(other)];
        int last = 0;
        string Own(string id)
        {
            while (!taken.Add(id))
            {
                do
                {
                    id = FormattableString.Invariant($"{Letter(layer)}{++last}");
                }
                while (coming.Contains(id));
            }

            return id;
        }

        TimelineDocument whole = left with
        {
            Events = [.. left.Events, .. other.Events.Select(one => one with { Id = Own(one.Id), Layer = layer })],
            Boxes = [.. left.Boxes, .. other.Boxes.Select(one => one with { Id = Own(one.Id), Layer = layer })],
            Points = [.. left.Points, .. other.Points.Select(one => one with { Id = Own(one.Id), Layer = layer })],
            // Of what a person corrected, nobody says that it is an altered run's.
            Altered = layer == TimelineLayer.Model && other.Altered.Length > 0 ? other.Altered : left.Altered,
        };
        try
        {
            whole.Check();
        }
        catch (ArgumentException broken)
        {
            throw new TimelineEditException($"This does not fit the clip: {broken.Message}.");
        }

        return whole.InOrder();
    }

    /// <summary>How many events, boxes and points there are.</summary>
    public static int Count(TimelineDocument document) => document.Events.Count + document.Boxes.Count + document.Points.Count;

    /// <summary>Whether two ranges stand in one lane: the same layer, track and label, whatever the case of its letters.</summary>
    public static bool SameLane(TimelineEvent one, TimelineEvent other) =>
        one.Layer == other.Layer && one.Modality == other.Modality && string.Equals(one.Label, other.Label, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Ids(TimelineDocument document) => document.Events.Select(one => one.Id).Concat(document.Boxes.Select(one => one.Id)).Concat(document.Points.Select(one => one.Id));

    private static TimelineEvent Event(TimelineDocument document, string id) => document.Events.FirstOrDefault(one => one.Id == id) ?? throw new TimelineEditException(Gone);

    private static decimal Length(TimelineDocument document) => document.Clip.DurationSeconds is { } seconds and > 0 ? seconds : TimelineRules.MostSeconds;

    private static decimal At(TimelineDocument document, decimal time) => TimelineRules.Milliseconds(Math.Clamp(time, 0, Length(document)));

    private static (decimal Start, decimal End) Placed(TimelineDocument document, decimal start, decimal end)
    {
        decimal length = Length(document);
        if (length < LeastSeconds)
        {
            throw new TimelineEditException("This clip has no length, so there is no place for a range.");
        }

        decimal from = TimelineRules.Milliseconds(Math.Clamp(start, 0, length - LeastSeconds));
        return (from, Math.Max(from + LeastSeconds, TimelineRules.Milliseconds(Math.Min(end, length))));
    }

    private static (decimal Width, decimal Height) Picture(TimelineDocument document) => document.Clip is { Width: { } width, Height: { } height }
        ? (width, height)
        : throw new TimelineEditException("The size of this clip's picture is not known, so nothing can be drawn on it.");

    private static decimal Inside(decimal at, decimal edge) => TimelineRules.Hundredths(Math.Clamp(at, 0, edge));

    private static TimelineBox Framed(TimelineDocument document, TimelineBox box, (decimal X, decimal Y) one, (decimal X, decimal Y) other)
    {
        (decimal width, decimal height) = Picture(document);
        (decimal x1, decimal x2) = Sides(Inside(Math.Min(one.X, other.X), width), Inside(Math.Max(one.X, other.X), width), width);
        (decimal y1, decimal y2) = Sides(Inside(Math.Min(one.Y, other.Y), height), Inside(Math.Max(one.Y, other.Y), height), height);
        return box with { X1 = x1, Y1 = y1, X2 = x2, Y2 = y2 };

        static (decimal, decimal) Sides(decimal first, decimal last, decimal edge) =>
            last - first >= LeastPixels ? (first, last) : first + LeastPixels <= edge ? (first, first + LeastPixels) : (edge - LeastPixels, edge);
    }

    private static string Named(string label)
    {
        string name = TimelineRules.Line(label);
        return name.Length is > 0 and <= TimelineRules.MostLabel ? name
            : throw new TimelineEditException(name.Length == 0 ? "A label says what happens; it cannot be empty." : $"A label has {TimelineRules.MostLabel} letters at most; this one has {name.Length}.");
    }

    // The cut may fall inside a pair, or leave a blank at the end.
    private static string Cut(string note) => note.Length <= TimelineRules.MostNote ? note : TimelineRules.Paragraphs(note[..(char.IsHighSurrogate(note[TimelineRules.MostNote - 1]) ? TimelineRules.MostNote - 1 : TimelineRules.MostNote)]);

    private static char Letter(TimelineLayer layer) => TimelineRules.Word(layer)[0];

    private static string Fresh(TimelineDocument document, TimelineLayer layer)
    {
        if (Count(document) >= TimelineRules.MostItems)
        {
            throw new TimelineEditException($"A timeline has {TimelineRules.MostItems} ranges, boxes and points at most.");
        }

        HashSet<string> taken = [.. Ids(document)];
        int number = 1;
        while (taken.Contains(FormattableString.Invariant($"{Letter(layer)}{number}")))
        {
            number++;
        }

        return FormattableString.Invariant($"{Letter(layer)}{number}");
    }

    private static TimelineDocument Put(TimelineDocument document, params TimelineEvent[] events)
    {
        HashSet<string> ids = [.. events.Select(one => one.Id)];
        return (document with { Events = [.. document.Events.Where(one => !ids.Contains(one.Id)), .. events] }).InOrder();
    }

    private static TimelineDocument Put(TimelineDocument document, TimelineBox box) => (document with { Boxes = [.. document.Boxes.Where(one => one.Id != box.Id), box] }).InOrder();

    private static TimelineDocument Put(TimelineDocument document, TimelinePoint point) => (document with { Points = [.. document.Points.Where(one => one.Id != point.Id), point] }).InOrder();
}

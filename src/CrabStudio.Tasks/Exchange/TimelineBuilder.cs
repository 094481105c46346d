namespace CrabStudio.Tasks.Exchange;

/// <summary>
/// What all readers share: brings texts and numbers into the bounds of a timeline, gives ids where a file has none that fit, and
/// says where something does not fit.
/// </summary>
/// <param name="file">The file's name in messages.</param>
/// <param name="settings">What is known beside the file.</param>
internal sealed class TimelineBuilder(string file, TimelineReadSettings settings)
{
    private readonly List<TimelineEvent> events = [];
    private readonly List<(TimelineBox Box, Func<ExchangePlace> At)> boxes = [];
    private readonly List<(TimelinePoint Point, Func<ExchangePlace> At)> points = [];
    private readonly HashSet<string> ids = new(StringComparer.Ordinal);
    private readonly List<(string Kind, int Place)> nameless = [];
    private TimelineClip clip = new("");
    private string altered = "";
    private Func<ExchangePlace> clipAt = () => default;

    /// <summary>The file's name in messages.</summary>
    public string File => file;

    /// <summary>What is known beside the file.</summary>
    public TimelineReadSettings Settings => settings;

    /// <summary>What the file says and a timeline has no place for.</summary>
    public LeftOutList LeftOut { get; } = new();

    /// <summary>The clip as the file has it, and beside it what is known.</summary>
    public TimelineClip Clip => new(clip.FileName.Length > 0 ? clip.FileName : settings.Clip?.FileName ?? "")
    {
        DurationSeconds = clip.DurationSeconds ?? settings.Clip?.DurationSeconds,
        FrameRate = clip.FrameRate ?? settings.Clip?.FrameRate,
        Width = clip.Width ?? settings.Clip?.Width,
        Height = clip.Height ?? settings.Clip?.Height,
    };

    /// <summary>Takes the clip's facts; later ones fill in what earlier ones do not say.</summary>
    public void Facts(Func<ExchangePlace> at, string? fileName, decimal? duration = null, decimal? frameRate = null, decimal? width = null, decimal? height = null)
    {
        TimelineClip said = new(clip.FileName.Length > 0 || fileName is null ? clip.FileName : TimelineRules.FileName(fileName))
        {
            DurationSeconds = clip.DurationSeconds ?? (duration is { } seconds ? TimelineRules.Milliseconds(seconds) : null),
            FrameRate = clip.FrameRate ?? (frameRate is { } rate ? Math.Round(rate, 6) : null),
            Width = clip.Width ?? Pixels(at, "width", width),
            Height = clip.Height ?? Pixels(at, "height", height),
        };
        Refuse(at, TimelineRules.Fault(said));
        (clip, clipAt) = (said, at);
    }

    /// <summary>Takes how the model's run was altered, where the file says so.</summary>
    public void Altered(Func<ExchangePlace> at, string? words)
    {
        string said = TimelineRules.Line(words ?? "");
        Refuse(at, TimelineRules.AlteredFault(said));
        altered = said.Length > 0 ? said : altered;
    }

    /// <summary>Takes an event.</summary>
    public void Event(Func<ExchangePlace> at, string? id, string label, EventModality modality, decimal start, decimal end, TimelineLayer? layer, string note)
    {
        TimelineEvent one = new(Id(id, "e", events.Count), TimelineRules.Line(label), modality, TimelineRules.Milliseconds(start), TimelineRules.Milliseconds(end), layer ?? settings.Layer, TimelineRules.Paragraphs(note));
        // An id that is given at the end is no fault now.
        Refuse(at, TimelineRules.Fault(one.Id.Length > 0 ? one : one with { Id = "e" }));
        Full(at);
        events.Add(one);
    }

    /// <summary>Takes an event of an answer when it has a range that a timeline can hold.</summary>
    public bool TryAnswer(AnswerEvent said, TimelineLayer layer)
    {
        if (said is not { StartSeconds: >= 0 and <= (double)TimelineRules.MostSeconds, EndSeconds: >= 0 and <= (double)TimelineRules.MostSeconds }
            || TimelineRules.Milliseconds((decimal)said.StartSeconds) >= TimelineRules.Milliseconds((decimal)said.EndSeconds)
            || TimelineRules.Line(said.Label) is not { Length: > 0 and <= TimelineRules.MostLabel })
        {
            return false;
        }

        Event(() => default, null, said.Label, said.Modality, (decimal)said.StartSeconds.Value, (decimal)said.EndSeconds.Value, layer, "");
        return true;
    }

    /// <summary>Takes a box; whether it lies in the picture is told at the end, when the picture's size is known.</summary>
    public void Box(Func<ExchangePlace> at, string? id, string label, decimal time, decimal x1, decimal y1, decimal x2, decimal y2, TimelineLayer? layer, string note)
    {
        Full(at);
        boxes.Add((new TimelineBox(Id(id, "b", boxes.Count), TimelineRules.Line(label), TimelineRules.Milliseconds(time), TimelineRules.Hundredths(x1), TimelineRules.Hundredths(y1),
            TimelineRules.Hundredths(x2), TimelineRules.Hundredths(y2), layer ?? settings.Layer, TimelineRules.Paragraphs(note)), at));
    }

    /// <summary>Takes a point, as <see cref="Box"/>.</summary>
    public void Point(Func<ExchangePlace> at, string? id, string label, decimal time, decimal x, decimal y, TimelineLayer? layer, string note)
    {
        Full(at);
        points.Add((new TimelinePoint(Id(id, "p", points.Count), TimelineRules.Line(label), TimelineRules.Milliseconds(time), TimelineRules.Hundredths(x), TimelineRules.Hundredths(y),
            layer ?? settings.Layer, TimelineRules.Paragraphs(note)), at));
    }

    /// <summary>A fault of the file.</summary>
    public ExchangeException Fault(ExchangePlace at, string? field, string problem) => new(file, at, field, problem);

    /// <summary>The timeline.</summary>
    public TimelineDocument Finish()
    {
        TimelineClip whole = Clip;
        Refuse(clipAt, TimelineRules.Fault(whole));
        string[] fresh = Fresh();
        int given = 0;
        Dictionary<(string, int), string> names = nameless.ToDictionary(one => one, _ => fresh[given++]);
        string Named(string id, string kind, int place) => id.Length > 0 ? id : names[(kind, place)];
        TimelineDocument document = new(whole)
        {
            Events = [.. events.Select((one, place) => one with { Id = Named(one.Id, "e", place) })],
            Boxes = [.. boxes.Select((one, place) => Edged(one.Box with { Id = Named(one.Box.Id, "b", place) }, whole))],
            Points = [.. points.Select((one, place) => one.Point with { Id = Named(one.Point.Id, "p", place) })],
            Altered = altered,
        };
        for (int place = 0; place < boxes.Count; place++)
        {
            Refuse(boxes[place].At, TimelineRules.Fault(document.Boxes[place], whole));
        }

        for (int place = 0; place < points.Count; place++)
        {
            Refuse(points[place].At, TimelineRules.Fault(document.Points[place], whole));
        }

        return document.InOrder();
    }

    // Other programs round: what reaches out of the picture by less than a pixel ends at its edge.
    private static TimelineBox Edged(TimelineBox box, TimelineClip clip)
    {
        static decimal Edge(decimal at, int? most) => at is < 0 and > -1 ? 0 : most is { } edge && at > edge && at < edge + 1 ? edge : at;
        return box with { X1 = Edge(box.X1, clip.Width), Y1 = Edge(box.Y1, clip.Height), X2 = Edge(box.X2, clip.Width), Y2 = Edge(box.Y2, clip.Height) };
    }

    // The file's own id where it fits and no other has it; else none for now, so that a new one takes none that comes later.
    private string Id(string? said, string kind, int place)
    {
        if (said is not null && TimelineRules.IsId(said) && ids.Add(said))
        {
            return said;
        }

        nameless.Add((kind, place));
        return "";
    }

    private string[] Fresh()
    {
        Dictionary<string, int> last = [];
        List<string> fresh = [];
        foreach ((string kind, int _) in nameless)
        {
            string id;
            do
            {
                last[kind] = last.GetValueOrDefault(kind) + 1;
                id = FormattableString.Invariant($"{kind}{last[kind]}");
            }
            while (!ids.Add(id));
            fresh.Add(id);
        }

        return [.. fresh];
    }

    private int? Pixels(Func<ExchangePlace> at, string field, decimal? value) =>
        value is not { } number ? null
            : number == Math.Round(number) && number is >= 1 and <= TimelineRules.MostPixels ? (int)number
            : throw Fault(at(), field, $"is {TimelineRules.Number(number)}, expected a whole number of pixels from 1 to {TimelineRules.MostPixels}");

    private void Refuse(Func<ExchangePlace> at, (string Field, string Problem)? fault)
    {
        if (fault is { } found)
        {
            throw Fault(at(), found.Field, found.Problem);
        }
    }

    private void Full(Func<ExchangePlace> at)
    {
        if (events.Count + boxes.Count + points.Count >= TimelineRules.MostItems)
        {
            throw Fault(at(), null, $"is one more than the {TimelineRules.MostItems} events, boxes and points that a timeline may have; split the file");
        }
    }
}

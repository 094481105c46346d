namespace CrabStudio.Tasks.Exchange;

/// <summary>Who says what stands on a timeline.</summary>
public enum TimelineLayer
{
    /// <summary>The model's own output.</summary>
    Model,

    /// <summary>The output as a person has put it right.</summary>
    Corrected,

    /// <summary>The truth that outputs are scored against.</summary>
    Truth,
}

/// <summary>What is known of the clip that a timeline lies on; null where it is not.</summary>
/// <param name="FileName">The file's name without folders; empty when not known.</param>
public sealed record TimelineClip(string FileName)
{
    /// <summary>Length in seconds, to the millisecond.</summary>
    public decimal? DurationSeconds { get; init; }

    /// <summary>Frames a second, to six places (29.97003).</summary>
    public decimal? FrameRate { get; init; }

    /// <summary>Width of the picture in pixels.</summary>
    public int? Width { get; init; }

    /// <summary>Height of the picture in pixels.</summary>
    public int? Height { get; init; }
}

/// <summary>Something that is heard or seen for a while.</summary>
/// <param name="Id">Tells it from all others of the timeline, boxes and points too: 1 to 64 letters (A to Z), digits, dots, dashes and underscores.</param>
/// <param name="Label">One line, 1 to 200 characters.</param>
/// <param name="Modality">Which of the clip's tracks it lies in.</param>
/// <param name="StartSeconds">Start, 0 or more, to the millisecond.</param>
/// <param name="EndSeconds">End, after the start, to the millisecond.</param>
/// <param name="Layer">Who says so.</param>
/// <param name="Note">A person's remark, which may have several lines; empty where there is none.</param>
public sealed record TimelineEvent(string Id, string Label, EventModality Modality, decimal StartSeconds, decimal EndSeconds, TimelineLayer Layer, string Note = "");

/// <summary>A box on one frame. Coordinates are pixels of the clip's own picture from its top left corner, to a hundredth.</summary>
/// <param name="Id">As <see cref="TimelineEvent.Id"/>.</param>
/// <param name="Label">As <see cref="TimelineEvent.Label"/>.</param>
/// <param name="TimeSeconds">The frame's time, to the millisecond.</param>
/// <param name="X1">Left edge, 0 or more.</param>
/// <param name="Y1">Upper edge, 0 or more.</param>
/// <param name="X2">Right edge, beyond the left one.</param>
/// <param name="Y2">Lower edge, below the upper one.</param>
/// <param name="Layer">Who says so.</param>
/// <param name="Note">As <see cref="TimelineEvent.Note"/>.</param>
public sealed record TimelineBox(string Id, string Label, decimal TimeSeconds, decimal X1, decimal Y1, decimal X2, decimal Y2, TimelineLayer Layer, string Note = "");

/// <summary>A point on one frame, in the pixels of <see cref="TimelineBox"/>.</summary>
/// <param name="Id">As <see cref="TimelineEvent.Id"/>.</param>
/// <param name="Label">As <see cref="TimelineEvent.Label"/>.</param>
/// <param name="TimeSeconds">The frame's time, to the millisecond.</param>
/// <param name="X">From the left, 0 or more.</param>
/// <param name="Y">From the top, 0 or more.</param>
/// <param name="Layer">Who says so.</param>
/// <param name="Note">As <see cref="TimelineEvent.Note"/>.</param>
public sealed record TimelinePoint(string Id, string Label, decimal TimeSeconds, decimal X, decimal Y, TimelineLayer Layer, string Note = "");

/// <summary>What is said of one clip: events on lanes, boxes and points on frames. The one model of all exchange formats.</summary>
/// <param name="Clip">The clip.</param>
public sealed record TimelineDocument(TimelineClip Clip)
{
    /// <summary>Events; readers give them by start, end and id.</summary>
    public IReadOnlyList<TimelineEvent> Events { get; init; } = [];

    /// <summary>Boxes; readers give them by time and id.</summary>
    public IReadOnlyList<TimelineBox> Boxes { get; init; } = [];

    /// <summary>Points; readers give them by time and id.</summary>
    public IReadOnlyList<TimelinePoint> Points { get; init; } = [];

    /// <summary>How the run was altered that the model's layer comes from, in words: one line; empty where it was left alone.</summary>
    public string Altered { get; init; } = "";

    /// <summary>The same in the order in which readers give it.</summary>
    public TimelineDocument InOrder() => this with
    {
        Events = [.. Events.OrderBy(one => one.StartSeconds).ThenBy(one => one.EndSeconds).ThenBy(one => one.Id, StringComparer.Ordinal)],
        Boxes = [.. Boxes.OrderBy(one => one.TimeSeconds).ThenBy(one => one.Id, StringComparer.Ordinal)],
        Points = [.. Points.OrderBy(one => one.TimeSeconds).ThenBy(one => one.Id, StringComparer.Ordinal)],
    };

    /// <summary>
    /// A timeline of an answer: its events, and its boxes and points on the frame that was seen, from the 224×224 picture brought
    /// to the clip's own. What has no range, or a reversed, empty or negative one, is not on it.
    /// </summary>
    /// <param name="clip">The clip; without its size there are no boxes and points.</param>
    /// <param name="answer">What was read from the answer.</param>
    /// <param name="frameSeconds">When the frame stands that boxes and points are about, 0 or more.</param>
    /// <exception cref="ExchangeException">The clip or the frame's time breaks a rule.</exception>
    public static TimelineDocument FromAnswer(TimelineClip clip, ParsedAnswer answer, decimal frameSeconds = 0)
    {
        TimelineBuilder builder = new(clip.FileName, new TimelineReadSettings { Clip = clip });
        foreach (AnswerEvent said in answer.Events)
        {
            builder.TryAnswer(said, TimelineLayer.Model);
        }

        if (clip is { Width: { } width, Height: { } height })
        {
            decimal across = width / 224m, down = height / 224m;
            foreach (AnswerBox box in answer.Boxes.Where(one => one.X1 < one.X2 && one.Y1 < one.Y2 && one is { X1: >= 0, Y1: >= 0, X2: <= 224, Y2: <= 224 }))
            {
                builder.Box(() => default, null, "box", frameSeconds, box.X1 * across, box.Y1 * down, box.X2 * across, box.Y2 * down, TimelineLayer.Model, "");
            }

            foreach (AnswerPoint point in answer.Points.Where(one => one is { X: >= 0 and <= 224, Y: >= 0 and <= 224 }))
            {
                builder.Point(() => default, null, "point", frameSeconds, point.X * across, point.Y * down, TimelineLayer.Model, "");
            }
        }

        return builder.Finish();
    }

    /// <summary>Checks every rule that the members state, as writers do first.</summary>
    /// <exception cref="ArgumentException">A rule is broken; one line says where.</exception>
    public void Check() => TimelineRules.Check(this);
}

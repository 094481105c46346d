namespace CrabStudio.Tasks.AvUie;

/// <summary>An annotated clip: its media, and what plain tables say about it.</summary>
/// <param name="Id">Its name in the tables.</param>
/// <param name="Row">Its row of the table of clips; of the first row that names it where there is no such table.</param>
public sealed record AnnotatedClip(string Id, AnnotationRow Row)
{
    /// <summary>The video's file, as the table names it; null when there is none.</summary>
    public string? Video { get; init; }

    /// <summary>The sound's file; the video's own where nothing else is named.</summary>
    public string? Sound { get; init; }

    /// <summary>Events, in the order of the table.</summary>
    public List<(AnnotationRow Row, AnswerEvent Event)> Events { get; } = [];

    /// <summary>Rows of boxes, in the order of the table.</summary>
    public List<AnnotationRow> Boxes { get; } = [];

    /// <summary>Rows of questions, in the order of the table.</summary>
    public List<AnnotationRow> Questions { get; } = [];
}

/// <summary>Plain annotation tables, brought together by clip. Clips stand in the order in which they are first named.</summary>
public sealed class AnnotationSet
{
    /// <summary>Columns of the table of clips.</summary>
    public static readonly IReadOnlyCollection<string> ClipColumns = ["clip", "video", "audio", "duration", "action", "emotion", "caption", "evidence"];

    /// <summary>Columns of the table of events.</summary>
    public static readonly IReadOnlyCollection<string> EventColumns = ["clip", "modality", "label", "start", "end"];

    /// <summary>Columns of the table of boxes.</summary>
    public static readonly IReadOnlyCollection<string> BoxColumns = ["clip", "image", "frame", "label", "x1", "y1", "x2", "y2", "width", "height", "points", "sounding", "description"];

    /// <summary>Columns of the table of questions.</summary>
    public static readonly IReadOnlyCollection<string> QuestionColumns = ["clip", "question", "answer", "options", "type", "evidence"];

    private readonly Dictionary<string, AnnotatedClip> clips = [];
    private readonly List<AnnotatedClip> order = [];

    /// <summary>The clips.</summary>
    public IReadOnlyList<AnnotatedClip> Clips => order;

    /// <summary>Reads the tables; any may be null.</summary>
    /// <exception cref="AvUieException">A table cannot be read, or a row of clips or events is wrong.</exception>
    public static AnnotationSet Read(string? clips, string? events, string? boxes, string? questions)
    {
        AnnotationSet set = new();
        foreach (AnnotationRow row in clips is null ? [] : AnnotationTable.Read(clips, ClipColumns))
        {
            string id = row.Text("clip");
            if (set.clips.ContainsKey(id))
            {
                throw row.Fault("clip", $"is “{id}”, which an earlier row describes already");
            }

            set.Add(new AnnotatedClip(id, row) { Video = row["video"], Sound = row["audio"] ?? row["video"] });
        }

        foreach (AnnotationRow row in events is null ? [] : AnnotationTable.Read(events, EventColumns))
        {
            set.Of(row, clips is not null).Events.Add((row, Event(row)));
        }

        foreach (AnnotationRow row in boxes is null ? [] : AnnotationTable.Read(boxes, BoxColumns))
        {
            set.Of(row, clips is not null).Boxes.Add(row);
        }

        foreach (AnnotationRow row in questions is null ? [] : AnnotationTable.Read(questions, QuestionColumns))
        {
            set.Of(row, clips is not null).Questions.Add(row);
        }

        return set;
    }

    /// <summary>Clips that come from elsewhere than tables.</summary>
    /// <exception cref="ArgumentException">Two have the same name.</exception>
    public static AnnotationSet Of(IEnumerable<AnnotatedClip> clips)
    {
        AnnotationSet set = new();
        foreach (AnnotatedClip clip in clips)
        {
            set.Add(clip);
        }

        return set;
    }

    private static AnswerEvent Event(AnnotationRow row)
    {
        EventModality modality = row["modality"]?.ToLowerInvariant() switch
        {
            null or "both" or "audiovisual" or "audio-visual" => EventModality.AudioVisual,
            "audio" => EventModality.Audio,
            "visual" or "video" => EventModality.Visual,
            var other => throw row.Fault("modality", $"is “{other}”, expected audio, visual or both"),
        };
        double start = row.Number("start"), end = row.Number("end");
        return start >= 0 && end > start ? new AnswerEvent(row.Text("label"), modality, Math.Round(start, 2), Math.Round(end, 2)) : throw row.Fault("end", "must lie after start, and start must not be negative");
    }

    // Without a table of clips a clip is called by its file.
    private AnnotatedClip Of(AnnotationRow row, bool described)
    {
        string id = row.Text("clip");
        return clips.TryGetValue(id, out AnnotatedClip? clip) ? clip
            : described ? throw row.Fault("clip", $"is “{id}”, which the table of clips does not have")
            : Add(new AnnotatedClip(id, new AnnotationRow(row.Place, new Dictionary<string, string> { ["clip"] = id })) { Video = id, Sound = id });
    }

    private AnnotatedClip Add(AnnotatedClip clip)
    {
        clips.Add(clip.Id, clip);
        order.Add(clip);
        return clip;
    }
}

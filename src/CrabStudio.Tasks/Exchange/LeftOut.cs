namespace CrabStudio.Tasks.Exchange;

/// <summary>What a format, or the timeline, has no place for.</summary>
public enum LeftOutKind
{
    /// <summary>Events.</summary>
    Events,

    /// <summary>Boxes.</summary>
    Boxes,

    /// <summary>Points.</summary>
    Points,

    /// <summary>Notes.</summary>
    Notes,

    /// <summary>Ids; readers give new ones.</summary>
    Ids,

    /// <summary>Who says it.</summary>
    Layers,

    /// <summary>Events that are heard and seen as one.</summary>
    Modalities,

    /// <summary>Times, which were rounded.</summary>
    Times,

    /// <summary>Facts of the clip: duration, frame rate, width, height.</summary>
    ClipFacts,

    /// <summary>That the model's run was altered, and how.</summary>
    Altered,

    /// <summary>Annotations that their author has cancelled.</summary>
    Cancelled,

    /// <summary>Outlines, masks, key points, rotations: the box around is kept.</summary>
    Shapes,

    /// <summary>Regions of other kinds, such as texts and choices.</summary>
    OtherRegions,

    /// <summary>What is said of other clips.</summary>
    OtherClips,
}

/// <summary>Something that was not taken over.</summary>
/// <param name="Kind">What.</param>
/// <param name="Count">How many.</param>
/// <param name="Why">A sentence for a person, without a full stop.</param>
public sealed record LeftOut(LeftOutKind Kind, int Count, string Why);

/// <summary>A timeline as a file.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="LeftOut">What the format has no place for.</param>
public sealed record ExportedTimeline(byte[] Bytes, IReadOnlyList<LeftOut> LeftOut);

/// <summary>A file as a timeline.</summary>
/// <param name="Document">The timeline, in order.</param>
/// <param name="Format">What the file was.</param>
/// <param name="LeftOut">What the file says and a timeline has no place for.</param>
public sealed record ImportedTimeline(TimelineDocument Document, TimelineFormat Format, IReadOnlyList<LeftOut> LeftOut);

/// <summary>Counts what is left out, in the order in which it is met.</summary>
internal sealed class LeftOutList
{
    private readonly List<LeftOut> all = [];

    public IReadOnlyList<LeftOut> All => all;

    public void Add(LeftOutKind kind, int count, string why)
    {
        if (count == 0)
        {
            return;
        }

        int place = all.FindIndex(one => one.Kind == kind && one.Why == why);
        if (place < 0)
        {
            all.Add(new LeftOut(kind, count, why));
        }
        else
        {
            all[place] = all[place] with { Count = all[place].Count + count };
        }
    }
}

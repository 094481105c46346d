using CrabStudio.Tasks;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Answers;

/// <summary>A row of the timeline: one event in one modality, with its ranges.</summary>
/// <param name="Label">The event, as written.</param>
/// <param name="Modality">The track it lies in.</param>
/// <param name="Ranges">Its ranges, in order of start.</param>
public sealed record Lane(string Label, EventModality Modality, IReadOnlyList<LaneRange> Ranges)
{
    /// <summary>Whose events these are, where an axis shows those of several; null where there is but one.</summary>
    public string? Source { get; init; }

    /// <summary>Lanes of an answer's events, in order of first appearance. Events without a range have no lane.</summary>
    public static IReadOnlyList<Lane> From(IEnumerable<AnswerEvent> events, double durationSeconds) =>
    [
        .. events
            .Where(e => e is { StartSeconds: not null, EndSeconds: not null })
            .GroupBy(e => (Label: e.Label.ToUpperInvariant(), e.Modality))
            .Select(group => new Lane(group.First().Label, group.Key.Modality,
                [.. group.Select(e => LaneRange.From(e.StartSeconds!.Value, e.EndSeconds!.Value, durationSeconds)).OrderBy(range => range.StartSeconds)])),
    ];

    /// <summary>"heard", "seen", "heard and seen".</summary>
    public string ModalityWords(IStringLocalizer<Words> L) => Modality switch
    {
        EventModality.Audio => L["heard"],
        EventModality.Visual => L["seen"],
        _ => L["heard and seen"],
    };
}

/// <summary>A range as written, and where it is drawn.</summary>
/// <param name="StartSeconds">As written; may lie outside the clip or after the end.</param>
/// <param name="EndSeconds">As written.</param>
/// <param name="Left">Where it begins on the axis, 0 to 1.</param>
/// <param name="Width">How much of the axis it takes, 0 to 1.</param>
/// <param name="Problem">Why it is not drawn as written; null when it is.</param>
public sealed record LaneRange(double StartSeconds, double EndSeconds, double Left, double Width, string? Problem)
{
    /// <summary><see cref="Problem"/> in the language of a page.</summary>
    public string? ProblemIn(IStringLocalizer<Words> L) => Problem switch
    {
        "the clip has no length" => L["the clip has no length"],
        "the end lies before the start" => L["the end lies before the start"],
        "start and end are the same" => L["start and end are the same"],
        "begins before the clip" => L["begins before the clip"],
        "lies after the end of the clip" => L["lies after the end of the clip"],
        "reaches beyond the end of the clip" => L["reaches beyond the end of the clip"],
        _ => Problem,
    };

    /// <summary>Places a range on an axis of <paramref name="durationSeconds"/>.</summary>
    public static LaneRange From(double start, double end, double durationSeconds)
    {
        if (!(durationSeconds > 0))
        {
            return new LaneRange(start, end, 0, 0, "the clip has no length");
        }

        double from = Math.Clamp(Math.Min(start, end) / durationSeconds, 0, 1), to = Math.Clamp(Math.Max(start, end) / durationSeconds, 0, 1);
        string? problem = start > end ? "the end lies before the start"
            : start == end ? "start and end are the same"
            : start < 0 ? "begins before the clip"
            : start >= durationSeconds ? "lies after the end of the clip"
            : end > durationSeconds + 0.5 ? "reaches beyond the end of the clip"
            : null;
        return new LaneRange(start, end, from, to - from, problem);
    }
}

namespace CrabStudio.Tasks;

/// <summary>Which of a clip's two tracks an event lies in.</summary>
public enum EventModality
{
    /// <summary>Not said: heard and seen together (ave, unav).</summary>
    AudioVisual,

    /// <summary>Heard.</summary>
    Audio,

    /// <summary>Seen.</summary>
    Visual,
}

/// <summary>An event with a time range.</summary>
/// <param name="Label">As written, trimmed.</param>
/// <param name="Modality">The track.</param>
/// <param name="StartSeconds">Start in seconds; null when the text gives no range.</param>
/// <param name="EndSeconds">End in seconds; null when the text gives no range.</param>
public sealed record AnswerEvent(string Label, EventModality Modality, double? StartSeconds, double? EndSeconds);

/// <summary>A box in pixels of the 224×224 frame, as written (corners may be reversed or outside).</summary>
public sealed record AnswerBox(long X1, long Y1, long X2, long Y2);

/// <summary>A point in pixels of the 224×224 frame, as written.</summary>
public sealed record AnswerPoint(long X, long Y);

/// <summary>What was read from an answer. Never stands for more than the text says; see <see cref="Problems"/>.</summary>
/// <param name="RawText">The model's text, untouched.</param>
/// <param name="Events">Events in order of appearance.</param>
/// <param name="Boxes">Boxes in order of appearance.</param>
/// <param name="Points">Points in order of appearance.</param>
/// <param name="Choice">The text between the answer tags, trimmed; null when there is none.</param>
/// <param name="Exists">true/false of a referring answer; null when not said.</param>
/// <param name="Problems">One plain sentence for each thing that was there but could not be read, or that the task expects and is missing.</param>
public sealed record ParsedAnswer(
    string RawText,
    IReadOnlyList<AnswerEvent> Events,
    IReadOnlyList<AnswerBox> Boxes,
    IReadOnlyList<AnswerPoint> Points,
    string? Choice,
    bool? Exists,
    IReadOnlyList<string> Problems);

namespace CrabStudio.Tasks;

/// <summary>The seven families of the paper, and the free question that the studio adds.</summary>
public enum TaskFamily
{
    /// <summary>When does what happen.</summary>
    TemporalLocalization,

    /// <summary>Where in the frame is what sounds.</summary>
    SpatialLocalization,

    /// <summary>The pixels of what is described.</summary>
    ReferringSegmentation,

    /// <summary>A question with an answer.</summary>
    QuestionAnswering,

    /// <summary>A description of the clip.</summary>
    Captioning,

    /// <summary>Which action takes place.</summary>
    ActionRecognition,

    /// <summary>Which emotion a person shows.</summary>
    EmotionRecognition,

    /// <summary>Which sound belongs to which video.</summary>
    CrossModalMatching,

    /// <summary>Anything, outside the 19 keys.</summary>
    Free,
}

/// <summary>What the answer of a task is made of, and so what the studio draws.</summary>
public enum AnswerGrammar
{
    /// <summary><c>&lt;answer&gt;…&lt;/answer&gt;</c>.</summary>
    Choice,

    /// <summary><c>&lt;event&gt; label &lt;/event&gt; &lt;range&gt; start,end &lt;/range&gt;</c>.</summary>
    EventRanges,

    /// <summary><c>&lt;audio&gt;Label,(a b)&lt;/audio&gt;</c> and the same with <c>visual</c>.</summary>
    AudioVisualRanges,

    /// <summary>A box <c>[x1,y1,x2,y2]</c>.</summary>
    Box,

    /// <summary>A box and three points <c>[x,y]</c>.</summary>
    BoxAndPoints,

    /// <summary><c>&lt;answer&gt;true|false&lt;/answer&gt;</c>, then a box and three points.</summary>
    ExistenceBoxAndPoints,

    /// <summary>Words.</summary>
    FreeText,
}

/// <summary>The media that a task asks for, in the order in which the user names the clips.</summary>
public enum TaskMedia
{
    /// <summary>One video, and its own sound.</summary>
    VideoWithSound,

    /// <summary>One still (or one frame of a video), and a sound.</summary>
    StillWithSound,

    /// <summary>One sound and two videos (a2v).</summary>
    SoundAndTwoVideos,

    /// <summary>One video and two sounds (v2a).</summary>
    VideoAndTwoSounds,

    /// <summary>Any clip (free question).</summary>
    Anything,
}

/// <summary>One of the 19 task keys as data (crab-plus facts §2; question texts and windows as in the authors' loaders).</summary>
public sealed record TaskDefinition
{
    /// <summary>The dataset key, e.g. <c>avqa_thu</c>.</summary>
    public required string Key { get; init; }

    /// <summary>The dataset's name as its authors write it.</summary>
    public required string Dataset { get; init; }

    /// <summary>The family.</summary>
    public required TaskFamily Family { get; init; }

    /// <summary>What the answer looks like.</summary>
    public required AnswerGrammar Grammar { get; init; }

    /// <summary>What must be supplied as media.</summary>
    public required TaskMedia Media { get; init; }

    /// <summary>Frames sampled from each video; 0 where a still is taken.</summary>
    public required int FrameCount { get; init; }

    /// <summary>The words before the media.</summary>
    public required string Lead { get; init; }

    /// <summary>The words after the media, with <c>{question}</c>, <c>{multi_choice}</c>, <c>{description}</c> to fill in.</summary>
    public required string Question { get; init; }

    /// <summary>The user must supply a question.</summary>
    public bool NeedsQuestion { get; init; }

    /// <summary>The user must supply options to choose from.</summary>
    public bool NeedsOptions { get; init; }

    /// <summary>The user must supply a description of an object.</summary>
    public bool NeedsDescription { get; init; }

    /// <summary>The user must say which second's window is heard (and which frame is seen).</summary>
    public bool NeedsFrameIndex { get; init; }

    /// <summary>
    /// How many seconds a clip counts as, where one of them is looked at (T of crab-plus facts §2, "Audio slicing"): the
    /// clip is divided into so many equal parts, whatever its length. 0 for other tasks.
    /// </summary>
    public int Parts { get; init; }
}

/// <summary>What a user supplies beside the clips.</summary>
/// <param name="Question">For avqa, avqa_thu and the free question.</param>
/// <param name="Options">For avqa_thu.</param>
/// <param name="Description">For ref_avs.</param>
/// <param name="FrameIndex">For s4, ms3, ref_avs (the second whose frame is seen and whose window is heard) and arig.</param>
public sealed record TaskInput(string? Question = null, IReadOnlyList<string>? Options = null, string? Description = null, int? FrameIndex = null);

/// <summary>One clip that a task may use.</summary>
/// <param name="Path">The file.</param>
/// <param name="Probe">Its facts.</param>
public sealed record TaskClip(string Path, Media.ClipProbe Probe);

/// <summary>What the user gave does not suit the task. The message is one line for a person.</summary>
/// <param name="field">Which input: <c>clips</c>, <c>question</c>, <c>options</c>, <c>description</c>, <c>frameIndex</c>, <c>task</c>.</param>
/// <param name="message">What, found, expected, what to do.</param>
public sealed class TaskInputException(string field, string message) : Exception(message)
{
    /// <summary>The input at fault, in the names of the HTTP API.</summary>
    public string Field { get; } = field;
}

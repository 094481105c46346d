using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CrabStudio.Tasks;

namespace CrabStudio.Engine.Evaluation;

/// <summary>What is true of a sample. What is not known is null or empty.</summary>
public sealed record EvaluationTruth
{
    /// <summary>The class, answer or object in the words that answers are compared with; of ref_avs <c>true</c> or <c>false</c>.</summary>
    public string? Label { get; init; }

    /// <summary>Events with ranges in seconds, of ave, unav and avvp.</summary>
    public IReadOnlyList<AnswerEvent> Events { get; init; } = [];

    /// <summary>The box, in pixels of the 224×224 frame.</summary>
    public AnswerBox? Box { get; init; }

    /// <summary>Points on the object.</summary>
    public IReadOnlyList<AnswerPoint> Points { get; init; } = [];

    /// <summary>The caption.</summary>
    public string? Caption { get; init; }

    /// <summary>The kind of question, such as <c>Audio-Visual/Counting</c>.</summary>
    public string? QuestionType { get; init; }

    /// <summary>The options of avqa_thu.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The part of ref_avs's test list.</summary>
    public string? Subset { get; init; }

    /// <summary>Things that can be seen, where <c>world.json</c> says so: those that the target text names.</summary>
    public IReadOnlyList<string> Seen { get; init; } = [];

    /// <summary>Things that can be heard, likewise.</summary>
    public IReadOnlyList<string> Heard { get; init; } = [];
}

/// <summary>One sample of an evaluation, a line of <c>samples.jsonl</c>.</summary>
/// <param name="Id"><c>key:index</c>.</param>
/// <param name="Key">The task key.</param>
public sealed record EvaluationLine(string Id, string Key)
{
    /// <summary>The words of the question, behind the media.</summary>
    public string Question { get; init; } = "";

    /// <summary>The media, relative to the data set.</summary>
    public IReadOnlyList<string> Media { get; init; } = [];

    /// <summary>Why there is no answer; one line. Such a sample has no scores, and the next run asks it again.</summary>
    public string? Error { get; init; }

    /// <summary>The model's text, untouched.</summary>
    public string Text { get; init; } = "";

    /// <summary>The model's tokens.</summary>
    public IReadOnlyList<int> TokenIds { get; init; } = [];

    /// <summary>Whether the model ended the answer itself.</summary>
    public bool StoppedByEos { get; init; }

    /// <summary>Length of the prompt.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Time of the answer.</summary>
    public double Seconds { get; init; }

    /// <summary>What was read from the text, for people; scorers read it by their own rules.</summary>
    public JsonObject? Parsed { get; init; }

    /// <summary>The answer of the annotation, as written.</summary>
    public string Expected { get; init; } = "";

    /// <summary>What the answer was scored against.</summary>
    public EvaluationTruth Truth { get; init; } = new();

    /// <summary>What the answer says in the words of <see cref="EvaluationTruth.Label"/>; null when it says nothing that can be read.</summary>
    public string? Answer { get; init; }

    /// <summary>Parts of the scores by name; a part without truth is left out.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = new Dictionary<string, double>();

    /// <summary>Whether it was answered.</summary>
    [JsonIgnore]
    public bool IsAnswered => Error is null;
}

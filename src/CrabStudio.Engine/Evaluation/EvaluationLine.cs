using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Engine.Evaluation;

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

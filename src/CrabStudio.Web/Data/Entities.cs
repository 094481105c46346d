namespace CrabStudio.Web.Data;

/// <summary>A clip that was uploaded, or a demo clip, with what was made from it once.</summary>
public sealed class Clip
{
    /// <summary>Identity.</summary>
    public Guid Id { get; set; }

    /// <summary>The name the person knows it by.</summary>
    public string FileName { get; set; } = "";

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; set; }

    /// <summary>Hash of the content, lower-case hex.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>The probe as JSON (<see cref="Media.ClipProbe"/>).</summary>
    public string ProbeJson { get; set; } = "";

    /// <summary>When it was added.</summary>
    public DateTimeOffset AddedAt { get; set; }
}

/// <summary>One or more clips and the questions asked about them.</summary>
public sealed class Session
{
    /// <summary>Identity.</summary>
    public Guid Id { get; set; }

    /// <summary>Name given by the person, or made from the first question.</summary>
    public string Title { get; set; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When something last happened in it.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>What a person wrote about it.</summary>
    public string Notes { get; set; } = "";

    /// <summary>The folder it lies in; empty: in none.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Whether a person marked it.</summary>
    public bool Starred { get; set; }

    /// <summary>When it was put into the bin, from where it comes back; null: it was not.</summary>
    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>Its tags.</summary>
    public List<SessionTag> Tags { get; set; } = [];

    /// <summary>Its clips, in the order the tasks use them.</summary>
    public List<SessionClip> Clips { get; set; } = [];

    /// <summary>Its answers.</summary>
    public List<Answer> Answers { get; set; } = [];
}

/// <summary>A clip's place in a session.</summary>
public sealed class SessionClip
{
    /// <summary>The session.</summary>
    public Guid SessionId { get; set; }

    /// <summary>The place, from 0.</summary>
    public int Position { get; set; }

    /// <summary>The clip.</summary>
    public Guid ClipId { get; set; }

    /// <summary>The clip.</summary>
    public Clip Clip { get; set; } = null!;
}

/// <summary>A word that a person put on a session.</summary>
public sealed class SessionTag
{
    /// <summary>The session.</summary>
    public Guid SessionId { get; set; }

    /// <summary>The word.</summary>
    public string Tag { get; set; } = "";
}

/// <summary>Where an answer stands.</summary>
public enum AnswerStatus
{
    /// <summary>Waiting for the model.</summary>
    Queued,

    /// <summary>In work.</summary>
    Running,

    /// <summary>Ended by the model or by the token limit.</summary>
    Done,

    /// <summary>Stopped by a person.</summary>
    Stopped,

    /// <summary>The program ended in the middle of it.</summary>
    Interrupted,

    /// <summary>It could not be done; <see cref="Answer.Error"/> says why.</summary>
    Failed,
}

/// <summary>A question and what the model said to it.</summary>
public sealed class Answer
{
    /// <summary>Identity.</summary>
    public Guid Id { get; set; }

    /// <summary>The session.</summary>
    public Guid SessionId { get; set; }

    /// <summary>Task key; empty for a free question.</summary>
    public string TaskKey { get; set; } = "";

    /// <summary>What the person supplied, as JSON (<see cref="Tasks.TaskInput"/>).</summary>
    public string InputJson { get; set; } = "";

    /// <summary>The words the model was asked (the last text item of the conversation).</summary>
    public string QuestionText { get; set; } = "";

    /// <summary>The conversation as JSON, with clip ids in place of paths.</summary>
    public string ConversationJson { get; set; } = "";

    /// <summary>Limit on new tokens.</summary>
    public int MaxNewTokens { get; set; }

    /// <summary>Status.</summary>
    public AnswerStatus Status { get; set; }

    /// <summary>How it ended: EndOfText, Length or Stopped; null before.</summary>
    public string? FinishReason { get; set; }

    /// <summary>Text so far.</summary>
    public string Text { get; set; } = "";

    /// <summary>One line for a person when it failed.</summary>
    public string? Error { get; set; }

    /// <summary>Facts of the model that answered, as JSON (<see cref="Model.Generation.ModelFacts"/>); null before the prompt was read.</summary>
    public string? ModelJson { get; set; }

    /// <summary>What was seen and heard and the prompt's parts, as JSON; null before.</summary>
    public string? SeenJson { get; set; }

    /// <summary>When it was asked.</summary>
    public DateTimeOffset AskedAt { get; set; }

    /// <summary>Seconds from leaving the queue to the first token; null before.</summary>
    public double? FirstTokenSeconds { get; set; }

    /// <summary>Seconds from leaving the queue to the end; null before.</summary>
    public double? TotalSeconds { get; set; }

    /// <summary>Number of tokens so far.</summary>
    public int TokenCount { get; set; }

    /// <summary>How the routers were interfered with, as JSON; null: they were left alone.</summary>
    public string? InterventionJson { get; set; }

    /// <summary>The answer that this one asks again in another way; null: none.</summary>
    public Guid? OriginalId { get; set; }
}

/// <summary>An event that an answer names, so that answers can be found by it.</summary>
public sealed class AnswerEventRow
{
    /// <summary>The answer.</summary>
    public Guid AnswerId { get; set; }

    /// <summary>From 0, in the order of the answer.</summary>
    public int Index { get; set; }

    /// <summary>What happens.</summary>
    public string Label { get; set; } = "";

    /// <summary>Start in seconds of the clip; null: no time could be read.</summary>
    public double? Start { get; set; }

    /// <summary>End in seconds of the clip; null: no time could be read.</summary>
    public double? End { get; set; }
}

/// <summary>Whose view of a clip a timeline is.</summary>
public enum TimelineKind
{
    /// <summary>An answer's, corrected by a person.</summary>
    Corrected,

    /// <summary>What is true: drawn by a person, or from an annotation file.</summary>
    Truth,
}

/// <summary>Ranges, boxes and points that a person drew or corrected on a clip of a session.</summary>
public sealed class StoredTimeline
{
    /// <summary>The session.</summary>
    public Guid SessionId { get; set; }

    /// <summary>The clip.</summary>
    public Guid ClipId { get; set; }

    /// <summary>Whose view it is.</summary>
    public TimelineKind Kind { get; set; }

    /// <summary>The answer it began with; null: none.</summary>
    public Guid? AnswerId { get; set; }

    /// <summary>Ranges, boxes and points, as JSON.</summary>
    public string ContentJson { get; set; } = "";

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>A link by which somebody else may read a session.</summary>
public sealed class ShareLink
{
    /// <summary>Identity, for lists and revoking.</summary>
    public Guid Id { get; set; }

    /// <summary>Hash of the link's secret, lower-case hex. The secret itself is not kept.</summary>
    public string SecretSha256 { get; set; } = "";

    /// <summary>The session.</summary>
    public Guid SessionId { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it stops working; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>When it was taken back; null: it was not.</summary>
    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>A token of an answer with its routes.</summary>
public sealed class AnswerToken
{
    /// <summary>The answer.</summary>
    public Guid AnswerId { get; set; }

    /// <summary>From 0.</summary>
    public int Index { get; set; }

    /// <summary>Id in the vocabulary.</summary>
    public int TokenId { get; set; }

    /// <summary>The text it completed.</summary>
    public string Text { get; set; } = "";

    /// <summary>Seconds since the answer left the queue.</summary>
    public double Seconds { get; set; }

    /// <summary>float32 little-endian [linear, expert]; null when not captured.</summary>
    public byte[]? Routes { get; set; }
}

/// <summary>Router weights of the prompt in one part of the network.</summary>
public sealed class AnswerPrefillRoutes
{
    /// <summary>The answer.</summary>
    public Guid AnswerId { get; set; }

    /// <summary><c>text</c>, <c>audio</c> or <c>vision</c>.</summary>
    public string Part { get; set; } = "";

    /// <summary>Names of the linears, a JSON list.</summary>
    public string LinearsJson { get; set; } = "";

    /// <summary>Positions.</summary>
    public int Positions { get; set; }

    /// <summary>Experts.</summary>
    public int Experts { get; set; }

    /// <summary>float32 little-endian [linear, position, expert].</summary>
    public byte[] Weights { get; set; } = [];
}

// The services that pages, the hub and the HTTP API share. Bodies follow; pages depend on these shapes only.
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>A question as a person asks it. With <paramref name="Words"/> the model is asked in these very words instead of the task's own.</summary>
public sealed record QuestionInput(string Task, string? Question = null, IReadOnlyList<string>? Options = null, string? Description = null, int? FrameIndex = null, int? MaxNewTokens = null, string? Words = null)
{
    /// <summary>How routers or adapters are altered for the answer; null: not at all.</summary>
    public RouterIntervention? Intervention { get; init; }
}

/// <summary>What a watcher of an answer is told, in order; a snapshot first, then what is new. Tokens come once each.</summary>
public abstract record AnswerUpdate;

/// <summary>The state of the answer changed (also the first update, always).</summary>
public sealed record StatusUpdate(AnswerStatus Status, string? FinishReason, string? Error, int? QueuePosition, string? Stage, double? Fraction, double? FirstTokenSeconds, double? TotalSeconds) : AnswerUpdate;

/// <summary>The prompt has been read; its routes can be fetched.</summary>
public sealed record PromptUpdate(SeenFacts Seen, ModelFacts Model) : AnswerUpdate;

/// <summary>One token.</summary>
public sealed record TokenUpdate(int Index, int TokenId, string Text, double Seconds, float[]? Routes) : AnswerUpdate;

/// <summary>What was seen and heard: stored with the answer. Frame pictures are served at <c>/api/answers/{id}/frames/{n}</c>, videos' frames first, then stills.</summary>
/// <param name="Frames">Each picture shown to the model, in the order of the files.</param>
/// <param name="Sounds">Each sound heard.</param>
/// <param name="PromptTokens">Length of the prompt.</param>
/// <param name="Spans">Parts of the prompt.</param>
public sealed record SeenFacts(IReadOnlyList<SeenFrame> Frames, IReadOnlyList<HeardSoundFacts> Sounds, int PromptTokens, IReadOnlyList<PromptSpan> Spans);

/// <summary>A picture shown to the model.</summary>
public sealed record SeenFrame(int Number, Guid ClipId, int FrameIndex, double TimeSeconds, int Width, int Height, bool Still);

/// <summary>A sound heard.</summary>
public sealed record HeardSoundFacts(Guid ClipId, double Seconds)
{
    /// <summary>Of a sound joined from those of several clips, its parts in order; null of any other, and of what was stored before they were kept.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<HeardPart>? Parts { get; init; }
}

/// <summary>What a joined sound has of one clip.</summary>
public sealed record HeardPart(Guid ClipId, double Seconds);

/// <summary>All routes of an answer.</summary>
/// <param name="Experts">Number of experts.</param>
/// <param name="TextLinears">Names of the text decoder's linears.</param>
/// <param name="Steps">[step][linear·experts + expert].</param>
/// <param name="Text">Prompt routes of the text decoder.</param>
/// <param name="Audio">Of the audio tower.</param>
/// <param name="Vision">Of the vision tower.</param>
public sealed record AnswerRoutes(int Experts, IReadOnlyList<string> TextLinears, IReadOnlyList<float[]> Steps, RouteMatrix? Text, RouteMatrix? Audio, RouteMatrix? Vision)
{
    /// <summary>How the routers were altered; null: they were left alone.</summary>
    public RouterIntervention? Intervention { get; init; }
}

/// <summary>A line of the session list.</summary>
/// <param name="Id">The session.</param>
/// <param name="Title">Its name.</param>
/// <param name="CreatedAt">When it was opened.</param>
/// <param name="UpdatedAt">When something last happened in it.</param>
/// <param name="ClipIds">Its clips, by position.</param>
/// <param name="ClipNames">Their names.</param>
/// <param name="LastTask">Task key of the last question; null before the first.</param>
/// <param name="LastQuestion">Its words.</param>
/// <param name="FirstWords">The beginning of its answer.</param>
/// <param name="LastStatus">Where that stands.</param>
/// <param name="AnswerCount">How many answers there are.</param>
/// <param name="Starred">Whether it has a star.</param>
/// <param name="Folder">Its folder; empty: none.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="FirstNotes">The beginning of its notes.</param>
/// <param name="AlteredCount">How many of the answers are of altered runs.</param>
/// <param name="DeletedAt">When it was put into the bin; null: it was not.</param>
/// <param name="PictureId">The first clip that has a picture; null where all are sounds.</param>
public sealed record SessionSummary(Guid Id, string Title, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyList<Guid> ClipIds, IReadOnlyList<string> ClipNames, string? LastTask, string? LastQuestion, string? FirstWords, AnswerStatus? LastStatus, int AnswerCount, bool Starred, string Folder, IReadOnlyList<string> Tags, string FirstNotes, int AlteredCount, DateTimeOffset? DeletedAt, Guid? PictureId);

/// <summary>An answer that is in work or waits.</summary>
/// <param name="AnswerId">The answer.</param>
/// <param name="SessionId">Its session.</param>
/// <param name="SessionTitle">The session's name.</param>
/// <param name="Task">Task key; empty for a free question.</param>
/// <param name="Question">The words for the model.</param>
/// <param name="AskedAt">When it was asked.</param>
/// <param name="Status">Queued or Running.</param>
/// <param name="Position">While it waits: how many are before it; null before the engine said so.</param>
/// <param name="Stage">While the prompt is made: which step.</param>
/// <param name="Fraction">How much of that step is done, 0 to 1.</param>
/// <param name="TokenCount">Tokens so far.</param>
public sealed record QueueLine(Guid AnswerId, Guid SessionId, string SessionTitle, string Task, string Question, DateTimeOffset AskedAt, AnswerStatus Status, int? Position, string? Stage, double? Fraction, int TokenCount);

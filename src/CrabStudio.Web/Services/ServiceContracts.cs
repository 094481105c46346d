// The services that pages, the hub and the HTTP API share. Bodies follow; pages depend on these shapes only.
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>A question as a person asks it.</summary>
public sealed record QuestionInput(string Task, string? Question = null, IReadOnlyList<string>? Options = null, string? Description = null, int? FrameIndex = null, int? MaxNewTokens = null);

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
public sealed record HeardSoundFacts(Guid ClipId, double Seconds);

/// <summary>All routes of an answer.</summary>
/// <param name="Experts">Number of experts.</param>
/// <param name="TextLinears">Names of the text decoder's linears.</param>
/// <param name="Steps">[step][linear·experts + expert].</param>
/// <param name="Text">Prompt routes of the text decoder.</param>
/// <param name="Audio">Of the audio tower.</param>
/// <param name="Vision">Of the vision tower.</param>
public sealed record AnswerRoutes(int Experts, IReadOnlyList<string> TextLinears, IReadOnlyList<float[]> Steps, RouteMatrix? Text, RouteMatrix? Audio, RouteMatrix? Vision);

/// <summary>A line of the session list.</summary>
public sealed record SessionSummary(Guid Id, string Title, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyList<Guid> ClipIds, IReadOnlyList<string> ClipNames, string? LastTask, string? LastQuestion, string? FirstWords, AnswerStatus? LastStatus, int AnswerCount, bool Starred, string Folder, IReadOnlyList<string> Tags, string FirstNotes, bool Altered, DateTimeOffset? DeletedAt);

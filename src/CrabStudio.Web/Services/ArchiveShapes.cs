// What stands in the JSON of an archive of sessions; docs/sessions.md says it in words.
using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary><c>manifest.json</c>.</summary>
/// <param name="Format">Always <see cref="SessionArchive.Format"/>.</param>
/// <param name="Version">The version of the format.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="Sessions">Its sessions.</param>
/// <param name="Clips">The clips that they use.</param>
internal sealed record ArchiveManifest(string Format, int Version, DateTimeOffset CreatedAt, IReadOnlyList<ArchivedSessionName> Sessions, IReadOnlyList<ArchivedClip> Clips);

/// <summary>A session of the archive.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Title">Its name.</param>
/// <param name="Sha256">Hash of its <c>session.json</c>.</param>
internal sealed record ArchivedSessionName(Guid Id, string Title, string Sha256);

/// <summary>A clip; its content is the entry <c>clips/SHA256</c>.</summary>
internal sealed record ArchivedClip(Guid Id, string FileName, long Bytes, string Sha256, DateTimeOffset AddedAt);

/// <summary><c>sessions/ID/session.json</c>: all of a session but what is binary.</summary>
internal sealed record ArchivedSession(
    Guid Id,
    string Title,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string Notes,
    string Folder,
    bool Starred,
    IReadOnlyList<string> Tags,
    IReadOnlyList<Guid> Clips,
    IReadOnlyList<ArchivedAnswer> Answers,
    IReadOnlyList<ArchivedTimeline> Timelines);

/// <summary>
/// An answer. What ends in Json is JSON in a string, letter for letter as the studio keeps it; Routes are those of its tokens,
/// one behind the other, or null where none were kept; Pictures are hashes of what the model saw, by number, null where there
/// is none of this number.
/// </summary>
internal sealed record ArchivedAnswer(
    Guid Id,
    string TaskKey,
    string InputJson,
    string QuestionText,
    string ConversationJson,
    int MaxNewTokens,
    AnswerStatus Status,
    string? FinishReason,
    string Text,
    string? Error,
    string? ModelJson,
    string? SeenJson,
    DateTimeOffset AskedAt,
    double? FirstTokenSeconds,
    double? TotalSeconds,
    string? InterventionJson,
    Guid? OriginalId,
    IReadOnlyList<ArchivedToken> Tokens,
    ArchivedBytes? Routes,
    IReadOnlyList<ArchivedPrefill> Prefill,
    IReadOnlyList<string?> Pictures);

/// <summary>A token; <paramref name="RouteBytes"/> of the answer's routes are its own, null: none were captured.</summary>
internal sealed record ArchivedToken(int TokenId, string Text, double Seconds, int? RouteBytes);

/// <summary>A binary entry.</summary>
internal sealed record ArchivedBytes(long Bytes, string Sha256);

/// <summary>Routes of the prompt in one part of the network, the entry <c>prefill-PART.bin</c>.</summary>
internal sealed record ArchivedPrefill(string Part, string LinearsJson, int Positions, int Experts, ArchivedBytes Weights);

/// <summary>A timeline that a person drew or corrected.</summary>
internal sealed record ArchivedTimeline(Guid ClipId, TimelineKind Kind, Guid? AnswerId, string ContentJson, DateTimeOffset UpdatedAt);

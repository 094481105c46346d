using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>A clip.</summary>
/// <param name="Id">Identity.</param>
/// <param name="FileName">Name under which it was brought.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Hash of the content, lower-case hex.</param>
/// <param name="AddedAt">When it was brought.</param>
/// <param name="Kind">What it is.</param>
/// <param name="DurationSeconds">How long it plays; 0 of a picture.</param>
/// <param name="Probe">All that was found in it.</param>
/// <param name="Complete">Whether poster, strip, waveform and rendition are there, as far as it has them.</param>
public sealed record ClipShape(Guid Id, string FileName, long Bytes, string Sha256, DateTimeOffset AddedAt, ClipKind Kind, double DurationSeconds, ClipProbe Probe, bool Complete)
{
    /// <summary>The shape of a clip.</summary>
    public static ClipShape Of(Clip clip, ClipLibrary library)
    {
        ClipProbe probe = JsonSerializer.Deserialize<ClipProbe>(clip.ProbeJson, StudioJson.Options)!;
        return new(clip.Id, clip.FileName, clip.Bytes, clip.Sha256, clip.AddedAt, probe.Kind, probe.Kind == ClipKind.Image ? 0 : probe.PlaySeconds, probe, library.IsComplete(clip));
    }
}

/// <summary>A new session.</summary>
/// <param name="ClipIds">Its clips, in the order in which tasks use them.</param>
public sealed record NewSession(IReadOnlyList<Guid>? ClipIds);

/// <summary>A form that asks for an archive.</summary>
/// <param name="Ids">Session ids, separated by commas.</param>
public sealed record SessionsToExport(string Ids);

/// <summary>What was made.</summary>
/// <param name="Id">Its id.</param>
public sealed record Made(Guid Id);

/// <summary>A page of sessions, the one used last first.</summary>
/// <param name="Total">How many there are for the search.</param>
/// <param name="Sessions">Those of the page.</param>
public sealed record SessionPage(int Total, IReadOnlyList<SessionSummary> Sessions);

/// <summary>A session.</summary>
public sealed record SessionShape(Guid Id, string Title, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyList<ClipShape> Clips, IReadOnlyList<AnswerLine> Answers, bool Starred, string Folder, IReadOnlyList<string> Tags, string Notes);

/// <summary>An answer of a session, without its tokens.</summary>
public sealed record AnswerLine(Guid Id, string Task, string Question, AnswerStatus Status, string Text, DateTimeOffset AskedAt, int TokenCount, string? Error, RouterIntervention? Intervention = null, Guid? OriginalId = null);

/// <summary>A question.</summary>
/// <param name="Task">One of the 19 task keys; empty or left out for a free question.</param>
/// <param name="Question">For avqa, avqa_thu and the free question.</param>
/// <param name="Options">For avqa_thu: at least two.</param>
/// <param name="Description">For ref_avs.</param>
/// <param name="FrameIndex">For s4, ms3, ref_avs and arig: which part of the clip is looked at.</param>
/// <param name="MaxNewTokens">1 to 512; 512 when left out.</param>
/// <param name="Words">The very words the model is asked, instead of the task's own. The answer is read as one of the task.</param>
/// <param name="Intervention">How routers or adapters are altered for the answer; left out: not at all.</param>
public sealed record NewQuestion(string? Task = null, string? Question = null, IReadOnlyList<string>? Options = null, string? Description = null, int? FrameIndex = null, int? MaxNewTokens = null, string? Words = null, NewIntervention? Intervention = null)
{
    /// <summary>As the services take it.</summary>
    /// <exception cref="TaskInputException">The intervention makes no sense.</exception>
    public QuestionInput ToInput() => new(Task ?? "", Question, Options, Description, FrameIndex, MaxNewTokens, Words) { Intervention = Intervention?.Read() };
}

/// <summary>What was read from an answer's text.</summary>
/// <param name="Events">Events with ranges in seconds.</param>
/// <param name="Boxes">Boxes in pixels of the 224×224 frame.</param>
/// <param name="Points">Points in pixels of the 224×224 frame.</param>
/// <param name="Choice">The text between answer tags.</param>
/// <param name="Exists">Of ref_avs: whether the object is there.</param>
/// <param name="Problems">What could not be read, or is missing.</param>
public sealed record Localization(IReadOnlyList<AnswerEvent> Events, IReadOnlyList<AnswerBox> Boxes, IReadOnlyList<AnswerPoint> Points, string? Choice, bool? Exists, IReadOnlyList<string> Problems);

/// <summary>One token.</summary>
public sealed record TokenShape(int Index, int TokenId, string Text, double Seconds);

/// <summary>An answer as it stands now.</summary>
/// <param name="Id">Identity.</param>
/// <param name="SessionId">Its session.</param>
/// <param name="Task">Task key; empty for a free question.</param>
/// <param name="Question">The words that the model was asked.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="FinishReason">EndOfText, Length or Stopped; null before.</param>
/// <param name="Text">Text so far.</param>
/// <param name="TokenIds">Ids of its tokens so far.</param>
/// <param name="Tokens">Its tokens so far.</param>
/// <param name="Localization">What was read from the text.</param>
/// <param name="Error">One line when it failed.</param>
/// <param name="AskedAt">When it was asked.</param>
/// <param name="FirstTokenSeconds">Seconds from leaving the queue to the first token; null before.</param>
/// <param name="TotalSeconds">Seconds from leaving the queue to the end; null before.</param>
/// <param name="Seen">What was seen and heard; null before the prompt was read.</param>
/// <param name="Model">Name of the model that answers; null before the prompt was read.</param>
/// <param name="Untrained">True when that model's weights are random: the answer is noise.</param>
/// <param name="Intervention">How routers or adapters were altered for this answer; null: they were left alone.</param>
/// <param name="OriginalId">The answer that this one asks again in another way; null: none.</param>
public sealed record AnswerShape(
    Guid Id,
    Guid SessionId,
    string Task,
    string Question,
    AnswerStatus Status,
    string? FinishReason,
    string Text,
    IReadOnlyList<int> TokenIds,
    IReadOnlyList<TokenShape> Tokens,
    Localization Localization,
    string? Error,
    DateTimeOffset AskedAt,
    double? FirstTokenSeconds,
    double? TotalSeconds,
    SeenFacts? Seen,
    string? Model,
    bool Untrained,
    RouterIntervention? Intervention = null,
    Guid? OriginalId = null);

/// <summary>Router weights of an answer.</summary>
/// <param name="Experts">Number of experts; 0 without an adapter.</param>
/// <param name="Linears">Names: the text decoder's first, in the order of the forward pass, then the audio tower's, then the vision tower's, as far as the prompt had sound and pictures.</param>
/// <param name="PrefillMean">[linear][expert], the mean over the positions of the prompt, for every name in Linears.</param>
/// <param name="Steps">[step][linear][expert] of every generated token, for the text decoder's linears only.</param>
/// <param name="Intervention">How the routers were altered; null: they were left alone.</param>
public sealed record RoutesShape(int Experts, IReadOnlyList<string> Linears, float[][] PrefillMean, float[][][] Steps, RouterIntervention? Intervention = null);

/// <summary>How the studio is.</summary>
/// <param name="Status"><c>ok</c>, <c>starting</c> (the model is being loaded; questions wait) or <c>failed</c>.</param>
/// <param name="Engine">State of the model.</param>
/// <param name="Running">Answers in work.</param>
/// <param name="Waiting">Questions that wait.</param>
/// <param name="Database"><c>ok</c> or <c>failed</c>.</param>
public sealed record Health(string Status, string Engine, int Running, int Waiting, string Database);

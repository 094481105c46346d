using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;

namespace CrabStudio.Engine;

/// <summary>One question to the model.</summary>
/// <param name="Conversation">What is asked, with paths of media.</param>
/// <param name="MaxNewTokens">Longest answer in tokens, 1 to 512 (the authors' limit).</param>
/// <param name="CaptureRoutes">Whether router weights are kept.</param>
/// <param name="Client">Whose question it is: the queue serves clients in turn.</param>
/// <param name="Trace">Filled with what is computed on the way; null: nothing is kept.</param>
/// <param name="Intervention">How routers or adapters are altered for this answer; null: not at all.</param>
public sealed record AnalysisRequest(Conversation Conversation, int MaxNewTokens = 512, bool CaptureRoutes = true, string Client = "", GenerationTrace? Trace = null, RouterIntervention? Intervention = null);

/// <summary>What happens on the way to an answer, in order. No tensor is in it.</summary>
public abstract record AnalysisEvent;

/// <summary>Waiting; sent again whenever the position changes.</summary>
/// <param name="Position">0: next.</param>
public sealed record QueuedEvent(int Position) : AnalysisEvent;

/// <summary>The stages before the model thinks.</summary>
public enum PreparationStage
{
    /// <summary>Decoding and resizing frames.</summary>
    Frames,

    /// <summary>Decoding and slicing sound.</summary>
    Sound,

    /// <summary>Mel features, patches and prompt.</summary>
    Features,

    /// <summary>Audio tower.</summary>
    AudioTower,

    /// <summary>Vision tower.</summary>
    VisionTower,
}

/// <summary>Media are being made ready.</summary>
/// <param name="Stage">Which step.</param>
/// <param name="Fraction">How much of that step is done, 0 to 1.</param>
public sealed record PreparingEvent(PreparationStage Stage, double Fraction) : AnalysisEvent;

/// <summary>Exactly what the model sees and hears, once decoded.</summary>
/// <param name="Videos">Frames of each video item in the prompt, resized.</param>
/// <param name="Images">Each still, resized.</param>
/// <param name="SoundSeconds">Length of each heard sound in seconds, after slicing and padding.</param>
public sealed record SeenEvent(IReadOnlyList<Model.Processing.SeenVideo> Videos, IReadOnlyList<RgbFrames> Images, IReadOnlyList<double> SoundSeconds) : AnalysisEvent
{
    /// <summary>Of a sound that was joined from several, how long each is in seconds, by the sound's index; others have none.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<double>> JoinedSounds { get; init; } = new Dictionary<int, IReadOnlyList<double>>();
}

/// <summary>The prompt is being read.</summary>
/// <param name="Fraction">0 to 1.</param>
public sealed record PrefillEvent(double Fraction) : AnalysisEvent;

/// <summary>The prompt has been read.</summary>
/// <param name="Result">Sizes and router weights of the prompt.</param>
/// <param name="Seconds">Time from the start of the features to here.</param>
public sealed record PrefillDoneEvent(PrefillResult Result, double Seconds) : AnalysisEvent;

/// <summary>A token.</summary>
/// <param name="Token">The token.</param>
/// <param name="Seconds">Time since the request left the queue.</param>
public sealed record TokenEvent(GeneratedToken Token, double Seconds) : AnalysisEvent;

/// <summary>How an answer ended well.</summary>
public enum FinishReason
{
    /// <summary>The model said so.</summary>
    EndOfText,

    /// <summary>The limit on new tokens.</summary>
    Length,

    /// <summary>Cancelled by the caller.</summary>
    Stopped,
}

/// <summary>The last event of an answer that ended well (also when stopped).</summary>
/// <param name="Reason">Why.</param>
/// <param name="Seconds">Time since the request left the queue.</param>
public sealed record FinishedEvent(FinishReason Reason, double Seconds) : AnalysisEvent;

/// <summary>The last event of an answer that failed.</summary>
/// <param name="Message">One line for a person.</param>
public sealed record FailedEvent(string Message) : AnalysisEvent;

/// <summary>What the engine is doing as a whole.</summary>
public enum EngineState
{
    /// <summary>The model is being loaded.</summary>
    Loading,

    /// <summary>Ready for questions.</summary>
    Ready,

    /// <summary>The model could not be loaded.</summary>
    Failed,
}

/// <summary>State of the engine.</summary>
/// <param name="State">The state.</param>
/// <param name="Fraction">While loading: how far, 0 to 1.</param>
/// <param name="Error">When failed: one line for a person.</param>
/// <param name="Model">When ready: the facts.</param>
/// <param name="Running">Answers being produced (0 or 1).</param>
/// <param name="Waiting">Requests in the queue.</param>
public sealed record EngineStatus(EngineState State, double Fraction, string? Error, ModelFacts? Model, int Running, int Waiting);

/// <summary>What the model would see, hear and read, before it is asked. No tensor is in it.</summary>
/// <param name="Videos">Frames of each video item in the prompt, resized.</param>
/// <param name="Images">Each still, resized.</param>
/// <param name="Sounds">Each sound as it would be heard, after slicing and padding.</param>
/// <param name="PromptText">The prompt's words, with one marker for each of the media.</param>
/// <param name="PromptTokens">Length of the prompt in tokens.</param>
/// <param name="Spans">The kinds of its positions, in order, without gaps.</param>
public sealed record AnalysisPreview(
    IReadOnlyList<Model.Processing.SeenVideo> Videos, IReadOnlyList<Model.Processing.SeenImage> Images, IReadOnlyList<Model.Processing.HeardSound> Sounds,
    string PromptText, int PromptTokens, IReadOnlyList<PromptSpan> Spans);

/// <summary>Answers questions about clips. One model, one answer at a time, in a fair order.</summary>
public interface IAnalysisEngine
{
    /// <summary>The state now.</summary>
    EngineStatus Status { get; }

    /// <summary>
    /// Answers one question. Ends with <see cref="FinishedEvent"/> or <see cref="FailedEvent"/>, always; cancelling
    /// <paramref name="cancellation"/> ends it with <see cref="FinishReason.Stopped"/> and frees the model within 500 ms.
    /// </summary>
    IAsyncEnumerable<AnalysisEvent> AnalyzeAsync(AnalysisRequest request, CancellationToken cancellation);

    /// <summary>What the model would get. Runs beside an answer that is being given, and waits for the model to be loaded.</summary>
    /// <exception cref="Media.MediaException">A clip cannot be used.</exception>
    /// <exception cref="TaskInputException">The words contain a marker that stands for media, or pictures have impossible sizes.</exception>
    /// <exception cref="Model.ModelException">The model could not be loaded, or the prompt is too long for it.</exception>
    Task<AnalysisPreview> PreviewAsync(Conversation conversation, CancellationToken cancellation);
}

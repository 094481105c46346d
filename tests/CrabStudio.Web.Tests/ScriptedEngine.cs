using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CrabStudio.Engine;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;

namespace CrabStudio.Web.Tests;

/// <summary>A test double of the engine: every question waits until the test says what happens next. It computes nothing.</summary>
internal sealed class ScriptedEngine : IAnalysisEngine
{
    private readonly Channel<ScriptedRun> runs = Channel.CreateUnbounded<ScriptedRun>();

    public static ModelFacts Model { get; } = new(
        "scripted", "adapter.bin", Untrained: true, 1000, 100, 1, Experts: 3, 4, 8,
        ["text.q", "text.k"], ["audio.q"], ["vision.q"], "fp32", "cpu", 4096);

    public EngineStatus Status { get; set; } = new(EngineState.Ready, 1, null, Model, 0, 0);

    public async IAsyncEnumerable<AnalysisEvent> AnalyzeAsync(AnalysisRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ScriptedRun run = new(request);
        runs.Writer.TryWrite(run);
        while (true)
        {
            AnalysisEvent next;
            try
            {
                next = await run.Events.Reader.ReadAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                next = new FinishedEvent(FinishReason.Stopped, 9);
            }

            yield return next;
            if (next is FinishedEvent or FailedEvent)
            {
                yield break;
            }
        }
    }

    /// <summary>A preview of two frames and a second of sound, of which a half is silence that was put there.</summary>
    public Task<AnalysisPreview> PreviewAsync(Conversation conversation, CancellationToken cancellation)
    {
        int video = conversation.Content.ToList().FindIndex(item => item is VideoItem), sound = conversation.Content.ToList().FindIndex(item => item is AudioItem);
        return Task.FromResult(new AnalysisPreview(
            [new SeenVideo(ScriptedRun.Frames, [new FrameSource(video, 0, 0), new FrameSource(video, 9, 0.9)])], [],
            [new HeardSound([.. Enumerable.Repeat(0.5f, 8000), .. new float[8000]], [sound]) { Sources = [new SoundSource(sound, 0, 0.5), new SoundSource(sound, null, 0.5)] }],
            PromptBuilder.Text(conversation), 50, [new PromptSpan(PromptPart.Text, 0, 10), new PromptSpan(PromptPart.Video, 10, 4, 1, 2, 2), new PromptSpan(PromptPart.Audio, 14, 25), new PromptSpan(PromptPart.Text, 39, 11)]));
    }

    /// <summary>The question asked next.</summary>
    public async Task<ScriptedRun> NextRunAsync() => await runs.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
}

/// <summary>One question that the test answers.</summary>
internal sealed class ScriptedRun(AnalysisRequest request)
{
    private int tokens;

    public AnalysisRequest Request => request;

    public Channel<AnalysisEvent> Events { get; } = Channel.CreateUnbounded<AnalysisEvent>();

    /// <summary>Routes of a token, [linear, expert] for 2 linears and 3 experts; each row sums to 1 and no two are alike.</summary>
    public static float[] RoutesOf(int index)
    {
        float small = (index + 1) / 64f;
        return [small, 0.25f, 0.75f - small, 0.5f, small, 0.5f - small];
    }

    public static RouteMatrix TextPrefill { get; } = new(["text.q", "text.k"], 2, 3, [0.5f, 0.25f, 0.25f, 0.25f, 0.5f, 0.25f, 0f, 0.5f, 0.5f, 1f, 0f, 0f]);

    public static RouteMatrix AudioPrefill { get; } = new(["audio.q"], 1, 3, [0.125f, 0.125f, 0.75f]);

    public void Emit(AnalysisEvent next) => Events.Writer.TryWrite(next);

    /// <summary>Two frames of one video, 2×3 pixels, of which every byte is different.</summary>
    public static RgbFrames Frames { get; } = new(2, 2, 3, [.. Enumerable.Range(0, 36).Select(value => (byte)(value * 7))]);

    /// <summary>Seen, read.</summary>
    public void ReadPrompt()
    {
        int video = request.Conversation.Content.ToList().FindIndex(item => item is VideoItem);
        Emit(new QueuedEvent(0));
        Emit(new PreparingEvent(PreparationStage.Frames, 0.5));
        Emit(new SeenEvent([new SeenVideo(Frames, [new FrameSource(video, 0, 0), new FrameSource(video, 12, 0.48)])], [], [1.5]));
        Emit(new PrefillEvent(0.5));
        Emit(new PrefillDoneEvent(new PrefillResult(40, [new PromptSpan(PromptPart.Text, 0, 40)], TextPrefill, AudioPrefill, null), 0.5));
    }

    public void Say(string text)
    {
        Emit(new TokenEvent(new GeneratedToken(tokens, 100 + tokens, text, RoutesOf(tokens)), 1 + (0.1 * tokens)));
        tokens++;
    }

    public void Finish(FinishReason reason = FinishReason.EndOfText) => Emit(new FinishedEvent(reason, 5));
}

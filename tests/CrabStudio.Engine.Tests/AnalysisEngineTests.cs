using System.Diagnostics;
using CrabStudio.Model;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Engine.Tests;

/// <summary>An engine with the tiny reference model, made once for all tests of a class.</summary>
public sealed class TinyEngine : IAsyncLifetime
{
    public AnalysisEngine Engine { get; } = new(Options);

    public static ModelOptions Options => new(Golden.Find("tiny"), Path.Combine(Golden.Find("tiny"), "adapter", "finetune_weights.bin"), Device: "cpu", Precision: "fp32");

    public async ValueTask InitializeAsync() => await Engine.Loaded;

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}

/// <summary>The engine as its users see it: a request goes in, events come out, in order and to an end.</summary>
public sealed class AnalysisEngineTests(TinyEngine tiny) : IClassFixture<TinyEngine>
{
    private static readonly TimeSpan Prompt = TimeSpan.FromMilliseconds(500);

    private static AnalysisRequest Words(int maxNewTokens = 4, string client = "", string words = "What do you hear?") =>
        new(new Conversation("", [new TextItem(words)]), maxNewTokens, Client: client);

    private static AnalysisRequest Clip(int maxNewTokens = 4, string file = "media/clip_a.mp4") =>
        new(new Conversation("ave", [new VideoItem(Golden.Find(file)), new AudioItem(Golden.Find(file), "ave"), new TextItem("When?")]), maxNewTokens);

    [Fact]
    public async Task AnAnswerGoesThroughEveryStageInOrderAndEnds()
    {
        List<AnalysisEvent> events = await All(tiny.Engine.AnalyzeAsync(Clip(), default));
        string[] stages = [.. events.Select(Stage).Where(stage => stage is not "queued")];
        // Pictures and sound are decoded beside each other; all else comes one after the other.
        Assert.Equal(["media", "seen", "Features", "AudioTower", "VisionTower", "prefill", "prefilled", "token", "finished"], WithoutRepeats(stages));
        Assert.Equal([0, 1, 2, 3], events.OfType<TokenEvent>().Select(token => token.Token.Index));
        Assert.Equal(FinishReason.Length, Assert.IsType<FinishedEvent>(events[^1]).Reason);
        PrefillResult prompt = Assert.Single(events.OfType<PrefillDoneEvent>()).Result;
        Assert.Equal(prompt.PromptTokens, prompt.Spans.Sum(span => span.Length));
        Assert.Equal(prompt.PromptTokens, prompt.Text!.Positions);
        Assert.NotNull(prompt.Audio);
        Assert.NotNull(prompt.Vision);
        SeenEvent seen = Assert.Single(events.OfType<SeenEvent>());
        Assert.Equal(10, Assert.Single(seen.Videos).Sources.Count);
        Assert.All(events.OfType<PrefillEvent>(), step => Assert.InRange(step.Fraction, 0, 1));
        double[] times = [.. events.OfType<TokenEvent>().Select(token => token.Seconds)];
        Assert.Equal(times.Order(), times);
    }

    [Fact]
    public async Task APreviewIsWhatTheAnswerThenGets()
    {
        AnalysisRequest request = Clip(1);
        AnalysisPreview preview = await tiny.Engine.PreviewAsync(request.Conversation, default);
        List<AnalysisEvent> events = await All(tiny.Engine.AnalyzeAsync(request, default));
        PrefillResult prompt = Assert.Single(events.OfType<PrefillDoneEvent>()).Result;
        Assert.Equal(prompt.PromptTokens, preview.PromptTokens);
        Assert.Equal(prompt.Spans, preview.Spans);
        SeenEvent seen = Assert.Single(events.OfType<SeenEvent>());
        Assert.Equal(Assert.Single(seen.Videos).Frames.Pixels, Assert.Single(preview.Videos).Frames.Pixels);
        Assert.Equal(seen.SoundSeconds, preview.Sounds.Select(sound => sound.Sources.Sum(source => source.Seconds)));
        Assert.EndsWith("When?<|im_end|>\n<|im_start|>assistant\n", preview.PromptText);
        await Assert.ThrowsAsync<Media.MediaException>(() => tiny.Engine.PreviewAsync(new Conversation("", [new VideoItem("/none.mp4")]), default));
    }

    [Fact]
    public async Task AnEndTokenEndsTheAnswer()
    {
        // Reference case v2a-0: the model says im_end after a few tokens.
        string text = await File.ReadAllTextAsync(Golden.Find("vectors/cases/v2a-0.json"));
        System.Text.Json.JsonElement json = System.Text.Json.JsonDocument.Parse(text).RootElement;
        ContentItem[] content = [.. json.GetProperty("content").EnumerateArray().Select(item => System.Text.Json.JsonSerializer.Deserialize<ContentItem>(item)!).Select(item => item switch
        {
            VideoItem video => video with { Path = Golden.Find(video.Path) },
            AudioItem audio => audio with { Path = Golden.Find(audio.Path) },
            _ => item,
        })];
        List<AnalysisEvent> events = await All(tiny.Engine.AnalyzeAsync(new AnalysisRequest(new Conversation("v2a", content)), default));
        Assert.Equal(FinishReason.EndOfText, Assert.IsType<FinishedEvent>(events[^1]).Reason);
        Assert.Equal(Vectors.Load("vectors/cases/v2a-0.safetensors").Longs("generated"), events.OfType<TokenEvent>().Select(token => (long)token.Token.TokenId));
    }

    [Fact]
    public async Task AnInterventionReachesTheTowersTheDecoderAndItsRoutesOnly()
    {
        AnalysisRequest plain = Clip();
        List<AnalysisEvent> events = await All(tiny.Engine.AnalyzeAsync(plain with { Intervention = new RouterIntervention(InterventionKind.Pin, 2) }, default));
        PrefillResult prompt = Assert.Single(events.OfType<PrefillDoneEvent>()).Result;
        Assert.All(new[] { prompt.Text!, prompt.Audio!, prompt.Vision! }, part => Assert.All(part.Weights.Chunk(3), row => Assert.Equal([0, 0, 1], row)));
        Assert.All(events.OfType<TokenEvent>(), token => Assert.All(token.Token.Routes!.Chunk(3), row => Assert.Equal([0, 0, 1], row)));

        // The next question is answered by the routers as they are.
        PrefillResult after = (await All(tiny.Engine.AnalyzeAsync(plain, default))).OfType<PrefillDoneEvent>().Single().Result;
        Assert.DoesNotContain(after.Audio!.Weights, weight => weight is 0 or 1);
        Assert.DoesNotContain(after.Text!.Weights, weight => weight is 0 or 1);
    }

    [Fact]
    public async Task AnInterventionThatTheModelHasNoPlaceForEndsInOneLineBeforeAnythingIsDecoded()
    {
        List<AnalysisEvent> events = await All(tiny.Engine.AnalyzeAsync(Clip() with { Intervention = new RouterIntervention(InterventionKind.Off, Layers: [99]) }, default));
        Assert.StartsWith("layers: found 99; expected numbers from 0 to", Assert.IsType<FailedEvent>(events[^1]).Message, StringComparison.Ordinal);
        Assert.Empty(events.OfType<PreparingEvent>());
    }

    [Fact]
    public async Task StopWhileTokensComeEndsTheAnswerAtOnceAndKeepsThem()
    {
        using var stop = new CancellationTokenSource();
        var clock = new Stopwatch();
        int tokens = 0;
        AnalysisEvent? last = null;
        await foreach (AnalysisEvent happened in tiny.Engine.AnalyzeAsync(Words(512, words: "Say something that does not end."), stop.Token))
        {
            last = happened;
            if (happened is TokenEvent && ++tokens == 2)
            {
                clock.Start();
                stop.Cancel();
            }
        }

        Assert.Equal(FinishReason.Stopped, Assert.IsType<FinishedEvent>(last).Reason);
        Assert.InRange(tokens, 2, 511);
        Assert.True(clock.Elapsed < Prompt, $"stopping took {clock.Elapsed}");
    }

    [Fact]
    public async Task StopInThePrefillOfALongPromptFreesTheModelAtOnce()
    {
        string words = string.Concat(Enumerable.Repeat("the violin plays and the dog barks, ", 900));
        (TimeSpan took, AnalysisEvent last, bool answered) = await StopAt<PrefillEvent>(Words(4, words: words));
        Assert.Equal(FinishReason.Stopped, Assert.IsType<FinishedEvent>(last).Reason);
        Assert.False(answered);
        Assert.True(took < Prompt, $"stopping took {took}");
    }

    [Fact]
    public async Task StopWhileMediaAreDecodedEndsAtOnce()
    {
        (TimeSpan took, AnalysisEvent last, bool answered) = await StopAt<PreparingEvent>(Clip(4, "media/clip_long.mp4"));
        Assert.Equal(FinishReason.Stopped, Assert.IsType<FinishedEvent>(last).Reason);
        Assert.False(answered);
        Assert.True(took < Prompt, $"stopping took {took}");
    }

    [Fact]
    public async Task StopWhileWaitingEndsWithoutTheModel()
    {
        using var holder = new CancellationTokenSource();
        Task<List<AnalysisEvent>> running = All(tiny.Engine.AnalyzeAsync(Words(512), holder.Token));
        using var stop = new CancellationTokenSource();
        AnalysisEvent? last = null;
        await foreach (AnalysisEvent happened in tiny.Engine.AnalyzeAsync(Words(), stop.Token))
        {
            last = happened;
            if (happened is QueuedEvent)
            {
                stop.Cancel();
            }
        }

        Assert.Equal(FinishReason.Stopped, Assert.IsType<FinishedEvent>(last).Reason);
        holder.Cancel();
        Assert.IsType<FinishedEvent>((await running)[^1]);
    }

    [Fact]
    public async Task AReaderThatGoesAwayTakesItsQuestionWithIt()
    {
        await foreach (AnalysisEvent happened in tiny.Engine.AnalyzeAsync(Words(512), default))
        {
            if (happened is TokenEvent)
            {
                break;
            }
        }

        Assert.IsType<FinishedEvent>((await All(tiny.Engine.AnalyzeAsync(Words(), default)))[^1]);
        Assert.Equal(0, tiny.Engine.Status.Waiting);
    }

    [Fact]
    public async Task AClipThatCannotBeReadFailsInOneLineAndTheNextQuestionIsAnswered()
    {
        List<AnalysisEvent> events = await All(tiny.Engine.AnalyzeAsync(Clip(file: "tiny/config.json"), default));
        string message = Assert.IsType<FailedEvent>(events[^1]).Message;
        Assert.Contains("config.json", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.IsType<FinishedEvent>((await All(tiny.Engine.AnalyzeAsync(Words(), default)))[^1]);
    }

    [Fact]
    public async Task APromptLongerThanTheContextFailsInOneLine()
    {
        List<AnalysisEvent> events = await All(tiny.Engine.AnalyzeAsync(Words(4, words: new string('z', 40000)), default));
        Assert.Contains("tokens", Assert.IsType<FailedEvent>(events[^1]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientsAreServedInTurnAndToldTheirPlace()
    {
        await using var engine = new AnalysisEngine(TinyEngine.Options);
        // All wait until the model is loaded, so that the order is that of the queue alone.
        var order = new List<string>();
        var gate = new Lock();
        async Task Ask(string client, string name)
        {
            await foreach (AnalysisEvent happened in engine.AnalyzeAsync(Words(1, client), default))
            {
                if (happened is TokenEvent)
                {
                    lock (gate)
                    {
                        order.Add(name);
                    }
                }
            }
        }

        Task[] asked = [Ask("a", "a1"), Ask("a", "a2"), Ask("a", "a3"), Ask("b", "b1")];
        Assert.Equal(EngineState.Loading, engine.Status.State);
        await Task.WhenAll(asked);
        Assert.Equal(["a1", "b1", "a2", "a3"], order);
    }

    [Fact]
    public async Task AModelThatCannotBeLoadedIsToldByStatusAndByEveryAnswer()
    {
        await using var engine = new AnalysisEngine(new ModelOptions(Path.Combine(Golden.Folder, "no-such-model")));
        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => engine.Loaded);
        Assert.Contains("no-such-model", failure.Message, StringComparison.Ordinal);
        Assert.Equal((EngineState.Failed, failure.Message), (engine.Status.State, engine.Status.Error));
        Assert.Equal(failure.Message, Assert.IsType<FailedEvent>(Assert.Single(await All(engine.AnalyzeAsync(Words(), default)))).Message);
    }

    [Fact]
    public async Task AFullQueueRefusesInWords()
    {
        await using var engine = new AnalysisEngine(TinyEngine.Options);
        using var stop = new CancellationTokenSource();
        Task<List<AnalysisEvent>>[] waiting = [.. Enumerable.Range(0, AnalysisEngine.QueueCapacity).Select(_ => All(engine.AnalyzeAsync(Words(64), stop.Token)))];
        Assert.Equal(EngineState.Loading, engine.Status.State);
        Assert.Equal(AnalysisEngine.QueueCapacity, engine.Status.Waiting);
        Assert.Contains("wait already", Assert.IsType<FailedEvent>(Assert.Single(await All(engine.AnalyzeAsync(Words(), default)))).Message, StringComparison.Ordinal);
        stop.Cancel();
        List<AnalysisEvent>[] ended = await Task.WhenAll(waiting);
        Assert.All(ended, events => Assert.IsType<FinishedEvent>(events[^1]));
    }

    [Fact]
    public async Task ClosingTheEngineEndsWhatRunsAndWhatWaits()
    {
        var engine = new AnalysisEngine(TinyEngine.Options);
        await engine.Loaded;
        Task<List<AnalysisEvent>>[] asked = [.. Enumerable.Range(0, 3).Select(_ => All(engine.AnalyzeAsync(Words(512), default)))];
        await engine.DisposeAsync();
        Assert.All(await Task.WhenAll(asked), events => Assert.Equal(FinishReason.Stopped, Assert.IsType<FinishedEvent>(events[^1]).Reason));
        Assert.IsType<FailedEvent>(Assert.Single(await All(engine.AnalyzeAsync(Words(), default))));
    }

    private async Task<(TimeSpan Took, AnalysisEvent Last, bool Answered)> StopAt<T>(AnalysisRequest request)
        where T : AnalysisEvent
    {
        using var stop = new CancellationTokenSource();
        var clock = new Stopwatch();
        AnalysisEvent? last = null;
        bool answered = false;
        await foreach (AnalysisEvent happened in tiny.Engine.AnalyzeAsync(request, stop.Token))
        {
            last = happened;
            answered |= happened is TokenEvent;
            if (happened is T && !stop.IsCancellationRequested)
            {
                clock.Start();
                stop.Cancel();
            }
        }

        return (clock.Elapsed, last!, answered);
    }

    private static async Task<List<AnalysisEvent>> All(IAsyncEnumerable<AnalysisEvent> events)
    {
        var all = new List<AnalysisEvent>();
        await foreach (AnalysisEvent happened in events)
        {
            all.Add(happened);
        }

        return all;
    }

    private static string Stage(AnalysisEvent happened) => happened switch
    {
        QueuedEvent => "queued",
        PreparingEvent { Stage: PreparationStage.Frames or PreparationStage.Sound } => "media",
        PreparingEvent preparing => preparing.Stage.ToString(),
        SeenEvent => "seen",
        PrefillEvent => "prefill",
        PrefillDoneEvent => "prefilled",
        TokenEvent => "token",
        FinishedEvent => "finished",
        _ => happened.GetType().Name,
    };

    private static string[] WithoutRepeats(string[] stages) => [.. stages.Where((stage, index) => index == 0 || stages[index - 1] != stage)];
}

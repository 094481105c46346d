using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CrabStudio.Media;
using CrabStudio.Model;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;

namespace CrabStudio.Engine;

/// <summary>
/// The engine of one process: one model on one thread of its own, because tensors and their scopes belong to a thread.
/// Requests wait in a <see cref="FairQueue{T}"/>; what comes of them goes through a channel each, so that a slow reader
/// never holds the model.
/// </summary>
public sealed class AnalysisEngine : IAnalysisEngine, IAsyncDisposable
{
    /// <summary>Requests that may wait at once.</summary>
    public const int QueueCapacity = 64;

    private readonly ModelOptions options;
    private readonly MediaReader reader;
    private readonly Action<Exception>? fault;
    private readonly CancellationTokenSource closing = new();
    private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards all that follows; waited on by the model's thread.
    private readonly object gate = new();
    private readonly FairQueue<Job> queue = new(QueueCapacity);
    private EngineState state = EngineState.Loading;
    private double fraction;
    private string? error;
    private ModelFacts? facts;
    private bool running;

    // Set when the model is ready; only what touches no tensor is used off the model's thread.
    private InputBuilder? inputs;
    private readonly SemaphoreSlim previews = new(1);

    /// <summary>Begins to load the model.</summary>
    /// <param name="model">Which.</param>
    /// <param name="limits">Bounds on clips.</param>
    /// <param name="fault">Told every error that is not the input's fault, for a log.</param>
    public AnalysisEngine(ModelOptions model, MediaLimits? limits = null, Action<Exception>? fault = null)
    {
        (options, reader, this.fault) = (model, new MediaReader(limits), fault);
        // A failure that nobody awaits is told by Status and by every answer.
        _ = loaded.Task.ContinueWith(static task => _ = task.Exception, TaskContinuationOptions.OnlyOnFaulted);
        new Thread(Run) { Name = "model", IsBackground = true }.Start();
    }

    /// <inheritdoc/>
    public EngineStatus Status
    {
        get
        {
            lock (gate)
            {
                return new EngineStatus(state, fraction, error, facts, running ? 1 : 0, queue.Count);
            }
        }
    }

    /// <summary>Done when the model is ready.</summary>
    /// <exception cref="ModelException">It could not be loaded.</exception>
    public Task Loaded => loaded.Task;

    /// <inheritdoc/>
    public async IAsyncEnumerable<AnalysisEvent> AnalyzeAsync(AnalysisRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var job = new Job(request, closing.Token, cancellation);
        try
        {
            if (Refusal(job) is { } refusal)
            {
                yield return new FailedEvent(refusal);
                yield break;
            }

            await using CancellationTokenRegistration leave = job.Stop.Register(() => Leave(job));
            // To its end also when cancelled: the last event says so.
            await foreach (AnalysisEvent happened in job.Events.ReadAllAsync(CancellationToken.None))
            {
                yield return happened;
            }
        }
        finally
        {
            // A reader that goes away early takes its question with it; the job is over before its tokens are disposed.
            job.Cancel();
            Leave(job);
            await foreach (AnalysisEvent _ in job.Events.ReadAllAsync(CancellationToken.None))
            {
            }
        }
    }

    /// <inheritdoc/>
    public async Task<AnalysisPreview> PreviewAsync(Conversation conversation, CancellationToken cancellation)
    {
        await loaded.Task.WaitAsync(cancellation);
        // One at a time: decoded media are large, and the answer that is being given needs the processors too.
        await previews.WaitAsync(cancellation);
        try
        {
            PreparedConversation prepared = await new ConversationPreparer(reader).PrepareAsync(conversation, null, cancellation);
            (long[] ids, PromptSpan[] spans) = inputs!.Plan(prepared);
            return new AnalysisPreview(prepared.Videos, prepared.Images, prepared.Sounds, PromptBuilder.Text(prepared.Conversation), ids.Length, spans);
        }
        finally
        {
            previews.Release();
        }
    }

    /// <summary>Stops what runs and unloads the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        lock (gate)
        {
            Monitor.PulseAll(gate);
        }

        await ended.Task;
    }

    // Takes the job into the queue, or says in one line why not.
    private string? Refusal(Job job)
    {
        string? refusal;
        lock (gate)
        {
            refusal = closing.IsCancellationRequested ? "The studio is shutting down. Ask again when it is back."
                : state == EngineState.Failed ? error
                : queue.TryEnqueue(job.Request.Client, job) ? null
                : $"{QueueCapacity} questions wait already, and no more can. Ask again when some are answered.";
            if (refusal is null)
            {
                TellPositions();
                Monitor.PulseAll(gate);
            }
        }

        if (refusal is not null)
        {
            job.End();
        }

        return refusal;
    }

    // A job that still waits ends at once; one that runs is ended by the model's thread.
    private void Leave(Job job)
    {
        lock (gate)
        {
            if (queue.Remove(job))
            {
                job.Tell(new FinishedEvent(FinishReason.Stopped, 0));
                job.End();
                TellPositions();
            }
        }
    }

    private void TellPositions()
    {
        int position = 0;
        foreach (Job job in queue.InOrder)
        {
            job.TellPosition(position++);
        }
    }

    private void Run()
    {
        Thinker? thinker = null;
        try
        {
            thinker = Thinker.Load(options, done =>
            {
                lock (gate)
                {
                    fraction = done;
                }
            }, closing.Token);
            lock (gate)
            {
                (state, facts, inputs) = (EngineState.Ready, thinker.Facts, thinker.Inputs);
            }

            loaded.TrySetResult();
            while (Take() is { } job)
            {
                Answer(thinker, job);
            }
        }
        catch (Exception exception)
        {
            string line = exception is ModelException or OperationCanceledException ? exception.Message : $"The model could not be loaded: {FirstLine(exception)}";
            if (exception is not (ModelException or OperationCanceledException))
            {
                fault?.Invoke(exception);
            }

            lock (gate)
            {
                (state, error) = (EngineState.Failed, line);
            }

            loaded.TrySetException(exception is ModelException ? exception : new ModelException(line, exception));
        }
        finally
        {
            lock (gate)
            {
                while (queue.TryDequeue(out Job? job))
                {
                    job.Tell(error is null ? new FinishedEvent(FinishReason.Stopped, 0) : new FailedEvent(error));
                    job.End();
                }
            }

            thinker?.Dispose();
            ended.TrySetResult();
        }
    }

    // The next job; null when the engine closes.
    private Job? Take()
    {
        lock (gate)
        {
            running = false;
            Job? job = null;
            while (!closing.IsCancellationRequested && !queue.TryDequeue(out job))
            {
                Monitor.Wait(gate);
            }

            running = job is not null;
            TellPositions();
            return job;
        }
    }

    private void Answer(Thinker thinker, Job job)
    {
        var clock = Stopwatch.StartNew();
        double Seconds() => clock.Elapsed.TotalSeconds;
        try
        {
            job.Tell(Generate(thinker, job, Seconds));
        }
        catch (OperationCanceledException) when (job.Stop.IsCancellationRequested)
        {
            job.Tell(new FinishedEvent(FinishReason.Stopped, Seconds()));
        }
        catch (Exception exception) when (exception is MediaException or TaskInputException or ModelException)
        {
            job.Tell(new FailedEvent(exception.Message));
        }
        catch (Exception exception)
        {
            fault?.Invoke(exception);
            job.Tell(new FailedEvent($"The model could not answer: {FirstLine(exception)} Try again; a shorter clip needs less memory."));
        }
        finally
        {
            job.End();
        }
    }

    private FinishedEvent Generate(Thinker thinker, Job job, Func<double> seconds)
    {
        CancellationToken stop = job.Stop;
        stop.ThrowIfCancellationRequested();
        // Before frames are decoded for nothing.
        job.Request.Intervention?.CheckAgainst(thinker.Facts);
        job.Tell(new PreparingEvent(PreparationStage.Frames, 0));
        // The model's thread waits: tensors must not move to the thread on which an await would go on.
        PreparedConversation prepared = new ConversationPreparer(reader).PrepareAsync(
            job.Request.Conversation,
            (stage, done) => job.Tell(new PreparingEvent(stage == MediaStage.Frames ? PreparationStage.Frames : PreparationStage.Sound, done)),
            stop).GetAwaiter().GetResult();
        job.Tell(new SeenEvent(prepared.Videos, [.. prepared.Images.Select(image => image.Frame)], [.. prepared.Sounds.Select(sound => sound.Samples.Length / (double)MediaReader.SampleRate)])
        {
            JoinedSounds = prepared.Sounds.Index().Where(sound => sound.Item.ContentIndices.Count > 1)
                .ToDictionary(sound => sound.Index, sound => (IReadOnlyList<double>)[.. sound.Item.ContentIndices.Select(item => sound.Item.Sources.Where(source => source.ContentIndex == item).Sum(source => source.Seconds))]),
        });
        using ModelInput input = thinker.Inputs.Build(prepared, done => job.Tell(new PreparingEvent(PreparationStage.Features, done)), stop);
        using TokenGeneration generation = thinker.Begin(
            input,
            new GenerationSettings(job.Request.MaxNewTokens, job.Request.CaptureRoutes, job.Request.Trace, job.Request.Intervention),
            (stage, done) => job.Tell(stage switch
            {
                GenerationStage.AudioTower => new PreparingEvent(PreparationStage.AudioTower, done),
                GenerationStage.VisionTower => new PreparingEvent(PreparationStage.VisionTower, done),
                _ => new PrefillEvent(done),
            }),
            stop);
        job.Tell(new PrefillDoneEvent(generation.Prefill, seconds()));
        while (generation.Next(stop) is { } token)
        {
            job.Tell(new TokenEvent(token, seconds()));
        }

        return new FinishedEvent(generation.Stopped == StopReason.EndOfText ? FinishReason.EndOfText : FinishReason.Length, seconds());
    }

    // Native errors carry a stack of their own below their first line.
    private static string FirstLine(Exception exception)
    {
        string line = exception.Message.Split('\n', 2)[0].Trim().TrimEnd('.');
        return $"{(line.Length <= 200 ? line : line[..200] + "…")}.";
    }

    /// <summary>A request on its way.</summary>
    private sealed class Job(AnalysisRequest request, CancellationToken closing, CancellationToken caller) : IDisposable
    {
        private readonly Channel<AnalysisEvent> channel = Channel.CreateUnbounded<AnalysisEvent>(new UnboundedChannelOptions { SingleReader = true });
        private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(closing, caller);
        private int position = -1;

        public AnalysisRequest Request { get; } = request;

        public CancellationToken Stop => stop.Token;

        public ChannelReader<AnalysisEvent> Events => channel.Reader;

        public void Tell(AnalysisEvent happened) => channel.Writer.TryWrite(happened);

        public void TellPosition(int now)
        {
            if (position != now)
            {
                position = now;
                Tell(new QueuedEvent(now));
            }
        }

        public void End() => channel.Writer.TryComplete();

        public void Cancel() => stop.Cancel();

        public void Dispose() => stop.Dispose();
    }
}

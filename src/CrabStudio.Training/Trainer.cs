using System.Diagnostics;
using CrabStudio.Media;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Layers;
using CrabStudio.Model.Processing;
using CrabStudio.Model;
using CrabStudio.Tasks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Training;

/// <summary>
/// Trains the adapter of a frozen base: for each step a batch of samples, each a pass of its own without padding (or one for
/// all samples of a clip), whose losses add up to the mean over all tokens to be learnt; then AdamW. Lives on one thread; the next batch is decoded
/// beside it. What a step does follows from options, data and step alone, so a run that was stopped at any moment goes
/// on from its last checkpoint as if nothing had happened. One at a time in a process: libtorch's random numbers, from
/// which dropout comes, belong to the whole process.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly FileStream? own;
    private readonly TrainingOptions options;
    private readonly IReadOnlyList<TrainingSample> samples;
    private readonly DataOrder order;
    private readonly LearningRateSchedule schedule;
    private readonly ConversationPreparer preparer = new(new MediaReader());
    private readonly Thinker thinker;
    private readonly ExampleBuilder builder;
    private readonly List<TrainedTensor> tensors = [];
    private readonly AdamW optimizer;
    private readonly FeatureCache? features;
    private readonly RunLog log, routes;
    private readonly EventFile events;
    private readonly List<TrainingRoutes> routed = [];
    private int checkpointed;

    /// <summary>Loads the base, makes or loads the adapter, and takes up a run that was stopped in the output folder.</summary>
    /// <param name="options">How.</param>
    /// <param name="samples">What is learnt.</param>
    /// <param name="batches">Indices into <paramref name="samples"/> for each step; null: a random order from the seed.</param>
    /// <param name="loading">Told the fraction of the model that is loaded.</param>
    /// <exception cref="TrainingException">An option makes no sense, or the folder holds another run.</exception>
    /// <exception cref="ModelException">The base or the adapter cannot be used, or they do not fit each other.</exception>
    public Trainer(TrainingOptions options, IReadOnlyList<TrainingSample> samples, IReadOnlyList<IReadOnlyList<int>>? batches = null, Action<double>? loading = null)
    {
        options.Check();
        (this.options, this.samples) = (options, samples);
        if (samples.Count == 0 || batches is { Count: 0 } || (batches?.Any(batch => batch.Count == 0 || batch.Any(sample => sample < 0 || sample >= samples.Count)) ?? false))
        {
            throw new TrainingException("there is nothing to learn, or an order that names samples which are not there; expected at least one sample, and batches of them.");
        }

        order = batches is not null ? new DataOrder(batches)
            : options.PackClips ? new DataOrder([.. Enumerable.Range(0, samples.Count).GroupBy(index => PackedExample.ClipOf(samples[index])).Select(clip => clip.ToArray())], options.BatchSize, options.Seed)
            : new DataOrder(samples.Count, options.BatchSize, options.Seed);
        int steps = options.Steps ?? (batches?.Count ?? (int)Math.Ceiling(order.StepsAnEpoch * options.Epochs));
        schedule = new LearningRateSchedule(options.LearningRate, options.WarmupSteps ?? (int)Math.Ceiling(steps * options.WarmupRatio), steps);
        if (options.Threads is { } threads)
        {
            set_num_threads(threads);
        }

        Directory.CreateDirectory(options.OutputFolder);
        (string adapterFile, double alpha) = FirstAdapter();
        thinker = Thinker.Load(new ModelOptions(options.ModelFolder, adapterFile, alpha, options.Device, options.Precision), loading);
        try
        {
            own = TrainingIdentity.Claim(options.OutputFolder, TrainingIdentity.Of(options, adapterFile, alpha, thinker.Facts.Precision, schedule, samples, batches));
            builder = new ExampleBuilder(thinker);
            features = options.FreezeTowers
                ? new FeatureCache(options.FeatureFolder ?? Path.Combine(options.OutputFolder, "features"), $"{TrainingIdentity.BaseDigest(options.ModelFolder)} {TrainingIdentity.Digest(adapterFile)} {thinker.Facts.Precision}")
                : null;
            foreach (AdaptedLinear linear in thinker.Adapters.Where(linear => !options.FreezeTowers || linear.Path.StartsWith("model.", StringComparison.Ordinal)))
            {
                linear.Tensors.Dropout = options.Dropout;
                tensors.Add(new TrainedTensor($"{linear.Path}.route_and_a", linear.Tensors.RouteAndA));
                tensors.Add(new TrainedTensor($"{linear.Path}.b", linear.Tensors.B));
            }

            optimizer = new AdamW(tensors, options);
            StepsDone = checkpointed = TrainingState.Read(options.OutputFolder, tensors);
            string lines = Path.Combine(options.OutputFolder, "log.jsonl");
            log = new RunLog(lines, StepsDone);
            routes = new RunLog(Path.Combine(options.OutputFolder, "routes.jsonl"), StepsDone);
            events = new EventFile(Path.Combine(options.OutputFolder, "events.out.tfevents.crab"), RunLog.Read<TrainingStep>(lines));
        }
        catch
        {
            own?.Dispose();
            thinker.Dispose();
            throw;
        }
    }

    /// <summary>All steps of the run.</summary>
    public int Steps => schedule.Steps;

    /// <summary>Steps done so far, those of earlier runs of the same command included.</summary>
    public int StepsDone { get; private set; }

    /// <summary>The model in training; the trainer's own.</summary>
    public Thinker Thinker => thinker;

    /// <summary>The trained tensors, for comparison with reference gradients.</summary>
    internal IReadOnlyList<TrainedTensor> Tensors => tensors;

    /// <summary>Trains to the end, or until it is cancelled; then a checkpoint is written first.</summary>
    /// <param name="progress">Told each step, after it is in the log.</param>
    /// <param name="cancellation">Looked at between steps.</param>
    /// <exception cref="TrainingException">The loss is not a number, the disk is full, memory is short; the last checkpoint stays.</exception>
    /// <exception cref="MediaException">A clip cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Run(Action<TrainingStep>? progress = null, CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<TrainingExample[]>? next = null;
        try
        {
            while (StepsDone < Steps)
            {
                long start = Stopwatch.GetTimestamp();
                int step = StepsDone + 1;
                TrainingExample[] batch = (next ?? PrepareAsync(step, stop.Token)).GetAwaiter().GetResult();
                next = step < Steps ? Task.Run(() => PrepareAsync(step + 1, stop.Token), CancellationToken.None) : null;
                try
                {
                    TrainingStep result = Guarded(() => Step(step, batch)) with { Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds };
                    StepsDone = step;
                    Keep(result);
                    progress?.Invoke(result);
                }
                finally
                {
                    Array.ForEach(batch, example => example.Dispose());
                }

                cancellation.ThrowIfCancellationRequested();
            }

            Written(() => Export(options.OutputFolder));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Checkpoint();
            throw;
        }
        finally
        {
            stop.Cancel();
            Abandon(next);
        }
    }

    /// <summary>Forward and backward pass over a batch, and one update.</summary>
    internal TrainingStep Step(int step, IReadOnlyList<TrainingExample> batch)
    {
        using DisposeScope scope = NewDisposeScope();
        // Dropout follows from seed and step, so that a run that goes on drops the same values.
        _ = manual_seed((long)(RandomNumbers.For(options.Seed, $"dropout {step}").Next() >> 1));
        tensors.ForEach(tensor => tensor.Clear());
        routed.Clear();
        int lossTokens = batch.Sum(example => example.LossTokens);
        // Neighbours of one clip go through together.
        IEnumerable<PackedExample> passes = options.PackClips ? PackedExample.Pack(batch) : batch.Select(PackedExample.Alone);
        double[] losses = [.. passes.SelectMany(pass => Learn(pass, lossTokens, step, batch))];
        using IDisposable noGradients = no_grad();
        double norm = optimizer.GradientNorm(), rate = schedule.At(step);
        if (!double.IsFinite(norm))
        {
            throw NotANumber("the gradient", step, batch);
        }

        optimizer.Step(rate, norm);
        return new TrainingStep(
            step, [.. batch.Select(example => example.Sample.Name)], losses.Sum() / lossTokens, [.. losses.Zip(batch, (loss, example) => loss / example.LossTokens)],
            rate, norm, [.. batch.Select(example => example.Tokens)], [.. batch.Select(example => example.LossTokens)], 0);
    }

    // The losses of the samples of a pass, each summed over its tokens; their share of the batch's mean goes into the gradients.
    private double[] Learn(PackedExample pass, int lossTokens, int step, IReadOnlyList<TrainingExample> batch)
    {
        using DisposeScope scope = NewDisposeScope();
        // One expert has nothing to route.
        bool watched = options.RoutesEvery > 0 && step % options.RoutesEvery == 0 && thinker.Facts.Experts > 1;
        Tensor hidden = thinker.Forward(pass.Join(), pass.First.Features ?? Perceived(pass), watched);
        if (watched)
        {
            routed.Add(TrainingRoutes.Of(step, pass.First.Sample.Name, thinker.TakeRoutes()));
        }

        Tensor[] sums = [.. pass.Parts.Select(part =>
        {
            // A token is foretold by the position before it; the others need no logits.
            Tensor logits = thinker.Text.Logits(thinker.Text.Norm(hidden.narrow(0, part.Offset + part.Example.LossBegin - 1, part.Example.LossTokens)));
            Tensor labels = tensor(part.Example.Input.InputIds[part.Example.LossBegin..part.Example.LossEnd], ScalarType.Int64, device: thinker.Text.Device);
            return functional.cross_entropy(logits, labels, reduction: Reduction.Sum);
        })];
        double[] losses = [.. sums.Select(sum => (double)sum.item<float>())];
        if (!losses.All(double.IsFinite))
        {
            throw NotANumber("the loss", step, batch);
        }

        stack(sums).sum().Over(lossTokens).backward();
        tensors.ForEach(tensor => tensor.Collect());
        return losses;
    }

    // What frozen towers make of a clip is computed when it is first met; null where the towers learn.
    private TowerFeatures? Perceived(PackedExample pass)
    {
        if (features is null)
        {
            return null;
        }

        using IDisposable noGradients = no_grad();
        TowerFeatures seen = thinker.Perceive(pass.First.Input, new ForwardContext());
        foreach ((TrainingExample example, _) in pass.Parts)
        {
            Written(() => features.Keep(example, seen));
        }

        return seen;
    }

    private async Task<TrainingExample[]> PrepareAsync(int step, CancellationToken cancellation)
    {
        var batch = new List<TrainingExample>();
        PreparedConversation? before = null;
        try
        {
            foreach (int index in order.At(step))
            {
                TrainingSample sample = samples[index];
                try
                {
                    if (features?.Find(sample) is { } known)
                    {
                        batch.Add(known);
                        continue;
                    }

                    // A neighbour of the same clip has decoded it.
                    before = before is not null && PackedExample.ClipOf(before.Conversation) == PackedExample.ClipOf(sample.Conversation)
                        ? before with { Conversation = sample.Conversation }
                        : await preparer.PrepareAsync(sample.Conversation, null, cancellation).ConfigureAwait(false);
                    batch.Add(builder.Build(sample, before, cancellation));
                }
                catch (Exception exception) when (exception is MediaException or ModelException or TaskInputException or IOException)
                {
                    throw new TrainingException($"step {step}, sample {sample.Name}: {exception.Message}", exception);
                }
            }

            return [.. batch];
        }
        catch
        {
            batch.ForEach(example => example.Dispose());
            throw;
        }
    }

    private void Keep(TrainingStep step)
    {
        Written(() =>
        {
            routed.ForEach(routes.Add);
            log.Add(step);
            events.Add(step);
        });
        if (options.SaveAt.Contains(step.Step))
        {
            Written(() => Export(Path.Combine(options.OutputFolder, $"step-{step.Step}")));
        }

        if (step.Step % options.CheckpointEvery == 0 || step.Step == Steps)
        {
            Checkpoint();
        }
    }

    private void Checkpoint()
    {
        if (checkpointed < StepsDone)
        {
            Written(() =>
            {
                log.Keep();
                TrainingState.Write(options.OutputFolder, StepsDone, tensors);
            });
            checkpointed = StepsDone;
        }
    }

    // The adapter as it is, in the type that the network computes with.
    private void Export(string folder)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        AdapterTensors any = thinker.Adapters[0].Tensors;
        AdapterFile.Write(
            folder, [.. thinker.Adapters.SelectMany(linear => AdapterFile.Split(linear.Path, linear.Tensors.RouteAndA, linear.Tensors.B, any.Experts, any.Rank))],
            any.Rank, any.Scale * any.Rank, any.Experts, options.Dropout);
    }

    private (string File, double Alpha) FirstAdapter()
    {
        if (options.AdapterInit is { } file)
        {
            if (!File.Exists(file))
            {
                throw new TrainingException($"--adapter-init {file}: there is no such file; expected {AdapterFile.Weights}, or leave it out for a new adapter.");
            }

            string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, AdapterFile.Config);
            return (file, options.Alpha ?? (File.Exists(beside) ? CrabStudio.Model.Configuration.AdapterConfig.Load(beside).Alpha : 2 * AdapterFile.RankOf(file)));
        }

        double alpha = options.Alpha ?? 2 * options.Rank;
        string folder = Path.Combine(options.OutputFolder, "step-0"), made = Path.Combine(folder, AdapterFile.Weights);
        if (!File.Exists(Path.Combine(folder, AdapterFile.Config)))
        {
            if (!Directory.Exists(options.ModelFolder))
            {
                throw new TrainingException($"--model {options.ModelFolder}: there is no such folder; expected a Hugging Face folder of Qwen2.5-Omni.");
            }

            AdapterFile.WriteNew(folder, CrabStudio.Model.Configuration.ThinkerConfig.Load(options.ModelFolder), options.Rank, alpha, options.Experts, options.Dropout, options.Seed);
        }

        return (made, alpha);
    }

    private TrainingException NotANumber(string what, int step, IReadOnlyList<TrainingExample> batch) =>
        new($"step {step}: {what} is not a finite number; the batch is {string.Join(", ", batch.Select(example => example.Sample.Name))}. {Kept()} Lower --lr, or take the sample out.");

    private string Kept() => checkpointed > 0 ? $"The checkpoint after step {checkpointed} stays in {options.OutputFolder}." : "There was no checkpoint yet.";

    private void Written(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{options.OutputFolder} could not be written after step {StepsDone}: {exception.Message} {Kept()} Make room and give the same command again.", exception);
        }
    }

    private T Guarded<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception exception) when (exception is OutOfMemoryException || exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || exception.Message.Contains("allocate memory", StringComparison.Ordinal))
        {
            throw new TrainingException($"step {StepsDone + 1}: memory is short. {Kept()} Use --precision bf16, a smaller --rank, or --freeze-towers.", exception);
        }
    }

    private static void Abandon(Task<TrainingExample[]>? task)
    {
        try
        {
            foreach (TrainingExample example in task?.GetAwaiter().GetResult() ?? [])
            {
                example.Dispose();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or TrainingException)
        {
            // A batch that nobody waits for any more.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        log.Dispose();
        routes.Dispose();
        events.Dispose();
        foreach (AdaptedLinear linear in thinker.Adapters)
        {
            linear.Tensors.Dropout = 0;
        }

        tensors.ForEach(tensor => tensor.Dispose());
        thinker.Dispose();
        own?.Dispose();
    }
}

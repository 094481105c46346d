using System.Diagnostics;
using CrabStudio.Model;
using CrabStudio.Model.Processing;
using static TorchSharp.torch;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// A stage of the recipe: steps on scenes that follow from seed and step alone, an optimizer, a log, checkpoints that are
/// whole or not there, measurements on unseen clips. A stage that was stopped at any moment goes on from its last checkpoint.
/// Lives on one thread, with workers beside it.
/// </summary>
internal abstract class RecipeStage : IDisposable
{
    /// <summary>Names of the files of steps and of measurements.</summary>
    public const string LogName = "log.jsonl", UnseenName = "unseen.jsonl";

    private readonly List<TrainedTensor> tensors = [];
    private readonly SortedDictionary<string, string> identity;
    private MuonAdamW? optimizer;
    private RunLog? log, unseen;
    private FileStream? own;
    private int checkpointed;

    /// <summary>Takes a loaded model, which becomes the stage's own.</summary>
    protected RecipeStage(StageOptions options, Thinker thinker, string baseFolder)
    {
        (Options, Thinker) = (options, thinker);
        set_num_threads(1);
        identity = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["stage"] = options.Name,
            ["base"] = TrainingIdentity.Digest(Path.Combine(baseFolder, BaseFolder.Weights)),
            ["seed"] = Number(options.Seed),
            ["clips a step"] = Number(options.Clips),
            ["distinct steps"] = options.Distinct is { } distinct ? Number(distinct) : "all",
            ["steps"] = options.Steps is { } steps ? Number(steps) : "as time allows",
            ["rates"] = $"{Number(options.Muon ? options.MuonRate : 0)} {Number(options.AdamRate)} {Number(options.Warmup)} {Number(options.Hold)}",
        };
    }

    /// <summary>How.</summary>
    public StageOptions Options { get; }

    /// <summary>The model in training.</summary>
    public Thinker Thinker { get; }

    /// <summary>The trained tensors.</summary>
    public IReadOnlyList<TrainedTensor> Tensors => tensors;

    /// <summary>Steps done, those of earlier runs included.</summary>
    public int StepsDone { get; private set; }

    /// <summary>Running seconds, those of earlier runs included.</summary>
    public double SecondsDone { get; private set; }

    /// <summary>How much of the stage is done, 0 to 1.</summary>
    public double Progress => Math.Min(1, Options.Steps is { } steps ? StepsDone / (double)steps : SecondsDone / Options.Seconds);

    /// <summary>Adds a tensor to those that are trained.</summary>
    protected void Train(string name, Tensor tensor) => tensors.Add(new TrainedTensor(name, tensor));

    /// <summary>Takes up what was done before; to be called when all tensors are named.</summary>
    /// <exception cref="TrainingException">The folder holds another run.</exception>
    protected void Open()
    {
        Directory.CreateDirectory(Options.Folder);
        own = TrainingIdentity.Claim(Options.Folder, identity);
        optimizer = new MuonAdamW(tensors, Options);
        StepsDone = checkpointed = TrainingState.Read(Options.Folder, tensors);
        string steps = Path.Combine(Options.Folder, LogName), measures = Path.Combine(Options.Folder, UnseenName);
        (log, unseen) = (new RunLog(steps, StepsDone), new RunLog(measures, StepsDone));
        SecondsDone = RunLog.Read<RecipeStep>(steps).Sum(step => step.Seconds) + RunLog.Read<RecipeMeasure>(measures).Sum(measure => measure.Seconds);
    }

    /// <summary>Forward and backward passes of a step; gradients are left in the tensors.</summary>
    /// <returns>Losses by name, and clips, questions and tokens.</returns>
    protected abstract (IReadOnlyDictionary<string, double> Losses, int Clips, int Questions, int Tokens) Learn(int step);

    /// <summary>Measures on unseen clips, without gradients.</summary>
    /// <param name="clips">How many.</param>
    public abstract IReadOnlyDictionary<string, double> Measure(int clips);

    /// <summary>Trains to the end, or until it is cancelled; then a checkpoint is written first.</summary>
    /// <param name="progress">Told each step.</param>
    /// <param name="measured">Told each measurement.</param>
    /// <param name="cancellation">Looked at between steps.</param>
    /// <exception cref="TrainingException">A loss is not a number, or the disk is full; the last checkpoint stays.</exception>
    public void Run(Action<RecipeStep>? progress = null, Action<RecipeMeasure>? measured = null, CancellationToken cancellation = default)
    {
        double kept = SecondsDone, looked = SecondsDone;
        while (Progress < 1)
        {
            if (cancellation.IsCancellationRequested)
            {
                Checkpoint();
                cancellation.ThrowIfCancellationRequested();
            }

            RecipeStep step = Step();
            Written(() => log!.Add(step));
            progress?.Invoke(step);
            if (Progress < 1 && SecondsDone - looked >= Options.MeasureEvery)
            {
                Look(Options.Unseen, measured);
                looked = SecondsDone;
            }

            if (SecondsDone - kept >= Options.CheckpointEvery)
            {
                Checkpoint();
                kept = SecondsDone;
            }
        }

        Checkpoint();
        Look(Options.UnseenAtEnd, measured);
    }

    /// <summary>One step: passes and an update.</summary>
    public RecipeStep Step()
    {
        long start = Stopwatch.GetTimestamp();
        int step = StepsDone + 1;
        double before = Progress, share = Options.Share(step, before);
        using DisposeScope scope = NewDisposeScope();
        tensors.ForEach(tensor => tensor.Clear());
        (IReadOnlyDictionary<string, double> losses, int clips, int questions, int tokens) = Learn(step);
        using IDisposable noGradients = no_grad();
        tensors.ForEach(tensor => tensor.Collect());
        double norm = optimizer!.GradientNorm();
        if (!double.IsFinite(norm) || losses.Values.Any(loss => !double.IsFinite(loss)))
        {
            throw new TrainingException($"{Options.Name}, step {step}: a loss or a gradient is not a finite number. {Kept()} Its data follow from seed {Options.Seed} and the step.");
        }

        optimizer.Step(share, norm);
        StepsDone = step;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        SecondsDone += seconds;
        return new RecipeStep(step, before, losses, share, norm, clips, questions, tokens, seconds);
    }

    /// <summary>Numbers that follow from seed, stage and purpose.</summary>
    protected RandomNumbers Random(string purpose) => RandomNumbers.For(Options.Seed, $"{Options.Name} {purpose}");

    /// <summary>Numbers for a part of a step.</summary>
    protected RandomNumbers Random(int step, string part) => Random($"step {(Options.Distinct is { } distinct ? step % distinct : step)} {part}");

    /// <summary>Writes a checkpoint, unless nothing happened since the last.</summary>
    /// <exception cref="TrainingException">It could not be written; the last one stays.</exception>
    public void Checkpoint()
    {
        if (checkpointed < StepsDone)
        {
            Written(() =>
            {
                log!.Keep();
                unseen!.Keep();
                TrainingState.Write(Options.Folder, StepsDone, tensors);
            });
            checkpointed = StepsDone;
        }
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        log?.Dispose();
        unseen?.Dispose();
        tensors.ForEach(tensor => tensor.Dispose());
        Thinker.Dispose();
        own?.Dispose();
    }

    private void Look(int clips, Action<RecipeMeasure>? measured)
    {
        if (clips == 0)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        IReadOnlyDictionary<string, double> scores = Measure(clips);
        var measure = new RecipeMeasure(StepsDone, clips, scores, Stopwatch.GetElapsedTime(start).TotalSeconds);
        SecondsDone += measure.Seconds;
        Written(() => unseen!.Add(measure));
        measured?.Invoke(measure);
    }

    private string Kept() => checkpointed > 0 ? $"The checkpoint after step {checkpointed} stays in {Options.Folder}." : "There was no checkpoint yet.";

    private void Written(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{Options.Folder} could not be written after step {StepsDone}: {exception.Message} {Kept()} Make room and give the same command again.", exception);
        }
    }

    private static string Number(double value) => value.ToString("r", System.Globalization.CultureInfo.InvariantCulture);
}

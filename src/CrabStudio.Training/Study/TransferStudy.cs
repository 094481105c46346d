using System.Globalization;
using System.Text;
using CrabStudio.Model;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;
using CrabStudio.Training.Recipe;
using CrabStudio.World;

namespace CrabStudio.Training.Study;

/// <summary>
/// The paper's question in small (arXiv 2603.04128): does a task gain or lose when its adapter learns other tasks too? For each seed
/// every task gets a plain LoRA adapter of its own, all tasks together get one plain LoRA and one I-LoRA adapter; all with the same
/// rank budget, clips, passes and rates, on the same frozen base. All of them answer the same unseen clips.
/// </summary>
public sealed class TransferStudy
{
    private const string OptionsName = "options.json";

    private readonly StudyOptions options;
    private readonly StudyPlan plan;
    private readonly RecipeWorld world;
    private readonly string digest;

    /// <summary>Prepares.</summary>
    /// <param name="options">How.</param>
    /// <param name="hear">The samples of a scene's sound track (16 kHz mono), by its number; called by several threads.</param>
    /// <exception cref="TrainingException">An option makes no sense, or the base is none; the message names it.</exception>
    public TransferStudy(StudyOptions options, Func<Scene, int, float[]> hear)
    {
        options.Check();
        if (!BaseFolder.IsWhole(options.ModelFolder))
        {
            throw new TrainingException($"--model {options.ModelFolder}: found no {BaseFolder.Weights}; expected the folder of a small base in one file, as crab train --recipe default makes it.");
        }

        (this.options, plan, world) = (options, new StudyPlan(options), new RecipeWorld(hear));
        digest = TrainingIdentity.Digest(Path.Combine(options.ModelFolder, BaseFolder.Weights));
    }

    /// <summary>What is left to do.</summary>
    /// <exception cref="TrainingException">The folder holds another study, or its answers cannot be read.</exception>
    public StudyWork Work()
    {
        if (File.Exists(Path.Combine(options.OutputFolder, OptionsName)))
        {
            TrainingIdentity.Claim(options.OutputFolder, Identity(), OptionsName);
        }

        (StudyMeter meter, int adapters, long clips, long answers) = Meter();
        return new StudyWork(adapters, clips, answers, meter.Now("").SecondsLeft);
    }

    /// <summary>Makes the study, or goes on making it, and writes <c>study.json</c> and <c>report.html</c>.</summary>
    /// <param name="report">Told a line for each adapter that is done.</param>
    /// <param name="progress">Told what is going on; by several threads, one at a time.</param>
    /// <param name="cancellation">Stops after the current step or answer; the same call goes on.</param>
    /// <exception cref="TrainingException">It cannot go on; what was reached stays.</exception>
    /// <exception cref="ModelException">The base cannot be loaded.</exception>
    /// <exception cref="WorldException">The world cannot be rendered.</exception>
    public StudyReport Run(Action<string>? report = null, Action<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        try
        {
            Directory.CreateDirectory(options.OutputFolder);
            using FileStream own = Own();
            TrainingIdentity.Claim(options.OutputFolder, Identity(), OptionsName);
            WriteFirstAdapters();
            Dictionary<string, TaskScorer> scorers = Scorers();
            Do(scorers, report ?? (_ => { }), progress ?? (_ => { }), cancellation);
            StudyReport done = StudySummary.Of(Setup(), [.. Enum.GetValues<StudyArm>().Select(Facts)], [.. Runs().SelectMany(run => run.ReadAnswers())]);
            Write(StudyReport.FileName, done.Json());
            Write(StudyReport.PageName, StudyPage.Html(done));
            return done;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{options.OutputFolder} could not be written: {exception.Message} Adapters and answers that are there stay. Make room and give the same command again.", exception);
        }
    }

    /// <summary>The figures as a table in Markdown, with what came out below it.</summary>
    public static string Markdown(StudyReport report) => StudyPage.Markdown(report);

    /// <summary>Computing time of all threads so far, that of earlier runs included, in seconds.</summary>
    public double SecondsDone() => Runs().Sum(run => run.SecondsDone());

    private IEnumerable<StudyRun> Runs() => plan.Jobs.Select(job => new StudyRun(options, plan, job));

    private void Do(Dictionary<string, TaskScorer> scorers, Action<string> report, Action<StudyProgress> progress, CancellationToken cancellation)
    {
        StudyMeter meter = Meter().Meter;
        IReadOnlyList<StudyJob> jobs = plan.Jobs;
        Lock one = new();
        Exception? first = null;
        // One that fails stops the others, each after its step.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using CollectionTurns turns = new();
        try
        {
            Workers.Run(options.Workers, jobs.Count, place =>
            {
                turns.Enter();
                try
                {
                    var run = new StudyRun(options, plan, jobs[place]);
                    if (run.IsTrained && run.ReadAnswers().Count == run.Answers)
                    {
                        return;
                    }

                    void Show(StudyProgress at)
                    {
                        lock (one)
                        {
                            progress(at);
                        }

                        turns.Pause();
                    }

                    stop.Token.ThrowIfCancellationRequested();
                    run.Learn(world, meter, Show, stop.Token);
                    run.Ask(world, scorers, meter, Show, stop.Token);
                    lock (one)
                    {
                        StudyProgress now = meter.Now(jobs[place].Name);
                        report(string.Create(CultureInfo.InvariantCulture, $"{Said(jobs[place], run.ReadAnswers())}; {100 * now.Share:0}% of the study done, {TimeSpan.FromSeconds(now.SecondsLeft):d\\.hh\\:mm\\:ss} left"));
                    }
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref first, exception, null);
                    stop.Cancel();
                    throw;
                }
                finally
                {
                    turns.Exit();
                }
            });
        }
        catch (Exception) when (first is OperationCanceledException && cancellation.IsCancellationRequested)
        {
            cancellation.ThrowIfCancellationRequested();
        }
        catch (Exception) when (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }
    }

    private static string Said(StudyJob job, IReadOnlyList<StudyAnswer> answers) => job.Tasks.Count == 1
        ? string.Create(CultureInfo.InvariantCulture, $"{job.Name}: {TaskScorer.Primary(job.Tasks[0])} {answers.Average(answer => answer.Score):0.000}, {answers.Count} clips")
        : string.Create(CultureInfo.InvariantCulture, $"{job.Name}: {answers.GroupBy(answer => answer.Key).Average(task => task.Average(answer => answer.Score)):0.000} on average over {job.Tasks.Count} tasks");

    private (StudyMeter Meter, int Adapters, long Clips, long Answers) Meter()
    {
        var meter = new StudyMeter(Math.Min(options.Workers, plan.Jobs.Count));
        (int adapters, long clips, long answers) = (0, 0, 0);
        foreach (StudyRun run in Runs())
        {
            long answered = run.ReadAnswers().Count;
            meter.Expect(run.Clips, run.IsTrained ? run.Clips : 0, run.Answers, answered);
            answers += run.Answers - answered;
            if (!run.IsTrained)
            {
                adapters++;
                clips += run.Clips;
            }
        }

        return (meter, adapters, clips, answers);
    }

    // Labels that truths use, of all clips of a task: as crab evaluate has them.
    internal Dictionary<string, TaskScorer> Scorers() => plan.Tasks.ToDictionary(key => key, key => new TaskScorer(
        key,
        [.. Enumerable.Range(1, options.Seeds).SelectMany(seed => Enumerable.Range(0, options.TestClips).SelectMany(index => Truths.LabelsOf(key, Truths.Of(StudyPlan.TestScene(seed, key, index).Samples()[0].Sample)))).Distinct()]));

    private void WriteFirstAdapters()
    {
        ThinkerConfig config = ThinkerConfig.Load(options.ModelFolder);
        foreach (StudyJob job in plan.Jobs.DistinctBy(job => new StudyRun(options, plan, job).FirstAdapter))
        {
            string folder = new StudyRun(options, plan, job).FirstAdapter;
            if (!File.Exists(Path.Combine(folder, AdapterFile.Config)))
            {
                int rank = plan.Rank(job.Arm);
                AdapterFile.WriteNew(folder, config, rank, StudyOptions.Scale * rank, plan.Experts(job.Arm), 0, job.Seed);
            }
        }
    }

    private StudySetup Setup()
    {
        using var thinker = Thinker.Load(new ModelOptions(options.ModelFolder, Device: "cpu", Precision: "fp32"));
        return new StudySetup(
            thinker.Facts.Name, digest, thinker.Facts.Parameters, thinker.Facts.Untrained, plan.Tasks, options.Seeds, options.Steps, options.Clips, options.Steps * options.Clips, options.TestClips,
            options.Rank, options.Experts, StudyOptions.Scale, options.LearningRate, "a rise over a tenth of the steps (50 at most), then half a cosine down to a fiftieth", options.AnswerTokens, StudySummary.Draws);
    }

    private StudyArmFacts Facts(StudyArm arm)
    {
        StudyJob job = plan.Jobs.First(job => job.Arm == arm);
        if (!job.Learns)
        {
            return new StudyArmFacts(arm, StudyPlan.NameOf(arm), 0, 0, 0, 0, 0, 0, 0, 0);
        }

        using var archive = new TorchArchive(Path.Combine(new StudyRun(options, plan, job).Adapter, AdapterFile.Weights));
        long parameters = archive.Entries.Values.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size));
        IReadOnlyList<StudyClip> clips = plan.Clips(job);
        return new StudyArmFacts(
            arm, StudyPlan.NameOf(arm), plan.Experts(arm), plan.Rank(arm), StudyOptions.Scale * plan.Rank(arm), plan.Jobs.Count(other => other.Arm == arm && other.Seed == job.Seed), parameters, plan.Steps(job),
            clips.Count, clips.Count(clip => clip.Key == job.Tasks[0]));
    }

    private SortedDictionary<string, string> Identity()
    {
        string Number(double value) => value.ToString("r", CultureInfo.InvariantCulture);
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["base"] = digest,
            ["--tasks"] = string.Join(',', plan.Tasks),
            ["--seeds"] = Number(options.Seeds),
            ["--steps"] = Number(options.Steps),
            ["--clips"] = Number(options.Clips),
            ["--test-clips"] = Number(options.TestClips),
            ["--rank"] = Number(options.Rank),
            ["--experts"] = Number(options.Experts),
            ["--lr"] = Number(options.LearningRate),
        };
    }

    // Two processes in one folder would write over each other's adapters.
    private FileStream Own()
    {
        try
        {
            return new FileStream(Path.Combine(options.OutputFolder, "study.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException held) when (held is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            throw new TrainingException($"another study is at work in {options.OutputFolder}; wait for its end, or give another --out ({held.Message})", held);
        }
    }

    private void Write(string name, string text) => DurableFile.Write(Path.Combine(options.OutputFolder, name), stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}

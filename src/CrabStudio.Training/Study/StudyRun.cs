using System.Diagnostics;
using System.Text.Json;
using CrabStudio.Model;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;
using CrabStudio.Training.Recipe;
using CrabStudio.World;

namespace CrabStudio.Training.Study;

/// <summary>
/// One adapter of a study: it is trained, written, and asked the clips of its tasks. The adapter and each answer are kept as soon as they
/// are there, and training goes on from its last checkpoint, so that a run that is killed loses the answer in work and nothing else.
/// All of it happens on the thread that calls, so results are the same bits however many adapters are at work beside it.
/// </summary>
/// <param name="options">The study.</param>
/// <param name="plan">Its plan.</param>
/// <param name="job">Which adapter.</param>
internal sealed class StudyRun(StudyOptions options, StudyPlan plan, StudyJob job)
{
    private const string Training = "training", AnswersName = "answers.jsonl";

    private string Folder => Path.Combine(options.OutputFolder, "runs", job.Folder);

    /// <summary>The adapter that is trained.</summary>
    public string Adapter => Path.Combine(Folder, "adapter");

    /// <summary>The adapter that it begins with; of the base the I-LoRA one, whose routers are looked at and which changes nothing else.</summary>
    public string FirstAdapter => Path.Combine(
        options.OutputFolder, "runs", FormattableString.Invariant($"seed-{job.Seed}"), job.Arm is StudyArm.Base or StudyArm.MultiIlora ? "first-ilora" : "first-lora");

    /// <summary>Whether there is nothing left to learn.</summary>
    public bool IsTrained => !job.Learns || File.Exists(Path.Combine(Adapter, AdapterFile.Config));

    /// <summary>Clips that it learns from.</summary>
    public long Clips => (long)plan.Steps(job) * options.Clips;

    /// <summary>Answers that it gives.</summary>
    public long Answers => (long)job.Tasks.Count * options.TestClips;

    /// <summary>The answers that are there.</summary>
    /// <exception cref="TrainingException">A line that is not the last is broken.</exception>
    public IReadOnlyList<StudyAnswer> ReadAnswers() => Read().Answers;

    /// <summary>Seconds of training and answering so far, those of earlier runs included.</summary>
    public double SecondsDone()
    {
        string log = Path.Combine(Folder, Training, "log.jsonl");
        return (File.Exists(log) ? RunLog.Read<RecipeStep>(log).Sum(step => step.Seconds) : 0) + ReadAnswers().Sum(answer => answer.Seconds);
    }

    /// <summary>Trains the adapter, unless it is there.</summary>
    /// <param name="world">Renders scenes.</param>
    /// <param name="meter">Told what is done.</param>
    /// <param name="progress">Told each step.</param>
    /// <param name="cancellation">Looked at between steps; a checkpoint is written then.</param>
    /// <exception cref="TrainingException">A loss is not a number, or the disk is full; the last checkpoint stays.</exception>
    public void Learn(RecipeWorld world, StudyMeter meter, Action<StudyProgress> progress, CancellationToken cancellation)
    {
        if (IsTrained)
        {
            return;
        }

        IReadOnlyList<StudyClip> clips = plan.Clips(job);
        var how = new StageOptions
        {
            Name = job.Name,
            Folder = Path.Combine(Folder, Training),
            Steps = plan.Steps(job),
            Seed = job.Seed,
            Clips = options.Clips,
            Muon = false,
            AdamRate = options.LearningRate,
            Beta2 = 0.999,
            Warmup = plan.Warmup(job),
            Hold = 0,
            CheckpointEvery = options.CheckpointEvery,
            Unseen = 0,
            UnseenAtEnd = 0,
        };
        using WordStage stage = new(
            how, options.ModelFolder, Path.Combine(FirstAdapter, AdapterFile.Weights), world, lesson: (step, place) => StudyPlan.Scene(job.Seed, clips[((step - 1) * options.Clips) + place]));
        meter.Found((long)stage.StepsDone * options.Clips);
        stage.Run(
            step => progress(meter.Learnt(step.Clips, step.Seconds, FormattableString.Invariant($"{job.Name}: step {step.Step} of {how.Steps}, loss {step.Losses["words"]:0.000}"))),
            cancellation: cancellation);
        stage.Write(options.ModelFolder, Adapter);
        // The adapter is whole; what is needed to go on with it takes six times its room.
        File.Delete(Path.Combine(how.Folder, TrainingState.FileName));
    }

    /// <summary>Asks the clips that are not answered yet.</summary>
    /// <param name="world">Renders scenes.</param>
    /// <param name="scorers">How the answers of each task are scored.</param>
    /// <param name="meter">Told what is done.</param>
    /// <param name="progress">Told each answer.</param>
    /// <param name="cancellation">Looked at between answers.</param>
    /// <exception cref="TrainingException">The answers that are there cannot be read.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Ask(RecipeWorld world, IReadOnlyDictionary<string, TaskScorer> scorers, StudyMeter meter, Action<StudyProgress> progress, CancellationToken cancellation)
    {
        (IReadOnlyList<StudyAnswer> before, long whole) = Read();
        HashSet<(string, int)> done = [.. before.Select(answer => (answer.Key, answer.Index))];
        (string Key, int Index)[] rest = [.. job.Tasks.SelectMany(key => Enumerable.Range(0, options.TestClips).Select(index => (key, index))).Where(item => !done.Contains(item))];
        if (rest.Length == 0)
        {
            return;
        }

        Directory.CreateDirectory(Folder);
        using FileStream file = new(Path.Combine(Folder, AnswersName), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        // What a kill left of a line goes.
        file.SetLength(whole);
        file.Position = whole;
        string adapter = Path.Combine(job.Learns ? Adapter : FirstAdapter, AdapterFile.Weights);
        using var thinker = Thinker.Load(new ModelOptions(options.ModelFolder, adapter, Device: "cpu", Precision: "fp32"));
        torch.set_num_threads(1);
        foreach ((string key, int index) in rest)
        {
            cancellation.ThrowIfCancellationRequested();
            StudyAnswer answer = Answer(thinker, world, scorers[key], key, index);
            file.Write([.. JsonSerializer.SerializeToUtf8Bytes(answer, StudyReport.Lines), (byte)'\n']);
            file.Flush(flushToDisk: true);
            progress(meter.Answered(answer.Seconds, FormattableString.Invariant($"{job.Name}: {key}, clip {index + 1} of {options.TestClips}")));
        }
    }

    private StudyAnswer Answer(Thinker thinker, RecipeWorld world, TaskScorer scorer, string key, int index)
    {
        long start = Stopwatch.GetTimestamp();
        Scene scene = StudyPlan.TestScene(job.Seed, key, index);
        WorldSample asked = scene.Samples()[0];
        PreparedConversation prepared = world.Prepare(scene, asked.Sample.Prompt);
        using ModelInput input = thinker.Inputs.Build(prepared);
        bool routes = plan.Experts(job.Arm) > 1;
        using TokenGeneration generation = thinker.Begin(input, new GenerationSettings(options.AnswerTokens, routes));
        string text = "";
        int tokens = 0;
        while (generation.Next() is { } token)
        {
            text += token.Text;
            tokens++;
        }

        IReadOnlyDictionary<string, double> scores = scorer.Score(Truths.Of(asked.Sample), text).Scores;
        return new StudyAnswer(
            job.Seed, job.Arm, key, index, scene.Name, ((TextItem)asked.Sample.Prompt.Content[^1]).Text, asked.Sample.Target ?? asked.Sample.Expected ?? "", text, tokens,
            generation.Stopped == StopReason.Length, scores[TaskScorer.Primary(key)], scores, routes ? PartRoutes.Of(generation.Prefill) : null, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    // The answers, and the length of the file up to the last whole line.
    private (IReadOnlyList<StudyAnswer> Answers, long Whole) Read()
    {
        string path = Path.Combine(Folder, AnswersName);
        if (!File.Exists(path))
        {
            return ([], 0);
        }

        byte[] bytes = File.ReadAllBytes(path);
        int whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        List<StudyAnswer> answers = [];
        for (int from = 0; from < whole;)
        {
            int to = Array.IndexOf(bytes, (byte)'\n', from);
            try
            {
                answers.Add(JsonSerializer.Deserialize<StudyAnswer>(bytes.AsSpan(from, to - from), StudyReport.Lines) ?? throw new JsonException());
            }
            catch (JsonException fault)
            {
                throw new TrainingException($"{path}, line {answers.Count + 1}: found something else than an answer; remove the file, and the same command asks anew.", fault);
            }

            from = to + 1;
        }

        return (answers, whole);
    }
}

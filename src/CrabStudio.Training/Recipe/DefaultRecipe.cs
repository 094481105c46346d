using CrabStudio.Model;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.World;

namespace CrabStudio.Training.Recipe;

/// <summary>How the default model is made.</summary>
public sealed record RecipeOptions
{
    /// <summary>Where the finished model goes; what is needed to go on lies beside it, in a folder that ends in <c>.work</c>.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>Running time of all stages together, in hours, that of earlier runs included.</summary>
    public double Hours { get; init; } = 6;

    /// <summary>Everything that is drawn follows from it.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Threads, each with passes of its own; null: as many as there are processors, 8 at most.</summary>
    public int? Workers { get; init; }

    /// <summary>Sizes.</summary>
    public BaseShape Shape { get; init; } = new();

    /// <summary>Steps of the four stages instead of time, for tests.</summary>
    internal (int Towers, int Reading, int Words, int Adapter)? Steps { get; init; }

    /// <summary>Clips a step of the stages; of the one that reads, passes of drills.</summary>
    internal (int Towers, int Reading, int Words, int Adapter) Clips { get; init; } = (32, 8, 8, 8);

    /// <summary>The adapter's highest rate. At 3e-3 it made a base that speaks already worse: 0.71 as the mean of the tasks fell to 0.65.</summary>
    internal double AdapterRate { get; init; } = 5e-4;

    /// <summary>Seconds between checkpoints.</summary>
    internal double CheckpointEvery { get; init; } = 240;

    /// <summary>Steps after which the same scenes come again; null: never.</summary>
    internal int? Distinct { get; init; }

    /// <summary>Unseen clips that are measured, of a key: in between, and at the end of a stage.</summary>
    internal (int Between, int AtEnd) Unseen { get; init; } = (3, 10);
}

/// <summary>
/// Makes a small model from nothing: a tokenizer of the world's own words; a base, first its towers under heads that ask for
/// all that is true, then its decoder: in drills in words alone, until it finds by its name what was said of one thing among others,
/// and in looks at pictures without their sounds, then on everything; and an I-LoRA adapter on the frozen base, all 19 tasks mixed.
/// Each stage goes on where it was stopped.
/// </summary>
public sealed class DefaultRecipe
{
    // Shares of the running time.
    private const double TowerShare = 0.18, ReadShare = 0.14, WordShare = 0.54, AdapterShare = 0.14;

    private readonly RecipeOptions options;
    private readonly RecipeWorld world;
    private readonly string work;
    private readonly int workers;

    /// <summary>Prepares.</summary>
    /// <param name="options">How.</param>
    /// <param name="hear">The samples of a scene's sound track (16 kHz mono), by its number; called by several threads.</param>
    public DefaultRecipe(RecipeOptions options, Func<Scene, int, float[]> hear)
    {
        if (options.Hours is not (> 0 and <= 10000))
        {
            throw new TrainingException(FormattableString.Invariant($"--hours: found {options.Hours}; expected a positive number."));
        }

        (this.options, world) = (options, new RecipeWorld(hear));
        work = $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.OutputFolder))}.work";
        workers = options.Workers ?? Math.Min(8, Environment.ProcessorCount);
    }

    /// <summary>The new base.</summary>
    internal string First => Path.Combine(work, "base-0");

    /// <summary>The base whose towers have learnt.</summary>
    internal string Seeing => Path.Combine(work, "base-1");

    /// <summary>The base whose decoder reads, too.</summary>
    internal string Reading => Path.Combine(work, "base-2");

    /// <summary>The base that is done.</summary>
    internal string Speaking => Path.Combine(work, "base-3");

    private string FirstAdapter => Path.Combine(work, "adapter-0");

    /// <summary>The adapter that is done.</summary>
    internal string Adapter => Path.Combine(work, "adapter");

    /// <summary>Makes the model, or goes on making it.</summary>
    /// <param name="report">Told a line for each thing that is done or measured.</param>
    /// <param name="progress">Told what is going on.</param>
    /// <param name="cancellation">Stops after the current step; the same call goes on.</param>
    /// <exception cref="TrainingException">It cannot go on; what was reached stays.</exception>
    /// <exception cref="WorldException">The world cannot be rendered.</exception>
    public void Run(Action<string>? report = null, Action<string>? progress = null, CancellationToken cancellation = default)
    {
        if (!BaseFolder.IsWhole(First))
        {
            int tokens = WriteFirst();
            report?.Invoke($"tokenizer of {tokens} tokens and a new base in {First}");
        }

        if (!BaseFolder.IsWhole(Seeing))
        {
            using TowerStage stage = NewTowers();
            Train(stage, report, progress, cancellation);
            stage.FoldAndWrite(First, Seeing);
        }

        if (!BaseFolder.IsWhole(Reading))
        {
            using WordStage stage = NewReading();
            Train(stage, report, progress, cancellation);
            stage.Write(Seeing, Reading);
        }

        if (!BaseFolder.IsWhole(Speaking))
        {
            using WordStage stage = NewWords();
            Train(stage, report, progress, cancellation);
            stage.Write(Reading, Speaking);
        }

        if (!File.Exists(Path.Combine(Adapter, AdapterFile.Config)))
        {
            using WordStage stage = NewAdapter();
            Train(stage, report, progress, cancellation);
            stage.Write(Speaking, Adapter);
        }

        Export();
        report?.Invoke($"the model is in {options.OutputFolder}");
    }

    /// <summary>Tokenizer, configuration and random weights.</summary>
    /// <returns>The number of tokens.</returns>
    internal int WriteFirst()
    {
        (IReadOnlyDictionary<string, int> added, int size) = NewTokenizer().Write(First, options.Shape.Vocabulary);
        options.Shape.WriteConfig(First, added, size);
        BaseFolder.WriteNew(First, options.Seed);
        return size;
    }

    /// <summary>Stage 0, on the new base.</summary>
    internal TowerStage NewTowers() => new(Options("towers", TowerShare, options.Steps?.Towers, options.Clips.Towers) with { Unseen = 24 * options.Unseen.Between, UnseenAtEnd = 24 * options.Unseen.AtEnd }, First, world);

    /// <summary>Stage 1, on what stage 0 left.</summary>
    internal WordStage NewReading() => new(Options("reading", ReadShare, options.Steps?.Reading, options.Clips.Reading), Seeing, null, world, reads: true);

    /// <summary>Stage 2, on what stage 1 left.</summary>
    internal WordStage NewWords() =>
        // A lower rate than that of the stages that begin with random weights.
        new(Options("words", WordShare, options.Steps?.Words, options.Clips.Words) with { MuonRate = 0.003 }, Reading, null, world);

    /// <summary>Stage 3, on what stage 2 left.</summary>
    internal WordStage NewAdapter()
    {
        if (!File.Exists(Path.Combine(FirstAdapter, AdapterFile.Config)))
        {
            AdapterFile.WriteNew(FirstAdapter, ThinkerConfig.Load(Speaking), options.Shape.Rank, options.Shape.Alpha, options.Shape.Experts, 0, options.Seed);
        }

        return new(
            Options("adapter", AdapterShare, options.Steps?.Adapter, options.Clips.Adapter) with { Muon = false, AdamRate = options.AdapterRate, Beta2 = 0.999, Hold = 0 }, Speaking, Path.Combine(FirstAdapter, AdapterFile.Weights), world);
    }

    private StageOptions Options(string name, double share, int? steps, int clips) => new()
    {
        Name = name,
        Folder = Path.Combine(work, name),
        Steps = steps,
        Seconds = options.Hours * 3600 * share,
        Seed = options.Seed,
        Clips = clips,
        Workers = workers,
        // A short run has a short rise.
        Warmup = steps is { } few ? Math.Min(50, Math.Max(1, few / 10)) : 50,
        Distinct = options.Distinct,
        CheckpointEvery = options.CheckpointEvery,
        Unseen = options.Unseen.Between,
        UnseenAtEnd = options.Unseen.AtEnd,
    };

    private static void Train(RecipeStage stage, Action<string>? report, Action<string>? progress, CancellationToken cancellation)
    {
        if (stage.StepsDone > 0)
        {
            report?.Invoke($"{stage.Options.Name}: going on after step {stage.StepsDone}");
        }

        double pace = 0, loss = 0;
        stage.Run(
            step =>
            {
                double now = step.Clips / step.Seconds, sum = step.Losses.GetValueOrDefault("words", step.Losses.Values.Sum());
                (pace, loss) = pace == 0 ? (now, sum) : ((0.95 * pace) + (0.05 * now), (0.95 * loss) + (0.05 * sum));
                progress?.Invoke(FormattableString.Invariant($"{stage.Options.Name}: {100 * stage.Progress:0.0}%, step {step.Step}, loss {loss:0.000}, {pace:0.0} clips/s"));
            },
            measure => report?.Invoke(FormattableString.Invariant($"{stage.Options.Name}, after step {measure.Step}, unseen clips: {string.Join(", ", measure.Scores.Select(score => FormattableString.Invariant($"{score.Key} {score.Value:0.00}")))}")),
            cancellation);
    }

    // Last of all comes what makes the folder a model: until then it has no weights.
    private void Export()
    {
        try
        {
            string adapter = Path.Combine(options.OutputFolder, "adapter");
            BaseFolder.CopyBeside(Speaking, options.OutputFolder);
            Directory.CreateDirectory(adapter);
            RecipeFacts.Of(options, new[] { "towers", "reading", "words", "adapter" }.Select(stage => (stage, Path.Combine(work, stage)))).Write(options.OutputFolder);
            foreach ((string from, string to) in new[]
            {
                (Path.Combine(Adapter, AdapterFile.Config), Path.Combine(adapter, AdapterFile.Config)), (Path.Combine(Adapter, AdapterFile.Weights), Path.Combine(adapter, AdapterFile.Weights)),
                (Path.Combine(Speaking, BaseFolder.Weights), Path.Combine(options.OutputFolder, BaseFolder.Weights)),
            })
            {
                byte[] bytes = File.ReadAllBytes(from);
                DurableFile.Write(to, stream => stream.Write(bytes));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{options.OutputFolder} could not be written: {exception.Message} What was trained stays in {work}. Make room and give the same command again.", exception);
        }
    }

    // The world's own words: questions and answers of every task, what is asked beside them, and what stands around both.
    private TokenizerTrainer NewTokenizer()
    {
        var trainer = new TokenizerTrainer();
        RandomNumbers random = RandomNumbers.For(options.Seed, "tokenizer");
        foreach (string word in WholeWords)
        {
            trainer.AddWhole(word);
        }

        for (int scene = 0; scene < 1500; scene++)
        {
            Scene drawn = SceneMix.Words.Draw(random, 3);
            TrainingSample[] samples = RecipeWorld.Samples(drawn, drawn.Options.Key);
            foreach (TrainingSample sample in (TrainingSample[])[.. samples, .. Probes.About(drawn, samples[0], 4, random), .. Probes.Drills([samples[0].Target], random)])
            {
                foreach (TextItem text in sample.Conversation.Content.OfType<TextItem>())
                {
                    trainer.Add(text.Text);
                }

                trainer.Add(sample.Target);
            }

            trainer.Add($"system\n{PromptBuilder.SystemText}");
            trainer.Add("user\n");
            trainer.Add("assistant\n");
        }

        return trainer;
    }

    /// <summary>The words that are one token each.</summary>
    internal static IReadOnlyList<string> WholeWords { get; } =
    [
        .. WorldCatalog.Classes.Select(one => one.Name), .. WorldCatalog.Emotions.Select(one => one.Name), .. Enum.GetValues<WorldMotion>().Select(WorldCatalog.Word),
        .. WorldCatalog.Colours.Select(colour => colour.Name), .. Enum.GetValues<WorldPlace>().Select(WorldCatalog.Word),
    ];
}

using System.CommandLine;
using System.Globalization;
using CrabStudio.Media;
using CrabStudio.Model;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Training;
using CrabStudio.Training.Recipe;
using CrabStudio.World;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab train</c>.</summary>
internal static class TrainVerb
{
    // The recipe of the published run, of which the help tells the numbers.
    private static readonly TrainingOptions Recipe = new() { ModelFolder = "", OutputFolder = "" };

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        ModelArguments model = new(adapters: false);
        Option<string?> recipe = new("--recipe") { HelpName = "default", Description = "Make a small model from nothing instead: tokenizer, base and I-LoRA adapter, on scenes that are rendered while it learns (see crab world). Takes --out, --hours, --seed, --threads and --sounds; needs no data." };
        recipe.AcceptOnlyFromAmong("default");
        Option<double?> hours = DecimalNumber.Option("--hours", "With --recipe: running time of all stages together, that of earlier runs included. Without it: 6.", 1e-3, 10000);
        Option<string?> sounds = new("--sounds") { HelpName = "DIR", Description = "With --recipe: where rendered sounds are kept from run to run. Without it: crabstudio/world-sounds in the user's folder for caches." };
        Option<string?> data = new("--data") { HelpName = "DIR", Description = "A data set in AV-UIE v2's layout: KEY/train.json and the media beside it, itself or below AVUIE_2." };
        Option<string?> output = new("--out") { HelpName = "DIR", Description = "Where finetune_weights.bin, adapter_config.json, log.jsonl and checkpoints go. A run that was stopped there goes on. With --recipe: where the model goes, models/default without it, and beside it in DIR.work what is needed to go on." };
        Option<string?> init = new("--adapter-init") { HelpName = "FILE", Description = "Begin with this adapter. Without it: a new one from the seed." };
        Option<string?> order = new("--order") { HelpName = "ORDER.json", Description = "A list of batches, each a list of \"key:index\" with the index in that key's train.json. Without it: a random order from the seed." };
        Option<string?> tasks = List("--tasks", "KEY,KEY…", "Learn these tasks only. Without it: all that the data set has, mixed.");
        Option<string?> saveAt = List("--save-at", "N,N…", "Also write the adapter to step-N of the output after these steps.");
        Option<int?> steps = WholeNumber.Option("--steps", "Number of steps. Without it: as --epochs gives, or one pass over --order.", 1, int.MaxValue);
        Option<double?> epochs = DecimalNumber.Option("--epochs", Default("Passes over the data.", Recipe.Epochs), 1e-6, 1e6);
        Option<int?> batch = WholeNumber.Option("--batch", Default("Samples a step.", Recipe.BatchSize), 1, 1 << 16);
        Option<double?> rate = DecimalNumber.Option("--lr", Default("Highest learning rate.", Recipe.LearningRate), 0, 1e6);
        Option<int?> warmup = WholeNumber.Option("--warmup-steps", "Steps in which the rate rises from 0. Without it: as --warmup-ratio gives.", 0, int.MaxValue);
        Option<double?> ratio = DecimalNumber.Option("--warmup-ratio", Default("Share of the steps in which the rate rises from 0.", Recipe.WarmupRatio), 0, 1);
        Option<int?> rank = WholeNumber.Option("--rank", Default("r of a new adapter.", Recipe.Rank), 1, 1 << 16);
        Option<int?> experts = WholeNumber.Option("--experts", Default("n experts of a new adapter; 1 is plain LoRA, without a router.", Recipe.Experts), 1, 4096);
        Option<double?> dropout = DecimalNumber.Option("--dropout", Default("Share of A's input that is dropped, below 1.", Recipe.Dropout), 0, 1);
        Option<double?> decay = DecimalNumber.Option("--weight-decay", Default("AdamW's weight decay.", Recipe.WeightDecay), 0, 1e6);
        Option<double?> beta1 = DecimalNumber.Option("--beta1", Default("AdamW's β1, below 1.", Recipe.Beta1), 0, 1);
        Option<double?> beta2 = DecimalNumber.Option("--beta2", Default("AdamW's β2, below 1.", Recipe.Beta2), 0, 1);
        Option<double?> epsilon = DecimalNumber.Option("--epsilon", Default("AdamW's ε.", Recipe.Epsilon), 1e-300, 1);
        Option<double?> norm = DecimalNumber.Option("--max-grad-norm", Default("Longest gradient; a longer one is shortened.", Recipe.MaxGradientNorm), 1e-300, double.MaxValue);
        Option<int?> seed = WholeNumber.Option("--seed", $"Order, dropout and a new adapter follow from it. Without it: {Recipe.Seed}.", 0, int.MaxValue);
        Option<int?> threads = WholeNumber.Option("--threads", "Processor threads of the network. With 1 a run that was stopped ends with the same bits. Without it: as many as there are processors.", 1, 1024);
        Option<int?> every = WholeNumber.Option("--checkpoint-every", $"Steps between checkpoints to go on from. Without it: {Recipe.CheckpointEvery}.", 1, int.MaxValue);
        Option<int?> watch = WholeNumber.Option("--routes-every", $"Steps between lines of routes.jsonl, which sum up the routers of a step's samples; 0: none. Without it: {Recipe.RoutesEvery}.", 0, int.MaxValue);
        Option<bool> freeze = new("--freeze-towers") { Description = "Leave the towers' adapters as they are, and compute what the towers make of each clip once." };
        Option<bool> pack = new("--pack-clips") { Description = "Let samples of one clip follow each other and share one pass over it: faster where clips have several questions. The authors mix all samples." };
        Option<string?> features = new("--features") { HelpName = "DIR", Description = "Where tower features are kept with --freeze-towers. Without it: features in the output." };
        Command verb = new("train", "Train an I-LoRA adapter on a frozen base, by the authors' recipe unless told otherwise; or, with --recipe default, a small model from nothing. Ctrl+C or kill: the same command goes on.")
        {
            recipe, hours, sounds, data, output, init, order, tasks, steps, epochs, batch, rate, warmup, ratio, rank, experts, dropout, decay, beta1, beta2, epsilon, norm, seed, threads, saveAt, every, watch, freeze, features, pack,
        };
        model.AddTo(verb);
        verb.Validators.Add(result =>
        {
            bool Given(Option option) => result.GetResult(option) is { Implicit: false };
            bool made = Given(recipe);
            if (!made && new Option[] { data, output }.FirstOrDefault(option => !Given(option)) is { } needed)
            {
                result.AddError($"{needed.Name} is missing; expected it, or --recipe default");
            }
            else if (verb.Options.FirstOrDefault(option => Given(option) && (made ? !new Option[] { recipe, output, hours, seed, threads, sounds }.Contains(option) : option == hours || option == sounds)) is { } idle)
            {
                result.AddError($"{idle.Name} has no effect {(made ? "with" : "without")} --recipe; leave one of them out");
            }
        });
        verb.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(recipe) is not null)
            {
                RecipeOptions made = new()
                {
                    OutputFolder = Path.GetFullPath(parsed.GetValue(output) ?? Path.Combine(Environment.GetEnvironmentVariable("CRAB_HOME") ?? "", "models", "default")),
                    Hours = parsed.GetValue(hours) ?? 6,
                    Seed = parsed.GetValue(seed) ?? Recipe.Seed,
                    Workers = parsed.GetValue(threads),
                };
                return Task.Factory.StartNew(() => Make(made, parsed.GetValue(sounds), cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            ModelOptions chosen = model.Read(parsed);
            TrainingOptions options = new()
            {
                ModelFolder = chosen.Folder,
                OutputFolder = Path.GetFullPath(parsed.GetValue(output)!),
                AdapterInit = parsed.GetValue(init) is { } file ? Path.GetFullPath(file) : null,
                Rank = parsed.GetValue(rank) ?? Recipe.Rank,
                Alpha = chosen.Alpha,
                Experts = parsed.GetValue(experts) ?? Recipe.Experts,
                Dropout = parsed.GetValue(dropout) ?? Recipe.Dropout,
                LearningRate = parsed.GetValue(rate) ?? Recipe.LearningRate,
                Beta1 = parsed.GetValue(beta1) ?? Recipe.Beta1,
                Beta2 = parsed.GetValue(beta2) ?? Recipe.Beta2,
                Epsilon = parsed.GetValue(epsilon) ?? Recipe.Epsilon,
                WeightDecay = parsed.GetValue(decay) ?? Recipe.WeightDecay,
                MaxGradientNorm = parsed.GetValue(norm) ?? Recipe.MaxGradientNorm,
                BatchSize = parsed.GetValue(batch) ?? Recipe.BatchSize,
                Epochs = parsed.GetValue(epochs) ?? Recipe.Epochs,
                Steps = parsed.GetValue(steps),
                WarmupRatio = parsed.GetValue(ratio) ?? Recipe.WarmupRatio,
                WarmupSteps = parsed.GetValue(warmup),
                Seed = parsed.GetValue(seed) ?? Recipe.Seed,
                Precision = chosen.Precision,
                Device = chosen.Device,
                Threads = parsed.GetValue(threads),
                FreezeTowers = parsed.GetValue(freeze),
                PackClips = parsed.GetValue(pack),
                FeatureFolder = parsed.GetValue(features),
                CheckpointEvery = parsed.GetValue(every) ?? Recipe.CheckpointEvery,
                RoutesEvery = parsed.GetValue(watch) ?? Recipe.RoutesEvery,
                SaveAt = [.. Words(parsed.GetValue(saveAt)).Select(Step)],
            };
            // The network lives on a thread of its own.
            return Task.Factory.StartNew(
                () => Run(options, parsed.GetValue(data)!, Words(parsed.GetValue(tasks)), parsed.GetValue(order), cancellation),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        });
        return verb;
    }

    private static int Make(RecipeOptions options, string? sounds, CancellationToken cancellation)
    {
        WorldTools.Check();
        using ProgressLine progress = new();
        SoundBank bank = Sounds(sounds, progress, cancellation);
        new DefaultRecipe(options, (scene, track) => scene.RenderSound(bank, track)).Run(progress.Line, progress.Show, cancellation);
        return CommandException.GoodCode;
    }

    /// <summary>A bank in which every sound of both splits is rendered, so that nothing waits for one later.</summary>
    internal static SoundBank Sounds(string? folder, ProgressLine progress, CancellationToken cancellation)
    {
        SoundBank bank = new(folder);
        Lock one = new();
        foreach ((AvUieSplit split, int takes) in new[] { (AvUieSplit.Train, SceneOptions.TrainTakes), (AvUieSplit.Test, SceneOptions.TestTakes) })
        {
            bank.Prepare(split, takes, Environment.ProcessorCount, (done, all) =>
            {
                lock (one)
                {
                    progress.Show($"sounds of the {(split == AvUieSplit.Train ? "training" : "test")} split: {done} of {all}");
                }
            }, cancellation);
        }

        return bank;
    }

    private static int Run(TrainingOptions options, string data, string[] tasks, string? order, CancellationToken cancellation)
    {
        MediaReader.CheckTools();
        if (tasks.FirstOrDefault(task => TaskCatalog.Find(task) is null) is { } unknown)
        {
            throw CommandException.WrongUse($"--tasks: '{unknown}' is no task; the tasks are {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}");
        }

        using AvUieTrainingSamples samples = new(AvUieFolder.Open(data), tasks.Length == 0 ? null : tasks);
        using ProgressLine progress = new();
        using Trainer trainer = new(options, samples, order is null ? null : samples.ReadOrder(order), part => progress.Show($"loading the model: {100 * part:0}%"));
        if (trainer.StepsDone > 0)
        {
            progress.Line($"going on after step {trainer.StepsDone} of {trainer.Steps}");
        }

        double seconds = 0, tokens = 0, loss = double.NaN;
        trainer.Run(
            step =>
            {
                // Recent steps count more, so that the pace follows the machine.
                (seconds, tokens) = ((0.95 * seconds) + step.Seconds, (0.95 * tokens) + step.Tokens.Sum());
                loss = step.Loss;
                double share = (1 - Math.Pow(0.95, step.Step)) / 0.05;
                TimeSpan left = TimeSpan.FromSeconds(Math.Min(1e9, seconds / Math.Max(1, Math.Min(share, 20)) * (trainer.Steps - step.Step)));
                progress.Show(string.Create(CultureInfo.InvariantCulture, $"step {step.Step} of {trainer.Steps}, loss {loss:0.000}, {tokens / seconds:0} tokens/s, {left:d\\.hh\\:mm\\:ss} left"));
            },
            cancellation);
        progress.Line(string.Create(CultureInfo.InvariantCulture, $"trained {trainer.Steps} steps{(double.IsNaN(loss) ? "" : $", last loss {loss:0.000}")}; the adapter is {Path.Combine(options.OutputFolder, AdapterFile.Weights)}"));
        return CommandException.GoodCode;
    }

    private static int Step(string word) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int step) && step > 0
        ? step
        : throw CommandException.WrongUse($"--save-at: found '{word}'; expected steps, such as 2,4");

    private static string[] Words(string? list) => list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static Option<string?> List(string name, string help, string description) => new(name) { HelpName = help, Description = description };

    private static string Default(string description, double value) => string.Create(CultureInfo.InvariantCulture, $"{description} Without it: {value}, as the authors do.");
}

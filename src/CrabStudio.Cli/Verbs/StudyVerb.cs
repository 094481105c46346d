using System.CommandLine;
using System.Globalization;
using CrabStudio.Tasks.Reports;
using CrabStudio.Training;
using CrabStudio.Training.Study;
using CrabStudio.World;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab study</c>: questions that need many trainings.</summary>
internal static class StudyVerb
{
    private static readonly StudyOptions Defaults = new() { ModelFolder = "", OutputFolder = "" };

    /// <summary>The verb.</summary>
    public static Command Create() => new("study", "Answer questions of the paper that need many trainings, in small.")
    {
        Transfer(),
    };

    private static Command Transfer()
    {
        ModelArguments model = new(adapters: false);
        Option<string> output = new("--out") { HelpName = "DIR", Required = true, Description = $"Where {StudyReport.FileName}, {StudyReport.PageName} and below runs every adapter and every answer go. A study that was stopped there goes on." };
        Option<string?> tasks = new("--tasks") { HelpName = "KEY,KEY…", Description = "Study these tasks only, two at least. Without it: all 19." };
        Option<int?> seeds = WholeNumber.Option("--seeds", $"Number of seeds; each changes first adapters, clips and order. Without it: {Defaults.Seeds}.", 1, 100);
        Option<int?> steps = WholeNumber.Option("--steps", $"Steps of a single-task adapter; a multi-task one takes as many for each of its tasks. Without it: {Defaults.Steps}.", 1, 1_000_000);
        Option<int?> clips = WholeNumber.Option("--clips", $"Clips of a step. Without it: {Defaults.Clips}.", 1, 1024);
        Option<int?> test = WholeNumber.Option("--test-clips", $"Unseen clips that are answered, of a task and a seed, by each arm. Without it: {Defaults.TestClips}.", 1, 100_000);
        Option<int?> rank = WholeNumber.Option("--rank", $"Rank budget of an adapted linear: LoRA has one B of this rank, I-LoRA n of an n-th of it. Without it: {Defaults.Rank}.", 2, 1 << 16);
        Option<int?> experts = WholeNumber.Option("--experts", $"n of I-LoRA; divides --rank. Without it: {Defaults.Experts}.", 2, 4096);
        Option<double?> rate = DecimalNumber.Option("--lr", string.Create(CultureInfo.InvariantCulture, $"Highest learning rate, the same for all arms. Without it: {Defaults.LearningRate}, twice that of the default model's adapter stage."), 0, 1e6);
        Option<int?> threads = WholeNumber.Option("--threads", "Adapters that are trained and asked at a time, each on a thread of its own; results do not depend on it. Without it: as many as there are processors, 8 at most.", 1, 1024);
        Option<string?> sounds = new("--sounds") { HelpName = "DIR", Description = "Where rendered sounds are kept from run to run. Without it: crabstudio/world-sounds in the user's folder for caches." };
        Command verb = new(
            "transfer",
            "Does a task gain or lose when its adapter learns other tasks too? Trains single-task LoRA, multi-task LoRA and multi-task I-LoRA adapters with the same rank budget, clips and passes on one frozen base, "
            + "on scenes that are rendered meanwhile, asks all of them the same unseen clips, and writes shares of tasks with intervals, routing, a report with pictures, and a Markdown table to standard output. Ctrl+C or kill: the same command goes on.")
        {
            output, tasks, seeds, steps, clips, test, rank, experts, rate, threads, sounds,
        };
        model.AddFolderTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            StudyOptions options = new()
            {
                ModelFolder = model.ReadFolder(parsed),
                OutputFolder = Path.GetFullPath(parsed.GetRequiredValue(output)),
                Tasks = parsed.GetValue(tasks)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? Defaults.Tasks,
                Seeds = parsed.GetValue(seeds) ?? Defaults.Seeds,
                Steps = parsed.GetValue(steps) ?? Defaults.Steps,
                Clips = parsed.GetValue(clips) ?? Defaults.Clips,
                TestClips = parsed.GetValue(test) ?? Defaults.TestClips,
                Rank = parsed.GetValue(rank) ?? Defaults.Rank,
                Experts = parsed.GetValue(experts) ?? Defaults.Experts,
                LearningRate = parsed.GetValue(rate) ?? Defaults.LearningRate,
                Threads = parsed.GetValue(threads),
            };
            try
            {
                options.Check();
            }
            catch (TrainingException wrong)
            {
                throw CommandException.WrongUse(wrong.Message.TrimEnd('.'));
            }

            // Networks live on threads of their own.
            return Task.Factory.StartNew(() => Run(options, parsed.GetValue(sounds), cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        });
        return verb;
    }

    private static int Run(StudyOptions options, string? sounds, CancellationToken cancellation)
    {
        using ProgressLine progress = new();
        SoundBank? bank = null;
        // The bank is there before the first scene is heard.
        TransferStudy study = new(options, (scene, track) => scene.RenderSound(bank!, track));
        StudyWork work = study.Work();
        progress.Line(string.Create(CultureInfo.InvariantCulture, $"{options.Tasks.Distinct().Count()} tasks, {options.Seeds} seeds: {work.Adapters:#,0} adapters to train on {work.Clips:#,0} clips, {work.Answers:#,0} clips to answer; about {Time(work.Seconds)} at the pace of the default model"));
        if (work.Adapters > 0 || work.Answers > 0)
        {
            WorldTools.Check();
            bank = TrainVerb.Sounds(sounds, progress, cancellation);
        }

        StudyReport report = study.Run(
            progress.Line,
            at => progress.Show(string.Create(CultureInfo.InvariantCulture, $"{100 * at.Share:0.0}%, {Time(at.SecondsLeft)} left; {at.Doing}")),
            cancellation);
        foreach (string remark in report.Remarks)
        {
            progress.Line(remark);
        }

        progress.Line(string.Create(CultureInfo.InvariantCulture, $"{Time(study.SecondsDone())} of computing in all threads together; the report is {Path.Combine(options.OutputFolder, StudyReport.PageName)}"));
        progress.Dispose();
        Console.Out.Write(TransferStudy.Markdown(report));
        return CommandException.GoodCode;
    }

    private static string Time(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromSeconds(Math.Min(1e9, seconds)):d\\.hh\\:mm\\:ss}");
}

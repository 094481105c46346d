using System.Diagnostics;
using CrabStudio.Model;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;
using CrabStudio.Training.Recipe;
using CrabStudio.Training.Study;
using CrabStudio.World;

namespace CrabStudio.Training.Tests;

/// <summary>The transfer study, on a tiny base.</summary>
public sealed class StudyTests : IDisposable
{
    private const string OutputVariable = "CRAB_TEST_STUDY_OUTPUT";

    private readonly string folder = TestData.NewFolder();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task AStudyThatIsKilledGoesOnAndEndsWithTheBitsOfOneOfTwoThreads()
    {
        string whole = Out("whole"), killed = Out("killed");
        StudyReport report = await TestData.OnOneThread(() =>
        {
            StudyReport made = new TransferStudy(Options(whole) with { Threads = 2 }, RecipeData.Hear).Run();
            _ = RecipeData.Base;
            return made;
        });
        // Once while an adapter learns, once while one is asked.
        foreach (string file in new[] { Path.Combine("seed-1", "multi-ilora", "training", "log.jsonl"), Path.Combine("seed-2", "base", "answers.jsonl") })
        {
            using Process child = Child(killed);
            string watched = Path.Combine(killed, "runs", file);
            var clock = Stopwatch.StartNew();
            while (!child.HasExited && (!File.Exists(watched) || Length(watched) == 0))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"the child did not come to {file}");
                await Task.Delay(5);
            }

            child.Kill();
            await child.WaitForExitAsync();
            Assert.NotEqual(0, child.ExitCode);
            Assert.False(File.Exists(Path.Combine(killed, StudyReport.FileName)));
        }

        using (Process child = Child(killed))
        {
            await child.WaitForExitAsync();
            Assert.Equal(0, child.ExitCode);
        }

        string[] files = [.. Files(whole)];
        // Six adapters a seed, four that learnt and two that they began with, each of two files; the report and its page.
        Assert.Equal((2 * 6 * 2) + 2, files.Length);
        Assert.Equal(files, Files(killed));
        Assert.All(files, file => Assert.True(File.ReadAllBytes(Path.Combine(whole, file)).SequenceEqual(File.ReadAllBytes(Path.Combine(killed, file))), $"{file} differs"));

        // What came out can be read back as it is.
        Assert.Equal(File.ReadAllText(Path.Combine(whole, StudyReport.FileName)), StudyReport.Read(whole).Json());
        Assert.Equal(report.Json(), StudyReport.Read(whole).Json());
        CheckBudget(report);
        CheckPage(whole, report);

        // What a kill left of a line is asked again; what is there is not.
        string answers = Path.Combine(whole, "runs", "seed-1", "base", "answers.jsonl"), before = File.ReadAllText(answers);
        string[] lines = before.Split('\n');
        File.WriteAllText(answers, string.Join('\n', lines[..^2]) + "\n" + lines[^2][..40]);
        File.Delete(Path.Combine(whole, StudyReport.FileName));
        StudyReport again = await TestData.OnOneThread(() => new TransferStudy(Options(whole), RecipeData.Hear).Run());
        Assert.Equal(report.Json(), again.Json());
        Assert.StartsWith(string.Join('\n', lines[..^2]), File.ReadAllText(answers), StringComparison.Ordinal);
        Assert.Equal(lines.Length, File.ReadAllText(answers).Split('\n').Length);

        // A folder belongs to one study.
        string other = Assert.Throws<TrainingException>(() => new TransferStudy(Options(whole) with { Rank = 12, Seeds = 3 }, RecipeData.Hear).Work()).Message;
        Assert.Contains("--rank (was 6, is 12)", other, StringComparison.Ordinal);
        Assert.Contains("--seeds (was 2, is 3)", other, StringComparison.Ordinal);
        StudyWork none = new TransferStudy(Options(whole), RecipeData.Hear).Work();
        Assert.Equal((0, 0L, 0L, 0.0), (none.Adapters, none.Clips, none.Answers, none.Seconds));
        string broken = before.Replace(lines[0], "{", StringComparison.Ordinal);
        File.WriteAllText(answers, broken);
        Assert.Contains("line 1", Assert.Throws<TrainingException>(() => new TransferStudy(Options(whole), RecipeData.Hear).Work()).Message, StringComparison.Ordinal);
    }

    /// <summary>Not a test but the process that is killed.</summary>
    [Fact(Explicit = true)]
    public async Task MakesAStudyInAProcessOfItsOwn() => await TestData.OnOneThread(() =>
    {
        new TransferStudy(Options(Environment.GetEnvironmentVariable(OutputVariable)!) with { ModelFolder = Environment.GetEnvironmentVariable($"{OutputVariable}_BASE")! }, RecipeData.Hear).Run();
        return 0;
    });

    [Fact]
    public void AllArmsLearnFromTheSameClipsOfATaskInTheSameOrder()
    {
        StudyOptions options = Options(Out("study")) with { Tasks = ["v2a", "ave", "ks"], Steps = 7, Clips = 3 };
        var plan = new StudyPlan(options);
        Assert.Equal(["ave", "ks", "v2a"], plan.Tasks);
        Assert.Equal(options.Seeds * (3 + 3), plan.Jobs.Count);
        var orders = new HashSet<string>();
        foreach (int seed in new[] { 1, 2 })
        {
            StudyJob[] jobs = [.. plan.Jobs.Where(job => job.Seed == seed)];
            IReadOnlyList<StudyClip> lora = plan.Clips(jobs.Single(job => job.Arm == StudyArm.MultiLora)), ilora = plan.Clips(jobs.Single(job => job.Arm == StudyArm.MultiIlora));
            Assert.Equal(lora, ilora);
            Assert.Equal(3 * 7 * 3, lora.Distinct().Count());
            Assert.Equal(3 * 7 * 3, lora.Count);
            foreach (string key in plan.Tasks)
            {
                StudyJob single = jobs.Single(job => job.Arm == StudyArm.Single && job.Tasks[0] == key);
                Assert.Equal(lora.Where(clip => clip.Key == key), plan.Clips(single));
                Assert.Equal(7, plan.Steps(single));
            }

            Assert.Equal(3 * 7, plan.Steps(jobs.Single(job => job.Arm == StudyArm.MultiLora)));
            // Mixed, not task after task.
            Assert.True(lora.Take(3 * 7).Select(clip => clip.Key).Distinct().Count() == 3);
            orders.Add(string.Join(' ', lora));
        }

        Assert.Equal(2, orders.Count);
        // Another seed has other clips; none of those that are answered is among those that are learnt from.
        string[] seeds = [.. new[] { 1, 2 }.SelectMany(seed => Enumerable.Range(0, 5).Select(index => StudyPlan.Scene(seed, new StudyClip("ks", index)).Name))];
        string[] asked = [.. new[] { 1, 2 }.SelectMany(seed => Enumerable.Range(0, 5).Select(index => StudyPlan.TestScene(seed, "ks", index).Name))];
        Assert.Equal(20, seeds.Concat(asked).Distinct().Count());
        Assert.Equal(StudyPlan.Scene(1, new StudyClip("ks", 4)).Name, seeds[4]);
    }

    [Fact]
    public async Task AClipIsAskedItsOwnTaskAndNothingElse() => await TestData.OnOneThread(() =>
    {
        using WordStage stage = RecipeData.Finished(RecipeData.Options(Out("model"))).NewAdapter();
        foreach (TaskDefinition task in TaskCatalog.All)
        {
            using Pass pass = stage.Clip(StudyPlan.Scene(1, new StudyClip(task.Key, 0)));
            Assert.All(pass.Packed.Parts, part => Assert.Equal(task.Key, part.Example.Sample.Conversation.TaskKey));
            Assert.True(task.Key is "avqa" or "avqa_thu" ? pass.Packed.Parts.Count is > 1 and <= 4 : pass.Packed.Parts.Count == 1, $"{task.Key}: {pass.Packed.Parts.Count}");
        }

        return 0;
    });

    [Fact]
    public void TheTargetOfEveryTaskHasTheFullScoreAndAnotherOneLess()
    {
        StudyOptions options = Options(Out("study")) with { Tasks = [.. TaskCatalog.All.Select(task => task.Key)], Seeds = 1, TestClips = 6 };
        foreach ((string key, TaskScorer scorer) in new TransferStudy(options, RecipeData.Hear).Scorers())
        {
            WorldSample[] asked = [.. Enumerable.Range(0, 6).Select(index => StudyPlan.TestScene(1, key, index).Samples()[0])];
            string[] targets = [.. asked.Select(one => one.Sample.Target!)];
            Assert.All(asked, one => Assert.Equal(1, Score(one, one.Sample.Target!), 1e-9));
            Assert.True(asked.Average(one => targets.Average(other => Score(one, other))) < 0.95, key);

            double Score(WorldSample one, string text) => scorer.Score(Truths.Of(one.Sample), text).Scores[TaskScorer.Primary(key)];
        }
    }

    [Fact]
    public void NoCollectionFallsIntoAPieceOfWork()
    {
        using CollectionTurns turns = new();
        int disturbed = 0;
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            turns.Enter();
            for (int piece = 0; piece < 40; piece++)
            {
                int before = GC.CollectionCount(0);
                for (int i = 0; i < 20; i++)
                {
                    // Large and small: without a region one of some hundred brings a collection about.
                    GC.KeepAlive(new byte[1 << 20]);
                    GC.KeepAlive(new byte[1 << 15]);
                }

                Interlocked.Add(ref disturbed, GC.CollectionCount(0) - before);
                turns.Pause();
            }

            turns.Exit();
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(0, disturbed);
        // 1.6 GB went through, 0.25 GB a region.
        Assert.InRange(turns.Regions, 5, 9);
    }

    [Theory]
    [InlineData("--tasks: 'painting' is no task", 6, 3, "ks", "painting")]
    [InlineData("--tasks: found ks alone", 6, 3, "ks", "ks")]
    [InlineData("--tasks: found none", 6, 3)]
    [InlineData("--rank: found 7 with 3 experts", 7, 3, "ks", "ave")]
    [InlineData("--rank: found 6 with 1 experts", 6, 1, "ks", "ave")]
    public void OptionsThatMakeNoSenseAreNamed(string named, int rank, int experts, params string[] tasks) =>
        Assert.StartsWith(named, Assert.Throws<TrainingException>(() => new TransferStudy(Options(Out("study")) with { Rank = rank, Experts = experts, Tasks = tasks }, RecipeData.Hear)).Message, StringComparison.Ordinal);

    [Fact]
    public void AFolderWithoutABaseAndOneInWhichAnotherStudyIsAtWorkAreNamed()
    {
        Assert.Contains("found no model.safetensors", Assert.Throws<TrainingException>(() => new TransferStudy(Options(Out("study")) with { ModelFolder = folder }, RecipeData.Hear)).Message, StringComparison.Ordinal);
        string busy = Directory.CreateDirectory(Out("busy")).FullName;
        using FileStream held = new(Path.Combine(busy, "study.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        Assert.Contains("another study is at work", Assert.Throws<TrainingException>(() => new TransferStudy(Options(busy), RecipeData.Hear).Run()).Message, StringComparison.Ordinal);
    }

    private static StudyOptions Options(string output) => new()
    {
        ModelFolder = RecipeData.Base,
        OutputFolder = output,
        Tasks = ["s4", "v2a"],
        Seeds = 2,
        Steps = 2,
        Clips = 1,
        TestClips = 2,
        Rank = 6,
        Experts = 3,
        Threads = 1,
        CheckpointEvery = 0,
        AnswerTokens = 5,
    };

    // The product n · r is the same everywhere, and the numbers that are said are those of the equation.
    private static void CheckBudget(StudyReport report)
    {
        StudyArmFacts Facts(StudyArm arm) => report.Arms.Single(one => one.Arm == arm);
        Assert.All(report.Arms.Where(arm => arm.Arm != StudyArm.Base), arm => Assert.Equal((6, 2.0), (arm.Experts * arm.Rank, arm.Alpha / arm.Rank)));
        Assert.Equal((1, 6, 2, 2, 2), (Facts(StudyArm.Single).Experts, Facts(StudyArm.Single).Rank, Facts(StudyArm.Single).AdaptersPerSeed, Facts(StudyArm.Single).StepsPerAdapter, Facts(StudyArm.Single).ClipsPerAdapter));
        Assert.Equal((1, 6, 1, 4, 4), (Facts(StudyArm.MultiLora).Experts, Facts(StudyArm.MultiLora).Rank, Facts(StudyArm.MultiLora).AdaptersPerSeed, Facts(StudyArm.MultiLora).StepsPerAdapter, Facts(StudyArm.MultiLora).ClipsPerAdapter));
        Assert.Equal((3, 2, 1, 4, 4), (Facts(StudyArm.MultiIlora).Experts, Facts(StudyArm.MultiIlora).Rank, Facts(StudyArm.MultiIlora).AdaptersPerSeed, Facts(StudyArm.MultiIlora).StepsPerAdapter, Facts(StudyArm.MultiIlora).ClipsPerAdapter));
        Assert.All(report.Arms.Where(arm => arm.Arm != StudyArm.Base), arm => Assert.Equal(2, arm.ClipsPerTask));
        string adapter = TestData.NewFolder();
        try
        {
            AdapterFile.WriteNew(adapter, CrabStudio.Model.Configuration.ThinkerConfig.Load(RecipeData.Base), 2, 4, 3, 0, 1);
            using var thinker = Thinker.Load(new ModelOptions(RecipeData.Base, Path.Combine(adapter, AdapterFile.Weights), Device: "cpu", Precision: "fp32"));
            (long In, long Out)[] linears = [.. thinker.Adapters.Select(linear => (linear.Tensors.RouteAndA.shape[1], linear.Tensors.B.shape[0]))];
            Assert.Equal(linears.Sum(linear => 6 * (linear.In + linear.Out)), Facts(StudyArm.MultiLora).TrainableParameters);
            Assert.Equal(Facts(StudyArm.MultiLora).TrainableParameters, Facts(StudyArm.Single).TrainableParameters);
            Assert.Equal(linears.Sum(linear => ((2 + 3) * linear.In) + (6 * linear.Out)), Facts(StudyArm.MultiIlora).TrainableParameters);
            Assert.Equal(thinker.Facts.TextLinears.Count, report.Routing.Single(part => part.Part == "text").Linears);
            Assert.Equal(thinker.Facts.AudioLinears.Count, report.Routing.Single(part => part.Part == "audio").Linears);
            Assert.Equal(thinker.Facts.VisionLinears.Count, report.Routing.Single(part => part.Part == "vision").Linears);
        }
        finally
        {
            Directory.Delete(adapter, recursive: true);
        }
    }

    private static void CheckPage(string study, StudyReport report)
    {
        string page = File.ReadAllText(Path.Combine(study, StudyReport.PageName));
        Assert.All(new[] { "<script", "src=", "url(", "http:", "https:", "NaN", "∞" }, strange => Assert.DoesNotContain(strange, page, StringComparison.Ordinal));
        // Shares, differences, and for each part of the network mixes and a map.
        Assert.Equal(2 + (2 * report.Routing.Count), page.Split("<svg").Length - 1);
        Assert.All(report.Findings.Concat(report.Remarks), line => Assert.Contains(HtmlPage.Text(line), page, StringComparison.Ordinal));
        string table = TransferStudy.Markdown(report);
        Assert.All(report.Setup.Tasks, key => Assert.Contains($"| {key} |", table, StringComparison.Ordinal));
        Assert.Single(table.Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Count(letter => letter == '|')).Distinct());
        Assert.Contains("nearly 55% below", table, StringComparison.Ordinal);
        foreach (StudyRouterState state in report.Routing.SelectMany(part => part.States))
        {
            Assert.All(state.Tasks, task => Assert.All(task.Weights, weights => Assert.Equal(1, weights.Sum(), 1e-5)));
            Assert.All(state.Tasks, task => Assert.InRange(task.Entropy, 0, 1));
        }
    }

    private static IEnumerable<string> Files(string study) => Directory.EnumerateFiles(study, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(study, file))
        .Where(file => Path.GetFileName(file) is StudyReport.FileName or StudyReport.PageName or AdapterFile.Weights or AdapterFile.Config).Order(StringComparer.Ordinal);

    private static long Length(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return stream.Length;
    }

    private static Process Child(string output)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(StudyTests).Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(StudyTests).FullName}.{nameof(MakesAStudyInAProcessOfItsOwn)}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[OutputVariable] = output;
        start.Environment[$"{OutputVariable}_BASE"] = RecipeData.Base;
        return Process.Start(start)!;
    }

    private string Out(string name) => Path.Combine(folder, name);
}

using System.Globalization;
using System.Text.Json;
using Bunit;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Web.Components.Pages;
using CrabStudio.Web.Components.Training;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Components.Web;

namespace CrabStudio.Web.Tests.Components;

public sealed class TrainingTests : PageContext
{
    private const string Step = """{"step":1,"samples":["ave:0","ks:3","ave:1"],"loss":2.5,"loss_per_sample":[1,4,3],"learning_rate":0.0001,"grad_norm":1.5,"tokens":[100,50,50],"loss_tokens":[10,5,30],"seconds":2}""";
    private const string RecipeStep = """{"step":3,"progress":0.25,"losses":{"words":2,"words ave":1.5,"middle sound":0.5,"present":0.1},"rate_share":0.5,"grad_norm":3,"clips":8,"questions":20,"tokens":400,"seconds":2}""";
    private const string Routes = """{"step":10,"sample":"ave:4","linears":["audio_tower.layers.1.fc1","visual.blocks.2.attn.q","model.layers.3.mlp.up_proj","model.layers.3.mlp.gate_proj"],"mean":[[0.5,0.25,0.25],[0.5,0.25,0.25],[0.25,0.5,0.25],[0.25,0.5,0.25]],"entropy":[0.8,0.7,0.5,0.9]}""";

    public TrainingTests() => Directory.CreateDirectory(WorkshopFolder);

    private string Root => WorkshopFolder;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(Root, recursive: true);
    }

    [Fact]
    public void AStepOfTrainingGivesItsLossInAllAndPerTask()
    {
        IReadOnlyList<RunPoint> points = RunPoints.OfStep(Read(Step))!;
        Assert.Contains(new RunPoint(RunChart.Loss, RunPoints.All, 1, 2.5), points);
        Assert.Contains(new RunPoint(RunChart.LearningRate, "learning rate", 1, 0.0001), points);
        Assert.Contains(new RunPoint(RunChart.GradientNorm, "norm", 1, 1.5), points);
        Assert.Contains(new RunPoint(RunChart.Speed, "tokens a second", 1, 100, 2), points);
        CurveSet tasks = new();
        points.Where(point => point.Chart == RunChart.TaskLoss).ToList().ForEach(tasks.Add);
        Assert.Equal(["ave", "ks"], tasks.Names);

        // Over the tokens to be learnt of both samples: (10·1 + 30·3) / 40.
        Assert.Equal((2.5, 4), (tasks.At("ave", 0), tasks.At("ks", 0)));
    }

    [Fact]
    public void AStepOfARecipeGivesItsLossesByNameAndItsSpeed()
    {
        IReadOnlyList<RunPoint> points = RunPoints.OfStep(Read(RecipeStep))!;
        Assert.Equal(
            [(RunChart.Loss, RunPoints.All, 2), (RunChart.TaskLoss, "ave", 1.5), (RunChart.InnerLoss, "sound", 0.5), (RunChart.Loss, "present", 0.1)],
            points.Where(point => point.Chart is RunChart.Loss or RunChart.TaskLoss or RunChart.InnerLoss).Select(point => (point.Chart, point.Name, point.Value)));
        Assert.Equal([("clips a second", 4), ("tokens a second", 200)], points.Where(point => point.Chart == RunChart.Speed).Select(point => (point.Name, point.Value)));
    }

    [Fact]
    public void RoutesGiveEntropyByLayerAndSharesByTask()
    {
        IReadOnlyList<RunPoint> points = RunPoints.OfRoutes(Read(Routes))!;
        Assert.Equal([("audio 1", 0.8), ("vision 2", 0.7), ("text 3", 0.7)], points.Where(point => point.Chart == RunChart.Entropy).Select(point => (point.Name, Math.Round(point.Value, 9))));
        Assert.Equal(
            [("all tasks A", 0.375), ("ave A", 0.375), ("all tasks B", 0.375), ("ave B", 0.375), ("all tasks C", 0.25), ("ave C", 0.25)],
            points.Where(point => point.Chart == RunChart.Shares).Select(point => (point.Name, point.Value)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("""{"step":1,"seconds":2,"grad_norm":1}""")]
    [InlineData("""{"step":1.5,"seconds":2,"grad_norm":1,"losses":{},"rate_share":1,"clips":1,"tokens":1}""")]
    [InlineData("""{"step":1,"seconds":2,"grad_norm":1,"losses":{"a":"b"},"rate_share":1,"clips":1,"tokens":1}""")]
    public void ALineThatLacksSomethingGivesNothing(string line) => Assert.Null(RunPoints.OfStep(Read(line)));

    [Fact]
    public void CurvesOfAnyLengthHaveFewPointsWhichKeepTheMean()
    {
        CurveSet curves = new();
        for (int step = 1; step <= 12345; step++)
        {
            curves.Add(new RunPoint(RunChart.Loss, "a", step, step, 1));
            if (step % 100 == 0)
            {
                curves.Add(new RunPoint(RunChart.Loss, "rare", step, 7, 3));
            }
        }

        Assert.Equal((64, 193, 12345), (curves.Width, curves.Count, curves.LastStep));
        Assert.InRange(curves.Count, 1, CurveSet.MostPoints);
        Assert.Equal(32.5, curves.At("a", 0));
        Assert.Equal((129, 192), curves.Steps(2));
        Assert.Equal((12289, 12345), curves.Steps(192));
        Assert.Equal(12317, curves.Last("a"));
        Assert.Equal((null, 7, 7), (curves.At("rare", 0), curves.At("rare", 1), curves.Last("rare")));
    }

    [Theory]
    [InlineData(0, 1, 0.2, 0, 1)]
    [InlineData(9.9, 10.9, 0.2, 9.8, 11)]
    [InlineData(0.00001, 0.0001, 0.00002, 0, 0.0001)]
    [InlineData(3, 3, 1, 1, 5)]
    [InlineData(0, 0, 0.2, -0.6, 0.6)]
    public void ScalesHaveRoundMarksAroundAllValues(double least, double most, double step, double from, double to)
    {
        ValueAxis axis = ValueAxis.For(least, most);
        Assert.Equal((step, from, to), (Math.Round(axis.Step, 9), Math.Round(axis.From, 9), Math.Round(axis.To, 9)));
    }

    [Fact]
    public void ALogIsReadOnFromWhereItEndedAndOnlyInWholeLines()
    {
        string file = Path.Combine(Root, "log.jsonl");
        LogTail tail = new(file);
        List<int> steps = [];
        bool Take(JsonElement line)
        {
            steps.Add(line.GetProperty("step").GetInt32());
            return true;
        }

        Assert.False(tail.Read(steps.Clear, Take));
        File.WriteAllText(file, "{\"step\":1}\n{\"step\":2}\n{\"st");
        Assert.True(tail.Read(steps.Clear, Take));
        Assert.Equal([1, 2], steps);
        Assert.True(tail.HasRest);
        Assert.False(tail.Read(steps.Clear, Take));
        File.AppendAllText(file, "ep\":3}\n");
        Assert.True(tail.Read(steps.Clear, Take));
        Assert.Equal([1, 2, 3], steps);
        Assert.Equal((false, 3), (tail.HasRest, tail.Lines));

        // A run that goes on from its checkpoint writes its log anew, and may already be longer than it was.
        File.WriteAllText(file, "{\"step\":1}\n{\"step\":8}\n{\"step\":9}\n{\"step\":10}\n");
        Assert.True(tail.Read(steps.Clear, Take));
        Assert.Equal([1, 8, 9, 10], steps);
        File.WriteAllText(file, "");
        Assert.True(tail.Read(steps.Clear, Take));
        Assert.Empty(steps);
    }

    [Fact]
    public void ALineLongerThanTheBufferIsRead()
    {
        string file = Path.Combine(Root, "log.jsonl");
        string[] words = [.. Enumerable.Range(0, 40000).Select(number => number.ToString(CultureInfo.InvariantCulture))];
        File.WriteAllText(file, JsonSerializer.Serialize(words) + "\n[1]\n");
        List<int> lengths = [];
        new LogTail(file).Read(lengths.Clear, line =>
        {
            lengths.Add(line.GetArrayLength());
            return true;
        });
        Assert.Equal([40000, 1], lengths);
    }

    [Fact]
    public void BrokenLinesAreCountedToldAndSkipped()
    {
        Write("run/log.jsonl", Step, "{\"step\":", "{\"step\":2}", Step.Replace("\"step\":1", "\"step\":3"));
        RunState run = new(Path.Combine(Root, "run"));
        Assert.True(run.Update());
        Assert.Equal((3, 2, "log.jsonl, line 2: is no JSON"), (run.Steps, run.Broken, run.FirstBroken(EnglishWords.Only)));
        Assert.Equal(4, run.Seconds);
        Assert.False(run.Update());
    }

    [Fact]
    public void ARunIsRunningForAsLongAsItsProcessHoldsTheFolderHoweverLongItWritesNoLine()
    {
        Write("run/log.jsonl", RecipeStep);
        File.SetLastWriteTimeUtc(Path.Combine(Root, "run", "log.jsonl"), DateTime.UtcNow.AddHours(-3));
        RunState run = new(Path.Combine(Root, "run"));
        Assert.Equal((true, false), (run.Update(), run.Running));
        using (FolderLock.Take(Path.Combine(Root, "run", FolderLock.OfTraining), held => held))
        {
            Assert.Equal((true, true, false), (run.Update(), run.Running, run.Update()));
        }

        Assert.Equal((true, false), (run.Update(), run.Running));
        // What a killed process leaves behind is held by nobody.
        Write($"run/{FolderLock.OfTraining}");
        Assert.Equal((false, false), (run.Update(), run.Running));
        Assert.Equal("3 steps · 2.0 s of steps · 25.0% of the stage · about 6.0 s left of it", RunWords.Done(run, running: true, EnglishWords.Only));
        Assert.Equal("3 steps · 2.0 s of steps · 25.0% of the stage", RunWords.Done(run, running: false, EnglishWords.Only));
        File.AppendAllText(Path.Combine(Root, "run", "log.jsonl"), "{\"st");
        run.Update();
        Assert.True(run.IsCutOff);
        using (FolderLock.Take(Path.Combine(Root, "run", FolderLock.OfTraining), held => held))
        {
            run.Update();
            Assert.False(run.IsCutOff);
        }
    }

    [Fact]
    public void ThePageOfARunGrowsWithItsFiles()
    {
        Write("run/log.jsonl", Step);
        Write("run/routes.jsonl", Routes);
        FileStream own = FolderLock.Take(Path.Combine(Root, "run", FolderLock.OfTraining), held => held);
        IRenderedComponent<TrainingPage> page = Render<TrainingPage>(parameters => parameters.Add(one => one.Id, "run"));
        page.WaitForAssertion(() => Assert.StartsWith("running · 1 step", page.Named("run-state").Words()), TimeSpan.FromSeconds(10));
        Assert.NotNull(page.Named("curve-loss").QuerySelector("[data-testid=curve-single]"));
        Assert.Equal(["all tasks  37.5% 37.5% 25.0%", "ave  37.5% 37.5% 25.0%"], page.AllNamed("task-mix").Select(row => row.Cells()));
        File.AppendAllText(Path.Combine(Root, "run", "log.jsonl"), Step.Replace("\"step\":1", "\"step\":2").Replace("\"loss\":2.5", "\"loss\":2") + "\nbroken\n");
        page.WaitForAssertion(() => Assert.StartsWith("running · 2 steps", page.Named("run-state").Words()), TimeSpan.FromSeconds(10));
        Assert.Equal("Loss over 2 steps. all tasks: 2.5 at first, 2 at last. The table has all values.", page.Named("curve-loss").QuerySelector("[data-testid=curve-drawing]")!.GetAttribute("aria-label"));
        Assert.Equal("1 line was skipped: log.jsonl, line 3: is no JSON. All others are drawn.", page.Named("broken-lines").Words());
        own.Dispose();
        page.WaitForAssertion(() => Assert.StartsWith("ended · 2 steps", page.Named("run-state").Words()), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void ARecipeShowsItsLastStageAndLinksTheOthers()
    {
        Write("made.work/towers/log.jsonl", RecipeStep);
        Write("made.work/words/log.jsonl", RecipeStep);
        Write("made.work/words/unseen.jsonl", """{"step":3,"clips":10,"scores":{"ave":0.25,"ks":0.5},"seconds":2}""");
        IRenderedComponent<TrainingPage> page = Render<TrainingPage>(parameters => parameters.Add(one => one.Id, "made.work"));
        page.WaitForAssertion(() => Assert.NotEmpty(page.AllNamed("curve-score")), TimeSpan.FromSeconds(10));
        Assert.Equal("page", page.Named("stage-words").GetAttribute("aria-current"));
        Assert.False(Workshop.IsAtWork(Path.Combine(Root, "made.work")));
        using (FolderLock.Take(Path.Combine(Root, "made.work", "words", FolderLock.OfTraining), held => held))
        {
            Assert.True(Workshop.IsAtWork(Path.Combine(Root, "made.work")));
        }

        Assert.Equal("/training/made.work?stage=towers", page.Named("stage-towers").GetAttribute("href"));
        Assert.Contains("Adapter: the tasks (not begun)", page.Markup);
        Assert.Equal("/api/workshop/curves.csv?run=made.work&stage=words&chart=Score", page.Named("curve-score").QuerySelector("[data-testid=curve-csv]")!.GetAttribute("href"));
    }

    [Fact]
    public async Task EveryChartIsATableToo()
    {
        CurveSet data = new();
        data.Add(new RunPoint(RunChart.Loss, "a", 1, 2.25));
        data.Add(new RunPoint(RunChart.Loss, "b", 3, 0.00012345));
        IRenderedComponent<CurveChart> chart = Render<CurveChart>(parameters => parameters.Add(one => one.Title, "Loss").Add(one => one.Data, data).Add(one => one.CsvHref, "/x.csv"));
        Assert.Equal("false", chart.Named("curve-table-button").GetAttribute("aria-pressed"));
        await chart.Named("curve-table-button").ClickAsync(new MouseEventArgs());
        Assert.Equal(["Step a b", "3 – 1.235e-4", "1 2.25 –"], chart.Named("curve-table").QuerySelectorAll("tr").Select(row => row.Cells()));
        Assert.Empty(chart.AllNamed("curve-drawing"));
    }

    [Fact]
    public async Task AChartDrawsAtMostSevenCurvesWhichAPersonChooses()
    {
        CurveSet data = new();
        for (int curve = 0; curve < 19; curve++)
        {
            data.Add(new RunPoint(RunChart.TaskLoss, $"task {curve}", 1, curve));
        }

        IRenderedComponent<CurveChart> chart = Render<CurveChart>(parameters => parameters.Add(one => one.Title, "Loss per task").Add(one => one.Data, data));
        Assert.Equal((19, 7), (chart.FindAll(".curve-chosen input").Count, chart.FindAll(".curve-chosen input[checked]").Count));
        Assert.Equal(12, chart.FindAll(".curve-chosen input[disabled]").Count);
        await chart.Find(".curve-chosen input[checked]").ChangeAsync(new Microsoft.AspNetCore.Components.ChangeEventArgs { Value = false });
        Assert.Equal(6, chart.FindAll(".curve-chosen input[checked]").Count);
        Assert.Empty(chart.FindAll(".curve-chosen input[disabled]"));
    }

    [Fact]
    public void AChartWithoutDataIsNotThere() => Assert.Equal("", Render<CurveChart>(parameters => parameters.Add(one => one.Title, "Loss").Add(one => one.Data, new CurveSet())).Markup.Trim());

    private static JsonElement Read(string line) => JsonSerializer.Deserialize<JsonElement>(line);

    private void Write(string file, params string[] lines)
    {
        string path = Path.Combine(Root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
    }
}

using System.Diagnostics;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Tasks.Tests.Metrics;

/// <summary>Runs alone, after the tests that may run beside each other: a clock would count their work too.</summary>
[CollectionDefinition(nameof(MetricSpeedTests), DisableParallelization = true)]
public sealed class MeasuredAlone;

/// <summary>10,000 rows of each metric take well below a second, so that an evaluation spends its time on answers.</summary>
[Collection(nameof(MetricSpeedTests))]
public sealed class MetricSpeedTests
{
    private const int Rows = 10_000;

    private static readonly Random Random = new(3);

    private static readonly string[] Words = ["a", "man", "plays", "the", "drum", "loudly", "while", "people", "sing", "near", "children", "barking", "dog", "engine", "hall"];

    [Fact]
    public void Avvp() => Takes(() =>
    {
        AvvpGrid truth = AvvpGrid.FromText("<audio>Car,(0 5)</audio>", []);
        List<AvvpFigures> figures = [];
        for (int row = 0; row < Rows; row++)
        {
            AvvpGrid said = AvvpGrid.FromText($"<audio>Car,({row % 7} 9)</audio><visual>Speech,(1 {row % 11})(7 9)</visual>", []);
            figures.Add(AvvpScore.SegmentLevel(said, truth));
            figures.Add(AvvpScore.EventLevel(said, truth));
        }

        AvvpScore.DataSet(figures);
    });

    [Fact]
    public void Ave() => Takes(() =>
    {
        (string, string)[] rows = [.. Enumerable.Range(0, Rows).Select(row => ("event:Bus start_time:1 end_time:5", $"So it is <event> Bus </event> <range> {row % 9},9 </range>."))];
        AveScore.Script(rows);
        AveScore.SaneAccuracy(rows, true);
    });

    [Fact]
    public void MusicAvqa() => Takes(() =>
    {
        MusicAvqaRow[] rows = [.. Enumerable.Range(0, Rows).Select(row => new MusicAvqaRow("one", $"<answer>{TaskLabels.MusicAvqa[row % 42]}</answer>", "Audio", "Counting"))];
        MusicAvqaScore.Script(rows);
        MusicAvqaScore.Strict(rows);
    });

    [Fact]
    public void Classification() => Takes(() =>
    {
        string[] labels = [.. Enumerable.Range(0, 101).Select(label => $"action {label}")];
        ClassificationScore.Score([.. Enumerable.Range(0, Rows).Select(row => labels[row % 101])], [.. Enumerable.Range(0, Rows).Select(row => ClassificationScore.ReadAnswer("ucf", $"<answer>{labels[row * 7 % 101]}</answer>"))], labels);
    });

    [Fact]
    public void Masks()
    {
        PixelMask one = new(224, 224), other = new(224, 224);
        one.Fill(10, 10, 100, 100);
        other.Fill(50, 50, 150, 150);
        SegmentationRow row = new("[1,2,30,40][5,6]", one, false, (_, _) => other);
        Takes(() => Assert.Equal(Rows, SegmentationScripts.S4Ms3(Enumerable.Repeat(row, Rows)).Processed));
    }

    [Fact]
    public void Boxes() => Takes(() => BoxScore.Success([.. Enumerable.Range(0, Rows).Select(row => BoxScore.Overlap([new AnswerBox(row % 100, 5, 120, 200)], [new AnswerBox(20, 30, 150, 160)]).Iou)]));

    [Fact]
    public void Events() => Takes(() =>
    {
        TimedEvent[] truth = [.. Enumerable.Range(0, Rows).Select(row => new TimedEvent($"v{row / 4}", row % 4 * 10, (row % 4 * 10) + 8, $"c{row % 100}"))];
        TemporalScore.MeanAveragePrecision(truth, [.. truth.Select(one => new ScoredEvent(one with { Start = one.Start + 1 }, Random.NextDouble()))]);
    });

    [Fact]
    public void Captions()
    {
        string[] captions = [.. Enumerable.Range(0, 2 * Rows).Select(_ => string.Join(' ', Enumerable.Range(0, 12).Select(_ => Words[Random.Next(Words.Length)])) + ".")];
        Takes(() => CaptionScore.Score([.. Enumerable.Range(0, Rows).Select(row => CaptionItem.FromText(captions[row], [captions[Rows + row]]))]));
    }

    private static void Takes(Action work)
    {
        // The best of a few runs: the machine may be busy, and the first run compiles.
        TimeSpan best = TimeSpan.MaxValue;
        for (int attempt = 0; attempt < 4 && best > TimeSpan.FromSeconds(0.6); attempt++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            work();
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        Assert.True(best < TimeSpan.FromSeconds(1), $"{best.TotalSeconds:0.00} s for {Rows} rows");
    }
}

using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Tasks.Tests.Metrics;

/// <summary>What must hold of every score whatever the input: perfect is best, ranges, symmetry, and the order of rows does not matter.</summary>
public sealed class MetricLawTests
{
    private const int Rounds = 200;

    private readonly Random random = new(5);

    [Fact]
    public void AvvpIsPerfectOnItselfSymmetricAndWithinRange()
    {
        List<AvvpFigures> videos = [];
        for (int round = 0; round < Rounds; round++)
        {
            AvvpGrid one = Grid(), other = Grid();
            foreach (Func<AvvpGrid, AvvpGrid, AvvpFigures> level in new[] { AvvpScore.SegmentLevel, (Func<AvvpGrid, AvvpGrid, AvvpFigures>)AvvpScore.EventLevel })
            {
                Assert.Equal(new AvvpFigures(1, 1, 1, 1), level(one, one));
                AvvpFigures figures = level(one, other);
                Assert.All(new[] { figures.Audio, figures.Visual, figures.Event, figures.AudioVisual }, score => Assert.InRange(score, 0, 1));
                videos.Add(figures);
            }

            // F of seconds counts misses and false alarms alike; F of events does not, because a right event is counted on one side only.
            Assert.Equal(AvvpScore.SegmentLevel(one, other), AvvpScore.SegmentLevel(other, one));
        }

        AvvpDataSet forwards = AvvpScore.DataSet(videos), backwards = AvvpScore.DataSet([.. videos.AsEnumerable().Reverse()]);
        Assert.Equal(forwards.TypeAV, backwards.TypeAV, 1e-11);
        Assert.Equal((forwards.A + forwards.V + forwards.AV) / 3, forwards.TypeAV, 1e-12);
    }

    [Fact]
    public void RunsOfSecondsAreApartAndMakeUpTheSequence()
    {
        for (int seconds = 0; seconds < 1 << AvvpScore.Seconds; seconds++)
        {
            IReadOnlyList<(int Start, int End)> events = AvvpScore.Events(seconds);
            Assert.Equal(seconds, events.Sum(run => Enumerable.Range(run.Start, run.End - run.Start).Sum(second => 1 << second)));
            Assert.All(events.Zip(events.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.Start));
        }
    }

    [Fact]
    public void AveIsPerfectOnTheTruthAndTheOrderOfRowsIsOfNoMatter()
    {
        (string Output, string Predict)[] right =
        [
            .. TaskLabels.Ave.Select((label, row) => ($"event:{label} start_time:{row % 5} end_time:{(row % 5) + 4}", $"<event>{label}</event> <range>{row % 5},{(row % 5) + 4}</range>")),
        ];
        Assert.Equal(1, AveScore.Script(right).Accuracy);
        Assert.Equal((1, 1), (AveScore.SaneAccuracy(right, true), AveScore.SaneAccuracy(right, false)));

        (string Output, string Predict)[] mixed = [.. right.Select((row, at) => (row.Output, at % 3 == 0 ? "?" : right[(at + (at % 2)) % right.Length].Predict))];
        AveScriptReport report = AveScore.Script(mixed);
        random.Shuffle(mixed);
        Assert.Equal(report, AveScore.Script(mixed));
        Assert.InRange(AveScore.SaneAccuracy(mixed, true)!.Value, 0.01, report.Accuracy!.Value);
    }

    [Fact]
    public void MusicAvqaStrictNeverExceedsTheScriptWhereAllRowsAreRead()
    {
        for (int round = 0; round < Rounds; round++)
        {
            MusicAvqaRow[] rows =
            [
                .. Enumerable.Range(0, 30).Select(_ => TaskLabels.MusicAvqaTypes[random.Next(9)].Split('/')).Select(type =>
                    new MusicAvqaRow(TaskLabels.MusicAvqa[random.Next(42)], $"<answer>{TaskLabels.MusicAvqa[random.Next(42)]}</answer>", type[0], type[1])),
            ];
            MusicAvqaReport script = MusicAvqaScore.Script(rows), strict = MusicAvqaScore.Strict(rows);
            Assert.True(strict.Overall.Correct <= script.Overall.Correct);
            Assert.Equal(script.Overall, script.PerType.Values.Aggregate((one, other) => one + other));
            Assert.Equal(100, MusicAvqaScore.Strict(rows.Select(row => row with { Predict = $"So: <answer>{row.Output}</answer>." })).Overall.Accuracy);
        }
    }

    [Fact]
    public void ClassificationIsPerfectOnItselfAndTheOrderOfRowsIsOfNoMatter()
    {
        string[] labels = ["a", "b", "c", "d"];
        for (int round = 0; round < Rounds; round++)
        {
            (string Truth, string? Said)[] rows = [.. Enumerable.Range(0, 1 + random.Next(40)).Select(_ => (labels[random.Next(4)], random.Next(6) is var said && said < 4 ? labels[said] : said == 4 ? "?" : null))];
            string[] truth = [.. rows.Select(row => row.Truth)];
            ClassificationReport perfect = ClassificationScore.Score(truth, truth, labels)!;
            Assert.Equal((1, 1, 1, 1), (perfect.Accuracy, perfect.Uar, perfect.WeightedF1, perfect.MacroF1Present));

            ClassificationReport report = Score();
            Assert.All(new[] { report.Accuracy, report.Uar, report.UarAllLabels, report.WeightedF1, report.MacroF1Present, report.MacroF1AllLabels }, score => Assert.InRange(score, 0, 1));
            Assert.True(report.UarAllLabels <= report.Uar);
            Assert.Equal(rows.Length, report.Confusion.Sum(row => row.Sum()));
            random.Shuffle(rows);
            Assert.Equivalent(report, Score(), strict: true);

            ClassificationReport Score() => ClassificationScore.Score([.. rows.Select(row => row.Truth)], [.. rows.Select(row => row.Said)], labels)!;
        }
    }

    [Fact]
    public void ALabelOfTheTruthThatTheListLacksIsALabelToo()
    {
        ClassificationReport report = ClassificationScore.Score(["a", "new"], ["a", "new"], ["a", "b"])!;

        Assert.Equal(["a", "b", "new"], report.Labels);
        Assert.Equal((1, 1), (report.Accuracy, report.Uar));
        Assert.Throws<ArgumentException>(() => ClassificationScore.Score(["a"], [], ["a"]));
    }

    [Fact]
    public void MasksArePerfectOnThemselvesAndJIsSymmetric()
    {
        for (int round = 0; round < Rounds; round++)
        {
            PixelMask one = Mask(9, 13), other = Mask(9, 13);
            Assert.Equal((1, 1), (MaskScore.J(one, one), MaskScore.F(one, one)));
            Assert.Equal(MaskScore.J(one, other), MaskScore.J(other, one));
            Assert.InRange(MaskScore.J(one, other), 0, 1);
            Assert.InRange(MaskScore.F(one, other), 0, 1);
            Assert.Equal(Pixels(one).Zip(Pixels(other)).Count(pair => pair.First && pair.Second), one.CountShared(other));
            // S grows with what is predicted.
            PixelMask more = new(9, 13);
            more.Fill(0, 0, 13, 3);
            Assert.True(MaskScore.S(more) < MaskScore.S(Filled(more)));
        }

        Assert.Throws<ArgumentException>(() => MaskScore.J(new PixelMask(2, 3), new PixelMask(3, 2)));

        static IEnumerable<bool> Pixels(PixelMask mask) => Enumerable.Range(0, mask.Size).Select(pixel => mask[pixel]);

        static PixelMask Filled(PixelMask mask)
        {
            PixelMask filled = new(mask.Height, mask.Width);
            filled.Fill(0, 0, mask.Width, 4);
            return filled;
        }
    }

    [Fact]
    public void FillingABoxSetsJustItsPixels()
    {
        for (int round = 0; round < Rounds; round++)
        {
            (int x1, int y1, int x2, int y2) = (random.Next(-20, 90), random.Next(-20, 60), random.Next(-20, 90), random.Next(-20, 60));
            PixelMask mask = new(40, 70);
            mask.Fill(x1, y1, x2, y2);
            for (int pixel = 0; pixel < mask.Size; pixel++)
            {
                (int x, int y) = (pixel % 70, pixel / 70);
                Assert.Equal(x >= x1 && x < x2 && y >= y1 && y < y2, mask[pixel]);
            }
        }
    }

    [Fact]
    public void BoxesArePerfectOnThemselvesSymmetricAndAgreeWithTheirPixels()
    {
        List<double> overlaps = [];
        for (int round = 0; round < Rounds; round++)
        {
            AnswerBox one = Box(), other = Box();
            Assert.Equal(1, BoxScore.PlainIou(one, one));
            Assert.Equal(BoxScore.PlainIou(one, other), BoxScore.PlainIou(other, one));
            Assert.Equal(BoxScore.PlainIou(one, other), BoxScore.Overlap([one], [other]).Iou, 1e-12);
            Assert.True(BoxScore.CrabCIou(one, other) <= BoxScore.CrabIou(one, other));
            overlaps.Add(BoxScore.PlainIou(one, other));
        }

        SuccessReport report = BoxScore.Success(overlaps);
        Assert.All(report.SuccessCurve.Zip(report.SuccessCurve.Skip(1)), pair => Assert.True(pair.First >= pair.Second));
        overlaps.Reverse();
        Assert.Equivalent(report, BoxScore.Success(overlaps), strict: true);
        Assert.Equal((1, 1), (BoxScore.Success([1, 1]).CIoU, Math.Round(BoxScore.Success([1, 1]).Auc, 12)));
    }

    [Fact]
    public void MeanAveragePrecisionIsOneOnTheTruthAndTheOrderOfRowsIsOfNoMatter()
    {
        for (int round = 0; round < Rounds; round++)
        {
            TimedEvent[] truth = [.. Enumerable.Range(0, 1 + random.Next(12)).Select(place => new TimedEvent($"v{random.Next(3)}", place * 10, (place * 10) + 1 + random.Next(9), $"c{random.Next(3)}"))];
            Assert.All(TemporalScore.MeanAveragePrecision(truth, [.. truth.Select(one => new ScoredEvent(one, random.NextDouble()))]).MeanPrecision, score => Assert.Equal(1, score, 1e-12));

            // Scores are often equal here, as they are when a model gives none.
            ScoredEvent[] said = [.. truth.Concat(truth).Select(one => new ScoredEvent(one with { End = one.End + random.Next(4), Video = $"v{random.Next(3)}" }, random.Next(3)))];
            TemporalReport report = TemporalScore.MeanAveragePrecision(truth, said);
            Assert.All(report.MeanPrecision, score => Assert.InRange(score, 0, 1 + 1e-12));
            random.Shuffle(said);
            random.Shuffle(truth);
            Assert.Equal(report.Average, TemporalScore.MeanAveragePrecision(truth, said).Average, 1e-12);
        }
    }

    [Fact]
    public void CaptionsAreBestWhenEqualAndTheOrderOfItemsIsOfNoMatter()
    {
        string[] words = ["a", "man", "plays", "the", "drum", "loudly", "while", "people", "sing"];
        CaptionItem[] items = [.. Enumerable.Range(0, 40).Select(_ => new CaptionItem(Caption(), [Caption(), Caption()]))];
        (CaptionFigures set, IReadOnlyList<CaptionFigures> each) = CaptionScore.Score(items);
        (CaptionFigures best, IReadOnlyList<CaptionFigures> perfect) = CaptionScore.Score([.. items.Select(item => item with { Hypothesis = item.References[0] })]);
        (CaptionFigures turned, _) = CaptionScore.Score([.. items.Reverse().Select(item => item with { References = [.. item.References.Reverse()] })]);

        Assert.All(each, one => Assert.All(one.Bleu.Append(one.RougeL).Append(one.Cider / 10), score => Assert.InRange(score, 0, 1)));
        Assert.All(perfect, one => Assert.Equal((1, 1), (one.RougeL, Math.Round(one.Bleu[3], 6))));
        Assert.True(best.Cider > set.Cider);
        Assert.Equal((set.RougeL, set.Cider, set.Bleu[3]), (turned.RougeL, turned.Cider, turned.Bleu[3]), Near);

        string Caption() => string.Join(' ', Enumerable.Range(0, 4 + random.Next(8)).Select(_ => words[random.Next(words.Length)]));

        static bool Near((double, double, double) one, (double, double, double) other) =>
            Math.Abs(one.Item1 - other.Item1) + Math.Abs(one.Item2 - other.Item2) + Math.Abs(one.Item3 - other.Item3) < 1e-9;
    }

    [Fact]
    public void TransferTurnsOverWithItsSignAndWithItsSides()
    {
        for (int round = 0; round < Rounds; round++)
        {
            TransferRow[] rows = [.. Enumerable.Range(0, random.Next(12)).Select(place => new TransferRow($"t{place}", random.Next(2) == 0, Figure(), Figure()))];
            TransferTable table = TransferTable.Of(rows);
            TransferTable turned = TransferTable.Of([.. rows.Select(row => row with { HigherIsBetter = !row.HigherIsBetter })]), swapped = TransferTable.Of([.. rows.Select(row => row with { Single = row.Multi, Multi = row.Single })]);
            Assert.Equal((table.Positive, table.Negative, table.Tie, table.Skipped), (turned.Negative, turned.Positive, turned.Tie, turned.Skipped));
            Assert.Equal((table.Positive, table.Negative, table.Tie, table.Skipped), (swapped.Negative, swapped.Positive, swapped.Tie, swapped.Skipped));
            Assert.Equal(rows.Length, table.Compared + table.Skipped);
            Assert.Equal(-table.MeanRelativeGainPercent ?? 0, turned.MeanRelativeGainPercent ?? 0, 1e-9);
        }

        double? Figure() => random.Next(5) switch
        {
            0 => null,
            1 => 50,
            _ => random.Next(100),
        };
    }

    private AvvpGrid Grid()
    {
        AvvpGrid grid = new();
        for (int row = random.Next(8); row > 0; row--)
        {
            grid.Add(random.Next(2) == 0, random.Next(TaskLabels.Avvp.Count), random.Next(1 << AvvpScore.Seconds));
        }

        return grid;
    }

    private PixelMask Mask(int height, int width)
    {
        PixelMask mask = new(height, width);
        int share = random.Next(4);
        for (int pixel = 0; pixel < mask.Size; pixel++)
        {
            mask[pixel] = random.Next(4) < share;
        }

        return mask;
    }

    private AnswerBox Box()
    {
        (int x, int y) = (random.Next(200), random.Next(200));
        return new AnswerBox(x, y, x + 1 + random.Next(223 - x), y + 1 + random.Next(223 - y));
    }
}

using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;
using CrabStudio.Training.Study;

namespace CrabStudio.Training.Tests;

/// <summary>From answers to shares, intervals and distances, against numbers computed by hand.</summary>
public sealed class StudySummaryTests
{
    private const double Near = 1e-9;

    [Fact]
    public void SharesDifferencesAndTiesAreThoseComputedByHand()
    {
        // Two seeds of two clips. a2v is equal in all, but above in one seed and below in the other.
        StudyReport report = Of(new()
        {
            ["ave"] = (Same(0.5), Same(0.25), Same(0.75)),
            ["ks"] = (Same(1), Same(1), Same(1)),
            ["ucf"] = (Same(0.5), Same(0.25), Same(0.5)),
            ["a2v"] = ([0, 1, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]),
        });

        StudyComparison lora = report.Compare(StudyArm.Single, StudyArm.MultiLora);
        Assert.Equal((4, 0, 2, 2), (lora.Compared, lora.Above, lora.Below, lora.Ties));
        Assert.Equal((0.0, 50.0, 50.0, 100.0), (lora.AbovePercent.Value, lora.BelowPercent.Value, lora.AboveOrTiePercent.Value, lora.BelowOrTiePercent.Value));
        Assert.Equal(-0.125, lora.MeanDifference.Value, Near);
        Assert.Equal(-25, lora.MeanRelativeGainPercent!.Value, Near);
        Assert.Equal([new(1, 1, 2, 1), new(2, 0, 3, 1)], lora.Seeds);
        Assert.Equal([TransferKind.Negative, TransferKind.Tie, TransferKind.Negative, TransferKind.Tie], lora.Tasks.Select(task => task.Kind));
        // Scores without any spread have intervals without width; only a2v changes sides from draw to draw.
        Assert.Equal(new StudyEstimate(-0.25, -0.25, -0.25), lora.Tasks[0].Difference);
        Assert.Equal([true, false, true, false], lora.Tasks.Select(task => task.IsSure));
        Assert.True(lora.Tasks[3].Difference is { Value: 0, Low: < -0.4, High: > 0.4 }, $"{lora.Tasks[3].Difference}");
        Assert.Equal((50.0, 75.0), (lora.BelowPercent.Low, lora.BelowPercent.High));
        Assert.Equal((0.0, 25.0), (lora.AbovePercent.Low, lora.AbovePercent.High));
        Assert.Equal((2, 0), (lora.SurelyBelow, lora.SurelyAbove));

        StudyComparison ilora = report.Compare(StudyArm.Single, StudyArm.MultiIlora);
        Assert.Equal((2, 0, 2), (ilora.Above, ilora.Below, ilora.Ties));
        Assert.Equal((50.0, 0.0, 100.0, 50.0), (ilora.AbovePercent.Value, ilora.BelowPercent.Value, ilora.AboveOrTiePercent.Value, ilora.BelowOrTiePercent.Value));
        Assert.Equal(0.125, ilora.MeanDifference.Value, Near);
        Assert.Equal([new(1, 2, 0, 2), new(2, 1, 0, 3)], ilora.Seeds);
        Assert.Equal(0.25, report.Compare(StudyArm.MultiLora, StudyArm.MultiIlora).MeanDifference.Value, Near);
        Assert.Equal([0.5, 1.0], report.Tasks[3].Values.Single(value => value.Arm == StudyArm.Single).PerSeed);
        Assert.Equal(0.75, report.Tasks[3].Values.Single(value => value.Arm == StudyArm.MultiLora).Score.Value, Near);

        Assert.Contains("2 of 4 tasks (50%, 95% interval 50% to 75%) fall below their single-task adapter, 0 rise above it, 2 tie. The interval includes 50%: whether most tasks fall below is not decided. With ties counted in it is 100%, 95% interval 75% to 100%. Most tasks fall below or are equal.", report.Findings[0], StringComparison.Ordinal);
        Assert.Contains("multi-task LoRA against single-task adapters −0.125", report.Findings[2], StringComparison.Ordinal);
        Assert.Contains("the interval includes zero", report.Findings[2], StringComparison.Ordinal);
        Assert.Contains("neither shown nor refuted", report.Findings[4], StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsDecidedIsSaidSoOnEitherSide()
    {
        StudyReport shown = Of(new() { ["ave"] = (Same(0.5), Same(0.25), Same(0.75)), ["ks"] = (Same(0.5), Same(0.25), Same(0.75)) });
        Assert.Contains("Most tasks fall below.", shown.Findings[0], StringComparison.Ordinal);
        Assert.Contains("Most tasks rise above.", shown.Findings[1], StringComparison.Ordinal);
        Assert.Contains("holds here", shown.Findings[4], StringComparison.Ordinal);
        StudyReport refuted = Of(new() { ["ave"] = (Same(0.5), Same(0.75), Same(0.25)), ["ks"] = (Same(0.5), Same(0.75), Same(0.25)) });
        Assert.Contains("Most tasks do not fall below.", refuted.Findings[0], StringComparison.Ordinal);
        Assert.Contains("Most tasks do not rise above.", refuted.Findings[1], StringComparison.Ordinal);
        Assert.Contains("finds nothing to turn here", refuted.Findings[4], StringComparison.Ordinal);
        Assert.Contains("a gain", refuted.Findings[2], StringComparison.Ordinal);
        // Where all tasks tie, no majority is on either side, and none is not: nothing is claimed.
        StudyReport tied = Of(new() { ["ave"] = (Same(0.5), Same(0.5), Same(0.5)), ["ks"] = (Same(0.5), Same(0.5), Same(0.5)) });
        Assert.Contains("Most tasks do not fall below. With ties counted in it is 100%", tied.Findings[0], StringComparison.Ordinal);
        Assert.Contains("neither shown nor refuted", tied.Findings[4], StringComparison.Ordinal);
        StudyReport sunk = Of(new() { ["ave"] = (Same(0.5), Same(0.25), Same(0.25)), ["ks"] = (Same(0.5), Same(0.25), Same(0.25)) });
        Assert.Contains("does not hold here", sunk.Findings[4], StringComparison.Ordinal);
        // The base answers all wrong here, so the single-task adapters have surely learnt; where they have not, it is said.
        Assert.DoesNotContain(sunk.Remarks, remark => remark.Contains("have learnt little", StringComparison.Ordinal));
        Assert.Contains(Of(new() { ["ave"] = (Same(0), Same(0), Same(0)), ["ks"] = (Same(1), Same(1), Same(1)) }).Remarks, remark => remark.StartsWith("On 1 of 2 tasks the single-task adapter is not surely better", StringComparison.Ordinal));
    }

    [Fact]
    public void DistancesOfRoutersAreThoseComputedByHand()
    {
        StudyReport report = Of(new() { ["ave"] = (Same(1), Same(1), Same(1)), ["ks"] = (Same(1), Same(1), Same(1)), ["ucf"] = (Same(1), Same(1), Same(1)) });
        StudyRoutingPart text = report.Routing.Single(part => part.Part == "text");
        Assert.Equal(["text", "audio"], report.Routing.Select(part => part.Part));
        Assert.Equal((2, false, true), (text.Linears, text.States[0].IsTrained, text.States[1].IsTrained));
        // Fresh: all tasks alike. Trained: of two linears the first parts ave from ks and ucf entirely, the second not at all.
        Assert.Equal(0, text.States[0].BetweenTasks.Mean!.Value, Near);
        StudyDistances trained = text.States[1].BetweenTasks;
        Assert.Equal(["ave", "ks", "ucf"], trained.Names);
        Assert.Equal((0.0, 0.5, 0.5, 0.0), (trained.Matrix[0][0], trained.Matrix[0][1], trained.Matrix[2][0], trained.Matrix[1][2]));
        Assert.Equal(1.0 / 3, trained.Mean!.Value, Near);
        Assert.Equal(2, trained.PerSeed.Count);
        Assert.Equal([0.75, 0.25], text.States[1].Tasks[0].Weights[1]);
        Assert.Equal([0.25, 0.75], text.States[1].Tasks[1].Weights[0]);
        Assert.Equal(0.5, text.States[1].Tasks[0].Entropy, Near);
        Assert.Equal(0.5, text.States[1].BetweenKinds!.Matrix[0][1], Near);
        Assert.Equal(["sound", "words"], text.States[1].BetweenKinds!.Names);
        Assert.Null(report.Routing.Single(part => part.Part == "audio").States[1].BetweenKinds);
    }

    [Fact]
    public void RoutesOfAPromptAreMeansOverItsPositions()
    {
        // Four positions: words, sound, sound, words; two experts; one linear.
        PromptSpan[] spans = [new(PromptPart.Text, 0, 1), new(PromptPart.Audio, 1, 2), new(PromptPart.Text, 3, 1)];
        PrefillResult prefill = new(4, spans, new RouteMatrix(["q"], 4, 2, [1, 0, 0.5f, 0.5f, 0.25f, 0.75f, 0, 1]), new RouteMatrix(["k"], 1, 2, [0.5f, 0.5f]), null);
        IReadOnlyDictionary<string, PartRoutes> routes = PartRoutes.Of(prefill);
        Assert.Equal(["audio", "text", PartRoutes.OnSound, PartRoutes.OnWords], routes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([0.4375f, 0.5625f], routes["text"].Mean[0]);
        Assert.Equal([0.375f, 0.625f], routes[PartRoutes.OnSound].Mean[0]);
        Assert.Equal([0.5f, 0.5f], routes[PartRoutes.OnWords].Mean[0]);
        Assert.Equal((0f, 1f), (routes[PartRoutes.OnWords].Entropy[0], routes[PartRoutes.OnWords].Largest[0]));
        Assert.Equal((1f, 0.5f), (routes["audio"].Entropy[0], routes["audio"].Largest[0]));
        Assert.Equal(0.625f, routes[PartRoutes.OnSound].Largest[0]);
        // (1 + H(0.25)) / 2, with H(0.25) = 0.8112781 bits.
        Assert.Equal(0.90563906f, routes[PartRoutes.OnSound].Entropy[0], 1e-6f);
    }

    [Fact]
    public void AReportOfAnotherVersionOrAnotherFormIsRefusedInOneLine()
    {
        string folder = TestData.NewFolder();
        try
        {
            string file = Path.Combine(folder, StudyReport.FileName), text = Of(new() { ["ave"] = (Same(1), Same(1), Same(1)), ["ks"] = (Same(1), Same(0), Same(1)) }).Json();
            File.WriteAllText(file, text);
            Assert.Equal(text, StudyReport.Read(folder).Json());
            Assert.Contains("\"after\": \"multi_ilora\"", text, StringComparison.Ordinal);
            File.WriteAllText(file, text.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal));
            Assert.Contains("is of version 2", Assert.Throws<InvalidDataException>(() => StudyReport.Read(folder)).Message, StringComparison.Ordinal);
            File.WriteAllText(file, "[]");
            Assert.Contains("is no report", Assert.Throws<InvalidDataException>(() => StudyReport.Read(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double[] Same(double score) => [score, score, score, score];

    // Scores of single, LoRA and I-LoRA: seed 1 clips 0 and 1, seed 2 clips 0 and 1. The base is always wrong.
    private static StudyReport Of(Dictionary<string, (double[] Single, double[] Lora, double[] Ilora)> scores)
    {
        StudySetup setup = new("tiny", "00", 1000, false, [.. scores.Keys], 2, 5, 2, 10, 2, 6, 2, 2, 1e-3, "level", 200, StudySummary.Draws);
        StudyArmFacts[] arms = [.. Enum.GetValues<StudyArm>().Select(arm => new StudyArmFacts(arm, StudyPlan.NameOf(arm), arm == StudyArm.MultiIlora ? 2 : 1, arm == StudyArm.MultiIlora ? 3 : 6, 6, 1, 100, 5, 10, 10))];
        List<StudyAnswer> answers = [];
        foreach ((string key, (double[] single, double[] lora, double[] ilora)) in scores)
        {
            foreach ((StudyArm arm, double[] given) in new[] { (StudyArm.Base, Same(0)), (StudyArm.Single, single), (StudyArm.MultiLora, lora), (StudyArm.MultiIlora, ilora) })
            {
                answers.AddRange(given.Select((score, place) => new StudyAnswer(1 + (place / 2), arm, key, place % 2, "", "", "", "", 1, false, score, new Dictionary<string, double>(), Routes(arm, key), 0)));
            }
        }

        return StudySummary.Of(setup, arms, answers);
    }

    private static Dictionary<string, PartRoutes>? Routes(StudyArm arm, string key)
    {
        PartRoutes fresh = new([[0.5f, 0.5f], [0.5f, 0.5f]], [1, 1], [0.5f, 0.5f]);
        PartRoutes trained = new(key == "ave" ? [[1, 0], [0.5f, 0.5f]] : [[0, 1], [0.5f, 0.5f]], [0, 1], [1, 0.5f]);
        PartRoutes sound = new([[1, 0], [0.5f, 0.5f]], [0, 1], [1, 0.5f]), words = new([[0, 1], [0.5f, 0.5f]], [0, 1], [1, 0.5f]);
        return arm switch
        {
            StudyArm.Base => new() { ["text"] = fresh, ["audio"] = fresh, [PartRoutes.OnSound] = fresh, [PartRoutes.OnWords] = fresh },
            StudyArm.MultiIlora => new() { ["text"] = trained, ["audio"] = trained, [PartRoutes.OnSound] = sound, [PartRoutes.OnWords] = words },
            _ => null,
        };
    }
}

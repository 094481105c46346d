namespace CrabStudio.Training.Tests;

/// <summary>The learning rate and the order of data.</summary>
public sealed class ScheduleTests
{
    [Fact]
    public void TheRateRisesInALineFromZeroAndFallsAlongACosineToZero()
    {
        var schedule = new LearningRateSchedule(1e-4, 4, 12);
        Assert.Equal([0, 0.25e-4, 0.5e-4, 0.75e-4, 1e-4], Enumerable.Range(1, 5).Select(step => Math.Round(schedule.At(step), 10)));
        Assert.Equal(0.5e-4, schedule.At(9), 1e-18);
        Assert.Equal(1e-4 * 0.5 * (1 + Math.Cos(Math.PI * 7 / 8)), schedule.At(12), 1e-18);
        Assert.Equal(0, schedule.At(13), 1e-18);
    }

    [Fact]
    public void WithoutWarmUpTheFirstStepHasTheFullRate() => Assert.Equal(3e-3, new LearningRateSchedule(3e-3, 0, 10).At(1));

    [Fact]
    public void EveryEpochHasEachSampleOnceInAnOrderOfItsOwn()
    {
        var order = new DataOrder(23, 4, seed: 5);
        Assert.Equal(6, order.StepsAnEpoch);
        int[][] epochs = [.. Enumerable.Range(0, 3).Select(epoch => Enumerable.Range(1 + (6 * epoch), 6).SelectMany(order.At).ToArray())];
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, 23), epoch.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
        Assert.NotEqual(epochs[1], epochs[2]);
    }

    [Fact]
    public void TheOrderOfAStepFollowsFromTheSeedWhateverWasAskedBefore()
    {
        var one = new DataOrder(100, 8, seed: 1);
        _ = Enumerable.Range(1, 40).Select(one.At).ToArray();
        Assert.Equal(new DataOrder(100, 8, seed: 1).At(17), one.At(17));
        Assert.NotEqual(new DataOrder(100, 8, seed: 2).At(17), one.At(17));
    }

    [Theory]
    [InlineData("[[\"ave:0\", \"ave:9\"]]", "found “ave:9”")]
    [InlineData("[[\"nothing:0\"]]", "found “nothing:0”")]
    [InlineData("[[\"ave:-1\"]]", "found “ave:-1”")]
    [InlineData("[[]]", "found no batch, or an empty one")]
    [InlineData("[]", "found no batch, or an empty one")]
    [InlineData("{\"ave\": 0}", "found something else than a list of batches")]
    [InlineData("[[\"ave:0\"", "found something else than a list of batches")]
    public void AnOrderThatNamesNoSamplesIsRefusedWithWhatItSays(string json, string complaint)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, json);
            using AvUieTrainingSamples samples = TestData.Samples("ave", "a2v");
            Assert.Contains(complaint, Assert.Throws<TrainingException>(() => samples.ReadOrder(file)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void SamplesOfSeveralTasksFollowEachOtherUnderTheirOwnNames()
    {
        using AvUieTrainingSamples samples = TestData.Samples("dfew", "a2v");
        Assert.Equal(["dfew:0", "dfew:1", "dfew:2", "a2v:0", "a2v:1"], samples.Select(sample => sample.Name));
        Assert.Equal("<answer>happy</answer>", samples[2].Target);
    }

    [Theory]
    [InlineData("--rank", 0)]
    [InlineData("--dropout", 1)]
    [InlineData("--batch", 0)]
    [InlineData("--lr", -1)]
    public void ANumberThatMakesNoSenseIsRefusedByItsOption(string option, double value)
    {
        TrainingOptions options = TestData.Options("nowhere");
        options = option switch
        {
            "--rank" => options with { Rank = (int)value },
            "--dropout" => options with { Dropout = value },
            "--batch" => options with { BatchSize = (int)value },
            _ => options with { LearningRate = value },
        };
        Assert.StartsWith($"{option}: found {value}; expected", Assert.Throws<TrainingException>(options.Check).Message, StringComparison.Ordinal);
    }
}

using CrabStudio.Tasks;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Languages;

namespace CrabStudio.Web.Tests.Components;

public sealed class TimeAxisTests
{
    [Theory]
    [InlineData(2, 5, 0.2, 0.3, null)]
    [InlineData(0, 10, 0, 1, null)]
    [InlineData(8, 10.4, 0.8, 0.2, null)]
    [InlineData(8, 14, 0.8, 0.2, "reaches beyond the end of the clip")]
    [InlineData(12, 14, 1, 0, "lies after the end of the clip")]
    [InlineData(-3, 4, 0, 0.4, "begins before the clip")]
    [InlineData(5, 2, 0.2, 0.3, "the end lies before the start")]
    [InlineData(3, 3, 0.3, 0, "start and end are the same")]
    public void ARangeIsDrawnWithinTheClipAndWhatWasChangedIsSaid(double start, double end, double left, double width, string? problem)
    {
        LaneRange range = LaneRange.From(start, end, 10);
        Assert.Equal((start, end), (range.StartSeconds, range.EndSeconds));
        Assert.Equal(left, range.Left, 9);
        Assert.Equal(width, range.Width, 9);
        Assert.Equal(problem, range.Problem);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void AClipWithoutLengthHasRangesWithoutPlace(double duration)
    {
        LaneRange range = LaneRange.From(2, 5, duration);
        Assert.Equal((0, 0), (range.Left, range.Width));
        Assert.NotNull(range.Problem);
    }

    [Fact]
    public void EveryRangeStaysOnTheAxis()
    {
        Random random = new(3);
        for (int trial = 0; trial < 1000; trial++)
        {
            LaneRange range = LaneRange.From(Wild(random), Wild(random), Math.Exp(random.NextDouble() * 20 - 8));
            Assert.InRange(range.Left, 0, 1);
            Assert.InRange(range.Width, 0, 1);
            Assert.InRange(range.Left + range.Width, 0, 1 + 1e-12);
        }
    }

    [Fact]
    public void AnEventHasOneLaneForEachModality()
    {
        IReadOnlyList<Lane> lanes = Lane.From(
        [
            new AnswerEvent("Dog", EventModality.Audio, 6, 7),
            new AnswerEvent("dog", EventModality.Audio, 1, 2),
            new AnswerEvent("Dog", EventModality.Visual, 3, 4),
            new AnswerEvent("Bell", EventModality.AudioVisual, null, null),
        ], 10);
        Assert.Equal([("Dog", "heard"), ("Dog", "seen")], lanes.Select(lane => (lane.Label, lane.ModalityWords(EnglishWords.Only))));
        Assert.Equal([1.0, 6.0], lanes[0].Ranges.Select(range => range.StartSeconds));
    }

    [Theory]
    [InlineData(10, 11, 1)]
    [InlineData(1, 11, 0.1)]
    [InlineData(95, 10, 10)]
    [InlineData(0.05, 1, 0)]
    public void MarksStandAtRoundNumbersUpToTheEnd(double duration, int count, double step)
    {
        IReadOnlyList<double> ticks = AxisTicks.For(duration);
        Assert.Equal(count, ticks.Count);
        Assert.Equal(0, ticks[0]);
        Assert.Equal(step * (count - 1), ticks[^1], 9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void AnAxisWithoutLengthHasOneMark(double duration) => Assert.Equal([0.0], AxisTicks.For(duration));

    [Fact]
    public void MarksAreEvenFewAndNeverBeyondTheEnd()
    {
        for (double duration = 0.01; duration < 6 * 3600; duration *= 1.07)
        {
            IReadOnlyList<double> ticks = AxisTicks.For(duration);
            Assert.InRange(ticks.Count, 1, 11);
            Assert.True(ticks[^1] <= duration * (1 + 1e-9) + 1e-9);
            Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.Equal(ticks[1], pair.Second - pair.First, 6));
        }
    }

    private static double Wild(Random random) => random.Next(4) switch { 0 => random.Next(20), 1 => -random.NextDouble() * 10, 2 => random.NextDouble() * 1e9, _ => random.NextDouble() };
}

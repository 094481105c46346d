using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Tasks.Tests.Metrics;

public sealed class ResamplingTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(1, 9, 0.021484375)]
    [InlineData(9, 1, 0.021484375)]
    [InlineData(0, 6, 0.03125)]
    [InlineData(3, 12, 0.03515625)]
    public void McNemarIsTheTwoSidedBinomial(int onlyFirst, int onlySecond, double p) => Assert.Equal(p, Resampling.McNemar(onlyFirst, onlySecond), 12);

    [Fact]
    public void McNemarOfManySamplesNeitherOverflowsNorVanishes()
    {
        // 400 of 1000: the normal approximation with continuity gives 2·Φ(−6.29).
        Assert.InRange(Resampling.McNemar(400, 600), 1e-11, 1e-9);
        Assert.InRange(Resampling.McNemar(49_900, 50_100), 0.5, 0.55);
    }

    [Fact]
    public void TheIntervalIsThatOfNumpy()
    {
        // numpy.percentile(range(101), [2.5, 97.5])
        (double low, double high) = Resampling.Interval(Enumerable.Range(0, 101).Reverse().Select(value => (double?)value))!.Value;
        Assert.Equal((2.5, 97.5), (Math.Round(low, 9), Math.Round(high, 9)));
        Assert.Equal((3, 3), Resampling.Interval([null, 3, null])!.Value);
        Assert.Null(Resampling.Interval([null]));
    }

    [Fact]
    public void DrawsOfOneSeedAreTheSameAndOfAnotherAreNot()
    {
        IReadOnlyList<int[]> draws = Resampling.Draws(50, 200, 1, "ks");

        Assert.Equal(draws, Resampling.Draws(50, 200, 1, "ks"));
        Assert.NotEqual(draws, Resampling.Draws(50, 200, 2, "ks"));
        Assert.NotEqual(draws, Resampling.Draws(50, 200, 1, "ucf"));
        Assert.All(draws, draw => Assert.All(draw, place => Assert.InRange(place, 0, 49)));
        // Each of 50 places is expected 200 times among 10,000.
        Assert.All(draws.SelectMany(draw => draw).GroupBy(place => place), place => Assert.InRange(place.Count(), 130, 280));
    }

    [Fact]
    public void DifferencesOnOneSideAreSureAndOnBothAreNot()
    {
        Assert.Equal(2.0 / 1001, Resampling.OtherSide([.. Enumerable.Repeat(0.1, 1000)]), 12);
        Assert.Equal(1, Resampling.OtherSide([.. Enumerable.Repeat(0.0, 1000)]));
        Assert.InRange(Resampling.OtherSide([.. Enumerable.Range(-500, 1000).Select(value => value + 0.5)]), 0.99, 1);
    }
}

using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Tests.Components;

namespace CrabStudio.Web.Tests.Routing;

public sealed class RouteMeasureTests
{
    [Theory]
    [InlineData(new[] { 1.0, 0, 0 }, 1)]
    [InlineData(new[] { 0.5, 0.5, 0 }, 2)]
    [InlineData(new[] { 0.25, 0.25, 0.25, 0.25 }, 4)]
    [InlineData(new[] { 0.5, 0.25, 0.25 }, 2.8284271247461903)]
    public void TheEffectiveNumberOfExpertsIsTwoToTheEntropy(double[] mix, double experts) => Assert.Equal(experts, RouteMeasures.EffectiveExperts(mix), 12);

    [Theory]
    [InlineData(new[] { 1.0, 0 }, new[] { 0.0, 1 }, 1)]
    [InlineData(new[] { 0.5, 0.5 }, new[] { 0.5, 0.5 }, 0)]
    [InlineData(new[] { 1.0, 0 }, new[] { 0.5, 0.5 }, 0.31127812445913283)]
    [InlineData(new[] { 0.7, 0.2, 0.1 }, new[] { 0.1, 0.2, 0.7 }, 0.3651484454403228)]
    public void TheDivergenceHasTheValuesWorkedOutByHand(double[] one, double[] other, double bits) => Assert.Equal(bits, RouteMeasures.Divergence(one, other), 12);

    [Fact]
    public void TheDivergenceIsTheEntropyOfTheMiddleLessTheMeanEntropy()
    {
        Random random = new(11);
        for (int trial = 0; trial < 300; trial++)
        {
            int experts = random.Next(2, 8);
            double[] one = Samples.RandomMix(random, experts), other = Samples.RandomMix(random, experts);
            double[] middle = [.. one.Zip(other, (p, q) => (p + q) / 2)];
            double expected = RouteStatistics.Entropy(middle) - ((RouteStatistics.Entropy(one) + RouteStatistics.Entropy(other)) / 2);
            double divergence = RouteMeasures.Divergence(one, other);
            Assert.Equal(expected, divergence, 9);
            Assert.Equal(divergence, RouteMeasures.Divergence(other, one), 14);
            Assert.InRange(divergence, 0, 1);
        }
    }

    [Fact]
    public void ASmallDivergenceIsThatOfItsSecondOrder()
    {
        // (Δ² / p) / (8 ln 2) for each expert.
        const double Delta = 1e-4;
        Assert.Equal(2 * Delta * Delta / 0.5 / (8 * Math.Log(2)), RouteMeasures.Divergence([0.5 + Delta, 0.5 - Delta], RouteMeasures.Uniform(2)), 1e-14);
    }

    [Fact]
    public void MixesOverDifferentNumbersOfExpertsAreNotCompared() => Assert.Throws<ArgumentException>(() => RouteMeasures.Divergence([1], [0.5, 0.5]));

    [Fact]
    public void AMixIsMeasuredAgainstItsRunAndAgainstEqualShares()
    {
        MixMeasures measures = MixMeasures.Of([0.5, 0.5, 0], 0.75, [1.0 / 3, 1.0 / 3, 1.0 / 3]);
        Assert.Equal((1, 0.75, 2), (measures.Entropy, measures.MeanEntropy, measures.EffectiveExperts));
        Assert.Null(measures.Dominant);
        Assert.Equal(measures.FromUniform, measures.FromRun, 12);
        Assert.True(measures.FromUniform > 0.1);
        Assert.Equal(0, MixMeasures.Of([0.2, 0.8], 0, [0.2, 0.8]).FromRun);
    }

    [Theory]
    [InlineData(" dog", TokenClass.Word)]
    [InlineData("3rd", TokenClass.Word)]
    [InlineData("狗", TokenClass.Word)]
    [InlineData("12", TokenClass.Number)]
    [InlineData(" ,", TokenClass.Mark)]
    [InlineData("</", TokenClass.Mark)]
    [InlineData(" \n", TokenClass.Blank)]
    [InlineData("", TokenClass.Silent)]
    public void TokensFallIntoKindsByWhatTheySay(string text, TokenClass kind) => Assert.Equal(kind, TokenClasses.Of(text));

    [Theory]
    [InlineData("model.layers.3.self_attn.q_proj", 3, "q")]
    [InlineData("visual.blocks.12.mlp.gate_proj", 12, "gate")]
    [InlineData("audio_tower.layers.0.self_attn.v_proj", 0, "v")]
    [InlineData("visual.merger.mlp.0", null, "0")]
    public void ALinearKnowsItsLayerAndItsModule(string name, int? layer, string module) => Assert.Equal((layer, module), (RouteLinear.Of(name).Layer, RouteLinear.Of(name).Module));
}

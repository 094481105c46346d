using System.Globalization;
using System.Text.RegularExpressions;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Languages;

namespace CrabStudio.Web.Tests.Components;

public sealed class RouteMathTests
{
    [Fact]
    public void TheMeanOverLinearsIsUnweighted() => Assert.Equal([0.375, 0.375, 0.25], RouteStatistics.MeanOverLinears(Samples.Routes(0), 3));

    [Fact]
    public void MeansOfMixesAreMixesAndDoNotDependOnTheOrderOfLinears()
    {
        Random random = new(1);
        for (int trial = 0; trial < 200; trial++)
        {
            int linears = random.Next(1, 30), experts = random.Next(1, 8);
            RouteMatrix routes = Samples.RandomRoutes(random, linears, 1, experts);
            double[] mean = RouteStatistics.MeanOverLinears(routes.Weights, experts);
            float[] reversed = [.. routes.Weights.Chunk(experts).Reverse().SelectMany(row => row)];
            Assert.Equal(1, mean.Sum(), 5);
            Assert.All(mean, share => Assert.InRange(share, 0, 1));
            Assert.All(mean.Zip(RouteStatistics.MeanOverLinears(reversed, experts)), pair => Assert.Equal(pair.First, pair.Second, 9));
        }
    }

    [Fact]
    public void NoLinearsHaveNoShares() => Assert.Equal([0, 0, 0], RouteStatistics.MeanOverLinears([], 3));

    [Fact]
    public void TheMeanOverPositionsIsThatOfEveryWeight()
    {
        RouteMatrix routes = new(["a", "b"], 2, 2, [0.1f, 0.9f, 0.3f, 0.7f, 1, 0, 0.5f, 0.5f]);
        Assert.All(RouteStatistics.MeanOverPositions(routes).Zip([0.2f, 0.8f, 0.75f, 0.25f]), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
    }

    [Fact]
    public void TheMeanOverThousandsOfPositionsDoesNotDrift()
    {
        const int Positions = 200_000;
        RouteMatrix routes = new(["a"], Positions, 3, [.. Enumerable.Repeat(1f / 3, Positions * 3)]);
        Assert.All(RouteStatistics.MeanOverPositions(routes), share => Assert.Equal(1f / 3, share));
    }

    [Theory]
    [InlineData(new[] { 1.0, 0, 0 }, 0)]
    [InlineData(new[] { 0.5, 0.5, 0 }, 1)]
    [InlineData(new[] { 0.5, 0.25, 0.25 }, 1.5)]
    [InlineData(new[] { 0.25, 0.25, 0.25, 0.25 }, 2)]
    public void EntropyIsInBits(double[] mix, double bits) => Assert.Equal(bits, RouteStatistics.Entropy(mix), 12);

    [Fact]
    public void EntropyLiesBetweenOneVoiceAndAllAlikeAndMixingNeverLowersIt()
    {
        Random random = new(2);
        for (int trial = 0; trial < 300; trial++)
        {
            int experts = random.Next(2, 8);
            RouteMatrix routes = Samples.RandomRoutes(random, random.Next(1, 12), 1, experts);
            double ofMean = RouteStatistics.Entropy(RouteStatistics.MeanOverLinears(routes.Weights, experts));
            double meanOf = RouteStatistics.MeanEntropy(routes.Weights, experts);
            Assert.InRange(ofMean, 0, Math.Log2(experts) + 1e-6);
            Assert.True(meanOf <= ofMean + 1e-6, $"mean of entropies {meanOf}, entropy of the mean {ofMean}");
            double[] uniform = [.. Enumerable.Repeat(1.0 / experts, experts)];
            Assert.Equal(Math.Log2(experts), RouteStatistics.Entropy(uniform), 9);
        }
    }

    [Fact]
    public void AnExpertDominatesOnlyWhenNoOtherHasAsMuch()
    {
        Assert.Equal(1, RouteStatistics.Dominant([0.2, 0.5, 0.3]));
        Assert.Null(RouteStatistics.Dominant([0.4, 0.4, 0.2]));
        Assert.Null(RouteStatistics.Dominant([1.0 / 3, 1.0 / 3, 1.0 / 3]));
        Assert.Null(RouteStatistics.Dominant([0.33333, 0.33335, 0.33332]));
        Assert.Equal(0, RouteStatistics.Dominant([1.0]));
        Assert.Null(RouteStatistics.Dominant([]));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void UniformRoutingStaysUniformInEveryNumberAndShade(int experts)
    {
        RouteMatrix routes = new(["a", "b", "c"], 5, experts, [.. Enumerable.Repeat(1f / experts, 3 * 5 * experts)]);
        MatrixView matrix = TowerRoutes.Mean(routes)!;
        Assert.All(matrix.Mean, share => Assert.Equal(1.0 / experts, share, 6));
        Assert.Null(RouteStatistics.Dominant(matrix.Mean));
        Assert.Equal(Math.Log2(experts), RouteStatistics.MeanEntropy(matrix.Weights, experts), 5);
        Assert.All(matrix.Weights, weight => Assert.Equal(1.0 / experts, matrix.Shade(weight, stretched: false), 6));
        Assert.All(matrix.Weights, weight => Assert.Equal(0.5, matrix.Shade(weight, stretched: true)));
    }

    [Fact]
    public void RoundingIsNeverStretchedIntoADifference()
    {
        MatrixView matrix = new(["a"], 3, [0.3333333f, 0.3333334f, 0.3333333f]);
        Assert.All(matrix.Weights, weight => Assert.Equal(0.5, matrix.Shade(weight, stretched: true)));
    }

    [Fact]
    public void AShadeIsTheWeightItselfUnlessStretched()
    {
        MatrixView matrix = new(["a"], 3, [0.2f, 0.3f, 0.5f]);
        Assert.Equal(0.3, matrix.Shade(0.3f, stretched: false), 6);
        Assert.Equal([0, 1], new[] { 0.2f, 0.5f }.Select(weight => matrix.Shade(weight, stretched: true)));
    }

    [Fact]
    public void TheMeanOfAllPositionsIsThatOfItsPartsWeighedByTheirNumber()
    {
        Random random = new(5);
        RouteMatrix routes = Samples.RandomRoutes(random, 4, 6, 3);
        IReadOnlyList<PromptSpan> spans = Samples.Seen().Spans;
        Assert.Equal([(PromptPart.Text, 3), (PromptPart.Audio, 3)], TowerRoutes.Parts(spans));
        MatrixView text = TowerRoutes.Mean(routes, spans, PromptPart.Text)!, audio = TowerRoutes.Mean(routes, spans, PromptPart.Audio)!, all = TowerRoutes.Mean(routes)!;
        for (int i = 0; i < all.Weights.Length; i++)
        {
            Assert.Equal(all.Weights[i], ((3 * text.Weights[i]) + (3 * audio.Weights[i])) / 6, 5);
        }
    }

    [Fact]
    public void AMeanOverNothingIsNone()
    {
        Assert.Null(TowerRoutes.Mean(new RouteMatrix(["a"], 0, 3, [])));
        Assert.Null(TowerRoutes.Mean(Samples.RandomRoutes(new Random(1), 2, 6, 3), Samples.Seen().Spans, PromptPart.Video));
    }

    [Fact]
    public void ExpertsHaveTheColoursOfOkabeAndItoInOrder()
    {
        Assert.Equal(["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"], ExpertPalette.Set(7));
        Assert.Equal(["A", "B", "Z", "E27"], new[] { 0, 1, 25, 26 }.Select(ExpertPalette.Letter));
    }

    [Fact]
    public void LettersAreReadableOnEveryColour() =>
        Assert.All(Enumerable.Range(0, 7), expert => Assert.True(Contrast.Of(ExpertPalette.Ink(expert), ExpertPalette.Colour(expert)) >= 4.5, ExpertPalette.Colour(expert)));

    [Fact]
    public void StackedSharesBeginAtZeroEndAtOneAndHaveHardEdges()
    {
        Random random = new(4);
        for (int trial = 0; trial < 300; trial++)
        {
            double[] mix = Samples.RandomMix(random, random.Next(1, 8));
            (string Colour, double From, double To)[] bands = Bands(RoutingWords.StackedShares(mix));
            Assert.Equal(mix.Length, bands.Length);
            Assert.Equal((0, 100), (bands[0].From, bands[^1].To));
            Assert.All(bands.Zip(bands.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
            Assert.All(bands.Zip(mix), pair => Assert.Equal(100 * pair.Second, pair.First.To - pair.First.From, 0.011));
            Assert.Equal(ExpertPalette.Set(mix.Length), bands.Select(band => band.Colour));
        }
    }

    [Fact]
    public void SharesAreSpokenWithLettersAndPercentWhateverTheLanguageOfTheMachine()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.Equal("A 25.0%, B 75.0%", RoutingWords.Shares([0.25, 0.75]));
            Assert.Equal("background-image:linear-gradient(to top,#0072B2 0% 12.5%,#E69F00 12.5% 100%)", RoutingWords.StackedShares([0.125, 0.875]));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("", "∅", "part of a character")]
    [InlineData(" dog", "␣dog", "dog")]
    [InlineData("\n", "⏎", "line break")]
    [InlineData("  ", "␣␣", "space")]
    [InlineData("a\tb\r", "a⇥b␍", "a\tb")]
    public void TokensAreMadeVisibleAndSpeakable(string text, string visible, string spoken)
    {
        Assert.Equal(visible, RoutingWords.Visible(text));
        Assert.Equal(spoken, RoutingWords.Spoken(text, EnglishWords.Only));
    }

    [Theory]
    [InlineData("model.layers.3.self_attn.q_proj", "layer 3 · self_attn.q_proj")]
    [InlineData("thinker.visual.blocks.12.attn.qkv", "layer 12 · attn.qkv")]
    [InlineData("layers.0.fc1", "layer 0 · fc1")]
    [InlineData("visual.merger.mlp.0", "visual.merger.mlp.0")]
    public void LinearsAreNamedByLayer(string name, string words) => Assert.Equal(words, RoutingWords.Linear(name, EnglishWords.Only));

    internal static (string Colour, double From, double To)[] Bands(string style) =>
        [.. Regex.Matches(style, @"(#[0-9A-F]{6}) ([\d.]+)% ([\d.]+)%").Select(match => (match.Groups[1].Value, Number(match.Groups[2]), Number(match.Groups[3])))];

    private static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);
}

using CrabStudio.Model.Generation;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Languages;

namespace CrabStudio.Web.Tests.Routing;

public sealed class RouteSelectionTests
{
    [Theory]
    [InlineData("tokens-3")]
    [InlineData("tokens-3-5~layer-12")]
    [InlineData("time-1.2-3.44~modality-sound")]
    [InlineData("patch-1.3.5~part-text~layer-0~module-gate~expert-B")]
    [InlineData("modality-still")]
    public void ASelectionComesBackFromTheAddressAsItWentThere(string query) => Assert.Equal(query, RouteSelection.Parse(query).ToQuery());

    [Fact]
    public void EverySelectionHasAnAddressAndItsAddressMeansTheSame()
    {
        Random random = new(3);
        for (int trial = 0; trial < 500; trial++)
        {
            bool Coin() => random.Next(2) == 0;
            int first = random.Next(500);
            RouteSelection selection = new()
            {
                Tokens = Coin() ? (first, first + random.Next(3)) : null,
                Time = Coin() ? (first / 8.0, (first + 1) / 8.0) : null,
                Patch = Coin() ? new PatchPlace(random.Next(20), random.Next(8), random.Next(8)) : null,
                Modality = Coin() ? (PromptPart)random.Next(4) : null,
                Network = Coin() ? (RouteNetwork)random.Next(3) : null,
                Layer = Coin() ? random.Next(40) : null,
                Module = Coin() ? "q" : null,
                Expert = Coin() ? random.Next(7) : null,
            };
            Assert.Equal(selection, RouteSelection.Parse(selection.ToQuery()));
            Assert.Equal(selection.IsEmpty, selection.Words(EnglishWords.Only).Length == 0);
            Assert.Equal(selection.IsEmpty, selection.ToQuery() is null);
            Assert.Equal(Uri.EscapeDataString(selection.ToQuery() ?? ""), selection.ToQuery() ?? "");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("tokens-0")]
    [InlineData("tokens-5-3")]
    [InlineData("tokens-1-2-3")]
    [InlineData("tokens-99999999999999999999")]
    [InlineData("time-3-1")]
    [InlineData("time-NaN-Infinity")]
    [InlineData("patch-1.2")]
    [InlineData("layer--1")]
    [InlineData("module-<script>")]
    [InlineData("expert-1")]
    [InlineData("~~~")]
    public void WhatIsNoSelectionInTheAddressIsLeftOut(string? query) => Assert.True(RouteSelection.Parse(query).IsEmpty);

    [Fact]
    public void AnItemThatIsBrokenDoesNotTakeTheOthersAlong() => Assert.Equal("layer-4", RouteSelection.Parse("time-x~layer-4~what-1").ToQuery());

    [Fact]
    public void ASelectionIsSaidInWords() => Assert.Equal(
        "1.20 to 3.40 s · positions of the sound · text decoder · layer 12 · module q · expert B", RouteSelection.Parse("time-1.2-3.4~modality-sound~part-text~layer-12~module-q~expert-B").Words(EnglishWords.Only));

    [Fact]
    public void ASpanOfTimeTakesWhatOverlapsItAndNothingWithoutATime()
    {
        RouteSelection selection = RouteSelection.Parse("time-1-2");
        Assert.True(selection.Takes(new RoutePlace(PromptPart.Audio, null, 1.96, 2.0)));
        Assert.False(selection.Takes(new RoutePlace(PromptPart.Audio, null, 2.0, 2.04)));
        Assert.False(selection.Takes(new RoutePlace(PromptPart.Audio, null, 0.96, 1.0)));
        Assert.True(selection.Takes(new RoutePlace(PromptPart.Video, null, 1.0, 1.0, 0, 0, 0, 0)));
        Assert.True(selection.Takes(new RoutePlace(PromptPart.Video, null, 0.5, 1.5, 0, 1, 0, 0)));
        // A pair of pictures whose second is shown where the span begins.
        Assert.True(selection.Takes(new RoutePlace(PromptPart.Video, null, 0, 1.0, 0, 1, 0, 0)));
        Assert.False(selection.Takes(new RoutePlace(PromptPart.Video, null, 2.0, 3.0, 2, 3, 0, 0)));
        Assert.False(selection.Takes(new RoutePlace(PromptPart.Text, null, null, null)));
        Assert.False(selection.Takes(0));
    }

    [Fact]
    public void APatchTakesTheOnePositionOfItsFramePair()
    {
        RouteSelection selection = RouteSelection.Parse("patch-2.1.3");
        Assert.True(selection.Takes(new RoutePlace(PromptPart.Video, null, 0, 1, 0, 1, 0, 2)));
        Assert.False(selection.Takes(new RoutePlace(PromptPart.Video, null, 0, 1, 0, 1, 0, 1)));
        Assert.False(selection.Takes(new RoutePlace(PromptPart.Video, null, 2, 3, 2, 3, 0, 2)));
    }

    [Fact]
    public void TokensOfTheAnswerAndPositionsOfThePromptExcludeEachOther()
    {
        Assert.True(RouteSelection.Parse("tokens-2-3").Takes(1));
        Assert.False(RouteSelection.Parse("tokens-2-3").Takes(3));
        Assert.False(RouteSelection.Parse("tokens-2-3").Takes(new RoutePlace(PromptPart.Text, null, null, null)));
        Assert.True(RouteSelection.None.Takes(7));
        Assert.True(RouteSelection.None.Takes(new RoutePlace(PromptPart.Text, null, null, null)));
    }
}

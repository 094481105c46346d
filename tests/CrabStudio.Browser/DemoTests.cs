using System.Globalization;
using System.Text.Json;
using CrabStudio.Model.Configuration;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>The demos, asked of the model of the repository as a newcomer would: right answers in the right lanes, and honest words where it guesses.</summary>
public sealed class DemoTests(NewStudio newcomer, Chromium chromium) : IClassFixture<NewStudio>
{
    private static readonly JsonElement[] Demos =
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.Repository, "wwwroot", "demo", "demo.json"))).RootElement.EnumerateArray()];

    [Fact]
    public async Task WhatIsHeardAndWhatIsSeenLieInTheirLanesAtTheirTimes()
    {
        (IPage page, ParsedAnswer truth, _) = await AskAsync("avvp");
        Assert.NotEmpty(truth.Events);
        await Assertions.Expect(page.Test("lane")).ToHaveCountAsync(truth.Events.Select(one => (one.Label, one.Modality)).Distinct().Count());
        foreach (AnswerEvent one in truth.Events)
        {
            string heard = one.Modality == EventModality.Audio ? "heard" : "seen";
            ILocator lane = page.Test("lane").Filter(new LocatorFilterOptions { Has = page.GetByTitle($"{one.Label}, {heard}", new PageGetByTitleOptions { Exact = true }) });
            ILocator range = lane.GetByTestId("event-range").First;
            Assert.Equal(one.StartSeconds!.Value, await NumberAsync(range, "data-from"), 1.0);
            Assert.Equal(one.EndSeconds!.Value, await NumberAsync(range, "data-to"), 1.0);
        }
    }

    [Fact]
    public async Task TheFeelingOfAFaceIsTheRightOne()
    {
        (IPage page, ParsedAnswer truth, string text) = await AskAsync("meld");
        Assert.Equal(truth.Choice, AnswerParser.Parse("meld", text).Choice);
        await Assertions.Expect(page.Test("small-model-note")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Test("untrained-banner")).ToHaveCountAsync(0);
        await page.Test("demo-truth").Locator("summary").ClickAsync();
        await Assertions.Expect(page.Test("demo-truth")).ToContainTextAsync(truth.Choice!);
    }

    [Fact]
    public async Task OneEventIsNamedAndLiesInItsLaneAtItsTime()
    {
        (IPage page, ParsedAnswer truth, _) = await AskAsync("ave");
        AnswerEvent wanted = Assert.Single(truth.Events);
        ILocator lane = Assert.Single(await page.Test("lane").AllAsync());
        await Assertions.Expect(lane.Locator(".lane-label")).ToHaveTextAsync(wanted.Label);
        ILocator range = lane.GetByTestId("event-range").First;
        Assert.Equal(wanted.StartSeconds!.Value, await NumberAsync(range, "data-from"), 1.0);
        Assert.Equal(wanted.EndSeconds!.Value, await NumberAsync(range, "data-to"), 1.0);
    }

    [Fact]
    public async Task ABoxIsDrawnWhereTheThingIsThatSounds()
    {
        (IPage page, ParsedAnswer truth, string text) = await AskAsync("arig");
        AnswerBox there = Assert.Single(truth.Boxes), said = Assert.Single(AnswerParser.Parse("arig", text).Boxes);
        Assert.InRange(BoxScore.PlainIou(there, said), 0.5, 1);
        await Assertions.Expect(page.Test("box").First).ToBeVisibleAsync();
        Assert.All(ModelCard.Load(Path.Combine(Golden.Repository, "models", "default"))!.Of("arig"), figure => Assert.True(figure.BeatsGuessing));
        await Assertions.Expect(page.Test("guessing-note")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task TheVideoThatBelongsToASoundIsFound()
    {
        (IPage page, ParsedAnswer truth, string text) = await AskAsync("a2v");
        Assert.Equal(truth.Choice, AnswerParser.Parse("a2v", text).Choice);
        await Assertions.Expect(page.Test("guessing-note")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task WhereTheModelGuessesItIsSaid()
    {
        Assert.Contains(ModelCard.Load(Path.Combine(Golden.Repository, "models", "default"))!.Of("avqa"), figure => !figure.BeatsGuessing);
        (IPage page, _, _) = await AskAsync("avqa");
        await Assertions.Expect(page.Test("guessing-note")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task AClipOfOnesOwnIsMetWithAnHonestLine()
    {
        IPage page = await chromium.NewPageAsync(newcomer.Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_b.mp4");
        await Assertions.Expect(page.Test("small-model-note")).ToContainTextAsync("about a clip from elsewhere it guesses");
        await page.AskAsync("avcap");
        await page.EndedAsync();
        await Assertions.Expect(page.Test("small-model-note")).ToBeVisibleAsync();
    }

    private static async Task<double> NumberAsync(ILocator element, string attribute) => double.Parse((await element.GetAttributeAsync(attribute))!, CultureInfo.InvariantCulture);

    // Two presses: the demo, whose question is filled in, and Ask.
    private async Task<(IPage Page, ParsedAnswer Truth, string Text)> AskAsync(string task)
    {
        JsonElement demo = Demos.First(one => one.GetProperty("questions")[0].GetProperty("task").GetString() == task);
        IPage page = await chromium.NewPageAsync(newcomer.Studio);
        await page.OpenAsync();
        await page.Test($"demo-{demo.GetProperty("name").GetString()}").ClickAsync();
        await Assertions.Expect(page.Test("suggestions")).ToBeVisibleAsync();
        // The address names the clips now, and the page has come to rest: a press before could fall beside the button.
        await page.WaitForURLAsync("**clips=**");
        await page.WaitForFunctionAsync("() => [...document.querySelectorAll('video, audio')].every(player => player.readyState >= 1)");
        await page.Test("ask-button").ClickAsync();
        await page.WaitForURLAsync("**/sessions/**");
        await page.EndedAsync();
        return (page, AnswerParser.Parse(task, demo.GetProperty("target").GetString()!), await page.AnswerAsync());
    }
}

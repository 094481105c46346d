using System.Text.Json;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>A run is altered, put beside its original, and shown once more as it grew.</summary>
public sealed class AlterTests(NewStudio newcomer, Chromium chromium) : IClassFixture<NewStudio>
{
    private static readonly LocatorAssertionsToContainTextOptions Patient = new() { Timeout = 30_000 };

    [Fact]
    public async Task AnAnswerIsRunAgainAlteredComparedWithTheOriginalAndReplayedByKeyboard()
    {
        IPage page = await chromium.NewPageAsync(newcomer.Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_a.mp4");
        await page.AskAsync("ave");
        await page.EndedAsync();
        Guid session = Guid.Parse(new Uri(page.Url).AbsolutePath.Split('/')[2]);

        // Only expert B, in the audio tower.
        await page.Test("alter-panel").Locator("summary").First.ClickAsync();
        await page.Test("alter-pin").CheckAsync();
        await page.Test("alter-expert-B").ClickAsync();
        await page.Test("alter-part-audio").CheckAsync();
        await page.Locator(".alter-more summary").ClickAsync();
        await page.Test("alter-layers").FillAsync("99");
        await page.Test("alter-run").ClickAsync();
        await Assertions.Expect(page.Test("alter-problem")).ToContainTextAsync("layers: found 99", Patient);
        await page.Test("alter-layers").FillAsync("");
        await page.Test("alter-run").ClickAsync();
        await page.WaitForURLAsync("**answer=**");
        await Assertions.Expect(page.Test("altered-note")).ToContainTextAsync("Altered run: only expert B speaks, in the audio tower", Patient);
        await page.EndedAsync();
        await Assertions.Expect(page.Test("earlier-altered")).ToHaveCountAsync(1);
        await CheckAsync(page);

        // What the page says is what is stored: the audio tower's routers said B alone.
        JsonElement stored = JsonDocument.Parse(await newcomer.Studio.Http.GetStringAsync($"/api/sessions/{session}")).RootElement.GetProperty("answers");
        Guid altered = stored[1].GetProperty("id").GetGuid();
        JsonElement routes = JsonDocument.Parse(await newcomer.Studio.Http.GetStringAsync($"/api/answers/{altered}/routes")).RootElement;
        int audio = routes.GetProperty("linears").EnumerateArray().Select(name => name.GetString()!).ToList().FindIndex(name => name.StartsWith("audio_tower.", StringComparison.Ordinal));
        Assert.Equal([0, 1, 0], routes.GetProperty("prefillMean")[audio].EnumerateArray().Select(share => share.GetDouble()));

        // Replay, by keyboard alone: nothing, then all of it, and the answer is as it was.
        string text = await page.AnswerAsync();
        await page.Test("replay-begin").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Test("replay-back").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Test("replay-position").FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Assertions.Expect(page.Test("replay-words")).ToContainTextAsync("token 0 of", Patient);
        await Assertions.Expect(page.Test("answer-text")).ToHaveTextAsync("");
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(page.Test("answer-status")).ToBeVisibleAsync();
        Assert.Equal(text, await page.AnswerAsync());
        await page.Test("replay-end").ClickAsync();
        await Assertions.Expect(page.Test("replay-begin")).ToBeVisibleAsync();

        // Beside the original, from the head of the answer.
        await page.Test("compare-original").ClickAsync();
        await page.WaitForURLAsync("**/compare?answers=**");
        await Assertions.Expect(page.Test("compare-run")).ToHaveCountAsync(2, new LocatorAssertionsToHaveCountOptions { Timeout = 30_000 });
        await Assertions.Expect(page.Test("altered-badge")).ToHaveTextAsync("altered: only expert B speaks, in the audio tower");
        await Assertions.Expect(page.Test("route-parting")).ToContainTextAsync("in the audio tower, position 1 of");
        await Assertions.Expect(page.Test("compare-facts").Locator("tr[data-differs=true] th")).ToContainTextAsync(["Altered"]);
        await Assertions.Expect(page.Test("compare-sets").Locator("tr", new LocatorLocatorOptions { HasText = "Audio tower" })).ToContainTextAsync("A 0.0%, B 100.0%, C 0.0%");
        await Assertions.Expect(page.Test("timeline")).ToBeVisibleAsync();
        await CheckAsync(page);

        // And by boxes, from the session.
        await page.GotoAsync($"/sessions/{session}");
        await page.EndedAsync();
        foreach (int place in new[] { 0, 1 })
        {
            await page.Test("compare-choice").Nth(place).CheckAsync();
        }

        await page.Test("compare-link").ClickAsync();
        await Assertions.Expect(page.Test("compare-run")).ToHaveCountAsync(2);
    }

    // On a wide page and on a phone: nothing that axe calls serious, and nothing wider than the window.
    private static async Task CheckAsync(IPage page)
    {
        foreach (int width in new[] { 390, 1440 })
        {
            await page.SetViewportSizeAsync(width, 900);
            await page.HasNoBarriersAsync();
        }
    }
}

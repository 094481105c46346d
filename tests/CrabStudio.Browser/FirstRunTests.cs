using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>A studio as a newcomer starts it: with the model of the repository and an empty data folder.</summary>
public sealed class NewStudio : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("crab-new-").FullName;

    public StudioProcess Studio { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Studio = await StudioProcess.StartAsync(data);

    public async ValueTask DisposeAsync()
    {
        await Studio.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }
}

/// <summary>What a newcomer does in the first minutes.</summary>
public sealed partial class FirstRunTests(NewStudio newcomer, Chromium chromium) : IClassFixture<NewStudio>
{
    private StudioProcess Studio => newcomer.Studio;

    [Fact]
    public async Task AClipIsUploadedAskedAndAnsweredWithItsRoutingAndTheNumbersAreThoseOfTheApi()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_a.mp4");
        await page.AskAsync("ave");
        await page.EndedAsync();
        Guid answer = await LastAnswerAsync(page);
        JsonElement stored = await JsonAsync($"/api/answers/{answer}");
        Assert.Equal("done", stored.GetProperty("status").GetString());
        Assert.Equal(Words(stored.GetProperty("text").GetString()!), Words(await page.AnswerAsync()));
        await Assertions.Expect(page.Test("small-model-note").First).ToContainTextAsync("about a clip from elsewhere it guesses");

        // The third token's matrix, in full digits, against the API's.
        await page.Test("token-2").ClickAsync();
        await page.Test("plain-table-switch").First.ClickAsync();
        JsonElement routes = await JsonAsync($"/api/answers/{answer}/routes");
        int experts = routes.GetProperty("experts").GetInt32(), linears = routes.GetProperty("steps")[2].GetArrayLength();
        double[] expected = [.. routes.GetProperty("steps")[2].EnumerateArray().SelectMany(linear => linear.EnumerateArray()).Select(weight => weight.GetDouble())];
        ILocator rows = page.Test("routing-matrix").Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(linears);
        double[] shown = await NumbersAsync(rows, experts);
        Assert.Equal(expected.Length, shown.Length);
        Assert.All(expected.Zip(shown), pair => Assert.Equal(pair.First, pair.Second, 1e-6));

        // The prompt's mean of the text decoder likewise, and the towers have views of their own.
        await page.Test("routing-tab-text").ClickAsync();
        double[] mean = [.. routes.GetProperty("prefillMean").EnumerateArray().Take(linears).SelectMany(linear => linear.EnumerateArray()).Select(weight => weight.GetDouble())];
        await Assertions.Expect(page.Test("routing-matrix")).ToHaveAttributeAsync("aria-label", TextDecoder());
        await Assertions.Expect(rows).ToHaveCountAsync(linears);
        Assert.All(mean.Zip(await NumbersAsync(rows, experts)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        foreach (string tower in new[] { "audio", "vision" })
        {
            await page.Test($"routing-tab-{tower}").ClickAsync();
            await Assertions.Expect(rows.First).ToContainTextAsync(tower == "audio" ? "self_attn" : "mlp");
        }
    }

    [Fact]
    public async Task TheTimelineAndThePlayerMoveEachOther()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_a.mp4");
        await page.AskAsync("avcap");
        await page.EndedAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('video')?.readyState >= 1");
        ILocator axis = page.Test("timeline-axis");
        LocatorBoundingBoxResult box = (await axis.BoundingBoxAsync())!;
        double duration = await page.EvaluateAsync<double>("() => document.querySelector('video').duration");
        await page.Mouse.ClickAsync((float)(box.X + (box.Width * 0.5)), (float)(box.Y + (box.Height / 2)));
        await page.WaitForFunctionAsync($"() => Math.abs(document.querySelector('video').currentTime - {(duration / 2).ToString(CultureInfo.InvariantCulture)}) < 0.3");
        // The other way: the player moves, the playhead follows.
        await page.EvaluateAsync("() => { document.querySelector('video').currentTime = 1; }");
        await page.WaitForFunctionAsync("share => Math.abs(parseFloat(getComputedStyle(document.querySelector('[data-testid=timeline]')).getPropertyValue('--playhead')) - share) < 0.03", 1 / duration);
        // A frame that the model saw: go there.
        ILocator tick = page.Locator(".frame-tick").Nth(3);
        double seconds = double.Parse((await tick.GetAttributeAsync("data-seek"))!, CultureInfo.InvariantCulture);
        await tick.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForFunctionAsync($"() => Math.abs(document.querySelector('video').currentTime - {seconds.ToString(CultureInfo.InvariantCulture)}) < 0.3");
    }

    [Fact]
    public async Task ADemoClipIsOnePressAway()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.Locator("[data-testid^=demo-]").First.ClickAsync();
        await Assertions.Expect(page.Test("chosen-clip")).ToBeVisibleAsync();
        await page.AskAsync("");
        await page.EndedAsync();
        Assert.NotEqual("", await page.AnswerAsync());
    }

    [Fact]
    public async Task WhatTheModelWillGetStaysOpenUntilItIsClosed()
    {
        const string Turns = "element => new Promise(done => { let turns = 0; const watch = new MutationObserver(() => turns++); watch.observe(element, { attributeFilter: ['open'] }); setTimeout(() => { watch.disconnect(); done(turns); }, 1500); })";
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.Locator("[data-testid^=demo-]").First.ClickAsync();
        await page.Test("preflight-tokens").WaitForAsync();
        Assert.Equal(0, await page.Test("preflight").EvaluateAsync<int>(Turns));
        await page.Test("preflight").Locator("summary").First.ClickAsync();
        Assert.Equal(0, await page.Test("preflight").EvaluateAsync<int>(Turns));
        await Assertions.Expect(page.Test("preflight-tokens")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task AHostileFileIsRefusedInOneLineAndNothingIsKept()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        string bad = Directory.EnumerateFiles(Golden.Find("hostile/media")).First(file => file.EndsWith(".m3u8", StringComparison.Ordinal));
        await page.Test("upload-input").SetInputFilesAsync(bad);
        await Assertions.Expect(page.Test("upload-error")).ToContainTextAsync(Path.GetFileName(bad));
        await Assertions.Expect(page.Test("chosen-clip")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task WhatIsMissingIsSaidBesideItsField()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_b.mp4");
        await page.Test("task-card-avqa_thu").ClickAsync();
        await page.Test("ask-button").ClickAsync();
        await Assertions.Expect(page.Test("question-form")).ToContainTextAsync("Write the question");
        await Assertions.Expect(page.Test("question-form")).ToContainTextAsync("at least two options");
    }

    [Fact]
    public async Task SessionsAreFoundRenamedDeletedAndDeletedForGoodAfterAQuestion()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_short.mp4");
        await page.AskAsync("");
        await page.EndedAsync();
        await page.GotoAsync("/sessions");
        ILocator rows = page.Test("session-row");
        await Assertions.Expect(page.Test("session-rename").First).ToBeEnabledAsync();
        await page.Test("session-rename").First.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Textbox).FillAsync("Zebra crossing");
        await page.Test("rename-save").ClickAsync();
        await Assertions.Expect(rows.First).ToContainTextAsync("Zebra crossing");
        await page.Test("session-search").FillAsync("zebra");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await page.Test("session-delete").ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(0);
        await page.GotoAsync("/sessions?bin=true&search=zebra");
        await page.Test("session-delete-for-good").ClickAsync();
        // It asks first, and "Keep" keeps.
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Keep" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await page.Test("session-delete-for-good").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Delete for good" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task AClipThatNoSessionUsesIsSeenWithItsSizeAndDeletedAfterAQuestion()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/still_gray.png");
        await page.GotoAsync("/sessions");
        await page.Test("open-clips").ClickAsync();
        ILocator clip = page.Test("unused-clip").Filter(new LocatorFilterOptions { HasText = "still_gray.png" });
        await Assertions.Expect(clip).ToContainTextAsync("kB");
        await Assertions.Expect(page.Test("clips-count")).ToContainTextAsync("clip");
        await clip.GetByTestId("clip-delete").ClickAsync();
        // It asks first, and "Keep" keeps.
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Keep" }).ClickAsync();
        await Assertions.Expect(clip).ToHaveCountAsync(1);
        await clip.GetByTestId("clip-delete").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Delete for good" }).ClickAsync();
        await Assertions.Expect(clip).ToHaveCountAsync(0);
        Assert.DoesNotContain((await JsonAsync("/api/clips/unused")).EnumerateArray(), one => one.GetProperty("fileName").GetString() == "still_gray.png");
    }

    [Theory]
    [InlineData("en-US")]
    [InlineData("zh-CN")]
    public async Task AxeFindsNothingSeriousOnAnyPageAndNoPageIsWiderThanAPhone(string language)
    {
        IPage first = await chromium.NewPageAsync(Studio);
        await first.OpenAsync();
        await first.UploadAsync("media/clip_b.mp4");
        await first.AskAsync("avvp");
        await first.EndedAsync();
        string answer = new Uri(first.Url).PathAndQuery;
        await chromium.InEachLookAsync(Studio, language, async (page, look) =>
        {
            foreach (string path in new[] { "/", answer, "/sessions", "/clips", "/queue", "/atlas", "/data-sets", "/training", "/evaluations", "/studies", "/about", "/no-such-page", "/sessions/00000000-0000-0000-0000-000000000001" })
            {
                await page.GotoAsync(path);
                await page.WaitForFunctionAsync("() => document.querySelector('h1') !== null && document.title !== ''");
                if (path == answer)
                {
                    await page.TokensAsync(1);
                }

                await page.HasNoBarriersAsync();

                // The bar is cut off at its end, which no width tells.
                Assert.Equal((path, look, true), (path, look, await page.EvaluateAsync<bool>("() => [...document.querySelectorAll('.studio-bar a, .studio-bar button')].every(one => one.getBoundingClientRect().right <= innerWidth)")));
            }
        });
    }

    [Fact]
    public async Task TheKeyboardAloneWalksAlongTheTokens()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_b.mp4");
        await page.AskAsync("avcap");
        await page.EndedAsync();
        await page.Test("token-strip").FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Assertions.Expect(page.Test("token-0")).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(page.Test("token-1")).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(page.Locator("[role=option][aria-selected=true]")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Test("token-1")).ToHaveAttributeAsync("aria-selected", "false");
    }

    [Fact]
    public async Task NoScriptIsForbiddenAndNoErrorIsLogged()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        List<string> errors = [];
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => errors.Add(error);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_a.mp4");
        await page.AskAsync("avvp");
        await page.EndedAsync();
        // Each page lives before it is left: a connection that is cut while it begins is an error of the test's own.
        await page.GotoAsync("/sessions");
        await Assertions.Expect(page.Test("session-rename").First).ToBeEnabledAsync();
        foreach (string path in new[] { "/data-sets", "/training" })
        {
            await page.GotoAsync(path);
            await Assertions.Expect(page.Test("copy-command")).ToBeEnabledAsync();
        }

        await page.GotoAsync("/about");
        Assert.Empty(errors);
    }

    private async Task<Guid> LastAnswerAsync(IPage page)
    {
        Guid session = Guid.Parse(SessionPath().Match(page.Url).Groups[1].Value);
        JsonElement stored = await JsonAsync($"/api/sessions/{session}");
        return stored.GetProperty("answers").EnumerateArray().Last().GetProperty("id").GetGuid();
    }

    private async Task<JsonElement> JsonAsync(string path) => JsonDocument.Parse(await Studio.Http.GetStringAsync(path)).RootElement;

    private static async Task<double[]> NumbersAsync(ILocator rows, int experts) =>
        [.. (await rows.EvaluateAllAsync<string[]>("(rows, experts) => rows.flatMap(row => [...row.querySelectorAll('td')].slice(0, experts).map(cell => cell.innerText.trim()))", experts))
            .Select(text => double.Parse(text, CultureInfo.InvariantCulture))];

    // White space is the browser's business.
    private static string Words(string text) => White().Replace(text, " ").Trim();

    [GeneratedRegex(@"/sessions/([0-9a-f-]{36})")]
    private static partial Regex SessionPath();

    [GeneratedRegex("^Text decoder")]
    private static partial Regex TextDecoder();

    [GeneratedRegex(@"[\s\p{C}]+")]
    private static partial Regex White();
}

using System.Text.Json;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>What happens to an answer while it grows: reload, a second watcher, stop, loss of the connection, a power cut.</summary>
public sealed class MiddleOfAnswerTests(Chromium chromium) : IAsyncLifetime
{
    // Enough layers that 512 tokens take many seconds.
    private const int Layers = 120;

    private readonly string folder = Directory.CreateTempSubdirectory("crab-middle-").FullName;
    private StudioProcess studio = null!;

    private string Model => Path.Combine(folder, "model");

    private string Data => Path.Combine(folder, "data");

    public async ValueTask InitializeAsync()
    {
        DeepModel.Write(Model, Layers);
        studio = await StudioProcess.StartAsync(Data, Model);
    }

    public async ValueTask DisposeAsync()
    {
        await studio.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task TokensComeOneByOneAndAReloadAndASecondBrowserMissNone()
    {
        IPage page = await AskAsync();
        // Every state of the text that the page showed.
        await page.EvaluateAsync("() => { window.lengths = []; new MutationObserver(() => window.lengths.push(document.querySelector('[data-testid=answer-text]')?.innerText.length ?? 0)).observe(document.body, { childList: true, characterData: true, subtree: true }); }");
        await CountAsync(page, 30);
        int[] lengths = await page.EvaluateAsync<int[]>("() => window.lengths");
        Assert.True(lengths.Distinct().Count() >= 5, $"the text grew in {lengths.Distinct().Count()} steps only");

        string before = await page.AnswerAsync();
        await page.ReloadAsync();
        IPage other = await chromium.NewPageAsync(studio);
        await other.GotoAsync(new Uri(page.Url).PathAndQuery);
        await CountAsync(page, 60);
        Assert.StartsWith(before, await page.AnswerAsync(), StringComparison.Ordinal);
        Assert.Equal("running", (await AnswerAsync()).GetProperty("status").GetString());

        // On a phone the queue shows what is being done, and the way to stop it.
        IPage phone = await chromium.NewPageAsync(studio, width: 390);
        await phone.GotoAsync("/queue");
        await Assertions.Expect(phone.Test("queue-line")).ToContainTextAsync("answering, ");
        LocatorBoundingBoxResult stop = (await phone.Test("queue-stop").BoundingBoxAsync())!;
        Assert.InRange(stop.X + stop.Width, 0, 390);
        // What one browser stops ends in all, with the same text.
        await phone.Test("queue-stop").ClickAsync();
        await page.EndedAsync();
        await other.EndedAsync();
        JsonElement stored = await AnswerAsync();
        Assert.Equal("stopped", stored.GetProperty("status").GetString());
        Assert.InRange(stored.GetProperty("tokenIds").GetArrayLength(), 60, 511);
        Assert.Equal(await page.AnswerAsync(), await other.AnswerAsync());
        Assert.Equal(string.Concat(stored.GetProperty("tokens").EnumerateArray().Select(token => token.GetProperty("text").GetString())), stored.GetProperty("text").GetString());
    }

    [Fact]
    public async Task AfterAPowerCutTheAnswerIsMarkedInterruptedWithItsTextAndCanBeTriedAgain()
    {
        IPage page = await AskAsync();
        await CountAsync(page, 40);
        await Task.Delay(1200);
        string seen = await page.AnswerAsync();
        int port = new Uri(studio.Address).Port;
        await studio.KillAsync();
        await Assertions.Expect(page.Test("connection-lost")).ToBeVisibleAsync();
        await Assertions.Expect(page.Test("connection-lost")).ToContainTextAsync("Connection lost, reconnecting");
        await studio.DisposeAsync();

        studio = await StudioProcess.StartAsync(Data, Model, port);
        JsonElement stored = await AnswerAsync();
        Assert.Equal("interrupted", stored.GetProperty("status").GetString());
        string kept = stored.GetProperty("text").GetString()!;
        // At most a second of text is lost, and what is kept is the beginning of what was seen.
        Assert.True(kept.Length > 0);
        Assert.StartsWith(kept[..Math.Min(kept.Length, 40)].TrimStart(), seen.TrimStart(), StringComparison.Ordinal);
        Assert.True(stored.GetProperty("tokenIds").GetArrayLength() >= 20);

        // The page comes back by itself and offers another try.
        await Assertions.Expect(page.Test("answer-status")).ToContainTextAsync("nterrupted", new LocatorAssertionsToContainTextOptions { Timeout = 30_000 });
        await page.Test("retry-button").ClickAsync();
        await page.WaitForURLAsync("**answer=**");
        await Assertions.Expect(page.Test("stop-button")).ToBeEnabledAsync();
        await CountAsync(page, 10);
        await page.Test("stop-button").ClickAsync();
        await page.EndedAsync();
    }

    [Fact]
    public async Task AFinishedSessionIsTheSameAfterARestartWithoutTheModel()
    {
        IPage page = await AskAsync();
        await CountAsync(page, 20);
        await page.Test("stop-button").ClickAsync();
        await page.EndedAsync();
        string text = await page.AnswerAsync(), path = new Uri(page.Url).PathAndQuery;
        int frames = await page.Locator(".frame img").CountAsync();
        Assert.True(frames > 0);
        await studio.StopAsync();
        await studio.DisposeAsync();

        // Another model, so that nothing can have been computed anew.
        studio = await StudioProcess.StartAsync(Data);
        IPage later = await chromium.NewPageAsync(studio);
        await later.GotoAsync(path);
        await later.EndedAsync();
        Assert.Equal(text, await later.AnswerAsync());
        Assert.Equal(frames, await later.Locator(".frame img").CountAsync());
        await Assertions.Expect(later.Locator(".answer-facts")).ToContainTextAsync("model");
        bool whole = await later.EvaluateAsync<bool>("async () => { const pictures = [...document.querySelectorAll('.frame img')]; await Promise.all(pictures.map(picture => { picture.loading = 'eager'; return picture.decode(); })); return pictures.every(picture => picture.naturalWidth === 224); }");
        Assert.True(whole);
    }

    private async Task<IPage> AskAsync()
    {
        IPage page = await chromium.NewPageAsync(studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_b.mp4");
        await page.AskAsync("avcap");
        return page;
    }

    // Waits until the page says that so many tokens are there.
    private static Task CountAsync(IPage page, int tokens) => page.WaitForFunctionAsync(
        "tokens => { const match = /token (\\d+) of/.exec(document.querySelector('[data-testid=progress-words]')?.innerText ?? ''); return match && parseInt(match[1]) >= tokens; }",
        tokens,
        new PageWaitForFunctionOptions { Timeout = 90_000 });

    private async Task<JsonElement> AnswerAsync()
    {
        JsonElement sessions = JsonDocument.Parse(await studio.Http.GetStringAsync("/api/sessions")).RootElement;
        JsonElement list = sessions.ValueKind == JsonValueKind.Array ? sessions : sessions.GetProperty("sessions");
        JsonElement session = JsonDocument.Parse(await studio.Http.GetStringAsync($"/api/sessions/{list[0].GetProperty("id").GetGuid()}")).RootElement;
        Guid answer = session.GetProperty("answers").EnumerateArray().Last().GetProperty("id").GetGuid();
        return JsonDocument.Parse(await studio.Http.GetStringAsync($"/api/answers/{answer}")).RootElement;
    }
}

using System.Globalization;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>What somebody else is given: a file that needs no network, and a link that can be taken back.</summary>
public sealed class SharingTests(NewStudio newcomer, Chromium chromium) : IClassFixture<NewStudio>
{
    private StudioProcess Studio => newcomer.Studio;

    [Fact]
    public async Task AnAnswerIsTakenAlongAsAFileThatOpensFromDiskWithTheNetworkOff()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_a.mp4");
        await page.AskAsync("ave");
        await page.EndedAsync();
        string answer = await page.Test("answer-text").EvaluateAsync<string>("element => element.textContent"), question = await page.Test("question-text").InnerTextAsync();
        int lanes = await page.Test("lane").CountAsync(), tokens = await page.Locator(".token-cell").CountAsync();
        await page.Test("share-bundle").ClickAsync();
        await Assertions.Expect(page.Test("bundle-size")).ToContainTextAsync("B");
        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.Test("bundle-download").ClickAsync());
        string folder = Directory.CreateTempSubdirectory("crab-bundle-").FullName;
        try
        {
            string file = Path.Combine(folder, download.SuggestedFilename);
            await download.SaveAsAsync(file);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"offline bundle: {new FileInfo(file).Length:#,0} bytes for a clip of {new FileInfo(Golden.Find("media/clip_a.mp4")).Length:#,0} bytes, {tokens} tokens"));
            foreach ((int width, bool dark) in new[] { (1440, false), (390, true) })
            {
                await using IBrowserContext reader = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions
                {
                    ViewportSize = new ViewportSize { Width = width, Height = 900 },
                    ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
                    Offline = true,
                });
                IPage opened = await reader.NewPageAsync();
                List<string> asked = [], complaints = [];
                opened.Request += (_, request) => asked.Add(request.Url);
                opened.Console += (_, message) => complaints.AddRange(message.Type is "error" or "warning" ? [message.Text] : Array.Empty<string>());
                opened.PageError += (_, error) => complaints.Add(error);
                await opened.GotoAsync(new Uri(file).AbsoluteUri);
                await Assertions.Expect(opened.Locator("html")).ToHaveAttributeAsync("data-drawn", "true");
                Assert.Equal(answer, await opened.Test("answer-text").EvaluateAsync<string>("element => element.textContent"));
                Assert.Equal(question, await opened.Test("question").InnerTextAsync());
                await Assertions.Expect(opened.Test("lane")).ToHaveCountAsync(lanes);
                await Assertions.Expect(opened.Test("token-strip").Locator("[role=option]")).ToHaveCountAsync(tokens);

                // The clip plays and is moved by the time axis, with keys.
                await opened.WaitForFunctionAsync("() => document.querySelector('video').readyState >= 2");
                await opened.Test("axis").FocusAsync();
                await opened.Keyboard.PressAsync("ArrowRight");
                await opened.WaitForFunctionAsync("() => Math.abs(document.querySelector('video').currentTime - 1) < 0.01 && !document.querySelector('video').seeking");
                Assert.Equal(0.1, await opened.EvaluateAsync<double>("() => parseFloat(getComputedStyle(document.getElementById('time')).getPropertyValue('--playhead')) * document.querySelector('video').duration / 10"), 0.02);

                // The third token's weights, and those of the prompt, as tables.
                await opened.Test("token-strip").FocusAsync();
                await opened.Keyboard.PressAsync("ArrowRight");
                await opened.Keyboard.PressAsync("ArrowRight");
                await Assertions.Expect(opened.Test("token-2")).ToHaveAttributeAsync("aria-selected", "true");
                Assert.True(await opened.Test("matrix-table").Locator("tbody tr").CountAsync() > 1);
                await opened.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Vision tower" }).ClickAsync();
                await Assertions.Expect(opened.Test("matrix")).ToContainTextAsync("linears of the vision tower");

                // Every frame that the model saw is a picture.
                Assert.True(await opened.EvaluateAsync<bool>("async () => { const frames = [...document.querySelectorAll('.frame img')]; await Promise.all(frames.map(frame => frame.decode())); return frames.length > 0 && frames.every(frame => frame.naturalWidth === 224); }"));
                await opened.HasNoBarriersAsync();
                Assert.Equal(dark, await opened.EvaluateAsync<bool>("() => getComputedStyle(document.body).backgroundColor === 'rgb(22, 21, 20)'"));
                Assert.Empty(complaints);
                Assert.All(asked, url => Assert.Matches("^(file|blob):", url));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task ALinkIsMadeReadByAStrangerAndTakenBack()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_b.mp4");
        await page.AskAsync("");
        await page.EndedAsync();
        string answer = await page.Test("answer-text").EvaluateAsync<string>("element => element.textContent");
        await page.Test("share-link").ClickAsync();
        await Assertions.Expect(page.Test("link-reach")).ToContainTextAsync("this computer only");
        await page.Test("link-make").ClickAsync();
        await Assertions.Expect(page.Test("link-line")).ToHaveCountAsync(1);
        string address = await page.GetByTestId("link-address").EvaluateAsync<string>("element => (element.matches('input') ? element : element.querySelector('input')).value");
        Assert.StartsWith(Studio.Address + "/shared/", address);

        IPage stranger = await chromium.NewPageAsync(Studio);
        List<string> complaints = [];
        stranger.Console += (_, message) => complaints.AddRange(message.Type is "error" or "warning" ? [$"{message.Text} {message.Location}"] : Array.Empty<string>());
        await stranger.GotoAsync(address);
        await Assertions.Expect(stranger.Locator("html")).ToHaveAttributeAsync("data-drawn", "true");
        Assert.Equal(answer, await stranger.Test("answer-text").EvaluateAsync<string>("element => element.textContent"));
        await stranger.WaitForFunctionAsync("() => document.querySelector('video').readyState >= 1");
        Assert.Empty(complaints);

        await page.Test("link-revoke").ClickAsync();
        await Assertions.Expect(page.Test("link-line")).ToContainTextAsync("taken back");
        IResponse gone = (await stranger.ReloadAsync())!;
        Assert.Equal(404, gone.Status);
        await Assertions.Expect(stranger.Locator("h1")).ToHaveTextAsync("This link does not work");
    }
}

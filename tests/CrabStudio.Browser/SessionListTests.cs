using System.Diagnostics;
using System.Globalization;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>A studio with ten thousand sessions.</summary>
public sealed class FullStudio : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("crab-full-").FullName;

    public StudioProcess Studio { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        using Process seed = Process.Start(new ProcessStartInfo("dotnet", [
            Path.Combine(Golden.Repository, "src", "CrabStudio.Cli", "bin", "Release", "net10.0", "linux-x64", "crab.dll"),
            "sessions", "seed", "--data", data, "--count", "10000"])
        { RedirectStandardOutput = true })!;
        await seed.StandardOutput.ReadToEndAsync();
        await seed.WaitForExitAsync();
        Assert.Equal(0, seed.ExitCode);
        Studio = await StudioProcess.StartAsync(data);
    }

    public async ValueTask DisposeAsync()
    {
        await Studio.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }
}

/// <summary>The list of sessions when there are many.</summary>
public sealed class SessionListTests(FullStudio full, Chromium chromium) : IClassFixture<FullStudio>
{
    [Fact]
    public async Task FiltersAreKeptInTheAddressAndWhatIsDeletedTogetherComesBackByUndo()
    {
        IPage page = await OpenAsync("/sessions");
        await Assertions.Expect(page.Test("session-count")).ToHaveTextAsync("10,000 sessions");
        await page.Locator(".kept-filters > summary").ClickAsync();
        await page.Test("filter-event").FillAsync("glass breaking");
        await page.Test("filter-event").PressAsync("Tab");
        await Assertions.Expect(page.Test("session-count")).ToHaveTextAsync("20 sessions");
        await page.Test("filter-starred").ClickAsync();
        await Assertions.Expect(page.Test("filter-chip")).ToHaveCountAsync(2);
        await page.ReloadAsync();
        await Assertions.Expect(page.Test("filter-chip")).ToHaveCountAsync(2);
        await page.Test("filter-chip").Filter(new LocatorFilterOptions { HasText = "star" }).ClickAsync();
        await Assertions.Expect(page.Test("session-count")).ToHaveTextAsync("20 sessions");
        Assert.EndsWith("/sessions?event=glass%20breaking", page.Url, StringComparison.Ordinal);

        // Marked together, by the keyboard.
        await page.Test("session-check").First.FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.Test("bulk-all").ClickAsync();
        await Assertions.Expect(page.Test("bulk-count")).ToHaveTextAsync("20 selected");
        await page.Test("bulk-label").ClickAsync();
        await page.Test("tags-add").FillAsync("shards, 玻璃");
        await page.Test("labels-save").ClickAsync();
        await Assertions.Expect(page.Test("session-row").First).ToContainTextAsync("玻璃");
        await page.Test("bulk-delete").ClickAsync();
        await Assertions.Expect(page.GetByText("Nothing found")).ToBeVisibleAsync();
        await Assertions.Expect(page.Test("open-bin")).ToHaveTextAsync("Bin (20)");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Undo" }).ClickAsync();
        await Assertions.Expect(page.Test("session-count")).ToHaveTextAsync("20 sessions");
        await Assertions.Expect(page.Test("open-bin")).ToHaveCountAsync(0);

        // Two letters of a tag find them, and one comes as a file.
        await page.Test("session-search").FillAsync("玻璃");
        await Assertions.Expect(page.Test("session-count")).ToHaveTextAsync("20 sessions");
        await page.Test("session-check").First.CheckAsync();
        IDownload file = await page.RunAndWaitForDownloadAsync(() => page.Test("bulk-export").ClickAsync());
        Assert.StartsWith("crab-sessions-", file.SuggestedFilename, StringComparison.Ordinal);
        Assert.True(new FileInfo((await file.PathAsync())!).Length > 1000);
    }

    [Fact]
    public async Task APressLandsOnTheRowUnderItAlsoWhileATextFilterIsBeingApplied()
    {
        // While the pointer is down no text is applied: the press leads to the session, and nothing leads back to the list.
        IPage page = await OpenAsync("/sessions");
        ILocator second = page.Test("session-open").Nth(1);
        string address = (await second.GetAttributeAsync("href"))!;
        LocatorBoundingBoxResult box = (await second.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + 200, box.Y + 20);
        await page.Mouse.DownAsync();
        await page.Test("session-search").FillAsync("09998");
        await Task.Delay(600);
        await Assertions.Expect(page.Test("session-count")).ToHaveTextAsync("10,000 sessions");
        await page.Mouse.UpAsync();
        await page.WaitForURLAsync($"**{address}*");
        await Task.Delay(600);
        Assert.Contains(address, page.Url, StringComparison.Ordinal);

        // The list is built anew while the pointer is down: the row has gone, and is opened all the same.
        page = await OpenAsync("/sessions");
        second = page.Test("session-open").Nth(1);
        address = (await second.GetAttributeAsync("href"))!;
        box = (await second.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + 200, box.Y + 20);
        await page.Mouse.DownAsync();
        await page.EvaluateAsync("() => Blazor.navigateTo('/sessions?search=09998')");
        await Assertions.Expect(page.Test("session-count")).ToHaveTextAsync("1 session");
        await page.Mouse.UpAsync();
        await page.WaitForURLAsync($"**{address}*");

        // One that is moved away is none.
        page = await OpenAsync("/sessions");
        await page.Mouse.MoveAsync(box.X + 200, box.Y + 20);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + 200, box.Y - 200, new MouseMoveOptions { Steps = 5 });
        await page.Mouse.UpAsync();
        await page.Test("session-search").FillAsync("09998");
        await Assertions.Expect(page.Test("session-count")).ToHaveTextAsync("1 session");
    }

    [Fact]
    public async Task TenThousandSessionsScrollWithoutAPause()
    {
        IPage page = await OpenAsync("/sessions");
        // Six seconds of a wheel that turns at each frame; the length of every frame is kept.
        double[] frames = await page.EvaluateAsync<double[]>(
            """
            async () => {
              const frames = [];
              const end = () => document.documentElement.scrollHeight - innerHeight;
              let last = performance.now(), at = 0;
              for (const began = last; last - began < 6000;) {
                const now = await new Promise(requestAnimationFrame);
                frames.push(now - last);
                last = now;
                at = Math.min(end(), at + 120);
                scrollTo(0, at);
              }
              return frames.slice(1);
            }
            """);
        Array.Sort(frames);
        double mean = 1000 / frames.Average(), slow = frames[(int)(frames.Length * 0.99)];
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"scrolling through 10,000 sessions: {mean:0.0} frames a second, 99 of 100 frames within {slow:0} ms, longest {frames[^1]:0} ms"));
        Assert.True(frames[^1] < 2000, $"the page stood still for {frames[^1]:0} ms");

        // At the end stands the last one, and the page holds a screen or two of rows, not ten thousand.
        await page.EvaluateAsync("() => scrollTo(0, document.documentElement.scrollHeight)");
        await Assertions.Expect(page.Test("session-row").Last).ToContainTextAsync("09999");
        Assert.InRange(await page.Test("session-row").CountAsync(), 5, 60);
    }

    [Theory]
    [InlineData("en-US", "09998")]
    [InlineData("zh-CN", "09997")]
    public async Task AxeFindsNothingSeriousInTheListTheBinAndTheDeskAndNothingIsWiderThanAPhone(string language, string thrown)
    {
        IPage first = await OpenAsync("/sessions?starred=true");
        string session = (await first.Test("session-open").First.GetAttributeAsync("href"))!, bin = $"/sessions?bin=true&search={thrown}";
        await first.GotoAsync($"/sessions?search={thrown}");
        await first.Test("session-delete").First.ClickAsync();
        await Assertions.Expect(first.GetByText("Nothing found")).ToBeVisibleAsync();
        await chromium.InEachLookAsync(full.Studio, language, async (page, _) =>
        {
            foreach (string path in new[] { "/sessions?starred=true&event=violin&longer=2", bin, session, "/sessions?search=xylophone&tag=paper" })
            {
                await page.GotoAsync(path);
                await page.WaitForFunctionAsync("() => document.querySelector('[data-testid=session-check], [data-testid=desk-star]:enabled, .empty-state') !== null");
                if (path.StartsWith("/sessions?", StringComparison.Ordinal) && await page.Test("session-check").CountAsync() > 0)
                {
                    await page.Test("session-check").First.CheckAsync();
                    await page.Test("bulk-bar").WaitForAsync();
                }

                await page.HasNoBarriersAsync();
            }
        });

        // The other tests of this studio find every session again.
        await first.GotoAsync(bin);
        await first.Test("session-restore").First.ClickAsync();
        await Assertions.Expect(first.Test("session-restore")).ToHaveCountAsync(0);
    }

    private async Task<IPage> OpenAsync(string path)
    {
        IPage page = await chromium.NewPageAsync(full.Studio);
        await page.GotoAsync(path);
        await page.Test("session-row").First.WaitForAsync();
        return page;
    }
}

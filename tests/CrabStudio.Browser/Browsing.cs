using CrabStudio.Testing;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(CrabStudio.Browser.Chromium))]

// One browser and one model at a time on a small machine.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace CrabStudio.Browser;

/// <summary>Debian's Chromium, started once for all tests.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private readonly List<(string Test, IBrowserContext Visitor)> visitors = [];
    private IPlaywright playwright = null!;

    public IBrowser Browser { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.CloseAsync();
        playwright.Dispose();
    }

    /// <summary>A page of a visitor of its own. Every error that the browser's console shows, and every script that the policy forbids, is kept.</summary>
    public async Task<IPage> NewPageAsync(StudioProcess studio, int width = 1440, bool dark = false, string language = "en-US")
    {
        // Visitors of tests that are over go: their pages would look for a studio that has ended, and take the machine's time for it.
        string? test = TestContext.Current.Test?.UniqueID;
        foreach ((string Test, IBrowserContext Visitor) gone in visitors.Where(one => one.Test != test).ToList())
        {
            visitors.Remove(gone);
            await gone.Visitor.CloseAsync();
        }

        IBrowserContext visitor = await Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = studio.Address,
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            Locale = language,
        });
        if (test is not null)
        {
            visitors.Add((test, visitor));
        }

        IPage page = await visitor.NewPageAsync();
        page.SetDefaultTimeout(30_000);
        return page;
    }
}

/// <summary>How a page may be looked at: in either language, light and dark, on a wide window and on a phone.</summary>
public sealed record Look(string Language, bool Dark, int Width)
{
    /// <summary>Two of a language, so that every pair of language, theme and width is among all four.</summary>
    public static IEnumerable<Look> Of(string language) => language == "en-US" ? [new(language, false, 1440), new(language, true, 390)] : [new(language, true, 1440), new(language, false, 390)];
}

/// <summary>What a person does on the pages.</summary>
internal static class Steps
{
    public static ILocator Test(this IPage page, string id) => page.GetByTestId(id);

    /// <summary>Opens the first page and waits until it answers to a press.</summary>
    public static async Task OpenAsync(this IPage page, string path = "/")
    {
        await page.GotoAsync(path);
        await page.WaitForFunctionAsync("() => !document.querySelector('[data-testid=upload-input]')?.disabled");
    }

    /// <summary>Brings a clip of the golden set.</summary>
    public static async Task UploadAsync(this IPage page, string file)
    {
        await page.Test("upload-input").SetInputFilesAsync(Golden.Find(file));
        await Assertions.Expect(page.Test("chosen-clip")).ToBeVisibleAsync();
    }

    /// <summary>Chooses a kind of question by its key and asks.</summary>
    public static async Task AskAsync(this IPage page, string task)
    {
        await page.Test($"task-card-{(task.Length == 0 ? "free" : task)}").ClickAsync();
        if (task.Length == 0)
        {
            await page.Test("question-form").GetByRole(AriaRole.Textbox).First.FillAsync("What is this?");
        }

        await page.Test("ask-button").ClickAsync();
        await page.WaitForURLAsync("**/sessions/**");
    }

    /// <summary>The answer's text as the page shows it.</summary>
    public static async Task<string> AnswerAsync(this IPage page) => (await page.Test("answer-text").InnerTextAsync()).TrimEnd('\n', '▍');

    /// <summary>Waits until the answer has so many tokens.</summary>
    public static Task TokensAsync(this IPage page, int count) => page.Test($"token-{count - 1}").WaitForAsync();

    /// <summary>Walks in both looks of a language, side by side: axe takes a second of a processor for each page.</summary>
    public static async Task InEachLookAsync(this Chromium chromium, StudioProcess studio, string language, Func<IPage, Look, Task> walk)
    {
        List<(IPage Page, Look Look)> visitors = [];
        foreach (Look look in Look.Of(language))
        {
            visitors.Add((await chromium.NewPageAsync(studio, look.Width, look.Dark, look.Language), look));
        }

        await Task.WhenAll(visitors.Select(one => walk(one.Page, one.Look)));
    }

    /// <summary>Nothing on the page that axe calls serious, and nothing wider than the window.</summary>
    public static async Task HasNoBarriersAsync(this IPage page)
    {
        AxeResult result = await page.RunAxe();
        string[] serious = [.. result.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{violation.Id}: {violation.Help} in {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}")];
        string where = $"{page.Url} in {await page.EvaluateAsync<string>("() => `${document.documentElement.lang}, ${document.documentElement.dataset.scheme}, ${innerWidth} px`")}";
        Assert.True(serious.Length == 0, $"{where}: {string.Join('\n', serious)}");
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), $"{where}: the page is wider than the window");
    }

    /// <summary>Waits until the answer has ended.</summary>
    public static Task EndedAsync(this IPage page) => page.Test("answer-status").WaitForAsync(new LocatorWaitForOptions { Timeout = 90_000 });
}

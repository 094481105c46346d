using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>A clip recorded in the browser, from devices that the browser itself makes up.</summary>
public sealed class RecordingTests(NewStudio newcomer, Chromium chromium) : IClassFixture<NewStudio>
{
    // A slow machine encodes so busily that a second is passed over.
    private static readonly Regex SomeSeconds = new(@"Recording, [1-9]\d*\.\d s");
    private static readonly LocatorAssertionsToContainTextOptions Patiently = new() { Timeout = 30_000 };

    [Fact]
    public async Task ARecordingIsLookedAtTakenAgainAndUsed()
    {
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
        });
        IBrowserContext visitor = await browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = newcomer.Studio.Address, ReducedMotion = ReducedMotion.Reduce });
        IPage page = await visitor.NewPageAsync();
        page.SetDefaultTimeout(30_000);
        await page.OpenAsync();
        await page.Test("record-open").ClickAsync();
        await page.Test("record-start").ClickAsync();
        await Assertions.Expect(page.Test("record-state")).ToContainTextAsync(SomeSeconds, Patiently);
        await page.Test("record-stop").ClickAsync();
        await Assertions.Expect(page.Test("record-playback")).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 30_000 });
        await page.WaitForFunctionAsync("() => document.querySelector('[data-testid=record-playback]').videoWidth > 0");
        await page.Test("record-again").ClickAsync();
        await Assertions.Expect(page.Test("record-state")).ToContainTextAsync(SomeSeconds, Patiently);
        await page.Test("record-stop").ClickAsync();
        await page.Test("record-use").ClickAsync();
        await Assertions.Expect(page.Test("chosen-clip")).ToContainTextAsync("camera 20", Patiently);
    }

    [Fact]
    public async Task ARefusedPermissionGetsWords()
    {
        IPage page = await chromium.NewPageAsync(newcomer.Studio);
        await page.OpenAsync();
        await page.EvaluateAsync("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }");
        await page.Test("record-open").ClickAsync();
        await Assertions.Expect(page.Test("record-start")).ToBeVisibleAsync();
        LocatorBoundingBoxResult dialog = (await page.GetByRole(AriaRole.Dialog).BoundingBoxAsync())!, cross = (await page.Locator(".mud-dialog-title .mud-button-close").BoundingBoxAsync())!;
        Assert.InRange(cross.Y, dialog.Y, dialog.Y + 40);
        Assert.InRange(cross.X + cross.Width, dialog.X, dialog.X + dialog.Width);
        await page.Test("record-start").ClickAsync();
        await Assertions.Expect(page.Test("record-problem")).ToContainTextAsync("The browser does not allow the camera and the microphone. Allow them for this address");
        await page.EvaluateAsync("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotFoundError')); }");
        await page.Test("record-start").ClickAsync();
        await Assertions.Expect(page.Test("record-problem")).ToContainTextAsync("There is no camera or no microphone that can be used.");
    }
}

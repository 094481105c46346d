using System.Buffers.Binary;
using System.Text;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>Files from the desktop, dragged over pages and dropped.</summary>
public sealed class DropTests(NewStudio newcomer, Chromium chromium) : IClassFixture<NewStudio>
{
    [Fact]
    public async Task AClipDroppedOnAnyPageGoesToANewAnalysisWithItsUploadBegun()
    {
        IPage page = await chromium.NewPageAsync(newcomer.Studio);
        await page.OpenAsync();
        await page.UploadAsync("media/clip_b.mp4");
        await page.AskAsync("");
        await page.EndedAsync();
        Desktop desktop = await Desktop.OfAsync(page);
        ILocator overlay = page.Test("drop-overlay");

        // It says what will happen, and goes when the file is taken elsewhere.
        await Assertions.Expect(overlay).ToBeHiddenAsync();
        await desktop.DragAsync("dragEnter", Golden.Find("media/clip_a.mp4"));
        await Assertions.Expect(overlay).ToBeVisibleAsync();
        await Assertions.Expect(overlay.GetByText("Drop to ask about it")).ToBeVisibleAsync();
        await Assertions.Expect(overlay.GetByText("Drop to add it")).ToBeHiddenAsync();
        // The protocol that drags here ends a drag without a word to the page; a person's leaves the window so.
        await page.EvaluateAsync("() => document.body.dispatchEvent(new DragEvent('dragleave', { bubbles: true }))");
        await Assertions.Expect(overlay).ToBeHiddenAsync();
        Assert.Contains("/sessions/", page.Url, StringComparison.Ordinal);

        // What is no clip is no reason to leave the page, neither for the studio nor for the file.
        string text = Golden.Find("hostile/manifest.json");
        await desktop.DragAsync("dragEnter", text);
        await Assertions.Expect(overlay).ToBeHiddenAsync();
        await desktop.DropAsync(text);
        Assert.Contains("/sessions/", page.Url, StringComparison.Ordinal);

        await desktop.DropAsync(Golden.Find("media/clip_a.mp4"));
        await Assertions.Expect(page.Test("chosen-clip")).ToContainTextAsync("clip_a.mp4");
        Assert.Equal("/", new Uri(page.Url).AbsolutePath);
        await Assertions.Expect(overlay).ToBeHiddenAsync();

        // There the next one is added.
        await desktop.DragAsync("dragEnter", Golden.Find("media/clip_short.mp4"));
        await Assertions.Expect(overlay.GetByText("Drop to add it to this question")).ToBeVisibleAsync();
        await Assertions.Expect(overlay.GetByText("Drop to ask about it")).ToBeHiddenAsync();
        await desktop.DropAsync(Golden.Find("media/clip_short.mp4"));
        await Assertions.Expect(page.Test("chosen-clip")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task AClipDroppedElsewhereWhileAnotherIsUploadedIsAddedToIt()
    {
        string folder = Directory.CreateTempSubdirectory("crab-drop-").FullName;
        try
        {
            string large = Path.Combine(folder, "large.mp4");
            await WriteAsync(large);
            await using LooseWire wire = new(new Uri(newcomer.Studio.Address).Port, 2 << 20);
            await using IBrowserContext visitor = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = wire.Address, ReducedMotion = ReducedMotion.Reduce });
            IPage page = await visitor.NewPageAsync();
            page.SetDefaultTimeout(30_000);
            await page.OpenAsync();
            Desktop desktop = await Desktop.OfAsync(page);
            await desktop.DropAsync(large);
            await Assertions.Expect(page.Test("upload")).ToContainTextAsync("large.mp4");
            await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Queue" }).ClickAsync();
            await Assertions.Expect(page.Test("upload-zone")).ToHaveCountAsync(0);

            await desktop.DropAsync(Golden.Find("media/clip_b.mp4"));
            await Assertions.Expect(page.Test("upload").Filter(new LocatorFilterOptions { HasText = "large.mp4" })).ToBeVisibleAsync();
            await Assertions.Expect(page.Test("chosen-clip")).ToHaveCountAsync(2, new LocatorAssertionsToHaveCountOptions { Timeout = 60_000 });
            await Assertions.Expect(page.Test("upload")).ToHaveCountAsync(0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // A clip that takes some seconds to send: a box behind it that players pass over.
    private static async Task WriteAsync(string path)
    {
        File.Copy(Golden.Find("media/clip_a.mp4"), path);
        await using FileStream file = new(path, FileMode.Append);
        byte[] box = new byte[24 << 20];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        Encoding.ASCII.GetBytes("free").CopyTo(box, 4);
        await file.WriteAsync(box);
    }

    /// <summary>Drags files over the middle of a page, as a file manager does.</summary>
    private sealed class Desktop(ICDPSession session)
    {
        public static async Task<Desktop> OfAsync(IPage page) => new(await page.Context.NewCDPSessionAsync(page));

        public Task DragAsync(string type, string file) => session.SendAsync("Input.dispatchDragEvent", new Dictionary<string, object>
        {
            ["type"] = type,
            ["x"] = 300,
            ["y"] = 300,
            ["data"] = new { items = Array.Empty<object>(), files = new[] { file }, dragOperationsMask = 1 },
        });

        public async Task DropAsync(string file)
        {
            foreach (string type in new[] { "dragEnter", "dragOver", "drop" })
            {
                await DragAsync(type, file);
            }
        }
    }
}

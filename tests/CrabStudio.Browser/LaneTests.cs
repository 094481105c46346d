using System.Globalization;
using System.Text.Json;
using CrabStudio.Tasks.Exchange;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>From an answer to a file for ELAN, as an annotator does it: by the keyboard and by the mouse.</summary>
public sealed class LaneTests(Chromium chromium) : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("crab-lanes-").FullName;
    private StudioProcess studio = null!;

    public async ValueTask InitializeAsync() => studio = await StudioProcess.StartAsync(data);

    public async ValueTask DisposeAsync()
    {
        await studio.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task AnAnswerIsCorrectedByKeyAndMouseExportedForElanAndOutlivesAPowerCut()
    {
        IPage page = await AnswerAsync();
        await page.Test("correct-button").ClickAsync();
        await KeptAsync(page);
        ILocator corrected = page.Test("range-corrected"), truth = page.Test("range-truth");
        int said = await page.Test("range-model").CountAsync();
        Assert.True(said > 0);
        await Assertions.Expect(corrected).ToHaveCountAsync(said);

        // By the keyboard: trim the end, split, take the split back.
        double end = await NumberAsync(corrected.First, "data-to"), start = await NumberAsync(corrected.First, "data-from");
        await corrected.First.FocusAsync();
        for (int step = 1; step <= 3; step++)
        {
            await page.Keyboard.PressAsync("Shift+ArrowLeft");
            await Assertions.Expect(corrected.First).ToHaveAttributeAsync("data-to", Words(end - (0.1 * step)));
        }

        await page.Keyboard.PressAsync("s");
        await Assertions.Expect(corrected).ToHaveCountAsync(said + 1);
        await page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(corrected).ToHaveCountAsync(said);
        await Assertions.Expect(corrected.First).ToHaveAttributeAsync("data-to", Words(end - 0.3));
        await page.Keyboard.PressAsync("Control+ArrowRight");
        await Assertions.Expect(corrected.First).ToHaveAttributeAsync("data-from", Words(start + 0.1));

        // By the mouse: draw what is true, then pull its end.
        ILocator track = page.Test("track-truth").First;
        await track.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult box = (await track.BoundingBoxAsync())!;
        float y = box.Y + (box.Height / 2);
        await DragAsync(page, (box.X + (box.Width * 0.2f), y), (box.X + (box.Width * 0.5f), y));
        await Assertions.Expect(truth).ToHaveCountAsync(1);
        Assert.InRange(await NumberAsync(truth, "data-from"), 1.9, 2.1);
        Assert.InRange(await NumberAsync(truth, "data-to"), 4.9, 5.1);
        await Assertions.Expect(page.Test("scores-model")).ToBeVisibleAsync();
        string before = await page.Test("scores-model").InnerTextAsync();
        await DragAsync(page, (box.X + (box.Width * 0.5f) - 3, y), (box.X + (box.Width * 0.7f) - 3, y));
        await Assertions.Expect(truth).ToHaveAttributeAsync("data-to", new System.Text.RegularExpressions.Regex("^(6[.]9|7)"));
        await Assertions.Expect(page.Test("scores-model")).Not.ToHaveTextAsync(before);
        await KeptAsync(page);

        // A press without a drag chooses; N makes a range at the playhead, Delete takes it away, Enter goes to the label.
        await page.Keyboard.PressAsync("n");
        await Assertions.Expect(truth).ToHaveCountAsync(2);
        await page.Keyboard.PressAsync("Delete");
        await Assertions.Expect(truth).ToHaveCountAsync(1);
        await Assertions.Expect(truth).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Test("range-label")).ToBeFocusedAsync();
        await page.Test("range-label").FillAsync("siren");
        await page.Test("range-label").PressAsync("Tab");
        await Assertions.Expect(truth).ToHaveAttributeAsync("aria-label", new System.Text.RegularExpressions.Regex("siren"));
        await KeptAsync(page);

        // L loops the range, the period goes a frame on.
        await truth.FocusAsync();
        await page.Keyboard.PressAsync("l");
        await page.WaitForFunctionAsync("() => { const player = document.querySelector('[data-player]'); return !player.paused && player.currentTime >= 1.9; }");
        await page.EvaluateAsync("() => { document.querySelector('[data-player]').currentTime = 6.8; }");
        await page.WaitForFunctionAsync("() => document.querySelector('[data-player]').currentTime < 6");
        await page.Keyboard.PressAsync("l");
        await page.WaitForFunctionAsync("() => document.querySelector('[data-player]').paused");
        double at = await page.EvaluateAsync<double>("() => document.querySelector('[data-player]').currentTime"), rate = double.Parse((await page.Test("lane-editor").GetAttributeAsync("data-fps"))!, CultureInfo.InvariantCulture);
        await page.Keyboard.PressAsync(".");
        await page.WaitForFunctionAsync("then => document.querySelector('[data-player]').currentTime > then", at);
        Assert.Equal(1 / rate, await page.EvaluateAsync<double>("() => document.querySelector('[data-player]').currentTime") - at, 0.005);

        // The axis zooms about its middle and keeps its place.
        await page.Test("lane-zoom-in").ClickAsync();
        double wide = await page.EvaluateAsync<double>("() => { const scroll = document.querySelector('[data-lanes-scroll]'); return scroll.scrollWidth / scroll.clientWidth; }");
        Assert.InRange(wide, 1.7, 2.1);

        await page.Test("lane-export").Locator("summary").ClickAsync();
        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.Test("export-link").ClickAsync());
        Assert.EndsWith(".eaf", download.SuggestedFilename, StringComparison.Ordinal);
        ImportedTimeline read = TimelineExchange.ReadFile(await download.PathAsync(), TimelineFormat.Eaf);
        Assert.Equal(said, read.Document.Events.Count(one => one.Layer == TimelineLayer.Corrected));
        Assert.Equal("siren", Assert.Single(read.Document.Events, one => one.Layer == TimelineLayer.Truth).Label);
        Assert.Contains(read.Document.Events, one => one.Layer == TimelineLayer.Corrected && one.StartSeconds == (decimal)start + 0.1m && one.EndSeconds == (decimal)end - 0.3m);

        // A box on a frame, by the mouse and by the keys, for COCO.
        await page.Test("marks").Locator("summary").ClickAsync();
        ILocator drawing = page.Test("mark-drawing");
        await drawing.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult picture = (await drawing.BoundingBoxAsync())!;
        await DragAsync(page, (picture.X + (picture.Width * 0.25f), picture.Y + (picture.Height * 0.25f)), (picture.X + (picture.Width * 0.5f), picture.Y + (picture.Height * 0.5f)));
        await Assertions.Expect(page.Test("mark-box-corrected")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Test("mark-box-corrected")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        await Assertions.Expect(page.Test("lane-said")).ToContainTextAsync("Move: object");
        await KeptAsync(page);
        string session = $"/api/sessions/{new Uri(page.Url).Segments[^1]}";
        JsonElement shown = JsonDocument.Parse(await studio.Http.GetStringAsync(session)).RootElement;
        string timelines = $"{session}/clips/{shown.GetProperty("clips")[0].GetProperty("id").GetGuid()}/timelines";
        TimelineDocument coco = TimelineExchange.Read(await studio.Http.GetByteArrayAsync($"{timelines}/export?format=coco"), "coco.json").Document;
        TimelineBox drawn = Assert.Single(coco.Boxes, one => one.Layer == TimelineLayer.Corrected);
        Assert.InRange((double)drawn.X1 - 10, (coco.Clip.Width!.Value * 0.25) - 3, (coco.Clip.Width!.Value * 0.25) + 3);
        Assert.InRange((double)(drawn.X2 - drawn.X1), (coco.Clip.Width!.Value * 0.25) - 4, (coco.Clip.Width!.Value * 0.25) + 4);

        // Another window follows; and what was shown as kept is there after the death of the program.
        IPage other = await chromium.NewPageAsync(studio);
        await other.GotoAsync(new Uri(page.Url).PathAndQuery);
        await other.EndedAsync();
        await other.Test("correct-button").ClickAsync();
        await Assertions.Expect(other.Test("range-truth")).ToHaveCountAsync(1);
        await page.Test("range-truth").FocusAsync();
        await page.Keyboard.PressAsync("s");
        await Assertions.Expect(other.Test("range-truth")).ToHaveCountAsync(2);
        await Assertions.Expect(other.Test("lane-said")).ToContainTextAsync("another window");
        await KeptAsync(page);
        await other.HasNoBarriersAsync();
        await studio.KillAsync();
        await studio.DisposeAsync();
        studio = await StudioProcess.StartAsync(data);
        JsonElement kept = JsonDocument.Parse(await studio.Http.GetStringAsync($"{timelines}/truth")).RootElement;
        Assert.Equal(2, kept.GetProperty("events").GetInt32());
    }

    private static Task KeptAsync(IPage page) => Assertions.Expect(page.Test("lane-state")).ToHaveTextAsync("Every change is kept");

    private static async Task DragAsync(IPage page, (float X, float Y) from, (float X, float Y) to)
    {
        await page.Mouse.MoveAsync(from.X, from.Y);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(to.X, to.Y, new MouseMoveOptions { Steps = 5 });
        await page.Mouse.UpAsync();
    }

    private static async Task<double> NumberAsync(ILocator element, string attribute) => double.Parse((await element.GetAttributeAsync(attribute))!, CultureInfo.InvariantCulture);

    private static string Words(double seconds) => Math.Round(seconds, 3).ToString("0.###", CultureInfo.InvariantCulture);

    // The first demo, asked of the model that comes with the studio.
    private async Task<IPage> AnswerAsync()
    {
        IPage page = await chromium.NewPageAsync(studio);
        await page.OpenAsync();
        await page.Test("demo-01-heard-here-seen-there").ClickAsync();
        await Assertions.Expect(page.Test("suggestions")).ToBeVisibleAsync();
        await page.WaitForURLAsync("**clips=**");
        await page.WaitForFunctionAsync("() => [...document.querySelectorAll('video, audio')].every(player => player.readyState >= 1)");
        await page.Test("ask-button").ClickAsync();
        await page.WaitForURLAsync("**/sessions/**");
        await page.EndedAsync();
        return page;
    }
}

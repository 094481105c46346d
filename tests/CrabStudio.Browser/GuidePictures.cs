using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Testing;
using Microsoft.Playwright;
using SkiaSharp;

namespace CrabStudio.Browser;

/// <summary>
/// The pictures of the guide, from a running studio with the model of the repository and its demos: <c>./crab screenshots</c>.
/// Whatever that model says, the pictures show the same views; what must be there is stored by the API before they are taken.
/// </summary>
public sealed class GuidePictures(Chromium chromium)
{
    private const int Wide = 1440, Phone = 390;

    // All pictures together, so that a checkout stays small.
    private const long MostBytes = 3_000_000;

    private const string Settled =
        """
        () => document.fonts.status === 'loaded'
          && [...document.images].every(image => image.complete)
          && document.querySelector('[aria-busy=true]') === null
          && [...document.querySelectorAll('crab-route-lane, crab-route-frame, crab-route-depth')].every(view => ['drawn', 'empty'].includes(view.dataset.state))
          && [...document.querySelectorAll('video')].every(player => player.readyState >= 2 && player.networkState === HTMLMediaElement.NETWORK_IDLE)
        """;

    private readonly List<(string Name, long Bytes)> taken = [];
    private string folder = "";
    private bool dark;

    [Fact(Explicit = true)]
    public async Task EveryPictureOfTheGuideIsTakenInBothThemesAndAllAreSmall()
    {
        folder = Environment.GetEnvironmentVariable("CRAB_SCREENSHOTS") is { Length: > 0 } given ? given : throw new InvalidOperationException("CRAB_SCREENSHOTS names no folder for the pictures; run ./crab screenshots.");
        Directory.CreateDirectory(folder);
        string data = Directory.CreateTempSubdirectory("crab-guide-").FullName;
        Stopwatch watch = Stopwatch.StartNew();
        try
        {
            string world = Path.Combine(data, "workshop", "small-world");
            await FurnishAsync(Path.Combine(data, "workshop"), world, Path.Combine(data, "learn"));
            Say(watch, "the workshop is furnished");
            await using StudioProcess studio = await StudioProcess.StartAsync(data);
            Stored stored = await StoreAsync(studio, world);
            Say(watch, "the questions are answered");
            foreach (bool night in new[] { false, true })
            {
                dark = night;
                await TakeAllAsync(studio, stored);
                Say(watch, night ? "dark pictures are taken" : "light pictures are taken");
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }

        foreach ((string name, long bytes) in taken)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes,9:#,0} bytes  {name}"));
        }

        long all = taken.Sum(one => one.Bytes);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all,9:#,0} bytes in {taken.Count} pictures, in {watch.Elapsed.TotalSeconds:0} s"));
        Assert.True(all <= MostBytes, $"all pictures together have {all} bytes; at most {MostBytes} are wanted");
    }

    // Scenes of the small world, what the model makes of them, and a short run on others: as a person would do it with the commands.
    private static async Task FurnishAsync(string workshop, string world, string learn)
    {
        string model = Path.Combine(Golden.Repository, "models", "default");
        await CrabAsync("world", "--split", "test", "--seed", "7", "--count", "4", "--keys", "avvp,ave,meld", "--out", world);
        await CrabAsync("world", "--split", "train", "--seed", "7", "--count", "6", "--keys", "ave,meld", "--out", learn);
        await CrabAsync("evaluate", "--data", world, "--model", model, "--out", Path.Combine(workshop, "first-look"), "--max-new-tokens", "128");
        await CrabAsync("train", "--data", learn, "--model", model, "--rank", "8", "--alpha", "16", "--lr", "0.001", "--batch", "2", "--steps", "30", "--threads", "1", "--routes-every", "1", "--freeze-towers", "--out", Path.Combine(workshop, "first-run"));
    }

    private static async Task CrabAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [
            Path.Combine(Golden.Repository, "src", "CrabStudio.Cli", "bin", "Release", "net10.0", "linux-x64", "crab.dll"), .. arguments])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await output;
        Assert.True(process.ExitCode == 0, $"crab {arguments[0]} ended with {process.ExitCode}: {await error}");
    }

    // Every demo is asked all its questions; one answer is altered, and one timeline is corrected by what is true of the demo.
    private static async Task<Stored> StoreAsync(StudioProcess studio, string world)
    {
        string demos = Path.Combine(Golden.Repository, "wwwroot", "demo");
        JsonElement list = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(demos, "demo.json"))).RootElement;
        List<Guid> sessions = [];
        Stored stored = new();
        foreach (JsonElement demo in list.EnumerateArray())
        {
            List<Guid> clips = [];
            foreach (string file in demo.GetProperty("files").EnumerateArray().Select(file => file.GetString()!))
            {
                clips.Add(await UploadAsync(studio, Path.Combine(demos, file)));
            }

            foreach (JsonElement question in demo.GetProperty("questions").EnumerateArray())
            {
                (Guid session, Guid answer) = await AskAsync(studio, clips, question);
                sessions.Add(session);
                await EndAsync(studio, answer);
                string task = question.GetProperty("task").GetString()!;
                if (task == "avvp" && stored.Answer == default)
                {
                    stored = stored with { Demo = demo.GetProperty("name").GetString()!, Session = session, Answer = answer, Altered = await AlterAsync(studio, answer) };
                }
                else if (task == "ave" && stored.Lanes == default)
                {
                    stored = stored with { Lanes = session };
                    await CorrectAsync(studio, session, clips[0], demo.GetProperty("files")[0].GetString()!, AnswerParser.Parse(task, demo.GetProperty("target").GetString()!));
                }
            }
        }

        // The atlas wants more than one run of a task.
        foreach (string file in new[] { "avvp", "ave", "meld" }.SelectMany(key => Directory.GetFiles(Path.Combine(world, "AVUIE_2", key, "video"), "*.mp4").Order()))
        {
            (_, Guid answer) = await AskAsync(studio, [await UploadAsync(studio, file)], new { task = Path.GetFileName(file).Split('_')[0] });
            await EndAsync(studio, answer);
        }

        foreach ((Guid session, int place) in sessions.Index().Where(one => one.Index % 4 == 0).Select(one => (one.Item, one.Index)))
        {
            string[] tags = place % 8 == 0 ? ["lab meeting", "checked"] : ["lab meeting"];
            using HttpResponseMessage changed = await studio.Http.PatchAsJsonAsync($"/api/sessions/{session}", new { addTags = tags, starred = place % 8 == 0, folder = "first week", notes = "To be shown in the lab meeting." });
            changed.EnsureSuccessStatusCode();
        }

        return stored;
    }

    private static async Task<Guid> UploadAsync(StudioProcess studio, string file)
    {
        using MultipartFormDataContent form = new();
        StreamContent content = new(File.OpenRead(file));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content, "file", Path.GetFileName(file));
        using HttpResponseMessage uploaded = await studio.Http.PostAsync("/api/clips", form);
        return await IdAsync(uploaded);
    }

    private static async Task<(Guid Session, Guid Answer)> AskAsync(StudioProcess studio, IReadOnlyList<Guid> clips, object question)
    {
        using HttpResponseMessage opened = await studio.Http.PostAsJsonAsync("/api/sessions", new { clipIds = clips });
        Guid session = await IdAsync(opened);
        using HttpResponseMessage asked = await studio.Http.PostAsJsonAsync($"/api/sessions/{session}/questions", question);
        return (session, await IdAsync(asked));
    }

    private static async Task<Guid> AlterAsync(StudioProcess studio, Guid answer)
    {
        using HttpResponseMessage altered = await studio.Http.PostAsJsonAsync($"/api/answers/{answer}/alter", new { kind = "pin", expert = 1 });
        Guid id = await IdAsync(altered);
        await EndAsync(studio, id);
        return id;
    }

    private static async Task CorrectAsync(StudioProcess studio, Guid session, Guid clip, string file, ParsedAnswer truth)
    {
        TimelineDocument of = new(new TimelineClip(file));
        foreach (TimelineLayer layer in new[] { TimelineLayer.Corrected, TimelineLayer.Truth })
        {
            TimelineEvent[] events = [.. truth.Events.Select((one, place) => new TimelineEvent($"{layer}{place}", one.Label, one.Modality, (decimal)one.StartSeconds!.Value, (decimal)one.EndSeconds!.Value, layer))];
            using HttpRequestMessage request = new(HttpMethod.Put, $"/api/sessions/{session}/clips/{clip}/timelines/{(layer == TimelineLayer.Truth ? "truth" : "corrected")}")
            {
                Content = new ByteArrayContent(TimelineExchange.Write(of with { Events = events }, TimelineFormat.Json).Bytes),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
            using HttpResponseMessage put = await studio.Http.SendAsync(request);
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        }
    }

    private static async Task<Guid> IdAsync(HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private static async Task EndAsync(StudioProcess studio, Guid answer)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            string? status = (await studio.Http.GetFromJsonAsync<JsonElement>($"/api/answers/{answer}")).GetProperty("status").GetString();
            if (status is not ("queued" or "running"))
            {
                Assert.Equal("done", status);
                return;
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(90), $"the answer stayed {status}");
        }
    }

    private async Task TakeAllAsync(StudioProcess studio, Stored stored)
    {
        IPage page = await chromium.NewPageAsync(studio, Wide, dark);
        await page.OpenAsync();
        await TakeAsync(page, "new-analysis", height: 1000);
        await page.Test($"demo-{stored.Demo}").ClickAsync();
        await page.Test("preflight-tokens").WaitForAsync();
        await TakeAsync(page, "preflight", page.Test("preflight"));

        string answer = $"/sessions/{stored.Session}?answer={stored.Answer}";
        await page.GotoAsync(answer);
        await LivingAsync(page);
        await TakeAsync(page, "answer", page.Locator(".answer-page"), whole: true);
        foreach (string tab in new[] { "space", "depth", "measures" })
        {
            await page.Test($"routing-tab-{tab}").ClickAsync();
            await page.Locator(tab switch { "space" => "crab-route-frame", "depth" => "crab-route-depth", _ => "[data-testid=measures]" }).First.WaitForAsync();
            await TakeAsync(page, $"routing-{tab}", page.Locator(".routing-panel"));
        }

        await page.Test("share-link").ClickAsync();
        await page.Test("link-make").ClickAsync();
        await page.Test("link-line").First.WaitForAsync();
        await TakeAsync(page, "share", page.Locator(".mud-dialog"));

        await page.GotoAsync($"/sessions/{stored.Lanes}");
        await LivingAsync(page);
        await page.Test("correct-button").ClickAsync();
        await page.Test("range-corrected").First.ClickAsync();
        await page.Test("range-form").WaitForAsync();
        await TakeAsync(page, "timeline", page.Test("lane-editor"));

        await page.GotoAsync($"/compare?answers={stored.Answer},{stored.Altered}");
        await page.Test("compare-sets").WaitForAsync();
        await TakeAsync(page, "compare", page.Locator(".panel", new PageLocatorOptions { Has = page.Test("compare-facts") }), whole: true);

        await page.GotoAsync("/sessions?search=lab%20meeting");
        await page.Test("session-row").First.WaitForAsync();
        await Assertions.Expect(page.Test("session-check").First).ToBeEnabledAsync();
        await page.Locator(".kept-filters > summary").ClickAsync();
        await TakeAsync(page, "sessions", height: 1000);

        await page.GotoAsync("/atlas");
        await page.Test("atlas-map").WaitForAsync();
        await TakeAsync(page, "atlas", height: 1500);

        await page.GotoAsync("/training/first-run");
        await page.Test("curve-drawing").First.WaitForAsync();
        await TakeAsync(page, "training", height: 1100);

        await page.GotoAsync("/evaluations/first-look");
        await page.Test("glance").WaitForAsync();
        await TakeAsync(page, "evaluation", height: 1100);

        await page.GotoAsync("/about");
        await TakeAsync(page, "about", height: 1100);

        IPage phone = await chromium.NewPageAsync(studio, Phone, dark);
        await phone.OpenAsync();
        await TakeAsync(phone, "phone-new", height: 844);
        await phone.GotoAsync(answer);
        await LivingAsync(phone);
        await TakeAsync(phone, "phone-answer", height: 1400);
    }

    // The answer's tokens come with the connection: from then on the page answers to a press.
    private static async Task LivingAsync(IPage page)
    {
        await page.EndedAsync();
        await page.TokensAsync(1);
    }

    /// <summary>Takes one picture when nothing moves any more.</summary>
    /// <param name="page">The page.</param>
    /// <param name="name">Its name, without theme and ending.</param>
    /// <param name="part">What is to be seen of it; null: the page.</param>
    /// <param name="height">Most rows of pixels.</param>
    /// <param name="whole">With the head of the page above the part.</param>
    private async Task TakeAsync(IPage page, string name, ILocator? part = null, int height = 2000, bool whole = false)
    {
        // High enough that nothing is scrolled: what lies outside a window is not always drawn.
        int width = page.ViewportSize!.Width, needed = 0;
        await page.Mouse.MoveAsync(0, 0);
        await page.EvaluateAsync("() => { document.documentElement.style.scrollbarGutter = 'auto'; }");
        await page.SetViewportSizeAsync(width, 844);
        for (int look = 0; look < 5; look++)
        {
            int now = await page.EvaluateAsync<int>("() => Math.ceil(document.querySelector('main').getBoundingClientRect().bottom + scrollY)");
            if (now == needed)
            {
                break;
            }

            needed = now;
            await page.SetViewportSizeAsync(width, Math.Min(needed, 6000));
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await page.WaitForFunctionAsync(Settled);
        }

        await page.EvaluateAsync("() => new Promise(done => { scrollTo(0, 0); requestAnimationFrame(() => requestAnimationFrame(done)); })");
        Clip clip = new() { X = 0, Y = 0, Width = width, Height = Math.Min(height, needed) };
        if (part is not null)
        {
            LocatorBoundingBoxResult box = (await part.BoundingBoxAsync())!;
            // Around a dialog there is only the page that it covers.
            int margin = name == "share" ? 0 : 12;
            clip = whole
                ? new() { X = 0, Y = 0, Width = width, Height = Math.Min(height, box.Y + box.Height + margin) }
                : new() { X = Math.Max(0, box.X - margin), Y = Math.Max(0, box.Y - margin), Width = Math.Min(width, box.Width + (2 * margin)), Height = Math.Min(height, box.Height + (2 * margin)) };
        }

        byte[] png = await page.ScreenshotAsync(new PageScreenshotOptions { Clip = clip, Animations = ScreenshotAnimations.Disabled, Caret = ScreenshotCaret.Hide });
        using SKBitmap bitmap = SKBitmap.Decode(png);
        using SKPixmap pixels = bitmap.PeekPixels();
        using SKData lossy = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossy, 80)), lossless = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 80));
        SKData smaller = lossless.Size <= lossy.Size ? lossless : lossy;
        string file = $"{name}-{(dark ? "dark" : "light")}.webp";
        await File.WriteAllBytesAsync(Path.Combine(folder, file), smaller.ToArray());
        taken.Add((file, smaller.Size));
    }

    private static void Say(Stopwatch watch, string words) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,5:0} s  {words}"));

    // What is stored before the first picture.
    private readonly record struct Stored(string Demo, Guid Session, Guid Answer, Guid Altered, Guid Lanes);
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks;
using CrabStudio.Testing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.Playwright;
using SkiaSharp;

namespace CrabStudio.Browser;

/// <summary>A studio with one stored answer as large as the routes of a 7B model get: 388 linears, a prompt of 900 positions, 512 tokens.</summary>
public sealed class RoutedStudio : IAsyncLifetime
{
    private const int Experts = 3, PromptTokens = 900, Tokens = 512;

    private readonly string data = Directory.CreateTempSubdirectory("crab-routes-").FullName;

    public StudioProcess Studio { get; private set; } = null!;

    public string Page { get; private set; } = "";

    public Guid Answer { get; } = Guid.NewGuid();

    public async ValueTask InitializeAsync()
    {
        Studio = await StudioProcess.StartAsync(data);
        using MultipartFormDataContent form = new();
        StreamContent file = new(File.OpenRead(Golden.Find("media/clip_a.mp4")));
        file.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        form.Add(file, "file", "clip_a.mp4");
        using HttpResponseMessage uploaded = await Studio.Http.PostAsync("/api/clips", form);
        Guid clip = (await uploaded.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        using HttpResponseMessage opened = await Studio.Http.PostAsJsonAsync("/api/sessions", new { clipIds = new[] { clip } });
        Guid session = (await opened.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        await StoreAsync(session, clip);
        Page = $"/sessions/{session}?answer={Answer}";
    }

    public async ValueTask DisposeAsync()
    {
        await Studio.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    // Weights that differ from place to place, so that a picture which mixes them up looks wrong.
    private static float[] Weights(int seed, int rows)
    {
        Random random = new(seed);
        float[] weights = new float[rows * Experts];
        for (int row = 0; row < rows; row++)
        {
            float[] mix = [.. Enumerable.Range(0, Experts).Select(expert => 0.15f + random.NextSingle() + (0.5f * (1 + MathF.Sin((row / 60f) + (2 * expert)))))];
            for (int expert = 0; expert < Experts; expert++)
            {
                weights[(row * Experts) + expert] = mix[expert] / mix.Sum();
            }
        }

        return weights;
    }

    private static string[] Names(string path, int layers, params string[] modules) => [.. from layer in Enumerable.Range(0, layers) from module in modules select $"{path}.{layer}.{module}_proj"];

    private async Task StoreAsync(Guid session, Guid clip)
    {
        string[] text = Names("model.layers", 28, "q", "k", "v", "o", "gate", "up", "down"), audio = Names("audio_tower.layers", 32, "q", "k", "v"), vision = Names("visual.blocks", 32, "gate", "up", "down");
        Assert.Equal(388, text.Length + audio.Length + vision.Length);
        string place = Path.Combine(data, "answers", Answer.ToString("N"));
        Directory.CreateDirectory(place);
        for (int frame = 0; frame < 10; frame++)
        {
            using SKBitmap bitmap = new(224, 224);
            using (SKCanvas canvas = new(bitmap))
            {
                canvas.Clear(new SKColor((byte)(20 * frame), 120, 160));
            }

            using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            await File.WriteAllBytesAsync(Path.Combine(place, $"{frame}.png"), png.ToArray());
        }

        SeenFacts seen = new(
            [.. Enumerable.Range(0, 10).Select(frame => new SeenFrame(frame, clip, 30 * frame, frame, 224, 224, false))],
            [new HeardSoundFacts(clip, 10)],
            PromptTokens,
            [new PromptSpan(PromptPart.Text, 0, 40), new PromptSpan(PromptPart.Video, 40, 320, 5, 8, 8), new PromptSpan(PromptPart.Text, 360, 2), new PromptSpan(PromptPart.Audio, 362, 250), new PromptSpan(PromptPart.Text, 612, 288)]);
        ModelFacts model = new("synthetic", "adapter.bin", false, 1000, 100, 28, Experts, 128, 256, text, audio, vision, "fp32", "cpu", 4096) { VisionWindow = 4 };
        await using StudioDatabase database = new(StudioDatabase.OptionsFor(Path.Combine(data, "studio.db")));
        database.Answers.Add(new Answer
        {
            Id = Answer,
            SessionId = session,
            TaskKey = "",
            InputJson = "{}",
            QuestionText = "What happens?",
            ConversationJson = JsonSerializer.Serialize(new Conversation("", [new VideoItem(clip.ToString()), new AudioItem(clip.ToString()), new TextItem("What happens?")]), StudioJson.Options),
            MaxNewTokens = Tokens,
            Status = AnswerStatus.Done,
            FinishReason = "Length",
            ModelJson = JsonSerializer.Serialize(model, StudioJson.Options),
            SeenJson = JsonSerializer.Serialize(seen, StudioJson.Options),
            AskedAt = DateTimeOffset.UtcNow,
            Text = string.Concat(Enumerable.Range(0, Tokens).Select(token => $" w{token}")),
            TokenCount = Tokens,
            FirstTokenSeconds = 1,
            TotalSeconds = 60,
        });
        foreach ((string part, string[] names, int positions) in new[] { ("text", text, PromptTokens), ("audio", audio, 500), ("vision", vision, 1280) })
        {
            database.PrefillRoutes.Add(new AnswerPrefillRoutes
            {
                AnswerId = Answer,
                Part = part,
                LinearsJson = JsonSerializer.Serialize(names, StudioJson.Options),
                Positions = positions,
                Experts = Experts,
                Weights = MemoryMarshal.AsBytes(Weights(positions, names.Length * positions).AsSpan()).ToArray(),
            });
        }

        database.Tokens.AddRange(Enumerable.Range(0, Tokens).Select(token => new AnswerToken
        {
            AnswerId = Answer,
            Index = token,
            TokenId = token,
            Text = $" w{token}",
            Seconds = 1 + (token / 10.0),
            Routes = MemoryMarshal.AsBytes(Weights(token, text.Length).AsSpan()).ToArray(),
        }));
        await database.SaveChangesAsync();
    }
}

/// <summary>The routing views in Chromium: one selection everywhere, the keyboard, files, and how fast they are.</summary>
public sealed class RoutingTests(RoutedStudio routed, Chromium chromium) : IClassFixture<RoutedStudio>
{
    private const string Drawn = "name => [...document.querySelectorAll(name)].length > 0 && [...document.querySelectorAll(name)].every(view => view.dataset.state === 'drawn' && view.timing)";

    [Fact]
    public async Task OneSelectionIsEverywhereInTheAddressAndSurvivesAReload()
    {
        IPage page = await OpenAsync();
        ILocator lane = page.Test("lane-text-sound");
        LocatorBoundingBoxResult axis = (await page.Test("timeline-axis").BoundingBoxAsync())!, box = (await lane.BoundingBoxAsync())!;
        Assert.Equal((axis.X, axis.Width), (box.X, box.Width));

        // A drag from a fifth to two fifths of the axis is a span of the clip.
        double seconds = double.Parse((await lane.GetAttributeAsync("seconds"))!, CultureInfo.InvariantCulture);
        await page.Mouse.MoveAsync(box.X + (box.Width * 0.2f), box.Y + 20);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width * 0.4f), box.Y + 20);
        await page.Mouse.UpAsync();
        await page.WaitForURLAsync("**select=time-**");
        double[] span = [.. page.Url.Split("select=time-")[1].Split('-').Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
        Assert.Equal(0.2 * seconds, span[0], 0.05);
        Assert.Equal(0.4 * seconds, span[1], 0.05);
        await Assertions.Expect(page.Test("selection-words")).ToHaveTextAsync(FormattableString.Invariant($"{span[0]:0.00} to {span[1]:0.00} s"));

        // A cell over depth adds its layer and module.
        await page.Test("routing-tab-depth").ClickAsync();
        ILocator depth = page.Test("depth-text");
        await page.WaitForFunctionAsync(Drawn, "crab-route-depth");
        await depth.FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Contains("layer 1, k", await depth.GetAttributeAsync("aria-valuetext"));
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Test("selection-words")).ToContainTextAsync("layer 1 · module k");
        await Assertions.Expect(page.Test("over-time-set")).ToContainTextAsync("Mean of 1 linears of the text decoder");
        string words = await page.Test("selection-words").InnerTextAsync();
        await page.Test("routing-tab-measures").ClickAsync();
        string measured = await page.Test("measure-selection").First.InnerTextAsync();

        await page.ReloadAsync();
        await Assertions.Expect(page.Test("selection-words")).ToHaveTextAsync(words);
        // From then on the page answers to a press.
        await Assertions.Expect(page.Test("theme-button")).ToBeEnabledAsync();
        await page.WaitForFunctionAsync(Drawn, "crab-route-lane");
        // The open view as well.
        await Assertions.Expect(page.Test("routing-tab-measures")).ToHaveAttributeAsync("aria-selected", "true");
        await Assertions.Expect(page.Test("measure-selection").First).ToHaveTextAsync(measured, new LocatorAssertionsToHaveTextOptions { UseInnerText = true });
        Assert.Equal(measured, await page.Test("measure-selection").First.InnerTextAsync());

        // Escape takes all of it back.
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Test("selection-line")).ToHaveCountAsync(0);
        Assert.DoesNotContain("select=", page.Url);
    }

    [Fact]
    public async Task ThePicturesNumbersAreThoseOfTheApiAndCanBeTakenAlong()
    {
        IPage page = await OpenAsync();
        byte[] bytes = await routed.Studio.Http.GetByteArrayAsync($"/api/answers/{routed.Answer}/routes/weights?part=text&mean=linears");
        float[] mixes = MemoryMarshal.Cast<byte, float>(bytes).ToArray();

        // The eleventh sound position, by the keyboard.
        ILocator lane = page.Test("lane-text-sound");
        await lane.FocusAsync();
        await page.Keyboard.PressAsync("PageUp");
        string said = (await lane.GetAttributeAsync("aria-valuetext"))!;
        Assert.Contains("0.40 to 0.44 s", said);
        Assert.Contains(FormattableString.Invariant($"A {100 * mixes[(362 + 10) * 3]:0.00}%"), said);
        Assert.Equal(said, await page.Test("over-time-readout").InnerTextAsync());

        // A patch by the keyboard: the second row, third column of the third picture is in the second frame pair.
        await page.Test("routing-tab-space").ClickAsync();
        await page.WaitForFunctionAsync(Drawn, "crab-route-frame");
        ILocator frame = page.Test("space-frame-2");
        await frame.FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Contains(FormattableString.Invariant($"row 2, column 3: A {100 * mixes[(40 + 64 + 10) * 3]:0.00}%"), await frame.GetAttributeAsync("aria-valuetext"));
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Test("selection-words")).ToHaveTextAsync("picture 3, row 2, column 3");

        await page.Test("space-expert-B").ClickAsync();
        await Assertions.Expect(page.Test("space-scale")).ToContainTextAsync("Weight of expert B: 0 – 1 · mark: 1/3 = 0.3333");

        // A file of each kind.
        foreach ((string kind, byte[] begins) in new[] { ("csv", "part,picture,time_s"u8.ToArray()), ("svg", "<svg "u8.ToArray()), ("png", [0x89, .. "PNG"u8]) })
        {
            IDownload file = await page.RunAndWaitForDownloadAsync(() => page.Test($"over-space-{kind}").ClickAsync());
            Assert.Equal($"routing-over-space.{kind}", file.SuggestedFilename);
            byte[] content = await File.ReadAllBytesAsync(await file.PathAsync());
            Assert.Equal(begins, content[..begins.Length]);
            Assert.True(content.Length > 2000, $"{kind}: {content.Length} bytes");
        }

        await page.Test("over-space-table").ClickAsync();
        await Assertions.Expect(page.Locator(".route-space .route-table tbody tr")).ToHaveCountAsync(10 * 64);
    }

    [Fact]
    public async Task ARunOf388LinearsIsPaintedAtOnceAndItsTimesArePrinted()
    {
        IPage page = await OpenAsync();
        double time = await PaintAsync(page, "crab-route-lane");
        await page.Test("routing-tab-depth").ClickAsync();
        double depth = await PaintAsync(page, "crab-route-depth");
        double over = await RateAsync(page, page.Test("lane-text-sound"));
        double cells = await RateAsync(page, page.Test("depth-text"));
        double scroll = await ScrollAsync(page);
        await page.Test("routing-tab-space").ClickAsync();
        double space = await PaintAsync(page, "crab-route-frame");
        string line = FormattableString.Invariant(
            $"388 linears, 900 prompt positions, 512 tokens: first paint after the data {time:0} ms over time, {space:0} ms over space, {depth:0} ms over depth; frames a second {over:0} pointing over time, {cells:0} over depth, {scroll:0} scrolling");
        Console.WriteLine(line);
        // What is asked is 300 ms and 50 frames a second; the line above says what this machine gave (docs/guide.md). Here only a collapse fails.
        Assert.All(new[] { time, space, depth }, milliseconds => Assert.InRange(milliseconds, 0, 3000));
        Assert.All(new[] { over, cells, scroll }, rate => Assert.True(rate >= 5, line));
    }

    [Fact]
    public async Task APageThatStaysOpenCostsTheStudioLittle()
    {
        const int Open = 4;
        // What one page alone makes the studio take: code, caches of the runtime, the first reading.
        await OpenAsync();
        List<long> held = [routed.Studio.Memory];
        for (int more = 0; more < Open; more++)
        {
            IPage page = await OpenAsync(FormattableString.Invariant($"&select=layer-{more}"));
            await page.Test("routing-tab-depth").ClickAsync();
            await page.WaitForFunctionAsync(Drawn, "crab-route-depth");
            held.Add(routed.Studio.Memory);
        }

        double each = (held[^1] - held[0]) / (double)Open / 1e6;
        string line = FormattableString.Invariant($"pages of 388 linears open at once: the studio holds {string.Join(", ", held.Select(bytes => FormattableString.Invariant($"{bytes / 1e6:0}")))} MB with 1 to {Open + 1}, {each:0.0} MB more for each");
        Console.WriteLine(line);
        // The line above says what it was (docs/routing.md). Here only a collapse fails.
        Assert.True(each < 40, line);
    }

    [Theory]
    [InlineData("en-US", 390, true)]
    [InlineData("zh-CN", 1440, false)]
    public async Task TheViewsHaveNoBarriersAndFitThePage(string language, int width, bool dark)
    {
        IPage page = await OpenAsync("&select=time-2-4~layer-3", width, dark, language);
        foreach (string tab in new[] { "space", "depth", "measures" })
        {
            await page.Test($"routing-tab-{tab}").ClickAsync();
            if (tab is "space" or "depth")
            {
                await page.WaitForFunctionAsync(Drawn, tab == "space" ? "crab-route-frame" : "crab-route-depth");
            }

            await page.HasNoBarriersAsync();
        }
    }

    private async Task<IPage> OpenAsync(string select = "", int width = 1440, bool dark = false, string language = "en-US")
    {
        IPage page = await chromium.NewPageAsync(routed.Studio, width, dark, language);
        await page.GotoAsync(routed.Page + select);
        await page.Test("token-511").WaitForAsync();
        await page.WaitForFunctionAsync(Drawn, "crab-route-lane");
        return page;
    }

    // From the last byte of the slowest view to the frame in which it was on the screen.
    private static async Task<double> PaintAsync(IPage page, string name)
    {
        await page.WaitForFunctionAsync(Drawn, name);
        return await page.EvaluateAsync<double>("name => Math.max(...[...document.querySelectorAll(name)].map(view => view.timing.painted - view.timing.data))", name);
    }

    // Frames that the browser shows while the pointer moves over a picture.
    private static async Task<double> RateAsync(IPage page, ILocator view)
    {
        await view.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult box = (await view.BoundingBoxAsync())!;
        await CountAsync(page);
        for (int step = 0; step < 160; step++)
        {
            await page.Mouse.MoveAsync(box.X + 60 + ((box.Width - 80) * (step % 80) / 80), box.Y + 24 + (step / 80f * Math.Max(0, box.Height - 40) / 2));
        }

        return await page.EvaluateAsync<double>("() => window.frames1()");
    }

    private static async Task<double> ScrollAsync(IPage page)
    {
        await page.Mouse.MoveAsync(720, 450);
        await CountAsync(page);
        for (int step = 0; step < 80; step++)
        {
            await page.Mouse.WheelAsync(0, step < 40 ? 40 : -40);
        }

        return await page.EvaluateAsync<double>("() => window.frames1()");
    }

    private static Task CountAsync(IPage page) => page.EvaluateAsync(
        "() => { let count = 0, going = true; const begin = performance.now(); const tick = () => { count++; if (going) requestAnimationFrame(tick); }; requestAnimationFrame(tick); window.frames1 = () => { going = false; return 1000 * count / (performance.now() - begin); }; }");
}

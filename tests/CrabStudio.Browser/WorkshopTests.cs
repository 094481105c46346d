using CrabStudio.Model.Checkpoints;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>A studio whose workshop holds the miniature data set and a training run.</summary>
public sealed class FurnishedStudio : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("crab-workshop-").FullName;

    private FileStream? trained;

    public StudioProcess Studio { get; private set; } = null!;

    /// <summary>The log of the run.</summary>
    public string Log => Path.Combine(data, "workshop", "run", "log.jsonl");

    public async ValueTask InitializeAsync()
    {
        string set = Path.Combine(data, "workshop", "mini");
        string from = Golden.Find("avuie");
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(set, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Log)!);
        File.WriteAllLines(Log, Enumerable.Range(1, 40).Select(Line));
        // As the process that trains does.
        trained = FolderLock.Take(Path.Combine(Path.GetDirectoryName(Log)!, FolderLock.OfTraining), held => held);
        File.WriteAllLines(Path.Combine(Path.GetDirectoryName(Log)!, "routes.jsonl"), Enumerable.Range(1, 40).Select(step =>
            $$"""{"step":{{step}},"sample":"ave:0","linears":["model.layers.0.mlp.up_proj","model.layers.1.mlp.up_proj"],"mean":[[0.5,0.3,0.2],[0.2,0.3,0.5]],"entropy":[0.9,0.8]}"""));
        Studio = await StudioProcess.StartAsync(data);
    }

    /// <summary>A step as <c>crab train</c> logs it.</summary>
    public static string Line(int step) =>
        FormattableString.Invariant($$"""{"step":{{step}},"samples":["ave:0","ks:1"],"loss":{{3.0 / step}},"loss_per_sample":[{{2.0 / step}},{{4.0 / step}}],"learning_rate":0.0001,"grad_norm":1.5,"tokens":[100,120],"loss_tokens":[10,10],"seconds":0.5}""");

    public async ValueTask DisposeAsync()
    {
        await Studio.DisposeAsync();
        trained?.Dispose();
        Directory.Delete(data, recursive: true);
    }
}

/// <summary>What a person does with data sets and training runs.</summary>
public sealed class WorkshopTests(FurnishedStudio furnished, Chromium chromium) : IClassFixture<FurnishedStudio>
{
    private const string Sample = "/data-sets/mini?key=avvp&split=train&entry=0";

    private StudioProcess Studio => furnished.Studio;

    [Fact]
    public async Task ASampleIsFoundPlayedAndAnsweredBesideItsTarget()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await LiveAsync(page, "/data-sets");
        await page.Test("data-set-open").ClickAsync();
        await page.Test("filter-key").SelectOptionAsync("avvp");
        await page.Test("filter-text").FillAsync("Church bell");
        // Until the list is the one that was asked for, a press would be of the old one.
        await page.WaitForURLAsync("**q=Church*");
        await page.Test("entry").Filter(new LocatorFilterOptions { HasText = "Church bell" }).First.ClickAsync();
        await Assertions.Expect(page.Test("sample-target")).ToContainTextAsync("<audio>Church bell,(0 4)</audio>");
        await Assertions.Expect(page.Test("lane")).ToHaveCountAsync(2);
        await page.WaitForFunctionAsync("() => document.querySelector('video[data-player]')?.readyState >= 1");
        await page.Test("event-range").Last.ClickAsync();
        await page.WaitForFunctionAsync("() => Math.abs(document.querySelector('video[data-player]').currentTime - 2) < 0.1");
        await page.Test("ask-model").ClickAsync();
        await page.Test("sample-ending").WaitForAsync(new LocatorWaitForOptions { Timeout = 90_000 });
        string said = await page.Test("sample-answer").InnerTextAsync();

        // The address holds all of it: loaded anew, both stand there again.
        await page.ReloadAsync();
        await Assertions.Expect(page.Test("sample-ending")).ToBeVisibleAsync();
        Assert.Equal(said, await page.Test("sample-answer").InnerTextAsync());
        await page.Test("open-session").ClickAsync();
        await page.EndedAsync();
    }

    [Fact]
    public async Task AnEntryThatIsPressedWhileATextIsStillBeingWrittenOpensBesideThatText()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await LiveAsync(page, "/data-sets/mini?key=avvp&split=train");
        await page.Test("entry").First.WaitForAsync();
        LocatorBoundingBoxResult box = (await page.Test("entry").First.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + 40, box.Y + 10);
        await page.Mouse.DownAsync();
        await page.Test("filter-text").FillAsync("no entry has this");
        await Task.Delay(600);
        await page.Mouse.UpAsync();
        await page.WaitForURLAsync("**q=no%20entry*");
        await Assertions.Expect(page.Test("sample")).ToBeVisibleAsync();
        await Assertions.Expect(page.Test("entry")).ToHaveCountAsync(0);
        Assert.Contains("entry=0", page.Url, StringComparison.Ordinal);

        // Another text closes it, as nobody has pressed since; an emptied field shows all again.
        await page.Test("filter-text").FillAsync("");
        await Assertions.Expect(page.Test("entry").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Test("sample")).ToHaveCountAsync(0);
        Assert.DoesNotContain("q=", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheCurvesOfARunGrowWhileOneLooks()
    {
        IPage page = await chromium.NewPageAsync(Studio);
        await LiveAsync(page, "/training");
        await page.Test("run-open").ClickAsync();
        await Assertions.Expect(page.Test("run-state")).ToContainTextAsync("40 steps");
        ILocator drawing = page.Test("curve-loss").Locator("path.mud-chart-line").First;
        string? before = await drawing.GetAttributeAsync("d");
        await File.AppendAllLinesAsync(furnished.Log, Enumerable.Range(41, 5).Select(FurnishedStudio.Line));
        await Assertions.Expect(page.Test("run-state")).ToContainTextAsync("running · 45 steps");
        await Assertions.Expect(drawing).Not.ToHaveAttributeAsync("d", before!);
        await page.Test("curve-task-loss").GetByTestId("curve-table-button").ClickAsync();
        await Assertions.Expect(page.Test("curve-table").Locator("tbody tr")).ToHaveCountAsync(45);
    }

    [Theory]
    [InlineData("en-US")]
    [InlineData("zh-CN")]
    public async Task AxeFindsNothingSeriousInTheWorkshopAndNoPageIsWiderThanAPhone(string language)
    {
        List<string> errors = [];
        await chromium.InEachLookAsync(Studio, language, async (page, _) =>
        {
            page.Console += (_, message) =>
            {
                if (message.Type is "error" or "warning")
                {
                    errors.Add(message.Text);
                }
            };
            foreach ((string path, string shown) in new[] { ("/data-sets", "data-set-open"), ("/data-sets/mini", "entry"), (Sample, "sample"), ("/data-sets/mini?key=s4&entry=0", "overlay"), ("/training", "run-open"), ("/training/run", "curve-drawing") })
            {
                await LiveAsync(page, path);
                await page.Test(shown).First.WaitForAsync();
                await page.HasNoBarriersAsync();
            }
        });

        Assert.Empty(errors);
    }

    // What was sent first is drawn anew when the connection lives; a press before that may meet what is about to go.
    private static async Task LiveAsync(IPage page, string path)
    {
        await page.GotoAsync(path);
        await Assertions.Expect(page.Test("theme-button")).ToBeEnabledAsync();
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CrabStudio.Testing;
using Microsoft.Playwright;

namespace CrabStudio.Browser;

/// <summary>A large upload through a lost network, the end of the studio and a page loaded anew.</summary>
public sealed class ResumedUploadTests(Chromium chromium) : IAsyncLifetime
{
    private const int Padding = 48 << 20;
    private const int BytesPerSecond = 6 << 20;

    private readonly string folder = Directory.CreateTempSubdirectory("crab-upload-").FullName;
    private StudioProcess studio = null!;

    private string Data => Path.Combine(folder, "data");

    public async ValueTask InitializeAsync() => studio = await StudioProcess.StartAsync(Data);

    public async ValueTask DisposeAsync()
    {
        await studio.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task AnUploadSurvivesALostNetworkTheEndOfTheStudioAndAReload()
    {
        string file = Path.Combine(folder, "large.mp4");
        await WriteAsync(file);
        await using LooseWire wire = new(new Uri(studio.Address).Port, BytesPerSecond);
        await using IBrowserContext visitor = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = wire.Address, ReducedMotion = ReducedMotion.Reduce });
        IPage page = await visitor.NewPageAsync();
        page.SetDefaultTimeout(30_000);
        await page.OpenAsync();
        await page.EvaluateAsync("() => { window.samePage = true; }");
        await page.Test("upload-input").SetInputFilesAsync(file);
        await SentAsync(page, 8);

        // The network goes and comes back: the upload goes on by itself, on the same page.
        wire.Cut();
        await Assertions.Expect(page.Test("connection-lost")).ToBeVisibleAsync();
        await Task.Delay(1500);
        long before = Kept();
        wire.Mend(new Uri(studio.Address).Port);
        await SentAsync(page, (int)(before / 1_000_000) + 8);
        Assert.True(await page.EvaluateAsync<bool>("() => window.samePage"));

        // The studio ends as in a power cut, and the page is loaded anew.
        await studio.KillAsync();
        await studio.DisposeAsync();
        wire.Cut();
        await page.GotoAsync("about:blank");
        long kept = Kept();
        Assert.InRange(kept, before + 1, Padding);
        studio = await StudioProcess.StartAsync(Data);
        wire.Mend(new Uri(studio.Address).Port);
        await page.OpenAsync();
        await Assertions.Expect(page.Test("upload-paused")).ToContainTextAsync("Choose the same file again");
        List<long> offsets = [];
        page.Request += (_, request) =>
        {
            if (request.Method == "PATCH")
            {
                offsets.Add(long.Parse(request.Headers["upload-offset"], CultureInfo.InvariantCulture));
            }
        };
        await page.Test("upload-input").SetInputFilesAsync(file);
        await Assertions.Expect(page.Test("chosen-clip")).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 60_000 });
        Assert.Equal([kept], offsets);
        await Assertions.Expect(page.Test("upload")).ToHaveCountAsync(0);
        string stored = Assert.Single(Directory.GetDirectories(Path.Combine(Data, "clips")));
        Assert.Equal(Convert.ToHexStringLower(await SHA256.HashDataAsync(File.OpenRead(file))), Path.GetFileName(stored));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"resumed upload: {new FileInfo(file).Length:#,0} bytes, went on at {kept:#,0} after a kill"));

        // Nothing is left to go on with.
        await page.OpenAsync();
        await Task.Delay(500);
        Assert.Equal(0, await page.Test("upload").CountAsync());
    }

    // A clip with a box behind it that players pass over.
    private static async Task WriteAsync(string path)
    {
        File.Copy(Golden.Find("media/clip_a.mp4"), path);
        await using FileStream file = new(path, FileMode.Append);
        byte[] box = new byte[Padding];
        new Random(1).NextBytes(box);
        BinaryPrimitives.WriteInt32BigEndian(box, Padding);
        Encoding.ASCII.GetBytes("free").CopyTo(box, 4);
        await file.WriteAsync(box);
    }

    // What is on the disk of an upload that is not whole.
    private long Kept() => new FileInfo(Assert.Single(Directory.GetFiles(Path.Combine(Data, "uploads"), "*.data"))).Length;

    // Waits until the page says that so many megabytes are sent.
    private static Task SentAsync(IPage page, int megabytes) => page.WaitForFunctionAsync(
        "most => { const match = /^([\\d.]+) MB of/.exec(document.querySelector('[data-testid=upload] .number')?.innerText ?? ''); return match && parseFloat(match[1]) >= most; }",
        megabytes,
        new PageWaitForFunctionOptions { Timeout = 60_000 });
}

using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using CrabStudio.Media;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Sharing;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Tests.Sharing;

public sealed class BundleTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task TheFileHoldsClipAnswerTimelineAndRoutingAsTheRunGaveThem()
    {
        (Guid session, Guid answer) = await Shared.FinishedAsync(studio);
        await Shared.DrawAsync(studio, session, TimelineKind.Corrected, """{"events":[{"label":"bell","modality":"audio","start":0.25,"end":0.75}],"boxes":[{"label":"bell","time":0.5,"x1":1,"y1":2,"x2":3,"y2":4}]}""");
        await Shared.DrawAsync(studio, session, TimelineKind.Truth, """{"events":[{"label":"bell","modality":"visual","start":0.1,"end":1}]}""");
        BundleFacts facts = await studio.GetAsync<BundleFacts>($"/api/answers/{answer}/bundle/facts");
        using HttpResponseMessage response = await studio.Http.GetAsync($"/api/answers/{answer}/bundle");
        byte[] file = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(("text/html", "attachment", "no-store"), (response.Content.Headers.ContentType?.MediaType, response.Content.Headers.ContentDisposition?.DispositionType, response.Headers.CacheControl?.ToString()));
        Assert.Equal((file.LongLength, true), (facts.Bytes, facts.Exact));

        IHtmlDocument page = Shared.Page(Encoding.UTF8.GetString(file));
        JsonElement data = Shared.Data(page), shown = data.GetProperty("answer"), clip = data.GetProperty("clips")[0], routing = shown.GetProperty("routing");
        Assert.Equal("<event> bell </event> <range> 0.2,0.9 </range>", shown.GetProperty("text").GetString());
        Assert.Equal(File.ReadAllBytes(Studio.Media("clip_b.mp4")), Convert.FromBase64String(page.QuerySelector(clip.GetProperty("source").GetString()!)!.TextContent));
        Assert.Equal("video/mp4", clip.GetProperty("type").GetString());
        Assert.Equal(["model 0.2 0.9 audioVisual", "corrected 0.25 0.75 audio", "truth 0.1 1 visual"], clip.GetProperty("lanes").EnumerateArray().Select(lane =>
            FormattableString.Invariant($"{lane.GetProperty("source").GetString()} {lane.GetProperty("ranges")[0].GetProperty("startSeconds").GetDouble()} {lane.GetProperty("ranges")[0].GetProperty("endSeconds").GetDouble()} {lane.GetProperty("modality").GetString()}")));
        Assert.Equal([1.0, 2.0, 3.0, 4.0], clip.GetProperty("marks")[0].GetProperty("where").EnumerateArray().Select(value => value.GetDouble()));
        Assert.Equal(ScriptedRun.RoutesOf(0).Concat(ScriptedRun.RoutesOf(1)), MemoryMarshal.Cast<byte, float>(routing.GetProperty("steps").GetBytesFromBase64()).ToArray());
        Assert.Equal(["Prompt, text decoder", "Prompt: words", "Audio tower"], routing.GetProperty("prompt").EnumerateArray().Select(matrix => matrix.GetProperty("name").GetString()));

        // Means over the two positions of the double's prompt.
        Assert.Equal([0.375f, 0.375f, 0.25f, 0.5f, 0.25f, 0.25f], MemoryMarshal.Cast<byte, float>(routing.GetProperty("prompt")[0].GetProperty("weights").GetBytesFromBase64()).ToArray());
        Assert.Equal(2, shown.GetProperty("frames").GetArrayLength());
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], Convert.FromBase64String(page.QuerySelector(shown.GetProperty("frames")[1].GetProperty("source").GetString()!)!.TextContent)[..4]);
    }

    [Fact]
    public async Task NothingInATitleAnAnswerOrAFileNameBreaksOutOfThePage()
    {
        (Guid session, Guid answer) = await Shared.FinishedAsync(studio, Shared.Hostile);
        await using (StudioDatabase database = studio.Data.CreateDbContext())
        {
            await database.Sessions.ExecuteUpdateAsync(set => set.SetProperty(one => one.Title, Shared.Hostile));
            await database.Clips.ExecuteUpdateAsync(set => set.SetProperty(clip => clip.FileName, Shared.Hostile));
            await database.Answers.ExecuteUpdateAsync(set => set.SetProperty(one => one.QuestionText, Shared.Hostile));
        }

        await Shared.DrawAsync(studio, session, TimelineKind.Truth, JsonSerializer.Serialize(new { events = new[] { new { label = Shared.Hostile, modality = Shared.Hostile, start = 0.1, end = 0.2 } } }));
        using HttpResponseMessage response = await studio.Http.GetAsync($"/api/answers/{answer}/bundle");
        string html = await response.Content.ReadAsStringAsync();
        Assert.Equal("script-script-alert-1-script-img-src-x-onerror-alert-2-script.html", response.Content.Headers.ContentDisposition!.FileNameStar ?? response.Content.Headers.ContentDisposition.FileName);
        IHtmlDocument page = Shared.Page(html);
        IElement script = Assert.Single(page.QuerySelectorAll("script"), one => one.GetAttribute("type") is null);
        Assert.All(page.QuerySelectorAll("script[type]"), one => Assert.Contains(one.GetAttribute("type"), new[] { "application/json", "text/plain" }));
        Assert.Empty(page.QuerySelectorAll("img, iframe, object, link, base, form, [src], [href], [onerror], [style]"));
        JsonElement data = Shared.Data(page);
        Assert.Equal(Shared.Hostile, data.GetProperty("title").GetString());
        Assert.Equal(Shared.Hostile, data.GetProperty("clips")[0].GetProperty("name").GetString());
        Assert.Equal(Shared.Hostile, data.GetProperty("clips")[0].GetProperty("lanes").EnumerateArray().Last().GetProperty("label").GetString());
        Assert.Equal("<event> bell </event>" + Shared.Hostile, data.GetProperty("answer").GetProperty("text").GetString());
        Assert.Equal(Shared.Hostile, page.QuerySelector("h1")!.TextContent);

        // The policy names this script and this style by their content, and no network.
        string policy = page.QuerySelector("meta[http-equiv]")!.GetAttribute("content")!;
        Assert.StartsWith("default-src 'none'; ", policy);
        Assert.Contains($"script-src 'sha256-{Hash(script.TextContent)}'; style-src 'sha256-{Hash(page.QuerySelector("style")!.TextContent)}'; img-src blob:; media-src blob:; base-uri 'none'; form-action 'none'", policy);
        Assert.DoesNotContain("connect-src", policy);
        Assert.DoesNotMatch(@"(?:@import|url\()", page.QuerySelector("style")!.TextContent);
        Assert.Equal(["http://www.w3.org/2000/svg"], Regex.Matches(script.TextContent, @"https?://[^'""` ]+").Select(match => match.Value));
    }

    [Fact]
    public async Task AnAnswerThatGrowsOrIsNotThereHasNoFile()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        foreach (string path in new[] { $"/api/answers/{answer}/bundle", $"/api/answers/{answer}/bundle/facts" })
        {
            using HttpResponseMessage growing = await studio.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Conflict, growing.StatusCode);
            Assert.StartsWith("This answer is still growing.", (await growing.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
            Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync(path.Replace(answer.ToString(), Guid.NewGuid().ToString()))).StatusCode);
        }

        await studio.Answers.StopAsync(answer);
        Assert.Equal(HttpStatusCode.OK, (await studio.Http.GetAsync($"/api/answers/{answer}/bundle")).StatusCode);
    }

    [Fact]
    public async Task AClipThatIsTooLargeGoesInSmallerAndSaysSo()
    {
        // A clip with a box behind it that players pass over: large, and soon made small.
        byte[] large = [.. File.ReadAllBytes(Studio.Media("clip_b.mp4")), 0, 32, 0, 0, .. "free"u8, .. new byte[(32 << 16) - 8]];
        using HttpResponseMessage uploaded = await studio.UploadAsync(new MemoryStream(large), "large.mp4");
        (_, Guid answer) = await Shared.FinishedAsync(studio, clip: (await Studio.ReadAsync<ClipShape>(uploaded)).Id);
        const long Whole = 1_000_000;
        OfflineBundle bundle = new(studio.Data, studio.Library) { Limits = new BundleLimits { Whole = Whole, Small = 800_000 } };
        BundleFacts before = await bundle.DescribeAsync(answer, default);
        Assert.False(before.Exact);
        Assert.Contains("It is made first", Assert.Single(before.Clips).Word);

        OfflineBundle.Prepared made = await bundle.PrepareAsync(answer, make: true, default);
        using MemoryStream file = new();
        await made.WriteAsync(file, default);
        Assert.Equal(made.Bytes, file.Length);
        Assert.True(file.Length <= before.Bytes);
        IHtmlDocument page = Shared.Page(Encoding.UTF8.GetString(file.ToArray()));
        JsonElement clip = Shared.Data(page).GetProperty("clips")[0];
        Assert.StartsWith("A smaller copy: the clip as it was brought has ", clip.GetProperty("word").GetString());
        string copy = Path.Combine(studio.Folder, "copy.mp4");
        File.WriteAllBytes(copy, Convert.FromBase64String(page.QuerySelector(clip.GetProperty("source").GetString()!)!.TextContent));
        ClipProbe probe = await new MediaReader().ProbeAsync(copy, default);
        Assert.True(probe.Bytes < Whole);
        Assert.Equal(clip.GetProperty("seconds").GetDouble(), probe.PlaySeconds, 0.25);

        // Next time it is there.
        Assert.True((await bundle.DescribeAsync(answer, default)).Exact);
    }

    [Fact]
    public async Task AClipThatCannotBeMadeSmallEnoughIsLeftOutWithAWord()
    {
        (_, Guid answer) = await Shared.FinishedAsync(studio);
        foreach ((BundleLimits limits, string says) in new[] { (new BundleLimits { Whole = 1000, Small = 1000 }, "it is too long to be made small enough"), (new BundleLimits { Together = 1000 }, "the clips would be more than 1 kB together") })
        {
            OfflineBundle bundle = new(studio.Data, studio.Library) { Limits = limits };
            OfflineBundle.Prepared made = await bundle.PrepareAsync(answer, make: true, default);
            using MemoryStream file = new();
            await made.WriteAsync(file, default);
            JsonElement clip = Shared.Data(Shared.Page(Encoding.UTF8.GetString(file.ToArray()))).GetProperty("clips")[0];
            Assert.Equal(JsonValueKind.Null, clip.GetProperty("source").ValueKind);
            Assert.Contains(says, clip.GetProperty("word").GetString());
            Assert.Equal((0L, clip.GetProperty("word").GetString()), (Assert.Single(made.Files.Clips).Bytes, made.Files.Clips[0].Word));
        }
    }

    [Fact]
    public async Task AFileIsSavedWholeAndNeverOverAnother()
    {
        (_, Guid answer) = await Shared.FinishedAsync(studio);
        OfflineBundle bundle = new(studio.Data, studio.Library);
        string path = Path.Combine(studio.Folder, "answer.html");
        BundleFacts saved = await bundle.SaveAsync(answer, path, default);
        Assert.Equal(saved.Bytes, new FileInfo(path).Length);
        await Assert.ThrowsAsync<IOException>(() => bundle.SaveAsync(answer, path, default));
        Assert.Empty(Directory.GetFiles(studio.Folder, "*.part"));
    }

    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

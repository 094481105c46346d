using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AngleSharp.Html.Dom;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Sharing;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Tests.Sharing;

public sealed class LinkTests : IAsyncLifetime
{
    private Studio studio = null!;

    // With a key, so that whatever a link opens is opened by the link.
    public async ValueTask InitializeAsync()
    {
        studio = await Studio.StartAsync(change: options => options with { AccessKey = "right" });
        studio.SetBearer("right");
    }

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task ALinkShowsItsSessionToWhoHasNoKeyAndNothingElse()
    {
        (Guid session, Guid first) = await Shared.FinishedAsync(studio);
        Guid second = await studio.AskAsync(session, new { task = "", question = "And then?" });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("Nothing.");
        run.Finish();
        await studio.EndAsync(second);
        (_, Guid strange) = await Shared.FinishedAsync(studio);
        MadeLink link = await MakeAsync(session);
        Assert.Matches("^/shared/[A-Za-z0-9_-]{43}$", link.Path);
        using HttpClient reader = Reader();

        using HttpResponseMessage response = await reader.GetAsync(link.Path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("no-store", "no-referrer", "noindex, nofollow"), (response.Headers.CacheControl?.ToString(), Header(response, "Referrer-Policy"), Header(response, "X-Robots-Tag")));
        Assert.Contains("frame-ancestors 'none'", Header(response, "Content-Security-Policy"));
        Assert.DoesNotContain("unsafe", Header(response, "Content-Security-Policy"));
        Assert.False(response.Headers.Contains("Set-Cookie"));
        IHtmlDocument page = Shared.Page(await response.Content.ReadAsStringAsync());
        JsonElement data = Shared.Data(page);
        Assert.Equal("Nothing.", data.GetProperty("answer").GetProperty("text").GetString());
        Assert.Empty(page.QuerySelectorAll("form, button, input"));

        // The other answer of the session, its clip in ranges, its poster and its frames.
        string other = data.GetProperty("others")[0].GetProperty("address").GetString()!;
        Assert.Equal($"{link.Path}?answer={first}", other);
        JsonElement shown = Shared.Data(Shared.Page(await reader.GetStringAsync(other)));
        Assert.StartsWith("<event> bell", shown.GetProperty("answer").GetProperty("text").GetString());
        using HttpRequestMessage part = new(HttpMethod.Get, shown.GetProperty("clips")[0].GetProperty("source").GetString()) { Headers = { Range = new RangeHeaderValue(0, 99) } };
        using HttpResponseMessage media = await reader.SendAsync(part);
        Assert.Equal((HttpStatusCode.PartialContent, "no-store"), (media.StatusCode, media.Headers.CacheControl?.ToString()));
        Assert.Equal(File.ReadAllBytes(Studio.Media("clip_b.mp4"))[..100], await media.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage frame = await reader.GetAsync(shown.GetProperty("answer").GetProperty("frames")[0].GetProperty("source").GetString());
        Assert.Equal(("image/png", "no-store"), (frame.Content.Headers.ContentType?.MediaType, frame.Headers.CacheControl?.ToString()));

        // Nothing of another session, nothing that acts, and nothing else without the key.
        string[] closed = [$"{link.Path}?answer={strange}", $"{link.Path}?answer=x", $"{link.Path}/clips/1", $"{link.Path}/clips/-1", $"{link.Path}/clips/99999999999999", $"{link.Path}/answers/{strange}/frames/0", $"{link.Path}/answers/{first}/frames/9", $"{link.Path}/x", "/shared", "/shared/"];
        foreach (string path in closed)
        {
            using HttpResponseMessage none = await reader.GetAsync(path);
            Assert.Equal((path, HttpStatusCode.NotFound, ViewerPage.NoSuchLink), (path, none.StatusCode, await none.Content.ReadAsStringAsync()));
        }

        foreach (string path in new[] { "/", $"/sessions/{session}", $"/api/sessions/{session}", $"/api/answers/{first}/bundle", $"/api/sessions/{session}/links", "/api/clips" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await reader.GetAsync(path)).StatusCode);
        }

        foreach (HttpMethod method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch })
        {
            using HttpRequestMessage acts = new(method, link.Path);
            Assert.Contains((await reader.SendAsync(acts)).StatusCode, new[] { HttpStatusCode.Unauthorized, HttpStatusCode.MethodNotAllowed });
        }
    }

    [Fact]
    public async Task UnknownExpiredAndRevokedLinksAndThoseOfADeletedSessionAreOneAndTheSamePage()
    {
        (Guid session, Guid _) = await Shared.FinishedAsync(studio);
        (Guid binned, Guid _) = await Shared.FinishedAsync(studio);
        MadeLink revoked = await MakeAsync(session), expired = await MakeAsync(session, 1), ofBinned = await MakeAsync(binned);
        using HttpClient reader = Reader();
        foreach (MadeLink link in new[] { revoked, expired, ofBinned })
        {
            Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync(link.Path)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.DeleteAsync($"/api/sessions/{binned}/links/{revoked.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await studio.Http.DeleteAsync($"/api/sessions/{session}/links/{revoked.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await studio.Http.DeleteAsync($"/api/sessions/{session}/links/{revoked.Id}")).StatusCode);
        await using (StudioDatabase database = studio.Data.CreateDbContext())
        {
            DateTimeOffset past = DateTimeOffset.UtcNow.AddSeconds(-1);
            await database.ShareLinks.Where(link => link.Id == expired.Id).ExecuteUpdateAsync(set => set.SetProperty(link => link.ExpiresAt, past));
            await database.Sessions.Where(one => one.Id == binned).ExecuteUpdateAsync(set => set.SetProperty(one => one.DeletedAt, past));
        }

        List<string> answers = [];
        foreach (string path in new[] { "/shared/" + new string('A', 43), "/shared/short", "/shared/%3Cscript%3E", revoked.Path, expired.Path, ofBinned.Path })
        {
            foreach (string below in new[] { "", "/clips/0" })
            {
                using HttpRequestMessage request = new(HttpMethod.Get, path + below) { Headers = { { "Accept", "text/html" } } };
                using HttpResponseMessage response = await reader.SendAsync(request);
                answers.Add($"{response.StatusCode} {string.Join('|', response.Headers.Concat(response.Content.Headers).Where(header => header.Key != "Date").OrderBy(header => header.Key).Select(header => $"{header.Key}: {string.Join(',', header.Value)}"))} {await response.Content.ReadAsStringAsync()}");
            }
        }

        Assert.StartsWith("NotFound ", answers[0]);
        Assert.Single(answers.Distinct());

        // A session that comes back from the bin has its links again.
        await using (StudioDatabase database = studio.Data.CreateDbContext())
        {
            await database.Sessions.IgnoreQueryFilters().ExecuteUpdateAsync(set => set.SetProperty(one => one.DeletedAt, (DateTimeOffset?)null));
        }

        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync(ofBinned.Path)).StatusCode);
    }

    [Fact]
    public async Task LinksAreListedWithoutTheirSecretsWhichAreKeptNowhere()
    {
        (Guid session, Guid _) = await Shared.FinishedAsync(studio);
        MadeLink forever = await MakeAsync(session), week = await MakeAsync(session, 7);
        Assert.NotEqual(forever.Path, week.Path);
        Assert.Null(forever.ExpiresAt);
        Assert.Equal(TimeSpan.FromDays(7), week.ExpiresAt - week.CreatedAt);
        await studio.Http.DeleteAsync($"/api/sessions/{session}/links/{week.Id}");
        string listed = await studio.Http.GetStringAsync($"/api/sessions/{session}/links");
        LinkLine[] lines = JsonSerializer.Deserialize<LinkLine[]>(listed, Services.StudioJson.Options)!;
        Assert.Equal([(week.Id, false), (forever.Id, true)], lines.Select(line => (line.Id, line.Works)));
        Assert.NotNull(lines[0].RevokedAt);

        using HttpClient reader = Reader();
        await reader.GetAsync(forever.Path);
        await reader.GetAsync(week.Path);
        await reader.GetAsync(forever.Path + "/clips/99999999999999999999");
        string secret = forever.Path[(forever.Path.LastIndexOf('/') + 1)..];
        Assert.DoesNotContain(secret, listed);
        foreach (string file in Directory.GetFiles(studio.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("studio.lock", StringComparison.Ordinal)))
        {
            await using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using StreamReader text = new(stream, Encoding.Latin1);
            Assert.False((await text.ReadToEndAsync()).Contains(secret, StringComparison.Ordinal), $"{Path.GetFileName(file)} holds the secret");
        }
    }

    [Fact]
    public async Task AWrongLifeAndAnUnknownSessionAreRefused()
    {
        (Guid session, Guid _) = await Shared.FinishedAsync(studio);
        foreach (int days in new[] { 0, -1, 366 })
        {
            using HttpResponseMessage refused = await studio.Http.PostAsJsonAsync($"/api/sessions/{session}/links", new { expiresInDays = days });
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal("expiresInDays", (await Studio.ReadAsync<JsonElement>(refused)).GetProperty("field").GetString());
        }

        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.PostAsJsonAsync($"/api/sessions/{Guid.NewGuid()}/links", new { })).StatusCode);
    }

    [Fact]
    public async Task NothingInASharedSessionBreaksOutOfItsPage()
    {
        (Guid session, Guid _) = await Shared.FinishedAsync(studio, Shared.Hostile);
        await studio.Http.PatchAsJsonAsync($"/api/sessions/{session}", new { title = Shared.Hostile[..Math.Min(200, Shared.Hostile.Length)] });
        using HttpClient reader = Reader();
        IHtmlDocument page = Shared.Page(await reader.GetStringAsync((await MakeAsync(session)).Path));
        Assert.Single(page.QuerySelectorAll("script"), one => one.GetAttribute("type") is null);
        Assert.Empty(page.QuerySelectorAll("img, iframe, object, link:not([rel=icon]), base, form, [onerror], [style]"));
        Assert.Equal("<event> bell </event>" + Shared.Hostile, Shared.Data(page).GetProperty("answer").GetProperty("text").GetString());
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    private HttpClient Reader() => new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = studio.Http.BaseAddress };

    private async Task<MadeLink> MakeAsync(Guid session, int? days = null)
    {
        using HttpResponseMessage response = await studio.Http.PostAsJsonAsync($"/api/sessions/{session}/links", new NewLink(days));
        Assert.Equal((HttpStatusCode.Created, "no-store"), (response.StatusCode, response.Headers.CacheControl?.ToString()));
        return await Studio.ReadAsync<MadeLink>(response);
    }
}

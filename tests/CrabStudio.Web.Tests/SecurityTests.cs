using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrabStudio.Web.Data;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Tests;

public sealed class SecurityTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Theory]
    [InlineData("/")]
    [InlineData("/sessions")]
    [InlineData("/about")]
    [InlineData("/data-sets")]
    [InlineData("/training")]
    public async Task APageForbidsInlineScriptsAndHasNone(string path)
    {
        using HttpResponseMessage response = await studio.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self';", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.DoesNotContain("unsafe-eval", policy);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", response.Headers.GetValues("Referrer-Policy").Single());
        Assert.False(response.Headers.Contains("Server"));
        string html = await response.Content.ReadAsStringAsync();
        Assert.NotEmpty(Regex.Matches(html, "<script"));
        Assert.All(Regex.Matches(html, "<script[^>]*>([^<]*)</script>"), script => Assert.Equal("", script.Groups[1].Value.Trim()));
        Assert.DoesNotMatch(@"<[^>]+\son\w+\s*=", html);
    }

    [Fact]
    public async Task EveryStaticFileOfAPageHasABody()
    {
        string html = await studio.Http.GetStringAsync("/");
        string[] files = [.. Regex.Matches(html, "(?:src|href)=\"([^\"#]+\\.(?:js|css|svg)[^\"]*)\"").Select(match => match.Groups[1].Value), "js/upload.js", "demo/demo.json", "css/login.css"];
        Assert.True(files.Length > 8);
        foreach (string file in files.Distinct())
        {
            using HttpResponseMessage response = await studio.Http.GetAsync("/" + file.TrimStart('/'));
            Assert.True(response.StatusCode == HttpStatusCode.OK, file);
            Assert.True((await response.Content.ReadAsByteArrayAsync()).Length > 100, file + " is empty");
        }
    }

    [Fact]
    public async Task APageOfAnotherSiteCanChangeAndHearNothing()
    {
        foreach ((string header, string value) in new[] { ("Origin", "http://evil.example"), ("Origin", "null"), ("Origin", $"http://127.0.0.1:{studio.Http.BaseAddress!.Port + 1}"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site") })
        {
            foreach ((HttpMethod method, string path) in new[] { (HttpMethod.Post, "/api/sessions"), (HttpMethod.Post, "/api/clips"), (HttpMethod.Delete, $"/api/sessions/{Guid.NewGuid()}"), (HttpMethod.Post, "/hubs/answers/negotiate"), (HttpMethod.Post, "/_blazor/negotiate") })
            {
                using HttpRequestMessage request = new(method, path);
                request.Headers.Add(header, value);
                using HttpResponseMessage response = await studio.Http.SendAsync(request);
                Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
                Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
            }
        }

        using HttpRequestMessage socket = new(HttpMethod.Get, "/hubs/answers");
        socket.Headers.Add("Origin", "http://evil.example");
        socket.Headers.Add("Connection", "Upgrade");
        socket.Headers.Add("Upgrade", "websocket");
        using HttpResponseMessage refused = await studio.Http.SendAsync(socket);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task TheStudiosOwnPagesMayActAndOnlyJsonIsTaken()
    {
        using HttpRequestMessage own = new(HttpMethod.Post, "/api/sessions") { Content = JsonContent.Create(new { clipIds = Array.Empty<Guid>() }) };
        own.Headers.Add("Origin", studio.Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        own.Headers.Add("Sec-Fetch-Site", "same-origin");
        Assert.Equal(HttpStatusCode.BadRequest, (await studio.Http.SendAsync(own)).StatusCode);
        foreach (string type in new[] { "text/plain", "application/x-www-form-urlencoded" })
        {
            using HttpResponseMessage plain = await studio.Http.PostAsync("/api/sessions", new StringContent("{}", Encoding.UTF8, type));
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, plain.StatusCode);
            Assert.Contains("application/json", (await Studio.ReadAsync<JsonElement>(plain)).GetProperty("detail").GetString());
        }

        using HttpResponseMessage broken = await studio.Http.PostAsync("/api/sessions", new StringContent("{\"clipIds\": 3", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, broken.StatusCode);
        Assert.StartsWith("The body is not the JSON", (await Studio.ReadAsync<JsonElement>(broken)).GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("evil.example", 400)]
    [InlineData("127.0.0.1.evil.example", 400)]
    [InlineData("192.0.2.7", 400)]
    [InlineData("localhost", 200)]
    [InlineData("[::1]", 200)]
    public async Task OnlyItsOwnNamesReachTheStudio(string host, int status)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/healthz") { Headers = { Host = host } };
        Assert.Equal(status, (int)(await studio.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task AFaultOfTheStudioShowsNoStackTrace()
    {
        await using (StudioDatabase database = studio.Data.CreateDbContext())
        {
            await database.Database.ExecuteSqlRawAsync("ALTER TABLE Sessions RENAME TO Lost");
        }

        using HttpResponseMessage response = await studio.Http.GetAsync("/api/sessions");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using HttpRequestMessage page = new(HttpMethod.Get, "/sessions") { Headers = { { "Accept", "text/html" } } };
        using HttpResponseMessage shown = await studio.Http.SendAsync(page);
        foreach (string text in new[] { await response.Content.ReadAsStringAsync(), await shown.Content.ReadAsStringAsync() })
        {
            Assert.DoesNotContain("   at ", text);
            Assert.DoesNotContain("Sqlite", text);
            Assert.DoesNotContain("no such table", text);
        }

        Assert.Contains("This page ran into a problem", await shown.Content.ReadAsStringAsync());
        Assert.Contains("no such table", await ReadLogAsync());
    }

    [Fact]
    public async Task TheApiIsDescribed()
    {
        JsonElement description = await studio.GetAsync("/openapi/v1.json");
        JsonElement paths = description.GetProperty("paths");
        foreach ((string path, string method) in new[]
        {
            ("/api/clips", "post"), ("/api/clips/{id}", "get"), ("/api/clips/{id}/media", "get"), ("/api/sessions", "post"), ("/api/sessions", "get"), ("/api/sessions/{id}", "get"), ("/api/sessions/{id}", "delete"),
            ("/api/sessions/{id}/questions", "post"), ("/api/answers/{id}", "get"), ("/api/answers/{id}/stop", "post"), ("/api/answers/{id}/routes", "get"), ("/healthz", "get"),
        })
        {
            Assert.True(paths.TryGetProperty(path, out JsonElement methods) && methods.TryGetProperty(method, out _), $"{method} {path}");
        }

        Assert.Equal("binary", paths.GetProperty("/api/clips").GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("multipart/form-data").GetProperty("schema").GetProperty("properties").GetProperty("file").GetProperty("format").GetString());
        Assert.False(paths.TryGetProperty("/login", out _));
    }

    [Fact]
    public async Task WithAKeyNothingButHealthFilesAndLoginIsFree()
    {
        await using Studio locked = await Studio.StartAsync(change: options => options with { AccessKey = "open sesame" });
        foreach (string path in new[] { "/api/sessions", "/openapi/v1.json", "/hubs/answers", "/_blazor", "/", "/nowhere" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await locked.Http.GetAsync(path)).StatusCode);
        }

        foreach (string path in new[] { "/healthz", "/css/studio.css", "/css/login.css", "/login" })
        {
            Assert.Equal(HttpStatusCode.OK, (await locked.Http.GetAsync(path)).StatusCode);
        }

        locked.SetBearer("open sesame!");
        Assert.Equal(HttpStatusCode.Unauthorized, (await locked.Http.GetAsync("/api/sessions")).StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => locked.ConnectAsync("wrong"));
        locked.SetBearer("open sesame");
        Assert.Equal(HttpStatusCode.OK, (await locked.Http.GetAsync("/api/sessions")).StatusCode);
        await using HubConnection hub = await locked.ConnectAsync("open sesame");
        Assert.Equal(HubConnectionState.Connected, hub.State);
    }

    [Fact]
    public async Task TheLoginPageSetsACookieThatOpensTheStudioUntilTheKeyChanges()
    {
        string folder = Studio.NewFolder();
        string cookie;
        await using (Studio locked = await Studio.StartAsync(folder, options => options with { AccessKey = "öffne dich" }))
        {
            using HttpResponseMessage redirect = await locked.Http.SendAsync(Page("/sessions?q=a"));
            Assert.Equal("/login?returnUrl=%2Fsessions%3Fq%3Da", redirect.Headers.Location?.OriginalString);
            using HttpResponseMessage login = await locked.Http.GetAsync(redirect.Headers.Location);
            Assert.Contains("script-src 'self';", login.Headers.GetValues("Content-Security-Policy").Single());
            (string antiforgery, Dictionary<string, string> form) = await FormAsync(login);
            Assert.Equal("/sessions?q=a", form["returnUrl"]);

            using HttpResponseMessage wrong = await PostAsync(locked, form, antiforgery, "falsch");
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
            Assert.Contains("That is not the key", await wrong.Content.ReadAsStringAsync());
            using HttpResponseMessage forged = await PostAsync(locked, form, "none=none", "öffne dich");
            Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);

            using HttpResponseMessage right = await PostAsync(locked, form, antiforgery, "öffne dich");
            Assert.Equal((HttpStatusCode.Found, "/sessions?q=a"), (right.StatusCode, right.Headers.Location?.OriginalString));
            string set = right.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("crab-access=", StringComparison.Ordinal));
            Assert.Contains("httponly", set);
            Assert.Contains("samesite=strict", set);
            cookie = set.Split(';')[0];
            Assert.Equal(HttpStatusCode.OK, (await locked.Http.SendAsync(Page("/sessions", cookie))).StatusCode);

            using HttpResponseMessage away = await PostAsync(locked, new(form) { ["returnUrl"] = "//evil.example" }, antiforgery, "öffne dich");
            Assert.Equal("/", away.Headers.Location?.OriginalString);
        }

        await using (Studio same = await Studio.StartAsync(folder, options => options with { AccessKey = "öffne dich" }))
        {
            Assert.Equal(HttpStatusCode.OK, (await same.Http.SendAsync(Page("/sessions", cookie))).StatusCode);
        }

        await using (Studio changed = await Studio.StartAsync(folder, options => options with { AccessKey = "another" }))
        {
            Assert.Equal(HttpStatusCode.Found, (await changed.Http.SendAsync(Page("/sessions", cookie))).StatusCode);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task TooManyWrongKeysShutTheDoorForAWhile()
    {
        await using Studio locked = await Studio.StartAsync(change: options => options with { AccessKey = "right" });
        for (int attempt = 0; attempt < 10; attempt++)
        {
            locked.SetBearer($"wrong {attempt}");
            Assert.Equal(HttpStatusCode.Unauthorized, (await locked.Http.GetAsync("/api/sessions")).StatusCode);
        }

        locked.SetBearer("right");
        Assert.Equal(HttpStatusCode.TooManyRequests, (await locked.Http.GetAsync("/api/sessions")).StatusCode);
    }

    private static HttpRequestMessage Page(string path, string? cookie = null)
    {
        HttpRequestMessage request = new(HttpMethod.Get, path) { Headers = { { "Accept", "text/html" } } };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return request;
    }

    private static async Task<(string Cookie, Dictionary<string, string> Form)> FormAsync(HttpResponseMessage login)
    {
        string html = await login.Content.ReadAsStringAsync();
        Dictionary<string, string> form = Regex.Matches(html, "<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"").ToDictionary(match => match.Groups[1].Value, match => WebUtility.HtmlDecode(match.Groups[2].Value));
        return (login.Headers.GetValues("Set-Cookie").Single().Split(';')[0], form);
    }

    private static async Task<HttpResponseMessage> PostAsync(Studio locked, Dictionary<string, string> form, string cookie, string key)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/login") { Content = new FormUrlEncodedContent(new Dictionary<string, string>(form) { ["key"] = key }) };
        request.Headers.Add("Cookie", cookie);
        return await locked.Http.SendAsync(request);
    }

    private async Task<string> ReadLogAsync()
    {
        await using FileStream log = new(Directory.GetFiles(studio.Data.Logs).Single(), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(log);
        return await reader.ReadToEndAsync();
    }
}

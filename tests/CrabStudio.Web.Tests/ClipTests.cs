using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Testing;
using CrabStudio.Web.Api;
using CrabStudio.Web.Components.Asking;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests;

public sealed class ClipTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync(change: options => options with { Limits = new MediaLimits { MaxBytes = 4 << 20 } });

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task AnUploadIsExaminedKeptAndServedInRanges()
    {
        byte[] file = File.ReadAllBytes(Studio.Media("clip_a.mp4"));
        ClipShape clip = await studio.UploadAsync("clip_a.mp4");
        Assert.Equal(("clip_a.mp4", file.Length, ClipKind.Video), (clip.FileName, (int)clip.Bytes, clip.Kind));
        Assert.True(clip.DurationSeconds > 1);
        Assert.Equal(clip.Id, (await studio.GetAsync<ClipShape>($"/api/clips/{clip.Id}")).Id);

        using HttpRequestMessage part = new(HttpMethod.Get, $"/api/clips/{clip.Id}/media");
        part.Headers.Range = new RangeHeaderValue(100, 199);
        using HttpResponseMessage partial = await studio.Http.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, partial.StatusCode);
        Assert.Equal(file[100..200], await partial.Content.ReadAsByteArrayAsync());
        Assert.Equal("video/mp4", partial.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", partial.Headers.GetValues("X-Content-Type-Options").Single());

        using HttpResponseMessage original = await studio.Http.GetAsync($"/api/clips/{clip.Id}/media?original=1");
        Assert.Equal(file, await original.Content.ReadAsByteArrayAsync());
        Assert.Equal(("attachment", "clip_a.mp4"), (original.Content.Headers.ContentDisposition?.DispositionType, original.Content.Headers.ContentDisposition?.FileName));
    }

    [Fact]
    public async Task PosterThumbnailsAndWaveformAreThereForWhoAsksAtOnce()
    {
        ClipShape clip = await studio.UploadAsync("clip_a.mp4");
        byte[] poster = await studio.Http.GetByteArrayAsync($"/api/clips/{clip.Id}/poster");
        byte[] strip = await studio.Http.GetByteArrayAsync($"/api/clips/{clip.Id}/strip");
        Assert.Equal([0xFF, 0xD8], poster[..2]);
        Assert.Equal([0xFF, 0xD8], strip[..2]);
        Assert.True((await studio.GetAsync($"/api/clips/{clip.Id}/waveform")).GetProperty("peaks").GetArrayLength() > 10);

        ClipShape sound = await studio.UploadAsync("c_half.wav");
        using HttpResponseMessage none = await studio.Http.GetAsync($"/api/clips/{sound.Id}/poster");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Contains("has no poster", (await Studio.ReadAsync<JsonElement>(none)).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task WhatABrowserCannotPlayIsServedAsARendition()
    {
        await using FileStream file = File.OpenRead(Golden.Find("hostile/media/good-mpeg4-mp3.avi"));
        using HttpResponseMessage response = await studio.UploadAsync(file, "old.avi");
        ClipShape clip = await Studio.ReadAsync<ClipShape>(response);
        using HttpResponseMessage media = await studio.Http.GetAsync($"/api/clips/{clip.Id}/media");
        Assert.Equal("video/mp4", media.Content.Headers.ContentType?.MediaType);
        Assert.Equal("ftyp", Encoding.ASCII.GetString(await media.Content.ReadAsByteArrayAsync(), 4, 4));
    }

    [Fact]
    public async Task TheSameContentIsStoredOnce()
    {
        ClipShape first = await studio.UploadAsync("clip_short.mp4"), again = await studio.UploadAsync("clip_short.mp4");
        Assert.Equal(first.Id, again.Id);
        await using FileStream file = File.OpenRead(Studio.Media("clip_short.mp4"));
        using HttpResponseMessage renamed = await studio.UploadAsync(file, "another name.mp4");
        ClipShape other = await Studio.ReadAsync<ClipShape>(renamed);
        Assert.Equal(("another name.mp4", first.Sha256), (other.FileName, other.Sha256));
        Assert.Single(Directory.GetDirectories(Path.Combine(studio.Folder, "clips")));

        // The one goes with its session; the content stays for the other.
        Guid session = await studio.OpenSessionAsync(first.Id);
        await studio.Http.DeleteAsync($"/api/sessions/{session}");
        Assert.Equal(HttpStatusCode.OK, (await studio.Http.GetAsync($"/api/clips/{first.Id}")).StatusCode);
        await studio.Http.DeleteAsync($"/api/sessions/{session}?forGood=true");
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync($"/api/clips/{first.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await studio.Http.GetAsync($"/api/clips/{other.Id}/media")).StatusCode);
    }

    [Theory]
    [InlineData("text-html.mp4", 400)]
    [InlineData("list-hls-passwd.mp4", 400)]
    [InlineData("list-concat-passwd.mp4", 400)]
    [InlineData("text-svg-plain.svg", 400)]
    [InlineData("none-zero.mp4", 400)]
    [InlineData("cut-header.wav", 400)]
    public async Task AHostileFileIsRefusedByItsOwnNameAndLeavesNothing(string name, int status)
    {
        await using FileStream file = File.OpenRead(Golden.Find("hostile/media/" + name));
        using HttpResponseMessage response = await studio.UploadAsync(file, name);
        await RefusedAsync(response, status, name);
    }

    [Fact]
    public async Task ATooLargeClipIsRefusedWhetherOrNotItSaysItsSize()
    {
        using HttpResponseMessage announced = await studio.UploadAsync(new MemoryStream(new byte[5 << 20]), "large.mp4");
        await RefusedAsync(announced, 413, "4 MiB");

        using HttpRequestMessage request = new(HttpMethod.Post, "/api/clips") { Headers = { TransferEncodingChunked = true } };
        using MultipartFormDataContent form = new();
        form.Add(new StreamContent(new MemoryStream(new byte[(4 << 20) + 1])), "file", "sly.mp4");
        request.Content = form;
        using HttpResponseMessage streamed = await studio.Http.SendAsync(request);
        await RefusedAsync(streamed, 413, "sly.mp4");
    }

    [Fact]
    public async Task ABodyThatIsNoUploadIsRefused()
    {
        using HttpResponseMessage json = await studio.Http.PostAsync("/api/clips", new StringContent("{}", Encoding.UTF8, "application/json"));
        await RefusedAsync(json, 415, "multipart");
        using MultipartFormDataContent form = new();
        form.Add(new StringContent("no file"), "note");
        using HttpResponseMessage fieldless = await studio.Http.PostAsync("/api/clips", form);
        await RefusedAsync(fieldless, 400, "“file”");
    }

    [Fact]
    public async Task ABrowserThatLeavesInMidUploadLeavesNothing()
    {
        using (TcpClient browser = new())
        {
            await browser.ConnectAsync(IPAddress.Loopback, studio.Http.BaseAddress!.Port);
            string head = "POST /api/clips HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"half.mp4\"\r\n\r\n";
            await browser.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
            await browser.GetStream().WriteAsync(File.ReadAllBytes(Studio.Media("clip_short.mp4")).AsMemory(0, 3000));
            await UntilAsync(() => Directory.GetFiles(studio.Data.Incoming).Length == 1);
        }

        await UntilAsync(() => Directory.GetFiles(studio.Data.Incoming).Length == 0);
        Assert.Empty(await studio.Library.RecentAsync(9, default));
    }

    [Fact]
    public void AFullDiskIsSaidInOnePlainLine()
    {
        const int noSpace = 28;
        MediaException full = ClipLibrary.NotStored("big.mp4", new IOException("No space left on device", noSpace));
        Assert.StartsWith("big.mp4: the studio's disk is full", full.Message);
        Assert.DoesNotContain("disk is full", ClipLibrary.NotStored("big.mp4", new IOException("Input/output error", 5)).Message);
    }

    [Fact]
    public async Task ADataFolderThatCannotBeWrittenIsAPlainLineAndNothingStays()
    {
        Directory.Delete(studio.Data.Incoming, recursive: true);
        await using FileStream file = File.OpenRead(Studio.Media("clip_short.mp4"));
        MediaException refusal = await Assert.ThrowsAsync<MediaException>(() => studio.Library.AddAsync(file, "clip.mp4", default));
        Assert.StartsWith("clip.mp4: the studio could not write it", refusal.Message);
    }

    [Fact]
    public async Task ANameIsKeptAsANameOnly()
    {
        await using FileStream file = File.OpenRead(Studio.Media("clip_short.mp4"));
        Clip clip = await studio.Library.AddAsync(file, "../../..\\évil\n; rm -rf.mp4", default);
        Assert.Equal("évil ; rm -rf.mp4", clip.FileName);
        Assert.All(Directory.GetFiles(studio.Folder, "*", SearchOption.AllDirectories), path => Assert.DoesNotContain("vil", Path.GetFileName(path)));
        using HttpResponseMessage original = await studio.Http.GetAsync($"/api/clips/{clip.Id}/media?original=1");
        Assert.Equal(clip.FileName, original.Content.Headers.ContentDisposition?.FileNameStar);
    }

    [Fact]
    public async Task DemosComeFromTheWebRootAreAddedOnceAndAreKnownByTheirContent()
    {
        DemoClips demos = studio.App.Services.GetRequiredService<DemoClips>();
        IReadOnlyList<FamilyText> cards = TaskTexts.Cards(EnglishWords.Only);
        Assert.Equal(7, demos.All.Select(demo => cards.First(family => family.Keys.Contains(demo.Questions[0].Task))).Distinct().Count());
        foreach (Demo demo in demos.All)
        {
            IReadOnlyList<Clip> clips = await demos.AddAsync(demo.Name, default), again = await demos.AddAsync(demo.Name, default);
            Assert.Equal(clips.Select(clip => clip.Id), again.Select(clip => clip.Id));
            Assert.Equal(demo, demos.Of(clips));
            Assert.All(clips, clip => Assert.True(demos.Has(clip)));
            // Every suggestion is one that the studio takes.
            foreach (DemoQuestion suggested in demo.Questions)
            {
                AskState ask = new();
                foreach (Clip clip in clips)
                {
                    ask.Add(clip);
                }

                ask.Take(suggested);
                Assert.True(ask.Complete && ask.Check(), $"{demo.Name} {suggested.Task}: {ask.Refused?.Message ?? ask.Unsuited(suggested.Task)}");
            }
        }

        await using FileStream file = File.OpenRead(Studio.Media("clip_short.mp4"));
        Clip own = await studio.Library.AddAsync(file, demos.All[0].Files[0], default);
        Assert.False(demos.Has(own));
        Assert.Null(demos.Of([own]));
        await Assert.ThrowsAsync<UnknownItemException>(() => demos.AddAsync("../demo.json", default));
    }

    [Fact]
    public async Task WhatIsShownOfAClipIsMadeAfterARestartWhenItWasCutOff()
    {
        string folder = Studio.NewFolder();
        Guid id;
        await using (Studio first = await Studio.StartAsync(folder))
        {
            id = (await first.UploadAsync("clip_short.mp4")).Id;
            await first.Http.GetByteArrayAsync($"/api/clips/{id}/poster");
            await UntilAsync(() => Directory.GetFiles(folder, "derived.json", SearchOption.AllDirectories).Length == 1);
        }

        foreach (string made in new[] { "derived.json", ClipDerivatives.PosterName })
        {
            File.Delete(Directory.GetFiles(folder, made, SearchOption.AllDirectories).Single());
        }

        await using (Studio second = await Studio.StartAsync(folder))
        {
            await UntilAsync(() => Directory.GetFiles(folder, "derived.json", SearchOption.AllDirectories).Length == 1);
            Assert.NotEmpty(await second.Http.GetByteArrayAsync($"/api/clips/{id}/poster"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task ClipsThatNoSessionUsesAreListedAndDeletedAndThoseOfTheBinStay()
    {
        Guid used = (await studio.UploadAsync("clip_short.mp4")).Id, binned = (await studio.UploadAsync("c_half.wav")).Id, unused = (await studio.UploadAsync("still_a.png")).Id;
        await studio.OpenSessionAsync(used);
        Guid bin = await studio.OpenSessionAsync(binned);
        await studio.Sessions.DeleteAsync([bin], default);
        ClipShape only = Assert.Single(await studio.GetAsync<ClipShape[]>("/api/clips/unused"));
        Assert.Equal((unused, "still_a.png", new FileInfo(Studio.Media("still_a.png")).Length), (only.Id, only.FileName, only.Bytes));
        foreach (Guid kept in new[] { used, binned })
        {
            using HttpResponseMessage refused = await studio.Http.DeleteAsync($"/api/clips/{kept}");
            Assert.Equal(409, (int)refused.StatusCode);
            Assert.Contains("is used by a session", (await Studio.ReadAsync<JsonElement>(refused)).GetProperty("detail").GetString()!, StringComparison.Ordinal);
        }

        Assert.Equal(0, await studio.Library.DeleteUnusedAsync([used, binned], default));
        Assert.Equal(3, Directory.GetDirectories(Path.Combine(studio.Folder, "clips")).Length);
        using HttpResponseMessage deleted = await studio.Http.DeleteAsync($"/api/clips/{unused}");
        Assert.Equal(204, (int)deleted.StatusCode);
        using HttpResponseMessage again = await studio.Http.DeleteAsync($"/api/clips/{unused}");
        Assert.Equal(404, (int)again.StatusCode);
        Assert.Empty(await studio.GetAsync<ClipShape[]>("/api/clips/unused"));
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(studio.Folder, "clips")).Length);

        // The session comes back with its clip; deleted for good, it takes it along.
        Assert.Equal(1, await studio.Sessions.RestoreAsync([bin], default));
        Assert.NotNull(await studio.Library.FindAsync(binned, default));
    }

    private async Task RefusedAsync(HttpResponseMessage response, int status, string says)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = await Studio.ReadAsync<JsonElement>(response);
        string detail = problem.GetProperty("detail").GetString()!;
        Assert.Contains(says, detail);
        Assert.DoesNotContain('\n', detail);
        Assert.DoesNotContain(studio.Folder, detail);
        Assert.Equal("file", problem.GetProperty("field").GetString());
        Assert.Empty(Directory.GetFiles(studio.Data.Incoming));
        Assert.Empty(Directory.GetDirectories(Path.Combine(studio.Folder, "clips")));
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(10); !holds(); await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < end, "It did not come to that within 10 s.");
        }
    }
}

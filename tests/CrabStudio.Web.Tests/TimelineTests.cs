using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests;

public sealed class TimelineTests : IAsyncLifetime
{
    private Studio studio = null!;
    private Guid session, clip;

    public async ValueTask InitializeAsync()
    {
        studio = await Studio.StartAsync();
        clip = (await studio.UploadAsync("clip_b.mp4")).Id;
        session = await studio.OpenSessionAsync(clip);
    }

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    private TimelineStore Store => studio.App.Services.GetRequiredService<TimelineStore>();

    private string Address => $"/api/sessions/{session}/clips/{clip}/timelines";

    [Fact]
    public async Task ATimelineIsWrittenReadAndDeletedByWhoKnowsItsVersion()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync($"{Address}/truth")).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionRequired, (await SendAsync(HttpMethod.Put, "truth", Json("bell", 0.5m, 1))).StatusCode);
        using HttpResponseMessage first = await SendAsync(HttpMethod.Put, "truth", Json("bell", 0.5m, 1), none: true);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        string version = (await Studio.ReadAsync<TimelineTaken>(first)).Version;
        Assert.Equal($"\"{version}\"", first.Headers.ETag!.Tag);

        TimelineShape kept = await studio.GetAsync<TimelineShape>($"{Address}/truth");
        Assert.Equal((TimelineKind.Truth, version, 1, 0, 0), (kept.Kind, kept.Version, kept.Events, kept.Boxes, kept.Points));
        TimelineDocument read = TimelineExchange.Read(Encoding.UTF8.GetBytes(kept.Timeline!.ToJsonString()), "kept").Document;
        Assert.Equal(new TimelineEvent("a", "bell", EventModality.Audio, 0.5m, 1, TimelineLayer.Truth, "faint"), Assert.Single(read.Events));
        Assert.Equal("clip_b.mp4", read.Clip.FileName);
        Assert.True(read.Clip is { DurationSeconds: > 1, FrameRate: > 1, Width: > 1, Height: > 1 });

        using HttpResponseMessage second = await SendAsync(HttpMethod.Put, "truth", Json("dog", 0.5m, 1), version);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        string now = (await Studio.ReadAsync<TimelineTaken>(second)).Version;
        foreach ((string? stale, bool none) in new[] { (version, false), ("nonsense", false), ((string?)null, true) })
        {
            Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Put, "truth", Json("cat", 0.5m, 1), stale, none)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Delete, "truth", null, version)).StatusCode);
        Assert.Equal("dog", (await Store.GetAsync(session, clip, TimelineKind.Truth, default))!.Document.Events[0].Label);
        Assert.Equal(TimelineKind.Truth, Assert.Single(await studio.GetAsync<TimelineShape[]>(Address)).Kind);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, "truth", null, now)).StatusCode);
        Assert.Empty(await studio.GetAsync<TimelineShape[]>(Address));
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, "truth", null, "*")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Put, "model", Json("cat", 0.5m, 1), "*")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync($"/api/sessions/{session}/clips/{Guid.NewGuid()}/timelines")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync($"/api/sessions/{Guid.NewGuid()}/clips/{clip}/timelines")).StatusCode);
    }

    [Fact]
    public async Task OfManyWhoWriteAtOnceOverOneVersionOneWritesAndTheOthersAreTold()
    {
        TimelineDocument[] versions = [.. Enumerable.Range(0, 8).Select(place => Document($"label {place}", 0, 1))];
        long before = await Store.SaveAsync(session, clip, TimelineKind.Corrected, Document("first", 0, 1), 0, null, null, default);
        List<TimelineChanged> told = [];
        Store.Changed += change =>
        {
            lock (told)
            {
                told.Add(change);
            }
        };
        bool[] written = await Task.WhenAll(versions.Select(one => Task.Run(async () =>
        {
            try
            {
                await Store.SaveAsync(session, clip, TimelineKind.Corrected, one, before, null, one, default);
                return true;
            }
            catch (TimelineConflictException conflict)
            {
                Assert.True(conflict.Version > before);
                return false;
            }
        })));
        int winner = Array.IndexOf(written, true);
        Assert.Single(written, one => one);
        KeptTimeline kept = (await Store.GetAsync(session, clip, TimelineKind.Corrected, default))!;
        Assert.Equal($"label {winner}", kept.Document.Events[0].Label);
        TimelineChanged change = Assert.Single(told);
        Assert.Equal((session, clip, TimelineKind.Corrected, kept.Version), (change.SessionId, change.ClipId, change.Kind, change.Version));
        Assert.Same(versions[winner], change.Author);
    }

    [Fact]
    public async Task WhatWasSavedOutlivesAViolentEnd()
    {
        string copy = Studio.NewFolder();
        await Store.SaveAsync(session, clip, TimelineKind.Corrected, Document("bell", 0.25m, 1.5m), 0, null, null, default);
        // What a dead process leaves: the files as they are at this moment, the journal not yet folded in.
        foreach (string file in Directory.GetFiles(studio.Folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "studio.lock"))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(studio.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await using FileStream from = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using FileStream to = File.Create(target);
            await from.CopyToAsync(to);
        }

        await using (Studio again = await Studio.StartAsync(copy))
        {
            KeptTimeline kept = (await again.App.Services.GetRequiredService<TimelineStore>().GetAsync(session, clip, TimelineKind.Corrected, default))!;
            Assert.Equal(Document("bell", 0.25m, 1.5m).Events, kept.Document.Events);
        }

        Directory.Delete(copy, recursive: true);
    }

    [Fact]
    public async Task AnAnswerAndItsCorrectionAreExportedInEveryFormatAndReadAgain()
    {
        Guid answer = await studio.AskAsync(session, new { task = "avvp" });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("<audio>Dog,(0 1)</audio> <visual>Dog,(1 2)</visual>");
        run.Finish();
        await studio.EndAsync(answer);
        await Store.SaveAsync(session, clip, TimelineKind.Corrected, Document("Dog", 0.25m, 1.5m), 0, answer, null, default);
        TimelineDocument all = await ReadAsync("json", "");
        Assert.Equal([("Dog", TimelineLayer.Model), ("Dog", TimelineLayer.Corrected), ("Dog", TimelineLayer.Model)], all.Events.Select(one => (one.Label, one.Layer)));
        foreach (string format in new[] { "eaf", "vtt", "csv", "label-studio" })
        {
            Assert.Equal(all.Events.Select(one => (one.Label, one.Modality, one.StartSeconds, one.EndSeconds, one.Layer)), (await ReadAsync(format, "")).Events.Select(one => (one.Label, one.Modality, one.StartSeconds, one.EndSeconds, one.Layer)));
        }

        Assert.Equal(TimelineLayer.Corrected, Assert.Single((await ReadAsync("eaf", "&layers=corrected")).Events).Layer);
        Assert.Equal(2, (await ReadAsync("eaf", $"&layers=model&answer={answer}")).Events.Count);
        using HttpResponseMessage eaf = await studio.Http.GetAsync($"{Address}/export?format=eaf");
        Assert.Equal("clip_b.eaf", eaf.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.Equal((EventModality.Audio, 0m, 2m), (await ReadAsync("av-uie", "&layers=corrected")).Events.Select(one => (one.Modality, one.StartSeconds, one.EndSeconds)).Single());
        using HttpResponseMessage nothing = await studio.Http.GetAsync($"{Address}/export?format=av-uie&layers=truth");
        Assert.Equal(HttpStatusCode.BadRequest, nothing.StatusCode);
        Assert.Contains("choose another layer", (await Studio.ReadAsync<JsonElement>(nothing)).GetProperty("detail").GetString()!, StringComparison.Ordinal);
        foreach (string wrong in new[] { "format=docx", "", "format=eaf&layers=mine" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await studio.Http.GetAsync($"{Address}/export?{wrong}")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync($"{Address}/export?format=eaf&answer={Guid.NewGuid()}")).StatusCode);
    }

    [Fact]
    public async Task TheExportOfAnAlteredRunSaysHowItWasAltered()
    {
        Guid plain = await SaidAsync(await studio.AskAsync(session, new { task = "avvp" }));
        using HttpResponseMessage response = await studio.Http.PostAsync($"/api/answers/{plain}/alter", new StringContent("{\"kind\":\"off\"}", Encoding.UTF8, "application/json"));
        Guid altered = await SaidAsync((await Studio.ReadAsync<Made>(response)).Id);
        foreach (string format in new[] { "json", "eaf", "vtt", "csv", "label-studio", "coco" })
        {
            Assert.Equal("adapter off, everywhere", (await ReadAsync(format, $"&answer={altered}")).Altered);
            Assert.Equal("", (await ReadAsync(format, $"&answer={plain}")).Altered);
            Assert.Equal("", (await ReadAsync(format, $"&answer={altered}&layers=corrected,truth")).Altered);
        }

        async Task<Guid> SaidAsync(Guid answer)
        {
            ScriptedRun run = await studio.Engine.NextRunAsync();
            run.ReadPrompt();
            run.Say("<audio>Dog,(0 1)</audio>");
            run.Finish();
            await studio.EndAsync(answer);
            return answer;
        }
    }

    [Fact]
    public async Task AFileIsTakenInsteadOrBesideAndOneThatDoesNotFitSaysInWhichLine()
    {
        const string Table = "start,end,label,modality\n0.5,1,Dog,audio\n1,1.5,Bell,visual\n";
        using HttpResponseMessage taken = await SendAsync(HttpMethod.Post, "truth/import?name=a.csv", Table, none: true);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        TimelineTaken first = await Studio.ReadAsync<TimelineTaken>(taken);
        Assert.Equal(("csv", 2), (first.Format, first.Events));
        using HttpResponseMessage beside = await SendAsync(HttpMethod.Post, "truth/import?add=true", Table, first.Version);
        TimelineTaken second = await Studio.ReadAsync<TimelineTaken>(beside);
        Assert.Equal(4, (await Store.GetAsync(session, clip, TimelineKind.Truth, default))!.Document.Events.Count);

        using HttpResponseMessage broken = await SendAsync(HttpMethod.Post, "truth/import?name=a.csv", Table + "2,x,Dog,audio\n", second.Version);
        Assert.Equal(HttpStatusCode.BadRequest, broken.StatusCode);
        JsonElement problem = await Studio.ReadAsync<JsonElement>(broken);
        Assert.Equal(4, problem.GetProperty("line").GetInt32());
        Assert.StartsWith("a.csv, line 4", problem.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Post, "truth/import?format=docx", Table, second.Version)).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Post, "truth/import", Table, first.Version)).StatusCode);
        Assert.Equal(4, (await Store.GetAsync(session, clip, TimelineKind.Truth, default))!.Document.Events.Count);

        // Of a file with several layers only the one that is meant.
        using HttpResponseMessage layered = await SendAsync(HttpMethod.Post, "corrected/import", "start,end,label,modality,layer\n0,1,Cat,audio,model\n1,2,Cow,audio,corrected\n", none: true);
        Assert.Equal(HttpStatusCode.OK, layered.StatusCode);
        Assert.Equal("Cow", Assert.Single((await Store.GetAsync(session, clip, TimelineKind.Corrected, default))!.Document.Events).Label);
    }

    private async Task<TimelineDocument> ReadAsync(string format, string more) =>
        TimelineExchange.Read(await studio.Http.GetByteArrayAsync($"{Address}/export?format={format}{more}"), "file", TimelineExchange.Find(format)).Document;

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body, string? match = null, bool none = false)
    {
        HttpRequestMessage request = new(method, $"{Address}/{path}");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, path.Contains("import", StringComparison.Ordinal) ? "application/octet-stream" : "application/json");
        }

        if (match is not null)
        {
            request.Headers.IfMatch.Add(match == "*" ? EntityTagHeaderValue.Any : new EntityTagHeaderValue($"\"{match}\""));
        }

        if (none)
        {
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }

        return studio.Http.SendAsync(request);
    }

    private static string Json(string label, decimal start, decimal end) =>
        FormattableString.Invariant($$"""{"crabstudio_timeline": 1, "events": [{"id": "a", "label": "{{label}}", "modality": "audio", "start": {{start}}, "end": {{end}}, "note": "faint"}]}""");

    private static TimelineDocument Document(string label, decimal start, decimal end) =>
        new(new TimelineClip("clip_b.mp4")) { Events = [new("c1", label, EventModality.Audio, start, end, TimelineLayer.Corrected)] };
}

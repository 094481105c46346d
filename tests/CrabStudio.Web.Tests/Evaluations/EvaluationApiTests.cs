using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CrabStudio.Engine;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Media;
using CrabStudio.Tasks;
using CrabStudio.Testing;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests.Evaluations;

public sealed class EvaluationApiTests
{
    private const string Drums = "<answer>playing drums</answer>", Bell = "It is church bell.";

    [Fact]
    public async Task AnEvaluationRunsByItselfAndEndsWithAReportToTakeAlong()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        EvaluationSummary started = await studio.EvaluateAsync("first try");
        Assert.Equal(("first try", EvaluationState.Running, 4, "demo"), (started.Id, started.State, started.Samples, started.Data));

        await studio.Engine.AnswerAsync(Drums, Drums);
        EvaluationSummary half = await studio.UntilAsync("first try", now => now.Answered == 2);
        Assert.Equal(("s4:0", EvaluationStage.Asking, true), (half.CurrentSample, half.Stage, half.Untrained));
        Assert.InRange(half.SecondsLeft!.Value, 9.9, 10.1);
        EvaluationShape partly = await studio.EvaluationAsync("first%20try");
        Assert.Equal(("ks", 2), (Assert.Single(partly.Report!.Tasks).Key, partly.Report.Answered));
        Assert.Equal(0.5, partly.Report.Tasks[0].Figures.Single(figure => figure.IsPrimary).Value);
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync("/api/evaluations/first%20try/report.json")).StatusCode);

        await studio.Engine.AnswerAsync(Bell, Bell);
        await studio.UntilAsync("first try", now => now.State == EvaluationState.Done);
        EvaluationShape whole = await studio.EvaluationAsync("first%20try");
        Assert.Equal((4, 4, 2), (whole.Summary.Answered, whole.Report!.Samples, whole.Report.Tasks.Count));
        Assert.Contains(whole.Report.Remarks, remark => remark.Contains("untrained", StringComparison.Ordinal));
        Assert.Equal(["first try"], (await studio.GetAsync<EvaluationList>("/api/evaluations")).Evaluations.Select(one => one.Id));
        foreach ((string file, string type) in new[] { ("report.html", "text/html"), ("report.json", "application/json") })
        {
            using HttpResponseMessage response = await studio.Http.GetAsync($"/api/evaluations/first%20try/{file}");
            Assert.Equal((HttpStatusCode.OK, type, "attachment"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType, response.Content.Headers.ContentDisposition!.DispositionType));
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal(await File.ReadAllBytesAsync(bench[$"first try/{file}"]), await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task AStoppedEvaluationGoesOnAfterARestartWithWhatItHas()
    {
        using Bench bench = new();
        await using (Studio first = await bench.StartAsync())
        {
            await first.EvaluateAsync("run");
            await first.Engine.AnswerAsync(Drums);
            await first.UntilAsync("run", now => now.Answered == 1);
            await first.Engine.NextRunAsync();
            Assert.Equal(HttpStatusCode.NoContent, (await first.Http.PostAsync("/api/evaluations/run/stop", null)).StatusCode);
            EvaluationSummary stopped = (await first.EvaluationAsync("run")).Summary;
            Assert.Equal((EvaluationState.Stopped, 1, 4, true), (stopped.State, stopped.Answered, stopped.Samples, stopped.CanGoOn));

            // Once more, which changes nothing; and on, until the studio itself ends.
            Assert.Equal(HttpStatusCode.NoContent, (await first.Http.PostAsync("/api/evaluations/run/stop", null)).StatusCode);
            Assert.Equal(HttpStatusCode.Accepted, (await first.Http.PostAsync("/api/evaluations/run/resume", null)).StatusCode);
            await first.Engine.AnswerAsync(Drums);
            await first.UntilAsync("run", now => now.Answered == 2);
            await first.Engine.NextRunAsync();
        }

        string[] kept = bench.Lines("run");
        await using Studio again = await bench.StartAsync();
        EvaluationSummary waiting = Assert.Single((await again.GetAsync<EvaluationList>("/api/evaluations")).Evaluations);
        Assert.Equal((EvaluationState.Stopped, 2, 4, (string?)null), (waiting.State, waiting.Answered, waiting.Samples, waiting.Problem));
        Assert.Equal(HttpStatusCode.Accepted, (await again.Http.PostAsync("/api/evaluations/run/resume", null)).StatusCode);
        await again.Engine.AnswerAsync(Bell, Bell);
        await again.UntilAsync("run", now => now.State == EvaluationState.Done);
        Assert.Equal(2, kept.Length);
        Assert.Equal(kept, bench.Lines("run")[..2]);
        Assert.Equal(["ks:0", "ks:1", "s4:0", "s4:1"], bench.Lines("run").Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task AfterAViolentEndNoFinishedSampleIsLost()
    {
        using Bench bench = new();
        await using (Studio studio = await bench.StartAsync())
        {
            await studio.EvaluateAsync("run");
            await studio.Engine.AnswerAsync(Drums, Drums, Bell);
            await studio.UntilAsync("run", now => now.Answered == 3);

            // What a dead process leaves: the files as they are at this moment, a lock that nobody holds, and half of a line.
            Bench.Copy(bench["run"], bench["killed"]);
            Assert.True(File.Exists(bench["run/evaluation.lock"]));
            await File.WriteAllTextAsync(bench["killed/evaluation.lock"], "");
            await File.AppendAllTextAsync(bench["killed/samples.jsonl"], "{\"id\":\"s4:1\",\"key\":\"s4\",\"question\":\"Wh");
        }

        string[] kept = bench.Lines("run");
        await using Studio again = await bench.StartAsync();
        EvaluationSummary found = (await again.EvaluationAsync("killed")).Summary;
        Assert.Equal((EvaluationState.Stopped, 3, 4), (found.State, found.Answered, found.Samples));
        Assert.Equal(HttpStatusCode.Accepted, (await again.Http.PostAsync("/api/evaluations/killed/resume", null)).StatusCode);
        await again.Engine.AnswerAsync(Bell);
        await again.UntilAsync("killed", now => now.State == EvaluationState.Done);
        Assert.Equal((3, 4), (kept.Length, bench.Lines("killed").Length));
        Assert.Equal(kept, bench.Lines("killed")[..3]);
    }

    [Fact]
    public async Task NoSampleIsAskedWhileAPersonsQuestionWaits()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        await studio.EvaluateAsync("run");
        ScriptedRun sample = await studio.Engine.NextRunAsync();
        Assert.Equal("evaluation", sample.Request.Client);
        studio.Engine.Status = studio.Engine.Status with { Running = 1, Waiting = 1 };
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun question = await studio.Engine.NextRunAsync();
        sample.Answer(Drums);
        await studio.UntilAsync("run", now => now is { Answered: 1, Stage: EvaluationStage.Waiting });
        Assert.NotEqual("evaluation", question.Request.Client);
        question.ReadPrompt();
        question.Say("ding");
        question.Finish();
        Assert.Equal(AnswerStatus.Done, (await studio.EndAsync(answer)).Status);
        await studio.UntilAsync("run", now => now is { Answered: 1, Stage: EvaluationStage.Waiting });
        studio.Engine.Status = studio.Engine.Status with { Running = 0, Waiting = 0 };
        await studio.Engine.AnswerAsync(Drums, Bell, Bell);
        await studio.UntilAsync("run", now => now.State == EvaluationState.Done);
    }

    [Fact]
    public async Task WithTheRealModelAPersonIsAnsweredInTheMiddleOfAnEvaluation()
    {
        using Bench bench = new();
        string data = Studio.NewFolder(), model = Golden.Find("tiny");
        StudioOptions options = Studio.OptionsFor(data) with { ModelFolder = model, AdapterFile = Path.Combine(model, "adapter", "finetune_weights.bin"), Device = "cpu", Precision = "fp32", WorkshopFolder = bench.Folder };
        await using (WebApplication app = StudioHost.Build(options))
        {
            await app.StartAsync();
            Studio studio = new(app, data);
            Guid session = await studio.OpenSessionAsync();
            await studio.EvaluateAsync("real", new { data = "demo", name = "real", tasks = new[] { "s4" }, maxNewTokens = 48 });
            await studio.UntilAsync("real", now => now.CurrentSample is not null && now.Stage == EvaluationStage.Asking, 60);
            Guid asked = await studio.AskAsync(session, new { task = "ave", maxNewTokens = 2 });
            Assert.Equal(AnswerStatus.Done, (await studio.EndAsync(asked, 60)).Status);
            Assert.InRange(studio.Evaluations().Find("real")!.Answered, 0, 1);
            await studio.UntilAsync("real", now => now.State == EvaluationState.Done, 60);
            await app.StopAsync();
        }

        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task OneRunsAtATimeAndOthersAreRefusedInPlainWords()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        await studio.EvaluateAsync("one");
        await studio.Engine.AnswerAsync(Drums);
        await studio.UntilAsync("one", now => now.Answered == 1);
        Assert.Equal((HttpStatusCode.Conflict, "One evaluation runs at a time, and one is at work (1 of 4 samples are done). Stop it, or wait for its end.", null), await RefusalAsync(studio, new { data = "demo", name = "two" }));
        Assert.False(Directory.Exists(bench["two"]));
        Assert.Equal(HttpStatusCode.Conflict, (await studio.Http.PostAsync("/api/evaluations/one/resume", null)).StatusCode);
    }

    [Fact]
    public async Task AnOrderThatCannotBeFollowedNamesTheFieldAtFault()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        foreach ((string field, string words, string order) in new[]
        {
            ("data", "Choose a data set", """{"name":"x"}"""),
            ("data", "holds no data set ../demo", """{"name":"x","data":"../demo"}"""),
            ("data", "holds no ave/test.json", """{"name":"x","data":"demo","tasks":["ave"]}"""),
            ("name", "“../x” does not", """{"name":"../x","data":"demo"}"""),
            ("name", "“” does not", """{"data":"demo"}"""),
            ("name", "holds a folder named demo already", """{"name":"demo","data":"demo"}"""),
            ("name", "part of a data set", """{"name":"ave","data":"demo"}"""),
            ("tasks", "Tasks are some of", """{"name":"x","data":"demo","tasks":["painting"]}"""),
            ("tasks", "Tasks are some of", """{"name":"x","data":"demo","tasks":[]}"""),
            ("tasks", "Tasks are some of", """{"name":"x","data":"demo","tasks":[null]}"""),
            ("limit", "0 was given", """{"name":"x","data":"demo","limit":0}"""),
            ("seed", "-1 was given", """{"name":"x","data":"demo","seed":-1}"""),
            ("maxNewTokens", "513 were asked for", """{"name":"x","data":"demo","maxNewTokens":513}"""),
        })
        {
            (HttpStatusCode status, string detail, string? at) = await RefusalAsync(studio, JsonDocument.Parse(order).RootElement);
            Assert.Equal((HttpStatusCode.BadRequest, field), (status, at));
            Assert.Contains(words, detail, StringComparison.Ordinal);
            Assert.Null(studio.Evaluations().Current);
        }
    }

    [Fact]
    public async Task WhatCannotGoOnHereSaysWhy()
    {
        using Bench bench = new();
        await using (Studio first = await bench.StartAsync())
        {
            await first.EvaluateAsync("run");
            await first.Engine.NextRunAsync();
        }

        await using (Studio other = await bench.StartAsync(options => options with { Precision = "bf16" }))
        {
            Assert.Contains("another --precision (was auto, is bf16)", await ResumeAsync(other, "run"), StringComparison.Ordinal);
        }

        await using Studio studio = await bench.StartAsync();
        using (new FileStream(bench["run/evaluation.lock"], FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Equal(EvaluationState.Elsewhere, (await studio.EvaluationAsync("run")).Summary.State);
            Assert.Contains("Another program works on run", await ResumeAsync(studio, "run"), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Conflict, (await studio.Http.PostAsync("/api/evaluations/run/stop", null)).StatusCode);
        }

        string list = bench["demo/AVUIE_2/ks/test.json"];
        await File.WriteAllTextAsync(list, (await File.ReadAllTextAsync(list)).Replace("bowling", "skating"));
        Assert.Contains("are others than when this evaluation began", await ResumeAsync(studio, "run"), StringComparison.Ordinal);
        Directory.Move(bench["demo"], bench["elsewhere"]);
        Assert.Contains("is not in the workshop folder", await ResumeAsync(studio, "run"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.PostAsync("/api/evaluations/none/resume", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.PostAsync("/api/evaluations/none/stop", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync("/api/evaluations/..%2Frun")).StatusCode);

        await File.WriteAllTextAsync(bench["run/evaluation.json"], "{}");
        EvaluationSummary broken = Assert.Single((await studio.GetAsync<EvaluationList>("/api/evaluations")).Evaluations);
        Assert.Equal(EvaluationState.Unreadable, broken.State);
        Assert.Contains("no record of an evaluation", broken.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SamplesThatCouldNotBeAskedAreAskedAgainWhenItGoesOn()
    {
        using Bench bench = new();
        string sound = bench["demo/AVUIE_2/s4/audio/e5.wav"];
        await using Studio studio = await bench.StartAsync();
        await studio.EvaluateAsync("run", new { data = "demo", name = "run", tasks = new[] { "s4" } });
        (await studio.Engine.NextRunAsync()).Emit(new FailedEvent("e5.wav is not there"));
        await studio.Engine.AnswerAsync(Bell);
        EvaluationSummary done = await studio.UntilAsync("run", now => now.State == EvaluationState.Done);
        Assert.Equal((1, 1, 2, true), (done.Answered, done.Unanswered, done.Samples, done.CanGoOn));
        Assert.Equal("e5.wav is not there", Assert.Single((await studio.EvaluationAsync("run")).Report!.Unanswered).Error);
        Assert.Equal(HttpStatusCode.Accepted, (await studio.Http.PostAsync("/api/evaluations/run/resume", null)).StatusCode);
        await studio.Engine.AnswerAsync(Bell);
        EvaluationSummary mended = await studio.UntilAsync("run", now => now is { State: EvaluationState.Done, Unanswered: 0 });
        Assert.Equal((2, false), (mended.Answered, mended.CanGoOn));
        Assert.True(File.Exists(sound));
    }

    [Fact]
    public async Task AModelThatFailsEndsTheEvaluationWithItsReasonAndKeepsWhatIsThere()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        await studio.EvaluateAsync("run");
        await studio.Engine.AnswerAsync(Drums);
        ScriptedRun second = await studio.Engine.NextRunAsync();
        studio.Engine.Status = new EngineStatus(EngineState.Failed, 0, "A shard is missing.", null, 0, 0);
        second.Emit(new FailedEvent("A shard is missing."));
        EvaluationSummary stopped = await studio.UntilAsync("run", now => now.State == EvaluationState.Stopped);
        Assert.Equal((1, "A shard is missing."), (stopped.Answered, stopped.Problem));
    }

    [Fact]
    public async Task ASampleIsTakenIntoTheStudioInItsVeryWords()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        await studio.EvaluateAsync("run");
        ScriptedRun asked = await studio.Engine.NextRunAsync();
        asked.Answer(Drums);
        await studio.Engine.AnswerAsync(Drums, Bell, Bell);
        await studio.UntilAsync("run", now => now.State == EvaluationState.Done);
        SampleOpener opener = studio.App.Services.GetRequiredService<SampleOpener>();

        Guid session = await opener.OpenAsync("run", "ks:0", default);
        ScriptedRun again = await studio.Engine.NextRunAsync();
        Assert.Equal("ks", again.Request.Conversation.TaskKey);
        Assert.Equal(Plain(asked.Request.Conversation), Plain(again.Request.Conversation));
        Assert.True(again.Request.CaptureRoutes);
        again.ReadPrompt();
        again.Say("hm");
        again.Finish();
        SessionShape shape = await studio.GetAsync<SessionShape>($"/api/sessions/{session}");
        Assert.Equal(("ks:0 · run", "clip_a.mp4 a10.wav"), (shape.Title, string.Join(' ', shape.Clips.Select(clip => clip.FileName))));
        Assert.Equal(AnswerStatus.Done, (await studio.EndAsync(Assert.Single(shape.Answers).Id)).Status);

        await Assert.ThrowsAsync<UnknownItemException>(() => opener.OpenAsync("run", "ks:7", default));
        await Assert.ThrowsAsync<UnknownItemException>(() => opener.OpenAsync("none", "ks:0", default));
        File.Delete(bench["demo/AVUIE_2/s4/audio/e5.wav"]);
        Assert.Contains("e5.wav", (await Assert.ThrowsAsync<MediaException>(() => opener.OpenAsync("run", "s4:0", default))).Message, StringComparison.Ordinal);
        string list = bench["demo/AVUIE_2/ks/test.json"];
        await File.WriteAllTextAsync(list, (await File.ReadAllTextAsync(list)).Replace("drums", "chess"));
        Assert.Contains("another one than when it was asked", (await Assert.ThrowsAsync<EvaluationException>(() => opener.OpenAsync("run", "ks:0", default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheAddressesAreDescribed()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        JsonElement paths = (await studio.GetAsync("/openapi/v1.json")).GetProperty("paths");
        foreach ((string path, string method, string status) in new[]
        {
            ("/api/evaluations", "post", "409"), ("/api/evaluations", "get", "200"), ("/api/evaluations/{id}", "get", "404"), ("/api/evaluations/{id}/stop", "post", "204"),
            ("/api/evaluations/{id}/resume", "post", "202"), ("/api/evaluations/{id}/report.html", "get", "200"), ("/api/evaluations/{id}/report.json", "get", "200"),
        })
        {
            JsonElement operation = paths.GetProperty(path).GetProperty(method);
            Assert.True(operation.GetProperty("responses").TryGetProperty(status, out _), $"{method} {path} does not say {status}");
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
        }
    }

    // Files by what is in them, so that a copy counts as the same.
    private static string Plain(Conversation conversation) => JsonSerializer.Serialize(conversation.Content.Select(item => item switch
    {
        VideoItem video => video with { Path = Digest(video.Path) },
        AudioItem audio => audio with { Path = Digest(audio.Path) },
        _ => item,
    }));

    private static string Digest(string file) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));

    private static async Task<(HttpStatusCode Status, string Detail, string? Field)> RefusalAsync(Studio studio, object order)
    {
        using HttpResponseMessage response = await studio.Http.PostAsJsonAsync("/api/evaluations", order);
        JsonElement problem = await Studio.ReadAsync<JsonElement>(response);
        return (response.StatusCode, problem.GetProperty("detail").GetString()!, problem.TryGetProperty("field", out JsonElement field) ? field.GetString() : null);
    }

    private static async Task<string> ResumeAsync(Studio studio, string id)
    {
        using HttpResponseMessage response = await studio.Http.PostAsync($"/api/evaluations/{id}/resume", null);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        return (await Studio.ReadAsync<JsonElement>(response)).GetProperty("detail").GetString()!;
    }
}

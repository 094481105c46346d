using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using CrabStudio.Engine;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Generation;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.EntityFrameworkCore;
using SkiaSharp;

namespace CrabStudio.Web.Tests;

public sealed class AnswerTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task TokensArriveOneByOneOverTheHub()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        await using HubConnection hub = await studio.ConnectAsync();
        await using IAsyncEnumerator<AnswerMessage> watch = hub.StreamAsync<AnswerMessage>("Watch", answer, 0).GetAsyncEnumerator();
        Assert.Equal("status", (await NextAsync(watch)).Kind);
        run.ReadPrompt();
        AnswerMessage prompt = await NextAsync(watch, "prompt");
        Assert.Equal(("scripted", 40), (prompt.Model!.Name, prompt.Seen!.PromptTokens));
        for (int index = 0; index < 5; index++)
        {
            // Each is there before the next one is said.
            run.Say($"t{index} ");
            AnswerMessage token = await NextAsync(watch, "token");
            Assert.Equal((index, 100 + index, $"t{index} "), (token.Index, token.TokenId, token.Text));
            Assert.Equal(ScriptedRun.RoutesOf(index), token.Routes);
        }

        run.Finish();
        AnswerMessage end = await NextAsync(watch, message => message is { Kind: "status", Status: AnswerStatus.Done });
        Assert.Equal(("EndOfText", 1.0, 5.0), (end.FinishReason, end.FirstTokenSeconds, end.TotalSeconds));
        Assert.False(await watch.MoveNextAsync());
    }

    [Fact]
    public async Task StagesAreToldInTheirOrder()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        await using IAsyncEnumerator<AnswerUpdate> watch = studio.Answers.WatchAsync(answer, 0, default).GetAsyncEnumerator();
        List<(AnswerStatus, int?, string?, double?)> told = [];
        foreach (AnalysisEvent? next in new AnalysisEvent?[] { null, new QueuedEvent(2), new QueuedEvent(1), new PreparingEvent(PreparationStage.Frames, 0.5), new PreparingEvent(PreparationStage.AudioTower, 0.25), new PrefillEvent(0.75) })
        {
            if (next is not null)
            {
                run.Emit(next);
            }

            Assert.True(await watch.MoveNextAsync());
            StatusUpdate status = Assert.IsType<StatusUpdate>(watch.Current);
            told.Add((status.Status, status.QueuePosition, status.Stage, status.Fraction));
        }

        Assert.Equal(
            [
                (AnswerStatus.Queued, null, null, null),
                (AnswerStatus.Queued, 2, null, null),
                (AnswerStatus.Queued, 1, null, null),
                (AnswerStatus.Running, null, "frames", 0.5),
                (AnswerStatus.Running, null, "audioTower", 0.25),
                (AnswerStatus.Running, null, "prompt", 0.75),
            ],
            told);
        await studio.Answers.StopAsync(answer);
    }

    [Fact]
    public async Task TwoWatchersAndOneThatComesBackGetEachTokenOnceAndInOrder()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        Task<List<int>> first = CollectAsync(answer, 0), second = CollectAsync(answer, 0);
        run.ReadPrompt();
        for (int index = 0; index < 40; index++)
        {
            run.Say("x");
        }

        // One goes in the middle and comes back for the rest.
        List<int> seen = [];
        await foreach (AnswerUpdate update in studio.Answers.WatchAsync(answer, 0, default))
        {
            if (update is TokenUpdate token)
            {
                seen.Add(token.Index);
                if (seen.Count == 17)
                {
                    break;
                }
            }
        }

        Task<List<int>> back = CollectAsync(answer, seen.Count);
        for (int index = 40; index < 100; index++)
        {
            run.Say("y");
        }

        run.Finish(FinishReason.Length);
        int[] all = [.. Enumerable.Range(0, 100)];
        Assert.Equal(all, await first);
        Assert.Equal(all, await second);
        Assert.Equal(all, seen.Concat(await back));

        // And who comes when all is over.
        Assert.Equal(all[93..], await CollectAsync(answer, 93));
    }

    [Fact]
    public async Task AnAnswerNeedsNobodyWhoWatches()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("<event> bell </event>");
        run.Say(" <range> 2,5 </range>");
        run.Finish();
        AnswerShape end = await studio.EndAsync(answer);
        Assert.Equal((AnswerStatus.Done, "<event> bell </event> <range> 2,5 </range>"), (end.Status, end.Text));
        Assert.Equal(("scripted", true), (end.Model, end.Untrained));
        Assert.Equal([100, 101], end.TokenIds);
        Assert.Equal(["<event> bell </event>", " <range> 2,5 </range>"], end.Tokens.Select(token => token.Text));
        Assert.Equal(("bell", 2.0, 5.0), (end.Localization.Events[0].Label, end.Localization.Events[0].StartSeconds, end.Localization.Events[0].EndSeconds));
    }

    [Fact]
    public async Task TheEngineIsAskedForTheVeryContentWithTheTasksWords()
    {
        Guid session = await studio.OpenSessionAsync();
        await studio.AskAsync(session, new { task = "avqa", question = "What rings?", maxNewTokens = 7 });
        AnalysisRequest request = (await studio.Engine.NextRunAsync()).Request;
        Assert.Equal(("avqa", 7, true), (request.Conversation.TaskKey, request.MaxNewTokens, request.CaptureRoutes));
        string path = Assert.Single(request.Conversation.Content.OfType<Tasks.VideoItem>()).Path;
        Assert.Equal(File.ReadAllBytes(Studio.Media("clip_b.mp4")), File.ReadAllBytes(path));
        Assert.Equal("Please answer this question: What rings?", request.Conversation.Content.OfType<Tasks.TextItem>().Last().Text);
        Assert.Equal("What rings?", (await studio.GetAsync<SessionShape>($"/api/sessions/{session}")).Title);
    }

    [Fact]
    public async Task StopEndsAnAnswerAtOnceAndKeepsItsText()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("half");
        await foreach (AnswerUpdate update in studio.Answers.WatchAsync(answer, 0, default))
        {
            if (update is TokenUpdate)
            {
                break;
            }
        }

        long before = Environment.TickCount64;
        using HttpResponseMessage stopped = await studio.Http.PostAsync($"/api/answers/{answer}/stop", null);
        Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        AnswerShape end = await studio.GetAsync<AnswerShape>($"/api/answers/{answer}");
        Assert.Equal((AnswerStatus.Stopped, "half", "Stopped"), (end.Status, end.Text, end.FinishReason));
        Assert.InRange(Environment.TickCount64 - before, 0, 2000);
        using HttpResponseMessage again = await studio.Http.PostAsync($"/api/answers/{answer}/stop", null);
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
    }

    [Fact]
    public async Task TryingAgainAsksTheSameAsANewAnswer()
    {
        Guid session = await studio.OpenSessionAsync();
        Guid answer = await studio.AskAsync(session, new { task = "avqa", question = "What rings?" });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.Emit(new FailedEvent("It did not work out."));
        Assert.Equal((AnswerStatus.Failed, "It did not work out."), (await studio.EndAsync(answer) is var failed ? failed.Status : default, failed.Error));
        using HttpResponseMessage response = await studio.Http.PostAsync($"/api/answers/{answer}/retry", null);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Guid again = (await Studio.ReadAsync<Made>(response)).Id;
        Assert.Equal($"/api/answers/{again}", response.Headers.Location?.OriginalString);
        ScriptedRun second = await studio.Engine.NextRunAsync();
        Assert.Equal(run.Request.Conversation.Content, second.Request.Conversation.Content);
        second.Finish();
        Assert.Equal(AnswerStatus.Done, (await studio.EndAsync(again)).Status);
        Assert.Equal([answer, again], (await studio.GetAsync<SessionShape>($"/api/sessions/{session}")).Answers.Select(one => one.Id));
    }

    [Fact]
    public async Task AFailureNamesTheClipAsThePersonKnowsItAndNoPath()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        string path = run.Request.Conversation.Content.OfType<Tasks.VideoItem>().Single().Path;
        run.Emit(new FailedEvent($"{Path.GetFileName(path)}: has one frame only"));
        Assert.Equal("clip_b.mp4: has one frame only", (await studio.EndAsync(answer)).Error);
    }

    [Fact]
    public async Task AModelThatCouldNotBeLoadedFailsAnAnswerInPlainWords()
    {
        studio.Engine.Status = new EngineStatus(EngineState.Failed, 0, "model.safetensors: is cut off", null, 0, 0);
        AnswerShape end = await studio.EndAsync(await studio.AskAsync(await studio.OpenSessionAsync()));
        Assert.Equal((AnswerStatus.Failed, "model.safetensors: is cut off"), (end.Status, end.Error));
        using HttpResponseMessage health = await studio.Http.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.DoesNotContain("cut off", await health.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AnEngineThatBreaksFailsTheAnswerWithoutItsStackTrace()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.Events.Writer.Complete(new InvalidOperationException("secret detail"));
        AnswerShape end = await studio.EndAsync(answer);
        Assert.Equal(AnswerStatus.Failed, end.Status);
        Assert.DoesNotContain("secret", end.Error);
    }

    [Fact]
    public async Task RoutesAreGivenAsJsonAndAsSafetensorsWithTheSameNumbers()
    {
        Guid answer = await FinishedAsync("a", "b", "c");
        RoutesShape routes = await studio.GetAsync<RoutesShape>($"/api/answers/{answer}/routes");
        Assert.Equal((3, 3), (routes.Experts, routes.Steps.Length));
        Assert.Equal(["text.q", "text.k", "audio.q"], routes.Linears);
        Assert.Equal([[0.375f, 0.375f, 0.25f], [0.5f, 0.25f, 0.25f], [0.125f, 0.125f, 0.75f]], routes.PrefillMean);
        for (int step = 0; step < 3; step++)
        {
            Assert.Equal(ScriptedRun.RoutesOf(step), routes.Steps[step].SelectMany(linear => linear));
        }

        string path = Path.Combine(studio.Folder, "routes.safetensors");
        using HttpResponseMessage response = await studio.Http.GetAsync($"/api/answers/{answer}/routes?format=safetensors");
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition?.DispositionType);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        await File.WriteAllBytesAsync(path, bytes);
        int header = (int)BitConverter.ToInt64(bytes);
        JsonElement described = JsonDocument.Parse(bytes.AsMemory(8, header)).RootElement;
        Assert.Equal([3, 2, 3], described.GetProperty("router_text_steps").GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        Assert.Equal([2, 2, 3], described.GetProperty("router_text_prefill").GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        Assert.Equal(ScriptedRun.TextPrefill.Weights, Values("router_text_prefill"));
        Assert.Equal(ScriptedRun.AudioPrefill.Weights, Values("audio_router"));
        Assert.Equal(Enumerable.Range(0, 3).SelectMany(ScriptedRun.RoutesOf), Values("router_text_steps"));

        float[] Values(string name)
        {
            int[] at = [.. described.GetProperty(name).GetProperty("data_offsets").EnumerateArray().Select(offset => 8 + header + offset.GetInt32())];
            return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(at[0]..at[1])).ToArray();
        }
    }

    [Fact]
    public async Task FramesAreServedInTheVeryPixelsThatTheModelSaw()
    {
        Guid answer = await FinishedAsync("a");
        SeenFacts seen = (await studio.GetAsync<AnswerShape>($"/api/answers/{answer}")).Seen!;
        Assert.Equal([(0, 0, 0.0), (1, 12, 0.48)], seen.Frames.Select(frame => (frame.Number, frame.FrameIndex, frame.TimeSeconds)));
        Assert.Equal(1.5, Assert.Single(seen.Sounds).Seconds);
        for (int number = 0; number < 2; number++)
        {
            using HttpResponseMessage response = await studio.Http.GetAsync($"/api/answers/{answer}/frames/{number}");
            Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
            using SKBitmap picture = SKBitmap.Decode(await response.Content.ReadAsByteArrayAsync());
            byte[] pixels = [.. picture.Pixels.SelectMany(color => new[] { color.Red, color.Green, color.Blue })];
            Assert.Equal(ScriptedRun.Frames.Pixels[(18 * number)..(18 * (number + 1))], pixels);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync($"/api/answers/{answer}/frames/2")).StatusCode);
    }

    [Fact]
    public async Task TokensAreStoredWithinASecondWhileTheAnswerGrows()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("one ");
        run.Say("two");
        await Task.Delay(1000);
        await using StudioDatabase database = studio.Data.CreateDbContext();
        Answer stored = await database.Answers.SingleAsync(one => one.Id == answer);
        Assert.Equal((AnswerStatus.Running, "one two", 2), (stored.Status, stored.Text, stored.TokenCount));
        Assert.Equal(2, await database.Tokens.CountAsync(token => token.AnswerId == answer && token.Routes != null));
    }

    [Fact]
    public async Task WhatIsNotThereIsSaidAsSuch()
    {
        Guid nothing = Guid.NewGuid();
        foreach (string path in new[] { $"/api/answers/{nothing}", $"/api/answers/{nothing}/routes", $"/api/clips/{nothing}", $"/api/sessions/{nothing}", "/api/nothing" })
        {
            using HttpResponseMessage response = await studio.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.StartsWith("There is n", (await Studio.ReadAsync<JsonElement>(response)).GetProperty("detail").GetString());
        }

        using HttpResponseMessage stop = await studio.Http.PostAsync($"/api/answers/{nothing}/stop", null);
        Assert.Equal(HttpStatusCode.NotFound, stop.StatusCode);
        await using HubConnection hub = await studio.ConnectAsync();
        HubException refusal = await Assert.ThrowsAsync<HubException>(async () =>
        {
            await foreach (AnswerMessage message in hub.StreamAsync<AnswerMessage>("Watch", nothing, 0))
            {
                Assert.Fail($"There was a {message.Kind} of no answer.");
            }
        });
        Assert.Contains("There is no answer", refusal.Message);
    }

    private static Task<AnswerMessage> NextAsync(IAsyncEnumerator<AnswerMessage> watch, string kind) => NextAsync(watch, message => message.Kind == kind);

    private static async Task<AnswerMessage> NextAsync(IAsyncEnumerator<AnswerMessage> watch, Func<AnswerMessage, bool>? wanted = null)
    {
        do
        {
            Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        }
        while (wanted?.Invoke(watch.Current) == false);
        return watch.Current;
    }

    private async Task<List<int>> CollectAsync(Guid answer, int from)
    {
        List<int> indices = [];
        await foreach (AnswerUpdate update in studio.Answers.WatchAsync(answer, from, default))
        {
            if (update is TokenUpdate token)
            {
                indices.Add(token.Index);
            }
        }

        return indices;
    }

    private async Task<Guid> FinishedAsync(params string[] tokens)
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        foreach (string token in tokens)
        {
            run.Say(token);
        }

        run.Finish();
        await studio.EndAsync(answer);
        return answer;
    }
}

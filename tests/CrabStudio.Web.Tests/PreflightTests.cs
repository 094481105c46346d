using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CrabStudio.Model.Generation;
using CrabStudio.Web.Api;
using CrabStudio.Web.Services;
using SkiaSharp;

namespace CrabStudio.Web.Tests;

/// <summary>What the model would get, over HTTP.</summary>
public sealed class PreflightTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task ALookShowsFramesSoundPromptAndTokensAndAsksNothing()
    {
        ClipShape clip = await studio.UploadAsync("clip_b.mp4");
        Preflight look = await LookAsync(clip.Id, new NewQuestion("ave"));
        Assert.Equal([(0, 0.0), (1, 0.9)], look.Frames.Select(frame => (frame.Number, frame.TimeSeconds)));
        Assert.Equal([new HeardPiece(clip.Id, 0, 0.5), new HeardPiece(clip.Id, null, 0.5)], look.Sounds);
        Assert.Equal([new PromptShare(PromptPart.Text, 21), new PromptShare(PromptPart.Video, 4), new PromptShare(PromptPart.Audio, 25)], look.Parts);
        Assert.Equal(look.PromptTokens, look.Parts.Sum(part => part.Tokens));
        Assert.StartsWith("<|im_start|>system", look.PromptText);
        Assert.Null(look.Estimate);
        using SKBitmap picture = SKBitmap.Decode(await studio.Http.GetByteArrayAsync($"/api/preflights/{look.Id}/frames/1"));
        Assert.Equal((3, 2, ScriptedRun.Frames.Pixels[18]), (picture.Width, picture.Height, picture.GetPixel(0, 0).Red));
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync($"/api/preflights/{look.Id}/frames/2")).StatusCode);
        Assert.Equal(0, (await studio.GetAsync("/api/sessions")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task TheTimeIsEstimatedFromThisModelsAnswers()
    {
        ClipShape clip = await studio.UploadAsync("clip_b.mp4");
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync(clip.Id), new { task = "ave" });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        for (int token = 0; token < 5; token++)
        {
            run.Say("a ");
        }

        run.Finish();
        await studio.EndAsync(answer);

        // 40 prompt tokens took a second to the first token; four more took until second 5. Here are 50 prompt tokens.
        TimeEstimate estimate = (await LookAsync(clip.Id, new NewQuestion("ave"))).Estimate!;
        Assert.Equal((1.25, 5.25, 1, true), (estimate.FirstTokenSeconds, estimate.TotalSeconds, estimate.Answers, estimate.SameTask));
        Assert.False((await LookAsync(clip.Id, new NewQuestion("avcap"))).Estimate!.SameTask);
        studio.Engine.Status = studio.Engine.Status with { Model = ScriptedEngine.Model with { Name = "another" } };
        Assert.Null((await LookAsync(clip.Id, new NewQuestion("ave"))).Estimate);
    }

    [Fact]
    public async Task OwnWordsGoToTheModelAsTheyAre()
    {
        ClipShape clip = await studio.UploadAsync("clip_b.mp4");
        Preflight look = await LookAsync(clip.Id, new NewQuestion("ave", Words: "And what do you hear?"));
        Assert.EndsWith("And what do you hear?<|im_end|>\n<|im_start|>assistant\n", look.PromptText);
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync(clip.Id), new { task = "ave", words = "And what do you hear?" });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        Assert.Equal("And what do you hear?", Assert.IsType<CrabStudio.Tasks.TextItem>(run.Request.Conversation.Content[^1]).Text);
        Assert.Equal("ave", run.Request.Conversation.TaskKey);
        run.Finish();
        Assert.Equal("And what do you hear?", (await studio.EndAsync(answer)).Question);
    }

    [Fact]
    public async Task WhatCannotBeAskedCannotBeLookedAt()
    {
        ClipShape clip = await studio.UploadAsync("clip_b.mp4");
        await RefusedAsync(HttpStatusCode.BadRequest, "question", [clip.Id], new NewQuestion("avqa"));
        await RefusedAsync(HttpStatusCode.BadRequest, "words", [clip.Id], new NewQuestion("ave", Words: " "));
        await RefusedAsync(HttpStatusCode.BadRequest, "words", [clip.Id], new NewQuestion("ave", Words: new string('a', 4001)));
        await RefusedAsync(HttpStatusCode.BadRequest, "clips", [], new NewQuestion("ave"));
        await RefusedAsync(HttpStatusCode.NotFound, null, [Guid.NewGuid()], new NewQuestion("ave"));
    }

    [Fact]
    public async Task OnlyTheLastLooksAreKept()
    {
        ClipShape clip = await studio.UploadAsync("clip_b.mp4");
        Preflight first = await LookAsync(clip.Id, new NewQuestion("ave"));
        for (int more = 0; more < 12; more++)
        {
            await LookAsync(clip.Id, new NewQuestion("ave"));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync($"/api/preflights/{first.Id}/frames/0")).StatusCode);
    }

    private async Task<Preflight> LookAsync(Guid clip, NewQuestion question)
    {
        using HttpResponseMessage response = await studio.Http.PostAsJsonAsync("/api/preflights", new NewPreflight([clip], question), StudioJson.Options);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await Studio.ReadAsync<Preflight>(response);
    }

    private async Task RefusedAsync(HttpStatusCode status, string? field, Guid[] clips, NewQuestion question)
    {
        using HttpResponseMessage response = await studio.Http.PostAsJsonAsync("/api/preflights", new NewPreflight(clips, question), StudioJson.Options);
        JsonElement problem = await Studio.ReadAsync<JsonElement>(response);
        Assert.Equal((status, field), (response.StatusCode, problem.TryGetProperty("field", out JsonElement said) ? said.GetString() : null));
    }
}

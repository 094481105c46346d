using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests;

public sealed class SessionTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task ASessionIsMadeNamedFoundAndDeletedWithAllItsFiles()
    {
        Guid session = await studio.OpenSessionAsync();
        Assert.Equal("clip_b.mp4", (await studio.GetAsync<SessionShape>($"/api/sessions/{session}")).Title);
        Guid answer = await studio.AskAsync(session);
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("A bell rings.");
        run.Finish();
        await studio.EndAsync(answer);
        Assert.Equal("What happens when?", (await studio.GetAsync<SessionShape>($"/api/sessions/{session}")).Title);

        using HttpResponseMessage renamed = await studio.Http.PatchAsJsonAsync($"/api/sessions/{session}", new { title = " Bells " });
        Assert.Equal(HttpStatusCode.NoContent, renamed.StatusCode);
        SessionSummary line = Assert.Single((await studio.GetAsync<SessionPage>("/api/sessions")).Sessions);
        Assert.Equal(("Bells", "ave", "A bell rings.", AnswerStatus.Done, 1), (line.Title, line.LastTask, line.FirstWords, line.LastStatus, line.AnswerCount));
        Assert.Equal(["clip_b.mp4"], line.ClipNames);
        Assert.Equal(line.ClipIds[0], line.PictureId);

        Guid clip = line.ClipIds[0];
        using HttpResponseMessage deleted = await studio.Http.DeleteAsync($"/api/sessions/{session}?forGood=true");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        foreach (string gone in new[] { $"/api/sessions/{session}", $"/api/answers/{answer}", $"/api/answers/{answer}/frames/0", $"/api/clips/{clip}" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync(gone)).StatusCode);
        }

        Assert.Empty(Directory.GetDirectories(Path.Combine(studio.Folder, "clips")));
        Assert.Empty(Directory.GetDirectories(Path.Combine(studio.Folder, "answers")));
        using HttpResponseMessage twice = await studio.Http.DeleteAsync($"/api/sessions/{session}?forGood=true");
        Assert.Equal(HttpStatusCode.NotFound, twice.StatusCode);
    }

    [Fact]
    public async Task ALineOfTheListNamesTheFirstClipThatHasAPictureIfThereIsOne()
    {
        Guid sound = (await studio.UploadAsync("f7.wav")).Id, video = (await studio.UploadAsync("clip_b.mp4")).Id, still = (await studio.UploadAsync("still_a.png")).Id;
        foreach ((Guid[] clips, Guid? picture) in new[] { (new[] { sound, video, still }, (Guid?)video), ([still, video], still), ([sound], null) })
        {
            Guid session = await studio.OpenSessionAsync(clips);
            Assert.Equal(picture, (await studio.GetAsync<SessionPage>("/api/sessions")).Sessions.Single(line => line.Id == session).PictureId);
        }
    }

    [Fact]
    public async Task WhatIsInTheBinIsNotThereForAnybodyAndComesBackWithAllItHad()
    {
        Guid session = await studio.OpenSessionAsync(), answer = await studio.AskAsync(session);
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("A bell rings.");
        run.Finish();
        AnswerShape before = await studio.EndAsync(answer);
        string[] places = [$"/api/sessions/{session}", $"/api/answers/{answer}", $"/api/answers/{answer}/routes", $"/api/answers/{answer}/frames/0"];
        using HttpResponseMessage deleted = await studio.Http.DeleteAsync($"/api/sessions/{session}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        foreach (string place in places)
        {
            Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync(place)).StatusCode);
        }

        foreach (HttpResponseMessage refused in new[]
        {
            await studio.Http.DeleteAsync($"/api/sessions/{session}"),
            await studio.Http.PatchAsJsonAsync($"/api/sessions/{session}", new { title = "x" }),
            await studio.Http.PostAsJsonAsync($"/api/sessions/{session}/questions", new { task = "ave" }),
            await studio.Http.PostAsync($"/api/answers/{answer}/retry", null),
            await studio.Http.PostAsync("/api/sessions/archive", new FormUrlEncodedContent([new("ids", session.ToString())])),
        })
        {
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        }

        Assert.Equal(0, (await studio.GetAsync<SessionPage>("/api/sessions")).Total);
        Assert.Equal(0, (await studio.GetAsync<SessionPage>("/api/sessions?search=bell")).Total);
        SessionSummary inBin = Assert.Single((await studio.GetAsync<SessionPage>("/api/sessions?bin=true")).Sessions);
        Assert.Equal((session, true), (inBin.Id, inBin.DeletedAt is not null));

        Assert.Equal(HttpStatusCode.NoContent, (await studio.Http.PostAsync($"/api/sessions/{session}/restore", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.PostAsync($"/api/sessions/{session}/restore", null)).StatusCode);
        foreach (string place in places)
        {
            Assert.Equal(HttpStatusCode.OK, (await studio.Http.GetAsync(place)).StatusCode);
        }

        Assert.Equivalent(before, await studio.GetAsync<AnswerShape>($"/api/answers/{answer}"), strict: true);
        Assert.Equal(1, (await studio.GetAsync<SessionPage>("/api/sessions?search=bell")).Total);
    }

    [Fact]
    public async Task DeletingASessionStopsItsAnswerAndKeepsClipsThatOthersUse()
    {
        Guid clip = (await studio.UploadAsync("clip_b.mp4")).Id;
        Guid session = await studio.OpenSessionAsync(clip), other = await studio.OpenSessionAsync(clip);
        await studio.AskAsync(session);
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        using HttpResponseMessage binned = await studio.Http.DeleteAsync($"/api/sessions/{session}");
        Assert.Equal(HttpStatusCode.NoContent, binned.StatusCode);
        await using (StudioDatabase database = studio.Data.CreateDbContext())
        {
            Assert.Equal(AnswerStatus.Stopped, Assert.Single(database.Answers).Status);
        }

        using HttpResponseMessage deleted = await studio.Http.DeleteAsync($"/api/sessions/{session}?forGood=true");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await studio.Http.GetAsync($"/api/clips/{clip}/media")).StatusCode);
        Assert.Equal(other, Assert.Single((await studio.GetAsync<SessionPage>("/api/sessions")).Sessions).Id);
        Assert.Empty(Directory.GetDirectories(Path.Combine(studio.Folder, "answers")));
    }

    [Fact]
    public async Task SearchLooksInNamesClipsQuestionsAndAnswersWhateverTheCase()
    {
        Guid clip = (await studio.UploadAsync("clip_b.mp4")).Id, sound = (await studio.UploadAsync("c_half.wav")).Id;
        Guid first = await studio.OpenSessionAsync(clip), second = await studio.OpenSessionAsync(sound), third = await studio.OpenSessionAsync(clip);
        Guid answer = await studio.AskAsync(first, new { question = "Où est la CLOCHE?" });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.Say("Здесь звонит КОЛОКОЛ");
        run.Finish();
        await studio.EndAsync(answer);
        await studio.Http.PatchAsJsonAsync($"/api/sessions/{third}", new { title = "100%_Ärger" });

        foreach ((string search, Guid[] found) in new (string, Guid[])[]
        {
            ("cloche", [first]), ("où EST", [first]), ("колокол", [first]), ("c_HALF", [second]), ("ärger", [third]), ("%", [third]), ("0%_Ä", [third]), ("clip_b", [first, third]), ("nowhere", []), (" ", [first, second, third]),
        })
        {
            SessionPage page = await studio.GetAsync<SessionPage>($"/api/sessions?search={Uri.EscapeDataString(search)}");
            Assert.Equal(found.Length, page.Total);
            Assert.Equal(found.Order(), page.Sessions.Select(session => session.Id).Order());
        }
    }

    [Fact]
    public async Task PagesShowTheSessionUsedLastFirstAndEachOnce()
    {
        Guid clip = (await studio.UploadAsync("clip_b.mp4")).Id;
        List<Guid> made = [];
        for (int index = 0; index < 5; index++)
        {
            made.Insert(0, await studio.OpenSessionAsync(clip));
        }

        // Asking moves one to the front.
        Guid answer = await studio.AskAsync(made[3]);
        await studio.Answers.StopAsync(answer);
        Guid moved = made[3];
        made.RemoveAt(3);
        made.Insert(0, moved);
        List<Guid> seen = [];
        for (int skip = 0; skip < 6; skip += 2)
        {
            SessionPage page = await studio.GetAsync<SessionPage>($"/api/sessions?skip={skip}&take=2");
            Assert.Equal(5, page.Total);
            seen.AddRange(page.Sessions.Select(session => session.Id));
        }

        Assert.Equal(made, seen);
    }

    [Theory]
    [InlineData("""{"task": "nothing"}""", "task")]
    [InlineData("""{"task": "avqa"}""", "question")]
    [InlineData("""{"task": "avqa_thu", "question": "Which?", "options": ["one"]}""", "options")]
    [InlineData("""{"task": "avqa_thu", "question": "Which?", "options": ["one", null]}""", "options")]
    [InlineData("""{"task": "ref_avs", "frameIndex": 1}""", "description")]
    [InlineData("""{"task": "s4"}""", "frameIndex")]
    [InlineData("""{"task": "s4", "frameIndex": 99}""", "frameIndex")]
    [InlineData("""{"task": "a2v"}""", "clips")]
    [InlineData("""{"task": "ave", "maxNewTokens": 0}""", "maxNewTokens")]
    [InlineData("""{"task": "ave", "maxNewTokens": 513}""", "maxNewTokens")]
    [InlineData("""{"question": "  "}""", "question")]
    public async Task AQuestionThatDoesNotSuitIsRefusedWithTheFieldAtFault(string body, string field)
    {
        Guid session = await studio.OpenSessionAsync();
        using HttpResponseMessage response = await studio.Http.PostAsync($"/api/sessions/{session}/questions", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement problem = await Studio.ReadAsync<JsonElement>(response);
        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.DoesNotContain('\n', problem.GetProperty("detail").GetString()!);
        Assert.Empty((await studio.GetAsync<SessionShape>($"/api/sessions/{session}")).Answers);
    }

    [Fact]
    public async Task ASessionNeedsClipsThatAreThereAndAName()
    {
        using HttpResponseMessage none = await studio.Http.PostAsJsonAsync("/api/sessions", new { clipIds = Array.Empty<Guid>() });
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
        using HttpResponseMessage unknown = await studio.Http.PostAsJsonAsync("/api/sessions", new { clipIds = new[] { Guid.NewGuid() } });
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using HttpResponseMessage nameless = await studio.Http.PatchAsJsonAsync($"/api/sessions/{await studio.OpenSessionAsync()}", new { title = "  " });
        Assert.Equal("title", (await Studio.ReadAsync<JsonElement>(nameless)).GetProperty("field").GetString());
    }
}

using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Tests.Sessions;

public sealed class SessionFilterTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task NotesTagsQuestionsLabelsAndFileNamesAreFoundInAnyScriptAlsoByTwoLetters()
    {
        Guid clip = (await studio.UploadAsync("clip_b.mp4")).Id;
        Guid noted = await studio.OpenSessionAsync(clip), tagged = await studio.OpenSessionAsync(clip), drawn = await studio.OpenSessionAsync(clip), answered = await studio.OpenSessionAsync(clip);
        await PatchAsync(noted, new { notes = "第二只小狗在叫\nsee “Figure 3”", title = "Untitled" });
        await PatchAsync(tagged, new { tags = new[] { "重要", "Überprüfen" }, title = "say \"hello\" to" });
        await AnswerAsync(answered, "ave", "<event> Glockenspiel </event> <range> 2,5 </range>");
        await using (StudioDatabase database = studio.Data.CreateDbContext())
        {
            database.Timelines.Add(new StoredTimeline { SessionId = drawn, ClipId = clip, Kind = TimelineKind.Truth, ContentJson = """{"ranges": [{"label": "Sirene", "start": 1}]}""", UpdatedAt = DateTimeOffset.UtcNow });
            await database.SaveChangesAsync();
        }

        foreach ((string search, Guid[] expected) in new (string, Guid[])[]
        {
            ("小狗", [noted]), ("狗", [noted]), ("小狗在叫", [noted]), ("第二 figure", [noted]), ("重要", [tagged]), ("überPRÜF", [tagged]), ("glocken", [answered]), ("sirene", [drawn]),
            ("clip_b", [noted, tagged, drawn, answered]), ("\"see “Figure\"", [noted]), ("\"Figure see\"", []), ("figure see", [noted]), ("\"hello\"", [tagged]), ("say hello NOTHERE", []), ("hello AND", []), ("hello OR clip_c", []), ("hello*", []),
        })
        {
            Assert.Equal((search, Join(expected)), (search, Join(await FindAsync($"search={Uri.EscapeDataString(search)}"))));
        }

        // What is changed is found as it is now, not as it was.
        await PatchAsync(noted, new { notes = "" });
        await PatchAsync(tagged, new { tags = Array.Empty<string>() });
        Assert.Empty(await FindAsync("search=小狗"));
        Assert.Empty(await FindAsync("search=重要"));
        await CheckIndexAsync();
    }

    [Fact]
    public async Task EachFilterFindsItsSessionsAndWhatIsAskedOfAnswersMustHoldOfOneOfThem()
    {
        Guid clip = (await studio.UploadAsync("clip_b.mp4")).Id;
        Guid first = await studio.OpenSessionAsync(clip), second = await studio.OpenSessionAsync(clip), third = await studio.OpenSessionAsync(clip);
        await AnswerAsync(first, "ave", "<event> dog barking </event> <range> 2,3 </range>");
        await AnswerAsync(first, "avvp", "<audio>Siren,(0 9)</audio>");
        Guid altered = await AnswerAsync(second, "ave", "<event> Dog barking </event> <range> 1,8 </range>");
        await PatchAsync(second, new { starred = true, folder = "a/b", addTags = new[] { "one", "two" } });
        await PatchAsync(third, new { folder = "c", tags = new[] { "two" } });
        await using (StudioDatabase database = studio.Data.CreateDbContext())
        {
            await database.Answers.Where(answer => answer.Id == altered).ExecuteUpdateAsync(set => set.SetProperty(answer => answer.InterventionJson, "{}").SetProperty(answer => answer.Status, AnswerStatus.Failed));
            DateTimeOffset old = DateTimeOffset.UtcNow.AddDays(-40);
            await database.Sessions.Where(session => session.Id == third).ExecuteUpdateAsync(set => set.SetProperty(session => session.UpdatedAt, old));
        }

        string today = DateTime.Now.ToString("yyyy-MM-dd"), month = DateTime.Now.AddDays(-30).ToString("yyyy-MM-dd");
        foreach ((string query, Guid[] expected) in new (string, Guid[])[]
        {
            ("", [first, second, third]), ("task=ave", [first, second]), ("task=avvp", [first]), ("task=free", []), ("model=scripted", [first, second]), ("model=other", []),
            ("starred=true", [second]), ("altered=true", [second]), ("folder=a%2Fb", [second]), ("tag=two", [second, third]), ("tag=two&tag=one", [second]), ("status=FAILED", [second]), ("status=done", [first]),
            ("event=dog%20barking", [first, second]), ("event=dog%20barking&longer=1", [second]), ("event=siren&longer=8.5", [first]), ("event=siren&longer=9", []), ("longer=6.5", [first, second]),
            ("task=ave&longer=8", []), ("task=avvp&event=dog%20barking", []), ($"from={today}", [first, second]), ($"to={month}", [third]), ($"from={month}&to={today}&search=clip_b", [first, second]),
            ("task=ave&tag=one&starred=true&search=bark", [second]),
        })
        {
            Assert.Equal((query, Join(expected)), (query, Join(await FindAsync(query))));
            Assert.Equal((query, query), (query, SessionFilter.Read("?" + query) is var read && Join(await studio.Sessions.IdsAsync(read, default)) == Join(expected) ? query : "the page reads it otherwise"));
        }

        foreach (string bad in new[] { "status=lost", "from=yesterday", "longer=much" })
        {
            Assert.Equal((bad, HttpStatusCode.BadRequest), (bad, (await studio.Http.GetAsync($"/api/sessions?{bad}")).StatusCode));
        }

        SessionChoices choices = await studio.Sessions.ChoicesAsync(default);
        Assert.Equal(["ave", "avvp"], choices.Tasks);
        Assert.Equal(["scripted"], choices.Models);
        Assert.Equal(["one", "two"], choices.Tags);
        Assert.Equal(["a/b", "c"], choices.Folders);
        Assert.Equal(["Dog barking", "Siren", "dog barking"], choices.Labels);
        SessionSummary line = (await studio.GetAsync<SessionPage>("/api/sessions?starred=true")).Sessions[0];
        Assert.Equal((true, "a/b", true), (line.Starred, line.Folder, line.AlteredCount > 0));
        Assert.Equal(["one", "two"], line.Tags);
    }

    [Fact]
    public async Task AChangeOfSeveralThingsIsKeptWholeOrRefusedWholeWithTheFieldAtFault()
    {
        Guid session = await studio.OpenSessionAsync();
        await PatchAsync(session, new { title = " A\nname ", notes = "two\nlines", folder = " f ", starred = true, tags = new[] { " b ", "a", "B" } });
        SessionShape shape = await studio.GetAsync<SessionShape>($"/api/sessions/{session}");
        Assert.Equal(("A name", "two\nlines", "f", true), (shape.Title, shape.Notes, shape.Folder, shape.Starred));
        Assert.Equal(["a", "b"], shape.Tags);
        await PatchAsync(session, new { addTags = new[] { "c", "A" }, removeTags = new[] { "B" } });
        Assert.Equal(["a", "c"], (await studio.GetAsync<SessionShape>($"/api/sessions/{session}")).Tags);

        foreach ((object body, string? field) in new (object, string?)[]
        {
            (new { }, null), (new { title = "x", tags = new[] { " " } }, "tags"), (new { title = "x", tags = new[] { new string('t', 41) } }, "tags"), (new { title = "x", folder = new string('f', 101) }, "folder"),
            (new { title = "x", notes = new string('n', 20_001) }, "notes"), (new { title = "x", addTags = Enumerable.Range(0, 19).Select(number => $"tag {number}") }, "tags"),
        })
        {
            using HttpResponseMessage refused = await studio.Http.PatchAsJsonAsync($"/api/sessions/{session}", body);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            JsonElement problem = await Studio.ReadAsync<JsonElement>(refused);
            Assert.Equal(field, problem.TryGetProperty("field", out JsonElement named) ? named.GetString() : null);
        }

        Assert.Equal("A name", (await studio.GetAsync<SessionShape>($"/api/sessions/{session}")).Title);
        using HttpResponseMessage nobody = await studio.Http.PatchAsJsonAsync($"/api/sessions/{Guid.NewGuid()}", new { starred = true });
        Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
    }

    [Fact]
    public async Task TheIndexFollowsWhatIsDeletedForGood()
    {
        Guid session = await studio.OpenSessionAsync();
        await AnswerAsync(session, "ave", "<event> unicorn </event> <range> 2,3 </range>");
        await PatchAsync(session, new { tags = new[] { "griffin" } });
        Assert.Equal(1, await studio.Sessions.DeleteForGoodAsync([session], default));
        Assert.Empty(await FindAsync("search=unicorn"));
        await using StudioDatabase database = studio.Data.CreateDbContext();
        Assert.Equal(0, await database.Database.SqlQuery<int>($"""SELECT count(*) AS "Value" FROM "SearchTexts" """).SingleAsync());
        Assert.Equal(0, await database.AnswerEvents.CountAsync());
        await CheckIndexAsync();
    }

    [Fact]
    public void AnAddressSaysAFilterAndAFilterItsAddressAndChipsTakeOneAway()
    {
        const string Address = "/sessions?search=a%20%26%20b&task=free&model=m&from=2026-01-31&to=2026-02-01&folder=x%2Fy&starred=true&altered=true&status=interrupted&event=%E7%8B%97&longer=1.5&bin=true&tag=one&tag=%E4%BA%8C";
        SessionFilter filter = SessionFilter.Read(Address["/sessions".Length..]);
        Assert.Equal(Address, filter.Address);
        Assert.Equal(("a & b", "free", 1.5, AnswerStatus.Interrupted, new DateOnly(2026, 1, 31), true), (filter.Search, filter.Task, filter.LongerSeconds, filter.Status, filter.From, filter.Bin));
        Assert.Equal(["a", "&", "b"], filter.Terms);
        Assert.Equal(["With a star", "Folder: x/y", "Tag: one", "Tag: 二", "Task: free question", "Model: m", "Answer: interrupted", "Altered runs", "Event: 狗, longer than 1.5 s", $"From {Day(2026, 1, 31)}", $"Until {Day(2026, 2, 1)}"], filter.Chips(EnglishWords.Only).Select(chip => chip.Words));
        while (filter.Chips(EnglishWords.Only) is [var chip, ..] chips)
        {
            Assert.Equal(chips.Count - 1, chip.Without.Chips(EnglishWords.Only).Count);
            filter = chip.Without;
        }

        Assert.Equal("/sessions?search=a%20%26%20b&bin=true", filter.Address);
        Assert.Equal(("/sessions", true), (SessionFilter.Read("?from=x&status=7&longer=-1&starred=maybe&search=").Address, SessionFilter.Read("").IsEmpty));
        Assert.Equal(["exact words", "and", "more"], new SessionFilter { Search = "\"exact words\" and more" }.Terms);
        Assert.Equal(["open", "quote"], new SessionFilter { Search = "\"open quote" }.Terms);
    }

    // As the list writes it in the language that is spoken.
    private static string Day(int year, int month, int day) => new DateOnly(year, month, day).ToString("d", CultureInfo.CurrentCulture);

    private static string Join(IEnumerable<Guid> ids) => string.Join(' ', ids.Order());

    private async Task<IEnumerable<Guid>> FindAsync(string query)
    {
        SessionPage page = await studio.GetAsync<SessionPage>($"/api/sessions?{query}");
        Assert.Equal(page.Total, page.Sessions.Count);
        return page.Sessions.Select(session => session.Id);
    }

    private async Task PatchAsync(Guid session, object change)
    {
        using HttpResponseMessage response = await studio.Http.PatchAsJsonAsync($"/api/sessions/{session}", change);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private async Task<Guid> AnswerAsync(Guid session, string task, string text)
    {
        Guid answer = await studio.AskAsync(session, new { task });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say(text);
        run.Finish();
        await studio.EndAsync(answer);
        return answer;
    }

    // FTS5's own comparison of the index with the texts it is over; it throws when they differ.
    private async Task CheckIndexAsync()
    {
        await using StudioDatabase database = studio.Data.CreateDbContext();
        await database.Database.ExecuteSqlRawAsync("""INSERT INTO "SearchIndex" ("SearchIndex", rank) VALUES ('integrity-check', 1)""");
    }
}

using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CrabStudio.Web.Tests.Sessions;

public sealed class SessionUpkeepTests
{
    [Fact]
    public async Task TheStartEmptiesTheBinOfWhatLayThereForMoreThanThirtyDaysAndKeepsEventsOfOldAnswers()
    {
        string folder = Studio.NewFolder();
        Guid old, recent, kept, answer;
        await using (Studio first = await Studio.StartAsync(folder))
        {
            Guid clip = (await first.UploadAsync("clip_b.mp4")).Id, sound = (await first.UploadAsync("c_half.wav")).Id;
            (old, recent, kept) = (await first.OpenSessionAsync(sound), await first.OpenSessionAsync(clip), await first.OpenSessionAsync(clip));
            answer = await first.AskAsync(kept);
            ScriptedRun run = await first.Engine.NextRunAsync();
            run.ReadPrompt();
            run.Say("<event> bell </event> <range> 1,4 </range>");
            run.Finish();
            await first.EndAsync(answer);
            await first.Sessions.DeleteAsync([old, recent], default);
            await using StudioDatabase database = first.Data.CreateDbContext();
            DateTimeOffset now = DateTimeOffset.UtcNow;
            await database.Sessions.IgnoreQueryFilters().Where(session => session.Id == old).ExecuteUpdateAsync(set => set.SetProperty(session => session.DeletedAt, now.AddDays(-30).AddMinutes(-1)));
            await database.Sessions.IgnoreQueryFilters().Where(session => session.Id == recent).ExecuteUpdateAsync(set => set.SetProperty(session => session.DeletedAt, now.AddDays(-29)));

            // As a version left it that kept no events.
            Assert.Equal(1, await database.AnswerEvents.ExecuteDeleteAsync());
        }

        await using (Studio again = await Studio.StartAsync(folder))
        {
            await using StudioDatabase database = again.Data.CreateDbContext();
            for (DateTime end = DateTime.UtcNow.AddSeconds(10); !await database.AnswerEvents.AnyAsync(); await Task.Delay(20))
            {
                Assert.True(DateTime.UtcNow < end, "No event was kept.");
            }

            AnswerEventRow row = await database.AnswerEvents.SingleAsync();
            Assert.Equal((answer, "bell", 1.0, 4.0), (row.AnswerId, row.Label, row.Start, row.End));
            Assert.Equal([recent], await database.Sessions.IgnoreQueryFilters().Where(session => session.DeletedAt != null).Select(session => session.Id).ToListAsync());
            Assert.Equal(["clip_b.mp4"], await database.Clips.Select(clip => clip.FileName).ToListAsync());
            Assert.Single(Directory.GetDirectories(Path.Combine(folder, "clips")));
            Assert.Equal(kept, Assert.Single(await again.Sessions.ListAsync(new SessionFilter { Event = "bell", LongerSeconds = 2 }, 0, 10, default)).Id);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task ADatabaseOfAnEarlierVersionIsFoundByAllItHeldAndTheMigrationCanBeTakenBack()
    {
        string folder = Studio.NewFolder();
        Directory.CreateDirectory(folder);
        Guid session = Guid.NewGuid(), clip = Guid.NewGuid(), answer = Guid.NewGuid();
        await using (StudioDatabase database = new(StudioDatabase.OptionsFor(Path.Combine(folder, "studio.db"))))
        {
            IMigrator migrator = database.GetService<IMigrator>();
            await migrator.MigrateAsync("Instrument");
            DateTimeOffset now = DateTimeOffset.UtcNow;
            database.Clips.Add(new Clip { Id = clip, FileName = "Mönch.mp4", ProbeJson = "{}" });
            database.Sessions.Add(new Session { Id = session, Title = "老标题", CreatedAt = now, UpdatedAt = now, Notes = "remember", Tags = [new SessionTag { SessionId = session, Tag = "ancient" }], Clips = [new SessionClip { SessionId = session, ClipId = clip }] });
            database.Answers.Add(new Answer { Id = answer, SessionId = session, QuestionText = "Who sings?", Text = "A choir.", InputJson = "{}", ConversationJson = "{}", ModelJson = """{"name": "elder"}""", Status = AnswerStatus.Done });
            await database.SaveChangesAsync();

            // There and back, and there once more.
            await migrator.MigrateAsync("SessionSearch");
            await migrator.MigrateAsync("Instrument");
            Assert.Empty(await database.Database.SqlQuery<string>($"""SELECT name AS "Value" FROM sqlite_master WHERE name LIKE '%Search%' AND name NOT LIKE 'sqlite_%'""").ToListAsync());
            await migrator.MigrateAsync("SessionSearch");
            foreach (string part in new[] { "老标", "老标题", "remember", "ancient", "mönch", "who sings", "CHOIR" })
            {
                Assert.Equal((part, session), (part, await database.Found(part).Distinct().SingleAsync()));
            }

            Assert.Equal([session], await new SessionFilter { Model = "elder" }.Of(database).Select(one => one.Id).ToListAsync());
            SqliteConnection.ClearPool((SqliteConnection)database.Database.GetDbConnection());
        }

        Directory.Delete(folder, recursive: true);
    }
}

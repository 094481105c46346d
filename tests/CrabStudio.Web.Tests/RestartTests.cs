using System.Net;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.SignalR.Client;

namespace CrabStudio.Web.Tests;

public sealed class RestartTests
{
    [Fact]
    public async Task ARestartKeepsEverythingAndInterruptsWhatWasGoingOn()
    {
        string folder = Studio.NewFolder();
        Guid session, done, cut;
        AnswerShape before;
        RoutesShape routes;
        byte[] frame;
        await using (Studio first = await Studio.StartAsync(folder))
        {
            session = await first.OpenSessionAsync();
            done = await first.AskAsync(session);
            ScriptedRun run = await first.Engine.NextRunAsync();
            run.ReadPrompt();
            run.Say("whole");
            run.Finish();
            before = await first.EndAsync(done);
            routes = await first.GetAsync<RoutesShape>($"/api/answers/{done}/routes");
            frame = await first.Http.GetByteArrayAsync($"/api/answers/{done}/frames/1");
            cut = await first.AskAsync(session);
            ScriptedRun second = await first.Engine.NextRunAsync();
            second.ReadPrompt();
            second.Say("half");
            await SaidAsync(first, cut);
        }

        await using (Studio again = await Studio.StartAsync(folder))
        {
            Assert.Equivalent(before, await again.GetAsync<AnswerShape>($"/api/answers/{done}"), strict: true);
            Assert.Equivalent(routes, await again.GetAsync<RoutesShape>($"/api/answers/{done}/routes"), strict: true);
            Assert.Equal(frame, await again.Http.GetByteArrayAsync($"/api/answers/{done}/frames/1"));
            AnswerShape half = await again.GetAsync<AnswerShape>($"/api/answers/{cut}");
            Assert.Equal((AnswerStatus.Interrupted, "half"), (half.Status, half.Text));
            Assert.Equal([done, cut], (await again.GetAsync<SessionShape>($"/api/sessions/{session}")).Answers.Select(answer => answer.Id));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task AfterAViolentEndTheAnswerIsInterruptedWithItsTextAndCanBeTriedAgain()
    {
        string copy = Studio.NewFolder();
        Guid cut, waiting, session;
        await using (Studio first = await Studio.StartAsync())
        {
            session = await first.OpenSessionAsync();
            cut = await first.AskAsync(session);
            ScriptedRun run = await first.Engine.NextRunAsync();
            run.ReadPrompt();
            run.Say("one ");
            run.Say("two");
            waiting = await first.AskAsync(session);
            await Task.Delay(1000);

            // What a dead process leaves: the files as they are at this moment.
            foreach (string file in Directory.GetFiles(first.Folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "studio.lock"))
            {
                string target = Path.Combine(copy, Path.GetRelativePath(first.Folder, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                await using FileStream from = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                await using FileStream to = File.Create(target);
                await from.CopyToAsync(to);
            }
        }

        Directory.CreateDirectory(Path.Combine(copy, "incoming"));
        await File.WriteAllTextAsync(Path.Combine(copy, "incoming", "left.part"), "half an upload");
        string orphan = Path.Combine(copy, "clips", new string('a', 64)), foreign = Path.Combine(copy, "clips", "my own folder");
        Directory.CreateDirectory(orphan);
        Directory.CreateDirectory(foreign);
        await using (Studio second = await Studio.StartAsync(copy))
        {
            AnswerShape half = await second.GetAsync<AnswerShape>($"/api/answers/{cut}");
            Assert.Equal((AnswerStatus.Interrupted, "one two", 2), (half.Status, half.Text, half.Tokens.Count));
            Assert.Equal(2, (await second.GetAsync<RoutesShape>($"/api/answers/{cut}/routes")).Steps.Length);
            Assert.Equal(AnswerStatus.Interrupted, (await second.GetAsync<AnswerShape>($"/api/answers/{waiting}")).Status);
            Assert.Empty(Directory.GetFiles(second.Data.Incoming));
            Assert.Equal((false, true), (Directory.Exists(orphan), Directory.Exists(foreign)));
            List<AnswerUpdate> told = [];
            await foreach (AnswerUpdate update in second.Answers.WatchAsync(cut, 1, default))
            {
                told.Add(update);
            }

            Assert.Equal(["StatusUpdate", "PromptUpdate", "TokenUpdate"], told.Select(update => update.GetType().Name));
            Guid again = await second.Answers.RetryAsync(cut, default);
            ScriptedRun run = await second.Engine.NextRunAsync();
            run.Say("all");
            run.Finish();
            Assert.Equal((AnswerStatus.Done, "all"), (await second.EndAsync(again) is var end ? end.Status : default, end.Text));
        }

        Directory.Delete(copy, recursive: true);
    }

    [Fact]
    public async Task AnEndIsQuickThoughSomebodyWatches()
    {
        string folder = Studio.NewFolder();
        Studio studio = await Studio.StartAsync(folder);
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        (await studio.Engine.NextRunAsync()).ReadPrompt();
        await using HubConnection hub = await studio.ConnectAsync();
        Task watching = Task.Run(async () =>
        {
            await foreach (AnswerMessage message in hub.StreamAsync<AnswerMessage>("Watch", answer, 0))
            {
                Assert.NotEqual("token", message.Kind);
            }
        });
        await UntilRunningAsync(studio, answer);
        long before = Environment.TickCount64;
        await studio.DisposeAsync();
        Assert.InRange(Environment.TickCount64 - before, 0, 4000);
        await Task.WhenAny(watching).WaitAsync(TimeSpan.FromSeconds(5));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task UntilRunningAsync(Studio studio, Guid answer)
    {
        await foreach (AnswerUpdate update in studio.Answers.WatchAsync(answer, 0, default))
        {
            if (update is PromptUpdate)
            {
                return;
            }
        }
    }

    private static async Task SaidAsync(Studio studio, Guid answer)
    {
        await foreach (AnswerUpdate update in studio.Answers.WatchAsync(answer, 0, default))
        {
            if (update is TokenUpdate)
            {
                return;
            }
        }
    }
}

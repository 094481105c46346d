using System.Net;
using CrabStudio.Engine;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests;

/// <summary>What is in work and what waits.</summary>
public sealed class QueueTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task TheQueueHoldsWhatWaitsInItsOrderUntilItHasEnded()
    {
        Guid session = await studio.OpenSessionAsync();
        Guid first = await studio.AskAsync(session), second = await studio.AskAsync(session), third = await studio.AskAsync(session);
        ScriptedRun[] runs = [await studio.Engine.NextRunAsync(), await studio.Engine.NextRunAsync(), await studio.Engine.NextRunAsync()];
        // Scripted runs come in any order; positions are said as the engine would say them.
        runs[0].ReadPrompt();
        runs[0].Say("a ");
        runs[1].Emit(new QueuedEvent(1));
        runs[2].Emit(new QueuedEvent(0));
        IReadOnlyList<QueueLine> lines = await UntilAsync(now => now.Count == 3 && now[0].TokenCount == 1 && now[1].Position == 0 && now[2].Position == 1);
        Assert.Equal((AnswerStatus.Running, AnswerStatus.Queued, AnswerStatus.Queued), (lines[0].Status, lines[1].Status, lines[2].Status));
        Assert.Equal(new[] { first, second, third }.Order(), lines.Select(line => line.AnswerId).Order());
        Assert.All(lines, line => Assert.Equal(session, line.SessionId));
        Assert.All(lines, line => Assert.NotEmpty(line.SessionTitle));

        using HttpResponseMessage stopped = await studio.Http.PostAsync($"/api/answers/{lines[2].AnswerId}/stop", null);
        Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        await UntilAsync(now => now.Count == 2 && now.All(line => line.AnswerId != lines[2].AnswerId));
        runs[0].Finish();
        runs[2].Finish();
        await UntilAsync(now => now.Count == 0);
    }

    private async Task<IReadOnlyList<QueueLine>> UntilAsync(Func<IReadOnlyList<QueueLine>, bool> holds)
    {
        DateTime end = DateTime.UtcNow.AddSeconds(20);
        while (true)
        {
            IReadOnlyList<QueueLine> now = await studio.GetAsync<IReadOnlyList<QueueLine>>("/api/queue");
            if (holds(now))
            {
                return now;
            }

            Assert.True(DateTime.UtcNow < end, $"The queue never came to it; last: {string.Join("; ", now)}");
            await Task.Delay(20);
        }
    }
}

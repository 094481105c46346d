using System.Runtime.InteropServices;
using System.Text.Json;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Services;

/// <summary>Writes growing answers to the database and reads their tokens and routes back.</summary>
internal sealed class AnswerStore(DataFolder folder)
{
    private const int LongestLabel = 200;
    private const int AnswersAtATime = 100;

    /// <summary>Marks what the last run of the studio did not end; how many there were.</summary>
    public async Task<int> MarkInterruptedAsync(CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await database.Answers.Where(answer => answer.Status == AnswerStatus.Queued || answer.Status == AnswerStatus.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(answer => answer.Status, AnswerStatus.Interrupted), cancellation);
    }

    /// <summary>The tokens stored so far, in order.</summary>
    public async Task<IReadOnlyList<TokenUpdate>> TokensAsync(Guid answerId, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        List<AnswerToken> tokens = await database.Tokens.AsNoTracking().Where(token => token.AnswerId == answerId).OrderBy(token => token.Index).ToListAsync(cancellation);
        return [.. tokens.Select(token => new TokenUpdate(token.Index, token.TokenId, token.Text, token.Seconds, token.Routes is null ? null : Floats(token.Routes)))];
    }

    /// <summary>Router weights of the prompt by part of the network (<c>text</c>, <c>audio</c>, <c>vision</c>).</summary>
    public async Task<Dictionary<string, RouteMatrix>> PrefillRoutesAsync(Guid answerId, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await database.PrefillRoutes.AsNoTracking().Where(routes => routes.AnswerId == answerId)
            .ToDictionaryAsync(routes => routes.Part, routes => new RouteMatrix(Read<string[]>(routes.LinearsJson), routes.Positions, routes.Experts, Floats(routes.Weights)), cancellation);
    }

    /// <summary>Stores what is known once the prompt has been read, all of it or nothing.</summary>
    public async Task StorePromptAsync(Guid answerId, SeenFacts seen, ModelFacts model, PrefillResult result)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        foreach ((string part, RouteMatrix? routes) in new[] { ("text", result.Text), ("audio", result.Audio), ("vision", result.Vision) })
        {
            if (routes is not null)
            {
                database.PrefillRoutes.Add(new AnswerPrefillRoutes
                {
                    AnswerId = answerId,
                    Part = part,
                    LinearsJson = JsonSerializer.Serialize(routes.Linears, StudioJson.Options),
                    Positions = routes.Positions,
                    Experts = routes.Experts,
                    Weights = Bytes(routes.Weights),
                });
            }
        }

        string seenJson = JsonSerializer.Serialize(seen, StudioJson.Options), modelJson = JsonSerializer.Serialize(model, StudioJson.Options);
        await using var transaction = await database.Database.BeginTransactionAsync();
        await database.SaveChangesAsync();
        await database.Answers.Where(answer => answer.Id == answerId)
            .ExecuteUpdateAsync(set => set.SetProperty(answer => answer.SeenJson, seenJson).SetProperty(answer => answer.ModelJson, modelJson));
        await transaction.CommitAsync();
    }

    /// <summary>Stores what is new of an answer, all of it or nothing.</summary>
    /// <param name="growing">The answer.</param>
    /// <param name="end">Its last status when it has ended; else null.</param>
    public async Task StoreAsync(LiveAnswer growing, StatusUpdate? end)
    {
        (StatusUpdate status, string text, IReadOnlyList<TokenUpdate> tokens) = growing.Snapshot(growing.StoredTokens);
        status = end ?? status;
        if (end is null && tokens.Count == 0 && status.Status == growing.StoredStatus)
        {
            return;
        }

        int count = growing.StoredTokens + tokens.Count;
        await using StudioDatabase database = folder.CreateDbContext();
        await using var transaction = await database.Database.BeginTransactionAsync();
        database.Tokens.AddRange(tokens.Select(token => new AnswerToken
        {
            AnswerId = growing.Id,
            Index = token.Index,
            TokenId = token.TokenId,
            Text = token.Text,
            Seconds = token.Seconds,
            Routes = token.Routes is null ? null : Bytes(token.Routes),
        }));
        await database.SaveChangesAsync();
        await database.Answers.Where(answer => answer.Id == growing.Id).ExecuteUpdateAsync(set => set
            .SetProperty(answer => answer.Status, status.Status)
            .SetProperty(answer => answer.FinishReason, status.FinishReason)
            .SetProperty(answer => answer.Error, status.Error)
            .SetProperty(answer => answer.Text, text)
            .SetProperty(answer => answer.TokenCount, count)
            .SetProperty(answer => answer.FirstTokenSeconds, status.FirstTokenSeconds)
            .SetProperty(answer => answer.TotalSeconds, status.TotalSeconds));
        if (end is not null)
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            await database.Sessions.Where(session => session.Id == growing.SessionId).ExecuteUpdateAsync(set => set.SetProperty(session => session.UpdatedAt, now));
            database.AnswerEvents.AddRange(EventsOf(growing.Id, text));
            await database.SaveChangesAsync();
        }

        await transaction.CommitAsync();
        (growing.StoredTokens, growing.StoredStatus) = (count, status.Status);
    }

    /// <summary>The events that an answer names, as they are kept to find it by.</summary>
    public static IEnumerable<AnswerEventRow> EventsOf(Guid answerId, string text) =>
        AnswerParser.Parse("", text).Events.Select((found, index) => new AnswerEventRow
        {
            AnswerId = answerId,
            Index = index,
            Label = found.Label.Length <= LongestLabel ? found.Label : found.Label[..LongestLabel],
            Start = found.StartSeconds,
            End = found.EndSeconds,
        });

    /// <summary>Keeps the events of ended answers that have none though their texts name some, a few answers at a time; how many answers there were.</summary>
    public async Task<int> FillEventsAsync(CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        Guid[] lacking = await database.Answers
            .Where(answer => answer.Status != AnswerStatus.Queued && answer.Status != AnswerStatus.Running && !database.AnswerEvents.Any(row => row.AnswerId == answer.Id)
                && (answer.Text.Contains("</event>") || answer.Text.Contains("</audio") || answer.Text.Contains("</visual")))
            .Select(answer => answer.Id).ToArrayAsync(cancellation);
        foreach (Guid[] few in lacking.Chunk(AnswersAtATime))
        {
            var texts = await database.Answers.Where(answer => few.Contains(answer.Id)).Select(answer => new { answer.Id, answer.Text }).ToListAsync(cancellation);
            database.AnswerEvents.AddRange(texts.SelectMany(answer => EventsOf(answer.Id, answer.Text)));
            await database.SaveChangesAsync(cancellation);
            database.ChangeTracker.Clear();
        }

        return lacking.Length;
    }

    /// <summary>Reads a stored piece of JSON.</summary>
    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, StudioJson.Options) ?? throw new InvalidDataException($"The stored {typeof(T).Name} is empty.");

    private static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    private static byte[] Bytes(float[] floats) => MemoryMarshal.AsBytes(floats.AsSpan()).ToArray();
}

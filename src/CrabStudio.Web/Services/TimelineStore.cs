using System.Text;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Editing;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace CrabStudio.Web.Services;

/// <summary>A timeline as it is kept.</summary>
/// <param name="Kind">Whose view it is.</param>
/// <param name="Document">What it says, all in the layer of its kind.</param>
/// <param name="AnswerId">The answer it began with; null: none.</param>
/// <param name="Version">Grows with every change; never 0.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record KeptTimeline(TimelineKind Kind, TimelineDocument Document, Guid? AnswerId, long Version, DateTimeOffset UpdatedAt);

/// <summary>A timeline was saved or deleted.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="ClipId">The clip.</param>
/// <param name="Kind">Which one.</param>
/// <param name="Version">Its version now; 0: it is not there any more.</param>
/// <param name="Author">Who did it, as given to the store; null: a program.</param>
public sealed record TimelineChanged(Guid SessionId, Guid ClipId, TimelineKind Kind, long Version, object? Author);

/// <summary>A timeline was changed meanwhile, so that a save would have overwritten what somebody has not seen. Nothing was written.</summary>
/// <param name="version">The version that is there; 0: none.</param>
public sealed class TimelineConflictException(long version)
    : Exception(version == 0 ? "This timeline was deleted meanwhile, so nothing was written." : "This timeline was changed meanwhile, in another window or by a program, so nothing was written over it. Load it anew.")
{
    /// <summary>The version that is there; 0: none.</summary>
    public long Version { get; } = version;
}

/// <summary>Timelines that people draw and correct. What <see cref="SaveAsync"/> has returned from outlives the death of the program.</summary>
public sealed class TimelineStore(DataFolder folder, AnswerService answers)
{
    /// <summary>Told after each change, from any thread. Receivers must be quick and must not throw.</summary>
    public event Action<TimelineChanged>? Changed;

    /// <summary>The layer of a kind.</summary>
    public static TimelineLayer LayerOf(TimelineKind kind) => kind == TimelineKind.Truth ? TimelineLayer.Truth : TimelineLayer.Corrected;

    /// <summary>What a timeline has to know of a clip. The size is that of the picture as it is shown.</summary>
    public static TimelineClip FactsOf(Clip clip)
    {
        ClipProbe probe = JsonSerializer.Deserialize<ClipProbe>(clip.ProbeJson, StudioJson.Options)!;
        (int? Width, int? Height) shown = probe.Picture is not { Width: > 0, Height: > 0 } picture ? (null, null) : picture.RotationDegrees % 180 == 0 ? (picture.Width, picture.Height) : (picture.Height, picture.Width);
        return new TimelineClip(TimelineRules.FileName(clip.FileName))
        {
            DurationSeconds = probe is { Kind: not ClipKind.Image, PlaySeconds: > 0 } ? TimelineRules.Milliseconds((decimal)Math.Min(probe.PlaySeconds, (double)TimelineRules.MostSeconds)) : null,
            FrameRate = probe is { Kind: ClipKind.Video, Picture.FramesPerSecond: > 0 and <= (double)TimelineRules.MostFrameRate } ? Math.Round((decimal)probe.Picture.FramesPerSecond, 6) : null,
            Width = shown.Width,
            Height = shown.Height,
        };
    }

    /// <summary>What an answer says of a clip, in the model's layer, marked where the run was altered. Boxes and points lie on the first still that was seen, else on the first frame.</summary>
    public static TimelineDocument OutputOf(TimelineClip clip, Guid clipId, ParsedAnswer answer, SeenFacts? seen, RouterIntervention? intervention)
    {
        string altered = intervention is null ? "" : AlterWords.Whole(intervention, EnglishWords.Only);
        SeenFrame? frame = seen?.Frames.Where(one => one.ClipId == clipId).OrderByDescending(one => one.Still).FirstOrDefault();
        return TimelineDocument.FromAnswer(clip, answer, frame is null ? 0 : TimelineRules.Milliseconds((decimal)Math.Max(0, frame.TimeSeconds))) with
        {
            Altered = TimelineRules.Line(altered.Length > TimelineRules.MostNote ? altered[..TimelineRules.MostNote] : altered),
        };
    }

    /// <summary>One timeline of several, each in its layer, with ids that are unique.</summary>
    public static TimelineDocument Together(TimelineClip clip, TimelineDocument? model, TimelineDocument? corrected, TimelineDocument? truth)
    {
        TimelineDocument whole = new(clip);
        foreach ((TimelineLayer layer, TimelineDocument? part) in new[] { (TimelineLayer.Corrected, corrected), (TimelineLayer.Truth, truth), (TimelineLayer.Model, model) })
        {
            whole = part is null ? whole : TimelineEdits.TakeIn(whole, layer, part, replace: false);
        }

        return whole;
    }

    /// <summary>The timelines of a clip of a session; none, one or two.</summary>
    /// <exception cref="UnknownItemException">There is no such session, or it has no such clip.</exception>
    public async Task<IReadOnlyList<KeptTimeline>> ListAsync(Guid session, Guid clip, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        TimelineClip facts = FactsOf(await ClipAsync(database, session, clip, cancellation));
        List<StoredTimeline> rows = await database.Timelines.AsNoTracking().Where(row => row.SessionId == session && row.ClipId == clip).ToListAsync(cancellation);
        return [.. rows.OrderBy(row => row.Kind).Select(row => Kept(row, facts))];
    }

    /// <summary>A timeline, or null.</summary>
    /// <exception cref="UnknownItemException">There is no such session, or it has no such clip.</exception>
    public async Task<KeptTimeline?> GetAsync(Guid session, Guid clip, TimelineKind kind, CancellationToken cancellation) => (await ListAsync(session, clip, cancellation)).FirstOrDefault(one => one.Kind == kind);

    /// <summary>Writes a timeline. When it returns, it is kept.</summary>
    /// <param name="session">The session.</param>
    /// <param name="clip">The clip.</param>
    /// <param name="kind">Which one.</param>
    /// <param name="document">What it says; of it, the layer of the kind is kept.</param>
    /// <param name="expected">The version that was seen last, 0: none was there; null: whatever is there is overwritten.</param>
    /// <param name="answer">The answer it begins with; kept only when the timeline is new.</param>
    /// <param name="author">Who writes, for <see cref="Changed"/>.</param>
    /// <param name="cancellation">Until it is written.</param>
    /// <returns>The new version.</returns>
    /// <exception cref="TimelineConflictException">Another version is there.</exception>
    /// <exception cref="UnknownItemException">There is no such session, or it has no such clip.</exception>
    public async Task<long> SaveAsync(Guid session, Guid clip, TimelineKind kind, TimelineDocument document, long? expected, Guid? answer, object? author, CancellationToken cancellation)
    {
        string json = Encoding.UTF8.GetString(TimelineExchange.Write(TimelineEdits.Only(document, LayerOf(kind)), TimelineFormat.Json).Bytes);
        long version = await ChangeAsync(session, clip, kind, expected, (database, row, now) =>
        {
            if (row is null)
            {
                row = new StoredTimeline { SessionId = session, ClipId = clip, Kind = kind, AnswerId = answer };
                database.Timelines.Add(row);
            }

            (row.ContentJson, row.UpdatedAt) = (json, now);
            return now.UtcTicks;
        }, cancellation);
        Changed?.Invoke(new TimelineChanged(session, clip, kind, version, author));
        return version;
    }

    /// <summary>Deletes a timeline.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="TimelineConflictException">Another version is there.</exception>
    /// <exception cref="UnknownItemException">There is no such session, or it has no such clip.</exception>
    public async Task<bool> DeleteAsync(Guid session, Guid clip, TimelineKind kind, long? expected, object? author, CancellationToken cancellation)
    {
        bool there = false;
        await ChangeAsync(session, clip, kind, expected, (database, row, _) =>
        {
            if (row is not null)
            {
                database.Timelines.Remove(row);
                there = true;
            }

            return 0;
        }, cancellation);
        if (there)
        {
            Changed?.Invoke(new TimelineChanged(session, clip, kind, 0, author));
        }

        return there;
    }

    /// <summary>All that is said of a clip, as one timeline.</summary>
    /// <param name="session">The session.</param>
    /// <param name="clip">The clip.</param>
    /// <param name="layers">Which layers.</param>
    /// <param name="answer">The answer whose output is the model's layer; null: the last one that has any.</param>
    /// <param name="cancellation">Until it is read.</param>
    /// <exception cref="UnknownItemException">There is no such session, clip or answer.</exception>
    public async Task<TimelineDocument> WholeAsync(Guid session, Guid clip, IReadOnlyCollection<TimelineLayer> layers, Guid? answer, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        TimelineClip facts = FactsOf(await ClipAsync(database, session, clip, cancellation));
        TimelineDocument? model = null;
        if (layers.Contains(TimelineLayer.Model))
        {
            List<Guid> asked = answer is { } one ? [one] : await database.Answers.Where(row => row.SessionId == session).OrderByDescending(row => row.AskedAt).Select(row => row.Id).ToListAsync(cancellation);
            foreach (Guid id in asked)
            {
                Answer? said = await answers.GetAsync(id, cancellation);
                if (said?.SessionId != session)
                {
                    throw new UnknownItemException("answer", id);
                }

                model = OutputOf(facts, clip, AnswerParser.Parse(said.TaskKey, said.Text), said.SeenJson is null ? null : JsonSerializer.Deserialize<SeenFacts>(said.SeenJson, StudioJson.Options), AnswerService.InterventionOf(said));
                if (TimelineEdits.Count(model) > 0)
                {
                    break;
                }

                // Of a run that says nothing of the clip, a timeline of others says nothing.
                model = answer is null ? null : model;
            }
        }

        IReadOnlyList<KeptTimeline> kept = await ListAsync(session, clip, cancellation);
        TimelineDocument? Of(TimelineLayer layer) => layers.Contains(layer) ? kept.FirstOrDefault(one => LayerOf(one.Kind) == layer)?.Document : null;
        return Together(facts, model, Of(TimelineLayer.Corrected), Of(TimelineLayer.Truth));
    }

    private async Task<long> ChangeAsync(Guid session, Guid clip, TimelineKind kind, long? expected, Func<StudioDatabase, StoredTimeline?, DateTimeOffset, long> change, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        // Takes SQLite's lock for writing at once: between looking at the version and writing nobody else writes.
        await using IDbContextTransaction transaction = await database.Database.BeginTransactionAsync(cancellation);
        await ClipAsync(database, session, clip, cancellation);
        StoredTimeline? row = await database.Timelines.FirstOrDefaultAsync(one => one.SessionId == session && one.ClipId == clip && one.Kind == kind, cancellation);
        long there = row?.UpdatedAt.UtcTicks ?? 0;
        if (expected is { } seen && seen != there)
        {
            throw new TimelineConflictException(there);
        }

        // The time is the version too, so it never stands still, not even when the clock does.
        DateTimeOffset now = new(Math.Max(DateTimeOffset.UtcNow.UtcTicks, there + 1), TimeSpan.Zero);
        long version = change(database, row, now);
        await database.SaveChangesAsync(cancellation);
        await database.Sessions.Where(one => one.Id == session).ExecuteUpdateAsync(set => set.SetProperty(one => one.UpdatedAt, now), cancellation);
        await transaction.CommitAsync(cancellation);
        return version;
    }

    private static async Task<Clip> ClipAsync(StudioDatabase database, Guid session, Guid clip, CancellationToken cancellation)
    {
        if (await database.SessionClips.AsNoTracking().Where(one => one.SessionId == session && one.ClipId == clip).Select(one => one.Clip).FirstOrDefaultAsync(cancellation) is { } found)
        {
            return found;
        }

        throw await database.Sessions.AnyAsync(one => one.Id == session, cancellation) ? new UnknownItemException("clip", clip) : new UnknownItemException("session", session);
    }

    private static KeptTimeline Kept(StoredTimeline row, TimelineClip facts)
    {
        TimelineLayer layer = LayerOf(row.Kind);
        TimelineDocument read = TimelineExchange.Read(Encoding.UTF8.GetBytes(row.ContentJson), "timeline.json", TimelineFormat.Json, new TimelineReadSettings { Clip = facts, Layer = layer }).Document;
        return new KeptTimeline(row.Kind, TimelineEdits.Only(read, layer) with { Clip = facts }, row.AnswerId, row.UpdatedAt.UtcTicks, row.UpdatedAt);
    }
}

using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Services;

/// <summary>What shall be different about sessions; what is null stays.</summary>
/// <param name="Title">Another name, 1 to 200 letters.</param>
/// <param name="Notes">Other notes; empty: none.</param>
/// <param name="Folder">Another folder; empty: none.</param>
/// <param name="Starred">With or without a star.</param>
/// <param name="Tags">All its tags, in place of those it has.</param>
/// <param name="AddTags">Tags to add.</param>
/// <param name="RemoveTags">Tags to take away.</param>
public sealed record SessionChange(string? Title = null, string? Notes = null, string? Folder = null, bool? Starred = null, IReadOnlyList<string>? Tags = null, IReadOnlyList<string>? AddTags = null, IReadOnlyList<string>? RemoveTags = null);

/// <summary>What sessions can be filtered by, as far as there are some.</summary>
/// <param name="Tasks">Keys of tasks; empty: the free question.</param>
/// <param name="Models">Names of models.</param>
/// <param name="Tags">Tags.</param>
/// <param name="Folders">Folders.</param>
/// <param name="Labels">Labels of events, the first of the alphabet.</param>
/// <param name="InBin">How many sessions are in the bin.</param>
public sealed record SessionChoices(IReadOnlyList<string> Tasks, IReadOnlyList<string> Models, IReadOnlyList<string> Tags, IReadOnlyList<string> Folders, IReadOnlyList<string> Labels, int InBin);

/// <summary>The sessions that the studio keeps.</summary>
public sealed class SessionStore(DataFolder folder, ClipLibrary library, AnswerService service)
{
    /// <summary>Most clips of one session. Tasks use three at most.</summary>
    public const int MaxClips = 16;

    /// <summary>Most letters of a name.</summary>
    public const int LongestTitle = 200;

    /// <summary>Most tags of one session.</summary>
    public const int MaxTags = 20;

    /// <summary>Most letters of a tag.</summary>
    public const int LongestTag = 40;

    /// <summary>Most letters of a folder's name.</summary>
    public const int LongestFolder = 100;

    /// <summary>Most letters of notes.</summary>
    public const int LongestNotes = 20_000;

    private const int MostAtOnce = 200;
    private const int MostLabels = 300;
    private const int ChangedAtATime = 500;
    private const int FirstWords = 160;

    /// <summary>Opens a session about clips, in the order in which tasks use them.</summary>
    /// <exception cref="TaskInputException">No clip, or too many.</exception>
    /// <exception cref="UnknownItemException">One of the clips is not there.</exception>
    public async Task<Session> CreateAsync(IReadOnlyList<Guid> clipIds, CancellationToken cancellation)
    {
        if (clipIds.Count is 0 or > MaxClips)
        {
            throw new TaskInputException("clipIds", clipIds.Count == 0
                ? "A session needs at least one clip; none was given. Upload one and give its id."
                : $"A session has at most {MaxClips} clips; {clipIds.Count} were given. Leave some out.");
        }

        await using StudioDatabase database = folder.CreateDbContext();
        Dictionary<Guid, Clip> clips = await database.Clips.Where(clip => clipIds.Contains(clip.Id)).ToDictionaryAsync(clip => clip.Id, cancellation);
        if (clipIds.Where(id => !clips.ContainsKey(id)).Cast<Guid?>().FirstOrDefault() is { } missing)
        {
            throw new UnknownItemException("clip", missing);
        }

        DateTimeOffset now = DateTimeOffset.UtcNow;
        Session session = new()
        {
            Id = Guid.NewGuid(),
            Title = TitleOf(clipIds.Select(id => clips[id].FileName)),
            CreatedAt = now,
            UpdatedAt = now,
        };
        session.Clips.AddRange(clipIds.Select((id, position) => new SessionClip { SessionId = session.Id, Position = position, ClipId = id, Clip = clips[id] }));
        database.Sessions.Add(session);
        await SaveAsync(database, clipIds[0], cancellation);
        return session;
    }

    /// <summary>Sessions, the one used last first; of the bin, the one deleted last. At most 200.</summary>
    public async Task<IReadOnlyList<SessionSummary>> ListAsync(SessionFilter filter, int skip, int take, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        IQueryable<Session> found = filter.Of(database).AsNoTracking();
        List<Session> page = await (filter.Bin ? found.OrderByDescending(session => session.DeletedAt).ThenBy(session => session.Id) : found.OrderByDescending(session => session.UpdatedAt).ThenBy(session => session.Id))
            .Skip(Math.Max(0, skip)).Take(Math.Clamp(take, 0, MostAtOnce))
            .ToListAsync(cancellation);

        // Only then what the page's own sessions hold: in one query SQLite would rank the answers of all sessions first.
        List<Guid> ids = [.. page.Select(session => session.Id)];
        var clips = (await database.SessionClips.Where(clip => ids.Contains(clip.SessionId)).OrderBy(clip => clip.Position)
            .Select(clip => new { clip.SessionId, clip.ClipId, clip.Clip.FileName, clip.Clip.ProbeJson })
            .ToListAsync(cancellation)).ToLookup(clip => clip.SessionId);
        var answers = (await database.Answers.Where(answer => ids.Contains(answer.SessionId)).OrderBy(answer => answer.AskedAt)
            .Select(answer => new { answer.SessionId, answer.TaskKey, answer.QuestionText, Words = answer.Text.Substring(0, FirstWords), answer.Status, Altered = answer.InterventionJson != null })
            .ToListAsync(cancellation)).ToLookup(answer => answer.SessionId);
        ILookup<Guid, string> tags = (await database.SessionTags.Where(tag => ids.Contains(tag.SessionId)).ToListAsync(cancellation)).ToLookup(tag => tag.SessionId, tag => tag.Tag);
        return
        [
            .. from session in page
               let last = answers[session.Id].LastOrDefault()
               select new SessionSummary(
                   session.Id,
                   session.Title,
                   session.CreatedAt,
                   session.UpdatedAt,
                   [.. clips[session.Id].Select(clip => clip.ClipId)],
                   [.. clips[session.Id].Select(clip => clip.FileName)],
                   last?.TaskKey,
                   last?.QuestionText,
                   last?.Words,
                   last?.Status,
                   answers[session.Id].Count(),
                   session.Starred,
                   session.Folder,
                   [.. tags[session.Id].Order(StringComparer.OrdinalIgnoreCase)],
                   session.Notes.Length > FirstWords ? session.Notes[..FirstWords] : session.Notes,
                   answers[session.Id].Count(answer => answer.Altered),
                   session.DeletedAt,
                   clips[session.Id].FirstOrDefault(clip => JsonSerializer.Deserialize<ClipProbe>(clip.ProbeJson, StudioJson.Options) is { Kind: not ClipKind.Audio })?.ClipId),
        ];
    }

    /// <summary>How many sessions a filter finds.</summary>
    public async Task<int> CountAsync(SessionFilter filter, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await filter.Of(database).CountAsync(cancellation);
    }

    /// <summary>All sessions that a filter finds, by their ids.</summary>
    public Task<IReadOnlyList<Guid>> IdsAsync(SessionFilter filter, CancellationToken cancellation) => IdsAsync(folder, filter, cancellation);

    /// <summary>The same in a data folder whose studio does not run.</summary>
    public static async Task<IReadOnlyList<Guid>> IdsAsync(DataFolder folder, SessionFilter filter, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await filter.Of(database).OrderByDescending(session => session.UpdatedAt).Select(session => session.Id).ToListAsync(cancellation);
    }

    /// <summary>What there is to filter by.</summary>
    public async Task<SessionChoices> ChoicesAsync(CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return new SessionChoices(
            await database.Answers.Select(answer => answer.TaskKey).Distinct().Order().ToListAsync(cancellation),
            await database.Answers.Select(answer => StudioDatabase.ModelName(answer.ModelJson)).Where(name => name != null).Distinct().Order().Select(name => name!).ToListAsync(cancellation),
            await database.SessionTags.Where(tag => database.Sessions.Any(session => session.Id == tag.SessionId)).Select(tag => tag.Tag).Distinct().Order().ToListAsync(cancellation),
            await database.Sessions.Where(session => session.Folder != "").Select(session => session.Folder).Distinct().Order().ToListAsync(cancellation),
            await database.AnswerEvents.Select(row => row.Label).Distinct().Order().Take(MostLabels).ToListAsync(cancellation),
            await database.Sessions.IgnoreQueryFilters().CountAsync(session => session.DeletedAt != null, cancellation));
    }

    /// <summary>The session with clips (by position), answers (by time) and tags, or null. One in the bin is not there.</summary>
    public async Task<Session?> GetAsync(Guid id, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await database.Sessions.AsNoTracking()
            .Include(session => session.Clips.OrderBy(clip => clip.Position)).ThenInclude(clip => clip.Clip)
            .Include(session => session.Answers.OrderBy(answer => answer.AskedAt))
            .Include(session => session.Tags.OrderBy(tag => tag.Tag))
            .AsSplitQuery()
            .FirstOrDefaultAsync(session => session.Id == id, cancellation);
    }

    /// <summary>Gives it a name.</summary>
    /// <exception cref="TaskInputException">The name is empty or too long.</exception>
    /// <exception cref="UnknownItemException">There is no such session.</exception>
    public async Task RenameAsync(Guid id, string title, CancellationToken cancellation)
    {
        if (await ChangeAsync([id], new SessionChange(title), cancellation) == 0)
        {
            throw new UnknownItemException("session", id);
        }
    }

    /// <summary>Changes what people wrote on sessions, all of them or none; those that are not there are passed over. How many there were.</summary>
    /// <exception cref="TaskInputException">Something is too long, or too much.</exception>
    public async Task<int> ChangeAsync(IReadOnlyCollection<Guid> ids, SessionChange change, CancellationToken cancellation)
    {
        string? title = change.Title is null ? null : Checked("title", "name", change.Title, 1, LongestTitle);
        string? notes = change.Notes?.Length > LongestNotes ? throw new TaskInputException("notes", $"Notes have at most {LongestNotes} letters; {change.Notes.Length} were given. Shorten them.") : change.Notes;
        string? place = change.Folder is null ? null : Checked("folder", "folder", change.Folder, 0, LongestFolder);
        string[]? all = change.Tags is null ? null : Tags(change.Tags);
        string[] added = Tags(change.AddTags ?? []), removed = Tags(change.RemoveTags ?? []);
        await using StudioDatabase database = folder.CreateDbContext();
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        int changed = 0;
        foreach (Guid[] some in ids.Distinct().Chunk(ChangedAtATime))
        {
            List<Session> sessions = await database.Sessions.Include(session => session.Tags).Where(session => some.Contains(session.Id)).ToListAsync(cancellation);
            foreach (Session session in sessions)
            {
                session.Title = title ?? session.Title;
                session.Notes = notes ?? session.Notes;
                session.Folder = place ?? session.Folder;
                session.Starred = change.Starred ?? session.Starred;
                session.Tags.RemoveAll(tag => removed.Contains(tag.Tag, StringComparer.OrdinalIgnoreCase) || (all is not null && !all.Contains(tag.Tag)));
                IEnumerable<string> wanted = (all ?? []).Concat(added).Where(tag => !session.Tags.Any(has => has.Tag.Equals(tag, StringComparison.OrdinalIgnoreCase)));
                session.Tags.AddRange(wanted.Distinct(StringComparer.OrdinalIgnoreCase).Select(tag => new SessionTag { SessionId = session.Id, Tag = tag }).ToArray());
                if (session.Tags.Count > MaxTags)
                {
                    throw new TaskInputException("tags", $"“{session.Title}” would have {session.Tags.Count} tags; a session has at most {MaxTags}. Take some away first.");
                }
            }

            await database.SaveChangesAsync(cancellation);
            database.ChangeTracker.Clear();
            changed += sessions.Count;
        }

        await transaction.CommitAsync(cancellation);
        return changed;
    }

    /// <summary>Puts sessions into the bin and stops their answers; how many there were. From now on nobody finds them, until they are put back.</summary>
    public async Task<int> DeleteAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        int deleted = 0;
        await using StudioDatabase database = folder.CreateDbContext();
        foreach (Guid[] some in ids.Distinct().Chunk(ChangedAtATime))
        {
            deleted += await database.Sessions.Where(session => some.Contains(session.Id)).ExecuteUpdateAsync(set => set.SetProperty(session => session.DeletedAt, now), cancellation);
        }

        foreach (Guid id in ids)
        {
            await service.EndAllAsync(id, cancellation);
        }

        return deleted;
    }

    /// <summary>Takes sessions out of the bin again, with all they had; how many there were.</summary>
    public async Task<int> RestoreAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        int restored = 0;
        await using StudioDatabase database = folder.CreateDbContext();
        foreach (Guid[] some in ids.Distinct().Chunk(ChangedAtATime))
        {
            restored += await database.Sessions.IgnoreQueryFilters().Where(session => some.Contains(session.Id) && session.DeletedAt != null)
                .ExecuteUpdateAsync(set => set.SetProperty(session => session.DeletedAt, (DateTimeOffset?)null), cancellation);
        }

        return restored;
    }

    /// <summary>Deletes sessions for good, in the bin or not, with their answers and the clips that no other session uses; how many there were.</summary>
    public async Task<int> DeleteForGoodAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        int deleted = 0;
        foreach (Guid id in ids.Distinct())
        {
            await service.EndAllAsync(id, cancellation);
            await using StudioDatabase database = folder.CreateDbContext();
            List<Guid> clips = await database.SessionClips.Where(clip => clip.SessionId == id).Select(clip => clip.ClipId).Distinct().ToListAsync(cancellation);
            List<Guid> gone = await database.Answers.Where(answer => answer.SessionId == id).Select(answer => answer.Id).ToListAsync(cancellation);
            if (await database.Sessions.IgnoreQueryFilters().Where(session => session.Id == id).ExecuteDeleteAsync(cancellation) == 0)
            {
                continue;
            }

            // From here on it is gone for everybody; the files follow whether or not the caller still waits.
            deleted++;
            foreach (string files in gone.Select(folder.Answer).Where(Directory.Exists))
            {
                Directory.Delete(files, recursive: true);
            }

            await library.DeleteUnusedAsync(clips, CancellationToken.None);
        }

        return deleted;
    }

    /// <summary>Deletes for good what was put into the bin before a time; how many sessions there were.</summary>
    public async Task<int> EmptyBinAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        List<Guid> old = await database.Sessions.IgnoreQueryFilters().Where(session => session.DeletedAt != null && session.DeletedAt < before).Select(session => session.Id).ToListAsync(cancellation);
        return await DeleteForGoodAsync(old, cancellation);
    }

    /// <summary>The name of a session that nobody has named and in which nothing was asked.</summary>
    internal static string TitleOf(IEnumerable<string> clipNames) => Shortened(string.Join(", ", clipNames));

    /// <summary>At most as long as a name may be.</summary>
    internal static string Shortened(string title) => title.Length <= LongestTitle ? title : string.Concat(title.AsSpan(0, LongestTitle - 1), "…");

    // A clip that is deleted at this very moment: the same as one that was deleted before.
    private static async Task SaveAsync(StudioDatabase database, Guid clip, CancellationToken cancellation)
    {
        try
        {
            await database.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException failure) when (failure.InnerException is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 19 })
        {
            throw new UnknownItemException("clip", clip);
        }
    }

    private static string[] Tags(IReadOnlyList<string> tags) => [.. tags.Select(tag => Checked("tags", "tag", tag ?? "", 1, LongestTag)).Distinct(StringComparer.OrdinalIgnoreCase)];

    // One line: what is shown in one.
    private static string Checked(string field, string what, string given, int least, int most)
    {
        string text = string.Concat(given.Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();
        return text.Length >= least && text.Length <= most ? text
            : throw new TaskInputException(field, $"A session's {what} has {least} to {most} letters; {text.Length} were given.");
    }
}

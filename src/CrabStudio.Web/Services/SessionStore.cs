using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Services;

/// <summary>The sessions that the studio keeps.</summary>
public sealed class SessionStore(DataFolder folder, ClipLibrary library, AnswerService service)
{
    /// <summary>Most clips of one session. Tasks use three at most.</summary>
    public const int MaxClips = 16;

    private const int LongestTitle = 200;
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

    /// <summary>Sessions, the one used last first.</summary>
    public async Task<IReadOnlyList<SessionSummary>> ListAsync(string? search, int skip, int take, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        List<Session> page = await Matching(database, search)
            .OrderByDescending(session => session.UpdatedAt).ThenBy(session => session.Id)
            .Skip(Math.Max(0, skip)).Take(Math.Clamp(take, 0, 200))
            .ToListAsync(cancellation);

        // Only then what the page's own sessions hold: in one query SQLite would rank the answers of all sessions first.
        List<Guid> ids = [.. page.Select(session => session.Id)];
        var clips = (await database.SessionClips.Where(clip => ids.Contains(clip.SessionId)).OrderBy(clip => clip.Position)
            .Select(clip => new { clip.SessionId, clip.ClipId, clip.Clip.FileName })
            .ToListAsync(cancellation)).ToLookup(clip => clip.SessionId);
        var answers = (await database.Answers.Where(answer => ids.Contains(answer.SessionId)).OrderBy(answer => answer.AskedAt)
            .Select(answer => new { answer.SessionId, answer.TaskKey, answer.QuestionText, Words = answer.Text.Substring(0, FirstWords), answer.Status, Altered = answer.InterventionJson != null })
            .ToListAsync(cancellation)).ToLookup(answer => answer.SessionId);
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
                   answers[session.Id].Count())
               {
                   AlteredCount = answers[session.Id].Count(answer => answer.Altered),
               },
        ];
    }

    /// <summary>How many sessions there are for a search.</summary>
    public async Task<int> CountAsync(string? search, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await Matching(database, search).CountAsync(cancellation);
    }

    /// <summary>The session with clips (by position) and answers (by time), or null.</summary>
    public async Task<Session?> GetAsync(Guid id, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await database.Sessions.AsNoTracking()
            .Include(session => session.Clips.OrderBy(clip => clip.Position)).ThenInclude(clip => clip.Clip)
            .Include(session => session.Answers.OrderBy(answer => answer.AskedAt))
            .AsSplitQuery()
            .FirstOrDefaultAsync(session => session.Id == id, cancellation);
    }

    /// <summary>Gives it a name.</summary>
    /// <exception cref="TaskInputException">The name is empty or too long.</exception>
    /// <exception cref="UnknownItemException">There is no such session.</exception>
    public async Task RenameAsync(Guid id, string title, CancellationToken cancellation)
    {
        string name = title.Trim();
        if (name.Length is 0 or > LongestTitle)
        {
            throw new TaskInputException("title", $"A session's name has 1 to {LongestTitle} letters; {name.Length} were given.");
        }

        await using StudioDatabase database = folder.CreateDbContext();
        if (await database.Sessions.Where(session => session.Id == id).ExecuteUpdateAsync(set => set.SetProperty(session => session.Title, name), cancellation) == 0)
        {
            throw new UnknownItemException("session", id);
        }
    }

    /// <summary>Deletes it with its answers, and the clips that no other session uses.</summary>
    /// <exception cref="UnknownItemException">There is no such session.</exception>
    public async Task DeleteAsync(Guid id, CancellationToken cancellation)
    {
        await service.EndAllAsync(id, cancellation);
        await using StudioDatabase database = folder.CreateDbContext();
        List<Guid> clips = await database.SessionClips.Where(clip => clip.SessionId == id).Select(clip => clip.ClipId).Distinct().ToListAsync(cancellation);
        List<Guid> gone = await database.Answers.Where(answer => answer.SessionId == id).Select(answer => answer.Id).ToListAsync(cancellation);
        if (await database.Sessions.Where(session => session.Id == id).ExecuteDeleteAsync(cancellation) == 0)
        {
            throw new UnknownItemException("session", id);
        }

        // From here on it is gone for everybody; the files follow whether or not the caller still waits.
        foreach (string files in gone.Select(folder.Answer).Where(Directory.Exists))
        {
            Directory.Delete(files, recursive: true);
        }

        await library.DeleteUnusedAsync(clips, CancellationToken.None);
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

    private static IQueryable<Session> Matching(StudioDatabase database, string? search)
    {
        IQueryable<Session> all = database.Sessions.AsNoTracking();
        string part = search?.Trim() ?? "";
        return part.Length == 0 ? all : all.Where(session =>
            StudioDatabase.Holds(session.Title, part)
            || session.Clips.Any(clip => StudioDatabase.Holds(clip.Clip.FileName, part))
            || session.Answers.Any(answer => StudioDatabase.Holds(answer.QuestionText, part) || StudioDatabase.Holds(answer.Text, part)));
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Sharing;

/// <summary>A link that was just made. Its secret is told here and never again.</summary>
/// <param name="Id">Identity, for taking it back.</param>
/// <param name="Path">Where it leads, behind the studio's address.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops working; null: never.</param>
public sealed record MadeLink(Guid Id, string Path, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>A link of a session, without its secret.</summary>
/// <param name="Id">Identity, for taking it back.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops working; null: never.</param>
/// <param name="RevokedAt">When it was taken back; null: it was not.</param>
/// <param name="Works">Whether it works now.</param>
public sealed record LinkLine(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, bool Works);

/// <summary>
/// Links by which somebody else reads one session. A link is 256 random bits; what is kept is their hash, so that neither the
/// database nor a copy of it opens anything.
/// </summary>
public sealed class ShareLinks(DataFolder folder, TimeProvider clock)
{
    /// <summary>Where links lead.</summary>
    public const string Root = "/shared";

    /// <summary>Longest life of a link that ends, in days.</summary>
    public const int MostDays = 365;

    private const int SecretBytes = 32;
    private const int MostLinks = 100;

    /// <summary>Makes a link to a session.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="days">How long it works; null: until it is taken back.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="TaskInputException">The life is not 1 to 365 days, or there are too many links.</exception>
    /// <exception cref="UnknownItemException">There is no such session.</exception>
    public async Task<MadeLink> MakeAsync(Guid sessionId, int? days, CancellationToken cancellation)
    {
        if (days is < 1 or > MostDays)
        {
            throw new TaskInputException("expiresInDays", $"A link works for 1 to {MostDays} days, or without an end when this is left out; {days} was given.");
        }

        await using StudioDatabase database = folder.CreateDbContext();
        if (!await database.Sessions.AnyAsync(session => session.Id == sessionId && session.DeletedAt == null, cancellation))
        {
            throw new UnknownItemException("session", sessionId);
        }

        DateTimeOffset now = clock.GetUtcNow();
        if (await database.ShareLinks.CountAsync(link => link.SessionId == sessionId && link.RevokedAt == null && (link.ExpiresAt == null || link.ExpiresAt > now), cancellation) >= MostLinks)
        {
            throw new TaskInputException("expiresInDays", $"This session has {MostLinks} links that work. Take some back first.");
        }

        string secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        ShareLink made = new() { Id = Guid.NewGuid(), SecretSha256 = Hash(secret), SessionId = sessionId, CreatedAt = now, ExpiresAt = days is null ? null : now.AddDays(days.Value) };
        database.ShareLinks.Add(made);
        await database.SaveChangesAsync(cancellation);
        return new MadeLink(made.Id, $"{Root}/{secret}", made.CreatedAt, made.ExpiresAt);
    }

    /// <summary>The links of a session, newest first.</summary>
    public async Task<IReadOnlyList<LinkLine>> ListAsync(Guid sessionId, CancellationToken cancellation)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await using StudioDatabase database = folder.CreateDbContext();
        List<ShareLink> links = await database.ShareLinks.AsNoTracking().Where(link => link.SessionId == sessionId).OrderByDescending(link => link.CreatedAt).ToListAsync(cancellation);
        return [.. links.Select(link => new LinkLine(link.Id, link.CreatedAt, link.ExpiresAt, link.RevokedAt, link.RevokedAt is null && (link.ExpiresAt is null || link.ExpiresAt > now)))];
    }

    /// <summary>Takes a link back; does nothing when it was taken back before.</summary>
    /// <exception cref="UnknownItemException">The session has no such link.</exception>
    public async Task RevokeAsync(Guid sessionId, Guid linkId, CancellationToken cancellation)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await using StudioDatabase database = folder.CreateDbContext();
        ShareLink link = await database.ShareLinks.FirstOrDefaultAsync(one => one.Id == linkId && one.SessionId == sessionId, cancellation) ?? throw new UnknownItemException("link", linkId);
        link.RevokedAt ??= now;
        await database.SaveChangesAsync(cancellation);
    }

    /// <summary>The session that a link opens now; null: none, whatever the reason.</summary>
    public async Task<Guid?> OpenAsync(string secret, CancellationToken cancellation)
    {
        // Only what could be a secret is looked up. Time tells nothing of it: the database compares hashes.
        if (secret.Length != 43 || !Base64Url.IsValid(secret))
        {
            return null;
        }

        string hash = Hash(secret);
        DateTimeOffset now = clock.GetUtcNow();
        await using StudioDatabase database = folder.CreateDbContext();
        return await (from link in database.ShareLinks
                      join session in database.Sessions on link.SessionId equals session.Id
                      where link.SecretSha256 == hash && link.RevokedAt == null && (link.ExpiresAt == null || link.ExpiresAt > now) && session.DeletedAt == null
                      select (Guid?)session.Id).FirstOrDefaultAsync(cancellation);
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(secret)));
}

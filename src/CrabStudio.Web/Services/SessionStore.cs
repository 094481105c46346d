using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>The sessions that the studio keeps.</summary>
public sealed class SessionStore
{
    /// <summary>Opens a session about clips, in the order in which tasks use them.</summary>
    public Task<Session> CreateAsync(IReadOnlyList<Guid> clipIds, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Sessions, the one used last first.</summary>
    public Task<IReadOnlyList<SessionSummary>> ListAsync(string? search, int skip, int take, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>How many sessions there are for a search.</summary>
    public Task<int> CountAsync(string? search, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The session with clips (by position) and answers (by time), or null.</summary>
    public Task<Session?> GetAsync(Guid id, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Gives it a name.</summary>
    public Task RenameAsync(Guid id, string title, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Deletes it with its answers, and the clips that no other session uses.</summary>
    public Task DeleteAsync(Guid id, CancellationToken cancellation) => throw new NotImplementedException();
}

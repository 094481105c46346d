using CrabStudio.Tasks;
using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>An answer with everything that a comparison looks at.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Session">Its session, with clips and answers.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Routes">Its routes; null when it has gone meanwhile.</param>
public sealed record ComparedAnswer(Answer Answer, Session Session, IReadOnlyList<TokenUpdate> Tokens, AnswerRoutes? Routes);

/// <summary>Gathers answers about the same clips, of one session or of several, to be compared.</summary>
public sealed class AnswerComparisons(AnswerService answers, SessionStore sessions)
{
    /// <summary>Fewest answers side by side.</summary>
    public const int Fewest = 2;

    /// <summary>Most answers side by side.</summary>
    public const int Most = 4;

    /// <summary>The ids in a list such as <c>a,b,c</c>.</summary>
    /// <exception cref="TaskInputException">They are not two to four different ids.</exception>
    public static IReadOnlyList<Guid> Ids(string? list)
    {
        List<Guid> ids = [];
        foreach (string piece in (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            ids.Add(Guid.TryParse(piece, out Guid id) ? id : throw Wrong($"“{(piece.Length <= 60 ? piece : piece[..60] + "…")}”, which is no id of an answer"));
        }

        if (ids.Distinct().Count() is var different and (< Fewest or > Most))
        {
            throw Wrong(different == 1 ? "one answer" : $"{different} answers");
        }

        return [.. ids.Distinct()];
    }

    /// <summary>Loads them, in the order given.</summary>
    /// <exception cref="TaskInputException">There are too few or too many, or they are not about the same clips.</exception>
    /// <exception cref="UnknownItemException">One of them is not there.</exception>
    public async Task<IReadOnlyList<ComparedAnswer>> LoadAsync(IReadOnlyList<Guid> ids, CancellationToken cancellation)
    {
        if (ids.Count is < Fewest or > Most)
        {
            throw Wrong($"{ids.Count} answers");
        }

        Dictionary<Guid, Session> known = [];
        List<ComparedAnswer> loaded = [];
        foreach (Guid id in ids)
        {
            Answer answer = await answers.GetAsync(id, cancellation) ?? throw new UnknownItemException("answer", id);
            if (!known.TryGetValue(answer.SessionId, out Session? session))
            {
                known[answer.SessionId] = session = await sessions.GetAsync(answer.SessionId, cancellation) ?? throw new UnknownItemException("session", answer.SessionId);
            }

            if (loaded.Count > 0 && !Contents(session).SetEquals(Contents(loaded[0].Session)))
            {
                throw new TaskInputException("answers", $"answers: found runs about {Names(loaded[0].Session)} and about {Names(session)}; expected runs about the same clips.");
            }

            loaded.Add(new ComparedAnswer(answer, session, await answers.GetTokensAsync(id, cancellation), await answers.GetRoutesAsync(id, cancellation)));
        }

        return loaded;
    }

    private static HashSet<string> Contents(Session session) => [.. session.Clips.Select(clip => clip.Clip.Sha256)];

    private static string Names(Session session) => string.Join(", ", session.Clips.Select(clip => clip.Clip.FileName).Distinct());

    private static TaskInputException Wrong(string found) => new("answers", $"answers: found {found}; expected {Fewest} to {Most} ids of answers about the same clips, with commas between.");
}

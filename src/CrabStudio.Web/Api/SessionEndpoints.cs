using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Mvc;

namespace CrabStudio.Web.Api;

/// <summary>Sessions over HTTP.</summary>
public static class SessionEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapSessions(this RouteGroupBuilder api)
    {
        RouteGroupBuilder sessions = api.MapGroup("/sessions").WithTags("Sessions");
        sessions.MapPost("/", async (NewSession session, SessionStore store, CancellationToken cancellation) =>
            {
                Made made = new((await store.CreateAsync(session.ClipIds ?? [], cancellation)).Id);
                return Results.Created($"/api/sessions/{made.Id}", made);
            })
            .WithSummary("Opens a session about clips, in the order in which tasks use them.")
            .Produces<Made>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapGet("/", async ([AsParameters] SessionQuery query, SessionStore store, CancellationToken cancellation, int skip = 0, int take = 30) =>
            {
                SessionFilter filter = query.Filter();
                return new SessionPage(await store.CountAsync(filter, cancellation), await store.ListAsync(filter, skip, take, cancellation));
            })
            .WithSummary("Sessions, the one used last first. search looks for each of its words (or \"words in quotes\") in names, notes, tags, clips, questions, answers and labels of events and timelines, in any script. "
                + "task, model, status, altered, event and longer must be true of one answer. At most 200 at once.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        sessions.MapGet("/{id:guid}", async (Guid id, SessionStore store, ClipLibrary library, CancellationToken cancellation) =>
            {
                Session session = await store.GetAsync(id, cancellation) ?? throw new UnknownItemException("session", id);
                return new SessionShape(
                    session.Id,
                    session.Title,
                    session.CreatedAt,
                    session.UpdatedAt,
                    [.. session.Clips.Select(clip => ClipShape.Of(clip.Clip, library))],
                    [.. session.Answers.Select(answer => new AnswerLine(answer.Id, answer.TaskKey, answer.QuestionText, answer.Status, answer.Text, answer.AskedAt, answer.TokenCount, answer.Error, AnswerService.InterventionOf(answer), answer.OriginalId))],
                    session.Starred,
                    session.Folder,
                    [.. session.Tags.Select(tag => tag.Tag)],
                    session.Notes);
            })
            .WithSummary("A session with its clips and answers.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapPatch("/{id:guid}", async (Guid id, SessionChange change, SessionStore store, CancellationToken cancellation) =>
            {
                if (change == new SessionChange())
                {
                    return ApiProblems.Of(StatusCodes.Status400BadRequest, "Nothing to change was given. Give title, notes, folder, starred, tags, addTags or removeTags.");
                }

                return Found(id, await store.ChangeAsync([id], change, cancellation));
            })
            .WithSummary("Changes what people wrote on it: title, notes, folder, starred, tags (all of them) or addTags and removeTags. What is left out stays.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapDelete("/{id:guid}", async (Guid id, SessionStore store, CancellationToken cancellation, bool forGood = false) =>
                Found(id, forGood ? await store.DeleteForGoodAsync([id], cancellation) : await store.DeleteAsync([id], cancellation)))
            .WithSummary("Stops its answers and puts it into the bin, where nothing finds it and from where restore takes it back within 30 days; with forGood=true deletes it with its answers, and the clips that no other session uses, also from the bin.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapPost("/{id:guid}/restore", async (Guid id, SessionStore store, CancellationToken cancellation) => Found(id, await store.RestoreAsync([id], cancellation)))
            .WithSummary("Takes it out of the bin.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapPost("/archive", ArchiveAsync)
            .WithSummary("Sessions as one file for another studio (docs/sessions.md): a form with the field ids, session ids separated by commas. crab sessions import reads it.")
            .Accepts<SessionsToExport>("application/x-www-form-urlencoded")
            .Produces(StatusCodes.Status200OK, contentType: "application/zip")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapPost("/{id:guid}/questions", async (Guid id, NewQuestion question, AnswerService answers, CancellationToken cancellation) =>
            {
                Made made = new(await answers.AskAsync(id, question.ToInput(), cancellation));
                return Results.Accepted($"/api/answers/{made.Id}", made);
            })
            .WithSummary("Asks a question; the answer grows by itself. “field” of a refusal names the input at fault.")
            .Produces<Made>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static IResult Found(Guid id, int count) => count > 0 ? Results.NoContent() : throw new UnknownItemException("session", id);

    private static async Task<IResult> ArchiveAsync(HttpContext context, SessionArchive archive, DataFolder folder, CancellationToken cancellation)
    {
        string given = context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(cancellation))["ids"].ToString() : "";
        List<Guid> ids = [];
        foreach (string word in given.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Guid.TryParse(word, out Guid id))
            {
                return ApiProblems.Of(StatusCodes.Status400BadRequest, "The field ids holds something that is no session's id. Give ids separated by commas.", "ids");
            }

            ids.Add(id);
        }

        if (ids.Count == 0)
        {
            return ApiProblems.Of(StatusCodes.Status400BadRequest, "No session was named. Send a form with the field ids: session ids separated by commas.", "ids");
        }

        // Whole on the disk before the first byte is sent: a download that breaks off would look like an archive. It goes with its handle.
        FileStream file = new(Path.Combine(folder.Incoming, $"{Guid.NewGuid():N}.archive"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            await archive.ExportAsync(ids, file, null, cancellation);
            file.Position = 0;
            return Results.File(file, "application/zip", FormattableString.Invariant($"crab-sessions-{DateTime.Now:yyyy-MM-dd}.zip"));
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }
}

/// <summary>What the list of sessions is asked for over HTTP.</summary>
/// <param name="Search">Words, or "words in quotes".</param>
/// <param name="Task">Key of a task; free for the free question.</param>
/// <param name="Model">Name of the model that answered.</param>
/// <param name="From">First day of the last use, as 2026-03-31, where the studio runs.</param>
/// <param name="To">Last day of the last use.</param>
/// <param name="Tag">A tag; may be repeated, then all are wanted.</param>
/// <param name="Folder">The folder.</param>
/// <param name="Starred">Only those with a star.</param>
/// <param name="Altered">Only those with an altered run.</param>
/// <param name="Status">queued, running, done, stopped, interrupted or failed.</param>
/// <param name="Event">Label of an event that an answer names.</param>
/// <param name="Longer">The event lasts longer than so many seconds.</param>
/// <param name="Bin">Those in the bin, instead of the others.</param>
public sealed record SessionQuery(
    [FromQuery(Name = "search")] string? Search,
    [FromQuery(Name = "task")] string? Task,
    [FromQuery(Name = "model")] string? Model,
    [FromQuery(Name = "from")] DateOnly? From,
    [FromQuery(Name = "to")] DateOnly? To,
    [FromQuery(Name = "tag")] string[]? Tag,
    [FromQuery(Name = "folder")] string? Folder,
    [FromQuery(Name = "starred")] bool? Starred,
    [FromQuery(Name = "altered")] bool? Altered,
    [FromQuery(Name = "status")] string? Status,
    [FromQuery(Name = "event")] string? Event,
    [FromQuery(Name = "longer")] double? Longer,
    [FromQuery(Name = "bin")] bool? Bin)
{
    /// <summary>The filter.</summary>
    /// <exception cref="TaskInputException">There is no such status.</exception>
    public SessionFilter Filter() => new()
    {
        Search = Search ?? "",
        Task = Named(Task),
        Model = Named(Model),
        From = From,
        To = To,
        Tags = Tag ?? [],
        Folder = Named(Folder),
        Starred = Starred ?? false,
        Altered = Altered ?? false,
        Status = Named(Status) is null ? null : SessionFilter.Word(Status) ?? throw new TaskInputException("status", $"There is no status “{Status}”; there are queued, running, done, stopped, interrupted and failed."),
        Event = Named(Event),
        LongerSeconds = Longer,
        Bin = Bin ?? false,
    };

    private static string? Named(string? value) => string.IsNullOrEmpty(value) ? null : value;
}

using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

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
        sessions.MapGet("/", async (SessionStore store, CancellationToken cancellation, string? search = null, int skip = 0, int take = 30) =>
                new SessionPage(await store.CountAsync(search, cancellation), await store.ListAsync(search, skip, take, cancellation)))
            .WithSummary("Sessions, the one used last first; search looks in names, clips, questions and answers. At most 200 at once.");
        sessions.MapGet("/{id:guid}", async (Guid id, SessionStore store, ClipLibrary library, CancellationToken cancellation) =>
            {
                Session session = await store.GetAsync(id, cancellation) ?? throw new UnknownItemException("session", id);
                return new SessionShape(
                    session.Id,
                    session.Title,
                    session.CreatedAt,
                    session.UpdatedAt,
                    [.. session.Clips.Select(clip => ClipShape.Of(clip.Clip, library))],
                    [.. session.Answers.Select(answer => new AnswerLine(answer.Id, answer.TaskKey, answer.QuestionText, answer.Status, answer.Text, answer.AskedAt, answer.TokenCount, answer.Error, AnswerService.InterventionOf(answer), answer.OriginalId))]);
            })
            .WithSummary("A session with its clips and answers.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapPatch("/{id:guid}", async (Guid id, NewTitle title, SessionStore store, CancellationToken cancellation) =>
            {
                await store.RenameAsync(id, title.Title ?? "", cancellation);
                return Results.NoContent();
            })
            .WithSummary("Gives it another name.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapDelete("/{id:guid}", async (Guid id, SessionStore store, CancellationToken cancellation) =>
            {
                await store.DeleteAsync(id, cancellation);
                return Results.NoContent();
            })
            .WithSummary("Deletes it with its answers, and the clips that no other session uses.")
            .Produces(StatusCodes.Status204NoContent)
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
}

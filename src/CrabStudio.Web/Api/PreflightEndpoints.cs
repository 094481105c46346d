using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>What the model would get, over HTTP.</summary>
public static class PreflightEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapPreflights(this RouteGroupBuilder api)
    {
        RouteGroupBuilder preflights = api.MapGroup("/preflights").WithTags("Answers");
        preflights.MapPost("/", (NewPreflight asked, PreflightService service, CancellationToken cancellation) =>
                service.LookAsync(asked.ClipIds ?? [], (asked.Question ?? new NewQuestion()).ToInput(), EnglishWords.Only, cancellation))
            .WithSummary("What the model would see, hear and read, and about how long it would take. Nothing is asked and nothing stored; the pictures of the last few looks are kept in memory.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        preflights.MapGet("/{id:guid}/frames/{number:int}", (Guid id, int number, PreflightService service, HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "private, max-age=3600";
                return service.FrameOf(id, number) is { } picture ? Results.Bytes(picture, "image/png") : ApiProblems.Of(StatusCodes.Status404NotFound, $"Look {id} has no picture {number}, or is no longer kept. Look again.");
            })
            .WithSummary("A picture that the model would see, in its very pixels.")
            .Produces(StatusCodes.Status200OK, contentType: "image/png")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}

/// <summary>A question that is not asked yet.</summary>
/// <param name="ClipIds">The clips, in the order in which the task uses them.</param>
/// <param name="Question">The question.</param>
public sealed record NewPreflight(IReadOnlyList<Guid>? ClipIds, NewQuestion? Question);

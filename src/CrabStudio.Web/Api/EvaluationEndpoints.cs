using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>A new evaluation.</summary>
/// <param name="Data">Id of a data set of the workshop: its folder relative to the workshop.</param>
/// <param name="Name">Its name: 1 to 80 letters, digits, blanks, points, lines or underscores.</param>
/// <param name="Tasks">Task keys; left out: all of which the data set has a list.</param>
/// <param name="Limit">Most samples of a task; left out: all.</param>
/// <param name="Split">Which lists; test when left out.</param>
/// <param name="Seed">0 or more; 0 when left out.</param>
/// <param name="MaxNewTokens">1 to 512; 512 when left out.</param>
public sealed record NewEvaluation(string? Data = null, string? Name = null, IReadOnlyList<string>? Tasks = null, int? Limit = null, AvUieSplit? Split = null, int? Seed = null, int? MaxNewTokens = null);

/// <summary>The evaluations of the workshop.</summary>
/// <param name="Evaluations">The one changed last first; one that runs in this studio stands before all.</param>
/// <param name="Remarks">What kept more from being found; one plain line each.</param>
public sealed record EvaluationList(IReadOnlyList<EvaluationSummary> Evaluations, IReadOnlyList<string> Remarks);

/// <summary>An evaluation with its figures.</summary>
/// <param name="Summary">Where it stands.</param>
/// <param name="Report">The figures: of the samples finished so far, while it has not ended. Null before the model was loaded for the first time.</param>
public sealed record EvaluationShape(EvaluationSummary Summary, EvaluationReport? Report);

/// <summary>Evaluations over HTTP.</summary>
public static class EvaluationEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapEvaluations(this RouteGroupBuilder api)
    {
        RouteGroupBuilder evaluations = api.MapGroup("/evaluations").WithTags("Evaluations");
        evaluations.MapPost("/", async (NewEvaluation order, EvaluationService service) =>
            {
                EvaluationSummary started = await service.StartAsync(new EvaluationOrder(
                    order.Data, order.Name, order.Tasks, order.Limit, order.Split ?? AvUieSplit.Test, order.Seed ?? 0, order.MaxNewTokens ?? AnswerService.MaxNewTokens));
                return Results.Accepted(Address(started.Id), started);
            })
            .WithSummary("Starts an evaluation of the studio's model on a data set of the workshop. It runs by itself; people's questions go first. One runs at a time.")
            .Produces<EvaluationSummary>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict);
        evaluations.MapGet("/", (EvaluationService service) =>
            {
                (IReadOnlyList<EvaluationSummary> items, IReadOnlyList<string> remarks) = service.List(EnglishWords.Only);
                return new EvaluationList(items, remarks);
            })
            .WithSummary("The evaluations of the workshop, also those that crab evaluate made.");
        evaluations.MapGet("/{id}", async (string id, EvaluationService service, EvaluationShelf shelf, CancellationToken cancellation) =>
            {
                EvaluationSummary summary = service.Find(Plain(id)) ?? throw new UnknownItemException("evaluation", Plain(id));
                return new EvaluationShape(summary, shelf.Find(Plain(id)) is { } there ? await shelf.ReportAsync(there, cancellation) : null);
            })
            .WithSummary("An evaluation with its figures, also while it runs. A slash in an id is written as %2F.")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        evaluations.MapPost("/{id}/stop", async (string id, EvaluationService service) =>
            {
                await service.StopAsync(Plain(id));
                return Results.NoContent();
            })
            .WithSummary("Stops an evaluation; what is answered is kept. Does nothing when it does not run.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        evaluations.MapPost("/{id}/resume", async (string id, EvaluationService service) =>
            {
                EvaluationSummary started = await service.ResumeAsync(Plain(id));
                return Results.Accepted(Address(started.Id), started);
            })
            .WithSummary("Goes on with an evaluation that was stopped, by whatever; samples that could not be asked are asked again.")
            .Produces<EvaluationSummary>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        Download(evaluations, EvaluationRun.PageName, "text/html", "The report as one page that needs nothing beside it, as a download. 404 before the end.");
        Download(evaluations, EvaluationRun.ReportName, "application/json", "The report as JSON, as a download. 404 before the end.");
    }

    /// <summary>The address of an evaluation.</summary>
    public static string Address(string id) => $"/api/evaluations/{Uri.EscapeDataString(id)}";

    // In a part of an address only the slash stays as it was written there.
    internal static string Plain(string id) => id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static void Download(RouteGroupBuilder evaluations, string file, string type, string summary) => evaluations
        .MapGet("/{id}/" + file, (string id, EvaluationShelf shelf) =>
        {
            ShelvedEvaluation evaluation = shelf.Find(Plain(id)) ?? throw new UnknownItemException("evaluation", Plain(id));
            string path = Path.Combine(evaluation.Path, file);

            // As an attachment: whatever stands in a file of the workshop, no browser shows it as a page of the studio.
            return evaluation.Report is not null && File.Exists(path)
                ? Results.File(path, type, $"{evaluation.Name}-{file}")
                : ApiProblems.Of(StatusCodes.Status404NotFound, $"{evaluation.Name} has no report yet; it is written when every sample has had its turn.");
        })
        .WithSummary(summary)
        .Produces(StatusCodes.Status200OK, contentType: type)
        .ProducesProblem(StatusCodes.Status404NotFound);
}

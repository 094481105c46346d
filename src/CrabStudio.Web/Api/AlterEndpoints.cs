using CrabStudio.Model.Lora;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>How routers or adapters are altered for one answer, as a program says it.</summary>
/// <param name="Kind"><c>pin</c> (one expert speaks alone), <c>drop</c> (one is silent, the others share the rest), <c>uniform</c> (all speak alike), <c>scale</c> (alpha times a factor) or <c>off</c> (no adapter).</param>
/// <param name="Expert">For pin and drop: which expert, from 0.</param>
/// <param name="Factor">For scale: 0 to 100.</param>
/// <param name="Parts">Only in these of <c>text</c>, <c>audio</c>, <c>vision</c>; left out or empty: in all.</param>
/// <param name="Layers">Only in these layers, from 0; left out or empty: in all.</param>
/// <param name="Modules">Only in linears of these names, such as <c>q_proj</c>; left out or empty: in all.</param>
public sealed record NewIntervention(string? Kind = null, int? Expert = null, double? Factor = null, IReadOnlyList<string?>? Parts = null, IReadOnlyList<int>? Layers = null, IReadOnlyList<string?>? Modules = null)
{
    /// <summary>The intervention.</summary>
    /// <exception cref="Tasks.TaskInputException">A value is wrong.</exception>
    public RouterIntervention Read() => RouterIntervention.From(Kind, Expert, Factor, Parts, Layers, Modules);
}

/// <summary>Altered runs over HTTP.</summary>
public static class AlterEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapAlterations(this RouteGroupBuilder api) => api.MapGroup("/answers").WithTags("Answers")
        .MapPost("/{id:guid}/alter", async (Guid id, NewIntervention intervention, AnswerService service, CancellationToken cancellation) =>
            {
                Made made = new(await service.AlterAsync(id, intervention.Read(), cancellation));
                return Results.Accepted($"/api/answers/{made.Id}", made);
            })
        .WithSummary("Asks the same once more with routers or adapters altered, as a new answer of the same session. No weight is changed, the routes are those that were used, and the answer says for ever how it was altered.")
        .Produces<Made>(StatusCodes.Status202Accepted)
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound);
}

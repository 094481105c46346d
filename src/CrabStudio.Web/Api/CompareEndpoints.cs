using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Comparing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>A run of a comparison.</summary>
/// <param name="Id">The answer.</param>
/// <param name="SessionId">Its session.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Intervention">How it was altered; null: not at all.</param>
/// <param name="Text">What was said.</param>
/// <param name="Words">How the text differs from that of the first run: pieces that are the same, removed or added.</param>
/// <param name="FirstOtherToken">Index of the first token that is not the first run's; null: they say the same.</param>
/// <param name="RoutesPart">Where the routes part from those of the first run, in words; null of the first run.</param>
public sealed record ComparedRunShape(Guid Id, Guid SessionId, AnswerStatus Status, RouterIntervention? Intervention, string Text, IReadOnlyList<WordPiece> Words, int? FirstOtherToken, string? RoutesPart);

/// <summary>Mean shares of the experts over a set.</summary>
/// <param name="Set">Tokens of the answer, a kind of prompt positions, or a tower.</param>
/// <param name="Layer">Which of its layers; null: all of them.</param>
/// <param name="Run">Place of the run, from 1.</param>
/// <param name="Shares">[expert]; null when nobody speaks there, or nothing was captured.</param>
/// <param name="Over">The set in words, or why there are no shares.</param>
/// <param name="DivergenceBits">Jensen–Shannon divergence from the first run's shares, in bits.</param>
/// <param name="LinearDivergenceBits">The same linear by linear, and then the mean.</param>
public sealed record ComparedSharesShape(string Set, string? Layer, int Run, double[]? Shares, string Over, double? DivergenceBits, double? LinearDivergenceBits);

/// <summary>Runs side by side.</summary>
/// <param name="Runs">The runs, in the order asked for; the first is what the others are measured against.</param>
/// <param name="Facts">Questions, settings and times: one value for each run.</param>
/// <param name="Routing">Mean shares by set and layer.</param>
public sealed record ComparisonShape(IReadOnlyList<ComparedRunShape> Runs, IReadOnlyList<RunFact> Facts, IReadOnlyList<ComparedSharesShape> Routing)
{
    /// <summary>The shape of a comparison.</summary>
    public static ComparisonShape Of(RunComparison comparison) => new(
        [
            .. comparison.Runs.Select(run => new ComparedRunShape(
                run.State.Id,
                run.State.SessionId,
                run.State.Status,
                run.State.Intervention,
                run.State.Text,
                WordDifference.Between(comparison.First.State.Text, run.State.Text),
                comparison.TextParts(run)?.Token,
                run == comparison.First ? null : comparison.Routing.PartingWords(run))),
        ],
        comparison.Facts,
        [
            .. comparison.Routing.Sets.SelectMany((set, place) =>
                Of(set, set.Name, null).Concat(comparison.Routing.Layers(place).SelectMany(layer => Of(layer, set.Name, layer.Name)))),
        ]);

    private static IEnumerable<ComparedSharesShape> Of(SharesRow row, string set, string? layer) =>
        row.Runs.Select((run, place) => new ComparedSharesShape(set, layer, place + 1, run.Shares, run.Over, row.Divergence[place], row.LinearDivergence[place]));
}

/// <summary>Comparisons over HTTP.</summary>
public static class CompareEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapComparisons(this RouteGroupBuilder api) => api.MapGroup("/comparisons").WithTags("Answers")
        .MapGet("/", async (AnswerComparisons comparisons, CancellationToken cancellation, string? answers = null) =>
            ComparisonShape.Of(new RunComparison(await comparisons.LoadAsync(AnswerComparisons.Ids(answers), cancellation), EnglishWords.Only)))
        .WithSummary("Two to four answers about the same clips side by side (answers=ID,ID): words, facts, mean shares of the experts with their divergence in bits, and where they first part.")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound);
}

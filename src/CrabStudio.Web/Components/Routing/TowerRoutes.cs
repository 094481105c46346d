using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Routing;

/// <summary>Means of a prompt's routes over stated sets of positions.</summary>
public static class TowerRoutes
{
    /// <summary>Mean over all positions; null when there are none.</summary>
    public static MatrixView? Mean(RouteMatrix routes) => routes.Positions == 0 || routes.Experts == 0 ? null : new(routes.Linears, routes.Experts, RouteStatistics.MeanOverPositions(routes));

    /// <summary>Mean over the prompt positions of one kind; null when there are none.</summary>
    public static MatrixView? Mean(RouteMatrix routes, IReadOnlyList<PromptSpan> spans, PromptPart part)
    {
        List<int> positions = [.. spans.Where(span => span.Part == part).SelectMany(span => Enumerable.Range(span.Start, span.Length)).Where(position => position < routes.Positions)];
        if (positions.Count == 0)
        {
            return null;
        }

        float[] mean = new float[routes.Linears.Count * routes.Experts];
        for (int linear = 0; linear < routes.Linears.Count; linear++)
        {
            for (int expert = 0; expert < routes.Experts; expert++)
            {
                mean[(linear * routes.Experts) + expert] = (float)positions.Average(position => (double)routes[linear, position, expert]);
            }
        }

        return new MatrixView(routes.Linears, routes.Experts, mean);
    }

    /// <summary>The kinds of positions that a prompt has, with their number, in the order of the enumeration.</summary>
    public static IReadOnlyList<(PromptPart Part, int Positions)> Parts(IReadOnlyList<PromptSpan> spans) =>
        [.. spans.GroupBy(span => span.Part).Select(group => (group.Key, group.Sum(span => span.Length))).OrderBy(part => part.Key)];

    /// <summary>What a kind of positions is called.</summary>
    /// <param name="part">The kind.</param>
    /// <param name="L">The words of the page.</param>
    public static string Words(PromptPart part, IStringLocalizer<Words> L) => part switch
    {
        PromptPart.Audio => L["sound"],
        PromptPart.Video => L["video frames"],
        PromptPart.Image => L["still"],
        _ => L["words"],
    };

    /// <summary>What the set of all positions of a kind is called.</summary>
    /// <param name="part">The kind.</param>
    /// <param name="ofPrompt">Whether they are positions of the prompt, in the text decoder.</param>
    /// <param name="L">The words of the page.</param>
    public static string Set(PromptPart part, bool ofPrompt, IStringLocalizer<Words> L) => (part, ofPrompt) switch
    {
        (PromptPart.Audio, true) => L["Sound of the prompt"],
        (PromptPart.Audio, false) => L["Sound"],
        (PromptPart.Video, true) => L["Video frames of the prompt"],
        (PromptPart.Video, false) => L["Video frames"],
        (PromptPart.Image, true) => L["Still of the prompt"],
        (PromptPart.Image, false) => L["Still"],
        (_, true) => L["Words of the prompt"],
        _ => L["Words"],
    };
}

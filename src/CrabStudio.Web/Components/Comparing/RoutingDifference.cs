using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Comparing;

/// <summary>Mean shares of one run over a stated set.</summary>
/// <param name="Shares">[expert]; null when nobody speaks there, or nothing was captured.</param>
/// <param name="Over">The set in words; why there are none when <paramref name="Shares"/> is null.</param>
public sealed record RunShares(double[]? Shares, string Over);

/// <summary>A set of positions, or a layer of it, in all runs.</summary>
/// <param name="Name">Which.</param>
/// <param name="Runs">Mean shares of every run.</param>
/// <param name="Divergence">Jensen–Shannon divergence of every run's mean shares from those of the first, in bits; null where one of them has none. That of the first is 0.</param>
/// <param name="LinearDivergence">The same linear by linear, and then the mean over linears: it sees what cancels out in a mean of shares.</param>
public sealed record SharesRow(string Name, IReadOnlyList<RunShares> Runs, IReadOnlyList<double?> Divergence, IReadOnlyList<double?> LinearDivergence);

/// <summary>Where the routes of two runs part.</summary>
/// <param name="Where">The place in the pass: "the audio tower, position 1 of 50".</param>
/// <param name="Linear">The first linear, in the order of the pass, whose weights differ.</param>
/// <param name="Difference">By how much the weight of an expert differs there, at most.</param>
public sealed record RouteParting(string Where, string Linear, double Difference);

/// <summary>How the routing of runs differs: means by set and by layer, divergence, and where it begins. The first run is what others are measured against.</summary>
public sealed class RoutingDifference
{
    /// <summary>Weights that differ by no more are taken for the same: float32 sums in another order differ by some 10⁻⁶.</summary>
    public const double Tolerance = 1e-4;

    private readonly IStringLocalizer<Words> L;
    private readonly IReadOnlyList<ComparedRun> runs;
    private readonly List<(string Name, MatrixView?[] Runs)> sets = [];
    private readonly Dictionary<int, string> partings;

    /// <summary>Of runs with what is stored of them; keeps means of their routes and not the routes.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="L">The words.</param>
    public RoutingDifference(IReadOnlyList<ComparedRun> runs, IStringLocalizer<Words> L)
    {
        (this.runs, this.L) = (runs, L);
        Add(L["The answer"], run => Answer(run));
        foreach (PromptPart part in Enum.GetValues<PromptPart>())
        {
            Add(L["The prompt: {0}", TowerRoutes.Words(part, L)], run => run.Routes?.Text is { } text ? TowerRoutes.Mean(text, run.Spans, part) : null);
        }

        Add(L["Audio tower"], run => run.Routes?.Audio is { } audio ? TowerRoutes.Mean(audio) : null);
        Add(L["Vision tower"], run => run.Routes?.Vision is { } vision ? TowerRoutes.Mean(vision) : null);
        Comparable = runs.Select(run => run.Experts).Distinct().Count() == 1 && runs[0].Experts > 0;
        Sets = Comparable ? [.. sets.Select(set => Row(set.Name, set.Runs, _ => true))] : [];
        partings = runs.Skip(1).ToDictionary(run => run.Number, Words);
    }

    /// <summary>Whether all runs have the same number of experts, and at least one.</summary>
    public bool Comparable { get; }

    /// <summary>Experts of every run.</summary>
    public int Experts => runs[0].Experts;

    /// <summary>The sets: tokens of the answer, kinds of prompt positions, towers; as far as a run has them.</summary>
    public IReadOnlyList<SharesRow> Sets { get; }

    /// <summary>The layers of a set, in order.</summary>
    public IReadOnlyList<SharesRow> Layers(int set)
    {
        MatrixView?[] all = sets[set].Runs;
        int?[] layers = [.. all.OfType<MatrixView>().SelectMany(view => view.Linears).Select(linear => LinearPlace.Of(linear).Layer).Distinct().OrderBy(layer => layer ?? -1)];
        return [.. layers.Select(layer => Row(layer is { } number ? L["Layer {0}", number] : L["No layer"], all, linear => LinearPlace.Of(linear).Layer == layer))];
    }

    /// <summary>
    /// Jensen–Shannon divergence of two mixes in bits: H((p + q) / 2) − (H(p) + H(q)) / 2, with H the entropy. 0: they are the
    /// same; 1: they have no expert in common.
    /// </summary>
    public static double JensenShannon(ReadOnlySpan<double> p, ReadOnlySpan<double> q)
    {
        double[] middle = new double[p.Length];
        for (int expert = 0; expert < middle.Length; expert++)
        {
            middle[expert] = (p[expert] + q[expert]) / 2;
        }

        return Math.Clamp(RouteStatistics.Entropy(middle) - ((RouteStatistics.Entropy(p) + RouteStatistics.Entropy(q)) / 2), 0, 1);
    }

    /// <summary>Where a run's routes first differ from those of the first run, in the order of the pass, in words.</summary>
    public string PartingWords(ComparedRun other) => partings[other.Number];

    private string Words(ComparedRun other)
    {
        RouteParting? parting = Parts(other, out string? problem);
        return problem is not null ? L["cannot be told position by position: {0}", problem]
            : parting is null ? L["nowhere: every weight is the same"]
            : L["in {0}, at {1}: a weight differs by {2}", parting.Where, RoutingWords.Linear(parting.Linear, L), RoutingWords.Number(parting.Difference, "0.0000")];
    }

    // Null: nowhere; or a problem says why it cannot be told.
    private RouteParting? Parts(ComparedRun other, out string? problem)
    {
        ComparedRun first = runs[0];
        bool compared = false;
        problem = null;
        foreach ((string name, IReadOnlyList<PromptSpan> spans, RouteMatrix? one, RouteMatrix? two) in new (string, IReadOnlyList<PromptSpan>, RouteMatrix?, RouteMatrix?)[]
        {
            (L["the audio tower"], [], first.Routes?.Audio, other.Routes?.Audio),
            (L["the vision tower"], [], first.Routes?.Vision, other.Routes?.Vision),
            (L["the prompt"], first.Spans, first.Routes?.Text, other.Routes?.Text),
        })
        {
            if (one is null && two is null)
            {
                continue;
            }

            if (one is null || two is null || one.Positions != two.Positions || one.Experts != two.Experts || !one.Linears.SequenceEqual(two.Linears))
            {
                problem = one is null || two is null ? L["only one of them has routes of {0}", name]
                    : one.Positions != two.Positions ? L["{0} has {1} positions in one and {2} in the other", name, one.Positions, two.Positions]
                    : L["their adapters are not of the same shape"];
                return null;
            }

            compared = true;
            if (FirstOf(one, two) is { } found)
            {
                PromptSpan? within = spans.FirstOrDefault(span => found.Position >= span.Start && found.Position < span.Start + span.Length);
                string where = within is null ? L["{0}, position {1} of {2}", name, found.Position + 1, one.Positions] : L["{0}, position {1} of {2} ({3})", name, found.Position + 1, one.Positions, TowerRoutes.Words(within.Part, L)];
                return new RouteParting(where, one.Linears[found.Linear], found.Difference);
            }
        }

        for (int token = 0; token < Math.Min(first.State.Tokens.Count, other.State.Tokens.Count); token++)
        {
            if (StepOf(first, token) is { Length: > 0 } one && StepOf(other, token) is { Length: > 0 } two && one.Length == two.Length)
            {
                compared = true;
                RouteMatrix Of(float[] weights) => new(RoutingWords.Linears(first.Routes?.TextLinears, weights.Length / Experts), 1, Experts, weights);
                if (FirstOf(Of(one), Of(two)) is { } found)
                {
                    return new RouteParting(L["token {0} of the answer", token + 1], Of(one).Linears[found.Linear], found.Difference);
                }
            }
        }

        problem = compared ? null : L["there are no routes"].Value;
        return null;
    }

    private static float[]? StepOf(ComparedRun run, int token) => token < run.Routes?.Steps.Count ? run.Routes.Steps[token] : null;

    private static (int Linear, int Position, double Difference)? FirstOf(RouteMatrix one, RouteMatrix two)
    {
        for (int row = 0; row < one.Linears.Count * one.Positions; row++)
        {
            double most = 0;
            for (int expert = 0; expert < one.Experts; expert++)
            {
                int place = (row * one.Experts) + expert;
                most = Math.Max(most, Math.Abs((double)one.Weights[place] - two.Weights[place]));
            }

            if (most > Tolerance)
            {
                return (row / one.Positions, row % one.Positions, most);
            }
        }

        return null;
    }

    private static MatrixView? Answer(ComparedRun run)
    {
        float[][] steps = [.. (run.Routes?.Steps ?? []).Where(routes => routes.Length > 0)];
        if (steps.Length == 0 || run.Experts == 0)
        {
            return null;
        }

        // Tokens of one answer all have the same linears.
        float[] mean = [.. Enumerable.Range(0, steps[0].Length).Select(place => (float)steps.Average(step => (double)step[place]))];
        return new MatrixView(RoutingWords.Linears(run.Routes?.TextLinears, mean.Length / run.Experts), run.Experts, mean);
    }

    private void Add(string name, Func<ComparedRun, MatrixView?> mean)
    {
        MatrixView?[] all = [.. runs.Select(mean)];
        if (all.Any(view => view is not null))
        {
            sets.Add((name, all));
        }
    }

    private SharesRow Row(string name, MatrixView?[] all, Func<string, bool> included)
    {
        RunShares[] shares = [.. all.Select(view => Shares(view, included))];
        return new SharesRow(
            name,
            shares,
            [.. shares.Select(run => run.Shares is { } q && shares[0].Shares is { } p ? JensenShannon(p, q) : (double?)null)],
            [.. all.Select(view => ByLinear(all[0], view, included))]);
    }

    private static double? ByLinear(MatrixView? first, MatrixView? other, Func<string, bool> included)
    {
        if (first is null || other is null)
        {
            return null;
        }

        Dictionary<string, MatrixRow> others = other.Rows.Where(row => included(row.Name) && Speaks(row)).ToDictionary(row => row.Name);
        double[] all = [.. first.Rows.Where(row => Speaks(row) && others.ContainsKey(row.Name)).Select(row => JensenShannon(Wide(row), Wide(others[row.Name])))];
        return all.Length == 0 ? null : all.Average();

        static double[] Wide(MatrixRow row) => [.. row.Weights.Select(weight => (double)weight)];
    }

    private static bool Speaks(MatrixRow row) => row.Weights.Sum() > 0.5f;

    // Linears whose adapter is off have no shares and do not count.
    private RunShares Shares(MatrixView? view, Func<string, bool> included)
    {
        if (view is null)
        {
            return new RunShares(null, L["not captured"]);
        }

        MatrixRow[] rows = [.. view.Rows.Where(row => included(row.Name))], speaking = [.. rows.Where(Speaks)];
        return rows.Length == 0 ? new RunShares(null, L["no adapted linear"])
            : speaking.Length == 0 ? new RunShares(null, L["adapter off"])
            : new RunShares(
                [.. Enumerable.Range(0, view.Experts).Select(expert => speaking.Average(row => (double)row.Weights[expert]))],
                speaking.Length < rows.Length ? L["mean of {0} of {1} linears; the others are off", speaking.Length, rows.Length]
                    : rows.Length == 1 ? L["mean of {0} linear", 1]
                    : L["mean of {0} linears", rows.Length]);
    }
}

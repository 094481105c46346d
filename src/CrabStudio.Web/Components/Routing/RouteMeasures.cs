using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Routing;

/// <summary>Numbers that sum up a mix of experts. Formulas and what they mean: docs/routing.md.</summary>
public static class RouteMeasures
{
    /// <summary>Effective number of experts 2^H: 1 when one expert speaks alone, n when all n speak alike.</summary>
    public static double EffectiveExperts(ReadOnlySpan<double> mix) => mix.Length == 0 ? 0 : Math.Pow(2, RouteStatistics.Entropy(mix));

    /// <summary>
    /// Jensen–Shannon divergence of two mixes in bits, H((p + q) / 2) − (H(p) + H(q)) / 2: 0 when they are alike, 1 when no
    /// expert has a share in both; the same from either side.
    /// </summary>
    /// <exception cref="ArgumentException">The mixes are over different numbers of experts.</exception>
    public static double Divergence(ReadOnlySpan<double> one, ReadOnlySpan<double> other)
    {
        if (one.Length != other.Length)
        {
            throw new ArgumentException($"A mix of {one.Length} experts cannot be compared with one of {other.Length}.");
        }

        // With the logarithm of a ratio for each expert, which is 0 where the mixes agree; a difference of entropies would
        // leave some rounding there.
        double sum = 0;
        for (int expert = 0; expert < one.Length; expert++)
        {
            double middle = (one[expert] + other[expert]) / 2;
            sum += one[expert] > 0 ? one[expert] * Math.Log2(one[expert] / middle) : 0;
            sum += other[expert] > 0 ? other[expert] * Math.Log2(other[expert] / middle) : 0;
        }

        return Math.Clamp(sum / 2, 0, 1);
    }

    /// <summary>Equal shares.</summary>
    public static double[] Uniform(int experts) => [.. Enumerable.Repeat(1.0 / experts, experts)];
}

/// <summary>A mix with its measures.</summary>
/// <param name="Mix">Mean shares, [expert].</param>
/// <param name="Entropy">Entropy of the mean, in bits.</param>
/// <param name="MeanEntropy">Mean entropy of the single routers' shares, in bits.</param>
/// <param name="EffectiveExperts">2^entropy of the mean.</param>
/// <param name="Dominant">The expert with the largest share; null when the largest is shared.</param>
/// <param name="FromRun">Jensen–Shannon divergence from the run's mean, in bits.</param>
/// <param name="FromUniform">Jensen–Shannon divergence from equal shares, in bits.</param>
public sealed record MixMeasures(IReadOnlyList<double> Mix, double Entropy, double MeanEntropy, double EffectiveExperts, int? Dominant, double FromRun, double FromUniform)
{
    /// <summary>Measures a mix.</summary>
    /// <param name="mix">Mean shares, [expert].</param>
    /// <param name="meanEntropy">Mean entropy of the routers that the mix is the mean of.</param>
    /// <param name="run">The run's mean over the same linears, [expert].</param>
    public static MixMeasures Of(double[] mix, double meanEntropy, double[] run) => new(
        mix,
        RouteStatistics.Entropy(mix),
        meanEntropy,
        RouteMeasures.EffectiveExperts(mix),
        RouteStatistics.Dominant(mix),
        RouteMeasures.Divergence(mix, run),
        RouteMeasures.Divergence(mix, RouteMeasures.Uniform(mix.Length)));
}

/// <summary>What kind of text a token completes.</summary>
public enum TokenClass
{
    /// <summary>Holds a letter.</summary>
    Word,

    /// <summary>Holds a digit and no letter.</summary>
    Number,

    /// <summary>Punctuation and other signs.</summary>
    Mark,

    /// <summary>Blanks and line breaks only.</summary>
    Blank,

    /// <summary>Completes no character, or no text.</summary>
    Silent,
}

/// <summary>Kinds of tokens.</summary>
public static class TokenClasses
{
    /// <summary>The kind of a token by its text.</summary>
    public static TokenClass Of(string text) =>
        text.Length == 0 ? TokenClass.Silent
        : text.Any(char.IsLetter) ? TokenClass.Word
        : text.Any(char.IsDigit) ? TokenClass.Number
        : string.IsNullOrWhiteSpace(text) ? TokenClass.Blank
        : TokenClass.Mark;

    /// <summary>What the set of all tokens of a kind is called.</summary>
    public static string Set(TokenClass kind, IStringLocalizer<Words> L) => kind switch
    {
        TokenClass.Word => L["Answer: words"],
        TokenClass.Number => L["Answer: numbers"],
        TokenClass.Mark => L["Answer: punctuation and signs"],
        TokenClass.Blank => L["Answer: blanks and line breaks"],
        _ => L["Answer: no visible text"],
    };
}

using CrabStudio.Model.Lora;

namespace CrabStudio.Web.Components.Routing;

/// <summary>Sums over router weights. Plain arithmetic: a share is a share, nothing is stretched or smoothed.</summary>
public static class RouteStatistics
{
    /// <summary>Mean over linears of one token's matrix.</summary>
    /// <param name="matrix">[linear·experts + expert].</param>
    /// <param name="experts">Number of experts.</param>
    /// <returns>[expert], summing to 1 as each row does.</returns>
    public static double[] MeanOverLinears(ReadOnlySpan<float> matrix, int experts)
    {
        double[] mean = new double[experts];
        for (int i = 0; i < matrix.Length; i++)
        {
            mean[i % experts] += matrix[i];
        }

        int linears = matrix.Length / experts;
        for (int expert = 0; expert < experts && linears > 0; expert++)
        {
            mean[expert] /= linears;
        }

        return mean;
    }

    /// <summary>Mean over positions.</summary>
    /// <returns>[linear·experts + expert].</returns>
    public static float[] MeanOverPositions(RouteMatrix matrix)
    {
        float[] mean = new float[matrix.Linears.Count * matrix.Experts];
        for (int linear = 0; linear < matrix.Linears.Count; linear++)
        {
            for (int expert = 0; expert < matrix.Experts; expert++)
            {
                // In double: a float sum over thousands of positions drifts.
                double sum = 0;
                for (int position = 0; position < matrix.Positions; position++)
                {
                    sum += matrix[linear, position, expert];
                }

                mean[(linear * matrix.Experts) + expert] = (float)(sum / matrix.Positions);
            }
        }

        return mean;
    }

    /// <summary>Entropy −Σ p log₂ p of a mix, in bits: 0 when one expert speaks alone, log₂ n when all speak alike.</summary>
    public static double Entropy(ReadOnlySpan<double> mix)
    {
        double entropy = 0;
        foreach (double share in mix)
        {
            entropy -= share > 0 ? share * Math.Log2(share) : 0;
        }

        return Math.Max(0, entropy);
    }

    /// <summary>Entropy of one row of a matrix, in bits.</summary>
    public static double Entropy(ReadOnlySpan<float> row)
    {
        Span<double> mix = stackalloc double[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            mix[i] = row[i];
        }

        return Entropy(mix);
    }

    /// <summary>Mean over the rows of their entropies, in bits. Beside the entropy of the mean it tells spread from uniformity.</summary>
    public static double MeanEntropy(ReadOnlySpan<float> matrix, int experts)
    {
        double sum = 0;
        int linears = matrix.Length / experts;
        for (int linear = 0; linear < linears; linear++)
        {
            sum += Entropy(matrix.Slice(linear * experts, experts));
        }

        return linears == 0 ? 0 : sum / linears;
    }

    /// <summary>The expert with the largest share; null when the largest is shared (within 10⁻⁴), because then none dominates.</summary>
    public static int? Dominant(ReadOnlySpan<double> mix)
    {
        int best = 0;
        for (int expert = 1; expert < mix.Length; expert++)
        {
            best = mix[expert] > mix[best] ? expert : best;
        }

        for (int expert = 0; expert < mix.Length; expert++)
        {
            if (expert != best && mix[best] - mix[expert] < 1e-4)
            {
                return null;
            }
        }

        return mix.Length == 0 ? null : best;
    }
}

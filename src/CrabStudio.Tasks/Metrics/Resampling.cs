namespace CrabStudio.Tasks.Metrics;

/// <summary>Numbers from a seed that are the same on every machine and every version of the runtime (SplitMix64).</summary>
/// <param name="seed">The seed.</param>
internal sealed class SeededNumbers(ulong seed)
{
    private ulong state = seed;

    /// <summary>A stream of its own for each name.</summary>
    public static SeededNumbers Of(int seed, string name)
    {
        // FNV-1a.
        ulong hash = 14695981039346656037;
        foreach (char letter in name)
        {
            hash = (hash ^ letter) * 1099511628211;
        }

        return new SeededNumbers(hash ^ ((ulong)(uint)seed << 32));
    }

    /// <summary>A number from 0 to below a bound.</summary>
    public int Below(int bound)
    {
        state += 0x9E3779B97F4A7C15;
        ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)Math.BigMul(mixed ^ (mixed >> 31), (ulong)bound, out _);
    }

    /// <summary>So many different numbers below a bound, in ascending order.</summary>
    public int[] Choose(int count, int bound)
    {
        int[] all = [.. Enumerable.Range(0, bound)];
        for (int place = 0; place < count; place++)
        {
            int other = place + Below(bound - place);
            (all[place], all[other]) = (all[other], all[place]);
        }

        return [.. all[..count].Order()];
    }
}

/// <summary>Intervals by resampling, and exact tests.</summary>
public static class Resampling
{
    /// <summary>Half of what the intervals leave out.</summary>
    private const double Tail = 0.025;

    /// <summary>Draws with repetition of samples: one array of places a draw.</summary>
    /// <param name="samples">How many samples there are, at least one.</param>
    /// <param name="draws">How many draws.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="name">Tells streams of one seed apart.</param>
    public static IReadOnlyList<int[]> Draws(int samples, int draws, int seed, string name)
    {
        SeededNumbers numbers = SeededNumbers.Of(seed, name);
        return [.. Enumerable.Range(0, draws).Select(_ => Enumerable.Range(0, samples).Select(_ => numbers.Below(samples)).ToArray())];
    }

    /// <summary>The middle 95% of values by linear interpolation, as numpy's percentile; null of none.</summary>
    public static (double Low, double High)? Interval(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        return sorted.Length == 0 ? null : (Quantile(sorted, Tail), Quantile(sorted, 1 - Tail));
    }

    /// <summary>
    /// McNemar's exact test, two-sided: of the samples of which just one run is right, how likely so uneven a division or a more uneven one
    /// is if either run were as likely to be the right one. 1 where there is no such sample.
    /// </summary>
    /// <param name="onlyFirst">Samples of which only the first run is right.</param>
    /// <param name="onlySecond">Samples of which only the second is.</param>
    public static double McNemar(int onlyFirst, int onlySecond)
    {
        int all = onlyFirst + onlySecond, less = Math.Min(onlyFirst, onlySecond);
        // Sum of all!/(k!(all − k)!)/2^all up to the less frequent, in logarithms so that nothing overflows.
        double term = -all * Math.Log(2), sum = Math.Exp(term);
        for (int right = 1; right <= less; right++)
        {
            term += Math.Log(all - right + 1) - Math.Log(right);
            sum += Math.Exp(term);
        }

        return Math.Min(1, 2 * sum);
    }

    /// <summary>
    /// How likely the differences are to lie on the other side of 0, two-sided, with one draw added on either side so that it is never 0;
    /// 1 without draws.
    /// </summary>
    public static double OtherSide(IReadOnlyCollection<double> differences) =>
        Math.Min(1, 2.0 * (Math.Min(differences.Count(one => one <= 0), differences.Count(one => one >= 0)) + 1) / (differences.Count + 1));

    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}

namespace CrabStudio.Tasks.AvUie;

/// <summary>How often each value occurs. Holds one number a value, however many samples there are.</summary>
public sealed class Distribution
{
    private readonly SortedDictionary<double, int> counts = [];

    /// <summary>Every value and how often it occurs, smallest first.</summary>
    public IReadOnlyDictionary<double, int> Counts => counts;

    /// <summary>Number of values taken in.</summary>
    public int Count { get; private set; }

    /// <summary>The sum of all values.</summary>
    public double Sum { get; private set; }

    /// <summary>The smallest; null of none.</summary>
    public double? Min => Count == 0 ? null : counts.Keys.First();

    /// <summary>The largest; null of none.</summary>
    public double? Max => Count == 0 ? null : counts.Keys.Last();

    /// <summary>The mean; null of none.</summary>
    public double? Mean => Count == 0 ? null : Sum / Count;

    /// <summary>The median, the lower of the two in the middle; null of none.</summary>
    public double? Median => Quantile(0.5);

    /// <summary>Takes a value in, rounded to tenths.</summary>
    public void Add(double value)
    {
        double rounded = Math.Round(value, 1, MidpointRounding.AwayFromZero);
        counts[rounded] = counts.GetValueOrDefault(rounded) + 1;
        Count++;
        Sum += value;
    }

    /// <summary>The smallest value that a share of all does not exceed; null of none.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double? Quantile(double share)
    {
        long seen = 0;
        foreach ((double value, int count) in counts)
        {
            seen += count;
            if (seen >= share * Count)
            {
                return value;
            }
        }

        return null;
    }
}

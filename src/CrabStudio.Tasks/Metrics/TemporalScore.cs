namespace CrabStudio.Tasks.Metrics;

/// <summary>An event of a video in seconds.</summary>
/// <param name="Video">The video.</param>
/// <param name="Start">Start.</param>
/// <param name="End">End.</param>
/// <param name="Label">The class.</param>
public sealed record TimedEvent(string Video, double Start, double End, string Label);

/// <summary>A predicted event.</summary>
/// <param name="Event">The event.</param>
/// <param name="Score">How sure the model is.</param>
public sealed record ScoredEvent(TimedEvent Event, double Score);

/// <summary>Mean average precision over classes.</summary>
/// <param name="MeanPrecision">At each threshold.</param>
/// <param name="Average">The mean over thresholds.</param>
public sealed record TemporalReport(IReadOnlyList<double> MeanPrecision, double Average);

/// <summary>
/// unav: mAP at temporal overlaps of 0.1 to 0.9. Source: ANETdetection of ttgeng233/UnAV@1609deb libs/utils/metrics.py. Crab_Plus ships
/// no test file and no scorer for it, and a text model gives no scores.
/// </summary>
public static class TemporalScore
{
    /// <summary>0.1 + 0.1·k in doubles, k = 0..8: the third and the seventh lie a hair above 0.3 and 0.7, so that an overlap of exactly 0.7 misses.</summary>
    public static IReadOnlyList<double> Thresholds { get; } = [.. Enumerable.Range(0, 9).Select(step => 0.1 + (0.1 * step))];

    /// <summary>
    /// Scores predictions. Per class that occurs in the truth: by falling score each tries the true events of its video by falling
    /// overlap and takes the first free one that reaches the threshold. Predicted classes that the truth lacks are ignored (the original
    /// renumbers classes and can take one for another). The original leaves the order of equal scores to the sorting; here it goes by
    /// video, start and end, so that the order of rows is of no matter.
    /// </summary>
    /// <param name="truth">True events, at least one.</param>
    /// <param name="predicted">Predicted events.</param>
    public static TemporalReport MeanAveragePrecision(IReadOnlyCollection<TimedEvent> truth, IReadOnlyCollection<ScoredEvent> predicted)
    {
        ILookup<string, ScoredEvent> byClass = predicted.ToLookup(one => one.Event.Label);
        IGrouping<string, TimedEvent>[] classes = [.. truth.GroupBy(one => one.Label).OrderBy(one => one.Key, StringComparer.Ordinal)];
        double[] sums = new double[Thresholds.Count];
        foreach (IGrouping<string, TimedEvent> label in classes)
        {
            double[] precision = AveragePrecision([.. label.OrderBy(one => one.Start).ThenBy(one => one.End)], byClass[label.Key]);
            for (int step = 0; step < sums.Length; step++)
            {
                sums[step] += precision[step];
            }
        }

        double[] means = [.. sums.Select(sum => sum / classes.Length)];
        return new TemporalReport(means, means.Average());
    }

    /// <summary>Shared time of all time; 0 when there is neither.</summary>
    public static double Overlap(TimedEvent one, TimedEvent other)
    {
        double shared = Math.Max(0, Math.Min(one.End, other.End) - Math.Max(one.Start, other.Start));
        double all = one.End - one.Start + (other.End - other.Start) - shared;
        return all > 0 ? shared / all : 0;
    }

    private static double[] AveragePrecision(TimedEvent[] truth, IEnumerable<ScoredEvent> predicted)
    {
        ScoredEvent[] ranked =
        [
            .. predicted.OrderByDescending(one => one.Score).ThenBy(one => one.Event.Video, StringComparer.Ordinal).ThenBy(one => one.Event.Start).ThenBy(one => one.Event.End),
        ];
        ILookup<string, int> byVideo = Enumerable.Range(0, truth.Length).ToLookup(place => truth[place].Video);
        bool[][] taken = [.. Thresholds.Select(_ => new bool[truth.Length])], right = [.. Thresholds.Select(_ => new bool[ranked.Length])];
        for (int rank = 0; rank < ranked.Length; rank++)
        {
            (double Overlap, int Place)[] near =
            [
                .. byVideo[ranked[rank].Event.Video].Select(place => (Overlap(ranked[rank].Event, truth[place]), place)).OrderByDescending(one => one.Item1),
            ];
            for (int step = 0; step < Thresholds.Count; step++)
            {
                foreach ((double overlap, int place) in near)
                {
                    if (overlap < Thresholds[step])
                    {
                        break;
                    }

                    if (!taken[step][place])
                    {
                        taken[step][place] = right[step][rank] = true;
                        break;
                    }
                }
            }
        }

        return [.. right.Select(hits => AreaUnderPrecision(hits, truth.Length))];
    }

    // Each hit is a step of recall; it counts with the highest precision at its rank or any later one.
    private static double AreaUnderPrecision(bool[] hits, int truth)
    {
        int right = hits.Count(hit => hit);
        double best = 0, area = 0;
        for (int rank = hits.Length - 1; rank >= 0; rank--)
        {
            best = Math.Max(best, (double)right / (rank + 1));
            if (hits[rank])
            {
                area += best / truth;
                right--;
            }
        }

        return area;
    }
}

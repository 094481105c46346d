using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Tasks.Metrics;

/// <summary>How well one timeline of a clip agrees with another.</summary>
/// <param name="Segments">F over seconds, as <see cref="AvvpScore.SegmentLevel"/>.</param>
/// <param name="Events">F over events, as <see cref="AvvpScore.EventLevel"/>.</param>
/// <param name="Temporal">Mean average precision at temporal overlaps of 0.1 to 0.9 with exact times, as <see cref="TemporalScore"/>; null without a true event.</param>
public sealed record TimelineFigures(AvvpFigures Segments, AvvpFigures Events, double? Temporal);

/// <summary>
/// The published figures of avvp and unav for a timeline that is edited: of a clip of any length and with labels of any set, where those
/// of avvp count ten seconds and 25 classes. At ten seconds and with whole seconds they are the same.
/// </summary>
public static class TimelineScore
{
    /// <summary>
    /// Compares. A range switches on the seconds that it touches, as when it is written for training; what is heard and seen counts for both
    /// tracks. Labels are compared as <see cref="AvvpGrid.Normalise"/> makes them.
    /// </summary>
    /// <param name="said">What is scored.</param>
    /// <param name="truth">What is true.</param>
    /// <param name="durationSeconds">Length of the clip in seconds; what lies beyond it is not counted in seconds. Null: up to the last end.</param>
    public static TimelineFigures Of(IReadOnlyCollection<TimelineEvent> said, IReadOnlyCollection<TimelineEvent> truth, decimal? durationSeconds)
    {
        decimal length = durationSeconds is { } known and > 0 ? known : said.Concat(truth).Select(one => one.EndSeconds).DefaultIfEmpty(0).Max();
        int seconds = (int)Math.Ceiling(length);
        ILookup<string, TimelineEvent> saidOf = said.ToLookup(one => AvvpGrid.Normalise(one.Label)), truthOf = truth.ToLookup(one => AvvpGrid.Normalise(one.Label));
        AvvpScore.MeanFigures segments = new(), events = new();
        foreach (string label in saidOf.Select(one => one.Key).Union(truthOf.Select(one => one.Key)))
        {
            Tracks predicted = new(saidOf[label], seconds), there = new(truthOf[label], seconds);
            segments.Add(Seconds(predicted.Heard, there.Heard), Seconds(predicted.Seen, there.Seen), Seconds(predicted.Both, there.Both));
            events.Add(Runs(predicted.Heard, there.Heard), Runs(predicted.Seen, there.Seen), Runs(predicted.Both, there.Both));
        }

        return new TimelineFigures(segments.Value, events.Value, truth.Count == 0 ? null
            : TemporalScore.MeanAveragePrecision([.. truth.Select(Timed)], [.. said.Select(one => new ScoredEvent(Timed(one), 1))]).Average);
    }

    // A text model gives no scores, so all are as sure; the track is part of the class.
    private static TimedEvent Timed(TimelineEvent one) =>
        new("", (double)one.StartSeconds, (double)one.EndSeconds, $"{TimelineRules.Word(one.Modality)} {AvvpGrid.Normalise(one.Label)}");

    private static MatchCounts Seconds(bool[] said, bool[] truth)
    {
        MatchCounts counts = default;
        for (int second = 0; second < said.Length; second++)
        {
            counts += new MatchCounts(said[second] && truth[second] ? 1 : 0, said[second] && !truth[second] ? 1 : 0, !said[second] && truth[second] ? 1 : 0);
        }

        return counts;
    }

    private static MatchCounts Runs(bool[] said, bool[] truth) => AvvpScore.CountEvents(RunsOf(said), RunsOf(truth));

    private static List<(int Start, int End)> RunsOf(bool[] seconds)
    {
        List<(int, int)> runs = [];
        for (int at = 0; at < seconds.Length; at++)
        {
            int start = at;
            while (at < seconds.Length && seconds[at])
            {
                at++;
            }

            if (at > start)
            {
                runs.Add((start, at));
            }
        }

        return runs;
    }

    private sealed class Tracks
    {
        public Tracks(IEnumerable<TimelineEvent> events, int seconds)
        {
            (Heard, Seen) = (new bool[seconds], new bool[seconds]);
            foreach (TimelineEvent one in events)
            {
                int from = (int)Math.Min(Math.Floor(one.StartSeconds), seconds), to = (int)Math.Min(Math.Ceiling(one.EndSeconds), seconds);
                for (int second = from; second < to; second++)
                {
                    Heard[second] |= one.Modality != EventModality.Visual;
                    Seen[second] |= one.Modality != EventModality.Audio;
                }
            }

            Both = [.. Heard.Zip(Seen, (heard, seen) => heard && seen)];
        }

        public bool[] Heard { get; }

        public bool[] Seen { get; }

        public bool[] Both { get; }
    }
}

using CrabStudio.Tasks.Exchange;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Tasks.Tests.Metrics;

public sealed class TimelineScoreTests
{
    [Fact]
    public void AtTenSecondsTheFiguresAreThoseOfAvvp()
    {
        Random random = new(11);
        for (int trial = 0; trial < 300; trial++)
        {
            TimelineEvent[] said = Some(random), truth = Some(random);
            TimelineFigures figures = TimelineScore.Of(said, truth, 10);
            Same(AvvpScore.SegmentLevel(Grid(said), Grid(truth)), figures.Segments);
            Same(AvvpScore.EventLevel(Grid(said), Grid(truth)), figures.Events);
        }
    }

    [Fact]
    public void ATimelineAgreesWithItselfAndNothingWithNothing()
    {
        TimelineEvent[] truth = [Range("Dog", EventModality.Audio, 1.5m, 3.25m), Range("Bell", EventModality.AudioVisual, 300, 599.5m)];
        Assert.Equal(new TimelineFigures(new(1, 1, 1, 1), new(1, 1, 1, 1), 1), TimelineScore.Of([.. truth.Reverse()], truth, 600));
        Assert.Equal(new TimelineFigures(new(1, 1, 1, 1), new(1, 1, 1, 1), null), TimelineScore.Of([], [], 600));
        Assert.Equal(new TimelineFigures(new(0, 0, 0, 0), new(0, 0, 0, 0), 0), TimelineScore.Of([], truth, 600));
    }

    [Fact]
    public void ALongClipIsCountedByItsSecondsAndItsEvents()
    {
        // 20 of 30 true seconds are said and 10 beside: F = 2·20/(2·20 + 10 + 10). They share half of their union, which is enough for an event.
        TimelineFigures figures = TimelineScore.Of([Range("dog", EventModality.Audio, 110, 140)], [Range("Dog", EventModality.Audio, 100, 130)], 600);
        Assert.Equal(2.0 / 3, figures.Segments.Audio, 12);
        Assert.Equal((1.0, 1.0), (figures.Segments.Visual, figures.Segments.AudioVisual));
        Assert.Equal(1.0, figures.Events.Audio);
        // Exact times: an overlap of 0.5 reaches the thresholds 0.1 to 0.5.
        Assert.Equal(5.0 / 9, figures.Temporal!.Value, 12);
        TimelineFigures later = TimelineScore.Of([Range("dog", EventModality.Audio, 111, 140)], [Range("Dog", EventModality.Audio, 100, 130)], 600);
        Assert.Equal(0.0, later.Events.Audio);
        // The right label in the wrong track is wrong in both, and no hit of the exact times.
        TimelineFigures seen = TimelineScore.Of([Range("dog", EventModality.Visual, 100, 130)], [Range("Dog", EventModality.Audio, 100, 130)], 600);
        Assert.Equal((0.0, 0.0, 1.0, 0.0), (seen.Segments.Audio, seen.Segments.Visual, seen.Segments.AudioVisual, seen.Temporal!.Value));
    }

    // The classes are added up in another order.
    private static void Same(AvvpFigures expected, AvvpFigures actual)
    {
        Assert.Equal(expected.Audio, actual.Audio, 12);
        Assert.Equal(expected.Visual, actual.Visual, 12);
        Assert.Equal(expected.Event, actual.Event, 12);
        Assert.Equal(expected.AudioVisual, actual.AudioVisual, 12);
    }

    private static TimelineEvent[] Some(Random random) =>
        [.. Enumerable.Range(0, random.Next(6)).Select(place => (place, start: random.Next(10))).Select(one => Range(TaskLabels.Avvp[random.Next(4)], (EventModality)random.Next(3), one.start, random.Next(one.start + 1, 12)))];

    private static AvvpGrid Grid(IEnumerable<TimelineEvent> events)
    {
        AvvpGrid grid = new();
        foreach (TimelineEvent one in events)
        {
            int seconds = AvvpGrid.Seconds((int)one.StartSeconds, (int)Math.Min(10, one.EndSeconds));
            if (one.Modality != EventModality.Visual)
            {
                grid.Add(true, AvvpGrid.ClassOf(one.Label), seconds);
            }

            if (one.Modality != EventModality.Audio)
            {
                grid.Add(false, AvvpGrid.ClassOf(one.Label), seconds);
            }
        }

        return grid;
    }

    private static TimelineEvent Range(string label, EventModality modality, decimal start, decimal end) => new("e", label, modality, start, end, TimelineLayer.Truth);
}

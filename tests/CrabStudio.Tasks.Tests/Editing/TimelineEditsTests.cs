using CrabStudio.Tasks.Editing;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Tasks.Tests.Exchange;

namespace CrabStudio.Tasks.Tests.Editing;

public sealed class TimelineEditsTests
{
    private static readonly TimelineDocument Ten = new(new TimelineClip("clip.mp4") { DurationSeconds = 10, FrameRate = 25, Width = 640, Height = 360 })
    {
        Events =
        [
            new("c1", "Dog", EventModality.Audio, 1, 3, TimelineLayer.Corrected, "faint"),
            new("c2", "dog", EventModality.Audio, 4, 6.5m, TimelineLayer.Corrected, "loud"),
            new("t1", "Dog", EventModality.Audio, 5, 8, TimelineLayer.Truth),
        ],
    };

    private delegate TimelineDocument Edit(TimelineDocument document);

    [Fact]
    public void ANewRangeLiesInTheClipWhicheverWayItIsDrawn()
    {
        (TimelineDocument drawn, string id) = TimelineEdits.CreateEvent(Ten, TimelineLayer.Corrected, "  Bell  rings ", EventModality.Visual, 12.34567m, 7.12345m);
        Assert.Equal(new TimelineEvent("c3", "Bell rings", EventModality.Visual, 7.123m, 10, TimelineLayer.Corrected), One(drawn, id));
        (TimelineDocument dot, string small) = TimelineEdits.CreateEvent(Ten, TimelineLayer.Truth, "Bell", EventModality.Visual, 10, 10);
        Assert.Equal((9.99m, 10m), Times(dot, small));
        Assert.StartsWith("t", small, StringComparison.Ordinal);
        Assert.Throws<TimelineEditException>(() => TimelineEdits.CreateEvent(Ten, TimelineLayer.Truth, " \n ", EventModality.Visual, 1, 2));
        Assert.Throws<TimelineEditException>(() => TimelineEdits.CreateEvent(Ten, TimelineLayer.Truth, new string('a', 201), EventModality.Visual, 1, 2));
    }

    [Theory]
    [InlineData(2, 2, 4)]
    [InlineData(-3, 0, 2)]
    [InlineData(9.5, 8, 10)]
    [InlineData(1.23456, 1.235, 3.235)]
    public void ARangeIsMovedAsLongAsItIsAndStaysInTheClip(double to, double start, double end) =>
        Assert.Equal(((decimal)start, (decimal)end), Times(TimelineEdits.Move(Ten, "c1", (decimal)to), "c1"));

    [Theory]
    [InlineData(0.5, null, 0.5, 3)]
    [InlineData(-1.0, null, 0, 3)]
    [InlineData(7.0, null, 2.99, 3)]
    [InlineData(null, 12.0, 1, 10)]
    [InlineData(null, 0.0, 1, 1.01)]
    [InlineData(5.0, 4.0, 4, 5)]
    public void AnEndStopsBeforeTheOtherAndAtTheClip(double? start, double? end, double from, double to) =>
        Assert.Equal(((decimal)from, (decimal)to), Times(TimelineEdits.Trim(Ten, "c1", (decimal?)start, (decimal?)end), "c1"));

    [Fact]
    public void WhatIsSplitCanBeMergedAgain()
    {
        (TimelineDocument cut, string second) = TimelineEdits.Split(Ten, "c1", 2.25m);
        Assert.Equal((1m, 2.25m), Times(cut, "c1"));
        Assert.Equal((2.25m, 3m), Times(cut, second));
        Assert.Equal(second, TimelineEdits.Next(cut, "c1")!.Id);
        (TimelineDocument whole, string id) = TimelineEdits.Merge(cut, [second, "c1"]);
        Assert.Equal("c1", id);
        Assert.Equal(Ten.InOrder().Events, whole.Events);
        Assert.Throws<TimelineEditException>(() => TimelineEdits.Split(Ten, "c1", 1));
        Assert.Throws<TimelineEditException>(() => TimelineEdits.Split(Ten, "c1", 3));
    }

    [Fact]
    public void RangesOfOneLaneMergeWithTheirNotesAndOthersDoNot()
    {
        (TimelineDocument merged, string id) = TimelineEdits.Merge(Ten, ["c2", "c1"]);
        Assert.Equal(new TimelineEvent("c1", "Dog", EventModality.Audio, 1, 6.5m, TimelineLayer.Corrected, "faint\nloud"), One(merged, id));
        Assert.Throws<TimelineEditException>(() => TimelineEdits.Merge(Ten, ["c1", "t1"]));
        Assert.Throws<TimelineEditException>(() => TimelineEdits.Merge(Ten, ["c1"]));
        Assert.Null(TimelineEdits.Next(Ten, "c2"));
    }

    [Theory]
    [InlineData(1.2, 3.4, 1, 3)]
    [InlineData(1.2, 1.4, 1, 2)]
    [InlineData(1.5, 2.5, 2, 3)]
    [InlineData(9.7, 10, 9, 10)]
    public void SnappedRangesHaveWholeSecondsAndAreNeverEmpty(double start, double end, double from, double to)
    {
        TimelineDocument document = TimelineEdits.Trim(Ten, "c1", (decimal)start, (decimal)end);
        Assert.Equal(((decimal)from, (decimal)to), Times(TimelineEdits.Snap(document, ["c1"]), "c1"));
    }

    [Fact]
    public void WhatIsNotThereCannotBeEdited()
    {
        foreach (Edit edit in new Edit[]
        {
            one => TimelineEdits.Move(one, "x", 1), one => TimelineEdits.Trim(one, "x", 1, null), one => TimelineEdits.Split(one, "x", 1).Document, one => TimelineEdits.Merge(one, ["x", "c1"]).Document,
            one => TimelineEdits.Relabel(one, "x", "a"), one => TimelineEdits.Delete(one, ["x"]), one => TimelineEdits.Snap(one, ["x"]), one => TimelineEdits.SetNote(one, "x", "a"),
            one => TimelineEdits.SetModality(one, "x", EventModality.Audio), one => TimelineEdits.Shift(one, "x", 1, 1), one => TimelineEdits.Resize(one, "x", (1, 1), (2, 2)),
        })
        {
            Assert.Contains("not on the timeline any more", Assert.Throws<TimelineEditException>(() => edit(Ten)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void BoxesAndPointsStayInThePicture()
    {
        (TimelineDocument document, string box) = TimelineEdits.CreateBox(Ten, TimelineLayer.Truth, "bell", 2.5m, (700, 300.126m), (600, 200));
        Assert.Equal((600m, 200m, 640m, 300.13m), Corners(document, box));
        Assert.Equal((0m, 0m, 40m, 100.13m), Corners(TimelineEdits.Shift(document, box, -2000, -2000), box));
        Assert.Equal((600m, 259.87m, 640m, 360m), Corners(TimelineEdits.Shift(document, box, 5, 100), box));
        Assert.Equal((639m, 359m, 640m, 360m), Corners(TimelineEdits.Resize(document, box, (900, 900), (800, 800)), box));
        (document, string point) = TimelineEdits.CreatePoint(document, TimelineLayer.Truth, "beak", 12, (-4, 20));
        Assert.Equal((10m, 0m, 20m), (document.Points[0].TimeSeconds, document.Points[0].X, document.Points[0].Y));
        Assert.Equal("wing", TimelineEdits.Relabel(document, point, "wing").Points[0].Label);
        Assert.Empty(TimelineEdits.Delete(document, [point]).Points);
        TimelineDocument sizeless = Ten with { Clip = Ten.Clip with { Width = null } };
        Assert.Throws<TimelineEditException>(() => TimelineEdits.CreatePoint(sizeless, TimelineLayer.Truth, "a", 1, (1, 1)));
    }

    [Fact]
    public void WhatIsTakenInGetsItsLayerAndKeepsIdsThatAreFree()
    {
        TimelineDocument other = Ten with { Events = [Ten.Events[0] with { Layer = TimelineLayer.Model }, Ten.Events[1] with { Id = "own", Layer = TimelineLayer.Model }] };
        TimelineDocument beside = TimelineEdits.TakeIn(Ten, TimelineLayer.Truth, other, replace: false), instead = TimelineEdits.TakeIn(Ten, TimelineLayer.Truth, other, replace: true);
        Assert.Equal(["c1", "c2", "own", "t1", "t2"], beside.Events.Select(one => one.Id).Order(StringComparer.Ordinal));
        Assert.Equal(3, TimelineEdits.Only(beside, TimelineLayer.Truth).Events.Count);
        Assert.Equal(["c1", "c2", "own", "t1"], instead.Events.Select(one => one.Id).Order(StringComparer.Ordinal));
        Assert.Equal(TimelineEdits.Only(Ten, TimelineLayer.Corrected).InOrder().Events, TimelineEdits.Only(instead, TimelineLayer.Corrected).Events);
        TimelineDocument far = Ten with { Boxes = [new TimelineBox("b", "a", 1, 0, 0, 2000, 10, TimelineLayer.Truth)] };
        Assert.Throws<TimelineEditException>(() => TimelineEdits.TakeIn(Ten, TimelineLayer.Truth, far, replace: true));
    }

    [Fact]
    public void AfterAnySequenceOfEditsUndoGivesEveryStateBackToTheVeryBeginningAndRedoToTheEnd()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            TimelineDocument start = new RandomTimelines(seed).Next();
            TimelineHistory history = new(start);
            List<TimelineDocument> states = [history.Current];
            for (int step = 0; step < 150; step++)
            {
                try
                {
                    if (history.Do("edit", Some(random, history.Current)))
                    {
                        states.Add(history.Current);
                    }
                }
                catch (TimelineEditException)
                {
                    // Refused: nothing is done.
                }

                history.Current.Check();
                Assert.Equal(states.Count - 1, history.Undoable);
            }

            Assert.True(states.Count > 100, $"seed {seed} made {states.Count} edits only");
            for (int at = states.Count - 1; at > 0; at--)
            {
                Same(states[at], history.Current);
                Assert.True(history.Undo());
            }

            Same(start.InOrder(), history.Current);
            Assert.False(history.Undo());
            Assert.Null(history.UndoWords);
            for (int at = 1; at < states.Count; at++)
            {
                Assert.True(history.Redo());
                Same(states[at], history.Current);
            }

            Assert.False(history.Redo());
        }
    }

    [Fact]
    public void ANewEditAfterUndoEndsWhatCouldBeDoneAgain()
    {
        TimelineHistory history = new(Ten);
        history.Do("move", TimelineEdits.Move(Ten, "c1", 2));
        history.Do("delete", TimelineEdits.Delete(history.Current, ["t1"]));
        Assert.Equal(("delete", null), (history.UndoWords, history.RedoWords));
        history.Undo();
        Assert.Equal(("move", "delete"), (history.UndoWords, history.RedoWords));
        Assert.False(history.Do("nothing", history.Current));
        Assert.Equal(1, history.Redoable);
        Assert.True(history.Do("snap", TimelineEdits.Snap(history.Current, ["c2"])));
        Assert.Equal((0, 2), (history.Redoable, history.Undoable));
    }

    private static TimelineDocument Some(Random random, TimelineDocument document)
    {
        string[] events = [.. document.Events.Select(one => one.Id)], marks = [.. document.Boxes.Select(one => one.Id), .. document.Points.Select(one => one.Id)];
        TimelineLayer layer = (TimelineLayer)random.Next(3);
        decimal Time() => random.Next(-2000, 40_000) / 1000m;
        decimal Pixel() => random.Next(-100, 2500) / 3m;
        string Any(string[] ids) => ids.Length == 0 ? "none" : ids[random.Next(ids.Length)];
        return random.Next(15) switch
        {
            0 or 1 or 2 => TimelineEdits.CreateEvent(document, layer, $"label {random.Next(3)}", (EventModality)random.Next(3), Time(), Time()).Document,
            3 => TimelineEdits.Move(document, Any(events), Time()),
            4 => TimelineEdits.Trim(document, Any(events), Time(), null),
            5 => TimelineEdits.Trim(document, Any(events), null, Time()),
            6 => document.Events.FirstOrDefault(one => one.Id == Any(events)) is { } whole ? TimelineEdits.Split(document, whole.Id, (whole.StartSeconds + whole.EndSeconds) / 2).Document : document,
            7 => TimelineEdits.Merge(document, events.Length == 0 ? [] : Any(events) is var id && TimelineEdits.Next(document, id) is { } next ? [id, next.Id] : []).Document,
            8 => TimelineEdits.Relabel(document, Any(random.Next(2) == 0 ? events : marks), $"label {random.Next(3)}"),
            9 => TimelineEdits.Delete(document, [Any(random.Next(2) == 0 ? events : marks)]),
            10 => TimelineEdits.Snap(document, [Any(events)]),
            11 => TimelineEdits.CreateBox(document, layer, "box", Time(), (Pixel(), Pixel()), (Pixel(), Pixel())).Document,
            12 => TimelineEdits.CreatePoint(document, layer, "point", Time(), (Pixel(), Pixel())).Document,
            13 => TimelineEdits.Shift(document, Any(marks), Pixel(), -Pixel()),
            _ => random.Next(20) == 0 ? TimelineEdits.TakeIn(document, TimelineLayer.Corrected, TimelineEdits.Only(document, TimelineLayer.Model), replace: true) : TimelineEdits.SetNote(document, Any(events), $"note {random.Next(5)}"),
        };
    }

    private static void Same(TimelineDocument expected, TimelineDocument actual)
    {
        Assert.Equal(expected.Clip, actual.Clip);
        Assert.Equal(expected.Events, actual.Events);
        Assert.Equal(expected.Boxes, actual.Boxes);
        Assert.Equal(expected.Points, actual.Points);
    }

    private static TimelineEvent One(TimelineDocument document, string id) => document.Events.Single(one => one.Id == id);

    private static (decimal, decimal) Times(TimelineDocument document, string id) => (One(document, id).StartSeconds, One(document, id).EndSeconds);

    private static (decimal, decimal, decimal, decimal) Corners(TimelineDocument document, string id) => document.Boxes.Single(one => one.Id == id) is var box ? (box.X1, box.Y1, box.X2, box.Y2) : default;
}

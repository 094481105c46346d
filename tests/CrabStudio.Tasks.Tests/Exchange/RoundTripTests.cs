using System.Text;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Tasks.Tests.Exchange;

/// <summary>What is written is read again: all of it, or exactly what the format has a place for.</summary>
public sealed class RoundTripTests
{
    private const int Rounds = 200;

    /// <summary>The same bytes at any time; of AV-UIE the key that takes clips of any length.</summary>
    internal static readonly TimelineWriteSettings Fixed = new() { Date = DateTimeOffset.UnixEpoch, AvUieKey = "unav", Layer = TimelineLayer.Corrected };

    [Theory]
    [InlineData(TimelineFormat.Json, true)]
    [InlineData(TimelineFormat.Json, false)]
    [InlineData(TimelineFormat.Csv, true)]
    [InlineData(TimelineFormat.Csv, false)]
    public void JsonAndCsvHoldEverything(TimelineFormat format, bool facts) => Every(format, facts, document => document, (_, leftOut) => Assert.Empty(leftOut));

    [Theory]
    [InlineData(TimelineFormat.Eaf, true)]
    [InlineData(TimelineFormat.Eaf, false)]
    [InlineData(TimelineFormat.WebVtt, true)]
    [InlineData(TimelineFormat.WebVtt, false)]
    public void EafAndWebVttHoldTheClipAndEveryEventAndSayThatBoxesAndPointsAreLeftOut(TimelineFormat format, bool facts) =>
        Every(format, facts, document => document with { Boxes = [], Points = [] }, (document, leftOut) => Assert.Equal(Counts((LeftOutKind.Boxes, document.Boxes.Count), (LeftOutKind.Points, document.Points.Count)), Counts(leftOut)));

    [Fact]
    public void LabelStudioHoldsAllButPointsToTheMillisecond() =>
        Every(TimelineFormat.LabelStudio, true, document => document with { Points = [] }, (document, leftOut) => Assert.Equal(Counts((LeftOutKind.Points, document.Points.Count)), Counts(leftOut)));

    [Fact]
    public void LabelStudioHoldsTheEventsOfASoundInSeconds() =>
        Every(TimelineFormat.LabelStudio, true, document => document, (_, leftOut) => Assert.Empty(leftOut), document => document with { Clip = document.Clip with { FrameRate = null }, Boxes = [], Points = [] });

    [Fact]
    public void CocoHoldsTheClipAndItsBoxes() =>
        Every(TimelineFormat.Coco, true, document => document with { Events = [], Points = [] }, (document, leftOut) => Assert.Equal(Counts((LeftOutKind.Events, document.Events.Count), (LeftOutKind.Points, document.Points.Count)), Counts(leftOut)));

    [Theory]
    [InlineData(TimelineFormat.Json, "  \"crabstudio_timeline\": 2,\n  \"altered\": \"only expert B speaks, everywhere\",")]
    [InlineData(TimelineFormat.Eaf, "<PROPERTY NAME=\"crabstudio_altered\">only expert B speaks, everywhere</PROPERTY>")]
    [InlineData(TimelineFormat.WebVtt, "NOTE {\"crabstudio_timeline\":2,\"altered\":\"only expert B speaks, everywhere\"")]
    [InlineData(TimelineFormat.Csv, ",width,height,altered\nclip,,clip.mp4,,,,,,,,,,,,25,200,100,\"only expert B speaks, everywhere\"\n")]
    [InlineData(TimelineFormat.LabelStudio, "\"model_version\": \"CrabStudio, altered: only expert B speaks, everywhere\"")]
    [InlineData(TimelineFormat.Coco, "those of the model are of an altered run: only expert B speaks, everywhere")]
    [InlineData(TimelineFormat.AvUie, null)]
    public void AnAlteredRunIsMarkedInEveryFormatAndWhereThereIsNoPlaceItIsSaid(TimelineFormat format, string? mark)
    {
        TimelineDocument document = new(new TimelineClip("clip.mp4") { FrameRate = 25, Width = 200, Height = 100 })
        {
            Events = [new("e1", "Dog", EventModality.AudioVisual, 1, 2, TimelineLayer.Model), new("e2", "Dog", EventModality.AudioVisual, 1, 2, TimelineLayer.Truth)],
            Boxes = [new("b1", "dog", 1, 10, 20, 30, 40, TimelineLayer.Model)],
            Altered = "only expert B speaks, everywhere",
        };
        ExportedTimeline written = TimelineExchange.Write(document, format, new TimelineWriteSettings { Layer = TimelineLayer.Model });
        string text = Encoding.UTF8.GetString(written.Bytes), plain = Encoding.UTF8.GetString(TimelineExchange.Write(document with { Altered = "" }, format).Bytes);
        TimelineDocument read = TimelineExchange.Read(written.Bytes, "file", format, new TimelineReadSettings { Layer = TimelineLayer.Model }).Document;
        Assert.DoesNotContain("altered", plain, StringComparison.Ordinal);
        if (mark is null)
        {
            Assert.Equal("an entry does not say that the run was altered (only expert B speaks, everywhere)", written.LeftOut.Single(one => one.Kind == LeftOutKind.Altered).Why);
            Assert.DoesNotContain(TimelineExchange.Write(document, format, new TimelineWriteSettings { Layer = TimelineLayer.Truth }).LeftOut, one => one.Kind == LeftOutKind.Altered);
            return;
        }

        Assert.Contains(mark, text, StringComparison.Ordinal);
        Assert.Equal(document.Altered, read.Altered);
        Assert.DoesNotContain(written.LeftOut, one => one.Kind == LeftOutKind.Altered);
    }

    [Fact]
    public void WithoutTheFramesOfLabelStudioChangedTimesAreExactAndWithThemTheyAreThoseOfTheFrames()
    {
        TimelineDocument document = new(new TimelineClip("a.mp4") { FrameRate = 25, Width = 200, Height = 100 })
        {
            Events = [new("e1", "Dog", EventModality.Audio, 1.234m, 2.345m, TimelineLayer.Corrected)],
            Boxes = [new("b1", "dog", 1.234m, 10, 20, 30, 40.5m, TimelineLayer.Corrected)],
        };
        string written = Encoding.UTF8.GetString(TimelineExchange.Write(document, TimelineFormat.LabelStudio).Bytes);
        Assert.Contains("\"start\": 31,", written, StringComparison.Ordinal);
        Assert.Contains("\"end\": 59", written, StringComparison.Ordinal);
        Assert.Contains("\"frame\": 31,", written, StringComparison.Ordinal);

        // As a person would who drags the end, and the box to another frame; Label Studio writes the key frame's time anew.
        string moved = written.Replace("\"end\": 59", "\"end\": 75", StringComparison.Ordinal).Replace("\"frame\": 31,", "\"frame\": 50,", StringComparison.Ordinal).Replace("\"time\": 1.24", "\"time\": 2", StringComparison.Ordinal);
        TimelineDocument read = TimelineExchange.Read(Encoding.UTF8.GetBytes(moved), "x.json").Document;
        Assert.Equal((1.2m, 3m), (Assert.Single(read.Events).StartSeconds, read.Events[0].EndSeconds));
        Assert.Equal(2m, Assert.Single(read.Boxes).TimeSeconds);
    }

    [Theory]
    [InlineData(AvUieSplit.Train)]
    [InlineData(AvUieSplit.Test)]
    public void AnEntryOfUnavHoldsWhatIsHeardAndSeenOfOneLayerToTheMillisecond(AvUieSplit split)
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            TimelineDocument document = Plain(seed);
            TimelineEvent[] layer = [.. document.Events.Where(one => one.Layer == TimelineLayer.Corrected)], held = [.. layer.Where(one => one.Modality == EventModality.AudioVisual)];
            ExportedTimeline written = TimelineExchange.Write(document, TimelineFormat.AvUie, new TimelineWriteSettings { AvUieKey = "unav", Layer = TimelineLayer.Corrected, Seed = seed, Split = split });
            Assert.Equal(
                Counts((LeftOutKind.Layers, document.Events.Count - layer.Length), (LeftOutKind.Events, layer.Length - held.Length), (LeftOutKind.Boxes, document.Boxes.Count), (LeftOutKind.Points, document.Points.Count),
                    (LeftOutKind.Ids, held.Length), (LeftOutKind.Notes, held.Count(one => one.Note.Length > 0)), (LeftOutKind.ClipFacts, 3)),
                Counts(written.LeftOut));
            ImportedTimeline read = TimelineExchange.Read(written.Bytes, "train.json", null, new TimelineReadSettings { Layer = TimelineLayer.Corrected });
            Same(new TimelineDocument(new TimelineClip("clip.mp4") { DurationSeconds = document.Clip.DurationSeconds })
            {
                Events = [.. held.Select((one, place) => one with { Id = $"e{place + 1}", Note = "" })],
            }, read.Document);
        }
    }

    [Fact]
    public void AnEntryOfAvvpHoldsTheWholeSecondsOfEachTrack()
    {
        TimelineDocument document = new(new TimelineClip("clip.mp4"))
        {
            Events =
            [
                new("a", "Church bell", EventModality.AudioVisual, 0.5m, 4, TimelineLayer.Truth),
                new("b", "Dog", EventModality.Audio, 2, 10, TimelineLayer.Truth),
                new("c", "Cat", EventModality.Visual, 3, 4, TimelineLayer.Truth),
            ],
        };
        ExportedTimeline written = TimelineExchange.Write(document, TimelineFormat.AvUie);
        Assert.Contains("\"event\":\"audio:Church bell 0 4;visual:Church bell 0 4;audio:Dog 2 10;visual:Cat 3 4\"", Encoding.UTF8.GetString(written.Bytes), StringComparison.Ordinal);
        Assert.Equal(Counts((LeftOutKind.Ids, 3), (LeftOutKind.Times, 1), (LeftOutKind.Modalities, 1)), Counts(written.LeftOut));
        Assert.Equal(
            [("Church bell", EventModality.Audio, 0m, 4m), ("Church bell", EventModality.Visual, 0, 4), ("Dog", EventModality.Audio, 2, 10), ("Cat", EventModality.Visual, 3, 4)],
            TimelineExchange.Read(written.Bytes, "train.json").Document.Events.Select(one => (one.Label, one.Modality, one.StartSeconds, one.EndSeconds)));
    }

    [Fact]
    public void TheEntryThatIsWrittenIsOneThatTheCheckOfADataSetFindsNothingWrongWith()
    {
        using CrabStudio.Tasks.Tests.AvUie.DataSets data = new();
        TimelineDocument document = new(new TimelineClip("clip.mp4") { DurationSeconds = 10 })
        {
            Events = [new("a", "Church bell", EventModality.AudioVisual, 2, 7, TimelineLayer.Truth), new("b", "Dog", EventModality.AudioVisual, 1.25m, 9.5m, TimelineLayer.Truth)],
        };
        data.Write("unav/train.json", Encoding.UTF8.GetString(TimelineExchange.Write(document, TimelineFormat.AvUie).Bytes));
        AvUieSample sample = Assert.Single(data.Open().Samples("unav", AvUieSplit.Train));
        Assert.Empty(AnswerParser.Parse("unav", sample.Target!).Problems);
        Assert.Equal([("Dog", 1.25, 9.5), ("Church bell", 2, 7)], sample.Reference.Events.Select(one => (one.Label, one.StartSeconds!.Value, one.EndSeconds!.Value)));
    }

    [Theory]
    [InlineData("the frame rate, width or height is not known", TimelineFormat.LabelStudio)]
    [InlineData("width and height of the picture, which are not known", TimelineFormat.Coco)]
    [InlineData("names the clip's file, which is not known", TimelineFormat.AvUie)]
    public void WhatAFormatNeedsAndTheTimelineDoesNotHaveIsSaid(string words, TimelineFormat format)
    {
        TimelineDocument document = new(new TimelineClip("")) { Boxes = [new("b", "dog", 0, 1, 1, 2, 2, TimelineLayer.Truth)], Events = [new("e", "Dog", EventModality.AudioVisual, 0, 1, TimelineLayer.Truth)] };
        ExchangeException fault = Assert.Throws<ExchangeException>(() => TimelineExchange.Write(document, format));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void ALabelThatWouldBeReadAsATagMakesNoEntry()
    {
        TimelineDocument document = new(new TimelineClip("a.mp4")) { Events = [new("e", "<range> 1,2 </range>", EventModality.AudioVisual, 0, 1, TimelineLayer.Truth)] };
        Assert.Contains("labels and answers must not look like tags", Assert.Throws<ExchangeException>(() => TimelineExchange.Write(document, TimelineFormat.AvUie)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheSameTimelineGivesTheSameBytesWhateverTheOrderOfItsParts()
    {
        TimelineDocument document = new RandomTimelines(5).Next();
        TimelineDocument turned = document with { Events = [.. document.Events.Reverse()], Boxes = [.. document.Boxes.Reverse()], Points = [.. document.Points.Reverse()] };
        TimelineWriteSettings settings = new() { Date = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(8)) };
        foreach (TimelineFormat format in Enum.GetValues<TimelineFormat>().Where(format => format != TimelineFormat.AvUie))
        {
            Assert.Equal(TimelineExchange.Write(document, format, settings).Bytes, TimelineExchange.Write(turned, format, settings).Bytes);
        }
    }

    [Fact]
    public void EveryFormatIsKnownByItsContentAndByItsName()
    {
        TimelineDocument document = Plain(3);
        foreach (TimelineFormat format in Enum.GetValues<TimelineFormat>())
        {
            Assert.Equal(format, TimelineExchange.Find(TimelineExchange.Name(format)));
            Assert.Equal(format, TimelineExchange.Read(TimelineExchange.Write(document, format, Fixed).Bytes, "nameless").Format);
        }
    }

    [Theory]
    [InlineData("event e: end is 1, which is not after the start 1", 1.0, 1.0, "Dog", "e")]
    [InlineData("event e: start is -1", -1.0, 1.0, "Dog", "e")]
    [InlineData("event e: end is 400000", 1.0, 400000.0, "Dog", "e")]
    [InlineData("event e: start or end is finer than a millisecond", 0.0001, 1.0, "Dog", "e")]
    [InlineData("event e: label is empty", 0.0, 1.0, "", "e")]
    [InlineData("event e: label is “two lines”, expected one line", 0.0, 1.0, "two\nlines", "e")]
    [InlineData("event a b: id is “a b”", 0.0, 1.0, "Dog", "a b")]
    [InlineData("event b1: id is that of another event, box or point", 0.0, 1.0, "Dog", "b1", true)]
    public void ATimelineThatBreaksARuleIsNotWritten(string words, double start, double end, string label, string id, bool twice = false)
    {
        TimelineEvent one = new(id, label, EventModality.Audio, (decimal)start, (decimal)end, TimelineLayer.Model);
        TimelineDocument document = new(new TimelineClip("a.mp4")) { Events = twice ? [one, one] : [one] };
        ArgumentException fault = Assert.Throws<ArgumentException>(() => TimelineExchange.Write(document, TimelineFormat.Json));
        Assert.StartsWith(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAnswersEventsAndBoxesBecomeATimelineInThePixelsOfTheClip()
    {
        ParsedAnswer answer = AnswerParser.Parse("", "<audio>Bell,(0.5 4)</audio> <visual>Dog,(6 2)</visual> <event> Cat </event> The box is [0,56,112,224] [1,2] [5,5,5,5]");
        TimelineDocument timeline = TimelineDocument.FromAnswer(new TimelineClip("a.mp4") { Width = 448, Height = 112 }, answer, 2.5m);
        Assert.Equal([new TimelineEvent("e1", "Bell", EventModality.Audio, 0.5m, 4, TimelineLayer.Model)], timeline.Events);
        Assert.Equal([new TimelineBox("b1", "box", 2.5m, 0, 28, 224, 112, TimelineLayer.Model)], timeline.Boxes);
        Assert.Equal([new TimelinePoint("p1", "point", 2.5m, 2, 1, TimelineLayer.Model)], timeline.Points);
        timeline.Check();
    }

    /// <summary>Asserts that two timelines say the same.</summary>
    internal static void Same(TimelineDocument expected, TimelineDocument actual)
    {
        Assert.Equal(expected.Clip, actual.Clip);
        Assert.Equal(expected.Events, actual.Events);
        Assert.Equal(expected.Boxes, actual.Boxes);
        Assert.Equal(expected.Points, actual.Points);
        Assert.Equal(expected.Altered, actual.Altered);
    }

    /// <summary>A timeline for a format that takes plain words only.</summary>
    internal static TimelineDocument Plain(int seed)
    {
        string[] labels = ["Church bell", "Dog", "Violin, fiddle", "人"];
        TimelineDocument document = new RandomTimelines(seed).Next();
        return (document with
        {
            Clip = document.Clip with { FileName = "clip.mp4" },
            Events = [.. document.Events.Select((one, place) => one with { Label = labels[place % labels.Length] }), new("always", "Dog", EventModality.AudioVisual, 1, 2.125m, TimelineLayer.Corrected, "sure")],
        }).InOrder();
    }

    private static void Every(TimelineFormat format, bool facts, Func<TimelineDocument, TimelineDocument> survives, Action<TimelineDocument, IReadOnlyList<LeftOut>> said, Func<TimelineDocument, TimelineDocument>? before = null)
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            TimelineDocument document = new RandomTimelines(seed).Next(facts);
            document = before?.Invoke(document) ?? document;
            ExportedTimeline written = TimelineExchange.Write(document, format, Fixed);
            said(document, written.LeftOut);
            ImportedTimeline read = TimelineExchange.Read(written.Bytes, "file", format);
            Same(survives(document).InOrder(), read.Document);
            Assert.Empty(read.LeftOut);
            Assert.Equal(written.Bytes, TimelineExchange.Write(read.Document, format, Fixed).Bytes);
        }
    }

    private static SortedDictionary<LeftOutKind, int> Counts(params IEnumerable<(LeftOutKind Kind, int Count)> said) => new(said.Where(one => one.Count > 0).ToDictionary(one => one.Kind, one => one.Count));

    private static SortedDictionary<LeftOutKind, int> Counts(IReadOnlyList<LeftOut> said) => Counts(said.Select(one => (one.Kind, one.Count)));
}

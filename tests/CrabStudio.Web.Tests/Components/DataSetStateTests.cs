using System.Text.Json;
using AngleSharp.Dom;
using Bunit;
using CrabStudio.Media;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.DataSets;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests.Components;

public sealed class DataSetStateTests : PageContext
{
    private readonly string root = Studio.NewFolder();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void EntriesAreFoundByTheirWholeLabelAndByAnyPartOfTheirTexts()
    {
        DataSetIndex index = Index(Entry("Dog", "one.mp4"), Entry("bell", "two.mp4"), Entry("dog", "three.mp4"));
        Assert.Equal([("Dog", 2), ("bell", 1)], index.Labels.Select(label => (label.Key, label.Value)));
        Assert.Null(index.Search("", ""));
        Assert.Equal([0, 2], index.Search("DOG", "")!);
        Assert.Empty(index.Search("do", "")!);
        Assert.Equal([2], index.Search("dog", "THREE")!);
        Assert.Equal([1], index.Search("", "<audio>bell")!);
        Assert.Equal([0, 1, 2], index.Search("", "start and end times")!);
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => index.Search("", "x", cancellation: stop.Token));
    }

    [Fact]
    public void AnEntryThatMakesNoSampleIsToldWithItsFieldAndTheOthersStay()
    {
        DataSetIndex index = Index(Entry("dog", "one.mp4"), new { video_path = 3 }, Entry("bell", "two.mp4"));
        Assert.Equal((3, 1), (index.Count, index.Unreadable));
        Assert.Equal((null, "avvp/train.json, entry 1, field video_path: is 3, expected a text"), (index.At(1).Sample, index.At(1).Problem));
        Assert.NotNull(index.At(1).Entry);
        Assert.Equal([1], index.Search("", "field video_path")!);
    }

    [Fact]
    public void AListThatBreaksOffIsReadUpToThere()
    {
        Write("[" + JsonSerializer.Serialize(Entry("dog", "one.mp4")) + ", {\"video_path\": ");
        DataSetIndex index = DataSetIndex.Read(AvUieFolder.Open(root), "avvp", AvUieSplit.Train);
        Assert.Equal(1, index.Count);
        Assert.StartsWith("avvp/train.json, entry 1: the JSON is broken at line 1", index.Problem);
        Write("{}");
        Assert.Contains("no JSON list", DataSetIndex.Read(AvUieFolder.Open(root), "avvp", AvUieSplit.Train).Problem);
    }

    [Fact]
    public void PagesHoldTwentyEntriesAndTheLastIsNotPassed()
    {
        DataSetIndex index = Index([.. Enumerable.Range(0, 45).Select(number => Entry(number % 2 == 0 ? "dog" : "bell", $"{number}.mp4"))]);
        DataSetState state = new(Set());
        state.Show(new DataSetView("avvp", AvUieSplit.Train, Page: 9), index, null);
        Assert.Equal((3, 3, "41–45 of 45 entries"), (state.View!.Page, state.Pages, state.Range(EnglishWords.Only)));
        Assert.Equal([40, 41, 42, 43, 44], state.Rows.Select(row => row.Index));
        Assert.All(state.Rows, row => Assert.Contains("is not there", row.Problem));

        IReadOnlyList<int>? bells = index.Search("bell", "");
        state.Show(new DataSetView("avvp", AvUieSplit.Train, "bell", Page: 2, Entry: 39), index, bells);
        Assert.Equal([41, 43], state.Rows.Select(row => row.Index));
        Assert.Equal((37, 1, 41, 2), (state.Neighbour(-1)!.Entry, state.Neighbour(-1)!.Page, state.Neighbour(1)!.Entry, state.Neighbour(1)!.Page));
        state.Show(state.View! with { Entry = 43 }, index, bells);
        Assert.Null(state.Neighbour(1));
        state.Show(state.View! with { Entry = 40 }, index, bells);
        Assert.Equal((39, 41), (state.Neighbour(-1)!.Entry, state.Neighbour(1)!.Entry));
        state.Show(new DataSetView("avvp", AvUieSplit.Train, "none"), index, []);
        Assert.Equal(("no entry", 1, 0), (state.Range(EnglishWords.Only), state.Pages, state.Rows.Count));
    }

    [Fact]
    public void WhatIsLookedAtStandsInTheAddress()
    {
        Index(Entry("dog", "one.mp4"));
        DataSet set = Set();
        DataSetView view = new("avvp", AvUieSplit.Train, "Church & bell", "50% <b>", 3, 7, Guid.Parse("11111111-1111-1111-1111-111111111111"));
        Assert.Equal("/data-sets/a%20b?key=avvp&split=train&label=Church%20%26%20bell&q=50%25%20%3Cb%3E&page=3&entry=7&answer=11111111-1111-1111-1111-111111111111", view.Address(set));
        Assert.Equal("/data-sets/a%20b?key=avvp&split=train", new DataSetView("avvp", AvUieSplit.Train).Address(set));
        Assert.Equal(new DataSetView("avvp", AvUieSplit.Train), DataSetView.Of(set, "../x", "test", null, " ", -4, null, null));
    }

    [Fact]
    public void CountsStandByKeyAndFamilyAndSayWhatIsStillToCome()
    {
        DataSet set = GoldenSet();
        DataSetState state = new(set);
        IRenderedComponent<DataSetCounts> counts = Render<DataSetCounts>(parameters => parameters.Add(one => one.State, state));
        Assert.Contains("35 of 35 lists are still to be counted", counts.Find("summary").Words());
        foreach ((string key, AvUieSplit split) in set.Lists)
        {
            DataSetIndex index = DataSetIndex.Read(set.Folder, key, split);
            state.Counted(key, split, new DataSetCount(index.Count, index.Unreadable, index.Problem));
        }

        counts.Render();
        Assert.Contains("72 entries in 19 keys, 35 lists", counts.Find("summary").Words());
        Assert.Equal(8, counts.AllNamed("family").Count);
        Assert.Equal("Temporal localization 6 4", counts.AllNamed("family")[0].QuerySelector(".table-group")!.Cells());
        Assert.Equal("dfew DFEW 3 3", counts.Named("count-dfew").Cells());
        Assert.Equal("unav UnAV-100 2 –", counts.Named("count-unav").Cells());
    }

    [Fact]
    public void TargetAndAnswerShareOneAxisWithTheSameEventUnderEachOther()
    {
        SampleState sample = Sample("avvp", AvUieSplit.Train);
        sample.Answer = Samples.State(["<audio>church bell,(1 5)</audio> <audio>Horn,(2 3)</audio>"], "avvp");
        Assert.Equal(
            [("Church bell", "target"), ("church bell", "answer"), ("Dog", "target"), ("Horn", "answer")],
            sample.Lanes.Select(lane => (lane.Label, lane.Source)));
        Assert.Equal(0.1, sample.Lanes[1].Ranges[0].Left, 1e-9);

        IRenderedComponent<SampleView> view = Render<SampleView>(parameters => parameters.Add(one => one.State, sample));
        Assert.Equal(4, view.AllNamed("lane").Count);
        Assert.Equal(sample.TargetText, view.Named("sample-target").TextContent);
        Assert.Contains("Church bell", view.Named("parsed-target").Words());
        Assert.Contains("Horn", view.Named("parsed-answer").Words());
        Assert.Equal($"/sessions/{sample.Answer.SessionId}?answer={sample.Answer.Id}", view.Named("open-session").GetAttribute("href"));
        Assert.Single(view.AllNamed("sample-player"), player => player.HasAttribute("data-player"));
    }

    [Fact]
    public void LanesOfAGrowingAnswerFollowIt()
    {
        SampleState sample = Sample("avvp", AvUieSplit.Train);
        Assert.Equal(2, sample.Lanes.Count);
        sample.Answer = Samples.State(["<audio>Horn,(2 3)</audio>"], "avvp", AnswerStatus.Running);
        Assert.Equal(3, sample.Lanes.Count);
        sample.Answer.Apply(Samples.Token(1, " <visual>Cat,(2 3)</visual>"));
        Assert.Equal(4, sample.Lanes.Count);
        sample.Answer = null;
        Assert.Equal(2, sample.Lanes.Count);
    }

    [Theory]
    [InlineData("<answer>happy</answer>", "<answer> Happy. </answer>", true)]
    [InlineData("<answer>happy</answer>", "<answer>sad</answer>", false)]
    [InlineData("<answer>happy</answer>", "no tag", null)]
    public void AChoiceIsComparedWithTheTargets(string target, string said, bool? same)
    {
        Write(JsonSerializer.Serialize(new[] { new { video_path = "v.mp4", audio_path = "a.wav", emotion = "happy", label = target } }), "cremad");
        AvUieSample sample = AvUieFolder.Open(root).Samples("cremad", AvUieSplit.Train).Single();
        SampleState state = new(Set(), sample, []) { Answer = Samples.State([said], "cremad", AnswerStatus.Running) };
        Assert.Null(state.SameChoice);
        state.Answer.Apply(Samples.Status(AnswerStatus.Done, finish: "EndOfText"));
        Assert.Equal(same, state.SameChoice);
    }

    [Fact]
    public void OfATestEntryWithoutTargetTextStandsWhatItsFieldsSay()
    {
        Write(JsonSerializer.Serialize(new[] { new { video_path = "v.mp4", audio_path = "a.wav", vid = "v", @event = "Church bell", start_time = "2", end_time = "7" } }), "ave", "test");
        Write(JsonSerializer.Serialize(new[] { new { video_path = "v.mp4", audio_path = "a.wav", emotion = "happy" } }), "cremad", "test");
        AvUieFolder own = AvUieFolder.Open(root);
        SampleState ave = new(Set(), own.Samples("ave", AvUieSplit.Test).Single(), []), emotion = new(Set(), own.Samples("cremad", AvUieSplit.Test).Single(), []), box = Sample("arig", AvUieSplit.Test);
        Assert.All(new[] { ave, box, emotion }, state => Assert.True(state.IsExpectation));
        Assert.Equal((7, "happy"), (ave.Duration, emotion.Target.Choice));
        Assert.Equal(ave.Sample.Reference.Events, ave.Target.Events);
        Assert.Equal(SampleState.OfTarget, ave.Lanes.Single().Source);
        Assert.Equal(box.Sample.Reference.Box, box.Target.Boxes.Single());
        Assert.All(new[] { ave, box, emotion }, state => Assert.Empty(state.Target.Problems));
        Assert.Contains("what is expected", Render<SampleView>(parameters => parameters.Add(one => one.State, ave)).Markup);
    }

    [Fact]
    public void BoxesOfTargetAndAnswerLieOnTheStillInThePixelsOfTheFrame()
    {
        SampleState state = Sample("s4", AvUieSplit.Train);
        state.Answer = Samples.State(["The box is [10,20,30,40]."], "s4");
        IRenderedComponent<SampleView> view = Render<SampleView>(parameters => parameters.Add(one => one.State, state));
        Assert.Equal("0 0 224 224", view.Named("overlay").GetAttribute("viewBox"));
        Assert.Equal(state.Target.Boxes.Count, view.AllNamed("box-target").Count);
        Assert.Equal(state.Target.Points.Count, view.AllNamed("point-target").Count);
        IElement said = view.Named("box-answer");
        Assert.Equal(("10", "20", "20", "20"), (said.GetAttribute("x"), said.GetAttribute("y"), said.GetAttribute("width"), said.GetAttribute("height")));
    }

    [Fact]
    public void AFileThatIsMissingIsOneLineAndTheModelCannotBeAsked()
    {
        SampleState whole = Sample("avvp", AvUieSplit.Train);
        SampleState broken = new(whole.Set, whole.Sample, [whole.Media[0], whole.Media[1] with { Path = null, Problem = "audio/a10.wav: is not there" }]);
        IRenderedComponent<SampleView> view = Render<SampleView>(parameters => parameters.Add(one => one.State, broken));
        Assert.Equal("audio/a10.wav: is not there", view.Named("sample-problem").Words());
        Assert.True(view.Named("ask-model").HasAttribute("disabled"));
        Assert.False(Render<SampleView>(parameters => parameters.Add(one => one.State, whole)).Named("ask-model").HasAttribute("disabled"));
    }

    private static DataSet GoldenSet()
    {
        string place = Golden.Find("avuie");
        AvUieFolder folder = AvUieFolder.Open(place);
        return new DataSet(new WorkshopItem("golden", "golden", place, WorkshopKind.DataSet, DateTimeOffset.UnixEpoch), folder, [.. folder.Lists()]);
    }

    // Ten seconds long, whatever the file: what is tested is where things are drawn.
    private static SampleState Sample(string key, AvUieSplit split)
    {
        DataSet set = GoldenSet();
        AvUieSample sample = set.Folder.Samples(key, split).First();
        return new SampleState(set, sample, [.. DataSetLibrary.MediaOf(set, sample).Select(media => media with { Probe = media.Shown switch { ClipKind.Video => Samples.Video(), ClipKind.Image => Samples.Picture(), _ => Samples.Sound() } })]);
    }

    private static object Entry(string label, string video) => new { video_path = video, audio_path = "a.wav", filename = "f", vid = "v", @event = $"audio:{label} 0 4", label_content = $"We hear it. <audio>{label},(0 4)</audio>" };

    private DataSetIndex Index(params object[] entries)
    {
        Write(JsonSerializer.Serialize(entries));
        return DataSetIndex.Read(AvUieFolder.Open(root), "avvp", AvUieSplit.Train);
    }

    private DataSet Set()
    {
        AvUieFolder folder = AvUieFolder.Open(root);
        return new DataSet(new WorkshopItem("a b", "a b", root, WorkshopKind.DataSet, DateTimeOffset.UnixEpoch), folder, [.. folder.Lists()]);
    }

    private void Write(string list, string key = "avvp", string split = "train")
    {
        Directory.CreateDirectory(Path.Combine(root, key));
        File.WriteAllText(Path.Combine(root, key, $"{split}.json"), list);
    }
}

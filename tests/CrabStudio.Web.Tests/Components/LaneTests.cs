using AngleSharp.Dom;
using Bunit;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Lanes;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using MudBlazor.Services;

namespace CrabStudio.Web.Tests.Components;

public sealed class LaneWorkTests
{
    private static readonly TimelineClip Clip = new("clip.mp4") { DurationSeconds = 10 };

    [Fact]
    public void LanesStandByLabelAndTrackWithOneRowALayerAndDoNotJumpWhileTheirRangesMove()
    {
        LaneWork work = Work();
        Assert.Equal([("Bell", "seen"), ("Dog", "heard")], work.Lanes.Select(lane => (lane.Label, lane.ModalityWords)));
        Assert.Equal([TimelineLayer.Model, TimelineLayer.Corrected, TimelineLayer.Truth], work.Lanes[0].Rows.Select(row => row.Layer));
        work.Draw(TimelineLayer.Corrected, "dog", EventModality.Audio, 8, 6);
        work.Draw(TimelineLayer.Truth, "Apple", EventModality.Audio, 0, 1);
        Assert.Equal(["Apple", "Bell", "Dog"], work.Lanes.Select(lane => lane.Label));
        work.Choose(work.Lanes[2].Rows[1].Ranges[0].Id);
        work.Place(work.Selected!, 0, 2);
        Assert.Equal(["Apple", "Bell", "Dog"], work.Lanes.Select(lane => lane.Label));
        Assert.Equal("Move: dog, heard, 0 to 2 s.", work.Said);
    }

    [Fact]
    public void TheModelStaysAsItIs()
    {
        LaneWork work = Work();
        TimelineDocument before = work.Model;
        work.Draw(TimelineLayer.Model, "Dog", EventModality.Audio, 1, 2);
        Assert.True(work.Refused);
        work.Choose("e1");
        Assert.Null(work.Selected);
        Assert.Same(before, work.Model);
        Assert.Empty(work.Document.Events);
        Assert.Null(work.Unsaved);
    }

    [Fact]
    public void WithWholeSecondsEverythingThatIsDrawnMovedOrTrimmedKeepsToThem()
    {
        LaneWork work = Work();
        work.WholeSeconds = true;
        work.Draw(TimelineLayer.Corrected, "Dog", EventModality.Audio, 1.3m, 3.6m);
        Assert.Equal((1m, 4m), Times(work));
        work.Place(work.Selected!, 2.4m, 5.4m);
        Assert.Equal((2m, 5m), Times(work));
        work.NudgeEnd(1);
        work.NudgeStart(-1);
        Assert.Equal((1m, 6m), Times(work));
        work.WholeSeconds = false;
        work.Nudge(1);
        Assert.Equal((1.1m, 6.1m), Times(work));
        work.Snap();
        Assert.Equal((1m, 6m), Times(work));
    }

    [Fact]
    public void ARangeIsSplitAtThePlayheadOrInTheMiddleMergedDeletedAndAllOfItTakenBack()
    {
        LaneWork work = Work();
        work.Draw(TimelineLayer.Corrected, "Dog", EventModality.Audio, 2, 6);
        work.Split(9);
        Assert.Equal((2m, 4m), Times(work));
        work.Split(3);
        Assert.Equal([2m, 3m, 4m], work.Document.Events.Select(one => one.StartSeconds));
        work.Merge();
        Assert.Equal((2m, 4m), Times(work));
        work.Delete();
        Assert.Equal((4m, 6m), Times(work));
        work.Delete();
        Assert.Null(work.Selected);
        Assert.Contains(work.Lanes, lane => lane.Label == "Dog");
        while (work.History.Undoable > 0)
        {
            work.Undo();
        }

        Assert.Empty(work.Document.Events);
        Assert.Equal("Taken back: new range.", work.Said);
        work.Undo();
        Assert.Equal("There is nothing to take back.", work.Said);
    }

    [Fact]
    public void WhatDiffersFromWhatIsKeptIsToBeSavedEachKindForItself()
    {
        LaneWork work = Work();
        work.Draw(TimelineLayer.Truth, "Dog", EventModality.Audio, 2, 6);
        Assert.Equal(TimelineKind.Truth, work.Unsaved);
        work.Saved(TimelineKind.Truth, work.Layer(TimelineKind.Truth), 7);
        Assert.Null(work.Unsaved);
        Assert.Equal((7L, 0L), (work.Version(TimelineKind.Truth), work.Version(TimelineKind.Corrected)));
        work.Undo();
        Assert.Equal(TimelineKind.Truth, work.Unsaved);
    }

    [Fact]
    public void WhatAnotherWindowSavedIsShownAndTheOwnStateComesBackByUndo()
    {
        LaneWork work = Work();
        work.Draw(TimelineLayer.Truth, "Dog", EventModality.Audio, 2, 6);
        TimelineDocument theirs = new(Clip) { Events = [new("x", "Cat", EventModality.Audio, 0, 1, TimelineLayer.Truth)] };
        work.TakeTheirs(TimelineKind.Truth, new KeptTimeline(TimelineKind.Truth, theirs, null, 9, DateTimeOffset.UtcNow));
        Assert.Equal("Cat", Assert.Single(work.Document.Events).Label);
        Assert.Null(work.Unsaved);
        work.Undo();
        Assert.Equal("Dog", Assert.Single(work.Document.Events).Label);
        Assert.Equal(TimelineKind.Truth, work.Unsaved);
        Assert.Equal(9L, work.Version(TimelineKind.Truth));
    }

    [Fact]
    public void ScoresAreThereOnceSomethingIsTrueAndFollowEveryEdit()
    {
        LaneWork work = Work();
        Assert.Null(work.ModelFigures);
        work.Draw(TimelineLayer.Truth, "Dog", EventModality.Audio, 1, 3);
        work.Draw(TimelineLayer.Truth, "Bell", EventModality.Visual, 4, 8);
        Assert.Equal(1.0, work.ModelFigures!.Segments.Event);
        Assert.Equal(1.0, work.ModelFigures!.Temporal!.Value);
        Assert.Null(work.CorrectedFigures);
        work.Place(work.Selected!, 4, 6);
        Assert.Equal((1 + (2.0 * 2 / ((2 * 2) + 2))) / 2, work.ModelFigures!.Segments.Event, 12);
    }

    [Fact]
    public void BoxesAndPointsAreDrawnMovedResizedRelabelledDeletedAndTakenBack()
    {
        LaneWork work = new(Clip with { Width = 640, Height = 360 }, new TimelineDocument(Clip with { Width = 640, Height = 360 }), [], EnglishWords.Only);
        work.ShiftMark(1, 1);
        Assert.True(work.Refused);
        work.AddBox(TimelineLayer.Truth, "bell", 1.5m, (100, 50), (20, 10));
        work.ShiftMark(-30, 5);
        work.ResizeMark((0, 15), (90, 60));
        Assert.Equal(new TimelineBox("t1", "bell", 1.5m, 0, 15, 90, 60, TimelineLayer.Truth), Assert.Single(work.Document.Boxes));
        work.RelabelMark("church bell");
        Assert.Equal("church bell", work.MarkLabel);
        work.AddPoint(TimelineLayer.Truth, "clapper", 1.5m, (700, 20));
        Assert.Equal((640m, 20m), (work.Document.Points[0].X, work.Document.Points[0].Y));
        work.DeleteMark();
        Assert.Null(work.SelectedMark);
        while (work.History.Undoable > 0)
        {
            work.Undo();
        }

        Assert.Empty(work.Document.Boxes);
        Assert.Null(work.Unsaved);
    }

    private static (decimal, decimal) Times(LaneWork work) => (work.Range!.StartSeconds, work.Range.EndSeconds);

    private static LaneWork Work() => new(Clip, new TimelineDocument(Clip)
    {
        Events = [new("e1", "Dog", EventModality.Audio, 1, 3, TimelineLayer.Model), new("e2", "Bell", EventModality.Visual, 4, 8, TimelineLayer.Model)],
    }, [], EnglishWords.Only);
}

public sealed class LaneEditorTests : BunitContext, IAsyncLifetime
{
    private Studio studio = null!;
    private Guid session;
    private Clip clip = null!;

    public LaneEditorTests()
    {
        DefaultWaitTimeout = TimeSpan.FromSeconds(20);
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddSingleton<IStringLocalizer<Words>>(new WordBook());
        Services.AddMudServices(options => options.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton(_ => Store);
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    private TimelineStore Store => studio.App.Services.GetRequiredService<TimelineStore>();

    public async ValueTask InitializeAsync()
    {
        studio = await Studio.StartAsync();
        Guid id = (await studio.UploadAsync("clip_b.mp4")).Id;
        session = await studio.OpenSessionAsync(id);
        clip = (await studio.Library.FindAsync(id, default))!;
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        await studio.DisposeAsync();
    }

    [Fact]
    public async Task CorrectingBeginsWithTheAnswerAndEveryEditIsKept()
    {
        IRenderedComponent<LaneEditor> cut = await OpenAsync("<audio>Dog,(0 2)</audio> <visual>Dog,(1 3)</visual>");
        Assert.Equal(2, cut.AllNamed("edit-lane").Count);
        Assert.Equal(["0–2", "1–3"], cut.AllNamed("range-corrected").Select(range => range.TextContent));
        Assert.Equal(2, cut.AllNamed("range-model").Count);
        await KeptAsync(cut, TimelineKind.Corrected, "Dog 0-2", "Dog 1-3");

        await cut.InvokeAsync(() => cut.Instance.Chosen("e1"));
        await cut.InvokeAsync(() => cut.Instance.Pressed("end-right", 0, null, null, null));
        await cut.InvokeAsync(() => cut.Instance.Pressed("split", 1, null, null, null));
        await KeptAsync(cut, TimelineKind.Corrected, "Dog 0-1", "Dog 1-2.1", "Dog 1-3");
        cut.Named("range-label").Change("Wolf");
        await KeptAsync(cut, TimelineKind.Corrected, "Wolf 0-1", "Dog 1-2.1", "Dog 1-3");
        cut.Named("range-to").Change("0.75");
        await KeptAsync(cut, TimelineKind.Corrected, "Wolf 0-0.75", "Dog 1-2.1", "Dog 1-3");
        cut.Named("lane-undo").Click();
        cut.Named("lane-undo").Click();
        await cut.InvokeAsync(() => cut.Instance.Pressed("delete", 0, null, null, null));
        await KeptAsync(cut, TimelineKind.Corrected, "Dog 1-2.1", "Dog 1-3");

        string? drawn = await cut.InvokeAsync(() => cut.Instance.Drawn("truth", "Dog", "Audio", 0, 2));
        await KeptAsync(cut, TimelineKind.Truth, "Dog 0-2");
        Assert.Equal("model 100.0 0.0 0.0 66.7 100.0 0.0 0.0 66.7 100.0", cut.Named("scores-model").Cells());
        await cut.InvokeAsync(() => cut.Instance.Placed(drawn!, 0, 1));
        await KeptAsync(cut, TimelineKind.Truth, "Dog 0-1");
        Assert.StartsWith("model 66.7", cut.Named("scores-model").Cells(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatAnotherWindowChangedIsShownAndWhenBothChangedTheLaterIsAsked()
    {
        IRenderedComponent<LaneEditor> cut = await OpenAsync("<audio>Dog,(0 2)</audio>");
        KeptTimeline kept = (await Store.GetAsync(session, clip.Id, TimelineKind.Corrected, default))!;
        TimelineDocument theirs = kept.Document with { Events = [kept.Document.Events[0] with { Label = "Cat" }] };
        await Store.SaveAsync(session, clip.Id, TimelineKind.Corrected, theirs, kept.Version, null, null, default);
        cut.WaitForAssertion(() => Assert.Contains("another window", cut.Named("lane-said").TextContent, StringComparison.Ordinal));
        Assert.Equal("0–2 s: Cat, heard, corrected", cut.Named("range-corrected").GetAttribute("aria-label"));

        // A version that this window has not heard of, as when both save at the same moment.
        await using (StudioDatabase database = studio.Data.CreateDbContext())
        {
            StoredTimeline row = database.Timelines.Single();
            row.UpdatedAt = row.UpdatedAt.AddTicks(5);
            row.ContentJson = row.ContentJson.Replace("Cat", "Cow", StringComparison.Ordinal);
            await database.SaveChangesAsync();
        }

        await cut.InvokeAsync(() => cut.Instance.Chosen("e1"));
        await cut.InvokeAsync(() => cut.Instance.Pressed("right", 0, null, null, null));
        Assert.Equal("Not kept", cut.Named("lane-state").TextContent);
        await KeptAsync(null, TimelineKind.Corrected, "Cow 0-2");
        cut.Named("keep-mine").Click();
        cut.WaitForAssertion(() => Assert.Equal("Every change is kept", cut.Named("lane-state").TextContent));
        await KeptAsync(cut, TimelineKind.Corrected, "Cat 0.1-2.1");
        Assert.Empty(cut.AllNamed("lane-conflict"));
    }

    [Fact]
    public async Task AFileReplacesOnlyAfterAQuestionCanBeTakenBackAndOneThatDoesNotFitSaysWhere()
    {
        IRenderedComponent<LaneEditor> cut = await OpenAsync("<audio>Dog,(0 2)</audio>");
        await cut.InvokeAsync(() => cut.Instance.Drawn("truth", "Dog", "Audio", 0, 2));
        Bring(cut, "start,end,label,modality\n0,1,Dog,audio\n1,x,Dog,audio\n");
        cut.WaitForAssertion(() => Assert.StartsWith("a.csv, line 3", cut.Named("import-fault").TextContent, StringComparison.Ordinal));
        Bring(cut, "start,end,label,modality\n0,1,Bell,audio\n1,3,Bell,audio\n");
        cut.WaitForAssertion(() => Assert.Contains("holds 2 ranges", cut.Named("import-question").TextContent, StringComparison.Ordinal));
        Assert.Contains("one range or mark", cut.Named("import-question").TextContent, StringComparison.Ordinal);
        await KeptAsync(cut, TimelineKind.Truth, "Dog 0-2");
        cut.Named("import-replace").Click();
        await KeptAsync(cut, TimelineKind.Truth, "Bell 0-1", "Bell 1-3");
        cut.Named("lane-undo").Click();
        await KeptAsync(cut, TimelineKind.Truth, "Dog 0-2");
    }

    [Fact]
    public async Task TheLinkNamesTheFormatAndTheLayersAndWhatIsLeftOutIsSaid()
    {
        IRenderedComponent<LaneEditor> cut = await OpenAsync("<audio>Dog,(0 2)</audio>");
        Assert.EndsWith("/export?format=eaf&layers=corrected,truth&answer=22222222-2222-2222-2222-222222222222", cut.Named("export-link").GetAttribute("href"), StringComparison.Ordinal);
        Assert.Equal("clip_b.eaf", cut.Named("export-link").GetAttribute("download"));
        cut.Named("export-format").Change("Coco");
        Assert.Contains("events ×1", cut.Named("export-left-out").TextContent, StringComparison.Ordinal);
        cut.Named("export-format").Change("AvUie");
        Assert.Equal("clip_b.av-uie.json", cut.Named("export-link").GetAttribute("download"));
        cut.Named("export-corrected").Change(false);
        Assert.Contains("choose another layer", cut.Named("export-refused").TextContent, StringComparison.Ordinal);
        Assert.Empty(cut.AllNamed("export-link"));
    }

    [Fact]
    public async Task BoxesAndPointsOnAFrameAreKeptInThePixelsOfTheClip()
    {
        SeenFacts seen = Samples.Seen() with { Frames = [new SeenFrame(3, clip.Id, 6, 0.5, 224, 224, false), new SeenFrame(4, clip.Id, 12, 1, 224, 224, false)] };
        IRenderedComponent<LaneEditor> cut = await OpenAsync("<audio>Dog,(0 2)</audio>", seen);
        FrameMarks marks = cut.FindComponent<FrameMarks>().Instance;
        cut.Named("mark-frame").Change("1");
        cut.Named("mark-label").Change("dog");
        string? box = await cut.InvokeAsync(() => marks.DrawnBox(10, 20, 40, 60));
        await cut.InvokeAsync(() => marks.Nudged(5, 0, true));
        await cut.InvokeAsync(() => marks.Moved(box!, 0, 10));
        cut.Named("mark-layer").Change("Truth");
        cut.Named("mark-point").Click();
        TimelineBox kept = Assert.Single((await Store.GetAsync(session, clip.Id, TimelineKind.Corrected, default))!.Document.Boxes);
        Assert.Equal(("dog", 1m, 10m, 30m, 45m, 70m), (kept.Label, kept.TimeSeconds, kept.X1, kept.Y1, kept.X2, kept.Y2));
        TimelinePoint point = Assert.Single((await Store.GetAsync(session, clip.Id, TimelineKind.Truth, default))!.Document.Points);
        Assert.Equal((1m, 48m, 72m), (point.TimeSeconds, point.X, point.Y));
        Assert.Equal("10 30 45 70", cut.Named("mark-box-corrected").QuerySelector("[data-box]")!.GetAttribute("data-box"));
        Assert.Equal(["corrected dog 1 10, 30 – 45, 70", "truth dog 1 48, 72"], cut.Named("mark-table").QuerySelectorAll("tbody tr").Select(row => row.Cells()));
        cut.Named("mark-frame").Change("0");
        Assert.Empty(cut.AllNamed("mark-box-corrected"));
        await cut.InvokeAsync(() => marks.Chosen(box));
        await cut.InvokeAsync(() => marks.Pressed("delete"));
        Assert.Empty((await Store.GetAsync(session, clip.Id, TimelineKind.Corrected, default))!.Document.Boxes);
    }

    private static void Bring(IRenderedComponent<LaneEditor> cut, string text) =>
        cut.FindComponent<InputFile>().UploadFiles(InputFileContent.CreateFromText(text, "a.csv"));

    private async Task<IRenderedComponent<LaneEditor>> OpenAsync(string answer, SeenFacts? seen = null)
    {
        AnswerPageState state = Samples.State([answer], "avvp", seen: seen ?? Samples.Seen() with { Frames = [] });
        IRenderedComponent<LaneEditor> cut = null!;
        cut = Render<LaneEditor>(parameters => parameters
            .Add(editor => editor.Session, session).Add(editor => editor.Clip, clip).Add(editor => editor.State, state).Add(editor => editor.Open, false)
            .Add(editor => editor.OpenChanged, open =>
            {
                cut.Render(again => again.Add(editor => editor.Open, open));
            }));
        cut.WaitForAssertion(() => Assert.Equal("Correct this timeline", cut.Named("correct-button").TextContent.Trim()));
        await cut.Named("correct-button").ClickAsync(new MouseEventArgs());
        cut.WaitForAssertion(() => Assert.Equal("Every change is kept", cut.Named("lane-state").TextContent));
        return cut;
    }

    // What is kept, by start and label; the page says that it is.
    private async Task KeptAsync(IRenderedComponent<LaneEditor>? cut, TimelineKind kind, params string[] expected)
    {
        cut?.WaitForAssertion(() => Assert.Equal("Every change is kept", cut.Named("lane-state").TextContent));
        KeptTimeline kept = (await Store.GetAsync(session, clip.Id, kind, default))!;
        Assert.Equal(expected, kept.Document.Events.Select(one => $"{one.Label} {LaneWork.Seconds(one.StartSeconds)}-{LaneWork.Seconds(one.EndSeconds)}"));
    }
}

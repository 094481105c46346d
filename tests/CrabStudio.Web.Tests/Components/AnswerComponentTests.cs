using AngleSharp.Dom;
using Bunit;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace CrabStudio.Web.Tests.Components;

public sealed class AnswerComponentTests : PageContext
{
    [Theory]
    [InlineData(AnswerStatus.Queued, true, false)]
    [InlineData(AnswerStatus.Running, true, false)]
    [InlineData(AnswerStatus.Done, false, true)]
    [InlineData(AnswerStatus.Stopped, false, true)]
    [InlineData(AnswerStatus.Interrupted, false, true)]
    [InlineData(AnswerStatus.Failed, false, true)]
    public void StopIsOpenWhileAnAnswerGrowsAndTryAgainWhenItHasEnded(AnswerStatus status, bool stop, bool retry)
    {
        IRenderedComponent<AnswerView> view = View(new AnswerPageState(Samples.Answer(status: status)));
        Assert.Equal(stop, !view.Named("stop-button").HasAttribute("disabled"));
        Assert.Equal(retry, !view.Named("retry-button").HasAttribute("disabled"));
        Assert.True(view.Named("copy-button").HasAttribute("disabled"));
    }

    [Fact]
    public async Task ButtonsDoWhatTheySayAndStopIsPressedOnce()
    {
        List<string> pressed = [];
        AnswerPageState state = Samples.State(["A"], status: AnswerStatus.Running);
        IRenderedComponent<AnswerView> view = View(state, pressed);
        await view.Named("copy-button").ClickAsync(new MouseEventArgs());
        await view.Named("stop-button").ClickAsync(new MouseEventArgs());
        Assert.Equal("Stopping …", view.Named("stop-button").Words());
        Assert.True(view.Named("stop-button").HasAttribute("disabled"));

        state.Apply(Samples.Status(AnswerStatus.Stopped, finish: "Stopped"));
        view.Render();
        Assert.Equal("Stop", view.Named("stop-button").Words());
        await view.Named("retry-button").ClickAsync(new MouseEventArgs());
        Assert.Equal(["copy", "stop", "retry"], pressed);
    }

    [Fact]
    public void NothingCanBePressedBeforeTheConnectionLives()
    {
        SetRendererInfo(new RendererInfo("Static", isInteractive: false));
        IRenderedComponent<AnswerView> view = View(Samples.State(["A"], status: AnswerStatus.Running));
        Assert.All(view.FindAll(".answer-actions button"), button => Assert.True(button.HasAttribute("disabled")));
    }

    [Fact]
    public void TheTextIsShownExactlyAsTheModelSaidIt()
    {
        const string Text = "  <event>dog</event>\n\tbell & “ball”  ";
        AnswerPageState state = Samples.State([Text]);
        Assert.Equal(Text, View(state).Named("answer-text").TextContent);
        state.Select(0);
        IRenderedComponent<AnswerView> chosen = View(state);
        Assert.Equal(Text, chosen.Named("answer-text").TextContent);
    }

    [Fact]
    public void TheChosenTokenIsMarkedInTheText()
    {
        AnswerPageState state = Samples.State(["A", " dog", " barks"]);
        state.Select(1);
        IRenderedComponent<AnswerView> view = View(state);
        Assert.Equal(" dog", view.Named("chosen-token").TextContent);
        Assert.Equal("A dog barks", view.Named("answer-text").TextContent);
        Assert.Equal("A", view.Named("chosen-token").PreviousSibling!.TextContent);
    }

    [Fact]
    public async Task ALongQuestionCanBeShortenedAndIsAlwaysWholeInTheDocument()
    {
        Answer answer = Samples.Answer();
        answer.QuestionText = new string('q', 91);
        IRenderedComponent<AnswerView> view = View(new AnswerPageState(answer));
        Assert.Contains("question-short", view.Named("question-text").ClassName);
        Assert.Equal(answer.QuestionText, view.Named("question-text").TextContent);
        await view.Find(".question-more").ClickAsync(new MouseEventArgs());
        Assert.DoesNotContain("question-short", view.Named("question-text").ClassName);
        Assert.Equal("true", view.Find(".question-more").GetAttribute("aria-expanded"));
        Assert.Empty(View(new AnswerPageState(Samples.Answer())).FindAll(".question-more"));
    }

    [Fact]
    public void AnAnswerOfUntrainedWeightsIsLabelledAsNoise()
    {
        Assert.Contains("untrained weights: answers are noise", View(Samples.State(["A"], model: Samples.Model(untrained: true))).Named("untrained-banner").Words());
        Assert.Empty(View(Samples.State(["A"])).AllNamed("untrained-banner"));
    }

    [Theory]
    [InlineData(0, "Waiting: this question is next")]
    [InlineData(1, "Waiting: 1 question is before this one")]
    [InlineData(3, "Waiting: 3 questions are before this one")]
    public void WaitingSaysBehindHowMany(int position, string words)
    {
        AnswerPageState state = new(Samples.Answer(status: AnswerStatus.Queued));
        state.Apply(Samples.Status(AnswerStatus.Queued, queue: position));
        Assert.Equal(words, View(state).Named("progress-words").Words());
    }

    [Theory]
    [InlineData("frames", "Step 1 of 6: taking frames from the clip, 25%")]
    [InlineData("sound", "Step 2 of 6: taking sound from the clip, 25%")]
    [InlineData("features", "Step 3 of 6: preparing what is seen and heard, 25%")]
    [InlineData("audioTower", "Step 4 of 6: listening (audio tower), 25%")]
    [InlineData("visionTower", "Step 5 of 6: looking (vision tower), 25%")]
    [InlineData("prompt", "Step 6 of 6: reading the prompt, 25%")]
    [InlineData(null, "Starting, 25%")]
    public void WorkSaysItsStepAndHowFarItIs(string? stage, string words)
    {
        AnswerPageState state = new(Samples.Answer());
        state.Apply(Samples.Status(AnswerStatus.Running, stage, 0.25));
        IRenderedComponent<AnswerView> view = View(state);
        Assert.Equal(words, view.Named("progress-words").Words());
        Assert.Equal("0.25", view.Find("progress").GetAttribute("value"));
    }

    [Fact]
    public void StagesOfTheEngineAllHaveWords() =>
        Assert.All(Enum.GetNames<Engine.PreparationStage>(), name => Assert.NotEqual("Starting", AnswerWords.Stage(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(name), EnglishWords.Only)));

    [Fact]
    public void AnsweringCountsTokensAgainstTheLimitAndShowsNoBar()
    {
        AnswerPageState state = Samples.State(["A", " dog"], status: AnswerStatus.Running);
        IRenderedComponent<AnswerView> view = View(state);
        Assert.Equal("Answering: token 2 of at most 512", view.Named("progress-words").Words());
        Assert.Empty(view.FindAll("progress"));
        Assert.Equal("true", view.Named("answer-text").GetAttribute("aria-busy"));
    }

    [Theory]
    [InlineData(AnswerStatus.Done, "EndOfText", null, "Done")]
    [InlineData(AnswerStatus.Done, "Length", null, "Ended at the limit of 512 tokens")]
    [InlineData(AnswerStatus.Stopped, "Stopped", null, "Stopped by you")]
    [InlineData(AnswerStatus.Interrupted, null, null, "asks once more")]
    [InlineData(AnswerStatus.Failed, null, "The clip is gone.", "The clip is gone.")]
    [InlineData(AnswerStatus.Failed, null, null, "could not be answered")]
    public void AnEndSaysHowItEnded(AnswerStatus status, string? finish, string? error, string words)
    {
        AnswerPageState state = Samples.State(["A"], status: AnswerStatus.Running);
        state.Apply(Samples.Status(status, finish: finish, error: error));
        IRenderedComponent<AnswerView> view = View(state);
        Assert.Contains(words, view.Named("answer-status").Words());
        Assert.Empty(view.AllNamed("progress-words"));
    }

    [Fact]
    public void AScreenReaderHearsStagesTheBeginningAndTheWholeAtTheEndButNotEveryToken()
    {
        AnswerPageState state = new(Samples.Answer(model: Samples.Model(), seen: Samples.Seen()));
        IRenderedComponent<AnswerView> view = View(state);
        string Heard() => view.Find("[aria-live=polite]").Words();
        state.Apply(Samples.Status(AnswerStatus.Running, "prompt", 0.5));
        view.Render();
        Assert.Equal("Step 6 of 6: reading the prompt", Heard());
        state.Apply(Samples.Token(0, "A"));
        view.Render();
        string begun = Heard();
        state.Apply(Samples.Token(1, " dog"));
        view.Render();
        Assert.Equal(("The answer has begun.", begun), (begun, Heard()));
        state.Apply(Samples.Status(AnswerStatus.Done, finish: "EndOfText"));
        view.Render();
        Assert.Equal("Done A dog", Heard());
    }

    [Fact]
    public void FactsHaveTheirUnits()
    {
        AnswerPageState state = Samples.State(["A", " dog", " barks"]);
        state.Apply(Samples.Status(AnswerStatus.Done, finish: "EndOfText", first: 1.234, total: 2.5));
        string[] facts = [.. View(state).FindAll(".answer-facts div").Select(fact => string.Join(": ", fact.Children.Select(part => part.Words())))];
        Assert.Equal(["To the first token ?: 1.23 s", "Tokens a second ?: 4.0", "Tokens: 3", "In all: 2.50 s", "Model: tiny", "Adapter: finetune_weights.bin", "Precision: fp32 on cpu", "Asked: just now"], facts);
    }

    [Theory]
    [InlineData(5, "just now")]
    [InlineData(-30, "just now")]
    [InlineData(300, "5 min ago")]
    [InlineData(7200, "2 h ago")]
    [InlineData(100_000, "yesterday")]
    [InlineData(400_000, "4 days ago")]
    [InlineData(4_000_000, "16 Jan 2026")]
    public void TimesAreToldFromNow(int secondsAgo, string words)
    {
        DateTimeOffset now = new(2026, 3, 3, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(words, AnswerWords.Ago(now.AddSeconds(-secondsAgo), now, EnglishWords.Only));
    }

    [Fact]
    public void EventsAreATableWhoseStartsCanBeGoneTo()
    {
        IRenderedComponent<ParsedResult> result = Result("ave", "<event>dog barking</event><range>2.5,5</range>");
        Assert.Equal(["dog barking", "heard and seen", "2.5 s", "5 s"], result.FindAll("tbody tr > *").Select(cell => cell.Words()));
        Assert.Equal("2.5", result.Find("button").GetAttribute("data-seek"));
        Assert.Empty(result.AllNamed("problems"));
    }

    [Fact]
    public void TracksAreToldApart()
    {
        IRenderedComponent<ParsedResult> result = Result("avvp", "<audio>Dog,(1 2)</audio><visual>Cat,(3 4)</visual>");
        Assert.Equal(["heard", "seen"], result.FindAll("tbody tr").Select(row => row.Children[1].Words()));
    }

    [Fact]
    public void AnEventWithoutTimeSaysThatNoneWasSaid()
    {
        IRenderedComponent<ParsedResult> result = Result("ave", "<event>dog</event>");
        Assert.Equal(["dog", "heard and seen", "not said", "–"], result.FindAll("tbody tr > *").Select(cell => cell.Words()));
        Assert.Empty(result.FindAll("[data-seek]"));
    }

    [Fact]
    public void AnAnswerThatDoesNotParseSaysWhyOnceItHasEnded()
    {
        Assert.Contains("names no event", Result("ave", "I hear a dog.").Named("problems").Words());
        Assert.Empty(Result("ave", "I hear a dog.", AnswerStatus.Running).AllNamed("problems"));
    }

    [Fact]
    public void ChoicesExistenceBoxesAndPointsAreRead()
    {
        Assert.Equal("two", Result("avqa", "<answer>two</answer>").Named("choice").Words());
        string words = Result("ref_avs", "<answer>true</answer> a violin [10,20,30,40] [1,2] [3,4]").Named("parsed").Words();
        Assert.Contains("is in the frame", words);
        Assert.Contains("(10, 20) – (30, 40)", words);
        Assert.Contains("(1, 2) (3, 4)", words);
        Assert.Contains("is not in the frame", Result("ref_avs", "<answer>false</answer> absent").Named("parsed").Words());
    }

    [Fact]
    public void NothingIsReadFromNothing() => Assert.Empty(Result("ave", "").Markup.Trim());

    [Fact]
    public void TheTimelineHasALaneForEachEventAndModalityWhoseRangesSeek()
    {
        IRenderedComponent<Timeline> timeline = Axis(10, [new("Dog", EventModality.Audio, 2, 5), new("Dog", EventModality.Audio, 7, 8.5), new("Dog", EventModality.Visual, 0, 1)]);
        Assert.Equal(["Dog, heard", "Dog, seen"], timeline.AllNamed("lane").Select(lane => lane.QuerySelector(".lane-name")!.Words().Replace(" ,", ",")));
        Assert.Equal(["2", "7", "0"], timeline.AllNamed("event-range").Select(range => range.GetAttribute("data-seek")));
        IElement first = timeline.AllNamed("event-range")[0];
        Assert.Equal("left:min(20%, 100% - 12px);width:30%", first.GetAttribute("style"));
        Assert.Equal("BUTTON", first.TagName);
        Assert.Contains("2–5", first.GetAttribute("aria-label"));
        Assert.DoesNotContain("range-doubtful", first.ClassName);
    }

    [Fact]
    public void ARangeThatCannotBeDrawnAsWrittenLooksDoubtfulAndSaysWhy()
    {
        IRenderedComponent<Timeline> timeline = Axis(10, [new("a", EventModality.Audio, 8, 14), new("b", EventModality.Audio, 5, 2), new("c", EventModality.Audio, 30, 40)]);
        IElement[] ranges = [.. timeline.AllNamed("event-range")];
        Assert.All(ranges, range => Assert.Contains("range-doubtful", range.ClassName));
        Assert.All(ranges.Zip(["reaches beyond the end", "the end lies before the start", "lies after the end"]), pair => Assert.Contains(pair.Second, pair.First.GetAttribute("aria-label")));
        Assert.Equal(["8", "2", "10"], ranges.Select(range => range.GetAttribute("data-seek")));
        Assert.Equal(("2", "5"), (ranges[1].GetAttribute("data-from"), ranges[1].GetAttribute("data-to")));
    }

    [Fact]
    public void TheAxisIsASliderAndShowsTheSoundOrSaysThatThereIsNone()
    {
        IRenderedComponent<Timeline> heard = Axis(12.5, []);
        IElement axis = heard.Named("timeline-axis");
        Assert.Equal(("slider", "0", "12.5"), (axis.GetAttribute("role"), axis.GetAttribute("tabindex"), axis.GetAttribute("aria-valuemax")));
        Assert.Equal("12.5", heard.Named("timeline").GetAttribute("data-duration"));
        Assert.Equal($"/api/clips/{Samples.ClipId}/waveform", heard.Find("crab-waveform").GetAttribute("src"));
        IRenderedComponent<Timeline> silent = Axis(12.5, [], sound: false);
        Assert.Contains("no sound in this clip", silent.Named("timeline-axis").Words());
        Assert.Empty(silent.FindAll("crab-waveform"));
    }

    [Fact]
    public void FramesThatTheModelSawAreMarkedAndGoneTo()
    {
        IRenderedComponent<Timeline> timeline = Render<Timeline>(parameters => parameters.Add(one => one.ClipId, Samples.ClipId).Add(one => one.DurationSeconds, 6).Add(one => one.Frames, Samples.Seen(3).Frames));
        Assert.Equal(["left:0%", "left:25%", "left:50%"], timeline.FindAll(".frame-tick").Select(tick => tick.GetAttribute("style")));
        Assert.Equal(["0", "1.5", "3"], timeline.FindAll(".frame-tick").Select(tick => tick.GetAttribute("data-seek")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(double.NaN)]
    public void AnAxisWithoutLengthIsDrawnWithoutNumbersThatAreNone(double duration) => Assert.DoesNotContain("left:NaN", Axis(duration, [new("a", EventModality.Audio, 1, 2)]).Markup);

    [Fact]
    public void BoxesAndPointsLieOverTheStillInItsOwnPixels()
    {
        IRenderedComponent<SeenFrames> frames = Frames(Samples.State(["a violin [10,20,110,220] [50,60]"], "s4", seen: Samples.Seen(1, still: true)));
        IElement overlay = frames.Named("overlay");
        Assert.Equal("0 0 224 224", overlay.GetAttribute("viewBox"));
        Assert.Equal(("10", "20", "100", "200"), Box(frames.Named("box")));
        Assert.Equal(("50", "60"), (frames.Named("point").GetAttribute("cx"), frames.Named("point").GetAttribute("cy")));
        Assert.Equal("1 box and 1 point of the answer", overlay.GetAttribute("aria-label"));
    }

    [Fact]
    public void ReversedCornersGiveTheSameBox()
    {
        IRenderedComponent<SeenFrames> frames = Frames(Samples.State(["[110,220,10,20]"], "arig", seen: Samples.Seen(1, still: true)));
        Assert.Equal(("10", "20", "100", "200"), Box(frames.Named("box")));
    }

    [Fact]
    public void CoordinatesAboutAVideoLieOverEveryFrameAndThatIsSaid()
    {
        IRenderedComponent<SeenFrames> frames = Frames(Samples.State(["the ball is at [10,20,110,220]"], "", seen: Samples.Seen(3)));
        Assert.Equal(3, frames.AllNamed("box").Count);
        Assert.Contains("does not say which frame", frames.Named("every-frame").Words());
        IRenderedComponent<SeenFrames> none = Frames(Samples.State(["a ball"], "", seen: Samples.Seen(3)));
        Assert.Empty(none.AllNamed("overlay"));
        Assert.Empty(none.AllNamed("every-frame"));
    }

    [Fact]
    public void EveryFrameIsTheOneTheModelSawWithItsTime()
    {
        AnswerPageState state = Samples.State(["A"]);
        IRenderedComponent<SeenFrames> frames = Frames(state);
        Assert.Equal([$"/api/answers/{state.Id}/frames/0", $"/api/answers/{state.Id}/frames/1"], frames.FindAll("img").Select(image => image.GetAttribute("src")));
        Assert.Equal(["0", "1.5"], frames.FindAll("[data-seek]").Select(button => button.GetAttribute("data-seek")));
        Assert.Contains("2 frames of 224×224 pixels · 10.00 s of sound · 6 prompt tokens", frames.Markup);
    }

    [Fact]
    public void FramesOfAClipThatIsNotPlayedCannotBeGoneTo()
    {
        IRenderedComponent<SeenFrames> frames = Render<SeenFrames>(parameters => parameters.Add(one => one.State, Samples.State(["A"])).Add(one => one.Played, Guid.NewGuid())
            .Add(one => one.ClipNames, new Dictionary<Guid, string> { [Samples.ClipId] = "ball.mp4" }));
        Assert.Empty(frames.FindAll("[data-seek]"));
        Assert.Equal("1.50 s of ball.mp4", frames.FindAll("figcaption")[1].Words());
    }

    [Fact]
    public void BeforeThePromptWasReadNothingWasSeen() => Assert.Empty(Frames(new AnswerPageState(Samples.Answer())).Markup.Trim());

    private IRenderedComponent<AnswerView> View(AnswerPageState state, List<string>? pressed = null) => Render<AnswerView>(parameters => parameters
        .Add(view => view.State, state)
        .Add(view => view.Stop, () => pressed?.Add("stop"))
        .Add(view => view.Retry, () => pressed?.Add("retry"))
        .Add(view => view.Copy, () => pressed?.Add("copy")));

    private IRenderedComponent<ParsedResult> Result(string task, string text, AnswerStatus status = AnswerStatus.Done) =>
        Render<ParsedResult>(parameters => parameters.Add(one => one.State, Samples.State([text], task, status)));

    private IRenderedComponent<Timeline> Axis(double duration, AnswerEvent[] events, bool sound = true) => Render<Timeline>(parameters => parameters
        .Add(one => one.ClipId, Samples.ClipId).Add(one => one.DurationSeconds, duration).Add(one => one.HasSound, sound).Add(one => one.Lanes, Lane.From(events, duration)));

    private IRenderedComponent<SeenFrames> Frames(AnswerPageState state) => Render<SeenFrames>(parameters => parameters.Add(one => one.State, state));

    private static (string?, string?, string?, string?) Box(IElement box) => (box.GetAttribute("x"), box.GetAttribute("y"), box.GetAttribute("width"), box.GetAttribute("height"));
}

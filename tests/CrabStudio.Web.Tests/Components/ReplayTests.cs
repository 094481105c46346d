using Bunit;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Replaying;
using CrabStudio.Web.Data;
using Microsoft.AspNetCore.Components.Web;

namespace CrabStudio.Web.Tests.Components;

/// <summary>An answer shown once more as it grew. Sample tokens come at 1, 1.25, 1.5, … seconds.</summary>
public sealed class ReplayTests : PageContext
{
    [Fact]
    public void TokensTextAndEventsAreThereWhenTheyWereThere()
    {
        AnswerPageState whole = Whole();
        ReplayState replay = new(whole);
        Assert.Equal((0, "", true, null), (replay.Shown.Tokens.Count, replay.Shown.Text, replay.Shown.Unfinished, replay.Shown.FirstTokenSeconds));
        foreach ((double at, int tokens, string text) in new[] { (0.99, 0, ""), (1.0, 1, "<event>"), (1.3, 2, "<event> dog"), (2.0, 5, "<event> dog </event> <range> 2,5") })
        {
            replay.Seek(at);
            Assert.Equal((tokens, text, AnswerStatus.Running), (replay.Shown.Tokens.Count, replay.Shown.Text, replay.Shown.Status));
            Assert.DoesNotContain(replay.Shown.Parsed.Events, one => one.EndSeconds is not null && tokens < 5);
        }

        replay.Seek(3);
        Assert.Equal((6, AnswerStatus.Done, whole.Text, 3.0), (replay.Shown.Tokens.Count, replay.Shown.Status, replay.Shown.Text, replay.Shown.TotalSeconds));
        Assert.Equal(2, Assert.Single(replay.Shown.Parsed.Events).StartSeconds);

        // And back: what came later is gone again.
        replay.Seek(1.3);
        Assert.Equal((2, "<event> dog"), (replay.Shown.Tokens.Count, replay.Shown.Text));
        Assert.DoesNotContain(replay.Shown.Parsed.Events, one => one.StartSeconds is not null);
    }

    [Fact]
    public void TimeGoesByAtTheChosenSpeedUntilTheEnd()
    {
        ReplayState replay = new(Whole());
        replay.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, replay.Position);
        replay.Play();
        replay.Advance(TimeSpan.FromSeconds(0.5));
        replay.Speed = 4;
        replay.Advance(TimeSpan.FromSeconds(0.25));
        Assert.Equal((1.5, 3, true), (replay.Position, replay.Shown.Tokens.Count, replay.Playing));
        replay.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal((3.0, true, false), (replay.Position, replay.Ended, replay.Playing));
        replay.Play();
        Assert.Equal((0.0, 0), (replay.Position, replay.Shown.Tokens.Count));
    }

    [Fact]
    public void StepsGoFromTokenToToken()
    {
        ReplayState replay = new(Whole());
        replay.Step(forward: true);
        Assert.Equal((1.0, 1), (replay.Position, replay.Shown.Tokens.Count));
        replay.Step(forward: true);
        Assert.Equal((1.25, 2), (replay.Position, replay.Shown.Tokens.Count));
        replay.Step(forward: false);
        Assert.Equal((1.0, 1), (replay.Position, replay.Shown.Tokens.Count));
        replay.Step(forward: false);
        Assert.Equal((0.0, 0), (replay.Position, replay.Shown.Tokens.Count));
        replay.Seek(double.NaN);
        Assert.Equal(0, replay.Position);
    }

    [Fact]
    public void AReplayChangesNothingOfTheAnswerItself()
    {
        AnswerPageState whole = Whole();
        string text = whole.Text;
        ReplayState replay = new(whole);
        replay.Seek(1.3);
        replay.Shown.Select(0);
        Assert.Equal((6, text, AnswerStatus.Done, true, false), (whole.Tokens.Count, whole.Text, whole.Status, whole.FollowsLast, whole.Replayed));
        Assert.Equal((true, whole.Id), (replay.Shown.Replayed, replay.Shown.Id));
        Assert.Same(whole.Tokens[0], replay.Shown.Tokens[0]);
    }

    [Fact]
    public async Task TheBarHandsThePageTheGrowingAnswerAndGivesTheWholeOneBack()
    {
        BunitJSModuleInterop module = JSInterop.SetupModule(_ => true);
        module.Setup<bool>("wantsCalm").SetResult(true);
        AnswerPageState whole = Whole();
        AnswerPageState shown = whole;
        IRenderedComponent<ReplayBar> bar = null!;
        bar = Render<ReplayBar>(parameters => parameters.Add(one => one.State, whole).Add(one => one.Show, state => shown = state));
        await bar.Named("replay-begin").ClickAsync(new MouseEventArgs());
        Assert.True(shown.Replayed);
        bar.Render(parameters => parameters.Add(one => one.State, shown));
        Assert.Equal("Pause", bar.Named("replay-toggle").Words());
        await bar.Named("replay-toggle").ClickAsync(new MouseEventArgs());
        Assert.Equal("Play", bar.Named("replay-toggle").Words());
        await bar.Named("replay-position").InputAsync("1.3");
        Assert.Equal(2, shown.Tokens.Count);
        Assert.StartsWith("Replay: 1.3 of 3.0 s · token 2 of 6.", bar.Named("replay-words").Words(), StringComparison.Ordinal);
        Assert.Equal("1.3 seconds, token 2 of 6", bar.Named("replay-position").GetAttribute("aria-valuetext"));
        await bar.Named("replay-speed-4").ClickAsync(new MouseEventArgs());
        Assert.Equal("true", bar.Named("replay-speed-4").GetAttribute("aria-pressed"));
        await bar.Named("replay-end").ClickAsync(new MouseEventArgs());
        Assert.Same(whole, shown);
    }

    [Fact]
    public void AnAnswerThatGrowsOrHasNoTokenIsNotOffered()
    {
        Assert.Empty(Render<ReplayBar>(parameters => parameters.Add(one => one.State, Samples.State(["a"], status: AnswerStatus.Running))).AllNamed("replay-begin"));
        Assert.Empty(Render<ReplayBar>(parameters => parameters.Add(one => one.State, Samples.State([]))).AllNamed("replay-begin"));
        Assert.Single(Render<ReplayBar>(parameters => parameters.Add(one => one.State, Samples.State(["a"]))).AllNamed("replay-begin"));
    }

    [Fact]
    public void StopIsClosedWhileAReplayRuns()
    {
        ReplayState replay = new(Whole());
        replay.Seek(1);
        IRenderedComponent<AnswerView> view = Render<AnswerView>(parameters => parameters.Add(one => one.State, replay.Shown));
        Assert.True(view.Named("stop-button").HasAttribute("disabled"));
    }

    private static AnswerPageState Whole()
    {
        AnswerPageState state = Samples.State(["<event>", " dog", " </event>", " <range>", " 2,5", " </range>"]);
        state.Apply(Samples.Status(AnswerStatus.Done, finish: "EndOfText", total: 3));
        return state;
    }
}

using Bunit;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Web.Components.Asking;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests.Components;

/// <summary>What the model will get, as a person sees it before asking.</summary>
public sealed class PreflightPanelTests : PageContext
{
    private readonly List<QuestionInput> asked = [];

    [Fact]
    public void NothingIsLookedAtUntilTheQuestionIsComplete()
    {
        AskState state = AskStateTests.WithClips("");
        state.Choose("");
        IRenderedComponent<PreflightPanel> panel = Panel(state);
        Assert.Contains("Once there are a clip", panel.Named("preflight").Words());
        Assert.Empty(asked);
        state.Question = "What is it?";
        panel.Render();
        panel.WaitForElement("[data-testid=preflight-tokens]", TimeSpan.FromSeconds(10));
        Assert.Equal("What is it?", Assert.Single(asked).Question);
    }

    [Fact]
    public void FramesWindowsTokensTimeAndWarningsAreSaid()
    {
        IRenderedComponent<PreflightPanel> panel = Looked(out AskState state);
        Assert.Equal("About 1.25 s to the first token and 5.25 s in all, once it is its turn: medians of 3 answers of this model on this machine.", panel.Named("preflight-time").Words());
        Assert.Equal("All is silent.", panel.Named("preflight-warning").Words());
        Assert.Equal(["0.00 s", "0.90 s"], panel.FindAll(".frames figcaption").Select(Elements.Words));
        Assert.Equal("0.50 s of this clip are heard, and 3.50 s of silence that are put there because the task's window is longer.", panel.Named("preflight-sound").Words());
        Assert.Equal(["words and markers 21", "frames, in pairs 4", "sound, 25 a second 25"], panel.FindAll("[data-testid=preflight-tokens] tr").Select(Elements.Cells));
        Assert.Equal("0–0.5", panel.Named("event-range").Words());
        Assert.Contains("asked?", panel.Named("whole-prompt").TextContent);
    }

    [Fact]
    public async Task OwnWordsAreMarkedAndCanBeTakenBack()
    {
        IRenderedComponent<PreflightPanel> panel = Looked(out AskState state);
        Assert.Equal("asked?", panel.Named("own-words-input").GetAttribute("value") ?? panel.Named("own-words-input").TextContent);
        await panel.Named("own-words-input").InputAsync("Tell me all.");
        Assert.Equal("Tell me all.", state.Words);
        Assert.Equal("Tell me all.", state.Input().Words);
        await panel.Named("task-words").ClickAsync(new());
        Assert.Null(state.Words);
        await panel.Named("own-words-input").InputAsync("Tell me all.");
        state.Choose("avcap");
        Assert.Null(state.Words);
    }

    [Fact]
    public void AProblemStandsWhereThePersonLooks()
    {
        AskState state = AskStateTests.WithClips("ave");
        state.Choose("ave");
        IRenderedComponent<PreflightPanel> panel = Render<PreflightPanel>(parameters => parameters.Add(one => one.State, state)
            .Add(one => one.Look, (_, _, _) => Task.FromException<Preflight>(new MediaException("clip.mp4 has no picture."))));
        panel.WaitForAssertion(() => Assert.Equal("clip.mp4 has no picture.", panel.Named("preflight-problem").Words()), TimeSpan.FromSeconds(10));
    }

    private IRenderedComponent<PreflightPanel> Looked(out AskState state)
    {
        state = AskStateTests.WithClips("ave");
        state.Choose("ave");
        IRenderedComponent<PreflightPanel> panel = Panel(state);
        panel.WaitForElement("[data-testid=preflight-tokens]", TimeSpan.FromSeconds(10));
        return panel;
    }

    private IRenderedComponent<PreflightPanel> Panel(AskState state) => Render<PreflightPanel>(parameters => parameters.Add(one => one.State, state).Add(one => one.Look, (clips, input, _) =>
    {
        asked.Add(input);
        return Task.FromResult(new Preflight(
            Guid.NewGuid(), [new SeenFrame(0, clips[0], 0, 0, 224, 224, false), new SeenFrame(1, clips[0], 9, 0.9, 224, 224, false)],
            [new HeardPiece(clips[0], 0, 0.5), new HeardPiece(clips[0], null, 3.5)], "<|audio_eos|>asked?<|im_end|>\n<|im_start|>assistant\n", 50,
            [new PromptShare(PromptPart.Text, 21), new PromptShare(PromptPart.Video, 4), new PromptShare(PromptPart.Audio, 25)], new TimeEstimate(1.25, 5.25, 3, true), ["All is silent."]));
    }));
}

using AngleSharp.Dom;
using Bunit;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using CrabStudio.Web.Tests.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests.Routing;

public sealed class RouteViewTests : PageContext
{
    private string Address => Services.GetRequiredService<NavigationManager>().Uri;

    [Fact]
    public async Task WhatIsSelectedIsSaidInWordsAndClearedByAButton()
    {
        RouteSelection chosen = RouteSelection.Parse("time-1-2~layer-3");
        Services.GetRequiredService<NavigationManager>().NavigateTo("/sessions/x?select=time-1-2~layer-3&other=1");
        Guid answer = Guid.NewGuid();
        IRenderedComponent<SelectionLine> line = Render<SelectionLine>(parameters => parameters.Add(one => one.Chosen, chosen).Add(one => one.AnswerId, answer));
        Assert.Equal("1.00 to 2.00 s · layer 3", line.Named("selection-words").Words());
        Assert.Equal("Selected: 1.00 to 2.00 s · layer 3", line.Find("[role=status]").Words());
        Assert.NotNull(line.Named("clear-selection").GetAttribute("data-route-clear"));
        await line.Named("clear-selection").ClickAsync(new MouseEventArgs());
        Assert.EndsWith($"/sessions/x?other=1&answer={answer}", Address);
    }

    [Fact]
    public void NothingSelectedTakesNoRoom() =>
        Assert.Empty(Render<SelectionLine>(parameters => parameters.Add(one => one.Chosen, RouteSelection.None).Add(one => one.AnswerId, Guid.NewGuid())).AllNamed("selection-line"));

    [Fact]
    public void LanesOverTimeAreRowsOfTheTimelineForWhatTheModelHeardAndSaw()
    {
        AnswerPageState state = Samples.State(["A"]);
        IRenderedComponent<RoutesOverTime> lanes = Time(state, "layer-0");
        Assert.Equal(["text sound", "audio sound", "text frames", "vision frames"], lanes.FindAll("crab-route-lane").Select(lane => $"{lane.GetAttribute("part")} {lane.GetAttribute("kind")}"));
        Assert.All(lanes.FindAll("crab-route-lane"), lane =>
        {
            Assert.Equal(("layer-0", "10", $"{Samples.ClipId}", $"{state.Id}"), (lane.GetAttribute("select"), lane.GetAttribute("seconds"), lane.GetAttribute("clip"), lane.GetAttribute("answer")));
            Assert.Equal("timeline-row", lane.ParentElement!.ClassName);
            Assert.False(string.IsNullOrEmpty(lane.GetAttribute("aria-label")));
            Assert.Equal("#0072B2,#E69F00,#009E73", lane.GetAttribute("colours"));
        });
        Assert.Equal("Mean of 2 linears of the text decoder, 1 linears of the audio tower, 1 linears of the vision tower.", lanes.Named("over-time-set").Words());
    }

    [Fact]
    public void TheMeanSaysHowManyLinearsItIsOver() =>
        Assert.StartsWith("Mean of 1 linears of the text decoder", Time(Samples.State(["A"]), "module-down").Named("over-time-set").Words());

    [Fact]
    public void AClipThatWasNotHeardHasNoLaneForSoundAndOneThatWasNotAskedAboutNone()
    {
        Assert.Equal(["frames", "frames"], Time(Samples.State(["A"], seen: Samples.Seen(sounds: 0)), "").FindAll("crab-route-lane").Select(lane => lane.GetAttribute("kind")));
        Assert.Empty(Time(Samples.State(["A"]), "", Guid.NewGuid()).FindAll("crab-route-lane"));
        Assert.Empty(Time(Samples.State(["A"], model: Samples.Model(experts: 0)), "").FindAll("crab-route-lane"));
    }

    [Fact]
    public void WhatCannotBeSaidOfAnOlderAnswerIsSaid()
    {
        Known.Missing = ["This answer was made before something was stored."];
        Assert.Equal("This answer was made before something was stored.", Time(Samples.State(["A"]), "").Named("routes-missing").Words());
    }

    [Fact]
    public async Task EveryPictureHasItsGridAndTheColourIsChosenByWords()
    {
        AnswerPageState state = Samples.State(["A"]);
        IRenderedComponent<RoutesOverSpace> space = Space(state, "");
        Assert.Equal(["0", "1"], space.FindAll("crab-route-frame").Select(frame => frame.GetAttribute("frame")));
        Assert.All(space.FindAll("crab-route-frame"), frame => Assert.Equal(("text", "0.7", "false"), (frame.GetAttribute("part"), frame.GetAttribute("opacity"), frame.GetAttribute("stretch"))));
        Assert.Equal($"/api/answers/{state.Id}/frames/1", space.FindAll("img")[1].GetAttribute("src"));
        Assert.Equal("Picture 2, 1.50 s", space.FindAll("crab-route-frame")[1].GetAttribute("aria-label"));
        Assert.Empty(space.AllNamed("space-stretch"));

        await space.Named("space-expert-B").ClickAsync(new MouseEventArgs());
        Assert.EndsWith("select=expert-B", Address);
        await space.Named("space-opacity").InputAsync(new ChangeEventArgs { Value = "0.25" });
        Assert.Equal("0.25", space.FindAll("crab-route-frame")[0].GetAttribute("opacity"));
        await space.Named("space-tower").ClickAsync(new MouseEventArgs());
        Assert.Equal("vision", space.FindAll("crab-route-frame")[0].GetAttribute("part"));
        Assert.Contains("Mean of 1 linears of the vision tower", space.Find(".route-set").Words());
    }

    [Fact]
    public async Task OneExpertsWeightHasAScaleThatIsStretchedOnlyWhenAsked()
    {
        IRenderedComponent<RoutesOverSpace> space = Space(Samples.State(["A"]), "expert-B");
        Assert.False(space.Find(".route-scale").HasAttribute("hidden"));
        Assert.Equal("true", space.Named("space-expert-B").GetAttribute("aria-pressed"));
        Assert.Contains(space.FindAll("label"), label => label.Words() == "Stretch to range");
        await space.Find("input[data-testid='space-stretch'], [data-testid='space-stretch'] input").ChangeAsync(true);
        Assert.All(space.FindAll("crab-route-frame"), frame => Assert.Equal("true", frame.GetAttribute("stretch")));
    }

    [Fact]
    public void DepthShowsEachPartOfTheNetworkThatThePromptPassed()
    {
        Assert.Equal(["text", "audio", "vision"], Depth(Samples.State(["A"])).FindAll("crab-route-depth").Select(part => part.GetAttribute("part")));
        Assert.Equal(["text", "vision"], Depth(Samples.State(["A"], seen: Samples.Seen(sounds: 0))).FindAll("crab-route-depth").Select(part => part.GetAttribute("part")));
    }

    [Fact]
    public void EveryPictureCanBeTakenAlongAsTableAndFiles()
    {
        foreach ((IElement view, string name) in new[] { (Time(Samples.State(["A"]), "").Named("routes-over-time"), "over-time"), (Space(Samples.State(["A"]), "").Named("routes-over-space"), "over-space"), (Depth(Samples.State(["A"])).Named("routes-over-depth"), "over-depth") })
        {
            Assert.Equal(name, view.GetAttribute("data-route-view"));
            Assert.Equal(["table", "png", "svg", "csv"], view.QuerySelectorAll("[data-route-export]").Select(button => button.GetAttribute("data-route-export")));
            Assert.NotNull(view.QuerySelector(".route-table[hidden]"));
            Assert.NotNull(view.QuerySelector(".route-readout"));
        }
    }

    [Fact]
    public async Task ATokenIsSelectedInTheAddressAndAShiftedPressMakesARange()
    {
        AnswerPageState state = Samples.State(["A", " dog", " barks"]);
        IRenderedComponent<RoutingPanel> panel = Panel(state, "layer-0~time-1-2");
        await panel.Named("token-0").ClickAsync(new MouseEventArgs());
        Assert.EndsWith("select=tokens-1~layer-0", Address);
        panel.Render(parameters => parameters.Add(one => one.Chosen, RouteSelection.Parse("tokens-1")));
        await panel.Named("token-2").ClickAsync(new MouseEventArgs { ShiftKey = true });
        Assert.EndsWith("select=tokens-1-3", Address);

        panel.Render(parameters => parameters.Add(one => one.Chosen, RouteSelection.Parse("tokens-1-3")));
        Assert.All(panel.FindAll("[role=option]"), option => Assert.Equal("true", option.GetAttribute("aria-selected")));
        Assert.Contains("Tokens 1 to 3", panel.Find(".token-head").Words());
        Assert.Contains("over 3 tokens", panel.Find(".set-note").Words());
        Assert.Contains("0.3125 0.4375 0.2500", panel.FindAll(".matrix tbody tr").First(row => row.QuerySelector("th") is not null).Cells());
    }

    [Fact]
    public void ALayerOrModuleFiltersTheStripAndTheMatrix()
    {
        AnswerPageState state = Samples.State(["A", " dog"]);
        IRenderedComponent<RoutingPanel> panel = Panel(state, "module-down");
        Assert.Single(panel.FindAll(".matrix tbody tr"), row => row.QuerySelector("th") is not null);
        Assert.Contains("Mean of 1 linears", panel.Find(".set-note").Words());
        // 0.5, 0.25, 0.25: the second linear alone.
        Assert.Contains("A 50.0%, B 25.0%, C 25.0%", panel.Named("token-0").TextContent);
        Assert.Contains("tokens module-down", Known.Asked);
    }

    [Fact]
    public async Task MeasuresAreATableWithTheirFormulas()
    {
        Known.Rows =
        [
            new MeasureRow(MeasureKind.Selection, RouteNetwork.Text, "Selected: 1.00 to 2.00 s", 25, 196, MixMeasures.Of([0.5, 0.25, 0.25], 1.2, [1.0 / 3, 1.0 / 3, 1.0 / 3])),
            new MeasureRow(MeasureKind.Run, RouteNetwork.Text, "Whole run", 900, 196, MixMeasures.Of([1.0 / 3, 1.0 / 3, 1.0 / 3], 1.5, [1.0 / 3, 1.0 / 3, 1.0 / 3])),
        ];
        IRenderedComponent<RoutingPanel> panel = Panel(Samples.State(["A"]), "time-1-2~expert-B");
        await panel.Named("routing-tab-measures").ClickAsync(new MouseEventArgs());
        Assert.Equal("Selected: 1.00 to 2.00 s 196 × 25 50.00% 25.00% 25.00% A 1.5000 1.2000 2.828 0.0207 0.0207", panel.Named("measure-selection").Cells());
        Assert.Equal("Whole run 196 × 900 33.33% 33.33% 33.33% none 1.5850 1.5000 3.000 0 0", panel.Named("measure-run").Cells());
        Assert.Contains("measures time-1-2", Known.Asked);
        foreach (IElement help in panel.FindAll(".measure-help .help-button"))
        {
            Assert.StartsWith("Explain: ", help.GetAttribute("aria-label"));
        }

        await panel.FindAll(".measure-help .help-button")[2].ClickAsync(new MouseEventArgs());
        Assert.Contains("Jensen–Shannon: H((p + q) / 2) − (H(p) + H(q)) / 2, in bits", panel.Find(".help-text").Words());
    }

    [Fact]
    public void PicturesOfTheSelectedTimeOrPatchAreMarkedWhereTheModelSawThem()
    {
        Assert.Equal([false, true], Marked("time-1-2"));
        Assert.Equal([true, false], Marked("patch-1.2.2"));
        Assert.Equal([false, false], Marked("layer-1"));

        bool[] Marked(string select) => [.. Render<SeenFrames>(parameters => parameters.Add(one => one.State, Samples.State(["A"])).Add(one => one.Chosen, RouteSelection.Parse(select)))
            .FindAll("li").Select(picture => picture.ClassList.Contains("frame-chosen") && picture.TextContent.Contains("Selected:"))];
    }

    [Fact]
    public async Task OverSpaceAndDepthOpenInTheirTabs()
    {
        IRenderedComponent<RoutingPanel> panel = Panel(Samples.State(["A"]), "");
        await panel.Named("routing-tab-space").ClickAsync(new MouseEventArgs());
        Assert.Single(panel.AllNamed("routes-over-space"));
        await panel.Named("routing-tab-depth").ClickAsync(new MouseEventArgs());
        Assert.Single(panel.AllNamed("routes-over-depth"));
        IRenderedComponent<RoutingPanel> blind = Panel(Samples.State(["A"], seen: Samples.Seen(frames: 0)), "");
        await blind.Named("routing-tab-space").ClickAsync(new MouseEventArgs());
        Assert.Contains("saw nothing", blind.Named("routing-empty").Words());
    }

    [Fact]
    public async Task TheOpenViewIsInTheAddressBesideTheSelectionAndIsOpenedFromThere()
    {
        IRenderedComponent<RoutingPanel> panel = Panel(Samples.State(["A"]), "layer-0");
        await panel.Named("token-0").ClickAsync(new MouseEventArgs());
        await panel.Named("routing-tab-depth").ClickAsync(new MouseEventArgs());
        Assert.EndsWith("select=tokens-1~layer-0&view=depth", Address);
        // The page loaded anew.
        IRenderedComponent<RoutingPanel> anew = Panel(Samples.State(["A"]), "tokens-1~layer-0");
        Assert.Equal("true", anew.Named("routing-tab-depth").GetAttribute("aria-selected"));
        Assert.Single(anew.AllNamed("routes-over-depth"));
        // The first view needs no word, and a word that is no view opens it.
        await anew.Named("routing-tab-tokens").ClickAsync(new MouseEventArgs());
        Assert.EndsWith("select=tokens-1~layer-0", Address);
        Services.GetRequiredService<NavigationManager>().NavigateTo("/?view=nonsense");
        Assert.Equal("true", Panel(Samples.State(["A"]), "").Named("routing-tab-tokens").GetAttribute("aria-selected"));
    }

    private IRenderedComponent<RoutingPanel> Panel(AnswerPageState state, string select) =>
        Render<RoutingPanel>(parameters => parameters.Add(one => one.State, state).Add(one => one.Chosen, RouteSelection.Parse(select)));

    private IRenderedComponent<RoutesOverTime> Time(AnswerPageState state, string select, Guid? clip = null) =>
        Render<RoutesOverTime>(parameters => parameters.Add(one => one.State, state).Add(one => one.ClipId, clip ?? Samples.ClipId).Add(one => one.DurationSeconds, 10).Add(one => one.Chosen, RouteSelection.Parse(select)));

    private IRenderedComponent<RoutesOverSpace> Space(AnswerPageState state, string select) =>
        Render<RoutesOverSpace>(parameters => parameters.Add(one => one.State, state).Add(one => one.Chosen, RouteSelection.Parse(select)));

    private IRenderedComponent<RoutesOverDepth> Depth(AnswerPageState state) => Render<RoutesOverDepth>(parameters => parameters.Add(one => one.State, state));
}

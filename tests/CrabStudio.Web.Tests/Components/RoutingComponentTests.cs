using System.Globalization;
using AngleSharp.Dom;
using Bunit;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests.Components;

public sealed class RoutingComponentTests : PageContext
{
    [Fact]
    public void ATokenIsAColumnOfItsSharesFromTheGroundUp()
    {
        AnswerPageState state = Samples.State(["A", " dog"]);
        IRenderedComponent<TokenStrip> strip = Render<TokenStrip>(parameters => parameters.Add(one => one.Tokens, state.Tokens));
        string style = strip.Named("token-1").QuerySelector(".token-mix")!.GetAttribute("style")!;
        Assert.StartsWith("background-image:linear-gradient(to top,", style);
        (string Colour, double From, double To)[] bands = RouteMathTests.Bands(style);
        Assert.Equal([("#0072B2", 0, 40.63), ("#E69F00", 40.63, 75), ("#009E73", 75, 100)], bands);
    }

    [Fact]
    public void EveryTokenSaysItsTextItsSharesAndItsDominantExpertWithoutColours()
    {
        AnswerPageState state = Samples.State(["A", " dog"]);
        IRenderedComponent<TokenStrip> strip = Render<TokenStrip>(parameters => parameters.Add(one => one.Tokens, state.Tokens));
        // What is said is all that is not hidden from screen readers.
        Assert.Equal(["Token 2: dog. A 40.6%, B 34.4%, C 25.0%"], strip.Named("token-1").QuerySelectorAll("span:not([aria-hidden])").Select(said => said.Words()));
        Assert.Equal("␣dog", strip.Named("token-1").QuerySelector(".token-text")!.TextContent);
        Assert.Equal(["=", "A"], strip.FindAll(".token-letter").Select(letter => letter.TextContent));
    }

    [Fact]
    public void TheStripIsAListBoxWithOneTabStopThatNamesItsActiveOption()
    {
        AnswerPageState state = Samples.State(["A", " dog", " barks"]);
        IRenderedComponent<TokenStrip> strip = Render<TokenStrip>(parameters => parameters.Add(one => one.Tokens, state.Tokens).Add(one => one.Selected, 1));
        IElement box = strip.Named("token-strip");
        Assert.Equal(("listbox", "0"), (box.GetAttribute("role"), box.GetAttribute("tabindex")));
        Assert.False(string.IsNullOrEmpty(box.GetAttribute("aria-label")));
        IElement active = strip.Find($"#{box.GetAttribute("aria-activedescendant")}");
        Assert.Equal("token-1", active.GetAttribute("data-testid"));
        Assert.Equal(["false", "true", "false"], strip.FindAll("[role=option]").Select(option => option.GetAttribute("aria-selected")));
        Assert.Single(strip.FindAll("[tabindex]"));
    }

    [Theory]
    [InlineData("ArrowRight", 5, 6)]
    [InlineData("ArrowDown", 5, 6)]
    [InlineData("ArrowLeft", 5, 4)]
    [InlineData("ArrowUp", 5, 4)]
    [InlineData("Home", 5, 0)]
    [InlineData("End", 5, 19)]
    [InlineData("PageDown", 5, 15)]
    [InlineData("PageUp", 5, 0)]
    [InlineData("PageUp", 15, 5)]
    [InlineData("ArrowLeft", 0, null)]
    [InlineData("ArrowRight", 19, null)]
    [InlineData("x", 5, null)]
    public async Task KeysWalkAlongTheStripAndStopAtItsEnds(string key, int from, int? to)
    {
        AnswerPageState state = Samples.State([.. Enumerable.Range(0, 20).Select(index => $" w{index}")]);
        int? chosen = null;
        IRenderedComponent<TokenStrip> strip = Render<TokenStrip>(parameters => parameters.Add(one => one.Tokens, state.Tokens).Add(one => one.Selected, from).Add(one => one.SelectedChanged, index => chosen = index));
        await strip.Named("token-strip").KeyDownAsync(new KeyboardEventArgs { Key = key });
        Assert.Equal(to, chosen);
    }

    [Fact]
    public async Task APressChoosesATokenAndAPointerOnlyLooksAtIt()
    {
        AnswerPageState state = Samples.State(["A", " dog"]);
        List<string> heard = [];
        IRenderedComponent<TokenStrip> strip = Render<TokenStrip>(parameters => parameters.Add(one => one.Tokens, state.Tokens)
            .Add(one => one.SelectedChanged, index => heard.Add($"chosen {index}")).Add(one => one.Pointed, index => heard.Add($"pointed {index?.ToString(CultureInfo.InvariantCulture) ?? "nowhere"}")));
        await strip.Named("token-1").MouseEnterAsync(new MouseEventArgs());
        await strip.Named("token-1").ClickAsync(new MouseEventArgs());
        await strip.Named("token-strip").MouseLeaveAsync(new MouseEventArgs());
        Assert.Equal(["pointed 1", "chosen 1", "pointed nowhere"], heard);
    }

    [Fact]
    public void AMatrixIsATableOfExactValues()
    {
        IRenderedComponent<RoutingMatrix> matrix = Render<RoutingMatrix>(parameters => parameters.Add(one => one.Matrix, new MatrixView(Samples.Linears, 3, [0.25f, 0.5f, 0.25f, 0.1f, 0.2f, 0.7f])).Add(one => one.Title, "Token 1"));
        Assert.Equal(["Linear", "A", "B", "C", "Entropy, bits"], matrix.FindAll("thead th").Select(head => head.Words()));
        Assert.Equal(["layer 0 · self_attn.q_proj 0.2500 0.5000 0.2500 1.500", "layer 0 · mlp.down_proj 0.1000 0.2000 0.7000 1.157"], Rows(matrix));
        Assert.Equal("0.100000001", matrix.FindAll("tbody td.number")[4].GetAttribute("title"));
        Assert.Equal("Token 1", matrix.Find("caption").TextContent);
    }

    [Fact]
    public async Task ThePlainTableHoldsTheSameNumbersWithoutColours()
    {
        IRenderedComponent<RoutingMatrix> matrix = Render<RoutingMatrix>(parameters => parameters.Add(one => one.Matrix, new MatrixView(Samples.Linears, 3, Samples.Routes(1))).Add(one => one.Title, "Token 2"));
        Assert.Equal(6, matrix.FindAll(".heat").Count);
        await Switch(matrix, "plain-table-switch", true);
        Assert.Empty(matrix.FindAll(".heat"));
        Assert.Equal(["layer 0 · self_attn.q_proj 0.312500 0.437500 0.250000 1.546", "layer 0 · mlp.down_proj 0.500000 0.250000 0.250000 1.500"], Rows(matrix));
    }

    [Fact]
    public async Task ColoursRunFromZeroToOneUntilTheLabelledSwitchStretchesThem()
    {
        IRenderedComponent<RoutingMatrix> matrix = Render<RoutingMatrix>(parameters => parameters.Add(one => one.Matrix, new MatrixView(["a"], 3, [0.3f, 0.3f, 0.4f])).Add(one => one.Title, "T"));
        Assert.Equal(["--shade:30%", "--shade:30%", "--shade:40%"], Shades(matrix));
        Assert.Equal("false", matrix.Named("routing-matrix").GetAttribute("data-stretched"));
        Assert.Contains("0 – 1 · mark: 1/3 = 0.3333", matrix.Named("scale-words").Words());
        Assert.Equal("left:33.33%", matrix.Find(".scale-mark").GetAttribute("style"));

        Assert.Contains(matrix.FindAll("label"), label => label.Words() == "Stretch colours to the range");
        await Switch(matrix, "stretch-switch", true);
        Assert.Equal(["--shade:0%", "--shade:0%", "--shade:100%"], Shades(matrix));
        Assert.Equal("true", matrix.Named("routing-matrix").GetAttribute("data-stretched"));
        Assert.Contains("0.3000 – 0.4000 · mark: 1/3 = 0.3333 · stretched to the range", matrix.Named("scale-words").Words());
        Assert.Equal("left:33.33%", matrix.Find(".scale-mark").GetAttribute("style"));
    }

    [Fact]
    public async Task UniformRoutingLooksUniformEvenWhenStretched()
    {
        IRenderedComponent<RoutingMatrix> matrix = Render<RoutingMatrix>(parameters => parameters.Add(one => one.Matrix, new MatrixView(["a", "b"], 3, [1f / 3, 1f / 3, 0.33333334f, 0.3333333f, 1f / 3, 1f / 3])).Add(one => one.Title, "T"));
        Assert.All(Shades(matrix), shade => Assert.Equal("--shade:33.33%", shade));
        await Switch(matrix, "stretch-switch", true);
        Assert.Single(Shades(matrix).Distinct());
    }

    [Fact]
    public async Task AUniformValueBesideTheStretchedRangeIsNotMarkedOnIt()
    {
        IRenderedComponent<RoutingMatrix> matrix = Render<RoutingMatrix>(parameters => parameters.Add(one => one.Matrix, new MatrixView(["a"], 2, [0.6f, 0.9f])).Add(one => one.Title, "T"));
        Assert.Single(matrix.FindAll(".scale-mark"));
        await Switch(matrix, "stretch-switch", true);
        Assert.Empty(matrix.FindAll(".scale-mark"));
        Assert.Contains("outside: 1/2 = 0.5000", matrix.Named("scale-words").Words());
    }

    [Fact]
    public void AMixIsSummedUpWithItsSetItsEntropiesAndItsDominantExpert()
    {
        IRenderedComponent<MixSummary> summary = Render<MixSummary>(parameters => parameters.Add(one => one.Matrix, new MatrixView(["a", "b"], 2, [1, 0, 0.5f, 0.5f])).Add(one => one.Over, "Mean of 2 linears."));
        string words = summary.Named("mix-summary").Words();
        Assert.Contains("Expert A 75.00%", words);
        Assert.Contains("Expert B 25.00%", words);
        Assert.Contains("0.811 bits", words);
        Assert.Contains("Mean entropy of the linears 0.500 bits", words);
        Assert.Contains("A (75.0%)", words);
        Assert.Contains("Mean of 2 linears.", words);
        Assert.Contains("equal shares, 1/2 each", words);
        Assert.Equal("left:50%", summary.Find(".mix-mark").GetAttribute("style"));
        Assert.Equal(["A", "B"], summary.FindAll(".mix-letter").Select(letter => letter.TextContent));
        Assert.Equal("Mean of 2 linears.: A 75.0%, B 25.0%", summary.Find("[role=img]").GetAttribute("aria-label"));
    }

    [Fact]
    public void NoExpertIsNamedDominantWhereSharesAreEqual()
    {
        IRenderedComponent<MixSummary> summary = Render<MixSummary>(parameters => parameters.Add(one => one.Matrix, new MatrixView(["a"], 3, [1f / 3, 1f / 3, 1f / 3])).Add(one => one.Over, "."));
        Assert.Contains("none: shares are equal", summary.Named("mix-summary").Words());
        Assert.Contains("1.585 bits", summary.Named("mix-summary").Words());
    }

    [Theory]
    [InlineData(AnswerStatus.Running, "appear here once")]
    [InlineData(AnswerStatus.Failed, "never read to its end")]
    public void BeforeThePromptWasReadThePanelSaysWhatItWaitsFor(AnswerStatus status, string words) =>
        Assert.Contains(words, Panel(new AnswerPageState(Samples.Answer(status: status))).Named("routing-empty").Words());

    [Fact]
    public void AModelWithoutAdapterHasNothingToRoute()
    {
        IRenderedComponent<RoutingPanel> panel = Panel(Samples.State(["A"], model: Samples.Model(experts: 0)));
        Assert.Contains("no adapter", panel.Named("routing-empty").Words());
        Assert.Empty(panel.FindAll("[role=tab]"));
    }

    [Fact]
    public void TheViewsAreTabsOfWhichOneIsReachedByTab()
    {
        IRenderedComponent<RoutingPanel> panel = Panel(Samples.State(["A"]));
        Assert.Equal(["Tokens", "Over space", "Over depth", "Measures", "Text decoder", "Audio tower", "Vision tower"], panel.FindAll("[role=tab]").Select(tab => tab.Words()));
        Assert.Equal(["0", "-1", "-1", "-1", "-1", "-1", "-1"], panel.FindAll("[role=tab]").Select(tab => tab.GetAttribute("tabindex")));
        Assert.Equal(["true", "false", "false", "false", "false", "false", "false"], panel.FindAll("[role=tab]").Select(tab => tab.GetAttribute("aria-selected")));
        Assert.Equal(panel.FindAll("[role=tab]")[0].Id, panel.Find("[role=tabpanel]").GetAttribute("aria-labelledby"));
        Assert.Contains("all alike: 1/3 = 33.3% each", panel.Find(".legend").Words());
    }

    [Fact]
    public async Task TheMatrixFollowsTheNewestTokenUntilOneIsChosenAndAgainWhenAsked()
    {
        AnswerPageState state = Samples.State(["A", " dog"], status: AnswerStatus.Running);
        int told = 0;
        IRenderedComponent<RoutingPanel> panel = Panel(state, () => told++);
        Assert.Contains("Token 2 ␣dog", panel.Find(".token-head").Words());
        Assert.Contains("following the newest", panel.Find(".token-head").Words());
        Assert.Contains("0.3125 0.4375 0.2500", Rows(panel)[0]);

        await panel.Named("token-0").ClickAsync(new MouseEventArgs());
        state.Apply(Samples.Token(2, " barks"));
        panel.Render();
        Assert.Contains("Token 1 A", panel.Find(".token-head").Words());
        Assert.Contains("0.2500 0.5000 0.2500", Rows(panel)[0]);
        Assert.Equal(1, told);

        await panel.Named("follow-newest").ClickAsync(new MouseEventArgs());
        Assert.Contains("Token 3 ␣barks", panel.Find(".token-head").Words());
        Assert.Empty(panel.AllNamed("follow-newest"));
        Assert.Equal(2, told);
    }

    [Fact]
    public async Task TheTokenUnderThePointerIsShownForAsLongAsItIsThere()
    {
        AnswerPageState state = Samples.State(["A", " dog"]);
        IRenderedComponent<RoutingPanel> panel = Panel(state);
        await panel.Named("token-0").MouseEnterAsync(new MouseEventArgs());
        Assert.Contains("Token 1 A", panel.Find(".token-head").Words());
        Assert.Contains("under the pointer", panel.Find(".token-head").Words());
        Assert.True(state.FollowsLast);
        await panel.Named("token-strip").MouseLeaveAsync(new MouseEventArgs());
        Assert.Contains("Token 2 ␣dog", panel.Find(".token-head").Words());
    }

    [Fact]
    public async Task KeysWinOverAPointerThatRests()
    {
        AnswerPageState state = Samples.State(["A", " dog", " barks"]);
        IRenderedComponent<RoutingPanel> panel = Panel(state);
        await panel.Named("token-0").MouseEnterAsync(new MouseEventArgs());
        await panel.Named("token-strip").KeyDownAsync(new KeyboardEventArgs { Key = "ArrowLeft" });
        Assert.Contains("Token 2 ␣dog", panel.Find(".token-head").Words());
        Assert.DoesNotContain("under the pointer", panel.Find(".token-head").Words());
    }

    [Fact]
    public void TokensWithoutRoutesSaySo()
    {
        AnswerPageState state = Samples.State([]);
        state.Apply(new TokenUpdate(0, 1, "A", 1, null));
        IRenderedComponent<RoutingPanel> panel = Panel(state);
        Assert.Contains("Routes were not captured", panel.Find("[role=tabpanel]").Words());
        Assert.Empty(panel.AllNamed("routing-matrix"));
    }

    [Fact]
    public async Task EachPartOfTheNetworkHasItsOwnMeansOverItsOwnSet()
    {
        Random random = new(9);
        AnswerPageState state = Samples.State(["A"]);
        RouteMatrix text = Samples.RandomRoutes(random, 2, 6, 3), audio = Samples.RandomRoutes(random, 1, 50, 3), vision = Samples.RandomRoutes(random, 1, 256, 3);
        (Known.Text, Known.Audio, Known.Vision) = (text, audio, vision);
        IRenderedComponent<RoutingPanel> panel = Panel(state);

        await panel.Named("routing-tab-text").ClickAsync(new MouseEventArgs());
        Assert.Contains("Mean of 2 linears of the text decoder over 6 positions of the prompt.", panel.Find(".set-note").Words());
        Assert.Contains(Four(TowerRoutes.Mean(text)!.Weights), Rows(panel)[0]);
        Assert.Equal(["all 6 positions", "words, 3 positions", "sound, 3 positions"], panel.FindAll(".choices button").Select(button => button.Words()));
        await panel.FindAll(".choices button")[2].ClickAsync(new MouseEventArgs());
        Assert.EndsWith("select=modality-sound", Services.GetRequiredService<NavigationManager>().Uri);
        panel.Render(parameters => parameters.Add(one => one.Chosen, RouteSelection.Parse("modality-sound")));
        Assert.Contains(Four(TowerRoutes.Mean(text, state.Seen!.Spans, Model.Generation.PromptPart.Audio)!.Weights), Rows(panel)[0]);
        Assert.Contains("over 3 positions of the prompt (positions of the sound).", panel.Find(".set-note").Words());

        panel.Render(parameters => parameters.Add(one => one.Chosen, RouteSelection.None));
        await panel.Named("routing-tab-audio").ClickAsync(new MouseEventArgs());
        Assert.Contains("50 audio frames", panel.Find(".set-note").Words());
        Assert.Contains(Four(TowerRoutes.Mean(audio)!.Weights), Rows(panel)[0]);
        Assert.Empty(panel.FindAll(".choices"));

        await panel.Named("routing-tab-vision").ClickAsync(new MouseEventArgs());
        Assert.Contains("256 patches", panel.Find(".set-note").Words());
        Assert.Contains(Four(TowerRoutes.Mean(vision)!.Weights), Rows(panel)[0]);
    }

    [Theory]
    [InlineData("audio", 2, 0, "heard nothing")]
    [InlineData("vision", 0, 1, "saw nothing")]
    [InlineData("audio", 2, 1, "not captured")]
    [InlineData("vision", 2, 1, "not captured")]
    public async Task ATowerWithoutRoutesSaysWhy(string tab, int frames, int sounds, string words)
    {
        AnswerPageState state = Samples.State(["A"], seen: Samples.Seen(frames, sounds: sounds));
        IRenderedComponent<RoutingPanel> panel = Panel(state);
        await panel.Named($"routing-tab-{tab}").ClickAsync(new MouseEventArgs());
        Assert.Contains(words, panel.Named("routing-empty").Words());
    }

    [Fact]
    public async Task AnAdapterThatLeavesATowerOutSaysSo()
    {
        AnswerPageState state = Samples.State(["A"], model: Samples.Model() with { AudioLinears = [] });
        IRenderedComponent<RoutingPanel> panel = Panel(state);
        await panel.Named("routing-tab-audio").ClickAsync(new MouseEventArgs());
        Assert.Contains("no linears in the audio tower", panel.Named("routing-empty").Words());
    }

    [Fact]
    public async Task ThePromptsSharesAreSaidToBeFetchedAndThenDrawn()
    {
        TaskCompletionSource ready = new();
        (Known.Text, Known.Ready) = (Samples.RandomRoutes(new Random(1), 2, 6, 3), ready.Task);
        IRenderedComponent<RoutingPanel> panel = Panel(Samples.State(["A"]));
        Task pressed = panel.Named("routing-tab-text").ClickAsync(new MouseEventArgs());
        Assert.Contains("Fetching", panel.Named("routing-empty").Words());
        ready.SetResult();
        await pressed;
        Assert.Empty(panel.AllNamed("routing-empty"));
        Assert.Single(panel.AllNamed("routing-matrix"));
    }

    private IRenderedComponent<RoutingPanel> Panel(AnswerPageState state, Action? selection = null) =>
        Render<RoutingPanel>(parameters => parameters.Add(one => one.State, state).Add(one => one.Selection, selection ?? (() => { })));

    private static string[] Rows<T>(IRenderedComponent<T> cut) where T : IComponent =>
        [.. cut.FindAll(".matrix tbody tr").Where(row => row.QuerySelector("th") is not null).Select(row => string.Join(' ', row.Children.Select(cell => cell.Words())))];

    private static string?[] Shades(IRenderedComponent<RoutingMatrix> matrix) => [.. matrix.FindAll(".heat").Select(heat => heat.GetAttribute("style"))];

    private static Task Switch(IRenderedComponent<RoutingMatrix> matrix, string testId, bool on) => matrix.Find($"input[data-testid='{testId}'], [data-testid='{testId}'] input").ChangeAsync(on);

    private static string Four(float[] weights) => string.Join(' ', weights.Take(3).Select(weight => RoutingWords.Number(weight, "0.0000")));
}

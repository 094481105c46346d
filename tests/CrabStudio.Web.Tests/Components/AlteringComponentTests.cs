using AngleSharp.Dom;
using Bunit;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using System.Text.Json;

namespace CrabStudio.Web.Tests.Components;

public sealed class AlteringComponentTests : PageContext
{
    private static readonly ModelFacts Model = Samples.Model() with { AudioLinears = ["audio_tower.layers.0.self_attn.k_proj"], VisionLinears = [] };

    [Fact]
    public async Task AFormThatIsFilledInBecomesThatIntervention()
    {
        AlterForm form = new();
        List<RouterIntervention> run = [];
        IRenderedComponent<AlterFormView> view = View(form, run);
        await view.Named("alter-drop").ChangeAsync(true);
        await view.Named("alter-expert-C").ClickAsync(new());
        await view.Named("alter-part-text").ChangeAsync(true);
        await view.Named("alter-layers").ChangeAsync("0");
        await view.Named("alter-module-q_proj").ChangeAsync(true);
        await view.Named("alter-form").SubmitAsync();
        RouterIntervention made = Assert.Single(run);
        Assert.Equal((InterventionKind.Drop, 2, null), (made.Kind, made.Expert, made.Factor));
        Assert.Equal([NetworkPart.Text], made.Parts!);
        Assert.Equal([0], made.Layers!);
        Assert.Equal(["q_proj"], made.Modules!);
        Assert.Empty(view.AllNamed("alter-problem"));
    }

    [Fact]
    public async Task WhatMakesNoSenseIsSaidBesideTheFormAndNothingRuns()
    {
        AlterForm form = new();
        List<RouterIntervention> run = [];
        IRenderedComponent<AlterFormView> view = View(form, run);
        await view.Named("alter-layers").ChangeAsync("2-x");
        await view.Named("alter-form").SubmitAsync();
        Assert.Equal("layers: found “2-x”; expected numbers and ranges from 0 to 1023, such as 0-3, 7.", view.Named("alter-problem").Words());
        await view.Named("alter-layers").ChangeAsync("");
        await view.Named("alter-scale").ChangeAsync(true);
        await view.Named("alter-factor").ChangeAsync("");
        await view.Named("alter-form").SubmitAsync();
        Assert.StartsWith("factor: found none for scale", view.Named("alter-problem").Words(), StringComparison.Ordinal);
        Assert.Empty(run);

        await view.Named("alter-factor").ChangeAsync("2.5");
        await view.Named("alter-form").SubmitAsync();
        Assert.Equal(2.5, Assert.Single(run).Factor);
    }

    [Fact]
    public void OnlyPartsLinearsAndExpertsThatTheModelHasCanBeChosen()
    {
        IRenderedComponent<AlterFormView> view = View(AlterForm.Of(new(InterventionKind.Pin, 1)), []);
        Assert.Equal(["text decoder", "audio tower"], view.FindAll("[data-testid^='alter-part-']").Select(box => box.ParentElement!.Words()));
        Assert.Equal(["q_proj", "down_proj", "k_proj"], view.FindAll("[data-testid^='alter-module-']").Select(box => box.ParentElement!.Words()));
        Assert.Equal(["false", "true", "false"], view.FindAll("[data-testid^='alter-expert-']").Select(button => button.GetAttribute("aria-pressed")));
    }

    [Fact]
    public void TheHeadOfAnAlteredAnswerSaysSoAndLeadsToTheComparison()
    {
        Answer answer = Samples.Answer(status: AnswerStatus.Done, text: "a dog", model: Samples.Model());
        Assert.Empty(Render<AnswerView>(parameters => parameters.Add(one => one.State, new AnswerPageState(answer))).AllNamed("altered-note"));
        answer.OriginalId = Guid.Parse("33333333-3333-3333-3333-333333333333");
        answer.InterventionJson = JsonSerializer.Serialize(new RouterIntervention(InterventionKind.Pin, 1, Parts: [NetworkPart.Audio], Layers: [0, 1, 2, 5]), StudioJson.Options);
        IRenderedComponent<AnswerView> view = Render<AnswerView>(parameters => parameters.Add(one => one.State, new AnswerPageState(answer)));
        Assert.StartsWith("Altered run: only expert B speaks, in the audio tower, layers 0–2, 5", view.Named("altered-note").Words(), StringComparison.Ordinal);
        Assert.Equal($"/compare?answers={answer.OriginalId},{answer.Id}", view.Named("compare-original").GetAttribute("href"));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("3", "3")]
    [InlineData("5, 1-3,2", "1–3, 5")]
    [InlineData("0-1", "0, 1")]
    [InlineData("7 – 9", "7–9")]
    public void LayersAreReadAndWrittenAsPeopleWriteThem(string text, string written) => Assert.Equal(written, LayerRanges.Write(LayerRanges.Parse(text)));

    [Fact]
    public void WhereNobodySpeaksNoBarIsDrawn()
    {
        Assert.Equal("background-image:linear-gradient(to top,#0072B2 0% 0%,#E69F00 0% 0%,transparent 0%)", RoutingWords.StackedShares([0, 0]));
        Assert.Equal("background-image:linear-gradient(to top,#0072B2 0% 25%,#E69F00 25% 50%,transparent 50%)", RoutingWords.StackedShares([0.25, 0.25]));
        AnswerPageState state = Samples.State([]);
        state.Apply(Samples.Token(0, "a", new float[6]));
        Assert.Null(state.Tokens[0].Mix);
    }

    private IRenderedComponent<AlterFormView> View(AlterForm form, List<RouterIntervention> run) =>
        Render<AlterFormView>(parameters => parameters.Add(one => one.Form, form).Add(one => one.Model, Model).Add(one => one.Run, run.Add));
}

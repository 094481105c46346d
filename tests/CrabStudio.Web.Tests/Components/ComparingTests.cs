using System.Text.Json;
using AngleSharp.Dom;
using Bunit;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Comparing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests.Components;

/// <summary>Runs side by side: what is the same, what differs, and from where on.</summary>
public sealed class ComparingTests : PageContext
{
    [Theory]
    [InlineData("a dog barks", "a cat barks", "a [-dog-]{+cat+} barks")]
    [InlineData("the same", "the same", "the same")]
    [InlineData("", "new words", "{+new words+}")]
    [InlineData("old words", "", "[-old words-]")]
    [InlineData("<event>dog</event>", "<event>bell</event>", "<event>[-dog-]{+bell+}</event>")]
    [InlineData("one two three", "one three", "one [-two -]three")]
    [InlineData("狗叫了", "猫叫了", "[-狗-]{+猫+}叫了")]
    [InlineData("a\n b", "a b", "a[-\n -]{+ +}b")]
    [InlineData("x 🎻 y", "x 🎺 y", "x [-🎻-]{+🎺+} y")]
    public void TextsDifferWordByWord(string first, string second, string expected) => Assert.Equal(expected, string.Concat(WordDifference.Between(first, second).Select(Marked)));

    [Fact]
    public void WithoutWhatIsNewTheDifferenceIsTheFirstTextAndWithoutWhatIsMissingTheSecond()
    {
        Random random = new(7);
        string Text() => string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => new[] { "dog", "bell ", " ", "<range>", "2,5", "\n", "狗", "é" }[random.Next(8)]));
        for (int round = 0; round < 300; round++)
        {
            (string first, string second) = (Text(), Text());
            IReadOnlyList<WordPiece> pieces = WordDifference.Between(first, second);
            Assert.Equal(second, string.Concat(pieces.Where(piece => piece.Change != WordChange.Removed).Select(piece => piece.Text)));
            Assert.Equal(first, string.Concat(pieces.Where(piece => piece.Change != WordChange.Added).Select(piece => piece.Text)));
        }
    }

    [Fact]
    public void TheDivergenceIsZeroForTheSameOneBitForNothingInCommonAndTheSameBothWays()
    {
        Assert.Equal(0, RoutingDifference.JensenShannon([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]), 1e-12);
        Assert.Equal(1, RoutingDifference.JensenShannon([1, 0], [0, 1]), 1e-12);
        // By hand: H(3/4, 1/4) − (H(1, 0) + H(1/2, 1/2)) / 2.
        Assert.Equal(0.8112781244591328 - 0.5, RoutingDifference.JensenShannon([1, 0], [0.5, 0.5]), 1e-12);
        Random random = new(3);
        for (int round = 0; round < 200; round++)
        {
            double[] p = Samples.RandomMix(random, 4), q = Samples.RandomMix(random, 4);
            double both = RoutingDifference.JensenShannon(p, q);
            Assert.Equal(both, RoutingDifference.JensenShannon(q, p), 1e-12);
            Assert.InRange(both, 0, 1);
        }
    }

    [Fact]
    public void FactsThatDifferAreMarkedAndMeasuredTimesAreNot()
    {
        RunComparison comparison = new([Run(1, ["a"]), Run(2, ["a"], intervention: new(InterventionKind.Pin, 1), model: Samples.Model() with { Precision = "bf16" }, total: 9)], EnglishWords.Only);
        Assert.Equal(["Altered", "Precision"], comparison.Facts.Where(fact => fact.Differs).Select(fact => fact.Name));
        Assert.Equal(["no", "only expert B speaks, everywhere"], comparison.Facts.Single(fact => fact.Name == "Altered").Values);
        Assert.Equal(["4.00 s", "9.00 s"], comparison.Facts.Single(fact => fact.Name == "In all").Values);

        IRenderedComponent<RunFacts> view = Render<RunFacts>(parameters => parameters.Add(one => one.Comparison, comparison));
        Assert.Equal(["Altered ≠ differs no only expert B speaks, everywhere", "Precision ≠ differs fp32 on cpu bf16 on cpu"], view.FindAll("tr[data-differs='true']").Select(row => row.Cells()));
    }

    [Theory]
    [InlineData("A|dog|barks", "A|dog|barks", null, "the same 3 tokens")]
    [InlineData("A|dog|barks", "A|cat|barks", 1, "token 2: run 1 says “dog”, run 2 “cat”")]
    [InlineData("A|dog|barks", "A", 1, "run 2 ends after one token, where run 1 goes on with “dog”")]
    [InlineData("A", "A|dog", 1, "run 1 ends after one token, where run 2 goes on with “dog”")]
    [InlineData("", "A", 0, "run 1 says nothing")]
    public void TheFirstTokenThatIsNotTheSameIsFound(string first, string second, int? token, string words)
    {
        RunComparison comparison = new([Run(1, Split(first)), Run(2, Split(second))], EnglishWords.Only);
        Assert.Equal(token, comparison.TextParts(comparison.Runs[1])?.Token);
        Assert.Equal(words, comparison.TextWords(comparison.Runs[1]));
    }

    [Fact]
    public void RoutesPartAtTheFirstPlaceOfThePassThatDiffers()
    {
        RouteMatrix audio = Matrix(["audio_tower.layers.0.self_attn.q_proj", "audio_tower.layers.1.self_attn.q_proj"], 2), text = Matrix(Samples.Linears, 6);
        ComparedAnswer plain = Run(1, ["a", "b"], text: text, audio: audio);
        string Parts(ComparedAnswer other) => new RunComparison([plain, other], EnglishWords.Only) is var comparison ? comparison.Routing.PartingWords(comparison.Runs[1]) : "";

        Assert.Equal("nowhere: every weight is the same", Parts(Run(2, ["a", "b"], text: text, audio: audio)));
        Assert.Equal("in the audio tower, position 2 of 2, at layer 1 · self_attn.q_proj: a weight differs by 0.2500", Parts(Run(2, ["a", "b"], text: Changed(text, 0, 0), audio: Changed(audio, 1, 1))));
        Assert.Equal("in the prompt, position 4 of 6 (sound), at layer 0 · mlp.down_proj: a weight differs by 0.2500", Parts(Run(2, ["a", "b"], text: Changed(text, 1, 3), audio: audio)));
        Assert.Equal("in token 2 of the answer, at layer 0 · self_attn.q_proj: a weight differs by 0.5000", Parts(Run(2, ["a", "b"], text: text, audio: audio, steps: [Samples.Routes(0), [0.75f, 0, 0.25f, 0.5f, 0.25f, 0.25f]])));
        Assert.Equal("cannot be told position by position: the audio tower has 2 positions in one and 1 in the other", Parts(Run(2, ["a"], text: text, audio: Matrix(audio.Linears, 1))));
        Assert.Equal("cannot be told position by position: only one of them has routes of the audio tower", Parts(Run(2, ["a"], text: text)));

        // What rounding does is no parting.
        float[] near = [.. text.Weights];
        near[0] += 5e-6f;
        Assert.Equal("nowhere: every weight is the same", Parts(Run(2, ["a", "b"], text: text with { Weights = near }, audio: audio)));
    }

    [Fact]
    public void MeanSharesAndDivergenceAreThoseOfEachPartAndLayer()
    {
        string[] linears = ["model.layers.0.mlp.up_proj", "model.layers.1.mlp.up_proj"];
        RouteMatrix even = new(linears, 6, 2, [.. Enumerable.Repeat(0.5f, 24)]);
        // The second layer of the second run: expert A alone.
        RouteMatrix pinned = new(linears, 6, 2, [.. Enumerable.Range(0, 24).Select(place => place < 12 ? 0.5f : 1 - (place % 2))]);
        ModelFacts model = Samples.Model() with { Experts = 2, TextLinears = linears };
        RoutingDifference routing = new RunComparison([
            Run(1, ["a"], text: even, model: model, steps: [[0.5f, 0.5f, 0.5f, 0.5f]]),
            Run(2, ["a"], text: pinned, model: model, steps: [[0.5f, 0.5f, 1, 0]])], EnglishWords.Only).Routing;
        Assert.Equal(["The answer", "The prompt: words", "The prompt: sound"], routing.Sets.Select(set => set.Name));
        SharesRow sound = routing.Sets[2];
        Assert.Equal([0.5, 0.5], sound.Runs[0].Shares!);
        Assert.Equal([0.75, 0.25], sound.Runs[1].Shares!);
        Assert.Equal(RoutingDifference.JensenShannon([0.5, 0.5], [0.75, 0.25]), sound.Divergence[1]!.Value, 1e-9);
        Assert.Equal(RoutingDifference.JensenShannon([0.5, 0.5], [1, 0]) / 2, sound.LinearDivergence[1]!.Value, 1e-9);
        Assert.Equal(["Layer 0", "Layer 1"], routing.Layers(2).Select(layer => layer.Name));
        Assert.Equal(0, routing.Layers(2)[0].Divergence[1]!.Value, 1e-9);
        Assert.Equal([1.0, 0.0], routing.Layers(2)[1].Runs[1].Shares!);
        Assert.Equal(RoutingDifference.JensenShannon([0.5, 0.5], [1, 0]), routing.Layers(0)[1].Divergence[1]!.Value, 1e-9);
    }

    [Fact]
    public void AdaptersThatAreOffHaveNoSharesAndDoNotPullMeansDown()
    {
        string[] linears = ["model.layers.0.mlp.up_proj", "model.layers.1.mlp.up_proj"];
        ModelFacts model = Samples.Model() with { Experts = 2, TextLinears = linears };
        RoutingDifference routing = new RunComparison([
            Run(1, ["a"], model: model, steps: [[0.5f, 0.5f, 0.5f, 0.5f]]),
            Run(2, ["a"], model: model, steps: [[0.75f, 0.25f, 0, 0]]),
            Run(3, ["a"], model: model, steps: [[0, 0, 0, 0]])], EnglishWords.Only).Routing;
        SharesRow answer = routing.Sets[0];
        Assert.Equal([0.75, 0.25], answer.Runs[1].Shares!);
        Assert.Equal("mean of 1 of 2 linears; the others are off", answer.Runs[1].Over);
        Assert.Equal((null, "adapter off", null, null), (answer.Runs[2].Shares, answer.Runs[2].Over, answer.Divergence[2], answer.LinearDivergence[2]));
        Assert.Equal(RoutingDifference.JensenShannon([0.5, 0.5], [0.75, 0.25]), answer.LinearDivergence[1]!.Value, 1e-9);
    }

    [Fact]
    public void TheSameEventOfDifferentRunsStandsOneBelowTheOther()
    {
        RunComparison comparison = new([
            Run(1, ["<event> dog </event><range> 1,2 </range><event> bell </event><range> 3,4 </range>"]),
            Run(2, ["<event> bell </event><range> 3,5 </range><event> Dog </event><range> 1,3 </range>"])], EnglishWords.Only);
        Assert.Equal(["dog run 1", "Dog run 2", "bell run 1", "bell run 2"], comparison.Lanes(10).Select(lane => $"{lane.Label} {lane.Source}"));
        IRenderedComponent<Timeline> view = Render<Timeline>(parameters => parameters.Add(one => one.ClipId, Samples.ClipId).Add(one => one.DurationSeconds, 10).Add(one => one.Lanes, comparison.Lanes(10)));
        Assert.Equal("Dog, heard and seen, run 2, 1 to 3 s", view.AllNamed("event-range")[1].GetAttribute("title"));
    }

    [Fact]
    public void TextsShowWhatIsMissingAndWhatIsNewAndWhereTheyPart()
    {
        RunComparison comparison = new([Run(1, ["a", " dog", " barks"]), Run(2, ["a", " cat", " barks"], intervention: new(InterventionKind.Off))], EnglishWords.Only);
        IRenderedComponent<RunTexts> view = Render<RunTexts>(parameters => parameters.Add(one => one.Comparison, comparison));
        Assert.Equal(["a dog barks", "a dogcat barks"], view.AllNamed("compare-text").Select(text => text.TextContent));
        Assert.Equal(("dog", "cat"), (view.Find("[data-testid='compare-text'] del").TextContent, view.Find("[data-testid='compare-text'] ins").TextContent));
        Assert.Equal("altered: adapter off, everywhere", view.Named("altered-badge").Words());
        Assert.Equal("token 2: run 1 says “␣dog”, run 2 “␣cat”", view.Named("text-parting").Words());
    }

    [Fact]
    public async Task TheRoutingTableHasARowForEachPartAndTheLayersOfTheChosenOne()
    {
        RouteMatrix audio = Matrix(["audio_tower.layers.0.self_attn.q_proj", "audio_tower.layers.1.self_attn.q_proj"], 2);
        RunComparison comparison = new([Run(1, ["a"], audio: audio), Run(2, ["a"], audio: Changed(audio, 1, 1))], EnglishWords.Only);
        IRenderedComponent<RoutingDifferenceView> view = Render<RoutingDifferenceView>(parameters => parameters.Add(one => one.Difference, comparison.Routing).Add(one => one.Runs, comparison.Runs));
        Assert.Equal(["The answer", "Audio tower"], view.Named("compare-sets").QuerySelectorAll("tbody th").Select(head => head.Words()));
        Assert.Contains("A 50.0%, B 25.0%, C 25.0%", view.Named("compare-sets").Words(), StringComparison.Ordinal);
        await view.FindAll(".choices button")[1].ClickAsync(new());
        Assert.Equal(["Layer 0", "Layer 1"], view.Named("compare-layers").QuerySelectorAll("tbody th").Select(head => head.Words()));
        Assert.Equal("0.0000 bits by linear: 0.0000 bits", view.Named("compare-layers").QuerySelector("tbody td:last-child")!.Words());

        ModelFacts none = Samples.Model(experts: 0);
        RunComparison without = new([Run(1, ["a"], model: none), Run(2, ["a"], model: none)], EnglishWords.Only);
        Assert.Equal("cannot be told position by position: there are no routes", without.Routing.PartingWords(without.Runs[1]));
        Assert.Contains("None of these runs has routes", Render<RoutingDifferenceView>(parameters => parameters.Add(one => one.Difference, without.Routing).Add(one => one.Runs, without.Runs)).Named("routing-empty").Words(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoToFourEarlierAnswersAreChosenAndAlteredOnesSaySo()
    {
        Session session = new() { Id = Guid.NewGuid(), Answers = [.. Enumerable.Range(1, 5).Select(number => Run(number, ["a"], intervention: number == 2 ? new(InterventionKind.Uniform) : null).Answer)] };
        IRenderedComponent<EarlierAnswers> view = Render<EarlierAnswers>(parameters => parameters.Add(one => one.Session, session));
        Assert.EndsWith("· altered: all experts speak alike", view.AllNamed("earlier-answer")[1].Words(), StringComparison.Ordinal);
        Assert.Single(view.AllNamed("earlier-altered"));
        Assert.Empty(view.AllNamed("compare-link"));
        foreach (int place in new[] { 3, 0 })
        {
            await view.AllNamed("compare-choice")[place].ChangeAsync(true);
        }

        // In the order of the answers, whatever was chosen first.
        Assert.Equal($"/compare?answers={session.Answers[0].Id},{session.Answers[3].Id}", view.Named("compare-link").GetAttribute("href"));
        foreach (int place in new[] { 1, 2 })
        {
            await view.AllNamed("compare-choice")[place].ChangeAsync(true);
        }

        Assert.Equal([false, false, false, false, true], view.AllNamed("compare-choice").Select(box => box.HasAttribute("disabled")));
        await view.AllNamed("compare-choice")[0].ChangeAsync(false);
        Assert.Equal("Compare these 3 runs", view.Named("compare-link").Words());
    }

    private static string Marked(WordPiece piece) => piece.Change switch
    {
        WordChange.Removed => $"[-{piece.Text}-]",
        WordChange.Added => $"{{+{piece.Text}+}}",
        _ => piece.Text,
    };

    private static string[] Split(string tokens) => tokens.Split('|', StringSplitOptions.RemoveEmptyEntries);

    private static RouteMatrix Matrix(IReadOnlyList<string> linears, int positions) =>
        new(linears, positions, 3, [.. Enumerable.Range(0, linears.Count * positions).SelectMany(_ => new[] { 0.5f, 0.25f, 0.25f })]);

    private static RouteMatrix Changed(RouteMatrix routes, int linear, int position)
    {
        float[] weights = [.. routes.Weights];
        int at = ((linear * routes.Positions) + position) * 3;
        (weights[at], weights[at + 1]) = (0.25f, 0.5f);
        return routes with { Weights = weights };
    }

    private static ComparedAnswer Run(int number, string[] tokens, RouteMatrix? text = null, RouteMatrix? audio = null, float[][]? steps = null, RouterIntervention? intervention = null, ModelFacts? model = null, double total = 4)
    {
        ModelFacts facts = model ?? Samples.Model();
        Answer answer = Samples.Answer("ave", AnswerStatus.Done, string.Concat(tokens), facts, Samples.Seen());
        (answer.Id, answer.FinishReason, answer.TokenCount, answer.TotalSeconds) = (Guid.Parse($"00000000-0000-0000-0000-00000000000{number}"), "EndOfText", tokens.Length, total);
        answer.InterventionJson = intervention is null ? null : JsonSerializer.Serialize(intervention, StudioJson.Options);
        TokenUpdate[] updates = [.. tokens.Select((token, index) => new TokenUpdate(index, token.GetHashCode(StringComparison.Ordinal), token, 1 + index, facts.Experts == 0 ? null : steps?[index] ?? Samples.Routes(0)))];
        Session session = new() { Id = Guid.NewGuid(), Title = "A session" };
        return new ComparedAnswer(answer, session, updates, new AnswerRoutes(facts.Experts, facts.TextLinears, [.. updates.Select(update => update.Routes ?? [])], text, audio, null));
    }
}

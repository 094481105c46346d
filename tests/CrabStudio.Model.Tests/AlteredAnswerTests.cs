using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Model.Tests.Processing;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests;

/// <summary>Whole answers of the tiny reference model under an intervention, against the same model without.</summary>
public sealed class AlteredAnswerTests(GoldenThinker model) : IClassFixture<GoldenThinker>
{
    private const int Tokens = 6;

    private static readonly GoldenCase Case = GoldenCase.Load("arig-0");

    [Fact]
    public async Task OffAndAlphaTimesZeroAnswerAsTheBaseWithoutAnAdapter()
    {
        using ModelInput input = await InputAsync();
        using Thinker plain = Thinker.Load(new ModelOptions(Golden.Find("tiny"), Device: "cpu", Precision: "fp32"));
        Run expected = Answer(plain, input, null), off = Answer(model.Thinker, input, new(InterventionKind.Off)), zero = Answer(model.Thinker, input, new(InterventionKind.Scale, Factor: 0));
        Assert.NotEqual(expected.Logits, Answer(model.Thinker, input, null).Logits);
        Assert.Equal(expected.Logits, off.Logits);
        Assert.Equal(expected.Logits, zero.Logits);
        Assert.Equal(expected.Ids, off.Ids);
        Assert.All(off.Prefill.Text!.Weights.Concat(off.Prefill.Audio!.Weights).Concat(off.Prefill.Vision!.Weights), weight => Assert.Equal(0, weight));
    }

    [Theory]
    [InlineData(NetworkPart.Audio)]
    [InlineData(NetworkPart.Vision)]
    [InlineData(NetworkPart.Text)]
    public async Task AnInterventionOnOnePartReachesThatPartAndNoOther(NetworkPart part)
    {
        using ModelInput input = await InputAsync();
        Run plain = Answer(model.Thinker, input, null), altered = Answer(model.Thinker, input, new(InterventionKind.Pin, 1, Parts: [part]));
        foreach ((NetworkPart one, string embeddings, RouteMatrix before, RouteMatrix after) in new[]
        {
            (NetworkPart.Audio, "audio_embeddings", plain.Prefill.Audio!, altered.Prefill.Audio!),
            (NetworkPart.Vision, "vision_embeddings", plain.Prefill.Vision!, altered.Prefill.Vision!),
        })
        {
            if (one == part)
            {
                Assert.NotEqual(plain.Trace.Tensors[embeddings].Floats!, altered.Trace.Tensors[embeddings].Floats!);
                Assert.All(after.Weights.Chunk(3), row => Assert.Equal([0, 1, 0], row));
            }
            else
            {
                Assert.Equal(plain.Trace.Tensors[embeddings].Floats!, altered.Trace.Tensors[embeddings].Floats!);
                Assert.Equal(before.Weights, after.Weights);
            }
        }

        // The decoder reads what the towers made, so that it is another one in any case; its routers are pinned only when chosen.
        Assert.NotEqual(plain.Logits, altered.Logits);
        Assert.Equal(part == NetworkPart.Text, altered.Prefill.Text!.Weights.Chunk(3).All(row => row is [0, 1, 0]));
        Assert.Equal(part == NetworkPart.Text, altered.Steps.All(step => step.Chunk(3).All(row => row is [0, 1, 0])));
    }

    [Fact]
    public async Task OnlyTheChosenLayersAndModulesAreAlteredInThePromptAndInEveryToken()
    {
        using ModelInput input = await InputAsync();
        Run altered = Answer(model.Thinker, input, new(InterventionKind.Pin, 2, Parts: [NetworkPart.Text], Layers: [1], Modules: ["q_proj", "up_proj"]));
        IReadOnlyList<string> linears = altered.Prefill.Text!.Linears;
        string[] chosen = [.. linears.Where(linear => linear is "model.layers.1.self_attn.q_proj" or "model.layers.1.mlp.up_proj")];
        Assert.Equal(2, chosen.Length);
        for (int linear = 0; linear < linears.Count; linear++)
        {
            bool pinned = chosen.Contains(linears[linear]);
            Assert.Equal(pinned, altered.Prefill.Text[linear, 3, 2] == 1);
            Assert.All(altered.Steps, step => Assert.Equal(pinned, step[(linear * 3) + 2] == 1));
        }
    }

    [Fact]
    public async Task AnAlteredAnswerLeavesTheNextOneAsItWas()
    {
        using ModelInput input = await InputAsync();
        Run before = Answer(model.Thinker, input, null);
        Run altered = Answer(model.Thinker, input, new(InterventionKind.Drop, 0));
        Run after = Answer(model.Thinker, input, null);
        Assert.NotEqual(before.Logits, altered.Logits);
        Assert.Equal(before.Logits, after.Logits);
        Assert.Equal(before.Prefill.Vision!.Weights, after.Prefill.Vision!.Weights);
    }

    [Fact]
    public async Task TwoAnswersWhoseTokensComeInTurnKeepTheirOwnRouters()
    {
        using ModelInput input = await InputAsync();
        var settings = new GenerationSettings(Tokens);
        Run plain = Answer(model.Thinker, input, null);
        using TokenGeneration first = model.Thinker.Begin(input, settings), second = model.Thinker.Begin(input, settings with { Intervention = new(InterventionKind.Pin, 0) });
        for (int index = 0; index < Tokens; index++)
        {
            Assert.Equal(plain.Steps[index], first.Next()!.Routes);
            Assert.All(second.Next()!.Routes!.Chunk(3), row => Assert.Equal([1, 0, 0], row));
        }
    }

    [Fact]
    public async Task WhatTheModelHasNotGotIsRefusedBeforeAnythingIsRead()
    {
        using ModelInput input = await InputAsync();
        TaskInputException refused = Assert.Throws<TaskInputException>(() => model.Thinker.Begin(input, new GenerationSettings(1, Intervention: new(InterventionKind.Pin, 7))));
        Assert.Equal(("expert", "expert: found 7; expected a number from 0 to 2, as the adapter of this model has 3 experts."), (refused.Field, refused.Message));
    }

    private static async Task<ModelInput> InputAsync()
    {
        PreparedConversation prepared = await new ConversationPreparer(new MediaReader()).PrepareAsync(Case.InGolden());
        using Thinker builder = Thinker.Load(new ModelOptions(Golden.Find("tiny"), Device: "cpu", Precision: "fp32"));
        return builder.Inputs.Build(prepared);
    }

    private static Run Answer(Thinker thinker, ModelInput input, RouterIntervention? intervention)
    {
        var trace = new GenerationTrace();
        using TokenGeneration generation = thinker.Begin(input, new GenerationSettings(Tokens, Trace: trace, Intervention: intervention));
        var tokens = new List<GeneratedToken>();
        while (generation.Next() is { } token)
        {
            tokens.Add(token);
        }

        return new Run(generation.Prefill, [.. tokens.Select(token => token.TokenId)], [.. tokens.Select(token => token.Routes ?? [])], trace);
    }

    private sealed record Run(PrefillResult Prefill, int[] Ids, float[][] Steps, GenerationTrace Trace)
    {
        public float[] Logits => Trace.Tensors["logits"].Floats!;
    }
}

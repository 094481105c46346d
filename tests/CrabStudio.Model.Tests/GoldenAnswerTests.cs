using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Model.Tests.Processing;
using CrabStudio.Model.Text;
using CrabStudio.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests;

/// <summary>The tiny reference model with its adapter in float32, loaded once for all tests of a class.</summary>
public sealed class GoldenThinker : IDisposable
{
    public Thinker Thinker { get; } = Thinker.Load(new ModelOptions(Golden.Find("tiny"), Path.Combine(Golden.Find("tiny"), "adapter", "finetune_weights.bin"), Device: "cpu", Precision: "fp32"));

    public void Dispose() => Thinker.Dispose();

    /// <summary>Decodes, builds and answers a reference case.</summary>
    public async Task<(List<GeneratedToken> Tokens, PrefillResult Prefill, StopReason Stopped)> AnswerAsync(GoldenCase reference, GenerationSettings settings)
    {
        PreparedConversation prepared = await new ConversationPreparer(new MediaReader()).PrepareAsync(reference.InGolden());
        using ModelInput input = Thinker.Inputs.Build(prepared);
        using TokenGeneration generation = Thinker.Begin(input, settings);
        var tokens = new List<GeneratedToken>();
        while (generation.Next() is { } token)
        {
            tokens.Add(token);
        }

        return (tokens, generation.Prefill, generation.Stopped!.Value);
    }
}

/// <summary>From the files of every reference case to its last token: vectors/cases.</summary>
public sealed class GoldenAnswerTests(GoldenThinker model) : IClassFixture<GoldenThinker>
{
    public static TheoryData<string> All() => GoldenCase.All();

    [Theory]
    [MemberData(nameof(All))]
    public async Task TokensLogitsHiddenStatesAndRoutersEqualTheReference(string name)
    {
        GoldenCase reference = GoldenCase.Load(name);
        Vectors vectors = reference.Vectors;
        var trace = new GenerationTrace();
        (List<GeneratedToken> tokens, PrefillResult prefill, StopReason stopped) = await model.AnswerAsync(reference, new GenerationSettings(24, Trace: trace));

        Assert.Equal(vectors.Longs("input_ids"), trace.Tensors["input_ids"].Longs!);
        Assert.Equal(vectors.Longs("position_ids"), trace.Tensors["position_ids"].Longs!);
        Assert.Equal(vectors.Longs("generated"), tokens.Select(token => (long)token.TokenId));
        Assert.Equal(vectors.Longs("generated"), trace.Tensors["generated"].Longs!);
        Assert.Equal(reference.GeneratedText, string.Concat(tokens.Select(token => token.Text)));
        Assert.Equal(reference.StoppedByEnd ? StopReason.EndOfText : StopReason.Length, stopped);
        Assert.Equal(reference.TextLinears, prefill.Text!.Linears);
        Assert.Equal(vectors.Shape("logits"), trace.Tensors["logits"].Shape);
        Worst.Check("logits", name, vectors.Floats("logits"), trace.Tensors["logits"].Floats!, 2e-4);
        Assert.Equal(vectors.Shape("hidden_last_position"), trace.Tensors["hidden_last_position"].Shape);
        Worst.Check("hidden states", name, vectors.Floats("hidden_last_position"), trace.Tensors["hidden_last_position"].Floats!, 2e-4);
        CheckPrefillRouters(name, vectors, prefill.Text);
        Assert.Equal(vectors.Shape("router_text_steps"), trace.Tensors["router_text_steps"].Shape);
        Worst.Check("text router of steps", name, vectors.Floats("router_text_steps"), trace.Tensors["router_text_steps"].Floats!, 2e-5);
        Assert.Equal(trace.Tensors["router_text_steps"].Floats!, tokens.Skip(1).SelectMany(token => token.Routes!));
        foreach ((string part, string? file) in new[] { ("audio", reference.Audio), ("vision", reference.Vision) })
        {
            if (file is not null && Golden.TryFind($"vectors/{file}") is not null)
            {
                Worst.Check($"{part} embeddings", name, Vectors.Load($"vectors/{file}").Floats("embeddings"), trace.Tensors[$"{part}_embeddings"].Floats!, 2e-4);
            }
        }
    }

    [Fact]
    public async Task LayersOfTheTextDecoderEqualTheTraceOfArig0()
    {
        Vectors vectors = Vectors.Load("vectors/units/trace-arig-0.safetensors");
        PreparedConversation prepared = await new ConversationPreparer(new MediaReader()).PrepareAsync(GoldenCase.Load("arig-0").InGolden());
        using ModelInput input = model.Thinker.Inputs.Build(prepared);
        using IDisposable scope = NewDisposeScope();
        Tensor embeddings = model.Thinker.Embed(input, null, null, default, out RouteMatrix? _, out RouteMatrix? _);
        var seen = new Dictionary<string, List<float>>();
        using (KeyValueCache cache = model.Thinker.Text.NewCache(input.InputIds.Length))
        {
            Tensor hidden = model.Thinker.Text.Forward(embeddings, input.PositionIds, cache, 0, new ForwardContext(Trace: (stage, value) =>
            {
                // A long prompt passes a layer in several runs, which follow each other.
                if (!seen.TryGetValue(stage, out List<float>? values))
                {
                    seen[stage] = values = [];
                }

                values.AddRange(value.contiguous().data<float>());
            }));
            Tensor normed = model.Thinker.Text.Norm(hidden);
            seen["text.norm"] = [.. normed.data<float>()];
            seen["logits_last8"] = [.. model.Thinker.Text.Logits(normed.narrow(0, normed.shape[0] - 8, 8)).data<float>()];
        }

        model.Thinker.Text.Routes.Clear();
        string[] stages = [.. vectors.Names.Where(stage => stage.StartsWith("text.", StringComparison.Ordinal) || stage == "logits_last8")];
        Assert.NotEmpty(stages);
        Assert.All(stages, stage => Worst.Check(stage, "arig-0", vectors.Floats(stage), [.. seen[stage]], 2e-4));
    }

    [Fact]
    public async Task WithoutCaptureTheTokensAreTheSameAndNoRoutesAreKept()
    {
        GoldenCase reference = GoldenCase.Load("text-only");
        (List<GeneratedToken> tokens, PrefillResult prefill, _) = await model.AnswerAsync(reference, new GenerationSettings(24, CaptureRoutes: false));
        Assert.Equal(reference.Vectors.Longs("generated"), tokens.Select(token => (long)token.TokenId));
        Assert.Null(prefill.Text);
        Assert.All(tokens, token => Assert.Null(token.Routes));
    }

    [Fact]
    public async Task TheFirstTokensRoutesAreThoseOfThePromptsLastPosition()
    {
        (List<GeneratedToken> tokens, PrefillResult prefill, _) = await model.AnswerAsync(GoldenCase.Load("text-only"), new GenerationSettings(1));
        RouteMatrix text = prefill.Text!;
        float[] last = [.. Enumerable.Range(0, text.Linears.Count).SelectMany(linear => Enumerable.Range(0, text.Experts).Select(expert => text[linear, text.Positions - 1, expert]))];
        Assert.Equal(last, Assert.Single(tokens).Routes);
    }

    private static void CheckPrefillRouters(string name, Vectors vectors, RouteMatrix routes)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor all = tensor(routes.Weights).view(routes.Linears.Count, routes.Positions, routes.Experts);
        Worst.Check("text router of the prompt", name, vectors.Floats("router_text_mean"), all.mean([1]).data<float>().ToArray(), 2e-5);
        if (vectors.Has("router_text_prefill"))
        {
            Worst.Check("text router of the prompt", name, vectors.Floats("router_text_prefill"), routes.Weights, 2e-5);
        }
        else
        {
            Worst.Check("text router of the prompt", name, vectors.Floats("router_text_prefill_last8"), all.narrow(1, routes.Positions - 8, 8).contiguous().data<float>().ToArray(), 2e-5);
        }
    }
}

using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests.Lora;

/// <summary>What an intervention does to one linear, against adapters made by hand that do the same without it; and what it refuses.</summary>
public sealed class RouterInterventionTests
{
    private const double Alpha = 32;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void APinnedExpertGivesWhatAnAdapterOfThatExpertAloneGives(int expert)
    {
        (float[] output, RouteMatrix routes) = Run(new(InterventionKind.Pin, expert));
        (float[] alone, _) = Run(null, tensors => Keep(tensors, expert));
        Worst.Check("pinned", $"expert {expert}", alone, output, 1e-5);
        Assert.NotEqual(Run(null).Output, output);
        Assert.All(Rows(routes), row => Assert.Equal([.. Enumerable.Range(0, 3).Select(one => one == expert ? 1f : 0f)], row));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void ADroppedExpertIsSilentAndTheOthersShareTheRestAsAnAdapterWithoutIt(int expert)
    {
        (float[] output, RouteMatrix routes) = Run(new(InterventionKind.Drop, expert));
        int[] left = [.. Enumerable.Range(0, 3).Where(one => one != expert)];
        (float[] without, _) = Run(null, tensors => Keep(tensors, left));
        Worst.Check("dropped", $"expert {expert}", without, output, 1e-5);
        float[][] plain = Rows(Run(null).Routes), rows = Rows(routes);
        for (int position = 0; position < rows.Length; position++)
        {
            Assert.Equal(0, rows[position][expert]);
            Assert.Equal(1, rows[position].Sum(), 1e-5);
            Assert.Equal(plain[position][left[0]] / (1 - plain[position][expert]), rows[position][left[0]], 1e-5);
        }
    }

    [Fact]
    public void UniformGivesEveryExpertTheSameShareAsARouterOfZeros()
    {
        (float[] output, RouteMatrix routes) = Run(new(InterventionKind.Uniform));
        (float[] zeros, _) = Run(null, tensors => tensors["q_proj.lora_route.weight"] = zeros_like(tensors["q_proj.lora_route.weight"]));
        Worst.Check("uniform", "unit", zeros, output, 1e-5);
        Assert.All(routes.Weights, weight => Assert.Equal(1f / 3, weight, 1e-7f));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(3)]
    public void AScaledAlphaGivesWhatThatAlphaGivesAndTheRoutesStay(double factor)
    {
        (float[] output, RouteMatrix routes) = Run(new(InterventionKind.Scale, Factor: factor));
        Assert.Equal(ILoraLinearTests.Run("f32", ScalarType.Float32, Alpha * factor).Output, output);
        Assert.Equal(Run(null).Routes.Weights, routes.Weights);
    }

    [Fact]
    public void OffIsTheFrozenLayerAloneAsIsAlphaTimesZeroAndNobodySpeaks()
    {
        float[] frozen = ILoraLinearTests.Run("f32", ScalarType.Float32, 0).Output;
        (float[] off, RouteMatrix routes) = Run(new(InterventionKind.Off));
        Assert.Equal(frozen, off);
        Assert.Equal(frozen, Run(new(InterventionKind.Scale, Factor: 0)).Output);
        Assert.Equal(Run(null).Routes.Positions, routes.Positions);
        Assert.All(routes.Weights, weight => Assert.Equal(0, weight));
    }

    [Fact]
    public void InBFloat16SharesAreStillSharesAndTheDroppedOneIsZero()
    {
        (_, RouteMatrix routes) = ILoraLinearTests.Run("bf16", ScalarType.BFloat16, Alpha, new(InterventionKind.Drop, 1));
        Assert.All(Rows(routes), row =>
        {
            Assert.Equal(0, row[1]);
            Assert.Equal(1, row.Sum(), 0.01f);
        });
    }

    [Fact]
    public void ALinearThatIsNotSelectedIsLeftAloneToTheBit()
    {
        float[] plain = Run(null).Output;
        Assert.Equal(plain, Run(new(InterventionKind.Off, Modules: ["k_proj"])).Output);
        Assert.Equal(plain, Run(new(InterventionKind.Off, Parts: [NetworkPart.Vision])).Output);
        Assert.Equal(plain, Run(new(InterventionKind.Off, Layers: [0])).Output);
        Assert.NotEqual(plain, Run(new(InterventionKind.Off, Modules: ["q_proj"])).Output);
    }

    [Theory]
    [InlineData("model.layers.3.self_attn.q_proj", NetworkPart.Text, 3, "q_proj")]
    [InlineData("audio_tower.layers.11.self_attn.k_proj", NetworkPart.Audio, 11, "k_proj")]
    [InlineData("visual.blocks.0.mlp.down_proj", NetworkPart.Vision, 0, "down_proj")]
    [InlineData("q_proj", NetworkPart.Text, null, "q_proj")]
    public void ThePlaceOfALinearIsReadFromItsName(string path, NetworkPart part, int? layer, string module) =>
        Assert.Equal(new LinearPlace(part, layer, module), LinearPlace.Of(path));

    [Fact]
    public void WordsBecomeAnIntervention()
    {
        RouterIntervention made = RouterIntervention.From("Drop", 2, null, ["vision", "text", "text"], [4, 1, 4], ["q_proj"]);
        Assert.Equal((InterventionKind.Drop, 2, null), (made.Kind, made.Expert, made.Factor));
        Assert.Equal([NetworkPart.Text, NetworkPart.Vision], made.Parts!);
        Assert.Equal([1, 4], made.Layers!);
        Assert.Equal(["q_proj"], made.Modules!);
        Assert.Equal(new RouterIntervention(InterventionKind.Off), RouterIntervention.From("off", parts: [], layers: [], modules: []));
    }

    [Theory]
    [InlineData("kind", "kind: found nothing; expected pin, drop, uniform, scale or off.", null, null, null)]
    [InlineData("kind", "kind: found “boost”; expected pin, drop, uniform, scale or off.", "boost", null, null)]
    [InlineData("kind", "kind: found “0”; expected pin, drop, uniform, scale or off.", "0", null, null)]
    [InlineData("expert", "expert: found none for pin; expected the number of an expert, from 0.", "pin", null, null)]
    [InlineData("expert", "expert: found -1 for drop; expected the number of an expert, from 0.", "drop", -1, null)]
    [InlineData("expert", "expert: found 1 for uniform; expected none, as it is for pin and drop only.", "uniform", 1, null)]
    [InlineData("factor", "factor: found none for scale; expected a number from 0 to 100 that alpha is multiplied by.", "scale", null, null)]
    [InlineData("factor", "factor: found -1 for scale; expected a number from 0 to 100 that alpha is multiplied by.", "scale", null, -1.0)]
    [InlineData("factor", "factor: found NaN for scale; expected a number from 0 to 100 that alpha is multiplied by.", "scale", null, double.NaN)]
    [InlineData("factor", "factor: found 2 for off; expected none, as it is for scale only.", "off", null, 2.0)]
    public void AValueThatMakesNoSenseIsRefusedInOneLine(string field, string line, string? kind, int? expert, double? factor)
    {
        TaskInputException refused = Assert.Throws<TaskInputException>(() => RouterIntervention.From(kind, expert, factor));
        Assert.Equal((field, line), (refused.Field, refused.Message));
    }

    [Fact]
    public void ASelectionThatMakesNoSenseIsRefusedInOneLine()
    {
        Assert.Equal("parts: found “ears”; expected text, audio or vision.", Refused(() => RouterIntervention.From("off", parts: ["ears"])));
        Assert.Equal("layers: found -2; expected at most 1024 numbers from 0.", Refused(() => RouterIntervention.From("off", layers: [1, -2])));
        Assert.Equal("modules: found “ ”; expected the last word of a linear's name, such as q_proj.", Refused(() => RouterIntervention.From("off", modules: [" "])));
    }

    [Fact]
    public void WhatAModelHasNotGotIsRefusedInOneLine()
    {
        ModelFacts model = new("m", "a.bin", false, 1, 1, 2, 3, 4, 8, ["model.layers.0.mlp.up_proj", "model.layers.1.mlp.up_proj"], ["audio_tower.layers.0.self_attn.k_proj"], [], "fp32", "cpu", 64);
        Assert.Equal("expert: found 3; expected a number from 0 to 2, as the adapter of this model has 3 experts.", Refused(model, new(InterventionKind.Pin, 3)));
        Assert.Equal("layers: found 2; expected numbers from 0 to 1.", Refused(model, new(InterventionKind.Off, Layers: [0, 2])));
        Assert.Equal("modules: found “q_proj”; expected up_proj, k_proj.", Refused(model, new(InterventionKind.Off, Modules: ["q_proj"])));
        Assert.StartsWith("parts: found no adapted linear that is in all of the chosen parts, layers and modules", Refused(model, new(InterventionKind.Off, Parts: [NetworkPart.Audio], Layers: [1])), StringComparison.Ordinal);
        Assert.StartsWith("kind: found drop with an adapter of one expert", Refused(model with { Experts = 1 }, new(InterventionKind.Drop, 0)), StringComparison.Ordinal);
        Assert.StartsWith("intervention: found a model without an adapter", Refused(model with { Experts = 0 }, new(InterventionKind.Off)), StringComparison.Ordinal);
        new RouterIntervention(InterventionKind.Pin, 2, Parts: [NetworkPart.Text], Layers: [1], Modules: ["up_proj"]).CheckAgainst(model);
    }

    private static string Refused(ModelFacts model, RouterIntervention intervention) => Refused(() => intervention.CheckAgainst(model));

    private static string Refused(Action action) => Assert.Throws<TaskInputException>(action).Message;

    private static (float[] Output, RouteMatrix Routes) Run(RouterIntervention? intervention, Action<Dictionary<string, Tensor>>? make = null) =>
        ILoraLinearTests.Run("f32", ScalarType.Float32, Alpha, intervention, make);

    private static float[][] Rows(RouteMatrix routes) => [.. routes.Weights.Chunk(routes.Experts)];

    // An adapter of some of the experts: their rows of the router and their B.
    private static void Keep(Dictionary<string, Tensor> tensors, params int[] experts)
    {
        Tensor route = tensors["q_proj.lora_route.weight"];
        tensors["q_proj.lora_route.weight"] = cat([.. experts.Select(expert => route.narrow(0, expert, 1))], 0);
        Tensor[] b = [.. experts.Select(expert => tensors[$"q_proj.lora_B{expert}.weight"])];
        foreach (string name in tensors.Keys.Where(name => name.Contains("lora_B", StringComparison.Ordinal)).ToArray())
        {
            tensors.Remove(name);
        }

        for (int place = 0; place < b.Length; place++)
        {
            tensors[$"q_proj.lora_B{place}.weight"] = b[place];
        }
    }
}

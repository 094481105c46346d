using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>
/// Where a module takes its tensors from. A module asks for each one by the name it has in the checkpoint and with the
/// exact shape it needs, so the code of the network is also the list of its keys. Nothing is thrown at the first fault:
/// <see cref="WeightLoader"/> gathers all of them and names them together.
/// </summary>
public sealed class WeightScope
{
    private readonly WeightLoader loader;

    internal WeightScope(WeightLoader loader, string path)
    {
        this.loader = loader;
        Path = path;
    }

    /// <summary>The module path so far, e.g. <c>model.layers.0.self_attn</c>.</summary>
    public string Path { get; }

    /// <summary>The scope of a child module, e.g. <c>At("layers.0")</c>.</summary>
    public WeightScope At(string child) => new(loader, Path.Length == 0 ? child : $"{Path}.{child}");

    /// <summary>A base tensor in the compute type on the model's device, e.g. <c>Get("weight", 3584, 3584)</c>. Lives as long as the model.</summary>
    public Tensor Get(string name, params long[] shape) => loader.Base(Path.Length == 0 ? name : $"{Path}.{name}", shape);

    /// <summary>Whether the base has such a tensor.</summary>
    public bool Has(string name) => loader.HasBase(Path.Length == 0 ? name : $"{Path}.{name}");

    /// <summary>The adapter of the linear at this path, or null when the model has none.</summary>
    public AdapterTensors? Adapter(long inFeatures, long outFeatures) => loader.Adapter(Path, inFeatures, outFeatures);
}

/// <summary>The I-LoRA tensors of one linear, in the compute type, laid side by side so that a pass costs two products.</summary>
/// <param name="RouteAndA">lora_route.weight over lora_A.weight: [experts + rank, in].</param>
/// <param name="B">lora_B0.weight, lora_B1.weight, … beside each other: [out, experts · rank].</param>
/// <param name="Experts">n.</param>
/// <param name="Rank">r.</param>
/// <param name="Scale">s = alpha / r.</param>
public sealed record AdapterTensors(Tensor RouteAndA, Tensor B, int Experts, int Rank, double Scale)
{
    /// <summary>Share of A's input that is dropped, from 0 to below 1. 0 except while training.</summary>
    public double Dropout { get; set; }
}

/// <summary>One adapted linear of a loaded model.</summary>
/// <param name="Path">Its module path below the Thinker, e.g. <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Tensors">Its adapter.</param>
public sealed record AdaptedLinear(string Path, AdapterTensors Tensors);

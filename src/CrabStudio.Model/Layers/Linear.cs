using CrabStudio.Model.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Model.Layers;

/// <summary>A frozen linear layer without an adapter: y = W x + b.</summary>
public sealed class Linear(WeightScope weights, long inFeatures, long outFeatures, bool hasBias = true)
{
    private readonly Tensor weight = weights.Get("weight", outFeatures, inFeatures);
    private readonly Tensor? bias = hasBias ? weights.Get("bias", outFeatures) : null;

    /// <summary>[..., in] → [..., out].</summary>
    public Tensor Forward(Tensor x) => functional.linear(x, weight, bias);
}

/// <summary>Layer normalization with weight and bias (ε 1e-5, PyTorch's default, as the audio tower uses it).</summary>
public sealed class LayerNorm(WeightScope weights, long size)
{
    private readonly Tensor weight = weights.Get("weight", size);
    private readonly Tensor bias = weights.Get("bias", size);

    /// <summary>[..., size] → [..., size].</summary>
    public Tensor Forward(Tensor x) => functional.layer_norm(x, [x.shape[^1]], weight, bias, 1e-5);
}

using CrabStudio.Model.Checkpoints;
using static TorchSharp.torch;

namespace CrabStudio.Model.Layers;

/// <summary>x / √(mean(x²) + ε) · w, computed in float32 and cast back before the weight, as the original does.</summary>
public sealed class RmsNorm(WeightScope weights, long size, double epsilon)
{
    private readonly Tensor weight = weights.Get("weight", size);

    /// <summary>[..., size] → [..., size].</summary>
    public Tensor Forward(Tensor x)
    {
        Tensor wide = x.to(ScalarType.Float32);
        Tensor normed = wide * (wide * wide).mean([-1], keepdim: true).Plus(epsilon).rsqrt();
        return weight * normed.to(x.dtype);
    }
}

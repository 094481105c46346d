using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Lora;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Model.Layers;

/// <summary>SwiGLU feed-forward network: down(silu(gate(x)) · up(x)); all three are adapted.</summary>
public sealed class FeedForward
{
    private readonly ILoraLinear gate_proj, up_proj, down_proj;

    /// <summary>Takes the weights of <c>mlp</c>.</summary>
    public FeedForward(WeightScope weights, long hidden, long intermediate, bool bias, RouteRecorder routes)
    {
        gate_proj = new ILoraLinear(weights.At("gate_proj"), hidden, intermediate, bias, routes);
        up_proj = new ILoraLinear(weights.At("up_proj"), hidden, intermediate, bias, routes);
        down_proj = new ILoraLinear(weights.At("down_proj"), intermediate, hidden, bias, routes);
    }

    /// <summary>[tokens, hidden] → [tokens, hidden].</summary>
    public Tensor Forward(Tensor x) => down_proj.Forward(functional.silu(gate_proj.Forward(x)) * up_proj.Forward(x));
}

using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Model.Lora;

/// <summary>
/// A frozen linear layer with I-LoRA (paper §3.3; reference: the authors' I-LoRA linear). For an input x of one token:
/// <code>
/// g = softmax(R x) over the n experts      (softmax in float32, then cast to x's type)
/// h = A dropout(x)                         (one shared A of rank r; dropout in training only, and not for R)
/// y = W x + b + s · Σ_i g_i · (B_i h)      (s = alpha / r)
/// </code>
/// Routing is dense (every expert speaks) and separate for each token. A <see cref="RouterIntervention"/> changes g or s on
/// its way; without one the pass is as above to the bit.
/// </summary>
public sealed class ILoraLinear
{
    private readonly Tensor weight;
    private readonly Tensor? bias;
    private readonly AdapterTensors? adapter;
    private readonly RouteRecorder routes;
    private readonly int routeIndex;

    /// <summary>Takes weight (and bias) and, where the model has one, the adapter of the linear at <paramref name="weights"/>.</summary>
    /// <param name="weights">The scope whose path is the linear's name.</param>
    /// <param name="inFeatures">Width of x.</param>
    /// <param name="outFeatures">Width of y.</param>
    /// <param name="hasBias">Whether the frozen layer has a bias.</param>
    /// <param name="routes">Collects g of every adapted linear of this part of the network.</param>
    public ILoraLinear(WeightScope weights, long inFeatures, long outFeatures, bool hasBias, RouteRecorder routes)
    {
        weight = weights.Get("weight", outFeatures, inFeatures);
        bias = hasBias ? weights.Get("bias", outFeatures) : null;
        adapter = weights.Adapter(inFeatures, outFeatures);
        this.routes = routes;
        if (adapter is not null)
        {
            routeIndex = routes.Register(weights.Path);
        }
    }

    /// <summary>x [..., in] → y [..., out]; the gate g [..., experts] goes to the recorder.</summary>
    public Tensor Forward(Tensor x)
    {
        Tensor y = functional.linear(x, weight, bias);
        if (adapter is null)
        {
            return y;
        }

        RouterIntervention? altered = routes.InterventionAt(routeIndex);
        if (altered is { Kind: InterventionKind.Off })
        {
            if (routes.Enabled)
            {
                routes.Add(routeIndex, empty([.. x.shape[..^1], adapter.Experts], x.dtype, x.device).Fill(0));
            }

            return y;
        }

        (Tensor r, Tensor h) = RouteAndDown(x, adapter);
        Tensor g = altered is null ? Gate(r) : Gate(r, altered);
        routes.Add(routeIndex, g);
        // Σ g_i (B_i h) is one product of the gated copies of h with all B side by side.
        Tensor gated = (g.unsqueeze(-1) * h.unsqueeze(-2)).flatten(-2);
        double s = altered is { Kind: InterventionKind.Scale, Factor: { } factor } ? adapter.Scale * factor : adapter.Scale;
        using Scalar scale = s.ToScalar();
        return y.add(functional.linear(gated, adapter.B), scale);
    }

    private static Tensor Gate(Tensor r) => r.softmax(-1, ScalarType.Float32).to(r.dtype);

    private static Tensor Gate(Tensor r, RouterIntervention altered)
    {
        Tensor g;
        switch (altered.Kind)
        {
            case InterventionKind.Pin:
                g = empty(r.shape, r.dtype, r.device).Fill(0);
                g.narrow(-1, altered.Expert!.Value, 1).Fill(1);
                return g;
            case InterventionKind.Drop:
                // A copy, because r is a part of a product that holds h too.
                g = r.clone();
                g.narrow(-1, altered.Expert!.Value, 1).Fill(double.NegativeInfinity);
                return Gate(g);
            case InterventionKind.Uniform:
                return empty(r.shape, r.dtype, r.device).Fill(1.0 / r.shape[^1]);
            default:
                return Gate(r);
        }
    }

    // R x [..., experts] and A x [..., rank]: one product, unless dropout gives A another x.
    private static (Tensor Route, Tensor Down) RouteAndDown(Tensor x, AdapterTensors adapter)
    {
        if (adapter.Dropout == 0)
        {
            Tensor both = functional.linear(x, adapter.RouteAndA);
            return (both.narrow(-1, 0, adapter.Experts), both.narrow(-1, adapter.Experts, adapter.Rank));
        }

        return (
            functional.linear(x, adapter.RouteAndA.narrow(0, 0, adapter.Experts)),
            functional.linear(functional.dropout(x, adapter.Dropout, training: true), adapter.RouteAndA.narrow(0, adapter.Experts, adapter.Rank)));
    }
}

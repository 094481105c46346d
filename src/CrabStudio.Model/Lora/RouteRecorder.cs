using static TorchSharp.torch;

namespace CrabStudio.Model.Lora;

/// <summary>
/// Gathers the router weights of one forward pass of one part of the network (text decoder, audio tower, vision tower),
/// as a by-product of the pass itself. Used on the model's thread only.
/// </summary>
public sealed class RouteRecorder
{
    private readonly List<string> linears = [];
    private readonly List<List<Tensor>> gates = [];
    private RouterIntervention? intervention;
    private bool[] touched = [];

    /// <summary>Module paths of the adapted linears, in the order of the forward pass.</summary>
    public IReadOnlyList<string> Linears => linears;

    /// <summary>Whether gates are kept. Off: <see cref="Add"/> does nothing.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How the linears of this part are altered in the passes from now on; null: not at all.</summary>
    public RouterIntervention? Intervention
    {
        get => intervention;
        set
        {
            if (!ReferenceEquals(intervention, value))
            {
                touched = value is null ? [] : [.. linears.Select(value.Touches)];
                intervention = value;
            }
        }
    }

    internal RouterIntervention? InterventionAt(int linear) => intervention is not null && touched[linear] ? intervention : null;

    internal int Register(string linear)
    {
        linears.Add(linear);
        gates.Add([]);
        return linears.Count - 1;
    }

    internal void Add(int linear, Tensor gate)
    {
        if (Enabled)
        {
            // A handle of its own, so that the layer's scope may dispose the caller's; and no gradient through it.
            gates[linear].Add(gate.detach().DetachFromDisposeScope());
        }
    }

    /// <summary>
    /// The gates since the last call as float32 [linear, position, expert], and forgets them; null when disabled or
    /// when the model has no adapter.
    /// </summary>
    public RouteMatrix? Take()
    {
        try
        {
            if (!Enabled || linears.Count == 0 || gates.Any(runs => runs.Count == 0))
            {
                return null;
            }

            using DisposeScope scope = NewDisposeScope();
            Tensor all = stack(gates.Select(runs => runs.Count == 1 ? runs[0] : cat(runs, 0)).ToArray()).to(ScalarType.Float32).cpu();
            return new RouteMatrix(linears, (int)all.shape[1], (int)all.shape[2], all.data<float>().ToArray());
        }
        finally
        {
            Clear();
        }
    }

    /// <summary>Forgets what was gathered.</summary>
    public void Clear()
    {
        // Lists without gates are not touched, so that passes of several threads that gather none do not meet here.
        foreach (List<Tensor> runs in gates.Where(runs => runs.Count > 0))
        {
            runs.ForEach(gate => gate.Dispose());
            runs.Clear();
        }
    }
}

/// <summary>Router weights of a pass.</summary>
/// <param name="Linears">Names of the adapted linears.</param>
/// <param name="Positions">Number of positions (tokens, audio frames or patches).</param>
/// <param name="Experts">Number of experts.</param>
/// <param name="Weights">[linear, position, expert], each row summing to 1; that of an adapter that was switched off is 0.</param>
public sealed record RouteMatrix(IReadOnlyList<string> Linears, int Positions, int Experts, float[] Weights)
{
    /// <summary>The weight of one expert.</summary>
    public float this[int linear, int position, int expert] => Weights[(((linear * Positions) + position) * Experts) + expert];
}

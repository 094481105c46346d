using static TorchSharp.torch;

namespace CrabStudio.Model.Lora;

/// <summary>
/// Gathers the router weights of one forward pass of one part of the network (text decoder, audio tower, vision tower),
/// as a by-product of the pass itself.
/// </summary>
public sealed class RouteRecorder
{
    private readonly List<string> linears = [];
    private Tensor?[] gates = [];

    /// <summary>Module paths of the adapted linears, in the order of the forward pass.</summary>
    public IReadOnlyList<string> Linears => linears;

    /// <summary>Whether gates are kept. Off: <see cref="Add"/> does nothing.</summary>
    public bool Enabled { get; set; } = true;

    internal int Register(string linear)
    {
        linears.Add(linear);
        gates = new Tensor?[linears.Count];
        return linears.Count - 1;
    }

    internal void Add(int linear, Tensor gate)
    {
        if (Enabled)
        {
            gates[linear]?.Dispose();
            gates[linear] = gate.alias().DetachFromDisposeScope();
        }
    }

    /// <summary>
    /// The gates since the last call as float32 [linear, position, expert], and forgets them; null when disabled or
    /// when the model has no adapter.
    /// </summary>
    public RouteMatrix? Take()
    {
        if (!Enabled || linears.Count == 0 || gates.Any(gate => gate is null))
        {
            Clear();
            return null;
        }

        using Tensor stacked = stack(gates.Select(gate => gate!.reshape(-1, gate.shape[^1])).ToArray()).to(ScalarType.Float32).cpu();
        var matrix = new RouteMatrix(linears, (int)stacked.shape[1], (int)stacked.shape[2], stacked.data<float>().ToArray());
        Clear();
        return matrix;
    }

    /// <summary>Forgets what was gathered.</summary>
    public void Clear()
    {
        for (int i = 0; i < gates.Length; i++)
        {
            gates[i]?.Dispose();
            gates[i] = null;
        }
    }
}

/// <summary>Router weights of a pass.</summary>
/// <param name="Linears">Names of the adapted linears.</param>
/// <param name="Positions">Number of positions (tokens, audio frames or patches).</param>
/// <param name="Experts">Number of experts.</param>
/// <param name="Weights">[linear, position, expert], each row summing to 1.</param>
public sealed record RouteMatrix(IReadOnlyList<string> Linears, int Positions, int Experts, float[] Weights)
{
    /// <summary>The weight of one expert.</summary>
    public float this[int linear, int position, int expert] => Weights[((linear * Positions) + position) * Experts + expert];
}

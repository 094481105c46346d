namespace CrabStudio.Web.Components.Routing;

/// <summary>A matrix linear × expert as it is drawn.</summary>
/// <param name="Linears">Names.</param>
/// <param name="Experts">Number of experts.</param>
/// <param name="Weights">[linear·experts + expert], each row summing to 1.</param>
public sealed record MatrixView(IReadOnlyList<string> Linears, int Experts, float[] Weights)
{
    /// <summary>The rows, in order.</summary>
    public IReadOnlyList<MatrixRow> Rows { get; } = [.. Linears.Select((name, linear) => new MatrixRow(linear, name, new ArraySegment<float>(Weights, linear * Experts, Experts)))];

    /// <summary>Mean over the linears, [expert].</summary>
    public double[] Mean { get; } = RouteStatistics.MeanOverLinears(Weights, Experts);

    /// <summary>Smallest weight.</summary>
    public float Least { get; } = Weights.Length == 0 ? 0 : Weights.Min();

    /// <summary>Largest weight.</summary>
    public float Most { get; } = Weights.Length == 0 ? 1 : Weights.Max();

    /// <summary>Whether the weights differ in the four digits that are shown. What looks alike in numbers is never stretched into a difference.</summary>
    public bool Varied => Most - Least >= 1e-4;

    /// <summary>Where a weight stands on the drawn scale, 0 to 1: itself, or stretched to the range when that was asked for.</summary>
    public double Shade(double weight, bool stretched) => Math.Clamp(!stretched ? weight : Varied ? (weight - Least) / ((double)Most - Least) : 0.5, 0, 1);
}

/// <summary>A row of a matrix.</summary>
public sealed record MatrixRow(int Linear, string Name, ArraySegment<float> Weights)
{
    /// <summary>Entropy in bits.</summary>
    public double Entropy { get; } = RouteStatistics.Entropy(Weights.AsSpan());
}

/// <summary>How router weights are drawn, as a person chose it.</summary>
public sealed class MatrixLook
{
    /// <summary>Colours run over the range of the weights instead of 0 to 1.</summary>
    public bool Stretched { get; set; }

    /// <summary>Numbers alone, every row, with more digits.</summary>
    public bool Plain { get; set; }
}

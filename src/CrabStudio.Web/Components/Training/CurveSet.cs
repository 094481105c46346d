using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Training;

/// <summary>
/// The curves of a chart over one axis of steps. However long a run is, a curve has at most <see cref="MostPoints"/> points:
/// each is the weighted mean over equally many steps, and their number doubles when the axis is full.
/// </summary>
public sealed class CurveSet
{
    /// <summary>Most points of a curve.</summary>
    public const int MostPoints = 200;

    private readonly List<string> names = [];
    private readonly Dictionary<string, (double[] Sums, double[] Weights)> curves = [];

    /// <summary>Names of the curves, in order of first appearance.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>Steps of a point.</summary>
    public int Width { get; private set; } = 1;

    /// <summary>The last step with a value; 0 before the first.</summary>
    public int LastStep { get; private set; }

    /// <summary>Points of the axis so far.</summary>
    public int Count => LastStep == 0 ? 0 : ((LastStep - 1) / Width) + 1;

    /// <summary>Whether there is anything to draw.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Takes in a value. What was measured before the first step counts as step 1.</summary>
    public void Add(RunPoint point)
    {
        int step = Math.Max(1, point.Step);
        while ((step - 1) / Width >= MostPoints)
        {
            Halve();
        }

        if (!curves.TryGetValue(point.Name, out (double[] Sums, double[] Weights) curve))
        {
            curves[point.Name] = curve = (new double[MostPoints], new double[MostPoints]);
            names.Add(point.Name);
        }

        int at = (step - 1) / Width;
        curve.Sums[at] += point.Value * point.Weight;
        curve.Weights[at] += point.Weight;
        LastStep = Math.Max(LastStep, step);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        names.Clear();
        curves.Clear();
        (Width, LastStep) = (1, 0);
    }

    /// <summary>The mean of a curve over the steps of a point; null where it has none.</summary>
    public double? At(string name, int point) => curves.TryGetValue(name, out (double[] Sums, double[] Weights) curve) && curve.Weights[point] > 0 ? curve.Sums[point] / curve.Weights[point] : null;

    /// <summary>The last value of a curve; null when it has none.</summary>
    public double? Last(string name)
    {
        for (int point = Count - 1; point >= 0; point--)
        {
            if (At(name, point) is { } value)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The first and the last step of a point.</summary>
    public (int From, int To) Steps(int point) => ((point * Width) + 1, Math.Min(LastStep, (point + 1) * Width));

    private void Halve()
    {
        foreach ((double[] sums, double[] weights) in curves.Values)
        {
            foreach (double[] values in new[] { sums, weights })
            {
                for (int i = 0; i < MostPoints; i++)
                {
                    values[i] = 2 * i < MostPoints ? values[2 * i] + values[(2 * i) + 1] : 0;
                }
            }
        }

        Width *= 2;
    }
}

using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace CrabStudio.Web.Components.Routing;

/// <summary>A run as the atlas sees it.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Session">Its session.</param>
/// <param name="Title">Name of the session.</param>
/// <param name="Task">Task key; empty: a free question.</param>
/// <param name="Routes">Mean routing of the text decoder over the prompt, [linear·experts + expert].</param>
/// <param name="Modalities">The same over the positions of one modality.</param>
public sealed record AtlasRun(Guid Answer, Guid Session, string Title, string Task, float[] Routes, IReadOnlyDictionary<Model.Generation.PromptPart, float[]> Modalities);

/// <summary>Several runs of one task.</summary>
/// <param name="Task">Task key.</param>
/// <param name="Runs">How many runs.</param>
/// <param name="Mean">Mean of their routing, [linear·experts + expert].</param>
/// <param name="Spread">Mean divergence of the runs from it, in bits; null for a single run, which has none.</param>
public sealed record AtlasTask(string Task, int Runs, double[] Mean, double? Spread);

/// <summary>A run on the map.</summary>
public sealed record AtlasPoint(AtlasRun Run, double X, double Y);

/// <summary>A map of runs.</summary>
/// <param name="Points">Runs on the first two axes.</param>
/// <param name="Shares">How much of the variance each axis carries, 0 to 1.</param>
public sealed record AtlasMap(IReadOnlyList<AtlasPoint> Points, (double X, double Y) Shares);

/// <summary>Means, distances and a map of runs.</summary>
public static class AtlasMath
{
    /// <summary>Tasks in the order of their number of runs.</summary>
    public static IReadOnlyList<AtlasTask> Tasks(IReadOnlyList<AtlasRun> runs, int experts) =>
    [
        .. runs.GroupBy(run => run.Task).Select(group =>
        {
            AtlasRun[] all = [.. group];
            double[] mean = Mean([.. all.Select(run => run.Routes)]);
            return new AtlasTask(group.Key, all.Length, mean, all.Length < 2 ? null : all.Average(run => Distance([.. run.Routes.Select(weight => (double)weight)], mean, experts)));
        }).OrderByDescending(task => task.Runs).ThenBy(task => task.Task, StringComparer.Ordinal),
    ];

    /// <summary>The mean of several runs, element by element.</summary>
    public static double[] Mean(IReadOnlyList<float[]> runs)
    {
        double[] mean = new double[runs[0].Length];
        foreach (float[] run in runs)
        {
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += run[i];
            }
        }

        return [.. mean.Select(sum => sum / runs.Count)];
    }

    /// <summary>Mean over linears of the Jensen–Shannon divergence, in bits.</summary>
    public static double Distance(ReadOnlySpan<double> one, ReadOnlySpan<double> other, int experts)
    {
        double sum = 0;
        for (int linear = 0; linear < one.Length; linear += experts)
        {
            sum += RouteMeasures.Divergence(one.Slice(linear, experts), other.Slice(linear, experts));
        }

        return one.Length == 0 ? 0 : sum * experts / one.Length;
    }

    /// <summary>Means over the linears of each layer, [layer][expert].</summary>
    /// <param name="routes">[linear·experts + expert].</param>
    /// <param name="linears">Where each linear stands.</param>
    /// <param name="experts">Number of experts.</param>
    public static IReadOnlyList<(int Layer, double[] Mix)> Layers(IReadOnlyList<double> routes, IReadOnlyList<RouteLinear> linears, int experts) =>
    [
        .. linears.Index().Where(linear => linear.Item.Layer is not null).GroupBy(linear => linear.Item.Layer!.Value).OrderBy(layer => layer.Key)
            .Select(layer => (layer.Key, (double[])[.. Enumerable.Range(0, experts).Select(expert => layer.Average(linear => routes[(linear.Index * experts) + expert]))])),
    ];

    /// <summary>Runs on the two axes along which they differ most: principal components of their routing, by a singular value decomposition. Null with fewer than three runs.</summary>
    public static AtlasMap? Map(IReadOnlyList<AtlasRun> runs)
    {
        if (runs.Count < 3)
        {
            return null;
        }

        double[] mean = Mean([.. runs.Select(run => run.Routes)]);
        // Of runs × weights the smaller side decides the cost: the products of runs give the same axes.
        Matrix<double> centred = Matrix<double>.Build.Dense(runs.Count, mean.Length, (run, weight) => runs[run].Routes[weight] - mean[weight]);
        Evd<double> decomposed = centred.TransposeAndMultiply(centred).Evd(Symmetricity.Symmetric);
        double[] values = [.. decomposed.EigenValues.Select(value => Math.Max(0, value.Real))];
        double all = values.Sum();
        int first = values.Length - 1, second = values.Length - 2;
        Vector<double> x = decomposed.EigenVectors.Column(first) * Math.Sqrt(values[first]), y = decomposed.EigenVectors.Column(second) * Math.Sqrt(values[second]);
        return new AtlasMap(
            [.. runs.Select((run, index) => new AtlasPoint(run, x[index], y[index]))],
            all <= 0 ? (0, 0) : (values[first] / all, values[second] / all));
    }
}

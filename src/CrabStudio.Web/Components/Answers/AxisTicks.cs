namespace CrabStudio.Web.Components.Answers;

/// <summary>Marks of a time axis at round numbers.</summary>
public static class AxisTicks
{
    private static readonly double[] Steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

    /// <summary>Times in seconds from 0 to <paramref name="durationSeconds"/>, in at most <paramref name="most"/> steps (beyond 3600 s each, as many as it takes).</summary>
    public static IReadOnlyList<double> For(double durationSeconds, int most = 10)
    {
        if (!(durationSeconds > 0 && double.IsFinite(durationSeconds)))
        {
            return [0];
        }

        double step = Steps.FirstOrDefault(step => durationSeconds / step <= most, 3600);
        return [.. Enumerable.Range(0, (int)Math.Floor((durationSeconds / step) + 1e-9) + 1).Select(i => i * step)];
    }
}

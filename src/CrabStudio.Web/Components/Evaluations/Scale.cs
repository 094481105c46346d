using System.Globalization;

namespace CrabStudio.Web.Components.Evaluations;

/// <summary>A stretch of numbers on which figures are drawn.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end, above the lower.</param>
public readonly record struct Scale(double Low, double High)
{
    /// <summary>From 0 to 1, or further where a figure lies beyond.</summary>
    public static Scale Of(IEnumerable<double?> values)
    {
        double[] all = [.. values.OfType<double>()];
        return new Scale(Math.Min(0, all.DefaultIfEmpty(0).Min()), Math.Max(1, all.DefaultIfEmpty(1).Max()));
    }

    /// <summary>As far below 0 as above, for differences.</summary>
    public static Scale Around(IEnumerable<double?> values)
    {
        double most = values.OfType<double>().Select(Math.Abs).DefaultIfEmpty(0).Max();
        double end = most == 0 ? 1 : most;
        return new Scale(-end, end);
    }

    /// <summary>Where a number lies, as a style of CSS: "62.5%".</summary>
    public string At(double value) => (100 * Math.Clamp((value - Low) / (High - Low), 0, 1)).ToString("0.##", CultureInfo.InvariantCulture) + "%";

    /// <summary>How wide a stretch is.</summary>
    public string Wide(double low, double high) => (100 * Math.Clamp((high - low) / (High - Low), 0, 1)).ToString("0.##", CultureInfo.InvariantCulture) + "%";
}

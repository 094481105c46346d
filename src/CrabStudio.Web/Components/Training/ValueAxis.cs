namespace CrabStudio.Web.Components.Training;

/// <summary>A scale of values with marks at round numbers.</summary>
/// <param name="Step">Between two marks: 1, 2 or 5 times a power of ten.</param>
/// <param name="From">The lowest mark, at or below all values.</param>
/// <param name="To">The highest mark, at or above all values.</param>
public readonly record struct ValueAxis(double Step, double From, double To)
{
    private const int Marks = 5;

    /// <summary>The scale for values between two bounds.</summary>
    public static ValueAxis For(double least, double most)
    {
        double range = most - least;
        if (!(range > 0))
        {
            range = Math.Abs(most) > 0 ? Math.Abs(most) : 1;
            (least, most) = (least - (range / 2), most + (range / 2));
        }

        double rough = range / Marks, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        return new ValueAxis(step, Math.Floor((least / step) + 1e-9) * step, Math.Ceiling((most / step) - 1e-9) * step);
    }
}

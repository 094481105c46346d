using System.Globalization;
using CrabStudio.Testing;

[assembly: AssemblyFixture(typeof(CrabStudio.Model.Tests.WorstTable))]

namespace CrabStudio.Model.Tests;

/// <summary>Compares results with reference vectors and remembers the worst difference of each stage.</summary>
internal static class Worst
{
    private static readonly Lock Gate = new();
    private static readonly SortedDictionary<string, (int Checks, double Error, string Where, double Tolerance)> Stages = [];

    /// <summary>Fails when a value is further off than the tolerance.</summary>
    public static void Check(string stage, string where, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)expected[i] - actual[i]);
            // Not a number is never near.
            worst = error <= worst ? worst : double.IsNaN(error) ? double.PositiveInfinity : error;
        }

        lock (Gate)
        {
            (int checks, double error, string place, _) = Stages.GetValueOrDefault(stage, (0, -1, where, tolerance));
            Stages[stage] = worst > error ? (checks + 1, worst, where, tolerance) : (checks + 1, error, place, tolerance);
        }

        Assert.True(worst <= tolerance, $"{stage} of {where} is off by {worst:g6}; allowed {tolerance:g3}");
    }

    /// <summary>Compares a tensor that the file holds whole, or as samples (NAME_index and NAME_value) of the flattened tensor.</summary>
    public static void Check(string stage, string where, Vectors vectors, string name, float[] actual, double tolerance)
    {
        if (vectors.Has(name))
        {
            Check(stage, where, vectors.Floats(name), actual, tolerance);
            return;
        }

        string sample = name == "pixel_values" ? "pixel" : name;
        Check(stage, where, vectors.Floats($"{sample}_value"), [.. vectors.Longs($"{sample}_index").Select(i => actual[i])], tolerance);
    }

    /// <summary>A line for each stage.</summary>
    public static IEnumerable<string> Lines()
    {
        lock (Gate)
        {
            return [.. Stages.Select(stage => string.Create(
                CultureInfo.InvariantCulture,
                $"| {stage.Key} | {stage.Value.Checks} | {stage.Value.Error:0.0e+0} | {stage.Value.Where} | {stage.Value.Tolerance:0.0e+0} |"))];
        }
    }
}

/// <summary>Prints, when all tests of the assembly are over, how near each stage came to the reference: the table of tests/README.md.</summary>
public sealed class WorstTable : IDisposable
{
    public void Dispose()
    {
        if (Worst.Lines().ToArray() is { Length: > 0 } lines)
        {
            Console.WriteLine("| stage | comparisons | worst error | in | allowed |");
            Console.WriteLine("|---|---|---|---|---|");
            Array.ForEach(lines, Console.WriteLine);
        }
    }
}

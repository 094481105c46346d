using CrabStudio.Web.Components.Routing;
using Spectre.Console;

namespace CrabStudio.Cli;

/// <summary>How much each expert had its say, as a bar of letters and colours.</summary>
internal static class ExpertBar
{
    private const int Cells = 40;

    /// <summary>Writes one line.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="mean">Mean weight of each expert; they sum to 1.</param>
    /// <param name="tokens">Over how many tokens.</param>
    /// <param name="linears">Over how many adapted linears.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<double> mean, int tokens, int linears)
    {
        int[] cells = Share(mean);
        Paragraph line = new("experts  ");
        for (int expert = 0; expert < mean.Count; expert++)
        {
            line.Append(string.Concat(Enumerable.Repeat(ExpertPalette.Letter(expert)[..1], cells[expert])), new Style(Color.Black, Color.FromHex(ExpertPalette.Colour(expert))));
        }

        for (int expert = 0; expert < mean.Count; expert++)
        {
            line.Append(FormattableString.Invariant($"  {ExpertPalette.Letter(expert)} {mean[expert]:0.000}"));
        }

        line.Append($"  (mean over {tokens} tokens and {linears} linears)");
        console.Write(line);
        console.WriteLine();
    }

    /// <summary>Whole cells for each weight, together as many as there are: the largest remainders are rounded up.</summary>
    public static int[] Share(IReadOnlyList<double> mean)
    {
        double sum = mean.Sum();
        double[] wanted = [.. mean.Select(weight => sum > 0 ? weight / sum * Cells : 0)];
        int[] cells = [.. wanted.Select(width => (int)Math.Floor(width))];
        foreach (int expert in Enumerable.Range(0, mean.Count).OrderByDescending(expert => wanted[expert] - cells[expert]).Take(sum > 0 ? Cells - cells.Sum() : 0))
        {
            cells[expert]++;
        }

        return cells;
    }
}

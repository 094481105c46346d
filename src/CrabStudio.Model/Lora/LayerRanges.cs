using System.Globalization;
using CrabStudio.Tasks;

namespace CrabStudio.Model.Lora;

/// <summary>Numbers of layers as people write them: <c>0-3, 7</c>.</summary>
public static class LayerRanges
{
    /// <summary>Largest number of a layer that is read.</summary>
    public const int Last = 1023;

    /// <summary>Reads them; an empty text: none.</summary>
    /// <exception cref="TaskInputException">It is no list of numbers and ranges.</exception>
    public static IReadOnlyList<int> Parse(string? text)
    {
        SortedSet<int> layers = [];
        foreach (string piece in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] ends = piece.Split(['-', '–'], 2, StringSplitOptions.TrimEntries);
            if (!Read(ends[0], out int from) || !Read(ends[^1], out int to) || from > to)
            {
                throw new TaskInputException("layers", $"layers: found “{piece}”; expected numbers and ranges from 0 to {Last}, such as 0-3, 7.");
            }

            layers.UnionWith(Enumerable.Range(from, to - from + 1));
        }

        return [.. layers];
    }

    /// <summary>Writes them: runs of three and more as a range.</summary>
    public static string Write(IEnumerable<int> layers)
    {
        List<string> pieces = [];
        int[] all = [.. layers.Distinct().Order()];
        for (int at = 0; at < all.Length;)
        {
            int end = at;
            while (end + 1 < all.Length && all[end + 1] == all[end] + 1)
            {
                end++;
            }

            pieces.AddRange(end - at >= 2 ? [$"{all[at]}–{all[end]}"] : all[at..(end + 1)].Select(layer => layer.ToString(CultureInfo.InvariantCulture)));
            at = end + 1;
        }

        return string.Join(", ", pieces);
    }

    private static bool Read(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= Last;
}

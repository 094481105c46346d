using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Routing;

/// <summary>Tokens, shares and names of linears as they are written and drawn.</summary>
public static partial class RoutingWords
{
    /// <summary>A token's text with its blanks made visible; "∅" when it completes no character.</summary>
    public static string Visible(string text) => text.Length == 0 ? "∅" : text.Replace("\n", "⏎").Replace("\r", "␍").Replace("\t", "⇥").Replace(' ', '␣');

    /// <summary>A token's text for a screen reader.</summary>
    /// <param name="text">The text.</param>
    /// <param name="L">The words of the page.</param>
    public static string Spoken(string text, IStringLocalizer<Words> L) => text switch
    {
        "" => L["part of a character"],
        _ when string.IsNullOrWhiteSpace(text) => text.Contains('\n') ? L["line break"] : L["space"],
        _ => text.Trim(),
    };

    /// <summary>"A 33.4%, B 33.3%, C 33.3%".</summary>
    public static string Shares(ReadOnlySpan<double> mix)
    {
        StringBuilder words = new();
        for (int expert = 0; expert < mix.Length; expert++)
        {
            words.Append(expert == 0 ? "" : ", ").Append(ExpertPalette.Letter(expert)).Append(' ').Append(Number(100 * mix[expert], "0.0")).Append('%');
        }

        return words.ToString();
    }

    /// <summary>A mix as a stacked bar from the ground up: hard edges at the running sums, 0 to 1, never a blend. What adapters that are switched off leave over stays empty.</summary>
    public static string StackedShares(ReadOnlySpan<double> mix, string direction = "to top")
    {
        StringBuilder style = new($"background-image:linear-gradient({direction}");
        double from = 0;
        for (int expert = 0; expert < mix.Length; expert++)
        {
            double sum = from + mix[expert], to = expert == mix.Length - 1 && sum > 0.999 ? 1 : Math.Min(1, sum);
            style.Append(',').Append(ExpertPalette.Colour(expert)).Append(' ').Append(Number(100 * from, "0.##")).Append("% ").Append(Number(100 * to, "0.##")).Append('%');
            from = to;
        }

        return style.Append(from < 1 ? $",transparent {Number(100 * from, "0.##")}%)" : ")").ToString();
    }

    /// <summary>"model.layers.3.self_attn.q_proj" → "layer 3 · self_attn.q_proj"; other names stay as they are.</summary>
    /// <param name="name">Its module path.</param>
    /// <param name="L">The words of the page.</param>
    public static string Linear(string name, IStringLocalizer<Words> L) =>
        LayerName().Match(name) is { Success: true } match ? L["layer {0} · {1}", match.Groups["n"].Value, match.Groups["rest"].Value] : name;

    /// <summary>A number with a point, whatever the machine's language.</summary>
    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?:^|\.)(?:layers|blocks)\.(?<n>\d+)\.(?<rest>.+)$")]
    private static partial Regex LayerName();

    /// <summary>Names of linears; numbers stand in when they are not known.</summary>
    /// <param name="known">The names as far as they are known.</param>
    /// <param name="count">How many the routes have.</param>
    public static IReadOnlyList<string> Linears(IReadOnlyList<string>? known, int count) => known?.Count == count ? known : [.. Enumerable.Range(0, count).Select(linear => $"linear {linear}")];
}

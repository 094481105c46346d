namespace CrabStudio.Web.Components.Routing;

/// <summary>
/// The one colour that an expert has everywhere: the Okabe–Ito set, which people with any kind of colour vision can tell
/// apart, in an order that keeps neighbours far from each other; and a letter besides, so that colour never stands alone.
/// </summary>
public static class ExpertPalette
{
    private static readonly string[] Colours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"];

    /// <summary>Colour of an expert as <c>#RRGGBB</c>. Beyond seven experts colours repeat; letters do not.</summary>
    public static string Colour(int expert) => Colours[expert % Colours.Length];

    /// <summary>Black or white, whichever is read better on the expert's colour; the contrast is at least 5 : 1.</summary>
    public static string Ink(int expert) => Colour(expert) == Colours[0] ? "#FFFFFF" : "#000000";

    /// <summary>A, B, C, …</summary>
    public static string Letter(int expert) => expert < 26 ? ((char)('A' + expert)).ToString() : $"E{expert + 1}";

    /// <summary>The colours of <paramref name="experts"/> experts, in order.</summary>
    public static IReadOnlyList<string> Set(int experts) => [.. Enumerable.Range(0, experts).Select(Colour)];
}

using System.Globalization;

namespace CrabStudio.Web.Tests.Components;

/// <summary>Contrast of two colours as the Web Content Accessibility Guidelines 2.2 define it.</summary>
public static class Contrast
{
    /// <summary>1 to 21, of colours written <c>#RRGGBB</c>.</summary>
    public static double Of(string one, string other)
    {
        double a = Luminance(one), b = Luminance(other);
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string colour) => (0.2126 * Channel(colour, 1)) + (0.7152 * Channel(colour, 3)) + (0.0722 * Channel(colour, 5));

    private static double Channel(string colour, int at)
    {
        double value = int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
        return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
    }
}

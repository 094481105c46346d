using System.CommandLine;
using System.Globalization;

namespace CrabStudio.Cli;

/// <summary>Options that take a number within bounds, written with a point whatever the locale.</summary>
internal static class DecimalNumber
{
    /// <summary>Such an option; its value is null when it was not given.</summary>
    public static Option<double?> Option(string name, string description, double least, double most) => new(name)
    {
        HelpName = "X",
        Description = description,
        CustomParser = result =>
        {
            string given = result.Tokens[^1].Value;
            if (double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most)
            {
                return value;
            }

            result.AddError(FormattableString.Invariant($"{name} is '{given}'; expected a number from {least} to {most}"));
            return null;
        },
    };
}

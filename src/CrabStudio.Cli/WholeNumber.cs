using System.CommandLine;
using System.Globalization;

namespace CrabStudio.Cli;

/// <summary>Options that take a whole number within bounds.</summary>
internal static class WholeNumber
{
    /// <summary>Such an option; its value is null when it was not given.</summary>
    public static Option<int?> Option(string name, string description, int least, int most) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = result =>
        {
            string given = result.Tokens[^1].Value;
            if (int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
            {
                return value;
            }

            result.AddError(most == int.MaxValue
                ? $"{name} is '{given}'; expected a whole number of {least} or more"
                : $"{name} is '{given}'; expected a whole number from {least} to {most}");
            return null;
        },
    };
}

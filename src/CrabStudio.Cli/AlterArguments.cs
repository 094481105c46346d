using System.CommandLine;
using System.Globalization;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;

namespace CrabStudio.Cli;

/// <summary>The options that alter routers or adapters for one answer.</summary>
internal sealed class AlterArguments
{
    private const string Kinds = "pin:EXPERT, drop:EXPERT, uniform, scale:FACTOR or off, such as pin:B or scale:0.5";

    private readonly Option<string?> alter = new("--alter")
    {
        HelpName = "WHAT",
        Description = "Answer with altered routers: pin:B lets expert B speak alone, drop:B silences it, uniform lets all speak alike, scale:0.5 multiplies alpha, off switches the adapter off. No weight is changed.",
    };

    private readonly Option<string?> parts = new("--alter-parts")
    {
        HelpName = "PARTS",
        Description = "Only in these of text, audio and vision, with commas between. Without it: in all.",
    };

    private readonly Option<string?> layers = new("--alter-layers")
    {
        HelpName = "LAYERS",
        Description = "Only in these layers, from 0, such as 0-3,7. Without it: in all.",
    };

    private readonly Option<string?> modules = new("--alter-modules")
    {
        HelpName = "NAMES",
        Description = "Only in linears of these names, such as q_proj,up_proj. Without it: in all.",
    };

    /// <summary>Gives a verb these options.</summary>
    public void AddTo(Command verb)
    {
        verb.Options.Add(alter);
        verb.Options.Add(parts);
        verb.Options.Add(layers);
        verb.Options.Add(modules);
    }

    /// <summary>What was asked for; null: nothing is altered.</summary>
    /// <exception cref="CommandException">The words are not those of an intervention.</exception>
    /// <exception cref="TaskInputException">A value makes no sense.</exception>
    public RouterIntervention? Read(ParseResult parsed)
    {
        Option<string?>[] selections = [parts, layers, modules];
        if (parsed.GetValue(alter) is not { } given)
        {
            return selections.FirstOrDefault(option => parsed.GetValue(option) is not null) is { } stray
                ? throw CommandException.WrongUse($"{stray.Name} says where to alter, but nothing says what; add --alter {Kinds}")
                : null;
        }

        string[] words = given.Split(':', 2, StringSplitOptions.TrimEntries);
        int? expert = null;
        double? factor = null;
        switch (words[0].ToLowerInvariant(), words.ElementAtOrDefault(1))
        {
            case ("pin" or "drop", { Length: 1 } letter) when char.IsAsciiLetter(letter[0]):
                expert = char.ToUpperInvariant(letter[0]) - 'A';
                break;
            case ("scale", { } number) when double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value):
                factor = value;
                break;
            case ("uniform" or "off", null):
                break;
            default:
                throw CommandException.WrongUse($"--alter is '{given}'; expected {Kinds}");
        }

        return RouterIntervention.From(words[0], expert, factor, List(parsed.GetValue(parts)), LayerRanges.Parse(parsed.GetValue(layers)), List(parsed.GetValue(modules)));
    }

    private static string[] List(string? text) => (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

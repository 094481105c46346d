using System.Text.RegularExpressions;

namespace CrabStudio.Web.Components.Routing;

/// <summary>Where an adapted linear stands.</summary>
/// <param name="Name">Its module path.</param>
/// <param name="Layer">Its layer, as the path numbers it; null when the path names none.</param>
/// <param name="Module">q, k, v, o, gate, up or down; the last part of the path where it is another one.</param>
public sealed partial record RouteLinear(string Name, int? Layer, string Module)
{
    /// <summary>Reads a module path.</summary>
    public static RouteLinear Of(string name)
    {
        string module = name[(name.LastIndexOf('.') + 1)..];
        module = module.EndsWith("_proj", StringComparison.Ordinal) ? module[..^"_proj".Length] : module;
        return new RouteLinear(name, LayerNumber().Match(name) is { Success: true } match ? int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : null, module);
    }

    [GeneratedRegex(@"(?:^|\.)(?:layers|blocks)\.(\d{1,6})(?:\.|$)")]
    private static partial Regex LayerNumber();
}

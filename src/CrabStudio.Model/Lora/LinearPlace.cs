using System.Globalization;
using System.Text.RegularExpressions;

namespace CrabStudio.Model.Lora;

/// <summary>The parts of the network that have routers.</summary>
public enum NetworkPart
{
    /// <summary>The text decoder, through which the prompt and every token of the answer pass.</summary>
    Text,

    /// <summary>The audio tower, through which sound passes once.</summary>
    Audio,

    /// <summary>The vision tower, through which pictures pass once.</summary>
    Vision,
}

/// <summary>Where in the network a linear stands.</summary>
/// <param name="Part">The part.</param>
/// <param name="Layer">Layer or block, from 0; null when its name has none.</param>
/// <param name="Module">The last word of its name, e.g. <c>q_proj</c>.</param>
public sealed partial record LinearPlace(NetworkPart Part, int? Layer, string Module)
{
    /// <summary>The place of a linear by its path below the Thinker, e.g. <c>visual.blocks.3.mlp.up_proj</c>.</summary>
    public static LinearPlace Of(string path)
    {
        NetworkPart part = path.StartsWith("audio_tower.", StringComparison.Ordinal) ? NetworkPart.Audio
            : path.StartsWith("visual.", StringComparison.Ordinal) ? NetworkPart.Vision
            : NetworkPart.Text;
        int? layer = LayerNumber().Match(path) is { Success: true } match && int.TryParse(match.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        return new LinearPlace(part, layer, path[(path.LastIndexOf('.') + 1)..]);
    }

    [GeneratedRegex(@"(?<=(?:^|\.)(?:layers|blocks)\.)\d+(?=\.)")]
    private static partial Regex LayerNumber();
}

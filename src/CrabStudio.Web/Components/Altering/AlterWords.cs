using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Routing;

namespace CrabStudio.Web.Components.Altering;

/// <summary>Interventions in plain words.</summary>
public static class AlterWords
{
    /// <summary>What is done: "only expert B speaks".</summary>
    public static string What(RouterIntervention intervention) => intervention.Kind switch
    {
        InterventionKind.Pin => $"only expert {ExpertPalette.Letter(intervention.Expert ?? 0)} speaks",
        InterventionKind.Drop => $"expert {ExpertPalette.Letter(intervention.Expert ?? 0)} is silent",
        InterventionKind.Uniform => "all experts speak alike",
        InterventionKind.Scale => $"alpha × {RoutingWords.Number(intervention.Factor ?? 1, "0.####")}",
        _ => "adapter off",
    };

    /// <summary>Where: "in the audio tower, layers 0–3, q_proj"; "everywhere".</summary>
    public static string Where(RouterIntervention intervention)
    {
        List<string> words = [];
        if (intervention.Parts is { Count: > 0 } parts)
        {
            words.Add("in the " + string.Join(" and the ", parts.Select(Part)));
        }

        if (intervention.Layers is { Count: > 0 } layers)
        {
            words.Add($"{(layers.Count == 1 ? "layer" : "layers")} {LayerRanges.Write(layers)}");
        }

        if (intervention.Modules is { Count: > 0 } modules)
        {
            words.Add(string.Join(", ", modules));
        }

        return words.Count == 0 ? "everywhere" : string.Join(", ", words);
    }

    /// <summary>Both: "only expert B speaks, in the audio tower".</summary>
    public static string Whole(RouterIntervention intervention) => $"{What(intervention)}, {Where(intervention)}";

    /// <summary>A part of the network.</summary>
    public static string Part(NetworkPart part) => part switch
    {
        NetworkPart.Audio => "audio tower",
        NetworkPart.Vision => "vision tower",
        _ => "text decoder",
    };

    /// <summary>What a choice of the form is called.</summary>
    public static string Choice(InterventionKind kind) => kind switch
    {
        InterventionKind.Pin => "Let one expert speak alone",
        InterventionKind.Drop => "Silence one expert",
        InterventionKind.Uniform => "Let all experts speak alike",
        InterventionKind.Scale => "Make the adapter weaker or stronger",
        _ => "Switch the adapter off",
    };

    /// <summary>What a choice does, in one sentence.</summary>
    public static string Meaning(InterventionKind kind) => kind switch
    {
        InterventionKind.Pin => "Its share is 1 for every token, that of the others 0.",
        InterventionKind.Drop => "The others share what is left, as the router would without it.",
        InterventionKind.Uniform => "Whatever the router says, every expert has the same share.",
        InterventionKind.Scale => "The routers choose as ever; alpha is multiplied by a number.",
        _ => "The frozen base model answers alone where this is so.",
    };

    /// <summary>How many answers of a session are altered runs, for a line of facts; empty when none is.</summary>
    public static string OfSession(int altered) => altered == 0 ? "" : $" · {altered} altered";
}

using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Altering;

/// <summary>Interventions in plain words.</summary>
public static class AlterWords
{
    /// <summary>What is done: "only expert B speaks".</summary>
    public static string What(RouterIntervention intervention, IStringLocalizer<Words> L) => intervention.Kind switch
    {
        InterventionKind.Pin => L["only expert {0} speaks", ExpertPalette.Letter(intervention.Expert ?? 0)],
        InterventionKind.Drop => L["expert {0} is silent", ExpertPalette.Letter(intervention.Expert ?? 0)],
        InterventionKind.Uniform => L["all experts speak alike"],
        InterventionKind.Scale => L["alpha × {0}", RoutingWords.Number(intervention.Factor ?? 1, "0.####")],
        _ => L["adapter off"],
    };

    /// <summary>Where: "in the audio tower, layers 0–3, q_proj"; "everywhere".</summary>
    public static string Where(RouterIntervention intervention, IStringLocalizer<Words> L)
    {
        List<string> words = [];
        if (intervention.Parts is { Count: > 0 } parts)
        {
            words.Add(L["in the {0}", string.Join(L[" and the "], parts.Select(part => Part(part, L)))]);
        }

        if (intervention.Layers is { Count: > 0 } layers)
        {
            words.Add(layers.Count == 1 ? L["layer {0}", LayerRanges.Write(layers)] : L["layers {0}", LayerRanges.Write(layers)]);
        }

        if (intervention.Modules is { Count: > 0 } modules)
        {
            words.Add(string.Join(L[", "], modules));
        }

        return words.Count == 0 ? L["everywhere"] : string.Join(L[", "], words);
    }

    /// <summary>Both: "only expert B speaks, in the audio tower".</summary>
    public static string Whole(RouterIntervention intervention, IStringLocalizer<Words> L) => L["{0}, {1}", What(intervention, L), Where(intervention, L)];

    /// <summary>A part of the network.</summary>
    public static string Part(NetworkPart part, IStringLocalizer<Words> L) => part switch
    {
        NetworkPart.Audio => L["audio tower"],
        NetworkPart.Vision => L["vision tower"],
        _ => L["text decoder"],
    };

    /// <summary>What a choice of the form is called.</summary>
    public static string Choice(InterventionKind kind, IStringLocalizer<Words> L) => kind switch
    {
        InterventionKind.Pin => L["Let one expert speak alone"],
        InterventionKind.Drop => L["Silence one expert"],
        InterventionKind.Uniform => L["Let all experts speak alike"],
        InterventionKind.Scale => L["Make the adapter weaker or stronger"],
        _ => L["Switch the adapter off"],
    };

    /// <summary>What a choice does, in one sentence.</summary>
    public static string Meaning(InterventionKind kind, IStringLocalizer<Words> L) => kind switch
    {
        InterventionKind.Pin => L["Its share is 1 for every token, that of the others 0."],
        InterventionKind.Drop => L["The others share what is left, as the router would without it."],
        InterventionKind.Uniform => L["Whatever the router says, every expert has the same share."],
        InterventionKind.Scale => L["The routers choose as ever; alpha is multiplied by a number."],
        _ => L["The frozen base model answers alone where this is so."],
    };

    /// <summary>How many answers of a session are altered runs, for a line of facts; empty when none is.</summary>
    public static string OfSession(int altered, IStringLocalizer<Words> L) => altered == 0 ? "" : L[" · {0} altered", altered];
}

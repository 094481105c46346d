using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;

namespace CrabStudio.Web.Components.Altering;

/// <summary>An intervention as a person puts it together. Knows neither services nor a browser.</summary>
public sealed class AlterForm
{
    private readonly HashSet<NetworkPart> parts = [];
    private readonly HashSet<string> modules = new(StringComparer.Ordinal);

    /// <summary>What is done.</summary>
    public InterventionKind Kind { get; set; }

    /// <summary>Pin and drop: which expert, from 0.</summary>
    public int Expert { get; set; }

    /// <summary>Scale: by what alpha is multiplied; null: the field is empty.</summary>
    public double? Factor { get; set; } = 0.5;

    /// <summary>Layers as written; empty: all.</summary>
    public string Layers { get; set; } = "";

    /// <summary>What is wrong with it; null: nothing, or it was not tried yet.</summary>
    public TaskInputException? Refused { get; set; }

    /// <summary>Whether an expert is to be named.</summary>
    public bool WantsExpert => Kind is InterventionKind.Pin or InterventionKind.Drop;

    /// <summary>Whether a factor is to be named.</summary>
    public bool WantsFactor => Kind == InterventionKind.Scale;

    /// <summary>Parts of the network in which a model has adapters.</summary>
    public static IReadOnlyList<NetworkPart> PartsOf(ModelFacts model) =>
    [
        .. new[] { (NetworkPart.Text, model.TextLinears), (NetworkPart.Audio, model.AudioLinears), (NetworkPart.Vision, model.VisionLinears) }
            .Where(part => part.Item2.Count > 0).Select(part => part.Item1),
    ];

    /// <summary>Names of the linears that a model has adapters at.</summary>
    public static IReadOnlyList<string> ModulesOf(ModelFacts model) =>
        [.. model.TextLinears.Concat(model.AudioLinears).Concat(model.VisionLinears).Select(linear => LinearPlace.Of(linear).Module).Distinct()];

    /// <summary>Whether a part is chosen; when none is, all are meant.</summary>
    public bool Has(NetworkPart part) => parts.Contains(part);

    /// <summary>Whether a module is chosen; when none is, all are meant.</summary>
    public bool Has(string module) => modules.Contains(module);

    /// <summary>Chooses a part or not.</summary>
    public void Set(NetworkPart part, bool chosen)
    {
        if (chosen ? parts.Add(part) : parts.Remove(part))
        {
            Refused = null;
        }
    }

    /// <summary>Chooses a module or not.</summary>
    public void Set(string module, bool chosen)
    {
        if (chosen ? modules.Add(module) : modules.Remove(module))
        {
            Refused = null;
        }
    }

    /// <summary>The intervention; null, with <see cref="Refused"/> set, when it makes no sense for a model.</summary>
    public RouterIntervention? Build(ModelFacts model)
    {
        try
        {
            Refused = null;
            RouterIntervention made = RouterIntervention.From(
                Kind.ToString(), WantsExpert ? Expert : null, WantsFactor ? Factor : null, [.. parts.Select(part => part.ToString())], LayerRanges.Parse(Layers), [.. ModulesOf(model).Where(modules.Contains)]);
            made.CheckAgainst(model);
            return made;
        }
        catch (TaskInputException refused)
        {
            Refused = refused;
            return null;
        }
    }

    /// <summary>Begins with an intervention that was made before.</summary>
    public static AlterForm Of(RouterIntervention? intervention)
    {
        AlterForm form = new();
        if (intervention is not null)
        {
            (form.Kind, form.Expert, form.Factor) = (intervention.Kind, intervention.Expert ?? 0, intervention.Factor ?? form.Factor);
            form.Layers = LayerRanges.Write(intervention.Layers ?? []);
            form.parts.UnionWith(intervention.Parts ?? []);
            form.modules.UnionWith(intervention.Modules ?? []);
        }

        return form;
    }
}

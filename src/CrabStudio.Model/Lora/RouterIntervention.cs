using System.Globalization;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks;

namespace CrabStudio.Model.Lora;

/// <summary>What an intervention does to the adapters that it is about.</summary>
public enum InterventionKind
{
    /// <summary>One expert speaks alone: g is 1 for it and 0 for the others.</summary>
    Pin,

    /// <summary>One expert is silent; the others share the rest as the router would without it: a softmax over them alone.</summary>
    Drop,

    /// <summary>All experts speak alike: g is 1 / n for each.</summary>
    Uniform,

    /// <summary>The router chooses as ever; alpha is multiplied by a factor.</summary>
    Scale,

    /// <summary>The adapter is silent: y = W x + b. No expert speaks, so that the captured weights are 0.</summary>
    Off,
}

/// <summary>
/// One change to the routers or adapters of a loaded model for one answer, to see what depends on them. It touches no weight,
/// and the captured routes are those that were used. A selection that is null or empty leaves nothing out.
/// </summary>
/// <param name="Kind">What is done.</param>
/// <param name="Expert">Pin and drop: which expert, from 0.</param>
/// <param name="Factor">Scale: by what alpha is multiplied, 0 to <see cref="MostFactor"/>.</param>
/// <param name="Parts">In these parts of the network only.</param>
/// <param name="Layers">In these layers (of the vision tower: blocks) only, from 0.</param>
/// <param name="Modules">In linears of these names only, e.g. <c>q_proj</c>.</param>
public sealed record RouterIntervention(
    InterventionKind Kind,
    int? Expert = null,
    double? Factor = null,
    IReadOnlyList<NetworkPart>? Parts = null,
    IReadOnlyList<int>? Layers = null,
    IReadOnlyList<string>? Modules = null)
{
    /// <summary>Largest factor of alpha.</summary>
    public const double MostFactor = 100;

    private const int MostLayers = 1024;

    /// <summary>An intervention in the words of a person or a program.</summary>
    /// <param name="kind">pin, drop, uniform, scale or off.</param>
    /// <param name="expert">For pin and drop: from 0.</param>
    /// <param name="factor">For scale.</param>
    /// <param name="parts">text, audio, vision; null or empty: all.</param>
    /// <param name="layers">From 0; null or empty: all.</param>
    /// <param name="modules">Last words of the linears' names; null or empty: all.</param>
    /// <exception cref="TaskInputException">A value is wrong; one line says what was found and what was expected.</exception>
    public static RouterIntervention From(string? kind, int? expert = null, double? factor = null, IReadOnlyList<string?>? parts = null, IReadOnlyList<int>? layers = null, IReadOnlyList<string?>? modules = null)
    {
        RouterIntervention made = new(
            Word<InterventionKind>("kind", kind, "pin, drop, uniform, scale or off"),
            expert,
            factor,
            parts is { Count: > 0 } ? [.. parts.Select(part => Word<NetworkPart>("parts", part, "text, audio or vision")).Distinct().Order()] : null,
            layers is { Count: > 0 } ? [.. layers.Distinct().Order()] : null,
            modules is { Count: > 0 } ? [.. modules.Select(module => module?.Trim() is { Length: > 0 and <= 100 } name ? name : throw Wrong("modules", $"“{module}”", "the last word of a linear's name, such as q_proj")).Distinct(StringComparer.Ordinal)] : null);
        made.Check();
        return made;
    }

    /// <summary>Refuses what makes no sense for any model.</summary>
    /// <exception cref="TaskInputException">A value is wrong.</exception>
    public void Check()
    {
        bool wantsExpert = Kind is InterventionKind.Pin or InterventionKind.Drop;
        if (wantsExpert != Expert.HasValue || Expert is < 0)
        {
            throw Wrong("expert", Expert is { } given ? $"{given} for {Name(Kind)}" : $"none for {Name(Kind)}", wantsExpert ? "the number of an expert, from 0" : "none, as it is for pin and drop only");
        }

        if ((Kind == InterventionKind.Scale) != Factor.HasValue || (Factor is { } factor && !(factor >= 0 && factor <= MostFactor)))
        {
            throw Wrong("factor", Factor is { } given ? $"{Number(given)} for {Name(Kind)}" : $"none for {Name(Kind)}", Kind == InterventionKind.Scale ? $"a number from 0 to {Number(MostFactor)} that alpha is multiplied by" : "none, as it is for scale only");
        }

        if (Layers?.Count > MostLayers || Layers?.FirstOrDefault(layer => layer < 0, 0) is < 0)
        {
            throw Wrong("layers", Layers.Count > MostLayers ? $"{Layers.Count} layers" : $"{Layers.First(layer => layer < 0)}", $"at most {MostLayers} numbers from 0");
        }
    }

    /// <summary>Refuses what this model has not got.</summary>
    /// <exception cref="TaskInputException">A value is wrong.</exception>
    public void CheckAgainst(ModelFacts model)
    {
        Check();
        if (model.Experts == 0)
        {
            throw Wrong("intervention", "a model without an adapter", "one with experts that can be altered; start the studio with --adapter");
        }

        if (Expert is { } expert && expert >= model.Experts)
        {
            throw Wrong("expert", $"{expert}", $"a number from 0 to {model.Experts - 1}, as the adapter of this model has {model.Experts} {(model.Experts == 1 ? "expert" : "experts")}");
        }

        if (Kind == InterventionKind.Drop && model.Experts == 1)
        {
            throw Wrong("kind", "drop with an adapter of one expert", "at least two experts, so that one is left; use off");
        }

        string[] linears = [.. model.TextLinears, .. model.AudioLinears, .. model.VisionLinears];
        LinearPlace[] places = [.. linears.Select(LinearPlace.Of)];
        if (Layers?.Where(layer => places.All(place => place.Layer != layer)).Cast<int?>().FirstOrDefault() is { } layer)
        {
            throw Wrong("layers", $"{layer}", $"numbers from 0 to {places.Max(place => place.Layer)}");
        }

        if (Modules?.FirstOrDefault(module => places.All(place => place.Module != module)) is { } module)
        {
            throw Wrong("modules", $"“{module}”", string.Join(", ", places.Select(place => place.Module).Distinct()));
        }

        if (!linears.Any(Touches))
        {
            throw Wrong("parts", "no adapted linear that is in all of the chosen parts, layers and modules", "a selection with at least one; leave one of the three out");
        }
    }

    /// <summary>Whether a linear is altered.</summary>
    /// <param name="linear">Its path below the Thinker.</param>
    public bool Touches(string linear)
    {
        LinearPlace place = LinearPlace.Of(linear);
        return (Parts is not { Count: > 0 } || Parts.Contains(place.Part))
            && (Layers is not { Count: > 0 } || (place.Layer is { } layer && Layers.Contains(layer)))
            && (Modules is not { Count: > 0 } || Modules.Contains(place.Module, StringComparer.Ordinal));
    }

    private static T Word<T>(string field, string? given, string expected) where T : struct, Enum =>
        Enum.GetValues<T>().Cast<T?>().FirstOrDefault(value => string.Equals(value.ToString(), given?.Trim(), StringComparison.OrdinalIgnoreCase)) ?? throw Wrong(field, given is null ? "nothing" : $"“{given}”", expected);

    private static string Name(InterventionKind kind) => kind.ToString().ToLowerInvariant();

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static TaskInputException Wrong(string field, string found, string expected) => new(field, $"{field}: found {found}; expected {expected}.");
}

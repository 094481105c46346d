using System.Text.Json.Serialization;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Services;

/// <summary>
/// Router weights of stored answers, reduced to what a page shows. Everything is read from the database when it is asked
/// for and nothing is kept: a page that lies open costs no memory.
/// </summary>
public interface IRouteSource
{
    /// <summary>What there is of an answer's routes and what its positions stand for; null: there is no such answer, or its prompt has not been read yet.</summary>
    Task<RouteOutline?> OutlineAsync(Guid answerId, CancellationToken cancellation = default);

    /// <summary>Each selected linear's mean over the selected positions, or over the selected tokens; null: not captured, or nothing is selected there.</summary>
    Task<RouteMean?> MeanOverPositionsAsync(Guid answerId, RouteNetwork network, RouteSelection selection, CancellationToken cancellation = default);

    /// <summary>Each position's mean over the selected linears, [position·experts + expert]; null: not captured, or no linear is selected.</summary>
    Task<float[]?> MeanOverLinearsAsync(Guid answerId, RouteNetwork network, RouteSelection selection, CancellationToken cancellation = default);

    /// <summary>Each token's mean over the selected linears of the text decoder, [token][expert]; a token without routes has none.</summary>
    Task<IReadOnlyList<double[]?>> TokenMixesAsync(Guid answerId, RouteSelection selection, CancellationToken cancellation = default);

    /// <summary>Measures of the run, its modalities, its kinds of tokens and of the selection, over the selected linears.</summary>
    Task<IReadOnlyList<MeasureRow>> MeasuresAsync(Guid answerId, RouteSelection selection, CancellationToken cancellation = default);
}

/// <summary>What there is of an answer's routes.</summary>
/// <param name="Experts">Number of experts; 0 without an adapter.</param>
/// <param name="Text">The text decoder over the prompt; null: not captured.</param>
/// <param name="Audio">The audio tower.</param>
/// <param name="Vision">The vision tower.</param>
/// <param name="Places">What positions stand for.</param>
/// <param name="Frames">Pictures that the model saw.</param>
public sealed record RouteOutline(int Experts, RoutedNetwork? Text, RoutedNetwork? Audio, RoutedNetwork? Vision, RoutePlaces Places, IReadOnlyList<SeenFrame> Frames)
{
    /// <summary>The clips that positions name, each once.</summary>
    public IReadOnlyList<Guid> Clips { get; } = [.. Places.Text.Concat(Places.Audio).Concat(Places.Vision).Select(place => place.Clip).OfType<Guid>().Distinct()];

    /// <summary>One part of the network.</summary>
    public RoutedNetwork? Of(RouteNetwork network) => network switch
    {
        RouteNetwork.Text => Text,
        RouteNetwork.Audio => Audio,
        _ => Vision,
    };
}

/// <summary>A part of the network whose routers were written down.</summary>
/// <param name="Linears">Its adapted linears, in the order of the forward pass.</param>
/// <param name="Positions">Positions of the pass.</param>
public sealed record RoutedNetwork(IReadOnlyList<RouteLinear> Linears, int Positions);

/// <summary>A mean over positions.</summary>
/// <param name="Matrix">Selected linears × experts.</param>
/// <param name="Count">Over how many positions or tokens.</param>
/// <param name="OfTokens">Whether these are tokens of the answer.</param>
public sealed record RouteMean(MatrixView Matrix, int Count, bool OfTokens);

/// <summary>What kind of set a row of measures is about.</summary>
public enum MeasureKind
{
    /// <summary>All there is of a part of the network.</summary>
    Run,

    /// <summary>Positions of one modality.</summary>
    Modality,

    /// <summary>Tokens of one kind.</summary>
    TokenClass,

    /// <summary>What is selected.</summary>
    Selection,
}

/// <summary>Measures of one set.</summary>
/// <param name="Kind">What kind of set.</param>
/// <param name="Network">Part of the network.</param>
/// <param name="Set">The set in words, as programs are told.</param>
/// <param name="Count">Positions and tokens in it.</param>
/// <param name="Linears">Linears that the mean is over.</param>
/// <param name="Measures">The numbers.</param>
public sealed record MeasureRow(MeasureKind Kind, RouteNetwork Network, string Set, int Count, int Linears, MixMeasures Measures)
{
    /// <summary>The set in the words of a page; null: as <see cref="Set"/> has it.</summary>
    [JsonIgnore]
    public Func<IStringLocalizer<Words>, string>? Told { get; init; }
}

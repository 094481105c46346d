using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests.Components;

/// <summary>Routes that a component is given in a test: matrices of the prompt, and tokens as <see cref="Samples.Token"/> makes them.</summary>
public sealed class KnownRoutes : IRouteSource
{
    public RouteMatrix? Text { get; set; }

    public RouteMatrix? Audio { get; set; }

    public RouteMatrix? Vision { get; set; }

    /// <summary>What cannot be said of the answer.</summary>
    public IReadOnlyList<string> Missing { get; set; } = [];

    /// <summary>Rows of measures.</summary>
    public IReadOnlyList<MeasureRow> Rows { get; set; } = [];

    /// <summary>Every selection that was asked for, with what was asked.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Holds answers back until it is done.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    public Task<RouteOutline?> OutlineAsync(Guid answerId, CancellationToken cancellation = default) =>
        Task.FromResult<RouteOutline?>(new RouteOutline(3, Network(Text), Network(Audio), Network(Vision), new RoutePlaces([], [], [], Missing), []));

    public async Task<RouteMean?> MeanOverPositionsAsync(Guid answerId, RouteNetwork network, RouteSelection selection, CancellationToken cancellation = default)
    {
        Asked.Add($"{network} {selection.ToQuery()}".TrimEnd());
        await Ready;
        if (network == RouteNetwork.Text && selection.Tokens is { } tokens)
        {
            int[] linears = [.. RouteReader.Taken([.. Samples.Linears.Select(RouteLinear.Of)], network, selection)];
            int count = tokens.Last - tokens.First + 1;
            float[] means = [.. from linear in linears from expert in Enumerable.Range(0, 3) select Enumerable.Range(tokens.First, count).Average(token => Samples.Routes(token)[(linear * 3) + expert])];
            return linears.Length == 0 ? null : new RouteMean(new MatrixView([.. linears.Select(linear => Samples.Linears[linear])], 3, means), count, OfTokens: true);
        }

        RouteMatrix? routes = network switch { RouteNetwork.Text => Text, RouteNetwork.Audio => Audio, _ => Vision };
        MatrixView? mean = routes is null ? null : selection.Modality is { } part ? TowerRoutes.Mean(routes, Samples.Seen().Spans, part) : TowerRoutes.Mean(routes);
        return mean is null ? null : new RouteMean(mean, selection.Modality is { } kind ? Samples.Seen().Spans.Where(span => span.Part == kind).Sum(span => span.Length) : routes!.Positions, OfTokens: false);
    }

    public Task<float[]?> MeanOverLinearsAsync(Guid answerId, RouteNetwork network, RouteSelection selection, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<double[]?>> TokenMixesAsync(Guid answerId, RouteSelection selection, CancellationToken cancellation = default)
    {
        Asked.Add($"tokens {selection.ToQuery()}");
        int[] linears = [.. RouteReader.Taken([.. Samples.Linears.Select(RouteLinear.Of)], RouteNetwork.Text, selection)];
        return Task.FromResult<IReadOnlyList<double[]?>>([.. Enumerable.Range(0, 8).Select(token => linears.Length == 0 ? null
            : RouteStatistics.MeanOverLinears([.. linears.SelectMany(linear => Samples.Routes(token)[(linear * 3)..((linear * 3) + 3)])], 3))]);
    }

    public Task<IReadOnlyList<MeasureRow>> MeasuresAsync(Guid answerId, RouteSelection selection, CancellationToken cancellation = default)
    {
        Asked.Add($"measures {selection.ToQuery()}".TrimEnd());
        return Task.FromResult(Rows);
    }

    private static RoutedNetwork? Network(RouteMatrix? routes) => routes is null ? null : new RoutedNetwork([.. routes.Linears.Select(RouteLinear.Of)], routes.Positions);
}

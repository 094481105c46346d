using System.Buffers.Binary;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>Router weights in pieces, as numbers a page or a program can draw from at once. Little-endian; formulas and layouts: docs/routing.md.</summary>
public static class RouteEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapRoutes(this RouteGroupBuilder api)
    {
        RouteGroupBuilder routes = api.MapGroup("/answers/{id:guid}/routes").WithTags("Routes");
        routes.MapGet("/outline", async (Guid id, RouteReader reader, CancellationToken cancellation) => Outline(await FindAsync(reader, id, cancellation)))
            .WithSummary("What there is of an answer's routes: linears and positions of each part of the network, the pictures that were seen, and what cannot be said of this answer.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapGet("/places", async (Guid id, string part, RouteReader reader, HttpContext context, CancellationToken cancellation) =>
            {
                RouteOutline outline = await FindAsync(reader, id, cancellation);
                KeepLong(context);
                return Results.Bytes(Bytes(Places(outline, NetworkOf(part)), half: false), "application/octet-stream");
            })
            .WithSummary("What the positions of a part (text, audio, vision) stand for: float32 [position, 8] as kind (0 words, 1 sound, 2 video, 3 still), clip (index in the outline), seconds from, seconds to, first picture, last picture, row, column; what is not there is NaN.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapGet("/weights", WeightsAsync)
            .WithSummary("Weights of a part: text, audio, vision (over the prompt) or answer (its tokens). mean=none: [linear, position, expert], for answer [token, linear, expert], from and count choose linears (of answer: tokens); "
                + "mean=linears: [position, expert], over the selected linears; mean=positions: [linear, expert], over the selected positions. select takes the form of the page's address. format is f32 or f16. The header X-Shape names the sizes.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapGet("/measures", async (Guid id, RouteReader reader, CancellationToken cancellation, string? select = null) =>
            {
                await FindAsync(reader, id, cancellation);
                return await reader.MeasuresAsync(id, RouteSelection.Parse(select), cancellation);
            })
            .WithSummary("Entropy, effective number of experts, dominant expert and Jensen–Shannon divergences (bits) of the run, its modalities, its kinds of tokens and of what is selected.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> WeightsAsync(
        Guid id, string part, RouteReader reader, HttpContext context, CancellationToken cancellation, string mean = "none", string? select = null, int from = 0, int? count = null, string format = "f32")
    {
        if (format is not ("f32" or "f16"))
        {
            throw new TaskInputException("format", $"There is no format “{format}”; there are f32 and f16.");
        }

        if (mean is not ("none" or "linears" or "positions"))
        {
            throw new TaskInputException("mean", $"There is no mean “{mean}”; there are none, linears and positions.");
        }

        RouteSelection selection = RouteSelection.Parse(select);
        bool half = format == "f16";
        if (part == "answer")
        {
            return await AnswerWeightsAsync(id, reader, context, mean, selection, from, count, half, cancellation);
        }

        RouteNetwork network = NetworkOf(part);
        RouteOutline outline = await FindAsync(reader, id, cancellation);
        RoutedNetwork routed = outline.Of(network) ?? throw new UnknownItemException("part of the routes", part);
        KeepLong(context);
        switch (mean)
        {
            case "linears":
                float[] positions = await reader.MeanOverLinearsAsync(id, network, selection, cancellation) ?? [];
                return Send(context, positions, half, positions.Length / outline.Experts, outline.Experts);
            case "positions":
                RouteMean? matrix = network == RouteNetwork.Text && selection.Tokens is not null ? null : await reader.MeanOverPositionsAsync(id, network, selection, cancellation);
                context.Response.Headers["X-Count"] = $"{matrix?.Count ?? 0}";
                return Send(context, matrix?.Matrix.Weights ?? [], half, matrix?.Matrix.Linears.Count ?? 0, outline.Experts);
            default:
                int[] linears = Piece(from, count, routed.Linears.Count);
                context.Response.Headers["X-Shape"] = $"{linears.Length},{routed.Positions},{outline.Experts}";
                context.Response.ContentType = "application/octet-stream";
                context.Response.ContentLength = (long)linears.Length * routed.Positions * outline.Experts * (half ? 2 : 4);
                foreach (int linear in linears)
                {
                    // One linear at a time, so that no more than that is held.
                    byte[] bytes = [];
                    await reader.ReadAsync(id, network, [linear], weights => bytes = Bytes(weights, half), cancellation);
                    await context.Response.Body.WriteAsync(bytes, cancellation);
                }

                return Results.Empty;
        }
    }

    private static async Task<IResult> AnswerWeightsAsync(Guid id, RouteReader reader, HttpContext context, string mean, RouteSelection selection, int from, int? count, bool half, CancellationToken cancellation)
    {
        await FindAsync(reader, id, cancellation);
        (IReadOnlyList<TokenUpdate> tokens, IReadOnlyList<RouteLinear> linears, int experts) = await reader.TokensAsync(id, cancellation);
        context.Response.Headers.CacheControl = "no-store";
        switch (mean)
        {
            case "linears":
                IReadOnlyList<double[]?> mixes = await reader.TokenMixesAsync(id, selection, cancellation);
                return Send(context, [.. mixes.SelectMany(mix => mix?.Select(share => (float)share) ?? Enumerable.Repeat(float.NaN, experts))], half, mixes.Count, experts);
            case "positions":
                RouteMean? matrix = await reader.MeanOverPositionsAsync(id, RouteNetwork.Text, selection.Tokens is null ? selection with { Tokens = (0, int.MaxValue) } : selection, cancellation);
                context.Response.Headers["X-Count"] = $"{matrix?.Count ?? 0}";
                return Send(context, matrix?.Matrix.Weights ?? [], half, matrix?.Matrix.Linears.Count ?? 0, experts);
            default:
                int[] piece = Piece(from, count, tokens.Count);
                float[] all = [.. piece.SelectMany(token => tokens[token].Routes ?? [.. Enumerable.Repeat(float.NaN, linears.Count * experts)])];
                context.Response.Headers["X-Shape"] = $"{piece.Length},{linears.Count},{experts}";
                return Results.Bytes(Bytes(all, half), "application/octet-stream");
        }
    }

    private static async Task<RouteOutline> FindAsync(RouteReader reader, Guid id, CancellationToken cancellation) =>
        await reader.OutlineAsync(id, cancellation) ?? throw new UnknownItemException("answer whose prompt was read", id);

    private static RouteNetwork NetworkOf(string part) => part switch
    {
        "text" => RouteNetwork.Text,
        "audio" => RouteNetwork.Audio,
        "vision" => RouteNetwork.Vision,
        _ => throw new TaskInputException("part", $"There is no part “{part}”; there are text, audio and vision, and for weights answer."),
    };

    private static int[] Piece(int from, int? count, int all)
    {
        if (from < 0 || count < 0)
        {
            throw new TaskInputException("from", "A piece begins at 0 or later and has no negative length.");
        }

        return from >= all ? [] : [.. Enumerable.Range(from, Math.Min(count ?? all, all - from))];
    }

    // What the prompt was routed to never changes once it is stored.
    private static void KeepLong(HttpContext context) => context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";

    private static IResult Send(HttpContext context, float[] values, bool half, int rows, int columns)
    {
        context.Response.Headers["X-Shape"] = $"{rows},{columns}";
        return Results.Bytes(Bytes(values, half), "application/octet-stream");
    }

    private static float[] Places(RouteOutline outline, RouteNetwork network)
    {
        Dictionary<Guid, int> clips = outline.Clips.Index().ToDictionary(clip => clip.Item, clip => clip.Index);
        return [.. outline.Places.Of(network).SelectMany(place => new[]
        {
            (float)place.Part,
            place.Clip is { } clip ? clips[clip] : float.NaN,
            (float?)place.From ?? float.NaN,
            (float?)place.To ?? float.NaN,
            place.Frame < 0 ? float.NaN : place.Frame,
            place.LastFrame < 0 ? float.NaN : place.LastFrame,
            place.Row < 0 ? float.NaN : place.Row,
            place.Column < 0 ? float.NaN : place.Column,
        })];
    }

    private static byte[] Bytes(ReadOnlySpan<float> values, bool half)
    {
        int size = half ? 2 : 4;
        byte[] bytes = new byte[values.Length * size];
        for (int i = 0; i < values.Length; i++)
        {
            if (half)
            {
                BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * size), (Half)values[i]);
            }
            else
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * size), values[i]);
            }
        }

        return bytes;
    }

    private static RouteOutlineShape Outline(RouteOutline outline) => new(
        outline.Experts,
        [.. Enum.GetValues<RouteNetwork>().Where(network => outline.Of(network) is not null).Select(network => new RouteNetworkShape(
            RouteReader.Name(network), outline.Of(network)!.Positions, [.. outline.Of(network)!.Linears.Select(linear => new RouteLinearShape(linear.Name, linear.Layer, linear.Module))]))],
        outline.Clips,
        outline.Frames,
        outline.Places.Missing);
}

/// <summary>What there is of an answer's routes.</summary>
/// <param name="Experts">Number of experts.</param>
/// <param name="Networks">Parts of the network.</param>
/// <param name="Clips">Clips that positions name by their index here.</param>
/// <param name="Frames">Pictures that were seen.</param>
/// <param name="Missing">What cannot be said of this answer, a sentence each.</param>
public sealed record RouteOutlineShape(int Experts, IReadOnlyList<RouteNetworkShape> Networks, IReadOnlyList<Guid> Clips, IReadOnlyList<SeenFrame> Frames, IReadOnlyList<string> Missing);

/// <summary>A part of the network: <c>text</c>, <c>audio</c> or <c>vision</c>.</summary>
public sealed record RouteNetworkShape(string Part, int Positions, IReadOnlyList<RouteLinearShape> Linears);

/// <summary>An adapted linear.</summary>
public sealed record RouteLinearShape(string Name, int? Layer, string Module);

using System.Text.Json.Nodes;
using CrabStudio.Tasks.Editing;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Http.Features;

namespace CrabStudio.Web.Api;

/// <summary>A timeline that is kept.</summary>
/// <param name="Kind">Whose view it is.</param>
/// <param name="Version">For If-Match, as the ETag has it.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
/// <param name="AnswerId">The answer it began with; null: none.</param>
/// <param name="Timeline">The timeline in the studio's own JSON; null in lists.</param>
/// <param name="Events">How many events it has.</param>
/// <param name="Boxes">How many boxes.</param>
/// <param name="Points">How many points.</param>
public sealed record TimelineShape(TimelineKind Kind, string Version, DateTimeOffset UpdatedAt, Guid? AnswerId, JsonNode? Timeline, int Events, int Boxes, int Points)
{
    /// <summary>The shape of a timeline.</summary>
    public static TimelineShape Of(KeptTimeline kept, bool whole) => new(
        kept.Kind,
        TimelineEndpoints.Version(kept.Version),
        kept.UpdatedAt,
        kept.AnswerId,
        whole ? JsonNode.Parse(TimelineExchange.Write(kept.Document, TimelineFormat.Json).Bytes) : null,
        kept.Document.Events.Count,
        kept.Document.Boxes.Count,
        kept.Document.Points.Count);
}

/// <summary>A timeline was written.</summary>
/// <param name="Version">For If-Match.</param>
/// <param name="Format">What the file was.</param>
/// <param name="Events">How many events were read.</param>
/// <param name="Boxes">How many boxes.</param>
/// <param name="Points">How many points.</param>
/// <param name="LeftOut">What the file says and a timeline has no place for, a line each.</param>
public sealed record TimelineTaken(string Version, string Format, int Events, int Boxes, int Points, IReadOnlyList<string> LeftOut);

/// <summary>Timelines over HTTP. A timeline that is there is only overwritten by who names its version.</summary>
public static class TimelineEndpoints
{
    private const string Root = "/sessions/{id:guid}/clips/{clip:guid}/timelines";

    /// <summary>Maps them.</summary>
    public static void MapTimelines(this RouteGroupBuilder api)
    {
        RouteGroupBuilder timelines = api.MapGroup(Root).WithTags("Timelines");
        timelines.MapGet("/", async (Guid id, Guid clip, TimelineStore store, CancellationToken cancellation) =>
                (await store.ListAsync(id, clip, cancellation)).Select(one => TimelineShape.Of(one, whole: false)).ToArray())
            .WithSummary("What people drew or corrected on a clip of a session: none, one or two timelines, without what they say.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        timelines.MapGet("/{kind}", async (Guid id, Guid clip, string kind, TimelineStore store, HttpContext context, CancellationToken cancellation) =>
            {
                if (Kind(kind) is not { } which || await store.GetAsync(id, clip, which, cancellation) is not { } kept)
                {
                    return Missing(kind);
                }

                context.Response.Headers.ETag = $"\"{Version(kept.Version)}\"";
                return Results.Json(TimelineShape.Of(kept, whole: true), StudioJson.Options);
            })
            .WithSummary("The timeline that is “corrected” or “truth”, in the studio's own JSON; its version is the ETag.")
            .Produces<TimelineShape>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        timelines.MapPut("/{kind}", (Guid id, Guid clip, string kind, TimelineStore store, HttpContext context, CancellationToken cancellation) =>
                TakeAsync(id, clip, kind, TimelineFormat.Json, "timeline.json", false, store, context, cancellation))
            .WithSummary("Writes the timeline that is “corrected” or “truth” (the studio's own JSON). If-Match names the version that it takes the place of, If-None-Match: * says that there is none yet.")
            .Accepts<JsonNode>("application/json")
            .Produces<TimelineTaken>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed)
            .ProducesProblem(StatusCodes.Status428PreconditionRequired);
        timelines.MapPost("/{kind}/import", (Guid id, Guid clip, string kind, TimelineStore store, HttpContext context, CancellationToken cancellation, string? format = null, string? name = null, bool add = false) =>
                format is not null && TimelineExchange.Find(format) is null
                    ? Task.FromResult(ApiProblems.Of(StatusCodes.Status400BadRequest, $"The format is “{TimelineRules.Line(format)}”; expected one of {string.Join(", ", TimelineExchange.Names)}.", "format"))
                    : TakeAsync(id, clip, kind, format is null ? null : TimelineExchange.Find(format), name ?? "file", add, store, context, cancellation))
            .WithSummary($"Reads an annotation file (the body as it is) into the timeline that is “corrected” or “truth”: in its place, or beside what it says with add=true. Format: {string.Join(", ", TimelineExchange.Names)}, or told from the content. If-Match and If-None-Match as for PUT. A file that does not fit says in which line.")
            .Produces<TimelineTaken>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed)
            .ProducesProblem(StatusCodes.Status428PreconditionRequired);
        timelines.MapDelete("/{kind}", async (Guid id, Guid clip, string kind, TimelineStore store, HttpContext context, CancellationToken cancellation) =>
            {
                if (Kind(kind) is not { } which)
                {
                    return Missing(kind);
                }

                if (!Expected(context.Request, out long? expected))
                {
                    return VersionWanted();
                }

                try
                {
                    return await store.DeleteAsync(id, clip, which, expected, null, cancellation) ? Results.NoContent() : Missing(kind);
                }
                catch (TimelineConflictException conflict)
                {
                    return ApiProblems.Of(StatusCodes.Status412PreconditionFailed, conflict.Message);
                }
            })
            .WithSummary("Deletes the timeline that is “corrected” or “truth”; If-Match names its version.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed)
            .ProducesProblem(StatusCodes.Status428PreconditionRequired);
        timelines.MapGet("/export", ExportAsync)
            .WithSummary($"All that is said of the clip as a file for other programs. Format: {string.Join(", ", TimelineExchange.Names)}. Layers: model, corrected, truth with commas between; all when left out. The model's is that of an answer, the last one that names anything when left out. What the format has no place for is counted in the header Crab-Left-Out.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>Where a clip's timelines are to be had as a file.</summary>
    public static string ExportAddress(Guid session, Guid clip, TimelineFormat format, IEnumerable<TimelineLayer> layers, Guid? answer) =>
        $"/api/sessions/{session}/clips/{clip}/timelines/export?format={TimelineExchange.Name(format)}&layers={string.Join(',', layers.Select(TimelineRules.Word))}{(answer is { } one ? $"&answer={one}" : "")}";

    /// <summary>The name of such a file.</summary>
    public static string FileName(TimelineClip clip, TimelineFormat format)
    {
        string stem = Path.GetFileNameWithoutExtension(clip.FileName) is { Length: > 0 } name ? name : "timeline";
        // Several formats end in .json.
        return stem + (format is TimelineFormat.LabelStudio or TimelineFormat.Coco or TimelineFormat.AvUie ? "." + TimelineExchange.Name(format) : "") + TimelineExchange.Extension(format);
    }

    /// <summary>What was left out, in words.</summary>
    public static string Words(LeftOut one) => FormattableString.Invariant($"{Name(one.Kind)} ×{one.Count}: {one.Why}");

    internal static string Version(long version) => version.ToString("x", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<IResult> ExportAsync(Guid id, Guid clip, TimelineStore store, HttpContext context, CancellationToken cancellation, string? format = null, string? layers = null, Guid? answer = null)
    {
        if (format is null || TimelineExchange.Find(format) is not { } form)
        {
            return ApiProblems.Of(StatusCodes.Status400BadRequest, $"The format is “{TimelineRules.Line(format ?? "")}”; expected one of {string.Join(", ", TimelineExchange.Names)}.", "format");
        }

        List<TimelineLayer> wanted = [];
        foreach (string word in (layers ?? "model,corrected,truth").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (TimelineRules.Layer(word) is not { } layer)
            {
                return ApiProblems.Of(StatusCodes.Status400BadRequest, $"A layer is “{TimelineRules.Line(word)}”; expected model, corrected or truth.", "layers");
            }

            wanted.Add(layer);
        }

        try
        {
            TimelineDocument whole = await store.WholeAsync(id, clip, wanted, answer, cancellation);
            ExportedTimeline written = TimelineExchange.Write(whole, form);
            context.Response.Headers["Crab-Left-Out"] = string.Join(", ", written.LeftOut.Select(one => FormattableString.Invariant($"{one.Kind}={one.Count}")));
            return Results.File(written.Bytes, "application/octet-stream", FileName(whole.Clip, form));
        }
        catch (ExchangeException refused)
        {
            return ApiProblems.Of(StatusCodes.Status400BadRequest, refused.Message, "format");
        }
    }

    private static async Task<IResult> TakeAsync(Guid id, Guid clip, string kind, TimelineFormat? format, string name, bool add, TimelineStore store, HttpContext context, CancellationToken cancellation)
    {
        if (Kind(kind) is not { } which)
        {
            return Missing(kind);
        }

        if (!Expected(context.Request, out long? expected))
        {
            return VersionWanted();
        }

        IReadOnlyList<KeptTimeline> kept = await store.ListAsync(id, clip, cancellation);
        TimelineDocument there = kept.FirstOrDefault(one => one.Kind == which)?.Document ?? new TimelineDocument((await store.WholeAsync(id, clip, [], null, cancellation)).Clip);
        byte[] body = await BodyAsync(context, cancellation);
        try
        {
            TimelineLayer layer = TimelineStore.LayerOf(which);
            ImportedTimeline read = TimelineExchange.Read(body, name, format, new TimelineReadSettings { Clip = there.Clip, Layer = layer });
            TimelineDocument chosen = Chosen(read.Document, layer);
            long version = await store.SaveAsync(id, clip, which, TimelineEdits.TakeIn(there, layer, chosen, replace: !add), expected, null, null, cancellation);
            context.Response.Headers.ETag = $"\"{Version(version)}\"";
            return Results.Json(new TimelineTaken(Version(version), TimelineExchange.Name(read.Format), chosen.Events.Count, chosen.Boxes.Count, chosen.Points.Count, [.. read.LeftOut.Select(Words)]), StudioJson.Options);
        }
        catch (ExchangeException refused)
        {
            return Results.Problem(refused.Message, statusCode: StatusCodes.Status400BadRequest, title: "This cannot be done as asked", extensions: new Dictionary<string, object?>
            {
                ["field"] = "file",
                ["line"] = refused.Place.Line > 0 ? refused.Place.Line : null,
            });
        }
        catch (TimelineEditException refused)
        {
            return ApiProblems.Of(StatusCodes.Status400BadRequest, refused.Message, "file");
        }
        catch (TimelineConflictException conflict)
        {
            return ApiProblems.Of(StatusCodes.Status412PreconditionFailed, conflict.Message);
        }
    }

    /// <summary>Of a file with several layers, the one that is written into; of another one, everything.</summary>
    internal static TimelineDocument Chosen(TimelineDocument read, TimelineLayer layer) => TimelineEdits.Only(read, layer) is var own && TimelineEdits.Count(own) > 0 ? own : read;

    private static async Task<byte[]> BodyAsync(HttpContext context, CancellationToken cancellation)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = TimelineRules.MostBytes;
        }

        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, cancellation);
        return body.ToArray();
    }

    // Whether the request says what it takes the place of: a version, nothing yet (0), or whatever is there (null).
    private static bool Expected(HttpRequest request, out long? expected)
    {
        expected = 0;
        if (request.Headers.IfNoneMatch.ToString() == "*")
        {
            return true;
        }

        string match = request.Headers.IfMatch.ToString().Trim();
        if (match == "*")
        {
            expected = null;
            return true;
        }

        // A version that is none is one that is not there.
        expected = long.TryParse(match.Trim('"'), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out long version) && version != 0 ? version : -1;
        return match.Length > 0;
    }

    private static IResult VersionWanted() => ApiProblems.Of(
        StatusCodes.Status428PreconditionRequired,
        "Say what is to be overwritten: If-Match with the version that was read last, If-None-Match: * when there is none yet, or If-Match: * for whatever is there.");

    private static IResult Missing(string kind) => ApiProblems.Of(
        StatusCodes.Status404NotFound,
        Kind(kind) is null ? $"There is no timeline “{TimelineRules.Line(kind)}”; there are corrected and truth." : $"Nothing is kept as {kind} of this clip.");

    private static TimelineKind? Kind(string word) => word.ToLowerInvariant() switch
    {
        "corrected" => TimelineKind.Corrected,
        "truth" => TimelineKind.Truth,
        _ => null,
    };

    private static string Name(LeftOutKind kind) => kind switch
    {
        LeftOutKind.ClipFacts => "facts of the clip",
        LeftOutKind.OtherRegions => "other regions",
        LeftOutKind.OtherClips => "other clips",
        LeftOutKind.Cancelled => "cancelled annotations",
        LeftOutKind.Times => "exact times",
        _ => kind.ToString().ToLowerInvariant(),
    };
}

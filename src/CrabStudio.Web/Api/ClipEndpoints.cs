using CrabStudio.Media;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using CrabStudio.Web.Sharing;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace CrabStudio.Web.Api;

/// <summary>Clips over HTTP.</summary>
public static class ClipEndpoints
{
    /// <summary>What a multipart body needs beside the file itself.</summary>
    private const long Envelope = 64 * 1024;

    private const int MostParts = 16;

    // A page asks for pictures once, right after the upload; a player that waits for a rendition shows that it waits.
    private static readonly TimeSpan PictureWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RenditionWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestHearing = TimeSpan.FromSeconds(20);

    /// <summary>Maps them.</summary>
    public static void MapClips(this RouteGroupBuilder api)
    {
        RouteGroupBuilder clips = api.MapGroup("/clips").WithTags("Clips");
        clips.MapPost("/", UploadAsync)
            .WithSummary("Takes in a clip: multipart form, the file in the field “file”. It is examined before it is accepted.")
            .WithName("AddClip")
            .Produces<ClipShape>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .WithMetadata(MultipartBody.Instance);
        clips.MapGet("/{id:guid}", async (Guid id, ClipLibrary library, CancellationToken cancellation) => ClipShape.Of(await FindAsync(library, id, cancellation), library))
            .WithSummary("A clip and what was found in it.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        clips.MapGet("/unused", async (ClipLibrary library, CancellationToken cancellation) => (await library.UnusedAsync(cancellation)).Select(clip => ClipShape.Of(clip, library)).ToArray())
            .WithSummary("The clips that no session uses, also none in the bin, newest first: those that were brought and never used, and those whose sessions are gone.");
        clips.MapDelete("/{id:guid}", async (Guid id, ClipLibrary library, CancellationToken cancellation) =>
            {
                Clip clip = await FindAsync(library, id, cancellation);
                return await library.DeleteUnusedAsync([id], cancellation) > 0 ? Results.NoContent()
                    : ApiProblems.Of(StatusCodes.Status409Conflict, $"{clip.FileName} is used by a session, or by one in the bin. Delete that for good first.");
            })
            .WithSummary("Deletes a clip that no session uses, with its file. One that a session uses, also one in the bin, stays: 409.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        clips.MapGet("/{id:guid}/media", MediaAsync)
            .WithSummary("The clip as browsers play it, with range requests; with original=1 the file as it was brought, as a download.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .Produces(StatusCodes.Status206PartialContent, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
        Derived(clips, "poster", ClipDerivatives.PosterName, "image/jpeg", "One picture of the clip. 404 when it has none, or not yet.");
        Derived(clips, "strip", ClipDerivatives.StripName, "image/jpeg", "Small pictures side by side, evenly spaced in time. 404 when it has none, or not yet.");
        Derived(clips, "waveform", ClipDerivatives.WaveformName, "application/json", "The outline of the sound as peaks. 404 when it has none, or not yet.");
    }

    private static async Task<Clip> FindAsync(ClipLibrary library, Guid id, CancellationToken cancellation) =>
        await library.FindAsync(id, cancellation) ?? throw new UnknownItemException("clip", id);

    private static void Derived(RouteGroupBuilder clips, string name, string file, string type, string summary) => clips
        .MapGet("/{id:guid}/" + name, async (Guid id, ClipLibrary library, HttpContext context, CancellationToken cancellation) =>
        {
            Clip clip = await FindAsync(library, id, cancellation);
            if (await library.MadeOfAsync(clip, file, PictureWait, cancellation) is not { } path)
            {
                return ApiProblems.Of(StatusCodes.Status404NotFound, $"{clip.FileName} has no {name}, or it is not made yet.");
            }

            context.Response.Headers.CacheControl = "private, max-age=86400";
            return Results.File(path, type, entityTag: Tag(clip, name));
        })
        .WithSummary(summary)
        .Produces(StatusCodes.Status200OK, contentType: type)
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static EntityTagHeaderValue Tag(Clip clip, string part) => new($"\"{clip.Sha256[..32]}-{part}\"");

    private static async Task<IResult> UploadAsync(HttpContext context, ClipLibrary library)
    {
        CancellationToken cancellation = context.RequestAborted;
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out MediaTypeHeaderValue? type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 200 } boundary)
        {
            return ApiProblems.Of(StatusCodes.Status415UnsupportedMediaType, "A clip is sent as a multipart form (multipart/form-data) with the file in the field “file”.", "file");
        }

        // The bound is the library's: the server's own would cut the connection instead of saying why.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (context.Request.ContentLength > library.MaxBytes + Envelope)
        {
            await HearOutAsync(context.Request.Body, cancellation);
            return ApiProblems.Of(StatusCodes.Status413PayloadTooLarge, library.TooLarge("This clip"), "file");
        }

        MultipartReader reader = new(boundary.ToString(), context.Request.Body) { HeadersLengthLimit = 16 * 1024, HeadersCountLimit = 16, BodyLengthLimit = library.MaxBytes + Envelope };
        try
        {
            for (int part = 0; part < MostParts && await reader.ReadNextSectionAsync(cancellation) is { } section; part++)
            {
                if (section.GetContentDispositionHeader() is { } disposition && HeaderUtilities.RemoveQuotes(disposition.Name) == "file" && disposition.IsFileDisposition())
                {
                    string name = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
                    ClipShape clip = ClipShape.Of(await library.AddAsync(section.Body, name, cancellation), library);
                    return Results.Created($"/api/clips/{clip.Id}", clip);
                }
            }
        }
        catch (MediaException large) when (large.InnerException is ClipTooLargeException)
        {
            await HearOutAsync(context.Request.Body, cancellation);
            throw;
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException)
        {
            return ApiProblems.Of(StatusCodes.Status400BadRequest, "The upload broke off before its end, so nothing was kept. Send the whole multipart form.", "file");
        }

        return ApiProblems.Of(StatusCodes.Status400BadRequest, "There is no file in the field “file”. Send the clip there.", "file");
    }

    /// <summary>Reads on for a while and keeps nothing: a browser that is still sending would not see the answer.</summary>
    private static async Task HearOutAsync(Stream body, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(LongestHearing);
        try
        {
            await body.CopyToAsync(Stream.Null, patience.Token);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            // Then it does not see it.
        }
    }

    private static async Task<IResult> MediaAsync(Guid id, ClipLibrary library, HttpContext context, CancellationToken cancellation, int original = 0)
    {
        Clip clip = await FindAsync(library, id, cancellation);
        context.Response.Headers.CacheControl = "private, no-cache";
        if (original != 0)
        {
            return Results.File(library.FileOf(clip), "application/octet-stream", clip.FileName, entityTag: Tag(clip, "original"), enableRangeProcessing: true);
        }

        (string path, string type) = await PlayedClip.OfAsync(library, clip, RenditionWait, cancellation);
        return Results.File(path, type, entityTag: Tag(clip, path == library.FileOf(clip) ? "original" : "shown"), enableRangeProcessing: true);
    }

    /// <summary>The media type of what browsers play, or null. From what a decoder found, never from a name; none of these can hold a script.</summary>
    internal static string? BrowserType(string? format, ClipKind kind) => (format, kind) switch
    {
        ("mov", ClipKind.Audio) => "audio/mp4",
        ("mov", _) => "video/mp4",
        ("matroska", ClipKind.Audio) => "audio/webm",
        ("matroska", _) => "video/webm",
        ("ogg", ClipKind.Audio) => "audio/ogg",
        ("wav", _) => "audio/wav",
        ("mp3", _) => "audio/mpeg",
        ("flac", _) => "audio/flac",
        ("aac", _) => "audio/aac",
        ("png_pipe", _) => "image/png",
        ("jpeg_pipe", _) => "image/jpeg",
        ("webp_pipe", _) => "image/webp",
        ("bmp_pipe", _) => "image/bmp",
        ("gif", ClipKind.Image) => "image/gif",
        _ => null,
    };
}

/// <summary>Says in the API's description that a body is a multipart form with a file.</summary>
public sealed class MultipartBody
{
    /// <summary>The one.</summary>
    public static MultipartBody Instance { get; } = new();
}

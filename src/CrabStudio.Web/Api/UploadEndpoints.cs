using System.Globalization;
using System.Text;
using CrabStudio.Media;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Http.Features;

namespace CrabStudio.Web.Api;

/// <summary>
/// Resumable uploads by the tus protocol, version 1.0.0 (https://tus.io/protocols/resumable-upload): the core, and the
/// extensions creation, expiration and termination. When the last byte has come, and whenever a whole upload is looked at,
/// the header <c>Clip-Id</c> names the clip.
/// </summary>
public static class UploadEndpoints
{
    private const string Version = "1.0.0";
    private const string BodyType = "application/offset+octet-stream";
    private const int LongestName = 1000;

    /// <summary>Maps them.</summary>
    public static void MapUploads(this RouteGroupBuilder api)
    {
        RouteGroupBuilder uploads = api.MapGroup("/uploads").WithTags("Uploads");
        uploads.AddEndpointFilter(async (call, next) =>
        {
            HttpContext context = call.HttpContext;
            context.Response.Headers["Tus-Resumable"] = Version;
            context.Response.Headers.CacheControl = "no-store";
            if (!HttpMethods.IsOptions(context.Request.Method) && context.Request.Headers["Tus-Resumable"] != Version)
            {
                context.Response.Headers["Tus-Version"] = Version;
                return ApiProblems.Of(StatusCodes.Status412PreconditionFailed, $"Uploads here speak tus {Version}: send “Tus-Resumable: {Version}”.");
            }

            try
            {
                return await next(call);
            }
            catch (UploadRefusedException refused)
            {
                return ApiProblems.Of(refused.Status, refused.Message, "file");
            }
        });
        uploads.MapMethods("/", [HttpMethods.Options], (UploadShelf shelf, HttpContext context) => Options(shelf, context)).ExcludeFromDescription();
        uploads.MapMethods("/{id:guid}", [HttpMethods.Options], (Guid id, UploadShelf shelf, HttpContext context) => Options(shelf, context)).ExcludeFromDescription();
        uploads.MapPost("/", Create)
            .WithSummary("Begins a resumable upload (tus 1.0.0, creation): Upload-Length in bytes, and in Upload-Metadata the “filename” in base64. Location says where it goes on.")
            .Produces(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage);
        uploads.MapMethods("/{id:guid}", [HttpMethods.Head], LookAsync)
            .WithSummary("Where an upload stands (tus 1.0.0): Upload-Offset, Upload-Length, and Clip-Id once it is a clip.")
            .Produces(StatusCodes.Status200OK);
        uploads.MapPatch("/{id:guid}", AppendAsync)
            .WithSummary($"Adds bytes at Upload-Offset (tus 1.0.0); Content-Type: {BodyType}. With the last byte the clip is examined, and Clip-Id names it.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status409Conflict);
        uploads.MapDelete("/{id:guid}", async (Guid id, UploadShelf shelf, CancellationToken cancellation) => await shelf.CancelAsync(id, cancellation) ? Results.NoContent() : NoUpload(id))
            .WithSummary("Throws an unfinished upload away (tus 1.0.0, termination).")
            .Produces(StatusCodes.Status204NoContent);
    }

    private static IResult NoUpload(Guid id) => ApiProblems.Of(StatusCodes.Status404NotFound, new UnknownItemException("upload", id).Message);

    private static IResult Options(UploadShelf shelf, HttpContext context)
    {
        context.Response.Headers["Tus-Version"] = Version;
        context.Response.Headers["Tus-Extension"] = "creation,expiration,termination";
        context.Response.Headers["Tus-Max-Size"] = shelf.MaxBytes.ToString(CultureInfo.InvariantCulture);
        return Results.NoContent();
    }

    private static IResult Create(UploadShelf shelf, HttpContext context)
    {
        if (Number(context, "Upload-Length") is not { } length)
        {
            return ApiProblems.Of(StatusCodes.Status400BadRequest, "Say in Upload-Length how many bytes will come.", "file");
        }

        ResumableUpload upload = shelf.Create(NameIn(context.Request.Headers["Upload-Metadata"].ToString()), length);
        Tell(context, upload);
        return Results.Created($"/api/uploads/{upload.Id}", null);
    }

    private static async Task<IResult> LookAsync(Guid id, UploadShelf shelf, HttpContext context, CancellationToken cancellation)
    {
        try
        {
            if (await shelf.LookAsync(id, cancellation) is { } upload)
            {
                Tell(context, upload);
                context.Response.Headers["Upload-Length"] = upload.Length.ToString(CultureInfo.InvariantCulture);
                return Results.Ok();
            }
        }
        catch (MediaException)
        {
            // It was whole and no clip: it is gone now, and who brings it again is told why.
        }

        return Results.StatusCode(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> AppendAsync(Guid id, UploadShelf shelf, HttpContext context, CancellationToken cancellation)
    {
        if (context.Request.ContentType != BodyType)
        {
            return ApiProblems.Of(StatusCodes.Status415UnsupportedMediaType, $"Bytes of an upload are sent with Content-Type: {BodyType}.", "file");
        }

        if (Number(context, "Upload-Offset") is not { } offset)
        {
            return ApiProblems.Of(StatusCodes.Status400BadRequest, "Say in Upload-Offset where these bytes belong.", "file");
        }

        // The bound is what was announced.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        try
        {
            Tell(context, await shelf.AppendAsync(id, offset, context.Request.Body, cancellation));
            return Results.NoContent();
        }
        catch (Exception lost) when (lost is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The sender is gone, or came back on another connection. What has come stays; nobody hears this answer.
            return ApiProblems.Of(StatusCodes.Status400BadRequest, "The connection broke off. Ask where the upload stands (HEAD) and go on from there.", "file");
        }
    }

    private static void Tell(HttpContext context, ResumableUpload upload)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers["Upload-Offset"] = upload.Offset.ToString(CultureInfo.InvariantCulture);
        if (upload.ClipId is { } clip)
        {
            headers["Clip-Id"] = clip.ToString();
        }
        else
        {
            headers["Upload-Expires"] = upload.ExpiresAt.ToString("R", CultureInfo.InvariantCulture);
        }
    }

    private static long? Number(HttpContext context, string header) =>
        long.TryParse(context.Request.Headers[header].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    // “filename d29ybGQ=,type dmlkZW8=”: of a list that is not like this, nothing is taken.
    private static string NameIn(string metadata)
    {
        string? value = metadata.Split(',').Select(pair => pair.Trim().Split(' ')).FirstOrDefault(pair => pair is ["filename", _])?[1];
        byte[] bytes = new byte[LongestName];
        return value is not null && Convert.TryFromBase64String(value, bytes, out int written) ? Encoding.UTF8.GetString(bytes, 0, written) : "clip";
    }
}

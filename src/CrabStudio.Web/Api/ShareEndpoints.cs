using CrabStudio.Media;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Security;
using CrabStudio.Web.Services;
using CrabStudio.Web.Sharing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;

namespace CrabStudio.Web.Api;

/// <summary>A new link.</summary>
/// <param name="ExpiresInDays">1 to 365; left out: it works until it is taken back.</param>
public sealed record NewLink(int? ExpiresInDays = null);

/// <summary>Sharing over HTTP: offline files, links, and what stands behind a link.</summary>
public static class ShareEndpoints
{
    private const string Html = "text/html; charset=utf-8";

    /// <summary>Maps what the studio's own people use.</summary>
    public static void MapSharing(this RouteGroupBuilder api)
    {
        RouteGroupBuilder answers = api.MapGroup("/answers").WithTags("Sharing");
        answers.MapGet("/{id:guid}/bundle", BundleAsync)
            .WithSummary("The answer with its clips, timeline and routing as one HTML file that opens from disk without a network. A clip of more than 50 MB is made smaller first, which may take minutes. It speaks English, or what language names: en, zh-Hans.")
            .Produces(StatusCodes.Status200OK, contentType: "text/html")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        answers.MapGet("/{id:guid}/bundle/facts", async (Guid id, OfflineBundle bundle, CancellationToken cancellation, string? language = null) => await Told(language, async () => Results.Json(await bundle.DescribeAsync(id, cancellation), StudioJson.Options)))
            .WithSummary("How large that file will be, and what becomes of each clip in it.")
            .Produces<BundleFacts>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);

        RouteGroupBuilder ofSession = api.MapGroup("/sessions/{id:guid}/links").WithTags("Sharing");
        ofSession.MapPost("/", async (Guid id, NewLink link, ShareLinks links, HttpContext context, CancellationToken cancellation) =>
            {
                context.Response.Headers.CacheControl = "no-store";
                MadeLink made = await links.MakeAsync(id, link.ExpiresInDays, cancellation);
                return Results.Created($"/api/sessions/{id}/links/{made.Id}", made);
            })
            .WithSummary("Makes a link by which whoever has it reads this session, and nothing else. Its path is told once and not kept.")
            .Produces<MadeLink>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        ofSession.MapGet("/", (Guid id, ShareLinks links, CancellationToken cancellation) => links.ListAsync(id, cancellation))
            .WithSummary("The links of a session, newest first, without their secrets.");
        ofSession.MapDelete("/{linkId:guid}", async (Guid id, Guid linkId, ShareLinks links, CancellationToken cancellation) =>
            {
                await links.RevokeAsync(id, linkId, cancellation);
                return Results.NoContent();
            })
            .WithSummary("Takes a link back: from now on it opens nothing.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>Maps what a link opens. The link is the permission, and every other address below it is a page that says that there is no such link.</summary>
    public static void MapShared(this WebApplication app)
    {
        RouteGroupBuilder shared = app.MapGroup(ShareLinks.Root).ExcludeFromDescription().WithMetadata(LinkIsPermission.Instance);
        shared.AddEndpointFilter(async (call, next) =>
        {
            IHeaderDictionary headers = call.HttpContext.Response.Headers;
            headers.CacheControl = "no-store";
            headers["X-Robots-Tag"] = "noindex, nofollow";
            call.HttpContext.Features.Set(new PagePolicy(ViewerPage.Policy(offline: false) + "; frame-ancestors 'none'", "no-referrer"));
            return await next(call);
        });
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        shared.MapMethods("/{secret}", read, PageAsync);
        shared.MapMethods("/{secret}/clips/{position:int}", read, (string secret, int position, ShareLinks links, ClipLibrary library, DataFolder folder, CancellationToken cancellation) =>
            ClipAsync(secret, position, links, folder, async clip =>
            {
                (string path, string type) = await PlayedClip.OfAsync(library, clip, TimeSpan.FromSeconds(30), cancellation);
                return Results.File(path, type, entityTag: new EntityTagHeaderValue($"\"{clip.Sha256[..32]}-shared\""), enableRangeProcessing: true);
            }, cancellation));
        shared.MapMethods("/{secret}/clips/{position:int}/poster", read, (string secret, int position, ShareLinks links, DataFolder folder, CancellationToken cancellation) =>
            ClipAsync(secret, position, links, folder, clip => Task.FromResult(Picture(Path.Combine(folder.Content(clip.Sha256), ClipDerivatives.PosterName), "image/jpeg")), cancellation));
        shared.MapMethods("/{secret}/answers/{answerId:guid}/frames/{number:int}", read, async (string secret, Guid answerId, int number, ShareLinks links, DataFolder folder, CancellationToken cancellation) =>
        {
            await using StudioDatabase database = folder.CreateDbContext();
            return await links.OpenAsync(secret, cancellation) is { } session && await database.Answers.AnyAsync(answer => answer.Id == answerId && answer.SessionId == session, cancellation)
                ? Picture(SeenPictures.PathOf(folder.Answer(answerId), number), "image/png")
                : NoSuchLink();
        });
        shared.MapMethods("/{**rest}", read, NoSuchLink);
    }

    private static async Task<IResult> Told(string? language, Func<Task<IResult>> work)
    {
        StudioLanguages.Speak(language);
        try
        {
            return await work();
        }
        catch (UnfinishedAnswerException unfinished)
        {
            return ApiProblems.Of(StatusCodes.Status409Conflict, unfinished.Message);
        }
    }

    private static Task<IResult> BundleAsync(Guid id, OfflineBundle bundle, HttpContext context, CancellationToken cancellation, string? language = null) => Told(language, async () =>
    {
        OfflineBundle.Prepared prepared = await bundle.PrepareAsync(id, make: true, cancellation);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = prepared.Bytes;
        return Results.Stream(target => prepared.WriteAsync(target, cancellation), Html, $"{ShareFileName.Of(prepared.Title)}.html");
    });

    private static async Task<IResult> PageAsync(string secret, ShareLinks links, ClipLibrary library, DataFolder folder, CancellationToken cancellation, string? answer = null)
    {
        if ((answer is null || Guid.TryParse(answer, out _)) && await links.OpenAsync(secret, cancellation) is { } session
            && await new SharedViewReader(folder).ReadAsync(session, answer is null ? null : Guid.Parse(answer), offline: false, new LinkedFiles(folder, library, $"{ShareLinks.Root}/{secret}"), cancellation) is { } view)
        {
            return Results.Content(ViewerPage.Beginning(view) + ViewerPage.End, Html);
        }

        return NoSuchLink();
    }

    private static async Task<IResult> ClipAsync(string secret, int position, ShareLinks links, DataFolder folder, Func<Clip, Task<IResult>> show, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await links.OpenAsync(secret, cancellation) is { } session
            && await database.SessionClips.Where(one => one.SessionId == session && one.Position == position).Select(one => one.Clip).FirstOrDefaultAsync(cancellation) is { } clip
            ? await show(clip)
            : NoSuchLink();
    }

    private static IResult Picture(string path, string type) => File.Exists(path) ? Results.File(path, type) : NoSuchLink();

    private static IResult NoSuchLink() => Results.Content(ViewerPage.NoSuchLink, Html, statusCode: StatusCodes.Status404NotFound);
}

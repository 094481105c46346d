using CrabStudio.Engine;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Api;

/// <summary>How the studio is, for whoever looks after it. Free of anything that only its users may know.</summary>
public static class HealthEndpoint
{
    /// <summary>Maps it.</summary>
    public static void MapHealth(this WebApplication app) => app.MapGet("/healthz", async (IAnalysisEngine engine, DataFolder folder, HttpContext context, CancellationToken cancellation) =>
        {
            EngineStatus status = engine.Status;
            bool stored = await CanReadAsync(folder, cancellation);
            string word = status.State == EngineState.Failed || !stored ? "failed" : status.State == EngineState.Loading ? "starting" : "ok";
            context.Response.Headers.CacheControl = "no-store";
            return Results.Json(
                new Health(word, status.State.ToString().ToLowerInvariant(), status.Running, status.Waiting, stored ? "ok" : "failed"),
                StudioJson.Options,
                statusCode: word == "failed" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
        })
        .WithTags("Health")
        .WithSummary("How the studio is. 503 when the model or the database failed. Needs no access key.")
        .Produces<Health>()
        .Produces<Health>(StatusCodes.Status503ServiceUnavailable);

    private static async Task<bool> CanReadAsync(DataFolder folder, CancellationToken cancellation)
    {
        try
        {
            await using StudioDatabase database = folder.CreateDbContext();
            await database.Sessions.AnyAsync(cancellation);
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return false;
        }
    }
}

using System.Globalization;
using System.Text.Json;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>What pages about the workshop load by address: media of samples, and curves as tables.</summary>
public static class WorkshopEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapWorkshop(this RouteGroupBuilder api)
    {
        RouteGroupBuilder group = api.MapGroup("/workshop").WithTags("Workshop");
        group.MapGet("/media", MediaAsync)
            .WithSummary("A media file of a sample of a data set, with range requests: the data set's id, its key, train or test, the entry's place, and which of the sample's files, each from 0. Only files inside the data set that are media by their content.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .Produces(StatusCodes.Status206PartialContent, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/curves.csv", Curves)
            .WithSummary("The points of a chart of a training run as CSV with the columns step, curve and value, every step of the log: the run's id, the stage where it is a recipe, and the chart.")
            .Produces(StatusCodes.Status200OK, contentType: "text/csv")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>The address of the points of a chart.</summary>
    public static string CurvesAddress(WorkshopItem run, string? stage, RunChart chart) =>
        $"/api/workshop/curves.csv?run={Uri.EscapeDataString(run.Id)}{(stage is null ? "" : $"&stage={stage}")}&chart={chart}";

    /// <summary>The address of a media file of a sample.</summary>
    public static string MediaAddress(DataSet set, AvUieSample sample, int part) =>
        FormattableString.Invariant($"/api/workshop/media?set={Uri.EscapeDataString(set.Item.Id)}&key={sample.Key}&split={Word(sample.Entry.Split)}&entry={sample.Index}&part={part}");

    /// <summary><c>train</c> or <c>test</c>.</summary>
    public static string Word(AvUieSplit split) => split == AvUieSplit.Train ? "train" : "test";

    private static async Task<IResult> MediaAsync(string set, string key, string split, int entry, DataSetLibrary library, HttpContext context, CancellationToken cancellation, int part = 0)
    {
        if (library.Open(set) is not { } data
            || data.Lists.Where(list => list.Key == key && Word(list.Split) == split).ToArray() is not [var found])
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, "There is no such list of a data set in the workshop.");
        }

        DataSetIndex index;
        try
        {
            index = await library.IndexAsync(data, found.Key, found.Split, cancellation);
        }
        catch (AvUieException fault)
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, fault.Message);
        }

        if (entry < 0 || entry >= index.Count)
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, $"{key}/{split}.json has {index.Count} entries, counted from 0; there is no entry {entry}.");
        }

        if (index.At(entry) is not { Sample: { } sample })
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, index.At(entry).Problem ?? "The entry cannot be read.");
        }

        if (DataSetLibrary.MediaOf(data, sample).ElementAtOrDefault(part) is not { } media)
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, $"The entry has no media file {part}.");
        }

        try
        {
            return media.Path is null ? ApiProblems.Of(StatusCodes.Status404NotFound, media.Problem!)
                : DataSetLibrary.BrowserType(media.Path, media.Shown) is not { } type ? ApiProblems.Of(StatusCodes.Status404NotFound, $"{media.Name}: is no media file that a browser plays.")
                : Kept(context, Results.File(media.Path, type, lastModified: File.GetLastWriteTimeUtc(media.Path), enableRangeProcessing: true));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, $"{media.Name}: cannot be read.");
        }
    }

    private static IResult Curves(string run, string chart, Workshop workshop, HttpContext context, string? stage = null)
    {
        if (workshop.Get(WorkshopKind.Training, run) is not { } found || (stage is not null && !Workshop.StagesOf(found.Path).Contains(stage)))
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, "There is no such run in the workshop.");
        }

        if (!Enum.TryParse(chart, ignoreCase: true, out RunChart wanted) || !Enum.IsDefined(wanted))
        {
            return ApiProblems.Of(StatusCodes.Status404NotFound, $"There is no such chart; the charts are {string.Join(", ", Enum.GetNames<RunChart>())}.");
        }

        (string file, Func<JsonElement, IReadOnlyList<RunPoint>?> points) = wanted switch
        {
            RunChart.Entropy or RunChart.Shares => ("routes.jsonl", RunPoints.OfRoutes),
            RunChart.Score => ("unseen.jsonl", RunPoints.OfMeasure),
            _ => ("log.jsonl", (Func<JsonElement, IReadOnlyList<RunPoint>?>)RunPoints.OfStep),
        };
        string path = Path.Combine(found.Path, stage ?? "", file);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Stream(body => WriteAsync(body, path, wanted, points, context.RequestAborted), "text/csv; charset=utf-8", $"{found.Name}{(stage is null ? "" : $"-{stage}")}-{wanted}.csv");
    }

    private static async Task WriteAsync(Stream body, string path, RunChart chart, Func<JsonElement, IReadOnlyList<RunPoint>?> points, CancellationToken cancellation)
    {
        await using StreamWriter writer = new(body, leaveOpen: true) { NewLine = "\n" };
        await writer.WriteLineAsync("step,curve,value");
        if (!File.Exists(path))
        {
            return;
        }

        await using FileStream log = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, useAsync: true);
        using StreamReader reader = new(log);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            foreach (RunPoint point in Read(line, points) ?? [])
            {
                if (point.Chart == chart)
                {
                    await writer.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{point.Step},\"{point.Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\",{point.Value:r}"));
                }
            }
        }
    }

    // The page says how many lines are broken; a table of values leaves them out.
    private static IReadOnlyList<RunPoint>? Read(string line, Func<JsonElement, IReadOnlyList<RunPoint>?> points)
    {
        try
        {
            return points(JsonSerializer.Deserialize<JsonElement>(line));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IResult Kept(HttpContext context, IResult result)
    {
        context.Response.Headers.CacheControl = "private, no-cache";
        return result;
    }
}

using System.Text.Json;
using CrabStudio.Model.Generation;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Services;

/// <summary>What the runs of one model have in common and where they differ.</summary>
/// <param name="Models">Models that stored runs were made with, the one with most runs first.</param>
/// <param name="Model">The one that is shown; null: there is none.</param>
/// <param name="Experts">Its experts.</param>
/// <param name="Linears">Its adapted linears of the text decoder.</param>
/// <param name="Runs">Its runs, newest first, at most <see cref="RouterAtlas.MostRuns"/>.</param>
/// <param name="Stored">How many there are in all.</param>
public sealed record AtlasView(IReadOnlyList<AtlasModel> Models, AtlasModel? Model, int Experts, IReadOnlyList<RouteLinear> Linears, IReadOnlyList<AtlasRun> Runs, int Stored);

/// <summary>A model by what makes its routes comparable.</summary>
/// <param name="Key">Stands for it in addresses.</param>
/// <param name="Name">Name of the base.</param>
/// <param name="Adapter">Name of the adapter.</param>
/// <param name="Runs">Its stored runs.</param>
public sealed record AtlasModel(string Key, string Name, string? Adapter, int Runs);

/// <summary>Mean routing of stored runs. A run is summed up once; the sums lie beside the pictures of its answer.</summary>
public sealed class RouterAtlas(DataFolder folder, RouteReader reader)
{
    /// <summary>Most runs that are looked at.</summary>
    public const int MostRuns = 300;

    /// <summary>The runs of a model: whole answers whose routers nobody altered, of sessions that are not in the bin.</summary>
    /// <param name="key">The model; null: the one with most runs.</param>
    /// <param name="cancellation">Looked at between runs.</param>
    public async Task<AtlasView> ReadAsync(string? key, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        var stored = await (
            from answer in database.Answers.AsNoTracking()
            join session in database.Sessions on answer.SessionId equals session.Id
            where answer.Status == AnswerStatus.Done && answer.InterventionJson == null && answer.ModelJson != null && session.DeletedAt == null
                && database.PrefillRoutes.Any(routes => routes.AnswerId == answer.Id && routes.Part == "text")
            orderby answer.AskedAt descending
            select new { answer.Id, answer.SessionId, session.Title, answer.TaskKey, answer.ModelJson }).ToListAsync(cancellation);

        // The same name may stand for another file: what counts is that the linears and experts are the same too.
        var models = stored.GroupBy(run => run.ModelJson!).Select(group => (Facts: AnswerStore.Read<ModelFacts>(group.Key), Runs: group.ToList()))
            .GroupBy(one => $"{one.Facts.Name}/{one.Facts.Adapter}/{one.Facts.TextLinears.Count}/{one.Facts.Experts}")
            .Select(group => (group.Key, group.First().Facts, Runs: group.SelectMany(one => one.Runs).ToList())).OrderByDescending(one => one.Runs.Count).ToList();
        AtlasModel[] known = [.. models.Select(one => new AtlasModel(one.Key, one.Facts.Name, one.Facts.Adapter, one.Runs.Count))];
        if (models.Count == 0)
        {
            return new AtlasView([], null, 0, [], [], 0);
        }

        int at = Math.Max(0, models.FindIndex(one => one.Key == key));
        ModelFacts facts = models[at].Facts;
        List<AtlasRun> runs = [];
        foreach (var run in models[at].Runs.Take(MostRuns))
        {
            RunSums sums = await SumsAsync(run.Id, cancellation);
            if (sums.Routes.Length == facts.TextLinears.Count * facts.Experts)
            {
                runs.Add(new AtlasRun(run.Id, run.SessionId, run.Title, run.TaskKey, sums.Routes, sums.Modalities));
            }
        }

        return new AtlasView(known, known[at], facts.Experts, [.. facts.TextLinears.Select(RouteLinear.Of)], runs, models[at].Runs.Count);
    }

    private async Task<RunSums> SumsAsync(Guid answerId, CancellationToken cancellation)
    {
        string path = Path.Combine(folder.Answer(answerId), "routing-sums.json");
        try
        {
            if (File.Exists(path))
            {
                await using FileStream file = File.OpenRead(path);
                return await JsonSerializer.DeserializeAsync<RunSums>(file, StudioJson.Options, cancellation) ?? throw new JsonException("empty");
            }
        }
        catch (JsonException)
        {
            // Cut off by an end of the program: made anew.
        }

        RunSums sums = new((await reader.MeanOverPositionsAsync(answerId, RouteNetwork.Text, RouteSelection.None, cancellation))?.Matrix.Weights ?? [], []);
        foreach (PromptPart part in Enum.GetValues<PromptPart>())
        {
            if (await reader.MeanOverPositionsAsync(answerId, RouteNetwork.Text, new RouteSelection { Modality = part }, cancellation) is { } mean)
            {
                sums.Modalities[part] = mean.Matrix.Weights;
            }
        }

        Directory.CreateDirectory(folder.Answer(answerId));
        await File.WriteAllBytesAsync(path, JsonSerializer.SerializeToUtf8Bytes(sums, StudioJson.Options), cancellation);
        return sums;
    }

    private sealed record RunSums(float[] Routes, Dictionary<PromptPart, float[]> Modalities);
}

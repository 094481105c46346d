using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Api;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using CrabStudio.Web.Tests.Components;

namespace CrabStudio.Web.Tests.Routing;

/// <summary>Router weights over HTTP, of an answer whose every weight the test knows.</summary>
public sealed class RouteApiTests
{
    private static readonly string[] TextNames = ["model.layers.0.self_attn.q_proj", "model.layers.0.mlp.up_proj", "model.layers.1.self_attn.q_proj"];

    [Fact]
    public async Task EveryPieceHoldsTheVeryFloatsThatAreStored()
    {
        await using Studio studio = await Studio.StartAsync();
        Known known = await SeedAsync(studio);
        Assert.Equal(known.Text.Weights, await FloatsAsync(studio, $"{known.Path}/weights?part=text"));
        (float[] piece, string shape) = await PieceAsync(studio, $"{known.Path}/weights?part=text&from=1&count=2");
        Assert.Equal($"2,{known.Text.Positions},3", shape);
        Assert.Equal(known.Text.Weights[(known.Text.Positions * 3)..], piece);
        Assert.Empty(await FloatsAsync(studio, $"{known.Path}/weights?part=text&from=9"));
        Assert.Equal(known.Audio.Weights, await FloatsAsync(studio, $"{known.Path}/weights?part=audio"));
        Assert.Equal(known.Steps.SelectMany(step => step), await FloatsAsync(studio, $"{known.Path}/weights?part=answer"));
        Assert.Equal(known.Steps[2], await FloatsAsync(studio, $"{known.Path}/weights?part=answer&from=2&count=1"));
    }

    [Fact]
    public async Task HalfPrecisionIsAskedForByNameAndRoundsOnly()
    {
        await using Studio studio = await Studio.StartAsync();
        Known known = await SeedAsync(studio);
        Half[] halves = MemoryMarshal.Cast<byte, Half>(await studio.Http.GetByteArrayAsync($"{known.Path}/weights?part=text&format=f16")).ToArray();
        Assert.Equal(known.Text.Weights.Select(weight => (Half)weight), halves);
    }

    [Fact]
    public async Task AMeanOverLinearsIsExactForEverySelectionOfLinears()
    {
        await using Studio studio = await Studio.StartAsync();
        Known known = await SeedAsync(studio);
        foreach ((string select, int[] linears) in new[] { ("", new[] { 0, 1, 2 }), ("layer-0", [0, 1]), ("module-q", [0, 2]), ("layer-1~module-q", [2]) })
        {
            float[] means = await FloatsAsync(studio, $"{known.Path}/weights?part=text&mean=linears&select={select}");
            Assert.Equal(known.Text.Positions * 3, means.Length);
            for (int position = 0; position < known.Text.Positions; position++)
            {
                for (int expert = 0; expert < 3; expert++)
                {
                    Assert.Equal((float)linears.Average(linear => (double)known.Text[linear, position, expert]), means[(position * 3) + expert]);
                }
            }
        }

        Assert.Empty(await FloatsAsync(studio, $"{known.Path}/weights?part=text&mean=linears&select=part-audio"));
        float[] tokens = await FloatsAsync(studio, $"{known.Path}/weights?part=answer&mean=linears&select=layer-1");
        Assert.Equal(known.Steps.SelectMany(step => step[6..9]), tokens);
    }

    [Fact]
    public async Task AMeanOverPositionsIsExactForEverySelectionOfPlaces()
    {
        await using Studio studio = await Studio.StartAsync();
        Known known = await SeedAsync(studio);
        // 2 words, 25 positions of sound, 8 of two frame pairs of 2 × 2, 1 word.
        foreach ((string select, int[] positions) in new[]
        {
            ("", Enumerable.Range(0, 36).ToArray()), ("modality-sound", Enumerable.Range(2, 25).ToArray()), ("modality-words", [0, 1, 35]), ("time-0-0.08~modality-sound", [2, 3]),
            ("patch-3.2.1", [33]), ("patch-4.2.1", [33]),
        })
        {
            using HttpResponseMessage response = await studio.Http.GetAsync($"{known.Path}/weights?part=text&mean=positions&select={select}");
            Assert.Equal($"{positions.Length}", Assert.Single(response.Headers.GetValues("X-Count")));
            float[] means = MemoryMarshal.Cast<byte, float>(await response.Content.ReadAsByteArrayAsync()).ToArray();
            Assert.Equal(9, means.Length);
            for (int linear = 0; linear < 3; linear++)
            {
                for (int expert = 0; expert < 3; expert++)
                {
                    Assert.Equal((float)positions.Average(position => (double)known.Text[linear, position, expert]), means[(linear * 3) + expert], 1e-7f);
                }
            }
        }

        float[] tokens = await FloatsAsync(studio, $"{known.Path}/weights?part=answer&mean=positions&select=tokens-2-3~layer-1");
        Assert.Equal(Enumerable.Range(6, 3).Select(i => (float)((known.Steps[1][i] + (double)known.Steps[2][i]) / 2)), tokens);
    }

    [Fact]
    public async Task PlacesSayWhatEachPositionStandsFor()
    {
        await using Studio studio = await Studio.StartAsync();
        Known known = await SeedAsync(studio);
        float[][] text = [.. (await FloatsAsync(studio, $"{known.Path}/places?part=text")).Chunk(8)];
        Assert.Equal(36, text.Length);
        Assert.Equal([0, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN], text[0]);
        Assert.Equal([1, 0, 0.04f, 0.08f, float.NaN, float.NaN, float.NaN, float.NaN], text[3]);
        Assert.Equal([2, 0, 0.5f, 0.75f, 2, 3, 1, 1], text[34]);
        Assert.Equal(50, (await FloatsAsync(studio, $"{known.Path}/places?part=audio")).Length / 8);
        Assert.Equal(32, (await FloatsAsync(studio, $"{known.Path}/places?part=vision")).Length / 8);
        RouteOutlineShape outline = await studio.GetAsync<RouteOutlineShape>($"{known.Path}/outline");
        Assert.Equal(["text", "audio", "vision"], outline.Networks.Select(network => network.Part));
        Assert.Equal((36, 3), (outline.Networks[0].Positions, outline.Experts));
        Assert.Equal(new RouteLinearShape(TextNames[1], 0, "up"), outline.Networks[0].Linears[1]);
        Assert.Empty(outline.Missing);
    }

    [Fact]
    public async Task MeasuresCountEachPassOnceAndNameTheirSets()
    {
        await using Studio studio = await Studio.StartAsync();
        Known known = await SeedAsync(studio);
        MeasureRow[] rows = await studio.GetAsync<MeasureRow[]>($"{known.Path}/measures?select=layer-0~time-0-0.08~modality-sound");
        MeasureRow[] text = [.. rows.Where(row => row.Network == RouteNetwork.Text)];
        Assert.All(text, row => Assert.Equal(2, row.Linears));

        MeasureRow run = Assert.Single(text, row => row.Kind == MeasureKind.Run);
        // The first token is the prompt's last position, so three tokens add two.
        Assert.Equal((36 + 2, 0), (run.Count, run.Measures.FromRun));
        double[] mean = [.. Enumerable.Range(0, 3).Select(expert =>
            (Enumerable.Range(0, 36).Sum(position => (double)known.Text[0, position, expert] + known.Text[1, position, expert]) + known.Steps.Skip(1).Sum(step => (double)step[expert] + step[3 + expert])) / (2 * 38))];
        Assert.All(mean.Zip(run.Measures.Mix), pair => Assert.Equal(pair.First, pair.Second, 1e-12));

        MeasureRow chosen = Assert.Single(text, row => row.Kind == MeasureKind.Selection);
        double[] two = [.. Enumerable.Range(0, 3).Select(expert => new[] { 2, 3 }.Average(position => ((double)known.Text[0, position, expert] + known.Text[1, position, expert]) / 2))];
        Assert.Equal(2, chosen.Count);
        Assert.Equal(RouteMeasures.Divergence(two, mean), chosen.Measures.FromRun, 1e-12);
        Assert.Equal(RouteMeasures.Divergence(two, RouteMeasures.Uniform(3)), chosen.Measures.FromUniform, 1e-12);
        Assert.Equal([("Words of the prompt", 3), ("Sound of the prompt", 25), ("Video frames of the prompt", 8)], text.Where(row => row.Kind == MeasureKind.Modality).Select(row => (row.Set, row.Count)));
        Assert.Equal([("Answer: words", 1), ("Answer: numbers", 1), ("Answer: punctuation and signs", 1)], text.Where(row => row.Kind == MeasureKind.TokenClass).Select(row => (row.Set, row.Count)));
        Assert.Equal(4, rows.Single(row => row is { Network: RouteNetwork.Audio, Kind: MeasureKind.Selection }).Count);
    }

    [Theory]
    [InlineData("weights?part=nose", HttpStatusCode.BadRequest)]
    [InlineData("weights?part=text&mean=median", HttpStatusCode.BadRequest)]
    [InlineData("weights?part=text&format=f64", HttpStatusCode.BadRequest)]
    [InlineData("weights?part=text&from=-1", HttpStatusCode.BadRequest)]
    [InlineData("places?part=answer", HttpStatusCode.BadRequest)]
    public async Task WhatIsNotThereIsSaidInOneLine(string query, HttpStatusCode status)
    {
        await using Studio studio = await Studio.StartAsync();
        Known known = await SeedAsync(studio);
        using HttpResponseMessage response = await studio.Http.GetAsync($"{known.Path}/{query}");
        Assert.Equal(status, response.StatusCode);
        Assert.False(string.IsNullOrEmpty((await Studio.ReadAsync<JsonElement>(response)).GetProperty("detail").GetString()));
        using HttpResponseMessage nothing = await studio.Http.GetAsync($"/api/answers/{Guid.NewGuid()}/routes/outline");
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
    }

    [Fact]
    public async Task ReadingInPiecesHoldsOneLinearAtATime()
    {
        await using Studio studio = await Studio.StartAsync();
        // 64 linears of 64 KiB each: 4 MiB in all.
        Known known = await SeedAsync(studio, Samples.RandomRoutes(new Random(1), 64, 5461, 3));
        RouteReader reader = (RouteReader)studio.App.Services.GetService(typeof(RouteReader))!;
        await reader.MeanOverPositionsAsync(known.Id, RouteNetwork.Text, RouteSelection.None, TestContext.Current.CancellationToken);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        int read = 0;
        await reader.ReadAsync(known.Id, RouteNetwork.Text, [.. Enumerable.Range(0, 64)], weights => read += weights.Length, TestContext.Current.CancellationToken);
        Assert.Equal(64 * 5461 * 3, read);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 2 << 20);
    }

    private static async Task<float[]> FloatsAsync(Studio studio, string path) => MemoryMarshal.Cast<byte, float>(await studio.Http.GetByteArrayAsync(path)).ToArray();

    private static async Task<(float[] Values, string Shape)> PieceAsync(Studio studio, string path)
    {
        using HttpResponseMessage response = await studio.Http.GetAsync(path);
        return (MemoryMarshal.Cast<byte, float>(await response.Content.ReadAsByteArrayAsync()).ToArray(), Assert.Single(response.Headers.GetValues("X-Shape")));
    }

    private static async Task<Known> SeedAsync(Studio studio, RouteMatrix? large = null)
    {
        Random random = new(7);
        Guid clip = Guid.NewGuid(), id = Guid.NewGuid();
        Session session = new() { Id = Guid.NewGuid(), Title = "known", CreatedAt = DateTimeOffset.UtcNow, UpdatedAt = DateTimeOffset.UtcNow };
        RouteMatrix text = large ?? Samples.RandomRoutes(random, 3, 36, 3) with { Linears = TextNames };
        RouteMatrix audio = Samples.RandomRoutes(random, 2, 50, 3), vision = Samples.RandomRoutes(random, 2, 32, 3);
        float[][] steps = [.. Enumerable.Range(0, 3).Select(_ => Samples.RandomRoutes(random, 3, 1, 3).Weights)];
        SeenFacts seen = new(
            [.. Enumerable.Range(0, 4).Select(number => new SeenFrame(number, clip, number, number * 0.25, 56, 56, false))],
            [new HeardSoundFacts(clip, 1)],
            text.Positions,
            [new PromptSpan(PromptPart.Text, 0, 2), new PromptSpan(PromptPart.Audio, 2, 25), new PromptSpan(PromptPart.Video, 27, 8, 2, 2, 2), new PromptSpan(PromptPart.Text, 35, text.Positions - 35)]);
        Answer answer = new()
        {
            Id = id,
            SessionId = session.Id,
            TaskKey = "",
            ConversationJson = JsonSerializer.Serialize(new Conversation("", [new AudioItem(clip.ToString())]), StudioJson.Options),
            ModelJson = JsonSerializer.Serialize(Samples.Model() with { TextLinears = text.Linears, VisionWindow = 2 }, StudioJson.Options),
            SeenJson = JsonSerializer.Serialize(seen, StudioJson.Options),
            Status = AnswerStatus.Done,
            Text = "dog 12,",
            TokenCount = 3,
            AskedAt = DateTimeOffset.UtcNow,
        };
        await using StudioDatabase database = studio.Data.CreateDbContext();
        database.Sessions.Add(session);
        database.Answers.Add(answer);
        foreach ((string part, RouteMatrix routes) in new[] { ("text", text), ("audio", audio), ("vision", vision) })
        {
            database.PrefillRoutes.Add(new AnswerPrefillRoutes
            {
                AnswerId = id,
                Part = part,
                LinearsJson = JsonSerializer.Serialize(routes.Linears, StudioJson.Options),
                Positions = routes.Positions,
                Experts = routes.Experts,
                Weights = MemoryMarshal.AsBytes(routes.Weights.AsSpan()).ToArray(),
            });
        }

        foreach ((int index, string said) in new[] { "dog", " 12", "," }.Index())
        {
            database.Tokens.Add(new AnswerToken { AnswerId = id, Index = index, TokenId = index, Text = said, Seconds = index, Routes = MemoryMarshal.AsBytes(steps[index].AsSpan()).ToArray() });
        }

        await database.SaveChangesAsync();
        return new Known(id, $"/api/answers/{id}/routes", text, audio, steps);
    }

    private sealed record Known(Guid Id, string Path, RouteMatrix Text, RouteMatrix Audio, float[][] Steps);
}

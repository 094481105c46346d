using System.Runtime.InteropServices;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Services;

/// <summary>Reads router weights linear by linear out of the database, so that a reduction holds one linear at a time.</summary>
public sealed class RouteReader(DataFolder folder, AnswerService answers) : IRouteSource
{
    /// <inheritdoc/>
    public async Task<RouteOutline?> OutlineAsync(Guid answerId, CancellationToken cancellation = default)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        Answer? answer = await database.Answers.AsNoTracking().FirstOrDefaultAsync(one => one.Id == answerId, cancellation);
        if (answer?.SeenJson is null || answer.ModelJson is null)
        {
            return null;
        }

        ModelFacts model = AnswerStore.Read<ModelFacts>(answer.ModelJson);
        SeenFacts seen = AnswerStore.Read<SeenFacts>(answer.SeenJson);
        Dictionary<string, (RoutedNetwork Network, int Experts)> parts = [];
        foreach (var part in await database.PrefillRoutes.AsNoTracking().Where(routes => routes.AnswerId == answerId).Select(routes => new { routes.Part, routes.LinearsJson, routes.Positions, routes.Experts }).ToListAsync(cancellation))
        {
            parts[part.Part] = (new RoutedNetwork([.. AnswerStore.Read<string[]>(part.LinearsJson).Select(RouteLinear.Of)], part.Positions), part.Experts);
        }

        RoutedNetwork? Of(RouteNetwork network) => parts.TryGetValue(Name(network), out (RoutedNetwork Network, int Experts) part) ? part.Network : null;
        RoutePlaces places = RoutePlaces.From(
            seen, AnswerStore.Read<Conversation>(answer.ConversationJson), model.VisionWindow, Of(RouteNetwork.Audio)?.Positions ?? 0, Of(RouteNetwork.Vision)?.Positions ?? 0);
        return new RouteOutline(parts.Values.Select(part => part.Experts).FirstOrDefault(model.Experts), Of(RouteNetwork.Text), Of(RouteNetwork.Audio), Of(RouteNetwork.Vision), places, seen.Frames);
    }

    /// <inheritdoc/>
    public async Task<RouteMean?> MeanOverPositionsAsync(Guid answerId, RouteNetwork network, RouteSelection selection, CancellationToken cancellation = default)
    {
        if (network == RouteNetwork.Text && selection.Tokens is not null)
        {
            return await MeanOverTokensAsync(answerId, selection, cancellation);
        }

        if (await OutlineAsync(answerId, cancellation) is not { } outline || outline.Of(network) is not { } part)
        {
            return null;
        }

        IReadOnlyList<RoutePlace> places = outline.Places.Of(network);
        int[] positions = [.. Enumerable.Range(0, Math.Min(part.Positions, places.Count)).Where(position => selection.Takes(places[position]))];
        int[] linears = Taken(part.Linears, network, selection);
        if (positions.Length == 0 || linears.Length == 0)
        {
            return null;
        }

        int experts = outline.Experts;
        float[] means = new float[linears.Length * experts];
        int at = 0;
        await ReadAsync(answerId, network, linears, row =>
        {
            Span<double> sums = stackalloc double[experts];
            foreach (int position in positions)
            {
                for (int expert = 0; expert < experts; expert++)
                {
                    sums[expert] += row[(position * experts) + expert];
                }
            }

            for (int expert = 0; expert < experts; expert++)
            {
                means[at++] = (float)(sums[expert] / positions.Length);
            }
        }, cancellation);
        return new RouteMean(new MatrixView([.. linears.Select(linear => part.Linears[linear].Name)], experts, means), positions.Length, OfTokens: false);
    }

    /// <inheritdoc/>
    public async Task<float[]?> MeanOverLinearsAsync(Guid answerId, RouteNetwork network, RouteSelection selection, CancellationToken cancellation = default)
    {
        if (await OutlineAsync(answerId, cancellation) is not { } outline || outline.Of(network) is not { } part || Taken(part.Linears, network, selection) is not { Length: > 0 } linears)
        {
            return null;
        }

        double[] sums = new double[part.Positions * outline.Experts];
        await ReadAsync(answerId, network, linears, row =>
        {
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += row[i];
            }
        }, cancellation);
        return [.. sums.Select(sum => (float)(sum / linears.Length))];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<double[]?>> TokenMixesAsync(Guid answerId, RouteSelection selection, CancellationToken cancellation = default)
    {
        (IReadOnlyList<TokenUpdate> tokens, IReadOnlyList<RouteLinear> known, int experts) = await TokensAsync(answerId, cancellation);
        int[] linears = Taken(known, RouteNetwork.Text, selection);
        return [.. tokens.Select(token => token.Routes is { } routes && experts > 0 && linears.Length > 0 ? Mean(routes, linears, experts) : null)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MeasureRow>> MeasuresAsync(Guid answerId, RouteSelection selection, CancellationToken cancellation = default)
    {
        if (await OutlineAsync(answerId, cancellation) is not { Experts: > 0 } outline)
        {
            return [];
        }

        List<MeasureRow> rows = [];
        foreach (RouteNetwork network in Enum.GetValues<RouteNetwork>())
        {
            if (outline.Of(network) is not { } part || Taken(part.Linears, network, selection) is not { Length: > 0 } linears)
            {
                continue;
            }

            IReadOnlyList<RoutePlace> places = outline.Places.Of(network);
            MixSum run = new(outline.Experts), chosen = new(outline.Experts);
            SortedDictionary<PromptPart, MixSum> modalities = [];
            SortedDictionary<TokenClass, MixSum> classes = [];
            bool[] taken = [.. places.Select(selection.Takes)];
            await ReadAsync(answerId, network, linears, row =>
            {
                for (int position = 0; position < part.Positions; position++)
                {
                    ReadOnlySpan<float> shares = row.Slice(position * outline.Experts, outline.Experts);
                    double entropy = RouteStatistics.Entropy(shares);
                    run.Add(shares, entropy);
                    Sum(modalities, position < places.Count ? places[position].Part : PromptPart.Text).Add(shares, entropy);
                    if (position < taken.Length && taken[position])
                    {
                        chosen.Add(shares, entropy);
                    }
                }
            }, cancellation);
            if (network == RouteNetwork.Text)
            {
                await AddTokensAsync(answerId, selection, linears, run, chosen, classes, outline.Experts, cancellation);
            }

            if (selection.HasPlace && chosen.Count > 0)
            {
                RouteSelection place = selection with { Network = null, Layer = null, Module = null, Expert = null };
                rows.Add(chosen.Row(MeasureKind.Selection, network, L => L["Selected: {0}", place.Words(L)], linears.Length, run));
            }

            rows.Add(run.Row(MeasureKind.Run, network, L => network == RouteNetwork.Text ? L["Whole run: prompt and answer"] : L["Whole run"], linears.Length, run));
            rows.AddRange(modalities.Select(one => one.Value.Row(MeasureKind.Modality, network, L => TowerRoutes.Set(one.Key, network == RouteNetwork.Text, L), linears.Length, run)));
            rows.AddRange(classes.Select(one => one.Value.Row(MeasureKind.TokenClass, network, L => TokenClasses.Set(one.Key, L), linears.Length, run)));
        }

        return rows;

        MixSum Sum<TKey>(SortedDictionary<TKey, MixSum> sums, TKey key) where TKey : notnull
        {
            if (!sums.TryGetValue(key, out MixSum? sum))
            {
                sums[key] = sum = new MixSum(outline.Experts);
            }

            return sum;
        }
    }

    /// <summary>Router weights of the prompt as they are stored, float32 little-endian, linear by linear.</summary>
    /// <param name="answerId">The answer.</param>
    /// <param name="network">Part of the network.</param>
    /// <param name="linears">Which linears, in ascending order.</param>
    /// <param name="each">Told each linear's weights [position·experts + expert], valid during the call only.</param>
    /// <param name="cancellation">Looked at between linears.</param>
    public async Task ReadAsync(Guid answerId, RouteNetwork network, IReadOnlyList<int> linears, ReadOnlySpanAction each, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        await database.Database.OpenConnectionAsync(cancellation);
        SqliteConnection connection = (SqliteConnection)database.Database.GetDbConnection();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT rowid, Positions, Experts FROM PrefillRoutes WHERE AnswerId = $answer AND Part = $part";
        command.Parameters.AddWithValue("$answer", answerId);
        command.Parameters.AddWithValue("$part", Name(network));
        (long row, int size) = (0, 0);
        await using (SqliteDataReader reader = await command.ExecuteReaderAsync(cancellation))
        {
            if (!await reader.ReadAsync(cancellation))
            {
                throw new UnknownItemException("part of the routes", Name(network));
            }

            (row, size) = (reader.GetInt64(0), reader.GetInt32(1) * reader.GetInt32(2) * sizeof(float));
        }

        using SqliteBlob blob = new(connection, "PrefillRoutes", "Weights", row, readOnly: true);
        byte[] bytes = new byte[size];
        foreach (int linear in linears)
        {
            cancellation.ThrowIfCancellationRequested();
            blob.Seek((long)linear * size, SeekOrigin.Begin);
            blob.ReadExactly(bytes);
            each(MemoryMarshal.Cast<byte, float>(bytes));
        }
    }

    /// <summary>Tokens with their routes, the names of their linears and how many experts they are about.</summary>
    public async Task<(IReadOnlyList<TokenUpdate> Tokens, IReadOnlyList<RouteLinear> Linears, int Experts)> TokensAsync(Guid answerId, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        string? json = await database.Answers.AsNoTracking().Where(one => one.Id == answerId).Select(one => one.ModelJson).FirstOrDefaultAsync(cancellation);
        if (json is null)
        {
            return ([], [], 0);
        }

        ModelFacts model = AnswerStore.Read<ModelFacts>(json);
        IReadOnlyList<TokenUpdate> tokens = await answers.GetTokensAsync(answerId, cancellation);
        int count = model.Experts == 0 ? 0 : tokens.Where(token => token.Routes is not null).Select(token => token.Routes!.Length / model.Experts).FirstOrDefault();
        IReadOnlyList<string> names = model.TextLinears.Count == count ? model.TextLinears : [.. Enumerable.Range(0, count).Select(linear => $"linear {linear}")];
        return (tokens, [.. names.Select(RouteLinear.Of)], model.Experts);
    }

    /// <summary>Which of a part's linears are selected, in order.</summary>
    public static int[] Taken(IReadOnlyList<RouteLinear> linears, RouteNetwork network, RouteSelection selection) =>
        [.. Enumerable.Range(0, linears.Count).Where(linear => selection.Takes(network, linears[linear]))];

    /// <summary>What a part of the network is called in the database and the API.</summary>
    public static string Name(RouteNetwork network) => network switch
    {
        RouteNetwork.Text => "text",
        RouteNetwork.Audio => "audio",
        _ => "vision",
    };

    private static double[] Mean(float[] routes, int[] linears, int experts)
    {
        double[] mean = new double[experts];
        foreach (int linear in linears)
        {
            for (int expert = 0; expert < experts; expert++)
            {
                mean[expert] += routes[(linear * experts) + expert];
            }
        }

        return [.. mean.Select(sum => sum / linears.Length)];
    }

    private async Task<RouteMean?> MeanOverTokensAsync(Guid answerId, RouteSelection selection, CancellationToken cancellation)
    {
        (IReadOnlyList<TokenUpdate> tokens, IReadOnlyList<RouteLinear> known, int experts) = await TokensAsync(answerId, cancellation);
        int[] linears = Taken(known, RouteNetwork.Text, selection);
        float[][] routes = [.. tokens.Where(token => selection.Takes(token.Index)).Select(token => token.Routes).OfType<float[]>()];
        if (routes.Length == 0 || linears.Length == 0)
        {
            return null;
        }

        float[] means = [.. from linear in linears from expert in Enumerable.Range(0, experts) select (float)routes.Average(one => (double)one[(linear * experts) + expert])];
        return new RouteMean(new MatrixView([.. linears.Select(linear => known[linear].Name)], experts, means), routes.Length, OfTokens: true);
    }

    private async Task AddTokensAsync(Guid answerId, RouteSelection selection, int[] linears, MixSum run, MixSum chosen, SortedDictionary<TokenClass, MixSum> classes, int experts, CancellationToken cancellation)
    {
        (IReadOnlyList<TokenUpdate> tokens, _, _) = await TokensAsync(answerId, cancellation);
        foreach (TokenUpdate token in tokens)
        {
            if (token.Routes is not { } routes || routes.Length < (linears[^1] + 1) * experts)
            {
                continue;
            }

            TokenClass kind = TokenClasses.Of(token.Text);
            MixSum ofKind = classes.TryGetValue(kind, out MixSum? sum) ? sum : classes[kind] = new MixSum(experts);
            foreach (int linear in linears)
            {
                ReadOnlySpan<float> shares = routes.AsSpan(linear * experts, experts);
                double entropy = RouteStatistics.Entropy(shares);
                ofKind.Add(shares, entropy);
                if (selection.Takes(token.Index))
                {
                    chosen.Add(shares, entropy);
                }

                // The first token comes of the prompt's last position, which is counted there.
                if (token.Index > 0)
                {
                    run.Add(shares, entropy);
                }
            }
        }
    }

    /// <summary>Is told the weights of one linear.</summary>
    public delegate void ReadOnlySpanAction(ReadOnlySpan<float> weights);

    private sealed class MixSum(int experts)
    {
        private readonly double[] shares = new double[experts];
        private double entropy;

        /// <summary>Routers added: linears × positions.</summary>
        public int Count { get; private set; }

        public void Add(ReadOnlySpan<float> row, double bits)
        {
            for (int expert = 0; expert < row.Length; expert++)
            {
                shares[expert] += row[expert];
            }

            entropy += bits;
            Count++;
        }

        public MeasureRow Row(MeasureKind kind, RouteNetwork network, Func<IStringLocalizer<Words>, string> set, int linears, MixSum run) =>
            new(kind, network, set(EnglishWords.Only), Count / linears, linears, MixMeasures.Of(Mean(), entropy / Count, run.Mean())) { Told = set };

        private double[] Mean() => [.. shares.Select(sum => sum / Count)];
    }
}

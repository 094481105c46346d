using CrabStudio.Model.Layers;
using CrabStudio.World;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// Linear heads that say of each media token what is true of it, and are thrown away when a base is done: what a tower (or the
/// middle layer) does not hold they cannot say, so it learns to hold it.
/// </summary>
internal sealed class DenseHeads : IDisposable
{
    /// <summary>How the names of their tensors begin.</summary>
    public const string Prefix = "heads.";

    /// <summary>How the names of those that listen begin.</summary>
    public const string Sound = $"{Prefix}sound.";

    private readonly Tensor sight, sightBias, sound, soundBias;

    /// <summary>New heads over vectors of a width.</summary>
    public DenseHeads(int width, int seed)
    {
        sight = New("sight", SightOutputs, width, seed);
        sound = New("sound", SoundOutputs, width, seed);
        (sightBias, soundBias) = (zeros(SightOutputs).DetachFromDisposeScope(), zeros(SoundOutputs).DetachFromDisposeScope());
        using IDisposable noGradients = no_grad();
        // Most things are not in most places.
        using Tensor present = sightBias.narrow(0, 0, 2 * DenseTruth.Labels), heard = soundBias.narrow(0, 0, DenseTruth.Labels);
        _ = present.Fill(-3);
        _ = heard.Fill(-2);
    }

    /// <summary>Names and tensors.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Tensors =>
        [new($"{Prefix}sight.weight", sight), new($"{Prefix}sight.bias", sightBias), new($"{Sound}weight", sound), new($"{Sound}bias", soundBias)];

    private static int Motions { get; } = Enum.GetValues<WorldMotion>().Length;

    private static int Emotions => WorldCatalog.Emotions.Count;

    private static int Colours => WorldCatalog.Colours.Count;

    private static int SightOutputs => (2 * DenseTruth.Labels) + 4 + (4 * DenseTruth.Bins) + Motions + Emotions + Colours + DenseTruth.Seconds;

    private static int SoundOutputs => DenseTruth.Labels + Emotions + DenseTruth.Seconds;

    /// <summary>What the heads say of vision tokens [cells, width].</summary>
    public Sights Look(Tensor tokens)
    {
        Tensor[] parts = functional.linear(tokens, sight, sightBias).split([2 * DenseTruth.Labels, 4, 4 * DenseTruth.Bins, Motions, Emotions, Colours, DenseTruth.Seconds], 1);
        return new Sights(parts[0], parts[1], parts[2].reshape(-1, DenseTruth.Bins), parts[3], parts[4], parts[5], parts[6]);
    }

    /// <summary>What the heads say of audio tokens [tokens, width].</summary>
    public Sounds Listen(Tensor tokens)
    {
        Tensor[] parts = functional.linear(tokens, sound, soundBias).split([DenseTruth.Labels, Emotions, DenseTruth.Seconds], 1);
        return new Sounds(parts[0], parts[1], parts[2]);
    }

    /// <summary>Losses of a tower alone, by name, weighted: they are to be added up.</summary>
    public static Dictionary<string, Tensor> TowerLosses(Sights sights, Sounds sounds, DenseTruth truth)
    {
        var losses = new Dictionary<string, Tensor>
        {
            ["present"] = Present(sights.Present, truth.Present),
            ["sound"] = Present(sounds.Heard, truth.Heard).Times(2),
        };
        Tensor? full = Rows([.. Enumerable.Range(0, truth.Cells).Where(cell => truth.EdgeBins[4 * cell] != DenseTruth.None).Select(cell => (long)cell)]);
        if (full is not null)
        {
            Tensor wanted = tensor(truth.Edges.ToArray()).view(-1, 4).index_select(0, full);
            losses["edges"] = functional.smooth_l1_loss(sights.Edges.index_select(0, full), wanted).Times(4);
        }

        Add(losses, "motion", sights.Motion, truth.Motion);
        Add(losses, "face", sights.Face, truth.Face);
        Add(losses, "colour", sights.Colour, truth.Colour);
        Add(losses, "voice", sounds.Voice, truth.Voice);
        return losses;
    }

    /// <summary>Losses of the middle layer, by name: they are to be added up. Edges come in bins there, as digits are to be read from them.</summary>
    public static Dictionary<string, Tensor> MiddleLosses(Sights? sights, Sounds? sounds, DenseTruth truth)
    {
        var losses = new Dictionary<string, Tensor>();
        if (sights is not null)
        {
            losses["middle present"] = Present(sights.Present, truth.Present);
            Add(losses, "middle edges", sights.EdgeBins, truth.EdgeBins);
            Add(losses, "middle motion", sights.Motion, truth.Motion);
            Add(losses, "middle second", sights.Second, truth.Second);
        }

        if (sounds is not null)
        {
            losses["middle sound"] = Present(sounds.Heard, truth.Heard);
            Add(losses, "middle start", sounds.Start, truth.Start);
        }

        return losses;
    }

    /// <summary>Rows of a table that are asked for; null for none.</summary>
    private static Tensor? Rows(long[] rows) => rows.Length == 0 ? null : tensor(rows, ScalarType.Int64);

    /// <summary>Right answers and questions.</summary>
    public static (int Right, int All) Count(Tensor said, List<long> truth)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] answers = said.argmax(1).data<long>().ToArray();
        int[] asked = [.. Enumerable.Range(0, truth.Count).Where(row => truth[row] != DenseTruth.None)];
        return (asked.Count(row => answers[row] == truth[row]), asked.Length);
    }

    // The sum over labels of a token, so that one label counts as much as one of the other questions.
    private static Tensor Present(Tensor said, List<float> truth) =>
        functional.binary_cross_entropy_with_logits(said, tensor(truth.ToArray()).view(said.shape), reduction: Reduction.Sum).Over(said.shape[0]);

    private static void Add(Dictionary<string, Tensor> losses, string name, Tensor said, List<long> truth)
    {
        long[] asked = [.. Enumerable.Range(0, truth.Count).Where(row => truth[row] != DenseTruth.None).Select(row => (long)row)];
        if (Rows(asked) is { } rows)
        {
            losses[name] = functional.cross_entropy(said.index_select(0, rows), tensor(asked.Select(row => truth[(int)row]).ToArray(), ScalarType.Int64));
        }
    }

    private static Tensor New(string name, int outputs, int width, int seed)
    {
        RandomNumbers random = RandomNumbers.For(seed, Prefix + name);
        float[] values = [.. Enumerable.Range(0, outputs * width).Select(_ => (float)(0.5 / Math.Sqrt(width) * random.Normal()))];
        return tensor(values, [outputs, width]).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, Tensor values) in Tensors)
        {
            values.Dispose();
        }
    }
}

/// <summary>What is said of vision tokens: logits, and edges in cells.</summary>
internal sealed record Sights(Tensor Present, Tensor Edges, Tensor EdgeBins, Tensor Motion, Tensor Face, Tensor Colour, Tensor Second);

/// <summary>What is said of audio tokens: logits.</summary>
internal sealed record Sounds(Tensor Heard, Tensor Voice, Tensor Start);

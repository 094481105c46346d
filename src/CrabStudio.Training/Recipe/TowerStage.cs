using CrabStudio.Model.Configuration;
using CrabStudio.Model.Layers;
using CrabStudio.Model.Processing;
using CrabStudio.Model.Vision;
using CrabStudio.Model;
using CrabStudio.World;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// Stage 0: the towers alone, under heads that say of each token what is true of it. Samples are independent: a frame pair and
/// two seconds of sound of a scene.
/// </summary>
internal sealed class TowerStage : RecipeStage
{
    private const int ChunkClips = 16;
    private const double OutputRms = 0.5;

    private readonly RecipeWorld world;
    private readonly DenseHeads heads;
    private readonly ImagePatches patches;
    private readonly MelSpectrogram mel;

    /// <summary>Loads a base and takes up a run that was stopped.</summary>
    public TowerStage(StageOptions options, string baseFolder, RecipeWorld world)
        : base(options, Thinker.Load(new ModelOptions(baseFolder, Device: "cpu", Precision: "fp32")), baseFolder)
    {
        this.world = world;
        PreprocessorConfig preprocessor = PreprocessorConfig.Load(baseFolder);
        (patches, mel, heads) = (new ImagePatches(preprocessor), new MelSpectrogram(preprocessor), new DenseHeads(Thinker.Config.Text.HiddenSize, options.Seed));
        foreach ((string name, Tensor values) in Thinker.BaseTensors.Where(item => IsTower(item.Key)).Concat(heads.Tensors))
        {
            Train(name, values);
        }

        Open();
    }

    /// <summary>Whether a base tensor belongs to a tower.</summary>
    public static bool IsTower(string name) => name.StartsWith("audio_tower.", StringComparison.Ordinal) || name.StartsWith("visual.", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override (IReadOnlyDictionary<string, double> Losses, int Clips, int Questions, int Tokens) Learn(int step)
    {
        int chunks = (Options.Clips + ChunkClips - 1) / ChunkClips;
        var losses = new Dictionary<string, double>[chunks];
        Workers.Run(Options.Workers, chunks, chunk =>
        {
            using DisposeScope scope = NewDisposeScope();
            int clips = Math.Min(ChunkClips, Options.Clips - (chunk * ChunkClips));
            RandomNumbers random = Random(step, $"chunk {chunk}");
            (Sights sights, Sounds sounds, DenseTruth truth) = Pass([.. Enumerable.Range(0, clips).Select(_ => SceneMix.Towers.Draw(random, 1))], random, vary: true);
            Dictionary<string, Tensor> named = DenseHeads.TowerLosses(sights, sounds, truth);
            double share = clips / (double)Options.Clips;
            stack([.. named.Values.Select(loss => loss.squeeze())]).sum().Times(share).backward();
            losses[chunk] = named.ToDictionary(item => item.Key, item => share * item.Value.item<float>());
        });
        return (losses.SelectMany(one => one).GroupBy(item => item.Key).ToDictionary(same => same.Key, same => same.Sum(item => item.Value)), Options.Clips, 0, 0);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Measure(int clips)
    {
        int chunks = (clips + ChunkClips - 1) / ChunkClips;
        string[] keys = [.. SceneMix.Towers.Shares.Select(item => item.Key)];
        var counts = new Dictionary<string, (double Right, double All)>[chunks];
        Workers.Run(Options.Workers, chunks, chunk =>
        {
            using IDisposable noGradients = no_grad();
            using DisposeScope scope = NewDisposeScope();
            Scene[] scenes = [.. Enumerable.Range(chunk * ChunkClips, Math.Min(ChunkClips, clips - (chunk * ChunkClips))).Select(index => SceneMix.Unseen(keys[index % keys.Length], index, Options.Seed))];
            (Sights sights, Sounds sounds, DenseTruth truth) = Pass(scenes, RandomNumbers.For(Options.Seed, $"unseen chunk {chunk}"), vary: false);
            counts[chunk] = new Dictionary<string, (double, double)>
            {
                ["present F"] = Harmonic(sights.Present, truth.Present),
                ["sound F"] = Harmonic(sounds.Heard, truth.Heard),
                ["motion"] = DenseHeads.Count(sights.Motion, truth.Motion),
                ["face"] = DenseHeads.Count(sights.Face, truth.Face),
                ["colour"] = DenseHeads.Count(sights.Colour, truth.Colour),
                ["voice"] = DenseHeads.Count(sounds.Voice, truth.Voice),
                ["edge error in pixels"] = Distance(sights.Edges, truth),
            };
        });
        return counts.SelectMany(one => one).GroupBy(item => item.Key).ToDictionary(same => same.Key, same => same.Sum(item => item.Value.Right) / Math.Max(1, same.Sum(item => item.Value.All)));
    }

    /// <summary>Scales the last linear of either tower so that what it gives has a root mean square of 0.5, for a decoder whose embeddings are of that order; then writes the base.</summary>
    public void FoldAndWrite(string from, string to)
    {
        using (IDisposable noGradients = no_grad())
        using (DisposeScope scope = NewDisposeScope())
        {
            RandomNumbers random = Random("fold");
            Scene[] scenes = [.. Enumerable.Range(0, 4 * ChunkClips).Select(_ => SceneMix.Towers.Draw(random, 1))];
            (TowerFeatures features, _) = Perceive(scenes, random, vary: false);
            foreach ((string last, Tensor given) in new[] { ("visual.merger.mlp.2", features.Videos!), ("audio_tower.proj", features.Audio!) })
            {
                double scale = OutputRms / Math.Sqrt((given * given).mean().item<float>());
                using Scalar factor = scale.ToScalar();
                foreach ((_, Tensor values) in Thinker.BaseTensors.Where(item => item.Key == $"{last}.weight" || item.Key == $"{last}.bias"))
                {
                    values.mul_(factor);
                }
            }
        }

        BaseFolder.CopyBeside(from, to);
        BaseFolder.Write(to, Thinker.BaseTensors);
    }

    private (Sights Sights, Sounds Sounds, DenseTruth Truth) Pass(Scene[] scenes, RandomNumbers random, bool vary)
    {
        (TowerFeatures features, DenseTruth truth) = Perceive(scenes, random, vary);
        return (heads.Look(features.Videos!), heads.Listen(features.Audio!), truth);
    }

    // What the towers make of one glimpse at each scene.
    private (TowerFeatures Features, DenseTruth Truth) Perceive(Scene[] scenes, RandomNumbers random, bool vary)
    {
        var truth = new DenseTruth();
        (Media.RgbFrames Pair, float[] Sound)[] glimpses = [.. scenes.Select(scene => world.Glimpse(scene, random, truth, vary))];
        VisionInput seen = patches.Forward([.. glimpses.Select(glimpse => glimpse.Pair)]);
        using var input = new ModelInput
        {
            InputIds = [],
            PositionIds = zeros([3, 0], ScalarType.Int64).DetachFromDisposeScope(),
            RopeDelta = 0,
            Spans = [],
            Videos = seen,
            Sounds = [.. glimpses.Select(glimpse => vary ? Masked(mel.Forward(glimpse.Sound), random) : mel.Forward(glimpse.Sound))],
        };
        return (Thinker.Perceive(input, new ForwardContext()), truth);
    }

    // A band of the spectrum is silent in every second sound, so that no band alone tells a class.
    private static Tensor Masked(Tensor spectrum, RandomNumbers random)
    {
        int bins = 4 + random.Below(17), first = random.Below((int)spectrum.shape[0] - bins);
        if (random.Below(2) == 0)
        {
            using Tensor band = spectrum.narrow(0, first, bins), least = spectrum.min();
            band.copy_(least);
        }

        return spectrum;
    }

    // Twice the hits, and hits, misses and false alarms weighted as F wants it: their quotient over all chunks is F.
    private static (double, double) Harmonic(Tensor said, List<float> truth)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor yes = said.gt(zeros_like(said)).to(ScalarType.Float32), wanted = tensor(truth.ToArray()).view(said.shape);
        return (2 * (yes * wanted).sum().item<float>(), yes.sum().item<float>() + wanted.sum().item<float>());
    }

    private static (double, double) Distance(Tensor said, DenseTruth truth)
    {
        float[] edges = said.data<float>().ToArray();
        int[] asked = [.. Enumerable.Range(0, edges.Length).Where(edge => truth.EdgeBins[edge] != DenseTruth.None)];
        return (asked.Sum(edge => Math.Abs(edges[edge] - truth.Edges[edge]) * (WorldStage.Side / DenseTruth.Side)), asked.Length);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        heads.Dispose();
        mel.Dispose();
    }
}

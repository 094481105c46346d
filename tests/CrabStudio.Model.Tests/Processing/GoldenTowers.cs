using CrabStudio.Model.Audio;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Vision;
using CrabStudio.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests.Processing;

/// <summary>The two towers of the tiny reference model in float32, made once for all tests of a class.</summary>
public sealed class GoldenTowers
{
    public GoldenTowers()
    {
        string folder = Golden.Find("tiny");
        Thinker = ThinkerConfig.Load(folder);
        Preprocessor = PreprocessorConfig.Load(folder);
        // Kept open: weights may be mapped.
        TensorArchive weights = CheckpointFolder.Open(folder);
        var adapter = new TorchArchive(Path.Combine(folder, "adapter", "finetune_weights.bin"));
        var loader = new WeightLoader(weights, adapter, AdapterConfig.Load(Path.Combine(folder, "adapter", "adapter_config.json")).Alpha, ScalarType.Float32, CPU);
        Audio = new AudioTower(loader.Root.At("audio_tower"), Thinker.Audio, new RouteRecorder());
        Vision = new VisionTower(loader.Root.At("visual"), Thinker.Vision, new RouteRecorder());
    }

    public ThinkerConfig Thinker { get; }

    public PreprocessorConfig Preprocessor { get; }

    public AudioTower Audio { get; }

    public VisionTower Vision { get; }
}

/// <summary>Compares results with reference vectors and remembers the worst difference of each stage.</summary>
internal static class Worst
{
    private static readonly Lock Gate = new();
    private static readonly SortedDictionary<string, (double Error, string Where)> Stages = [];

    /// <summary>Fails when a value is further off than the tolerance.</summary>
    public static void Check(string stage, string where, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)expected[i] - actual[i]);
            // Not a number is never near.
            worst = error <= worst ? worst : double.IsNaN(error) ? double.PositiveInfinity : error;
        }

        lock (Gate)
        {
            if (!Stages.TryGetValue(stage, out (double Error, string Where) known) || worst > known.Error)
            {
                Stages[stage] = (worst, where);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{stage} of {where}: worst error {worst:g3}, allowed {tolerance:g3}; worst so far {Stages[stage].Error:g3} in {Stages[stage].Where}");
        }

        Assert.True(worst <= tolerance, $"{stage} of {where} is off by {worst:g6}; allowed {tolerance:g3}");
    }

    /// <summary>Compares a tensor that the file holds whole, or as samples (NAME_index and NAME_value) of the flattened tensor.</summary>
    public static void Check(string stage, string where, Vectors vectors, string name, float[] actual, double tolerance)
    {
        if (vectors.Has(name))
        {
            Check(stage, where, vectors.Floats(name), actual, tolerance);
            return;
        }

        string sample = name == "pixel_values" ? "pixel" : name;
        Check(stage, where, vectors.Floats($"{sample}_value"), [.. vectors.Longs($"{sample}_index").Select(i => actual[i])], tolerance);
    }
}

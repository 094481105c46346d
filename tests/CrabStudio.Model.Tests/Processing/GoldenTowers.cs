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

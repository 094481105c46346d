using System.Text.Json;
using CrabStudio.Model.Audio;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Text;
using CrabStudio.Model.Vision;
using static TorchSharp.torch;

namespace CrabStudio.Training;

/// <summary>The two files of an adapter: <c>finetune_weights.bin</c> with the authors' names, and <c>adapter_config.json</c>.</summary>
public static class AdapterFile
{
    /// <summary>Name of the weights.</summary>
    public const string Weights = "finetune_weights.bin";

    /// <summary>Name of the numbers beside them.</summary>
    public const string Config = "adapter_config.json";

    private const string Prefix = "base_model.model.";

    // The endings of names that the authors adapt.
    private static readonly string[] Targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj", "up_proj"];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes both files, each whole or not at all.</summary>
    /// <param name="folder">Where; made when it is not there.</param>
    /// <param name="tensors">Names and tensors.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">alpha.</param>
    /// <param name="experts">n.</param>
    /// <param name="dropout">Dropout of training.</param>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, int rank, double alpha, int experts, double dropout)
    {
        Directory.CreateDirectory(folder);
        TorchArchiveWriter.Write(Path.Combine(folder, Weights), tensors);
        var numbers = new { r = rank, lora_alpha = alpha, lora_nums = experts, lora_dropout = dropout, target_modules = Targets, bias = "none" };
        DurableFile.Write(Path.Combine(folder, Config), stream => JsonSerializer.Serialize(stream, numbers, Indented));
    }

    /// <summary>The adapter of one linear under the authors' names: route (not for plain LoRA, n = 1), A, B0, B1, … The tensors are views.</summary>
    public static IEnumerable<KeyValuePair<string, Tensor>> Split(string path, Tensor routeAndA, Tensor b, int experts, int rank)
    {
        if (experts > 1)
        {
            yield return new($"{Prefix}{path}.lora_route.weight", routeAndA.narrow(0, 0, experts));
        }

        yield return new($"{Prefix}{path}.lora_A.weight", routeAndA.narrow(0, experts, rank));
        for (int i = 0; i < experts; i++)
        {
            yield return new($"{Prefix}{path}.lora_B{i}.weight", b.narrow(1, (long)i * rank, rank));
        }
    }

    /// <summary>Writes a new adapter for a base: A and R uniform in ±1/√in (Kaiming with a = √5), B zero. The same seed gives the same file on every machine.</summary>
    public static void WriteNew(string folder, ThinkerConfig config, int rank, double alpha, int experts, double dropout, int seed)
    {
        using DisposeScope scope = NewDisposeScope();
        var names = new WeightLoader(rank, experts);
        _ = new AudioTower(names.Root.At("audio_tower"), config.Audio, new RouteRecorder());
        _ = new VisionTower(names.Root.At("visual"), config.Vision, new RouteRecorder());
        _ = new TextDecoder(names.Root, config.Text, new RouteRecorder());
        var tensors = new List<KeyValuePair<string, Tensor>>();
        foreach (TensorEntry entry in names.RequestedAdapter)
        {
            long[] shape = [.. entry.Shape];
            if (entry.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal) || (experts > 1 && entry.Name.EndsWith(".lora_route.weight", StringComparison.Ordinal)))
            {
                RandomNumbers random = RandomNumbers.For(seed, entry.Name);
                float bound = 1 / MathF.Sqrt(shape[1]);
                var values = new float[shape[0] * shape[1]];
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = bound * ((2 * random.Unit()) - 1);
                }

                tensors.Add(new(Prefix + entry.Name, tensor(values, shape)));
            }
            else if (!entry.Name.EndsWith(".lora_route.weight", StringComparison.Ordinal))
            {
                tensors.Add(new(Prefix + entry.Name, zeros(shape)));
            }
        }

        Write(folder, tensors, rank, alpha, experts, dropout);
    }

    /// <summary>r of an adapter file.</summary>
    /// <exception cref="CrabStudio.Model.ModelException">The file is no adapter.</exception>
    public static int RankOf(string file)
    {
        using var archive = new TorchArchive(file);
        return archive.Entries.Values.FirstOrDefault(entry => entry.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal) && entry.Shape.Count == 2) is { } a
            ? (int)a.Shape[0]
            : throw new CrabStudio.Model.ModelException($"{Path.GetFileName(file)}: found no lora_A.weight; expected the tensors of an adapter");
    }
}

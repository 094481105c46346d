using System.Runtime.InteropServices;
using CrabStudio.Model.Audio;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Text;
using CrabStudio.Model.Vision;
using static TorchSharp.torch;

namespace CrabStudio.Training.Recipe;

/// <summary>A base as a Hugging Face folder: <c>model.safetensors</c> in bfloat16 beside configuration and tokenizer. The weights come last, so a folder that has them is whole.</summary>
public static class BaseFolder
{
    /// <summary>Name of the weights.</summary>
    public const string Weights = "model.safetensors";

    private const string Embeddings = "model.embed_tokens.weight", OutputLayer = "lm_head.weight";

    private static readonly string[] Beside =
    [
        "config.json", "generation_config.json", "preprocessor_config.json", "vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json", "chat_template.json",
    ];

    /// <summary>Whether a folder is whole.</summary>
    public static bool IsWhole(string folder) => File.Exists(Path.Combine(folder, Weights));

    /// <summary>
    /// First weights for the configuration of a folder: normal with 0.8/√in (0.4/√in where a branch comes back to its trunk),
    /// embeddings with 0.4 (as large as what towers give) and the output layer a tenth of them, so that a token that is found again
    /// can be told; norms 1, biases 0; and <see cref="InductionHeads"/> where they fit. The same seed gives the same file on every machine.
    /// </summary>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public static void WriteNew(string folder, int seed)
    {
        ThinkerConfig config = ThinkerConfig.Load(folder);
        using DisposeScope scope = NewDisposeScope();
        var names = new WeightLoader(1, 1);
        _ = new AudioTower(names.Root.At("audio_tower"), config.Audio, new RouteRecorder());
        _ = new VisionTower(names.Root.At("visual"), config.Vision, new RouteRecorder());
        _ = new TextDecoder(names.Root, config.Text, new RouteRecorder());
        var values = names.RequestedBase.ToDictionary(entry => entry.Name, entry => First(entry, seed));
        if (InductionHeads.Fit(config.Text))
        {
            InductionHeads.Put(config.Text, values);
        }

        Write(folder, [.. names.RequestedBase.Select(entry => new KeyValuePair<string, Tensor>(entry.Name, tensor(values[entry.Name], [.. entry.Shape])))]);
    }

    /// <summary>Writes weights under the names of the published checkpoint.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="tensors">By their name below the Thinker.</param>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public static void Write(string folder, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using IDisposable noGradients = no_grad();
        var plain = new Dictionary<string, PlainTensor>();
        foreach ((string name, Tensor values) in tensors)
        {
            using Tensor brains = values.detach().to(ScalarType.BFloat16).cpu().contiguous();
            plain[$"thinker.{name}"] = new PlainTensor(brains.shape, Brains: MemoryMarshal.Cast<byte, ushort>(brains.bytes).ToArray());
        }

        DurableFile.Write(Path.Combine(folder, Weights), stream => SafetensorsWriter.Write(stream, plain));
    }

    /// <summary>Copies everything but the weights.</summary>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public static void CopyBeside(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string name in Beside)
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(from, name));
            DurableFile.Write(Path.Combine(to, name), stream => stream.Write(bytes));
        }
    }

    /// <summary>What bfloat16 makes of the values, in their place: so the network in memory is the one in the file.</summary>
    internal static void Round(Tensor values)
    {
        using IDisposable noGradients = no_grad();
        using Tensor brains = values.to(ScalarType.BFloat16);
        values.copy_(brains);
    }

    private static float[] First(TensorEntry entry, int seed)
    {
        var values = new float[entry.Shape.Aggregate(1L, (product, size) => product * size)];
        string name = entry.Name;
        if (entry.Shape.Count == 1)
        {
            Array.Fill(values, name.EndsWith(".bias", StringComparison.Ordinal) ? 0f : 1f);
            return values;
        }

        long inputs = entry.Shape.Skip(1).Aggregate(1L, (product, size) => product * size);
        bool returns = new[] { ".down_proj.weight", ".o_proj.weight", ".out_proj.weight", ".attn.proj.weight", ".fc2.weight" }.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));
        bool embeds = name == Embeddings, speaks = name == OutputLayer;
        double spread = embeds ? 0.4 : speaks ? 0.04 : (returns ? 0.4 : 0.8) / Math.Sqrt(inputs);
        RandomNumbers random = RandomNumbers.For(seed, speaks ? Embeddings : name);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(spread * random.Normal());
        }

        return values;
    }
}

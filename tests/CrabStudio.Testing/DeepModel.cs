using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CrabStudio.Testing;

/// <summary>
/// The tiny reference model with the layers of its text decoder repeated: it says nothing of sense, but takes its time, so
/// that a test can act in the middle of an answer.
/// </summary>
public static partial class DeepModel
{
    private static readonly string[] Shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

    /// <summary>Writes the model folder (without an adapter).</summary>
    /// <param name="folder">Made when missing.</param>
    /// <param name="layers">Layers of the text decoder: a token takes some 0.2 ms for each.</param>
    public static void Write(string folder, int layers)
    {
        string tiny = Golden.Find("tiny");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(tiny).Where(file => Path.GetExtension(file) is ".json" or ".txt" && !file.EndsWith(".index.json", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(tiny, "config.json")))!;
        JsonNode text = config["thinker_config"]!["text_config"]!;
        int own = text["num_hidden_layers"]!.GetValue<int>();
        text["num_hidden_layers"] = layers;
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());

        var tensors = new List<(string Name, string DType, long[] Shape, byte[] Bytes)>();
        foreach (Vectors shard in Shards.Select(shard => Vectors.LoadFile(Path.Combine(tiny, shard))))
        {
            foreach (string name in shard.Names.Where(name => name.StartsWith("thinker.", StringComparison.Ordinal)))
            {
                byte[] bytes = shard.Bytes(name).ToArray();
                if (LayerNumber().Match(name) is { Success: true } match)
                {
                    int number = int.Parse(match.ValueSpan);
                    for (int layer = number; layer < layers; layer += own)
                    {
                        tensors.Add((LayerNumber().Replace(name, layer.ToString(), 1), shard.DType(name), shard.Shape(name), bytes));
                    }
                }
                else
                {
                    tensors.Add((name, shard.DType(name), shard.Shape(name), bytes));
                }
            }
        }

        var header = new Dictionary<string, object>();
        long at = 0;
        foreach ((string name, string dtype, long[] shape, byte[] bytes) in tensors)
        {
            header[name] = new { dtype, shape, data_offsets = new[] { at, at + bytes.Length } };
            at += bytes.Length;
        }

        using FileStream weights = File.Create(Path.Combine(folder, "model.safetensors"));
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        weights.Write(length);
        weights.Write(json);
        tensors.ForEach(tensor => weights.Write(tensor.Bytes));
    }

    [GeneratedRegex(@"(?<=^thinker\.model\.layers\.)\d+")]
    private static partial Regex LayerNumber();
}

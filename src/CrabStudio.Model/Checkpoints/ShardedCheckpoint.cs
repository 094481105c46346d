using System.Text.Json;
using CrabStudio.Model.Configuration;
using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>Several safetensors files joined by an index (<c>model.safetensors.index.json</c>).</summary>
public sealed class ShardedCheckpoint : TensorArchive
{
    private readonly Dictionary<string, SafetensorsFile> shards = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsFile> owners = new(StringComparer.Ordinal);

    /// <summary>Opens the index and the headers of all shards beside it.</summary>
    /// <exception cref="ModelException">The index is malformed, a shard is missing or broken, or lacks a tensor the index gives it.</exception>
    public ShardedCheckpoint(string indexFile)
    {
        string name = JsonFile.Name(indexFile);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(indexFile))!;
        JsonElement root = JsonFile.ReadElement(indexFile, 64 << 20);
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object || !map.EnumerateObject().Any())
        {
            throw new ModelException($"{name}: found no weight_map; expected a map from tensor names to shard files");
        }

        try
        {
            foreach (JsonProperty item in map.EnumerateObject())
            {
                string? file = item.Value.ValueKind == JsonValueKind.String ? item.Value.GetString() : null;
                string tensor = JsonFile.Printable(item.Name, 120);
                if (string.IsNullOrEmpty(file) || file != System.IO.Path.GetFileName(file) || file is "." or ".." || file.Contains('\\') || file.Contains('\0'))
                {
                    throw new ModelException($"{name}: tensor {tensor} is said to lie in {JsonFile.Printable(item.Value.GetRawText(), 80)}; expected a file of the same folder");
                }

                if (!shards.TryGetValue(file, out SafetensorsFile? shard))
                {
                    string path = System.IO.Path.Combine(folder, file);
                    if (!File.Exists(path))
                    {
                        throw new ModelException($"{name}: the shard {JsonFile.Printable(file, 80)} is missing in {folder}; download it into that folder");
                    }

                    shards[file] = shard = new SafetensorsFile(path);
                }

                if (!shard.Entries.TryGetValue(item.Name, out TensorEntry? entry))
                {
                    throw new ModelException($"{name}: tensor {tensor} is not in {JsonFile.Printable(file, 80)}, where the index puts it; the files belong to different downloads");
                }

                entries[item.Name] = entry;
                owners[item.Name] = shard;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <inheritdoc/>
    public override Tensor Read(string name, bool map = true) => owners[name].Read(name, map);

    internal override long BytesOf(string name) => owners[name].BytesOf(name);

    internal override double Sum(string name) => owners[name].Sum(name);

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (SafetensorsFile shard in shards.Values)
        {
            shard.Dispose();
        }
    }
}

/// <summary>Finds the weights of a Hugging Face model folder.</summary>
public static class CheckpointFolder
{
    /// <summary>Opens <c>model.safetensors.index.json</c> with its shards, or <c>model.safetensors</c>.</summary>
    public static TensorArchive Open(string folder)
    {
        string index = System.IO.Path.Combine(folder, "model.safetensors.index.json"), single = System.IO.Path.Combine(folder, "model.safetensors");
        return File.Exists(index) ? new ShardedCheckpoint(index)
            : File.Exists(single) ? new SafetensorsFile(single)
            : throw new ModelException($"{folder}: found neither model.safetensors.index.json nor model.safetensors; expected a Hugging Face folder of Qwen2.5-Omni");
    }
}

using System.Text;
using System.Text.Json;
using CrabStudio.Model.Audio;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Text;
using CrabStudio.Model.Tokenization;
using CrabStudio.Model.Vision;
using TorchSharp;

namespace CrabStudio.Model.Checkpoints;

/// <summary>
/// Says what a file or folder of a model holds and whether it can be used. Uses the same readers as loading, so that what
/// is accepted here loads; executes nothing, writes nothing and reads weights only to sum up small files.
/// </summary>
public static class ModelInspector
{
    private const long MaxSummedBytes = 64 << 20;

    /// <summary>Looks at a file of any known kind, by its name and else by its content, or at a whole model or adapter folder.</summary>
    /// <param name="path">File or folder.</param>
    /// <exception cref="ModelException">It cannot be used; one line names it and says what was found and what was expected.</exception>
    public static ModelFileFacts Inspect(string path)
    {
        string name = JsonFile.Name(System.IO.Path.TrimEndingDirectorySeparator(path));
        try
        {
            return Directory.Exists(path) ? InspectFolder(path) : InspectFile(path);
        }
        catch (ModelException exception) when (!exception.Message.Contains(name, StringComparison.Ordinal))
        {
            throw new ModelException($"{name}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{name} could not be read: {JsonFile.Printable(exception.Message, 200)}", exception);
        }
    }

    private static ModelFileFacts InspectFile(string path)
    {
        string name = JsonFile.Name(path);
        if (!File.Exists(path))
        {
            throw new ModelException($"{name}: there is no such file or folder; expected a checkpoint, a configuration, a tokenizer file or a model folder");
        }

        // Devices and pipes have no length either; they are not opened.
        if (new FileInfo(path).Length == 0)
        {
            throw new ModelException($"{name}: found an empty file; expected a checkpoint, a configuration or a tokenizer file. Download it again");
        }

        switch (KindByName(System.IO.Path.GetFileName(path)) ?? KindByContent(path))
        {
            case "torch-archive":
                using (var archive = new TorchArchive(path))
                {
                    return Tensors("torch-archive", archive);
                }

            case "safetensors":
                using (var file = new SafetensorsFile(path))
                {
                    return Tensors("safetensors", file);
                }

            case "safetensors-index":
                using (var index = new ShardedCheckpoint(path))
                {
                    return Tensors("safetensors-index", index);
                }

            case "config":
                return new ModelFileFacts { Kind = "config", Config = ThinkerConfig.Load(path), Untrained = JsonFile.Read(path).Flag("crab_untrained", false) };
            case "adapter-config":
                return new ModelFileFacts { Kind = "adapter-config", AdapterConfig = AdapterConfig.Load(path) };
            case "preprocessor-config":
                return new ModelFileFacts { Kind = "preprocessor-config", Preprocessor = PreprocessorConfig.Load(path) };
            case "vocab":
                Dictionary<string, int> vocabulary = TokenizerFiles.ReadVocabulary(path);
                return new ModelFileFacts { Kind = "vocab", Vocabulary = vocabulary.Count, LargestId = vocabulary.Values.Max() };
            case "merges":
                return new ModelFileFacts { Kind = "merges", Merges = TokenizerFiles.ReadMerges(path).Count };
            case "added-tokens":
                return new ModelFileFacts { Kind = "added-tokens", AddedTokens = TokenizerFiles.ReadAddedTokens(path).Count };
            case "tokenizer-config":
                return new ModelFileFacts { Kind = "tokenizer-config", AddedTokens = TokenizerFiles.ReadConfig(path).Count };
            case "tokenizer":
                TokenizerJson json = TokenizerFiles.ReadTokenizer(path);
                return new ModelFileFacts
                {
                    Kind = "tokenizer",
                    Vocabulary = json.Vocabulary.Count,
                    LargestId = json.Vocabulary.Values.Concat(json.Added.Select(token => token.Id)).Max(),
                    Merges = json.Merges.Count,
                    AddedTokens = json.Added.Count,
                };
            default:
                throw new ModelException($"{name}: found a file of no known kind; expected *.safetensors, *.index.json, *.bin or *.pt of torch.save, config.json, adapter_config.json, preprocessor_config.json or a tokenizer file");
        }
    }

    private static string? KindByName(string file)
    {
        string lower = file.ToLowerInvariant();
        string stem = System.IO.Path.GetFileNameWithoutExtension(lower);
        // "config-7b.json" is a configuration as "config.json" is.
        string first = stem.Split('-')[0];
        return System.IO.Path.GetExtension(lower) switch
        {
            ".bin" or ".pt" or ".pth" => "torch-archive",
            ".safetensors" => "safetensors",
            ".json" when lower.EndsWith(".index.json", StringComparison.Ordinal) => "safetensors-index",
            ".json" when first is "config" or "adapter_config" or "tokenizer" or "vocab" or "added_tokens" or "tokenizer_config" or "preprocessor_config" => first.Replace('_', '-'),
            ".txt" when first is "merges" => "merges",
            _ => null,
        };
    }

    private static string? KindByContent(string path)
    {
        byte[] head = new byte[16];
        int read;
        using (FileStream file = File.OpenRead(path))
        {
            read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }

        ReadOnlySpan<byte> start = head.AsSpan(0, read);
        if (start.StartsWith("PK\x3\x4"u8))
        {
            return "torch-archive";
        }

        if (read > 9 && start[8] == '{' && start[5] == 0 && start[6] == 0 && start[7] == 0)
        {
            return "safetensors";
        }

        if (start.StartsWith("#version"u8))
        {
            return "merges";
        }

        if (Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n') is not ['{', ..])
        {
            return null;
        }

        JsonFile json = JsonFile.Read(path, 64 << 20);
        return json.Has("weight_map") ? "safetensors-index"
            : json.Has("thinker_config") || (json.Has("text_config") && json.Has("audio_config")) ? "config"
            : json.Has("lora_alpha") ? "adapter-config"
            : json.Has("added_tokens_decoder") ? "tokenizer-config"
            : json.Has("image_mean") ? "preprocessor-config"
            : json.Has("model") ? "tokenizer"
            : null;
    }

    private static ModelFileFacts Tensors(string kind, TensorArchive archive)
    {
        Int128 bytes = 0, elements = 0;
        foreach (TensorEntry entry in archive.Entries.Values)
        {
            bytes += archive.BytesOf(entry.Name);
            elements += Elements(entry);
        }

        bool sums = bytes <= MaxSummedBytes;
        var tensors = archive.Entries.Values.ToDictionary(
            entry => entry.Name, entry => new TensorFacts(DTypes.TorchName(entry.DType), entry.Shape, sums ? archive.Sum(entry.Name) : null), StringComparer.Ordinal);
        return new ModelFileFacts
        {
            Kind = kind,
            TensorCount = tensors.Count,
            Parameters = (long)Int128.Min(elements, long.MaxValue),
            SumOfSums = sums ? tensors.Values.Sum(tensor => tensor.Sum) : null,
            Tensors = tensors,
        };
    }

    private static Int128 Elements(TensorEntry entry) => entry.Shape.Contains(0) ? 0 : entry.Shape.Aggregate((Int128)1, (product, size) => product * size);

    private static ModelFileFacts InspectFolder(string folder)
    {
        string File(string name) => System.IO.Path.Combine(folder, name);
        bool isModel = System.IO.File.Exists(File("config.json"));
        if (!isModel && !System.IO.File.Exists(File("adapter_config.json")) && !System.IO.File.Exists(File("finetune_weights.bin")))
        {
            throw new ModelException($"{JsonFile.Name(System.IO.Path.TrimEndingDirectorySeparator(folder))}: found neither config.json nor adapter_config.json; expected a Hugging Face folder of Qwen2.5-Omni or the folder of an adapter");
        }

        return isModel ? InspectModel(folder) : InspectAdapter(folder);
    }

    private static ModelFileFacts InspectModel(string folder)
    {
        ThinkerConfig config = ThinkerConfig.Load(folder);
        PreprocessorConfig preprocessor = PreprocessorConfig.Load(folder);
        ByteLevelTokenizer tokenizer = ByteLevelTokenizer.Load(folder);
        using TensorArchive weights = CheckpointFolder.Open(folder);
        string adapterFolder = System.IO.Path.Combine(folder, "adapter");
        string adapterFile = System.IO.Path.Combine(adapterFolder, "finetune_weights.bin"), adapterConfigFile = System.IO.Path.Combine(adapterFolder, "adapter_config.json");
        AdapterConfig? adapterConfig = File.Exists(adapterConfigFile) ? AdapterConfig.Load(adapterConfigFile) : null;
        using TorchArchive? adapter = File.Exists(adapterFile) ? new TorchArchive(adapterFile) : null;
        WeightLoader loader = Fit(config, weights, adapter, JsonFile.Name(System.IO.Path.TrimEndingDirectorySeparator(folder)), adapter is null ? null : JsonFile.Name(adapterFile));
        if (adapter is not null)
        {
            adapterConfig?.RequireTensors(loader.Rank, loader.Experts, JsonFile.Name(adapterConfigFile));
        }

        return new ModelFileFacts
        {
            Kind = "model-folder",
            TensorCount = weights.Entries.Count,
            Parameters = loader.BaseParameters,
            Config = config,
            Preprocessor = preprocessor,
            LargestId = tokenizer.Size - 1,
            Untrained = JsonFile.Read(System.IO.Path.Combine(folder, "config.json")).Flag("crab_untrained", false),
            Adapter = adapter is null ? null : new AdapterFacts(JsonFile.Name(adapterFile), loader.Rank, loader.Experts, adapterConfig?.Alpha, loader.AdapterParameters),
        };
    }

    // The code of the network is the list of its tensors: it is built without memory.
    private static WeightLoader Fit(ThinkerConfig config, TensorArchive weights, TensorArchive? adapter, string name, string? adapterName)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        var loader = new WeightLoader(weights, adapter);
        _ = new AudioTower(loader.Root.At("audio_tower"), config.Audio, new RouteRecorder());
        _ = new VisionTower(loader.Root.At("visual"), config.Vision, new RouteRecorder());
        _ = new TextDecoder(loader.Root, config.Text, new RouteRecorder());
        loader.ThrowIfIncomplete(name, adapterName);
        return loader;
    }

    private static ModelFileFacts InspectAdapter(string folder)
    {
        string configFile = System.IO.Path.Combine(folder, "adapter_config.json"), weightsFile = System.IO.Path.Combine(folder, "finetune_weights.bin");
        AdapterConfig? config = File.Exists(configFile) ? AdapterConfig.Load(configFile) : null;
        if (!File.Exists(weightsFile))
        {
            throw new ModelException($"{JsonFile.Name(System.IO.Path.TrimEndingDirectorySeparator(folder))}: found no finetune_weights.bin beside adapter_config.json; expected the adapter's tensors");
        }

        using var archive = new TorchArchive(weightsFile);
        foreach (TensorEntry entry in archive.Entries.Values)
        {
            if (entry.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal) && entry.Shape is [long rank, _])
            {
                string route = entry.Name[..^"lora_A.weight".Length] + "lora_route.weight";
                config?.RequireTensors(rank, archive.Entries.TryGetValue(route, out TensorEntry? routes) && routes.Shape is [long experts, _] ? experts : null, JsonFile.Name(configFile));
            }
        }

        return Tensors("adapter-folder", archive) with { AdapterConfig = config };
    }
}

#:project ../src/CrabStudio.Model/CrabStudio.Model.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false

// Makes models/untrained: a small Qwen2.5-Omni folder with random weights and an I-LoRA adapter in it, in the formats of
// the published files, so that the studio runs before anything is downloaded or trained. Answers are noise.
//
//     dotnet run scripts/make-untrained.cs [FOLDER]
//
// The same bytes come out each time and everywhere. The network itself says which tensors it needs.
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Model.Audio;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Text;
using CrabStudio.Model.Tokenization;
using CrabStudio.Model.Vision;
using static TorchSharp.torch;

const int Rank = 16, Experts = 3;
const double Alpha = 32;
string tiny = Path.Combine(Here(), "..", "tests", "Golden", "tiny");
string folder = Path.GetFullPath(args.Length > 0 ? args[0] : Path.Combine(Here(), "..", "models", "untrained"));
Directory.CreateDirectory(Path.Combine(folder, "adapter"));

foreach (string file in new[] { "vocab.json", "merges.txt", "added_tokens.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.json", "preprocessor_config.json", "generation_config.json" })
{
    File.Copy(Path.Combine(tiny, file), Path.Combine(folder, file), overwrite: true);
}

JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(tiny, "config.json")))!.AsObject();
config.Remove("talker_config");
config.Remove("token2wav_config");
config["enable_audio_output"] = false;
config.Insert(0, "crab_untrained", true);
WriteJson(Path.Combine(folder, "config.json"), config);
WriteJson(Path.Combine(folder, "adapter", "adapter_config.json"), new JsonObject
{
    ["r"] = Rank,
    ["lora_alpha"] = Alpha,
    ["lora_nums"] = Experts,
    ["lora_dropout"] = 0.1,
    ["target_modules"] = new JsonArray("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj", "up_proj"),
    ["bias"] = "none",
});

// Built without memory, to learn names and shapes.
ThinkerConfig thinker = ThinkerConfig.Load(folder);
var loader = new WeightLoader(Rank, Experts);
_ = new AudioTower(loader.Root.At("audio_tower"), thinker.Audio, new RouteRecorder());
_ = new VisionTower(loader.Root.At("visual"), thinker.Vision, new RouteRecorder());
_ = new TextDecoder(loader.Root, thinker.Text, new RouteRecorder());
ByteLevelTokenizer tokenizer = ByteLevelTokenizer.Load(folder);
WriteSafetensors(
    Path.Combine(folder, "model.safetensors"),
    [.. loader.RequestedBase.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor => ($"thinker.{tensor.Name}", tensor.Shape, Values(tensor)))]);
TorchArchiveWriter.Write(
    Path.Combine(folder, "adapter", "finetune_weights.bin"),
    [.. loader.RequestedAdapter.Select(entry => KeyValuePair.Create($"base_model.model.{entry.Name}", tensor(Values(entry), [.. entry.Shape]).to(ScalarType.BFloat16)))]);

ModelFileFacts facts = ModelInspector.Inspect(folder);
Console.WriteLine($"{folder}: {facts.Parameters} parameters, adapter with {facts.Adapter!.Parameters}, {new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)} bytes");

// Values of one tensor, row by row. Its name is the seed, so that no tensor depends on another.
float[] Values(TensorEntry tensor)
{
    long inputs = tensor.Shape.Skip(1).Aggregate(1L, (product, size) => product * size);
    string[] path = tensor.Name.Split('.');
    string module = path[^2], kind = path[^1];
    // What enters a linear has a spread of about 1 (after a norm), less inside attention and feed-forward.
    double input = path.Contains("o_proj") || path.Contains("down_proj") ? 0.35 : 1;
    double spread = (module, kind) switch
    {
        ("lora_route", _) => 0.8 / Math.Sqrt(inputs) / input,
        ("lora_A", _) => 1 / Math.Sqrt(inputs) / input,
        (_, _) when module.StartsWith("lora_B", StringComparison.Ordinal) => 0.08,
        (_, "bias") => 0.1,
        ("embed_tokens", _) => 1,
        ("lm_head", _) => 3 / Math.Sqrt(inputs),
        ("q_proj" or "k_proj" or "q" or "k", _) => 1.6 / Math.Sqrt(inputs),
        _ => 1 / Math.Sqrt(inputs) / input,
    };
    bool norm = kind == "weight" && tensor.Shape.Count == 1;
    var random = new Noise(tensor.Name);
    float[] values = new float[tensor.Shape[0] * inputs];
    for (int i = 0; i < values.Length; i++)
    {
        double value = random.Next();
        values[i] = (float)(norm ? 1 + (0.1 * value) : spread * value * (tensor.Name == "lm_head.weight" ? Loudness((int)(i / inputs)) : 1));
    }

    return values;
}

// Half characters, markers and rows without a token are said seldom, so that the noise can at least be read.
double Loudness(int id)
{
    string text = tokenizer.Decode([id], skipSpecial: true);
    return id == thinker.EndToken || (text.Length > 0 && text.All(character => character is >= ' ' and <= '~')) ? 1 : 0.3;
}

static void WriteJson(string path, JsonObject value) => File.WriteAllText(path, value.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n");

static byte[] Brain(float[] values)
{
    byte[] bytes = new byte[values.Length * 2];
    for (int i = 0; i < values.Length; i++)
    {
        // bfloat16: the upper half of a float, rounded to even.
        uint bits = BitConverter.SingleToUInt32Bits(values[i]);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    return bytes;
}

static void WriteSafetensors(string path, (string Name, IReadOnlyList<long> Shape, float[] Values)[] tensors)
{
    var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
    long at = 0;
    foreach ((string name, IReadOnlyList<long> shape, float[] values) in tensors)
    {
        header[name] = new JsonObject { ["dtype"] = "BF16", ["shape"] = new JsonArray([.. shape.Select(size => JsonValue.Create(size))]), ["data_offsets"] = new JsonArray(at, at + (2 * values.Length)) };
        at += 2 * values.Length;
    }

    byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
    using FileStream file = File.Create(path);
    using var writer = new BinaryWriter(file);
    int padding = (8 - (json.Length % 8)) % 8;
    writer.Write((long)(json.Length + padding));
    writer.Write(json);
    writer.Write("       "u8[..padding]);
    foreach ((_, _, float[] values) in tensors)
    {
        writer.Write(Brain(values));
    }
}

static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

/// <summary>Numbers with mean 0 and spread 1 of nearly normal distribution, by exact arithmetic only: the same on every machine.</summary>
internal sealed class Noise
{
    private ulong state = 0xCBF29CE484222325;

    public Noise(string seed)
    {
        foreach (byte value in Encoding.UTF8.GetBytes(seed))
        {
            state = (state ^ value) * 0x100000001B3;
        }
    }

    public double Next()
    {
        // The sum of twelve even numbers from 0 to 1.
        double sum = -6;
        for (int i = 0; i < 12; i++)
        {
            state += 0x9E3779B97F4A7C15;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            sum += ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
        }

        return sum;
    }
}

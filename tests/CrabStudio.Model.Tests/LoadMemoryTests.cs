using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using CrabStudio.Media;
using CrabStudio.Model.Audio;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Model.Text;
using CrabStudio.Model.Vision;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests;

/// <summary>Weights are mapped or converted one by one: loading and answering needs hardly more memory than they do.</summary>
[Collection(nameof(Alone))]
public sealed partial class LoadMemoryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("crab-memory-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("bf16", 2)]
    [InlineData("fp32", 4)]
    public async Task PeakResidentMemoryIsAtMostAFifthAboveTheWeights(string precision, int bytesOfAWeight)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "peak memory is read from /proc");
        long weights = WriteModel() * bytesOfAWeight;
        PreparedConversation prepared = await new ConversationPreparer(new MediaReader()).PrepareAsync(new Conversation("", [new TextItem("What do you hear?")]));
        // Whatever the network library sets up once is not the weights'.
        using (var small = new GoldenThinker())
        {
            Answer(small.Thinker, prepared);
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        // What was freed before must not be handed out again uncounted.
        TrimHeap(0);
        File.WriteAllText("/proc/self/clear_refs", "5");
        long before = Kilobytes("VmRSS");
        using (Thinker thinker = Thinker.Load(new ModelOptions(folder, Device: "cpu", Precision: precision)))
        {
            Answer(thinker, prepared);
            long peak = (Kilobytes("VmHWM") - before) * 1024;
            TestContext.Current.TestOutputHelper!.WriteLine($"{precision}: weights {weights / 1e6:0} MB, peak {peak / 1e6:0} MB, {peak / (double)weights:0.00} of them");
            Assert.True(peak <= 1.2 * weights, $"{precision}: the weights take {weights / 1e6:0} MB and loading took {peak / 1e6:0} MB");
            // Less than this would mean that they were not read.
            Assert.True(peak >= 0.9 * weights, $"{precision}: {peak / 1e6:0} MB for {weights / 1e6:0} MB of weights");
        }
    }

    private static void Answer(Thinker thinker, PreparedConversation prepared)
    {
        using ModelInput input = thinker.Inputs.Build(prepared);
        using TokenGeneration generation = thinker.Begin(input, new GenerationSettings(2));
        while (generation.Next() is not null)
        {
        }
    }

    // A model of some 150 million weights in bf16; their number.
    private long WriteModel()
    {
        string tiny = Golden.Find("tiny");
        foreach (string file in Directory.EnumerateFiles(tiny).Where(file => Path.GetExtension(file) is ".json" or ".txt" && !file.EndsWith(".index.json", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(tiny, "config.json")))!;
        JsonNode text = json["thinker_config"]!["text_config"]!;
        (text["hidden_size"], text["intermediate_size"], text["num_hidden_layers"]) = (1024, 4096, 10);
        text["rope_scaling"]!["mrope_section"] = new JsonArray(32, 48, 48);
        json["thinker_config"]!["vision_config"]!["out_hidden_size"] = 1024;
        json["thinker_config"]!["audio_config"]!["output_dim"] = 1024;
        File.WriteAllText(Path.Combine(folder, "config.json"), json.ToJsonString());
        ThinkerConfig config = ThinkerConfig.Load(folder);
        var shapes = new WeightLoader(1, 1);
        _ = new AudioTower(shapes.Root.At("audio_tower"), config.Audio, new RouteRecorder());
        _ = new VisionTower(shapes.Root.At("visual"), config.Vision, new RouteRecorder());
        _ = new TextDecoder(shapes.Root, config.Text, new RouteRecorder());

        var header = new Dictionary<string, object>();
        long at = 0;
        foreach (TensorEntry entry in shapes.RequestedBase)
        {
            long bytes = 2 * entry.Shape.Aggregate(1L, (product, size) => product * size);
            header[$"thinker.{entry.Name}"] = new { dtype = "BF16", shape = entry.Shape, data_offsets = new[] { at, at + bytes } };
            at += bytes;
        }

        using FileStream weights = File.Create(Path.Combine(folder, "model.safetensors"));
        byte[] index = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(header);
        int padding = (8 - (index.Length % 8)) % 8;
        weights.Write(BitConverter.GetBytes((long)index.Length + padding));
        weights.Write(index);
        weights.Write(new byte[] { 32, 32, 32, 32, 32, 32, 32 }, 0, padding);
        // Small numbers that differ, so that every page is a page of its own.
        var random = new Random(1);
        byte[] block = new byte[1 << 20];
        for (long left = at; left > 0; left -= block.Length)
        {
            for (int i = 0; i < block.Length; i += 2)
            {
                (block[i], block[i + 1]) = ((byte)random.Next(256), 0x3c);
            }

            weights.Write(block, 0, (int)Math.Min(left, block.Length));
        }

        return at / 2;
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint pad);

    private static long Kilobytes(string field) => long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(),
        CultureInfo.InvariantCulture);
}

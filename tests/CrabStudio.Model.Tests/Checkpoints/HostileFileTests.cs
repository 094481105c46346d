using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests.Checkpoints;

/// <summary>The files of <c>tests/Golden/hostile</c> but for media, each opened on its own and in a model folder.</summary>
public sealed class HostileFileTests(HostileFileTests.ModelFolder folder) : IClassFixture<HostileFileTests.ModelFolder>
{
    private static readonly Dictionary<string, JsonElement> Manifest = JsonDocument.Parse(File.ReadAllText(Golden.Find("hostile/manifest.json"))).RootElement
        .GetProperty("files").EnumerateArray().Where(entry => entry.GetProperty("group").GetString() != "media").ToDictionary(entry => entry.GetProperty("name").GetString()!);

    public static TheoryData<string> All() => [.. Manifest.Keys];

    public static TheoryData<string> WithBase() => [.. Manifest.Where(entry => entry.Value.GetProperty("group").GetString() is "config" or "tokenizer" or "adapter-config").Select(entry => entry.Key)];

    [Theory]
    [MemberData(nameof(All))]
    public void EveryFileIsAcceptedOrRefusedAsTheManifestSaysAndItsFactsAreFound(string name)
    {
        string path = Path.Combine(Golden.Find("hostile"), name);
        ModelFileFacts? facts = Bounded(path, Path.GetDirectoryName(path)!, () => ModelInspector.Inspect(path), Manifest[name].GetProperty("expected").GetString()!);
        if (facts is null || !Manifest[name].TryGetProperty("facts", out JsonElement expected) || expected.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        // As they would be printed.
        JsonObject found = JsonNode.Parse(facts.ToJson().ToJsonString())!.AsObject();
        if (expected.TryGetProperty("tensor_count", out JsonElement count))
        {
            Assert.Equal(count.GetInt32(), (int)found["tensor_count"]!);
        }

        if (expected.TryGetProperty("sum_of_sums", out JsonElement total))
        {
            Equal(total, found["sum_of_sums"]!);
        }

        if (expected.TryGetProperty("tensors", out JsonElement tensors))
        {
            Assert.Equal(tensors.EnumerateObject().Select(tensor => tensor.Name).Order(StringComparer.Ordinal), found["tensors"]!.AsObject().Select(tensor => tensor.Key).Order(StringComparer.Ordinal));
            foreach (JsonProperty tensor in tensors.EnumerateObject())
            {
                JsonNode same = found["tensors"]![tensor.Name]!;
                Assert.Equal(tensor.Value.GetProperty("dtype").GetString(), (string?)same["dtype"]);
                Assert.Equal(tensor.Value.GetProperty("shape").Deserialize<long[]>(), same["shape"].Deserialize<long[]>());
                Equal(tensor.Value.GetProperty("sum"), same["sum"]!);
            }
        }

        static void Equal(JsonElement expected, JsonNode found)
        {
            if (expected.ValueKind == JsonValueKind.String)
            {
                Assert.Equal(expected.GetString(), (string?)found);
            }
            else
            {
                Assert.InRange(Math.Abs(expected.GetDouble() - (double)found), 0, 1e-9 * (1 + Math.Abs(expected.GetDouble())));
            }
        }
    }

    [Theory]
    [MemberData(nameof(WithBase))]
    public void AModelFolderWithTheFileInPlaceOfTheGoodOneLoadsOrIsRefused(string name)
    {
        JsonElement entry = Manifest[name];
        string file = Path.GetFileName(name), kind = Path.GetFileNameWithoutExtension(file).Split('-')[0];
        string expected = entry.TryGetProperty("with_base", out JsonElement withBase) ? withBase.GetString()!
            // A good configuration, but of a larger model than the weights beside it.
            : file == "config-good-7b.json" ? "reject" : entry.GetProperty("expected").GetString()!;
        string place = Path.Combine(folder.Path, kind == "adapter_config" ? Path.Combine("adapter", "adapter_config.json") : kind + Path.GetExtension(file));
        File.Copy(Path.Combine(Golden.Find("hostile"), name), place, overwrite: true);
        try
        {
            ModelFileFacts? facts = Bounded(folder.Path, folder.Path, () => ModelInspector.Inspect(folder.Path), expected);
            var options = new ModelOptions(folder.Path, Path.Combine(folder.Path, "adapter", "finetune_weights.bin"), null, "cpu", "fp32");
            Thinker? model = Bounded(null, folder.Path, () => Thinker.Load(options), expected);
            using (model)
            {
                // What can be inspected can be loaded, and the other way round.
                Assert.Equal(facts is null, model is null);
                if (facts is not null && model is not null)
                {
                    Assert.Equal(model.Facts.Parameters, facts.Parameters);
                    Assert.Equal(model.Facts.AdapterParameters, facts.Adapter!.Parameters);
                }
            }
        }
        finally
        {
            File.Copy(Path.Combine(Golden.Find("tiny"), Path.GetRelativePath(folder.Path, place)), place, overwrite: true);
        }
    }

    [Fact]
    public void TheGoodFolderLoadsAndItsFactsAreThoseOfTheModel()
    {
        JsonObject facts = ModelInspector.Inspect(Golden.Find("tiny")).ToJson();
        Assert.Equal("model-folder", (string?)facts["kind"]);
        Assert.Equal(3, (int)facts["config"]!["text"]!["layers"]!);
        Assert.Equal(16, (int)facts["adapter"]!["rank"]!);
        Assert.Equal(3, (int)facts["adapter"]!["experts"]!);
        Assert.Equal(32, (double)facts["adapter"]!["alpha"]!);
        Assert.False((bool)facts["untrained"]!);
        JsonObject adapter = ModelInspector.Inspect(Path.Combine(Golden.Find("tiny"), "adapter")).ToJson();
        Assert.Equal("adapter-folder", (string?)adapter["kind"]);
        Assert.Equal((long)facts["adapter"]!["parameters"]!, (long)adapter["parameters"]!);
    }

    [Theory]
    [InlineData("config/config-good-plain.json", "config")]
    [InlineData("adapter-config/adapter_config-good-plain.json", "adapter-config")]
    [InlineData("tokenizer/tokenizer-good-plain.json", "tokenizer")]
    [InlineData("tokenizer/tokenizer_config-good-plain.json", "tokenizer-config")]
    [InlineData("tokenizer/merges-good-plain.txt", "merges")]
    [InlineData("safetensors/good-plain.safetensors", "safetensors")]
    [InlineData("pickle/good-bf16.bin", "torch-archive")]
    public void AFileWithAnUnknownNameIsKnownByItsContent(string name, string kind)
    {
        string path = Path.Combine(folder.Path, "download");
        File.Copy(Path.Combine(Golden.Find("hostile"), name), path, overwrite: true);
        Assert.Equal(kind, ModelInspector.Inspect(path).Kind);
        File.Delete(path);
    }

    [Fact]
    public void WhatIsNoFileOfAModelIsRefusedByName()
    {
        string other = Path.Combine(folder.Path, "notes.md");
        File.WriteAllText(other, "# Notes\n");
        Assert.Contains("notes.md: found a file of no known kind", Assert.Throws<ModelException>(() => ModelInspector.Inspect(other)).Message, StringComparison.Ordinal);
        File.Delete(other);
        Assert.Contains("there is no such file", Assert.Throws<ModelException>(() => ModelInspector.Inspect(other)).Message, StringComparison.Ordinal);
        Assert.Contains("neither config.json nor adapter_config.json", Assert.Throws<ModelException>(() => ModelInspector.Inspect(Golden.Find("media"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DevicesAreNotRead()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/zero");
        string link = Path.Combine(folder.Path, "device.safetensors");
        File.CreateSymbolicLink(link, "/dev/zero");
        try
        {
            Assert.Throws<ModelException>(() => ModelInspector.Inspect("/dev/zero"));
            Assert.Throws<ModelException>(() => ModelInspector.Inspect(link));
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Fact]
    public void LinksToFilesAreFollowedAsInADownloadCache()
    {
        foreach (string name in new[] { "config/config-good-plain.json", "tokenizer/vocab-good-plain.json", "safetensors/good-plain.safetensors", "pickle/good-bf16.bin" })
        {
            string path = Path.Combine(Golden.Find("hostile"), name);
            string link = Path.Combine(folder.Path, Path.GetFileName(name).Replace("-good", "-link", StringComparison.Ordinal));
            File.CreateSymbolicLink(link, path);
            Assert.Equal(ModelInspector.Inspect(path).ToJson().ToJsonString(), ModelInspector.Inspect(link).ToJson().ToJsonString());
            File.Delete(link);
        }
    }

    private static T? Bounded<T>(string? named, string watched, Func<T> open, string expected) where T : class
    {
        string[] before = Directory.GetFileSystemEntries(watched, "*", SearchOption.AllDirectories);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        var process = Process.GetCurrentProcess();
        long memory = process.WorkingSet64;
        var watch = Stopwatch.StartNew();
        T? result = null;
        try
        {
            result = open();
        }
        catch (ModelException refused)
        {
            Assert.False(expected == "accept", $"refused: {refused.Message}");
            Assert.DoesNotContain(refused.Message, character => char.IsControl(character));
            Assert.InRange(refused.Message.Length, 20, 6000);
            if (named is not null)
            {
                string name = Path.GetFileName(named);
                Assert.Contains(name[..Math.Min(80, name.Length)], refused.Message, StringComparison.Ordinal);
            }
        }

        Assert.False(expected == "reject" && result is not null, "accepted");
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 512 << 20);
        process.Refresh();
        Assert.InRange(process.WorkingSet64 - memory, long.MinValue, 1 << 30);
        Assert.Empty(new[] { Environment.CurrentDirectory, Path.GetTempPath() }.SelectMany(place => Directory.GetFileSystemEntries(place, "CRAB_PWNED*")));
        Assert.Equal(before, Directory.GetFileSystemEntries(watched, "*", SearchOption.AllDirectories));
        return result;
    }

    /// <summary>A copy of the tiny model folder.</summary>
    public sealed class ModelFolder : IDisposable
    {
        public ModelFolder()
        {
            string tiny = Golden.Find("tiny");
            foreach (string file in Directory.GetFiles(tiny, "*", SearchOption.AllDirectories))
            {
                string copy = System.IO.Path.Combine(Path, System.IO.Path.GetRelativePath(tiny, file));
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("crab-hostile").FullName;

        public void Dispose() => Directory.Delete(Path, true);
    }
}

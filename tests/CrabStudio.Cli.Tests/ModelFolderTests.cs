using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary>Models that cannot be used: one line that names the thing, exit code 1.</summary>
public sealed class ModelFolderTests
{
    [Fact]
    public async Task AMissingFolderIsNamed()
    {
        Assert.Contains("/nowhere/model", await RefusedAsync("--model", "/nowhere/model"), StringComparison.Ordinal);
        Assert.Contains("is a file", await RefusedAsync("--model", Golden.Find("tiny/config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheStudioSaysSoBeforeItStarts()
    {
        using Scratch scratch = new();
        CrabResult result = await Crab.RunAsync("studio", "--model", "/nowhere/model", "--data", scratch["data"]);

        Assert.Contains("/nowhere/model", result.OneErrorLine(1), StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch["data"]));
    }

    [Fact]
    public async Task AMissingShardIsNamed()
    {
        using Scratch scratch = new();
        string model = scratch.Copy("tiny", "model");
        File.Delete(Path.Combine(model, "model-00002-of-00002.safetensors"));

        Assert.Contains("model-00002-of-00002.safetensors", await RefusedAsync("--model", model), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACutShardIsNamed()
    {
        using Scratch scratch = new();
        string model = scratch.Copy("tiny", "model");
        using (FileStream shard = File.OpenWrite(Path.Combine(model, "model-00001-of-00002.safetensors")))
        {
            shard.SetLength(shard.Length / 2);
        }

        Assert.Contains("model-00001-of-00002.safetensors", await RefusedAsync("--model", model), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACutOrMissingAdapterIsNamed()
    {
        using Scratch scratch = new();
        string model = scratch.Copy("tiny", "model");
        using (FileStream adapter = File.OpenWrite(Path.Combine(model, "adapter", "finetune_weights.bin")))
        {
            adapter.SetLength(adapter.Length / 2);
        }

        Assert.Contains("finetune_weights.bin", await RefusedAsync("--model", model), StringComparison.Ordinal);
        Assert.Contains("gone.bin", await RefusedAsync("--model", model, "--adapter", scratch["gone.bin"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAdapterOfAnotherBaseIsRefusedWithItsTensorsAndTheirShapes()
    {
        // A good file, of a base that is 16 wide: the tiny one is 128.
        string line = await RefusedAsync("--model", Golden.Find("tiny"), "--adapter", Golden.Find("hostile/pickle/good-bf16.bin"), "--alpha", "8");

        Assert.Contains("good-bf16.bin", line, StringComparison.Ordinal);
        Assert.Contains("model.layers.0.self_attn.q_proj.lora_A.weight", line, StringComparison.Ordinal);
        Assert.Contains("[4, 16]", line, StringComparison.Ordinal);
        Assert.Contains("128]", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAdapterWithoutAlphaSaysHowToGiveIt()
    {
        using Scratch scratch = new();
        string model = scratch.Copy("tiny", "model");
        File.Delete(Path.Combine(model, "adapter", "adapter_config.json"));

        Assert.Contains("--alpha", await RefusedAsync("--model", model), StringComparison.Ordinal);
    }

    private static async Task<string> RefusedAsync(params string[] options)
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["requests.jsonl"], """{"name": "a", "task": "", "content": [{"type": "text", "text": "b"}]}""");
        CrabResult result = await Crab.RunAsync(["batch", scratch["requests.jsonl"], "--out", scratch["answers.jsonl"], .. options]);
        Assert.False(File.Exists(scratch["answers.jsonl"]));
        return result.OneErrorLine(1);
    }
}

using System.Text.Json.Nodes;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary>Models that cannot be used: one line that names the thing, exit code 1.</summary>
public sealed class ModelFolderTests
{
    [Fact]
    public async Task A_missing_folder_is_named()
    {
        Assert.Contains("/nowhere/model", await RefusedAsync("--model", "/nowhere/model"), StringComparison.Ordinal);
        Assert.Contains("is a file", await RefusedAsync("--model", Golden.Find("tiny/config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_studio_says_so_before_it_starts()
    {
        using Scratch scratch = new();
        CrabResult result = await Crab.RunAsync("studio", "--model", "/nowhere/model", "--data", scratch["data"]);

        Assert.Contains("/nowhere/model", result.OneErrorLine(1), StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch["data"]));
    }

    [Fact]
    public async Task A_missing_shard_is_named()
    {
        using Scratch scratch = new();
        string model = scratch.Copy("tiny", "model");
        File.Delete(Path.Combine(model, "model-00002-of-00002.safetensors"));

        Assert.Contains("model-00002-of-00002.safetensors", await RefusedAsync("--model", model), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_shard_is_named()
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
    public async Task A_cut_or_missing_adapter_is_named()
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
    public async Task An_adapter_of_another_base_is_refused_with_a_key_and_the_shapes()
    {
        using Scratch scratch = new();
        string model = scratch.Copy("tiny", "model"), file = Path.Combine(model, "config.json");
        // The base is made wider than the adapter: its text layers have another size of the feed-forward part.
        JsonNode config = JsonNode.Parse(await File.ReadAllTextAsync(Golden.Find("tiny/config.json")))!;
        Directory.Delete(Path.Combine(model, "adapter"), recursive: true);
        JsonNode text = config["thinker_config"]!["text_config"]!;
        text["num_hidden_layers"] = (int)text["num_hidden_layers"]! - 1;
        await File.WriteAllTextAsync(file, config.ToJsonString());

        string line = await RefusedAsync("--model", model, "--adapter", Golden.Find("tiny/adapter/finetune_weights.bin"));

        Assert.Contains("finetune_weights.bin", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_without_alpha_says_how_to_give_it()
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

using System.Text.Json;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab train</c>.</summary>
public sealed class TrainTests
{
    [Fact]
    public async Task The_command_of_the_reference_run_gives_its_losses_and_its_tensors()
    {
        using Scratch scratch = new();
        JsonElement[] reference = [.. JsonDocument.Parse(File.ReadAllText(Golden.Find("vectors/training/steps.json"))).RootElement.GetProperty("steps").EnumerateArray()];
        await File.WriteAllTextAsync(scratch["order.json"], JsonSerializer.Serialize(reference.Select(step => step.GetProperty("samples"))));

        CrabResult result = await Crab.RunAsync(
            "train", "--data", Golden.Find("avuie"), "--model", Golden.Find("tiny"), "--adapter-init", Golden.Find("vectors/training/init.bin"), "--steps", "8", "--batch", "2", "--lr", "1e-3",
            "--warmup-steps", "1", "--dropout", "0", "--order", scratch["order.json"], "--precision", "fp32", "--out", scratch["out"], "--save-at", "2,4");

        Assert.True(result.Code == 0, result.Error);
        JsonElement[] log = [.. File.ReadLines(scratch["out/log.jsonl"]).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
        Assert.Equal(reference.Select(step => step.GetProperty("step").GetInt32()), log.Select(step => step.GetProperty("step").GetInt32()));
        foreach ((JsonElement expected, JsonElement found) in reference.Zip(log))
        {
            double loss = expected.GetProperty("loss").GetDouble();
            Assert.Equal(loss, found.GetProperty("loss").GetDouble(), 1e-4 * loss);
        }

        foreach ((string vectors, string file) in new[] { ("after-step2-part", "step-2"), ("after-step4-part", "step-4"), ("after-step8", "") })
        {
            Vectors tensors = Vectors.Load($"vectors/training/{vectors}.safetensors");
            using TorchArchive archive = new(Path.Combine(scratch["out"], file, "finetune_weights.bin"));
            foreach (string name in tensors.Names)
            {
                using TorchSharp.torch.Tensor tensor = archive.Read(name);
                float[] expected = tensors.Floats(name), found = tensor.contiguous().data<float>().ToArray();
                Assert.Equal(expected.Length, found.Length);
                Assert.True(expected.Zip(found, (one, other) => Math.Abs(one - other)).Max() <= 2e-5, name);
            }
        }

        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(scratch["out/adapter_config.json"]));
        Assert.Equal((16, 32.0, 3), (config.RootElement.GetProperty("r").GetInt32(), config.RootElement.GetProperty("lora_alpha").GetDouble(), config.RootElement.GetProperty("lora_nums").GetInt32()));
    }

    [Theory]
    [InlineData("is no folder", 1, "train --data nowhere --out out")]
    [InlineData("--data", 2, "train --out out")]
    [InlineData("--out", 2, "train --data data")]
    [InlineData("'fast'", 2, "train --data data --out out --lr fast")]
    [InlineData("unknown option '--adapter'", 2, "train --data data --out out --adapter some.bin")]
    [InlineData("--hours", 2, "train --data data --out out --hours 2")]
    public async Task What_cannot_be_trained_is_one_line(string named, int code, string line)
    {
        using Scratch scratch = new();
        CrabResult result = await Crab.RunAsync([.. line.Split(' '), "--model", Golden.Find("tiny")], scratch.Folder);

        Assert.Contains(named, result.OneErrorLine(code), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--data has no effect with --recipe", "--data", "data")]
    [InlineData("--rank has no effect with --recipe", "--rank", "4")]
    [InlineData("--hours is 'never'", "--hours", "never")]
    [InlineData("--hours is '0'", "--hours", "0")]
    public async Task What_a_recipe_does_not_take_is_one_line(string named, params string[] arguments)
    {
        using Scratch scratch = new();
        CrabResult result = await Crab.RunAsync(["train", "--recipe", "default", "--out", scratch["out"], .. arguments], scratch.Folder);

        Assert.Contains(named, result.OneErrorLine(2), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Folder));
    }

    [Theory]
    [InlineData("'painting' is no task", 2, "--tasks", "painting")]
    [InlineData("found '2;4'", 2, "--save-at", "2;4")]
    [InlineData("there is no such file", 1, "--adapter-init", "missing.bin")]
    [InlineData("could not be read", 1, "--order", "missing.json")]
    public async Task A_word_that_names_nothing_is_refused_before_anything_is_trained(string named, int code, params string[] arguments)
    {
        using Scratch scratch = new();
        CrabResult result = await Crab.RunAsync(["train", "--data", Golden.Find("avuie"), "--out", scratch["out"], "--model", Golden.Find("tiny"), .. arguments], scratch.Folder);

        Assert.Contains(named, result.OneErrorLine(code), StringComparison.Ordinal);
        Assert.False(File.Exists(scratch["out/log.jsonl"]));
    }
}

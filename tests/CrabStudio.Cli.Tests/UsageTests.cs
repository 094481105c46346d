using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary>Help texts, exit codes and wrong use.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("", "studio", "ask", "batch", "probe", "info <FILE_OR_DIR>", "train")]
    [InlineData("studio", "--model", "--adapter", "--alpha", "--data", "--workshop", "--urls", "--device", "auto|cpu|cuda", "--precision", "auto|fp32|bf16", "--access-key", "CRAB_ACCESS_KEY", "--allowed-host")]
    [InlineData("ask", "<CLIP>", "--task", "avqa_thu", "--question", "--option", "--description", "--frame-index", "--max-new-tokens", "--json", "--alter", "--alter-parts", "--alter-layers", "--alter-modules", "--model", "--adapter", "--alpha", "--device", "--precision")]
    [InlineData("batch", "<REQUESTS.jsonl>", "--out", "--trace-dir", "max_new_tokens", "token_ids", "--model", "--adapter", "--alpha", "--device", "--precision", "1 when some failed")]
    [InlineData("probe", "<FILE>", "--json")]
    [InlineData("info", "<FILE_OR_DIR>", "--json")]
    [InlineData("metrics", "<FILE.json>", "computed", "tolerance")]
    [InlineData("train", "--recipe", "default", "--hours", "models/default", "--sounds", "--data", "--out", "--adapter-init", "--order", "--tasks", "--steps", "--epochs", "--batch", "--lr", "--warmup-steps", "--rank", "--alpha", "--experts", "--dropout", "--save-at", "--checkpoint-every", "--freeze-towers", "--pack-clips", "--model", "--device", "--precision", "Without it: 128, as the authors do")]
    [InlineData("world", "--seed", "--count", "--out", "--split", "train|test", "--keys", "--jobs", "--takes", "--sounds", "world.json")]
    public async Task EveryVerbDocumentsItself(string verb, params string[] words)
    {
        CrabResult help = await Crab.RunAsync(verb.Length == 0 ? ["--help"] : [verb, "--help"]);

        Assert.Equal((0, string.Empty), (help.Code, help.Error));
        Assert.All(words, word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("unknown command 'paint'", "paint")]
    [InlineData("command", "")]
    [InlineData("unknown option '--colour'", "studio --colour red")]
    [InlineData("unknown option '--jsn'", "probe --jsn clip.mp4")]
    [InlineData("unknown option '--jsn'", "info --jsn model")]
    [InlineData("FILE", "probe --json")]
    [InlineData("--out", "batch requests.jsonl")]
    [InlineData("'gpu'", "batch requests.jsonl --out answers.jsonl --device gpu")]
    [InlineData("'int8'", "studio --precision int8")]
    [InlineData("'much'", "studio --alpha much")]
    [InlineData("'-1'", "ask clip.mp4 --alpha -1")]
    [InlineData("from 1 to 512", "ask clip.mp4 --max-new-tokens 0")]
    [InlineData("from 1 to 512", "ask clip.mp4 --max-new-tokens many")]
    [InlineData("0 or more", "ask clip.mp4 --frame-index first")]
    [InlineData("--out", "world --seed 1")]
    [InlineData("'kitchen'", "world --out x --keys ave,kitchen")]
    [InlineData("'many'", "world --out x --count many")]
    [InlineData("'more.jsonl'", "batch requests.jsonl more.jsonl --out answers.jsonl")]
    public async Task WrongUseIsOneLineAndExitCode2(string named, string line)
    {
        CrabResult result = await Crab.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Contains(named, result.OneErrorLine(2), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task ANameThatLooksLikeAListOfArgumentsIsAFile()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["@list.mp4"], "--json");

        CrabResult result = await Crab.RunAsync(["probe", "@list.mp4"], scratch.Folder);

        Assert.Contains("@list.mp4: is no video", result.OneErrorLine(1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutADefaultModelTheLineSaysHowToGiveOne()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["requests.jsonl"], "{}\n");
        // From a copy: above the program that is under test lies the checkout, which has one.
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(file => Path.GetExtension(file) is ".dll" or ".json"))
        {
            // The program itself is no link: it would count as lying where the link leads.
            if (Path.GetFileName(file).StartsWith("crab.", StringComparison.Ordinal))
            {
                File.Copy(file, scratch[Path.GetFileName(file)]);
            }
            else
            {
                File.CreateSymbolicLink(scratch[Path.GetFileName(file)], file);
            }
        }

        using System.Diagnostics.Process process = Crab.StartProgram("dotnet", [scratch["crab.dll"], "batch", scratch["requests.jsonl"], "--out", scratch["answers.jsonl"]], null, ("CRAB_HOME", null));
        string line = (await Crab.EndAsync(process)).OneErrorLine(1);

        Assert.Contains("models", line, StringComparison.Ordinal);
        Assert.Contains("--model", line, StringComparison.Ordinal);
        Assert.False(File.Exists(scratch["answers.jsonl"]));
    }
}

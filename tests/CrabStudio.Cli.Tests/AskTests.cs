using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab ask</c> with the tiny model of the reference vectors.</summary>
public sealed class AskTests
{
    [Fact]
    public async Task TheAnswerAloneIsOnStdoutAndTheExpertsAreOnStderr()
    {
        // The same words and media as in the reference case.
        CrabResult result = await Crab.RunAsync(["ask", Golden.Find("avuie/AVUIE_2/arig/image/v0/1.png"), Golden.Find("avuie/AVUIE_2/arig/audio/e5.wav"), "--task", "arig", "--frame-index", "1", "--max-new-tokens", "24", .. Crab.TinyModel]);

        JsonElement expected = Case("arig-0");
        Assert.Equal((0, expected.GetProperty("generated_text").GetString() + "\n"), (result.Code, result.Output));
        Assert.Matches(@"experts  A+B+C+  A 0\.\d{3}  B 0\.\d{3}  C 0\.\d{3}  \(mean over 24 tokens and 21 linears\)", result.Error);
        Assert.DoesNotContain("noise", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JsonIsOneObjectWithTheAnswerAndTheExpertsMean()
    {
        CrabResult result = await Crab.RunAsync([
            "ask", Golden.Find("avuie/AVUIE_2/arig/image/v0/1.png"), Golden.Find("avuie/AVUIE_2/arig/audio/e5.wav"), "--task", "arig", "--frame-index", "1", "--max-new-tokens", "24", "--json", .. Crab.TinyModel]);

        JsonElement answer = Assert.Single(result.Json), expected = Case("arig-0");
        Vectors vectors = Vectors.Load("vectors/cases/arig-0.safetensors");
        Assert.Equal(0, result.Code);
        Assert.Equal("arig", answer.GetProperty("task").GetString());
        Assert.Equal(expected.GetProperty("content")[3].GetProperty("text").GetString(), answer.GetProperty("question").GetString());
        Assert.Equal(expected.GetProperty("generated_text").GetString(), answer.GetProperty("text").GetString());
        Assert.Equal(vectors.Longs("generated"), answer.GetProperty("tokenIds").EnumerateArray().Select(id => id.GetInt64()));
        Assert.Equal(expected.GetProperty("stopped_by_eos").GetBoolean(), answer.GetProperty("stoppedByEos").GetBoolean());
        Assert.NotEmpty(answer.GetProperty("parsed").GetProperty("problems").EnumerateArray());
        Assert.InRange(answer.GetProperty("seconds").GetDouble(), answer.GetProperty("firstTokenSeconds").GetDouble(), 120);

        // The first token's routing is that of the prefill's last position; the others' is that of the steps.
        float[] steps = vectors.Floats("router_text_steps"), prefill = vectors.Floats("router_text_prefill_last8");
        long[] sizes = vectors.Shape("router_text_prefill_last8");
        double[] sums = new double[3];
        for (int linear = 0; linear < sizes[0]; linear++)
        {
            for (int expert = 0; expert < 3; expert++)
            {
                sums[expert] += prefill[(((linear * sizes[1]) + sizes[1] - 1) * 3) + expert];
            }
        }

        for (int place = 0; place < steps.Length; place++)
        {
            sums[place % 3] += steps[place];
        }

        double[] mean = [.. answer.GetProperty("experts").EnumerateArray().Select(weight => weight.GetDouble())];
        Assert.Equal(3, mean.Length);
        Assert.All(Enumerable.Range(0, 3), expert => Assert.Equal(sums[expert] / sums.Sum(), mean[expert], 1e-4));
    }

    [Fact]
    public async Task TokensComeOneByOneAndAnInterruptEndsTheAnswerCleanly()
    {
        using Process process = Crab.Start(["ask", Golden.Find("media/e5.wav"), "--question", "What is heard?", .. Crab.TinyModel]);
        Stopwatch watch = Stopwatch.StartNew();
        List<TimeSpan> reads = [];
        byte[] buffer = new byte[4096];
        StringBuilder early = new();
        while (reads.Count < 5)
        {
            int read = await process.StandardOutput.BaseStream.ReadAsync(buffer);
            Assert.True(read > 0, "ended before five pieces had come");
            reads.Add(watch.Elapsed);
            early.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        Stopwatch stopping = Stopwatch.StartNew();
        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        CrabResult result = await Crab.EndAsync(process);

        Assert.True(stopping.Elapsed.TotalSeconds < 5, $"stopped after {stopping.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal("stopped", result.OneErrorLine(130)["crab: ".Length..]);
        Assert.True(early.Length < 400, "came in one lump");
    }

    [Theory]
    [InlineData("no task “dance”", "media/clip_a.mp4", "--task", "dance")]
    [InlineData("question is empty", "media/clip_a.mp4", "--task", "avqa")]
    [InlineData("question is empty", "media/clip_a.mp4")]
    [InlineData("at least two options", "media/clip_a.mp4", "--task", "avqa_thu", "--question", "Which?", "--option", "a dog")]
    [InlineData("description is empty", "media/clip_a.mp4", "--task", "ref_avs", "--frame-index", "2")]
    [InlineData("from 0 to 4", "media/clip_a.mp4", "--task", "s4", "--frame-index", "5")]
    [InlineData("has no sound", "media/clip_short.mp4", "--task", "ave")]
    [InlineData("has no picture", "media/e5.wav", "--task", "ave")]
    [InlineData("three clips", "media/clip_a.mp4", "--task", "a2v")]
    public async Task WhatDoesNotSuitTheTaskIsOneLineAndExitCode2(string said, string clip, params string[] options)
    {
        CrabResult result = await Crab.RunAsync(["ask", Golden.Find(clip), .. options, .. Crab.TinyModel]);

        Assert.Contains(said, result.OneErrorLine(2), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("gone.mp4", "no such file")]
    [InlineData("empty.mp4", "is empty")]
    [InlineData("text.mp4", "is no video")]
    [InlineData("cut.mp4", "cut.mp4")]
    public async Task AClipThatCannotBeReadIsOneLineAndExitCode1(string name, string said)
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["empty.mp4"], string.Empty);
        await File.WriteAllTextAsync(scratch["text.mp4"], "not a clip");
        await File.WriteAllBytesAsync(scratch["cut.mp4"], (await File.ReadAllBytesAsync(Golden.Find("media/clip_a.mp4")))[..2000]);

        CrabResult result = await Crab.RunAsync(["ask", scratch[name], "--task", "ave", .. Crab.TinyModel]);

        string line = result.OneErrorLine(1);
        Assert.Contains(said, line, StringComparison.Ordinal);
        Assert.Contains(name, line, StringComparison.Ordinal);
    }

    internal static JsonElement Case(string name) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Golden.Find($"vectors/cases/{name}.json")));
}

using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab evaluate</c>.</summary>
public sealed class EvaluateTests
{
    // Mostly stills, which need no decoding of a video, so that the run is short.
    private static readonly string[] Short = ["--data", Golden.Find("avuie"), "--tasks", "ks,cremad,s4,ms3,arig,ref_avs", .. Crab.TinyModel];

    private static readonly string[] Twelve = ["--max-new-tokens", "12"];

    [Fact]
    public async Task AKilledRunLosesNoFinishedSampleAndEndsAsAnUninterruptedOne()
    {
        using Scratch scratch = new();
        string samples = scratch["out/samples.jsonl"];
        using (Process process = Crab.Start(["evaluate", .. Short, .. Twelve, "--out", scratch["out"]]))
        {
            // kill -9 as soon as two samples are finished.
            Task<CrabResult> end = Crab.EndAsync(process);
            while (!end.IsCompleted && (!File.Exists(samples) || Lines(samples).Length < 2))
            {
                await Task.Delay(5);
            }

            process.Kill();
            Assert.NotEqual(0, (await end).Code);
        }

        string[] finished = Lines(samples);
        CrabResult whole = await Crab.RunAsync(["evaluate", .. Short, .. Twelve, "--out", scratch["whole"]]);
        CrabResult resumed = await Crab.RunAsync(["evaluate", .. Short, .. Twelve, "--out", scratch["out"]]);

        Assert.True(whole.Code == 0, whole.Error);
        Assert.True(resumed.Code == 0, resumed.Error);
        Assert.InRange(finished.Length, 2, 11);
        Assert.False(File.Exists(scratch["whole/samples.jsonl.part"]));
        // What was finished stands as it stood, byte for byte; what follows is what an uninterrupted run has.
        Assert.Equal(finished, Lines(samples)[..finished.Length]);
        Assert.Equal(12, Lines(samples).Length);
        Assert.Equal(Timeless(Lines(scratch["whole/samples.jsonl"])), Timeless(Lines(samples)));
        Assert.Equal(Timeless([await File.ReadAllTextAsync(scratch["whole/report.json"])]), Timeless([await File.ReadAllTextAsync(scratch["out/report.json"])]));
        Assert.Contains($"{finished.Length} of 12 samples are done", resumed.Error, StringComparison.Ordinal);
        string page = await File.ReadAllTextAsync(scratch["out/report.html"]);
        Assert.DoesNotMatch(new Regex("https?:|<script", RegexOptions.IgnoreCase), page);
        Assert.Contains("sounding object", whole.Output, StringComparison.Ordinal);

        // The same run beside itself, as one JSON object.
        CrabResult compared = await Crab.RunAsync("evaluate", "--compare", scratch["whole"], scratch["out"], "--json", "--out", scratch["compared"]);
        Assert.True(compared.Code == 0, compared.Error);
        Assert.All(compared.Json.Single().GetProperty("tasks").EnumerateArray().SelectMany(task => task.GetProperty("figures").EnumerateArray()), figure => Assert.Equal((0, 1), (figure.GetProperty("difference").GetDouble(), figure.GetProperty("p").GetDouble())));
        Assert.True(File.Exists(scratch["compared/compare.html"]) && File.Exists(scratch["compared/compare.json"]));

        // Another run does not go on in its folder.
        Assert.Contains("another --max-new-tokens (was 12, is 13)", (await Crab.RunAsync(["evaluate", .. Short, "--out", scratch["out"], "--max-new-tokens", "13"])).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("another adapter", (await Crab.RunAsync(["evaluate", .. Short, .. Twelve, "--out", scratch["out"], "--adapter", Golden.Find("vectors/training/init.bin"), "--alpha", "32"])).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Equal(12, Lines(samples).Length);
    }

    [Fact]
    public async Task MissingMediaAreToldAndLeaveTheOthersAnswered()
    {
        using Scratch scratch = new();
        scratch.Copy("avuie/AVUIE_2/s4", "s4");
        File.Delete(scratch["s4/audio/e5.wav"]);

        // A model that says of itself that its weights are random.
        CrabResult result = await Crab.RunAsync("evaluate", "--data", scratch.Folder, "--out", scratch["out"], "--max-new-tokens", "4", "--json", "--model", Path.Combine(Golden.Repository, "models", "untrained"));

        Assert.True(result.Code == 1, result.Error);
        JsonElement report = result.Json.Single();
        Assert.Equal((2, 1), (report.GetProperty("samples").GetInt32(), report.GetProperty("answered").GetInt32()));
        Assert.Contains("e5.wav", report.GetProperty("unanswered")[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("The weights are untrained", await File.ReadAllTextAsync(scratch["out/report.html"]), StringComparison.Ordinal);
        Assert.Contains("untrained", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--data is missing", 2, "--out out")]
    [InlineData("--out is missing", 2, "--data data")]
    [InlineData("is no folder", 1, "--data nowhere --out out")]
    [InlineData("holds no data set", 1, "--data empty --out out")]
    [InlineData("holds no test.json of any task; --split train", 1, "--data trained --out out")]
    [InlineData("holds no ave/train.json; those of ks are there", 1, "--data trained --split train --tasks ave --out out")]
    [InlineData("ks/train.json", 1, "--data trained --split train --out out")]
    [InlineData("'painting' is no task", 2, "--data data --tasks ks,painting --out out")]
    [InlineData("'all'", 2, "--data data --limit all --out out")]
    [InlineData("empty is no folder of an evaluation", 1, "--compare empty empty")]
    [InlineData("--data does not go with --compare", 2, "--compare empty empty --data data")]
    [InlineData("holds samples.jsonl but no evaluation.json", 1, "--data trained/good --out strange")]
    public async Task WhatCannotBeEvaluatedIsOneLine(string named, int code, string line)
    {
        using Scratch scratch = new();
        foreach (string folder in new[] { "empty", "trained/ks", "trained/good/ks", "strange" })
        {
            Directory.CreateDirectory(scratch[folder]);
        }

        await File.WriteAllTextAsync(scratch["trained/ks/train.json"], "[{\"action\": \"rowing\",");
        await File.WriteAllTextAsync(scratch["trained/good/ks/test.json"], "[{\"action\": \"rowing\", \"video_path\": \"0.mp4\", \"audio_path\": \"0.wav\"}]");
        await File.WriteAllTextAsync(scratch["strange/samples.jsonl"], "{}\n");
        string[] model = line.Contains("--compare", StringComparison.Ordinal) ? [] : Crab.TinyModel;

        CrabResult result = await Crab.RunAsync(["evaluate", .. line.Split(' '), .. model], scratch.Folder);

        Assert.Contains(named, result.OneErrorLine(code), StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch["out"]));
    }

    // Whole lines only.
    private static string[] Lines(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(stream);
        string text = reader.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string[] Timeless(string[] lines) => [.. lines.Select(line => Regex.Replace(line, "\"seconds\":\\s*[0-9.E+-]+", "\"seconds\":0"))];
}

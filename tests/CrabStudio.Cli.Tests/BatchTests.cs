using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab batch</c> with the tiny model of the reference vectors.</summary>
public sealed class BatchTests(ITestOutputHelper output)
{
    /// <summary>One of every kind of content that is quick: the whole set runs in the engine's own tests.</summary>
    private static readonly string[] Cases = ["text-only", "image-only", "audio-half-second", "arig-0", "s4-1", "dfew-0", "ref_avs-0", "image-gray-rgba"];

    [Fact]
    public async Task EveryKindOfGoldenCaseComesOutWithTheSameTokensAndText()
    {
        using Scratch scratch = new();
        // One of each task and all that belong to none; with the larger set beside the checkout every case there is.
        string[] names = [.. JsonSerializer.Deserialize<string[]>(await File.ReadAllTextAsync(Golden.Find("vectors/cases/index.json")))!
            .Where(name => Golden.TryFind($"vectors/cases/{name}.json") is not null && Media(name).All(path => Golden.TryFind(path) is not null))
            .Where(name => Golden.Shared is not null || name.EndsWith("-0", StringComparison.Ordinal) || AskTests.Case(name).GetProperty("task").GetString() == "extra")];
        await File.WriteAllLinesAsync(scratch["requests.jsonl"], names.Select(name => Request(name).ToJsonString()));

        Stopwatch watch = Stopwatch.StartNew();
        CrabResult result = await Crab.RunAsync(["batch", scratch["requests.jsonl"], "--out", scratch["answers.jsonl"], .. Crab.TinyModel]);
        output.WriteLine($"{names.Length} cases in {watch.Elapsed.TotalSeconds:0.0} s");

        Assert.True(result.Code == 0, result.Error);
        Assert.True(names.Length >= 25, $"only {names.Length} cases");
        JsonElement[] answers = await AnswersAsync(scratch["answers.jsonl"]);
        Assert.Equal(names, answers.Select(answer => answer.GetProperty("name").GetString()));
        foreach (JsonElement answer in answers)
        {
            Check(answer);
        }
    }

    [Fact]
    public async Task BadRequestsAreAnsweredWithTheirErrorAndNeverStopTheRest()
    {
        using Scratch scratch = new();
        scratch.Copy("media/e5.wav", "sound.wav");
        string Line(string name, string content, string more = "") => $$"""{"name": "{{name}}", "task": "", "content": [{{content}}]{{more}}}""";
        const string text = """{"type": "text", "text": "What is it?"}""";
        (string Line, string? Name, string Said)[] bad =
        [
            ("{\"name\": \"cut", null, "not valid JSON"),
            ("[1, 2]", null, "expected a JSON object"),
            ("""{"task": "", "content": [{"type": "text", "text": "x"}]}""", null, "name is missing"),
            ("""{"name": 7, "content": []}""", null, "name is missing"),
            ("""{"name": "unknown task", "task": "paint", "content": [{"type": "text", "text": "x"}]}""", "unknown task", "no task 'paint'"),
            ("""{"name": "no content", "task": ""}""", "no content", "content is missing"),
            (Line("no such type", """{"type": "smell", "smell": "x"}"""), "no such type", "item 1 of content"),
            (Line("no path", text + """, {"type": "video", "nframes": 4}"""), "no path", "item 2 of content"),
            (Line("null path", """{"type": "audio", "audio": null}"""), "null path", "item 1 of content"),
            (Line("missing file", """{"type": "audio", "audio": "gone.wav"}, """ + text), "missing file", "gone.wav: cannot be opened (there is no such file)"),
            (Line("no clip", """{"type": "video", "video": "requests.jsonl"}, """ + text), "no clip", "requests.jsonl: is no video"),
            (Line("too many tokens", text, """, "max_new_tokens": 513"""), "too many tokens", "from 1 to 512"),
            (Line("no tokens", text, """, "max_new_tokens": "all" """), "no tokens", "from 1 to 512"),
            (Line("too long", $$"""{"type": "text", "text": "{{string.Concat(Enumerable.Repeat("crab ", 40000))}}"}"""), "too long", "token"),
            (Line("../outside", text), "../outside", "plain file name"),
            (Line("a\\\\b", text), "a\\b", "plain file name"),
            (Line("..", text), "..", "plain file name"),
            (Line("nul\\u0000", text), "nul\0", "plain file name"),
        ];
        // Behind every bad request an empty line and a good one.
        IEnumerable<string> lines = bad.SelectMany((one, index) => new[] { one.Line, string.Empty, Line($"good {index}", text, """, "max_new_tokens": 2""") });
        await File.WriteAllLinesAsync(scratch["requests.jsonl"], [.. lines, Line("good 0", text), Line("sound", """{"type": "audio", "audio": "sound.wav"}, """ + text, """, "max_new_tokens": 2""")]);

        CrabResult result = await Crab.RunAsync(["batch", scratch["requests.jsonl"], "--out", scratch["answers.jsonl"], "--trace-dir", scratch["traces"], .. Crab.TinyModel]);

        JsonElement[] answers = await AnswersAsync(scratch["answers.jsonl"]);
        Assert.Equal(1, result.Code);
        Assert.Equal((bad.Length * 2) + 2, answers.Length);
        for (int place = 0; place < bad.Length; place++)
        {
            JsonElement refused = answers[place * 2], good = answers[(place * 2) + 1];
            string error = refused.GetProperty("error").GetString()!;
            Assert.Equal(bad[place].Name, refused.GetProperty("name").GetString());
            Assert.Contains(bad[place].Said, error, StringComparison.Ordinal);
            Assert.True(bad[place].Name is not null || error.StartsWith($"line {(place * 3) + 1}: ", StringComparison.Ordinal), error);
            Assert.DoesNotContain('\n', error);
            Assert.DoesNotContain("Exception", error, StringComparison.Ordinal);
            Assert.Equal($"good {place}", good.GetProperty("name").GetString());
            Assert.Equal(2, good.GetProperty("token_ids").GetArrayLength());
        }

        Assert.Contains("used before", answers[^2].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, answers[^1].GetProperty("token_ids").GetArrayLength());
        Assert.Contains($"{bad.Length + 1} answered, {bad.Length + 1} failed", result.Error, StringComparison.Ordinal);
        Assert.Equal(
            [.. Enumerable.Range(0, bad.Length).Select(index => $"good {index}.safetensors").Append("sound.safetensors").Order(StringComparer.Ordinal)],
            Directory.EnumerateFiles(scratch["traces"]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal(["answers.jsonl", "requests.jsonl", "sound.wav", "traces"], Directory.EnumerateFileSystemEntries(scratch.Folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ATraceHoldsTheNamedTensorsOfTheVectors()
    {
        using Scratch scratch = new();
        await File.WriteAllLinesAsync(scratch["requests.jsonl"], Cases.Select(name => Request(name).ToJsonString()));

        CrabResult result = await Crab.RunAsync(["batch", scratch["requests.jsonl"], "--out", scratch["answers.jsonl"], "--trace-dir", scratch["traces"], .. Crab.TinyModel]);

        Assert.True(result.Code == 0, result.Error);
        foreach (JsonElement answer in await AnswersAsync(scratch["answers.jsonl"]))
        {
            Check(answer);
            string name = answer.GetProperty("name").GetString()!;
            Vectors trace = Vectors.LoadFile(Path.Combine(scratch["traces"], name + ".safetensors")), expected = Vectors.Load($"vectors/cases/{name}.safetensors");
            JsonElement golden = AskTests.Case(name);
            Assert.Equal(expected.Longs("input_ids"), trace.Longs("input_ids"));
            Assert.Equal(expected.Longs("position_ids"), trace.Longs("position_ids"));
            Assert.Equal(expected.Longs("generated"), trace.Longs("generated"));
            foreach ((string tensor, double tolerance) in new[] { ("logits", 2e-4), ("hidden_last_position", 2e-4), ("router_text_steps", 2e-5) })
            {
                Close(expected, trace, tensor, tolerance);
            }

            long linears = golden.GetProperty("linears").GetArrayLength(), positions = golden.GetProperty("prompt_tokens").GetInt64();
            Assert.Equal([linears, positions, 3], trace.Shape("router_text_prefill"));
            LastPositionsClose(expected, trace);
            foreach ((string part, string other) in new[] { ("audio", "audio_tokens"), ("vision", "tokens") })
            {
                bool there = golden.TryGetProperty(part, out JsonElement facts);
                Assert.Equal(there, trace.Has($"{part}_embeddings"));
                Assert.Equal(there, trace.Has($"{part}_router"));
                if (there)
                {
                    Assert.Equal(facts.GetProperty(other).GetInt64(), trace.Shape($"{part}_embeddings")[0]);
                    Assert.Equal(3, trace.Shape($"{part}_router")[2]);
                }
            }
        }
    }

    [Fact]
    public async Task AnInterruptKeepsWholeLinesOnly()
    {
        using Scratch scratch = new();
        await File.WriteAllLinesAsync(scratch["requests.jsonl"], Enumerable.Range(0, 500).Select(number => $$"""{"name": "r{{number}}", "task": "", "content": [{"type": "text", "text": "Count to {{number}}."}], "max_new_tokens": 64}"""));
        using Process process = Crab.Start(["batch", scratch["requests.jsonl"], "--out", scratch["answers.jsonl"], .. Crab.TinyModel]);
        Task<CrabResult> end = Crab.EndAsync(process);
        while (!end.IsCompleted && (!File.Exists(scratch["answers.jsonl"]) || new FileInfo(scratch["answers.jsonl"]).Length == 0))
        {
            await Task.Delay(20);
        }

        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        CrabResult result = await end;

        Assert.True(result.Code == 130, result.Error);
        Assert.EndsWith("crab: stopped\n", result.Error, StringComparison.Ordinal);
        JsonElement[] answers = await AnswersAsync(scratch["answers.jsonl"]);
        Assert.InRange(answers.Length, 1, 499);
        Assert.Equal(Enumerable.Range(0, answers.Length).Select(number => $"r{number}"), answers.Select(answer => answer.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task ARunThatCannotBeginLeavesAnOlderFileAsItIs()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["requests.jsonl"], "{}\n");
        await File.WriteAllTextAsync(scratch["answers.jsonl"], "older");
        Directory.CreateDirectory(scratch["empty"]);

        string noModel = (await Crab.RunAsync("batch", scratch["requests.jsonl"], "--out", scratch["answers.jsonl"], "--model", scratch["empty"])).OneErrorLine(1);
        string noRequests = (await Crab.RunAsync(["batch", scratch["gone.jsonl"], "--out", scratch["answers.jsonl"], .. Crab.TinyModel])).OneErrorLine(1);
        string itself = (await Crab.RunAsync(["batch", scratch["requests.jsonl"], "--out", scratch["./requests.jsonl"], .. Crab.TinyModel])).OneErrorLine(2);
        string noFolder = (await Crab.RunAsync(["batch", scratch["requests.jsonl"], "--out", scratch["no/answers.jsonl"], .. Crab.TinyModel])).OneErrorLine(1);

        Assert.Contains("config.json", noModel, StringComparison.Ordinal);
        Assert.Contains("gone.jsonl", noRequests, StringComparison.Ordinal);
        Assert.Contains("the request file itself", itself, StringComparison.Ordinal);
        Assert.Contains("folder does not exist", noFolder, StringComparison.Ordinal);
        Assert.Equal("older", await File.ReadAllTextAsync(scratch["answers.jsonl"]));
        Assert.Equal("{}\n", await File.ReadAllTextAsync(scratch["requests.jsonl"]));
    }

    /// <summary>A line from a reference case, with whole paths; cases outside the 19 keys are taken as they are.</summary>
    private static JsonObject Request(string name)
    {
        JsonObject golden = JsonNode.Parse(File.ReadAllText(Golden.Find($"vectors/cases/{name}.json")))!.AsObject();
        JsonArray content = golden["content"]!.DeepClone().AsArray();
        foreach (JsonObject item in content.Cast<JsonObject>())
        {
            string kind = (string)item["type"]!;
            if (kind != "text")
            {
                item[kind] = Golden.Find((string)item[kind]!);
            }
        }

        string task = (string)golden["task"]!;
        return new JsonObject { ["name"] = name, ["task"] = task, ["content"] = content, ["max_new_tokens"] = 24 };
    }

    private static IEnumerable<string> Media(string name) => AskTests.Case(name).GetProperty("content").EnumerateArray()
        .Where(item => item.GetProperty("type").GetString() != "text").Select(item => item.GetProperty(item.GetProperty("type").GetString()!).GetString()!);

    private static void Check(JsonElement answer)
    {
        string name = answer.GetProperty("name").GetString()!;
        JsonElement golden = AskTests.Case(name);
        Assert.False(answer.TryGetProperty("error", out JsonElement error), $"{name}: {error}");
        Assert.Equal(Vectors.Load($"vectors/cases/{name}.safetensors").Longs("generated"), answer.GetProperty("token_ids").EnumerateArray().Select(id => id.GetInt64()));
        Assert.Equal(golden.GetProperty("generated_text").GetString(), answer.GetProperty("text").GetString());
        Assert.Equal(golden.GetProperty("stopped_by_eos").GetBoolean(), answer.GetProperty("stopped_by_eos").GetBoolean());
        Assert.Equal(JsonValueKind.Array, answer.GetProperty("parsed").GetProperty("events").ValueKind);
    }

    private static void Close(Vectors expected, Vectors found, string tensor, double tolerance)
    {
        Assert.Equal(expected.Shape(tensor), found.Shape(tensor));
        double worst = expected.Floats(tensor).Zip(found.Floats(tensor), (left, right) => Math.Abs(left - right)).DefaultIfEmpty(0).Max();
        Assert.True(worst <= tolerance, $"{tensor}: {worst}");
    }

    // The vectors hold all positions of a short prompt, and the last eight of a long one.
    private static void LastPositionsClose(Vectors expected, Vectors found)
    {
        string name = expected.Has("router_text_prefill") ? "router_text_prefill" : "router_text_prefill_last8";
        float[] wanted = expected.Floats(name), all = found.Floats("router_text_prefill");
        int kept = (int)expected.Shape(name)[1], positions = (int)found.Shape("router_text_prefill")[1];
        for (int place = 0; place < wanted.Length; place++)
        {
            int linear = place / (kept * 3), behind = place % (kept * 3);
            Assert.Equal(wanted[place], all[(((linear * positions) + positions - kept) * 3) + behind], 2e-5f);
        }
    }

    private static async Task<JsonElement[]> AnswersAsync(string file) =>
        [.. (await File.ReadAllLinesAsync(file)).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
}

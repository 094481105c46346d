using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab ask --alter</c> and <c>crab batch --alter</c> with the tiny model of the reference vectors.</summary>
public sealed class AlterTests
{
    private static readonly string[] Question =
        ["ask", Golden.Find("avuie/AVUIE_2/arig/image/v0/1.png"), Golden.Find("avuie/AVUIE_2/arig/audio/e5.wav"), "--task", "arig", "--frame-index", "1", "--max-new-tokens", "8", .. Crab.TinyModel];

    [Fact]
    public async Task WithTheAdapterOffTheBaseAnswersAndItIsSaidThatItWasAltered()
    {
        CrabResult off = await Crab.RunAsync([.. Question, "--alter", "off"]), zero = await Crab.RunAsync([.. Question, "--alter", "scale:0", "--json"]);

        Assert.Equal("altered: adapter off, everywhere\n", off.Error);
        JsonElement answer = Assert.Single(zero.Json);
        Assert.Equal((0, off.Output), (zero.Code, answer.GetProperty("text").GetString() + "\n"));
        Assert.Equal("altered: alpha × 0, everywhere\n", zero.Error);
        Assert.False(AskTests.Case("arig-0").GetProperty("generated_text").GetString()!.StartsWith(off.Output.TrimEnd('\n'), StringComparison.Ordinal), "the adapter changes nothing, so that nothing was shown");
    }

    [Fact]
    public async Task APinnedExpertHasTheWholeShareWhereItIsPinnedAndJsonSaysHow()
    {
        CrabResult result = await Crab.RunAsync([.. Question, "--alter", "pin:B", "--alter-parts", "text", "--alter-layers", "0-1", "--json"]);

        JsonElement answer = Assert.Single(result.Json), intervention = answer.GetProperty("intervention");
        Assert.Equal(("pin", 1), (intervention.GetProperty("kind").GetString(), intervention.GetProperty("expert").GetInt32()));
        Assert.Equal("[\"text\"] [0,1]", $"{intervention.GetProperty("parts")} {intervention.GetProperty("layers")}");
        Assert.Equal("altered: only expert B speaks, in the text decoder, layers 0, 1\n", result.Error);
        double[] experts = [.. answer.GetProperty("experts").EnumerateArray().Select(share => share.GetDouble())];
        // Two of the three layers of the decoder say B alone.
        Assert.True(experts[1] > 2.0 / 3, $"B has {experts[1]:0.000}");
        Assert.True(experts[0] > 0);
    }

    [Fact]
    public async Task ABatchIsAlteredAsOneQuestionIsAndEveryAnswerSaysHow()
    {
        using Scratch scratch = new();
        File.WriteAllText(scratch["requests.jsonl"], """{"name": "one", "task": "", "content": [{"type": "text", "text": "What is it?"}], "max_new_tokens": 8}""" + "\n");
        async Task<JsonElement> AnswerAsync(params string[] options)
        {
            CrabResult result = await Crab.RunAsync(["batch", scratch["requests.jsonl"], "--out", scratch["answers.jsonl"], .. options, .. Crab.TinyModel]);
            Assert.True(result.Code == 0, result.Error);
            Assert.Equal(options.Length > 0, result.Error.Contains("altered: only expert B speaks, in the text decoder, layers 0, 1\n", StringComparison.Ordinal));
            return JsonDocument.Parse(await File.ReadAllTextAsync(scratch["answers.jsonl"])).RootElement;
        }

        JsonElement plain = await AnswerAsync(), altered = await AnswerAsync("--alter", "pin:B", "--alter-parts", "text", "--alter-layers", "0-1");
        Assert.False(plain.TryGetProperty("intervention", out _));
        JsonElement intervention = altered.GetProperty("intervention");
        Assert.Equal(("pin", 1, "[0,1]"), (intervention.GetProperty("kind").GetString(), intervention.GetProperty("expert").GetInt32(), intervention.GetProperty("layers").ToString()));
        Assert.NotEqual(plain.GetProperty("token_ids").ToString(), altered.GetProperty("token_ids").ToString());

        CrabResult refused = await Crab.RunAsync(["batch", scratch["requests.jsonl"], "--out", scratch["none.jsonl"], "--alter", "drop:D", .. Crab.TinyModel]);
        Assert.Contains("expert", refused.OneErrorLine(2), StringComparison.Ordinal);
        Assert.False(File.Exists(scratch["none.jsonl"]));
    }

    [Theory]
    [InlineData("--alter is 'pin'; expected pin:EXPERT", "--alter pin")]
    [InlineData("--alter is 'louder'; expected", "--alter louder")]
    [InlineData("--alter is 'off:B'; expected", "--alter off:B")]
    [InlineData("--alter is 'scale:much'; expected", "--alter scale:much")]
    [InlineData("factor: found -1 for scale; expected a number from 0 to 100", "--alter scale:-1")]
    [InlineData("--alter-layers says where to alter, but nothing says what", "--alter-layers 0")]
    [InlineData("layers: found “3-1”; expected numbers and ranges", "--alter off --alter-layers 3-1")]
    [InlineData("parts: found “nose”; expected text, audio or vision.", "--alter off --alter-parts text,nose")]
    public async Task WrongWordsAreOneLineAndExitCode2BeforeTheModelIsLoaded(string said, string options)
    {
        CrabResult result = await Crab.RunAsync([.. Question, .. options.Split(' ')]);

        Assert.Contains(said, result.OneErrorLine(2), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task AnExpertThatTheModelHasNotGotIsOneLineAndExitCode2()
    {
        CrabResult result = await Crab.RunAsync([.. Question, "--alter", "drop:D"]);

        Assert.Contains("expert: found 3; expected a number from 0 to 2, as the adapter of this model has 3 experts", result.OneErrorLine(2), StringComparison.Ordinal);
    }
}

using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab data</c>: check, stats and build.</summary>
public sealed class DataTests
{
    [Fact]
    public async Task AGoodDataSetHasNoProblemAndExitCode0()
    {
        CrabResult table = await Crab.RunAsync("data", "check", Golden.Find("avuie")), json = await Crab.RunAsync("data", "check", "--json", Golden.Find("avuie/AVUIE_2"));

        Assert.Equal((0, string.Empty), (table.Code, table.Error));
        Assert.Equal("72 entries of 35 lists and 76 media files: no problem", table.Lines[^1]);
        JsonElement said = JsonSerializer.Deserialize<JsonElement>(json.Output);
        Assert.True(json.Code == 0 && said.GetProperty("ok").GetBoolean());
        Assert.Equal((0, 72), (said.GetProperty("problems").GetArrayLength(), said.GetProperty("entries").GetInt32()));
    }

    [Fact]
    public async Task ProblemsAreATableOrJsonWithFileEntryAndFieldAndExitCode1()
    {
        using Scratch scratch = new();
        string data = Path.Combine(scratch.Copy("avuie/AVUIE_2/ks", "AVUIE_2/ks"), "..");
        string list = scratch["AVUIE_2/ks/train.json"];
        await File.WriteAllTextAsync(list, (await File.ReadAllTextAsync(list)).Replace("clip_b.mp4", "gone\\u001b[31m.mp4", StringComparison.Ordinal).Replace("<answer>playing drums", "<answer>playing chess", StringComparison.Ordinal));

        CrabResult table = await Crab.RunAsync("data", "check", data), json = await Crab.RunAsync("data", "check", data, "--json");

        Assert.Equal((1, string.Empty), (table.Code, table.Error));
        Assert.Contains(table.Lines, line => line.StartsWith("ks/train.json", StringComparison.Ordinal) && line.Contains(" 0 ", StringComparison.Ordinal) && line.Contains(" label ", StringComparison.Ordinal) && line.Contains("“playing chess” where action says “playing drums”", StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', table.Output);
        Assert.Contains("2 problems (missing_media 1, label 1)", table.Lines[^1], StringComparison.Ordinal);
        JsonElement said = JsonSerializer.Deserialize<JsonElement>(json.Output);
        Assert.Equal((1, false), (json.Code, said.GetProperty("ok").GetBoolean()));
        Assert.Equal(
            [("label", "ks/train.json", 0, "label"), ("missing_media", "ks/train.json", 1, "video_path")],
            said.GetProperty("problems").EnumerateArray().Select(one => (one.GetProperty("kind").GetString()!, one.GetProperty("file").GetString()!, one.GetProperty("entry").GetInt32(), one.GetProperty("field").GetString()!)));
        Assert.Equal(1, said.GetProperty("counts").GetProperty("missing_media").GetInt32());
    }

    [Fact]
    public async Task StatisticsAreATableJsonAndAPage()
    {
        using Scratch scratch = new();

        CrabResult table = await Crab.RunAsync("data", "stats", Golden.Find("avuie"), "--html", scratch["page.html"]), json = await Crab.RunAsync("data", "stats", Golden.Find("avuie"), "--json");

        Assert.Equal((0, string.Empty), (table.Code, table.Error));
        Assert.Contains("avqa_thu", table.Output, StringComparison.Ordinal);
        Assert.Contains("cross modal matching", table.Output, StringComparison.Ordinal);
        Assert.Contains("<svg", await File.ReadAllTextAsync(scratch["page.html"]), StringComparison.Ordinal);
        JsonElement said = JsonSerializer.Deserialize<JsonElement>(json.Output);
        Assert.Equal(19, said.GetProperty("keys").GetArrayLength());
        Assert.Equal(39, said.GetProperty("families").EnumerateArray().Sum(family => family.GetProperty("train").GetInt32()));
        JsonElement ave = said.GetProperty("keys")[0];
        Assert.Equal(("ave", 2, 7.5), (ave.GetProperty("key").GetString()!, ave.GetProperty("labels").GetProperty("Dog").GetInt32(), ave.GetProperty("range_seconds").GetProperty("mean").GetDouble()));
    }

    [Fact]
    public async Task ABuiltDataSetIsOneWithoutAProblem()
    {
        using Scratch scratch = new();
        scratch.Copy("media/clip_a.mp4", "clip_a.mp4");
        await File.WriteAllTextAsync(scratch["events.csv"], "clip,label,start,end\nclip_a.mp4,Church bell,2,7\n");
        await File.WriteAllTextAsync(scratch["questions.csv"], "clip,question,answer\nclip_a.mp4,How many bells ring?,one\n");
        string[] build = ["data", "build", "--events", scratch["events.csv"], "--questions", scratch["questions.csv"], "--out", scratch["set"]];

        CrabResult built = await Crab.RunAsync(build), again = await Crab.RunAsync(build), check = await Crab.RunAsync("data", "check", scratch["set"], "--json");

        Assert.Equal((0, string.Empty), (built.Code, built.Error));
        Assert.Equal(["ave/train.json: 1 entries", "unav/train.json: 1 entries", "avvp/train.json: 1 entries", "avqa/train.json: 1 entries"], built.Lines);
        Assert.Contains("ave/train.json: is there already", again.OneErrorLine(1), StringComparison.Ordinal);
        JsonElement said = JsonSerializer.Deserialize<JsonElement>(check.Output);
        // The bell is no label of LLP; nothing else is to be told.
        Assert.All(said.GetProperty("problems").EnumerateArray(), one => Assert.Equal(("label", "avvp/train.json"), (one.GetProperty("kind").GetString()!, one.GetProperty("file").GetString()!)));
        Assert.True(File.Exists(scratch["set/AVUIE_2/ave/video/clip_a.mp4"]));
    }

    [Fact]
    public async Task TablesWithFaultsBuildNothingAndEveryFaultIsALine()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["questions.csv"], "clip,question,answer\na.mp4,What?,dog\nb.mp4,Where?,left\n");

        CrabResult built = await Crab.RunAsync("data", "build", "--questions", scratch["questions.csv"], "--out", scratch["set"]);

        Assert.Equal((1, string.Empty), (built.Code, built.Output));
        string[] lines = built.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("crab: questions.csv, line 2: nothing is said to be heard or seen", lines[0], StringComparison.Ordinal);
        Assert.Equal("crab: 2 rows cannot become entries; nothing was written", lines[2]);
        Assert.False(Directory.Exists(scratch["set"]));
    }

    [Theory]
    [InlineData("crab data check --help", 2, "data check a --jsn")]
    [InlineData("crab data build --help", 2, "data build --out x")]
    [InlineData("--out", 2, "data build --events x.csv")]
    [InlineData("'juggling'", 2, "data build --events x.csv --out y --keys ave,juggling")]
    [InlineData("'much'", 2, "data build --events x.csv --out y --media much")]
    [InlineData("x.csv: is not there", 1, "data build --events x.csv --out y")]
    [InlineData("nowhere: is no folder", 1, "data check nowhere")]
    [InlineData("holds no data set", 1, "data stats .")]
    public async Task WrongUseIsOneLine(string named, int code, string line)
    {
        using Scratch scratch = new();

        CrabResult result = await Crab.RunAsync(line.Split(' '), scratch.Folder);

        Assert.Contains(named, result.OneErrorLine(code), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Folder));
    }

    [Theory]
    [InlineData("check", "--json", "--decode", "exit code is 1")]
    [InlineData("stats", "--json", "--html", "--probe")]
    [InlineData("build", "--events", "--boxes", "--questions", "--clips", "--out", "--keys", "--split", "--seed", "--media", "modality", "grammar")]
    public async Task EveryVerbOfDataDocumentsItself(string verb, params string[] words)
    {
        CrabResult help = await Crab.RunAsync("data", verb, "--help");

        Assert.Equal((0, string.Empty), (help.Code, help.Error));
        Assert.All(words, word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
    }
}

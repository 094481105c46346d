using System.Text.Json;
using CrabStudio.Model.Configuration;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab card</c>.</summary>
public sealed class CardTests
{
    private const string Recipe = """
        {"command":"crab train --recipe default","program":"1.0.0+abc","seed":42,"knows":"two shapes and a bell",
         "stages":[{"name":"towers","steps":10,"clips":320,"questions":0,"tokens":0,"hours":0.25},{"name":"words","steps":20,"clips":160,"questions":900,"tokens":80000,"hours":1.5}],
         "sources":["Pictures: drawn by hand"]}
        """;

    [Fact]
    public async Task TheCardHoldsTheFiguresOfTheEvaluationAndHowTheModelWasMade()
    {
        using Scratch scratch = new();
        CopyModel(scratch["small"]);
        string report = scratch["report"];
        CrabResult evaluated = await Crab.RunAsync("evaluate", "--data", Golden.Find("avuie"), "--tasks", "ks,s4", "--max-new-tokens", "4", "--out", report, "--model", scratch["small"]);
        Assert.True(evaluated.Code == 0, evaluated.Error);

        // Without the recipe's facts there is no card, and nothing is written.
        Assert.Contains("recipe.json", (await Crab.RunAsync("card", "--model", scratch["small"], "--report", report)).OneErrorLine(1), StringComparison.Ordinal);
        Assert.False(File.Exists(scratch["small/card.json"]));

        await File.WriteAllTextAsync(scratch["small/recipe.json"], Recipe);
        CrabResult result = await Crab.RunAsync("card", "--model", scratch["small"], "--report", report);
        Assert.True(result.Code == 0, result.Error);
        ModelCard card = ModelCard.Load(scratch["small"])!;
        Assert.Equal("two shapes and a bell", card.Knows);
        JsonElement[] tasks = [.. JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(report, "report.json"))).RootElement.GetProperty("tasks").EnumerateArray()];
        // Of the boxes of this list nothing is known, so nothing is said of them.
        Assert.Equal(["ks accuracy (WAR)", "s4 sounding object"], card.Figures.Select(figure => $"{figure.Task} {figure.Name}").Order());
        foreach (JsonElement task in tasks)
        {
            JsonElement primary = task.GetProperty("figures").EnumerateArray().Single(figure => figure.GetProperty("is_primary").GetBoolean());
            ModelCardFigure figure = card.Of(task.GetProperty("key").GetString()!).First();
            Assert.Equal(primary.GetProperty("name").GetString(), figure.Name);
            Assert.Equal(primary.GetProperty("value").GetDouble(), figure.Value, 1e-4);
            Assert.Equal(primary.GetProperty("samples").GetInt32(), figure.Samples);
            // An untrained model guesses at best.
            Assert.False(figure.BeatsGuessing);
        }

        string page = await File.ReadAllTextAsync(scratch["small/MODEL_CARD.md"]);
        Assert.Contains("| towers | 10 | 320 | 0 | 0 | 0.25 |", page, StringComparison.Ordinal);
        Assert.Contains("In all 1.75 hours", page, StringComparison.Ordinal);
        Assert.Contains("At the level of guessing on these clips, and marked so in the studio: ks, s4", page, StringComparison.Ordinal);
        Assert.Contains("- Pictures: drawn by hand", page, StringComparison.Ordinal);

        // A report of another model is refused.
        CopyModel(scratch["other"]);
        await File.WriteAllTextAsync(scratch["other/recipe.json"], Recipe);
        Assert.Contains("is of the model small; expected an evaluation of other", (await Crab.RunAsync("card", "--model", scratch["other"], "--report", report)).OneErrorLine(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "found a list at the top")]
    [InlineData("""{"knows":"x"}""", "figures is missing")]
    [InlineData("""{"knows":"x","figures":[{"task":"ks","name":"accuracy","samples":1,"value":2,"low":0,"high":1}]}""", "figures[0].value is 2; expected a number from 0 to 1")]
    public async Task ACardThatIsNoneStopsTheModelWithOneLine(string json, string named)
    {
        using Scratch scratch = new();
        CopyModel(scratch["small"]);
        await File.WriteAllTextAsync(scratch["small/card.json"], json);
        Assert.Contains($"card.json: {named}", (await Crab.RunAsync("ask", Golden.Find("media/clip_b.mp4"), "--task", "avcap", "--model", scratch["small"])).OneErrorLine(1), StringComparison.Ordinal);
    }

    private static void CopyModel(string to)
    {
        string from = Path.Combine(Golden.Repository, "models", "untrained");
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}

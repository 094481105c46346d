using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab metrics</c>.</summary>
public sealed class MetricsTests
{
    private static readonly string[] Names = ["avvp", "ave", "musicavqa", "classification", "masks", "seg_pipeline", "arig", "unav", "captions", "transfer", "parse"];

    [Fact]
    public async Task EveryFileOfReferenceNumbersIsALineWithAComputedBesideEveryExpected()
    {
        CrabResult result = await Crab.RunAsync(["metrics", .. Names.Select(name => Golden.Find($"metrics/{name}.json"))]);

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        Assert.Equal(Names.Length, result.Lines.Length);
        foreach ((JsonElement line, string name) in result.Json.Zip(Names))
        {
            Assert.True(Places(line) > 9, name);
            Assert.Equal(0, line.GetProperty("checked").GetProperty("outside").GetInt32());
        }
    }

    [Fact]
    public async Task AValueOutsideTheToleranceIsNamedAndTheExitCodeIs1()
    {
        using Scratch scratch = new();
        JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(Golden.Find("metrics/transfer.json")))!;
        file["cases"]![1]!["expected"]!["negative"] = 12;
        await File.WriteAllTextAsync(scratch["t.json"], file.ToJsonString());

        CrabResult result = await Crab.RunAsync("metrics", scratch["t.json"]);

        Assert.Contains("t.json: 1 of 160 values lie outside the tolerance; the first: $.cases[1].expected.negative should be 12, but 11 was computed", result.OneErrorLine(1), StringComparison.Ordinal);
        Assert.Equal(11, Assert.Single(result.Json).GetProperty("cases")[1].GetProperty("computed").GetProperty("negative").GetInt32());
    }

    [Fact]
    public async Task AFileOfAnotherKindIsOneLineAndTheOthersAreComputed()
    {
        using Scratch scratch = new();
        await File.WriteAllTextAsync(scratch["other.json"], "{\"epoch\": 3}");

        CrabResult result = await Crab.RunAsync("metrics", scratch["other.json"], Golden.Find("metrics/unav.json"));

        Assert.Contains("other.json: has none of the known forms of reference numbers (parse, avvp,", result.OneErrorLine(1), StringComparison.Ordinal);
        Assert.Single(result.Lines);
        (await Crab.RunAsync("metrics", scratch["gone.json"])).OneErrorLine(1);
        (await Crab.RunAsync("metrics", scratch.Folder)).OneErrorLine(1);
        (await Crab.RunAsync("metrics")).OneErrorLine(2);
    }

    // How many expected values have their computed one; fails where one has not.
    private static int Places(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(element.TryGetProperty("expected", out _), element.TryGetProperty("computed", out _));
                return (element.TryGetProperty("expected", out _) ? 1 : 0) + element.EnumerateObject().Where(one => one.Name is not ("expected" or "computed")).Sum(one => Places(one.Value));
            case JsonValueKind.Array:
                return element.EnumerateArray().Sum(Places);
            default:
                return 0;
        }
    }
}

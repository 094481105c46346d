using System.Diagnostics;
using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab info</c>, also over every entry of <c>hostile/manifest.json</c> that is no clip.</summary>
public sealed class InfoTests
{
    [Fact]
    public async Task EveryModelFileOfTheManifestIsTakenOrRefusedAsItSays()
    {
        using Scratch scratch = new();
        using JsonDocument manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Golden.Find("hostile/manifest.json")));
        JsonElement[] entries = [.. manifest.RootElement.GetProperty("files").EnumerateArray().Where(entry => entry.GetProperty("group").GetString() != "media")];
        string[] files = [.. entries.Select(entry => Path.Combine(Golden.Find("hostile"), entry.GetProperty("name").GetString()!))];
        Stopwatch watch = Stopwatch.StartNew();

        CrabResult result = await Crab.RunAsync(["info", "--json", "--", .. files], scratch.Folder);

        JsonElement[] lines = result.Json;
        Assert.True(entries.Length > 500, $"only {entries.Length} entries");
        Assert.Equal((1, string.Empty), (result.Code, result.Error));
        Assert.True(watch.Elapsed.TotalSeconds < 10, "more than ten seconds");
        Assert.Equal(files, lines.Select(line => line.GetProperty("file").GetString()));
        string[] wrong = [.. entries.Zip(lines, (entry, line) => (entry, line, complaint: Complaint(entry, line))).Where(one => one.complaint is not null)
            .Select(one => $"{one.entry.GetProperty("name")}: {one.complaint} ({one.line})")];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Folder));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetTempPath(), "CRAB_PWNED*"));
    }

    [Fact]
    public async Task AModelFolderAnAdapterAndAMissingFileComeOutInTheOrderGiven()
    {
        CrabResult result = await Crab.RunAsync("info", "--json", Golden.Find("tiny"), "/nowhere/gone.bin", Golden.Find("tiny/adapter/finetune_weights.bin"));

        Assert.Equal(1, result.Code);
        Assert.Equal([true, false, true], result.Json.Select(line => line.GetProperty("ok").GetBoolean()));
        Assert.Equal(3, result.Json[0].GetProperty("adapter").GetProperty("experts").GetInt32());
        Assert.Contains("gone.bin", result.Json[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.False(result.Json[1].TryGetProperty("kind", out _));
        Assert.Equal(result.Json[2].GetProperty("tensor_count").GetInt32(), result.Json[2].GetProperty("tensors").EnumerateObject().Count());
    }

    [Fact]
    public async Task WithoutJsonFactsAreATableAndRefusalsALineOnStderr()
    {
        CrabResult result = await Crab.RunAsync("info", Golden.Find("tiny"), Golden.Find("hostile/config/config-hidden-1e9.json"));

        Assert.Contains("config-hidden-1e9.json", result.OneErrorLine(1), StringComparison.Ordinal);
        Assert.Matches(@"adapter\.experts +│ 3 ", result.Output);
        Assert.Matches(@"config\.text\.mrope_section +│ 4, 6, 6 ", result.Output);
    }

    [Fact]
    public async Task ItNeedsNoFfmpeg()
    {
        using Scratch scratch = new();
        using Process process = Crab.StartProgram(Crab.Dotnet, [Path.Combine(AppContext.BaseDirectory, "crab.dll"), "info", "--json", Golden.Find("tiny/config.json")], null, ("PATH", scratch.Folder));

        Assert.Equal(0, (await Crab.EndAsync(process)).Code);
    }

    private static string? Complaint(JsonElement entry, JsonElement line)
    {
        string expected = entry.GetProperty("expected").GetString()!;
        if (line.GetProperty("ok").GetBoolean())
        {
            return expected == "reject" ? "taken"
                : line.TryGetProperty("error", out _) ? "good, and yet an error"
                : entry.TryGetProperty("facts", out JsonElement facts) && facts.ValueKind == JsonValueKind.Object && facts.TryGetProperty("tensors", out JsonElement tensors) ? Different(tensors, line.GetProperty("tensors"))
                : null;
        }

        string error = line.GetProperty("error").GetString()!;
        return expected == "accept" ? "refused"
            : error.Contains('\n') || error.Contains("   at ", StringComparison.Ordinal) || error.Contains("Exception", StringComparison.Ordinal) ? "not one plain line"
            : !error.Contains(Path.GetFileName(entry.GetProperty("name").GetString()!), StringComparison.Ordinal) ? "does not name the file"
            : null;
    }

    private static string? Different(JsonElement expected, JsonElement found) =>
        expected.EnumerateObject().Count() != found.EnumerateObject().Count() ? "another number of tensors"
        : expected.EnumerateObject().Select(tensor => tensor.Name).FirstOrDefault(name => !found.TryGetProperty(name, out JsonElement same)
            || same.GetProperty("dtype").GetString() != expected.GetProperty(name).GetProperty("dtype").GetString()
            || same.GetProperty("shape").ToString() != expected.GetProperty(name).GetProperty("shape").ToString().Replace(" ", string.Empty, StringComparison.Ordinal)) is { } other ? $"another tensor {other}"
        : null;
}

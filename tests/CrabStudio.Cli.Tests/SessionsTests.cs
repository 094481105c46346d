using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab sessions</c>; what is in an archive, and what is refused in one, is tested in the studio's own room.</summary>
public sealed class SessionsTests
{
    [Fact]
    public async Task SessionsGoFromOneMachineToAnotherAndWhatIsThereIsSkippedAndSaidSo()
    {
        using Scratch scratch = new();
        CrabResult seeded = await Crab.RunAsync("sessions", "seed", "--data", scratch["here"], "--count", "12", "--seed", "7");
        Assert.Equal((0, "12 sessions made\n", ""), (seeded.Code, seeded.Output, seeded.Error));

        CrabResult all = await Crab.RunAsync("sessions", "export", "--data", scratch["here"], "--out", scratch["all.zip"]);
        Assert.Equal((0, ""), (all.Code, all.Error));
        Assert.StartsWith("12 sessions in ", all.Output, StringComparison.Ordinal);
        Dictionary<string, string> sent = Hashes(scratch["all.zip"]);
        Assert.Equal(12, sent.Count);

        // One first, then all: the one is left as it is.
        string one = sent.Keys.Order().First();
        CrabResult single = await Crab.RunAsync("sessions", "export", "--data", scratch["here"], "--out", scratch["one.zip"], "--id", one);
        Assert.StartsWith("1 session in ", single.Output, StringComparison.Ordinal);
        CrabResult first = await Crab.RunAsync("sessions", "import", scratch["one.zip"], "--data", scratch["there"]);
        Assert.Equal(0, first.Code);
        Assert.StartsWith("1 session taken in, with ", Assert.Single(first.Lines), StringComparison.Ordinal);
        CrabResult second = await Crab.RunAsync("sessions", "import", scratch["all.zip"], "--data", scratch["there"]);
        Assert.Equal(0, second.Code);
        Assert.StartsWith($"is there already, left as it is: {one} ", second.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("11 sessions taken in, with ", second.Lines[1], StringComparison.Ordinal);
        Assert.EndsWith("; 1 skipped", second.Lines[1], StringComparison.Ordinal);

        // The other machine would write the very same.
        Assert.Equal(0, (await Crab.RunAsync("sessions", "export", "--data", scratch["there"], "--out", scratch["back.zip"])).Code);
        Assert.Equal(sent.OrderBy(pair => pair.Key), Hashes(scratch["back.zip"]).OrderBy(pair => pair.Key));
    }

    [Fact]
    public async Task WhatCannotBeDoneIsOneLineAndLeavesNothingBehind()
    {
        using Scratch scratch = new();
        Assert.Contains("is no data folder of a studio", (await Crab.RunAsync("sessions", "export", "--data", scratch["none"], "--out", scratch["out.zip"])).OneErrorLine(1), StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch["none"]));
        await Crab.RunAsync("sessions", "seed", "--data", scratch["here"], "--count", "2");
        await File.WriteAllTextAsync(scratch["there.zip"], "mine");
        Assert.Contains("there.zip: is there already", (await Crab.RunAsync("sessions", "export", "--data", scratch["here"], "--out", scratch["there.zip"])).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("there.zip: The file is damaged, or no archive of sessions", (await Crab.RunAsync("sessions", "import", scratch["there.zip"], "--data", scratch["here"])).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("There is no session", (await Crab.RunAsync("sessions", "export", "--data", scratch["here"], "--out", scratch["out.zip"], "--id", Guid.Empty.ToString())).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("no session suits", (await Crab.RunAsync("sessions", "export", "--data", scratch["here"], "--out", scratch["out.zip"], "--search", "xylophone")).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("--data", (await Crab.RunAsync("sessions", "seed")).OneErrorLine(2), StringComparison.Ordinal);

        // A folder whose studio runs is not touched.
        await using FileStream held = new(Path.Combine(scratch["here"], "studio.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Contains("Another studio already works with", (await Crab.RunAsync("sessions", "export", "--data", scratch["here"], "--out", scratch["out.zip"])).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Equal(["here", "there.zip"], Directory.EnumerateFileSystemEntries(scratch.Folder).Select(entry => Path.GetFileName(entry)).Order());
        Assert.Equal("mine", await File.ReadAllTextAsync(scratch["there.zip"]));
    }

    /// <summary>The hash of each session of an archive, by its id.</summary>
    private static Dictionary<string, string> Hashes(string archive)
    {
        using ZipArchive zip = ZipFile.OpenRead(archive);
        using Stream manifest = zip.GetEntry("manifest.json")!.Open();
        JsonElement json = JsonDocument.Parse(manifest).RootElement;
        Assert.Equal(("crabstudio-sessions", 1), (json.GetProperty("format").GetString(), json.GetProperty("version").GetInt32()));
        Assert.All(json.GetProperty("clips").EnumerateArray(), clip => Assert.Equal(clip.GetProperty("bytes").GetInt64(), zip.GetEntry(string.Create(CultureInfo.InvariantCulture, $"clips/{clip.GetProperty("sha256").GetString()}"))!.Length));
        return json.GetProperty("sessions").EnumerateArray().ToDictionary(session => session.GetProperty("id").GetString()!, session => session.GetProperty("sha256").GetString()!);
    }
}

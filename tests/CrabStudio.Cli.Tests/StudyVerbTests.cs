namespace CrabStudio.Cli.Tests;

/// <summary><c>crab study</c>.</summary>
public sealed class StudyVerbTests
{
    [Fact]
    public async Task The_study_documents_its_options_and_what_they_are_without_being_given()
    {
        CrabResult help = await Crab.RunAsync("study", "transfer", "--help");

        Assert.Equal((0, string.Empty), (help.Code, help.Error));
        Assert.All(
            new[] { "--model", "--out", "--tasks", "--seeds", "--steps", "--clips", "--test-clips", "--rank", "--experts", "--lr", "--threads", "--sounds", "study.json", "report.html", "Without it: 3.", "Without it: 48." },
            word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
        Assert.Contains("transfer", (await Crab.RunAsync("study", "--help")).Output, StringComparison.Ordinal);
        Assert.Contains("study", (await Crab.RunAsync("--help")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--out", 2)]
    [InlineData("'painting' is no task", 2, "--out", "out", "--tasks", "ks,painting")]
    [InlineData("found ks alone", 2, "--out", "out", "--tasks", "ks")]
    [InlineData("found 7 with 3 experts", 2, "--out", "out", "--rank", "7")]
    [InlineData("--seeds is '0'", 2, "--out", "out", "--seeds", "0")]
    [InlineData("--experts is '1'", 2, "--out", "out", "--experts", "1")]
    [InlineData("--lr is 'fast'", 2, "--out", "out", "--lr", "fast")]
    [InlineData("unknown option '--adapter'", 2, "--out", "out", "--adapter", "a.bin")]
    [InlineData("there is no such folder", 1, "--out", "out", "--model", "nowhere")]
    [InlineData("found no model.safetensors", 1, "--out", "out", "--model", ".")]
    public async Task What_cannot_be_studied_is_one_line(string named, int code, params string[] arguments)
    {
        using Scratch scratch = new();
        CrabResult result = await Crab.RunAsync(["study", "transfer", .. arguments], scratch.Folder);

        Assert.Contains(named, result.OneErrorLine(code), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Folder));
    }

    [Fact]
    public async Task A_folder_of_another_study_is_left_as_it_is()
    {
        using Scratch scratch = new();
        Directory.CreateDirectory(scratch["out"]);
        await File.WriteAllTextAsync(scratch["out/options.json"], """{"--steps": "7"}""");
        // In one file, as a small base is.
        await File.WriteAllTextAsync(Path.Combine(scratch.Copy("tiny", "tiny"), "model.safetensors"), "");
        CrabResult result = await Crab.RunAsync("study", "transfer", "--model", scratch["tiny"], "--out", scratch["out"]);

        Assert.Contains("--steps (was 7, is 50)", result.OneErrorLine(1), StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(scratch["out"]));
    }
}

using System.Diagnostics;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary>
/// The bash script <c>crab</c>, in a checkout made for the test whose <c>dotnet</c> says what it was called with: what the
/// script itself decides is proved without a build.
/// </summary>
public sealed class ScriptTests : IDisposable
{
    private const string GoodSummary = "   A.Tests  Total: 5, Errors: 0, Failed: 0, Skipped: 1, Not Run: 0, Time: 0.1s";

    private readonly Scratch scratch = new();
    private readonly string home;

    /// <summary>Makes the checkout, with a program that is built and up to date.</summary>
    public ScriptTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "bash is not at hand on Windows; crab.cmd does the work there");
        home = scratch["a home's $folder"];
        foreach (string folder in new[] { "wwwroot", "build", "src/CrabStudio.Cli/obj", "src/CrabStudio.Cli/bin/Release/net10.0/linux-x64", "src/CrabStudio.Cli/bin/Release/net10.0/osx-arm64" })
        {
            Directory.CreateDirectory(Path.Combine(home, folder));
        }

        Directory.CreateDirectory(scratch["bin"]);
        Directory.CreateDirectory(scratch["tmp"]);
        File.Copy(Path.Combine(Golden.Repository, "crab"), Path.Combine(home, "crab"));
        foreach (string file in new[]
        {
            "global.json", "Directory.Build.props", "CrabStudio.sln", "src/CrabStudio.Cli/Program.cs", "src/CrabStudio.Cli/obj/crab.built",
            "src/CrabStudio.Cli/bin/Release/net10.0/linux-x64/crab.dll", "src/CrabStudio.Cli/bin/Release/net10.0/osx-arm64/crab.dll",
        })
        {
            File.WriteAllText(Path.Combine(home, file), string.Empty);
            File.SetLastWriteTimeUtc(Path.Combine(home, file), DateTime.UtcNow.AddMinutes(file.EndsWith("built", StringComparison.Ordinal) ? -1 : -2));
        }

        foreach (string room in new[] { "Media.Tests", "Tasks.Tests", "World.Tests", "Model.Tests", "Training.Tests", "Engine.Tests", "Cli.Tests", "Web.Tests", "Browser" })
        {
            string folder = Path.Combine(home, $"tests/CrabStudio.{room}/bin/Release/net10.0/linux-x64");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, $"CrabStudio.{room}.dll"), string.Empty);
        }

        // A test assembly prints the lines, and ends with the code, that a file of its name holds.
        Tool("dotnet", $"""
            case "$1" in
              --version) echo 10.0.100 ;;
              build) echo "build $2" >>"{scratch["calls"]}"; exit $(cat "{scratch["build-code"]}" 2>/dev/null || echo 0) ;;
              *Browser.dll) if [ -n "$CRAB_SCREENSHOTS" ]; then printf '%s\n' "$CRAB_SCREENSHOTS" "$@" >"{scratch["shots"]}"; exit 5; else echo '{GoodSummary}'; fi ;;
              *crab.dll) printf 'home %s\n' "$CRAB_HOME"; printf 'argument %s\n' "$@"; exit 7 ;;
              *) name=$(basename "$1" .dll); cat "{scratch.Folder}/$name.out" 2>/dev/null || echo '{GoodSummary}'; exit $(cat "{scratch.Folder}/$name.code" 2>/dev/null || echo 0) ;;
            esac
            """);
        foreach (string tool in new[] { "ffmpeg", "ffprobe", "chromium", "python3", "curl", "jq", "fluidsynth", "espeak-ng" })
        {
            Tool(tool, "exit 0");
        }

        File.WriteAllText(scratch["sounds.sf3"], string.Empty);
        File.WriteAllText(scratch["emoji.ttf"], string.Empty);
    }

    /// <inheritdoc/>
    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task ArgumentsAndExitCodesGoThroughFromAnyFolder()
    {
        CrabResult result = await ScriptAsync(Path.Combine(home, "crab"), "info", "a file", "*", "");

        Assert.Equal((7, string.Empty), (result.Code, result.Error));
        Assert.Equal(["home " + home, .. ProgramArguments("info", "a file", "*", "")], result.Output.TrimEnd('\n').Split('\n'));
        Assert.False(File.Exists(scratch["calls"]), "built without need");
    }

    [Fact]
    public async Task LinksToTheScriptLeadToItsOwnCheckout()
    {
        Directory.CreateDirectory(scratch["links/deep"]);
        File.CreateSymbolicLink(scratch["links/deep/first"], "../../a home's $folder/crab");
        File.CreateSymbolicLink(scratch["second"], scratch["links/deep/first"]);

        CrabResult result = await ScriptAsync(scratch["second"], "--help");

        Assert.Equal(home, Path.GetFullPath(result.Lines[0]["home ".Length..]));
    }

    [Fact]
    public async Task TheProgramIsBuiltWhenASourceIsNewerAndThenNoMore()
    {
        File.SetLastWriteTimeUtc(Path.Combine(home, "src/CrabStudio.Cli/Program.cs"), DateTime.UtcNow.AddSeconds(-10));

        CrabResult first = await ScriptAsync(Path.Combine(home, "crab"), "info", "x"), second = await ScriptAsync(Path.Combine(home, "crab"), "info", "x");

        Assert.Equal((7, 7), (first.Code, second.Code));
        Assert.EndsWith("/CrabStudio.Cli.csproj", Assert.Single(await File.ReadAllLinesAsync(scratch["calls"])), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch["tmp"]));
    }

    [Fact]
    public async Task ABuildThatFailsEndsTheCommandAndIsTriedAgainTheNextTime()
    {
        File.SetLastWriteTimeUtc(Path.Combine(home, "wwwroot"), DateTime.UtcNow);
        await File.WriteAllTextAsync(Path.Combine(home, "wwwroot/app.css"), "body {}");
        await File.WriteAllTextAsync(scratch["build-code"], "1");

        CrabResult first = await ScriptAsync(Path.Combine(home, "crab"), "studio"), second = await ScriptAsync(Path.Combine(home, "crab"), "test");

        Assert.Equal((1, "crab: the build failed\n", string.Empty), (first.Code, first.Error, first.Output));
        Assert.Equal((1, string.Empty), (second.Code, second.Output));
        Assert.Equal(2, (await File.ReadAllLinesAsync(scratch["calls"])).Length);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch["tmp"]));
    }

    [Fact]
    public async Task OnlyVerbsThatReadClipsNeedFfmpegAndHelpDoesNot()
    {
        File.Delete(scratch["bin/ffmpeg"]);
        File.Delete(scratch["bin/ffprobe"]);
        TakeAwayTheSystem();

        Assert.Equal(7, (await BareAsync("info", "x")).Code);
        Assert.Equal(7, (await BareAsync("ask", "--help")).Code);
        foreach (string verb in new[] { "studio", "ask", "batch", "probe", "test" })
        {
            string line = (await BareAsync(verb)).OneErrorLine(1);
            Assert.Equal("crab: ffmpeg not found; install it with:  sudo apt-get install -y ffmpeg", line);
        }
    }

    [Fact]
    public async Task TheWorldNamesEverythingThatIsMissingFilesAsWellAsPrograms()
    {
        foreach (string missing in new[] { "bin/fluidsynth", "bin/espeak-ng", "sounds.sf3", "emoji.ttf" })
        {
            File.Delete(scratch[missing]);
        }

        TakeAwayTheSystem();

        const string Packages = "fluidsynth espeak-ng musescore-general-soundfont-small fonts-noto-color-emoji";
        Assert.Equal($"crab: {Packages} not found; install it with:  sudo apt-get install -y {Packages}", (await BareAsync("world", "--out", "x")).OneErrorLine(1));
        Assert.Equal(7, (await BareAsync("world", "--help")).Code);
    }

    [Fact]
    public async Task TestAddsUpAllRoomsAndEndsWithOneLineOfTotals()
    {
        await File.WriteAllTextAsync(scratch["CrabStudio.Web.Tests.out"], "noise Total: 3\n" + GoodSummary.Replace("Total: 5", "Total: 105", StringComparison.Ordinal) + "\n");

        CrabResult result = await ScriptAsync(Path.Combine(home, "crab"), "test");

        Assert.Equal((0, "136 passed, 0 failed, 9 skipped"), (result.Code, result.Lines[^1]));
        Assert.EndsWith("/CrabStudio.sln", Assert.Single(await File.ReadAllLinesAsync(scratch["calls"])), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch["tmp"]));
    }

    [Theory]
    [InlineData("Total: 5, Errors: 0, Failed: 2, Skipped: 1, Not Run: 0, Time: 1s", 1, "2 passed, 2 failed, 1 skipped")]
    [InlineData("Total: 5, Errors: 1, Failed: 0, Skipped: 0, Not Run: 0, Time: 1s", 1, "5 passed, 1 failed, 0 skipped")]
    [InlineData("Total: 5, Errors: 0, Failed: 2, Skipped: 0, Not Run: 0, Time: 1s", 0, "3 passed, 2 failed, 0 skipped")]
    [InlineData("Total: 0, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 1s", 0, "0 passed, 1 failed, 0 skipped")]
    [InlineData("Total: 5, Errors: 0, Failed: 0, Skipped: 0, Not Run: 5, Time: 1s", 0, "0 passed, 1 failed, 0 skipped")]
    [InlineData("Total: 0", 0, "0 passed, 1 failed, 0 skipped")]
    [InlineData("Total: 5, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 1s", 134, "5 passed, 1 failed, 0 skipped")]
    [InlineData("Segmentation fault", 139, "0 passed, 1 failed, 0 skipped")]
    [InlineData("", 0, "0 passed, 1 failed, 0 skipped")]
    public async Task TestCountsHonestly(string summary, int code, string totals)
    {
        await File.WriteAllTextAsync(scratch["CrabStudio.Tasks.Tests.out"], summary.Length == 0 ? string.Empty : $"   CrabStudio.Tasks.Tests  {summary}\n");
        await File.WriteAllTextAsync(scratch["CrabStudio.Tasks.Tests.code"], code.ToString(System.Globalization.CultureInfo.InvariantCulture));

        CrabResult result = await ScriptAsync(Path.Combine(home, "crab"), "test", "Tasks");

        Assert.Equal((1, totals), (result.Code, result.Lines[^1]));
    }

    [Fact]
    public async Task ScreenshotsBuildsTheBrowserTestsAndHandsTheOneThatTakesPicturesTheFolder()
    {
        CrabResult result = await ScriptAsync(Path.Combine(home, "crab"), "screenshots", "--out", scratch["new folder/pictures"]);

        Assert.Equal(5, result.Code);
        Assert.EndsWith("/CrabStudio.Browser.csproj", Assert.Single(await File.ReadAllLinesAsync(scratch["calls"])), StringComparison.Ordinal);
        string[] told = await File.ReadAllLinesAsync(scratch["shots"]);
        Assert.Equal(scratch["new folder/pictures"], told[0]);
        Assert.True(Directory.Exists(told[0]));
        Assert.Equal(["-explicit", "only", "-class", "CrabStudio.Browser.GuidePictures"], told.SkipWhile(word => word != "-explicit").Take(4));

        Assert.Equal((5, Path.Combine(home, "docs/images")), ((await ScriptAsync(Path.Combine(home, "crab"), "screenshots")).Code, (await File.ReadAllLinesAsync(scratch["shots"]))[0]));
        Assert.Contains("'--size'", (await ScriptAsync(Path.Combine(home, "crab"), "screenshots", "--size")).OneErrorLine(2), StringComparison.Ordinal);
        Assert.Contains("screenshots [--out DIR]", (await ScriptAsync(Path.Combine(home, "crab"), "screenshots", "--help")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARoomThatDoesNotExistIsWrongUse() =>
        Assert.Contains("'Kitchen'", (await ScriptAsync(Path.Combine(home, "crab"), "test", "Kitchen")).OneErrorLine(2), StringComparison.Ordinal);

    // A system that has nothing but what a test gave it, and no rights to install.
    private void TakeAwayTheSystem()
    {
        foreach (string tool in new[] { "bash", "dirname", "basename", "readlink", "uname", "find", "mktemp", "rm", "cat", "mv", "grep", "tail", "tee" })
        {
            File.CreateSymbolicLink(scratch["bin/" + tool], Find(tool));
        }

        Tool("id", "echo 1000");
    }

    private Task<CrabResult> BareAsync(params string[] arguments) => ScriptAsync(Path.Combine(home, "crab"), arguments, scratch["bin"]);

    private string[] ProgramArguments(params string[] arguments)
    {
        string system = OperatingSystem.IsMacOS() ? "osx-arm64" : "linux-x64";
        return [.. new[] { Path.Combine(home, $"src/CrabStudio.Cli/bin/Release/net10.0/{system}/crab.dll") }.Concat(arguments).Select(argument => "argument " + argument)];
    }

    private void Tool(string name, string script)
    {
        string file = scratch["bin/" + name];
        File.WriteAllText(file, $"#!{Find("bash")}\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string Find(string tool) => Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, tool)).First(File.Exists);

    private Task<CrabResult> ScriptAsync(string script, params string[] arguments) =>
        ScriptAsync(script, arguments, $"{scratch["bin"]}:{Environment.GetEnvironmentVariable("PATH")}");

    private async Task<CrabResult> ScriptAsync(string script, string[] arguments, string path)
    {
        using Process process = Crab.StartProgram(
            Find("bash"), [script, .. arguments], Path.GetTempPath(), ("PATH", path), ("TMPDIR", scratch["tmp"]), ("CRAB_HOME", null), ("CRAB_SOUNDFONT", scratch["sounds.sf3"]), ("CRAB_EMOJI_FONT", scratch["emoji.ttf"]), ("CRAB_CJK_FONT", scratch["emoji.ttf"]), ("CDPATH", "/:/tmp"));
        return await Crab.EndAsync(process);
    }
}

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrabStudio.Testing;
using CrabStudio.Web.Api;

namespace CrabStudio.Web.Tests;

/// <summary>The examples of <c>docs/api.md</c>, run as a reader would run them, against a whole studio.</summary>
public sealed partial class ExampleTests : IAsyncLifetime
{
    private static readonly string Docs = Path.Combine(Golden.Repository, "docs");

    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Theory]
    [InlineData("ask.cs")]
    [InlineData("ask.py")]
    [InlineData("ask.sh")]
    public async Task AnExampleUploadsAClipShowsTheAnswerAsItGrowsAndReadsItsEventsAndRoutes(string example)
    {
        await using Example running = Example.Start(example, studio, Studio.Media("clip_b.mp4"), "ave");
        JsonElement seconds = (await studio.GetAsync($"/api/clips/{(await studio.UploadAsync("clip_b.mp4")).Id}")).GetProperty("durationSeconds");
        Assert.Equal($"clip clip_b.mp4, {seconds} s", await running.LineAsync());
        string answer = (await running.LineAsync()).Replace("answer ", "", StringComparison.Ordinal);
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();

        // What was said is on the screen before the next word comes, in any script and with any sign in it.
        const string First = "The \"bell\" \\ 钟 🔔 ";
        run.Say(First);
        Assert.Equal(First, await running.TextAsync(First.Length));
        run.Say("rings. <event> bell </event> ");
        run.Say("<range> 2,5 </range>");
        run.Finish();
        Assert.Equal("rings. <event> bell </event> <range> 2,5 </range>", await running.LineAsync());

        AnswerShape stored = await studio.EndAsync(Guid.Parse(answer));
        Assert.Equal("ave", stored.Task);
        Tasks.AnswerEvent bell = Assert.Single(stored.Localization.Events);
        Assert.Equal(("bell", 2.0, 5.0), (bell.Label, bell.StartSeconds, bell.EndSeconds));
        float[][] gates = [.. Enumerable.Range(0, 3).SelectMany(token => ScriptedRun.RoutesOf(token).Chunk(3))];
        string shares = string.Join(", ", gates[0].Select((_, expert) => FormattableString.Invariant($"{"ABC"[expert]} {100 * gates.Average(gate => gate[expert]):0}%")));
        string modality = char.ToLowerInvariant(bell.Modality.ToString()[0]) + bell.Modality.ToString()[1..];
        Assert.Equal(["status done, 3 tokens", $"event bell, {modality}, 2 to 5 s", $"routing {shares}"], await running.RestAsync());
        Assert.Equal((0, ""), await running.EndAsync());
    }

    [Theory]
    [InlineData("ask.cs")]
    [InlineData("ask.py")]
    [InlineData("ask.sh")]
    public async Task AnExampleThatIsRefusedSaysTheStudiosOneLineAndFails(string example)
    {
        await using Example running = Example.Start(example, studio, Studio.Media("clip_b.mp4"), "no-such-task");
        Assert.Single(await running.RestAsync());
        using HttpResponseMessage refused = await studio.Http.PostAsync(
            $"/api/sessions/{await studio.OpenSessionAsync()}/questions", new StringContent("""{"task":"no-such-task"}""", Encoding.UTF8, "application/json"));
        string line = JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString()!;
        (int code, string error) = await running.EndAsync();
        Assert.NotEqual(0, code);
        Assert.EndsWith(line, error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStreamThatBrokeOffGoesOnAfterTheTokenThatTheReaderNames()
    {
        Guid answer = await studio.AskAsync(await studio.OpenSessionAsync());
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("one ");
        run.Say("two ");
        run.Say("three");
        run.Finish();
        await studio.EndAsync(answer);
        using HttpRequestMessage request = new(HttpMethod.Get, $"/api/answers/{answer}/stream");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", "0");
        using HttpResponseMessage response = await studio.Http.SendAsync(request);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n');
        Assert.Equal(["event: status", "event: prompt", "event: token", "event: token"], lines.Where(line => line.StartsWith("event:", StringComparison.Ordinal)));
        Assert.Equal(["id: 1", "id: 2"], lines.Where(line => line.StartsWith("id:", StringComparison.Ordinal)));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await studio.Http.GetAsync($"/api/answers/{Guid.NewGuid()}/stream")).StatusCode);
    }

    [Fact]
    public void TheExamplesStandInTheirPageWordForWord()
    {
        string page = File.ReadAllText(Path.Combine(Docs, "api.md"));
        foreach ((string file, string language) in new[] { ("ask.cs", "csharp"), ("ask.py", "python"), ("ask.sh", "bash") })
        {
            Assert.Contains($"```{language}\n{File.ReadAllText(Path.Combine(Docs, "examples", file))}```\n", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task EveryAddressOfTheApiStandsInItsPage()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(Docs, "api.md"));
        List<string> missing = [];
        foreach (JsonProperty path in (await studio.GetAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject())
        {
            missing.AddRange(path.Value.EnumerateObject().Select(method => $"`{method.Name.ToUpperInvariant()} {path.Name}`").Where(line => !page.Contains(line, StringComparison.Ordinal)));
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    [Fact]
    public async Task EveryPictureOfTheGuideIsThereInBothThemesAndSaidInWords()
    {
        string guide = await File.ReadAllTextAsync(Path.Combine(Docs, "guide.md"));
        Match[] pictures = [.. Picture().Matches(guide).Cast<Match>()];
        Assert.Equal(guide.Split("<picture>").Length - 1, pictures.Length);
        Assert.True(pictures.Length >= 13, $"the guide has {pictures.Length} pictures");
        foreach (Match picture in pictures)
        {
            Assert.Equal(picture.Groups["dark"].Value, picture.Groups["light"].Value);
            Assert.True(picture.Groups["words"].Value.Length > 20, picture.Value);
            foreach (string theme in new[] { "light", "dark" })
            {
                Assert.True(File.Exists(Path.Combine(Docs, "images", $"{picture.Groups["light"].Value}-{theme}.webp")), picture.Value);
            }
        }
    }

    [GeneratedRegex("""<picture>\n  <source media="\(prefers-color-scheme: dark\)" srcset="images/(?<dark>[a-z-]+)-dark[.]webp">\n  <img src="images/(?<light>[a-z-]+)-light[.]webp"( width="[0-9]+")? alt="(?<words>[^"]+)">\n</picture>""")]
    private static partial Regex Picture();

    /// <summary>An example that runs.</summary>
    private sealed class Example : IAsyncDisposable
    {
        // The C# one is built first.
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

        private readonly CancellationTokenSource limit = new(Patience);
        private readonly Process process;
        private readonly Task<string> error;

        private Example(Process process)
        {
            this.process = process;
            error = process.StandardError.ReadToEndAsync(limit.Token);
        }

        public static Example Start(string file, Studio studio, params string[] arguments)
        {
            (string program, string[] before) = Path.GetExtension(file) switch
            {
                ".cs" => ("dotnet", new[] { "run" }),
                ".py" => ("python3", []),
                _ => ("bash", []),
            };
            foreach (string tool in file.EndsWith(".sh", StringComparison.Ordinal) ? ["bash", "curl", "jq"] : new[] { program })
            {
                Assert.True(
                    Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)) || File.Exists(Path.Combine(folder, tool + ".exe"))),
                    $"{tool} is not on this machine; ./crab test installs what the examples need, or says how");
            }

            ProcessStartInfo start = new(program, [.. before, Path.Combine(Docs, "examples", file), .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.UTF8,
                StandardErrorEncoding = Encoding.UTF8,
            };
            start.Environment["CRAB_STUDIO"] = studio.Http.BaseAddress!.ToString().TrimEnd('/');
            start.Environment["NO_PROXY"] = "127.0.0.1";
            start.Environment["PYTHONIOENCODING"] = "utf-8";
            // No helper of the build outlives it: one that does would hold the output open.
            start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
            start.Environment["UseSharedCompilation"] = "false";
            return new Example(Process.Start(start)!);
        }

        public async Task<string> LineAsync() => await process.StandardOutput.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException($"it ended too soon: {await error}");

        public async Task<string> TextAsync(int length)
        {
            char[] text = new char[length];
            int read = await process.StandardOutput.ReadBlockAsync(text, limit.Token);
            return new string(text, 0, read);
        }

        public async Task<string[]> RestAsync() => (await process.StandardOutput.ReadToEndAsync(limit.Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        public async Task<(int Code, string Error)> EndAsync()
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await error);
        }

        public async ValueTask DisposeAsync()
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }

            process.Dispose();
            limit.Dispose();
        }
    }
}

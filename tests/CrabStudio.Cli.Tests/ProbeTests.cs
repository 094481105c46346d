using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab probe</c>, also over every media entry of <c>hostile/manifest.json</c>.</summary>
public sealed class ProbeTests
{
    [Fact]
    public async Task EveryMediaFileOfTheManifestIsTakenOrRefusedAsItSays()
    {
        using Scratch scratch = new();
        using JsonDocument manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Golden.Find("hostile/manifest.json")));
        JsonElement[] entries = [.. manifest.RootElement.GetProperty("files").EnumerateArray().Where(entry => entry.GetProperty("group").GetString() == "media")];
        string[] files = [.. entries.Select(entry => Golden.Find("hostile/" + entry.GetProperty("name").GetString()))];
        string[] markers = Markers();

        // One process looks at all: an answer later than the sum of what each may take would break the run's own limit.
        CrabResult result = await Crab.RunAsync(["probe", "--json", "--", .. files], scratch.Folder);

        JsonElement[] lines = result.Json;
        Assert.True(entries.Length > 150, $"only {entries.Length} entries");
        Assert.Equal((1, string.Empty), (result.Code, result.Error));
        Assert.Equal(files, lines.Select(line => line.GetProperty("file").GetString()));
        string[] wrong = [.. entries.Zip(lines, (entry, line) => (entry, line, complaint: Complaint(entry, line))).Where(one => one.complaint is not null)
            .Select(one => $"{one.entry.GetProperty("name")}: {one.complaint} ({one.line})")];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
        Assert.Equal(markers, Markers());
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Folder));
    }

    [Theory]
    [InlineData("media/-version.mp4", 0)]
    [InlineData("media/bomb-cmov.mov", 1)]
    [InlineData("media/bomb-nested-boxes.mp4", 1)]
    public async Task ASingleFileTakesLessThan10Seconds(string file, int code)
    {
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        CrabResult result = await Crab.RunAsync("probe", "--json", Golden.Find("hostile/" + file));

        Assert.Equal((code, string.Empty), (result.Code, result.Error));
        Assert.True(watch.Elapsed.TotalSeconds < 10, $"{watch.Elapsed.TotalSeconds:0.0} s");
    }

    [Fact]
    public async Task AFileThatBeginsWithADashIsFoundBareAndBehindTwoDashes()
    {
        using Scratch scratch = new();
        scratch.Copy("hostile/media/-i.mp4", "-i.mp4");

        CrabResult bare = await Crab.RunAsync(["probe", "--json", "-i.mp4"], scratch.Folder), behind = await Crab.RunAsync(["probe", "--json", "--", "-i.mp4"], scratch.Folder);

        Assert.Equal(0, bare.Code);
        Assert.Equal(bare, behind);
    }

    [Fact]
    public async Task WithoutJsonGoodFilesAreATableAndRefusedOnesALineOnStderr()
    {
        CrabResult result = await Crab.RunAsync("probe", Golden.Find("media/clip_a.mp4"), "/nowhere/gone.mp4");

        Assert.Contains("gone.mp4", result.OneErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("h264 160×120", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("gone", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutFfmpegOneLineSaysWhatToInstall()
    {
        using Scratch scratch = new();
        using System.Diagnostics.Process process = Crab.StartProgram(Crab.Dotnet, [Path.Combine(AppContext.BaseDirectory, "crab.dll"), "probe", Golden.Find("media/clip_a.mp4")], null, ("PATH", scratch.Folder));

        Assert.Contains("ffmpeg", (await Crab.EndAsync(process)).OneErrorLine(1), StringComparison.Ordinal);
    }

    private static string? Complaint(JsonElement entry, JsonElement line)
    {
        string expected = entry.GetProperty("expected").GetString()!;
        if (!line.GetProperty("ok").GetBoolean())
        {
            string error = line.GetProperty("error").GetString()!;
            return expected == "accept" ? "refused"
                : error.Contains('\n') || error.Length > 400 || error.Contains("   at ", StringComparison.Ordinal) ? "not one plain line"
                : !error.StartsWith(Path.GetFileName(entry.GetProperty("name").GetString()!), StringComparison.Ordinal) ? "does not name the file"
                : null;
        }

        return expected == "reject" ? "taken"
            : line.TryGetProperty("error", out _) ? "good, and yet an error"
            : entry.TryGetProperty("facts", out JsonElement facts) ? Different(facts, line)
            : null;
    }

    private static string? Different(JsonElement facts, JsonElement line)
    {
        // ffprobe left to itself opens the CMYK picture by its name, with a made-up duration of one frame.
        string format = facts.GetProperty("format").GetString()!;
        bool byName = format == "image2";
        if (line.GetProperty("format").GetString() != (byName ? "jpeg_pipe" : format))
        {
            return $"not {format}";
        }

        double? duration = byName ? null : Number(facts.GetProperty("duration")), found = Number(line.GetProperty("duration"));
        if (duration is null != found is null || Math.Abs((duration ?? 0) - (found ?? 0)) > 1e-6)
        {
            return $"not {duration} s";
        }

        JsonElement[] streams = [.. facts.GetProperty("streams").EnumerateArray()];
        if (line.GetProperty("stream_count").GetInt32() != streams.Length)
        {
            return $"not {streams.Length} streams";
        }

        // The first of each kind; the picture in an mp3 is its cover.
        foreach ((string kind, string[] fields) in new[] { ("video", new[] { "codec_name", "width", "height" }), ("audio", ["codec_name", "sample_rate", "channels"]) })
        {
            JsonElement?[] both = [First(facts, kind), First(line, kind)];
            if (kind == "video" && format == "mp3")
            {
                both[0] = null;
            }

            if (both[0] is null != both[1] is null || (both[0] is not null && fields.Any(field => both[0]!.Value.GetProperty(field).ToString() != both[1]!.Value.GetProperty(field).ToString())))
            {
                return $"other {kind} stream";
            }
        }

        return null;
    }

    private static JsonElement? First(JsonElement of, string kind) =>
        of.GetProperty("streams").EnumerateArray().Where(stream => stream.GetProperty("codec_type").GetString() == kind).Select(stream => (JsonElement?)stream).FirstOrDefault();

    private static double? Number(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetDouble();

    private static string[] Markers() =>
    [
        .. new[] { Path.GetTempPath(), Environment.CurrentDirectory }
            .SelectMany(folder => Directory.EnumerateFileSystemEntries(folder, "CRAB_PWNED*")).Order(),
    ];
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Media.Tests;

/// <summary>Every entry of group <c>media</c> in <c>hostile/manifest.json</c>.</summary>
public sealed class HostileMediaTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Every_media_file_of_the_manifest_comes_out_as_it_says()
    {
        using JsonDocument manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Golden.Find("hostile/manifest.json")));
        JsonElement[] entries = [.. manifest.RootElement.GetProperty("files").EnumerateArray().Where(entry => entry.GetProperty("group").GetString() == "media")];
        string[] markersBefore = Markers();
        ConcurrentBag<string> wrong = [];
        ConcurrentBag<(double Seconds, string Name)> times = [];
        MediaReader reader = new();
        await Parallel.ForEachAsync(entries, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (entry, cancellation) =>
        {
            string name = entry.GetProperty("name").GetString()!;
            Stopwatch watch = Stopwatch.StartNew();
            string? complaint = await ExamineAsync(reader, name, entry, cancellation);
            times.Add((watch.Elapsed.TotalSeconds, name));
            if (complaint is not null)
            {
                wrong.Add($"{name} ({entry.GetProperty("wrong").GetString()}): {complaint}");
            }
        });
        foreach ((double seconds, string name) in times.OrderDescending().Take(5))
        {
            output.WriteLine($"{seconds:0.00} s {name}");
        }

        Assert.True(entries.Length > 150, $"only {entries.Length} entries");
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order()));
        Assert.All(times, time => Assert.True(time.Seconds <= 10, $"{time.Name} took {time.Seconds:0.0} s"));
        Assert.Equal(markersBefore, Markers());
    }

    private static async Task<string?> ExamineAsync(MediaReader reader, string name, JsonElement entry, CancellationToken cancellation)
    {
        string expected = entry.GetProperty("expected").GetString()!;
        try
        {
            ClipProbe probe = await reader.ProbeAsync(Golden.Find("hostile/" + name), cancellation);
            return expected == "reject" ? "accepted as " + probe
                : entry.TryGetProperty("facts", out JsonElement facts) ? Compare(probe, facts)
                : null;
        }
        catch (MediaException refusal)
        {
            return expected == "accept" ? refusal.Message
                : refusal.Message.Contains('\n') || refusal.Message.Length > 400 ? "not one line: " + refusal.Message
                : !refusal.Message.StartsWith(Path.GetFileName(name), StringComparison.Ordinal) ? "does not name the file: " + refusal.Message
                : null;
        }
    }

    private static string? Compare(ClipProbe probe, JsonElement facts)
    {
        // ffprobe left to itself opens the CMYK picture by its name, with a made-up duration of one frame.
        string format = facts.GetProperty("format").GetString()!;
        bool byName = format == "image2";
        if (probe.Format != (byName ? "jpeg_pipe" : format))
        {
            return $"format {probe.Format}, not {format}";
        }

        double duration = byName || facts.GetProperty("duration").ValueKind == JsonValueKind.Null ? 0 : facts.GetProperty("duration").GetDouble();
        if (Math.Abs(probe.DurationSeconds - duration) > 1e-6)
        {
            return $"{probe.DurationSeconds} s, not {duration}";
        }

        JsonElement[] streams = [.. facts.GetProperty("streams").EnumerateArray()];
        JsonElement? sound = streams.Where(stream => stream.GetProperty("codec_type").GetString() == "audio").Select(stream => (JsonElement?)stream).FirstOrDefault();
        JsonElement? picture = streams.Where(stream => stream.GetProperty("codec_type").GetString() == "video").Select(stream => (JsonElement?)stream).FirstOrDefault();
        bool cover = format == "mp3";
        (string?, int?, int?)? expectedPicture = picture is { } p && !cover
            ? (p.GetProperty("codec_name").GetString(), p.GetProperty("width").GetInt32(), p.GetProperty("height").GetInt32()) : null;
        (string?, int?, int?)? expectedSound = sound is { } s
            ? (s.GetProperty("codec_name").GetString(), int.Parse(s.GetProperty("sample_rate").GetString()!), s.GetProperty("channels").GetInt32()) : null;
        (string?, int?, int?)? foundPicture = probe.Picture is { } fp ? (fp.Codec, fp.Width, fp.Height) : null;
        (string?, int?, int?)? foundSound = probe.Sound is { } fs ? (fs.Codec, fs.SampleRate, fs.Channels) : null;
        return foundPicture != expectedPicture ? $"picture {foundPicture}, not {expectedPicture}"
            : foundSound != expectedSound ? $"sound {foundSound}, not {expectedSound}"
            : probe.StreamCount != streams.Length ? $"{probe.StreamCount} streams, not {streams.Length}"
            : null;
    }

    private static string[] Markers() =>
    [
        .. new[] { Path.GetTempPath(), Environment.CurrentDirectory }
            .SelectMany(folder => Directory.EnumerateFileSystemEntries(folder, "CRAB_PWNED*")).Order(),
    ];
}

using System.CommandLine;
using System.Text.Json.Nodes;
using CrabStudio.Media;
using Spectre.Console;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab probe</c>.</summary>
internal static class ProbeVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string[]> files = new("FILE") { Arity = ArgumentArity.OneOrMore, Description = "Videos, sounds and pictures. A name that begins with a dash goes behind --." };
        Option<bool> json = new("--json") { Description = "One JSON line a file, in the order given: {\"file\", \"ok\", \"error\"?, kind, format, duration, streams, …}." };
        Command verb = new("probe", "Say what media files are, and whether the studio would take them. The exit code is 1 when one is refused.") { files, json };
        verb.SetAction((parsed, cancellation) =>
        {
            MediaReader.CheckTools();
            MediaReader reader = new();
            return FileReport.RunAsync(
                FileArguments.Read(parsed, files),
                parsed.GetValue(json),
                Math.Min(4, Environment.ProcessorCount),
                async (file, stop) => Facts(await reader.ProbeAsync(file, stop)),
                Show,
                cancellation);
        });
        return verb;
    }

    private static JsonObject Facts(ClipProbe probe)
    {
        JsonArray streams = [];
        if (probe.Picture is { } picture)
        {
            streams.Add(new JsonObject
            {
                ["codec_type"] = "video",
                ["codec_name"] = picture.Codec,
                ["width"] = picture.Width,
                ["height"] = picture.Height,
                ["frames_per_second"] = picture.FramesPerSecond,
                ["rotation"] = picture.RotationDegrees,
                ["pixel_format"] = picture.PixelFormat,
            });
        }

        if (probe.Sound is { } sound)
        {
            streams.Add(new JsonObject
            {
                ["codec_type"] = "audio",
                ["codec_name"] = sound.Codec,
                ["sample_rate"] = sound.SampleRate,
                ["channels"] = sound.Channels,
            });
        }

        return new JsonObject
        {
            ["kind"] = probe.Kind.ToString().ToLowerInvariant(),
            ["format"] = probe.Format,
            // Most stills know no time.
            ["duration"] = probe.DurationSeconds > 0 ? probe.DurationSeconds : null,
            ["bytes"] = probe.Bytes,
            ["stream_count"] = probe.StreamCount,
            ["streams"] = streams,
        };
    }

    private static void Show(IReadOnlyList<(string File, JsonObject Facts)> good)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns("file", "kind", "format", "seconds", "picture", "sound");
        foreach ((string file, JsonObject facts) in good)
        {
            JsonNode? picture = facts["streams"]!.AsArray().FirstOrDefault(stream => (string?)stream!["codec_type"] == "video");
            JsonNode? sound = facts["streams"]!.AsArray().FirstOrDefault(stream => (string?)stream!["codec_type"] == "audio");
            string[] cells =
            [
                Terminal.OneLine(file),
                (string)facts["kind"]!,
                (string)facts["format"]!,
                (double?)facts["duration"] is { } seconds ? FormattableString.Invariant($"{seconds:0.###}") : "–",
                picture is null ? "–" : FormattableString.Invariant($"{picture["codec_name"]} {picture["width"]}×{picture["height"]}"),
                sound is null ? "–" : FormattableString.Invariant($"{sound["codec_name"]} {sound["sample_rate"]} Hz, {sound["channels"]} ch"),
            ];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        Terminal.Results().Write(table);
    }
}

using System.CommandLine;
using System.Globalization;
using CrabStudio.Media;
using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab timeline</c>: timelines in the formats of other programs.</summary>
internal static class TimelineVerb
{
    /// <summary>The verb.</summary>
    public static Command Create() => new("timeline", "Timelines, boxes and points of a clip, in the formats of other programs.") { CreateConvert() };

    private static Command CreateConvert()
    {
        Argument<string> input = new("IN") { Description = "A file in any of the formats." };
        Option<string> to = new("--to") { HelpName = "FORMAT", Required = true, Description = $"The format to write: {string.Join(", ", TimelineExchange.Names)}." };
        to.AcceptOnlyFromAmong([.. TimelineExchange.Names]);
        Option<string> output = new("--out") { HelpName = "FILE", Required = true, Description = "The file to write. One that is there already is left alone, and the command stops." };
        Option<string?> from = new("--from") { HelpName = "FORMAT", Description = "The format of IN. Without it: told from what it holds." };
        from.AcceptOnlyFromAmong([.. TimelineExchange.Names]);
        Option<string?> clip = new("--clip") { HelpName = "FILE", Description = "The clip: its length, frame rate and size are used where IN does not say them, and its name chooses among the clips of a file about several. Where there is no such file, the name alone." };
        Option<double?> rate = DecimalNumber.Option("--fps", "Frames a second, where neither IN nor the clip says it.", 0.001, (double)TimelineRules.MostFrameRate);
        Option<(int, int)?> size = new("--size")
        {
            HelpName = "WIDTHxHEIGHT",
            Description = "The picture in pixels, where neither IN nor the clip says it.",
            CustomParser = result =>
            {
                string given = result.Tokens[^1].Value;
                if (given.Split('x') is [var across, var down] && int.TryParse(across, NumberStyles.None, CultureInfo.InvariantCulture, out int width) && int.TryParse(down, NumberStyles.None, CultureInfo.InvariantCulture, out int height)
                    && width is >= 1 and <= TimelineRules.MostPixels && height is >= 1 and <= TimelineRules.MostPixels)
                {
                    return (width, height);
                }

                result.AddError($"--size is '{given}'; expected a width and a height in pixels, as in 640x360");
                return null;
            },
        };
        Option<string?> layer = new("--layer") { HelpName = "model|corrected|truth", Description = "Who says what IN gives to nobody (without it: truth), and the one layer that av-uie holds (without it: the truth, else what was corrected, else the model's)." };
        layer.AcceptOnlyFromAmong("model", "corrected", "truth");
        Option<string?> key = new("--key") { HelpName = string.Join('|', AvUieForm.EventKeys), Description = "The key of av-uie. Without it: read, told from the fields; written, unav where every event is heard and seen, else avvp." };
        key.AcceptOnlyFromAmong([.. AvUieForm.EventKeys]);
        Command verb = new("convert", "Bring a timeline from one format into another: ELAN (eaf), WebVTT (vtt), tables (csv), the studio's own JSON (json, which holds everything), Label Studio (label-studio), COCO (coco, boxes only), entries of AV-UIE v2 for training (av-uie). What a format has no place for is said, a line each.")
        {
            input, to, output, from, clip, rate, size, layer, key,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            string file = parsed.GetRequiredValue(input), target = parsed.GetRequiredValue(output);
            TimelineLayer? said = parsed.GetValue(layer) is { } word ? TimelineRules.Layer(word) : null;
            TimelineClip facts = await FactsAsync(parsed.GetValue(clip), parsed.GetValue(rate), parsed.GetValue(size), cancellation);
            TimelineReadSettings reading = new() { Clip = facts, Layer = said ?? TimelineLayer.Truth, AvUieKey = parsed.GetValue(key) };
            ImportedTimeline read = TimelineExchange.ReadFile(file, parsed.GetValue(from) is { } known ? TimelineExchange.Find(known) : null, reading);
            TimelineFormat format = TimelineExchange.Find(parsed.GetRequiredValue(to))!.Value;
            ExportedTimeline written = TimelineExchange.Write(read.Document, format, new TimelineWriteSettings { Layer = said, AvUieKey = parsed.GetValue(key) });
            await SaveAsync(target, written.Bytes, cancellation);

            Console.Out.WriteLine($"read {Terminal.OneLine(Path.GetFileName(file))} ({TimelineExchange.Name(read.Format)}): {Count(read.Document.Events.Count, "event")}, {Count(read.Document.Boxes.Count, "box", "boxes")}, {Count(read.Document.Points.Count, "point")}");
            Tell("not read", read.LeftOut);
            Console.Out.WriteLine($"wrote {Terminal.OneLine(Path.GetFileName(target))} ({TimelineExchange.Name(format)})");
            Tell("not written", written.LeftOut);
            return CommandException.GoodCode;
        });
        return verb;
    }

    private static async Task<TimelineClip> FactsAsync(string? clip, double? rate, (int Width, int Height)? size, CancellationToken cancellation)
    {
        TimelineClip facts = new(clip is null ? "" : TimelineRules.FileName(clip));
        if (clip is not null && File.Exists(clip))
        {
            MediaReader.CheckTools();
            ClipProbe probe = await new MediaReader().ProbeAsync(clip, cancellation);
            // As it is shown: a phone held upright turns the picture.
            (int? Width, int? Height) shown = probe.Picture is not { } picture ? (null, null) : picture.RotationDegrees % 180 == 0 ? (picture.Width, picture.Height) : (picture.Height, picture.Width);
            facts = facts with
            {
                DurationSeconds = probe.PlaySeconds > 0 ? TimelineRules.Milliseconds((decimal)probe.PlaySeconds) : null,
                FrameRate = probe is { Kind: ClipKind.Video, Picture.FramesPerSecond: > 0 } ? Math.Round((decimal)probe.Picture.FramesPerSecond, 6) : null,
                Width = shown.Width,
                Height = shown.Height,
            };
        }

        return facts with
        {
            FrameRate = facts.FrameRate ?? (rate is { } given ? Math.Round((decimal)given, 6) : null),
            Width = facts.Width ?? size?.Width,
            Height = facts.Height ?? size?.Height,
        };
    }

    // Whole or not at all, and never over another.
    private static async Task SaveAsync(string path, byte[] bytes, CancellationToken cancellation)
    {
        if (Path.Exists(path))
        {
            throw new CommandException($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(path))}: is there already; take it away, or name another file");
        }

        string part = path + ".part";
        try
        {
            await File.WriteAllBytesAsync(part, bytes, cancellation);
            File.Move(part, path);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static void Tell(string what, IReadOnlyList<LeftOut> leftOut)
    {
        foreach (LeftOut one in leftOut)
        {
            Console.Out.WriteLine(FormattableString.Invariant($"  {what}: {Kind(one.Kind)} ×{one.Count}: {Terminal.OneLine(one.Why)}"));
        }
    }

    private static string Kind(LeftOutKind kind) => kind switch
    {
        LeftOutKind.ClipFacts => "facts of the clip",
        LeftOutKind.OtherRegions => "other regions",
        LeftOutKind.OtherClips => "other clips",
        LeftOutKind.Cancelled => "cancelled annotations",
        LeftOutKind.Times => "exact times",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string Count(int count, string one, string? many = null) => FormattableString.Invariant($"{count:#,0} {(count == 1 ? one : many ?? one + "s")}");
}

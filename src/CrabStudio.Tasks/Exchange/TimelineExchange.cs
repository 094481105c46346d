using System.Text;
using System.Text.Json;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Tasks.Exchange;

/// <summary>The formats that timelines are exchanged in.</summary>
public enum TimelineFormat
{
    /// <summary>This program's own JSON, which holds everything: see <see cref="TimelineJsonForm"/>.</summary>
    Json,

    /// <summary>ELAN's EAF 3.0: see <see cref="EafForm"/>.</summary>
    Eaf,

    /// <summary>WebVTT: see <see cref="WebVttForm"/>.</summary>
    WebVtt,

    /// <summary>A table: see <see cref="CsvForm"/>.</summary>
    Csv,

    /// <summary>Label Studio's JSON: see <see cref="LabelStudioForm"/>.</summary>
    LabelStudio,

    /// <summary>COCO's JSON, for boxes: see <see cref="CocoForm"/>.</summary>
    Coco,

    /// <summary>A list of AV-UIE v2, for training: see <see cref="AvUieForm"/>.</summary>
    AvUie,
}

/// <summary>What is known beside a file.</summary>
public sealed record TimelineReadSettings
{
    /// <summary>Facts of the clip that the file may not have; its name also chooses the clip where a file speaks of several.</summary>
    public TimelineClip? Clip { get; init; }

    /// <summary>The layer of what the file does not give to one.</summary>
    public TimelineLayer Layer { get; init; } = TimelineLayer.Truth;

    /// <summary>The key of entries of AV-UIE; null: told from their fields.</summary>
    public string? AvUieKey { get; init; }
}

/// <summary>How a timeline is written where a format leaves a choice.</summary>
public sealed record TimelineWriteSettings
{
    /// <summary>When the file was made, which an EAF must say.</summary>
    public DateTimeOffset Date { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>The layer that a format with one layer holds (AV-UIE); null: the truth, else what was corrected, else the model's.</summary>
    public TimelineLayer? Layer { get; init; }

    /// <summary>The key of entries of AV-UIE: ave, unav or avvp; null: unav where every event is heard and seen, else avvp.</summary>
    public string? AvUieKey { get; init; }

    /// <summary>Which of the two lists of AV-UIE.</summary>
    public AvUieSplit Split { get; init; } = AvUieSplit.Train;

    /// <summary>Chooses the words of AV-UIE's answers.</summary>
    public int Seed { get; init; }
}

/// <summary>Timelines to and from the formats of other programs. Pure: the same timeline and settings give the same bytes.</summary>
public static class TimelineExchange
{
    private static readonly (TimelineFormat Format, string Name, string Extension)[] Formats =
    [
        (TimelineFormat.Json, "json", ".json"),
        (TimelineFormat.Eaf, "eaf", ".eaf"),
        (TimelineFormat.WebVtt, "vtt", ".vtt"),
        (TimelineFormat.Csv, "csv", ".csv"),
        (TimelineFormat.LabelStudio, "label-studio", ".json"),
        (TimelineFormat.Coco, "coco", ".json"),
        (TimelineFormat.AvUie, "av-uie", ".json"),
    ];

    /// <summary>The formats' names, as a user writes them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Formats.Select(one => one.Name)];

    /// <summary>The name of a format.</summary>
    public static string Name(TimelineFormat format) => Formats.Single(one => one.Format == format).Name;

    /// <summary>What names of such files end in.</summary>
    public static string Extension(TimelineFormat format) => Formats.Single(one => one.Format == format).Extension;

    /// <summary>The format of a name, or null.</summary>
    public static TimelineFormat? Find(string name)
    {
        int place = Array.FindIndex(Formats, one => one.Name == name.ToLowerInvariant());
        return place < 0 ? null : Formats[place].Format;
    }

    /// <summary>Writes a timeline.</summary>
    /// <exception cref="ArgumentException">The timeline breaks a rule of <see cref="TimelineDocument"/>.</exception>
    /// <exception cref="ExchangeException">The format needs what the timeline does not have, such as the frame rate.</exception>
    public static ExportedTimeline Write(TimelineDocument document, TimelineFormat format, TimelineWriteSettings? settings = null)
    {
        document.Check();
        TimelineDocument ordered = document.InOrder();
        TimelineWriteSettings how = settings ?? new();
        LeftOutList leftOut = new();
        byte[] bytes = format switch
        {
            TimelineFormat.Json => TimelineJsonForm.Write(ordered),
            TimelineFormat.Eaf => EafForm.Write(ordered, how, leftOut),
            TimelineFormat.WebVtt => WebVttForm.Write(ordered, leftOut),
            TimelineFormat.Csv => CsvForm.Write(ordered),
            TimelineFormat.LabelStudio => LabelStudioForm.Write(ordered, leftOut),
            TimelineFormat.Coco => CocoForm.Write(ordered, leftOut),
            TimelineFormat.AvUie => AvUieForm.Write(ordered, how, leftOut),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
        return new ExportedTimeline(bytes, leftOut.All);
    }

    /// <summary>Reads a timeline. Whatever the bytes are, the outcome is a timeline within the rules or one exception.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="fileName">Its name, for messages.</param>
    /// <param name="format">The format; null: told from the content.</param>
    /// <param name="settings">What is known beside the file.</param>
    /// <exception cref="ExchangeException">The file does not fit; the message says in which line.</exception>
    public static ImportedTimeline Read(byte[] bytes, string fileName, TimelineFormat? format = null, TimelineReadSettings? settings = null)
    {
        string name = TimelineRules.FileName(fileName) is { Length: > 0 } shown ? shown : "file";
        if (bytes.Length > TimelineRules.MostBytes)
        {
            throw TooLarge(name, bytes.Length);
        }

        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] && format is not TimelineFormat.Eaf)
        {
            throw new ExchangeException(name, new ExchangePlace(1), null, "is UTF-16; save it as UTF-8");
        }

        TimelineBuilder builder = new(name, settings ?? new());
        TimelineFormat form = format ?? Told(name, bytes);
        // Open to the end: what is found wrong then looks for its place.
        using JsonSource? json = form is TimelineFormat.Eaf or TimelineFormat.WebVtt or TimelineFormat.Csv ? null : new JsonSource(name, bytes);
        switch (form)
        {
            case TimelineFormat.Json:
                TimelineJsonForm.Read(json!, builder);
                break;
            case TimelineFormat.Eaf:
                EafForm.Read(bytes, builder);
                break;
            case TimelineFormat.WebVtt:
                WebVttForm.Read(bytes, builder);
                break;
            case TimelineFormat.Csv:
                CsvForm.Read(bytes, builder);
                break;
            case TimelineFormat.LabelStudio:
                LabelStudioForm.Read(json!, builder);
                break;
            case TimelineFormat.Coco:
                CocoForm.Read(json!, builder);
                break;
            case TimelineFormat.AvUie:
                AvUieForm.Read(json!, builder);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format));
        }

        return new ImportedTimeline(builder.Finish(), form, builder.LeftOut.All);
    }

    /// <summary>Reads a file, as <see cref="Read(byte[], string, TimelineFormat?, TimelineReadSettings?)"/>.</summary>
    /// <exception cref="ExchangeException">As there, or the file cannot be read.</exception>
    public static ImportedTimeline ReadFile(string path, TimelineFormat? format = null, TimelineReadSettings? settings = null)
    {
        string name = TimelineRules.FileName(path) is { Length: > 0 } shown ? shown : path;
        try
        {
            FileInfo facts = new(path);
            return !facts.Exists ? throw new ExchangeException(name, default, null, "is not there")
                : facts.Length > TimelineRules.MostBytes ? throw TooLarge(name, facts.Length)
                : Read(File.ReadAllBytes(path), name, format, settings);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ExchangeException(name, default, null, $"cannot be read: {fault.Message}");
        }
    }

    // By what a file begins with, not by its name: five formats end in .json.
    private static TimelineFormat Told(string name, byte[] bytes)
    {
        ReadOnlySpan<byte> text = bytes;
        text = (text.StartsWith(Encoding.UTF8.Preamble) ? text[3..] : text).TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            throw new ExchangeException(name, new ExchangePlace(1), null, $"is empty; expected a timeline as {string.Join(", ", Names)}");
        }

        if (text[0] == '<')
        {
            return TimelineFormat.Eaf;
        }

        if (text.StartsWith("WEBVTT"u8))
        {
            return TimelineFormat.WebVtt;
        }

        if (text[0] is not ((byte)'{' or (byte)'['))
        {
            return TimelineFormat.Csv;
        }

        using JsonSource source = new(name, bytes);
        JsonElement root = source.Root;
        JsonElement first = root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0 ? root[0] : root;
        bool Has(string field) => first.ValueKind == JsonValueKind.Object && first.TryGetProperty(field, out _);
        return Has(TimelineJsonForm.VersionField) ? TimelineFormat.Json
            : Has("images") ? TimelineFormat.Coco
            : Has("data") ? TimelineFormat.LabelStudio
            : Has("video_path") ? TimelineFormat.AvUie
            : throw source.Fault(first, null, $"is no timeline that is known; expected {TimelineJsonForm.VersionField} (json), images (coco), a list of tasks with data (label-studio) or of entries with video_path (av-uie)");
    }

    private static ExchangeException TooLarge(string name, long bytes) =>
        new(name, default, null, FormattableString.Invariant($"has {bytes / 1e6:0.0} MB; a timeline has {TimelineRules.MostBytes / 1_000_000} MB at most"));
}

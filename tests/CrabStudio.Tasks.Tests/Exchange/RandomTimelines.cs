using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Tasks.Tests.Exchange;

/// <summary>Timelines with texts, ids and times that formats are apt to trip over. The same seed gives the same timeline.</summary>
internal sealed class RandomTimelines(int seed)
{
    private static readonly string[] Words =
    [
        "dog", "Church bell", "語", "Ä", "🐕", "<b>", "</c>", "<c.audio.truth>", "&amp;", "&", "-->", "=1+1", "'=x", "''", "+", "-", "@", "＝", "\"", ",", ";", "\t", "]]>", "|", "{", "}", "\\",
        "NOTE", "STYLE", "null", "1,2", "audio", "{\"crabstudio_note\":\"x\"}", "\u00A0", "\u2028", "\u200B", "x-", "#", "%20", "?",
    ];

    private const string Signs = "0123456789-.\"<>{}[]&,:\n \0eE+";

    private static readonly string[] Ids = ["-5", "5", "x-5", "x-x-5", "_a", "Included_In", "Time_Subdivision", "x-Included_In", "ts1", "ts2", "n3", "a7", "a99999999", "NOTE", "WEBVTT", "e1", "b1", "p1", "e2", "8f14e45f-ceea-467a-9b36-1c8f6e0b9d2a", "."];

    private readonly Random random = new(seed);
    private readonly HashSet<string> taken = [];

    /// <summary>A timeline with everything.</summary>
    /// <param name="facts">Whether all facts of the clip are known; else each is, or is not, by chance, and there are boxes and points all the same.</param>
    public TimelineDocument Next(bool facts = true)
    {
        taken.Clear();
        bool Known() => facts || random.Next(2) == 0;
        TimelineClip clip = new(Known() ? FileName() : "")
        {
            DurationSeconds = Known() ? random.Next(1, 1_000_000) / 1000m : null,
            FrameRate = Known() ? new[] { 25, 24, 29.97003m, 23.976024m, 60, 0.5m, 12.5m }[random.Next(7)] : null,
            Width = Known() ? random.Next(16, 2000) : null,
            Height = Known() ? random.Next(16, 2000) : null,
        };
        return new TimelineDocument(clip)
        {
            Events = [.. Enumerable.Range(0, random.Next(12)).Select(_ => Event())],
            Boxes = [.. Enumerable.Range(0, random.Next(6)).Select(_ => Box(clip))],
            Points = [.. Enumerable.Range(0, random.Next(6)).Select(_ => new TimelinePoint(Id(), Label(), Time(), Random(0, clip.Width ?? 500), Random(0, clip.Height ?? 500), Layer(), Note()))],
            Altered = random.Next(2) == 0 ? "" : Label(),
        };
    }

    /// <summary>A few bytes changed, cut, doubled or put in.</summary>
    public byte[] Mutated(byte[] file)
    {
        List<byte> bytes = [.. file];
        for (int change = random.Next(1, 3); change > 0 && bytes.Count > 0; change--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    bytes[at] = (byte)Signs[random.Next(Signs.Length)];
                    break;
                default:
                    bytes.InsertRange(at, Put[random.Next(Put.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }

    private static readonly byte[][] Put =
    [
        .. new[] { "null", "1e999", "-1", "99999999999999999999", "\\ud800", "\"\"", "[]", "{}", "\r", "\n\n", "<!DOCTYPE x>", "<a>", "&x;", "\"", "'", "-->", "<v ", "<c.", "true", "0.0000001", "\uFEFF", "NaN", "\"id\":7," }.Select(text => System.Text.Encoding.UTF8.GetBytes(text)),
        [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xFF, 0xFE], [0],
    ];

    private TimelineEvent Event()
    {
        decimal start = Time(), length = random.Next(3) == 0 ? 0.001m : random.Next(1, 9000) / 1000m;
        return new TimelineEvent(Id(), Label(), (EventModality)random.Next(3), start, start + length, Layer(), Note());
    }

    private TimelineBox Box(TimelineClip clip)
    {
        decimal x = Random(0, (clip.Width ?? 500) - 1), y = Random(0, (clip.Height ?? 500) - 1);
        return new TimelineBox(Id(), Label(), Time(), x, y, Random(x + 0.01m, clip.Width ?? 500), Random(y + 0.01m, clip.Height ?? 500), Layer(), Note());
    }

    private decimal Random(decimal least, decimal most) => Math.Round(least + ((most - least) * random.Next(10_001) / 10_000), 2);

    // Few different times, so that much stands at the same.
    private decimal Time() => random.Next(3) switch { 0 => random.Next(4), 1 => random.Next(10_000) / 1000m, _ => random.Next(20) / 10m };

    private TimelineLayer Layer() => (TimelineLayer)random.Next(3);

    private string Id()
    {
        string id;
        do
        {
            id = random.Next(2) == 0 ? Ids[random.Next(Ids.Length)] : $"k{random.Next(1000)}";
        }
        while (!taken.Add(id));
        return id;
    }

    private string Label() => TimelineRules.Line(Text(4)) is { Length: > 0 } label ? label : "a";

    private string Note() => random.Next(2) == 0 ? "" : TimelineRules.Paragraphs(string.Join(random.Next(3) switch { 0 => "\n", 1 => "\n\n", _ => " " }, Enumerable.Range(0, 3).Select(_ => Text(3))));

    private string FileName() => TimelineRules.FileName($"clip {Text(2)}.mp4");

    private string Text(int words) => string.Join(random.Next(2) == 0 ? " " : "", Enumerable.Range(0, random.Next(1, words + 1)).Select(_ => Words[random.Next(Words.Length)]));
}

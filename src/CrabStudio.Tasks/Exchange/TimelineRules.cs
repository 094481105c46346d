using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Exchange;

/// <summary>The bounds of a timeline, and how texts and numbers of files are brought into them.</summary>
public static partial class TimelineRules
{
    /// <summary>Largest file that is read, in bytes.</summary>
    public const int MostBytes = 20_000_000;

    /// <summary>Most events, boxes and points together.</summary>
    public const int MostItems = 100_000;

    /// <summary>Latest time in seconds: a hundred hours.</summary>
    public const decimal MostSeconds = 360_000;

    /// <summary>Longest label in characters.</summary>
    public const int MostLabel = 200;

    /// <summary>Longest note in characters.</summary>
    public const int MostNote = 4_000;

    /// <summary>Largest width, height and coordinate in pixels.</summary>
    public const int MostPixels = 100_000;

    /// <summary>Highest frame rate.</summary>
    public const decimal MostFrameRate = 1_000;

    /// <summary>The words of modalities in every format: <c>audio</c>, <c>visual</c>, <c>audio-visual</c>.</summary>
    public static string Word(EventModality modality) => modality switch { EventModality.Audio => "audio", EventModality.Visual => "visual", _ => "audio-visual" };

    /// <summary>The words of layers in every format: <c>model</c>, <c>corrected</c>, <c>truth</c>.</summary>
    public static string Word(TimelineLayer layer) => layer switch { TimelineLayer.Model => "model", TimelineLayer.Corrected => "corrected", _ => "truth" };

    /// <summary>A modality of its word, or of those of <c>crab data build</c>; null when it is none.</summary>
    public static EventModality? Modality(string word) => word.ToLowerInvariant() switch
    {
        "audio" => EventModality.Audio,
        "visual" or "video" => EventModality.Visual,
        "audio-visual" or "audiovisual" or "both" => EventModality.AudioVisual,
        _ => null,
    };

    /// <summary>A layer of its word; null when it is none.</summary>
    public static TimelineLayer? Layer(string word) => word.ToLowerInvariant() switch
    {
        "model" => TimelineLayer.Model,
        "corrected" => TimelineLayer.Corrected,
        "truth" => TimelineLayer.Truth,
        _ => null,
    };

    /// <summary>Whether a text can be an id.</summary>
    public static bool IsId(string text) => Id().IsMatch(text);

    /// <summary>A text as a label: one line, every run of blanks as one, what is no text as U+FFFD.</summary>
    public static string Line(string text)
    {
        StringBuilder line = new();
        foreach (char letter in Whole(text))
        {
            if (!char.IsWhiteSpace(letter) && !char.IsControl(letter))
            {
                line.Append(letter);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>A text as a note: line breaks as <c>\n</c>, other control characters as blanks, none at the ends.</summary>
    public static string Paragraphs(string text) =>
        string.Concat(Whole(text).ReplaceLineEndings("\n").Select(letter => char.IsControl(letter) && letter != '\n' ? ' ' : letter)).Trim();

    /// <summary>The last part of a path or an address, as a label is cleaned.</summary>
    public static string FileName(string path) => Line(path[(path.LastIndexOfAny(['/', '\\']) + 1)..]);

    /// <summary>Seconds to the millisecond.</summary>
    public static decimal Milliseconds(decimal seconds) => Math.Round(seconds, 3, MidpointRounding.AwayFromZero);

    /// <summary>Pixels to the hundredth.</summary>
    public static decimal Hundredths(decimal pixels) => Math.Round(pixels, 2, MidpointRounding.AwayFromZero);

    /// <summary>A number without trailing zeros.</summary>
    internal static string Number(decimal value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A number of a file; null when it is none, or beyond any bound.</summary>
    internal static decimal? Number(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) && Math.Abs(number) <= 1_000_000_000 ? number : null;

    /// <summary>A text of a file as a message shows it: short, on one line.</summary>
    internal static string Shown(string text)
    {
        string line = Line(text.Length > 200 ? text[..200] : text);
        return line.Length <= 60 ? line : Whole(line[..60]) + "…";
    }

    /// <summary>What is wrong with an event, or null.</summary>
    internal static (string Field, string Problem)? Fault(TimelineEvent one) =>
        Fault(one.Id, one.Label, one.Note) ?? (one.StartSeconds < 0 ? ("start", $"is {Number(one.StartSeconds)}; a timeline begins at 0 seconds")
            : one.EndSeconds <= one.StartSeconds ? ("end", $"is {Number(one.EndSeconds)}, which is not after the start {Number(one.StartSeconds)}")
            : one.EndSeconds > MostSeconds ? ("end", $"is {Number(one.EndSeconds)}; the latest is {MostSeconds} seconds")
            : null);

    /// <summary>What is wrong with a box, or null.</summary>
    internal static (string Field, string Problem)? Fault(TimelineBox one, TimelineClip clip) =>
        Fault(one.Id, one.Label, one.Note) ?? Time(one.TimeSeconds) ?? Inside(one.X2, one.Y2, clip)
            ?? (one.X1 < 0 || one.Y1 < 0 || one.X1 >= one.X2 || one.Y1 >= one.Y2
                ? ("box", $"is {Number(one.X1)},{Number(one.Y1)} to {Number(one.X2)},{Number(one.Y2)}, which is reversed, empty or outside the picture") : null);

    /// <summary>What is wrong with a point, or null.</summary>
    internal static (string Field, string Problem)? Fault(TimelinePoint one, TimelineClip clip) =>
        Fault(one.Id, one.Label, one.Note) ?? Time(one.TimeSeconds) ?? Inside(one.X, one.Y, clip)
            ?? (one.X < 0 || one.Y < 0 ? ("point", $"is {Number(one.X)},{Number(one.Y)}, which lies outside the picture") : null);

    /// <summary>What is wrong with a clip's facts, or null.</summary>
    internal static (string Field, string Problem)? Fault(TimelineClip clip) =>
        FileName(clip.FileName) != clip.FileName ? ("file", $"is “{Shown(clip.FileName)}”, expected a file's name without folders")
            : clip.FileName.Length > 255 ? ("file", "is longer than the 255 characters that a file's name may have")
            : clip.DurationSeconds is < 0 or > MostSeconds ? ("duration", $"is {Number(clip.DurationSeconds.Value)}, expected 0 to {MostSeconds} seconds")
            : clip.FrameRate is <= 0 or > MostFrameRate ? ("frame rate", $"is {Number(clip.FrameRate.Value)}, expected more than 0 and up to {MostFrameRate}")
            : clip.Width is < 1 or > MostPixels ? ("width", $"is {clip.Width}, expected 1 to {MostPixels}")
            : clip.Height is < 1 or > MostPixels ? ("height", $"is {clip.Height}, expected 1 to {MostPixels}")
            : null;

    /// <summary>Checks a whole timeline.</summary>
    /// <exception cref="ArgumentException">A rule is broken.</exception>
    internal static void Check(TimelineDocument document)
    {
        Refuse("the clip", Fault(document.Clip) ?? (Exact(document.Clip.DurationSeconds ?? 0, 3) && Exact(document.Clip.FrameRate ?? 0, 6) ? null : ("duration", "or the frame rate has more places than are kept")));
        Refuse("the timeline", AlteredFault(document.Altered));
        HashSet<string> ids = [];
        int count = document.Events.Count + document.Boxes.Count + document.Points.Count;
        Refuse("the timeline", count > MostItems ? ("", $"has {count} events, boxes and points; the most is {MostItems}") : null);
        foreach (TimelineEvent one in document.Events)
        {
            Refuse($"event {one.Id}", Fault(one) ?? Unique(one.Id) ?? (Exact(one.StartSeconds, 3) && Exact(one.EndSeconds, 3) ? null : ("start", "or end is finer than a millisecond")));
        }

        foreach (TimelineBox one in document.Boxes)
        {
            Refuse($"box {one.Id}", Fault(one, document.Clip) ?? Unique(one.Id) ?? (Exact(one.TimeSeconds, 3) && Exact(one.X1, 2) && Exact(one.Y1, 2) && Exact(one.X2, 2) && Exact(one.Y2, 2) ? null : ("box", "is finer than a hundredth of a pixel, or its time than a millisecond")));
        }

        foreach (TimelinePoint one in document.Points)
        {
            Refuse($"point {one.Id}", Fault(one, document.Clip) ?? Unique(one.Id) ?? (Exact(one.TimeSeconds, 3) && Exact(one.X, 2) && Exact(one.Y, 2) ? null : ("point", "is finer than a hundredth of a pixel, or its time than a millisecond")));
        }

        (string, string)? Unique(string id) => ids.Add(id) ? null : ("id", "is that of another event, box or point");

        static bool Exact(decimal value, int places) => Math.Round(value, places) == value;

        static void Refuse(string what, (string Field, string Problem)? fault)
        {
            if (fault is { } found)
            {
                throw new ArgumentException($"{what}: {(found.Field.Length > 0 ? found.Field + " " : "")}{found.Problem}");
            }
        }
    }

    /// <summary>What is wrong with the words for how a run was altered, or null.</summary>
    internal static (string Field, string Problem)? AlteredFault(string words) =>
        words.Length > MostNote ? ("altered", $"has {words.Length} characters; the most is {MostNote}")
            : Line(words) != words ? ("altered", $"is “{Shown(words)}”, expected one line without blanks at its ends or two in a row")
            : null;

    private static (string, string)? Fault(string id, string label, string note) =>
        !IsId(id) ? ("id", $"is “{Shown(id)}”, expected 1 to 64 of A to Z, a to z, 0 to 9, dot, dash and underscore")
            : label.Length is 0 or > MostLabel ? ("label", label.Length == 0 ? "is empty" : $"has {label.Length} characters; the most is {MostLabel}")
            : Line(label) != label ? ("label", $"is “{Shown(label)}”, expected one line without blanks at its ends or two in a row")
            : note.Length > MostNote ? ("note", $"has {note.Length} characters; the most is {MostNote}")
            : Paragraphs(note) != note ? ("note", "has control characters, or blanks at its ends")
            : null;

    private static (string, string)? Time(decimal seconds) => seconds is < 0 or > MostSeconds ? ("time", $"is {Number(seconds)}, expected 0 to {MostSeconds} seconds") : null;

    private static (string, string)? Inside(decimal x, decimal y, TimelineClip clip) => x > (clip.Width ?? MostPixels) || y > (clip.Height ?? MostPixels)
        ? ("box", $"or point reaches to {Number(x)},{Number(y)}, which is outside the picture of {clip.Width ?? MostPixels}×{clip.Height ?? MostPixels}")
        : null;

    // Half a surrogate pair, and what XML cannot hold, is no text.
    private static string Whole(string text)
    {
        StringBuilder? whole = null;
        for (int at = 0; at < text.Length; at++)
        {
            bool pair = char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
            if (pair)
            {
                whole?.Append(text, at, 2);
                at++;
                continue;
            }

            bool bad = char.IsSurrogate(text[at]) || text[at] is '\uFFFE' or '\uFFFF';
            if (bad)
            {
                whole ??= new StringBuilder(text, 0, at, text.Length);
            }

            whole?.Append(bad ? '\uFFFD' : text[at]);
        }

        return whole?.ToString() ?? text;
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Id();
}

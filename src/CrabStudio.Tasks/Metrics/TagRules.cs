using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Metrics;

/// <summary>How an event answer was read.</summary>
public enum EventStatus
{
    /// <summary>Label and ranges are there.</summary>
    Ok,

    /// <summary>Not exactly one event tag pair on one line.</summary>
    EventTagCount,

    /// <summary>A known label, but no range tag.</summary>
    NoRangeTag,

    /// <summary>A known label, and no range tag that can be read.</summary>
    NoValidRange,

    /// <summary>Not a known label, and no range inside the tag.</summary>
    LabelUnknownAndNoRangeInEvent,

    /// <summary>Ranges inside the tag, behind a label that is not known.</summary>
    UnknownLabel,
}

/// <summary>An event answer.</summary>
/// <param name="Status">How it was read.</param>
/// <param name="Event">The label in lower case; null unless the status is ok.</param>
/// <param name="Ranges">Start and end in seconds as written, the end included; empty unless the status is ok.</param>
public sealed record EventReading(EventStatus Status, string? Event, IReadOnlyList<(BigInteger Start, BigInteger End)> Ranges)
{
    /// <summary>Whether a second of the clip lies in a range: start ≤ second ≤ end.</summary>
    public bool Covers(int second) => Ranges.Any(range => range.Start <= second && second <= range.End);
}

/// <summary>How a question's answer was read.</summary>
public enum AnswerStatus
{
    /// <summary>One of the known answers.</summary>
    Ok,

    /// <summary>Not exactly one answer tag pair on one line.</summary>
    AnswerTagCount,

    /// <summary>Another answer than the known ones.</summary>
    NotInAnswerList,
}

/// <summary>An event with ranges, as written.</summary>
/// <param name="Label">Trimmed, case kept.</param>
/// <param name="Ranges">Start and end in seconds.</param>
public sealed record LabelledRanges(string Label, IReadOnlyList<(double Start, double End)> Ranges)
{
    /// <summary>From events with one range each, those of one label that stand together joined.</summary>
    internal static IReadOnlyList<LabelledRanges> FromParsed(IEnumerable<AnswerEvent> events)
    {
        List<LabelledRanges> joined = [];
        foreach (AnswerEvent one in events)
        {
            if (one is not { StartSeconds: { } start, EndSeconds: { } end })
            {
                continue;
            }

            if (joined.Count > 0 && joined[^1].Label == one.Label)
            {
                joined[^1] = joined[^1] with { Ranges = [.. joined[^1].Ranges, (start, end)] };
            }
            else
            {
                joined.Add(new LabelledRanges(one.Label, [(start, end)]));
            }
        }

        return joined;
    }
}

/// <summary>
/// Rules for answers in tags: <c>moka_ave</c> and <c>moka_avqa</c> as the laboratory's scorers behave, <c>answer</c>,
/// <c>events</c>, <c>avvp</c> and <c>arig_box</c> by our own convention.
/// </summary>
public static partial class TagRules
{
    private static readonly HashSet<string> AveLabels = [.. TaskLabels.Ave.Select(PythonText.Lower), AveScore.Background];
    private static readonly HashSet<string> Answers = [.. TaskLabels.MusicAvqa];

    /// <summary>The labels that <see cref="ReadAve"/> knows: those of AVE in lower case, and <c>none</c>.</summary>
    public static IReadOnlySet<string> KnownAveLabels => AveLabels;

    /// <summary>Rule <c>moka_ave</c>. Source: GeWu-Lab/MokA@b28e834 AudioVisualText/scripts/evaluation/ave_eval.py.</summary>
    public static EventReading ReadAve(string text)
    {
        if (PythonText.OnlyMatch(EventOnLine(), text) is not { } inside)
        {
            return Failed(EventStatus.EventTagCount);
        }

        string content = PythonText.Trim(inside), label = PythonText.Lower(content);
        return AveLabels.Contains(label) ? WithRangeTags(label, text) : WithInnerRanges(content);
    }

    private static EventReading WithRangeTags(string label, string text)
    {
        List<(BigInteger, BigInteger)> ranges = [];
        MatchCollection tags = RangeOnLine().Matches(text);
        foreach (Match tag in tags)
        {
            if (tag.Groups[1].Value.Split(',') is [var from, var to] && PythonText.Integer(from) is { } start && PythonText.Integer(to) is { } end)
            {
                ranges.Add((start, end));
            }
        }

        return tags.Count == 0 ? Failed(EventStatus.NoRangeTag)
            : ranges.Count == 0 ? Failed(EventStatus.NoValidRange)
            : new EventReading(EventStatus.Ok, label, ranges);
    }

    private static EventReading WithInnerRanges(string content)
    {
        string plain = PythonText.AsciiDigits(content);
        List<(BigInteger, BigInteger)> ranges = [];
        int labelEnd = plain.Length;
        foreach (Match match in InnerRange().Matches(plain))
        {
            labelEnd = Math.Min(labelEnd, match.Index);
            // A number that is too long ends the script's whole second attempt.
            if (PythonText.Integer(match.Groups[1].Value) is not { } start || PythonText.Integer(match.Groups[2].Value) is not { } end)
            {
                return Failed(EventStatus.LabelUnknownAndNoRangeInEvent);
            }

            ranges.Add((start, end));
        }

        if (ranges.Count == 0)
        {
            return Failed(EventStatus.LabelUnknownAndNoRangeInEvent);
        }

        // Trimmed before the commas go and not again after, as in the script: "Bus ," is not "Bus".
        string label = PythonText.Lower(PythonText.Trim(plain[..labelEnd]).TrimEnd(','));
        return AveLabels.Contains(label) ? new EventReading(EventStatus.Ok, label, ranges) : Failed(EventStatus.UnknownLabel);
    }

    private static EventReading Failed(EventStatus status) => new(status, null, []);

    /// <summary>Rule <c>moka_avqa</c>. Source: check() of GeWu-Lab/MokA@b28e834 AudioVisualText/scripts/evaluation/avqa_eval.py.</summary>
    /// <returns>The status, and the answer in lower case when it is ok.</returns>
    public static (AnswerStatus Status, string? Answer) ReadMusicAvqa(string text)
    {
        if (PythonText.OnlyMatch(AnswerOnLine(), text) is not { } inside)
        {
            return (AnswerStatus.AnswerTagCount, null);
        }

        string answer = PythonText.Lower(PythonText.Trim(inside));
        return Answers.Contains(answer) ? (AnswerStatus.Ok, answer) : (AnswerStatus.NotInAnswerList, null);
    }

    /// <summary>
    /// Rule <c>answer</c> (by convention): the trimmed content, case kept, of the only answer tag pair, which may span lines.
    /// Null when there is none, more than one, or a tag without its other.
    /// </summary>
    public static string? ReadAnswer(string text)
    {
        const string open = "<answer>", close = "</answer>";
        int start = text.IndexOf(open, StringComparison.Ordinal), end = text.IndexOf(close, StringComparison.Ordinal);
        bool only = start >= 0 && end > start && text.LastIndexOf(open, StringComparison.Ordinal) == start && text.LastIndexOf(close, StringComparison.Ordinal) == end;
        return only ? PythonText.Trim(text[(start + open.Length)..end]) : null;
    }

    /// <summary>Rule <c>events</c> (by convention): the events of an AVE or UnAV answer with their ranges, in either output form.</summary>
    public static IReadOnlyList<LabelledRanges> ReadEvents(string text) =>
        LabelledRanges.FromParsed(AnswerParser.Parse("ave", WithoutEndMarks(text)).Events.Where(one => one.Modality == EventModality.AudioVisual));

    /// <summary>Rule <c>arig_box</c> (by convention): the box in <c>&lt;obj&gt;(x1,y1)(x2,y2)&lt;/obj&gt;</c>, or the first bracket of four numbers; null when there is neither.</summary>
    public static AnswerBox? ReadArigBox(string text)
    {
        if (ObjectBox().Match(PythonText.AsciiDigits(text)) is { Success: true } match)
        {
            long[] numbers = [.. match.Groups.Values.Skip(1).Select(group => long.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : long.MaxValue)];
            return new AnswerBox(numbers[0], numbers[1], numbers[2], numbers[3]);
        }

        return AnswerParser.Parse("arig", WithoutEndMarks(text)).Boxes.FirstOrDefault();
    }

    /// <summary>
    /// Rule <c>avvp</c> (by convention): tags <c>audio</c>, <c>audio_event</c>, <c>visual</c>, <c>visual_event</c>; the label before
    /// the first <c>(a b)</c> group. A tag without a range is dropped.
    /// </summary>
    /// <returns>One entry a tag, in order.</returns>
    public static (IReadOnlyList<LabelledRanges> Audio, IReadOnlyList<LabelledRanges> Visual) ReadAvvp(string text)
    {
        List<LabelledRanges> audio = [], visual = [];
        foreach (Match match in Track().Matches(PythonText.AsciiDigits(text)))
        {
            string inside = match.Groups["inside"].Value;
            (double, double)[] ranges =
            [
                .. InnerRange().Matches(inside).Select(range => (Seconds(range.Groups[1].Value), Seconds(range.Groups[2].Value))),
            ];
            if (ranges.Length > 0)
            {
                string label = PythonText.Trim(PythonText.Trim(inside[..InnerRange().Match(inside).Index]).TrimEnd(','));
                (match.Groups["track"].ValueSpan is "audio" ? audio : visual).Add(new LabelledRanges(label, ranges));
            }
        }

        return (audio, visual);
    }

    // Only the rules of the two segmentation scripts end at the end mark; the parser for people does so too.
    private static string WithoutEndMarks(string text) => text.Replace("</s>", " ", StringComparison.Ordinal);

    private static double Seconds(string digits) => double.Parse(digits, CultureInfo.InvariantCulture);

    [GeneratedRegex("<event>(.*?)</event>", RegexOptions.CultureInvariant)]
    private static partial Regex EventOnLine();

    [GeneratedRegex("<range>(.*?)</range>", RegexOptions.CultureInvariant)]
    private static partial Regex RangeOnLine();

    [GeneratedRegex("<answer>(.*?)</answer>", RegexOptions.CultureInvariant)]
    private static partial Regex AnswerOnLine();

    [GeneratedRegex(@"\([\s\u001C-\u001F]*([0-9]+)[\s\u001C-\u001F]+([0-9]+)[\s\u001C-\u001F]*\)", RegexOptions.CultureInvariant)]
    private static partial Regex InnerRange();

    [GeneratedRegex(@"<(?<track>audio|visual)(?<form>_event)?>(?<inside>(?:(?!</?(?:audio|visual)(?:_event)?>).)*)</\k<track>(?(form)_event)>", RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Track();

    [GeneratedRegex(@"<obj>\s*\(([0-9]+),([0-9]+)\)\s*,?\s*\(([0-9]+),([0-9]+)\)\s*</obj>", RegexOptions.CultureInvariant)]
    private static partial Regex ObjectBox();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks;

/// <summary>
/// Raw text of the model → what it says (crab-plus facts §3). Takes every form of the reference texts, anywhere in the text;
/// keeps the raw text, never throws, and says what was there but could not be read.
/// </summary>
public static partial class AnswerParser
{
    /// <summary>Reads an answer.</summary>
    /// <param name="taskKey">The task, for what is expected; empty or unknown: nothing is expected.</param>
    /// <param name="text">The model's text.</param>
    public static ParsedAnswer Parse(string taskKey, string text)
    {
        AnswerGrammar grammar = TaskCatalog.Find(taskKey)?.Grammar ?? AnswerGrammar.FreeText;
        List<string> problems = [];
        // The authors' scripts read up to the first end mark, should one be spelled out.
        string said = text.Split("</s>", 2)[0];

        List<AnswerEvent> events = [.. EventsWithRanges(said, problems), .. TrackEvents(said, problems)];
        (List<AnswerBox> boxes, List<AnswerPoint> points) = Coordinates(said, problems);
        string? choice = Choice(said, problems);
        bool? exists = grammar == AnswerGrammar.ExistenceBoxAndPoints
            ? said.Contains("<answer>true</answer>", StringComparison.Ordinal) ? true : said.Contains("<answer>false</answer>", StringComparison.Ordinal) ? false : null
            : null;
        problems.AddRange(Missing(grammar, events, boxes, points, choice, exists));
        return new ParsedAnswer(text, events, boxes, points, choice, exists, problems);
    }

    /// <summary>
    /// <c>&lt;event&gt; label &lt;/event&gt; &lt;range&gt; a,b &lt;/range&gt; …</c>: each event has the ranges that follow it, a lone event also
    /// those before it; or <c>&lt;event&gt;label, (a b)&lt;/event&gt;</c>.
    /// </summary>
    private static List<AnswerEvent> EventsWithRanges(string text, List<string> problems)
    {
        List<(string Label, List<(double Start, double End)> Ranges)> events = [];
        List<(double Start, double End)> early = [];
        foreach (Match match in EventOrRange().Matches(text))
        {
            if (match.Groups["event"].Success)
            {
                events.Add(LabelAndRanges(match.Groups["event"].Value, problems));
            }
            else if (match.Groups["range"].Value is var range && range.Split(',') is [var from, var to] && Number(from) is { } start && Number(to) is { } end)
            {
                (events.Count == 0 ? early : events[^1].Ranges).Add((start, end));
            }
            else
            {
                problems.Add($"The range “{range.Trim()}” could not be read; it should be a start and an end in seconds, as in “2,5”.");
            }
        }

        if (events.Count == 1)
        {
            events[0].Ranges.InsertRange(0, early);
        }
        else if (early.Count > 0)
        {
            problems.Add("A time range stands before any event; to which it belongs cannot be told.");
        }

        Unclosed(text, "event", problems);
        Unclosed(text, "range", problems);
        return [.. events.SelectMany(one => Ranged(one.Label, EventModality.AudioVisual, one.Ranges, problems))];
    }

    private static IEnumerable<AnswerEvent> Ranged(string label, EventModality modality, List<(double Start, double End)> ranges, List<string> problems)
    {
        if (ranges.Count == 0)
        {
            problems.Add($"The event “{label}” has no time range that could be read.");
            return [new AnswerEvent(label, modality, null, null)];
        }

        return ranges.Select(range => new AnswerEvent(label, modality, range.Start, range.End));
    }

    /// <summary><c>&lt;audio&gt;Label,(a b)&lt;/audio&gt;</c> and the same with <c>visual</c>, also spelled <c>audio_event</c>, <c>visual_event</c>.</summary>
    private static List<AnswerEvent> TrackEvents(string text, List<string> problems)
    {
        List<AnswerEvent> events = [];
        foreach (Match match in Track().Matches(text))
        {
            EventModality modality = match.Groups["audio"].Success ? EventModality.Audio : EventModality.Visual;
            (string label, List<(double Start, double End)> ranges) = LabelAndRanges((modality == EventModality.Audio ? match.Groups["audio"] : match.Groups["visual"]).Value, problems);
            events.AddRange(Ranged(label, modality, ranges, problems));
        }

        foreach (string tag in new[] { "audio", "visual", "audio_event", "visual_event" })
        {
            Unclosed(text, tag, problems);
        }

        return events;
    }

    private static (string Label, List<(double Start, double End)> Ranges) LabelAndRanges(string inside, List<string> problems)
    {
        List<(double, double)> ranges = [];
        int labelEnd = inside.Length;
        foreach (Match match in Group().Matches(inside))
        {
            labelEnd = Math.Min(labelEnd, match.Index);
            if (Number(match.Groups[1].Value) is { } start && Number(match.Groups[2].Value) is { } end)
            {
                ranges.Add((start, end));
            }
            else
            {
                problems.Add($"The range “{match.Value}” is too large to be read.");
            }
        }

        return (inside[..labelEnd].Trim().TrimEnd(',').Trim(), ranges);
    }

    private static (List<AnswerBox> Boxes, List<AnswerPoint> Points) Coordinates(string text, List<string> problems)
    {
        List<AnswerBox> boxes = [];
        List<AnswerPoint> points = [];
        foreach (Match match in Bracket().Matches(text))
        {
            long?[] numbers = [.. match.Groups.Values.Skip(1).Where(group => group.Success).Select(group => Whole(group.Value))];
            switch (numbers)
            {
                case [{ } x1, { } y1, { } x2, { } y2]:
                    boxes.Add(new AnswerBox(x1, y1, x2, y2));
                    break;
                case [{ } x, { } y]:
                    points.Add(new AnswerPoint(x, y));
                    break;
                default:
                    problems.Add($"The coordinates “{match.Value}” are too large to be read.");
                    break;
            }
        }

        foreach (Match match in ObjectBox().Matches(text))
        {
            long?[] numbers = [.. match.Groups.Values.Skip(1).Select(group => Whole(group.Value))];
            if (numbers is [{ } x1, { } y1, { } x2, { } y2])
            {
                boxes.Add(new AnswerBox(x1, y1, x2, y2));
            }
        }

        // Near misses: the authors' rule takes no blanks, signs or decimals, so such a box is said to be unread, not guessed.
        foreach (Match match in LooseBracket().Matches(text))
        {
            if (!Bracket().IsMatch(match.Value))
            {
                problems.Add($"The coordinates “{match.Value}” could not be read; they should be whole numbers without blanks, as in “[12,34]” or “[12,34,56,78]”.");
            }
        }

        return (boxes, points);
    }

    private static string? Choice(string text, List<string> problems)
    {
        MatchCollection answers = AnswerTag().Matches(text);
        if (answers.Count > 1)
        {
            problems.Add($"The text holds {answers.Count} answers in tags where one was expected; none is taken as the answer.");
        }

        Unclosed(text, "answer", problems);
        return answers.Count == 1 ? answers[0].Groups[1].Value.Trim() : null;
    }

    private static IEnumerable<string> Missing(AnswerGrammar grammar, List<AnswerEvent> events, List<AnswerBox> boxes, List<AnswerPoint> points, string? choice, bool? exists)
    {
        switch (grammar)
        {
            case AnswerGrammar.Choice when choice is null:
                yield return "The text has no answer in the form <answer> … </answer>.";
                break;
            case AnswerGrammar.EventRanges when events.Count == 0:
                yield return "The text names no event in the form <event> … </event>.";
                break;
            case AnswerGrammar.AudioVisualRanges when events.Count == 0:
                yield return "The text names no event in the form <audio> … </audio> or <visual> … </visual>.";
                break;
            case AnswerGrammar.Box or AnswerGrammar.BoxAndPoints when boxes.Count == 0:
                yield return "The text has no box in the form [x1,y1,x2,y2].";
                break;
            case AnswerGrammar.ExistenceBoxAndPoints when exists is null:
                yield return "The text does not say whether the object is there, in the form <answer>true</answer> or <answer>false</answer>.";
                break;
            case AnswerGrammar.ExistenceBoxAndPoints when exists is true && boxes.Count == 0:
                yield return "The text says that the object is there but has no box in the form [x1,y1,x2,y2].";
                break;
        }

        if (grammar == AnswerGrammar.BoxAndPoints && points.Count == 0)
        {
            yield return "The text has no points in the form [x,y].";
        }

        foreach (AnswerBox box in boxes.Where(box => grammar is not AnswerGrammar.FreeText && (box.X1 >= box.X2 || box.Y1 >= box.Y2 || Math.Max(box.X2, box.Y2) >= 224)))
        {
            yield return $"The box [{box.X1},{box.Y1},{box.X2},{box.Y2}] is reversed, empty or reaches beyond the 224×224 frame; it is drawn as written.";
        }

        foreach (AnswerPoint point in points.Where(point => grammar is not AnswerGrammar.FreeText && Math.Max(point.X, point.Y) >= 224))
        {
            yield return $"The point [{point.X},{point.Y}] lies outside the 224×224 frame.";
        }
    }

    private static void Unclosed(string text, string tag, List<string> problems)
    {
        if (Count(text, $"<{tag}>") > Count(text, $"</{tag}>"))
        {
            problems.Add($"A <{tag}> is not closed; what follows it could not be read.");
        }
    }

    private static int Count(string text, string part)
    {
        int count = 0;
        for (int at = 0; (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length)
        {
            count++;
        }

        return count;
    }

    // Digits of any script, as the original's int() and \d read them.
    private static double? Number(string text) =>
        double.TryParse(Ascii(text.Trim()), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;

    private static long? Whole(string digits) => long.TryParse(Ascii(digits), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string Ascii(string text) => string.Concat(text.Select(letter => char.IsDigit(letter) ? (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(letter)) : letter));

    [GeneratedRegex(@"<event>(?<event>.*?)</event>|<range>(?<range>.*?)</range>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex EventOrRange();

    [GeneratedRegex(@"<audio(?:_event)?>(?<audio>.*?)</audio(?:_event)?>|<visual(?:_event)?>(?<visual>.*?)</visual(?:_event)?>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Track();

    [GeneratedRegex(@"\(\s*(\d+(?:\.\d+)?)[\s,]+(\d+(?:\.\d+)?)\s*\)")]
    private static partial Regex Group();

    [GeneratedRegex(@"\[(\d+),(\d+)(?:,(\d+),(\d+))?\]")]
    private static partial Regex Bracket();

    [GeneratedRegex(@"\[\s*[+-]?[\d.]+\s*,\s*[+-]?[\d.]+(?:\s*,\s*[+-]?[\d.]+\s*,\s*[+-]?[\d.]+)?\s*\]")]
    private static partial Regex LooseBracket();

    [GeneratedRegex(@"<obj>\s*\((\d+),(\d+)\)\s*,?\s*\((\d+),(\d+)\)\s*</obj>")]
    private static partial Regex ObjectBox();

    [GeneratedRegex(@"<answer>(.*?)</answer>", RegexOptions.Singleline)]
    private static partial Regex AnswerTag();
}

namespace CrabStudio.Tasks.Metrics;

/// <summary>What became of one answer.</summary>
/// <param name="Answer">What it says in the words of the truth's label; null when nothing can be read.</param>
/// <param name="Scores">Parts of the scores by name; a part without truth is left out.</param>
public sealed record SampleScore(string? Answer, IReadOnlyDictionary<string, double> Scores);

/// <summary>Scores the answers of one task, by the rules of <see cref="CrabStudio.Tasks.Metrics"/>.</summary>
public sealed class TaskScorer
{
    /// <summary>The part of the score that says most, by which failures are chosen.</summary>
    private static readonly Dictionary<string, string> Primaries = new()
    {
        ["ave"] = "segment_accuracy",
        ["unav"] = "temporal_iou",
        ["avvp"] = "segment_type",
        ["arig"] = "box_iou",
        ["s4"] = "object_right",
        ["ms3"] = "object_right",
        ["ref_avs"] = "exists_right",
        ["avcap"] = "rouge_l",
    };

    private readonly string key;
    private readonly AvvpClasses classes;
    private readonly bool isAve;
    private readonly string[] objects;

    /// <summary>A scorer.</summary>
    /// <param name="key">The task key.</param>
    /// <param name="labels">The labels that the data set's truths use. The published lists are defaults and no limits.</param>
    public TaskScorer(string key, IReadOnlyCollection<string> labels)
    {
        this.key = key;
        isAve = labels.All(label => TagRules.KnownAveLabels.Contains(PythonText.Lower(label)));
        string[] sorted = [.. labels.Order(StringComparer.Ordinal)];
        classes = new AvvpClasses([.. TaskLabels.Avvp, .. sorted]);
        objects = sorted;
    }

    /// <summary>The name of the part that says most; larger is better, and 1 is all right.</summary>
    public static string Primary(string key) => Primaries.GetValueOrDefault(key, "right");

    /// <summary>Scores an answer.</summary>
    public SampleScore Score(EvaluationTruth truth, string text)
    {
        Dictionary<string, double> scores = [];
        string? answer = key switch
        {
            "ave" => Ave(truth, text, scores),
            "unav" => Unav(truth, text, scores),
            "avvp" => Avvp(truth, text, scores),
            "arig" or "s4" or "ms3" => Sounding(truth, text, scores),
            "ref_avs" => Referred(truth, text, scores),
            "avqa" => Question(truth, text, scores),
            "avcap" => Caption(truth, text, scores),
            _ => Choice(truth, text, scores),
        };
        Recall("recall_seen", truth.Seen);
        Recall("recall_heard", truth.Heard);
        return new SampleScore(answer, scores);

        void Recall(string part, IReadOnlyList<string> things)
        {
            if (things.Count > 0)
            {
                scores[part] = (double)things.Count(label => Words.Names(text, label)) / things.Count;
            }
        }
    }

    /// <summary>The row of ave that the laboratory's script reads.</summary>
    internal static string AveOutput(EvaluationTruth truth) =>
        FormattableString.Invariant($"event:{truth.Label} start_time:{truth.Events[0].StartSeconds:0.###} end_time:{truth.Events[0].EndSeconds:0.###}");

    /// <summary>Two labels are the same however their words are joined.</summary>
    internal static bool Same(string one, string other) => AvvpGrid.Normalise(one.Trim()) == AvvpGrid.Normalise(other.Trim());

    private string? Ave(EvaluationTruth truth, string text, Dictionary<string, double> scores)
    {
        LabelledRanges[] said = [.. TagRules.ReadEvents(text)];
        AnswerEvent there = truth.Events[0];
        if (isAve)
        {
            if (AveScore.SaneAccuracy([(AveOutput(truth), text)], endIncluded: true) is { } accuracy)
            {
                scores["segment_accuracy"] = accuracy;
            }
        }
        else
        {
            int right = Enumerable.Range(0, AveScore.Seconds).Count(second =>
            {
                string? wanted = there.StartSeconds <= second && second <= there.EndSeconds ? there.Label : null;
                string? given = said.FirstOrDefault(one => one.Ranges.Any(range => range.Start <= second && second <= range.End))?.Label;
                return wanted is null || given is null ? wanted == given : Same(wanted, given);
            });
            scores["segment_accuracy"] = (double)right / AveScore.Seconds;
        }

        string[] labels = [.. said.Select(one => one.Label).DistinctBy(AvvpGrid.Normalise)];
        scores["label_right"] = labels is [var only] && Same(only, there.Label) ? 1 : 0;
        scores["temporal_iou"] = Iou(said.SelectMany(one => one.Ranges), Ranges(truth.Events));
        return labels is [var label] ? PythonText.Lower(label) : null;
    }

    private static string? Unav(EvaluationTruth truth, string text, Dictionary<string, double> scores)
    {
        ILookup<string, LabelledRanges> said = TagRules.ReadEvents(text).ToLookup(one => AvvpGrid.Normalise(one.Label));
        ILookup<string, AnswerEvent> there = truth.Events.ToLookup(one => AvvpGrid.Normalise(one.Label));
        HashSet<string> labels = [.. said.Select(one => one.Key)];
        scores["label_right"] = labels.SetEquals(there.Select(one => one.Key)) ? 1 : 0;
        if (there.Count > 0)
        {
            scores["temporal_iou"] = there.Average(label => Iou(said[label.Key].SelectMany(one => one.Ranges), Ranges(label)));
        }

        return labels.Count == 0 ? null : string.Join(" + ", labels.Order(StringComparer.Ordinal));
    }

    private string? Avvp(EvaluationTruth truth, string text, Dictionary<string, double> scores)
    {
        List<string> unknown = [];
        AvvpGrid said = AvvpGrid.FromText(text, unknown, classes), there = new(classes);
        foreach (AnswerEvent one in truth.Events)
        {
            there.Add(one.Modality == EventModality.Audio, classes.Of(one.Label), AvvpGrid.Seconds((int)Math.Min(one.StartSeconds!.Value, AvvpScore.Seconds), (int)Math.Min(one.EndSeconds!.Value, AvvpScore.Seconds)));
        }

        Put("segment", AvvpScore.SegmentLevel(said, there));
        Put("event", AvvpScore.EventLevel(said, there));
        scores["unknown_labels"] = unknown.Count;
        int[] any = [.. Enumerable.Range(0, classes.Count)];
        Recall("label_recall_heard", there.Audio, said.Audio);
        Recall("label_recall_seen", there.Visual, said.Visual);
        return any.Any(label => (said.Audio(label) | said.Visual(label)) != 0) ? "events" : null;

        void Put(string level, AvvpFigures figures)
        {
            scores[$"{level}_audio"] = figures.Audio;
            scores[$"{level}_visual"] = figures.Visual;
            scores[$"{level}_audio_visual"] = figures.AudioVisual;
            scores[$"{level}_type"] = (figures.Audio + figures.Visual + figures.AudioVisual) / 3;
            scores[$"{level}_event"] = figures.Event;
        }

        void Recall(string part, Func<int, int> wanted, Func<int, int> given)
        {
            int[] on = [.. any.Where(label => wanted(label) != 0)];
            if (on.Length > 0)
            {
                scores[part] = (double)on.Count(label => given(label) != 0) / on.Length;
            }
        }
    }

    private string? Sounding(EvaluationTruth truth, string text, Dictionary<string, double> scores)
    {
        string[] named = ConcludedObjects(text), wanted = [.. Truths.Objects(truth.Label).Order(StringComparer.Ordinal)];
        if (wanted.Length > 0)
        {
            scores["object_right"] = named.SequenceEqual(wanted) ? 1 : 0;
        }

        ParsedAnswer parsed = AnswerParser.Parse(key, text);
        Place(truth, key == "arig" ? TagRules.ReadArigBox(text) : parsed.Boxes.FirstOrDefault(), parsed.Points, scores);
        return named.Length == 0 ? null : string.Join(" and ", named);
    }

    private static string? Referred(EvaluationTruth truth, string text, Dictionary<string, double> scores)
    {
        ParsedAnswer parsed = AnswerParser.Parse("ref_avs", text);
        string? answer = parsed.Exists switch { true => "true", false => "false", null => null };
        if (truth.Label is { } label)
        {
            scores["exists_right"] = answer == label ? 1 : 0;
        }

        if (truth.Label == "true")
        {
            Place(truth, parsed.Boxes.FirstOrDefault(), parsed.Points, scores);
        }

        return answer;
    }

    private static string? Question(EvaluationTruth truth, string text, Dictionary<string, double> scores)
    {
        string? answer = TagRules.ReadAnswer(text) is { } said ? PythonText.Lower(said) : null;
        if (truth.Label is { } label)
        {
            MusicAvqaRow row = new(label, text, "", "");
            scores["right"] = MusicAvqaScore.StrictCorrect(row) ? 1 : 0;
            if (MusicAvqaScore.ScriptCorrect(row) is { } script)
            {
                scores["script_right"] = script ? 1 : 0;
            }
        }

        return answer;
    }

    private string? Choice(EvaluationTruth truth, string text, Dictionary<string, double> scores)
    {
        string? answer = ClassificationScore.ReadAnswer(key, text);
        if (truth.Label is { } label)
        {
            scores["right"] = answer == label ? 1 : 0;
        }

        return answer;
    }

    private static string? Caption(EvaluationTruth truth, string text, Dictionary<string, double> scores)
    {
        if (truth.Caption is { } caption)
        {
            scores["rouge_l"] = CaptionScore.RougeL(CaptionItem.FromText(text, [caption]));
        }

        return text.Length == 0 ? null : "caption";
    }

    private static void Place(EvaluationTruth truth, AnswerBox? said, IReadOnlyList<AnswerPoint> points, Dictionary<string, double> scores)
    {
        if (truth.Box is not { } box)
        {
            return;
        }

        scores["box_iou"] = said is null ? 0 : BoxScore.PlainIou(said, box);
        double pixels = BoxScore.Overlap(said is null ? [] : [said], [box]).Iou;
        // Two empty maps overlap by no number; that is a miss at every threshold, as in the original.
        scores["map_iou"] = double.IsNaN(pixels) ? -1 : pixels;
        scores["ciou"] = pixels >= 0.5 ? 1 : 0;
        if (points.Count > 0)
        {
            scores["points_inside"] = (double)points.Count(point => point.X >= box.X1 && point.X < box.X2 && point.Y >= box.Y1 && point.Y < box.Y2) / points.Count;
        }
    }

    // What the last sentence up to the box that names an object of the data set names: reasons before it speak of silent objects too.
    private string[] ConcludedObjects(string text)
    {
        int bracket = text.IndexOfAny(['[', '(']);
        string[] sentences = (bracket < 0 ? text : text[..bracket]).Split(['.', '!', '?', '\n'], StringSplitOptions.RemoveEmptyEntries);
        foreach (string sentence in sentences.Reverse())
        {
            string[] named = [.. objects.Where(label => Words.Names(sentence, label))];
            if (named.Length > 0)
            {
                // "bell" is not named where "church bell" is.
                return [.. named.Where(label => !named.Any(other => other != label && Words.Names(other, label)))];
            }
        }

        return [];
    }

    private static IEnumerable<(double Start, double End)> Ranges(IEnumerable<AnswerEvent> events) => events.Select(one => (one.StartSeconds!.Value, one.EndSeconds!.Value));

    // Shared time of all time of two sets of ranges.
    private static double Iou(IEnumerable<(double Start, double End)> one, IEnumerable<(double Start, double End)> other)
    {
        (double, double)[] first = [.. one], second = [.. other];
        double all = Length([.. first, .. second]);
        return all > 0 ? (Length(first) + Length(second) - all) / all : 0;
    }

    private static double Length((double Start, double End)[] ranges)
    {
        double length = 0, reached = double.NegativeInfinity;
        foreach ((double start, double end) in ranges.Where(range => range.End > range.Start).OrderBy(range => range.Start))
        {
            length += Math.Max(0, end - Math.Max(start, reached));
            reached = Math.Max(reached, end);
        }

        return length;
    }
}

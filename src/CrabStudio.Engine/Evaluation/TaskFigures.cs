using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Engine.Evaluation;

/// <summary>Which figures a task has, each a share of 1 unless it says otherwise.</summary>
internal static class TaskFigures
{
    private const string Seconds = "a second counts as its event's from start to end, the end included, as in the laboratory's script; what cannot be read is background";

    /// <summary>The figures of a task, the one that stands for it first.</summary>
    /// <param name="key">The task key.</param>
    /// <param name="rows">Its answers: kinds of questions are taken from them.</param>
    public static IReadOnlyList<FigureDefinition> Of(string key, IReadOnlyList<ScoredAnswer> rows)
    {
        List<FigureDefinition> figures = [.. key switch
        {
            "ave" => Ave(rows),
            "unav" => Unav(),
            "avvp" => Avvp(),
            "arig" or "s4" or "ms3" => Sounding(key),
            "ref_avs" => Referred(rows),
            "avqa" => Questions(rows, script: true),
            "avqa_thu" => Questions(rows, script: false),
            "avcap" => Captions(),
            _ => Choice(key),
        }];
        figures.Add(FigureDefinition.Mean("recall, seen", "of the things that are seen and that the target text names, the share that the answer names; from world.json", "recall_seen"));
        figures.Add(FigureDefinition.Mean("recall, heard", "the same of things that are heard", "recall_heard"));
        figures[0] = figures[0] with { IsPrimary = true };
        return figures;
    }

    private static IEnumerable<FigureDefinition> Choice(string key) =>
    [
        FigureDefinition.Mean("accuracy (WAR)", "right answers of all; an answer that cannot be read is wrong", "right"),
        FigureDefinition.Set("UAR", "mean recall over the labels that occur", rows => Report(rows)?.Uar),
        FigureDefinition.Set("weighted F1", "F1 of each label, weighted by how often it occurs", rows => Report(rows)?.WeightedF1),
        FigureDefinition.Set("macro F1", "mean F1 over the labels that occur", rows => Report(rows)?.MacroF1Present),
        Readable(key is "a2v" or "v2a" ? "answers that say one or two" : "answers in answer tags"),
    ];

    private static ClassificationReport? Report(IReadOnlyList<ScoredAnswer> rows)
    {
        ScoredAnswer[] known = [.. rows.Where(row => row.Truth.Label is not null)];
        return ClassificationScore.Score([.. known.Select(row => row.Truth.Label!)], [.. known.Select(row => row.Answer)], null);
    }

    private static IEnumerable<FigureDefinition> Questions(IReadOnlyList<ScoredAnswer> rows, bool script)
    {
        yield return FigureDefinition.Mean("accuracy", "right answers of all, equal in lower case; an answer that cannot be read is wrong", "right");
        string[] types = [.. rows.Select(row => row.Truth.QuestionType).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        string[] groups = [.. types.Where(type => type.Contains('/', StringComparison.Ordinal)).Select(Group).Distinct()];
        foreach (string group in groups)
        {
            yield return FigureDefinition.Mean($"accuracy, {group}", $"the same of the {group} questions, pooled", "right", row => row.Truth.QuestionType is { } type && type.Contains('/', StringComparison.Ordinal) && Group(type) == group);
        }

        foreach (string type in types)
        {
            yield return FigureDefinition.Mean($"accuracy, {type}", $"the same of the questions of type {type}", "right", row => row.Truth.QuestionType == type);
        }

        if (script)
        {
            yield return FigureDefinition.Mean("accuracy by the laboratory's script", "right when the true answer is contained in what is said; answers that are none of the 42 are left out", "script_right");
        }

        yield return Readable("answers in answer tags");
    }

    private static string Group(string type) => type.Split('/')[0];

    private static IEnumerable<FigureDefinition> Ave(IReadOnlyList<ScoredAnswer> rows)
    {
        bool published = rows.All(row => TagRules.KnownAveLabels.Contains(PythonText.Lower(row.Truth.Label ?? "")));
        yield return FigureDefinition.Mean("segment accuracy", $"seconds of ten whose label is right; {Seconds}{(published ? "" : "; the labels are those of this data set, which are not AVE's")}", "segment_accuracy");
        yield return FigureDefinition.Mean("label accuracy", "answers that name the one event, and no other", "label_right");
        yield return FigureDefinition.Mean("temporal IoU", "shared time of all time of the ranges, whatever the label", "temporal_iou");
        if (published)
        {
            yield return FigureDefinition.Set("accuracy by the laboratory's script", "as segment accuracy, but an answer that cannot be read counts as ten right seconds", set => AveScore.Script([.. set.Select(row => (TaskScorer.AveOutput(row.Truth), row.Text))]).Accuracy, FigureDefinition.FewDraws);
        }
    }

    private static IEnumerable<FigureDefinition> Unav()
    {
        const string scores = "a text gives no scores, so the n-th event of an answer has the score 1/n, and equal scores go by place in the list";
        yield return FigureDefinition.Set("mAP", $"mean average precision over classes and temporal IoU of 0.1 to 0.9; {scores}", rows => Precision(rows)?.Average, FigureDefinition.FewDraws);
        yield return FigureDefinition.Set("mAP at 0.5", "the same at a temporal IoU of 0.5", rows => Precision(rows)?.MeanPrecision[4], FigureDefinition.FewDraws);
        yield return FigureDefinition.Mean("label accuracy", "answers that name just the labels that occur", "label_right");
        yield return FigureDefinition.Mean("temporal IoU", "shared time of all time of each true label's ranges, 0 where it is not named", "temporal_iou");
    }

    private static TemporalReport? Precision(IReadOnlyList<ScoredAnswer> rows)
    {
        // A row that was drawn twice stands for two videos.
        static string Video(int place) => place.ToString("D9", System.Globalization.CultureInfo.InvariantCulture);
        TimedEvent[] truth = [.. rows.SelectMany((row, place) => row.Truth.Events.Select(one => new TimedEvent(Video(place), one.StartSeconds!.Value, one.EndSeconds!.Value, AvvpGrid.Normalise(one.Label))))];
        return truth.Length == 0 ? null : TemporalScore.MeanAveragePrecision(truth, [.. rows.SelectMany((row, place) => TagRules.ReadEvents(row.Text)
            .SelectMany(one => one.Ranges.Select(range => new TimedEvent(Video(place), range.Start, range.End, AvvpGrid.Normalise(one.Label))))
            .Select((said, rank) => new ScoredEvent(said, 1.0 / (rank + 1))))]);
    }

    private static IEnumerable<FigureDefinition> Avvp()
    {
        foreach ((string level, string unit) in new[] { ("segment", "seconds"), ("event", "events that share at least half of their time with a true one") })
        {
            yield return FigureDefinition.Mean($"{level} F, Type@AV", $"mean of the F of A, V and AV over {unit}; each is the mean over videos of the mean over their classes, 1 where there is nothing to find and nothing said", $"{level}_type");
            yield return FigureDefinition.Mean($"{level} F, A", $"F of what is heard, over {unit}", $"{level}_audio");
            yield return FigureDefinition.Mean($"{level} F, V", $"F of what is seen, over {unit}", $"{level}_visual");
            yield return FigureDefinition.Mean($"{level} F, AV", $"F of what is heard and seen at once, over {unit}", $"{level}_audio_visual");
            yield return FigureDefinition.Mean($"{level} F, Event@AV", $"F of heard and seen counted together, over {unit}", $"{level}_event");
        }

        yield return FigureDefinition.Mean("label recall, heard", "of the labels that are heard, the share that the answer has in its audio lane", "label_recall_heard");
        yield return FigureDefinition.Mean("label recall, seen", "of the labels that are seen, the share that the answer has in its visual lane", "label_recall_seen");
        yield return FigureDefinition.Mean("unknown labels", "labels an answer, of no class of the data set; they are dropped before F (a number, not a share)", "unknown_labels");
    }

    private static IEnumerable<FigureDefinition> Sounding(string key)
    {
        FigureDefinition right = FigureDefinition.Mean("sounding object", "answers whose last sentence that names an object, up to the box, names just the one that sounds", "object_right");
        FigureDefinition[] place =
        [
            FigureDefinition.Mean("box IoU", "shared area of all area of the box; 0 without a box", "box_iou"),
            FigureDefinition.Mean("cIoU", "samples whose boxes as pixel maps overlap by at least one half", "ciou"),
            FigureDefinition.Set("AUC", "area under the share of samples that reach an overlap of 0, 0.05, … 1", Auc),
        ];
        return key == "arig" ? [.. place, right] : [right, .. place, FigureDefinition.Mean("points inside", "points of an answer that lie in the true box, where there are any", "points_inside")];
    }

    private static double? Auc(IReadOnlyList<ScoredAnswer> rows) =>
        rows.Select(row => row.Part("map_iou")).OfType<double>().ToArray() is { Length: > 0 } overlaps ? BoxScore.Success(overlaps).Auc : null;

    private static IEnumerable<FigureDefinition> Referred(IReadOnlyList<ScoredAnswer> rows)
    {
        yield return FigureDefinition.Mean("existence", "answers that say rightly whether the object is there", "exists_right");
        foreach (string subset in rows.Select(row => row.Truth.Subset).OfType<string>().Distinct().Order(StringComparer.Ordinal))
        {
            yield return FigureDefinition.Mean($"existence, {subset}", $"the same of the part {subset}", "exists_right", row => row.Truth.Subset == subset);
        }

        yield return FigureDefinition.Mean("box IoU", "of objects that are there: shared area of all area of the box; 0 without a box", "box_iou");
        yield return FigureDefinition.Mean("cIoU", "of objects that are there: boxes that overlap by at least one half", "ciou");
        yield return FigureDefinition.Mean("points inside", "points of an answer that lie in the true box, where there are any", "points_inside");
    }

    private static IEnumerable<FigureDefinition> Captions()
    {
        yield return FigureDefinition.Mean("ROUGE-L", "longest common subsequence with the target text", "rouge_l");
        // An item's CIDEr depends on the words of the whole set, which stay what they are from draw to draw.
        yield return new FigureDefinition("CIDEr-D", "n-grams shared with the target text, weighted by how rare they are in this set; 0 to 10", rows => rows.Count == 0 ? [] : [.. CaptionScore.Score([.. rows.Select(row => row.Caption)]).Items.Select(item => item.Cider)], null);
        foreach (int order in new[] { 1, 2, 3, 4 })
        {
            yield return FigureDefinition.Set($"BLEU-{order}", "n-grams of the answers that the target texts hold, counted over the set", rows => CaptionScore.Score([.. rows.Select(row => row.Caption)]).Set.Bleu[order - 1], FigureDefinition.FewDraws);
        }
    }

    private static FigureDefinition Readable(string what) => new("readable", what, rows => [.. rows.Select(row => row.Answer is null ? 0d : 1)], null);
}

using System.Globalization;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Evaluations;

/// <summary>
/// Figures of evaluations in the words of the page. Reports are written in English, so what stands in them is looked up by its
/// English; what is not known, as of a report that another version wrote, stays as it is.
/// </summary>
public static class FigureWords
{
    /// <summary>A figure's name.</summary>
    public static string Name(string name, IStringLocalizer<Words> L) => KnownName(name, L) ?? name;

    /// <summary>What a figure counts.</summary>
    public static string Meaning(string meaning, IStringLocalizer<Words> L) => KnownMeaning(meaning, L) ?? meaning;

    /// <summary>The name of a part of a score: "temporal IoU".</summary>
    public static string Part(string part, IStringLocalizer<Words> L) => KnownPart(part, L) ?? part.Replace('_', ' ');

    /// <summary>What answers that know nothing of the clip are.</summary>
    public static string Baseline(string meaning, IStringLocalizer<Words> L) => KnownBaseline(meaning, L) ?? meaning;

    /// <summary>A label of a confusion table: the data set's own, or the studio's for the rest.</summary>
    public static string Label(string label, IStringLocalizer<Words> L) => label switch
    {
        "another answer" => L["another answer"],
        "nothing readable" => L["nothing readable"],
        _ when label.Split(' ') is [var count, "others"] && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int others) => L["{0} others", others],
        _ => label,
    };

    /// <summary>A remark of a report.</summary>
    public static string Remark(string remark, EvaluationReport report, IStringLocalizer<Words> L)
    {
        int failed = report.Samples - report.Answered;
        return remark switch
        {
            "The weights are untrained: the answers are noise, and the figures say only how the measuring works." => L["The weights are untrained: the answers are noise, and the figures say only how the measuring works."],
            "J and F of masks need a segmenter, which is no part of this program; for s4, ms3 and ref_avs the box and the points that would prompt it are measured." => L["J and F of masks need a segmenter, which is no part of this program; for s4, ms3 and ref_avs the box and the points that would prompt it are measured."],
            "METEOR needs tables of its own and is not computed." => L["METEOR needs tables of its own and is not computed."],
            _ when remark == $"{failed} of {report.Samples} samples could not be asked and are in no figure. The same command asks them again." => L["{0} of {1} samples could not be asked and are in no figure. The same command asks them again.", failed, report.Samples],
            _ => remark,
        };
    }

    /// <summary>A remark of a comparison.</summary>
    public static string Remark(string remark, EvaluationComparison comparison, IStringLocalizer<Words> L) => remark switch
    {
        "The values of p are not corrected for the number of figures: of twenty figures without any difference one lies below 0.05." => L["The values of p are not corrected for the number of figures: of twenty figures without any difference one lies below 0.05."],
        "The weights of a run are untrained: its answers are noise." => L["The weights of a run are untrained: its answers are noise."],
        _ when remark == $"{comparison.OnlyInFirst} samples were answered only by the first run and {comparison.OnlyInSecond} only by the second; they are in no figure." =>
            L["{0} samples were answered only by the first run and {1} only by the second; they are in no figure.", comparison.OnlyInFirst, comparison.OnlyInSecond],
        _ => remark,
    };

    internal static string? KnownName(string name, IStringLocalizer<Words> L) => name switch
    {
        // The same in every language.
        "UAR" or "mAP" or "AUC" or "cIoU" or "ROUGE-L" or "CIDEr-D" or "BLEU-1" or "BLEU-2" or "BLEU-3" or "BLEU-4" => name,
        "accuracy (WAR)" => L["accuracy (WAR)"],
        "weighted F1" => L["weighted F1"],
        "macro F1" => L["macro F1"],
        "readable" => L["readable"],
        "accuracy" => L["accuracy"],
        "accuracy by the laboratory's script" => L["accuracy by the laboratory's script"],
        "segment accuracy" => L["segment accuracy"],
        "label accuracy" => L["label accuracy"],
        "temporal IoU" => L["temporal IoU"],
        "mAP at 0.5" => L["mAP at 0.5"],
        "label recall, heard" => L["label recall, heard"],
        "label recall, seen" => L["label recall, seen"],
        "unknown labels" => L["unknown labels"],
        "sounding object" => L["sounding object"],
        "box IoU" => L["box IoU"],
        "points inside" => L["points inside"],
        "existence" => L["existence"],
        "recall, seen" => L["recall, seen"],
        "recall, heard" => L["recall, heard"],
        _ when After(name, "segment F, ") is { } of => L["segment F, {0}", of],
        _ when After(name, "event F, ") is { } of => L["event F, {0}", of],
        _ when After(name, "accuracy, ") is { } type => L["accuracy, {0}", type],
        _ when After(name, "existence, ") is { } part => L["existence, {0}", part],
        _ => (string?)null,
    };

    internal static string? KnownMeaning(string meaning, IStringLocalizer<Words> L) => meaning switch
    {
        "of the things that are seen and that the target text names, the share that the answer names; from world.json" => L["of the things that are seen and that the target text names, the share that the answer names; from world.json"],
        "the same of things that are heard" => L["the same of things that are heard"],
        "right answers of all; an answer that cannot be read is wrong" => L["right answers of all; an answer that cannot be read is wrong"],
        "mean recall over the labels that occur" => L["mean recall over the labels that occur"],
        "F1 of each label, weighted by how often it occurs" => L["F1 of each label, weighted by how often it occurs"],
        "mean F1 over the labels that occur" => L["mean F1 over the labels that occur"],
        "answers that say one or two" => L["answers that say one or two"],
        "answers in answer tags" => L["answers in answer tags"],
        "right answers of all, equal in lower case; an answer that cannot be read is wrong" => L["right answers of all, equal in lower case; an answer that cannot be read is wrong"],
        "right when the true answer is contained in what is said; answers that are none of the 42 are left out" => L["right when the true answer is contained in what is said; answers that are none of the 42 are left out"],
        "seconds of ten whose label is right; a second counts as its event's from start to end, the end included, as in the laboratory's script; what cannot be read is background" =>
            L["seconds of ten whose label is right; a second counts as its event's from start to end, the end included, as in the laboratory's script; what cannot be read is background"],
        "seconds of ten whose label is right; a second counts as its event's from start to end, the end included, as in the laboratory's script; what cannot be read is background; the labels are those of this data set, which are not AVE's" =>
            L["seconds of ten whose label is right; a second counts as its event's from start to end, the end included, as in the laboratory's script; what cannot be read is background; the labels are those of this data set, which are not AVE's"],
        "answers that name the one event, and no other" => L["answers that name the one event, and no other"],
        "shared time of all time of the ranges, whatever the label" => L["shared time of all time of the ranges, whatever the label"],
        "as segment accuracy, but an answer that cannot be read counts as ten right seconds" => L["as segment accuracy, but an answer that cannot be read counts as ten right seconds"],
        "mean average precision over classes and temporal IoU of 0.1 to 0.9; a text gives no scores, so the n-th event of an answer has the score 1/n, and equal scores go by place in the list" =>
            L["mean average precision over classes and temporal IoU of 0.1 to 0.9; a text gives no scores, so the n-th event of an answer has the score 1/n, and equal scores go by place in the list"],
        "the same at a temporal IoU of 0.5" => L["the same at a temporal IoU of 0.5"],
        "answers that name just the labels that occur" => L["answers that name just the labels that occur"],
        "shared time of all time of each true label's ranges, 0 where it is not named" => L["shared time of all time of each true label's ranges, 0 where it is not named"],
        "shared time of all time of each true label's ranges, 0 where it is not named (the mAP of crab evaluate is a figure of a set and has no value for a clip)" =>
            L["shared time of all time of each true label's ranges, 0 where it is not named (the mAP of crab evaluate is a figure of a set and has no value for a clip)"],
        "of the labels that are heard, the share that the answer has in its audio lane" => L["of the labels that are heard, the share that the answer has in its audio lane"],
        "of the labels that are seen, the share that the answer has in its visual lane" => L["of the labels that are seen, the share that the answer has in its visual lane"],
        "labels an answer, of no class of the data set; they are dropped before F (a number, not a share)" => L["labels an answer, of no class of the data set; they are dropped before F (a number, not a share)"],
        "answers whose last sentence that names an object, up to the box, names just the one that sounds" => L["answers whose last sentence that names an object, up to the box, names just the one that sounds"],
        "shared area of all area of the box; 0 without a box" => L["shared area of all area of the box; 0 without a box"],
        "samples whose boxes as pixel maps overlap by at least one half" => L["samples whose boxes as pixel maps overlap by at least one half"],
        "area under the share of samples that reach an overlap of 0, 0.05, … 1" => L["area under the share of samples that reach an overlap of 0, 0.05, … 1"],
        "points of an answer that lie in the true box, where there are any" => L["points of an answer that lie in the true box, where there are any"],
        "answers that say rightly whether the object is there" => L["answers that say rightly whether the object is there"],
        "of objects that are there: shared area of all area of the box; 0 without a box" => L["of objects that are there: shared area of all area of the box; 0 without a box"],
        "of objects that are there: boxes that overlap by at least one half" => L["of objects that are there: boxes that overlap by at least one half"],
        "longest common subsequence with the target text" => L["longest common subsequence with the target text"],
        "n-grams shared with the target text, weighted by how rare they are in this set; 0 to 10" => L["n-grams shared with the target text, weighted by how rare they are in this set; 0 to 10"],
        "n-grams of the answers that the target texts hold, counted over the set" => L["n-grams of the answers that the target texts hold, counted over the set"],

        // Of studies.
        "seconds of ten whose label is right; what cannot be read is background" => L["seconds of ten whose label is right; what cannot be read is background"],
        "mean of the segment F of what is heard, of what is seen and of both at once (Type@AV)" => L["mean of the segment F of what is heard, of what is seen and of both at once (Type@AV)"],
        "answers that conclude with just the object that sounds" => L["answers that conclude with just the object that sounds"],
        "longest common subsequence with the target text (ROUGE-L)" => L["longest common subsequence with the target text (ROUGE-L)"],
        "right answers; what cannot be read is wrong" => L["right answers; what cannot be read is wrong"],
        _ when Between(meaning, "the same of the ", " questions, pooled") is { } group => L["the same of the {0} questions, pooled", group],
        _ when After(meaning, "the same of the questions of type ") is { } type => L["the same of the questions of type {0}", type],
        _ when After(meaning, "the same of the part ") is { } part => L["the same of the part {0}", part],
        _ => OverUnits(meaning, L),
    };

    internal static string? KnownPart(string part, IStringLocalizer<Words> L) => part switch
    {
        "right" => L["right"],
        "script_right" => L["script right"],
        "segment_accuracy" => L["segment accuracy"],
        "label_right" => L["label right"],
        "temporal_iou" => L["temporal IoU"],
        "segment_type" => L["segment type"],
        "segment_audio" => L["segment audio"],
        "segment_visual" => L["segment visual"],
        "segment_audio_visual" => L["segment audio visual"],
        "segment_event" => L["segment event"],
        "event_type" => L["event type"],
        "event_audio" => L["event audio"],
        "event_visual" => L["event visual"],
        "event_audio_visual" => L["event audio visual"],
        "event_event" => L["event event"],
        "unknown_labels" => L["unknown labels"],
        "label_recall_heard" => L["label recall heard"],
        "label_recall_seen" => L["label recall seen"],
        "recall_seen" => L["recall seen"],
        "recall_heard" => L["recall heard"],
        "object_right" => L["object right"],
        "exists_right" => L["exists right"],
        "box_iou" => L["box IoU"],
        "map_iou" => L["map IoU"],
        "ciou" => "cIoU",
        "points_inside" => L["points inside"],
        "rouge_l" => "ROUGE-L",
        _ => (string?)null,
    };

    internal static string? KnownBaseline(string meaning, IStringLocalizer<Words> L) => meaning switch
    {
        "any of the answers that occur with the question's type, each as likely" => L["any of the answers that occur with the question's type, each as likely"],
        "any of the options, each as likely" => L["any of the options, each as likely"],
        "true or false, each as likely, and the box of another sample" => L["true or false, each as likely, and the box of another sample"],
        "any of the labels that occur, each as likely" => L["any of the labels that occur, each as likely"],
        "the true answer of another sample" => L["the true answer of another sample"],
        "the most frequent answer of the question's type" => L["the most frequent answer of the question's type"],
        "the most frequent label" => L["the most frequent label"],
        "the true answer of that sample which scores best as the answer to all" => L["the true answer of that sample which scores best as the answer to all"],
        _ => (string?)null,
    };

    // F is taken over seconds and over events, and each of its kinds is told of both in the same words.
    private static string? OverUnits(string meaning, IStringLocalizer<Words> L)
    {
        (string English, string Told)[] units =
        [
            ("seconds", L["seconds"]),
            ("events that share at least half of their time with a true one", L["events that share at least half of their time with a true one"]),
        ];
        foreach ((string english, string told) in units)
        {
            string? found = meaning switch
            {
                _ when meaning == $"mean of the F of A, V and AV over {english}; each is the mean over videos of the mean over their classes, 1 where there is nothing to find and nothing said" =>
                    L["mean of the F of A, V and AV over {0}; each is the mean over videos of the mean over their classes, 1 where there is nothing to find and nothing said", told],
                _ when meaning == $"F of what is heard, over {english}" => L["F of what is heard, over {0}", told],
                _ when meaning == $"F of what is seen, over {english}" => L["F of what is seen, over {0}", told],
                _ when meaning == $"F of what is heard and seen at once, over {english}" => L["F of what is heard and seen at once, over {0}", told],
                _ when meaning == $"F of heard and seen counted together, over {english}" => L["F of heard and seen counted together, over {0}", told],
                _ => (string?)null,
            };
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    private static string? After(string text, string start) => text.StartsWith(start, StringComparison.Ordinal) ? text[start.Length..] : null;

    private static string? Between(string text, string start, string end) =>
        text.Length > start.Length + end.Length && text.StartsWith(start, StringComparison.Ordinal) && text.EndsWith(end, StringComparison.Ordinal) ? text[start.Length..^end.Length] : null;
}

using CrabStudio.Tasks;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.DataSets;

/// <summary>Data sets in plain words.</summary>
public static class DataSetWords
{
    private const int Shown = 140;

    /// <summary>The family as the paper names it.</summary>
    public static string Family(TaskFamily family) => family switch
    {
        TaskFamily.TemporalLocalization => "Temporal localization",
        TaskFamily.SpatialLocalization => "Spatial localization",
        TaskFamily.ReferringSegmentation => "Referring segmentation",
        TaskFamily.QuestionAnswering => "Question answering",
        TaskFamily.Captioning => "Captioning",
        TaskFamily.ActionRecognition => "Action recognition",
        TaskFamily.EmotionRecognition => "Emotion recognition",
        TaskFamily.CrossModalMatching => "Cross-modal matching",
        _ => "Free question",
    };

    /// <summary>What an entry is about, for a line of the list.</summary>
    public static string Label(DataSetEntry entry) => string.Join(", ", DataSetIndex.LabelsOf(entry.Sample));

    /// <summary>The beginning of what is expected, on one line.</summary>
    public static string Text(DataSetEntry entry)
    {
        string text = (entry.Sample?.Target ?? entry.Sample?.Expected ?? "").ReplaceLineEndings(" ");
        return text.Length <= Shown ? text : string.Concat(text.AsSpan(0, Shown), "…");
    }

    /// <summary>"19 keys, 38 lists".</summary>
    public static string Lists(DataSet set)
    {
        int keys = set.Lists.Select(list => list.Key).Distinct().Count();
        return $"{(keys == 1 ? "1 key" : $"{keys} keys")}, {(set.Lists.Count == 1 ? "1 list" : $"{set.Lists.Count} lists")}";
    }
}

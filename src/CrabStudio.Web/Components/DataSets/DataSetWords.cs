using CrabStudio.Tasks;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.DataSets;

/// <summary>Data sets in plain words.</summary>
public static class DataSetWords
{
    private const int Shown = 140;

    /// <summary>The family as the paper names it.</summary>
    public static string Family(TaskFamily family, IStringLocalizer<Words> L) => family switch
    {
        TaskFamily.TemporalLocalization => L["Temporal localization"],
        TaskFamily.SpatialLocalization => L["Spatial localization"],
        TaskFamily.ReferringSegmentation => L["Referring segmentation"],
        TaskFamily.QuestionAnswering => L["Question answering"],
        TaskFamily.Captioning => L["Captioning"],
        TaskFamily.ActionRecognition => L["Action recognition"],
        TaskFamily.EmotionRecognition => L["Emotion recognition"],
        TaskFamily.CrossModalMatching => L["Cross-modal matching"],
        _ => L["Free question"],
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
    public static string Lists(DataSet set, IStringLocalizer<Words> L)
    {
        int keys = set.Lists.Select(list => list.Key).Distinct().Count();
        return L["{0}, {1}", keys == 1 ? L["1 key"] : L["{0} keys", keys], set.Lists.Count == 1 ? L["1 list"] : L["{0} lists", set.Lists.Count]];
    }
}

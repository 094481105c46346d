using CrabStudio.Tasks;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Lanes;

/// <summary>Tracks and layers as the pages call them; in files and addresses they are as <see cref="TimelineRules"/> has them.</summary>
public static class LaneWords
{
    /// <summary>"heard", "seen", "heard and seen".</summary>
    public static string Track(EventModality modality, IStringLocalizer<Words> L) => modality switch
    {
        EventModality.Audio => L["heard"],
        EventModality.Visual => L["seen"],
        _ => L["heard and seen"],
    };

    /// <summary>"model", "corrected", "truth".</summary>
    public static string Layer(TimelineLayer layer, IStringLocalizer<Words> L) => layer switch
    {
        TimelineLayer.Model => L["model"],
        TimelineLayer.Corrected => L["corrected"],
        _ => L["truth"],
    };
}

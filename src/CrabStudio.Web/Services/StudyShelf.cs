using CrabStudio.Tasks.Reports;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Services;

/// <summary>A transfer study of the workshop.</summary>
/// <param name="Item">Where it lies.</param>
/// <param name="Report">What it found; null when that cannot be read.</param>
/// <param name="Problem">Why it cannot be read; one line.</param>
public sealed record ShelvedStudy(WorkshopItem Item, StudyReport? Report, string? Problem);

/// <summary>The studies that lie in the workshop. Only reads; what was read is kept while the files stay the same.</summary>
/// <param name="workshop">The workshop.</param>
public sealed class StudyShelf(Workshop workshop)
{
    private readonly FileMemory<ShelvedStudy> known = new(50);

    /// <summary>All of them, the one changed last first, and one plain line for each thing that kept more from being found.</summary>
    public (IReadOnlyList<ShelvedStudy> Items, IReadOnlyList<string> Remarks) List(IStringLocalizer<Words> L)
    {
        WorkshopFindings found = workshop.Find(WorkshopKind.Study, L);
        return ([.. found.Items.Select(Of)], found.Remarks);
    }

    /// <summary>The study with an id, or null.</summary>
    public ShelvedStudy? Find(string id) => workshop.Get(WorkshopKind.Study, id) is { } item ? Of(item) : null;

    private ShelvedStudy Of(WorkshopItem item) => known.Get(Path.Combine(item.Path, StudyReport.FileName), () =>
    {
        try
        {
            StudyReport report = StudyReport.Read(item.Path);

            // Of a file that somebody has cut, parts may be missing.
            return report is { Setup.Tasks: not null, Arms: not null, Tasks: not null, Comparisons: not null, Routing: not null, Paper: not null, Findings: not null, Remarks: not null }
                ? new ShelvedStudy(item, report, null)
                : new ShelvedStudy(item, null, $"{StudyReport.FileName} of {item.Name} lacks parts of a study; run crab study transfer anew with the same --out");
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new ShelvedStudy(item, null, fault.Message.ReplaceLineEndings(" "));
        }
    });
}

using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Services;

/// <summary>An evaluation of the workshop as its files tell it.</summary>
/// <param name="Id">Its folder relative to the workshop, with slashes.</param>
/// <param name="Name">The name of its folder.</param>
/// <param name="Path">The folder, absolute.</param>
/// <param name="ChangedAt">When its files were last written.</param>
/// <param name="Stored">What it is of; null when its files cannot be read.</param>
/// <param name="Answered">Samples that are answered.</param>
/// <param name="Unanswered">Samples that could not be asked.</param>
/// <param name="Report">The report, when it is of all that is there; null while there is none.</param>
/// <param name="Problem">Why its files cannot be read.</param>
public sealed record ShelvedEvaluation(string Id, string Name, string Path, DateTimeOffset ChangedAt, StoredEvaluation? Stored, int Answered, int Unanswered, EvaluationReport? Report, string? Problem)
{
    /// <summary>Its identity and files, or why there are none.</summary>
    /// <exception cref="EvaluationException">Its files cannot be read.</exception>
    public StoredEvaluation Readable => Stored ?? throw new EvaluationException(Problem!);
}

/// <summary>The evaluations that lie in the workshop, whoever made them. Only reads; what was read is kept while the files stay the same.</summary>
/// <param name="workshop">The workshop.</param>
public sealed class EvaluationShelf(Workshop workshop)
{
    private readonly FileMemory<(int Answered, int Unanswered)> counts = new(1000);
    private readonly FileMemory<EvaluationReport?> reports = new(100);
    private readonly FileMemory<EvaluationReport?> previews = new(4);

    // Texts of many thousand samples each.
    private readonly FileMemory<IReadOnlyList<EvaluatedSample>> samples = new(3);

    // Figures take all of a core; one after the other is enough.
    private readonly SemaphoreSlim measuring = new(1);

    /// <summary>All of them, the one changed last first, and one plain line for each thing that kept more from being found.</summary>
    public (IReadOnlyList<ShelvedEvaluation> Items, IReadOnlyList<string> Remarks) List(IStringLocalizer<Words> L)
    {
        WorkshopFindings found = workshop.Find(WorkshopKind.Evaluation, L);
        return ([.. found.Items.Where(item => StoredEvaluation.IsIn(item.Path)).Select(Of).OrderByDescending(one => one.ChangedAt)], found.Remarks);
    }

    /// <summary>The evaluation with an id, or null.</summary>
    public ShelvedEvaluation? Find(string id) => workshop.Get(WorkshopKind.Evaluation, id) is { } item && StoredEvaluation.IsIn(item.Path) ? Of(item) : null;

    /// <summary>The finished samples, in the order in which they were asked.</summary>
    /// <exception cref="EvaluationException">Its files cannot be read.</exception>
    /// <exception cref="IOException">Its files cannot be read.</exception>
    public Task<IReadOnlyList<EvaluatedSample>> SamplesAsync(ShelvedEvaluation evaluation) => Task.Run(() =>
    {
        StoredEvaluation stored = evaluation.Readable;
        return samples.Get(SamplesOf(evaluation.Path), () => [.. stored.Lines().Select(EvaluatedSample.Of)]);
    });

    /// <summary>The report; of an evaluation that has not ended, the figures of what is there. Null before the model was loaded for the first time.</summary>
    /// <exception cref="EvaluationException">Its files cannot be read.</exception>
    /// <exception cref="IOException">Its files cannot be read.</exception>
    public async Task<EvaluationReport?> ReportAsync(ShelvedEvaluation evaluation, CancellationToken cancellation)
    {
        StoredEvaluation stored = evaluation.Readable;
        if (evaluation.Report is { } whole)
        {
            return whole;
        }

        await measuring.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => previews.Get(SamplesOf(evaluation.Path), () => stored.Preview(stored.Lines())), CancellationToken.None);
        }
        finally
        {
            measuring.Release();
        }
    }

    /// <summary>Two evaluations, sample by sample.</summary>
    /// <exception cref="EvaluationException">They have no sample in common, or cannot be read.</exception>
    public async Task<EvaluationComparison> CompareAsync(ShelvedEvaluation first, ShelvedEvaluation second, CancellationToken cancellation)
    {
        await measuring.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => EvaluationComparison.Of(first.Path, second.Path, seed: 0), CancellationToken.None);
        }
        finally
        {
            measuring.Release();
        }
    }

    /// <summary>The data sets of the workshop that an evaluation may be of: those of the same name.</summary>
    public IReadOnlyList<AvUieFolder> DataOf(StoredEvaluation evaluation) =>
        [.. workshop.Find(WorkshopKind.DataSet, EnglishWords.Only).Items.Select(item => AvUieFolder.Open(item.Path)).Where(folder => EvaluationRun.NameOf(folder) == evaluation.Data)];

    private static string SamplesOf(string path) => Path.Combine(path, EvaluationRun.SamplesName);

    private ShelvedEvaluation Of(WorkshopItem item)
    {
        string file = SamplesOf(item.Path);
        DateTimeOffset changed = item.ChangedAt;
        try
        {
            if (File.Exists(file) && new DateTimeOffset(File.GetLastWriteTimeUtc(file)) is var written && written > changed)
            {
                changed = written;
            }

            StoredEvaluation stored = StoredEvaluation.Read(item.Path);
            (int answered, int unanswered) = counts.Get(file, stored.Count);
            EvaluationReport? report = reports.Get(Path.Combine(item.Path, EvaluationRun.ReportName), stored.Report);
            // One of an earlier end, before samples that could not be asked were asked again, is none of this.
            bool whole = report is not null && report.Answered == answered && report.Samples == answered + unanswered;
            return new ShelvedEvaluation(item.Id, item.Name, item.Path, changed, stored, answered, unanswered, whole ? report : null, null);
        }
        catch (Exception fault) when (fault is EvaluationException or IOException or UnauthorizedAccessException)
        {
            return new ShelvedEvaluation(item.Id, item.Name, item.Path, changed, null, 0, 0, null, fault.Message.ReplaceLineEndings(" "));
        }
    }
}

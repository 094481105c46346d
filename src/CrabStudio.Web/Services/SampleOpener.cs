using CrabStudio.Engine.Evaluation;
using CrabStudio.Media;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Web.Services;

/// <summary>Takes samples of evaluations into the studio, where timeline and routing are seen.</summary>
public sealed class SampleOpener(EvaluationShelf shelf, DataSetLibrary library)
{
    /// <summary>Makes a session of a sample: its media become clips, within the limits that clips have, and it is asked in its very words.</summary>
    /// <param name="evaluationId">The evaluation.</param>
    /// <param name="sampleId"><c>key:index</c>.</param>
    /// <param name="cancellation">Ends it; clips that were taken in by then are kept.</param>
    /// <returns>The session.</returns>
    /// <exception cref="UnknownItemException">There is no such evaluation or sample.</exception>
    /// <exception cref="EvaluationException">The data set is not in the workshop, or is another one than then.</exception>
    /// <exception cref="MediaException">A clip is not there, or cannot be used.</exception>
    public async Task<Guid> OpenAsync(string evaluationId, string sampleId, CancellationToken cancellation)
    {
        ShelvedEvaluation evaluation = shelf.Find(evaluationId) ?? throw new UnknownItemException("evaluation", evaluationId);
        StoredEvaluation stored = evaluation.Readable;
        EvaluatedSample asked = (await shelf.SamplesAsync(evaluation)).FirstOrDefault(one => one.Id == sampleId) ?? throw new UnknownItemException("sample", sampleId);
        (AvUieFolder data, AvUieSample sample) = await Task.Run(() => Load(stored, asked), cancellation);
        return (await library.AskAsync(data, sample, evaluation.Name, Math.Min(stored.MaxNewTokens, AnswerService.MaxNewTokens), cancellation)).Session;
    }

    private (AvUieFolder Data, AvUieSample Sample) Load(StoredEvaluation stored, EvaluatedSample asked)
    {
        IReadOnlyList<AvUieFolder> named = shelf.DataOf(stored);
        if (named.Count == 0)
        {
            throw new EvaluationException($"The data set {stored.Data} is not in the workshop folder, so the clips of {asked.Id} are not at hand. Put the data set there.");
        }

        int index = int.Parse(asked.Id[(asked.Id.IndexOf(':', StringComparison.Ordinal) + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        foreach (AvUieFolder folder in named)
        {
            try
            {
                using AvUieList list = folder.OpenAt(asked.Key, stored.Split);
                AvUieSample sample = list[index];

                // The same sample as then, as far as the evaluation kept it; one that could not be read then is judged by nothing.
                if (asked.Question.Length == 0 || (asked.Question == (sample.Prompt.Content.OfType<TextItem>().LastOrDefault()?.Text ?? "") && asked.Expected == (sample.Expected ?? sample.Target ?? "")))
                {
                    return (folder, sample);
                }
            }
            catch (Exception other) when (other is ArgumentOutOfRangeException || (other is AvUieException && named.Count > 1))
            {
                // One of the same name that is another data set.
            }
        }

        throw new EvaluationException($"The sample {asked.Id} of the data set {stored.Data} is another one than when it was asked, so it was not opened. Put the data set of that time into the workshop.");
    }
}

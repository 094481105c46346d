using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Training.Study;

/// <summary>An answer of a study: a line of <c>answers.jsonl</c>, in snake case.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Arm">The arm.</param>
/// <param name="Key">The task.</param>
/// <param name="Index">Which of the task's clips, from 0.</param>
/// <param name="Scene">Name of the scene: key and seed.</param>
/// <param name="Question">The words of the question, behind the media.</param>
/// <param name="Expected">The target text.</param>
/// <param name="Text">What was answered.</param>
/// <param name="Tokens">Its length.</param>
/// <param name="CutShort">Whether it reached the limit.</param>
/// <param name="Score">The part of the scores that stands for the task.</param>
/// <param name="Scores">All parts, as <c>crab evaluate</c> names them.</param>
/// <param name="Routes">Routers over the prompt by part (see <see cref="PartRoutes.Of"/>), of the I-LoRA arm and, fresh, of the base; else null.</param>
/// <param name="Seconds">What it took.</param>
internal sealed record StudyAnswer(
    int Seed, StudyArm Arm, string Key, int Index, string Scene, string Question, string Expected, string Text, int Tokens, bool CutShort, double Score, IReadOnlyDictionary<string, double> Scores,
    IReadOnlyDictionary<string, PartRoutes>? Routes, double Seconds);

/// <summary>Router weights of a part of the network over the positions of one prompt.</summary>
/// <param name="Mean">[linear][expert]: mean weight.</param>
/// <param name="Entropy">[linear]: mean entropy as a share of the largest possible.</param>
/// <param name="Largest">[linear]: mean largest weight.</param>
internal sealed record PartRoutes(float[][] Mean, float[] Entropy, float[] Largest)
{
    /// <summary>Positions of the text decoder by what stands there.</summary>
    public const string OnSound = "text_on_sound", OnPictures = "text_on_pictures", OnWords = "text_on_words";

    /// <summary>Sums up a prompt: <c>text</c>, <c>audio</c> and <c>vision</c> are the text decoder and the two towers; of the text decoder also by what stands at a position.</summary>
    public static IReadOnlyDictionary<string, PartRoutes> Of(PrefillResult prefill)
    {
        var parts = new SortedDictionary<string, PartRoutes>(StringComparer.Ordinal);
        Add("audio", prefill.Audio, position => true);
        Add("vision", prefill.Vision, position => true);
        Add("text", prefill.Text, position => true);
        PromptPart[] kinds = [.. prefill.Spans.SelectMany(span => Enumerable.Repeat(span.Part, span.Length))];
        Add(OnSound, prefill.Text, position => kinds[position] == PromptPart.Audio);
        Add(OnPictures, prefill.Text, position => kinds[position] is PromptPart.Image or PromptPart.Video);
        Add(OnWords, prefill.Text, position => kinds[position] == PromptPart.Text);
        return parts;

        void Add(string name, RouteMatrix? routes, Func<int, bool> counts)
        {
            if (routes is not null && Enumerable.Range(0, routes.Positions).Any(counts))
            {
                parts[name] = Sum(routes, [.. Enumerable.Range(0, routes.Positions).Where(counts)]);
            }
        }
    }

    private static PartRoutes Sum(RouteMatrix routes, int[] positions)
    {
        var sums = new PartRoutes(new float[routes.Linears.Count][], new float[routes.Linears.Count], new float[routes.Linears.Count]);
        for (int linear = 0; linear < routes.Linears.Count; linear++)
        {
            var weights = new double[routes.Experts];
            double disorder = 0, most = 0;
            foreach (int position in positions)
            {
                double largest = 0;
                for (int expert = 0; expert < routes.Experts; expert++)
                {
                    double weight = routes[linear, position, expert];
                    weights[expert] += weight;
                    disorder -= weight > 0 ? weight * Math.Log(weight) : 0;
                    largest = Math.Max(largest, weight);
                }

                most += largest;
            }

            sums.Mean[linear] = [.. weights.Select(weight => (float)(weight / positions.Length))];
            sums.Entropy[linear] = (float)(disorder / positions.Length / Math.Log(routes.Experts));
            sums.Largest[linear] = (float)(most / positions.Length);
        }

        return sums;
    }
}

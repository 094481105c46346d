using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Engine.Evaluation;

/// <summary>What answers are worth that know nothing of the clip: random ones, and one and the same for all.</summary>
/// <param name="scorer">Scores them.</param>
/// <param name="key">The task key.</param>
/// <param name="rows">The samples, at least one.</param>
/// <param name="seed">For the random ones.</param>
internal sealed class Baselines(TaskScorer scorer, string key, IReadOnlyList<ScoredAnswer> rows, int seed)
{
    /// <summary>Random answers to each sample.</summary>
    public const int ChanceDraws = 20;

    /// <summary>Candidates for the constant answer, and samples on which they are tried, where there are more.</summary>
    private const int MostCandidates = 64, MostTries = 256;

    private readonly SeededNumbers numbers = SeededNumbers.Of(seed, $"baselines {key}");

    /// <summary>What the random answers are.</summary>
    public string ChanceMeaning => key switch
    {
        "avqa" => "any of the answers that occur with the question's type, each as likely",
        "avqa_thu" => "any of the options, each as likely",
        "ref_avs" => "true or false, each as likely, and the box of another sample",
        _ when IsChoice => "any of the labels that occur, each as likely",
        _ => "the true answer of another sample",
    };

    /// <summary>What the constant answer is.</summary>
    public string ConstantMeaning => key is "avqa" or "avqa_thu" ? "the most frequent answer of the question's type"
        : IsChoice ? "the most frequent label"
        : "the true answer of that sample which scores best as the answer to all";

    private bool IsChoice => TaskCatalog.Find(key)!.Grammar == AnswerGrammar.Choice;

    /// <summary>Draws of random answers, each to every sample.</summary>
    public IReadOnlyList<IReadOnlyList<ScoredAnswer>> Chance()
    {
        string[] labels = Distinct(rows);
        Dictionary<string, string[]> ofType = rows.GroupBy(row => row.Truth.QuestionType ?? "").ToDictionary(type => type.Key, Distinct);
        ScoredAnswer[] there = [.. rows.Where(row => row.Truth is { Label: "true", Box: not null })];
        return [.. Enumerable.Range(0, ChanceDraws).Select(_ => rows.Select((row, place) => Answered(row, Random(row, place))).ToArray())];

        string Random(ScoredAnswer row, int place)
        {
            EvaluationTruth other = rows[rows.Count == 1 ? 0 : (place + 1 + numbers.Below(rows.Count - 1)) % rows.Count].Truth;
            string[] choice = key == "avqa" ? ofType[row.Truth.QuestionType ?? ""] : row.Truth.Options.Count > 0 ? [.. row.Truth.Options] : labels;
            return IsChoice ? Truths.Written(key, new EvaluationTruth { Label = choice.Length == 0 ? "" : choice[numbers.Below(choice.Length)] })
                : key != "ref_avs" ? Truths.Written(key, other)
                : numbers.Below(2) == 0 ? Truths.Written(key, new EvaluationTruth { Label = "false" })
                : Truths.Written(key, there.Length == 0 ? new EvaluationTruth { Label = "true" } : there[numbers.Below(there.Length)].Truth);
        }
    }

    /// <summary>The constant answer to every sample.</summary>
    public IReadOnlyList<ScoredAnswer> Constant()
    {
        if (IsChoice)
        {
            Dictionary<string, string> most = rows.GroupBy(Kind).ToDictionary(type => type.Key, MostFrequent);
            return [.. rows.Select(row => Answered(row, Truths.Written(key, new EvaluationTruth { Label = most[Kind(row)] })))];
        }

        string[] candidates = [.. rows.Select(row => Truths.Written(key, row.Truth)).Distinct().Order(StringComparer.Ordinal)];
        candidates = [.. numbers.Choose(Math.Min(MostCandidates, candidates.Length), candidates.Length).Select(place => candidates[place])];
        ScoredAnswer[] tries = [.. numbers.Choose(Math.Min(MostTries, rows.Count), rows.Count).Select(place => rows[place])];
        string best = candidates.MaxBy(text => tries.Sum(row => scorer.Score(row.Truth, text).Scores.GetValueOrDefault(TaskScorer.Primary(key))))!;
        return [.. rows.Select(row => Answered(row, best))];
    }

    private string Kind(ScoredAnswer row) => key is "avqa" or "avqa_thu" ? row.Truth.QuestionType ?? "" : "";

    private ScoredAnswer Answered(ScoredAnswer row, string text) => new(row.Id, key, row.Truth, text, scorer.Score(row.Truth, text));

    private static string[] Distinct(IEnumerable<ScoredAnswer> of) => [.. of.Select(row => row.Truth.Label).OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    private static string MostFrequent(IEnumerable<ScoredAnswer> of) =>
        of.Select(row => row.Truth.Label).OfType<string>().GroupBy(label => label).OrderByDescending(label => label.Count()).ThenBy(label => label.Key, StringComparer.Ordinal).FirstOrDefault()?.Key ?? "";
}

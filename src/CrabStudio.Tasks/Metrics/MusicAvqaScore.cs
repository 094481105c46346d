namespace CrabStudio.Tasks.Metrics;

/// <summary>A question of MUSIC-AVQA with its answer.</summary>
/// <param name="Output">The truth.</param>
/// <param name="Predict">The model's text.</param>
/// <param name="Modality"><c>Audio</c>, <c>Visual</c> or <c>Audio-Visual</c>.</param>
/// <param name="Kind"><c>Counting</c>, <c>Comparative</c>, <c>Location</c>, <c>Existential</c> or <c>Temporal</c>.</param>
public sealed record MusicAvqaRow(string Output, string Predict, string Modality, string Kind);

/// <summary>Rows and right rows of one kind.</summary>
/// <param name="Count">Rows.</param>
/// <param name="Correct">Right rows.</param>
public readonly record struct RightOf(int Count, int Correct)
{
    /// <summary>Percent; null without rows.</summary>
    public double? Accuracy => Count == 0 ? null : 100.0 * Correct / Count;

    /// <summary>Adds.</summary>
    public static RightOf operator +(RightOf one, RightOf other) => new(one.Count + other.Count, one.Correct + other.Correct);
}

/// <summary>Accuracies in percent.</summary>
/// <param name="PerType">Of the nine types, in the order of <see cref="TaskLabels.MusicAvqaTypes"/>.</param>
/// <param name="Overall">Of all rows that count, also of other types.</param>
/// <param name="StopsByZero">The laboratory's script divides by zero here: one of the nine types has no row.</param>
public sealed record MusicAvqaReport(IReadOnlyDictionary<string, RightOf> PerType, RightOf Overall, bool StopsByZero)
{
    /// <summary>The rows of a modality pooled (not the mean of its types).</summary>
    public RightOf Group(string modality) =>
        PerType.Where(one => one.Key.StartsWith(modality + "/", StringComparison.Ordinal)).Aggregate(default(RightOf), (sum, one) => sum + one.Value);
}

/// <summary>MUSIC-AVQA accuracy by question type.</summary>
public static class MusicAvqaScore
{
    /// <summary>
    /// As the laboratory's script: a row whose answer cannot be read is left out, and a row is right when the truth <b>is
    /// contained</b> in the answer, so that "one" is right for "saxophone". Source: check() of GeWu-Lab/MokA@b28e834
    /// AudioVisualText/scripts/evaluation/avqa_eval.py; Crab_Plus itself has no AVQA scorer.
    /// </summary>
    public static MusicAvqaReport Script(IEnumerable<MusicAvqaRow> rows) => Count(rows, ScriptCorrect);

    /// <summary>
    /// By convention, as the data set's own test() counts (GeWu-Lab/MUSIC-AVQA@cc88095 net_grd_avst/main_avst.py): every row
    /// counts, and only an equal answer is right.
    /// </summary>
    public static MusicAvqaReport Strict(IEnumerable<MusicAvqaRow> rows) => Count(rows, row => StrictCorrect(row));

    /// <summary>Whether the script takes a row as right; null where it leaves it out.</summary>
    public static bool? ScriptCorrect(MusicAvqaRow row) =>
        TagRules.ReadMusicAvqa(row.Predict).Answer is { } answer ? answer.Contains(Truth(row), StringComparison.Ordinal) : null;

    /// <summary>Whether a row is right by the strict count.</summary>
    public static bool StrictCorrect(MusicAvqaRow row) => TagRules.ReadAnswer(row.Predict) is { } answer && PythonText.Lower(answer) == Truth(row);

    private static string Truth(MusicAvqaRow row) => PythonText.Lower(PythonText.Trim(PythonText.BeforeEndMark(row.Output)));

    private static MusicAvqaReport Count(IEnumerable<MusicAvqaRow> rows, Func<MusicAvqaRow, bool?> correct)
    {
        Dictionary<string, RightOf> types = TaskLabels.MusicAvqaTypes.ToDictionary(type => type, _ => default(RightOf));
        RightOf overall = default;
        foreach (MusicAvqaRow row in rows)
        {
            if (correct(row) is not { } right)
            {
                continue;
            }

            RightOf one = new(1, right ? 1 : 0);
            overall += one;
            string type = $"{row.Modality}/{row.Kind}";
            if (types.TryGetValue(type, out RightOf sum))
            {
                types[type] = sum + one;
            }
        }

        return new MusicAvqaReport(types, overall, types.Values.Any(type => type.Count == 0));
    }
}

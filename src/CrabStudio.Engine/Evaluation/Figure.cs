using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Engine.Evaluation;

/// <summary>A figure of a task.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">What was counted, in words.</param>
/// <param name="IsPrimary">Whether it is the one that stands for the task.</param>
/// <param name="Samples">Samples that it is of.</param>
/// <param name="Value">The value; null where there is none.</param>
/// <param name="Low">Lower end of the 95% interval.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Resamples">Draws of which the interval was made.</param>
/// <param name="Chance">The same figure of random answers.</param>
/// <param name="Constant">The same figure of one and the same answer to every question (of a kind).</param>
public sealed record Figure(string Name, string Meaning, bool IsPrimary, int Samples, double? Value, double? Low, double? High, int Resamples, double? Chance, double? Constant);

/// <summary>An answer with its scores, of a run or of a baseline.</summary>
internal sealed class ScoredAnswer(string id, string key, EvaluationTruth truth, string text, SampleScore score)
{
    private CaptionItem? caption;

    public ScoredAnswer(EvaluationLine line)
        : this(line.Id, line.Key, line.Truth, line.Text, new SampleScore(line.Answer, line.Scores))
    {
    }

    public string Id => id;

    public string Key => key;

    public EvaluationTruth Truth => truth;

    public string Text => text;

    public string? Answer => score.Answer;

    public double? Part(string name) => score.Scores.TryGetValue(name, out double value) ? value : null;

    /// <summary>Caption and reference as words, made once.</summary>
    public CaptionItem Caption => caption ??= CaptionItem.FromText(text, [truth.Caption ?? ""]);
}

/// <summary>How a figure is computed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">What is counted, in words.</param>
/// <param name="Values">One value a row, NaN where a row has none: the figure is their mean. Null for a figure of a set.</param>
/// <param name="OfSet">The figure of a set of rows; null for a mean.</param>
/// <param name="Draws">Draws for its interval.</param>
internal sealed record FigureDefinition(string Name, string Meaning, Func<IReadOnlyList<ScoredAnswer>, double[]>? Values, Func<IReadOnlyList<ScoredAnswer>, double?>? OfSet, int Draws = FigureDefinition.ManyDraws)
{
    /// <summary>Draws of what is quickly computed.</summary>
    public const int ManyDraws = 2000;

    /// <summary>Draws of what takes long.</summary>
    public const int FewDraws = 200;

    /// <summary>Which rows it is of, where not of all that have a value.</summary>
    public Func<ScoredAnswer, bool>? Of { get; init; }

    /// <summary>Whether it stands for its task.</summary>
    public bool IsPrimary { get; init; }

    /// <summary>The mean of a part of the scores.</summary>
    public static FigureDefinition Mean(string name, string meaning, string part, Func<ScoredAnswer, bool>? of = null) =>
        new(name, meaning, rows => [.. rows.Select(row => of is null || of(row) ? row.Part(part) ?? double.NaN : double.NaN)], null);

    /// <summary>A figure of a set of rows; the function gets at least one.</summary>
    public static FigureDefinition Set(string name, string meaning, Func<IReadOnlyList<ScoredAnswer>, double?> of, int draws = ManyDraws) => new(name, meaning, null, of, draws);

    /// <summary>Makes a figure ready for many draws of the same rows.</summary>
    public Sampled Over(IReadOnlyList<ScoredAnswer> rows) => new(this, rows);

    /// <summary>A figure over certain rows.</summary>
    public sealed class Sampled
    {
        private readonly FigureDefinition figure;
        private readonly IReadOnlyList<ScoredAnswer> rows;

        internal Sampled(FigureDefinition figure, IReadOnlyList<ScoredAnswer> rows)
        {
            (this.figure, this.rows) = (figure, rows);
            Values = figure.Values?.Invoke(rows);
        }

        /// <summary>One value a row of a mean, NaN where it has none; null for a figure of a set.</summary>
        public double[]? Values { get; }

        /// <summary>Rows that count.</summary>
        public int Count => Values is null ? rows.Count : Values.Count(value => !double.IsNaN(value));

        /// <summary>Over all rows.</summary>
        public double? Value => Draw([.. Enumerable.Range(0, rows.Count)]);

        /// <summary>Over drawn rows, some of them several times.</summary>
        public double? Draw(int[] places)
        {
            if (Values is null)
            {
                return places.Length == 0 ? null : figure.OfSet!([.. places.Select(place => rows[place])]);
            }

            double sum = 0;
            int count = 0;
            foreach (int place in places)
            {
                if (!double.IsNaN(Values[place]))
                {
                    sum += Values[place];
                    count++;
                }
            }

            return count == 0 ? null : sum / count;
        }
    }
}

namespace CrabStudio.Tasks.Metrics;

/// <summary>How a task fares in training together with others.</summary>
public enum TransferKind
{
    /// <summary>Better than trained alone.</summary>
    Positive,

    /// <summary>Worse.</summary>
    Negative,

    /// <summary>Exactly equal.</summary>
    Tie,

    /// <summary>One of the two values is missing.</summary>
    Skipped,
}

/// <summary>A task trained alone and together with others.</summary>
/// <param name="Task">The task, or task and figure.</param>
/// <param name="HigherIsBetter">Whether more is better.</param>
/// <param name="Single">The figure trained alone; null when missing.</param>
/// <param name="Multi">The figure trained together; null when missing.</param>
public sealed record TransferRow(string Task, bool HigherIsBetter, double? Single, double? Multi)
{
    /// <summary>What it comes to.</summary>
    public TransferKind Kind => (Single, Multi) is not ({ } single, { } multi) ? TransferKind.Skipped
        : single == multi ? TransferKind.Tie
        : multi > single == HigherIsBetter ? TransferKind.Positive
        : TransferKind.Negative;
}

/// <summary>
/// Counts of transfer (by convention, from the abstract of arXiv 2603.04128: positive when the multi-task model surpasses the single-task
/// one, negative when it degrades; how the paper counts tasks with several figures is not known).
/// </summary>
/// <param name="Positive">Tasks that gain.</param>
/// <param name="Negative">Tasks that lose.</param>
/// <param name="Tie">Tasks that stay exactly as they are.</param>
/// <param name="Skipped">Tasks with a missing figure.</param>
/// <param name="MeanRelativeGainPercent">Mean of 100·(multi − single)/single over compared tasks, the sign turned where lower is better, tasks with single = 0 left out; null when none is left.</param>
public sealed record TransferTable(int Positive, int Negative, int Tie, int Skipped, double? MeanRelativeGainPercent)
{
    /// <summary>Compared tasks.</summary>
    public int Compared => Positive + Negative + Tie;

    /// <summary>Share that gains; null when nothing is compared.</summary>
    public double? PositivePercent => Percent(Positive);

    /// <summary>Share that loses; null when nothing is compared.</summary>
    public double? NegativePercent => Percent(Negative);

    /// <summary>Share that does not lose: the other reading of a tie, which stands with those that gain; null when nothing is compared.</summary>
    public double? PositiveOrTiePercent => Percent(Positive + Tie);

    /// <summary>Share that does not gain: a tie stands with those that lose; null when nothing is compared.</summary>
    public double? NegativeOrTiePercent => Percent(Negative + Tie);

    /// <summary>Counts rows.</summary>
    public static TransferTable Of(IReadOnlyCollection<TransferRow> rows)
    {
        double[] gains =
        [
            .. rows.Where(row => row is { Single: { } single and not 0, Multi: not null }).Select(row => (row.HigherIsBetter ? 100 : -100) * (row.Multi!.Value - row.Single!.Value) / row.Single.Value),
        ];
        return new TransferTable(Count(TransferKind.Positive), Count(TransferKind.Negative), Count(TransferKind.Tie), Count(TransferKind.Skipped), gains.Length == 0 ? null : gains.Average());

        int Count(TransferKind kind) => rows.Count(row => row.Kind == kind);
    }

    private double? Percent(int count) => Compared == 0 ? null : 100.0 * count / Compared;
}

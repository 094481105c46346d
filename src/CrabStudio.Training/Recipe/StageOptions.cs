namespace CrabStudio.Training.Recipe;

/// <summary>How a stage is trained.</summary>
internal sealed record StageOptions
{
    /// <summary>What log and messages call it.</summary>
    public required string Name { get; init; }

    /// <summary>Where log and checkpoints go. A stage that was stopped there goes on.</summary>
    public required string Folder { get; init; }

    /// <summary>Steps of the stage; null: as many as fit into <see cref="Seconds"/>.</summary>
    public int? Steps { get; init; }

    /// <summary>Running time, that of earlier runs included; not used when <see cref="Steps"/> is set.</summary>
    public double Seconds { get; init; } = 600;

    /// <summary>Everything that is drawn follows from it.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Steps after which the same scenes come again; null: never.</summary>
    public int? Distinct { get; init; }

    /// <summary>Clips a step.</summary>
    public required int Clips { get; init; }

    /// <summary>Threads, each with passes of its own. Results are equal bit for bit with 1 only.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Whether matrices are moved by Muon; else all is AdamW's.</summary>
    public bool Muon { get; init; } = true;

    /// <summary>
    /// Muon's highest rate. A step holds a few thousand tokens only: at 0.02 its noise drowned what has to be looked up, and 350
    /// steps left even the background's colour at the level of guessing, which 200 steps at 0.004 learnt.
    /// </summary>
    public double MuonRate { get; init; } = 0.005;

    /// <summary>AdamW's highest rate.</summary>
    public double AdamRate { get; init; } = 1e-3;

    /// <summary>AdamW's decay of the mean of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.99;

    /// <summary>Steps in which the rates rise.</summary>
    public int Warmup { get; init; } = 50;

    /// <summary>Share of the stage after which the rates fall.</summary>
    public double Hold { get; init; } = 0.25;

    /// <summary>Seconds between checkpoints.</summary>
    public double CheckpointEvery { get; init; } = 240;

    /// <summary>Seconds between measurements on unseen clips.</summary>
    public double MeasureEvery { get; init; } = 600;

    /// <summary>Unseen clips that are measured: of a key, or in all in stage 0.</summary>
    public required int Unseen { get; init; }

    /// <summary>Unseen clips that are measured at the end.</summary>
    public required int UnseenAtEnd { get; init; }

    /// <summary>The share of the highest rates: a rise, a level, then half a cosine down to a fiftieth.</summary>
    /// <param name="step">Counted from 1.</param>
    /// <param name="progress">How much of the stage is done, 0 to 1.</param>
    public double Share(int step, double progress)
    {
        double fall = progress <= Hold ? 1 : 0.02 + (0.98 * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (progress - Hold) / (1 - Hold)))));
        return Math.Min(1, step / (double)Math.Max(1, Warmup)) * fall;
    }
}

/// <summary>What happened in a step of a stage: a line of <c>log.jsonl</c>, in snake case.</summary>
/// <param name="Step">Counted from 1.</param>
/// <param name="Progress">How much of the stage was done before it, 0 to 1.</param>
/// <param name="Losses">Mean losses by name.</param>
/// <param name="RateShare">Share of the highest rates that was used.</param>
/// <param name="GradNorm">Norm of all gradients together.</param>
/// <param name="Clips">Clips that were seen or heard.</param>
/// <param name="Questions">Questions that were answered; 0 in stage 0.</param>
/// <param name="Tokens">Tokens that went through the text decoder; 0 in stage 0.</param>
/// <param name="Seconds">What the step took, preparation included.</param>
public sealed record RecipeStep(int Step, double Progress, IReadOnlyDictionary<string, double> Losses, double RateShare, double GradNorm, int Clips, int Questions, int Tokens, double Seconds);

/// <summary>What was measured on unseen clips: a line of <c>unseen.jsonl</c>, in snake case.</summary>
/// <param name="Step">Steps done before.</param>
/// <param name="Clips">Clips of each measure (of all together in stage 0).</param>
/// <param name="Scores">Measures by name; shares from 0 to 1 unless the name says pixels.</param>
/// <param name="Seconds">What it took.</param>
public sealed record RecipeMeasure(int Step, int Clips, IReadOnlyDictionary<string, double> Scores, double Seconds);

namespace CrabStudio.Training;

/// <summary>
/// How an adapter is trained. The defaults are the recipe of the authors' published run: paper arXiv 2603.04128 and its
/// public code (GeWu-Lab/Crab_Plus), whose trainer is Hugging Face's with PyTorch's AdamW.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>The frozen base: a Hugging Face folder of Qwen2.5-Omni.</summary>
    public required string ModelFolder { get; init; }

    /// <summary>Where log, checkpoints and results go. A run that was stopped there goes on.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>An adapter to begin with (<c>finetune_weights.bin</c>); null: a new one from <see cref="Seed"/>.</summary>
    public string? AdapterInit { get; init; }

    /// <summary>r of a new adapter (authors' script: 128). With <see cref="AdapterInit"/> the file says it.</summary>
    public int Rank { get; init; } = 128;

    /// <summary>alpha; null: that of the <c>adapter_config.json</c> beside <see cref="AdapterInit"/>, else twice the rank, as in the published run (256 with r 128).</summary>
    public double? Alpha { get; init; }

    /// <summary>n experts of a new adapter (authors' script: 3). 1 is plain LoRA, without a router. With <see cref="AdapterInit"/> the file says it.</summary>
    public int Experts { get; init; } = 3;

    /// <summary>Share of A's input that is dropped (authors' script: 0.10).</summary>
    public double Dropout { get; init; } = 0.10;

    /// <summary>Highest learning rate (authors' script: 1e-4).</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>AdamW's decay of the mean of gradients (PyTorch's default, unchanged by the authors).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the mean of squared gradients (PyTorch's default, unchanged by the authors).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>AdamW's ε (PyTorch's default, unchanged by the authors).</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay (authors' script: none).</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest norm of all gradients together; longer ones are shortened (Hugging Face's default, 1.0).</summary>
    public double MaxGradientNorm { get; init; } = 1.0;

    /// <summary>Samples a step (authors' run: 8 over all devices).</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Passes over the data (authors' script: 5); not used when <see cref="Steps"/> is set.</summary>
    public double Epochs { get; init; } = 5;

    /// <summary>Number of steps; null: as <see cref="Epochs"/> gives.</summary>
    public int? Steps { get; init; }

    /// <summary>Share of the steps in which the rate rises from 0 (authors' script: 0.03); not used when <see cref="WarmupSteps"/> is set.</summary>
    public double WarmupRatio { get; init; } = 0.03;

    /// <summary>Steps in which the rate rises from 0; null: as <see cref="WarmupRatio"/> gives, rounded up.</summary>
    public int? WarmupSteps { get; init; }

    /// <summary>Order of data, dropout and a new adapter follow from it (Hugging Face's default, 42).</summary>
    public int Seed { get; init; } = 42;

    /// <summary><c>auto</c>, <c>fp32</c> or <c>bf16</c> (the authors': bf16). In bf16 the adapter is kept and updated in float32 all the same.</summary>
    public string Precision { get; init; } = "auto";

    /// <summary><c>auto</c>, <c>cpu</c> or <c>cuda</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Processor threads of the network; null: as many as there are processors. Results are equal bit for bit with 1 only.</summary>
    public int? Threads { get; init; }

    /// <summary>The towers' adapters stay as they are; what the towers make of each clip is computed once and kept on disk. The authors train them.</summary>
    public bool FreezeTowers { get; init; }

    /// <summary>Where tower features are kept with <see cref="FreezeTowers"/>; null: <c>features</c> in the output folder.</summary>
    public string? FeatureFolder { get; init; }

    /// <summary>
    /// Samples of one clip follow each other, and those of a batch share one pass over what they have in common: media are
    /// decoded, seen and read once. The sums are the same; only the order of data differs from the authors', who mix all.
    /// </summary>
    public bool PackClips { get; init; }

    /// <summary>A checkpoint to go on from is written after so many steps, and at the end.</summary>
    public int CheckpointEvery { get; init; } = 50;

    /// <summary>Router weights of each pass are summed up in <c>routes.jsonl</c> after so many steps; 0: never.</summary>
    public int RoutesEvery { get; init; } = 10;

    /// <summary>Steps after which the adapter is also written to <c>step-N</c>.</summary>
    public IReadOnlyList<int> SaveAt { get; init; } = [];

    /// <summary>Refuses numbers that make no sense.</summary>
    /// <exception cref="TrainingException">One does not; the message names its option.</exception>
    public void Check()
    {
        Range("--rank", Rank, Rank is >= 1 and <= 1 << 16, "1 to 65536");
        Range("--experts", Experts, Experts is >= 1 and <= 4096, "1 to 4096");
        Range("--alpha", Alpha ?? 0, Alpha is null || (double.IsFinite(Alpha.Value) && Alpha >= 0), "a number that is not negative");
        Range("--dropout", Dropout, Dropout is >= 0 and < 1, "0 to below 1");
        Range("--lr", LearningRate, double.IsFinite(LearningRate) && LearningRate >= 0, "a number that is not negative");
        Range("--beta1", Beta1, Beta1 is >= 0 and < 1, "0 to below 1");
        Range("--beta2", Beta2, Beta2 is >= 0 and < 1, "0 to below 1");
        Range("--epsilon", Epsilon, double.IsFinite(Epsilon) && Epsilon > 0, "a positive number");
        Range("--weight-decay", WeightDecay, double.IsFinite(WeightDecay) && WeightDecay >= 0, "a number that is not negative");
        Range("--max-grad-norm", MaxGradientNorm, MaxGradientNorm > 0, "a positive number");
        Range("--batch", BatchSize, BatchSize is >= 1 and <= 1 << 16, "1 to 65536");
        Range("--epochs", Epochs, Epochs is > 0 and <= 1e6, "a positive number");
        Range("--steps", Steps ?? 1, Steps is null or >= 1, "1 or more");
        Range("--warmup-ratio", WarmupRatio, WarmupRatio is >= 0 and <= 1, "0 to 1");
        Range("--warmup-steps", WarmupSteps ?? 0, WarmupSteps is null or >= 0, "0 or more");
        Range("--threads", Threads ?? 1, Threads is null or >= 1 and <= 1024, "1 to 1024");
        Range("--checkpoint-every", CheckpointEvery, CheckpointEvery >= 1, "1 or more");
        Range("--routes-every", RoutesEvery, RoutesEvery >= 0, "0 or more");
        foreach (int step in SaveAt)
        {
            Range("--save-at", step, step >= 1, "steps from 1");
        }

        static void Range(string option, double found, bool good, string expected)
        {
            if (!good)
            {
                throw new TrainingException(FormattableString.Invariant($"{option}: found {found}; expected {expected}."));
            }
        }
    }
}

namespace CrabStudio.Training;

/// <summary>What happened in one step: a line of <c>log.jsonl</c>, in snake case.</summary>
/// <param name="Step">Counted from 1.</param>
/// <param name="Samples">Names of the batch's samples.</param>
/// <param name="Loss">Mean over all tokens to be learnt in the batch, in nats.</param>
/// <param name="LossPerSample">Mean over the tokens to be learnt of each sample.</param>
/// <param name="LearningRate">The rate that was used.</param>
/// <param name="GradNorm">Norm of all gradients together, before it is bounded.</param>
/// <param name="Tokens">Length of prompt and answer of each sample.</param>
/// <param name="LossTokens">Tokens to be learnt of each sample.</param>
/// <param name="Seconds">What the step took, waiting for data included.</param>
public sealed record TrainingStep(
    int Step, IReadOnlyList<string> Samples, double Loss, IReadOnlyList<double> LossPerSample, double LearningRate, double GradNorm,
    IReadOnlyList<int> Tokens, IReadOnlyList<int> LossTokens, double Seconds);

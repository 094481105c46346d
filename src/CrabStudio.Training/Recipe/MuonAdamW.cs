using CrabStudio.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// The optimizer of a base: Muon for matrices (a step along the gradient's mean whose singular values are all brought near 1,
/// by five Newton–Schulz steps), AdamW for vectors, embeddings, the output layer and heads.
/// </summary>
internal sealed class MuonAdamW
{
    private const double Momentum = 0.95;

    private readonly IReadOnlyList<TrainedTensor> all;
    private readonly TrainedTensor[][] matrices;
    private readonly AdamW rest;
    private readonly StageOptions options;

    /// <summary>Takes the tensors of a stage.</summary>
    /// <param name="tensors">All of them.</param>
    /// <param name="options">Rates, and how many threads work.</param>
    public MuonAdamW(IReadOnlyList<TrainedTensor> tensors, StageOptions options)
    {
        (all, this.options) = (tensors, options);
        // Those of one shape go through together.
        matrices = [.. tensors.Where(tensor => options.Muon && IsMatrix(tensor)).GroupBy(Shape).SelectMany(same => same.Chunk(8))];
        rest = new AdamW([.. tensors.Where(tensor => !options.Muon || !IsMatrix(tensor))], new TrainingOptions { ModelFolder = "", OutputFolder = "", Beta2 = options.Beta2 });
    }

    /// <summary>Whether Muon moves it.</summary>
    public static bool IsMatrix(TrainedTensor tensor) => tensor.Value.dim() > 1
        && !tensor.Name.EndsWith("embed_tokens.weight", StringComparison.Ordinal) && !tensor.Name.EndsWith("lm_head.weight", StringComparison.Ordinal) && !tensor.Name.StartsWith(DenseHeads.Prefix, StringComparison.Ordinal);

    /// <summary>Norm of all gradients together.</summary>
    public double GradientNorm() => AdamW.NormOf(all);

    /// <summary>One update.</summary>
    /// <param name="share">Share of the highest rates.</param>
    /// <param name="norm">What <see cref="GradientNorm"/> said.</param>
    public void Step(double share, double norm)
    {
        rest.Step(share * options.AdamRate, norm);
        double shorten = Math.Min(1, 1 / (norm + 1e-6)), rate = share * options.MuonRate;
        Workers.Run(options.Workers, matrices.Length, group =>
        {
            using IDisposable noGradients = no_grad();
            using DisposeScope scope = NewDisposeScope();
            TrainedTensor[] same = [.. matrices[group].Where(tensor => tensor.Reached)];
            if (same.Length == 0)
            {
                return;
            }

            Tensor ahead = stack([.. same.Select(tensor =>
            {
                Tensor gradient = tensor.Gradient.Times(shorten);
                tensor.Updates++;
                tensor.Mean.lerp_(gradient, 1 - Momentum);
                return gradient.lerp(tensor.Mean, Momentum).flatten(1);
            })]);
            Tensor moves = Orthogonal(ahead);
            using Scalar step = (-rate * Math.Sqrt(Math.Max(1, moves.shape[1] / (double)moves.shape[2]))).ToScalar();
            for (int i = 0; i < same.Length; i++)
            {
                same[i].Value.add_(moves[i].view(same[i].Value.shape), step);
                same[i].Publish();
            }
        });
    }

    /// <summary>Matrices [count, rows, columns] → matrices with the same singular vectors and singular values near 1 (about 0.7 to 1.2).</summary>
    public static Tensor Orthogonal(Tensor matrices)
    {
        using DisposeScope scope = NewDisposeScope();
        bool tall = matrices.shape[1] > matrices.shape[2];
        Tensor x = tall ? matrices.transpose(1, 2) : matrices;
        x = x / (x * x).sum([1, 2], keepdim: true).sqrt().Plus(1e-7);
        for (int i = 0; i < 5; i++)
        {
            // An odd polynomial of degree five that drives singular values into a band around 1.
            Tensor square = x.matmul(x.transpose(1, 2));
            Tensor polynomial = square.Times(-4.7750).Plus(square.matmul(square).Times(2.0315));
            x = x.Times(3.4445).Plus(polynomial.matmul(x));
        }

        return (tall ? x.transpose(1, 2).contiguous() : x).MoveToOuterDisposeScope();
    }

    private static (long, long) Shape(TrainedTensor tensor) => (tensor.Value.shape[0], tensor.Value.numel() / tensor.Value.shape[0]);
}

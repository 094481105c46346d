using CrabStudio.Training.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Training.Tests;

/// <summary>The optimizer of a base.</summary>
public sealed class MuonTests
{
    private static readonly StageOptions Options = new() { Name = "test", Folder = "", Clips = 1, Unseen = 0, UnseenAtEnd = 0, MuonRate = 0.05 };

    [Theory]
    [InlineData(24, 40)]
    [InlineData(40, 24)]
    [InlineData(16, 16)]
    public void StepsHaveSingularValuesNearOneAndTheGradientsSingularVectors(int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        RandomNumbers random = RandomNumbers.For(1, $"{rows} {columns}");
        Tensor gradient = tensor(Enumerable.Range(0, 3 * rows * columns).Select(_ => (float)random.Normal()).ToArray(), [3, rows, columns]);
        Tensor step = MuonAdamW.Orthogonal(gradient);
        Assert.Equal(gradient.shape, step.shape);
        for (int i = 0; i < 3; i++)
        {
            (Tensor u, Tensor s, Tensor vh) = linalg.svd(gradient[i], fullMatrices: false);
            // Those that are a fiftieth of the largest or less need not have arrived.
            float largest = s.max().item<float>();
            Tensor along = u.transpose(0, 1).matmul(step[i]).matmul(vh.transpose(0, 1));
            float[] reached = along.diagonal().data<float>().ToArray(), values = s.data<float>().ToArray();
            Assert.All(reached.Where((_, place) => values[place] > largest / 50), value => Assert.InRange(value, 0.5f, 1.3f));
            Assert.InRange((along - along.diagonal().diag()).abs().max().item<float>(), 0, 1e-3f);
        }
    }

    [Fact]
    public void AMatrixAndAVectorLearnALinearMap()
    {
        using DisposeScope scope = NewDisposeScope();
        RandomNumbers random = RandomNumbers.For(2, "map");
        Tensor Numbers(params long[] shape) => tensor(Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(_ => (float)random.Normal()).ToArray(), shape);
        Tensor wanted = Numbers(6, 10), x = Numbers(64, 10), y = x.matmul(wanted.transpose(0, 1)) + 1;
        Tensor w = zeros(6, 10), b = zeros(6);
        using var weight = new TrainedTensor("linear.weight", w);
        using var bias = new TrainedTensor("linear.bias", b);
        Assert.True(MuonAdamW.IsMatrix(weight));
        Assert.False(MuonAdamW.IsMatrix(bias));
        var optimizer = new MuonAdamW([weight, bias], Options with { AdamRate = 0.05 });
        double first = 0, last = 0;
        for (int step = 0; step < 300; step++)
        {
            using DisposeScope one = NewDisposeScope();
            weight.Clear();
            bias.Clear();
            Tensor loss = (x.matmul(w.transpose(0, 1)) + b - y).square().mean();
            last = loss.item<float>();
            first = step == 0 ? last : first;
            loss.backward();
            using IDisposable noGradients = no_grad();
            weight.Collect();
            bias.Collect();
            optimizer.Step(1 - (step / 300.0), optimizer.GradientNorm());
        }

        Assert.InRange(last, 0, first / 100);
    }
}

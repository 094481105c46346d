using CrabStudio.Model.Configuration;
using CrabStudio.Model.Tests.Processing;
using CrabStudio.Model.Text;
using CrabStudio.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests.Text;

/// <summary>Rotation by time, height and width against vectors/units/mrope.</summary>
public sealed class MultimodalRotaryEmbeddingTests
{
    [Theory]
    [InlineData("q")]
    [InlineData("k")]
    public void RotatedHeadsEqualTheReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Vectors vectors = Vectors.Load("vectors/units/mrope.safetensors");
        var rotary = new MultimodalRotaryEmbedding(ThinkerConfig.Load(Golden.Find("tiny")).Text, CPU);
        (Tensor cos, Tensor sin) = rotary.Angles(tensor(vectors.Longs("position_ids"), vectors.Shape("position_ids")));
        Tensor heads = tensor(vectors.Floats(name), vectors.Shape(name)).squeeze(0);
        Tensor rotated = MultimodalRotaryEmbedding.Rotate(heads, rotary.Select(cos), rotary.Select(sin));
        Worst.Check("rotary embedding", name, vectors.Floats($"{name}_rotated"), rotated.contiguous().data<float>().ToArray(), 1e-5);
    }

    // The reference walks the parts with i % 3, so six of them give each axis two places in the row of frequencies.
    [Fact]
    public void SixPartsGiveEachAxisTwoPlaces()
    {
        using DisposeScope scope = NewDisposeScope();
        TextConfig config = ThinkerConfig.Load(Golden.Find("tiny")).Text;
        int pairs = config.HeadSize / 2;
        int[] axes = [.. Enumerable.Range(0, pairs).Select(pair => pair < 6 ? pair % 3 : 2)];
        var rotary = new MultimodalRotaryEmbedding(config with { MropeSection = [1, 1, 1, 1, 1, pairs - 5] }, CPU);
        float[] position = [3, 5, 11];
        (Tensor cos, _) = rotary.Angles(tensor(position.Select(one => (long)one).ToArray(), [3, 1]));
        float[] given = rotary.Select(cos).contiguous().data<float>().ToArray();
        for (int place = 0; place < config.HeadSize; place++)
        {
            double frequency = Math.Pow(config.RopeTheta, -2.0 * (place % pairs) / config.HeadSize);
            Assert.Equal(Math.Cos(position[axes[place % pairs]] * frequency), given[place], 1e-5);
        }
    }
}

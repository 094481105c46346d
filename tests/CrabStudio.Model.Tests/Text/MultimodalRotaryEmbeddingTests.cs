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
}

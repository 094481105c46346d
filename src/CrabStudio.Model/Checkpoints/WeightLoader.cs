using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>Answers the questions of <see cref="WeightScope"/> from a base checkpoint and an adapter file.</summary>
public sealed class WeightLoader
{
    /// <summary>The scope of the whole Thinker (its children are <c>audio_tower</c>, <c>visual</c>, <c>model</c>, <c>lm_head</c>).</summary>
    public WeightScope Root => new(this, "");

    internal Tensor Base(string name, long[] shape) => throw new NotImplementedException();

    internal AdapterTensors? Adapter(string path, long inFeatures, long outFeatures) => throw new NotImplementedException();
}

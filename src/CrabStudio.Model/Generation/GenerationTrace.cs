using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Lora;
using static TorchSharp.torch;

namespace CrabStudio.Model.Generation;

/// <summary>
/// What one generation computed on its way, as plain numbers, named as in the reference vectors: <c>input_ids</c>,
/// <c>position_ids</c>, <c>generated</c>, <c>logits</c>, <c>hidden_last_position</c>, <c>router_text_prefill</c>,
/// <c>router_text_steps</c>, and where there is sound or a picture <c>audio_embeddings</c>, <c>audio_router</c>,
/// <c>vision_embeddings</c>, <c>vision_router</c>. Filled by the generation, read when it has ended.
/// </summary>
public sealed class GenerationTrace
{
    private readonly Dictionary<string, PlainTensor> tensors = [];

    /// <summary>The tensors so far.</summary>
    public IReadOnlyDictionary<string, PlainTensor> Tensors => tensors;

    /// <summary>Writes them as a safetensors file.</summary>
    public void Save(string path) => SafetensorsWriter.Write(path, tensors);

    internal void Set(string name, long[] shape, long[] values) => tensors[name] = new PlainTensor(shape, Longs: values);

    internal void Set(string name, long[] shape, float[] values) => tensors[name] = new PlainTensor(shape, values);

    internal void Set(string name, RouteMatrix? routes)
    {
        if (routes is not null)
        {
            Set(name, [routes.Linears.Count, routes.Positions, routes.Experts], routes.Weights);
        }
    }

    internal void Add(string name, Tensor values)
    {
        using Tensor plain = values.to(ScalarType.Float32).cpu().contiguous();
        Set(name, plain.shape, plain.data<float>().ToArray());
    }
}

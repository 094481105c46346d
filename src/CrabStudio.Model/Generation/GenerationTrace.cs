using CrabStudio.Model.Checkpoints;

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

    internal void Set(string name, PlainTensor tensor) => tensors[name] = tensor;
}

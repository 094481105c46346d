using CrabStudio.Model.Configuration;
using static TorchSharp.torch;

namespace CrabStudio.Model.Text;

/// <summary>Keys and values of every layer for the tokens so far, in memory laid out once for the longest answer.</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] keys;
    private readonly Tensor[] values;

    /// <summary>Room for <paramref name="capacity"/> tokens.</summary>
    public KeyValueCache(TextConfig config, long capacity, ScalarType dtype, Device device)
    {
        Capacity = capacity;
        long[] shape = [config.KeyValueHeads, capacity, config.HeadSize];
        keys = [.. Enumerable.Range(0, config.Layers).Select(_ => empty(shape, dtype, device).DetachFromDisposeScope())];
        values = [.. Enumerable.Range(0, config.Layers).Select(_ => empty(shape, dtype, device).DetachFromDisposeScope())];
    }

    /// <summary>Most tokens it can hold.</summary>
    public long Capacity { get; }

    /// <summary>Writes key and value [key/value heads, tokens, head] at <paramref name="start"/> and returns all up to their end.</summary>
    public (Tensor Keys, Tensor Values) Append(int layer, long start, Tensor key, Tensor value)
    {
        long tokens = key.shape[1];
        using (Tensor keyPlace = keys[layer].narrow(1, start, tokens), valuePlace = values[layer].narrow(1, start, tokens))
        {
            keyPlace.copy_(key);
            valuePlace.copy_(value);
        }

        return (keys[layer].narrow(1, 0, start + tokens), values[layer].narrow(1, 0, start + tokens));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in keys.Concat(values))
        {
            tensor.Dispose();
        }
    }
}

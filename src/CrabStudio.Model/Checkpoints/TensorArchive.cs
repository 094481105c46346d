using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>One tensor of an archive, known without reading its data.</summary>
/// <param name="Name">Its key.</param>
/// <param name="DType">Element type as stored, in the words of safetensors: F32, F16, BF16, I64, …</param>
/// <param name="Shape">Sizes; empty for a scalar.</param>
public sealed record TensorEntry(string Name, string DType, IReadOnlyList<long> Shape);

/// <summary>A file (or a set of files) with named tensors. Opening reads and checks the index only and executes nothing.</summary>
public abstract class TensorArchive : IDisposable
{
    /// <summary>The tensors by name, in the order of the file.</summary>
    public abstract IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>
    /// The tensor as stored (CPU, own dtype), detached from every dispose scope; the caller disposes it.
    /// </summary>
    /// <param name="name">Its key.</param>
    /// <param name="map">
    /// True: it may share memory with the mapped file and is valid only while the archive is open. False: it is a copy
    /// of its own; better for a tensor that is converted at once, since touched pages of a mapping stay resident.
    /// </param>
    public abstract Tensor Read(string name, bool map = true);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Bytes of the file between a tensor's first and last element.</summary>
    internal virtual long BytesOf(string name) => Entries[name].Shape.Aggregate((long)DTypes.Bytes(Entries[name].DType)!.Value, (product, size) => product * size);

    /// <summary>The sum of a tensor's elements; files compute it without the network library and read <see cref="BytesOf"/> bytes.</summary>
    internal virtual double Sum(string name)
    {
        using Tensor tensor = Read(name, map: false), wide = tensor.to(ScalarType.Float64), sum = wide.sum();
        return sum.item<double>();
    }
}

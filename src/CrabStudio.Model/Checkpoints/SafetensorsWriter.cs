using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CrabStudio.Model.Checkpoints;

/// <summary>A tensor as plain numbers.</summary>
/// <param name="Shape">Sizes; their product is the number of values.</param>
/// <param name="Floats">Values, row by row, when they are float32; else null.</param>
/// <param name="Longs">Values, row by row, when they are int64; else null.</param>
/// <param name="Brains">Values, row by row, when they are bfloat16 (the upper half of a float32 each); else null.</param>
public sealed record PlainTensor(long[] Shape, float[]? Floats = null, long[]? Longs = null, ushort[]? Brains = null);

/// <summary>Writes safetensors files (float32, bfloat16 and int64).</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes a whole file beside its place and then moves it there, so that a file that exists is whole.</summary>
    public static void Write(string path, IReadOnlyDictionary<string, PlainTensor> tensors)
    {
        string unfinished = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (FileStream file = File.Create(unfinished))
            {
                Write(file, tensors);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Writes to a stream. The header is padded with blanks so that values are aligned to eight bytes.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">By name.</param>
    /// <param name="metadata">What the file says of itself; null: nothing.</param>
    public static void Write(Stream stream, IReadOnlyDictionary<string, PlainTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = new Dictionary<string, object>();
        if (metadata is not null)
        {
            header["__metadata__"] = metadata;
        }

        long at = 0;
        foreach ((string name, PlainTensor tensor) in tensors)
        {
            long size = Bytes(tensor).Length;
            header[name] = new { dtype = tensor.Floats is not null ? "F32" : tensor.Brains is not null ? "BF16" : "I64", shape = tensor.Shape, data_offsets = new[] { at, at + size } };
            at += size;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        int padding = (8 - (json.Length % 8)) % 8;
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length + padding);
        stream.Write(length);
        stream.Write(json);
        stream.Write("       "u8[..padding]);
        foreach (PlainTensor tensor in tensors.Values)
        {
            stream.Write(Bytes(tensor));
        }
    }

    private static ReadOnlySpan<byte> Bytes(PlainTensor tensor) => tensor.Floats is { } floats ? MemoryMarshal.AsBytes<float>(floats)
        : tensor.Brains is { } brains ? MemoryMarshal.AsBytes<ushort>(brains) : MemoryMarshal.AsBytes<long>(tensor.Longs);
}

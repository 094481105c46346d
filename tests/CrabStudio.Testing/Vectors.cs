using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CrabStudio.Testing;

/// <summary>
/// Reads a safetensors file of reference vectors. Deliberately apart from the product's own reader, so that one cannot
/// hide the faults of the other.
/// </summary>
public sealed class Vectors
{
    private readonly byte[] file;
    private readonly int start;
    private readonly Dictionary<string, (string DType, long[] Shape, int From, int To)> tensors = [];

    private Vectors(byte[] file)
    {
        this.file = file;
        int length = checked((int)BinaryPrimitives.ReadInt64LittleEndian(file));
        start = 8 + length;
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, length));
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name != "__metadata__")
            {
                long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
                int[] offsets = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
                tensors[entry.Name] = (entry.Value.GetProperty("dtype").GetString()!, shape, offsets[0], offsets[1]);
            }
        }
    }

    /// <summary>Names of the tensors.</summary>
    public IReadOnlyCollection<string> Names => tensors.Keys;

    /// <summary>Opens a file by its path below the golden folder.</summary>
    public static Vectors Load(string goldenPath) => new(File.ReadAllBytes(Golden.Find(goldenPath)));

    /// <summary>Opens any file.</summary>
    public static Vectors LoadFile(string path) => new(File.ReadAllBytes(path));

    /// <summary>Whether there is such a tensor.</summary>
    public bool Has(string name) => tensors.ContainsKey(name);

    /// <summary>Its shape.</summary>
    public long[] Shape(string name) => tensors[name].Shape;

    /// <summary>Its type as stored.</summary>
    public string DType(string name) => tensors[name].DType;

    /// <summary>Its values as float32 (stored as F32, or as BF16 and widened).</summary>
    public float[] Floats(string name) => tensors[name].DType switch
    {
        "F32" => MemoryMarshal.Cast<byte, float>(Bytes(name)).ToArray(),
        "BF16" => [.. MemoryMarshal.Cast<byte, ushort>(Bytes(name)).ToArray().Select(half => BitConverter.UInt32BitsToSingle((uint)half << 16))],
        string other => throw new InvalidDataException($"{name} is {other}"),
    };

    /// <summary>Its values as 64-bit integers (stored as I64 or I32).</summary>
    public long[] Longs(string name) => tensors[name].DType == "I64"
        ? MemoryMarshal.Cast<byte, long>(Bytes(name)).ToArray()
        : [.. MemoryMarshal.Cast<byte, int>(Bytes(name)).ToArray().Select(value => (long)value)];

    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Bytes(string name) => file.AsSpan(start + tensors[name].From, tensors[name].To - tensors[name].From);
}

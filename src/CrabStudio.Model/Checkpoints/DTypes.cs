using System.Buffers.Binary;
using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>Element types in the words of safetensors.</summary>
internal static class DTypes
{
    /// <summary>Bytes of one element, or null for an unknown type.</summary>
    public static int? Bytes(string dtype) => dtype switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => null,
    };

    /// <summary>The type in TorchSharp and its size, or null when TorchSharp has none.</summary>
    public static (ScalarType Type, long Bytes)? ToTorch(string dtype) => dtype switch
    {
        "BOOL" => (ScalarType.Bool, 1),
        "U8" => (ScalarType.Byte, 1),
        "I8" => (ScalarType.Int8, 1),
        "I16" => (ScalarType.Int16, 2),
        "I32" => (ScalarType.Int32, 4),
        "I64" => (ScalarType.Int64, 8),
        "F16" => (ScalarType.Float16, 2),
        "BF16" => (ScalarType.BFloat16, 2),
        "F32" => (ScalarType.Float32, 4),
        "F64" => (ScalarType.Float64, 8),
        _ => null,
    };

    /// <summary>The name of a TorchSharp type.</summary>
    public static string Name(ScalarType type) => type switch
    {
        ScalarType.Bool => "BOOL",
        ScalarType.Byte => "U8",
        ScalarType.Int8 => "I8",
        ScalarType.Int16 => "I16",
        ScalarType.Int32 => "I32",
        ScalarType.Int64 => "I64",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Float32 => "F32",
        ScalarType.Float64 => "F64",
        _ => throw new ModelException($"found a tensor of type {type}; expected one that safetensors has"),
    };

    /// <summary>The name in the words of PyTorch.</summary>
    public static string TorchName(string dtype) => dtype switch
    {
        "BOOL" => "bool",
        "BF16" => "bfloat16",
        "F8_E4M3" => "float8_e4m3fn",
        "F8_E5M2" => "float8_e5m2",
        _ when dtype[0] == 'F' => $"float{dtype[1..]}",
        _ when dtype[0] == 'U' => $"uint{dtype[1..]}",
        _ => $"int{dtype[1..]}",
    };

    /// <summary>The first element of little-endian bytes as a number.</summary>
    public static double Value(ReadOnlySpan<byte> bytes, string dtype) => dtype switch
    {
        "BOOL" => bytes[0] == 0 ? 0 : 1,
        "U8" => bytes[0],
        "I8" => (sbyte)bytes[0],
        "U16" => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        "I16" => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        "U32" => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        "I32" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "U64" => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        "I64" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        "F32" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "F64" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        // The upper byte of a half.
        "F8_E5M2" => (double)BitConverter.UInt16BitsToHalf((ushort)(bytes[0] << 8)),
        "F8_E4M3" => Float8(bytes[0]),
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "no element type"),
    };

    // Four bits of exponent, three of mantissa, no infinities.
    private static double Float8(byte bits)
    {
        int exponent = (bits >> 3) & 15, mantissa = bits & 7;
        double value = (bits & 0x7F) == 0x7F ? double.NaN : exponent == 0 ? mantissa / 512.0 : (8 + mantissa) / 8.0 * Math.Pow(2, exponent - 7);
        return bits < 128 ? value : -value;
    }
}

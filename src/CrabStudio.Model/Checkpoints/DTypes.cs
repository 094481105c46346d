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
}

using System.Buffers.Binary;
using System.Text.Json;
using CrabStudio.Model.Configuration;
using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>
/// A safetensors file: eight bytes of length, a JSON header, then the tensors without holes or overlaps. The file is
/// mapped, so that <see cref="Read"/> costs no memory beyond the pages that are touched.
/// </summary>
public sealed class SafetensorsFile : TensorArchive
{
    private const long MaxHeader = 100_000_000;
    private readonly string path;
    private readonly long dataStart;
    private readonly long fileBytes;
    private readonly Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long From, long To)> ranges = new(StringComparer.Ordinal);
    private readonly Dictionary<ScalarType, Tensor> mappings = [];

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="ModelException">The file is not a whole, honest safetensors file.</exception>
    public SafetensorsFile(string path)
    {
        this.path = path;
        try
        {
            using FileStream file = File.OpenRead(path);
            fileBytes = file.Length;
            Span<byte> prefix = stackalloc byte[8];
            if (fileBytes < 10)
            {
                throw Wrong($"{fileBytes} bytes", "at least 10");
            }

            file.ReadExactly(prefix);
            long headerBytes = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            if (headerBytes < 2 || headerBytes > MaxHeader || headerBytes > fileBytes - 8)
            {
                throw Wrong($"a header of {headerBytes} bytes in a file of {fileBytes}", "a header that fits");
            }

            dataStart = 8 + headerBytes;
            byte[] header = new byte[headerBytes];
            file.ReadExactly(header);
            ReadHeader(header);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{JsonFile.Name(path)} could not be read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <inheritdoc/>
    public override Tensor Read(string name, bool map = true)
    {
        TensorEntry entry = entries[name];
        (long from, long to) = ranges[name];
        (ScalarType type, long size) = DTypes.ToTorch(entry.DType)
            ?? throw new ModelException($"{JsonFile.Name(path)}: tensor {JsonFile.Printable(name, 120)} is {entry.DType}, which the studio cannot compute with; expected F32, F16 or BF16");
        long[] shape = [.. entry.Shape];
        if (from == to)
        {
            return empty(shape, type).DetachFromDisposeScope();
        }

        if (map && (dataStart + from) % size == 0)
        {
            if (!mappings.TryGetValue(type, out Tensor? whole))
            {
                mappings[type] = whole = from_file(path, false, fileBytes / size, type).DetachFromDisposeScope();
            }

            using Tensor slice = whole.narrow(0, (dataStart + from) / size, (to - from) / size);
            return slice.view(shape).DetachFromDisposeScope();
        }

        // Wanted as a copy, or not aligned to its element, so that it cannot be mapped.
        byte[] bytes = new byte[to - from];
        using FileStream file = File.OpenRead(path);
        file.Position = dataStart + from;
        file.ReadExactly(bytes);
        Tensor copy = empty(shape, type).DetachFromDisposeScope();
        copy.bytes = bytes;
        return copy;
    }

    internal override long BytesOf(string name) => ranges[name].To - ranges[name].From;

    internal override double Sum(string name)
    {
        (long from, long to) = ranges[name];
        byte[] bytes = new byte[to - from];
        using FileStream file = File.OpenRead(path);
        file.Position = dataStart + from;
        file.ReadExactly(bytes);
        string dtype = entries[name].DType;
        int size = DTypes.Bytes(dtype)!.Value;
        double sum = 0;
        for (int at = 0; at < bytes.Length; at += size)
        {
            sum += DTypes.Value(bytes.AsSpan(at), dtype);
        }

        return sum;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (Tensor mapping in mappings.Values)
        {
            mapping.Dispose();
        }

        mappings.Clear();
    }

    private void ReadHeader(byte[] header)
    {
        if (header[0] != (byte)'{')
        {
            throw Wrong("no JSON object in front", "a safetensors header");
        }

        JsonDocument document;
        try
        {
            document = JsonFile.Parse(header, 16);
        }
        catch (JsonException)
        {
            throw Wrong("a header that is not valid JSON in UTF-8, or a name twice", "a safetensors header");
        }

        using (document)
        {
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                {
                    if (property.Value.ValueKind != JsonValueKind.Object || property.Value.EnumerateObject().Any(item => item.Value.ValueKind != JsonValueKind.String))
                    {
                        throw Wrong("metadata that are not texts", "a map from text to text");
                    }

                    continue;
                }

                ReadEntry(property);
            }
        }

        long end = 0;
        foreach ((string name, (long from, long to)) in ranges.OrderBy(item => item.Value.From).ThenBy(item => item.Value.To))
        {
            if (from != end)
            {
                throw Wrong($"tensor {JsonFile.Printable(name, 120)} at byte {from}", $"byte {end}, without hole or overlap");
            }

            end = to;
        }

        if (end != fileBytes - dataStart)
        {
            throw Wrong($"{fileBytes - dataStart} bytes of data", $"{end} as the header says. The download may be incomplete");
        }
    }

    private void ReadEntry(JsonProperty property)
    {
        string name = JsonFile.Printable(property.Name, 120);
        JsonElement value = property.Value;
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out JsonElement dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out JsonElement shape) || shape.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out JsonElement offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
        {
            throw Wrong($"tensor {name} without dtype, shape and two data_offsets", "all three");
        }

        int bits = DTypes.Bytes(dtype.GetString()!) ?? throw Wrong($"tensor {name} of type {JsonFile.Printable(dtype.GetString()!, 20)}", "a published type such as F32, F16 or BF16");
        var sizes = new List<long>();
        UInt128 bytes = (UInt128)bits;
        foreach (JsonElement size in shape.EnumerateArray())
        {
            if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out long number) || number < 0 || sizes.Count == 32)
            {
                throw Wrong($"tensor {name} with the size {JsonFile.Printable(size.GetRawText(), 40)}", "sizes that are whole numbers, at most 32 of them");
            }

            sizes.Add(number);
            bytes = bytes > long.MaxValue ? bytes : bytes * (UInt128)number;
        }

        if (!Offset(offsets[0], out long from) || !Offset(offsets[1], out long to) || to < from || bytes != (UInt128)(to - from) || to > fileBytes - dataStart)
        {
            throw Wrong($"tensor {name} of shape [{string.Join(", ", sizes)}] at {JsonFile.Printable(offsets.GetRawText(), 60)}", $"a place of {bytes} bytes inside the file");
        }

        entries.Add(property.Name, new TensorEntry(property.Name, dtype.GetString()!, sizes));
        ranges.Add(property.Name, (from, to));
    }

    private static bool Offset(JsonElement element, out long value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value) && value >= 0;
    }

    private ModelException Wrong(string found, string expected) => new($"{JsonFile.Name(path)}: found {found}; expected {expected}");
}

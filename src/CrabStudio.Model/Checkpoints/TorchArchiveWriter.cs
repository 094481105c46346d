using System.Buffers.Binary;
using System.Text;
using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>
/// Writes what <c>torch.save</c> writes for an ordered dictionary of tensors, so that
/// <c>torch.load(weights_only=True)</c> and <see cref="TorchArchive"/> read it: a zip of stored entries with
/// <c>data.pkl</c>, <c>byteorder</c>, one storage <c>data/N</c> a tensor, and <c>version</c>.
/// </summary>
public static class TorchArchiveWriter
{
    // PyTorch aligns storages to 64 bytes; so they can be mapped.
    private const int Alignment = 64;

    /// <summary>Writes a whole file or none.</summary>
    /// <param name="path">Where.</param>
    /// <param name="tensors">Names and float32, float16 or bfloat16 tensors, in order.</param>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, Tensor>> tensors)
    {
        // The folder inside the zip is named as the file is, as torch.save does it.
        string folder = Path.GetFileNameWithoutExtension(path);
        DurableFile.Write(path, stream =>
        {
            var zip = new ZipWriter(stream);
            zip.Add($"{folder}/data.pkl", Pickle(tensors));
            zip.Add($"{folder}/byteorder", "little"u8);
            for (int i = 0; i < tensors.Count; i++)
            {
                using Tensor plain = tensors[i].Value.detach().cpu().contiguous();
                zip.Add($"{folder}/data/{i}", plain.bytes);
            }

            zip.Add($"{folder}/version", "3\n"u8);
            zip.Finish();
        });
    }

    /// <summary>The pickle of an OrderedDict whose values are <c>_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())</c>.</summary>
    private static byte[] Pickle(IReadOnlyList<KeyValuePair<string, Tensor>> tensors)
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2]); // PROTO 2
        EmptyDictionary();
        pickle.WriteByte((byte)'('); // MARK
        for (int i = 0; i < tensors.Count; i++)
        {
            (string name, Tensor tensor) = tensors[i];
            long[] shape = tensor.shape;
            Text(name);
            Global("torch._utils", "_rebuild_tensor_v2");
            pickle.Write("(("u8);
            Text("storage");
            Global("torch", StorageName(tensor.dtype));
            Text(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Text("cpu");
            Number(tensor.numel());
            pickle.Write("tQ"u8); // TUPLE, BINPERSID
            Number(0);
            Tuple(shape);
            Tuple([.. shape.Select((_, axis) => shape.Skip(axis + 1).Aggregate(1L, (product, size) => product * size))]);
            pickle.WriteByte(0x89); // NEWFALSE: requires no gradient
            EmptyDictionary(); // backward hooks
            pickle.Write("tR"u8); // TUPLE, REDUCE
        }

        pickle.Write("u."u8); // SETITEMS, STOP
        return pickle.ToArray();

        void EmptyDictionary()
        {
            Global("collections", "OrderedDict");
            pickle.Write(")R"u8); // EMPTY_TUPLE, REDUCE
        }

        void Global(string module, string name) => pickle.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

        void Text(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            pickle.WriteByte((byte)'X');
            pickle.Write(Little(bytes.Length, 4));
            pickle.Write(bytes);
        }

        void Number(long number)
        {
            (byte[] opcode, int size) = number switch
            {
                <= byte.MaxValue => ("K"u8.ToArray(), 1),
                <= ushort.MaxValue => ("M"u8.ToArray(), 2),
                <= int.MaxValue => ("J"u8.ToArray(), 4),
                _ => (new byte[] { 0x8a, 8 }, 8), // LONG1 of eight bytes
            };
            pickle.Write(opcode);
            pickle.Write(Little(number, size));
        }

        void Tuple(long[] sizes)
        {
            pickle.WriteByte((byte)'(');
            Array.ForEach(sizes, Number);
            pickle.WriteByte((byte)'t');
        }
    }

    private static string StorageName(ScalarType type) => type switch
    {
        ScalarType.Float32 => "FloatStorage",
        ScalarType.Float16 => "HalfStorage",
        ScalarType.BFloat16 => "BFloat16Storage",
        _ => throw new ArgumentException($"found a tensor of type {type}; expected float32, float16 or bfloat16"),
    };

    private static ReadOnlySpan<byte> Little(long value, int size)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes.AsSpan(0, size);
    }

    /// <summary>A zip whose entries are stored, aligned, and of any size.</summary>
    private sealed class ZipWriter(Stream stream)
    {
        private const uint Far = uint.MaxValue;

        private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(value =>
        {
            uint crc = (uint)value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }

            return crc;
        })];

        private readonly MemoryStream directory = new();
        private long at;
        private int count;

        public void Add(string name, ReadOnlySpan<byte> data)
        {
            byte[] nameBytes = Encoding.UTF8.GetBytes(name);
            uint crc = Far;
            foreach (byte value in data)
            {
                crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
            }

            crc = ~crc;
            bool large = data.Length >= int.MaxValue || at >= Far - (1 << 20);
            byte[] wide = large ? [1, 0, 24, 0, .. Little(data.Length, 8), .. Little(data.Length, 8), .. Little(at, 8)] : [];
            byte[] wideLocal = large ? [1, 0, 16, 0, .. Little(data.Length, 8), .. Little(data.Length, 8)] : [];
            // What is missing to the next boundary goes into an extra field of PyTorch's own kind, "FB".
            int missing = (int)((Alignment - ((at + 30 + nameBytes.Length + wideLocal.Length + 4) % Alignment)) % Alignment);
            byte[] padding = [(byte)'F', (byte)'B', .. Little(missing, 2), .. Enumerable.Repeat((byte)'Z', missing)];
            uint size = large ? Far : (uint)data.Length;
            // Version needed, flags, method (stored), time and date (1980), checksum, sizes.
            byte[] common = [(byte)(large ? 45 : 20), 0, 0, 8, 0, 0, 0, 0, 0x21, 0, .. Little(crc, 4), .. Little(size, 4), .. Little(size, 4), .. Little(nameBytes.Length, 2)];
            Put(stream, [0x50, 0x4b, 3, 4, .. common, .. Little(wideLocal.Length + padding.Length, 2), .. nameBytes, .. wideLocal, .. padding]);
            stream.Write(data);
            Put(directory, [0x50, 0x4b, 1, 2, 45, 0, .. common, .. Little(wide.Length, 2), .. new byte[10], .. Little(large ? Far : at, 4), .. nameBytes, .. wide]);
            at += 30 + nameBytes.Length + wideLocal.Length + padding.Length + data.Length;
            count++;
        }

        public void Finish()
        {
            long start = at, size = directory.Length;
            stream.Write(directory.GetBuffer().AsSpan(0, (int)size));
            bool large = start >= Far || count >= ushort.MaxValue;
            if (large)
            {
                byte[] both = [.. Little(count, 8), .. Little(count, 8), .. Little(size, 8), .. Little(start, 8)];
                Put(stream, [0x50, 0x4b, 6, 6, 44, 0, 0, 0, 0, 0, 0, 0, 45, 0, 45, 0, .. new byte[8], .. both]);
                Put(stream, [0x50, 0x4b, 6, 7, 0, 0, 0, 0, .. Little(start + size, 8), 1, 0, 0, 0]);
            }

            long shown = large ? ushort.MaxValue : count;
            Put(stream, [0x50, 0x4b, 5, 6, 0, 0, 0, 0, .. Little(shown, 2), .. Little(shown, 2), .. Little(large ? Far : size, 4), .. Little(large ? Far : start, 4), 0, 0]);
        }

        private static void Put(Stream target, byte[] bytes) => target.Write(bytes);
    }
}

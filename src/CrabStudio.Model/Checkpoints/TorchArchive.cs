using System.Buffers.Binary;
using System.Text;
using CrabStudio.Model.Configuration;
using static TorchSharp.torch;

namespace CrabStudio.Model.Checkpoints;

/// <summary>
/// A file written by <c>torch.save</c> (the zip format): a flat dictionary from texts to tensors. The pickle inside is
/// read by <see cref="TensorPickle"/>, which knows the few opcodes and names that such a file needs and executes
/// nothing; storages are read straight from their place in the file.
/// </summary>
public sealed class TorchArchive : TensorArchive
{
    private readonly string path;
    private readonly Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (PickledTensor Tensor, long Offset)> places = new(StringComparer.Ordinal);
    private readonly Dictionary<ScalarType, Tensor> mappings = [];
    private readonly long fileBytes;

    /// <summary>Reads the table of the zip and the pickle, and checks every tensor against its storage.</summary>
    /// <exception cref="ModelException">The file is anything else than an honest archive of tensors.</exception>
    public TorchArchive(string path)
    {
        this.path = path;
        string name = JsonFile.Name(path);
        try
        {
            using FileStream file = File.OpenRead(path);
            fileBytes = file.Length;
            IReadOnlyDictionary<string, ZipEntry> zip = StoredZip.Read(file, name);
            string[] pickles = [.. zip.Keys.Where(key => key.EndsWith("/data.pkl", StringComparison.Ordinal) || key == "data.pkl")];
            if (pickles.Length != 1 || !pickles[0].Contains('/') || pickles[0].IndexOf('/') != pickles[0].LastIndexOf('/'))
            {
                throw new ModelException($"{name}: found {pickles.Length} data.pkl in the zip; expected one, in one top folder, as torch.save writes it");
            }

            string folder = pickles[0][..^"data.pkl".Length];
            if (zip.Keys.FirstOrDefault(key => !key.StartsWith(folder, StringComparison.Ordinal)) is { } stray)
            {
                throw new ModelException($"{name}: found {JsonFile.Printable(stray, 80)} outside the folder {JsonFile.Printable(folder, 80)}; expected one top folder");
            }

            if (zip.Keys.FirstOrDefault(key => key.StartsWith(folder + "code/", StringComparison.Ordinal) || key == folder + "constants.pkl") is not null)
            {
                throw new ModelException($"{name}: found a TorchScript program; expected plain tensors written by torch.save");
            }

            if (zip.TryGetValue(folder + "byteorder", out ZipEntry order) && Encoding.ASCII.GetString(StoredZip.Bytes(file, order, name, 64)).Trim() != "little")
            {
                throw new ModelException($"{name}: found big-endian storages; expected byteorder little");
            }

            byte[] pickle = StoredZip.Bytes(file, zip[pickles[0]], name, 64 << 20);
            foreach ((string key, PickledTensor tensor) in TensorPickle.Read(pickle, name))
            {
                string storageName = folder + "data/" + tensor.StorageKey;
                if (!zip.TryGetValue(storageName, out ZipEntry storage))
                {
                    throw new ModelException($"{name}: the storage {JsonFile.Printable(tensor.StorageKey, 40)} of tensor {JsonFile.Printable(key, 120)} is missing; the file is incomplete");
                }

                tensor.Check(key, storage.Bytes, name);
                entries.Add(key, new TensorEntry(key, DTypes.Name(tensor.Type), tensor.Shape));
                places.Add(key, (tensor, storage.Offset));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{name} could not be read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <inheritdoc/>
    public override Tensor Read(string name, bool map = true)
    {
        (PickledTensor tensor, long storage) = places[name];
        long size = DTypes.ToTorch(DTypes.Name(tensor.Type))!.Value.Bytes;
        long from = storage + (tensor.StorageOffset * size);
        if (tensor.Shape.Contains(0))
        {
            return empty(tensor.Shape, tensor.Type).DetachFromDisposeScope();
        }

        if (map && from % size == 0)
        {
            if (!mappings.TryGetValue(tensor.Type, out Tensor? whole))
            {
                mappings[tensor.Type] = whole = from_file(path, false, fileBytes / size, tensor.Type).DetachFromDisposeScope();
            }

            return whole.as_strided(tensor.Shape, tensor.Strides, from / size).DetachFromDisposeScope();
        }

        byte[] bytes = new byte[tensor.Extent * size];
        using (FileStream file = File.OpenRead(path))
        {
            file.Position = from;
            file.ReadExactly(bytes);
        }

        using Tensor flat = empty([tensor.Extent], tensor.Type);
        flat.bytes = bytes;
        using Tensor strided = flat.as_strided(tensor.Shape, tensor.Strides);
        return strided.contiguous().clone().DetachFromDisposeScope();
    }

    internal override long BytesOf(string name) => places[name].Tensor.Extent * DTypes.Bytes(entries[name].DType)!.Value;

    internal override double Sum(string name)
    {
        (PickledTensor tensor, long storage) = places[name];
        if (tensor.Extent == 0)
        {
            return 0;
        }

        string dtype = entries[name].DType;
        int size = DTypes.Bytes(dtype)!.Value;
        byte[] bytes = new byte[BytesOf(name)];
        using FileStream file = File.OpenRead(path);
        file.Position = storage + (tensor.StorageOffset * size);
        file.ReadExactly(bytes);
        long[] place = new long[tensor.Shape.Length];
        double sum = 0;
        long at = 0;
        while (true)
        {
            sum += DTypes.Value(bytes.AsSpan((int)(at * size)), dtype);
            int axis = place.Length - 1;
            for (; axis >= 0 && ++place[axis] == tensor.Shape[axis]; axis--)
            {
                at -= (place[axis] - 1) * tensor.Strides[axis];
                place[axis] = 0;
            }

            if (axis < 0)
            {
                return sum;
            }

            at += tensor.Strides[axis];
        }
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
}

/// <summary>A tensor as the pickle describes it.</summary>
/// <param name="StorageKey">N of <c>data/N</c>.</param>
/// <param name="Type">Element type.</param>
/// <param name="StorageElements">Length of the storage in elements, as the pickle says.</param>
/// <param name="StorageOffset">First element.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Strides">Strides in elements.</param>
internal sealed record PickledTensor(string StorageKey, ScalarType Type, long StorageElements, long StorageOffset, long[] Shape, long[] Strides)
{
    /// <summary>Elements from the first to the last one used.</summary>
    public long Extent { get; private set; }

    /// <summary>Refuses a tensor that leaves its storage, has more elements than it, or a storage of another length.</summary>
    public void Check(string key, long storageBytes, string file)
    {
        string name = JsonFile.Printable(key, 120);
        long size = DTypes.ToTorch(DTypes.Name(Type))!.Value.Bytes;
        if (StorageElements < 0 || (Int128)StorageElements * size != storageBytes)
        {
            throw new ModelException($"{file}: the storage of tensor {name} has {storageBytes} bytes; expected {StorageElements} elements of {size} bytes as the pickle says");
        }

        Int128 last = StorageOffset, elements = 1;
        bool valid = Shape.Length == Strides.Length && Shape.Length <= 32 && StorageOffset >= 0;
        for (int i = 0; valid && i < Shape.Length; i++)
        {
            valid = Shape[i] >= 0 && Strides[i] >= 0 && elements <= long.MaxValue && last <= long.MaxValue;
            elements *= Shape[i];
            last += Shape[i] == 0 ? 0 : (Int128)(Shape[i] - 1) * Strides[i];
        }

        if (!valid || elements > StorageElements || (elements > 0 && last >= StorageElements))
        {
            throw new ModelException($"{file}: tensor {name} of shape [{string.Join(", ", Shape)}], strides [{string.Join(", ", Strides)}], offset {StorageOffset} does not fit its storage of {StorageElements} elements");
        }

        Extent = elements == 0 ? 0 : (long)last - StorageOffset + 1;
    }
}

/// <summary>An entry of a zip.</summary>
/// <param name="Offset">Where its data begin in the file.</param>
/// <param name="Bytes">Length of the data; stored, not compressed.</param>
internal readonly record struct ZipEntry(long Offset, long Bytes);

/// <summary>Reads the table of a zip whose entries are stored without compression, as torch.save writes them. Trusts no number in it.</summary>
internal static class StoredZip
{
    /// <summary>The entries by name.</summary>
    public static IReadOnlyDictionary<string, ZipEntry> Read(FileStream file, string name)
    {
        (long start, long count, long bytes) = FindDirectory(file, name);
        byte[] table = new byte[bytes];
        file.Position = start;
        file.ReadExactly(table);
        var entries = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        int at = 0;
        for (long i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> record = table.AsSpan(at);
            if (record.Length < 46 || BinaryPrimitives.ReadUInt32LittleEndian(record) != 0x02014b50)
            {
                throw Broken(name);
            }

            int flags = BinaryPrimitives.ReadUInt16LittleEndian(record[8..]), method = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]);
            int nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(record[28..]), extraBytes = BinaryPrimitives.ReadUInt16LittleEndian(record[30..]), commentBytes = BinaryPrimitives.ReadUInt16LittleEndian(record[32..]);
            int total = 46 + nameBytes + extraBytes + commentBytes;
            if (record.Length < total)
            {
                throw Broken(name);
            }

            string entryName = Encoding.UTF8.GetString(record.Slice(46, nameBytes));
            long compressed = BinaryPrimitives.ReadUInt32LittleEndian(record[20..]), plain = BinaryPrimitives.ReadUInt32LittleEndian(record[24..]), local = BinaryPrimitives.ReadUInt32LittleEndian(record[42..]);
            ReadZip64(record.Slice(46 + nameBytes, extraBytes), ref plain, ref compressed, ref local);
            if ((flags & 1) != 0 || method != 0 || compressed != plain)
            {
                throw new ModelException($"{name}: entry {JsonFile.Printable(entryName, 80)} is {((flags & 1) != 0 ? "encrypted" : "compressed")}; expected stored entries as torch.save writes them");
            }

            if (!entries.TryAdd(entryName, new ZipEntry(DataOffset(file, local, plain, start, name), plain)))
            {
                throw new ModelException($"{name}: found {JsonFile.Printable(entryName, 80)} twice in the zip; expected each name once");
            }

            at += total;
        }

        return entries;
    }

    /// <summary>The bytes of a small entry.</summary>
    public static byte[] Bytes(FileStream file, ZipEntry entry, string name, long most)
    {
        if (entry.Bytes > most)
        {
            throw new ModelException($"{name}: found an index of {entry.Bytes} bytes; expected at most {most}");
        }

        byte[] bytes = new byte[entry.Bytes];
        file.Position = entry.Offset;
        file.ReadExactly(bytes);
        return bytes;
    }

    private static (long Start, long Count, long Bytes) FindDirectory(FileStream file, string name)
    {
        int tail = (int)Math.Min(file.Length, 22 + 65535 + 20);
        byte[] end = new byte[tail];
        file.Position = file.Length - tail;
        file.ReadExactly(end);
        byte[] head = new byte[(int)Math.Min(4, file.Length)];
        file.Position = 0;
        file.ReadExactly(head);
        int at = end.AsSpan().LastIndexOf(new byte[] { 0x50, 0x4b, 0x05, 0x06 });
        if (at < 0 || at + 22 > end.Length || head.Length < 4 || head[0] != 0x50 || head[1] != 0x4b)
        {
            throw new ModelException($"{name}: found no zip archive; expected a file written by torch.save (PyTorch 1.6 or later). If it is a pointer of Git LFS or a web page, download the file itself");
        }

        ReadOnlySpan<byte> record = end.AsSpan(at);
        long count = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]), bytes = BinaryPrimitives.ReadUInt32LittleEndian(record[12..]), start = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        if ((count == 0xFFFF || bytes == 0xFFFFFFFF || start == 0xFFFFFFFF) && at >= 20 && BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(at - 20)) == 0x07064b50)
        {
            long far = BinaryPrimitives.ReadInt64LittleEndian(end.AsSpan(at - 12));
            if (far < 0 || far > file.Length - 56)
            {
                throw Broken(name);
            }

            byte[] wide = new byte[56];
            file.Position = far;
            file.ReadExactly(wide);
            if (BinaryPrimitives.ReadUInt32LittleEndian(wide) != 0x06064b50)
            {
                throw Broken(name);
            }

            count = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(32));
            bytes = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(40));
            start = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(48));
        }

        if (count < 1 || count > 1_000_000 || bytes < 46 * count || bytes > 256 << 20 || start < 0 || start > file.Length - bytes)
        {
            throw Broken(name);
        }

        return (start, count, bytes);
    }

    private static void ReadZip64(ReadOnlySpan<byte> extra, ref long plain, ref long compressed, ref long local)
    {
        while (extra.Length >= 4)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra), size = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (4 + size > extra.Length)
            {
                return;
            }

            if (id == 1)
            {
                ReadOnlySpan<byte> field = extra.Slice(4, size);
                Take(ref field, ref plain);
                Take(ref field, ref compressed);
                Take(ref field, ref local);
            }

            extra = extra[(4 + size)..];
        }

        static void Take(ref ReadOnlySpan<byte> field, ref long value)
        {
            if (value == 0xFFFFFFFF && field.Length >= 8)
            {
                value = BinaryPrimitives.ReadInt64LittleEndian(field);
                field = field[8..];
            }
        }
    }

    private static long DataOffset(FileStream file, long local, long bytes, long directory, string name)
    {
        if (local < 0 || bytes < 0 || local > directory - 30)
        {
            throw Broken(name);
        }

        Span<byte> header = stackalloc byte[30];
        file.Position = local;
        file.ReadExactly(header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50)
        {
            throw Broken(name);
        }

        long data = local + 30 + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        return data <= directory && bytes <= directory - data ? data : throw Broken(name);
    }

    private static ModelException Broken(string name) => new($"{name}: found a zip whose tables point outside the file; expected a whole file written by torch.save. Download it again");
}

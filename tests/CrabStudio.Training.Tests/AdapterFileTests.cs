using System.IO.Compression;
using System.Text;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Training.Tests;

/// <summary>The files of an adapter, and new adapters.</summary>
public sealed class AdapterFileTests : IDisposable
{
    private readonly string folder = TestData.NewFolder();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void WhatIsWrittenIsReadBackBitForBit(ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = randn(5, 40), narrow = wide.narrow(1, 3, 17);
        var tensors = new KeyValuePair<string, Tensor>[] { new("a.weight", wide.to(type)), new("b.ü", narrow.to(type)), new("transposed", wide.to(type).t()), new("scalar", tensor(1.5f).to(type)) };
        string path = Path.Combine(folder, "some.bin");
        TorchArchiveWriter.Write(path, tensors);
        using var archive = new TorchArchive(path);
        Assert.Equal(tensors.Select(item => item.Key), archive.Entries.Keys);
        foreach ((string name, Tensor written) in tensors)
        {
            foreach (bool map in new[] { true, false })
            {
                using Tensor read = archive.Read(name, map);
                Assert.Equal(type, read.dtype);
                Assert.Equal(written.shape, read.shape);
                Assert.Equal(written.contiguous().bytes.ToArray(), read.contiguous().bytes.ToArray());
            }
        }
    }

    [Fact]
    public void TheFileIsAZipOfAlignedStoragesWithThePartsThatPyTorchAsksFor()
    {
        using DisposeScope scope = NewDisposeScope();
        string path = Path.Combine(folder, "finetune_weights.bin");
        TorchArchiveWriter.Write(path, [new("one", ones(3, 5)), new("two", zeros(7))]);
        byte[] bytes = File.ReadAllBytes(path);
        using ZipArchive zip = ZipFile.OpenRead(path);
        Assert.Equal(
            ["finetune_weights/data.pkl", "finetune_weights/byteorder", "finetune_weights/data/0", "finetune_weights/data/1", "finetune_weights/version"],
            zip.Entries.Select(entry => entry.FullName));
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using Stream stream = entry.Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            Assert.Equal(entry.Length, content.Length);
            Assert.Equal(Crc32(content.ToArray()), entry.Crc32);
            // The data lie where the file holds them on a boundary of 64 bytes.
            int name = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(entry.FullName)), extra = BitConverter.ToUInt16(bytes, name - 2);
            Assert.Equal(0, (name + entry.FullName.Length + extra) % 64);
            Assert.Equal(content.ToArray(), bytes.AsSpan(name + entry.FullName.Length + extra, (int)entry.Length).ToArray());
        }
    }

    [Fact]
    public void ThePickleIsTheOneThatTheReferenceHasButForItsMemo()
    {
        // The same tensors as init.bin, written anew; remembering values (BINPUT, LONG_BINPUT) changes nothing that is built.
        string path = Path.Combine(folder, "init.bin");
        using DisposeScope scope = NewDisposeScope();
        using (var reference = new TorchArchive(TestData.Init))
        {
            TorchArchiveWriter.Write(path, [.. reference.Entries.Keys.Select(name => new KeyValuePair<string, Tensor>(name, reference.Read(name, map: false)))]);
        }

        HashSet<byte> ours = Opcodes(path), theirs = Opcodes(TestData.Init);
        Assert.Subset(theirs.Append((byte)'J').ToHashSet(), ours);
        Assert.Equal(TestData.Adapter(TestData.Init), TestData.Adapter(path));
    }

    [Fact]
    public void ANewAdapterHasTheReferencesTensorsWithBZeroAndTheOthersUniformByTheirWidth()
    {
        ThinkerConfig config = ThinkerConfig.Load(TestData.Model);
        using (var reference = new TorchArchive(TestData.Init))
        {
            int rank = AdapterFile.RankOf(TestData.Init);
            AdapterFile.WriteNew(folder, config, rank, 32, 3, 0.1, 7);
            using var made = new TorchArchive(Path.Combine(folder, AdapterFile.Weights));
            Assert.Equal(reference.Entries.Keys.Order(), made.Entries.Keys.Order());
            Assert.All(reference.Entries.Values, entry => Assert.Equal(entry.Shape, made.Entries[entry.Name].Shape));
            foreach ((string name, float[] values) in TestData.Adapter(Path.Combine(folder, AdapterFile.Weights)))
            {
                if (name.Contains(".lora_B", StringComparison.Ordinal))
                {
                    Assert.All(values, value => Assert.Equal(0, value));
                    continue;
                }

                double bound = 1 / Math.Sqrt(made.Entries[name].Shape[1]), spread = Math.Sqrt(values.Average(value => (double)value * value));
                Assert.All(values, value => Assert.InRange(value, -bound, bound));
                // A uniform number has a third of the squared bound as its variance.
                Assert.InRange(spread, 0.8 * bound / Math.Sqrt(3), 1.2 * bound / Math.Sqrt(3));
            }
        }

        AdapterConfig numbers = AdapterConfig.Load(Path.Combine(folder, AdapterFile.Config));
        Assert.Equal((32.0, 3, 0.1), (numbers.Alpha, numbers.Experts, numbers.Dropout));
    }

    [Fact]
    public void TheSameSeedGivesTheSameFileAndAnotherSeedAnother()
    {
        ThinkerConfig config = ThinkerConfig.Load(TestData.Model);
        byte[][] files = [.. new[] { 1, 1, 2 }.Select((seed, i) =>
        {
            string place = Path.Combine(folder, $"{i}");
            AdapterFile.WriteNew(place, config, 2, 4, 2, 0, seed);
            return File.ReadAllBytes(Path.Combine(place, AdapterFile.Weights));
        })];
        Assert.Equal(files[0], files[1]);
        Assert.NotEqual(files[0], files[2]);
    }

    [Fact]
    public void AWriteThatFailsLeavesTheFileThatWasThereAndNothingBesideIt()
    {
        string path = Path.Combine(folder, "kept.bin");
        File.WriteAllText(path, "before");
        Assert.Throws<IOException>(() => DurableFile.Write(path, stream =>
        {
            stream.Write(new byte[3 << 20]);
            throw new IOException("no space left");
        }));
        Assert.Equal("before", File.ReadAllText(path));
        Assert.Equal(["kept.bin"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
    }

    private static uint Crc32(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }

    // A walk over the pickle that knows how long the arguments of each opcode are.
    private static HashSet<byte> Opcodes(string file)
    {
        using ZipArchive zip = ZipFile.OpenRead(file);
        using Stream stream = zip.Entries.Single(entry => entry.Name == "data.pkl").Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        byte[] pickle = content.ToArray();
        var found = new HashSet<byte>();
        for (int at = 0; at < pickle.Length;)
        {
            byte opcode = pickle[at++];
            found.Add(opcode);
            at += opcode switch
            {
                0x80 or (byte)'K' or (byte)'q' or (byte)'h' => 1,
                (byte)'M' => 2,
                (byte)'J' or (byte)'r' or (byte)'j' => 4,
                (byte)'X' => 4 + BitConverter.ToInt32(pickle, at),
                (byte)'c' => Array.IndexOf(pickle, (byte)'\n', Array.IndexOf(pickle, (byte)'\n', at) + 1) + 1 - at,
                (byte)'(' or (byte)')' or (byte)'t' or (byte)'R' or (byte)'Q' or (byte)'u' or (byte)'.' or 0x85 or 0x86 or 0x87 or 0x89 => 0,
                _ => throw new InvalidDataException($"opcode {opcode:x2}"),
            };
        }

        return found;
    }
}

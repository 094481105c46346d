using System.Diagnostics;
using System.Text;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Tokenization;
using CrabStudio.Testing;
using TorchSharp;

namespace CrabStudio.Model.Tests.Checkpoints;

/// <summary>Good files with something changed at random: a reader succeeds or says what is wrong, and does nothing else.</summary>
public sealed class MutatedFileTests : IDisposable
{
    private const int Rounds = 400;
    private readonly string folder = Directory.CreateTempSubdirectory("crab-mutated").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    [Theory]
    [InlineData("safetensors/good-plain.safetensors")]
    [InlineData("safetensors/good-all-dtypes.safetensors")]
    [InlineData("safetensors/good-metadata.safetensors")]
    public void AMutatedSafetensorsFileIsReadOrRefused(string name) => Mutate(name, path => ReadAll(new SafetensorsFile(path)));

    [Theory]
    [InlineData("pickle/good-bf16.bin")]
    [InlineData("pickle/good-state-dict-metadata.bin")]
    [InlineData("pickle/good-strided-views.bin")]
    [InlineData("pickle/good-zip64-local.bin")]
    [InlineData("pickle/good-zip64-end.bin")]
    public void AMutatedTorchArchiveIsReadOrRefused(string name) => Mutate(name, path => ReadAll(new TorchArchive(path)));

    [Theory]
    [InlineData("pickle/good-setitem-long1.bin")]
    [InlineData("pickle/good-parameters.bin")]
    public void AMutatedPickleInAWholeArchiveIsReadOrRefused(string name)
    {
        // The zip stays as it is, so that every change reaches the machine that reads the pickle.
        byte[] good = File.ReadAllBytes(Path.Combine(Golden.Find("hostile"), name));
        int start = good.AsSpan().IndexOf(new byte[] { 0x80, 2 }), end = start + good.AsSpan(start).IndexOf("PK\x3\x4"u8);
        Assert.InRange(end - start, 100, good.Length);
        Mutate(name, path => ReadAll(new TorchArchive(path)), start, end);
    }

    [Theory]
    [InlineData("tokenizer/tokenizer-good-minified.json")]
    [InlineData("tokenizer/vocab-good-plain.json")]
    [InlineData("tokenizer/vocab-good-ascii.json")]
    [InlineData("tokenizer/merges-good-plain.txt")]
    [InlineData("config/config-good-plain.json")]
    [InlineData("adapter-config/adapter_config-good-peft.json")]
    public void AMutatedTextFileIsReadOrRefused(string name) => Mutate(name, path => ModelInspector.Inspect(path), rounds: 150);

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("tokenizer_config.json")]
    public void AFolderWithAMutatedTokenizerFileGivesATokenizerThatWorksOrIsRefused(string file)
    {
        foreach (string name in new[] { "vocab.json", "merges.txt", "tokenizer_config.json" })
        {
            File.Copy(Path.Combine(Golden.Find("tiny"), name), Path.Combine(folder, name));
        }

        const string text = "<|im_start|>The sound is loud, 42 times; naïve 你好 🎻\n";
        Mutate(Path.GetRelativePath(Golden.Find("hostile"), Path.Combine(Golden.Find("tiny"), file)), path =>
        {
            File.Move(path, Path.Combine(folder, file), overwrite: true);
            ByteLevelTokenizer tokenizer = ByteLevelTokenizer.Load(folder);
            Assert.Equal(text.Normalize(NormalizationForm.FormC), tokenizer.Decode(tokenizer.Encode(text), skipSpecial: false));
        }, rounds: 100);
    }

    [Fact]
    public void ListsThatHoldThemselvesDoNotHangTheReader()
    {
        // A dictionary whose value is a tuple of a list that is its own first element.
        byte[] pickle = [0x80, 2, (byte)'}', (byte)'X', 1, 0, 0, 0, (byte)'a', (byte)']', (byte)'q', 0, (byte)'h', 0, (byte)'a', 0x85, (byte)'s', (byte)'.'];
        Assert.Contains("nested", Assert.Throws<ModelException>(() => TensorPickle.Read(pickle, "self.bin")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a": "\ud800"}""", false)]
    [InlineData("""{"\udc00": 1}""", false)]
    [InlineData("""{"a": "\ud83d\u0041"}""", false)]
    [InlineData("""{"a": "\ud83d\n"}""", false)]
    [InlineData("""{"a": "\uD83D\uDE00 \\ud800 \\\\ \u00e9"}""", true)]
    [InlineData("""{"a": "\\\ud800"}""", false)]
    public void HalfASurrogatePairInJsonIsRefusedBeforeAnyoneReadsIt(string json, bool good)
    {
        string file = Path.Combine(folder, "added_tokens.json");
        File.WriteAllText(file, json);
        if (good)
        {
            Assert.Equal("\U0001F600 \\ud800 \\\\ \u00e9", JsonFile.Read(file).Text("a"));
        }
        else
        {
            Assert.Contains("added_tokens.json: found text that is not valid JSON", Assert.Throws<ModelException>(() => JsonFile.Read(file)).Message, StringComparison.Ordinal);
        }
    }

    private void Mutate(string name, Action<string> read, int from = 0, int to = -1, int rounds = Rounds)
    {
        byte[] good = File.ReadAllBytes(Path.Combine(Golden.Find("hostile"), name));
        var random = new Random(20250607);
        int accepted = 0, refused = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = Change(good, random, from, to < 0 ? good.Length : to, wholeLength: to >= 0);
            string path = Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(name).Split('-')[0]}-{round}{Path.GetExtension(name)}");
            File.WriteAllBytes(path, bytes);
            try
            {
                read(path);
                accepted++;
            }
            catch (ModelException fault)
            {
                refused++;
                Assert.DoesNotContain(fault.Message, character => char.IsControl(character));
            }
            catch (Exception fault) when (fault is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"round {round}: {fault}");
            }

            File.Delete(path);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {accepted} read, {refused} refused, {watch.ElapsedMilliseconds} ms");
        Assert.True(refused > 0);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - allocated) / rounds, 0, 64 << 20);
    }

    private static byte[] Change(byte[] good, Random random, int from, int to, bool wholeLength)
    {
        byte[] bytes = [.. good];
        // Changes lie where readers look: half of them in the first and last kilobyte.
        int Place()
        {
            int length = to - from;
            int place = random.Next(4) switch
            {
                0 => random.Next(Math.Min(length, 1024)),
                1 => length - 1 - random.Next(Math.Min(length, 1024)),
                _ => random.Next(length),
            };
            return from + place;
        }

        switch (random.Next(wholeLength ? 4 : 6))
        {
            case 0:
                bytes[Place()] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                for (int i = random.Next(1, 6); i > 0; i--)
                {
                    bytes[Place()] = (byte)random.Next(256);
                }

                return bytes;
            case 2:
                // A number that is far too large, or none.
                int at = Place(), count = Math.Min(random.Next(1, 9), to - at);
                bytes.AsSpan(at, count).Fill((byte)(random.Next(2) == 0 ? 0xFF : 0));
                return bytes;
            case 3:
                // A stretch from elsewhere.
                int source = Place(), target = Place(), length = Math.Min(random.Next(1, 40), to - Math.Max(source, target));
                good.AsSpan(source, length).CopyTo(bytes.AsSpan(target));
                return bytes;
            case 4:
                return bytes[..random.Next(bytes.Length)];
            default:
                int cut = Place();
                return random.Next(2) == 0 ? [.. bytes[..cut], .. bytes[Math.Min(bytes.Length, cut + random.Next(1, 20))..]]
                    : [.. bytes[..cut], .. good[..random.Next(1, Math.Min(20, good.Length))], .. bytes[cut..]];
        }
    }

    private static void ReadAll(TensorArchive archive)
    {
        using (archive)
        {
            foreach (TensorEntry entry in archive.Entries.Values)
            {
                // A type that the network cannot compute with is refused by name.
                double sum = archive.Sum(entry.Name);
                using torch.Tensor copy = archive.Read(entry.Name, map: false), mapped = archive.Read(entry.Name, map: true);
                Assert.Equal(entry.Shape, copy.shape);
                using torch.Tensor wide = mapped.to(torch.ScalarType.Float64), total = wide.sum(), sizes = wide.abs().sum();
                double other = total.item<double>(), size = sizes.item<double>();
                // Sums differ with their order, and not-a-number and infinity may come of it.
                Assert.True(!double.IsFinite(size) || Math.Abs(sum - other) <= 1e-12 * size, $"{entry.Name}: {sum} and {other}");
            }
        }
    }
}

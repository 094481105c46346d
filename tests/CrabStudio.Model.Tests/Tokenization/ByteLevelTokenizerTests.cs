using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CrabStudio.Model.Tests.Processing;
using CrabStudio.Model.Tokenization;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests.Tokenization;

public sealed class ByteLevelTokenizerTests
{
    private static readonly Lazy<ByteLevelTokenizer> Tiny = new(() => ByteLevelTokenizer.Load(Golden.Find("tiny")));
    private static readonly Lazy<ByteLevelTokenizer> Qwen = new(() => ByteLevelTokenizer.Load(Golden.Find("tokenizer/qwen2.5")));

    public static TheoryData<string> Sets() => ["tiny", "qwen2.5"];

    [Theory]
    [MemberData(nameof(Sets))]
    public void EveryTextGivesTheReferenceIdsAndThoseGiveItsText(string set)
    {
        Pair[] pairs = Pairs(set);
        Assert.Equal(220, pairs.Length);
        foreach (Pair pair in pairs)
        {
            Assert.Equal(pair.Ids, Get(set).Encode(pair.Text));
            Assert.Equal(pair.Decoded, Get(set).Decode(pair.Ids, skipSpecial: false));
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void AStreamGivesWholeCharactersThatAddUpToTheText(string set)
    {
        foreach (Pair pair in Pairs(set))
        {
            Assert.Equal(pair.Decoded, Stream(Get(set), pair.Ids, skipSpecial: false));
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void AStreamOfAnyIdsEqualsTheTextOfAllOfThem(string set)
    {
        var random = new Random(7);
        ByteLevelTokenizer tokenizer = Get(set);
        for (int round = 0; round < 300; round++)
        {
            // Single bytes are frequent, so that characters are cut, broken and continued in every way.
            int[] ids = [.. Enumerable.Range(0, 20).Select(_ => random.Next(4) > 0 ? random.Next(256) : random.Next(-2, (int)tokenizer.Size + 50))];
            foreach (bool skip in new[] { false, true })
            {
                Assert.Equal(tokenizer.Decode(ids, skip), Stream(tokenizer, ids, skip));
            }
        }
    }

    [Theory]
    [MemberData(nameof(GoldenCase.All), MemberType = typeof(GoldenCase))]
    public void AnswersReadAsTheReferenceWroteThem(string name)
    {
        JsonElement reference = JsonDocument.Parse(File.ReadAllText(Golden.Find($"vectors/cases/{name}.json"))).RootElement;
        int[] ids = [.. Vectors.Load($"vectors/cases/{name}.safetensors").Longs("generated").Select(id => (int)id)];
        Assert.Equal(reference.GetProperty("generated_text").GetString(), Tiny.Value.Decode(ids));
        Assert.Equal(reference.GetProperty("generated_raw").GetString(), Tiny.Value.Decode(ids, skipSpecial: false));
        Assert.Equal(reference.GetProperty("generated_text").GetString(), Stream(Tiny.Value, ids, skipSpecial: true));
    }

    [Theory]
    [MemberData(nameof(GoldenCase.All), MemberType = typeof(GoldenCase))]
    public void PromptsGiveTheReferenceIds(string name)
    {
        GoldenCase reference = GoldenCase.Load(name);
        Assert.Equal(reference.Vectors.Longs("input_ids").Select(id => (int)id), Tiny.Value.Encode(reference.Prompt));
    }

    [Fact]
    public void AnUnfinishedCharacterIsHeldBackAndMarkedAtTheEnd()
    {
        int[] clef = [.. Tiny.Value.Encode("\U0001D11E")];
        Assert.Equal(4, clef.Length);
        StreamingDecoder stream = Tiny.Value.NewStream();
        Assert.All(clef[..3], id => Assert.Equal("", stream.Add(id)));
        Assert.Equal("\U0001D11E", stream.Add(clef[3]));
        Assert.Equal("", stream.End());
        Assert.Equal("", stream.Add(clef[0]));
        Assert.Equal("\uFFFDa", stream.Add(Tiny.Value.IdOf("a")!.Value));
        Assert.Equal("", stream.Add(clef[0]));
        Assert.Equal("\uFFFD", stream.End());
    }

    [Fact]
    public void IdsBeyondTheTokenizerReadAsNothing()
    {
        Assert.Equal(762, Tiny.Value.Size);
        Assert.Equal("a", Tiny.Value.Decode([765, Tiny.Value.IdOf("a")!.Value, -1, int.MaxValue]));
    }

    [Fact]
    public void OnlyTokensMarkedSpecialAreLeftOut()
    {
        foreach (ByteLevelTokenizer tokenizer in new[] { Tiny.Value, Qwen.Value })
        {
            IReadOnlyList<int> ids = tokenizer.Encode("<|im_start|><tool_call>a</tool_call><|im_end|>");
            Assert.Equal(5, ids.Count);
            Assert.Equal("<tool_call>a</tool_call>", tokenizer.Decode(ids));
            Assert.True(tokenizer.IsSpecial(ids[0]));
            Assert.False(tokenizer.IsSpecial(ids[1]));
        }
    }

    [Fact]
    public void AnythingThatIsTypedCanBeReadBack()
    {
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            var text = new StringBuilder();
            for (int i = 0; i < 30; i++)
            {
                int point = random.Next(3) switch { 0 => random.Next(128), 1 => random.Next(0x3000), _ => random.Next(0x110000) };
                text.Append(point is >= 0xD800 and < 0xE000 ? "\uD800" : char.ConvertFromUtf32(point));
            }

            string whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString())).Normalize(NormalizationForm.FormC);
            Assert.Equal(whole, Qwen.Value.Decode(Qwen.Value.Encode(text.ToString()), skipSpecial: false));
        }
    }

    [Fact]
    public void WordsAreCutByCharactersNotByUtf16Units()
    {
        // As the original's pattern cuts: a letter or a sign beyond the first plane is one character.
        Assert.Equal(["a\U00020000b", "!"], Words("a\U00020000b!"));
        Assert.Equal(["\U0001F44Dhello"], Words("\U0001F44Dhello"));
        Assert.Equal(["\U0001D7D8", "\U0001D7D9", "\uE000"], Words("\U0001D7D8\U0001D7D9\uE000"));

        static string[] Words(string text) => [.. WordSplitter.Instance.PreTokenize(text).Select(word => text.Substring(word.Offset, word.Length))];
    }

    [Fact]
    public void AFolderWithTokenizerJsonAloneGivesTheSameIds()
    {
        string folder = Directory.CreateTempSubdirectory("crab-tokenizer").FullName;
        try
        {
            File.Copy(Path.Combine(Golden.Find("tiny"), "tokenizer.json"), Path.Combine(folder, "tokenizer.json"));
            ByteLevelTokenizer tokenizer = ByteLevelTokenizer.Load(folder);
            Assert.All(Pairs("tiny"), pair => Assert.Equal(pair.Ids, tokenizer.Encode(pair.Text)));
            Assert.Equal("<tool_call>", tokenizer.Decode(tokenizer.Encode("<|im_end|><tool_call>")));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    public void AMissingFileIsNamed(string missing)
    {
        string folder = Directory.CreateTempSubdirectory("crab-tokenizer").FullName;
        try
        {
            foreach (string file in new[] { "vocab.json", "merges.txt" }.Where(file => file != missing))
            {
                File.Copy(Path.Combine(Golden.Find("tiny"), file), Path.Combine(folder, file));
            }

            ModelException fault = Assert.Throws<ModelException>(() => ByteLevelTokenizer.Load(folder));
            Assert.Contains(missing, fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', fault.Message);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Theory]
    [InlineData("added_tokens.json", "{\"<|im_end|>\": 751}")]
    [InlineData("added_tokens.json", "{\"<|other|>\": 748}")]
    [InlineData("added_tokens.json", "{\"<|other|>\": 3}")]
    [InlineData("vocab.json", null)]
    public void FilesThatContradictEachOtherAreRefused(string file, string? content)
    {
        string folder = Directory.CreateTempSubdirectory("crab-tokenizer").FullName;
        try
        {
            foreach (string name in new[] { "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json" })
            {
                File.Copy(Path.Combine(Golden.Find("tiny"), name), Path.Combine(folder, name));
            }

            ByteLevelTokenizer.Load(folder);
            Dictionary<string, int> swapped = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(Path.Combine(folder, "vocab.json")))!;
            (swapped["a"], swapped["b"]) = (swapped["b"], swapped["a"]);
            File.WriteAllText(Path.Combine(folder, file), content ?? JsonSerializer.Serialize(swapped));
            Assert.Throws<ModelException>(() => ByteLevelTokenizer.Load(folder));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void TheRealVocabularyLoadsInAMomentAfterTheFirst()
    {
        Assert.Equal(151659, Qwen.Value.Size);
        var watch = Stopwatch.StartNew();
        ByteLevelTokenizer.Load(Golden.Find("tokenizer/qwen2.5"));
        TestContext.Current.TestOutputHelper?.WriteLine($"loaded in {watch.ElapsedMilliseconds} ms");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
    }

    private static ByteLevelTokenizer Get(string set) => set == "tiny" ? Tiny.Value : Qwen.Value;

    private static Pair[] Pairs(string set) =>
        JsonSerializer.Deserialize<Pair[]>(File.ReadAllText(Golden.Find($"tokenizer/{set}-pairs.json")), JsonSerializerOptions.Web)!;

    private static string Stream(ByteLevelTokenizer tokenizer, int[] ids, bool skipSpecial)
    {
        StreamingDecoder stream = tokenizer.NewStream(skipSpecial);
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            string part = stream.Add(id);
            Assert.False(part.Length > 0 && (char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])));
            text.Append(part);
        }

        return text.Append(stream.End()).ToString();
    }

    private sealed record Pair(string Text, int[] Ids, string Decoded);
}

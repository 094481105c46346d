using System.Text;
using System.Text.Json;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Tasks.Tests.AvUie;

public sealed class AvUieReaderTests
{
    private const string Good = """{"video_path":"a.mp4","audio_path":"a.wav","action":"bowling","label":"<answer>bowling</answer>"}""";

    [Theory]
    [InlineData("ks/train.json, entry 1, field action", "ks", """[{"video_path":"a.mp4","audio_path":"a.wav","label":"x","action":"y"},{"video_path":"a.mp4","audio_path":"a.wav","label":"x","action":{"is":"y"}}]""")]
    [InlineData("ks/train.json, entry 0, field video_path: is missing", "ks", """[{"audio_path":"a.wav","label":"x"}]""")]
    [InlineData("ks/train.json, entry 0, field video_path: is empty", "ks", """[{"video_path":"","audio_path":"a.wav","label":"x"}]""")]
    [InlineData("ks/train.json, entry 0, field label: is 7, expected a text", "ks", """[{"video_path":"a.mp4","audio_path":"a.wav","label":7}]""")]
    [InlineData("ks/train.json, entry 1: is \"dog\", expected an object", "ks", "[" + Good + ",\"dog\"]")]
    [InlineData("ks/train.json: holds no JSON list", "ks", "{}")]
    [InlineData("ks/train.json, entry 1: the JSON is broken at line 2, byte ", "ks", "[" + Good + ",\n{\"video_path\":}]")]
    [InlineData("ks/train.json, entry 1: the JSON is broken", "ks", "[" + Good)]
    [InlineData("ks/train.json, entry 1: the JSON is broken", "ks", "[" + Good + "] and more")]
    [InlineData("ks/train.json: the JSON is broken at line 1, byte 1", "ks", "")]
    [InlineData("ms3/train.json, entry 0, field frame_idx: is \"3\", expected a whole number", "ms3", """[{"image_path":"a.png","audio_path":"a.wav","frame_idx":"3","label_content":"x"}]""")]
    public void AFaultIsOneLineWithFileEntryAndField(string expected, string key, string json)
    {
        using DataSets data = new();
        data.Write($"{key}/train.json", json);
        AvUieException fault = Assert.Throws<AvUieException>(() => data.Open().Samples(key, AvUieSplit.Train).Count());
        Assert.StartsWith(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void WhatIsReadBeforeABreakIsGivenBeforeTheFault()
    {
        using DataSets data = new();
        data.Write("ks/train.json", "[" + string.Join(",\n", Enumerable.Repeat(Good, 2000)) + ",\n{\"video_path\": nothing}]");
        int read = 0;
        AvUieException fault = Assert.Throws<AvUieException>(() =>
        {
            foreach (AvUieSample sample in data.Open().Samples("ks", AvUieSplit.Train))
            {
                Assert.Equal(read++, sample.Index);
            }
        });
        Assert.Equal((2000, 2000), (read, fault.Entry));
        Assert.Contains("line 2001", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EntriesOfEveryLengthAreReadWholeAndFoundAgain()
    {
        Random random = new(3);
        string[] entries = [.. Enumerable.Range(0, 400).Select(_ => JsonSerializer.Serialize(new { text = new string('語', random.Next(random.Next(2) == 0 ? 40 : 60_000)), list = new[] { 1, 2 } }))];
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes("\n[ " + string.Join(" , \r\n", entries) + " ]\n")];
        JsonListReader reader = new(new Trickle(bytes, random), "x");
        for (int place = 0; place < entries.Length; place++)
        {
            Assert.True(reader.TryRead(out JsonElement entry));
            Assert.Equal(entries[place], entry.GetRawText());
            Assert.Equal(entries[place], Encoding.UTF8.GetString(bytes, (int)reader.EntryOffset, reader.EntryLength));
        }

        Assert.False(reader.TryRead(out _));
        Assert.Equal(entries.Length, reader.Count);
    }

    [Fact]
    public void AnEntryLargerThanAnyIsRefusedInsteadOfFillingTheMemory()
    {
        JsonListReader reader = new(new Endless(), "huge.json");
        Assert.Contains("huge.json, entry 0: is larger than 16 MiB", Assert.Throws<AvUieException>(() => reader.TryRead(out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderIsFoundByItsListsAndItsAbsenceIsSaid()
    {
        using DataSets data = DataSets.Miniature("ks");
        Assert.Equal(data["ks/train.json"], data.Open().PathOf("ks", AvUieSplit.Train));
        Assert.Equal(data["ks/train.json"], AvUieFolder.Open(data[""]).PathOf("ks", AvUieSplit.Train));
        Assert.Contains("holds no data set", Assert.Throws<AvUieException>(() => AvUieFolder.Open(data["ks"])).Message, StringComparison.Ordinal);
        Assert.Contains("is no folder", Assert.Throws<AvUieException>(() => AvUieFolder.Open(data["nowhere"])).Message, StringComparison.Ordinal);
        Assert.Contains("ave/train.json: is not there", Assert.Throws<AvUieException>(() => data.Open().Samples("ave", AvUieSplit.Train).Count()).Message, StringComparison.Ordinal);
        Assert.Contains("no known key", Assert.Throws<AvUieException>(() => data.Open().Samples("../ks", AvUieSplit.Train).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsAndQuestionsStandAsPythonPrintsThem()
    {
        using DataSets data = DataSets.Miniature("avqa_thu");
        data.Edit("avqa_thu/train.json", list =>
        {
            list[0]!["multi_choice"] = new System.Text.Json.Nodes.JsonArray("it's", "a \"b\"");
            list[1]!["question_text"] = "What is {multi_choice}?";
        });
        AvUieSample[] samples = [.. data.Open().Samples("avqa_thu", AvUieSplit.Train)];
        Assert.EndsWith("""options:["it's", 'a "b"']""", samples[0].Prompt.Content.OfType<TextItem>().Last().Text, StringComparison.Ordinal);
        Assert.EndsWith("What is {multi_choice}?, options:['dog', 'bell', 'rain', 'car']", samples[1].Prompt.Content.OfType<TextItem>().Last().Text, StringComparison.Ordinal);
        Assert.Equal(["it's", "a \"b\""], samples[0].Reference.Options);
    }

    [Fact]
    public void AListOfTextsIsReadBackAsItWasPrinted()
    {
        Random random = new(5);
        string[] parts = ["dog", "'", "\"", "\\", "\n", ", ", "[", "]", "語", " "];
        for (int round = 0; round < 500; round++)
        {
            string[] items = [.. Enumerable.Range(0, random.Next(5)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => parts[random.Next(parts.Length)])))];
            Assert.Equal(items, PythonList.Read(ConversationBuilder.PythonList(items)));
        }

        Assert.All(["", "[", "]", "['a'", "'a']", "['a' 'b']", "[a]", "['a]", "['a'] x"], text => Assert.Null(PythonList.Read(text)));
    }

    /// <summary>Gives a few bytes at a time, as a pipe may.</summary>
    private sealed class Trickle(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1 + random.Next(9000))]);
    }

    /// <summary>A list whose first entry is a text without end.</summary>
    private sealed class Endless : Stream
    {
        private bool begun;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)'x');
            if (!begun)
            {
                "[\""u8.CopyTo(buffer);
                begun = true;
            }

            return buffer.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

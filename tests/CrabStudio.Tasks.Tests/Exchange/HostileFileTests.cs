using System.Diagnostics;
using System.Text;
using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Tasks.Tests.Exchange;

/// <summary>Whatever a file holds: a timeline within the rules, or one line that says where it does not fit.</summary>
public sealed class HostileFileTests
{
    [Theory]
    [InlineData(TimelineFormat.Json)]
    [InlineData(TimelineFormat.Eaf)]
    [InlineData(TimelineFormat.WebVtt)]
    [InlineData(TimelineFormat.Csv)]
    [InlineData(TimelineFormat.LabelStudio)]
    [InlineData(TimelineFormat.Coco)]
    [InlineData(TimelineFormat.AvUie)]
    public void ChangedBytesGiveATimelineOrTheOneExceptionAndBothHappen(TimelineFormat format)
    {
        int read = 0, refused = 0, placed = 0;
        for (int seed = 0; seed < 1500; seed++)
        {
            TimelineDocument document = format == TimelineFormat.AvUie ? RoundTripTests.Plain(seed % 50) : new RandomTimelines(seed % 50).Next();
            byte[] bytes = new RandomTimelines(seed).Mutated(TimelineExchange.Write(document, format, RoundTripTests.Fixed).Bytes);
            try
            {
                TimelineDocument got = TimelineExchange.Read(bytes, "file.x", seed % 2 == 0 ? format : null).Document;
                got.Check();
                read++;
            }
            catch (ExchangeException fault)
            {
                Assert.StartsWith("file.x", fault.Message, StringComparison.Ordinal);
                Assert.True(fault.Message.Length < 900 && !fault.Message.Any(char.IsControl), fault.Message);
                refused++;
                placed += fault.Place.Line > 0 ? 1 : 0;
            }
        }

        Assert.True(read > 60 && refused > 60, $"{read} read, {refused} refused");
        Assert.True(placed > refused * 0.98, $"{placed} of {refused} say in which line");
    }

    [Fact]
    public void AnyBytesAtAllAreRefusedOrRead()
    {
        Random random = new(11);
        string[] heads = ["", "<", "WEBVTT\n\n", "{", "[", "label,start,end\n", "<?xml version=\"1.0\" encoding=\"utf-7\"?><ANNOTATION_DOCUMENT/>", "<?xml version=\"1.0\" encoding=\"utf-16\"?><ANNOTATION_DOCUMENT/>", "<?xml version=\"1.0\" encoding=\"none\"?><a/>"];
        for (int round = 0; round < 3000; round++)
        {
            byte[] tail = new byte[random.Next(60)];
            random.NextBytes(tail);
            byte[] bytes = [.. Encoding.UTF8.GetBytes(heads[round % heads.Length]), .. round % 4 == 0 ? [] : tail];
            foreach (TimelineFormat? format in new TimelineFormat?[] { null, (TimelineFormat)(round % 7) })
            {
                try
                {
                    TimelineExchange.Read(bytes, "file", format).Document.Check();
                }
                catch (ExchangeException fault)
                {
                    Assert.StartsWith("file", fault.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Theory]
    [InlineData("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><ANNOTATION_DOCUMENT>&x;</ANNOTATION_DOCUMENT>")]
    [InlineData("<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;&x;&x;\">]><ANNOTATION_DOCUMENT>&y;</ANNOTATION_DOCUMENT>")]
    [InlineData("<!DOCTYPE a SYSTEM \"http://127.0.0.1:9/x.dtd\"><ANNOTATION_DOCUMENT/>")]
    public void ADocumentTypeIsRefusedUnread(string xml)
    {
        Assert.Equal("a.eaf, line 2, column 1: is a document type, which an EAF does not have and which is not read; take it away", Fault("<?xml version=\"1.0\"?>\n" + xml, "a.eaf").Message);
    }

    [Fact]
    public void FilesThatAreMadeToTakeLongDoNot()
    {
        Stopwatch watch = Stopwatch.StartNew();
        string deep = string.Concat(Enumerable.Repeat("<a>", 500_000)), blanks = new(' ', 2_000_000), open = string.Concat(Enumerable.Repeat("<v ", 500_000));
        string[] files =
        [
            "<ANNOTATION_DOCUMENT>" + deep,
            "WEBVTT\n\n00:00.000 --> 00:01.000\n<v" + blanks,
            "WEBVTT\n\n00:00.000 --> 00:01.000\n" + open,
            "WEBVTT\n\n00:00.000 -->" + blanks + "x",
            "WEBVTT\n\n" + new string('<', 2_000_000) + "-->",
            new string('[', 2_000_000),
            "[" + string.Concat(Enumerable.Repeat("{\"data\":{}},", 200_000)) + "{}]",
            "{\"images\":[" + string.Concat(Enumerable.Range(0, 100_000).Select(id => $"{{\"id\":{id},\"file_name\":\"{id}.png\"}},")) + "{}]}",
            "label,start,end\n\"" + blanks,
            "label,start,end\n" + new string(',', 2_000_000),
            "label,start,end\n" + new string('"', 1_999_999),
            // One annotation that is divided into very many, and a chain of very many.
            Eaf("<TIER TIER_ID=\"a\" LINGUISTIC_TYPE_REF=\"t\"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID=\"r0\" TIME_SLOT_REF1=\"ts1\" TIME_SLOT_REF2=\"ts2\"><ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER><TIER TIER_ID=\"b\" LINGUISTIC_TYPE_REF=\"s\">"
                + string.Concat(Enumerable.Range(1, 40_000).Select(id => $"<ANNOTATION><REF_ANNOTATION ANNOTATION_ID=\"q{id}\" ANNOTATION_REF=\"r0\"><ANNOTATION_VALUE>x</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"))
                + string.Concat(Enumerable.Range(1, 40_000).Select(id => $"<ANNOTATION><REF_ANNOTATION ANNOTATION_ID=\"r{id}\" ANNOTATION_REF=\"r{id - 1}\"><ANNOTATION_VALUE>x</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>")) + "</TIER><LINGUISTIC_TYPE LINGUISTIC_TYPE_ID=\"s\" CONSTRAINTS=\"Symbolic_Subdivision\"/>"),
        ];
        foreach (string file in files)
        {
            try
            {
                TimelineExchange.Read(Encoding.UTF8.GetBytes(file), "file").Document.Check();
            }
            catch (ExchangeException fault)
            {
                Assert.True(fault.Message.Length < 900, fault.Message);
            }
        }

        Assert.True(watch.Elapsed.TotalSeconds < 30, $"{watch.Elapsed.TotalSeconds:0.0} s");
    }

    [Fact]
    public void MoreThanATimelineMayHaveIsRefusedInItsLine()
    {
        string rows = "label,start,end\n" + string.Concat(Enumerable.Repeat("a,1,2\n", TimelineRules.MostItems));
        Assert.Equal(TimelineRules.MostItems, TimelineExchange.Read(Encoding.UTF8.GetBytes(rows), "a.csv").Document.Events.Count);
        Assert.StartsWith("a.csv, line 100002: is one more than the 100000 events, boxes and points", Fault(rows + "a,1,2\n", "a.csv").Message, StringComparison.Ordinal);
        Assert.Equal("a.csv: has 20.0 MB; a timeline has 20 MB at most", Assert.Throws<ExchangeException>(() => TimelineExchange.Read(new byte[TimelineRules.MostBytes + 1], "a.csv")).Message);
    }

    [Fact]
    public void AFullTimelineIsWrittenAndReadInEveryFormatForEventsInSeconds()
    {
        Random random = new(2);
        TimelineDocument document = new TimelineDocument(new TimelineClip("a.mp4") { FrameRate = 25 })
        {
            Events = [.. Enumerable.Range(0, 30_000).Select(place => { decimal start = random.Next(1_000_000) / 1000m; return new TimelineEvent($"e{place}", "Dog", (EventModality)(place % 3), start, start + 500, TimelineLayer.Truth); })],
        }.InOrder();
        Stopwatch watch = Stopwatch.StartNew();
        foreach (TimelineFormat format in new[] { TimelineFormat.Json, TimelineFormat.Eaf, TimelineFormat.WebVtt, TimelineFormat.Csv, TimelineFormat.LabelStudio })
        {
            byte[] bytes = TimelineExchange.Write(document, format).Bytes;
            Assert.Equal(document.Events, TimelineExchange.Read(bytes, "file").Document.Events);
        }

        Assert.True(watch.Elapsed.TotalSeconds < 30, $"{watch.Elapsed.TotalSeconds:0.0} s");
    }

    [Theory]
    [InlineData("f, line 1: is empty; expected a timeline as json, eaf, vtt", "")]
    [InlineData("f, line 1: is UTF-16", "\u0001utf16")]
    [InlineData("f, line 2, column 3: the JSON is broken here", "{\n  x}")]
    [InlineData("f, line 1, column 1: is no timeline that is known", "{\"a\":1}")]
    [InlineData("f, line 1, column 25, field crabstudio_timeline: is 3; this program reads versions up to 2: use a newer CrabStudio", "{\"crabstudio_timeline\": 3}")]
    [InlineData("f, line 2, column 12, field label: is 7, expected a text", "{\"crabstudio_timeline\":1,\"events\":[\n{\"label\":  7,\"start\":0,\"end\":1}]}")]
    [InlineData("f, line 3, column 1, field start: is missing", "{\"crabstudio_timeline\":1,\"events\":[\n\n{\"label\":\"語\"}]}")]
    [InlineData("f, line 2, column 2, field end: is 1, which is not after the start 1", "{\"crabstudio_timeline\":1,\"events\":[\n {\"label\":\"a\",\"start\":1,\"end\":1.0001}]}")]
    [InlineData("f, line 1, column 78, field modality: is “smell”, expected audio, visual or audio-visual", "{\"crabstudio_timeline\":1,\"events\":[{\"label\":\"語\",\"start\":1,\"end\":2,\"modality\":\"smell\"}]}")]
    [InlineData("f, line 2, column 10, field box: is 5,5 to 5,9, which is reversed", "{\"crabstudio_timeline\":1,\n\"boxes\":[{\"label\":\"a\",\"time\":1,\"x1\":5,\"y1\":5,\"x2\":5,\"y2\":9}]}")]
    [InlineData("f, line 1, column 34, field width: is 1.5, expected a whole number of pixels", "{\"crabstudio_timeline\":1,\"clip\": {\"width\":1.5}}")]
    [InlineData("f, line 1, column 78, field layer: is “mine”", "{\"crabstudio_timeline\":1,\"points\":[{\"label\":\"a\",\"time\":0,\"x\":1,\"y\":1,\"layer\":\"mine\"}]}")]
    [InlineData("f, line 1, field hello: is no column of a timeline", "hello\n")]
    [InlineData("f, line 1: does not name the columns label, start and end", "start,label\n")]
    [InlineData("f, line 1, column 2: is the name of a field that is no text", "{\"\\ud800\":1}")]
    [InlineData("f, line 1, field colour: is no column of a timeline", "label,start,end,colour\n")]
    [InlineData("f, line 3, field end: is “two”, expected a number", "label,start,end\na,1,2\nb,1,two\n")]
    [InlineData("f, line 2, field label: is empty", "label;start;end\n;1;2\n")]
    [InlineData("f, line 5, field start: is “x”", "label,start,end,note\na,1,2,\"one\ntwo\nthree\"\nb,x,2,\n")]
    [InlineData("f, line 3, field kind: is “shape”", "kind,label,start,end\n,a,1,2\nshape,a,1,2\n")]
    [InlineData("f, line 3, field clip: is “b.mp4”, where an earlier row is about “a.mp4”", "clip,label,start,end\na.mp4,a,1,2\nb.mp4,a,1,2\n")]
    [InlineData("f, line 2: has a quote inside a cell", "label,start,end\na\"b,1,2\n")]
    [InlineData("f, line 4: is “00:00:01 to 00:00:02”, expected the times of a cue", "WEBVTT\n\n1\n00:00:01 to 00:00:02\nDog\n")]
    [InlineData("f, line 3: is “Dog”, expected the times of a cue", "WEBVTT\n\nDog\n")]
    [InlineData("f, line 3, field end: is 1, which is not after the start 2", "WEBVTT\n\n00:02.000 --> 00:01.000\nDog\n")]
    [InlineData("f, line 4, field label: is empty", "WEBVTT\n\nx\n00:01.000 --> 00:02.000\n")]
    [InlineData("f, line 3, field crabstudio_timeline: is 3; this program reads versions up to 2", "WEBVTT\n\nNOTE {\"crabstudio_timeline\":3}\n")]
    [InlineData("f, line 1, column 2: is <html>, expected <ANNOTATION_DOCUMENT>", "<html/>")]
    [InlineData("f, line 2, column 2, field TIME_UNITS: is “PAL-frames”, expected milliseconds", "<ANNOTATION_DOCUMENT>\n<HEADER TIME_UNITS=\"PAL-frames\"/></ANNOTATION_DOCUMENT>")]
    [InlineData("f, line 1, column 2, field FORMAT: is “4.0”, expected 3.0", "<ANNOTATION_DOCUMENT FORMAT=\"4.0\"/>")]
    [InlineData("f, line 3, column 2, field TIME_VALUE: is “-5”, expected milliseconds", "<ANNOTATION_DOCUMENT>\n<TIME_ORDER>\n<TIME_SLOT TIME_SLOT_ID=\"a\" TIME_VALUE=\"-5\"/></TIME_ORDER></ANNOTATION_DOCUMENT>")]
    [InlineData("f, line 2, column 21: the XML is broken here", "<ANNOTATION_DOCUMENT>\n<TIER TIER_ID=\"a\"></HEADER></ANNOTATION_DOCUMENT>")]
    [InlineData("f, line 2, column 1, field video_path: is missing", "[{\"video_path\":\"a.mp4\",\"audio_path\":\"a.wav\",\"vid\":\"v\",\"label_content\":\"<event> Dog </event> <range> 1,2 </range>\"},\n{}]")]
    [InlineData("f, line 1, column 2: is an entry without events", "[{\"video_path\":\"a.mp4\",\"audio_path\":\"a.wav\",\"label\":\"x\"}]")]
    [InlineData("f, line 2, column 17, field label_content: The event “Dog” has no time range", "[{\"video_path\":\"a.mp4\",\"audio_path\":\"a.wav\",\"vid\":\"v\",\n\"label_content\":\"<event> Dog </event>\"}]")]
    [InlineData("f, line 1, column 1: holds 2 tasks, of which one must be chosen: a.mp4, b.mp4", "[{\"data\":{\"video\":\"/x/a.mp4\"}},{\"data\":{\"video\":\"b.mp4\"}}]")]
    [InlineData("f, line 2, column 12, field bbox: has 3 numbers, expected 4", "{\"images\":[{\"id\":1}],\"categories\":[{\"id\":1,\"name\":\"a\"}],\"annotations\":[{\"image_id\":1,\"category_id\":1,\n   \"bbox\": [1,2,3]}]}")]
    [InlineData("f, line 1, column 37, field image_id: is 2, which no image has", "{\"images\":[{\"id\":1}],\"annotations\":[{\"image_id\":2,\"category_id\":1}]}")]
    public void AFileThatDoesNotFitSaysInWhichLine(string expected, string file)
    {
        byte[] bytes = file == "\u0001utf16" ? Encoding.Unicode.GetPreamble() : Encoding.UTF8.GetBytes(file);
        Assert.StartsWith(expected, Assert.Throws<ExchangeException>(() => TimelineExchange.Read(bytes, "f")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BytesThatAreNoTextAreFoundInTheirLine()
    {
        Assert.Equal("a.csv, line 3: holds bytes that are no UTF-8; save it as UTF-8", Fault([.. "label,start,end\na,1,2\nb"u8, 0xFF, .. ",1,2"u8], "a.csv").Message);
        Assert.StartsWith("a.json, line 2, column 10, field label: holds bytes that are no text", Fault([.. "{\"crabstudio_timeline\":1,\"events\":[\n{\"label\":\""u8, 0xC3, 0x28, .. "\",\"start\":0,\"end\":1}]}"u8], "a.json").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsNotThereIsSaid()
    {
        Assert.Equal("gone.eaf: is not there", Assert.Throws<ExchangeException>(() => TimelineExchange.ReadFile("/nowhere/gone.eaf")).Message);
    }

    /// <summary>An EAF around tiers, with slots at 0 and 10 seconds.</summary>
    internal static string Eaf(string tiers, string header = "") =>
        $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><ANNOTATION_DOCUMENT AUTHOR=\"\" DATE=\"2026-01-01T00:00:00+01:00\" FORMAT=\"3.0\" VERSION=\"3.0\"><HEADER MEDIA_FILE=\"\" TIME_UNITS=\"milliseconds\">{header}</HEADER><TIME_ORDER><TIME_SLOT TIME_SLOT_ID=\"ts1\" TIME_VALUE=\"0\"/><TIME_SLOT TIME_SLOT_ID=\"ts2\" TIME_VALUE=\"10000\"/></TIME_ORDER>{tiers}</ANNOTATION_DOCUMENT>";

    private static ExchangeException Fault(string file, string name) => Fault(Encoding.UTF8.GetBytes(file), name);

    private static ExchangeException Fault(byte[] file, string name) => Assert.Throws<ExchangeException>(() => TimelineExchange.Read(file, name));
}

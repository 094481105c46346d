using System.Text.Json.Nodes;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;

namespace CrabStudio.Tasks.Tests.AvUie;

public sealed class AvUieBuilderTests : IDisposable
{
    private const string Clips = """
        clip,video,audio,duration,action,emotion,caption,evidence
        one,clip_a.mp4,a10.wav,10,ringing a bell,neutral,"A bell rings, and a dog runs by.",
        two,clip_b.mp4,b4_stereo44k.wav,,barking,happy,A dog barks.,The voice is bright
        """;

    private const string Events = """
        clip;modality;label;start;end
        one;both;Church bell;2;7
        one;audio;Bark;0.5;3.2
        """;

    private readonly DataSets data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData(AvUieSplit.Train)]
    [InlineData(AvUieSplit.Test)]
    public async Task EveryKeyIsBuiltReadAsASampleAndFoundWithoutAProblem(AvUieSplit split)
    {
        AnnotationSet set = Tables();
        List<AvUieException> refused = [];
        AvUieBuilder builder = new(set, split, 7) { Refuse = refused.Add };
        foreach (TaskDefinition task in TaskCatalog.All)
        {
            int count = new AvUieWriter(data.Home).Write(task.Key, split, builder.Build(task.Key), MediaPlacing.Link, Golden.Find("media"));
            Assert.True(count > 0, $"no entry of {task.Key}");
        }

        Assert.Empty(refused);
        AvUieFolder folder = data.Open();
        List<AvUieProblem> problems = [];
        await new AvUieChecker(folder, problems.Add).CheckAsync();
        // The labels are the test's own; nothing else may be wrong.
        Assert.DoesNotContain(problems, problem => problem.Kind != AvUieProblemKind.Label || !problem.Message.Contains("no other entry has it", StringComparison.Ordinal));
        foreach ((string key, AvUieSplit which) in folder.Lists())
        {
            Assert.Equal(split, which);
            foreach (AvUieSample sample in folder.Samples(key, which))
            {
                Assert.Equal(split == AvUieSplit.Test, sample.Expected is not null);
                Assert.Empty(AnswerParser.Parse(key, sample.Target!).Problems);
                Assert.True(AvUieStatistics.StepsBeforeConclusion(sample.Target!) > 0, sample.Target);
                Assert.All(AvUieFields.Media(key, split), field => Assert.True(File.Exists(sample.Entry.MediaPath(field))));
            }
        }
    }

    [Fact]
    public void EntriesSayWhatTheTablesSay()
    {
        AvUieBuilder builder = new(Tables(), AvUieSplit.Train, 7) { Refuse = fault => Assert.Fail(fault.Message) };
        JsonObject ave = Assert.Single(builder.Build("ave")).Fields;
        Assert.Equal(("Church bell", 2, 7), ((string)ave["event"]!, (int)ave["start_time"]!, (int)ave["end_time"]!));
        Assert.EndsWith("<event> Church bell </event> <range> 2,7 </range>", (string)ave["label_content"]!, StringComparison.Ordinal);
        Assert.Equal("audio:Church bell 2 7;visual:Church bell 2 7;audio:Bark 0 4;visual:Dog 1 9", (string)builder.Build("avvp").First().Fields["event"]!);
        Assert.Equal(10, (double)ave["duration"]!);

        JsonObject choice = Assert.Single(builder.Build("avqa_thu")).Fields;
        Assert.Equal(("['dog', 'bell', 'rain']", 1), ((string)choice["multi_choice"]!, (int)choice["answer"]!));
        Assert.EndsWith("<answer>bell</answer>", (string)choice["label"]!, StringComparison.Ordinal);

        JsonObject[] matched = [.. builder.Build("a2v").Select(entry => entry.Fields)];
        Assert.Equal(["Church bell", "Barking dog"], matched.Select(fields => (string)fields["audio_event"]!));
        Assert.All(matched, fields => Assert.Equal((string)fields["audio_event"]!, (string)fields[$"video{fields["correct_video"]}_event"]!));

        // A picture of 448×224: the box is halved across.
        JsonObject still = Assert.Single(builder.Build("s4")).Fields;
        Assert.Contains("[10,20,110,120]", (string)still["label_content"]!, StringComparison.Ordinal);
        Assert.Equal("image/one/1.png", (string)Assert.Single(builder.Build("arig")).Fields["image_path"]!);
        Assert.Contains("[1,2], [3,4], [5,6]", (string)builder.Build("ref_avs").First().Fields["output"]!, StringComparison.Ordinal);
        Assert.Equal([true, false], builder.Build("ref_avs").Select(entry => ((string)entry.Fields["output"]!).Contains("<answer>true</answer>", StringComparison.Ordinal)));
    }

    [Fact]
    public void TheSameSeedBuildsTheSameEntriesAndAnotherOtherWords()
    {
        string Built(int seed) => string.Join('\n', TaskCatalog.All.SelectMany(task => new AvUieBuilder(Tables(), AvUieSplit.Train, seed) { Refuse = _ => { } }.Build(task.Key)).Select(entry => entry.Fields.ToJsonString()));
        Assert.Equal(Built(1), Built(1));
        Assert.NotEqual(Built(1), Built(2));
    }

    [Theory]
    [InlineData("events.csv, line 2, field start: is “two”, expected a number", "clip,label,start,end\na.mp4,Dog,two,3")]
    [InlineData("events.csv, line 3, field end: must lie after start", "clip,label,start,end\na.mp4,Dog,1,3\na.mp4,Dog,5,3")]
    [InlineData("events.csv, field colour: is no column", "clip,label,start,end,colour\na.mp4,Dog,1,3,red")]
    [InlineData("events.csv, line 2: has 5 cells", "clip,label,start,end\na.mp4,Dog,bark,1,3")]
    [InlineData("events.csv, line 2: has a quote inside a cell", "clip,label,start,end\na.mp4,5\" drum,1,3")]
    [InlineData("events.csv, line 2, field label: is empty", "clip,label,start,end\na.mp4,,1,3")]
    [InlineData("events.csv, line 2, field modality: is “smell”", "clip,label,start,end,modality\na.mp4,Dog,1,3,smell")]
    [InlineData("events.csv, entry 1: is 7, expected an object", "[{\"clip\":\"a.mp4\",\"label\":\"Dog\",\"start\":1,\"end\":2}, 7]")]
    [InlineData("events.csv, entry 1: the JSON is broken", "[{\"clip\":\"a.mp4\",\"label\":\"Dog\",\"start\":1,\"end\":2}, ")]
    public void AFaultOfATableIsOneLineWithTableLineAndColumn(string message, string table) =>
        Assert.StartsWith(message, Assert.Throws<AvUieException>(() => AnnotationSet.Read(null, Table("events.csv", table), null, null)).Message, StringComparison.Ordinal);

    [Fact]
    public void WhatCannotBecomeAnEntryIsRefusedByNameAndTheRestIsBuilt()
    {
        AnnotationSet set = AnnotationSet.Read(
            null, Table("events.csv", "clip,label,start,end\na.mp4,Dog,1,3\nb.mp4,Dog,8,12"), null, Table("questions.json", """[{"clip":"a.mp4","question":"What?","answer":"dog"},{"clip":"c.mp4","question":"What?","answer":"cat"}]"""));
        List<string> refused = [];
        AvUieBuilder builder = new(set, AvUieSplit.Train, 0) { Refuse = fault => refused.Add(fault.Message) };
        Assert.Single(builder.Build("ave"));
        Assert.Single(builder.Build("avqa"));
        Assert.Equal(2, builder.Build("unav").Count());
        Assert.Equal(2, refused.Count);
        Assert.StartsWith("events.csv, line 3, field end: lies beyond the ten seconds", refused[0], StringComparison.Ordinal);
        Assert.StartsWith("questions.json, entry 1: nothing is said to be heard or seen", refused[1], StringComparison.Ordinal);
    }

    [Fact]
    public void AListIsWrittenWholeOrNotAtAllAndNeverOverAnother()
    {
        AvUieBuilder builder = new(Tables(), AvUieSplit.Train, 7) { Refuse = _ => { } };
        AvUieWriter writer = new(data.Home);
        Assert.Contains("clip_a.mp4: is not there", Assert.Throws<AvUieException>(() => writer.Write("ave", AvUieSplit.Train, builder.Build("ave"), MediaPlacing.Copy, data.Home)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(data[""], "*", SearchOption.AllDirectories));

        Assert.Equal(1, writer.Write("ave", AvUieSplit.Train, builder.Build("ave"), MediaPlacing.Copy, Golden.Find("media")));
        byte[] written = File.ReadAllBytes(data["ave/train.json"]);
        Assert.Contains("is there already", Assert.Throws<AvUieException>(() => writer.Write("ave", AvUieSplit.Train, builder.Build("ave"), MediaPlacing.Copy, Golden.Find("media"))).Message, StringComparison.Ordinal);
        Assert.Equal(written, File.ReadAllBytes(data["ave/train.json"]));
        Assert.Equal(File.ReadAllBytes(Golden.Find("media/clip_a.mp4")), File.ReadAllBytes(data["ave/video/clip_a.mp4"]));
    }

    private AnnotationSet Tables() => AnnotationSet.Read(
        Table("clips.csv", Clips),
        Table("events.csv", Events + "\none;visual;Dog;1;9\ntwo;both;Barking dog;0;1.5\ntwo;both;Barking dog;3;4"),
        Table("boxes.json", """
            [{"clip":"one","image":"still_a.png","frame":1,"label":"bell","x1":20,"y1":20,"x2":220,"y2":120,"width":448,"height":224,"sounding":"yes"},
             {"clip":"one","image":"still_a.png","frame":1,"label":"dog","x1":300,"y1":120,"x2":400,"y2":200,"width":448,"height":224,"points":"2 2|6 4|10 6","description":"The silent Dog"},
             {"clip":"one","image":"still_a.png","frame":1,"label":"cat","description":"a cat"},
             {"clip":"two","image":"still_b.jpg","frame":4,"label":"dog","x1":1,"y1":2,"x2":30,"y2":40,"sounding":true},
             {"clip":"two","image":"still_b.jpg","frame":4,"label":"drum","x1":50,"y1":60,"x2":90,"y2":99,"sounding":true}]
            """),
        Table("questions.csv", "clip,question,answer,options,type\none,Where is the bell?,left,,\"[\"\"Visual\"\", \"\"Location\"\"]\"\none,What rings?,bell,dog|bell|rain,"));

    private string Table(string name, string text)
    {
        string path = Path.Combine(data.Home, name);
        File.WriteAllText(path, text);
        return path;
    }
}

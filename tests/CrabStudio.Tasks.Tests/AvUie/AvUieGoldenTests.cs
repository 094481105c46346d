using System.Text.Json;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;

namespace CrabStudio.Tasks.Tests.AvUie;

/// <summary>Every sample of the miniature data set <c>avuie/</c> against <c>vectors/cases</c> and <c>vectors/training/labels.json</c>.</summary>
public sealed class AvUieGoldenTests
{
    private static readonly string Home = Golden.Find("avuie");
    private static readonly AvUieFolder Folder = AvUieFolder.Open(Home);

    public static TheoryData<string> Keys => [.. TaskCatalog.All.Select(task => task.Key)];

    [Fact]
    public void TheMiniatureHasEveryKeyAndTheTestListsOfTheOriginal()
    {
        Assert.Equal(TaskCatalog.All.Select(task => task.Key), Folder.Lists().Where(list => list.Split == AvUieSplit.Train).Select(list => list.Key));
        Assert.Equal(
            TaskCatalog.All.Select(task => task.Key).Except(["mer24", "unav", "avcap"]),
            Folder.Lists().Where(list => list.Split == AvUieSplit.Test).Select(list => list.Key));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void ContentAndExpectedAnswerOfEverySampleAreThoseOfTheReferenceCases(string key)
    {
        // The cases were made from the test lists, and from the training list where there is none.
        AvUieSplit split = File.Exists(Folder.PathOf(key, AvUieSplit.Test)) ? AvUieSplit.Test : AvUieSplit.Train;
        AvUieSample[] samples = [.. Folder.Samples(key, split)];
        Assert.NotEmpty(samples);
        foreach (AvUieSample sample in samples)
        {
            using JsonDocument reference = JsonDocument.Parse(File.ReadAllText(Golden.Find($"vectors/cases/{key}-{sample.Index}.json")));
            ContentItem[] expected = reference.RootElement.GetProperty("content").Deserialize<ContentItem[]>()!;
            Assert.Equal(expected, sample.Prompt.Content.Select(Relative));
            Assert.Equal(reference.RootElement.GetProperty("expected") is { ValueKind: not JsonValueKind.Null } answer ? answer.ToString() : null, sample.Expected);
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void TheTargetTextOfTrainingIsThatOfTheReferenceLabels(string key)
    {
        using JsonDocument labels = JsonDocument.Parse(File.ReadAllText(Golden.Find("vectors/training/labels.json")));
        JsonElement reference = labels.RootElement.GetProperty(key);
        AvUieSample sample = Folder.Samples(key, AvUieSplit.Train).ElementAt(reference.GetProperty("sample").GetInt32());
        Assert.Equal(reference.GetProperty("text").GetString(), $"\n{sample.Target}<|im_end|>");
    }

    [Fact]
    public void TrainingOfS4HearsTheFirstWindowAndItsTestListTheGivenOne()
    {
        Assert.Equal([0, 0], Folder.Samples("s4", AvUieSplit.Train).Select(Window));
        Assert.Equal([0, 2], Folder.Samples("s4", AvUieSplit.Test).Select(Window));
        Assert.Equal([3, 4], Folder.Samples("ms3", AvUieSplit.Train).Select(Window));
        Assert.Equal([2, 7], Folder.Samples("ref_avs", AvUieSplit.Train).Select(Window));

        static int? Window(AvUieSample sample) => sample.Prompt.Content.OfType<AudioItem>().Single().WindowIndex;
    }

    [Fact]
    public void TrainingOfArigTakesTheFrameFromTheFileNameAndDoesNotUseItForTheSound()
    {
        Assert.Equal([1, 2], Folder.Samples("arig", AvUieSplit.Train).Select(sample => sample.Reference.FrameIndex));
        Assert.Equal([0, 1], Folder.Samples("arig", AvUieSplit.Test).Select(sample => sample.Reference.FrameIndex));
        Assert.All(Folder.Samples("arig", AvUieSplit.Test), sample => Assert.Null(sample.Prompt.Content.OfType<AudioItem>().Single().WindowIndex));
    }

    [Fact]
    public void ReferencesHoldWhatAnAnswerIsScoredAgainst()
    {
        Assert.Equal(["1", "2"], Folder.Samples("a2v", AvUieSplit.Test).Select(sample => sample.Reference.Label));
        Assert.Equal(["dog", "bell"], Folder.Samples("avqa_thu", AvUieSplit.Test).Select(sample => sample.Reference.Label));
        Assert.Equal(["playingcello", "archery"], Folder.Samples("ucf", AvUieSplit.Train).Select(sample => sample.Reference.Label));
        Assert.Equal(["true", "false"], Folder.Samples("ref_avs", AvUieSplit.Train).Select(sample => sample.Reference.Label));
        Assert.Equal([("true", "test_s"), ("false", "test_n")], Folder.Samples("ref_avs", AvUieSplit.Test).Select(sample => (sample.Reference.Label!, sample.Reference.Subset!)));
        Assert.Equal(new AnswerBox(20, 30, 120, 180), Folder.Samples("arig", AvUieSplit.Test).First().Reference.Box);
        Assert.Equal([new AnswerEvent("Church bell", EventModality.AudioVisual, 2, 7)], Folder.Samples("ave", AvUieSplit.Test).First().Reference.Events);
        Assert.Equal("""["Audio-Visual", "Counting"]""", Folder.Samples("avqa", AvUieSplit.Test).First().Reference.QuestionType);
        // The words and the field say the same of avvp.
        AnswerEvent[] events = [new("Church bell", EventModality.Audio, 0, 4), new("Dog", EventModality.Visual, 2, 10)];
        Assert.Equal(events, Folder.Samples("avvp", AvUieSplit.Test).First().Reference.Events);
        Assert.Equal(events, AvUieLoader.TrackEvents("audio:Church bell 0 4;visual:Dog 2 10"));
    }

    [Fact]
    public void AListReadInAnyOrderGivesTheSamplesOfAListReadThrough()
    {
        foreach ((string key, AvUieSplit split) in Folder.Lists())
        {
            using AvUieList list = Folder.OpenAt(key, split);
            AvUieSample[] samples = [.. Folder.Samples(key, split)];
            Assert.Equal(samples.Length, list.Count);
            for (int index = samples.Length - 1; index >= 0; index--)
            {
                Assert.Equal(samples[index].Prompt.Content, list[index].Prompt.Content);
                Assert.Equal((samples[index].Target, samples[index].Id), (list[index].Target, list[index].Id));
            }
        }
    }

    // As the reference names media: from the folder above the data set.
    private static ContentItem Relative(ContentItem item) => item switch
    {
        VideoItem video => video with { Path = Relative(video.Path) },
        ImageItem image => image with { Path = Relative(image.Path) },
        AudioItem audio => audio with { Path = Relative(audio.Path) },
        _ => item,
    };

    private static string Relative(string path) => Path.GetRelativePath(Path.GetDirectoryName(Home)!, path).Replace('\\', '/');
}

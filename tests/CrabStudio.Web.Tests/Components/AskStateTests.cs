using CrabStudio.Tasks;
using CrabStudio.Web.Components.Asking;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;

namespace CrabStudio.Web.Tests.Components;

public sealed class AskStateTests
{
    private static readonly string[] Fields = ["question", "options", "description", "frameIndex"];

    public static TheoryData<string> Keys => [.. TaskCatalog.All.Select(task => task.Key), ""];

    [Theory]
    [MemberData(nameof(Keys))]
    public void OnlyWhatATaskNeedsIsAskedForAndItsLackIsSaid(string key)
    {
        AskState state = WithClips(key);
        state.Choose(key);
        string[] needed = key.Length == 0 ? ["question"] : [.. Fields.Where(name => Needs(TaskCatalog.Find(key)!, name))];

        Assert.Equal(needed, Fields.Where(name => Wants(state, name)));
        Assert.All(Fields, name => Assert.Null(state.Missing(name, EnglishWords.Only)));
        state.Asked = true;
        Assert.Equal(needed, Fields.Where(name => state.Missing(name, EnglishWords.Only) is not null));
        Assert.Equal(needed.Length == 0, state.Complete);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void AQuestionThatIsCompleteIsOneThatAskingTakes(string key)
    {
        AskState state = WithClips(key);
        state.Choose(key);
        (state.Question, state.Options, state.Description, state.FrameIndex) = (" Which? ", "dog\n\n bell \n", "the dog", 0);

        Assert.True(state.Complete);
        Assert.True(state.Check());
        Assert.Equal(key, state.Input().Task);
        Assert.Equal(state.WantsQuestion ? "Which?" : null, state.Input().Question);
        Assert.Equal(state.WantsOptions ? ["dog", "bell"] : null, state.Input().Options);
        Assert.Equal(state.WantsDescription ? "the dog" : null, state.Input().Description);
        Assert.Equal(state.WantsFrameIndex ? 0 : null, state.Input().FrameIndex);
    }

    [Fact]
    public void OneOptionIsNoChoice()
    {
        AskState state = WithClips("avqa_thu");
        state.Choose("avqa_thu");
        (state.Question, state.Options, state.Asked) = ("Which?", "dog", true);
        Assert.Contains("two options", state.Missing("options", EnglishWords.Only));
        state.Options = "dog\nbell";
        Assert.Null(state.Missing("options", EnglishWords.Only));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void APartThatTheClipDoesNotHaveIsRefusedBesideItsField(int part)
    {
        AskState state = WithClips("s4");
        state.Choose("s4");
        (state.FrameIndex, state.Asked) = (part, true);
        Assert.Contains("from 0 to 4", state.Missing("frameIndex", EnglishWords.Only));
        Assert.False(state.Complete);
    }

    [Fact]
    public void ARefusalIsForgottenWhenTheFieldIsChanged()
    {
        AskState state = WithClips("avqa");
        state.Choose("avqa");
        (state.Question, state.Asked) = ("Which?", true);
        state.Refused = new TaskInputException("question", "Too long.");
        Assert.Equal("Too long.", state.Missing("question", EnglishWords.Only));
        state.Question = "Who?";
        Assert.Null(state.Missing("question", EnglishWords.Only));
    }

    [Fact]
    public void ClipsThatDoNotSuitATaskAreToldWithTheReason()
    {
        AskState state = new();
        Assert.Null(state.Unsuited("ave"));
        state.Add(Samples.Clip(Samples.Video(sound: false), "silent.mp4"));
        Assert.Contains("silent.mp4 has no sound", state.Unsuited("ave"));
        Assert.Contains("three clips", state.Unsuited("a2v"));
        Assert.Null(state.Unsuited(""));
        state.Add(Samples.Clip(Samples.Sound(), "bell.wav"));
        Assert.Null(state.Unsuited("ave"));
    }

    [Fact]
    public void TheOrderOfClipsDecidesWhatTheyAre()
    {
        AskState state = new();
        Clip sound = Samples.Clip(Samples.Sound(), "bell.wav"), video = Samples.Clip(Samples.Video(), "ball.mp4");
        state.Add(sound);
        state.Add(video);
        Assert.NotNull(state.Unsuited("ave"));
        state.Move(video.Id, -1);
        Assert.Equal([video, sound], state.Clips);
        Assert.Null(state.Unsuited("ave"));
        state.Move(video.Id, -1);
        state.Move(sound.Id, 1);
        state.Move(Guid.NewGuid(), 1);
        Assert.Equal([video, sound], state.Clips);
        state.Remove(video.Id);
        Assert.Equal([sound], state.Clips);
    }

    [Fact]
    public void AClipIsTakenOnce()
    {
        AskState state = new();
        Clip clip = Samples.Clip(Samples.Video());
        state.Add(clip);
        state.Add(clip);
        Assert.Single(state.Clips);
    }

    [Fact]
    public void WithoutClipOrTaskNothingIsComplete()
    {
        AskState state = new();
        state.Choose("avcap");
        Assert.False(state.Complete);
        Assert.False(state.Check());
        Assert.Equal("clips", state.Refused!.Field);

        AskState undecided = WithClips("avcap");
        Assert.False(undecided.Complete);
        Assert.Throws<InvalidOperationException>(undecided.Input);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 7)]
    [InlineData(100_000, 512)]
    public void TheLengthOfAnAnswerStaysWithinItsBounds(int given, int kept)
    {
        AskState state = WithClips("avcap");
        state.Choose("avcap");
        state.MaxNewTokens = given;
        Assert.Equal(kept, state.Input().MaxNewTokens);
    }

    internal static AskState WithClips(string key)
    {
        AskState state = new();
        foreach (Clip clip in TaskCatalog.Find(key)?.Media switch
        {
            TaskMedia.SoundAndTwoVideos => [Samples.Clip(Samples.Sound(), "bell.wav"), Samples.Clip(Samples.Video(), "one.mp4"), Samples.Clip(Samples.Video(), "two.mp4")],
            TaskMedia.VideoAndTwoSounds => [Samples.Clip(Samples.Video(), "ball.mp4"), Samples.Clip(Samples.Sound(), "one.wav"), Samples.Clip(Samples.Sound(), "two.wav")],
            _ => new[] { Samples.Clip(Samples.Video(), "ball.mp4") },
        })
        {
            state.Add(clip);
        }

        return state;
    }

    private static bool Needs(TaskDefinition task, string field) => field switch
    {
        "question" => task.NeedsQuestion,
        "options" => task.NeedsOptions,
        "description" => task.NeedsDescription,
        _ => task.NeedsFrameIndex,
    };

    private static bool Wants(AskState state, string field) => field switch
    {
        "question" => state.WantsQuestion,
        "options" => state.WantsOptions,
        "description" => state.WantsDescription,
        _ => state.WantsFrameIndex,
    };
}

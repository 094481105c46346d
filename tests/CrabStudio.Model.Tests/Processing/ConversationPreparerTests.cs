using CrabStudio.Media;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests.Processing;

public sealed class ConversationPreparerTests
{
    private static readonly ConversationPreparer Preparer = new(new MediaReader());
    private static readonly string Video = Golden.Find("media/clip_a.mp4"), Other = Golden.Find("media/clip_b.mp4"), Sound = Golden.Find("media/a10.wav"), Still = Golden.Find("media/still_a.png");

    [Fact]
    public async Task A2vJoinsBothVideosAndRemembersWhereEveryFrameCameFrom()
    {
        PreparedConversation prepared = await Preparer.PrepareAsync(new Conversation("a2v", [new AudioItem(Sound, "a2v"), new VideoItem(Video), new VideoItem(Other)]));
        SeenVideo seen = Assert.Single(prepared.Videos);
        Assert.Equal((20, 224, 224), (seen.Frames.Count, seen.Frames.Height, seen.Frames.Width));
        Assert.Equal([.. Enumerable.Repeat(1, 10), .. Enumerable.Repeat(2, 10)], seen.Sources.Select(source => source.ContentIndex));
        Assert.Equal([0, 28, 55, 83, 111, 138, 166, 194, 221, 249, 0, 5, 10, 16, 21, 26, 31, 37, 42, 47], seen.Sources.Select(source => source.FrameIndex));
        Assert.Equal(28 / 25.0, seen.Sources[1].TimeSeconds, 1e-6);
    }

    [Fact]
    public async Task WithoutTheTaskEveryItemStaysApart()
    {
        PreparedConversation prepared = await Preparer.PrepareAsync(
            new Conversation("", [new VideoItem(Video, 2), new VideoItem(Other, 2), new AudioItem(Sound), new AudioItem(Sound, "arig"), new ImageItem(Still), new ImageItem(Video, FrameIndexInVideo: 3)]));
        Assert.Equal((2, 2, 2), (prepared.Videos.Count, prepared.Images.Count, prepared.Sounds.Count));
        Assert.Equal([2, 3], prepared.Sounds.Select(sound => sound.ContentIndices.Single()));
        Assert.Equal([4, 5], prepared.Images.Select(image => image.ContentIndex));
    }

    [Fact]
    public async Task ProgressGrowsToOneInEveryStage()
    {
        var told = new List<(MediaStage Stage, double Fraction)>();
        await Preparer.PrepareAsync(new Conversation("a2v", [new AudioItem(Sound, "a2v"), new VideoItem(Video), new VideoItem(Other)]), (stage, fraction) => told.Add((stage, fraction)));
        Assert.Equal([0.5, 1], told.Where(step => step.Stage == MediaStage.Frames).Select(step => step.Fraction));
        Assert.Equal([1], told.Where(step => step.Stage == MediaStage.Sound).Select(step => step.Fraction));
    }

    [Fact]
    public async Task OneClipThatFailsStopsTheOthersAndIsTheOneThatIsNamed()
    {
        var conversation = new Conversation("", [new VideoItem(Video), new AudioItem(Path.Combine(Path.GetTempPath(), "is-not-there.wav")), new VideoItem(Other)]);
        MediaException fault = await Assert.ThrowsAsync<MediaException>(() => Preparer.PrepareAsync(conversation));
        Assert.Contains("is-not-there.wav", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StopEndsThePreparationAtOnce()
    {
        using var stop = new CancellationTokenSource();
        ContentItem[] content = [.. Enumerable.Range(0, 40).Select(_ => new VideoItem(Video))];
        Task<PreparedConversation> preparing = Preparer.PrepareAsync(new Conversation("", content), (_, _) => stop.Cancel(), stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => preparing);
    }

    [Fact]
    public async Task TwoVideosOfDifferentSizesAreRefusedWhereTheyWouldBeJoined()
    {
        var conversation = new Conversation("a2v", [new VideoItem(Video, 2), new VideoItem(Other, 2, 112, 112)]);
        TaskInputException fault = await Assert.ThrowsAsync<TaskInputException>(() => Preparer.PrepareAsync(conversation));
        Assert.Contains("224×224 and 112×112", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AShortSoundIsPaddedBeforeItIsSliced()
    {
        float[] sound = [.. Enumerable.Repeat(1f, 8000)];
        Assert.Equal(16000, ConversationPreparer.Heard(sound, new AudioItem("x")).Length);
        // Half a second of sound counts as one second in ten windows, of which five are silent.
        float[] fourth = ConversationPreparer.Heard(sound, new AudioItem("x", "ref_avs", 4)), fifth = ConversationPreparer.Heard(sound, new AudioItem("x", "ref_avs", 5));
        Assert.Equal((1600, 1600f, 0f), (fourth.Length, fourth.Sum(), fifth.Sum()));
    }
}

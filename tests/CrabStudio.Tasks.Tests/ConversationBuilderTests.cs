using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Testing;
using Xunit;

namespace CrabStudio.Tasks.Tests;

public sealed class ConversationBuilderTests
{
    public static TheoryData<string> Keys => [.. TaskCatalog.All.Select(task => task.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void The_content_of_a_task_is_that_of_the_reference_cases(string key)
    {
        int compared = 0;
        for (int number = 0; Golden.TryFind($"vectors/cases/{key}-{number}.json") is { } path; number++)
        {
            using JsonDocument reference = JsonDocument.Parse(File.ReadAllText(path));
            ContentItem[] expected = reference.RootElement.GetProperty("content").Deserialize<ContentItem[]>()!;
            string asked = expected.OfType<TextItem>().Last().Text;
            var input = new TaskInput(
                key switch { "avqa" => asked["Please answer this question: ".Length..], "avqa_thu" => Between(asked, "options: ", ", options:"), _ => null },
                key == "avqa_thu" ? ["dog", "bell", "rain", "car"] : null,
                key == "ref_avs" ? Between(asked, "<des>", "</des>").ToUpperInvariant() : null,
                expected.OfType<AudioItem>().First().WindowIndex);
            TaskClip[] clips = [.. expected.Where(item => item is not TextItem).Select(Clip)];

            Assert.Equal(expected, ConversationBuilder.Build(key, input, clips).Content);
            compared++;
        }

        Assert.True(compared > 0, $"there is no reference case of {key}");
    }

    [Fact]
    public void Options_are_written_as_Python_prints_a_list()
    {
        Conversation made = ConversationBuilder.Build("avqa_thu", new TaskInput("Which?", ["it's", "a \"b\"", "both ' and \"", "back\\slash"]), [Video()]);
        Assert.EndsWith("""options:["it's", 'a "b"', 'both \' and "', 'back\\slash']""", made.Content.OfType<TextItem>().Last().Text);
    }

    [Fact]
    public void A_second_of_a_video_names_its_middle_frame_and_its_window()
    {
        Conversation made = ConversationBuilder.Build("ref_avs", new TaskInput(Description: "The Dog", FrameIndex: 3), [Video()]);
        Assert.Equal(87, made.Content.OfType<ImageItem>().Single().FrameIndexInVideo);
        Assert.Equal(3, made.Content.OfType<AudioItem>().Single().WindowIndex);
    }

    [Fact]
    public void A_part_of_a_longer_clip_is_seen_where_it_is_heard()
    {
        // Ten seconds count as five: part 3 is heard from 6 s to 8 s, so the frame at 7 s is seen.
        Conversation made = ConversationBuilder.Build("s4", new TaskInput(FrameIndex: 3), [Video()]);
        Assert.Equal(175, made.Content.OfType<ImageItem>().Single().FrameIndexInVideo);
        Assert.Equal("frameIndex", Assert.Throws<TaskInputException>(() => ConversationBuilder.Build("s4", new TaskInput(FrameIndex: 5), [Video()])).Field);
    }

    [Theory]
    [InlineData("ave", "clips")]
    [InlineData("a2v", "clips")]
    [InlineData("nosuch", "task")]
    public void What_is_unsuited_is_named(string key, string field)
    {
        var silent = new TaskClip("silent.mp4", new ClipProbe(ClipKind.Video, "mp4", 1, 10, new PictureStream("h264", 64, 64, 25, 0), null, 1));
        Assert.Equal(field, Assert.Throws<TaskInputException>(() => ConversationBuilder.Build(key, new TaskInput(), [silent])).Field);
    }

    [Theory]
    [InlineData("", "question")]
    [InlineData("avqa", "question")]
    [InlineData("avqa_thu", "question")]
    [InlineData("s4", "frameIndex")]
    [InlineData("ref_avs", "description")]
    public void What_is_missing_is_named(string key, string field) =>
        Assert.Equal(field, Assert.Throws<TaskInputException>(() => ConversationBuilder.Build(key, new TaskInput(), [Video()])).Field);

    private static TaskClip Video() => new("clip.mp4", new ClipProbe(ClipKind.Video, "mp4", 1, 10, new PictureStream("h264", 64, 64, 25, 0), new SoundStream("aac", 44100, 2), 2));

    private static TaskClip Clip(ContentItem item) => item switch
    {
        VideoItem video => new TaskClip(video.Path, new ClipProbe(ClipKind.Video, "mp4", 1, 10, new PictureStream("h264", 64, 64, 25, 0), null, 1)),
        ImageItem image => new TaskClip(image.Path, new ClipProbe(ClipKind.Image, "png_pipe", 1, 0, new PictureStream("png", 64, 64, 0, 0), null, 1)),
        AudioItem audio => new TaskClip(audio.Path, new ClipProbe(ClipKind.Audio, "wav", 1, 10, null, new SoundStream("pcm_s16le", 44100, 2), 1)),
        _ => throw new InvalidOperationException(),
    };

    private static string Between(string text, string before, string after)
    {
        int start = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[start..text.IndexOf(after, start, StringComparison.Ordinal)];
    }
}

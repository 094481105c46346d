using System.Text;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Vision;
using CrabStudio.Tasks;

namespace CrabStudio.Model.Processing;

/// <summary>A conversation → the ChatML text of the prompt, and its tokens with placeholders repeated.</summary>
public static class PromptBuilder
{
    /// <summary>The system text, the same in every prompt.</summary>
    public const string SystemText =
        "You are Qwen, a virtual human developed by the Qwen Team, Alibaba Group, capable of perceiving auditory and visual inputs, as well as generating text and speech.";

    private const string Video = "<|vision_bos|><|VIDEO|><|vision_eos|>", Image = "<|vision_bos|><|IMAGE|><|vision_eos|>", Audio = "<|audio_bos|><|AUDIO|><|audio_eos|>";

    private static readonly string[] Markers = ["<|VIDEO|>", "<|IMAGE|>", "<|AUDIO|>", "<|vision_bos|>", "<|vision_eos|>", "<|audio_bos|>", "<|audio_eos|>"];

    /// <summary>Whether the task's videos are joined into one item (a2v).</summary>
    public static bool JoinsVideos(string taskKey) => taskKey == "a2v";

    /// <summary>Whether the task's sounds are joined into one item (v2a).</summary>
    public static bool JoinsSounds(string taskKey) => taskKey == "v2a";

    /// <summary>The prompt with one placeholder for each media item, ready for the answer to follow.</summary>
    /// <exception cref="TaskInputException">The user's words contain a marker that stands for media.</exception>
    public static string Text(Conversation conversation)
    {
        // Joined media keep the last placeholder only, as in the authors' loader.
        int videos = JoinsVideos(conversation.TaskKey) ? conversation.Content.Count(item => item is VideoItem) - 1 : 0;
        int sounds = JoinsSounds(conversation.TaskKey) ? conversation.Content.Count(item => item is AudioItem) - 1 : 0;
        var text = new StringBuilder($"<|im_start|>system\n{SystemText}<|im_end|>\n<|im_start|>user\n");
        foreach (ContentItem item in conversation.Content)
        {
            text.Append(item switch
            {
                TextItem words => Words(words.Text),
                VideoItem => videos-- > 0 ? "" : Video,
                AudioItem => sounds-- > 0 ? "" : Audio,
                ImageItem => Image,
                _ => throw new ArgumentException($"{item.GetType().Name} is no known content", nameof(conversation)),
            });
        }

        return text.Append("<|im_end|>\n<|im_start|>assistant\n").ToString();
    }

    /// <summary>Repeats each placeholder as often as its media have embeddings.</summary>
    /// <param name="ids">Tokens of <see cref="Text"/>.</param>
    /// <param name="config">Ids of the placeholders, and the merger's size.</param>
    /// <param name="videos">Grids of the videos, in order.</param>
    /// <param name="images">Grids of the stills, in order.</param>
    /// <param name="sounds">Audio tokens of the sounds, in order.</param>
    /// <returns>The prompt's tokens and what they stand for, without gaps.</returns>
    /// <exception cref="ModelException">The tokenizer does not give the placeholders that the configuration names.</exception>
    public static (long[] Ids, PromptSpan[] Spans) Expand(
        IReadOnlyList<int> ids, ThinkerConfig config, IReadOnlyList<VisionGrid> videos, IReadOnlyList<VisionGrid> images, IReadOnlyList<int> sounds)
    {
        var expanded = new List<long>();
        var spans = new List<PromptSpan>();
        int video = 0, image = 0, sound = 0, textStart = 0;
        foreach (int id in ids)
        {
            PromptSpan? span = id == config.VideoToken && video < videos.Count ? Pictures(PromptPart.Video, videos[video++])
                : id == config.ImageToken && image < images.Count ? Pictures(PromptPart.Image, images[image++])
                : id == config.AudioToken && sound < sounds.Count ? new PromptSpan(PromptPart.Audio, expanded.Count, sounds[sound++])
                : null;
            if (span is null)
            {
                expanded.Add(id);
                continue;
            }

            EndText();
            spans.Add(span);
            expanded.AddRange(Enumerable.Repeat((long)id, span.Length));
            textStart = expanded.Count;
        }

        EndText();
        if (video != videos.Count || image != images.Count || sound != sounds.Count)
        {
            throw new ModelException(
                $"tokenizer: found {video} video, {image} image and {sound} audio placeholders in the prompt; expected {videos.Count}, {images.Count} and {sounds.Count}. "
                + $"added_tokens.json must give <|VIDEO|> {config.VideoToken}, <|IMAGE|> {config.ImageToken} and <|AUDIO|> {config.AudioToken} as config.json does.");
        }

        return ([.. expanded], [.. spans]);

        void EndText()
        {
            if (expanded.Count > textStart)
            {
                spans.Add(new PromptSpan(PromptPart.Text, textStart, expanded.Count - textStart));
            }
        }

        PromptSpan Pictures(PromptPart part, VisionGrid grid)
        {
            int rows = grid.Rows / config.Vision.MergeSize, columns = grid.Columns / config.Vision.MergeSize;
            return new PromptSpan(part, expanded.Count, grid.Times * rows * columns, grid.Times, rows, columns);
        }
    }

    private static string Words(string text) => Markers.FirstOrDefault(marker => text.Contains(marker, StringComparison.Ordinal)) is { } found
        ? throw new TaskInputException("question", $"The words contain {found}, which stands for media in the prompt; take it out.")
        : text;
}

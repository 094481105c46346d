using System.Text.Json.Serialization;

namespace CrabStudio.Tasks;

/// <summary>
/// One part of what the user says to the model, in order. The JSON form is that of the reference cases:
/// <c>{"type": "video", "video": "a.mp4", "resized_height": 224, "resized_width": 224, "nframes": 10}</c>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", IgnoreUnrecognizedTypeDiscriminators = false)]
[JsonDerivedType(typeof(TextItem), "text")]
[JsonDerivedType(typeof(VideoItem), "video")]
[JsonDerivedType(typeof(ImageItem), "image")]
[JsonDerivedType(typeof(AudioItem), "audio")]
public abstract record ContentItem
{
    /// <summary>The file of a video, a picture or a sound; null of a text.</summary>
    public string? FilePath() => this switch
    {
        VideoItem video => video.Path,
        ImageItem image => image.Path,
        AudioItem audio => audio.Path,
        _ => null,
    };

    /// <summary>The same with another file; a text stays as it is.</summary>
    /// <param name="path">Gives the new path for the old one.</param>
    public ContentItem WithFilePath(Func<string, string> path) => this switch
    {
        VideoItem video => video with { Path = path(video.Path) },
        ImageItem image => image with { Path = path(image.Path) },
        AudioItem audio => audio with { Path = path(audio.Path) },
        _ => this,
    };
}

/// <summary>Plain text of the prompt.</summary>
/// <param name="Text">The words.</param>
public sealed record TextItem([property: JsonPropertyName("text")] string Text) : ContentItem;

/// <summary>A video without its sound.</summary>
/// <param name="Path">The file.</param>
/// <param name="FrameCount">How many frames to sample, evenly from the first to the last.</param>
/// <param name="Height">Rows of the resized frame, in pixels.</param>
/// <param name="Width">Columns of the resized frame, in pixels.</param>
public sealed record VideoItem(
    [property: JsonPropertyName("video")] string Path,
    [property: JsonPropertyName("nframes")] int FrameCount = 10,
    [property: JsonPropertyName("resized_height")] int Height = 224,
    [property: JsonPropertyName("resized_width")] int Width = 224) : ContentItem;

/// <summary>A still picture.</summary>
/// <param name="Path">The file (a picture, or a video of which <paramref name="FrameIndexInVideo"/> names the frame).</param>
/// <param name="Height">Rows of the resized picture, in pixels.</param>
/// <param name="Width">Columns of the resized picture, in pixels.</param>
/// <param name="FrameIndexInVideo">When the file is a video: which decodable frame of it. Null for a picture.</param>
public sealed record ImageItem(
    [property: JsonPropertyName("image")] string Path,
    [property: JsonPropertyName("resized_height")] int Height = 224,
    [property: JsonPropertyName("resized_width")] int Width = 224,
    [property: JsonPropertyName("frame_in_video"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? FrameIndexInVideo = null) : ContentItem;

/// <summary>A sound, taken from any file that has one.</summary>
/// <param name="Path">The file.</param>
/// <param name="Task">The task key whose window rule applies (see <see cref="AudioWindows"/>); null: the whole sound.</param>
/// <param name="WindowIndex">For the tasks that hear one window only: which.</param>
public sealed record AudioItem(
    [property: JsonPropertyName("audio")] string Path,
    [property: JsonPropertyName("task"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Task = null,
    [property: JsonPropertyName("idx"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? WindowIndex = null) : ContentItem;

/// <summary>Everything said to the model in one question.</summary>
/// <param name="TaskKey">One of the 19 keys; empty for a free question, where the content is taken as it is.</param>
/// <param name="Content">The parts, in order.</param>
public sealed record Conversation(string TaskKey, IReadOnlyList<ContentItem> Content);

using System.Runtime.InteropServices;
using CrabStudio.Media;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using SkiaSharp;

namespace CrabStudio.Web.Services;

/// <summary>Keeps the very pixels that the model saw as PNG files, without loss.</summary>
internal static class SeenPictures
{
    /// <summary>Where the picture of a number lies.</summary>
    public static string PathOf(string folder, int number) => Path.Combine(folder, $"{number}.png");

    /// <summary>What the model sees, in the order of the files: videos' frames first, then stills.</summary>
    /// <param name="videos">Videos.</param>
    /// <param name="stills">Stills, in the order of the conversation.</param>
    /// <param name="conversation">What is asked; media go by the ids of clips.</param>
    /// <param name="clips">The clips by id.</param>
    /// <param name="keep">Given each picture as a PNG file, in that order.</param>
    public static List<SeenFrame> Of(IReadOnlyList<SeenVideo> videos, IReadOnlyList<RgbFrames> stills, Conversation conversation, IReadOnlyDictionary<Guid, Clip> clips, Action<byte[]> keep)
    {
        List<SeenFrame> frames = [];
        foreach (SeenVideo video in videos)
        {
            for (int index = 0; index < video.Frames.Count; index++)
            {
                FrameSource source = video.Sources[index];
                keep(Encode(video.Frames, index));
                frames.Add(new SeenFrame(frames.Count, ClipOf(conversation.Content[source.ContentIndex]), source.FrameIndex, source.TimeSeconds, video.Frames.Width, video.Frames.Height, Still: false));
            }
        }

        foreach ((RgbFrames picture, ImageItem item) in stills.Zip(conversation.Content.OfType<ImageItem>()))
        {
            keep(Encode(picture, 0));
            frames.Add(StillOf(frames.Count, item, clips[ClipOf(item)], picture));
        }

        return frames;
    }

    /// <summary>The clip that a picture or a sound of a conversation is from.</summary>
    public static Guid ClipOf(ContentItem item) => Guid.Parse(item.FilePath() ?? throw new InvalidOperationException("A frame was made of a text."));

    /// <summary>One of several pictures as a PNG file.</summary>
    private static byte[] Encode(RgbFrames frames, int index)
    {
        int count = frames.Width * frames.Height;
        byte[] pixels = new byte[count * 4];
        for (int from = index * count * 3, to = 0; to < pixels.Length; from += 3, to += 4)
        {
            frames.Pixels.AsSpan(from, 3).CopyTo(pixels.AsSpan(to));
            pixels[to + 3] = byte.MaxValue;
        }

        using SKBitmap bitmap = new(frames.Width, frames.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    // A picture, or a frame of a video that is shown as one.
    private static SeenFrame StillOf(int number, ImageItem item, Clip clip, RgbFrames picture)
    {
        double rate = item.FrameIndexInVideo is null ? 0 : AnswerStore.Read<ClipProbe>(clip.ProbeJson).Picture?.FramesPerSecond ?? 0;
        return new SeenFrame(number, clip.Id, item.FrameIndexInVideo ?? 0, rate > 0 ? item.FrameIndexInVideo!.Value / rate : 0, picture.Width, picture.Height, Still: true);
    }
}

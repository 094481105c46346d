using CrabStudio.Media;
using CrabStudio.Tasks;

namespace CrabStudio.Model.Processing;

/// <summary>What of a conversation is being decoded.</summary>
public enum MediaStage
{
    /// <summary>Frames of videos, and stills.</summary>
    Frames,

    /// <summary>Sounds.</summary>
    Sound,
}

/// <summary>Decodes, resizes and slices the media of a conversation. Touches no tensor, so it runs beside the model's thread.</summary>
public sealed class ConversationPreparer(MediaReader reader)
{
    /// <summary>Decodes all media, as many items beside each other as there are processors.</summary>
    /// <param name="conversation">What is asked, with paths.</param>
    /// <param name="progress">Told the stage and the fraction of its items that are done; calls never overlap.</param>
    /// <param name="cancellation">Stops the decoders at once.</param>
    /// <exception cref="MediaException">A clip cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<PreparedConversation> PrepareAsync(Conversation conversation, Action<MediaStage, double>? progress = null, CancellationToken cancellation = default)
    {
        // The first clip that fails stops the others.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var decoders = new SemaphoreSlim(Math.Max(2, Environment.ProcessorCount));
        var gate = new Lock();
        int[] totals = [conversation.Content.Count(item => item is VideoItem or ImageItem), conversation.Content.Count(item => item is AudioItem)], done = [0, 0];

        async Task<object?> Prepare(ContentItem item, int index)
        {
            await decoders.WaitAsync(stop.Token);
            try
            {
                object? result = item switch
                {
                    VideoItem video => await VideoAsync(video, index, stop.Token),
                    ImageItem image => await ImageAsync(image, index, stop.Token),
                    AudioItem audio => await SoundAsync(audio, index, stop.Token),
                    _ => null,
                };
                if (result is not null)
                {
                    MediaStage stage = item is AudioItem ? MediaStage.Sound : MediaStage.Frames;
                    lock (gate)
                    {
                        progress?.Invoke(stage, ++done[(int)stage] / (double)totals[(int)stage]);
                    }
                }

                return result;
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
            finally
            {
                decoders.Release();
            }
        }

        Task<object?>[] tasks = [.. conversation.Content.Select(Prepare)];
        object?[] results;
        try
        {
            results = await Task.WhenAll(tasks);
        }
        catch
        {
            cancellation.ThrowIfCancellationRequested();
            // The fault that came first, not the cancellations that it caused.
            foreach (Task<object?> task in tasks.Where(task => task.IsFaulted))
            {
                await task;
            }

            throw;
        }

        return Assemble(conversation, [.. results.OfType<SeenVideo>()], [.. results.OfType<SeenImage>()], [.. results.OfType<HeardSound>()]);
    }

    /// <summary>Puts the decoded items of a conversation together, each kind in order; a2v's videos and v2a's sounds become one item.</summary>
    /// <exception cref="TaskInputException">Videos that are joined differ in size.</exception>
    public static PreparedConversation Assemble(Conversation conversation, SeenVideo[] videos, SeenImage[] images, HeardSound[] sounds) => new(
        conversation,
        PromptBuilder.JoinsVideos(conversation.TaskKey) && videos.Length > 1 ? [Join(videos)] : videos,
        images,
        PromptBuilder.JoinsSounds(conversation.TaskKey) && sounds.Length > 1 ? [Join(sounds)] : sounds);

    private async Task<SeenVideo> VideoAsync(VideoItem video, int index, CancellationToken cancellation)
    {
        // The original samples an even number of frames.
        int count = Math.Max(2, (int)Math.Round(video.FrameCount / 2.0, MidpointRounding.ToEven) * 2);
        (int height, int width) = PictureSize.Fit(video.Height, video.Width);
        VideoFrames frames = await reader.ReadFramesAsync(video.Path, count, cancellation);
        cancellation.ThrowIfCancellationRequested();
        RgbFrames resized = await Task.Run(() => Resize.VideoBicubic(frames.Frames, height, width), cancellation);
        return new SeenVideo(resized, [.. frames.Indices.Zip(frames.TimesSeconds, (frame, seconds) => new FrameSource(index, frame, seconds))]);
    }

    private async Task<SeenImage> ImageAsync(ImageItem image, int index, CancellationToken cancellation)
    {
        (int height, int width) = PictureSize.Fit(image.Height, image.Width);
        RgbFrames picture = image.FrameIndexInVideo is { } frame
            ? (await reader.ReadFrameAsync(image.Path, frame, cancellation)).Frames
            : await reader.ReadStillAsync(image.Path, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return new SeenImage(await Task.Run(() => Resize.PillowBicubic(picture, height, width), cancellation), index);
    }

    private async Task<HeardSound> SoundAsync(AudioItem audio, int index, CancellationToken cancellation)
    {
        float[] samples = await reader.ReadSoundAsync(audio.Path, cancellation);
        return new HeardSound(Heard(samples, audio), [index]) { Sources = [.. Sources(samples.Length, audio, index)] };
    }

    /// <summary>
    /// The samples that are heard of a whole sound. It is padded to one second before it is sliced, not after: a window may
    /// be shorter than a second (as in the original).
    /// </summary>
    public static float[] Heard(float[] samples, AudioItem audio)
    {
        if (samples.Length < MediaReader.SampleRate)
        {
            Array.Resize(ref samples, MediaReader.SampleRate);
        }

        return string.IsNullOrEmpty(audio.Task) ? samples : AudioWindows.Slice(audio.Task, samples, audio.WindowIndex);
    }

    // What was padded to one second is silence that is not in the clip.
    private static IEnumerable<SoundSource> Sources(int samples, AudioItem audio, int index)
    {
        int whole = Math.Max(samples, MediaReader.SampleRate);
        IReadOnlyList<HeardRange> ranges = string.IsNullOrEmpty(audio.Task) ? [new HeardRange(0, whole)] : AudioWindows.Ranges(audio.Task, whole, audio.WindowIndex);
        foreach (HeardRange range in ranges)
        {
            int heard = range.Start is { } start ? Math.Clamp(samples - start, 0, range.Length) : 0;
            if (heard > 0)
            {
                yield return new SoundSource(index, range.Start!.Value / (double)MediaReader.SampleRate, heard / (double)MediaReader.SampleRate);
            }

            if (heard < range.Length)
            {
                yield return new SoundSource(index, null, (range.Length - heard) / (double)MediaReader.SampleRate);
            }
        }
    }

    private static SeenVideo Join(SeenVideo[] videos)
    {
        RgbFrames first = videos[0].Frames;
        if (videos.FirstOrDefault(video => video.Frames.Height != first.Height || video.Frames.Width != first.Width) is { } other)
        {
            throw new TaskInputException("clips", $"The videos have frames of {first.Width}×{first.Height} and {other.Frames.Width}×{other.Frames.Height} pixels; expected one size, as they become one item. Give both the same resized_height and resized_width.");
        }

        byte[] pixels = [.. videos.SelectMany(video => video.Frames.Pixels)];
        return new SeenVideo(new RgbFrames(videos.Sum(video => video.Frames.Count), first.Height, first.Width, pixels), [.. videos.SelectMany(video => video.Sources)]);
    }

    private static HeardSound Join(HeardSound[] sounds) =>
        new([.. sounds.SelectMany(sound => sound.Samples)], [.. sounds.SelectMany(sound => sound.ContentIndices)]) { Sources = [.. sounds.SelectMany(sound => sound.Sources)] };
}

/// <summary>The size to which a picture is really resized: the original rounds what is asked for to whole merged patches.</summary>
public static class PictureSize
{
    private const int Factor = 28, MinPixels = 4 * Factor * Factor, MaxPixels = 16384 * Factor * Factor, MaxRatio = 200;

    /// <summary>The nearest sides that are multiples of 28 (half to even), scaled when that is under 56×56 or over 3584×3584 pixels of area.</summary>
    /// <exception cref="TaskInputException">A side is not positive, or one is more than 200 times the other.</exception>
    public static (int Height, int Width) Fit(int height, int width)
    {
        if (height < 1 || width < 1 || height > MaxPixels || width > MaxPixels || Math.Max(height, width) / (double)Math.Min(height, width) > MaxRatio)
        {
            throw new TaskInputException("clips", $"A picture is to be resized to {width}×{height} pixels; expected positive sides of which one is at most {MaxRatio} times the other. Use resized_height and resized_width 224.");
        }

        double area = (double)height * width;
        long rows = Math.Max(Factor, (long)Math.Round(height / (double)Factor, MidpointRounding.ToEven) * Factor);
        long columns = Math.Max(Factor, (long)Math.Round(width / (double)Factor, MidpointRounding.ToEven) * Factor);
        if (rows * columns > MaxPixels)
        {
            double shrink = Math.Sqrt(area / MaxPixels);
            rows = Math.Max(Factor, (long)Math.Floor(height / shrink / Factor) * Factor);
            columns = Math.Max(Factor, (long)Math.Floor(width / shrink / Factor) * Factor);
        }
        else if (rows * columns < MinPixels)
        {
            double grow = Math.Sqrt(MinPixels / area);
            rows = (long)Math.Ceiling(height * grow / Factor) * Factor;
            columns = (long)Math.Ceiling(width * grow / Factor) * Factor;
        }

        return ((int)rows, (int)columns);
    }
}

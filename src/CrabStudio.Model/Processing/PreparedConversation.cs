using CrabStudio.Media;
using CrabStudio.Tasks;

namespace CrabStudio.Model.Processing;

/// <summary>
/// A conversation with its media decoded: exactly what the model will see and hear, before features are computed.
/// Holds no tensors.
/// </summary>
/// <param name="Conversation">What was asked.</param>
/// <param name="Videos">All video items joined into one, per the authors' a2v rule, or as they are: resized frames in order.</param>
/// <param name="Images">The resized stills in order.</param>
/// <param name="Sounds">The sliced sounds (mono, 16 kHz) in order; for v2a the two are joined into one.</param>
public sealed record PreparedConversation(
    Conversation Conversation,
    IReadOnlyList<SeenVideo> Videos,
    IReadOnlyList<SeenImage> Images,
    IReadOnlyList<HeardSound> Sounds);

/// <summary>One video placeholder of the prompt.</summary>
/// <param name="Frames">Resized frames; for a2v those of both videos one after the other.</param>
/// <param name="Sources">For each frame: which content item it came from, its index in that clip and its time in seconds.</param>
public sealed record SeenVideo(RgbFrames Frames, IReadOnlyList<FrameSource> Sources);

/// <summary>Where a frame came from.</summary>
public sealed record FrameSource(int ContentIndex, int FrameIndex, double TimeSeconds);

/// <summary>One image placeholder of the prompt.</summary>
public sealed record SeenImage(RgbFrames Frame, int ContentIndex);

/// <summary>One audio placeholder of the prompt.</summary>
/// <param name="Samples">Mono, 16 kHz, −1 to 1, after slicing and padding.</param>
/// <param name="ContentIndices">The content items it came from.</param>
public sealed record HeardSound(float[] Samples, IReadOnlyList<int> ContentIndices)
{
    /// <summary>Where the samples came from, one piece after the other; empty where nobody said.</summary>
    public IReadOnlyList<SoundSource> Sources { get; init; } = [];
}

/// <summary>Where a piece of a heard sound came from.</summary>
/// <param name="ContentIndex">Which content item.</param>
/// <param name="StartSeconds">Where in that clip it begins; null: silence that was put there.</param>
/// <param name="Seconds">How long it is.</param>
public sealed record SoundSource(int ContentIndex, double? StartSeconds, double Seconds);

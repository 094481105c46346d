namespace CrabStudio.Media;

/// <summary>Which frames of a video the model sees.</summary>
public static class FrameIndices
{
    /// <summary>What is asked for instead when a clip has too few frames, as the original's second attempt does.</summary>
    public const int Fallback = 2;

    /// <summary>
    /// <paramref name="count"/> indices evenly spaced from the first to the last frame, rounded half to even; two when the
    /// clip has fewer frames than that.
    /// </summary>
    /// <param name="total">Decodable frames of the clip.</param>
    /// <param name="count">Frames wanted, at least 2.</param>
    public static int[] Choose(int total, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(total, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        int chosen = total < count ? Fallback : count;

        // The original's line is made of float32 steps, from both ends towards the middle (torch.linspace).
        float step = (total - 1) / (float)(chosen - 1);
        return [.. Enumerable.Range(0, chosen).Select(i => (int)MathF.Round(i < chosen / 2 ? step * i : total - 1 - (step * (chosen - i - 1)), MidpointRounding.ToEven))];
    }
}

namespace CrabStudio.Tasks;

/// <summary>Which part of a sound a task hears (crab-plus facts §2, "Audio slicing").</summary>
public static class AudioWindows
{
    /// <summary>Mono samples at 16 kHz → the samples that the task hears.</summary>
    public static float[] Slice(string? taskKey, float[] samples, int? windowIndex) => throw new NotImplementedException();
}

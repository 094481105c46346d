namespace CrabStudio.Tasks;

/// <summary>
/// Which part of a sound a task hears (crab-plus facts §2, "Audio slicing"). A clip counts as T seconds whatever its length,
/// so "one second" is ⌊L/T⌋ samples; what that rounding leaves over at the end is not heard.
/// </summary>
public static class AudioWindows
{
    private const int SampleRate = 16000;

    /// <summary>Mono samples at 16 kHz → the samples that the task hears.</summary>
    /// <param name="taskKey">The task key; null, empty or unknown: the whole sound.</param>
    /// <param name="samples">The whole sound, already padded to one second where it was shorter.</param>
    /// <param name="windowIndex">For s4, ms3 and ref_avs: which window (0 when null). A window beyond the clip is silent.</param>
    public static float[] Slice(string? taskKey, float[] samples, int? windowIndex) => taskKey switch
    {
        "avqa" => TenOfSixty(samples),
        "avqa_thu" or "ks" or "ucf" or "avvp" or "ave" or "unav" or "a2v" or "v2a" or "avcap" => samples[..(samples.Length / 10 * 10)],
        "arig" => samples[..(samples.Length / 5 * 5)],
        "mer24" or "meld" or "dfew" or "mafw" or "cremad" => Padded(samples, 0, 4 * SampleRate),
        "s4" or "ms3" => Window(samples, 5, windowIndex ?? 0),
        "ref_avs" => Window(samples, 10, windowIndex ?? 0),
        _ => samples,
    };

    // Of every sixth second of sixty: half a second before it to half a second after it.
    private static float[] TenOfSixty(float[] samples)
    {
        int second = samples.Length / 60;
        var heard = new List<float>();
        for (int at = 0; at < 60; at += 6)
        {
            float[] window = samples[(int)(Math.Max(0, at - 0.5) * second)..(int)((at + 1.5) * second)];
            if (at == 0)
            {
                // The half second before the clip is silence; only this window is brought to its full length.
                heard.AddRange(new float[(2 * second) - window.Length]);
            }

            heard.AddRange(window);
        }

        return [.. heard];
    }

    private static float[] Window(float[] samples, int seconds, int index)
    {
        int second = samples.Length / seconds;
        return index >= seconds ? new float[second] : Padded(samples, Math.Max(0, index) * second, second);
    }

    // So many samples from a start on, silent where the sound has ended.
    private static float[] Padded(float[] samples, int start, int length)
    {
        var window = new float[length];
        int from = Math.Min(start, samples.Length);
        Array.Copy(samples, from, window, 0, Math.Min(length, samples.Length - from));
        return window;
    }
}

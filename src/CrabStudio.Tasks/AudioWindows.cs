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
    public static float[] Slice(string? taskKey, float[] samples, int? windowIndex)
    {
        IReadOnlyList<HeardRange> ranges = Ranges(taskKey, samples.Length, windowIndex);
        var heard = new float[ranges.Sum(range => range.Length)];
        int at = 0;
        foreach (HeardRange range in ranges)
        {
            if (range.Start is { } start)
            {
                Array.Copy(samples, start, heard, at, range.Length);
            }

            at += range.Length;
        }

        return heard;
    }

    /// <summary>Where in a whole sound the samples come from that the task hears, one range after the other; none is empty.</summary>
    /// <param name="taskKey">The task key; null, empty or unknown: the whole sound.</param>
    /// <param name="samples">Length of the whole sound in samples, already padded to one second where it was shorter.</param>
    /// <param name="windowIndex">For s4, ms3 and ref_avs: which window (0 when null). A window beyond the clip is silent.</param>
    public static IReadOnlyList<HeardRange> Ranges(string? taskKey, int samples, int? windowIndex) =>
        [.. (taskKey switch
        {
            "avqa" => TenOfSixty(samples),
            "avqa_thu" or "ks" or "ucf" or "avvp" or "ave" or "unav" or "a2v" or "v2a" or "avcap" => [new HeardRange(0, samples / 10 * 10)],
            "arig" => [new HeardRange(0, samples / 5 * 5)],
            "mer24" or "meld" or "dfew" or "mafw" or "cremad" => Padded(samples, 0, 4 * SampleRate),
            "s4" or "ms3" => Window(samples, 5, windowIndex ?? 0),
            "ref_avs" => Window(samples, 10, windowIndex ?? 0),
            _ => [new HeardRange(0, samples)],
        }).Where(range => range.Length > 0)];

    // Of every sixth second of sixty: half a second before it to half a second after it.
    private static IEnumerable<HeardRange> TenOfSixty(int samples)
    {
        int second = samples / 60;
        for (int at = 0; at < 60; at += 6)
        {
            int start = (int)(Math.Max(0, at - 0.5) * second), end = (int)((at + 1.5) * second);
            if (at == 0)
            {
                // The half second before the clip is silence; only this window is brought to its full length.
                yield return new HeardRange(null, (2 * second) - (end - start));
            }

            yield return new HeardRange(start, end - start);
        }
    }

    private static IEnumerable<HeardRange> Window(int samples, int seconds, int index)
    {
        int second = samples / seconds;
        return index >= seconds ? [new HeardRange(null, second)] : Padded(samples, Math.Max(0, index) * second, second);
    }

    // So many samples from a start on, silent where the sound has ended.
    private static HeardRange[] Padded(int samples, int start, int length)
    {
        int from = Math.Min(start, samples), heard = Math.Min(length, samples - from);
        return [new HeardRange(from, heard), new HeardRange(null, length - heard)];
    }
}

/// <summary>Samples that a task hears one after the other.</summary>
/// <param name="Start">The first one's place in the whole sound; null: silence that is not in the clip.</param>
/// <param name="Length">How many.</param>
public sealed record HeardRange(int? Start, int Length);

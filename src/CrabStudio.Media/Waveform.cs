using System.Buffers.Binary;

namespace CrabStudio.Media;

/// <summary>The outline of a clip's sound, for drawing.</summary>
/// <param name="Unit">What a peak is: the largest magnitude of its stretch, where 1 is full scale.</param>
/// <param name="PeaksPerSecond">Peaks for one second of sound.</param>
/// <param name="DurationSeconds">Length of the sound.</param>
/// <param name="Peaks">One number from 0 to 1 for each stretch, in order of time.</param>
public sealed record Waveform(string Unit, double PeaksPerSecond, double DurationSeconds, IReadOnlyList<float> Peaks)
{
    /// <summary>Value of <see cref="Unit"/>.</summary>
    public const string FullScale = "largest magnitude, 1 is full scale";

    /// <summary>Samples a second that are looked at.</summary>
    internal const int SampleRate = MediaReader.SampleRate;

    /// <summary>Most peaks of a whole clip, so that long ones stay light.</summary>
    private const int MaxPeaks = 4000;

    /// <summary>Samples of one stretch: 50 peaks a second, fewer when the clip is long.</summary>
    internal static int SamplesPerPeak(double durationSeconds) =>
        Math.Max(SampleRate / 50, (int)Math.Ceiling(durationSeconds * SampleRate / MaxPeaks));

    /// <summary>Reads 32-bit little-endian samples at <see cref="SampleRate"/> to their end, holding none of them.</summary>
    internal static async Task<Waveform> ReadAsync(Stream samples, double durationSeconds, IProgress<double>? progress, CancellationToken cancellation)
    {
        int perPeak = SamplesPerPeak(durationSeconds);
        byte[] stretch = new byte[perPeak * sizeof(float)];
        List<float> peaks = [];
        long seen = 0;
        int read;
        while ((read = await samples.ReadAtLeastAsync(stretch, stretch.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false)) >= sizeof(float))
        {
            float peak = 0;
            for (int at = 0; at + sizeof(float) <= read; at += sizeof(float))
            {
                peak = Math.Max(peak, Math.Abs(BinaryPrimitives.ReadSingleLittleEndian(stretch.AsSpan(at))));
            }

            seen += read / sizeof(float);
            peaks.Add(float.IsFinite(peak) ? MathF.Round(Math.Min(peak, 1f), 3) : 1f);
            progress?.Report(durationSeconds > 0 ? Math.Min(1, seen / (durationSeconds * SampleRate)) : 0);
        }

        return new Waveform(FullScale, (double)SampleRate / perPeak, (double)seen / SampleRate, peaks);
    }
}

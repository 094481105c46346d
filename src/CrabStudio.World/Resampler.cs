namespace CrabStudio.World;

/// <summary>22,050 Hz → 16,000 Hz in whole numbers: a windowed sinc of 32 taps for each of 320 phases.</summary>
internal static class Resampler
{
    private const int Up = 320, Down = 441, Taps = 32, Shift = 14;

    private static readonly short[] Filter = Design();

    /// <summary>Resamples.</summary>
    public static short[] To16000(ReadOnlySpan<short> samples)
    {
        short[] output = new short[(int)((long)samples.Length * Up / Down)];
        for (int at = 0; at < output.Length; at++)
        {
            long place = (long)at * Down;
            int first = (int)(place / Up) - (Taps / 2) + 1;
            ReadOnlySpan<short> taps = Filter.AsSpan((int)(place % Up) * Taps, Taps);
            long sum = 1 << (Shift - 1);
            for (int tap = 0; tap < Taps; tap++)
            {
                int from = first + tap;
                sum += (uint)from < (uint)samples.Length ? taps[tap] * samples[from] : 0;
            }

            output[at] = (short)Math.Clamp(sum >> Shift, short.MinValue, short.MaxValue);
        }

        return output;
    }

    // Rounded to 14 bits, far above what a last digit of a sine could change.
    private static short[] Design()
    {
        short[] filter = new short[Up * Taps];
        for (int phase = 0; phase < Up; phase++)
        {
            for (int tap = 0; tap < Taps; tap++)
            {
                double at = tap - (Taps / 2) + 1 - ((double)phase / Up);
                const double Cut = 0.92 * Up / Down;
                double wave = at == 0 ? Cut : Math.Sin(Math.PI * Cut * at) / (Math.PI * at);
                double window = 0.5 + (0.5 * Math.Cos(2 * Math.PI * at / Taps));
                filter[(phase * Taps) + tap] = (short)Math.Round(wave * window * (1 << Shift));
            }
        }

        return filter;
    }
}

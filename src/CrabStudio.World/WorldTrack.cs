namespace CrabStudio.World;

/// <summary>Something that is heard: what, when, and how loud.</summary>
/// <param name="Label">Its label: a class, or <c>voice</c>.</param>
/// <param name="Kind">Which of <see cref="SoundBank.Kinds"/> sounds.</param>
/// <param name="Start">Second from which on it is heard.</param>
/// <param name="End">Second from which on it is no longer heard.</param>
/// <param name="Takes">The takes that are heard one after the other, and then from the first again.</param>
/// <param name="Gain">How loud, in 256ths of the bank's loudness.</param>
public sealed record WorldSound(string Label, string Kind, int Start, int End, IReadOnlyList<int> Takes, int Gain);

/// <summary>What is heard in a clip.</summary>
/// <param name="Sounds">The sounds.</param>
/// <param name="Seconds">Length of the clip.</param>
/// <param name="Split">Whose takes are heard.</param>
/// <param name="Seed">Of the faint noise beneath everything.</param>
public sealed record WorldTrack(IReadOnlyList<WorldSound> Sounds, int Seconds, Tasks.AvUie.AvUieSplit Split, ulong Seed)
{
    private const int Fade = SoundBank.Rate / 80;
    private const int Noise = 8;

    /// <summary>Mixes the sounds.</summary>
    /// <param name="bank">The bank.</param>
    /// <returns>Samples, 16 kHz mono.</returns>
    /// <exception cref="WorldException">A sound cannot be rendered.</exception>
    public short[] Mix(SoundBank bank)
    {
        int[] sum = new int[Seconds * SoundBank.Rate];
        for (int at = 0; at < sum.Length; at += 8)
        {
            ulong noise = WorldRandom.Mix(Seed + (ulong)at);
            for (int next = at; next < Math.Min(at + 8, sum.Length); next++, noise >>= 8)
            {
                sum[next] = (int)((noise & 0xFF) * (2 * Noise) >> 8) - Noise;
            }
        }

        foreach (WorldSound sound in Sounds)
        {
            int from = sound.Start * SoundBank.Rate, end = sound.End * SoundBank.Rate;
            // A take fades while the next one comes, so that no click tells where one ends.
            for (int take = 0; from < end; take++, from += SoundBank.TakeSamples - Fade)
            {
                ReadOnlySpan<short> samples = bank.Take(sound.Kind, Split, sound.Takes[take % sound.Takes.Count]);
                Add(sum.AsSpan(from, Math.Min(samples.Length, end - from)), samples, sound.Gain);
            }
        }

        short[] mixed = new short[sum.Length];
        for (int at = 0; at < mixed.Length; at++)
        {
            mixed[at] = (short)Math.Clamp(sum[at], short.MinValue, short.MaxValue);
        }

        return mixed;
    }

    private static void Add(Span<int> sum, ReadOnlySpan<short> samples, int gain)
    {
        int length = sum.Length, fade = Math.Min(Fade, length / 2);
        for (int at = 0; at < fade; at++)
        {
            sum[at] += samples[at] * gain * at / fade >> 8;
            sum[length - 1 - at] += samples[length - 1 - at] * gain * at / fade >> 8;
        }

        for (int at = fade; at < length - fade; at++)
        {
            sum[at] += samples[at] * gain >> 8;
        }
    }
}

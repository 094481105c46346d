namespace CrabStudio.Training;

/// <summary>SplitMix64: random numbers that are the same on every machine and in every version, unlike those of the runtime or of libtorch.</summary>
/// <param name="seed">The same seed gives the same numbers.</param>
internal sealed class RandomNumbers(ulong seed)
{
    private ulong state = seed;

    /// <summary>Numbers for a purpose of their own: an epoch's order, a tensor's values, a step's dropout.</summary>
    public static RandomNumbers For(int seed, string purpose)
    {
        // FNV-1a over the purpose.
        ulong hash = 14695981039346656037;
        foreach (char c in purpose)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return new RandomNumbers(hash ^ ((ulong)(uint)seed * 0x9E3779B97F4A7C15));
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A whole number from 0 to below <paramref name="count"/>.</summary>
    public int Below(int count) => (int)((UInt128)Next() * (ulong)count >> 64);

    /// <summary>A number from 0 to below 1, in steps of 2⁻²⁴ (exact in float32).</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>
    /// A number of mean 0 and variance 1, nearly normal: the sum of twelve even ones. Unlike logarithms and cosines it is the
    /// same on every machine.
    /// </summary>
    public double Normal()
    {
        double sum = -6;
        for (int i = 0; i < 12; i++)
        {
            sum += Unit();
        }

        return sum;
    }
}

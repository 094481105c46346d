namespace CrabStudio.World;

/// <summary>
/// Random numbers that are the same on every machine: a counter that is mixed (SplitMix64), whole numbers only. What is drawn
/// for one purpose does not move what is drawn for another when each has a fork of its own.
/// </summary>
internal sealed class WorldRandom(ulong key)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong count;

    /// <summary>64 bits that depend on all bits of a number.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A key for a purpose: depends on every letter, and on the key it is made from.</summary>
    public static ulong Key(ulong from, string purpose)
    {
        ulong hash = Mix(from + Golden);
        foreach (char letter in purpose)
        {
            hash = Mix((hash ^ letter) + Golden);
        }

        return hash;
    }

    /// <summary>Numbers of their own for a purpose, whatever was drawn here before.</summary>
    public WorldRandom Fork(string purpose) => new(Key(key, purpose));

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => Mix(key + (++count * Golden));

    /// <summary>A whole number from 0 to <paramref name="bound"/> − 1.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>True once in <paramref name="many"/> times.</summary>
    public bool OneIn(int many) => Below(many) == 0;

    /// <summary>One of several.</summary>
    public T Of<T>(IReadOnlyList<T> choice) => choice[Below(choice.Count)];

    /// <summary>The same in another order.</summary>
    public T[] Shuffled<T>(IEnumerable<T> items)
    {
        T[] order = [.. items];
        for (int last = order.Length - 1; last > 0; last--)
        {
            int with = Below(last + 1);
            (order[last], order[with]) = (order[with], order[last]);
        }

        return order;
    }
}

using System.Buffers.Binary;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World;

/// <summary>
/// A Standard MIDI file with several takes of one instrument one after the other, each of <see cref="TakeMilliseconds"/>. A
/// tick is a millisecond. All notes of a take are of its split's pitches.
/// </summary>
internal sealed class MidiScore
{
    /// <summary>Length of a take.</summary>
    public const int TakeMilliseconds = 4000;

    /// <summary>From the start of a take to that of the next.</summary>
    public const int SlotMilliseconds = 4400;

    private const int DrumChannel = 9;

    private static readonly int[] StruckSpacing = [500, 667, 800, 1000];
    private static readonly int[] HeldSpacing = [500, 1000, 1333, 2000, 4000];
    private static readonly int[] CallSpacing = [667, 800, 1000];
    private static readonly int[] DrumSpacing = [125, 200, 250, 333, 400];

    private readonly List<(int Time, byte[] Event)> events = [];

    /// <summary>The takes of a class.</summary>
    /// <param name="one">The class, not speech.</param>
    /// <param name="split">Whose pitches.</param>
    /// <param name="first">The number of the first take.</param>
    /// <param name="count">How many takes.</param>
    public static byte[] Compose(WorldClass one, AvUieSplit split, int first, int count)
    {
        MidiScore score = new();
        bool kit = one.Program < 0;
        int channel = kit ? DrumChannel : 0;
        if (!kit)
        {
            score.Add(0, 0xC0 | channel, one.Program);
        }

        IReadOnlyList<int> pitches = WorldCatalog.Pitches(one, split);
        for (int take = 0; take < count; take++)
        {
            WorldRandom random = new(WorldRandom.Key((ulong)(first + take), $"take {split} {one.Name}"));
            int from = take * SlotMilliseconds, velocity = random.Between(64, 118), home = random.Of(pitches);
            // What sounds for itself (sea, applause) goes on; an instrument plays notes near one another.
            bool effect = one.Program is >= 120, calls = one.Program is 123 or 124;
            // A bird or a telephone that is held calls once or twice and then falls silent.
            int spacing = kit ? random.Of(DrumSpacing) : calls ? random.Of(CallSpacing) : effect ? TakeMilliseconds : random.Of(one.Holds ? HeldSpacing : StruckSpacing);
            int[] near = kit ? random.Shuffled(pitches)[..random.Between(1, 2)] : [.. pitches.Where(pitch => Math.Abs(pitch - home) <= 9)];
            for (int at = 0; at < TakeMilliseconds; at += spacing)
            {
                int pitch = effect ? home : random.Of(near), length = Math.Min(spacing, TakeMilliseconds - at) - (spacing >= 500 && !effect ? 15 : 2);
                int loud = Math.Clamp(velocity + random.Between(-10, 10), 40, 127);
                score.Add(from + at, 0x90 | channel, pitch, loud);
                score.Add(from + at + length, 0x80 | channel, pitch, 0);
            }

            // Nothing of a take rings on into the next.
            score.Add(from + TakeMilliseconds + 20, 0xB0 | channel, 120, 0);
        }

        return score.Bytes(count * SlotMilliseconds);
    }

    private void Add(int time, params int[] bytes) => events.Add((time, [.. bytes.Select(one => (byte)one)]));

    private byte[] Bytes(int end)
    {
        using MemoryStream track = new();
        // A quarter note of a second and of 1000 ticks.
        track.Write([0, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40]);
        int now = 0;
        foreach ((int time, byte[] what) in events.Select((one, place) => (one, place)).OrderBy(one => one.one.Time).ThenBy(one => one.place).Select(one => one.one))
        {
            Delta(track, time - now);
            track.Write(what);
            now = time;
        }

        Delta(track, end - now);
        track.Write([0xFF, 0x2F, 0]);
        byte[] file = new byte[22 + track.Length];
        "MThd"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4), 6);
        BinaryPrimitives.WriteInt16BigEndian(file.AsSpan(10), 1);
        BinaryPrimitives.WriteInt16BigEndian(file.AsSpan(12), 1000);
        "MTrk"u8.CopyTo(file.AsSpan(14));
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(18), (int)track.Length);
        track.ToArray().CopyTo(file, 22);
        return file;
    }

    // Seven bits a byte, the highest first; all but the last are marked.
    private static void Delta(MemoryStream track, int ticks)
    {
        for (int shift = 21; shift > 0; shift -= 7)
        {
            if (ticks >> shift > 0)
            {
                track.WriteByte((byte)(0x80 | ((ticks >> shift) & 0x7F)));
            }
        }

        track.WriteByte((byte)(ticks & 0x7F));
    }
}

using System.Numerics;

namespace CrabStudio.Tasks.Metrics;

/// <summary>A black-and-white picture, one bit a pixel, row by row.</summary>
public sealed class PixelMask
{
    private readonly ulong[] words;

    /// <summary>An empty mask.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public PixelMask(int height, int width)
    {
        Height = height;
        Width = width;
        words = new ulong[((height * width) + 63) / 64];
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>All pixels.</summary>
    public int Size => Height * Width;

    /// <summary>A pixel, counted row by row.</summary>
    public bool this[int pixel]
    {
        get => (words[pixel >> 6] >> (pixel & 63) & 1) == 1;
        set => words[pixel >> 6] = value ? words[pixel >> 6] | (1UL << (pixel & 63)) : words[pixel >> 6] & ~(1UL << (pixel & 63));
    }

    /// <summary>From rows of <c>0</c> and <c>1</c>.</summary>
    /// <exception cref="FormatException">Rows differ in length or hold another sign.</exception>
    public static PixelMask FromRows(IReadOnlyList<string> rows)
    {
        PixelMask mask = new(rows.Count, rows.Count == 0 ? 0 : rows[0].Length);
        for (int row = 0; row < rows.Count; row++)
        {
            if (rows[row].Length != mask.Width || rows[row].AsSpan().ContainsAnyExcept('0', '1'))
            {
                throw new FormatException($"Row {row} of a mask should be {mask.Width} signs 0 or 1, but is “{rows[row]}”.");
            }

            for (int column = 0; column < mask.Width; column++)
            {
                if (rows[row][column] == '1')
                {
                    mask[(row * mask.Width) + column] = true;
                }
            }
        }

        return mask;
    }

    /// <summary>From one value a pixel; what is above the threshold is inside.</summary>
    public static PixelMask FromValues(ReadOnlySpan<float> values, int height, int width, float threshold)
    {
        PixelMask mask = new(height, width);
        for (int pixel = 0; pixel < values.Length; pixel++)
        {
            if (values[pixel] > threshold)
            {
                mask[pixel] = true;
            }
        }

        return mask;
    }

    /// <summary>Sets the pixels of a box, its right and lower edge excluded; what lies outside the picture is cut off.</summary>
    public void Fill(long x1, long y1, long x2, long y2)
    {
        int left = (int)Math.Clamp(x1, 0, Width), right = (int)Math.Clamp(x2, 0, Width);
        for (int row = (int)Math.Clamp(y1, 0, Height); row < Math.Clamp(y2, 0, Height); row++)
        {
            for (int pixel = (row * Width) + left, end = (row * Width) + right; pixel < end;)
            {
                // As much of one word as the run covers.
                int from = pixel & 63, count = Math.Min(64 - from, end - pixel);
                words[pixel >> 6] |= (count == 64 ? ulong.MaxValue : (1UL << count) - 1) << from;
                pixel += count;
            }
        }
    }

    /// <summary>Pixels inside.</summary>
    public int Count() => Count(words, words);

    /// <summary>Pixels inside both.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public int CountShared(PixelMask other) => Height == other.Height && Width == other.Width
        ? Count(words, other.words)
        : throw new ArgumentException($"A mask of {Height}×{Width} cannot be compared with one of {other.Height}×{other.Width}.", nameof(other));

    private static int Count(ulong[] one, ulong[] other)
    {
        int count = 0;
        for (int word = 0; word < one.Length; word++)
        {
            count += BitOperations.PopCount(one[word] & other[word]);
        }

        return count;
    }
}

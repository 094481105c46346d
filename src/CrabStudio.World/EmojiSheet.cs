using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace CrabStudio.World;

/// <summary>A picture ready to be laid over a frame.</summary>
/// <param name="Left">Columns from the centre to the first column; negative.</param>
/// <param name="Top">Rows from the centre to the first row; negative.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Pixels">[row, column, channel]: red, green and blue, each times the fourth, how much it covers.</param>
internal sealed record Sprite(int Left, int Top, int Width, int Height, byte[] Pixels)
{
    /// <summary>How much a pixel must cover to count as one of the object.</summary>
    public const int Solid = 128;

    /// <summary>The first and last column and row (counted from the first) that show something.</summary>
    public (int X1, int Y1, int X2, int Y2) Bounds { get; } = Measure(Pixels, Width, 0, 0, Width - 1, Height - 1);

    /// <summary>The same of a part, whose first and last column and row may lie outside; the last lies before the first where the part shows nothing.</summary>
    public (int X1, int Y1, int X2, int Y2) BoundsWithin(int left, int top, int right, int bottom) => left <= 0 && top <= 0 && right >= Width - 1 && bottom >= Height - 1
        ? Bounds
        : Measure(Pixels, Width, Math.Max(0, left), Math.Max(0, top), Math.Min(Width - 1, right), Math.Min(Height - 1, bottom));

    private static (int X1, int Y1, int X2, int Y2) Measure(byte[] pixels, int width, int left, int top, int right, int bottom)
    {
        (int x1, int y1, int x2, int y2) = (right + 1, bottom + 1, left - 1, top - 1);
        for (int row = top; row <= bottom; row++)
        {
            for (int column = left; column <= right; column++)
            {
                if (pixels[(((row * width) + column) * 4) + 3] >= Solid)
                {
                    (x1, y1, x2, y2) = (Math.Min(x1, column), Math.Min(y1, row), Math.Max(x2, column), Math.Max(y2, row));
                }
            }
        }

        return (x1, y1, x2, y2);
    }
}

/// <summary>
/// The pictures of Noto Color Emoji. SkiaSharp unpacks a glyph at the size in which the font holds it; scaling and turning are
/// done here in whole numbers, so that no pixel depends on the machine. What was made is kept for the next frame.
/// </summary>
internal sealed class EmojiSheet
{
    /// <summary>Steps of a full turn.</summary>
    public const int Turns = 24;

    private const int NativeSize = 109;
    private const int Canvas = 192;
    private const int Fine = 4;

    // More than a training run keeps in use; some 20 KB each.
    private const int MostSprites = 8000;

    // Sines of 0, 15, … 90 degrees in 65536ths.
    private static readonly int[] Sines = [0, 16962, 32768, 46341, 56756, 63303, 65536];
    private static readonly Lazy<EmojiSheet> One = new(() => new EmojiSheet(WorldTools.Font));

    private readonly string font;
    private readonly ConcurrentDictionary<string, Lazy<Glyph>> glyphs = [];
    private readonly ConcurrentDictionary<(string Picture, int Size, int Turn), Sprite> sprites = [];

    private EmojiSheet(string font) => this.font = font;

    /// <summary>The sheet of the system's font.</summary>
    /// <exception cref="WorldException">The font is not there.</exception>
    public static EmojiSheet Shared => One.Value;

    /// <summary>A picture of a size (its longer side, in pixels), turned clockwise by so many steps of 15 degrees.</summary>
    /// <exception cref="WorldException">The font has no such picture.</exception>
    public Sprite Get(string picture, int size, int turn)
    {
        turn = ((turn % Turns) + Turns) % Turns;
        if (sprites.TryGetValue((picture, size, turn), out Sprite? known))
        {
            return known;
        }

        if (sprites.Count >= MostSprites)
        {
            sprites.Clear();
        }

        return sprites[(picture, size, turn)] = Make(glyphs.GetOrAdd(picture, name => new Lazy<Glyph>(() => Read(name))).Value, size, turn);
    }

    private static int Sine(int turn) => (turn % Turns) switch
    {
        <= 6 and var one => Sines[one],
        <= 12 and var one => Sines[12 - one],
        <= 18 and var one => -Sines[one - 12],
        var one => -Sines[24 - one],
    };

    // Each pixel is the mean of 4×4 places in it.
    private static Sprite Make(Glyph glyph, int size, int turn)
    {
        int sine = Sine(turn), cosine = Sine(turn + 6), longer = Math.Max(glyph.Width, glyph.Height), half = (size * 3 / 4) + 1, side = half * 2;
        byte[] pixels = new byte[side * side * 4];
        (int x1, int y1, int x2, int y2) = (side, side, 0, 0);
        // In 65536ths of a pixel of the glyph: a fine step, along a row and down a column of the result.
        long across = (long)cosine * longer / (size * Fine), down = (long)sine * longer / (size * Fine);
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                int red = 0, green = 0, blue = 0, cover = 0;
                for (int fine = 0; fine < Fine * Fine; fine++)
                {
                    // Twice the number of fine steps from the centre, so that it is whole.
                    long right = (((column - half) * Fine) + (fine % Fine)) * 2L + 1, below = (((row - half) * Fine) + (fine / Fine)) * 2L + 1;
                    long x = ((((right * across) + (below * down)) / 2) + (glyph.Width * 32768L)) >> 16, y = ((((below * across) - (right * down)) / 2) + (glyph.Height * 32768L)) >> 16;
                    if ((ulong)x < (ulong)glyph.Width && (ulong)y < (ulong)glyph.Height)
                    {
                        int from = (int)((y * glyph.Width) + x) * 4;
                        (red, green, blue, cover) = (red + glyph.Pixels[from], green + glyph.Pixels[from + 1], blue + glyph.Pixels[from + 2], cover + glyph.Pixels[from + 3]);
                    }
                }

                if (cover >= Fine * Fine)
                {
                    int to = ((row * side) + column) * 4;
                    (pixels[to], pixels[to + 1], pixels[to + 2], pixels[to + 3]) = ((byte)(red >> 4), (byte)(green >> 4), (byte)(blue >> 4), (byte)(cover >> 4));
                    (x1, y1, x2, y2) = (Math.Min(x1, column), Math.Min(y1, row), Math.Max(x2, column + 1), Math.Max(y2, row + 1));
                }
            }
        }

        byte[] cut = new byte[(x2 - x1) * (y2 - y1) * 4];
        for (int row = y1; row < y2; row++)
        {
            pixels.AsSpan(((row * side) + x1) * 4, (x2 - x1) * 4).CopyTo(cut.AsSpan((row - y1) * (x2 - x1) * 4));
        }

        return new Sprite(x1 - half, y1 - half, x2 - x1, y2 - y1, cut);
    }

    private Glyph Read(string picture)
    {
        using SKTypeface typeface = SKTypeface.FromFile(font) ?? throw new WorldException($"{font} is no font that can be read");
        using SKFont form = new(typeface, NativeSize) { Subpixel = false, Edging = SKFontEdging.Alias };
        using SKPaint paint = new(form) { IsAntialias = false, Color = SKColors.Black };
        using SKBitmap bitmap = new(Canvas, Canvas, SKColorType.Rgba8888, SKAlphaType.Premul);
        using (SKCanvas canvas = new(bitmap))
        {
            canvas.Clear(SKColors.Transparent);
            canvas.DrawText(picture, 16, 136, form, paint);
        }

        byte[] all = new byte[Canvas * Canvas * 4];
        Marshal.Copy(bitmap.GetPixels(), all, 0, all.Length);
        int[] shown = [.. Enumerable.Range(0, Canvas * Canvas).Where(place => all[(place * 4) + 3] > 0)];
        if (shown.Length < 500 || typeface.GetGlyphs(picture)[0] == 0)
        {
            throw new WorldException($"{font} has no picture of {picture}; install a newer fonts-noto-color-emoji");
        }

        (int x1, int y1, int x2, int y2) = (shown.Min(place => place % Canvas), shown[0] / Canvas, shown.Max(place => place % Canvas) + 1, (shown[^1] / Canvas) + 1);
        byte[] pixels = new byte[(x2 - x1) * (y2 - y1) * 4];
        for (int row = y1; row < y2; row++)
        {
            all.AsSpan(((row * Canvas) + x1) * 4, (x2 - x1) * 4).CopyTo(pixels.AsSpan((row - y1) * (x2 - x1) * 4));
        }

        return new Glyph(x2 - x1, y2 - y1, pixels);
    }

    private sealed record Glyph(int Width, int Height, byte[] Pixels);
}

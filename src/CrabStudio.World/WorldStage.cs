namespace CrabStudio.World;

/// <summary>The background of a clip.</summary>
/// <param name="Colour">Its place among <see cref="WorldCatalog.Colours"/>.</param>
/// <param name="Pattern">Its place among <see cref="WorldCatalog.Patterns"/>.</param>
/// <param name="Shade">Added to every channel.</param>
/// <param name="Scale">Pixels of a stripe, a square or the way between two dots.</param>
/// <param name="Seed">Of the grain, and of where a pattern begins.</param>
public sealed record WorldBackground(int Colour, int Pattern, int Shade, int Scale, ulong Seed)
{
    /// <summary>The name of the colour.</summary>
    public string ColourName => WorldCatalog.Colours[Colour].Name;

    /// <summary>The name of the pattern.</summary>
    public string PatternName => WorldCatalog.Patterns[Pattern];

    // The second tone is as much darker as can be told from the first and from no object.
    private const int Contrast = 26;

    /// <summary>Paints the whole frame.</summary>
    internal byte[] Paint()
    {
        const int Side = WorldStage.Side;
        (_, int red, int green, int blue) = WorldCatalog.Colours[Colour];
        byte[] pixels = new byte[Side * Side * 3];
        int shiftX = (int)(Seed % (uint)(2 * Scale)), shiftY = (int)((Seed >> 20) % (uint)(2 * Scale)), direction = (int)((Seed >> 40) % 4);
        int radius = Scale / 3;
        ulong grain = 0;
        for (int y = 0, to = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++, to += 3)
            {
                int tone;
                switch (Pattern)
                {
                    case 1:
                        tone = Contrast * (direction switch { 0 => x, 1 => y, 2 => Side - 1 - x, _ => Side - 1 - y }) / Side;
                        break;
                    case 2:
                        tone = (direction switch { 0 => x + shiftX, 1 => y + shiftY, 2 => x + y + shiftX, _ => x + Side - y + shiftX }) / Scale % 2 == 0 ? 0 : Contrast;
                        break;
                    case 3:
                        tone = (((x + shiftX) / Scale) + ((y + shiftY) / Scale)) % 2 == 0 ? 0 : Contrast;
                        break;
                    case 4:
                        int across = ((x + shiftX) % Scale) - (Scale / 2), down = ((y + shiftY) % Scale) - (Scale / 2);
                        tone = (across * across) + (down * down) <= radius * radius ? Contrast : 0;
                        break;
                    case 5:
                        grain = (to / 3) % 8 == 0 ? WorldRandom.Mix(Seed + (ulong)to) : grain >> 8;
                        tone = (int)(grain & 0xFF) * Contrast >> 8;
                        break;
                    default:
                        tone = 0;
                        break;
                }

                pixels[to] = Channel(red + Shade - tone);
                pixels[to + 1] = Channel(green + Shade - tone);
                pixels[to + 2] = Channel(blue + Shade - tone);
            }
        }

        return pixels;
    }

    private static byte Channel(int value) => (byte)Math.Clamp(value, 0, 255);
}

/// <summary>What is seen in a clip (or a still): a background and the objects before it, the last in front.</summary>
/// <param name="Background">The background.</param>
/// <param name="Objects">The objects.</param>
/// <param name="Frames">Frames of the clip; 1 of a still.</param>
public sealed record WorldStage(WorldBackground Background, IReadOnlyList<WorldObject> Objects, int Frames)
{
    /// <summary>Rows and columns of a frame.</summary>
    public const int Side = 224;

    /// <summary>Frames a second of a clip.</summary>
    public const int FramesPerSecond = 10;

    /// <summary>Bytes of a frame: [row, column, channel], channel order R G B.</summary>
    public const int FrameBytes = Side * Side * 3;

    private byte[]? backdrop;

    /// <summary>Renders a frame.</summary>
    /// <param name="frame">Which, from 0.</param>
    /// <param name="target"><see cref="FrameBytes"/> bytes.</param>
    public void Render(int frame, Span<byte> target)
    {
        (backdrop ??= Background.Paint()).CopyTo(target);
        foreach (WorldObject one in Objects)
        {
            if (one.IsSeenAt(frame))
            {
                Lay(one, frame, target);
            }
        }
    }

    private void Lay(WorldObject one, int frame, Span<byte> target)
    {
        (Sprite sprite, int left, int top) = one.SpriteAt(frame, Frames);
        int first = Math.Max(0, -left), last = Math.Min(sprite.Width, Side - left), step = one.IsMirrored ? -4 : 4, shade = one.Shade;
        for (int row = Math.Max(0, -top); row < Math.Min(sprite.Height, Side - top); row++)
        {
            int from = ((row * sprite.Width) + (one.IsMirrored ? sprite.Width - 1 - first : first)) * 4, to = (((top + row) * Side) + left + first) * 3;
            for (int column = first; column < last; column++, from += step, to += 3)
            {
                int clear = 255 - sprite.Pixels[from + 3];
                if (clear == 255)
                {
                    continue;
                }

                target[to] = Blend(sprite.Pixels[from], target[to]);
                target[to + 1] = Blend(sprite.Pixels[from + 1], target[to + 1]);
                target[to + 2] = Blend(sprite.Pixels[from + 2], target[to + 2]);

                // The division by 255 is exact for every product of two bytes.
                byte Blend(int over, int under)
                {
                    int through = (under * clear) + 128;
                    return (byte)Math.Min(255, ((over * shade) >> 8) + ((through + (through >> 8)) >> 8));
                }
            }
        }
    }
}

using CrabStudio.Tasks;

namespace CrabStudio.World;

/// <summary>Something that is seen: what, where, when and how it moves. All of it is whole numbers.</summary>
public sealed record WorldObject
{
    /// <summary>Its label: a class, or <c>face</c>.</summary>
    public required string Label { get; init; }

    /// <summary>Its picture, an emoji.</summary>
    public required string Picture { get; init; }

    /// <summary>First second in which it is seen.</summary>
    public required int Start { get; init; }

    /// <summary>Second from which on it is no longer seen.</summary>
    public required int End { get; init; }

    /// <summary>The third of the frame that it is at home in.</summary>
    public required WorldPlace Place { get; init; }

    /// <summary>Its centre at rest, in pixels from the left.</summary>
    public required int X { get; init; }

    /// <summary>Its centre at rest, in pixels from the top.</summary>
    public required int Y { get; init; }

    /// <summary>Its longer side at rest, in pixels.</summary>
    public required int Size { get; init; }

    /// <summary>Whether it is of the large kind; the small kind is clearly smaller.</summary>
    public required bool IsLarge { get; init; }

    /// <summary>How it moves.</summary>
    public required WorldMotion Motion { get; init; }

    /// <summary>Which way: 1 or −1.</summary>
    public required int Direction { get; init; }

    /// <summary>How far it moves, in pixels; of a swing, in steps of 15 degrees.</summary>
    public required int Span { get; init; }

    /// <summary>How often it moves to and fro in the clip, in 16ths.</summary>
    public required int Cycles { get; init; }

    /// <summary>Whether its picture is mirrored.</summary>
    public required bool IsMirrored { get; init; }

    /// <summary>How bright it is, in 256ths.</summary>
    public required int Shade { get; init; }

    /// <summary>Its turn at rest, in steps of 15 degrees.</summary>
    public required int Turn { get; init; }

    /// <summary>Whether it is seen at a frame.</summary>
    public bool IsSeenAt(int frame) => frame >= Start * WorldStage.FramesPerSecond && frame < End * WorldStage.FramesPerSecond;

    /// <summary>The box of its pixels that lie in the frame, first and last column and row; null when it is not seen.</summary>
    /// <param name="frame">The frame, from 0.</param>
    /// <param name="frames">Frames of the clip.</param>
    public AnswerBox? BoxAt(int frame, int frames)
    {
        if (!IsSeenAt(frame))
        {
            return null;
        }

        (Sprite sprite, int x, int y) = SpriteAt(frame, frames);
        (int x1, int y1, int x2, int y2) = sprite.BoundsWithin(IsMirrored ? x + sprite.Width - WorldStage.Side : -x, -y, IsMirrored ? x + sprite.Width - 1 : WorldStage.Side - 1 - x, WorldStage.Side - 1 - y);
        (x1, x2) = IsMirrored ? (sprite.Width - 1 - x2, sprite.Width - 1 - x1) : (x1, x2);
        return x2 < x1 ? null : new AnswerBox(x + x1, y + y1, x + x2, y + y2);
    }

    /// <summary>Three places on it in a frame, of the middle row and those a quarter up and down: pixels that are its own.</summary>
    internal IReadOnlyList<AnswerPoint> PointsAt(int frame, int frames)
    {
        (Sprite sprite, int x, int y) = SpriteAt(frame, frames);
        (int x1, int y1, int x2, int y2) = sprite.Bounds;
        List<AnswerPoint> points = [];
        for (int quarter = 1; quarter <= 3; quarter++)
        {
            // The middle of the longest run of solid pixels of the row.
            int row = y1 + ((y2 - y1) * quarter / 4), best = x1, most = 0, run = 0;
            for (int column = x1; column <= x2; column++)
            {
                run = sprite.Pixels[(((row * sprite.Width) + column) * 4) + 3] >= Sprite.Solid ? run + 1 : 0;
                (best, most) = run > most ? (column - (run / 2), run) : (best, most);
            }

            if (most > 0)
            {
                int column = IsMirrored ? sprite.Width - 1 - best : best;
                points.Add(new AnswerPoint(Math.Clamp(x + column, 0, WorldStage.Side - 1), Math.Clamp(y + row, 0, WorldStage.Side - 1)));
            }
        }

        return points;
    }

    /// <summary>Its picture in a frame, and where the first pixel of that lies.</summary>
    internal (Sprite Sprite, int X, int Y) SpriteAt(int frame, int frames)
    {
        // How far the clip has come, in 1024ths, and how far the motion has, within one to and fro.
        int now = frames < 2 ? 0 : frame * 1024 / (frames - 1), phase = now * Cycles / 16 % 1024;
        int wave = phase < 256 ? phase : phase < 768 ? 512 - phase : phase - 1024;
        (int x, int y, int size, int turn) = (X, Y, Size, Turn);
        switch (Motion)
        {
            case WorldMotion.Sliding:
                y += Direction * Span * (now - 512) / 1024;
                break;
            case WorldMotion.Jumping:
                y += (Span / 2) - (Span * phase * (1024 - phase) / (1024 * 256));
                break;
            case WorldMotion.Spinning:
                turn += Direction * now * Cycles * EmojiSheet.Turns / (16 * 1024);
                break;
            case WorldMotion.Swinging:
                turn += Direction * ((wave * Span * 2) + (wave < 0 ? -256 : 256)) / 512;
                break;
            case WorldMotion.Growing:
                size = Size * (608 + (now * 8 / 10)) / 1024;
                break;
            case WorldMotion.Shrinking:
                size = Size * (608 + ((1024 - now) * 8 / 10)) / 1024;
                break;
            case WorldMotion.Shaking:
                x += Direction * Span * wave / 256;
                break;
            default:
                break;
        }

        // Few sizes, so that sprites are used again.
        Sprite sprite = EmojiSheet.Shared.Get(Picture, size / 4 * 4, IsMirrored ? -turn : turn);
        return (sprite, x + (IsMirrored ? 1 - sprite.Left - sprite.Width : sprite.Left), y + sprite.Top);
    }
}

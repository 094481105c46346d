using CrabStudio.Tasks;
using CrabStudio.World;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// What is true of every single media token: which objects are in a cell of 56 pixels, where their edges are, how they move;
/// what sounds in its 40 ms, and since when. −100 where a question does not arise.
/// </summary>
internal sealed class DenseTruth
{
    /// <summary>A target that is not asked.</summary>
    public const long None = -100;

    /// <summary>Cells of 56 pixels a side of the frame.</summary>
    public const int Side = 4;

    /// <summary>Pixels of a bin of an edge: the first digits of its number are the bin's.</summary>
    public const int BinPixels = 10;

    /// <summary>Bins of an edge.</summary>
    public const int Bins = (WorldStage.Side + BinPixels - 1) / BinPixels;

    /// <summary>Seconds that are told apart.</summary>
    public const int Seconds = 10;

    private const int Cell = WorldStage.Side / Side;

    /// <summary>What can be in a cell or sound: the classes, and a face or its voice.</summary>
    public static int Labels => WorldCatalog.Classes.Count + 1;

    /// <summary>Per cell, per frame of the pair, per label: 1 where it is in the cell.</summary>
    public List<float> Present { get; } = [];

    /// <summary>Per cell: left, top, right and bottom edge of the object that fills most of it in the first frame, from the cell's corner in cells.</summary>
    public List<float> Edges { get; } = [];

    /// <summary>Per cell: the bins of these edges in the frame; <see cref="None"/> without an object.</summary>
    public List<long> EdgeBins { get; } = [];

    /// <summary>Per cell: the motion of that object.</summary>
    public List<long> Motion { get; } = [];

    /// <summary>Per cell: the emotion of a face.</summary>
    public List<long> Face { get; } = [];

    /// <summary>Per cell: the colour of the background.</summary>
    public List<long> Colour { get; } = [];

    /// <summary>Per cell: the second of the first frame.</summary>
    public List<long> Second { get; } = [];

    /// <summary>Per audio token, per label: 1 where it sounds.</summary>
    public List<float> Heard { get; } = [];

    /// <summary>Per audio token: the emotion of a voice.</summary>
    public List<long> Voice { get; } = [];

    /// <summary>Per audio token: the second in which the sound began that began last.</summary>
    public List<long> Start { get; } = [];

    /// <summary>Cells so far.</summary>
    public int Cells => Motion.Count;

    /// <summary>Audio tokens so far.</summary>
    public int Sounds => Voice.Count;

    /// <summary>Adds the cells of a frame pair.</summary>
    public void Look(Scene scene, WorldStage stage, int first, int second)
    {
        int[] pair = [first, second];
        AnswerBox?[][] boxes = [.. pair.Select(frame => stage.Objects.Select(one => one.BoxAt(frame, stage.Frames)).ToArray())];
        for (int cell = 0; cell < Side * Side; cell++)
        {
            int left = cell % Side * Cell, top = cell / Side * Cell, most = -1;
            long best = 0;
            foreach (AnswerBox?[] seen in boxes)
            {
                float[] present = new float[Labels];
                for (int one = 0; one < seen.Length; one++)
                {
                    long shared = seen[one] is { } box ? Shared(box, left, top) : 0;
                    // A fifth of the cell, or most of something small.
                    if (shared * 5 >= Cell * Cell || (shared > 0 && seen[one] is { } small && shared * 2 > (small.X2 - small.X1 + 1) * (small.Y2 - small.Y1 + 1)))
                    {
                        present[Label(stage.Objects[one].Label)] = 1;
                        if (ReferenceEquals(seen, boxes[0]) && shared > best)
                        {
                            (best, most) = (shared, one);
                        }
                    }
                }

                Present.AddRange(present);
            }

            WorldObject? main = most < 0 ? null : stage.Objects[most];
            long[] edges = most < 0 ? [0, 0, 0, 0] : boxes[0][most] is { } at ? [at.X1, at.Y1, at.X2, at.Y2] : [0, 0, 0, 0];
            for (int edge = 0; edge < 4; edge++)
            {
                Edges.Add((edges[edge] - (edge % 2 == 0 ? left : top)) / (float)Cell);
                EdgeBins.Add(main is null ? None : edges[edge] / BinPixels);
            }

            // One frame twice shows no motion.
            Motion.Add(main is null || first == second ? None : (long)main.Motion);
            Face.Add(main?.Label == "face" ? Emotion(scene) : None);
            Colour.Add(stage.Background.Colour);
            Second.Add(stage.Frames == 1 ? None : Math.Min(Seconds - 1, first / WorldStage.FramesPerSecond));
        }
    }

    /// <summary>Adds an audio token.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="track">Its track.</param>
    /// <param name="time">Seconds from the track's start to the token's middle.</param>
    public void Listen(Scene scene, WorldTrack track, double time)
    {
        float[] heard = new float[Labels];
        (long voice, long start) = (None, None);
        foreach (WorldSound one in track.Sounds)
        {
            if (time >= one.Start && time < one.End)
            {
                heard[Label(one.Label)] = 1;
                voice = one.Label == "voice" ? Emotion(scene) : voice;
                start = Math.Max(start, Math.Min(Seconds - 1, one.Start));
            }
        }

        Heard.AddRange(heard);
        Voice.Add(voice);
        Start.Add(start);
    }

    private static int Label(string name) => name is "face" or "voice" ? WorldCatalog.Classes.Count : WorldCatalog.IndexOf(name);

    private static long Emotion(Scene scene) => Enumerable.Range(0, WorldCatalog.Emotions.Count).First(place => WorldCatalog.Emotions[place].Name == scene.Emotion);

    private static long Shared(AnswerBox box, int left, int top) =>
        Math.Max(0, Math.Min(box.X2, left + Cell - 1) - Math.Max(box.X1, left) + 1) * Math.Max(0, Math.Min(box.Y2, top + Cell - 1) - Math.Max(box.Y1, top) + 1);
}

using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World;

/// <summary>A class of objects: how it looks and how it sounds.</summary>
/// <param name="Name">Its label: one word, lower case.</param>
/// <param name="Picture">Its picture, an emoji.</param>
/// <param name="Program">Its General MIDI program (from 0); −1 for the drum kit, −2 for voices.</param>
/// <param name="Low">Lowest pitch that is played.</param>
/// <param name="High">Highest pitch that is played.</param>
/// <param name="Holds">Whether a note sounds as long as it is held; what decays is struck again.</param>
public sealed record WorldClass(string Name, string Picture, int Program, int Low, int High, bool Holds);

/// <summary>An emotion: faces that show it, and how a voice with it speaks (units of espeak-ng).</summary>
/// <param name="Name">Its label.</param>
/// <param name="Faces">Its pictures.</param>
/// <param name="Pitch">Pitch of the voice, 0 to 99.</param>
/// <param name="Speed">Words a minute.</param>
/// <param name="Face">How the face is described.</param>
/// <param name="Voice">How the voice is described.</param>
public sealed record WorldEmotion(string Name, string[] Faces, int Pitch, int Speed, string Face, string Voice);

/// <summary>How an object moves.</summary>
public enum WorldMotion
{
    /// <summary>It stays where it is.</summary>
    Resting,

    /// <summary>It moves up or down along a line.</summary>
    Sliding,

    /// <summary>It hops.</summary>
    Jumping,

    /// <summary>It turns round and round.</summary>
    Spinning,

    /// <summary>It tilts to and fro.</summary>
    Swinging,

    /// <summary>It becomes larger.</summary>
    Growing,

    /// <summary>It becomes smaller.</summary>
    Shrinking,

    /// <summary>It trembles from side to side.</summary>
    Shaking,
}

/// <summary>Where an object is at home: the thirds of the frame, from left to right.</summary>
public enum WorldPlace
{
    /// <summary>The left third.</summary>
    Left,

    /// <summary>The middle third.</summary>
    Middle,

    /// <summary>The right third.</summary>
    Right,
}

/// <summary>What the world is made of, and what of it is kept for the test split so that unseen means unseen.</summary>
public static class WorldCatalog
{
    /// <summary>The classes.</summary>
    public static readonly IReadOnlyList<WorldClass> Classes =
    [
        new("violin", "🎻", 40, 55, 93, true),
        new("guitar", "🎸", 25, 40, 80, false),
        new("piano", "🎹", 0, 33, 96, false),
        new("trumpet", "🎺", 56, 54, 84, true),
        new("saxophone", "🎷", 65, 49, 80, true),
        new("accordion", "🪗", 21, 53, 86, true),
        new("banjo", "🪕", 105, 48, 82, false),
        new("flute", "🪈", 73, 60, 94, true),
        new("drum", "🥁", -1, 35, 50, false),
        new("bell", "🔔", 14, 55, 82, false),
        new("telephone", "☎", 124, 48, 84, true),
        new("bird", "🐦", 123, 48, 84, true),
        new("helicopter", "🚁", 125, 40, 76, true),
        new("applause", "👏", 126, 48, 76, true),
        new("sea", "🌊", 122, 48, 76, true),
        new("speech", "🗣", -2, 0, 0, true),
    ];

    /// <summary>The emotions.</summary>
    public static readonly IReadOnlyList<WorldEmotion> Emotions =
    [
        new("neutral", ["😐", "😑", "😶"], 48, 155, "The face shows no feeling", "the voice is even and calm"),
        new("happy", ["😀", "😃", "😄", "😁", "😊"], 72, 190, "The mouth smiles widely", "the voice is bright and quick"),
        new("sad", ["😢", "😭", "🙁", "😞"], 28, 105, "The mouth droops and the eyes are sad", "the voice is low and slow"),
        new("angry", ["😠", "😡", "🤬"], 40, 225, "The brows are drawn together", "the voice is hard and fast"),
        new("surprise", ["😮", "😲", "😯"], 88, 145, "The mouth stands open and the eyes are round", "the voice goes up in wonder"),
        new("fear", ["😨", "😱", "😰"], 92, 235, "The face is pale and the eyes are wide", "the voice is high and hurried"),
        new("disgust", ["🤢", "🤮"], 12, 150, "The face is green and turns away", "the voice is deep and full of dislike"),
    ];

    /// <summary>The colours of backgrounds, as red, green and blue from 0 to 255.</summary>
    public static readonly IReadOnlyList<(string Name, int Red, int Green, int Blue)> Colours =
    [
        ("red", 205, 92, 92), ("green", 96, 168, 96), ("blue", 92, 132, 208), ("yellow", 222, 204, 112), ("purple", 158, 112, 190), ("grey", 150, 150, 150),
    ];

    /// <summary>The patterns of backgrounds.</summary>
    public static readonly IReadOnlyList<string> Patterns = ["plain", "gradient", "stripes", "checks", "dots", "grain"];

    /// <summary>Where pictures and sounds come from, and under which licence.</summary>
    public static readonly IReadOnlyList<string> Sources =
    [
        "Pictures: Noto Color Emoji, SIL Open Font License 1.1",
        "Instruments: MuseScore General soundfont (MIT; parts public domain or CC0), played by FluidSynth (LGPL 2.1 or later)",
        "Voices: spoken by eSpeak NG (GPL 3 or later; the licence is the program's, not that of what it says)",
    ];

    /// <summary>Whether two classes are together in clips of the test split; all other pairs are together in training only.</summary>
    public static bool IsTestPair(int one, int other) => (one + other) % 5 == 0;

    /// <summary>Whether a background belongs to the test split.</summary>
    public static bool IsTestBackground(int colour, int pattern) => (colour + pattern) % 3 == 0;

    /// <summary>Whether a pitch belongs to the test split; of the drum kit, an instrument of it.</summary>
    public static bool IsTestPitch(int pitch) => pitch % 4 == 2;

    /// <summary>The pitches of a class in a split, from low to high; of the drum kit, its drums without cymbals and claps.</summary>
    public static IReadOnlyList<int> Pitches(WorldClass one, AvUieSplit split) =>
        [.. Enumerable.Range(one.Low, one.High - one.Low + 1).Where(pitch => IsTestPitch(pitch) == (split == AvUieSplit.Test) && (one.Program >= 0 || pitch is not (37 or 39 or 42 or 44 or 46 or 49)))];

    /// <summary>The place of a class among <see cref="Classes"/>.</summary>
    public static int IndexOf(string name) => Enumerable.Range(0, Classes.Count).First(place => Classes[place].Name == name);

    /// <summary>The word for a motion.</summary>
    public static string Word(WorldMotion motion) => motion.ToString().ToLowerInvariant();

    /// <summary>The word for a place.</summary>
    public static string Word(WorldPlace place) => place.ToString().ToLowerInvariant();

    /// <summary>Where a place is, in words.</summary>
    public static string At(WorldPlace place) => place == WorldPlace.Middle ? "in the middle" : $"on the {Word(place)}";
}

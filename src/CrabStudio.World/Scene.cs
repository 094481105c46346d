using CrabStudio.Media;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World;

/// <summary>What a scene is made for. The same seed with the same options is the same scene on every machine.</summary>
/// <param name="Key">The task key that it must serve; keys of the same family are served beside it where the scene allows.</param>
public sealed record SceneOptions(string Key)
{
    /// <summary>Takes of a sound in training when nothing else is said.</summary>
    public const int TrainTakes = 160;

    /// <summary>Takes of a sound in the test split when nothing else is said.</summary>
    public const int TestTakes = 64;

    /// <summary>The split: pitches, voices, sentences, backgrounds and pairs of objects of the other one do not occur.</summary>
    public AvUieSplit Split { get; init; }

    /// <summary>Length of the clip in seconds, for temporal localization, questions and captions (4 to 10); else the key says it.</summary>
    public int? Seconds { get; init; }

    /// <summary>How many takes of each sound are drawn from; null for the split's own number.</summary>
    public int? Takes { get; init; }

    /// <summary>How many questions are asked about a scene, at most, for avqa and avqa_thu.</summary>
    public int Questions { get; init; } = 1;

    /// <summary>Whether what is said has one form only: a small model then learns what is true instead of which form comes next.</summary>
    public bool OneForm { get; init; }

    /// <summary>The number of takes that holds.</summary>
    internal int TakeCount => Takes ?? (Split == AvUieSplit.Train ? TrainTakes : TestTakes);
}

/// <summary>An annotated sample of a scene.</summary>
/// <param name="Entry">The entry as it stands in a list of AV-UIE v2; its media are named and need not exist.</param>
/// <param name="Sample">The same as the loaders read it: what is asked, what is trained on, what is expected.</param>
public sealed record WorldSample(BuiltEntry Entry, AvUieSample Sample);

/// <summary>
/// A scene: what is seen and heard, decided by a seed. Most have one picture track and one sound; a2v has two pictures, v2a two
/// sounds. Nothing is decoded or encoded: frames and samples come as arrays. May be used by several threads.
/// </summary>
public sealed class Scene
{
    private readonly SceneQuestions questions;

    internal Scene(ulong seed, SceneOptions options, SceneTruth truth)
    {
        (Seed, Options, Truth) = (seed, options, truth);
        Name = FormattableString.Invariant($"{options.Key}_{seed:x16}");
        questions = new SceneQuestions(this);
    }

    /// <summary>The seed.</summary>
    public ulong Seed { get; }

    /// <summary>What it was made for.</summary>
    public SceneOptions Options { get; }

    /// <summary>The key and the seed in one word: what its files are called.</summary>
    public string Name { get; }

    /// <summary>What is seen; two of a2v.</summary>
    public IReadOnlyList<WorldStage> Pictures => Truth.Pictures;

    /// <summary>What is heard; two of v2a.</summary>
    public IReadOnlyList<WorldTrack> Sounds => Truth.Sounds;

    /// <summary>Length in seconds.</summary>
    public int Seconds => Sounds[0].Seconds;

    /// <summary>Whether a still picture is seen instead of a video.</summary>
    public bool IsStill => Pictures[0].Frames == 1;

    /// <summary>The emotion of a face and a voice; null where there is none.</summary>
    public string? Emotion => Truth.Emotion;

    /// <summary>Ground truth as lanes: when each object is seen and each sound is heard, of the first picture and sound.</summary>
    public IReadOnlyList<AnswerEvent> Lanes =>
        [.. Sounds[0].Sounds.Select(one => new AnswerEvent(one.Label, EventModality.Audio, one.Start, one.End)), .. Pictures[0].Objects.Select(one => new AnswerEvent(one.Label, EventModality.Visual, one.Start, one.End))];

    /// <summary>Ground truth in words: a sentence for each thing that is seen or heard, when it is seen and when it is heard.</summary>
    public string Perception => questions.Perception();

    internal SceneTruth Truth { get; }

    /// <summary>Makes the scene of a seed.</summary>
    /// <exception cref="ArgumentException">The key is unknown, or an option is out of bounds.</exception>
    public static Scene FromSeed(ulong seed, SceneOptions options) => new(seed, options, new SceneDirector(seed, options).Direct());

    /// <summary>The seed of the scene at a place of a world's list.</summary>
    /// <param name="world">The world's seed.</param>
    /// <param name="options">Key, split and takes make different worlds.</param>
    /// <param name="index">The place, from 0.</param>
    public static ulong SeedOf(ulong world, SceneOptions options, long index) =>
        WorldRandom.Key(world, FormattableString.Invariant($"{options.Key} {options.Split} {options.TakeCount} {options.Seconds ?? 0} {index}"));

    /// <summary>Frames evenly spaced from the first to the last, the very ones that a reader of the clip would sample.</summary>
    /// <param name="count">How many; 1 for a still.</param>
    /// <param name="picture">Which picture track.</param>
    public RgbFrames RenderFrames(int count, int picture = 0)
    {
        WorldStage stage = Pictures[picture];
        int[] indices = stage.Frames == 1 || count == 1 ? [0] : FrameIndices.Choose(stage.Frames, count);
        byte[] pixels = GC.AllocateUninitializedArray<byte>(indices.Length * WorldStage.FrameBytes);
        for (int place = 0; place < indices.Length; place++)
        {
            stage.Render(indices[place], pixels.AsSpan(place * WorldStage.FrameBytes, WorldStage.FrameBytes));
        }

        return new RgbFrames(indices.Length, WorldStage.Side, WorldStage.Side, pixels);
    }

    /// <summary>The sound as samples from −1 to 1, 16 kHz mono, as a reader of the WAV file would give them.</summary>
    /// <param name="bank">The bank.</param>
    /// <param name="sound">Which sound track.</param>
    /// <exception cref="WorldException">A sound cannot be rendered.</exception>
    public float[] RenderSound(SoundBank bank, int sound = 0)
    {
        short[] mixed = Sounds[sound].Mix(bank);
        float[] samples = GC.AllocateUninitializedArray<float>(mixed.Length);
        for (int at = 0; at < samples.Length; at++)
        {
            samples[at] = mixed[at] / 32768f;
        }

        return samples;
    }

    /// <summary>The frames of an item of a sample's prompt.</summary>
    public RgbFrames RenderFrames(ContentItem item) => item switch
    {
        VideoItem video => RenderFrames(video.FrameCount, Track(video.Path)),
        ImageItem => RenderFrames(1),
        _ => throw new ArgumentException("is no picture", nameof(item)),
    };

    /// <summary>The samples of an item of a sample's prompt, cut to what the task hears.</summary>
    /// <exception cref="WorldException">A sound cannot be rendered.</exception>
    public float[] RenderSound(SoundBank bank, AudioItem item) => AudioWindows.Slice(item.Task, RenderSound(bank, Track(item.Path)), item.WindowIndex);

    /// <summary>The samples that this scene gives for a key: none where it does not fit, several of avqa and avqa_thu.</summary>
    /// <param name="key">A key of the family that the scene was made for; null for the very key.</param>
    public IReadOnlyList<WorldSample> Samples(string? key = null) => questions.Samples(key ?? Options.Key);

    // Files of the second track end in 2: see SceneQuestions.
    private static int Track(string path) => Path.GetFileNameWithoutExtension(path).EndsWith("_2", StringComparison.Ordinal) ? 1 : 0;
}

/// <summary>What the director decided.</summary>
internal sealed record SceneTruth(IReadOnlyList<WorldStage> Pictures, IReadOnlyList<WorldTrack> Sounds)
{
    public string? Emotion { get; init; }

    /// <summary>Of a2v and v2a: which of the two, 0 or 1.</summary>
    public int Correct { get; init; }

    /// <summary>Of avqa and avqa_thu: the question that the scene was made for, and which of its answers.</summary>
    public (QuestionType Type, int Answer)? Plan { get; init; }

    /// <summary>Of ref_avs: what is described.</summary>
    public SceneDescription? Description { get; init; }

    /// <summary>Of ref_avs: which object that is, or null when there is none.</summary>
    public WorldObject? Described { get; init; }

    /// <summary>The second whose still is seen.</summary>
    public int FrameIndex { get; init; }
}

/// <summary>Kinds of questions of avqa and avqa_thu.</summary>
internal enum QuestionType
{
    Where,
    Seen,
    Heard,
    CountSeen,
    CountHeard,
    Larger,
    First,
    Longer,
    OffScreen,
    SoundingPlace,
}

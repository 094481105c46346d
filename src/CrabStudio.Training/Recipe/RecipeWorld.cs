using CrabStudio.Media;
using CrabStudio.Model.Audio;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.World;

namespace CrabStudio.Training.Recipe;

/// <summary>Scenes as samples, as media in memory, and as what is true of every media token. May be used by several threads.</summary>
/// <param name="hear">The samples of a scene's sound track (16 kHz mono), by its number.</param>
internal sealed class RecipeWorld(Func<Scene, int, float[]> hear)
{
    // Samples of a mel frame, and of an audio token.
    private const int MelHop = 160;
    private const int MelSamples = 4 * MelHop;

    private static readonly string[] Windows = ["s4", "ms3", "ref_avs"];

    /// <summary>The samples of a scene for a key.</summary>
    public static TrainingSample[] Samples(Scene scene, string key) =>
        [.. scene.Samples(key).Select((one, place) => new TrainingSample($"{key}:{scene.Name}:{place}", one.Sample.Prompt, (string)one.Entry.Fields[AvUieFields.Target(key)]!))];

    /// <summary>What two conversations about a scene must share so that their media tokens are the same.</summary>
    public static string MediaOf(Conversation conversation) => string.Join(' ', conversation.Content.Select(item => item switch
    {
        VideoItem video => $"video {Track(video.Path)} {video.FrameCount}",
        ImageItem => "image",
        AudioItem sound => $"sound {Track(sound.Path)} {Slice(sound)}",
        _ => "words",
    }));

    /// <summary>A conversation about a scene with its media, as decoding its files would give them.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="conversation">About it.</param>
    /// <param name="tilt">How much of each sample of sound is added to the next one: above 0 duller, below 0 brighter.</param>
    /// <exception cref="WorldException">A sound cannot be rendered.</exception>
    public PreparedConversation Prepare(Scene scene, Conversation conversation, float tilt = 0)
    {
        IReadOnlyList<ContentItem> content = conversation.Content;
        return ConversationPreparer.Assemble(
            conversation,
            [.. content.OfType<VideoItem>().Select(video => new SeenVideo(scene.RenderFrames(video), []))],
            [.. content.OfType<ImageItem>().Select((image, place) => new SeenImage(scene.RenderFrames(image), place))],
            [.. content.OfType<AudioItem>().Select((sound, place) => new HeardSound(ConversationPreparer.Heard(Tilted(hear(scene, Track(sound.Path)), tilt), sound), [place]))]);
    }

    /// <summary>A frame pair and two seconds of sound (one where a task hears one), each alone, and what is true of them.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="random">Chooses which.</param>
    /// <param name="truth">What is true is added to it.</param>
    /// <param name="vary">Whether the sound is played a little faster or slower, duller or brighter: takes are few, and what they share beside their class is not to be learnt.</param>
    /// <exception cref="WorldException">A sound cannot be rendered.</exception>
    public (RgbFrames Pair, float[] Sound) Glimpse(Scene scene, RandomNumbers random, DenseTruth truth, bool vary)
    {
        int picture = random.Below(scene.Pictures.Count), track = random.Below(scene.Sounds.Count);
        WorldStage stage = scene.Pictures[picture];
        (int first, int second) = (0, 0);
        if (stage.Frames > 1)
        {
            int[] indices = FrameIndices.Choose(stage.Frames, TaskCatalog.Find(scene.Options.Key)!.FrameCount);
            int pair = 2 * random.Below(indices.Length / 2);
            (first, second) = (indices[pair], indices[pair + 1]);
        }

        byte[] pixels = new byte[2 * WorldStage.FrameBytes];
        stage.Render(first, pixels.AsSpan(0, WorldStage.FrameBytes));
        stage.Render(second, pixels.AsSpan(WorldStage.FrameBytes));
        truth.Look(scene, stage, first, second);
        float[] samples = hear(scene, track);
        int length = SoundBank.Rate * (Windows.Contains(scene.Options.Key) ? 1 : 2), from = length * random.Below(samples.Length / length);
        double speed = vary ? 0.94 + (0.12 * random.Unit()) : 1;
        float tilt = vary ? Tilt(random) : 0;
        for (int token = 0; token < length / MelSamples; token++)
        {
            truth.Listen(scene, scene.Sounds[track], (from + ((token + 0.5) * MelSamples * speed)) / SoundBank.Rate);
        }

        return (new RgbFrames(2, WorldStage.Side, WorldStage.Side, pixels), vary ? Varied(samples, from, length, speed, tilt) : samples[from..(from + length)]);
    }

    /// <summary>A tilt between −0.4 and 0.4, for <see cref="Prepare"/>.</summary>
    public static float Tilt(RandomNumbers random) => (0.8f * random.Unit()) - 0.4f;

    private static float[] Tilted(float[] samples, float tilt) => tilt == 0 ? samples : Varied(samples, 0, samples.Length, 1, tilt);

    // Played at another speed (what lies beyond the end is silent, as the truth says), and each sample with a share of the one before it.
    private static float[] Varied(float[] samples, int from, int length, double speed, float tilt)
    {
        var varied = new float[length];
        float before = 0;
        for (int at = 0; at < length; at++)
        {
            double place = from + (at * speed);
            int left = (int)place;
            float share = (float)(place - left), now = left + 1 < samples.Length ? (samples[left] * (1 - share)) + (samples[left + 1] * share) : 0;
            varied[at] = now + (tilt * before);
            before = now;
        }

        return varied;
    }

    /// <summary>What is true of the media tokens of a conversation, pictures and sounds each in order.</summary>
    public static DenseTruth TruthOf(Scene scene, PreparedConversation prepared)
    {
        var truth = new DenseTruth();
        foreach (ContentItem item in prepared.Conversation.Content)
        {
            if (item is VideoItem video)
            {
                WorldStage stage = scene.Pictures[Track(video.Path)];
                foreach (int[] pair in FrameIndices.Choose(stage.Frames, video.FrameCount).Chunk(2))
                {
                    truth.Look(scene, stage, pair[0], pair[1]);
                }
            }
            else if (item is ImageItem)
            {
                truth.Look(scene, scene.Pictures[0], 0, 0);
            }
        }

        AudioItem[] sounds = [.. prepared.Conversation.Content.OfType<AudioItem>()];
        foreach (HeardSound heard in prepared.Sounds)
        {
            AudioItem[] joined = prepared.Sounds.Count == 1 ? sounds : [sounds[heard.ContentIndices[0]]];
            int each = heard.Samples.Length / joined.Length;
            for (int token = 0; token < AudioTower.Tokens((heard.Samples.Length + MelHop - 1) / MelHop); token++)
            {
                int at = (int)((token + 0.5) * MelSamples), part = Math.Min(joined.Length - 1, at / each);
                WorldTrack track = scene.Sounds[Track(joined[part].Path)];
                truth.Listen(scene, track, TimeOf(joined[part], at - (part * each), track.Seconds));
            }
        }

        return truth;
    }

    // Seconds in the clip of a sample that is heard: see AudioWindows.
    private static double TimeOf(AudioItem item, int at, int seconds)
    {
        double within = at / (double)SoundBank.Rate, sixtieth = seconds / 60.0;
        return item.Task switch
        {
            "avqa" => ((((int)(within / (2 * sixtieth)) * 6) - 0.5) * sixtieth) + (within % (2 * sixtieth)),
            "s4" or "ms3" => ((item.WindowIndex ?? 0) * (seconds / 5.0)) + within,
            "ref_avs" => ((item.WindowIndex ?? 0) * (seconds / 10.0)) + within,
            _ => within,
        };
    }

    private static string Slice(AudioItem sound) => sound.Task == "avqa" ? "windows" : Windows.Contains(sound.Task) ? $"{sound.Task} {sound.WindowIndex}" : "whole";

    // Files of a second track end in 2.
    private static int Track(string path) => Path.GetFileNameWithoutExtension(path).EndsWith("_2", StringComparison.Ordinal) ? 1 : 0;
}

using CrabStudio.Training.Recipe;
using CrabStudio.World;

namespace CrabStudio.Training.Tests;

/// <summary>Tiny bases, and a world whose sounds are tones: one pitch for each kind, so that nothing has to be rendered.</summary>
internal static class RecipeData
{
    public static BaseShape Tiny { get; } = new()
    {
        Hidden = 64,
        Layers = 2,
        FeedForward = 96,
        Vocabulary = 900,
        MropeSection = [2, 3, 3],
        VisionWidth = 32,
        VisionBlocks = 2,
        VisionFeedForward = 48,
        FullAttention = [1],
        AudioWidth = 32,
        AudioLayers = 1,
        AudioFeedForward = 48,
        Rank = 4,
        Alpha = 8,
    };

    // Made once: a tokenizer and a new base.
    private static readonly Lazy<string> First = new(() =>
    {
        string folder = TestData.NewFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        new DefaultRecipe(Options(Path.Combine(folder, "model")), Hear).WriteFirst();
        return Path.Combine(folder, "model.work", "base-0");
    });

    // A second of each kind's tone; whole numbers of hertz, so that it goes on without a click.
    private static readonly float[][] Tones = [.. SoundBank.Kinds.Select((_, kind) =>
        Enumerable.Range(0, SoundBank.Rate).Select(at => (float)(0.1 * Math.Sin(2 * Math.PI * Math.Round(200 * Math.Pow(1.15, kind)) * at / SoundBank.Rate))).ToArray())];

    /// <summary>The folder of the tiny base with random weights.</summary>
    public static string Base => First.Value;

    public static RecipeOptions Options(string output) => new()
    {
        OutputFolder = output,
        Shape = Tiny,
        Workers = 1,
        Steps = (4, 4, 4, 4),
        Clips = (4, 2, 2, 2),
        Unseen = (0, 0),
        CheckpointEvery = 0,
    };

    /// <summary>A recipe whose first base is there already.</summary>
    public static DefaultRecipe Recipe(RecipeOptions options)
    {
        string first = $"{options.OutputFolder}.work/base-0";
        if (!Directory.Exists(first))
        {
            BaseFolder.CopyBeside(Base, first);
            File.Copy(Path.Combine(Base, BaseFolder.Weights), Path.Combine(first, BaseFolder.Weights));
        }

        return new DefaultRecipe(options, Hear);
    }

    /// <summary>A recipe whose bases are all there: the new one stands for those that have learnt.</summary>
    public static DefaultRecipe Finished(RecipeOptions options)
    {
        foreach (string stage in new[] { "base-1", "base-2", "base-3" })
        {
            string folder = $"{options.OutputFolder}.work/{stage}";
            BaseFolder.CopyBeside(Base, folder);
            File.Copy(Path.Combine(Base, BaseFolder.Weights), Path.Combine(folder, BaseFolder.Weights));
        }

        return Recipe(options);
    }

    public static float[] Hear(Scene scene, int track)
    {
        WorldTrack heard = scene.Sounds[track];
        var samples = new float[heard.Seconds * SoundBank.Rate];
        foreach (WorldSound one in heard.Sounds)
        {
            float[] tone = Tones[Array.IndexOf([.. SoundBank.Kinds], one.Kind)];
            for (int at = one.Start * SoundBank.Rate; at < one.End * SoundBank.Rate; at++)
            {
                samples[at] += tone[at % SoundBank.Rate];
            }
        }

        return samples;
    }
}

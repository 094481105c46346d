using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.World;

namespace CrabStudio.Training.Recipe;

/// <summary>Which scenes a stage sees, and how often.</summary>
/// <param name="Shares">Task keys and their shares, in whole numbers.</param>
internal sealed record SceneMix(IReadOnlyList<(string Key, int Share)> Shares)
{
    /// <summary>Stage 0: everything that can be seen and heard.</summary>
    public static SceneMix Towers { get; } = new([("avvp", 5), ("avcap", 2), ("ks", 4), ("meld", 4), ("ms3", 1), ("s4", 1), ("ref_avs", 1), ("a2v", 1)]);

    /// <summary>Stages 1 and 2, where only what is seen is asked about: one picture, of one to three things.</summary>
    public static SceneMix Looks { get; } = new([("ks", 4), ("avcap", 4), ("arig", 4), ("meld", 1)]);

    /// <summary>Stage 2: what needs boxes, motions and comparisons twice and three times as often as the rest.</summary>
    public static SceneMix Words { get; } = new(
    [
        ("ave", 3), ("unav", 3), ("avvp", 4), ("avqa", 5), ("avqa_thu", 4), ("avcap", 3), ("ks", 4), ("ucf", 4), ("meld", 1), ("mer24", 1), ("cremad", 1), ("mafw", 1), ("dfew", 1),
        ("arig", 4), ("s4", 4), ("ms3", 3), ("ref_avs", 5), ("a2v", 4), ("v2a", 4),
    ]);

    /// <summary>Stages 1 and 2, where a task's last step is drilled: what is perceived decides it.</summary>
    public static SceneMix Conclusions { get; } = new([("ave", 1), ("unav", 1), ("avvp", 1), ("avqa", 2), ("avqa_thu", 1), ("ref_avs", 5), ("a2v", 1), ("v2a", 1)]);

    /// <summary>Stage 3: all 19 keys.</summary>
    public static SceneMix Tasks { get; } = new(
    [
        ("ave", 3), ("unav", 3), ("avvp", 3), ("avqa", 4), ("avqa_thu", 3), ("avcap", 2), ("ks", 2), ("ucf", 2), ("meld", 1), ("mer24", 1), ("cremad", 1), ("mafw", 1), ("dfew", 1),
        ("arig", 3), ("s4", 3), ("ms3", 2), ("ref_avs", 4), ("a2v", 2), ("v2a", 2),
    ]);

    /// <summary>Draws a scene that serves its key.</summary>
    /// <param name="random">Chooses.</param>
    /// <param name="questions">Questions of avqa and avqa_thu.</param>
    public Scene Draw(RandomNumbers random, int questions)
    {
        int place = random.Below(Shares.Sum(item => item.Share));
        string key = Shares.First(item => (place -= item.Share) < 0).Key;
        return Seen(key, random, questions);
    }

    /// <summary>Draws a scene of the training split that serves a key.</summary>
    /// <param name="key">The task key.</param>
    /// <param name="random">Chooses.</param>
    /// <param name="questions">Questions of avqa and avqa_thu.</param>
    public static Scene Seen(string key, RandomNumbers random, int questions)
    {
        TaskFamily family = TaskCatalog.Find(key)!.Family;
        // Ranges are asked of ten seconds; what else is short is cheap, as sound is most of a prompt.
        int? seconds = family switch
        {
            TaskFamily.TemporalLocalization => 10,
            TaskFamily.QuestionAnswering or TaskFamily.Captioning => random.Below(2) == 0 ? 10 : 5,
            _ => null,
        };
        return Next(random, new SceneOptions(key) { Split = AvUieSplit.Train, Seconds = seconds, Questions = questions, OneForm = true });
    }

    /// <summary>The unseen scene at a place of a key's list.</summary>
    public static Scene Unseen(string key, int index, int seed) => Next(RandomNumbers.For(seed, $"unseen {key} {index}"), new SceneOptions(key) { Split = AvUieSplit.Test, OneForm = true });

    // A scene may turn out not to fit its key; then the next one does.
    private static Scene Next(RandomNumbers random, SceneOptions options)
    {
        Scene scene;
        do
        {
            scene = Scene.FromSeed(random.Next(), options);
        }
        while (scene.Samples().Count == 0);
        return scene;
    }
}

using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World.Tests;

/// <summary>Small worlds for tests: few takes of each sound, which stay on disk from run to run under the names of their content.</summary>
internal static class Worlds
{
    public static readonly SoundBank Bank = new(Path.Combine(Path.GetTempPath(), "crabstudio-world-tests"));

    public static IEnumerable<string> Keys => TaskCatalog.All.Select(task => task.Key);

    public static Scene Scene(string key, int index, AvUieSplit split = AvUieSplit.Train)
    {
        SceneOptions options = new(key) { Split = split, Takes = SoundBank.ChunkTakes };
        return World.Scene.FromSeed(World.Scene.SeedOf(20, options, index), options);
    }

    public static IEnumerable<Scene> Scenes(string key, int count, AvUieSplit split = AvUieSplit.Train) => Enumerable.Range(0, count).Select(index => Scene(key, index, split));
}

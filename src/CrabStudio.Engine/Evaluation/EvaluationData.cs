using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Engine.Evaluation;

/// <summary>A sample that is evaluated, by its place.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Index">Its place in the list, from 0.</param>
public readonly record struct EvaluationItem(string Key, int Index)
{
    /// <summary><c>key:index</c>.</summary>
    public string Id => FormattableString.Invariant($"{Key}:{Index}");
}

/// <summary>The samples of a data set that are evaluated, and what scoring them needs to know of the whole.</summary>
public sealed class EvaluationData : IDisposable
{
    private readonly Dictionary<string, AvUieList> lists = [];
    private readonly Dictionary<string, TaskScorer> scorers = [];
    private readonly Dictionary<string, SceneThings> scenes;

    private EvaluationData(AvUieFolder folder, AvUieSplit split) => (Folder, Split, scenes) = (folder, split, SceneThings.Read(folder));

    /// <summary>The data set.</summary>
    public AvUieFolder Folder { get; }

    /// <summary>Which lists.</summary>
    public AvUieSplit Split { get; }

    /// <summary>The samples, task by task in the order of the catalog.</summary>
    public IReadOnlyList<EvaluationItem> Items { get; private set; } = [];

    /// <summary>SHA-256 of the lists and of <c>world.json</c>.</summary>
    public string Digest { get; private set; } = "";

    /// <summary>Opens lists and chooses samples.</summary>
    /// <param name="folder">The data set.</param>
    /// <param name="split">Which lists.</param>
    /// <param name="tasks">The tasks; null: all of which there is a list.</param>
    /// <param name="limit">Most samples of a task; more are drawn at random from the seed.</param>
    /// <param name="seed">For <paramref name="limit"/>.</param>
    /// <exception cref="EvaluationException">There is no such list, or none at all.</exception>
    /// <exception cref="AvUieException">A list cannot be read.</exception>
    public static EvaluationData Open(AvUieFolder folder, AvUieSplit split, IReadOnlyList<string>? tasks, int? limit, int seed)
    {
        string[] there = [.. folder.Lists().Where(list => list.Split == split).Select(list => list.Key)];
        string file = split == AvUieSplit.Test ? "test.json" : "train.json";
        if (there.Length == 0)
        {
            throw new EvaluationException($"{folder.Root} holds no {file} of any task; {(split == AvUieSplit.Test ? "--split train evaluates on the training lists" : "--split test evaluates on the test lists")}");
        }

        if (tasks?.FirstOrDefault(task => !there.Contains(task)) is { } missing)
        {
            throw new EvaluationException($"{folder.Root} holds no {missing}/{file}; those of {string.Join(", ", there)} are there");
        }

        EvaluationData data = new(folder, split);
        try
        {
            data.Choose([.. there.Where(key => tasks?.Contains(key) ?? true)], limit, seed);
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Reads a sample.</summary>
    /// <exception cref="AvUieException">Its entry lacks what a sample needs.</exception>
    public AvUieSample Load(EvaluationItem item) => lists[item.Key][item.Index];

    /// <summary>How a task's answers are scored.</summary>
    public TaskScorer Scorer(string key) => scorers[key];

    /// <summary>What is true of a sample.</summary>
    public EvaluationTruth TruthOf(AvUieSample sample)
    {
        EvaluationTruth truth = Truths.Of(sample);
        if (Scene(sample) is not { } things)
        {
            return truth;
        }

        // Reasons name what the question is about and no more, so an answer is asked for no more than the target says.
        bool IsAsked(string label) => sample.Target is null || Words.Names(sample.Target, label);
        return truth with { Seen = [.. things.Seen.Where(IsAsked)], Heard = [.. things.Heard.Where(IsAsked)] };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (AvUieList list in lists.Values)
        {
            list.Dispose();
        }
    }

    private void Choose(string[] keys, int? limit, int seed)
    {
        List<EvaluationItem> items = [];
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string key in keys)
        {
            AvUieList list = Folder.OpenAt(key, Split);
            lists.Add(key, list);
            scorers.Add(key, new TaskScorer(key, LabelsOf(key)));
            items.AddRange((limit < list.Count ? SeededNumbers.Of(seed, key).Choose(limit.Value, list.Count) : Enumerable.Range(0, list.Count)).Select(index => new EvaluationItem(key, index)));
            digest.AppendData(Encoding.UTF8.GetBytes($"{key}\n"));
            digest.AppendData(ModelFingerprint.HashOf(Folder.PathOf(key, Split), whole: true));
        }

        if (SceneThings.FileOf(Folder) is { } world)
        {
            digest.AppendData(ModelFingerprint.HashOf(world, whole: true));
        }

        Digest = Convert.ToHexStringLower(digest.GetHashAndReset());
        Items = items.Count > 0 ? items : throw new EvaluationException($"{Folder.Root}: the lists of {string.Join(", ", keys)} are empty");
    }

    // The labels of the whole list, whatever part of it is evaluated. An entry that cannot be read is told when its turn comes.
    private HashSet<string> LabelsOf(string key)
    {
        HashSet<string> labels = [];
        foreach (AvUieEntry entry in Folder.Entries(key, Split))
        {
            try
            {
                labels.UnionWith(Truths.LabelsOf(key, Truths.Of(AvUieLoader.Load(entry))));
            }
            catch (AvUieException)
            {
            }
        }

        return labels;
    }

    private SceneThings? Scene(AvUieSample sample)
    {
        if (scenes.Count == 0)
        {
            return null;
        }

        IEnumerable<string?> names = [sample.Reference.MediaId, .. Truths.MediaOf(sample).Select(Path.GetFileNameWithoutExtension)];
        return names.OfType<string>().Select(name => scenes.GetValueOrDefault(name)).FirstOrDefault(found => found is not null);
    }
}

/// <summary>What <c>world.json</c> says of a scene.</summary>
/// <param name="Seen">Labels of what can be seen.</param>
/// <param name="Heard">Labels of what can be heard.</param>
internal sealed record SceneThings(IReadOnlyList<string> Seen, IReadOnlyList<string> Heard)
{
    /// <summary>The file, or null where the data set has none.</summary>
    public static string? FileOf(AvUieFolder folder) =>
        new[] { folder.Root, Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Root))) }.OfType<string>().Select(place => Path.Combine(place, "world.json")).FirstOrDefault(File.Exists);

    /// <summary>The scenes by name; none where the data set comes from no world.</summary>
    /// <exception cref="EvaluationException">The file is there, but is no list of scenes.</exception>
    public static Dictionary<string, SceneThings> Read(AvUieFolder folder)
    {
        Dictionary<string, SceneThings> scenes = new(StringComparer.Ordinal);
        if (FileOf(folder) is not { } file)
        {
            return scenes;
        }

        try
        {
            using FileStream stream = File.OpenRead(file);
            using JsonDocument world = JsonDocument.Parse(stream);
            foreach (JsonElement scene in world.RootElement.EnumerateArray())
            {
                string[] seen = [.. scene.GetProperty("pictures").EnumerateArray().SelectMany(picture => picture.GetProperty("objects").EnumerateArray()).Select(one => one.GetProperty("label").GetString()!).Distinct()];
                string[] heard = [.. scene.GetProperty("sounds").EnumerateArray().SelectMany(track => track.EnumerateArray()).Select(one => one.GetProperty("label").GetString()!).Distinct()];
                scenes[scene.GetProperty("name").GetString()!] = new SceneThings(seen, heard);
            }

            return scenes;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new EvaluationException($"{file} holds no list of scenes; make the world anew, or take the file away to evaluate without what it says", fault);
        }
    }
}

namespace CrabStudio.Tasks.AvUie;

/// <summary>A data set on disk: <c>AVUIE_2/{key}/train.json|test.json</c> and the media beside them.</summary>
public sealed class AvUieFolder
{
    private const string Name = "AVUIE_2";

    private AvUieFolder(string root) => Root = root;

    /// <summary>The folder with the keys' folders, as given.</summary>
    public string Root { get; }

    /// <summary>Opens a data set: the folder that holds <c>AVUIE_2</c>, or that folder itself whatever its name.</summary>
    /// <exception cref="AvUieException">There is no such folder, or it holds no list of any key.</exception>
    public static AvUieFolder Open(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new AvUieException(folder, null, null, "is no folder");
        }

        AvUieFolder[] candidates = [new(Path.Combine(folder, Name)), new(folder)];
        return candidates.FirstOrDefault(one => one.Lists().Any())
            ?? throw new AvUieException(folder, null, null, $"holds no data set; expected {Name}/KEY/train.json or test.json with a KEY of {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}");
    }

    /// <summary>The name of a list in messages, such as <c>ave/train.json</c>.</summary>
    public static string FileName(string key, AvUieSplit split) => $"{key}/{(split == AvUieSplit.Train ? "train" : "test")}.json";

    /// <summary>Where a list lies, whether or not it is there.</summary>
    public string PathOf(string key, AvUieSplit split) => Path.Combine(Root, FileName(key, split));

    /// <summary>The lists that are there, in the order of the catalog, training before test.</summary>
    public IEnumerable<(string Key, AvUieSplit Split)> Lists() =>
        TaskCatalog.All.SelectMany(task => new[] { (task.Key, AvUieSplit.Train), (task.Key, AvUieSplit.Test) }).Where(list => File.Exists(PathOf(list.Key, list.Item2)));

    /// <summary>The entries of a list as they stand, one in memory at a time.</summary>
    /// <exception cref="AvUieException">The list is not there, no JSON list, or broken where the walk has come to.</exception>
    public IEnumerable<AvUieEntry> Entries(string key, AvUieSplit split)
    {
        using FileStream stream = OpenList(key, split);
        JsonListReader reader = new(stream, FileName(key, split));
        while (reader.TryRead(out System.Text.Json.JsonElement fields))
        {
            yield return new AvUieEntry(Root, key, split, reader.Count - 1, fields);
        }
    }

    /// <summary>The samples of a list as the authors' loaders make them, one in memory at a time.</summary>
    /// <exception cref="AvUieException">As <see cref="Entries"/>, or an entry lacks what its sample needs.</exception>
    public IEnumerable<AvUieSample> Samples(string key, AvUieSplit split) => Entries(key, split).Select(AvUieLoader.Load);

    /// <summary>A list to be read in any order.</summary>
    /// <param name="key">The key.</param>
    /// <param name="split">Which of its lists.</param>
    /// <param name="asFarAsReadable">A list that is broken somewhere is opened up to there, and <see cref="AvUieList.Problem"/> says where.</param>
    /// <exception cref="AvUieException">The list is not there, or, unless <paramref name="asFarAsReadable"/>, no JSON list or broken somewhere.</exception>
    public AvUieList OpenAt(string key, AvUieSplit split, bool asFarAsReadable = false) => new(this, key, split, asFarAsReadable);

    /// <summary>Opens a list's bytes.</summary>
    internal FileStream OpenList(string key, AvUieSplit split)
    {
        if (TaskCatalog.Find(key) is null)
        {
            throw new AvUieException(FileName(key, split), null, null, $"is of no known key; the keys are {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}");
        }

        try
        {
            return new FileStream(PathOf(key, split), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.RandomAccess);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new AvUieException(FileName(key, split), null, null, fault is FileNotFoundException or DirectoryNotFoundException ? $"is not there (looked in {Root})" : $"cannot be opened: {fault.Message}");
        }
    }
}

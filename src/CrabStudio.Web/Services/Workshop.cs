using CrabStudio.Model.Checkpoints;
using CrabStudio.Tasks;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Services;

/// <summary>What the commands of CrabStudio leave in a folder, and the studio shows.</summary>
public enum WorkshopKind
{
    /// <summary><c>KEY/train.json</c> or <c>KEY/test.json</c> of any key, in the folder itself or in its <c>AVUIE_2</c>.</summary>
    DataSet,

    /// <summary><c>log.jsonl</c> of <c>crab train</c>, or the work folder of a recipe with its stages <see cref="Workshop.Stages"/>.</summary>
    Training,

    /// <summary><c>evaluation.json</c> or <c>report.json</c>.</summary>
    Evaluation,

    /// <summary><c>study.json</c>.</summary>
    Study,
}

/// <summary>Something in the workshop.</summary>
/// <param name="Id">Its folder relative to the workshop, with slashes; <see cref="Workshop.RootId"/> for the workshop itself.</param>
/// <param name="Name">The name of its folder.</param>
/// <param name="Path">The folder, absolute.</param>
/// <param name="Kind">What it is.</param>
/// <param name="ChangedAt">When the files that make it one were last written.</param>
public sealed record WorkshopItem(string Id, string Name, string Path, WorkshopKind Kind, DateTimeOffset ChangedAt)
{
    /// <summary><see cref="Id"/> as part of an address, each name escaped.</summary>
    public string Address => string.Join('/', Id.Split('/').Select(Uri.EscapeDataString));
}

/// <summary>What was found, and what kept more from being found.</summary>
/// <param name="Items">The items, the one changed last first.</param>
/// <param name="Remarks">One plain line each: a folder that cannot be read, or more folders than are looked at.</param>
public sealed record WorkshopFindings(IReadOnlyList<WorkshopItem> Items, IReadOnlyList<string> Remarks);

/// <summary>
/// The folder in which the studio looks for data sets, training runs, evaluations and studies. Here it is only read;
/// evaluations that the studio runs are written into folders of their own. Links are not followed, so whatever is shown lies inside; an id that comes from an address is walked name by name over the same
/// folders that a search sees, and leads nowhere else.
/// </summary>
/// <param name="folder">The folder; it may not be there yet.</param>
public sealed class Workshop(string folder)
{
    /// <summary>Id of the workshop's own folder, where it is itself a data set or a run.</summary>
    public const string RootId = "~";

    /// <summary>Levels below the workshop that are looked at.</summary>
    public const int Depth = 4;

    /// <summary>Most folders that a search looks at, those near the workshop first.</summary>
    public const int MostFolders = 2000;

    private const string Lists = "AVUIE_2", Log = "log.jsonl";

    private static readonly HashSet<string> Keys = [.. TaskCatalog.All.Select(task => task.Key)];

    /// <summary>The stages of a recipe, in order: folders with a <c>log.jsonl</c> each.</summary>
    public static IReadOnlyList<string> Stages { get; } = ["towers", "reading", "words", "adapter"];

    /// <summary>The folder, absolute.</summary>
    public string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    /// <summary>Whether the folder is there.</summary>
    public bool Exists => Directory.Exists(Root);

    /// <summary>Everything of a kind, the one changed last first.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="L">The words of the remarks.</param>
    public WorkshopFindings Find(WorkshopKind kind, IStringLocalizer<Words> L)
    {
        List<WorkshopItem> items = [];
        List<string> remarks = [];
        Queue<(string Id, int Level)> waiting = new();
        if (Exists)
        {
            waiting.Enqueue((RootId, 0));
        }

        for (int looked = 0; waiting.TryDequeue(out (string Id, int Level) next); looked++)
        {
            if (looked == MostFolders)
            {
                remarks.Add(L["Only the first {0} folders of {1} were looked at; what lies deeper is not listed. Choose a smaller folder with --workshop.", MostFolders, Root]);
                break;
            }

            if (Look(next.Id) is not { } seen)
            {
                remarks.Add(L["{0} cannot be read, so what lies in it is not listed.", PathOf(next.Id)]);
                continue;
            }

            if (ItemOf(next.Id, seen, kind) is { } item)
            {
                items.Add(item);
            }

            foreach (string name in next.Level < Depth ? seen.Below : [])
            {
                waiting.Enqueue((next.Id == RootId ? name : $"{next.Id}/{name}", next.Level + 1));
            }
        }

        return new WorkshopFindings([.. items.OrderByDescending(item => item.ChangedAt).ThenBy(item => item.Id, StringComparer.Ordinal)], remarks);
    }

    /// <summary>The item with an id, or null when there is none of this kind: also for an id that leads out of the workshop.</summary>
    public WorkshopItem? Get(WorkshopKind kind, string id)
    {
        string[] names = id == RootId ? [] : id.Split('/');
        if (!Exists || names.Length > Depth)
        {
            return null;
        }

        string at = RootId;
        foreach (string name in names)
        {
            if (Look(at) is not { } seen || !seen.Below.Contains(name))
            {
                return null;
            }

            at = at == RootId ? name : $"{at}/{name}";
        }

        return Look(at) is { } found ? ItemOf(at, found, kind) : null;
    }

    /// <summary>The stages of a recipe whose work folder this is, in order, those that have begun; empty for another folder.</summary>
    public static IReadOnlyList<string> StagesOf(string path) => [.. Stages.Where(stage => File.Exists(Path.Combine(path, stage, Log)))];

    /// <summary>Whether a process trains in a folder at this moment, or in a stage of the recipe whose work folder it is.</summary>
    public static bool IsAtWork(string path) => new[] { path }.Concat(Stages.Select(stage => Path.Combine(path, stage))).Any(folder => FolderLock.IsHeld(Path.Combine(folder, FolderLock.OfTraining)));

    private string PathOf(string id) => id == RootId ? Root : Path.Combine(Root, id);

    private WorkshopItem? ItemOf(string id, Seen seen, WorkshopKind kind) => seen.Marks.Where(mark => mark.Kind == kind).Select(mark => mark.File).ToArray() is { Length: > 0 } files
        ? new WorkshopItem(id, Path.GetFileName(PathOf(id)) is { Length: > 0 } name ? name : Root, PathOf(id), kind, files.Max(file => new DateTimeOffset(File.GetLastWriteTimeUtc(file))))
        : null;

    /// <summary>What a folder is, and which folders below are looked at; null when it cannot be read.</summary>
    private Seen? Look(string id)
    {
        string path = PathOf(id);
        try
        {
            string[] below = [.. Below(path)];
            List<(WorkshopKind, string)> marks = [];
            string[] keys = [.. below.Where(Keys.Contains)];
            marks.AddRange(ListsOf(path, keys).Select(list => (WorkshopKind.DataSet, list)));
            if (below.Contains(Lists))
            {
                string inside = Path.Combine(path, Lists);
                marks.AddRange(ListsOf(inside, Below(inside).Where(Keys.Contains)).Select(list => (WorkshopKind.DataSet, list)));
            }

            string[] stages = [.. StagesOf(path).Where(below.Contains)];
            marks.AddRange(stages.Select(stage => (WorkshopKind.Training, Path.Combine(path, stage, Log))));
            foreach ((WorkshopKind kind, string file) in new[] { (WorkshopKind.Training, Log), (WorkshopKind.Evaluation, "evaluation.json"), (WorkshopKind.Evaluation, "report.json"), (WorkshopKind.Study, "study.json") })
            {
                if (File.Exists(Path.Combine(path, file)))
                {
                    marks.Add((kind, Path.Combine(path, file)));
                }
            }

            // What belongs to an item is none of its own; the media of a data set are many.
            bool data = marks.Any(mark => mark.Item1 == WorkshopKind.DataSet);
            return new Seen(marks, [.. below.Where(name => !(data && (name == Lists || Keys.Contains(name))) && !stages.Contains(name))]);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<string> ListsOf(string path, IEnumerable<string> keys) =>
        keys.SelectMany(key => new[] { "train.json", "test.json" }.Select(list => Path.Combine(path, key, list))).Where(File.Exists);

    // Neither links nor what is hidden, nor names that could be taken for something else in an address.
    private static IEnumerable<string> Below(string path) => new DirectoryInfo(path).EnumerateDirectories()
        .Where(one => (one.Attributes & FileAttributes.ReparsePoint) == 0 && one.Name is not (RootId or ['.', ..]) && !one.Name.Any(letter => letter == '\\' || char.IsControl(letter)))
        .Select(one => one.Name)
        .Order(StringComparer.Ordinal);

    private sealed record Seen(IReadOnlyList<(WorkshopKind Kind, string File)> Marks, IReadOnlyList<string> Below);
}

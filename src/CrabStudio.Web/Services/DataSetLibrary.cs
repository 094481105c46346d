using CrabStudio.Media;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using Microsoft.Extensions.Caching.Memory;

namespace CrabStudio.Web.Services;

/// <summary>An opened data set.</summary>
/// <param name="Item">Where it lies.</param>
/// <param name="Folder">Its lists.</param>
/// <param name="Lists">The lists that are there, in the order of the catalog.</param>
public sealed record DataSet(WorkshopItem Item, AvUieFolder Folder, IReadOnlyList<(string Key, AvUieSplit Split)> Lists);

/// <summary>A media file of a sample, in the order in which the model gets them; a video that is also heard stands once.</summary>
/// <param name="Number">Its place among the sample's files, from 0.</param>
/// <param name="Name">As the entry names it.</param>
/// <param name="Path">The file, checked to lie inside the data set; null when there is none to be read.</param>
/// <param name="Shown">How it is shown: as a video, a sound or a picture.</param>
/// <param name="Probe">What was found in it; null when it was not looked at, or is refused.</param>
/// <param name="Problem">One plain line; null when it can be used.</param>
public sealed record DataSetMedia(int Number, string Name, string? Path, ClipKind Shown, ClipProbe? Probe, string? Problem);

/// <summary>The data sets of the workshop: their lists, the media of their samples, and the questions that samples ask.</summary>
public sealed class DataSetLibrary(Workshop workshop, StudioOptions options, ClipLibrary clips, SessionStore sessions, AnswerService answers) : IDisposable
{
    private const int MostLinks = 40;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    private readonly MediaReader reader = new(options.Limits);
    private readonly MemoryCache indices = new(new MemoryCacheOptions());
    private readonly SemaphoreSlim reading = new(1);
    private readonly Lock gate = new();

    /// <summary>Opens a data set; null when there is none with this id.</summary>
    public DataSet? Open(string id)
    {
        try
        {
            if (workshop.Get(WorkshopKind.DataSet, id) is { } item)
            {
                AvUieFolder folder = AvUieFolder.Open(item.Path);
                return new DataSet(item, folder, [.. folder.Lists()]);
            }
        }
        catch (AvUieException)
        {
            // Its lists went away in between.
        }

        return null;
    }

    /// <summary>The index of a list. It is read once and kept for a while; a list that has changed is read again.</summary>
    /// <exception cref="AvUieException">The list is not there or cannot be opened.</exception>
    public Task<DataSetIndex> IndexAsync(DataSet set, string key, AvUieSplit split, CancellationToken cancellation)
    {
        FileInfo file = new(set.Folder.PathOf(key, split));
        object id = (file.FullName, file.Exists ? file.Length : -1, file.LastWriteTimeUtc);
        lock (gate)
        {
            if (!indices.TryGetValue(id, out Task<DataSetIndex>? index) || index!.IsFaulted)
            {
                // Nobody closes the file that an index reads from while a page may hold it: it goes with the last who does.
                index = ReadAsync(set.Folder, key, split);
                indices.Set(id, index, new MemoryCacheEntryOptions { SlidingExpiration = Kept });
            }

            return index.WaitAsync(cancellation);
        }
    }

    /// <summary>The media of a sample, without a look into the files.</summary>
    public static IReadOnlyList<DataSetMedia> MediaOf(DataSet set, AvUieSample sample)
    {
        List<(string Path, ClipKind Kind)> files = [];
        foreach (ContentItem item in sample.Prompt.Content)
        {
            (string? path, ClipKind kind) = item switch
            {
                VideoItem video => (video.Path, ClipKind.Video),
                ImageItem image => (image.Path, ClipKind.Image),
                AudioItem audio => (audio.Path, ClipKind.Audio),
                _ => (null, default),
            };

            // A video and its own sound are one clip; of things to choose between each counts, also where two are the same file.
            bool own = TaskCatalog.Find(sample.Key)!.Media is TaskMedia.VideoWithSound or TaskMedia.StillWithSound;
            if (path is not null && !(own && files.Any(file => file.Path == path)))
            {
                files.Add((path, kind));
            }
        }

        return [.. files.Select((file, number) =>
        {
            string name = NameOf(set.Folder, sample, file.Path);
            (string? real, string? problem) = Inside(set.Folder.Root, file.Path);
            return new DataSetMedia(number, name, real, file.Kind, null, problem is null ? null : $"{name}: {problem}");
        })];
    }

    /// <summary>The same, each file examined as an upload is.</summary>
    public async Task<IReadOnlyList<DataSetMedia>> ExamineAsync(DataSet set, AvUieSample sample, CancellationToken cancellation)
    {
        List<DataSetMedia> examined = [];
        foreach (DataSetMedia media in MediaOf(set, sample))
        {
            try
            {
                examined.Add(media.Path is null ? media : media with { Probe = await reader.ProbeAsync(media.Path, cancellation) });
            }
            catch (MediaException refusal)
            {
                examined.Add(media with { Problem = refusal.Message.ReplaceLineEndings(" ") });
            }
        }

        return examined;
    }

    /// <summary>Makes a session of a sample: its media become clips, under the limits of an upload, and it is asked in its very words.</summary>
    /// <exception cref="MediaException">A clip is missing or cannot be used.</exception>
    public Task<(Guid Session, Guid Answer)> AskAsync(DataSet set, AvUieSample sample, CancellationToken cancellation) => AskAsync(set.Folder, sample, set.Item.Name, AnswerService.MaxNewTokens, cancellation);

    /// <summary>The same of a data set that lies anywhere.</summary>
    /// <param name="folder">The data set.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="source">Where it comes from, for the session's name.</param>
    /// <param name="mostTokens">Longest answer in tokens.</param>
    /// <param name="cancellation">Ends it; clips that were taken in by then are kept.</param>
    /// <exception cref="MediaException">A clip is missing or cannot be used.</exception>
    public async Task<(Guid Session, Guid Answer)> AskAsync(AvUieFolder folder, AvUieSample sample, string source, int mostTokens, CancellationToken cancellation)
    {
        Dictionary<string, Guid> taken = [];
        foreach (string path in sample.Prompt.Content.Select(item => item.FilePath()).OfType<string>().Distinct())
        {
            string name = NameOf(folder, sample, path);
            (string? real, string? problem) = Inside(folder.Root, path);
            taken[path] = (await clips.AddFileAsync(real ?? throw new MediaException($"{name}: {problem}"), name, cancellation)).Id;
        }

        Session session = await sessions.CreateAsync([.. taken.Values.Distinct()], cancellation);
        await sessions.RenameAsync(session.Id, SessionStore.Shortened($"{sample.Id} · {source}"), cancellation);
        Conversation conversation = sample.Prompt with { Content = [.. sample.Prompt.Content.Select(item => item.WithFilePath(path => taken[path].ToString()))] };
        return (session.Id, await answers.AskAsync(session.Id, conversation, mostTokens, cancellation));
    }

    /// <summary>What a browser may be told of a file: its media type by its first bytes; null when it plays no such thing.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? BrowserType(string path, ClipKind shown)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        byte[] head = new byte[ContainerSniffer.HeadBytes];
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return ClipEndpoints.BrowserType(ContainerSniffer.Sniff(head.AsSpan(0, read)), shown);
    }

    /// <summary>
    /// Where a path leads when every link on the way is followed, if that is a file inside a folder; else why not. An entry may
    /// name any path at all, so nothing is opened before this.
    /// </summary>
    internal static (string? Path, string? Problem) Inside(string root, string path)
    {
        try
        {
            string home = Real(Path.GetFullPath(root)), real = Real(Path.GetFullPath(path));
            return !real.StartsWith(home + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? (null, "lies outside of the data set, so the studio does not open it")
                : Directory.Exists(real) ? (null, "is a folder")
                : File.Exists(real) ? (real, null)
                : (null, "is not there");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return (null, "cannot be opened");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        indices.Dispose();
        reading.Dispose();
    }

    // As the entry names it.
    private static string NameOf(AvUieFolder folder, AvUieSample sample, string path)
    {
        string start = Path.Combine(folder.Root, sample.Key) + Path.DirectorySeparatorChar;
        return path.StartsWith(start, StringComparison.Ordinal) ? path[start.Length..] : path;
    }

    private static string Real(string path)
    {
        Stack<string> names = new(path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        string at = Path.GetPathRoot(path)!;
        for (int links = 0; names.TryPop(out string? name);)
        {
            string next = Path.GetFullPath(Path.Combine(at, name));
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                at = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException("too many links");
            }

            string leads = Path.GetFullPath(Path.Combine(at, target));
            at = Path.GetPathRoot(leads)!;
            foreach (string part in leads.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                names.Push(part);
            }
        }

        return at;
    }

    // One list at a time: reading is the disk's and the parser's work, and the machine is needed for the model too.
    private async Task<DataSetIndex> ReadAsync(AvUieFolder folder, string key, AvUieSplit split)
    {
        await reading.WaitAsync();
        try
        {
            return await Task.Run(() => DataSetIndex.Read(folder, key, split));
        }
        finally
        {
            reading.Release();
        }
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using CrabStudio.Media;
using CrabStudio.Web.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace CrabStudio.Web.Services;

/// <summary>The clip is larger than the studio takes.</summary>
public sealed class ClipTooLargeException(string message) : IOException(message);

/// <summary>
/// The clips that the studio keeps. A content is stored once, under its hash; clips are names for contents. What is made of
/// a content once (poster, thumbnails, waveform, rendition) lies beside it.
/// </summary>
public sealed class ClipLibrary : BackgroundService
{
    /// <summary>Contents that are worked on at the same time: the machine is needed for the model too.</summary>
    private const int Workers = 2;

    private const int LongestName = 200;
    private const int DeletedAtATime = 500;

    private readonly DataFolder folder;
    private readonly MediaLimits limits;
    private readonly MediaReader reader;
    private readonly ClipDerivatives derivatives;
    private readonly ILogger<ClipLibrary> logger;
    private readonly Channel<(string Sha256, ClipProbe Probe)> wanted = Channel.CreateUnbounded<(string, ClipProbe)>();
    private readonly ConcurrentDictionary<string, Work> inWork = new();

    // Between looking whether a content is in use and acting on it, nothing may change.
    private readonly SemaphoreSlim gate = new(1);

    /// <summary>A library in a data folder.</summary>
    public ClipLibrary(DataFolder folder, StudioOptions options, ILogger<ClipLibrary> logger)
    {
        this.folder = folder;
        this.logger = logger;
        limits = options.Limits;
        reader = new MediaReader(limits);
        derivatives = new ClipDerivatives(limits);
    }

    /// <summary>Largest clip in bytes.</summary>
    public long MaxBytes => limits.MaxBytes;

    /// <summary>Takes in a clip.</summary>
    /// <exception cref="MediaException">It cannot be used, is too large, or the disk is full.</exception>
    public async Task<Clip> AddAsync(Stream content, string fileName, CancellationToken cancellation)
    {
        string name = Named(fileName);
        string path = Path.Combine(folder.Incoming, $"{Guid.NewGuid():N}.part");
        try
        {
            return await ExamineAsync(path, name, await ReceiveAsync(content, path, name, cancellation), cancellation);
        }
        finally
        {
            Drop(path);
        }
    }

    /// <summary>Takes in a clip that lies whole in the data folder already. Its file is moved to its place when the content is new, and else left for the caller.</summary>
    /// <exception cref="MediaException">It cannot be used.</exception>
    public async Task<Clip> TakeAsync(string path, string fileName, CancellationToken cancellation)
    {
        string sha256;
        await using (FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: true))
        {
            sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
        }

        return await ExamineAsync(path, Named(fileName), sha256, cancellation);
    }

    /// <summary>Why a clip of this size is refused; one line.</summary>
    public string TooLarge(string fileName) =>
        FormattableString.Invariant($"{Named(fileName)}: has more than the {limits.MaxBytes / 1048576.0:0.#} MiB that are allowed; use a shorter or smaller clip");

    /// <summary>The clip, or null.</summary>
    public async Task<Clip?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await database.Clips.AsNoTracking().FirstOrDefaultAsync(clip => clip.Id == id, cancellation);
    }

    /// <summary>The clips added last, newest first.</summary>
    public async Task<IReadOnlyList<Clip>> RecentAsync(int take, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await database.Clips.AsNoTracking().OrderByDescending(clip => clip.AddedAt).Take(take).ToListAsync(cancellation);
    }

    /// <summary>Adds a file that lies on this machine, under the limits of an upload.</summary>
    /// <exception cref="MediaException">It cannot be read or used.</exception>
    public async Task<Clip> AddFileAsync(string path, string name, CancellationToken cancellation)
    {
        try
        {
            await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, useAsync: true);
            return await AddAsync(file, name, cancellation);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new MediaException($"{name}: cannot be read ({fault.Message.ReplaceLineEndings(" ")})", fault);
        }
    }

    /// <summary>The file of a clip as it was brought.</summary>
    public string FileOf(Clip clip) => Path.Combine(folder.Content(clip.Sha256), clip.Sha256);

    /// <summary>A file made of a clip (names as in <see cref="ClipDerivatives"/>), or null when there is none. While it is being made, waits for it.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="name">The file.</param>
    /// <param name="patience">Longest time to wait.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<string?> MadeOfAsync(Clip clip, string name, TimeSpan patience, CancellationToken cancellation)
    {
        string path = Path.Combine(folder.Content(clip.Sha256), name);
        for (DateTime end = DateTime.UtcNow + patience; ; await Task.Delay(50, cancellation))
        {
            // In this order: what is no longer in work has been made before.
            bool mayCome = inWork.ContainsKey(clip.Sha256);
            if (File.Exists(path))
            {
                return path;
            }

            if (!mayCome || DateTime.UtcNow > end)
            {
                return null;
            }
        }
    }

    /// <summary>Makes a smaller copy of a clip, whole or not at all.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="probe">What is known of it.</param>
    /// <param name="target">The file to write.</param>
    /// <param name="bytes">The size to aim at.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="MediaException">It could not be made within the bounds.</exception>
    public Task MakeSmallAsync(Clip clip, ClipProbe probe, string target, long bytes, CancellationToken cancellation) => SmallCopy.MakeAsync(FileOf(clip), probe, target, bytes, limits, cancellation);

    /// <summary>Whether everything that can be made of a clip is there, or could not be made.</summary>
    public bool IsComplete(Clip clip) => File.Exists(MarkerOf(clip.Sha256));

    /// <summary>The clips that no session uses, also none in the bin, newest first.</summary>
    public async Task<IReadOnlyList<Clip>> UnusedAsync(CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        return await Unused(database).AsNoTracking().OrderByDescending(clip => clip.AddedAt).ToListAsync(cancellation);
    }

    /// <summary>Deletes those of the clips that no session uses, also none in the bin, with their files; how many there were.</summary>
    public async Task<int> DeleteUnusedAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        int deleted = 0;
        foreach (Guid[] some in ids.Distinct().Chunk(DeletedAtATime))
        {
            deleted += await DeleteUnusedAsync(some, cancellation);
        }

        return deleted;
    }

    private static IQueryable<Clip> Unused(StudioDatabase database) => database.Clips.Where(clip => !database.SessionClips.Any(used => used.ClipId == clip.Id));

    private async Task<int> DeleteUnusedAsync(Guid[] ids, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            await using StudioDatabase database = folder.CreateDbContext();
            List<Clip> unused;
            // Takes SQLite's lock for writing at once: no session takes one of them in between.
            await using (IDbContextTransaction transaction = await database.Database.BeginTransactionAsync(cancellation))
            {
                unused = await Unused(database).Where(clip => ids.Contains(clip.Id)).ToListAsync(cancellation);
                database.Clips.RemoveRange(unused);
                await database.SaveChangesAsync(cancellation);
                await transaction.CommitAsync(cancellation);
            }

            foreach (string sha256 in unused.Select(clip => clip.Sha256).Distinct())
            {
                if (!await database.Clips.AnyAsync(clip => clip.Sha256 == sha256, CancellationToken.None))
                {
                    await DropAsync(sha256);
                }
            }

            return unused.Count;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Never on the thread that starts the studio.
        await Task.Yield();
        await using (StudioDatabase database = folder.CreateDbContext())
        {
            List<Clip> all = await database.Clips.AsNoTracking().ToListAsync(stoppingToken);
            foreach (Clip clip in all.DistinctBy(clip => clip.Sha256).Where(clip => !IsComplete(clip)))
            {
                Want(clip.Sha256, JsonSerializer.Deserialize<ClipProbe>(clip.ProbeJson, StudioJson.Options)!);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => MakeAllAsync(stoppingToken)));
    }

    // Anything may stand in a name that a program sends: it is kept as a name only, without folders and control characters.
    internal static string Named(string fileName)
    {
        string last = fileName.Split('/', '\\')[^1];
        string shown = string.Concat(last.Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();
        return shown.Length == 0 ? "clip" : shown.Length <= LongestName ? shown : shown[..LongestName];
    }

    /// <summary>Writes an upload to disk, whatever its size, with little memory; returns its hash.</summary>
    private async Task<string> ReceiveAsync(Stream content, string path, string name, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 17];
        long bytes = 0;
        await using FileStream file = Stored(name, () => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true));
        int read;
        while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
        {
            bytes += read;
            if (bytes > limits.MaxBytes)
            {
                throw new MediaException(TooLarge(name), new ClipTooLargeException("over the limit"));
            }

            hash.AppendData(buffer, 0, read);
            try
            {
                await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
            catch (IOException failure)
            {
                throw NotStored(name, failure);
            }
        }

        return bytes == 0
            ? throw new MediaException($"{name}: is empty; choose a video, a sound or a picture")
            : Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<Clip> ExamineAsync(string path, string name, string sha256, CancellationToken cancellation)
    {
        ClipProbe probe;
        try
        {
            probe = await reader.ProbeAsync(path, cancellation);
        }
        catch (MediaException refusal)
        {
            // The person knows the clip by its own name.
            throw new MediaException(refusal.Message.Replace(Path.GetFileName(path), name, StringComparison.Ordinal), refusal);
        }

        return await KeepAsync(path, name, sha256, probe, cancellation);
    }

    private void Drop(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing could be written there in the first place.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            logger.LogWarning(failure, "An unfinished upload could not be deleted; the next start does it");
        }
    }

    private static T Stored<T>(string name, Func<T> store)
    {
        try
        {
            return store();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotStored(name, failure);
        }
    }

    internal static MediaException NotStored(string name, Exception failure)
    {
        const int NoSpaceOnUnix = 28, QuotaOnLinux = 122, NoSpaceOnWindows = unchecked((int)0x80070070);
        return failure.HResult is NoSpaceOnUnix or QuotaOnLinux or NoSpaceOnWindows
            ? new MediaException($"{name}: the studio's disk is full, so it was not kept; delete sessions that are no longer needed, or make room on the disk, and bring it again", failure)
            : new MediaException($"{name}: the studio could not write it to its data folder; see to the disk and bring it again", failure);
    }

    private async Task<Clip> KeepAsync(string path, string name, string sha256, ClipProbe probe, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            await using StudioDatabase database = folder.CreateDbContext();
            List<Clip> same = await database.Clips.AsNoTracking().Where(clip => clip.Sha256 == sha256).ToListAsync(cancellation);
            if (same.Find(clip => clip.FileName == name) is { } known)
            {
                // Brought again: it counts as new.
                known.AddedAt = DateTimeOffset.UtcNow;
                database.Clips.Attach(known).Property(clip => clip.AddedAt).IsModified = true;
                await database.SaveChangesAsync(cancellation);
                return known;
            }

            Clip clip = new()
            {
                Id = Guid.NewGuid(),
                FileName = name,
                Bytes = probe.Bytes,
                Sha256 = sha256,
                ProbeJson = JsonSerializer.Serialize(probe, StudioJson.Options),
                AddedAt = DateTimeOffset.UtcNow,
            };
            if (!File.Exists(FileOf(clip)))
            {
                Stored(name, () => Directory.CreateDirectory(folder.Content(sha256)));
                Stored(name, () =>
                {
                    File.Move(path, FileOf(clip));
                    return true;
                });
            }

            database.Clips.Add(clip);
            await database.SaveChangesAsync(cancellation);
            if (!IsComplete(clip))
            {
                Want(sha256, probe);
            }

            return clip;
        }
        finally
        {
            gate.Release();
        }
    }

    private string MarkerOf(string sha256) => Path.Combine(folder.Content(sha256), "derived.json");

    private void Want(string sha256, ClipProbe probe)
    {
        if (inWork.TryAdd(sha256, new Work()))
        {
            wanted.Writer.TryWrite((sha256, probe));
        }
    }

    private async Task MakeAllAsync(CancellationToken stopping)
    {
        await foreach ((string sha256, ClipProbe probe) in wanted.Reader.ReadAllAsync(stopping))
        {
            if (!inWork.TryGetValue(sha256, out Work? work) || !work.Begin())
            {
                continue;
            }

            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stopping, work.Stopped);
            try
            {
                object made;
                try
                {
                    made = await derivatives.MakeAsync(Path.Combine(folder.Content(sha256), sha256), probe, folder.Content(sha256), cancellation: either.Token);
                }
                catch (MediaException failure)
                {
                    // It stays usable for questions; trying again at every start would not help.
                    logger.LogWarning("Not everything that is shown of a clip could be made: {Message}", failure.Message);
                    made = new { problem = failure.Message };
                }

                await File.WriteAllTextAsync(MarkerOf(sha256), JsonSerializer.Serialize(made, StudioJson.Options), either.Token);
            }
            catch (OperationCanceledException)
            {
                // Deleted meanwhile, or the studio ends and goes on with it at its next start.
            }
            catch (Exception failure)
            {
                logger.LogError(failure, "What is shown of clip content {Sha256} could not be made; the next start tries again", sha256);
            }
            finally
            {
                inWork.TryRemove(sha256, out _);
            }
        }
    }

    private async Task DropAsync(string sha256)
    {
        if (inWork.TryGetValue(sha256, out Work? work))
        {
            if (work.GiveUp())
            {
                inWork.TryRemove(sha256, out _);
            }

            while (inWork.ContainsKey(sha256) && !(ExecuteTask?.IsCompleted ?? true))
            {
                await Task.Delay(20);
            }
        }

        if (Directory.Exists(folder.Content(sha256)))
        {
            Directory.Delete(folder.Content(sha256), recursive: true);
        }
    }

    /// <summary>The making of one content's pictures and sound outlines: waiting, begun, or given up.</summary>
    private sealed class Work
    {
        private const int Waiting = 0, Begun = 1, GivenUp = 2;
        private readonly CancellationTokenSource stop = new();
        private int state;

        public CancellationToken Stopped => stop.Token;

        public bool Begin() => Interlocked.CompareExchange(ref state, Begun, Waiting) == Waiting;

        /// <summary>True when it had not begun; else it is being stopped.</summary>
        public bool GiveUp()
        {
            if (Interlocked.CompareExchange(ref state, GivenUp, Waiting) == Waiting)
            {
                return true;
            }

            stop.Cancel();
            return false;
        }
    }
}

using System.Collections.Concurrent;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Web.Data;

namespace CrabStudio.Web.Services;

/// <summary>An upload that goes on over several requests.</summary>
/// <param name="Id">Identity.</param>
/// <param name="FileName">The file's name.</param>
/// <param name="Length">Its size in bytes.</param>
/// <param name="Offset">Bytes that are here.</param>
/// <param name="ExpiresAt">When it is thrown away unless something comes before.</param>
/// <param name="ClipId">The clip that it became; null: it is not whole yet.</param>
public sealed record ResumableUpload(Guid Id, string FileName, long Length, long Offset, DateTimeOffset ExpiresAt, Guid? ClipId);

/// <summary>An upload cannot go on like this; the message is one line.</summary>
/// <param name="status">HTTP status of the refusal.</param>
/// <param name="message">What was found and what to do.</param>
public sealed class UploadRefusedException(int status, string message) : Exception(message)
{
    /// <summary>HTTP status of the refusal.</summary>
    public int Status { get; } = status;
}

/// <summary>
/// Uploads that survive a lost network, a page loaded anew and the end of the studio: what has come lies in a file, whose
/// length is how far the upload is. A whole one becomes a clip. What nobody goes on with for seven days is thrown away.
/// </summary>
public sealed class UploadShelf : BackgroundService
{
    /// <summary>Most uploads that are not whole.</summary>
    public const int MostUnfinished = 32;

    /// <summary>How long an unfinished upload is kept after its last byte.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(7);

    // Who lost the answer to its last byte may still ask what became of it.
    private static readonly TimeSpan Memory = TimeSpan.FromDays(1);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(5);

    private readonly string place;
    private readonly ClipLibrary library;
    private readonly TimeProvider clock;
    private readonly ILogger<UploadShelf> logger;
    private readonly ConcurrentDictionary<Guid, Writer> writers = new();
    private readonly Lock creating = new();

    /// <summary>The shelf of a data folder.</summary>
    public UploadShelf(DataFolder folder, ClipLibrary library, TimeProvider clock, ILogger<UploadShelf> logger)
    {
        (this.library, this.clock, this.logger) = (library, clock, logger);
        place = Path.Combine(folder.Path, "uploads");
        Directory.CreateDirectory(place);
    }

    /// <summary>Largest upload in bytes.</summary>
    public long MaxBytes => library.MaxBytes;

    /// <summary>Begins an upload.</summary>
    /// <exception cref="UploadRefusedException">It is too large, empty, or there are too many already.</exception>
    public ResumableUpload Create(string fileName, long length)
    {
        if (length > MaxBytes)
        {
            throw new UploadRefusedException(StatusCodes.Status413PayloadTooLarge, library.TooLarge(fileName));
        }

        if (length < 1)
        {
            throw new UploadRefusedException(StatusCodes.Status400BadRequest, "The file is empty; choose a video, a sound or a picture.");
        }

        lock (creating)
        {
            Sweep();
            ResumableUpload[] unfinished = [.. All().Where(one => one.ClipId is null)];

            // What was promised counts, not what has come: a disk must not fill up behind promises.
            if (unfinished.Length >= MostUnfinished || unfinished.Sum(one => one.Length) + length > 4 * MaxBytes)
            {
                throw new UploadRefusedException(StatusCodes.Status507InsufficientStorage, $"There are {unfinished.Length} uploads that are not finished. Finish or cancel some of them, then bring this one again.");
            }

            Guid id = Guid.NewGuid();
            using (new FileStream(DataOf(id), FileMode.CreateNew))
            {
                // Its length is the offset: 0.
            }

            Store(id, new Record(fileName, length, null));
            return Find(id)!;
        }
    }

    /// <summary>Where an upload stands; null: there is none. A whole one that is no clip yet becomes one first.</summary>
    /// <exception cref="MediaException">It is whole, and no clip that can be used.</exception>
    public async Task<ResumableUpload?> LookAsync(Guid id, CancellationToken cancellation)
    {
        ResumableUpload? found = Find(id);
        if (found is { ClipId: { } clip } && await library.FindAsync(clip, cancellation) is null)
        {
            // It was deleted since.
            Remove(id);
            return null;
        }

        if (found is not { ClipId: null } || found.Offset < found.Length)
        {
            return found;
        }

        using Writer writer = await HoldAsync(id, cancellation);
        return await FinishAsync(id, cancellation);
    }

    /// <summary>Adds what comes. Whatever has come before the sender is lost stays.</summary>
    /// <param name="id">The upload.</param>
    /// <param name="offset">Where the sender believes that it goes on.</param>
    /// <param name="content">What comes.</param>
    /// <param name="cancellation">The sender is lost.</param>
    /// <exception cref="UnknownItemException">There is no such upload.</exception>
    /// <exception cref="UploadRefusedException">It goes on elsewhere, or more comes than was said.</exception>
    /// <exception cref="MediaException">It is whole now, and no clip that can be used; or the disk is full.</exception>
    public async Task<ResumableUpload> AppendAsync(Guid id, long offset, Stream content, CancellationToken cancellation)
    {
        // A sender that comes back takes over from its own lost connection, which may not have noticed yet.
        using Writer writer = await HoldAsync(id, cancellation);
        ResumableUpload upload = Find(id) ?? throw new UnknownItemException("upload", id);
        if (upload.Offset != offset)
        {
            throw new UploadRefusedException(StatusCodes.Status409Conflict, $"This upload goes on at byte {upload.Offset}, not at {offset}. Ask where it stands (HEAD) and go on from there.");
        }

        using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, writer.Stopped))
        {
            await WriteAsync(upload, content, either.Token);
        }

        upload = Find(id)!;
        return upload.Offset == upload.Length && upload.ClipId is null ? await FinishAsync(id, cancellation) : upload;
    }

    /// <summary>Throws an upload away. False: there is none.</summary>
    public async Task<bool> CancelAsync(Guid id, CancellationToken cancellation)
    {
        if (Find(id) is null)
        {
            return false;
        }

        using Writer writer = await HoldAsync(id, cancellation);
        Remove(id);
        return true;
    }

    /// <summary>Throws away what nobody goes on with.</summary>
    public void Sweep()
    {
        foreach (ResumableUpload upload in All().Where(one => one.ExpiresAt <= clock.GetUtcNow() && !writers.ContainsKey(one.Id)))
        {
            Remove(upload.Id);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using PeriodicTimer timer = new(SweepEvery, clock);
        do
        {
            try
            {
                Sweep();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                logger.LogWarning(failure, "Old uploads could not be thrown away; it is tried again in an hour");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static async Task WriteAsync(ResumableUpload upload, FileStream file, Stream content, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 17];
        long at = upload.Offset;
        int read;
        while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
        {
            if (at + read > upload.Length)
            {
                throw new UploadRefusedException(StatusCodes.Status413PayloadTooLarge, $"More came than the {upload.Length} bytes that were announced for this upload. Begin it again.");
            }

            try
            {
                await file.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
            }
            catch (IOException failure)
            {
                throw ClipLibrary.NotStored(upload.FileName, failure);
            }

            at += read;
        }
    }

    private async Task WriteAsync(ResumableUpload upload, Stream content, CancellationToken cancellation)
    {
        await using FileStream file = new(DataOf(upload.Id), FileMode.Append, FileAccess.Write, FileShare.Read, 0, useAsync: true);
        try
        {
            await WriteAsync(upload, file, content, cancellation);
        }
        finally
        {
            // What a sender may rely on is on the disk.
            file.Flush(flushToDisk: true);
        }
    }

    private async Task<ResumableUpload> FinishAsync(Guid id, CancellationToken cancellation)
    {
        ResumableUpload whole = Find(id) ?? throw new UnknownItemException("upload", id);
        if (whole.ClipId is not null)
        {
            return whole;
        }

        try
        {
            Clip clip = await library.TakeAsync(DataOf(id), whole.FileName, cancellation);
            Store(id, new Record(whole.FileName, whole.Length, clip.Id));
            File.Delete(DataOf(id));
            return Find(id)!;
        }
        catch (MediaException refusal) when (refusal.InnerException is not (IOException or UnauthorizedAccessException))
        {
            // It will not become better; where the disk was at fault, it may.
            Remove(id);
            throw;
        }
    }

    private IEnumerable<ResumableUpload> All() => Directory.GetFiles(place, "*.json")
        .Select(file => Guid.TryParseExact(Path.GetFileNameWithoutExtension(file), "N", out Guid id) ? Find(id) : null)
        .OfType<ResumableUpload>();

    private ResumableUpload? Find(Guid id)
    {
        try
        {
            if (JsonSerializer.Deserialize<Record>(File.ReadAllBytes(FactsOf(id)), StudioJson.Options) is not { } record)
            {
                return null;
            }

            FileInfo data = new(DataOf(id));
            if (record.ClipId is not null)
            {
                return new ResumableUpload(id, record.FileName, record.Length, record.Length, new FileInfo(FactsOf(id)).LastWriteTimeUtc + Memory, record.ClipId);
            }

            return data.Exists ? new ResumableUpload(id, record.FileName, record.Length, data.Length, data.LastWriteTimeUtc + Life, null) : null;
        }
        catch (Exception missing) when (missing is IOException or JsonException)
        {
            // None, or one whose beginning was cut off by a power cut: then there is nothing to go on with.
            return null;
        }
    }

    private void Store(Guid id, Record record)
    {
        string part = FactsOf(id) + ".part";
        File.WriteAllBytes(part, JsonSerializer.SerializeToUtf8Bytes(record, StudioJson.Options));
        File.Move(part, FactsOf(id), overwrite: true);
    }

    private void Remove(Guid id)
    {
        File.Delete(DataOf(id));
        File.Delete(FactsOf(id));
    }

    private string DataOf(Guid id) => Path.Combine(place, $"{id:N}.data");

    private string FactsOf(Guid id) => Path.Combine(place, $"{id:N}.json");

    private async Task<Writer> HoldAsync(Guid id, CancellationToken cancellation)
    {
        Writer own = new(this, id);
        for (DateTime end = DateTime.UtcNow + TakeOver; !writers.TryAdd(id, own);)
        {
            if (writers.TryGetValue(id, out Writer? before))
            {
                before.Stop();
            }

            if (DateTime.UtcNow > end)
            {
                throw new UploadRefusedException(StatusCodes.Status423Locked, "Another request works on this upload. Try again in a moment.");
            }

            await Task.Delay(20, cancellation);
        }

        return own;
    }

    private sealed record Record(string FileName, long Length, Guid? ClipId);

    /// <summary>Who works on an upload; asked to stop when its sender comes back on another connection.</summary>
    private sealed class Writer(UploadShelf shelf, Guid id) : IDisposable
    {
        private readonly CancellationTokenSource stop = new();

        public CancellationToken Stopped => stop.Token;

        public void Stop()
        {
            try
            {
                stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended.
            }
        }

        public void Dispose()
        {
            shelf.writers.TryRemove(new KeyValuePair<Guid, Writer>(id, this));
            stop.Dispose();
        }
    }
}

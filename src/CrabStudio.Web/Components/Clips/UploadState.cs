namespace CrabStudio.Web.Components.Clips;

/// <summary>An upload that goes on, or that failed and was not yet put away.</summary>
/// <param name="Key">Its name between browser and page.</param>
/// <param name="FileName">The file.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sent">Bytes sent so far.</param>
/// <param name="Error">One line when it failed.</param>
/// <param name="Waiting">The connection is away; it goes on by itself.</param>
/// <param name="Paused">It was begun on an earlier page; it goes on when the same file is chosen again.</param>
public sealed record Upload(string Key, string FileName, long Bytes, long Sent = 0, string? Error = null, bool Waiting = false, bool Paused = false)
{
    /// <summary>Everything was sent and the studio examines the clip.</summary>
    public bool Examining => Error is null && !Waiting && Bytes > 0 && Sent >= Bytes;

    /// <summary>0 to 1.</summary>
    public double Fraction => Bytes > 0 ? Math.Clamp((double)Sent / Bytes, 0, 1) : 0;
}

/// <summary>The uploads of a page, in the order in which they were begun. Told by the browser, drawn by the upload zone.</summary>
public sealed class UploadState
{
    private readonly List<Upload> uploads = [];

    /// <summary>The uploads.</summary>
    public IReadOnlyList<Upload> Uploads => uploads;

    /// <summary>Whether any goes on.</summary>
    public bool Busy => uploads.Any(upload => upload is { Error: null, Paused: false });

    /// <summary>An upload begins.</summary>
    public void Started(string key, string fileName, long bytes) => uploads.Add(new Upload(key, fileName, bytes));

    /// <summary>One that was begun on an earlier page did not come to its end.</summary>
    public void Paused(string key, string fileName, long sent, long bytes) => uploads.Add(new Upload(key, fileName, bytes, sent, Paused: true));

    /// <summary>Bytes were sent.</summary>
    public void Progress(string key, long sent, long total) => Change(key, upload => upload with { Sent = sent, Bytes = total, Waiting = false });

    /// <summary>The connection is away.</summary>
    public void Waits(string key) => Change(key, upload => upload with { Waiting = true });

    /// <summary>It failed.</summary>
    public void Failed(string key, string error) => Change(key, upload => upload with { Error = error });

    /// <summary>It ended, was cancelled or was put away. False: it was gone before.</summary>
    public bool Remove(string key) => uploads.RemoveAll(upload => upload.Key == key) > 0;

    private void Change(string key, Func<Upload, Upload> change)
    {
        if (uploads.FindIndex(upload => upload.Key == key) is >= 0 and var at)
        {
            uploads[at] = change(uploads[at]);
        }
    }
}

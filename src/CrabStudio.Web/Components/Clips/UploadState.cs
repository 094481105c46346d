namespace CrabStudio.Web.Components.Clips;

/// <summary>An upload that goes on, or that failed and was not yet put away.</summary>
/// <param name="Key">Its name between browser and page.</param>
/// <param name="FileName">The file.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sent">Bytes sent so far.</param>
/// <param name="Error">One line when it failed.</param>
public sealed record Upload(string Key, string FileName, long Bytes, long Sent = 0, string? Error = null)
{
    /// <summary>Everything was sent and the studio examines the clip.</summary>
    public bool Examining => Error is null && Bytes > 0 && Sent >= Bytes;

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
    public bool Busy => uploads.Any(upload => upload.Error is null);

    /// <summary>An upload begins.</summary>
    public void Started(string key, string fileName, long bytes) => uploads.Add(new Upload(key, fileName, bytes));

    /// <summary>Bytes were sent. Form fields count too, so <paramref name="total"/> is a little more than the file.</summary>
    public void Progress(string key, long sent, long total) => Change(key, upload => upload with { Sent = sent, Bytes = total });

    /// <summary>It failed.</summary>
    public void Failed(string key, string error) => Change(key, upload => upload with { Error = error });

    /// <summary>It ended, was cancelled or was put away.</summary>
    public void Remove(string key) => uploads.RemoveAll(upload => upload.Key == key);

    private void Change(string key, Func<Upload, Upload> change)
    {
        if (uploads.FindIndex(upload => upload.Key == key) is >= 0 and var at)
        {
            uploads[at] = change(uploads[at]);
        }
    }
}

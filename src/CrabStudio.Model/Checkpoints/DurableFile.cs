namespace CrabStudio.Model.Checkpoints;

/// <summary>Files that are whole or not there: written beside their place, flushed to the disk, then moved there.</summary>
public static class DurableFile
{
    /// <summary>Writes a file; one that was there before stays until the new one is whole, also when the process is killed or the disk is full.</summary>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string unfinished = $"{path}.part";
        try
        {
            using (FileStream file = new(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception exception)
        {
            File.Delete(unfinished);
            if (exception is ArgumentOutOfRangeException)
            {
                // What .NET makes of a file system that takes no file of this length.
                throw new IOException(exception.Message, exception);
            }

            throw;
        }
    }
}

namespace CrabStudio.Model.Checkpoints;

/// <summary>A file that a process holds alone while it works in a folder; the system lets go of it however the process ends.</summary>
public static class FolderLock
{
    /// <summary>Name of the file that a training run, or a stage of a recipe, holds in its folder.</summary>
    public const string OfTraining = "training.lock";

    /// <summary>Whether some process holds the file at this moment. One that a killed process left behind is held by none.</summary>
    /// <param name="file">Its path.</param>
    public static bool IsHeld(string file)
    {
        try
        {
            using FileStream free = new(file, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception held) when (held is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Takes the file.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="refused">What is thrown when another holds it.</param>
    /// <returns>Holds it until it is disposed, and is gone then.</returns>
    /// <exception cref="IOException">The folder is not there.</exception>
    public static FileStream Take(string file, Func<IOException, Exception> refused)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException held) when (held is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            throw refused(held);
        }
    }
}

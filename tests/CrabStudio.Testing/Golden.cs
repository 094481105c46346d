using System.Runtime.CompilerServices;

namespace CrabStudio.Testing;

/// <summary>Finds reference vectors: in <c>tests/Golden</c>, or in the larger set beside the checkout when it is there.</summary>
public static class Golden
{
    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary><c>tests/Golden</c>.</summary>
    public static string Folder { get; } = Path.Combine(Repository, "tests", "Golden");

    /// <summary>The <c>shared</c> folder beside the checkout (or named by CRAB_SHARED), or null.</summary>
    public static string? Shared { get; } = FindShared();

    /// <summary>The file or folder, from <c>tests/Golden</c> first. <paramref name="path"/> is relative to the golden folder, or begins with <c>clips/</c>.</summary>
    public static string Find(string path) => TryFind(path)
        ?? throw new FileNotFoundException($"{path} is neither in {Folder} nor in the shared folder");

    /// <summary>As <see cref="Find"/>, or null.</summary>
    public static string? TryFind(string path)
    {
        string own = Path.Combine(Folder, path);
        if (Path.Exists(own))
        {
            return own;
        }

        if (Shared is null)
        {
            return null;
        }

        string shared = path.StartsWith("clips/", StringComparison.Ordinal) ? Path.Combine(Shared, path) : Path.Combine(Shared, "golden", path);
        return Path.Exists(shared) ? shared : null;
    }

    private static string FindRepository([CallerFilePath] string here = "")
    {
        foreach (string start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(here)! })
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "CrabStudio.sln")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new DirectoryNotFoundException("CrabStudio.sln was not found above the tests");
    }

    private static string? FindShared()
    {
        string candidate = Environment.GetEnvironmentVariable("CRAB_SHARED") ?? Path.Combine(Repository, "..", "shared");
        return Directory.Exists(Path.Combine(candidate, "golden")) ? Path.GetFullPath(candidate) : null;
    }
}

using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Data;

/// <summary>
/// The folder in which one studio keeps everything, and the lock that keeps a second studio out. The lock is the operating
/// system's: it ends with the process, however that ends.
/// </summary>
public sealed class DataFolder : IDbContextFactory<StudioDatabase>, IDisposable
{
    // How the systems say that another process holds a file: EWOULDBLOCK twice, ERROR_SHARING_VIOLATION.
    private const int TakenOnLinux = 11;
    private const int TakenOnMac = 35;
    private const int TakenOnWindows = unchecked((int)0x80070020);

    private readonly FileStream held;
    private readonly DbContextOptions<StudioDatabase> options;

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        this.held = held;
        options = StudioDatabase.OptionsFor(Database);
    }

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>The database file.</summary>
    public string Database => System.IO.Path.Combine(Path, "studio.db");

    /// <summary>Uploads on their way. Emptied at the start.</summary>
    public string Incoming => System.IO.Path.Combine(Path, "incoming");

    /// <summary>Log files.</summary>
    public string Logs => System.IO.Path.Combine(Path, "logs");

    /// <summary>Keys that protect cookies.</summary>
    public string Keys => System.IO.Path.Combine(Path, "keys");

    /// <summary>All that belongs to one content, the content itself and what was made from it.</summary>
    /// <param name="sha256">Its hash, lower-case hex.</param>
    public string Content(string sha256) => System.IO.Path.Combine(Path, "clips", sha256);

    /// <summary>All files that belong to one answer.</summary>
    public string Answer(Guid id) => System.IO.Path.Combine(Path, "answers", id.ToString("N"));

    /// <summary>Takes hold of a data folder: makes it when it is not there, locks it, and brings its database up to date.</summary>
    /// <exception cref="StudioStartException">It cannot be written, another studio has it, or its database is of a newer version.</exception>
    public static DataFolder Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        FileStream held;
        try
        {
            MakePrivate(full);
            held = Hold(full);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StudioStartException($"The data folder {full} cannot be written ({OneLine(failure)}). Choose another one with --data, or give yourself the right to write there.", failure);
        }

        DataFolder folder = new(full, held);
        try
        {
            folder.Prepare();
            return folder;
        }
        catch (Exception failure)
        {
            folder.Dispose();
            throw failure switch
            {
                StudioStartException => failure,
                IOException or UnauthorizedAccessException => new StudioStartException($"The data folder {full} cannot be written ({OneLine(failure)}). Choose another one with --data, or give yourself the right to write there.", failure),
                SqliteException => new StudioStartException($"The database {folder.Database} cannot be used ({OneLine(failure)}). Choose another data folder with --data, or put a sound copy of the file in its place.", failure),
                _ => failure,
            };
        }
    }

    /// <inheritdoc/>
    public StudioDatabase CreateDbContext() => new(options);

    /// <summary>Lets go of the folder.</summary>
    public void Dispose()
    {
        using (StudioDatabase database = CreateDbContext())
        {
            // Pooled connections keep the file open, which on some systems keeps it from being moved or deleted.
            SqliteConnection.ClearPool((SqliteConnection)database.Database.GetDbConnection());
        }

        held.Dispose();
    }

    private static FileStream Hold(string folder)
    {
        string file = System.IO.Path.Combine(folder, "studio.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure.HResult is TakenOnLinux or TakenOnMac or TakenOnWindows)
        {
            throw new StudioStartException($"Another studio already works with the data folder {folder}. Use that one, end it, or choose another folder with --data.", failure);
        }
    }

    private void Prepare()
    {
        // What an upload left that was cut off by the end of the program.
        if (Directory.Exists(Incoming))
        {
            Directory.Delete(Incoming, recursive: true);
        }

        foreach (string part in new[] { Incoming, Logs, Keys })
        {
            MakePrivate(part);
        }

        using StudioDatabase database = CreateDbContext();
        string[] known = [.. database.Database.GetMigrations()];
        string[] applied = Applied();
        if (applied.FirstOrDefault(migration => !known.Contains(migration)) is { } unknown)
        {
            throw new StudioStartException($"The database {Database} was written by a newer version of CrabStudio (it knows “{unknown}”, this version ends with “{known[^1]}”) and was left as it is. Start the newer version, or choose another data folder with --data.");
        }

        if (applied.Length < known.Length)
        {
            if (applied.Length > 0)
            {
                // A program that was killed in the middle of a migration leaves EF's own lock behind. Nobody else is here: the folder is ours.
                database.Database.ExecuteSqlRaw("DROP TABLE IF EXISTS \"__EFMigrationsLock\"");
            }

            database.Database.Migrate();
        }

        database.Database.ExecuteSqlRaw("PRAGMA journal_mode=WAL");
        Sweep(database);
    }

    // Files go after the rows that name them, and come before: what the end of the program cut off in between belongs to nobody.
    private void Sweep(StudioDatabase database)
    {
        HashSet<string> contents = [.. database.Clips.Select(clip => clip.Sha256)];
        HashSet<string> answers = [.. database.Answers.Select(answer => answer.Id).AsEnumerable().Select(id => id.ToString("N"))];
        foreach ((string part, int length, HashSet<string> known) in new[] { ("clips", 64, contents), ("answers", 32, answers) })
        {
            string place = System.IO.Path.Combine(Path, part);
            MakePrivate(place);
            foreach (string found in Directory.GetDirectories(place))
            {
                string name = System.IO.Path.GetFileName(found);
                if (name.Length == length && name.All(letter => char.IsAsciiHexDigitLower(letter)) && !known.Contains(name))
                {
                    Directory.Delete(found, recursive: true);
                }
            }
        }
    }

    // What a person asks is nobody else's business. Folders that are there already keep the rights that somebody gave them.
    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    // Read without any change to the file, before anything else touches it.
    private string[] Applied()
    {
        if (!File.Exists(Database))
        {
            return [];
        }

        using SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = Database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using SqliteCommand exists = connection.CreateCommand();
        exists.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = '__EFMigrationsHistory'";
        if ((long)exists.ExecuteScalar()! == 0)
        {
            return [];
        }

        using SqliteCommand all = connection.CreateCommand();
        all.CommandText = "SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\" ORDER BY \"MigrationId\"";
        using SqliteDataReader reader = all.ExecuteReader();
        List<string> found = [];
        while (reader.Read())
        {
            found.Add(reader.GetString(0));
        }

        return [.. found];
    }

    private static string OneLine(Exception failure) => failure.Message.ReplaceLineEndings(" ");
}

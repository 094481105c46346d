using System.CommandLine;
using CrabStudio.Model;
using CrabStudio.Web;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab studio</c>.</summary>
internal static class StudioVerb
{
    private const string KeyVariable = "CRAB_ACCESS_KEY";

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        ModelArguments model = new();
        Option<string?> data = new("--data")
        {
            HelpName = "DIR",
            Description = "Where clips, answers and the database are kept. Without it: CrabStudio in the user's data directory.",
        };
        Option<string?> workshop = new("--workshop")
        {
            HelpName = "DIR",
            Description = "The folder whose data sets, training runs, evaluations and studies the studio shows. It changes none of them; evaluations that are started in the studio are written there. Without it: workshop in the data folder.",
        };
        Option<string?> urls = new("--urls")
        {
            HelpName = "U",
            Description = "Addresses to listen on, separated by semicolons; port 0 takes a free one. An address other than the loopback needs --access-key. Without it: the loopback address only.",
        };
        Option<string?> key = new("--access-key")
        {
            HelpName = "K",
            Description = $"What a visitor must know. Better given by the environment variable {KeyVariable}, which other users of the machine cannot see.",
        };
        Option<string[]> hosts = new("--allowed-host")
        {
            HelpName = "NAME",
            Description = "A host name by which browsers may call the studio, beside those of the loopback address. May be repeated.",
        };
        Command verb = new("studio", "Start the studio and print its address. Ctrl+C ends it.") { data, workshop, urls, key, hosts };
        model.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            ModelOptions chosen = model.Read(parsed);
            StudioOptions options = new()
            {
                ModelFolder = chosen.Folder,
                AdapterFile = chosen.AdapterFile,
                Alpha = chosen.Alpha,
                Device = chosen.Device,
                Precision = chosen.Precision,
                DataFolder = parsed.GetValue(data) is { Length: > 0 } folder ? Path.GetFullPath(folder) : DefaultDataFolder(),
                WorkshopFolder = parsed.GetValue(workshop) is { Length: > 0 } place ? Path.GetFullPath(place) : null,
                AccessKey = parsed.GetValue(key) ?? (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } hidden ? hidden : null),
                AllowedHosts = parsed.GetValue(hosts) ?? [],
            };
            return StudioHost.RunAsync(parsed.GetValue(urls) is { } addresses ? options with { Urls = addresses } : options, cancellation);
        });
        return verb;
    }

    /// <summary>Where the studio keeps its data when nothing else is said.</summary>
    /// <exception cref="CommandException">The user has no data directory.</exception>
    internal static string DefaultDataFolder()
    {
        // On Linux this is XDG_DATA_HOME, or ~/.local/share.
        string local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return local.Length > 0
            ? Path.Combine(local, "CrabStudio")
            : throw new CommandException("the user's data directory is not known (HOME is not set); give --data a folder");
    }
}

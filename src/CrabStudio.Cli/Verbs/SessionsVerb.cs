using System.CommandLine;
using System.Globalization;
using CrabStudio.Media;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab sessions</c>: the studio's sessions without the studio.</summary>
internal static class SessionsVerb
{
    /// <summary>The verb.</summary>
    public static Command Create() => new("sessions", "Move the studio's sessions between machines. The studio of the data folder must not run meanwhile.") { CreateExport(), CreateImport(), CreateSeed() };

    private static Command CreateExport()
    {
        Option<string?> data = DataOption();
        Option<string> output = new("--out") { HelpName = "FILE", Required = true, Description = "The archive to write, a zip file. One that is there already is left alone, and the command stops." };
        Option<Guid[]> ids = new("--id") { HelpName = "ID", Description = "A session, by its id (the end of its page's address). May be repeated." };
        Option<string?> search = new("--search") { HelpName = "WORDS", Description = "Sessions that the studio's search finds for these words." };
        Option<string[]> tags = new("--tag") { HelpName = "TAG", Description = "Sessions with this tag. May be repeated, then all are wanted." };
        Option<string?> place = new("--folder") { HelpName = "NAME", Description = "Sessions in this folder." };
        Command verb = new("export", "Write sessions into one file: answers, tokens with their routes, routes of the prompt, timelines, notes, tags, clips and the pictures that the model saw. Without --id, --search, --tag and --folder: all. What is in the bin, and links for readers, stay.")
        {
            data, output, ids, search, tags, place,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            string target = parsed.GetRequiredValue(output);
            if (Path.Exists(target))
            {
                throw new CommandException($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(target))}: is there already; take it away, or name another file");
            }

            using DataFolder folder = Open(parsed.GetValue(data), make: false);
            Guid[] named = parsed.GetValue(ids) ?? [];
            SessionFilter filter = new() { Search = parsed.GetValue(search) ?? "", Tags = parsed.GetValue(tags) ?? [], Folder = parsed.GetValue(place) };
            Guid[] wanted = await WantedAsync(folder, named, filter, cancellation);
            using ProgressLine progress = new();
            string part = target + ".part";
            try
            {
                await using (FileStream file = new(part, FileMode.Create, FileAccess.ReadWrite))
                {
                    await new SessionArchive(folder, new MediaLimits()).ExportAsync(wanted, file, new Told(done => progress.Show(FormattableString.Invariant($"{done:#,0} of {wanted.Length:#,0} sessions"))), cancellation);
                }

                File.Move(part, target);
            }
            finally
            {
                File.Delete(part);
            }

            progress.Dispose();
            Console.Out.WriteLine(FormattableString.Invariant($"{Count(wanted.Length)} in {target} ({new FileInfo(target).Length / 1048576.0:0.0} MiB)"));
            return CommandException.GoodCode;
        });
        return verb;
    }

    private static Command CreateImport()
    {
        Argument<string> input = new("FILE") { Description = "An archive that crab sessions export or the studio's list of sessions wrote." };
        Option<string?> data = DataOption();
        Command verb = new("import", "Take in the sessions of an archive. Those that are there already are left as they are. If anything in the file is wrong, none of it is taken in.") { input, data };
        verb.SetAction(async (parsed, cancellation) =>
        {
            string source = parsed.GetRequiredValue(input), name = Path.GetFileName(source);
            await using FileStream file = new(source, FileMode.Open, FileAccess.Read, FileShare.Read);
            MediaReader.CheckTools();
            using DataFolder folder = Open(parsed.GetValue(data), make: true);
            using ProgressLine progress = new();
            SessionImport import;
            try
            {
                import = await new SessionArchive(folder, new MediaLimits()).ImportAsync(file, new Told(done => progress.Show(FormattableString.Invariant($"{done:#,0} sessions"))), cancellation);
            }
            catch (Exception refusal) when (refusal is SessionArchiveException or MediaException)
            {
                throw new CommandException($"{name}: {refusal.Message}");
            }

            progress.Dispose();
            foreach ((Guid id, string title) in import.Skipped)
            {
                Console.Out.WriteLine($"is there already, left as it is: {id} {Terminal.OneLine(title)}");
            }

            Console.Out.WriteLine(FormattableString.Invariant($"{Count(import.Sessions)} taken in, with {import.Answers:#,0} answers and {import.Clips:#,0} new clips; {import.Skipped.Count:#,0} skipped"));
            return CommandException.GoodCode;
        });
        return verb;
    }

    // For whoever wants to see or measure the studio with many sessions; docs/sessions.md names it.
    private static Command CreateSeed()
    {
        Option<string?> data = DataOption();
        Option<int?> count = WholeNumber.Option("--count", "How many sessions. Without it: 10000.", 1, 1_000_000);
        Option<int?> seed = WholeNumber.Option("--seed", "Where chance begins. Without it: 1.", 0, int.MaxValue);
        Command verb = new("seed", "Fill a data folder with made-up sessions, to try and to measure lists of many.") { data, count, seed };
        verb.Hidden = true;
        verb.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(data) is not { Length: > 0 })
            {
                throw CommandException.WrongUse("crab sessions seed needs --data: made-up sessions do not belong among a person's own");
            }

            MediaReader.CheckTools();
            using DataFolder folder = Open(parsed.GetValue(data), make: true);
            using ProgressLine progress = new();
            int wanted = parsed.GetValue(count) ?? 10_000;
            await new SessionSeed(folder).FillAsync(wanted, parsed.GetValue(seed) ?? 1, new Told(done => progress.Show(FormattableString.Invariant($"{done:#,0} of {wanted:#,0} sessions"))), cancellation);
            progress.Dispose();
            Console.Out.WriteLine($"{Count(wanted)} made");
            return CommandException.GoodCode;
        });
        return verb;
    }

    private static Option<string?> DataOption() => new("--data")
    {
        HelpName = "DIR",
        Description = "The studio's data folder. Without it: CrabStudio in the user's data directory.",
    };

    private static DataFolder Open(string? given, bool make)
    {
        string path = given is { Length: > 0 } ? Path.GetFullPath(given) : StudioVerb.DefaultDataFolder();
        return make || File.Exists(Path.Combine(path, "studio.db")) ? DataFolder.Open(path) : throw new CommandException($"{path}: is no data folder of a studio; name the right one with --data");
    }

    private static async Task<Guid[]> WantedAsync(DataFolder folder, Guid[] named, SessionFilter filter, CancellationToken cancellation)
    {
        Guid[] found = named.Length > 0 && filter.IsEmpty ? [] : [.. await SessionStore.IdsAsync(folder, filter, cancellation)];
        Guid[] wanted = [.. named.Concat(found).Distinct()];
        return wanted.Length > 0 ? wanted : throw new CommandException(filter.IsEmpty ? "there is no session in this data folder" : "no session suits; see what the studio's list finds for the same words");
    }

    private static string Count(int count) => count == 1 ? "1 session" : string.Create(CultureInfo.InvariantCulture, $"{count:#,0} sessions");

    // On the thread that tells: a line that comes late would be drawn over what follows.
    private sealed class Told(Action<int> tell) : IProgress<int>
    {
        public void Report(int value) => tell(value);
    }
}

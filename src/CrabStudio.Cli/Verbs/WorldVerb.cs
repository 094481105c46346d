using System.CommandLine;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.World;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab world</c>.</summary>
internal static class WorldVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Option<int?> seed = WholeNumber.Option("--seed", "The world. The same seed gives the same scenes on every machine. Without it: 0.", 0, int.MaxValue);
        Option<int?> count = WholeNumber.Option("--count", "Scenes of each key. Without it: 10. A larger number begins with the same scenes.", 1, 1_000_000);
        Option<string> output = new("--out") { HelpName = "DIR", Required = true, Description = "Where AVUIE_2 (lists and media) and world.json (all that is true of each scene) are written. Lists that are there already are left alone, and the command stops; media that are there are not rendered anew." };
        Option<string> split = new("--split") { HelpName = "train|test", Description = "Which list. The splits share no pitch, voice, sentence or background, and what is together in a clip for test never is in training.", DefaultValueFactory = _ => "train" };
        split.AcceptOnlyFromAmong("train", "test");
        Option<string?> keys = new("--keys") { HelpName = "KEY,KEY", Description = "Which keys. Without it: all 19." };
        Option<int?> jobs = WholeNumber.Option("--jobs", "How many clips are rendered at a time. Without it: as many as there are processors.", 1, 256);
        Option<int?> takes = WholeNumber.Option("--takes", $"How many takes of each sound there are to draw from. Without it: {SceneOptions.TrainTakes} in training, {SceneOptions.TestTakes} for test. Another number is another world.", 1, 100_000);
        Option<string?> sounds = new("--sounds") { HelpName = "DIR", Description = "Where rendered sounds are kept from run to run. Without it: crabstudio/world-sounds in the user's folder for caches." };
        Command verb = new("world", "Render a small world with known truth: pictures that appear, move and leave, instruments and voices in and out of step with them, faces that speak; as clips, stills, sounds and AV-UIE v2 annotations with explicit reasoning for all 19 keys.")
        {
            seed, count, output, split, keys, jobs, takes, sounds,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            string[] wanted = parsed.GetValue(keys)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [.. TaskCatalog.All.Select(task => task.Key)];
            if (wanted.FirstOrDefault(key => TaskCatalog.Find(key) is null) is { } unknown)
            {
                throw CommandException.WrongUse($"--keys names '{unknown}'; the keys are {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}");
            }

            WorldExportOptions options = new((ulong)(parsed.GetValue(seed) ?? 0), parsed.GetValue(count) ?? 10, parsed.GetRequiredValue(output))
            {
                Split = Enum.Parse<AvUieSplit>(parsed.GetValue(split)!, ignoreCase: true),
                Keys = [.. wanted.Distinct()],
                Takes = parsed.GetValue(takes),
            };
            options = parsed.GetValue(jobs) is { } number ? options with { Jobs = number } : options;
            IReadOnlyDictionary<string, int> counts;
            using (ProgressLine progress = new())
            {
                Lock one = new();
                WorldExport export = new(options, new SoundBank(parsed.GetValue(sounds)))
                {
                    Progress = (done, all) =>
                    {
                        lock (one)
                        {
                            progress.Show(FormattableString.Invariant($"{done:#,0} of {all:#,0} scenes"));
                        }
                    },
                };
                counts = await export.WriteAsync(cancellation);
            }

            foreach ((string key, int entries) in counts)
            {
                Console.Out.WriteLine(FormattableString.Invariant($"{AvUieFolder.FileName(key, options.Split)}: {entries:#,0} entries"));
            }

            return CommandException.GoodCode;
        });
        return verb;
    }
}

using System.CommandLine;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab data build</c>.</summary>
internal static class DataBuildVerb
{
    /// <summary>What is built without <c>--keys</c>: of actions and emotions, which several keys have alike, one key each.</summary>
    private static readonly string[] DefaultKeys = ["ave", "unav", "avvp", "avqa", "avqa_thu", "avcap", "ks", "cremad", "arig", "s4", "ms3", "ref_avs", "a2v", "v2a"];

    /// <summary>More faults than this are counted and not told.</summary>
    private const int MostFaults = 50;

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Option<string?> clips = Table("--clips", AnnotationSet.ClipColumns, "Without it, a clip is called by the file of its video. An action serves ks and ucf, an emotion the five emotion keys, a caption avcap.");
        Option<string?> events = Table("--events", AnnotationSet.EventColumns, "Modality is audio, visual or both; times are seconds. They serve ave, unav, avvp, a2v and v2a, and are the reasons of all others.");
        Option<string?> boxes = Table("--boxes", AnnotationSet.BoxColumns, "Boxes are in pixels of a picture of width×height (224×224 when not named). They serve arig, s4, ms3 and, with a description (and no box where there is no such object), ref_avs.");
        Option<string?> questions = Table("--questions", AnnotationSet.QuestionColumns, "Options stand between bars, as in dog|bell|rain. They serve avqa, and with options avqa_thu.");
        Option<string> output = new("--out") { HelpName = "DIR", Required = true, Description = "Where AVUIE_2 is written. Lists that are there already are left alone, and the command stops." };
        Option<string> keys = new("--keys") { HelpName = "KEY,KEY", Description = $"Which keys to build. Without it: {string.Join(", ", DefaultKeys)}, as far as the tables serve them.", DefaultValueFactory = _ => string.Join(',', DefaultKeys) };
        Option<string> split = new("--split") { HelpName = "train|test", Description = "Which list to build.", DefaultValueFactory = _ => "train" };
        split.AcceptOnlyFromAmong("train", "test");
        Option<int?> seed = WholeNumber.Option("--seed", "Chooses words and partners; the same seed gives the same entries on every machine. Without it: 0.", 0, int.MaxValue);
        Option<string> media = new("--media") { HelpName = "link|copy|none", Description = "How media come to lie beside the lists.", DefaultValueFactory = _ => "link" };
        media.AcceptOnlyFromAmong("link", "copy", "none");
        Option<string?> mediaFolder = new("--media-dir") { HelpName = "DIR", Description = "Where the files that the tables name lie. Without it: the folder of the table of clips, else of the first table." };
        Command verb = new("build", "Make entries of AV-UIE v2 with explicit reasoning out of plain tables (CSV with a head line, or a JSON list of objects): the answer names first what is heard and seen, when and where, and then concludes in the task's grammar.")
        {
            clips, events, boxes, questions, output, keys, split, seed, media, mediaFolder,
        };
        verb.SetAction((parsed, cancellation) =>
        {
            string?[] tables = [parsed.GetValue(clips), parsed.GetValue(events), parsed.GetValue(boxes), parsed.GetValue(questions)];
            string first = tables.FirstOrDefault(table => table is not null) ?? throw CommandException.WrongUse("no table was given; name at least one of --clips, --events, --boxes and --questions; see: crab data build --help");
            string[] wanted = parsed.GetValue(keys)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (wanted.FirstOrDefault(key => TaskCatalog.Find(key) is null) is { } unknown)
            {
                throw CommandException.WrongUse($"--keys names '{unknown}'; the keys are {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}");
            }

            AnnotationSet set = AnnotationSet.Read(tables[0], tables[1], tables[2], tables[3]);
            AvUieSplit which = Enum.Parse<AvUieSplit>(parsed.GetValue(split)!, ignoreCase: true);
            return Task.FromResult(Build(
                set, which, wanted, parsed.GetValue(seed) ?? 0, parsed.GetRequiredValue(output), Enum.Parse<MediaPlacing>(parsed.GetValue(media)!, ignoreCase: true),
                parsed.GetValue(mediaFolder) ?? Path.GetDirectoryName(Path.GetFullPath(first))!, cancellation));
        });
        return verb;
    }

    private static int Build(AnnotationSet set, AvUieSplit split, string[] keys, int seed, string output, MediaPlacing placing, string mediaFolder, CancellationToken cancellation)
    {
        // First everything is put into words, so that tables with faults leave nothing half built.
        int faults = 0, entries = 0;
        AvUieBuilder builder = new(set, split, seed)
        {
            Refuse = fault =>
            {
                if (++faults <= MostFaults)
                {
                    CommandRunner.Report(fault.Message);
                }
            },
        };
        foreach (string key in keys)
        {
            foreach (BuiltEntry _ in builder.Build(key))
            {
                cancellation.ThrowIfCancellationRequested();
                entries++;
            }
        }

        if (faults > 0)
        {
            throw new CommandException(FormattableString.Invariant($"{faults} rows cannot become entries{(faults > MostFaults ? $", of which {MostFaults} are told above" : "")}; nothing was written"));
        }

        if (entries == 0)
        {
            throw new CommandException($"the tables give no entry of {string.Join(", ", keys)}; nothing was written");
        }

        AvUieWriter writer = new(output);
        foreach (string key in keys)
        {
            int count = writer.Write(key, split, builder.Build(key).Select(Going), placing, mediaFolder);
            if (count > 0)
            {
                Console.Out.WriteLine(FormattableString.Invariant($"{AvUieFolder.FileName(key, split)}: {count:#,0} entries"));
            }
        }

        return CommandException.GoodCode;

        // A list that is stopped is not written.
        BuiltEntry Going(BuiltEntry entry)
        {
            cancellation.ThrowIfCancellationRequested();
            return entry;
        }
    }

    private static Option<string?> Table(string name, IEnumerable<string> columns, string more) =>
        new(name) { HelpName = "FILE", Description = $"A table with the columns {string.Join(", ", columns)}. {more}" };
}

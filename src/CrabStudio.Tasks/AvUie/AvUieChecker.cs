using System.Text.Json;
using CrabStudio.Media;

namespace CrabStudio.Tasks.AvUie;

/// <summary>
/// Looks for everything that would stop or spoil a training or an evaluation on a data set. Problems are told as they are
/// found, so that memory stays flat however many there are; media are opened and not decoded, unless a reader is given.
/// </summary>
/// <param name="folder">The data set.</param>
/// <param name="tell">Told each problem.</param>
public sealed class AvUieChecker(AvUieFolder folder, Action<AvUieProblem> tell)
{
    /// <summary>Seconds that a clip of temporal localization counts as, whatever its length (crab-plus facts §2).</summary>
    private const int ClipSeconds = 10;

    private readonly MediaFiles media = new();
    private readonly Dictionary<AvUieProblemKind, int> told = [];
    private readonly List<string> remarks = [];
    private readonly List<(string Path, AvUieProblem Place)> toDecode = [];

    /// <summary>Asks this reader about every media file after the lists were read: takes about a tenth of a second a file.</summary>
    public MediaReader? Decoder { get; init; }

    /// <summary>Told now and then how many entries and media files were looked at.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Checks the whole data set.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<AvUieCheckSummary> CheckAsync(CancellationToken cancellation = default)
    {
        foreach (string other in Directory.EnumerateDirectories(folder.Root).Select(path => Path.GetFileName(path)).Where(name => TaskCatalog.Find(name) is null).Order(StringComparer.Ordinal))
        {
            if (File.Exists(Path.Combine(folder.Root, other, "train.json")) || File.Exists(Path.Combine(folder.Root, other, "test.json")))
            {
                Tell(AvUieProblemKind.File, other, null, null, $"is none of the keys {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}; its lists are read by nobody");
            }
        }

        Dictionary<string, int> lists = [];
        int entries = 0;
        foreach (IGrouping<string, (string Key, AvUieSplit Split)> key in folder.Lists().GroupBy(list => list.Key))
        {
            Labels labels = new(this, Set(key.Key), key.Key);
            foreach ((_, AvUieSplit split) in key)
            {
                int count = 0;
                Dictionary<ulong, int> seen = [];
                try
                {
                    foreach (AvUieEntry entry in folder.Entries(key.Key, split))
                    {
                        cancellation.ThrowIfCancellationRequested();
                        Check(entry, labels, seen);
                        count++;
                        if (++entries % 1000 == 0)
                        {
                            Progress?.Invoke(entries, media.Count);
                        }
                    }
                }
                catch (AvUieException broken)
                {
                    Tell(AvUieProblemKind.File, broken.File, broken.Entry, broken.Field, broken.Problem);
                }

                lists[AvUieFolder.FileName(key.Key, split)] = count;
                labels.EndOf(split);
            }

            labels.End();
        }

        await DecodeAsync(entries, cancellation);
        return new AvUieCheckSummary(lists, entries, media.Count, told, remarks);
    }

    private LabelSet? Set(string key)
    {
        try
        {
            return LabelSet.Of(folder, key);
        }
        catch (AvUieException fault)
        {
            Tell(AvUieProblemKind.File, fault.File, null, null, fault.Problem);
            return null;
        }
    }

    private void Check(AvUieEntry entry, Labels labels, Dictionary<ulong, int> seen)
    {
        if (entry.Fields.ValueKind != JsonValueKind.Object)
        {
            Tell(entry, AvUieProblemKind.Field, null, $"is {AvUieEntry.Shown(entry.Fields)}, expected an object with fields");
            return;
        }

        string[] missing = [.. AvUieFields.Required(entry.Key, entry.Split).Where(field => !entry.Has(field))];
        foreach (string field in missing)
        {
            Tell(entry, AvUieProblemKind.Field, field, "is missing; the authors' loader stops without it");
        }

        double? seconds = CheckMedia(entry, missing);
        AvUieSample sample;
        try
        {
            sample = AvUieLoader.Load(entry);
        }
        catch (AvUieException fault)
        {
            if (fault.Field is null || !missing.Contains(fault.Field))
            {
                Tell(entry, AvUieProblemKind.Field, fault.Field, fault.Problem);
            }

            return;
        }

        CheckFields(sample, labels);
        if (sample.Target is { } target)
        {
            CheckTarget(sample, target, seconds);
        }

        // Half of the number is enough among the entries of one list: two of a million differ in it but once in 10⁷ lists.
        ulong identity = (ulong)MediaFiles.Identity(JsonSerializer.Serialize(new { sample.Prompt.Content, sample.Target, sample.Expected }));
        if (!seen.TryAdd(identity, entry.Index))
        {
            Tell(entry, AvUieProblemKind.Duplicate, null, $"asks the same of the same media, with the same answer, as entry {seen[identity]}");
        }
    }

    // Returns the length of what is looked at, where the file's head tells it.
    private double? CheckMedia(AvUieEntry entry, string[] missing)
    {
        double? seconds = null;
        foreach (string field in AvUieFields.Media(entry.Key, entry.Split).Except(missing))
        {
            string path;
            try
            {
                path = entry.MediaPath(field);
            }
            catch (AvUieException)
            {
                // Told with the other fields.
                continue;
            }

            MediaFact fact = media.Look(path, out bool first);
            seconds = field.StartsWith("video", StringComparison.Ordinal) ? fact.Seconds : seconds;
            string name = Path.GetRelativePath(folder.Root, path).Replace('\\', '/');
            if (name.StartsWith("../", StringComparison.Ordinal) && !Path.IsPathRooted(entry.Text(field)))
            {
                Tell(entry, AvUieProblemKind.Field, field, $"leads out of the data set, to {Path.GetFullPath(path)}");
            }

            if (fact.Problem is { } problem)
            {
                Tell(entry, problem == "is not there" ? AvUieProblemKind.MissingMedia : AvUieProblemKind.UnreadableMedia, field, $"{name} {problem}");
            }
            else if (first && Decoder is not null)
            {
                toDecode.Add((path, new AvUieProblem(AvUieProblemKind.UnreadableMedia, entry.File, entry.Index, field, name)));
            }
        }

        return seconds;
    }

    private void CheckFields(AvUieSample sample, Labels labels)
    {
        AvUieEntry entry = sample.Entry;
        int parts = TaskCatalog.Find(sample.Key)!.Parts;
        if (AvUieFields.FrameIndex(sample.Key, entry.Split) is { } frame && (entry.Whole(frame) < 0 || entry.Whole(frame) >= parts))
        {
            Tell(entry, AvUieProblemKind.Range, frame, $"is {entry.Whole(frame)}; a clip of {sample.Key} has the frames 0 to {parts - 1}");
        }

        if (sample.Key == "arig" && entry.Split == AvUieSplit.Train && sample.Reference.FrameIndex is null)
        {
            Tell(entry, AvUieProblemKind.Field, "image_path", $"is {AvUieEntry.Shown(entry.Value("image_path"))}; the name of the file should be the frame's number, as in image/v1/3.png: the authors' loader stops at another");
        }

        if (sample.Reference.Box is { } box && Fault(box) is { } wrong)
        {
            Tell(entry, AvUieProblemKind.Box, "top_left", wrong);
        }

        if (sample.Key == "ave")
        {
            AnswerEvent said = sample.Reference.Events[0];
            if (RangeFault(said, ClipSeconds) is { } range)
            {
                Tell(entry, AvUieProblemKind.Range, said.EndSeconds > ClipSeconds ? "end_time" : "start_time", range);
            }
        }

        switch (sample.Key)
        {
            case "a2v" or "v2a":
                string correct = entry.Printed(AvUieFields.Label(sample.Key)!);
                if (correct is not ("1" or "2"))
                {
                    Tell(entry, AvUieProblemKind.Label, AvUieFields.Label(sample.Key)!, $"is {correct}; expected 1 or 2");
                }

                break;
            case "avqa_thu":
                if (sample.Reference.Options.Count < 2)
                {
                    Tell(entry, AvUieProblemKind.Field, "multi_choice", $"is {AvUieEntry.Shown(entry.Value("multi_choice"))}; expected a list of at least two options, as in ['dog', 'bell']");
                }
                else if (!sample.Reference.Options.Contains(sample.Reference.Label))
                {
                    Tell(entry, AvUieProblemKind.Label, "answer", $"is {entry.Printed("answer")}, which is neither the number (from 0) nor the text of one of the {sample.Reference.Options.Count} options");
                }

                break;
            case "ref_avs" when sample.Reference.Subset is { } subset && subset is not ("test_s" or "test_u" or "test_n"):
                Tell(entry, AvUieProblemKind.Label, "split", $"is {subset}; expected test_s, test_u or test_n");
                break;
            case "unav" or "avvp":
                string field = sample.Target is null ? "event" : AvUieFields.Target(sample.Key);
                foreach (string label in sample.Reference.Events.Select(said => said.Label).Distinct())
                {
                    labels.See(entry, field, label);
                }

                break;
            case "avcap" or "ref_avs" or "ms3" or "s4" or "arig":
                break;
            default:
                labels.See(entry, AvUieFields.Label(sample.Key)!, entry.Printed(AvUieFields.Label(sample.Key)!));
                break;
        }
    }

    private void CheckTarget(AvUieSample sample, string target, double? seconds)
    {
        AvUieEntry entry = sample.Entry;
        string field = AvUieFields.Target(sample.Key);
        void Answer(string message) => Tell(entry, AvUieProblemKind.Answer, field, message);
        if (string.IsNullOrWhiteSpace(target))
        {
            Answer("is empty; there is nothing to learn from");
            return;
        }

        AnswerGrammar grammar = TaskCatalog.Find(sample.Key)!.Grammar;
        ParsedAnswer parsed = AnswerParser.Parse(sample.Key, target);
        // What the task asks for and the text lacks, apart from coordinates, which are looked at below.
        foreach (string problem in parsed.Problems.Where(problem => !problem.Contains("224×224", StringComparison.Ordinal)))
        {
            Answer(problem);
        }

        foreach (AnswerBox box in grammar == AnswerGrammar.FreeText ? [] : parsed.Boxes)
        {
            if (Fault(box) is { } wrong)
            {
                Tell(entry, AvUieProblemKind.Box, field, wrong);
            }
        }

        foreach (AnswerPoint point in grammar == AnswerGrammar.FreeText ? [] : parsed.Points)
        {
            if (Math.Max(point.X, point.Y) >= 224)
            {
                Tell(entry, AvUieProblemKind.Box, field, $"the point [{point.X},{point.Y}] lies outside the 224×224 frame");
            }
        }

        // unav's clips are longer than they count as; where their length is not known, no end is too late.
        double most = sample.Key != "unav" ? ClipSeconds : seconds is { } known ? Math.Max(ClipSeconds, Math.Ceiling(known)) : double.PositiveInfinity;
        foreach (AnswerEvent said in grammar is AnswerGrammar.EventRanges or AnswerGrammar.AudioVisualRanges ? parsed.Events : [])
        {
            if (RangeFault(said, most) is { } range)
            {
                Tell(entry, AvUieProblemKind.Range, field, range);
            }
        }

        Compare(sample, parsed, field);
    }

    // The text and the fields must say the same.
    private void Compare(AvUieSample sample, ParsedAnswer parsed, string field)
    {
        AvUieEntry entry = sample.Entry;
        string? labelField = AvUieFields.Label(sample.Key);
        if (sample.Key == "ave" && parsed.Events is [{ } said, ..])
        {
            AnswerEvent noted = sample.Reference.Events[0];
            if (!parsed.Events.Any(one => LabelSet.Normal(one.Label) == LabelSet.Normal(noted.Label)))
            {
                Tell(entry, AvUieProblemKind.Label, field, $"says “{said.Label}” where event says “{noted.Label}”");
            }
            else if (said.StartSeconds is not null && !parsed.Events.Any(one => one.StartSeconds == noted.StartSeconds && one.EndSeconds == noted.EndSeconds))
            {
                Tell(entry, AvUieProblemKind.Range, field, FormattableString.Invariant($"says {said.StartSeconds} to {said.EndSeconds} where start_time and end_time say {noted.StartSeconds} to {noted.EndSeconds}"));
            }
        }
        else if (labelField is not null && parsed.Choice is { } choice && sample.Reference.Label is { } label && !Same(sample.Key, choice, label))
        {
            Tell(entry, AvUieProblemKind.Label, field, $"answers “{choice}” where {labelField} says “{label}”");
        }
    }

    private static bool Same(string key, string choice, string label) => key switch
    {
        "a2v" or "v2a" => Ordinal(choice) == Ordinal(label),
        // Names of actions are written with and without blanks.
        "ucf" => LabelSet.Normal(choice).Replace("_", "", StringComparison.Ordinal) == LabelSet.Normal(label).Replace("_", "", StringComparison.Ordinal),
        _ => LabelSet.Normal(choice) == LabelSet.Normal(label),
    };

    private static string Ordinal(string word) => word.ToLowerInvariant() switch { "one" or "first" => "1", "two" or "second" => "2", var other => other };

    private static string? Fault(AnswerBox box) => box.X1 >= box.X2 || box.Y1 >= box.Y2 ? $"the box [{box.X1},{box.Y1},{box.X2},{box.Y2}] is reversed or empty"
        : Math.Min(box.X1, box.Y1) < 0 || Math.Max(box.X2, box.Y2) >= 224 ? $"the box [{box.X1},{box.Y1},{box.X2},{box.Y2}] reaches out of the 224×224 frame (0 to 223)"
        : null;

    private static string? RangeFault(AnswerEvent said, double most) => (said.StartSeconds, said.EndSeconds) switch
    {
        ({ } start, { } end) when start >= end => FormattableString.Invariant($"the range {start} to {end} of “{said.Label}” is reversed or empty"),
        ({ } start, { } end) when start < 0 || end > most => FormattableString.Invariant($"the range {start} to {end} of “{said.Label}” lies outside the clip (0 to {most} s)"),
        _ => null,
    };

    private async Task DecodeAsync(int entries, CancellationToken cancellation)
    {
        if (Decoder is not { } reader)
        {
            return;
        }

        string?[] faults = new string?[toDecode.Count];
        int done = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, toDecode.Count), new ParallelOptions { MaxDegreeOfParallelism = Math.Min(4, Environment.ProcessorCount), CancellationToken = cancellation }, async (place, stop) =>
        {
            string field = toDecode[place].Place.Field!;
            try
            {
                ClipProbe probe = await reader.ProbeAsync(toDecode[place].Path, stop);
                faults[place] = field.StartsWith("audio", StringComparison.Ordinal) ? (probe.Sound is null ? "has no sound" : null)
                    : probe.Picture is null ? "has no picture"
                    : field.StartsWith("video", StringComparison.Ordinal) && probe.Kind != ClipKind.Video ? "is no video"
                    : null;
            }
            catch (MediaException fault)
            {
                faults[place] = fault.Message;
            }

            Progress?.Invoke(entries, Interlocked.Increment(ref done));
        });
        foreach ((string? fault, int place) in faults.Select((fault, place) => (fault, place)).Where(one => one.fault is not null))
        {
            AvUieProblem at = toDecode[place].Place;
            Tell(at.Kind, at.File, at.Entry, at.Field, fault!.StartsWith(Path.GetFileName(at.Message), StringComparison.Ordinal) ? fault : $"{at.Message} {fault}");
        }
    }

    private void Tell(AvUieEntry entry, AvUieProblemKind kind, string? field, string message) => Tell(kind, entry.File, entry.Index, field, message);

    private void Tell(AvUieProblemKind kind, string file, int? entry, string? field, string message)
    {
        told[kind] = told.GetValueOrDefault(kind) + 1;
        tell(new AvUieProblem(kind, file, entry, field, message.ReplaceLineEndings(" ")));
    }

    /// <summary>Labels of one key that its set does not have, and where the first of each stands.</summary>
    private sealed class Labels(AvUieChecker checker, LabelSet? set, string key)
    {
        /// <summary>More different labels than any set has: they are free texts, and not compared.</summary>
        private const int Most = 20_000;

        private readonly Dictionary<string, Unknown> unknown = [];
        private HashSet<string>? trained;

        // Keys whose test labels must be those of training, as nothing else says what they may be.
        private bool Learned => set is null && key is "ks" or "ucf";

        public void See(AvUieEntry entry, string field, string label)
        {
            if (set?.Has(label) == true)
            {
                return;
            }

            if (set?.IsLimit == true)
            {
                checker.Tell(entry, AvUieProblemKind.Label, field, $"is “{label}”, which is not in {set.Name}");
                return;
            }

            string normal = LabelSet.Normal(label);
            if (Learned && entry.Split == AvUieSplit.Test && trained?.Contains(normal) == false)
            {
                checker.Tell(entry, AvUieProblemKind.Label, field, $"is “{label}”, which no entry of {AvUieFolder.FileName(key, AvUieSplit.Train)} has");
                return;
            }

            if (unknown.TryGetValue(normal, out Unknown? known))
            {
                unknown[normal] = known with { Count = known.Count + 1 };
            }
            else if (unknown.Count < Most)
            {
                unknown[normal] = new Unknown(1, entry with { Fields = default }, field, label);
            }
        }

        public void EndOf(AvUieSplit split)
        {
            if (split == AvUieSplit.Train && unknown.Count < Most)
            {
                trained = [.. unknown.Keys];
            }
        }

        public void End()
        {
            if (set is null)
            {
                return;
            }

            foreach (Unknown one in unknown.Values.Where(one => one.Count == 1))
            {
                checker.Tell(one.First, AvUieProblemKind.Label, one.Field, $"is “{one.Written}”, which is not among {set.Name}, and no other entry has it");
            }

            string[] shared = [.. unknown.Values.Where(one => one.Count > 1).OrderByDescending(one => one.Count).Select(one => $"{one.Written} ×{one.Count}")];
            if (shared.Length > 0)
            {
                checker.remarks.Add($"{key}: {shared.Length} label{(shared.Length == 1 ? " is" : "s are")} not among {set.Name}, but shared by several entries: {string.Join(", ", shared.Take(10))}{(shared.Length > 10 ? ", …" : "")}. A list {key}/labels.json makes the set a limit.");
            }
        }

        private sealed record Unknown(int Count, AvUieEntry First, string Field, string Written);
    }
}

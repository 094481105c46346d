using System.Globalization;
using System.Text.Json;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Engine.Evaluation;

/// <summary>An evaluation as its folder tells it, whoever made it and however far it is. Reading changes nothing.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Model">The model; null before it was loaded for the first time.</param>
/// <param name="Base">Name and fingerprint of the base.</param>
/// <param name="Adapter">Name and fingerprint of the adapter, or <c>none</c>.</param>
/// <param name="Data">Name of the data set's folder.</param>
/// <param name="DataDigest">The first letters of the SHA-256 of its lists: runs with the same are of the same data.</param>
/// <param name="Split">Which lists.</param>
/// <param name="Tasks">The tasks that were asked for; null: all.</param>
/// <param name="Limit">Most samples of a task.</param>
/// <param name="Seed">The seed.</param>
/// <param name="MaxNewTokens">Longest answer.</param>
/// <param name="Samples">Samples that were chosen; null in folders that do not say it.</param>
public sealed record StoredEvaluation(
    string Folder, EvaluatedModel? Model, string Base, string Adapter, string Data, string DataDigest, AvUieSplit Split, IReadOnlyList<string>? Tasks, int? Limit, int Seed, int MaxNewTokens, int? Samples)
{
    /// <summary>Whether a folder is that of an evaluation.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, EvaluationRun.RecordName));

    /// <summary>Reads what a folder says of its evaluation.</summary>
    /// <exception cref="EvaluationException">It holds none, or something else under that name.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static StoredEvaluation Read(string folder)
    {
        string file = Path.Combine(folder, EvaluationRun.RecordName);
        EvaluationRecord record = File.Exists(file) ? EvaluationRecord.Read(file) : throw new EvaluationException($"{folder} is no folder of an evaluation; expected one with {EvaluationRun.RecordName}, as crab evaluate --out makes it");
        string Said(string name) => record.Identity.TryGetValue(name, out string? value) ? value : throw new EvaluationException($"{file} does not say {name}; it is no record of an evaluation");
        int Number(string name) => int.TryParse(Said(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw new EvaluationException($"{file} says {name} {Said(name)}, which is no number");
        string data = Said("data");
        int digest = data.LastIndexOf(' ');
        return new StoredEvaluation(
            folder,
            record.Model,
            Said("model"),
            Said("adapter"),
            digest < 0 ? data : data[..digest],
            data[(digest + 1)..],
            Said("--split") == "train" ? AvUieSplit.Train : AvUieSplit.Test,
            Said("--tasks") == "all" ? null : Said("--tasks").Split(','),
            Said("--limit") == "not given" ? null : Number("--limit"),
            Number("--seed"),
            Number("--max-new-tokens"),
            record.Samples);
    }

    /// <summary>The samples that are finished, in the order in which they were asked.</summary>
    /// <exception cref="EvaluationException">A line is broken.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public IReadOnlyList<EvaluationLine> Lines()
    {
        string file = Path.Combine(Folder, EvaluationRun.SamplesName);
        return File.Exists(file) ? EvaluationRun.ReadLines(file) : [];
    }

    /// <summary>How many samples are finished, without reading what they say.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public (int Answered, int Unanswered) Count()
    {
        string file = Path.Combine(Folder, EvaluationRun.SamplesName);
        if (!File.Exists(file))
        {
            return (0, 0);
        }

        // A quotation mark inside a text is written with a backslash, so behind a comma there is none but that of a name.
        ReadOnlySpan<byte> error = ",\"error\":"u8;
        int lines = 0, failed = 0;
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] block = new byte[1 << 20];
        int kept = 0;
        for (int read; (read = stream.Read(block, kept, block.Length - kept)) > 0;)
        {
            Span<byte> there = block.AsSpan(0, kept + read);
            int end = there.LastIndexOf((byte)'\n') + 1;
            Span<byte> whole = there[..end];
            lines += whole.Count((byte)'\n');
            failed += whole.Count(error);
            kept = there.Length - end;
            there[end..].CopyTo(block);
            if (kept == block.Length)
            {
                Array.Resize(ref block, 2 * block.Length);
            }
        }

        return (lines - failed, failed);
    }

    /// <summary>The report of a run that came to its end; null while it has not.</summary>
    /// <exception cref="EvaluationException">It is something else than a report.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public EvaluationReport? Report()
    {
        string file = Path.Combine(Folder, EvaluationRun.ReportName);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            EvaluationReport? report = JsonSerializer.Deserialize<EvaluationReport>(stream, EvaluationJson.Line);
            return report is { Facts.Model: not null, Tasks: not null, Unanswered: not null, Remarks: not null } ? report : throw new JsonException();
        }
        catch (JsonException broken)
        {
            throw new EvaluationException($"{file} is no report of an evaluation; take it away, and the same run writes it anew", broken);
        }
    }

    /// <summary>The figures of what is there so far: of the finished samples only, with the baselines of these.</summary>
    /// <param name="lines">The finished samples.</param>
    /// <returns>Null before the model was loaded for the first time.</returns>
    public EvaluationReport? Preview(IReadOnlyList<EvaluationLine> lines)
    {
        if (Model is null)
        {
            return null;
        }

        Dictionary<string, TaskScorer> scorers = lines.GroupBy(line => line.Key).ToDictionary(task => task.Key, task => new TaskScorer(task.Key, [.. task.SelectMany(line => Truths.LabelsOf(line.Key, line.Truth)).Distinct()]));
        return EvaluationReport.Of(new EvaluationFacts(Model, Data, DataDigest, Split, Limit, Seed, MaxNewTokens), key => scorers[key], lines);
    }

    /// <summary>Whether some process works on it at this moment.</summary>
    public bool IsAtWork() => FolderLock.IsHeld(Path.Combine(Folder, EvaluationRun.LockName));
}

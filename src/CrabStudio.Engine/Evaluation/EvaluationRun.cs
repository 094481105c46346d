using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Model;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Engine.Evaluation;

/// <summary>How samples are evaluated.</summary>
/// <param name="Folder">Where <c>samples.jsonl</c> and the reports go.</param>
/// <param name="Model">Which model.</param>
/// <param name="Tasks">The tasks that were asked for; null: all.</param>
/// <param name="Limit">Most samples of a task.</param>
/// <param name="Seed">For the choice of samples, intervals, baselines and examples.</param>
/// <param name="MaxNewTokens">Longest answer.</param>
public sealed record EvaluationOptions(string Folder, ModelOptions Model, IReadOnlyList<string>? Tasks = null, int? Limit = null, int Seed = 0, int MaxNewTokens = 512);

/// <summary>How far a run is.</summary>
/// <param name="Done">Samples that are finished, also by earlier runs.</param>
/// <param name="All">Samples of the evaluation.</param>
/// <param name="Id">The sample that comes next, <c>key:index</c>; null at the end.</param>
/// <param name="SecondsLeft">Time that the rest will take; null where nothing is known yet.</param>
public sealed record EvaluationProgress(int Done, int All, string? Id, double? SecondsLeft);

/// <summary>
/// Asks a model every sample and keeps each answer as soon as it is there: a line is on the disk before the next sample begins, so that
/// a run that is killed loses the sample in work and nothing else. The same options go on in the same folder.
/// </summary>
/// <param name="options">How.</param>
/// <param name="data">The samples.</param>
public sealed class EvaluationRun(EvaluationOptions options, EvaluationData data)
{
    /// <summary>Names of the files of a run.</summary>
    public const string SamplesName = "samples.jsonl", RecordName = "evaluation.json", ReportName = "report.json", PageName = "report.html";

    /// <summary>Name of the file that a run holds as long as it works.</summary>
    internal const string LockName = "evaluation.lock";

    private string SamplesFile => Path.Combine(options.Folder, SamplesName);

    private string RecordFile => Path.Combine(options.Folder, RecordName);

    /// <summary>Asks what is not answered yet, and writes the reports.</summary>
    /// <param name="load">Loads the model; not called when all is answered.</param>
    /// <param name="progress">Told before each sample, and at the end.</param>
    /// <param name="cancellation">Stops; finished samples are kept.</param>
    /// <exception cref="EvaluationException">The folder holds another run, or its files cannot be read.</exception>
    /// <exception cref="ModelException">The model cannot be loaded.</exception>
    /// <exception cref="IOException">The disk is full, or the folder cannot be written.</exception>
    public async Task<EvaluationReport> RunAsync(Func<Task<IAnalysisEngine>> load, Action<EvaluationProgress> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.Folder);
        using FileStream own = Lock();
        EvaluationRecord record = Claim();
        Dictionary<string, EvaluationLine> done = [];
        await using (FileStream file = OpenSamples(done))
        {
            EvaluationItem[] rest = [.. data.Items.Where(item => !done.ContainsKey(item.Id))];
            if (rest.Length > 0 || record.Model is null)
            {
                IAnalysisEngine engine = await load();
                record = record with { Model = Known(engine.Status.Model!), Samples = data.Items.Count };
                Write(RecordFile, record, EvaluationJson.Page);
                await AskAsync(engine, file, rest, done, progress, cancellation);
            }
        }

        progress(new EvaluationProgress(data.Items.Count, data.Items.Count, null, 0));
        EvaluationFacts facts = new(record.Model!, DataName(), data.Digest, data.Split, options.Limit, options.Seed, options.MaxNewTokens);
        EvaluationReport report = EvaluationReport.Of(facts, data, [.. data.Items.Select(item => done[item.Id])]);
        Write(Path.Combine(options.Folder, ReportName), report, EvaluationJson.Page);
        DurableFile.Write(Path.Combine(options.Folder, PageName), stream => stream.Write(Encoding.UTF8.GetBytes(EvaluationPage.Html(report))));
        return report;
    }

    /// <summary>The lines of a run, as far as they are whole.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="EvaluationException">A line that is not the last is broken.</exception>
    public static IReadOnlyList<EvaluationLine> ReadLines(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Read(stream, file).Lines;
    }

    /// <summary>The name under which a run knows a data set.</summary>
    public static string NameOf(AvUieFolder folder)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Root)), name = Path.GetFileName(root);
        return name == "AVUIE_2" && Path.GetFileName(Path.GetDirectoryName(root)) is { Length: > 0 } above ? above : name;
    }

    private async Task AskAsync(IAnalysisEngine engine, FileStream file, EvaluationItem[] rest, Dictionary<string, EvaluationLine> done, Action<EvaluationProgress> progress, CancellationToken cancellation)
    {
        Dictionary<string, (double Seconds, int Count)> pace = done.Values.GroupBy(line => line.Key).ToDictionary(task => task.Key, task => (task.Sum(line => line.Seconds), task.Count()));
        for (int place = 0; place < rest.Length; place++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress(new EvaluationProgress(done.Count, data.Items.Count, rest[place].Id, Left(pace, rest.AsSpan(place))));
            EvaluationLine line = await LineAsync(engine, rest[place], cancellation);
            // One write of the whole line: what a kill leaves of it is cut off by the next run.
            file.Write(JsonSerializer.SerializeToUtf8Bytes(line, EvaluationJson.Line).Append((byte)'\n').ToArray());
            file.Flush(flushToDisk: true);
            done.Add(line.Id, line);
            (double seconds, int count) = pace.GetValueOrDefault(line.Key);
            pace[line.Key] = (seconds + line.Seconds, count + 1);
        }
    }

    private async Task<EvaluationLine> LineAsync(IAnalysisEngine engine, EvaluationItem item, CancellationToken cancellation)
    {
        EvaluationLine line = new(item.Id, item.Key);
        var clock = Stopwatch.StartNew();
        AvUieSample sample;
        try
        {
            sample = data.Load(item);
        }
        catch (AvUieException broken)
        {
            return line with { Error = broken.Message };
        }

        line = line with
        {
            Question = sample.Prompt.Content.OfType<TextItem>().LastOrDefault()?.Text ?? "",
            Media = [.. Truths.MediaOf(sample).Select(path => Path.GetRelativePath(data.Folder.Root, path).Replace('\\', '/'))],
            Expected = sample.Expected ?? sample.Target ?? "",
            Truth = data.TruthOf(sample),
        };
        StringBuilder text = new();
        List<int> ids = [];
        int prompt = 0;
        await foreach (AnalysisEvent happened in engine.AnalyzeAsync(new AnalysisRequest(sample.Prompt, options.MaxNewTokens, CaptureRoutes: false), cancellation))
        {
            switch (happened)
            {
                case PrefillDoneEvent read:
                    prompt = read.Result.PromptTokens;
                    break;
                case TokenEvent token:
                    ids.Add(token.Token.TokenId);
                    text.Append(token.Token.Text);
                    break;
                case FailedEvent failed when engine.Status.State == EngineState.Failed:
                    throw new ModelException(failed.Message);
                case FailedEvent failed:
                    return line with { Error = failed.Message.ReplaceLineEndings(" "), Seconds = clock.Elapsed.TotalSeconds };
                case FinishedEvent finished:
                    if (finished.Reason == FinishReason.Stopped)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        return line with { Error = "the engine was stopped before the answer was whole" };
                    }

                    string said = text.ToString();
                    SampleScore score = data.Scorer(item.Key).Score(line.Truth, said);
                    return line with
                    {
                        Text = said,
                        TokenIds = ids,
                        StoppedByEos = finished.Reason == FinishReason.EndOfText,
                        PromptTokens = prompt,
                        // As long as the model had it: what waits for the questions of others is no slower for it.
                        Seconds = Math.Round(finished.Seconds, 3),
                        Parsed = Parsed(item.Key, said),
                        Answer = score.Answer,
                        Scores = score.Scores,
                    };
            }
        }

        return line with { Error = "the answer ended without saying why" };
    }

    private static JsonObject Parsed(string key, string text)
    {
        JsonObject parsed = JsonSerializer.SerializeToNode(AnswerParser.Parse(key, text), EvaluationJson.Line)!.AsObject();
        parsed.Remove("raw_text");
        return parsed;
    }

    // Each task at its own pace, and at that of all where it has none yet.
    private static double? Left(Dictionary<string, (double Seconds, int Count)> pace, ReadOnlySpan<EvaluationItem> rest)
    {
        int all = pace.Values.Sum(one => one.Count);
        if (all == 0)
        {
            return null;
        }

        double mean = pace.Values.Sum(one => one.Seconds) / all, left = 0;
        foreach (EvaluationItem item in rest)
        {
            left += pace.TryGetValue(item.Key, out (double Seconds, int Count) own) && own.Count > 0 ? own.Seconds / own.Count : mean;
        }

        return left;
    }

    // Held until the end, so that no second run writes between the lines. A process that is killed lets go of it.
    private FileStream Lock() =>
        FolderLock.Take(Path.Combine(options.Folder, LockName), held => new EvaluationException($"another evaluation is at work in {options.Folder}; wait for its end, or give another --out ({held.Message})", held));

    // The folder belongs to one run: what it is made of is written down on the first one, and compared on later ones.
    private EvaluationRecord Claim()
    {
        SortedDictionary<string, string> identity = new(StringComparer.Ordinal)
        {
            ["model"] = ModelFingerprint.OfBase(options.Model),
            ["adapter"] = ModelFingerprint.OfAdapter(options.Model),
            ["--alpha"] = options.Model.Alpha is { } alpha ? FormattableString.Invariant($"{alpha}") : "not given",
            ["--device"] = options.Model.Device,
            ["--precision"] = options.Model.Precision,
            ["data"] = $"{DataName()} {data.Digest[..16]}",
            ["--split"] = data.Split == AvUieSplit.Test ? "test" : "train",
            ["--tasks"] = options.Tasks is null ? "all" : string.Join(',', data.Items.Select(item => item.Key).Distinct()),
            ["--limit"] = options.Limit is { } limit ? FormattableString.Invariant($"{limit}") : "not given",
            ["--seed"] = FormattableString.Invariant($"{options.Seed}"),
            ["--max-new-tokens"] = FormattableString.Invariant($"{options.MaxNewTokens}"),
        };
        if (!File.Exists(RecordFile))
        {
            if (File.Exists(SamplesFile))
            {
                throw new EvaluationException($"{options.Folder} holds {SamplesName} but no {RecordName}, so of which run it is cannot be told; give another --out");
            }

            EvaluationRecord made = new(identity, null, data.Items.Count);
            Write(RecordFile, made, EvaluationJson.Page);
            return made;
        }

        EvaluationRecord record = EvaluationRecord.Read(RecordFile);
        string[] changed = [.. identity.Where(item => record.Identity.GetValueOrDefault(item.Key) != item.Value).Select(item => $"{item.Key} (was {record.Identity.GetValueOrDefault(item.Key, "not given")}, is {item.Value})")];
        return changed.Length == 0 ? record with { Samples = data.Items.Count } : throw new EvaluationException($"{options.Folder} holds a run with another {string.Join(", another ", changed)}; give another --out, or the same options to go on");
    }

    private string DataName() => NameOf(data.Folder);

    // Opens the lines to go on behind them; what was cut off is taken away, and so are samples that could not be asked.
    private FileStream OpenSamples(Dictionary<string, EvaluationLine> done)
    {
        FileStream file = new(SamplesFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            HashSet<string> known = [.. data.Items.Select(item => item.Id)];
            (List<EvaluationLine> lines, long whole) = Read(file, SamplesFile);
            foreach (EvaluationLine line in lines)
            {
                if (!known.Contains(line.Id))
                {
                    throw new EvaluationException($"{SamplesFile} holds the sample {line.Id}, which is none of this evaluation; give another --out");
                }

                if (line.IsAnswered)
                {
                    done[line.Id] = line;
                }
            }

            if (lines.Count > done.Count)
            {
                file.Dispose();
                DurableFile.Write(SamplesFile, stream =>
                {
                    foreach (EvaluationLine line in done.Values)
                    {
                        JsonSerializer.Serialize(stream, line, EvaluationJson.Line);
                        stream.WriteByte((byte)'\n');
                    }
                });
                file = new FileStream(SamplesFile, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
                whole = file.Length;
            }

            file.SetLength(whole);
            file.Position = whole;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // The lines, and where the last whole one ends.
    private static (List<EvaluationLine> Lines, long End) Read(FileStream stream, string file)
    {
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        List<EvaluationLine> lines = [];
        int at = 0;
        for (int end; (end = Array.IndexOf(bytes, (byte)'\n', at)) >= 0; at = end + 1)
        {
            try
            {
                EvaluationLine line = JsonSerializer.Deserialize<EvaluationLine>(bytes.AsSpan(at, end - at), EvaluationJson.Line)!;
                lines.Add(line is { Id: not null, Key: not null } && TaskCatalog.Find(line.Key) is not null ? line : throw new JsonException());
            }
            catch (JsonException broken)
            {
                throw new EvaluationException($"{file}, line {lines.Count + 1}: found something else than a sample of an evaluation; take the line away to ask its sample again", broken);
            }
        }

        return (lines, at);
    }

    private static EvaluatedModel Known(ModelFacts facts) => new(facts.Name, facts.Adapter, facts.Untrained, facts.Parameters, facts.AdapterParameters, facts.Precision, facts.Device);

    private static void Write<T>(string path, T value, JsonSerializerOptions form) => DurableFile.Write(path, stream => JsonSerializer.Serialize(stream, value, form));
}

/// <summary>What a run is made of; kept as <c>evaluation.json</c>, so that a run goes on only as itself.</summary>
/// <param name="Identity">Names and values.</param>
/// <param name="Model">The model; null before it was loaded for the first time.</param>
/// <param name="Samples">Samples that were chosen; null in records that do not say it yet.</param>
internal sealed record EvaluationRecord(SortedDictionary<string, string> Identity, EvaluatedModel? Model, int? Samples = null)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="EvaluationException">It is something else.</exception>
    public static EvaluationRecord Read(string file)
    {
        try
        {
            EvaluationRecord? record = JsonSerializer.Deserialize<EvaluationRecord>(File.ReadAllBytes(file), EvaluationJson.Line);
            return record is { Identity: not null } ? record : throw new JsonException();
        }
        catch (JsonException broken)
        {
            throw new EvaluationException($"{file} is no record of an evaluation; give another folder", broken);
        }
    }
}

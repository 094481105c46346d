using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CrabStudio.Model.Checkpoints;

namespace CrabStudio.Training;

/// <summary>What a run is made of: two runs with the same identity give the same adapter. Kept as <c>training.json</c>, so that a run goes on only as itself.</summary>
internal static class TrainingIdentity
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Names and values.</summary>
    public static SortedDictionary<string, string> Of(TrainingOptions options, string adapterFile, double alpha, string precision, LearningRateSchedule schedule, IReadOnlyList<TrainingSample> samples, IReadOnlyList<IReadOnlyList<int>>? batches)
    {
        string Number(double value) => value.ToString("r", System.Globalization.CultureInfo.InvariantCulture);
        using var data = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TrainingSample sample in samples)
        {
            data.AppendData(JsonSerializer.SerializeToUtf8Bytes(sample));
        }

        foreach (IReadOnlyList<int> batch in batches ?? [])
        {
            data.AppendData(Encoding.ASCII.GetBytes(string.Join(',', batch) + ";"));
        }

        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["base"] = BaseDigest(options.ModelFolder),
            ["first adapter"] = Digest(adapterFile),
            ["data and order"] = Convert.ToHexStringLower(data.GetHashAndReset()),
            ["--rank"] = options.AdapterInit is null ? Number(options.Rank) : "of the first adapter",
            ["--experts"] = options.AdapterInit is null ? Number(options.Experts) : "of the first adapter",
            ["--alpha"] = Number(alpha),
            ["--precision"] = precision,
            ["--dropout"] = Number(options.Dropout),
            ["--lr"] = Number(schedule.Peak),
            ["--warmup-steps"] = Number(schedule.WarmupSteps),
            ["--steps"] = Number(schedule.Steps),
            ["--batch"] = Number(options.BatchSize),
            ["--beta1"] = Number(options.Beta1),
            ["--beta2"] = Number(options.Beta2),
            ["--epsilon"] = Number(options.Epsilon),
            ["--weight-decay"] = Number(options.WeightDecay),
            ["--max-grad-norm"] = Number(options.MaxGradientNorm),
            ["--seed"] = Number(options.Seed),
            ["--freeze-towers"] = options.FreezeTowers ? "yes" : "no",
            ["--pack-clips"] = options.PackClips ? "yes" : "no",
        };
    }

    /// <summary>Writes it on the first run, and compares it on later ones.</summary>
    /// <returns>Keeps other runs out of the folder until it is disposed.</returns>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="identity">Names and values.</param>
    /// <param name="name">Name of the file.</param>
    /// <exception cref="TrainingException">The folder holds another run, and the message names what differs; or one is at work there.</exception>
    public static FileStream Claim(string folder, SortedDictionary<string, string> identity, string name = "training.json")
    {
        FileStream own = Lock(folder);
        try
        {
            Compare(folder, identity, name);
            return own;
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    // Two runs in one folder would write each other's checkpoints.
    private static FileStream Lock(string folder) =>
        FolderLock.Take(Path.Combine(folder, FolderLock.OfTraining), held => new TrainingException($"another run is at work in {folder}; wait for its end or stop it, or give another --out ({held.Message})", held));

    private static void Compare(string folder, SortedDictionary<string, string> identity, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            DurableFile.Write(path, stream => JsonSerializer.Serialize(stream, identity, Indented));
            return;
        }

        Dictionary<string, string> before;
        try
        {
            before = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(path)) ?? [];
        }
        catch (JsonException)
        {
            throw new TrainingException($"{path}: found something else than the record of a run; give another --out.");
        }

        string[] changed = [.. identity.Where(item => before.GetValueOrDefault(item.Key) != item.Value).Select(item => item.Value.Length > 40 ? item.Key : $"{item.Key} (was {before.GetValueOrDefault(item.Key, "not given")}, is {item.Value})")];
        if (changed.Length > 0)
        {
            throw new TrainingException($"{folder}: found a run with another {string.Join(", ", changed)}; give another --out, or the same options to go on.");
        }
    }

    /// <summary>A base is known by its configuration and by names and lengths of its weights: their bytes would take minutes.</summary>
    public static string BaseDigest(string folder)
    {
        string files = string.Join('\n', Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)} {new FileInfo(file).Length}"));
        return Convert.ToHexStringLower(SHA256.HashData([.. File.ReadAllBytes(Path.Combine(folder, "config.json")), .. Encoding.UTF8.GetBytes(files)]));
    }

    /// <summary>SHA-256 of a file.</summary>
    public static string Digest(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}

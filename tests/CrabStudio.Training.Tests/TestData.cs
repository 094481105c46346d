using CrabStudio.Model.Checkpoints;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;
using TorchSharp;

// Random numbers of libtorch belong to the process, so two trainers at once would disturb each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace CrabStudio.Training.Tests;

/// <summary>The tiny base, the miniature data set, and folders that go away.</summary>
internal static class TestData
{
    public static string Model { get; } = Golden.Find("tiny");

    public static string Init { get; } = Golden.Find("vectors/training/init.bin");

    /// <summary>Samples of one still and one sound, and of words only: quick to prepare and to learn.</summary>
    public static TrainingSample[] Quick { get; } =
    [
        new("still:0", new Conversation("", [new ImageItem(Golden.Find("media/still_a.png")), new AudioItem(Golden.Find("media/c_half.wav")), new TextItem("What is this?")]), "A church bell."),
        new("words:0", new Conversation("", [new TextItem("Who barks?")]), "The dog barks."),
        new("sound:0", new Conversation("", [new AudioItem(Golden.Find("media/c_half.wav")), new TextItem("What is heard?")]), "A bell, <answer>one</answer>"),
        new("words:1", new Conversation("", [new TextItem("Name the instrument.")]), "It is a violin."),
        new("words:2", new Conversation("", [new TextItem("Which animal?")]), "<event> Dog </event>"),
    ];

    /// <summary>A new folder below the system's temporary one.</summary>
    public static string NewFolder() => Directory.CreateTempSubdirectory("crab-training-").FullName;

    public static AvUieTrainingSamples Samples(params string[] keys) => new(AvUieFolder.Open(Golden.Find("avuie")), keys.Length == 0 ? null : keys);

    /// <summary>Options for short, repeatable runs on the quick samples.</summary>
    public static TrainingOptions Options(string output) => new()
    {
        ModelFolder = Model,
        OutputFolder = output,
        Rank = 4,
        Experts = 3,
        Dropout = 0.1,
        LearningRate = 2e-3,
        BatchSize = 2,
        Steps = 6,
        WarmupSteps = 1,
        Precision = "fp32",
        Device = "cpu",
        Threads = 1,
        CheckpointEvery = 2,
    };

    /// <summary>Every tensor of an adapter file as float32.</summary>
    public static Dictionary<string, float[]> Adapter(string file)
    {
        using var archive = new TorchArchive(file);
        return archive.Entries.Keys.ToDictionary(name => name, name =>
        {
            using torch.Tensor stored = archive.Read(name, map: false), wide = stored.to(torch.ScalarType.Float32);
            return wide.data<float>().ToArray();
        });
    }

    /// <summary>Runs something on a thread of its own, as a trainer does: scopes and accounts of tensors are kept for each thread.</summary>
    public static Task<T> OnOneThread<T>(Func<T> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}

using System.Globalization;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Training.Tests;

/// <summary>Not a test but a measurement, run by name: tokens of prompt and answer a second, and what packing and frozen towers give.</summary>
public sealed class TrainingBenchmark : IDisposable
{
    private readonly string folder = TestData.NewFolder();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact(Explicit = true)]
    public async Task TokensASecond()
    {
        string model = Environment.GetEnvironmentVariable("CRAB_BENCH_MODEL") ?? Golden.Find("tiny");
        ContentItem[] media = [new VideoItem(Golden.Find("media/clip_a.mp4")), new AudioItem(Golden.Find("media/a10.wav"), "ave")];
        TrainingSample[] samples = [.. Enumerable.Range(0, 4).Select(i => new TrainingSample(
            $"clip:{i}", new Conversation("ave", [.. media, new TextItem($"Please answer this question: what is heard in second {i}?")]), $"A church bell is heard in second {i}. <answer>bell</answer>"))];
        foreach ((string what, bool freeze, bool pack, double dropout) in new[]
        {
            ("all adapters", false, false, 0.1), ("all adapters, no dropout", false, false, 0), ("all adapters, packed", false, true, 0.1),
            ("frozen towers", true, false, 0.1), ("frozen towers, no dropout", true, false, 0), ("frozen towers, packed", true, true, 0.1),
        })
        {
            TrainingOptions options = new()
            {
                ModelFolder = model,
                OutputFolder = Path.Combine(folder, what),
                Rank = 16,
                Dropout = dropout,
                BatchSize = 4,
                Steps = 12,
                Precision = "fp32",
                Device = "cpu",
                Threads = int.TryParse(Environment.GetEnvironmentVariable("CRAB_BENCH_THREADS"), out int threads) ? threads : null,
                FreezeTowers = freeze,
                FeatureFolder = Path.Combine(folder, "features"),
                PackClips = pack,
                CheckpointEvery = 1000,
            };
            var steps = new List<TrainingStep>();
            await TestData.OnOneThread(() =>
            {
                using var trainer = new Trainer(options, samples);
                trainer.Run(steps.Add);
                return 0;
            });
            double[] paces = [.. steps.Skip(3).Select(step => step.Tokens.Sum() / step.Seconds).Order()];
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{what}: {paces[paces.Length / 2]:0} tokens/s (median of {paces.Length} steps of {steps[^1].Tokens.Sum()} tokens; from {paces[0]:0} to {paces[^1]:0})"));
        }
    }
}

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Media;
using CrabStudio.Model;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Testing;
using TorchSharp;

namespace CrabStudio.Training.Tests;

/// <summary>Runs that are stopped, killed, starved and misled.</summary>
public sealed class TrainerTests : IDisposable
{
    private const string OutputVariable = "CRAB_TEST_TRAINING_OUTPUT";

    private readonly string folder = TestData.NewFolder();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task ARunThatIsStoppedAndGoesOnEndsWithTheBitsOfOneThatIsNot()
    {
        string whole = Out("whole"), parted = Out("parted");
        await TrainAsync(TestData.Options(whole));
        using (var stop = new CancellationTokenSource())
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => TrainAsync(TestData.Options(parted), step =>
            {
                if (step.Step == 3)
                {
                    stop.Cancel();
                }
            }, stop.Token));
        }

        Assert.Equal(3, File.ReadAllLines(Path.Combine(parted, "log.jsonl")).Length);
        Assert.False(File.Exists(Path.Combine(parted, AdapterFile.Weights)));
        var seen = new List<int>();
        await TrainAsync(TestData.Options(parted), step => seen.Add(step.Step));
        Assert.Equal([4, 5, 6], seen);
        AssertSame(whole, parted);
    }

    [Fact]
    public async Task ARunThatIsKilledGoesOnWithTheSameCommandAndEndsWithTheSameBits()
    {
        string whole = Out("whole"), killed = Out("killed");
        await TrainAsync(Long(whole));
        using (Process child = Child(killed))
        {
            string log = Path.Combine(killed, "log.jsonl");
            var clock = Stopwatch.StartNew();
            while (!child.HasExited && (!File.Exists(log) || Lines(log) < 5))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "the child did not come to its fifth step");
                await Task.Delay(5);
            }

            child.Kill();
            await child.WaitForExitAsync();
            Assert.NotEqual(0, child.ExitCode);
        }

        Assert.False(File.Exists(Path.Combine(killed, AdapterFile.Weights)), "the child was too fast to be killed");
        // A line cut off in its middle is what a kill may leave.
        await File.AppendAllTextAsync(Path.Combine(killed, "log.jsonl"), "{\"step\": 9, \"sam");
        using (Process child = Child(killed))
        {
            await child.WaitForExitAsync();
            Assert.Equal(0, child.ExitCode);
        }

        AssertSame(whole, killed);
    }

    /// <summary>Not a test but the process that is killed.</summary>
    [Fact(Explicit = true)]
    public async Task TrainsInAProcessOfItsOwn() => await TrainAsync(Long(Environment.GetEnvironmentVariable(OutputVariable)!));

    [Fact]
    public async Task AFullDiskStopsTheRunWithALineAndLeavesTheLastCheckpoint()
    {
        string output = Out("full");
        using (var stop = new CancellationTokenSource())
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => TrainAsync(Long(output), _ => stop.Cancel(), stop.Token));
        }

        byte[] before = await File.ReadAllBytesAsync(Path.Combine(output, TrainingState.FileName));
        // A process that may write no file longer than 500 blocks meets the same error in the middle of a checkpoint as on a full disk.
        string self = string.Join(' ', Arguments().Select(argument => $"'{argument}'"));
        using Process child = Start("bash", ["-c", $"trap '' XFSZ; ulimit -f 500; exec '{Environment.ProcessPath}' {self}"], output, ("DOTNET_EnableWriteXorExecute", "0"));
        string said = await child.StandardOutput.ReadToEndAsync() + await child.StandardError.ReadToEndAsync();
        await child.WaitForExitAsync();
        Assert.NotEqual(0, child.ExitCode);
        Assert.Contains($"{output} could not be written after step 2", said, StringComparison.Ordinal);
        Assert.Contains("The checkpoint after step 1 stays", said, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(output, TrainingState.FileName)));
        Assert.Empty(Directory.EnumerateFiles(output, "*.part"));
    }

    [Fact]
    public async Task ALossThatIsNoNumberStopsTheRunAndNamesTheBatch()
    {
        string output = Out("nan");
        TrainingOptions options = TestData.Options(output) with { LearningRate = 1e30, WarmupSteps = 0, CheckpointEvery = 1 };
        TrainingException stopped = await Assert.ThrowsAsync<TrainingException>(() => TrainAsync(options, batches: [[1, 3], [0, 4]]));
        Assert.StartsWith("step 2: the loss is not a finite number; the batch is still:0, words:2. The checkpoint after step 1 stays", stopped.Message, StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(Path.Combine(output, "log.jsonl")));
        Assert.True(File.Exists(Path.Combine(output, TrainingState.FileName)));
        Assert.False(File.Exists(Path.Combine(output, AdapterFile.Weights)));
    }

    [Fact]
    public async Task AFolderWithAnotherRunIsRefusedWithTheOptionsThatDiffer()
    {
        string output = Out("claimed");
        await TrainAsync(TestData.Options(output) with { Steps = 1 });
        TrainingException refused = await Assert.ThrowsAsync<TrainingException>(() => TrainAsync(TestData.Options(output) with { Steps = 2, LearningRate = 1e-5, Rank = 8 }));
        Assert.True(refused.Message.Contains("--lr (was 0.002, is 1e-05)", StringComparison.Ordinal), refused.Message);
        Assert.Contains("--steps (was 1, is 2)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--rank (was 4, is 8)", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("data and order", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("--seed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoRunsAtOnceInOneFolderAreRefused()
    {
        string refused = "";
        await TrainAsync(TestData.Options(Out("one")), step =>
        {
            if (step.Step == 1)
            {
                refused = Assert.Throws<TrainingException>(() => TrainAsync(TestData.Options(Out("one"))).GetAwaiter().GetResult()).Message;
            }
        });
        Assert.Contains("another run is at work", refused, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Out("one"), "training.lock")));
    }

    [Fact]
    public async Task AClipThatCannotBeReadIsNamedWithItsSample()
    {
        TrainingSample broken = new("ave:7", new Conversation("", [new AudioItem(Path.Combine(folder, "missing.wav")), new TextItem("?")]), "No.");
        TrainingException stopped = await Assert.ThrowsAsync<TrainingException>(() => TrainAsync(TestData.Options(Out("broken")), samples: [broken]));
        Assert.StartsWith("step 1, sample ave:7: ", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("missing.wav", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnswerThatHoldsAMarkerIsRefused()
    {
        TrainingSample broken = new("ks:1", new Conversation("", [new TextItem("?")]), "Yes.<|im_end|>");
        Assert.Contains("ks:1: the answer to be learnt contains <|im_start|> or <|im_end|>", (await Assert.ThrowsAsync<TrainingException>(() => TrainAsync(TestData.Options(Out("marker")), samples: [broken]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAdapterOfOtherShapesIsRefusedWithItsTensors()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        string wrong = Path.Combine(folder, "wrong.bin");
        CrabStudio.Model.Checkpoints.TorchArchiveWriter.Write(wrong, [new("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", torch.zeros(4, 999))]);
        Assert.Contains("do not fit the configuration", (await Assert.ThrowsAsync<ModelException>(() => TrainAsync(TestData.Options(Out("misfit")) with { AdapterInit = wrong }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LearningTheSameSamplesAgainAndAgainLowersTheirLoss()
    {
        var losses = new List<double>();
        await TrainAsync(TestData.Options(Out("learns")) with { Steps = 40, LearningRate = 1e-2, Dropout = 0, CheckpointEvery = 1000 }, step => losses.Add(step.Loss), batches: [[1, 3, 4]]);
        Assert.True(losses[^1] < 0.6 * losses[0], $"from {losses[0]:0.000} to {losses[^1]:0.000}");
    }

    [Fact]
    public async Task PlainLoRAHasNoRouterLearnsAndIsLoadedAsOneExpert()
    {
        string output = Out("plain");
        var losses = new List<double>();
        await TrainAsync(TestData.Options(output) with { Experts = 1, Steps = 12, LearningRate = 1e-2, Dropout = 0 }, step => losses.Add(step.Loss), batches: [[1, 3]]);
        string file = Path.Combine(output, AdapterFile.Weights);
        Assert.DoesNotContain(TestData.Adapter(file).Keys, name => name.Contains("lora_route", StringComparison.Ordinal));
        Assert.True(losses[^1] < losses[0]);
        using Thinker thinker = Thinker.Load(new ModelOptions(TestData.Model, file, Device: "cpu", Precision: "fp32"));
        Assert.Equal((1, 4, 8.0), (thinker.Facts.Experts, thinker.Facts.Rank, thinker.Facts.Alpha));
    }

    [Fact]
    public async Task InBFloat16TheAdapterLearnsToo()
    {
        var losses = new List<double>();
        string output = Out("bf16");
        await TrainAsync(TestData.Options(output) with { Precision = "bf16", Steps = 30, LearningRate = 1e-2, Dropout = 0 }, step => losses.Add(step.Loss), batches: [[1, 3, 4]]);
        Assert.True(losses[^1] < 0.8 * losses[0], $"from {losses[0]:0.000} to {losses[^1]:0.000}");
        using var archive = new Model.Checkpoints.TorchArchive(Path.Combine(output, AdapterFile.Weights));
        Assert.All(archive.Entries.Values, entry => Assert.Equal("BF16", entry.DType));
    }

    [Fact]
    public async Task FrozenTowersStayAsTheyAreAndTheirFeaturesGiveTheSameBitsFromDisk()
    {
        string first = Out("first"), second = Out("second"), features = Path.Combine(folder, "features");
        var options = new Func<string, TrainingOptions>(output => TestData.Options(output) with { FreezeTowers = true, FeatureFolder = features, AdapterInit = TestData.Init });
        await TrainAsync(options(first));
        Assert.Equal(TestData.Quick.Length, Directory.GetFiles(features).Length);
        DateTime[] written = [.. Directory.GetFiles(features).Order().Select(File.GetLastWriteTimeUtc)];
        await TrainAsync(options(second));
        Assert.Equal(written, Directory.GetFiles(features).Order().Select(File.GetLastWriteTimeUtc));
        AssertSame(first, second);
        Dictionary<string, float[]> before = TestData.Adapter(TestData.Init), after = TestData.Adapter(Path.Combine(first, AdapterFile.Weights));
        Assert.All(before, tensor => Assert.Equal(!tensor.Key.Contains(".model.layers.", StringComparison.Ordinal), tensor.Value.SequenceEqual(after[tensor.Key])));
    }

    [Fact]
    public async Task DropoutChangesWhatTheExpertsGetAndNotWhatTheRouterSees()
    {
        PreparedConversation words = await new ConversationPreparer(new MediaReader()).PrepareAsync(TestData.Quick[1].Conversation);
        using Thinker thinker = Thinker.Load(new ModelOptions(TestData.Model, Path.Combine(TestData.Model, "adapter", "finetune_weights.bin"), Device: "cpu", Precision: "fp32"));
        using ModelInput input = thinker.Inputs.Build(words);
        (RouteMatrix plainRoutes, float[] plain) = Pass(0);
        (RouteMatrix droppedRoutes, float[] dropped) = Pass(0.5);
        // The first layer's q, k and v see the embeddings themselves.
        int first = 3 * plainRoutes.Positions * plainRoutes.Experts;
        Assert.Equal(["model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.k_proj", "model.layers.0.self_attn.v_proj"], plainRoutes.Linears.Take(3));
        for (int i = 0; i < first; i++)
        {
            Assert.Equal(plainRoutes.Weights[i], droppedRoutes.Weights[i], 1e-6);
        }

        Assert.True(plain.Zip(dropped, (one, other) => Math.Abs(one - other)).Max() > 1e-3);
        Assert.NotEqual(plainRoutes.Weights, droppedRoutes.Weights);

        (RouteMatrix Routes, float[] Hidden) Pass(double dropout)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            foreach (Model.Checkpoints.AdaptedLinear linear in thinker.Adapters)
            {
                linear.Tensors.Dropout = dropout;
            }

            torch.Tensor hidden = thinker.Forward(input, captureRoutes: true);
            return (thinker.Text.Routes.Take()!, hidden.data<float>().ToArray());
        }
    }

    [Fact]
    public async Task StepsLeaveNoTensorBehind()
    {
        PreparedConversation prepared = await new ConversationPreparer(new MediaReader()).PrepareAsync(TestData.Quick[0].Conversation);
        long left = await TestData.OnOneThread(() =>
        {
            using var trainer = new Trainer(TestData.Options(Out("leak")), TestData.Quick);
            var builder = new ExampleBuilder(trainer.Thinker);
            Learn(1, 3);
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            Learn(4, 12);
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;

            void Learn(int from, int to)
            {
                for (int step = from; step <= to; step++)
                {
                    using TrainingExample example = builder.Build(TestData.Quick[0], prepared);
                    _ = trainer.Step(step, [example]);
                }
            }
        });
        Assert.Equal(0, left);
    }

    [Fact]
    public async Task RoutesAreSummedUpForEverySampleOfTheStepsThatAreWatched()
    {
        string output = Out("watched");
        await TrainAsync(TestData.Options(output) with { RoutesEvery = 2, Steps = 4, Dropout = 0 }, batches: [[0, 1]]);
        JsonElement[] lines = [.. File.ReadLines(Path.Combine(output, "routes.jsonl")).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
        Assert.Equal([(2, "still:0"), (2, "words:0"), (4, "still:0"), (4, "words:0")], lines.Select(line => (line.GetProperty("step").GetInt32(), line.GetProperty("sample").GetString()!)));
        foreach (JsonElement line in lines)
        {
            string[] linears = [.. line.GetProperty("linears").EnumerateArray().Select(linear => linear.GetString()!)];
            // Words alone reach no tower.
            Assert.Equal(line.GetProperty("sample").GetString() == "still:0", linears.Any(linear => linear.StartsWith("audio_tower.", StringComparison.Ordinal)));
            Assert.Equal(linears.Length, line.GetProperty("mean").GetArrayLength());
            Assert.All(line.GetProperty("mean").EnumerateArray(), mean => Assert.Equal(1, mean.EnumerateArray().Sum(weight => weight.GetDouble()), 1e-5));
            Assert.Equal(linears.Length, line.GetProperty("entropy").GetArrayLength());
            Assert.All(line.GetProperty("entropy").EnumerateArray(), entropy => Assert.InRange(entropy.GetDouble(), 0.01, 0.9999));
        }
    }

    [Fact]
    public void EntropyIsOneForUniformWeightsAndZeroForOneExpertAlone()
    {
        TrainingRoutes routes = TrainingRoutes.Of(1, "x", [new RouteMatrix(["a", "b"], 2, 2, [0.5f, 0.5f, 0.5f, 0.5f, 1, 0, 0, 1])]);
        Assert.Equal([1f, 0f], routes.Entropy);
        Assert.Equal([[0.5f, 0.5f], [0.5f, 0.5f]], routes.Mean);
    }

    [Fact]
    public async Task TensorBoardsEventFileHoldsEachStepOnceAlsoAfterAStop()
    {
        string output = Out("events");
        using (var stop = new CancellationTokenSource())
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => TrainAsync(TestData.Options(output) with { Steps = 4 }, step =>
            {
                if (step.Step == 3)
                {
                    stop.Cancel();
                }
            }, stop.Token));
        }

        await TrainAsync(TestData.Options(output) with { Steps = 4 });
        byte[] file = await File.ReadAllBytesAsync(Path.Combine(output, "events.out.tfevents.crab"));
        var records = new List<string>();
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BitConverter.ToInt64(file, at);
            Assert.Equal(Masked(file.AsSpan(at, 8)), BitConverter.ToUInt32(file, at + 8));
            Assert.Equal(Masked(file.AsSpan(at + 12, length)), BitConverter.ToUInt32(file, at + 12 + length));
            records.Add(System.Text.Encoding.Latin1.GetString(file, at + 12, length));
            at += length + 16;
        }

        Assert.Equal(5, records.Count);
        Assert.Contains("brain.Event:2", records[0], StringComparison.Ordinal);
        for (int step = 1; step <= 4; step++)
        {
            // wall_time is field 1 with 8 bytes, step field 2.
            Assert.Equal((0x09, 0x10, step), (records[step][0], records[step][9], records[step][10]));
            Assert.All(["loss", "learning_rate", "grad_norm", "tokens_per_second"], tag => Assert.Contains($"{(char)tag.Length}{tag}", records[step], StringComparison.Ordinal));
        }

        // The check value of CRC-32C.
        Assert.Equal(0xE3069283, EventFile.Crc32C("123456789"u8));

        static uint Masked(ReadOnlySpan<byte> data)
        {
            uint crc = EventFile.Crc32C(data);
            return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8);
        }
    }

    private string Out(string name) => Path.Combine(folder, name);

    private static TrainingOptions Long(string output) => TestData.Options(output) with { Steps = 60, CheckpointEvery = 2, LearningRate = 5e-4 };

    private static Task<int> TrainAsync(
        TrainingOptions options, Action<TrainingStep>? progress = null, CancellationToken cancellation = default, IReadOnlyList<IReadOnlyList<int>>? batches = null, TrainingSample[]? samples = null) =>
        TestData.OnOneThread(() =>
        {
            using var trainer = new Trainer(options, samples ?? TestData.Quick, batches);
            trainer.Run(progress, cancellation);
            return trainer.StepsDone;
        });

    private static void AssertSame(string one, string other)
    {
        foreach (string file in new[] { AdapterFile.Weights, AdapterFile.Config, TrainingState.FileName, "routes.jsonl" })
        {
            Assert.True(File.ReadAllBytes(Path.Combine(one, file)).SequenceEqual(File.ReadAllBytes(Path.Combine(other, file))), $"{file} differs");
        }

        Assert.Equal(Log(one), Log(other));

        static string[] Log(string output) => [.. File.ReadAllLines(Path.Combine(output, "log.jsonl")).Select(line =>
        {
            JsonObject step = JsonNode.Parse(line)!.AsObject();
            step.Remove("seconds");
            return step.ToJsonString();
        })];
    }

    private static int Lines(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Count(c => c == '\n');
    }

    private static string[] Arguments() =>
        [typeof(TrainerTests).Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(TrainerTests).FullName}.{nameof(TrainsInAProcessOfItsOwn)}"];

    private static Process Child(string output) => Start(Environment.ProcessPath!, Arguments(), output);

    private static Process Start(string program, string[] arguments, string output, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[OutputVariable] = output;
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}

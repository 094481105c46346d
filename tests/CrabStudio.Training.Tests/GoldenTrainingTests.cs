using System.Text.Json;
using CrabStudio.Model.Tests;
using CrabStudio.Testing;
using TorchSharp;

namespace CrabStudio.Training.Tests;

/// <summary>The eight steps of <c>vectors/training</c>, run once from the data set's files to the files of the adapter.</summary>
public sealed class GoldenRun : IDisposable
{
    public GoldenRun()
    {
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllText(Golden.Find("vectors/training/steps.json")));
        Reference = [.. reference.RootElement.GetProperty("steps").EnumerateArray().Select(step => step.Clone())];
        string order = Path.Combine(Folder, "order.json");
        File.WriteAllText(order, JsonSerializer.Serialize(Reference.Select(step => step.GetProperty("samples"))));
        using AvUieTrainingSamples samples = TestData.Samples();
        var options = new TrainingOptions
        {
            ModelFolder = TestData.Model,
            OutputFolder = Path.Combine(Folder, "out"),
            AdapterInit = TestData.Init,
            Steps = 8,
            BatchSize = 2,
            LearningRate = 1e-3,
            WarmupSteps = 1,
            Dropout = 0,
            Precision = "fp32",
            SaveAt = [2, 4],
        };
        using var trainer = new Trainer(options, samples, samples.ReadOrder(order));
        trainer.Run(step =>
        {
            Steps.Add(step);
            if (step.Step == 1)
            {
                Gradients = GradientsOf(trainer);
            }
        });
    }

    public string Folder { get; } = TestData.NewFolder();

    public JsonElement[] Reference { get; }

    public List<TrainingStep> Steps { get; } = [];

    public Dictionary<string, float[]> Gradients { get; private set; } = [];

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static Dictionary<string, float[]> GradientsOf(Trainer trainer)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        var gradients = new Dictionary<string, float[]>();
        foreach ((Model.Checkpoints.AdaptedLinear linear, TrainedTensor[] pair) in trainer.Thinker.Adapters.Zip(trainer.Tensors.Chunk(2)))
        {
            foreach ((string name, torch.Tensor gradient) in AdapterFile.Split(linear.Path, pair[0].Gradient, pair[1].Gradient, linear.Tensors.Experts, linear.Tensors.Rank))
            {
                gradients[name] = gradient.contiguous().data<float>().ToArray();
            }
        }

        return gradients;
    }
}

/// <summary>Training as the authors' code trains: <c>vectors/training</c>.</summary>
public sealed class GoldenTrainingTests(GoldenRun run) : IClassFixture<GoldenRun>
{
    private const double TensorTolerance = 2e-5, LossTolerance = 1e-4;

    [Fact]
    public void BatchesHaveTheTokensOfTheReference()
    {
        Assert.Equal(8, run.Steps.Count);
        foreach ((JsonElement reference, TrainingStep step) in run.Reference.Zip(run.Steps))
        {
            Assert.Equal(reference.GetProperty("samples").Deserialize<string[]>(), step.Samples);
            Assert.Equal(reference.GetProperty("tokens").Deserialize<int[]>(), step.Tokens);
            Assert.Equal(reference.GetProperty("loss_tokens").Deserialize<int[]>(), step.LossTokens);
        }
    }

    [Fact]
    public void LossesGradientNormsAndRatesOfEightStepsEqualTheReference()
    {
        foreach ((JsonElement reference, TrainingStep step) in run.Reference.Zip(run.Steps))
        {
            double[] each = reference.GetProperty("loss_per_sample").Deserialize<double[]>()!;
            Relative("loss of a batch (relative)", step, reference.GetProperty("loss").GetDouble(), step.Loss);
            Assert.Equal(each.Length, step.LossPerSample.Count);
            for (int i = 0; i < each.Length; i++)
            {
                Relative("loss of a sample (relative)", step, each[i], step.LossPerSample[i]);
            }

            Relative("gradient norm (relative)", step, reference.GetProperty("grad_norm_before_clip").GetDouble(), step.GradNorm);
            Assert.Equal(reference.GetProperty("learning_rate").GetDouble(), step.LearningRate, 1e-15);
        }

        static void Relative(string what, TrainingStep step, double expected, double found) =>
            Worst.Check(what, $"step {step.Step}", [1f], [(float)(found / expected)], LossTolerance);
    }

    [Fact]
    public void GradientsOfTheFirstStepEqualTheReference()
    {
        Vectors reference = Vectors.Load("vectors/training/step1-gradients.safetensors");
        Compare("gradients of step 1", reference, run.Gradients, all: true);
    }

    [Theory]
    [InlineData("after-step2-part", "step-2/finetune_weights.bin", false)]
    [InlineData("after-step4-part", "step-4/finetune_weights.bin", false)]
    [InlineData("after-step8", "finetune_weights.bin", true)]
    public void TensorsAfterTheStepsEqualTheReference(string vectors, string file, bool all) =>
        Compare($"tensors {vectors.Replace('-', ' ')}", Vectors.Load($"vectors/training/{vectors}.safetensors"), TestData.Adapter(Path.Combine(run.Folder, "out", file)), all);

    [Fact]
    public void TrainingMovesEveryPartOfTheAdapterFarBeyondTheTolerance()
    {
        Dictionary<string, float[]> before = TestData.Adapter(TestData.Init), after = TestData.Adapter(Path.Combine(run.Folder, "out", "finetune_weights.bin"));
        Assert.All(before, tensor => Assert.True(tensor.Value.Zip(after[tensor.Key], (one, other) => Math.Abs(one - other)).Max() > 20 * TensorTolerance, tensor.Key));
    }

    [Fact]
    public void TheLogHasALineForEachStepWithTheFieldsThatTheReferenceNames()
    {
        string[] lines = File.ReadAllLines(Path.Combine(run.Folder, "out", "log.jsonl"));
        Assert.Equal(8, lines.Length);
        foreach ((string line, TrainingStep step) in lines.Zip(run.Steps))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            Assert.Equal(["step", "samples", "loss", "loss_per_sample", "learning_rate", "grad_norm", "tokens", "loss_tokens", "seconds"], json.RootElement.EnumerateObject().Select(field => field.Name));
            Assert.Equal(step.Loss, json.RootElement.GetProperty("loss").GetDouble());
            Assert.True(json.RootElement.GetProperty("seconds").GetDouble() > 0);
        }
    }

    private static void Compare(string what, Vectors reference, Dictionary<string, float[]> found, bool all)
    {
        Assert.NotEmpty(reference.Names);
        if (all)
        {
            Assert.Equal(reference.Names.Order(), found.Keys.Order());
        }

        Assert.All(reference.Names, name => Worst.Check(what, name["base_model.model.".Length..], reference.Floats(name), found[name], TensorTolerance));
    }
}

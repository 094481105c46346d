using System.Diagnostics;
using CrabStudio.Model;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Training.Recipe;
using CrabStudio.World;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Training.Tests;

/// <summary>The stages that make a small model from nothing, on tiny bases.</summary>
public sealed class RecipeTests : IDisposable
{
    private const string OutputVariable = "CRAB_TEST_RECIPE_OUTPUT";

    private readonly string folder = TestData.NewFolder();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task EveryTensorOfEveryStageGetsAGradient()
    {
        await TestData.OnOneThread(() =>
        {
            DefaultRecipe recipe = RecipeData.Finished(RecipeData.Options(Out("model")) with { Clips = (16, 4, 4, 4) });
            using (TowerStage towers = recipe.NewTowers())
            {
                AssertReached(towers, 1, [.. towers.Thinker.BaseTensors.Where(item => TowerStage.IsTower(item.Key)).Select(item => item.Key)], heads: 4);
            }

            using (WordStage reading = recipe.NewReading())
            {
                AssertReached(reading, 1, [.. reading.Thinker.BaseTensors.Where(item => !TowerStage.IsTower(item.Key)).Select(item => item.Key)], heads: 2);
            }

            using (WordStage words = recipe.NewWords())
            {
                AssertReached(words, 1, [.. words.Thinker.BaseTensors.Where(item => !TowerStage.IsTower(item.Key)).Select(item => item.Key)], heads: 4);
            }

            // B is zero at first, so A and R learn from the second time on; the towers' adapters learn in every fourth step.
            using WordStage adapter = recipe.NewAdapter();
            AssertReached(adapter, 8, [.. adapter.Thinker.Adapters.SelectMany(linear => new[] { $"{linear.Path}.route_and_a", $"{linear.Path}.b" })], heads: 0);
            return 0;
        });

        static void AssertReached(RecipeStage stage, int steps, string[] names, int heads)
        {
            for (int step = 0; step < steps; step++)
            {
                stage.Step();
            }

            Assert.Equal(names.Order(), stage.Tensors.Select(tensor => tensor.Name).Where(name => !name.StartsWith(DenseHeads.Prefix, StringComparison.Ordinal)).Order());
            Assert.Equal(names.Length + heads, stage.Tensors.Count);
            Assert.All(stage.Tensors, tensor => Assert.True(tensor.Reached && tensor.Gradient.abs().max().item<float>() > 0, $"{tensor.Name} got no gradient"));
        }
    }

    [Fact]
    public async Task TwoWorkersFindTheGradientsThatOneFinds() => await TestData.OnOneThread(() =>
    {
        float[][][] gradients = [.. new[] { 1, 2 }.Select(workers =>
        {
            DefaultRecipe recipe = RecipeData.Finished(RecipeData.Options(Out($"model{workers}")) with { Clips = (32, 4, 4, 4), Workers = workers });
            using RecipeStage towers = recipe.NewTowers(), words = recipe.NewWords(), adapter = recipe.NewAdapter();
            return new[] { towers, words, adapter }.SelectMany(stage =>
            {
                RecipeStep step = stage.Step();
                Assert.Equal(stage == towers ? 32 : 4, step.Clips);
                return stage.Tensors.Select(tensor => tensor.Gradient.data<float>().ToArray()).ToArray();
            }).ToArray();
        })];
        Assert.Equal(gradients[0].Length, gradients[1].Length);
        Assert.All(gradients[0].Zip(gradients[1]), pair => Assert.InRange(pair.First.Zip(pair.Second, (one, other) => Math.Abs(one - other)).Max(), 0, 1e-5f + (1e-4f * pair.First.Max(Math.Abs))));
        return 0;
    });

    [Fact]
    public async Task TowersLearnAHandfulOfScenesByHeart() => await TestData.OnOneThread(() =>
    {
        using TowerStage stage = RecipeData.Recipe(RecipeData.Options(Out("model")) with { Steps = (40, 1, 1, 1), Clips = (6, 1, 1, 1), Distinct = 1, CheckpointEvery = 1e9 }).NewTowers();
        AssertFell(stage, 0.5, step => step.Losses.Values.Sum());
        return 0;
    });

    [Fact]
    public async Task TheDecoderLearnsAHandfulOfScenesByHeart() => await TestData.OnOneThread(() =>
    {
        using WordStage stage = RecipeData.Finished(RecipeData.Options(Out("model")) with { Steps = (1, 1, 100, 1), Clips = (1, 1, 2, 1), Distinct = 1, CheckpointEvery = 1e9 }).NewWords();
        AssertFell(stage, 0.5, step => step.Losses["words"]);
        return 0;
    });

    [Fact]
    public async Task TheAdapterLearnsAHandfulOfScenesByHeart() => await TestData.OnOneThread(() =>
    {
        using WordStage stage = RecipeData.Finished(RecipeData.Options(Out("model")) with { Steps = (1, 1, 1, 100), AdapterRate = 1e-2, Clips = (1, 1, 1, 1), Distinct = 1, CheckpointEvery = 1e9 }).NewAdapter();
        // The base is random and speaks softly, and an adapter does not reach its output layer.
        AssertFell(stage, 0.8, step => step.Losses["words"]);
        return 0;
    });

    [Fact]
    public async Task ARecipeThatIsKilledGoesOnAndEndsWithTheSameBits()
    {
        string whole = Out("whole"), killed = Out("killed");
        var said = new List<string>();
        await TestData.OnOneThread(() =>
        {
            RecipeData.Recipe(Short(whole)).Run(said.Add);
            RecipeData.Recipe(Short(killed));
            return 0;
        });
        Assert.Equal(["the model is in " + whole], said);
        int kills = 0;
        foreach (string stage in new[] { "towers", "reading", "words", "adapter" })
        {
            using Process child = Child(killed);
            string log = Path.Combine($"{killed}.work", stage, "log.jsonl");
            var clock = Stopwatch.StartNew();
            while (!child.HasExited && (!File.Exists(log) || Lines(log) < 3))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"the child did not come to the third step of {stage}");
                await Task.Delay(5);
            }

            child.Kill();
            await child.WaitForExitAsync();
            kills += child.ExitCode == 0 ? 0 : 1;
        }

        Assert.Equal(4, kills);
        Assert.False(BaseFolder.IsWhole(killed));
        using (Process child = Child(killed))
        {
            await child.WaitForExitAsync();
            Assert.Equal(0, child.ExitCode);
        }

        string[] files = [.. Directory.EnumerateFiles(whole, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(whole, file)).Order()];
        Assert.Equal(14, files.Length);
        Assert.Equal(files, Directory.EnumerateFiles(killed, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(killed, file)).Order());
        // What was done is the same; how long it took is not.
        Assert.Equal(Timeless(whole), Timeless(killed));
        Assert.All(files.Where(file => file != RecipeFacts.FileName), file => Assert.True(File.ReadAllBytes(Path.Combine(whole, file)).SequenceEqual(File.ReadAllBytes(Path.Combine(killed, file))), $"{file} differs"));
    }

    private static IEnumerable<RecipeStageFacts> Timeless(string folder) => RecipeFacts.Load(folder).Stages.Select(stage => stage with { Hours = 0 });

    /// <summary>Not a test but the process that is killed.</summary>
    [Fact(Explicit = true)]
    public async Task MakesAModelInAProcessOfItsOwn() => await TestData.OnOneThread(() =>
    {
        RecipeData.Recipe(Short(Environment.GetEnvironmentVariable(OutputVariable)!)).Run();
        return 0;
    });

    [Fact]
    public async Task TheWrittenModelLoadsAndSaysWhatItSaidInTraining() => await TestData.OnOneThread(() =>
    {
        DefaultRecipe recipe = RecipeData.Finished(RecipeData.Options(Out("model")) with { Steps = (1, 1, 3, 5) });
        float[][] trained, adapted;
        TrainingSample asked = RecipeWorld.Samples(SceneMix.Unseen("ave", 0, 1), "ave")[0];
        var world = new RecipeWorld(RecipeData.Hear);
        PreparedConversation prepared = world.Prepare(SceneMix.Unseen("ave", 0, 1), asked.Conversation);
        string said;
        using (WordStage words = recipe.NewWords())
        {
            words.Run();
            words.Write(recipe.Reading, recipe.Speaking);
            trained = Logits(words.Thinker, asked, prepared);
        }

        using (WordStage adapter = recipe.NewAdapter())
        {
            adapter.Run();
            adapter.Write(recipe.Speaking, recipe.Adapter);
            adapted = Logits(adapter.Thinker, asked, prepared);
            said = adapter.Answer(prepared);
        }

        string file = Path.Combine(recipe.Adapter, AdapterFile.Weights);
        using (var plain = Thinker.Load(new ModelOptions(recipe.Speaking, Device: "cpu", Precision: "fp32")))
        {
            AssertNear(trained, Logits(plain, asked, prepared));
        }

        using var loaded = Thinker.Load(new ModelOptions(recipe.Speaking, file, Device: "cpu", Precision: "fp32"));
        AssertNear(adapted, Logits(loaded, asked, prepared));
        Assert.Equal(8, loaded.Facts.Rank * 2);
        Assert.False(loaded.Facts.Untrained);
        using ModelInput input = loaded.Inputs.Build(prepared);
        using TokenGeneration generation = loaded.Begin(input, new GenerationSettings(200));
        string again = "";
        while (generation.Next() is { } token)
        {
            again += token.Text;
        }

        Assert.Equal(said, again);
        // The adapter has learnt: it is not the base that speaks.
        Assert.True(trained[0].Zip(adapted[0], (one, other) => Math.Abs(one - other)).Max() > 1e-3);
        return 0;
    });

    [Fact]
    public async Task QuestionsThatShareAPassGetTheLogitsThatTheyGetAlone() => await TestData.OnOneThread(() =>
    {
        using WordStage stage = RecipeData.Finished(RecipeData.Options(Out("model"))).NewWords();
        var builder = new ExampleBuilder(stage.Thinker);
        var world = new RecipeWorld(RecipeData.Hear);
        int questions = 0;
        foreach (string key in new[] { "avqa_thu", "a2v", "v2a", "ms3", "avvp" })
        {
            Scene scene = SceneMix.Unseen(key, 3, 5);
            TrainingSample[] samples = [.. RecipeWorld.Samples(scene, key)];
            samples = [.. samples, .. Probes.About(scene, samples[0], 3, RandomNumbers.For(1, key))];
            using var first = builder.Build(samples[0], world.Prepare(scene, samples[0].Conversation));
            TrainingExample[] beside = [.. samples.Skip(1).Select(sample => builder.BuildBeside(sample, first))];
            using IDisposable noGradients = no_grad();
            using DisposeScope scope = NewDisposeScope();
            PackedExample packed = PackedExample.Of([first, .. beside])!;
            Tensor[] together = stage.Logits(new Pass(packed, null));
            foreach ((TrainingSample sample, int place) in samples.Select((sample, place) => (sample, place)))
            {
                using TrainingExample alone = builder.Build(sample, world.Prepare(scene, sample.Conversation));
                Assert.Equal(alone.Input.InputIds, packed.Parts[place].Example.Input.InputIds);
                Tensor apart = stage.Logits(new Pass(PackedExample.Alone(alone), null))[0];
                Assert.InRange((apart - together[place]).abs().max().item<float>(), 0, 1e-4f);
                questions++;
            }

            Array.ForEach(beside, example => example.Dispose());
        }

        Assert.True(questions >= 15, $"{questions}");
        return 0;
    });

    [Fact]
    public async Task EveryMediaTokenOfEveryTaskHasItsTruth() => await TestData.OnOneThread(() =>
    {
        using WordStage stage = RecipeData.Finished(RecipeData.Options(Out("model"))).NewWords();
        var world = new RecipeWorld(RecipeData.Hear);
        foreach (TaskDefinition task in TaskCatalog.All)
        {
            Scene scene = SceneMix.Unseen(task.Key, 1, 3);
            PreparedConversation prepared = world.Prepare(scene, RecipeWorld.Samples(scene, task.Key)[0].Conversation);
            using ModelInput input = stage.Thinker.Inputs.Build(prepared);
            DenseTruth truth = RecipeWorld.TruthOf(scene, prepared);
            Assert.Equal(input.Spans.Where(span => span.Part is PromptPart.Video or PromptPart.Image).Sum(span => span.Length), truth.Cells);
            Assert.Equal(input.Spans.Where(span => span.Part == PromptPart.Audio).Sum(span => span.Length), truth.Sounds);
            Assert.Contains(1, truth.Present);
            Assert.Contains(1, truth.Heard);
            // A tone is louder in the very tokens that the truth says it is in.
            float[] samples = prepared.Sounds.SelectMany(sound => sound.Samples).ToArray();
            for (int token = 0; token < truth.Sounds; token++)
            {
                bool loud = samples.AsSpan(token * 640, 640).ToArray().Max(Math.Abs) > 0.02, heard = Enumerable.Range(0, DenseTruth.Labels).Any(label => truth.Heard[(token * DenseTruth.Labels) + label] == 1);
                // At an edge a token may be half of either.
                bool steady = samples.AsSpan(token * 640, 40).ToArray().Max(Math.Abs) > 0.005 == samples.AsSpan((token * 640) + 600, 40).ToArray().Max(Math.Abs) > 0.005;
                Assert.True(!steady || loud == heard, $"{task.Key}, token {token}");
            }
        }

        return 0;
    });

    [Fact]
    public async Task EveryPassOfAStepHasAsManyTruthsAsMediaTokens() => await TestData.OnOneThread(() =>
    {
        using WordStage stage = RecipeData.Finished(RecipeData.Options(Out("model"))).NewWords();
        var keys = new HashSet<string>();
        for (int clip = 0; clip < 60; clip++)
        {
            using Pass pass = stage.Clip(RandomNumbers.For(clip, "clip"));
            keys.Add(pass.Packed.First.Sample.Conversation.TaskKey);
            Assert.InRange(pass.Packed.Parts.Count, 2, 8);
            Assert.Equal(pass.Packed.First.Input.Spans.Where(span => span.Part is PromptPart.Video or PromptPart.Image).Sum(span => span.Length), pass.Truth!.Cells);
            Assert.Equal(pass.Packed.First.Input.Spans.Where(span => span.Part == PromptPart.Audio).Sum(span => span.Length), pass.Truth.Sounds);
        }

        Assert.True(keys.Count > 12, $"{keys.Count}");
        return 0;
    });

    [Fact]
    public async Task TheDefaultModelHasTheSizesOfItsPlanAndFitsIntoSixteenMegabytes() => await TestData.OnOneThread(() =>
    {
        DefaultRecipe recipe = new(new RecipeOptions { OutputFolder = Out("model") }, RecipeData.Hear);
        int tokens = recipe.WriteFirst();
        Assert.InRange(tokens, 900, 976);
        string adapter = Path.Combine(recipe.First, "adapter");
        AdapterFile.WriteNew(adapter, ThinkerConfig.Load(recipe.First), 16, 32, 3, 0, 1);
        using var thinker = Thinker.Load(new ModelOptions(recipe.First, Path.Combine(adapter, AdapterFile.Weights), Device: "cpu", Precision: "fp32"));
        Assert.InRange(thinker.Facts.Parameters, 4_800_000, 4_900_000);
        Assert.InRange(thinker.Facts.AdapterParameters, 800_000, 950_000);
        // The new adapter is in float32; a trained one takes half of that.
        long size = Directory.EnumerateFiles(recipe.First).Sum(file => new FileInfo(file).Length) + (new FileInfo(Path.Combine(adapter, AdapterFile.Weights)).Length / 2);
        Assert.InRange(size, 11_000_000, 16_000_000);
        return 0;
    });

    [Fact]
    public async Task WhatIsMeasuredOnUnseenClipsIsTheSameEachTime() => await TestData.OnOneThread(() =>
    {
        DefaultRecipe recipe = RecipeData.Finished(RecipeData.Options(Out("model")));
        using (TowerStage towers = recipe.NewTowers())
        {
            IReadOnlyDictionary<string, double> seen = towers.Measure(20);
            Assert.Equal(["colour", "edge error in pixels", "face", "motion", "present F", "sound F", "voice"], seen.Keys.Order());
            Assert.All(seen.Where(item => item.Key != "edge error in pixels"), item => Assert.InRange(item.Value, 0, 1));
            Assert.Equal(seen, towers.Measure(20));
        }

        using WordStage words = recipe.NewWords();
        IReadOnlyDictionary<string, double> said = words.Measure(1);
        Assert.Equal(20, said.Count);
        Assert.All(said.Values, score => Assert.InRange(score, 0, 1));
        return 0;
    });

    [Fact]
    public void ARightAnswerScoresOneAndAnothersAnswerLess()
    {
        foreach (TaskDefinition task in TaskCatalog.All)
        {
            string[] targets = [.. Enumerable.Range(0, 12).Select(index => RecipeWorld.Samples(SceneMix.Unseen(task.Key, index, 11), task.Key)[0].Target)];
            Assert.All(targets, target => Assert.Equal(1, AnswerScore.Of(task.Key, target, target), 1e-9));
            Assert.True(targets.Skip(1).Average(target => AnswerScore.Of(task.Key, target, targets[0])) < 0.95, task.Key);
            Assert.InRange(AnswerScore.Of(task.Key, "", targets[0]), 0, 0);
        }
    }

    [Fact]
    public void ARunWithoutTimeIsRefused() =>
        Assert.Contains("--hours", Assert.Throws<TrainingException>(() => new DefaultRecipe(new RecipeOptions { OutputFolder = Out("model"), Hours = double.NaN }, RecipeData.Hear)).Message, StringComparison.Ordinal);

    private static RecipeOptions Short(string output) => RecipeData.Options(output) with { Steps = (8, 4, 8, 8), Clips = (2, 1, 1, 1) };

    private static void AssertFell(RecipeStage stage, double to, Func<RecipeStep, double> loss)
    {
        var losses = new List<double>();
        stage.Run(step => losses.Add(loss(step)));
        Assert.True(losses[^1] < losses[0] * to, $"from {losses[0]} to {losses[^1]}");
    }

    private static float[][] Logits(Thinker thinker, TrainingSample sample, PreparedConversation prepared)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using TrainingExample example = new ExampleBuilder(thinker).Build(sample, prepared);
        Tensor logits = thinker.Text.Logits(thinker.Text.Norm(thinker.Forward(example.Input)));
        return [.. Enumerable.Range(0, (int)logits.shape[0]).Select(row => logits[row].data<float>().ToArray())];
    }

    private static void AssertNear(float[][] one, float[][] other) =>
        Assert.InRange(one.Zip(other, (a, b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max()).Max(), 0, 1e-4f);

    private static int Lines(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Count(c => c == '\n');
    }

    private static Process Child(string output)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(RecipeTests).Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(RecipeTests).FullName}.{nameof(MakesAModelInAProcessOfItsOwn)}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[OutputVariable] = output;
        return Process.Start(start)!;
    }

    private string Out(string name) => Path.Combine(folder, name);
}

using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Layers;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Model;
using CrabStudio.Tasks;
using CrabStudio.World;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// Stages 1 to 3: answers in words. Without an adapter the decoder learns on frozen towers, with heads on its middle layer: first
/// in drills in words alone and in looks at pictures without their sounds, then in tasks with a few of both beside. With one, the
/// adapter learns on a frozen base. Questions of a clip share a pass.
/// </summary>
internal sealed class WordStage : RecipeStage
{
    private const double MiddleShare = 0.3;

    // How far a clip's sound tokens are moved together, where their root mean square is 0.5: voices are few, and each would be known by heart.
    private const float SoundShift = 0.15f;
    private const int TowersEvery = 4, AnswerTokens = 200;

    // Passes beside the clips of a step, and questions of a look.
    private const int DrillsBeside = 1, LooksBeside = 2, QuestionsOfALook = 8, ConclusionsOfADrill = 5;

    private readonly RecipeWorld world;
    private readonly ExampleBuilder builder;
    private readonly DenseHeads? heads;
    private readonly Func<int, int, Scene>? lesson;
    private readonly bool adapts, reads;
    private readonly string middle;

    /// <summary>Loads a base, and an adapter where one is to learn, and takes up a run that was stopped.</summary>
    /// <param name="options">How.</param>
    /// <param name="baseFolder">The base.</param>
    /// <param name="adapterFile">The adapter to begin with; null: the decoder learns.</param>
    /// <param name="world">Scenes.</param>
    /// <param name="reads">Whether there are drills and looks alone, and no clip.</param>
    /// <param name="lesson">Which scene a clip of a step is, by step from 1 and clip from 0; only its own task is asked. Null: scenes and what else is asked about them are drawn from the stage's mix.</param>
    public WordStage(StageOptions options, string baseFolder, string? adapterFile, RecipeWorld world, bool reads = false, Func<int, int, Scene>? lesson = null)
        : base(options, Thinker.Load(new ModelOptions(baseFolder, adapterFile, Device: "cpu", Precision: "fp32")), baseFolder)
    {
        (this.world, builder, this.lesson, this.reads, adapts) = (world, new ExampleBuilder(Thinker), lesson, reads, adapterFile is not null);
        middle = $"text.layer{Thinker.Config.Text.Layers / 2}";
        if (adapts)
        {
            foreach (AdaptedLinear linear in Thinker.Adapters)
            {
                Train($"{linear.Path}.route_and_a", linear.Tensors.RouteAndA);
                Train($"{linear.Path}.b", linear.Tensors.B);
            }
        }
        else
        {
            heads = new DenseHeads(Thinker.Config.Text.HiddenSize, options.Seed);
            // Where nothing is heard, the head that listens learns nothing.
            foreach ((string name, Tensor values) in Thinker.BaseTensors.Where(item => !TowerStage.IsTower(item.Key)).Concat(heads.Tensors.Where(head => !reads || !head.Key.StartsWith(DenseHeads.Sound, StringComparison.Ordinal))))
            {
                Train(name, values);
            }
        }

        Open();
    }

    /// <inheritdoc/>
    protected override (IReadOnlyDictionary<string, double> Losses, int Clips, int Questions, int Tokens) Learn(int step)
    {
        int clips = reads ? 0 : Options.Clips, drills = adapts ? 0 : reads ? Options.Clips / 2 : DrillsBeside, looks = adapts ? 0 : reads ? Options.Clips - drills : LooksBeside, passes = clips + drills + looks;
        Pass Drawn(int piece) => piece >= clips + drills ? Look(Random(step, $"look {piece - clips - drills}"))
            : piece >= clips ? Drills(Random(step, $"drills {piece - clips}"))
            : lesson is null ? Clip(Random(step, $"clip {piece}"))
            : Clip(lesson(step, piece));
        var all = new Pass[passes];
        try
        {
            Workers.Run(Options.Workers, passes, piece => all[piece] = Drawn(piece));
            int lossTokens = all.Sum(pass => pass.Packed.Parts.Sum(part => part.Example.LossTokens));
            var losses = new List<(string Name, double Loss, double Weight)>[passes];
            Workers.Run(Options.Workers, passes, piece => losses[piece] = Learn(all[piece], step, lossTokens));
            return (
                losses.SelectMany(list => list).GroupBy(item => item.Name).ToDictionary(same => same.Key, same => same.Sum(item => item.Loss) / same.Sum(item => item.Weight)),
                clips, all.Sum(pass => pass.Packed.Parts.Count), all.Sum(pass => pass.Packed.Parts[^1].Offset + pass.Packed.Parts[^1].Example.Tokens));
        }
        finally
        {
            Array.ForEach(all, pass => pass?.Dispose());
        }
    }

    /// <summary>A clip with its questions, as a step sees it.</summary>
    internal Pass Clip(RandomNumbers random)
    {
        Scene scene = (adapts ? SceneMix.Tasks : SceneMix.Words).Draw(random, adapts ? 4 : 3);
        List<TrainingSample> samples = [.. RecipeWorld.Samples(scene, scene.Options.Key)];
        string media = RecipeWorld.MediaOf(samples[0].Conversation);
        // What else is asked about these very media.
        string[] others = [.. TaskCatalog.All.Select(task => task.Key).Where(key => key != scene.Options.Key)];
        for (int tries = 0, more = adapts ? 3 : 1; tries < 12 && more > 0; tries++)
        {
            string key = others[random.Below(others.Length)];
            if (samples.All(sample => sample.Conversation.TaskKey != key) && RecipeWorld.Samples(scene, key) is [{ } sample, ..] && RecipeWorld.MediaOf(sample.Conversation) == media)
            {
                samples.Add(sample);
                more--;
            }
        }

        if (!adapts)
        {
            samples.AddRange(Probes.About(scene, samples[0], samples.Count == 1 ? 3 : 4, random));
        }

        PreparedConversation prepared = world.Prepare(scene, samples[0].Conversation, RecipeWorld.Tilt(random));
        float[] shift = [.. Enumerable.Range(0, Thinker.Config.Text.HiddenSize).Select(_ => (float)(SoundShift * random.Normal()))];
        return new Pass(Pack(samples, prepared), adapts ? null : RecipeWorld.TruthOf(scene, prepared), shift);
    }

    /// <summary>A clip with the questions of its own task alone.</summary>
    internal Pass Clip(Scene scene)
    {
        TrainingSample[] samples = RecipeWorld.Samples(scene, scene.Options.Key);
        return new Pass(Pack(samples, world.Prepare(scene, samples[0].Conversation)), null);
    }

    /// <summary>Drills in words alone, as a step sees them.</summary>
    internal Pass Drills(RandomNumbers random)
    {
        Scene scene = SceneMix.Words.Draw(random, 1);
        string[] texts = [.. RecipeWorld.Samples(scene, scene.Options.Key).Take(2).Select(sample => random.Below(2) == 0 ? sample.Target : ((TextItem)sample.Conversation.Content[^1]).Text)];
        IEnumerable<TrainingSample> concluded = Enumerable.Range(0, ConclusionsOfADrill).Select(_ => SceneMix.Conclusions.Draw(random, 1))
            .SelectMany(one => RecipeWorld.Samples(one, one.Options.Key).Take(1)).Select(Probes.Conclusion).OfType<TrainingSample>();
        TrainingSample[] drills = [.. Probes.Drills(texts, random), .. concluded];
        return new Pass(Pack(drills, new PreparedConversation(drills[0].Conversation, [], [], [])), null);
    }

    /// <summary>A picture without its sounds, as a step sees it.</summary>
    internal Pass Look(RandomNumbers random) => Look(SceneMix.Looks.Draw(random, 1), random);

    private Pass Look(Scene scene, RandomNumbers random)
    {
        TrainingSample[] looks = [.. Probes.Looks(scene, RecipeWorld.Samples(scene, scene.Options.Key)[0], QuestionsOfALook, random)];
        PreparedConversation prepared = world.Prepare(scene, looks[0].Conversation);
        return new Pass(Pack(looks, prepared), RecipeWorld.TruthOf(scene, prepared));
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Measure(int clips)
    {
        if (reads)
        {
            return MeasureReading(clips);
        }

        (string Key, int Index)[] asked = [.. TaskCatalog.All.SelectMany(task => Enumerable.Range(0, clips).Select(index => (task.Key, index)))];
        var scores = new double[asked.Length];
        Workers.Run(Options.Workers, asked.Length, place =>
        {
            Scene scene = SceneMix.Unseen(asked[place].Key, asked[place].Index, Options.Seed);
            TrainingSample sample = RecipeWorld.Samples(scene, asked[place].Key)[0];
            scores[place] = AnswerScore.Of(asked[place].Key, Answer(world.Prepare(scene, sample.Conversation)), sample.Target);
        });
        var means = asked.Select((one, place) => (one.Key, Score: scores[place])).GroupBy(item => item.Key).ToDictionary(same => same.Key, same => same.Average(item => item.Score));
        means["mean of the keys"] = means.Values.Average();
        return means;
    }

    // The share of drills, and of looks at unseen pictures, of which every token is the likeliest one, by kind.
    private Dictionary<string, double> MeasureReading(int passes)
    {
        var found = new List<(string Kind, bool Right)>[2 * passes];
        Workers.Run(Options.Workers, found.Length, place =>
        {
            using IDisposable noGradients = no_grad();
            using DisposeScope scope = NewDisposeScope();
            RandomNumbers random = Random($"unseen {place}");
            (string key, _) = SceneMix.Looks.Shares[place / 2 % SceneMix.Looks.Shares.Count];
            using Pass pass = place % 2 == 0 ? Drills(random) : Look(SceneMix.Unseen(key, place, Options.Seed), random);
            found[place] = [.. pass.Packed.Parts.Zip(Logits(pass), (part, said) => (
                string.Join(' ', part.Example.Sample.Name.Split(':')[..2]),
                said.argmax(1).data<long>().ToArray().AsSpan().SequenceEqual(part.Example.Input.InputIds.AsSpan(part.Example.LossBegin, part.Example.LossTokens))))];
        });
        return found.SelectMany(list => list).GroupBy(one => one.Kind).ToDictionary(same => same.Key, same => same.Average(one => one.Right ? 1.0 : 0));
    }

    /// <summary>The greedy answer.</summary>
    public string Answer(PreparedConversation prepared)
    {
        using ModelInput input = Thinker.Inputs.Build(prepared);
        using TokenGeneration generation = Thinker.Begin(input, new GenerationSettings(AnswerTokens, CaptureRoutes: false));
        string text = "";
        while (generation.Next() is { } token)
        {
            text += token.Text;
        }

        return text;
    }

    /// <summary>Logits [tokens to be learnt, vocabulary] of each question of a pass, as training computes them, in the caller's dispose scope.</summary>
    internal Tensor[] Logits(Pass pass, TowerFeatures? features = null, Action<string, Tensor>? trace = null)
    {
        Tensor hidden = Thinker.Forward(pass.Packed.Join(), features, trace: trace);
        // A token is foretold by the position before it.
        return [.. pass.Packed.Parts.Select(part => Thinker.Text.Logits(Thinker.Text.Norm(hidden.narrow(0, part.Offset + part.Example.LossBegin - 1, part.Example.LossTokens))))];
    }

    /// <summary>Brings the trained tensors to bfloat16 and writes what is learnt: the base with everything beside it, or the adapter's two files.</summary>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public void Write(string from, string to)
    {
        foreach (TrainedTensor tensor in Tensors)
        {
            BaseFolder.Round(tensor.Value);
        }

        if (!adapts)
        {
            BaseFolder.CopyBeside(from, to);
            BaseFolder.Write(to, Thinker.BaseTensors);
            return;
        }

        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        AdapterTensors any = Thinker.Adapters[0].Tensors;
        AdapterFile.Write(
            to, [.. Thinker.Adapters.SelectMany(linear => AdapterFile.Split(linear.Path, linear.Tensors.RouteAndA.to(ScalarType.BFloat16), linear.Tensors.B.to(ScalarType.BFloat16), any.Experts, any.Rank))],
            any.Rank, any.Scale * any.Rank, any.Experts, 0);
    }

    private List<(string Name, double Loss, double Weight)> Learn(Pass pass, int step, int lossTokens)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelInput media = pass.Packed.First.Input;
        TowerFeatures? features = null;
        if (!adapts || step % TowersEvery != 0)
        {
            using IDisposable noGradients = no_grad();
            features = Thinker.Perceive(media, new ForwardContext());
            if (pass.SoundShift is { } shift && features.Audio is { } sound)
            {
                features = features with { Audio = sound.Plus(tensor(shift)) };
            }
        }

        Tensor? inside = null;
        Tensor[] logits = Logits(pass, features, pass.Truth is null ? null : (name, value) => inside = name == middle ? value.alias().DetachFromDisposeScope() : inside);
        using Tensor? kept = inside;
        var losses = new List<(string, double, double)>();
        Tensor[] sums = [.. pass.Packed.Parts.Zip(logits, (part, said) => functional.cross_entropy(said, tensor(part.Example.Input.InputIds[part.Example.LossBegin..part.Example.LossEnd], ScalarType.Int64), reduction: Reduction.Sum))];
        Tensor loss = stack(sums).sum().Over(lossTokens);
        foreach (((TrainingExample example, _), Tensor sum) in pass.Packed.Parts.Zip(sums))
        {
            double value = sum.item<float>();
            losses.Add(("words", value, example.LossTokens));
            losses.Add(($"words {(reads ? string.Join(' ', example.Sample.Name.Split(':')[..2]) : example.Sample.Name.Split(':')[0])}", value, example.LossTokens));
        }

        if (pass.Truth is { } truth)
        {
            Tensor? seen = Of(kept!, media, PromptPart.Video, PromptPart.Image), heard = Of(kept!, media, PromptPart.Audio);
            Dictionary<string, Tensor> named = DenseHeads.MiddleLosses(seen is null ? null : heads!.Look(seen), heard is null ? null : heads!.Listen(heard), truth);
            loss = loss.Plus(stack([.. named.Values.Select(one => one.squeeze())]).sum().Times(MiddleShare / Options.Clips));
            losses.AddRange(named.Select(item => (item.Key, (double)item.Value.item<float>(), 1.0)));
        }

        loss.backward();
        return losses;
    }

    private static Tensor? Of(Tensor hidden, ModelInput input, params PromptPart[] parts)
    {
        Tensor[] spans = [.. input.Spans.Where(span => parts.Contains(span.Part)).Select(span => hidden.narrow(0, span.Start, span.Length))];
        return spans.Length == 0 ? null : cat(spans, 0);
    }

    private PackedExample Pack(IReadOnlyList<TrainingSample> samples, PreparedConversation prepared)
    {
        TrainingExample first = builder.Build(samples[0], prepared);
        return PackedExample.Of([first, .. samples.Skip(1).Select(sample => builder.BuildBeside(sample, first))]) ?? throw new InvalidOperationException("questions about the same media have the same beginning");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        heads?.Dispose();
    }
}

/// <summary>A clip's questions in one pass, and what is true of its media tokens where that is learnt too.</summary>
/// <param name="Packed">The questions.</param>
/// <param name="Truth">What is true of the media tokens.</param>
/// <param name="SoundShift">What is added to each sound token, one number for each of its values; null: nothing.</param>
internal sealed record Pass(PackedExample Packed, DenseTruth? Truth, float[]? SoundShift = null) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((TrainingExample example, _) in Packed.Parts)
        {
            example.Dispose();
        }
    }
}

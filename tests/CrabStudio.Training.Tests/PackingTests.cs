using CrabStudio.Media;
using CrabStudio.Model.Processing;
using CrabStudio.Model.Tests;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Training.Tests;

/// <summary>Several questions on one clip in one pass.</summary>
public sealed class PackingTests : IDisposable
{
    private static readonly ContentItem[] Media = [new ImageItem(Golden.Find("media/still_a.png")), new AudioItem(Golden.Find("media/c_half.wav"))];

    private static readonly TrainingSample[] Samples =
    [
        new("clip:0", new Conversation("", [.. Media, new TextItem("What is heard here?")]), "A bell, <answer>one</answer>"),
        new("clip:1", new Conversation("", [.. Media, new TextItem("What is seen in the picture, and where is it?")]), "The dog."),
        new("clip:2", new Conversation("", [.. Media, new TextItem("What")]), "Nothing at all is to be said of it."),
        new("words:0", new Conversation("", [new TextItem("What else?")]), "No."),
    ];

    private readonly string folder = TestData.NewFolder();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task LossesAndGradientsAreThoseOfPassesOfTheirOwn()
    {
        var preparer = new ConversationPreparer(new MediaReader());
        PreparedConversation[] prepared = await Task.WhenAll(Samples.Select(sample => preparer.PrepareAsync(sample.Conversation)));
        (TrainingStep apart, Dictionary<string, float[]> apartGradients) = await StepAsync(pack: false, prepared);
        (TrainingStep packed, Dictionary<string, float[]> packedGradients) = await StepAsync(pack: true, prepared);
        Assert.Equal(apart.Tokens, packed.Tokens);
        for (int i = 0; i < Samples.Length; i++)
        {
            Worst.Check("packed: loss of a sample (relative)", Samples[i].Name, [1f], [(float)(packed.LossPerSample[i] / apart.LossPerSample[i])], 1e-6);
        }

        Assert.Equal(apart.GradNorm, packed.GradNorm, 1e-5 * apart.GradNorm);
        // As near as the reference asks of tensors; what a wrong mask or position does is a thousand times larger.
        Assert.All(apartGradients, gradient => Worst.Check("packed: gradients", gradient.Key, gradient.Value, packedGradients[gradient.Key], 2e-5));
    }

    [Fact]
    public async Task SamplesOfAClipShareOnePassOverItsMediaAndOthersKeepTheirOwn()
    {
        var preparer = new ConversationPreparer(new MediaReader());
        PreparedConversation[] prepared = await Task.WhenAll(Samples.Select(sample => preparer.PrepareAsync(sample.Conversation)));
        (int parts, int joined, int alone, int media)[] passes = await TestData.OnOneThread(() =>
        {
            using var trainer = new Trainer(Options("passes", pack: true), Samples);
            var builder = new ExampleBuilder(trainer.Thinker);
            TrainingExample[] batch = [.. Samples.Zip(prepared, (sample, conversation) => builder.Build(sample, conversation))];
            using TorchSharp.DisposeScope scope = TorchSharp.torch.NewDisposeScope();
            (int, int, int, int)[] found = [.. PackedExample.Pack(batch).Select(pass =>
                (pass.Parts.Count, pass.Join().InputIds.Length, pass.Parts.Sum(part => part.Example.Tokens), pass.First.Input.Spans.Where(span => span.Part != Model.Generation.PromptPart.Text).Sum(span => span.Length)))];
            Array.ForEach(batch, example => example.Dispose());
            return found;
        });
        Assert.Equal([3, 1], passes.Select(pass => pass.parts));
        Assert.True(passes[0].joined <= passes[0].alone - (2 * passes[0].media));
        Assert.True(passes[0].media > 60);
        Assert.Equal(passes[1].alone, passes[1].joined);
    }

    [Fact]
    public void ClipByClipEveryEpochHasEachSampleOnceAndThoseOfAClipInARow()
    {
        int[][] clips = [[0, 5], [1], [2, 3, 4], [6, 7]];
        var order = new DataOrder(clips, 3, seed: 3);
        for (int epoch = 0; epoch < 5; epoch++)
        {
            int[] samples = [.. Enumerable.Range(1 + (epoch * order.StepsAnEpoch), order.StepsAnEpoch).SelectMany(order.At)];
            Assert.Equal(Enumerable.Range(0, 8), samples.Order());
            Assert.All(clips, clip => Assert.Equal(clip, samples.Skip(Array.IndexOf(samples, clip[0])).Take(clip.Length)));
        }
    }

    private async Task<(TrainingStep Step, Dictionary<string, float[]> Gradients)> StepAsync(bool pack, PreparedConversation[] prepared) => await TestData.OnOneThread(() =>
    {
        using var trainer = new Trainer(Options($"{pack}", pack) with { AdapterInit = Golden.Find("tiny/adapter/finetune_weights.fp32.bin"), Dropout = 0 }, Samples);
        var builder = new ExampleBuilder(trainer.Thinker);
        TrainingExample[] batch = [.. Samples.Zip(prepared, (sample, conversation) => builder.Build(sample, conversation))];
        TrainingStep step = trainer.Step(1, batch);
        Array.ForEach(batch, example => example.Dispose());
        return (step, trainer.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Gradient.data<float>().ToArray()));
    });

    private TrainingOptions Options(string name, bool pack) => TestData.Options(Path.Combine(folder, name)) with { PackClips = pack };
}

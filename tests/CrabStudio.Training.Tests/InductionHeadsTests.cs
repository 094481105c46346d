using CrabStudio.Model;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Training.Recipe;
using CrabStudio.World;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Training.Tests;

/// <summary>What a base can before it has learnt anything: tell again what came after a token.</summary>
public sealed class InductionHeadsTests : IDisposable
{
    private readonly string folder = TestData.NewFolder();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task ANewBaseOfTheDefaultModelFindsWhatCameAfterATokenWithoutAStepOfTraining() => await TestData.OnOneThread(() =>
    {
        DefaultRecipe recipe = new(new RecipeOptions { OutputFolder = Path.Combine(folder, "model") }, RecipeData.Hear);
        recipe.WriteFirst();
        using var thinker = Thinker.Load(new ModelOptions(recipe.First, Device: "cpu", Precision: "fp32"));
        Assert.True(InductionHeads.Fit(thinker.Config.Text));
        double with = Found(thinker);
        using (no_grad())
        {
            // Without them, guessing is one in twelve at best.
            foreach ((string name, Tensor values) in thinker.BaseTensors.Where(item => item.Key.StartsWith("model.layers.1.self_attn.o_proj", StringComparison.Ordinal)))
            {
                values.zero_();
            }
        }

        double without = Found(thinker);
        Assert.True(with > 0.4 && without < 0.2, $"{with:0.00} found, {without:0.00} without the heads");
        return 0;
    });

    [Fact]
    public async Task ADecoderWithoutRoomForThemHasNone() => await TestData.OnOneThread(() =>
    {
        DefaultRecipe recipe = RecipeData.Recipe(RecipeData.Options(Path.Combine(folder, "tiny")));
        ThinkerConfig config = ThinkerConfig.Load(recipe.First);
        Assert.False(InductionHeads.Fit(config.Text with { Layers = 1 }));
        Assert.False(InductionHeads.Fit(config.Text with { KeyValueHeads = config.Text.Heads }));
        return 0;
    });

    // How often the token that followed the present one before is the likeliest of the others of a row. The present one itself is
    // always likely: the output layer begins as the embeddings.
    private static double Found(Thinker thinker)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var builder = new ExampleBuilder(thinker);
        (int right, int all) = (0, 0);
        for (int turn = 0; turn < 10; turn++)
        {
            RandomNumbers random = RandomNumbers.For(turn, "row");
            string[] names = [.. WorldCatalog.Classes.Select(one => (one.Name, random.Next())).OrderBy(one => one.Item2).Take(12).Select(one => one.Name)];
            string row = string.Join(' ', names);
            var sample = new TrainingSample("row", new Conversation("", [new TextItem($"Repeat this: {row}")]), row);
            using TrainingExample example = builder.Build(sample, new PreparedConversation(sample.Conversation, [], [], []));
            Tensor logits = thinker.Text.Logits(thinker.Text.Norm(thinker.Forward(example.Input).narrow(0, example.LossBegin - 1, example.LossTokens)));
            long[] wanted = example.Input.InputIds[example.LossBegin..example.LossEnd];
            // A name is a token; of the first, which is written otherwise within the row, and of the end nothing can be known.
            for (int place = 2; place < names.Length; place++)
            {
                long likeliest = wanted[1..names.Length].Where(token => token != wanted[place - 1]).MaxBy(token => logits[place][token].item<float>());
                right += likeliest == wanted[place] ? 1 : 0;
                all++;
            }
        }

        return (double)right / all;
    }
}

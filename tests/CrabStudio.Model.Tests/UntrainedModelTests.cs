using CrabStudio.Media;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests;

/// <summary><c>models/untrained</c>, with which the studio starts before anything is downloaded or trained.</summary>
public sealed class UntrainedModelTests
{
    private static readonly string Folder = Path.Combine(Golden.Repository, "models", "untrained");

    [Fact]
    public void TheFolderIsSmallAndSaysThatItIsUntrained()
    {
        ModelFileFacts facts = ModelInspector.Inspect(Folder);
        Assert.True(facts.Untrained);
        Assert.Equal(3, facts.Adapter!.Experts);
        Assert.Equal(32, facts.Adapter.Alpha);
        Assert.InRange(new DirectoryInfo(Folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length), 1 << 20, 4 << 20);
    }

    [Fact]
    public async Task ItsAnswersVaryAndItsRoutersChooseModestly()
    {
        using Thinker model = Thinker.Load(new ModelOptions(Folder, Path.Combine(Folder, "adapter", "finetune_weights.bin"), Device: "cpu"));
        Assert.True(model.Facts.Untrained);
        var preparer = new ConversationPreparer(new MediaReader());
        var answers = new List<string>();
        foreach (ContentItem[] content in new ContentItem[][]
        {
            [new TextItem("What is this?")],
            [new TextItem("Please judge the person's emotion at the moment.")],
            [new ImageItem(Golden.Find("media/still_a.png")), new AudioItem(Golden.Find("media/c_half.wav")), new TextItem("What is this?")],
            [new VideoItem(Golden.Find("media/clip_short.mp4")), new TextItem("What is this?")],
        })
        {
            PreparedConversation prepared = await preparer.PrepareAsync(new Conversation("", content));
            using ModelInput input = model.Inputs.Build(prepared);
            using TokenGeneration generation = model.Begin(input, new GenerationSettings(48));
            var ids = new List<int>();
            string text = "";
            while (generation.Next() is { } token)
            {
                ids.Add(token.TokenId);
                text += token.Text;
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{ids.Count} tokens, {ids.Distinct().Count()} different: {text}");
            Assert.True(ids.Count >= 4 && ids.Distinct().Count() * 2 > ids.Count, text);
            answers.Add(text);
            foreach ((string part, RouteMatrix? routes) in new[] { ("text", generation.Prefill.Text), ("audio", generation.Prefill.Audio), ("vision", generation.Prefill.Vision) })
            {
                if (routes is not null)
                {
                    Modest(part, routes);
                }
            }
        }

        Assert.Equal(answers.Count, answers.Distinct().Count());
    }

    private static void Modest(string part, RouteMatrix routes)
    {
        for (int linear = 0; linear < routes.Linears.Count; linear++)
        {
            double largest = Enumerable.Range(0, routes.Positions).Average(position => Enumerable.Range(0, 3).Max(expert => routes[linear, position, expert]));
            double[] means = [.. Enumerable.Range(0, 3).Select(expert => Enumerable.Range(0, routes.Positions).Average(position => routes[linear, position, expert]))];
            TestContext.Current.TestOutputHelper?.WriteLine($"{part} {routes.Linears[linear]}: largest {largest:0.00}, means {means[0]:0.00} {means[1]:0.00} {means[2]:0.00}");
            Assert.InRange(largest, 0.38, 0.85);
        }
    }
}

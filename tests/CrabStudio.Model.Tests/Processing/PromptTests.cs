using System.Text.RegularExpressions;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests.Processing;

public sealed class PromptTests
{
    private static readonly ThinkerConfig Thinker = ThinkerConfig.Load(Golden.Find("tiny"));
    private static readonly PreprocessorConfig Preprocessor = PreprocessorConfig.Load(Golden.Find("tiny"));

    [Theory]
    [MemberData(nameof(GoldenCase.All), MemberType = typeof(GoldenCase))]
    public void PromptIdsPositionsAndDeltaEqualTheReference(string name)
    {
        GoldenCase reference = GoldenCase.Load(name);
        long[] ids = reference.Vectors.Longs("input_ids");
        // The tokenizer has tests of its own: here it answers with the reference's ids, placeholders not yet repeated.
        int[] Encode(string text)
        {
            Assert.Equal(Regex.Replace(reference.Prompt, @"(<\|[A-Z]+\|>)+", "$1"), text);
            int[] media = [Thinker.VideoToken, Thinker.ImageToken, Thinker.AudioToken];
            return [.. ids.Select(id => (int)id).Where((id, i) => i == 0 || id != ids[i - 1] || !media.Contains(id))];
        }

        using var builder = new InputBuilder(Encode, Thinker, Preprocessor);
        using ModelInput input = builder.Build(reference.Blank());
        Assert.Equal(ids, input.InputIds);
        Assert.Equal(reference.Vectors.Shape("position_ids"), input.PositionIds.shape);
        Assert.Equal(reference.Vectors.Longs("position_ids"), input.PositionIds.data<long>().ToArray());
        Assert.Equal(reference.Vectors.Longs("rope_delta").Single(), input.RopeDelta);
    }

    [Theory]
    [MemberData(nameof(GoldenCase.All), MemberType = typeof(GoldenCase))]
    public void SpansCoverThePromptWithoutGapsAndAgreeWithTheIds(string name)
    {
        GoldenCase reference = GoldenCase.Load(name);
        long[] ids = reference.Vectors.Longs("input_ids");
        int[] media = [Thinker.VideoToken, Thinker.ImageToken, Thinker.AudioToken];
        int[] once = [.. ids.Select(id => (int)id).Where((id, i) => i == 0 || id != ids[i - 1] || !media.Contains(id))];
        using var builder = new InputBuilder(_ => once, Thinker, Preprocessor);
        using ModelInput input = builder.Build(reference.Blank());
        int at = 0;
        foreach (PromptSpan span in input.Spans)
        {
            Assert.Equal(at, span.Start);
            for (int i = 0; i < span.Length; i++)
            {
                PromptPart part = ids[at + i] == Thinker.VideoToken ? PromptPart.Video : ids[at + i] == Thinker.ImageToken ? PromptPart.Image
                    : ids[at + i] == Thinker.AudioToken ? PromptPart.Audio : PromptPart.Text;
                Assert.Equal(part, span.Part);
            }

            Assert.True(span.Part is PromptPart.Text or PromptPart.Audio || span.Length == span.GridTimes * span.GridRows * span.GridColumns);
            at += span.Length;
        }

        Assert.Equal(ids.Length, at);
    }

    [Theory]
    [InlineData("<|VIDEO|>")]
    [InlineData("a<|audio_bos|>b")]
    [InlineData("<|vision_eos|>")]
    public void WordsThatStandForMediaAreRefusedByName(string words)
    {
        TaskInputException fault = Assert.Throws<TaskInputException>(() => PromptBuilder.Text(new Conversation("", [new TextItem(words)])));
        Assert.Contains("<|", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATokenizerWithoutThePlaceholdersIsNamed()
    {
        using var builder = new InputBuilder(_ => [1, 2, 3], Thinker, Preprocessor);
        ModelException fault = Assert.Throws<ModelException>(() => builder.Build(GoldenCase.Load("ave-0").Blank()));
        Assert.Contains("placeholders", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APromptBeyondTheContextIsRefusedBeforeFeaturesAreComputed()
    {
        using var builder = new InputBuilder(_ => new int[Thinker.Text.MaxPositions], Thinker, Preprocessor);
        ModelException fault = Assert.Throws<ModelException>(() => builder.Build(GoldenCase.Load("text-only").Blank()));
        Assert.Contains($"{Thinker.Text.MaxPositions}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FeaturesOfAnotherModelAreRefused()
    {
        ModelException fault = Assert.Throws<ModelException>(() => new InputBuilder(_ => [], Thinker, Preprocessor with { PatchSize = 16 }));
        Assert.Contains("patch_size is 16; expected 14", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(224, 224, 224, 224)]
    [InlineData(100, 130, 112, 140)]
    [InlineData(28, 28, 56, 56)]
    [InlineData(42, 70, 56, 56)]
    [InlineData(5000, 9000, 2660, 4788)]
    public void SidesAreRoundedToWholeMergedPatchesWithinTheAllowedArea(int height, int width, int rows, int columns) =>
        Assert.Equal((rows, columns), PictureSize.Fit(height, width));
}

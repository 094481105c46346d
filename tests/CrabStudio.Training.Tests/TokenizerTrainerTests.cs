using CrabStudio.Model.Configuration;
using CrabStudio.Model.Tokenization;
using CrabStudio.Tasks;
using CrabStudio.Training.Recipe;
using CrabStudio.World;

namespace CrabStudio.Training.Tests;

/// <summary>The tokenizer that is learnt from the world's own words.</summary>
public sealed class TokenizerTrainerTests
{
    [Fact]
    public void TextsOfTheWorldAndOfAnythingElseComeBackAsTheyWere()
    {
        var tokenizer = ByteLevelTokenizer.Load(RecipeData.Base);
        var texts = new List<string> { "Ünïcode, 漢字 and 🎻!", "  two blanks\n\nand lines\t", "<|im_start|>user\n<|VIDEO|><|im_end|>", "" };
        foreach (TaskDefinition task in TaskCatalog.All)
        {
            foreach (TrainingSample sample in RecipeWorld.Samples(SceneMix.Unseen(task.Key, 0, 7), task.Key))
            {
                texts.AddRange([.. sample.Conversation.Content.OfType<TextItem>().Select(text => text.Text), sample.Target]);
            }
        }

        Assert.True(texts.Count > 50);
        Assert.All(texts, text => Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text), skipSpecial: false)));
    }

    [Fact]
    public void EveryClassMotionColourPlaceAndEmotionIsOneToken()
    {
        var tokenizer = ByteLevelTokenizer.Load(RecipeData.Base);
        Assert.Equal(16 + 7 + 8 + 6 + 3, DefaultRecipe.WholeWords.Count);
        Assert.All(DefaultRecipe.WholeWords, word => Assert.Single(tokenizer.Encode($" {word}")));
        Assert.All(DefaultRecipe.WholeWords, word => Assert.Single(tokenizer.Encode(word)));
    }

    [Fact]
    public void TheConfigurationNamesTheTokenizersOwnIdsAndSize()
    {
        var tokenizer = ByteLevelTokenizer.Load(RecipeData.Base);
        var config = ThinkerConfig.Load(RecipeData.Base);
        Assert.Equal(tokenizer.Size, config.Text.VocabularySize);
        Assert.InRange(tokenizer.Size, 600, RecipeData.Tiny.Vocabulary);
        foreach ((string token, int id) in new[]
        {
            ("<|AUDIO|>", config.AudioToken), ("<|IMAGE|>", config.ImageToken), ("<|VIDEO|>", config.VideoToken), ("<|audio_bos|>", config.AudioStartToken), ("<|audio_eos|>", config.AudioEndToken),
            ("<|vision_bos|>", config.VisionStartToken), ("<|vision_eos|>", config.VisionEndToken), ("<|im_end|>", config.EndToken), ("<|endoftext|>", config.PadToken),
        })
        {
            Assert.Equal(tokenizer.IdOf(token), id);
            Assert.True(tokenizer.IsSpecial(id));
        }
    }

    [Fact]
    public void MergesComeInTheOrderOfFrequency()
    {
        string folder = TestData.NewFolder();
        try
        {
            var trainer = new TokenizerTrainer();
            trainer.Add("abab abab abab cd");
            (IReadOnlyDictionary<string, int> added, int size) = trainer.Write(folder, 256 + 3 + TokenizerTrainer.AddedTokens);
            Assert.Equal(["#version: 0.2", "a b", "ab ab", "Ġ abab"], File.ReadAllLines(Path.Combine(folder, "merges.txt")));
            Assert.Equal(259 + TokenizerTrainer.AddedTokens, size);
            Assert.Equal(259, added["<|endoftext|>"]);
            Assert.Equal([257, 258], ByteLevelTokenizer.Load(folder).Encode("abab abab"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

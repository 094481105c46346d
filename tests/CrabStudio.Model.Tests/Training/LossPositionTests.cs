using System.Text.Json;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Processing;
using CrabStudio.Model.Tokenization;
using CrabStudio.Model.Vision;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests.Training;

/// <summary>
/// A training sample of the data set → its tokens, against <c>vectors/training/labels.json</c>: the words of every key, and which
/// positions carry loss (those after <c>&lt;|im_start|&gt;assistant</c>, up to and including <c>&lt;|im_end|&gt;</c>).
/// </summary>
public sealed class LossPositionTests
{
    private static readonly AvUieFolder Data = AvUieFolder.Open(Golden.Find("avuie"));
    private static readonly ThinkerConfig Config = ThinkerConfig.Load(Golden.Find("tiny"));
    private static readonly ByteLevelTokenizer Tokenizer = ByteLevelTokenizer.Load(Golden.Find("tiny"));

    public static TheoryData<string> Keys => [.. TaskCatalog.All.Select(task => task.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void TokensAndLossOfATrainingSampleAreThoseOfTheReferenceLabels(string key)
    {
        using JsonDocument labels = JsonDocument.Parse(File.ReadAllText(Golden.Find("vectors/training/labels.json")));
        JsonElement reference = labels.RootElement.GetProperty(key);
        int number = reference.GetProperty("sample").GetInt32();
        AvUieSample sample = Data.Samples(key, AvUieSplit.Train).ElementAt(number);
        // How often the placeholders repeat depends on the media, which the case of the same place shares.
        using JsonDocument media = JsonDocument.Parse(File.ReadAllText(Golden.Find($"vectors/cases/{key}-{number}.json")));
        int sounds = media.RootElement.GetProperty("audio").GetProperty("audio_tokens").GetInt32();
        VisionGrid[] grids = [.. media.RootElement.GetProperty("vision").GetProperty("grid_thw").EnumerateArray().Select(grid => new VisionGrid(grid[0].GetInt32(), grid[1].GetInt32(), grid[2].GetInt32()))];
        bool still = sample.Prompt.Content.Any(item => item is ImageItem);

        IReadOnlyList<int> words = Tokenizer.Encode($"{PromptBuilder.Text(sample.Prompt)}{sample.Target}<|im_end|>\n");
        (long[] ids, _) = PromptBuilder.Expand(words, Config, still ? [] : grids, still ? grids : [], [sounds]);

        int[] assistant = [.. Tokenizer.Encode("<|im_start|>assistant")];
        int begin = Enumerable.Range(0, ids.Length).First(at => ids.Skip(at).Take(assistant.Length).SequenceEqual(assistant.Select(id => (long)id))) + assistant.Length;
        int end = Array.IndexOf(ids, (long)Tokenizer.IdOf("<|im_end|>")!.Value, begin) + 1;
        long[] tail = [.. reference.GetProperty("input_ids_tail").EnumerateArray().Select(id => id.GetInt64())];
        Assert.Equal(tail, ids[^tail.Length..]);
        Assert.Equal(
            (reference.GetProperty("length").GetInt32(), reference.GetProperty("loss_begin").GetInt32(), reference.GetProperty("loss_end").GetInt32()),
            (ids.Length, begin, end));
        Assert.Equal(reference.GetProperty("text").GetString(), Tokenizer.Decode(ids[begin..end].Select(id => (int)id), skipSpecial: false));
    }
}

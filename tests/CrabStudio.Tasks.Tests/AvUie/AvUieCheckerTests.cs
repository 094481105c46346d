using System.Text.Json.Nodes;
using CrabStudio.Media;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;

namespace CrabStudio.Tasks.Tests.AvUie;

public sealed class AvUieCheckerTests
{
    /// <summary>One change of the miniature, and the one problem that it makes: kind, list, entry, field, a part of the message.</summary>
    public static TheoryData<string, string, string, AvUieProblemKind, string, string> Breaks => new()
    {
        { "ave/train.json", "1", """{"video_path":"gone.mp4"}""", AvUieProblemKind.MissingMedia, "video_path", "ave/video/gone.mp4 is not there" },
        { "arig/test.json", "0", """{"visual_path":"image"}""", AvUieProblemKind.UnreadableMedia, "visual_path", "is a folder" },
        { "ks/train.json", "0", """{"audio_path":"../train.json"}""", AvUieProblemKind.UnreadableMedia, "audio_path", "no video, sound or picture" },
        { "ave/test.json", "0", """{"vid":null}""", AvUieProblemKind.Field, "vid", "is missing" },
        { "ave/train.json", "0", """{"start_time":"two"}""", AvUieProblemKind.Field, "start_time", "\"two\", expected a number" },
        { "arig/train.json", "0", """{"image_path":"../arig/image/../image/v0/../../../ref_avs/image/still_a.png"}""", AvUieProblemKind.Field, "image_path", "frame's number" },
        { "avqa_thu/train.json", "0", """{"multi_choice":"dog or bell"}""", AvUieProblemKind.Field, "multi_choice", "at least two options" },
        { "ave/train.json", "1", """{"end_time":11,"label_content":"A dog. <event> Dog </event> <range> 0,11 </range>"}""", AvUieProblemKind.Range, "end_time", "outside the clip (0 to 10 s)" },
        { "unav/train.json", "0", """{"label_content":"A dog. <event> Dog </event> <range> 7,2 </range>"}""", AvUieProblemKind.Range, "label_content", "7 to 2 of “Dog” is reversed" },
        { "unav/train.json", "0", """{"label_content":"A dog. <event> Dog </event> <range> 7,99 </range>"}""", AvUieProblemKind.Range, "label_content", "7 to 99 of “Dog” lies outside the clip" },
        { "avvp/train.json", "0", """{"label_content":"A dog. <audio>Dog,(2 12.5)</audio>"}""", AvUieProblemKind.Range, "label_content", "2 to 12.5" },
        { "ms3/train.json", "1", """{"frame_idx":5}""", AvUieProblemKind.Range, "frame_idx", "frames 0 to 4" },
        { "ref_avs/test.json", "1", """{"frame_idx":10}""", AvUieProblemKind.Range, "frame_idx", "frames 0 to 9" },
        { "ave/train.json", "0", """{"event":"Unicorn"}""", AvUieProblemKind.Label, "label_content", "says “Church bell” where event says “Unicorn”" },
        { "dfew/test.json", "0", """{"emotion":"bored","label":"<answer>bored</answer>"}""", AvUieProblemKind.Label, "emotion", "not among the 7 labels of DFEW" },
        { "ks/test.json", "1", """{"action":"flying","label":"<answer>flying</answer>"}""", AvUieProblemKind.Label, "action", "no entry of ks/train.json" },
        { "a2v/train.json", "0", """{"correct_video":2}""", AvUieProblemKind.Label, "label", "answers “one” where correct_video says “2”" },
        { "avqa_thu/test.json", "0", """{"answer":9}""", AvUieProblemKind.Label, "answer", "neither the number" },
        { "ref_avs/test.json", "0", """{"split":"train"}""", AvUieProblemKind.Label, "split", "test_s, test_u or test_n" },
        { "arig/test.json", "1", """{"bottom_right":[224,100]}""", AvUieProblemKind.Box, "top_left", "[0,0,224,100] reaches out" },
        { "s4/train.json", "0", """{"label_content":"Here. [50,20,12,200], [1,2], [3,4], [5,6]"}""", AvUieProblemKind.Box, "label_content", "reversed or empty" },
        { "s4/train.json", "0", """{"label_content":"Here. [5,20,12,200], [1,2], [3,300], [5,6]"}""", AvUieProblemKind.Box, "label_content", "[3,300] lies outside" },
        { "meld/train.json", "0", """{"label":"The voice is happy."}""", AvUieProblemKind.Answer, "label", "no answer in the form <answer>" },
        { "ave/train.json", "0", """{"label_content":"So <event> Church bell </event> is from <range> 2 to 7 </range>"}""", AvUieProblemKind.Answer, "label_content", "could not be read" },
        { "avcap/train.json", "1", """{"label_content":" "}""", AvUieProblemKind.Answer, "label_content", "is empty" },
    };

    [Fact]
    public async Task TheMiniatureHasNoProblem()
    {
        (List<AvUieProblem> problems, AvUieCheckSummary summary) = await CheckAsync(AvUieFolder.Open(Golden.Find("avuie")));
        Assert.Empty(problems);
        Assert.True(summary.IsGood);
        Assert.Equal((35, 72), (summary.Lists.Count, summary.Entries));
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task EveryBreakIsToldWithItsKindListEntryAndField(string list, string entry, string changes, AvUieProblemKind kind, string field, string message)
    {
        using DataSets data = DataSets.Miniature(list.Split('/')[0], list.StartsWith("arig", StringComparison.Ordinal) ? "ref_avs" : "");
        int place = int.Parse(entry);
        data.Edit(list, entries =>
        {
            foreach ((string name, JsonNode? value) in JsonNode.Parse(changes)!.AsObject())
            {
                entries[place]![name] = value?.DeepClone();
            }
        });

        (List<AvUieProblem> problems, AvUieCheckSummary summary) = await CheckAsync(data.Open());

        Assert.False(summary.IsGood);
        // What is told besides is of the same entry: a wrong field may contradict the text, and the text be wrong as well.
        Assert.Single(problems, problem => problem.Kind == kind && problem.Field == field && problem.Message.Contains(message, StringComparison.Ordinal));
        Assert.All(problems, problem => Assert.Equal((list, place), (problem.File, problem.Entry)));
        Assert.Equal(problems.Count, summary.Problems.Values.Sum());
    }

    [Fact]
    public async Task ADuplicateNamesTheEntryThatItRepeats()
    {
        using DataSets data = DataSets.Miniature("avqa");
        data.Edit("avqa/train.json", entries => entries.Add(entries[0]!.DeepClone()));
        AvUieProblem found = Assert.Single((await CheckAsync(data.Open())).Problems);
        Assert.Equal((AvUieProblemKind.Duplicate, "avqa/train.json", 2), (found.Kind, found.File, found.Entry));
        Assert.Contains("entry 0", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABrokenListOrAnUnknownKeyDoesNotHideTheOthersProblems()
    {
        using DataSets data = DataSets.Miniature("ks", "ucf");
        File.WriteAllText(data["ks/train.json"], File.ReadAllText(data["ks/train.json"]).TrimEnd().TrimEnd(']') + ", oops");
        data.Write("juggling/train.json", "[]");
        data.Edit("ucf/test.json", entries => entries[1]!["video_path"] = "gone.mp4");
        List<AvUieProblem> problems = (await CheckAsync(data.Open())).Problems;
        Assert.Equal(
            [(AvUieProblemKind.File, "juggling", null), (AvUieProblemKind.File, "ks/train.json", 2), (AvUieProblemKind.MissingMedia, "ucf/test.json", 1)],
            problems.Select(problem => (problem.Kind, problem.File, problem.Entry)));
    }

    [Fact]
    public async Task AListOfLabelsBesideTheEntriesIsALimit()
    {
        using DataSets data = DataSets.Miniature("ave");
        data.Write("ave/labels.json", """["church_bell"]""");
        List<AvUieProblem> problems = (await CheckAsync(data.Open())).Problems;
        Assert.Equal([("ave/train.json", 1), ("ave/test.json", 1)], problems.Select(problem => (problem.File, problem.Entry!.Value)));
        Assert.All(problems, problem => Assert.Equal((AvUieProblemKind.Label, "event"), (problem.Kind, problem.Field)));
    }

    [Fact]
    public async Task LabelsThatSeveralEntriesShareAreARemarkAndNoProblem()
    {
        (_, AvUieCheckSummary summary) = await CheckAsync(AvUieFolder.Open(Golden.Find("avuie")));
        Assert.Contains(summary.Remarks, remark => remark.StartsWith("ave: 1 label is not among the 28 labels of AVE", StringComparison.Ordinal) && remark.Contains("Dog ×2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DecodingFindsWhatTheFirstBytesDoNotTell()
    {
        using DataSets data = DataSets.Miniature("ks");
        // A sound under a video's name, and a video that breaks off.
        File.Delete(data["ks/video/clip_a.mp4"]);
        File.Copy(Golden.Find("media/a10.wav"), data["ks/video/clip_a.mp4"]);
        byte[] whole = File.ReadAllBytes(data["ks/video/clip_b.mp4"]);
        File.Delete(data["ks/video/clip_b.mp4"]);
        File.WriteAllBytes(data["ks/video/clip_b.mp4"], whole[..200]);
        Assert.Empty((await CheckAsync(data.Open())).Problems);

        List<AvUieProblem> problems = (await CheckAsync(data.Open(), new MediaReader())).Problems;

        Assert.Equal(
            [(AvUieProblemKind.UnreadableMedia, "ks/train.json", 0, "video_path"), (AvUieProblemKind.UnreadableMedia, "ks/train.json", 1, "video_path")],
            problems.Select(problem => (problem.Kind, problem.File, problem.Entry!.Value, problem.Field!)));
        Assert.Contains("has no picture", problems[0].Message, StringComparison.Ordinal);
    }

    private static async Task<(List<AvUieProblem> Problems, AvUieCheckSummary Summary)> CheckAsync(AvUieFolder folder, MediaReader? decoder = null)
    {
        List<AvUieProblem> problems = [];
        AvUieCheckSummary summary = await new AvUieChecker(folder, problems.Add) { Decoder = decoder }.CheckAsync();
        return (problems, summary);
    }
}

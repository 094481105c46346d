using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Tasks.Tests.AvUie;

public sealed class AnswerComposerTests
{
    private static readonly string[] Labels = ["Dog", "Baby cry, infant cry", "Frying_(food)", "church bell", "狗", "R2-D2", "it's \"loud\"", "{start}", "A. B"];

    public static TheoryData<string> Keys => [.. TaskCatalog.All.Select(task => task.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void TheParserReadsBackWhatTheComposerWrites(string key)
    {
        TaskDefinition task = TaskCatalog.Find(key)!;
        Random random = new(key.Sum(letter => letter));
        HashSet<string> conclusions = [];
        for (int round = 0; round < 300; round++)
        {
            SceneFacts facts = Facts(random, key);
            string text = new AnswerComposer(round % 3).Compose(key, facts, $"sample {round}");
            ParsedAnswer parsed = AnswerParser.Parse(key, text);

            Assert.Empty(parsed.Problems);
            Assert.Equal(Expected(task, facts), parsed.Events.Select(said => (said.Label, said.Modality, said.StartSeconds, said.EndSeconds)));
            Assert.Equal(task.Grammar == AnswerGrammar.Choice ? facts.Answer : key == "ref_avs" ? (facts.Described is null ? "false" : "true") : null, parsed.Choice);
            SceneObject[] wanted = key switch
            {
                "ref_avs" => facts.Described is { } described ? [described] : [],
                "arig" or "s4" => [facts.Objects.First(one => one.IsSounding)],
                "ms3" => [.. facts.Objects.Where(one => one.IsSounding)],
                _ => [],
            };
            Assert.Equal(wanted.Length == 0 ? 0 : 1, parsed.Boxes.Count);
            Assert.Equal(key == "arig" || wanted.Length == 0 ? 0 : 3, parsed.Points.Count);
            if (wanted.Length == 1)
            {
                Assert.Equal(wanted[0].Box, parsed.Boxes[0]);
                Assert.All(parsed.Points, point => Assert.True(point.X >= wanted[0].Box.X1 && point.X <= wanted[0].Box.X2 && point.Y >= wanted[0].Box.Y1 && point.Y <= wanted[0].Box.Y2));
            }

            // The reasons come first: every label is named before the conclusion, in a sentence of its own.
            Assert.True(AvUieStatistics.StepsBeforeConclusion(text) > 0, text);
            int first = text.IndexOfAny(['<', '[']);
            Assert.All(facts.Events, said => Assert.Contains(said.Label, first < 0 ? text : text[..first], StringComparison.OrdinalIgnoreCase));
            conclusions.Add(first < 0 ? "" : text[(text.LastIndexOf(". ", first, StringComparison.Ordinal) + 2)..first]);
        }

        Assert.True(key == "avcap" || AnswerComposer.ConclusionsOf(key) >= 2);
        Assert.True(conclusions.Count >= AnswerComposer.ConclusionsOf(key), $"only {conclusions.Count} conclusions were chosen");
    }

    [Fact]
    public void TheSameSeedAndSampleGiveTheSameWordsAndAnotherSeedOthers()
    {
        SceneFacts facts = new() { Events = [new("Dog", EventModality.Audio, 1, 2), new("Bell", EventModality.Visual, 0, 4.5)] };
        string[] all = [.. Enumerable.Range(0, 20).Select(seed => new AnswerComposer(seed).Compose("avvp", facts, "clip"))];
        Assert.Equal(all, Enumerable.Range(0, 20).Select(seed => new AnswerComposer(seed).Compose("avvp", facts, "clip")));
        Assert.True(all.Distinct().Count() > 8, $"{all.Distinct().Count()} wordings of 20 seeds");
        Assert.All(all, text => Assert.EndsWith("<audio>Dog,(1 2)</audio> <visual>Bell,(0 4.5)</visual>", text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ave", "a <event> b")]
    [InlineData("ave", "dog </event> <event> cat")]
    [InlineData("avvp", "dog (1 2)")]
    [InlineData("avvp", "dog,")]
    [InlineData("avqa", "dog</answer><answer>cat")]
    [InlineData("s4", "dog [1,2]")]
    public void WhatWouldBeReadAsSomethingElseIsRefused(string key, string label)
    {
        SceneFacts facts = new()
        {
            Events = key is "ave" or "avvp" ? [new(label, EventModality.AudioVisual, 1, 2)] : [new("Dog", EventModality.Audio, 1, 2)],
            Objects = key == "s4" ? [new(label, new AnswerBox(1, 2, 30, 40), [], true)] : [],
            Answer = label,
        };
        Assert.Contains("would not be read as it is meant", Assert.Throws<ArgumentException>(() => new AnswerComposer(1).Compose(key, facts, "x")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("avqa", "no reason")]
    [InlineData("ave", "no reason")]
    [InlineData("s4", "no reason")]
    public void AnAnswerWithoutAReasonIsRefused(string key, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new AnswerComposer(1).Compose(key, new SceneFacts { Answer = "two" }, "x")).Message, StringComparison.Ordinal);

    [Fact]
    public void EvidenceComesFirstAndSaysWhereThingsStand()
    {
        SceneFacts facts = new() { Evidence = "It is dark", Objects = [new("dog", new AnswerBox(0, 0, 40, 40), [], true), new("cat", new AnswerBox(180, 180, 220, 220), [], false)], Answer = "left" };
        string text = new AnswerComposer(4).Compose("avqa", facts, "x");
        Assert.StartsWith("It is dark. ", text, StringComparison.Ordinal);
        Assert.Contains("at the top left", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("at the bottom right", text, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("<answer>left</answer>", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the drum", "drum", null, null, true, "The drum is seen on the right and makes no sound. It is small. So <answer>true</answer>")]
    [InlineData("the drum on the left", "drum", "left", "right", false, "The drum is seen on the right and makes no sound. It is small. It is to be left and is right. So <answer>false</answer>")]
    [InlineData("the small drum", "drum", "small", "small", true, "The drum is seen on the right and makes no sound. It is small. It is to be small and is small. So <answer>true</answer>")]
    [InlineData("the object that makes the sound", "bell", null, null, true, "The bell is seen in the middle and makes the sound. It is large. So <answer>true</answer>")]
    [InlineData("the cat", "cat", null, null, false, "The cat is not seen. So <answer>false</answer>")]
    public void WhatIsDescribedIsWeighedAgainstWhatIsKnownOfIt(string description, string label, string? wanted, string? found, bool there, string end)
    {
        SceneObject[] objects =
        [
            new("bell", new AnswerBox(90, 90, 130, 130), [], true) { Size = "large" }, new("drum", new AnswerBox(180, 100, 220, 120), [], false) { Size = "small" },
        ];
        SceneFacts facts = new()
        {
            Evidence = "I hear the bell",
            Objects = objects,
            Description = new SceneDescription(description, label, wanted, found),
            Described = there ? objects.First(one => one.Label == label) : null,
        };
        Assert.StartsWith(
            "I hear the bell. The bell is seen in the middle and makes the sound. It is large. The drum is seen on the right and makes no sound. It is small. "
            + $"The description is {description}. {end}",
            new AnswerComposer(null).Compose("ref_avs", facts, "x"),
            StringComparison.Ordinal);
    }

    private static IEnumerable<(string, EventModality, double?, double?)> Expected(TaskDefinition task, SceneFacts facts) => task.Grammar switch
    {
        AnswerGrammar.EventRanges => facts.Events.Select(said => (said.Label, EventModality.AudioVisual, said.StartSeconds, said.EndSeconds)),
        AnswerGrammar.AudioVisualRanges => facts.Events.SelectMany(said => (said.Modality == EventModality.AudioVisual ? [EventModality.Audio, EventModality.Visual] : new[] { said.Modality })
            .Select(track => (said.Label, track, said.StartSeconds, said.EndSeconds))),
        _ => [],
    };

    private static SceneFacts Facts(Random random, string key)
    {
        string Label() => Labels[random.Next(Labels.Length)];
        SceneObject Object(bool sounding)
        {
            int x = random.Next(200), y = random.Next(200);
            return new SceneObject(Label(), new AnswerBox(x, y, x + 1 + random.Next(223 - x), y + 1 + random.Next(223 - y)), [], sounding);
        }

        AnswerEvent Event()
        {
            double start = Math.Round(random.NextDouble() * 8, random.Next(3));
            return new AnswerEvent(Label(), key is "ave" or "unav" ? EventModality.AudioVisual : (EventModality)random.Next(3), start, Math.Round(start + 0.5 + random.NextDouble(), 2));
        }

        bool still = TaskCatalog.Find(key)!.Media == TaskMedia.StillWithSound;
        return new SceneFacts
        {
            Events = still || key is "a2v" or "v2a" ? [] : [.. Enumerable.Range(0, key == "ave" ? 1 : 1 + random.Next(4)).Select(_ => Event())],
            Objects = still ? [Object(true), .. Enumerable.Range(0, random.Next(3)).Select(_ => Object(random.Next(2) == 0))] : [],
            Described = key == "ref_avs" && random.Next(2) == 0 ? Object(true) : null,
            Answer = key is "a2v" or "v2a" ? (random.Next(2) == 0 ? "one" : "two") : Label(),
            Match = key is "a2v" or "v2a" ? (Label(), Label(), Label()) : null,
            Caption = "Shapes move while a bell sounds.",
        };
    }
}

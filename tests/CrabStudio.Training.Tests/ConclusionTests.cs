using CrabStudio.Tasks;
using CrabStudio.Training.Recipe;
using CrabStudio.World;

namespace CrabStudio.Training.Tests;

/// <summary>The last steps of tasks as drills in words alone.</summary>
public sealed class ConclusionTests
{
    [Fact]
    public void WhatIsPerceivedAndTheConclusionTogetherAreTheTasksAnswer()
    {
        var keys = new HashSet<string>();
        foreach ((string key, int index) in SceneMix.Conclusions.Shares.SelectMany(one => Enumerable.Range(0, 20).Select(index => (one.Key, index))))
        {
            Scene scene = SceneMix.Seen(key, RandomNumbers.For(index, key), 1);
            TrainingSample sample = RecipeWorld.Samples(scene, key)[0];
            string asked = ((TextItem)sample.Conversation.Content[^1]).Text;
            if (Probes.Conclusion(sample) is not { } drill)
            {
                Assert.True(key == "ref_avs" && (asked.Contains("large", StringComparison.Ordinal) || asked.Contains("small", StringComparison.Ordinal)), $"{key}: {sample.Target}");
                continue;
            }

            keys.Add(key);
            string given = Assert.IsType<TextItem>(Assert.Single(drill.Conversation.Content)).Text;
            Assert.EndsWith(asked, given, StringComparison.Ordinal);
            string perceived = given[..^(asked.Length + 1)];
            Assert.NotEqual("", perceived);
            // Up to the box, which no words tell.
            Assert.StartsWith($"{perceived} {drill.Target.TrimEnd('.')}", sample.Target, StringComparison.Ordinal);
            ParsedAnswer whole = AnswerParser.Parse(key, sample.Target), concluded = AnswerParser.Parse(key, drill.Target);
            Assert.Equal((whole.Choice, whole.Exists), (concluded.Choice, concluded.Exists));
            Assert.Equal(whole.Events, concluded.Events);
            Assert.True(whole.Choice is not null || whole.Events.Count > 0, sample.Target);
        }

        Assert.Equal(SceneMix.Conclusions.Shares.Select(one => one.Key).Order(), keys.Order());
    }

    // The very point of it: whether a thing is there, and which of two matches, follows from the sentences alone.
    [Fact]
    public void WhatIsPerceivedDecides()
    {
        for (int index = 0; index < 60; index++)
        {
            Scene scene = SceneMix.Seen("a2v", RandomNumbers.For(index, "decides"), 1);
            string told = ((TextItem)Probes.Conclusion(RecipeWorld.Samples(scene, "a2v")[0])!.Conversation.Content[0]).Text;
            string[] words = told.Split(' ', ',', '.');
            string sound = words[Array.IndexOf(words, "is") + 1];
            Assert.Equal(2, words.Count(word => word == sound));
        }
    }
}

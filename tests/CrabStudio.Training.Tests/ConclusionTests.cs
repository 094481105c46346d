using CrabStudio.Model;
using CrabStudio.Model.Processing;
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
            TrainingSample drill = Assert.IsType<TrainingSample>(Probes.Conclusion(sample));
            keys.Add(key);
            Assert.Equal(asked, Assert.IsType<TextItem>(Assert.Single(drill.Conversation.Content)).Text);
            Assert.NotEqual("", drill.Given);
            Assert.StartsWith($"{drill.Given} ", drill.Target, StringComparison.Ordinal);
            // Up to the box, which no words tell.
            Assert.StartsWith(drill.Target.TrimEnd('.'), sample.Target, StringComparison.Ordinal);
            string learnt = drill.Target[drill.Given.Length..];
            ParsedAnswer whole = AnswerParser.Parse(key, sample.Target), concluded = AnswerParser.Parse(key, learnt);
            Assert.Equal((whole.Choice, whole.Exists), (concluded.Choice, concluded.Exists));
            Assert.Equal(whole.Events, concluded.Events);
            Assert.True(whole.Choice is not null || whole.Events.Count > 0, sample.Target);
        }

        Assert.Equal(SceneMix.Conclusions.Shares.Select(one => one.Key).Order(), keys.Order());
    }

    [Fact]
    public async Task OnlyTheConclusionIsLearnt() => await TestData.OnOneThread(() =>
    {
        using var thinker = Thinker.Load(new ModelOptions(RecipeData.Base, Device: "cpu", Precision: "fp32"));
        var builder = new ExampleBuilder(thinker);
        foreach ((string key, _) in SceneMix.Conclusions.Shares)
        {
            for (int index = 0; index < 5; index++)
            {
                TrainingSample drill = Probes.Conclusion(RecipeWorld.Samples(SceneMix.Seen(key, RandomNumbers.For(index, key), 1), key)[0])!;
                using TrainingExample example = builder.Build(drill, new PreparedConversation(drill.Conversation, [], [], []));
                // The end mark is learnt too; as text it is nothing.
                Assert.Equal(drill.Target[drill.Given.Length..], thinker.Tokenizer.Decode([.. example.Input.InputIds[example.LossBegin..example.LossEnd].Select(id => (int)id)]));
            }
        }

        return 0;
    });
}

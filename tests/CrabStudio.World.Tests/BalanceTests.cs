using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World.Tests;

/// <summary>No label can be guessed from another field: over 2,000 scenes labels and fields are independent, by a χ² test.</summary>
public sealed class BalanceTests
{
    private const int Count = 2000;

    [Fact]
    public void WhatHappensInTimeSaysNothingAboutWhatItIs()
    {
        Scene[] scenes = [.. Worlds.Scenes("ave", Count)];
        string Label(Scene scene) => scene.Sounds[0].Sounds.First(sound => scene.Pictures[0].Objects.Any(one => one.Label == sound.Label)).Label;
        WorldSound Heard(Scene scene) => scene.Sounds[0].Sounds.First(sound => sound.Label == Label(scene));
        WorldObject Seen(Scene scene) => scene.Pictures[0].Objects.First(one => one.Label == Label(scene));
        Even(scenes, Label);
        Independent(scenes, Label, scene => scene.Pictures[0].Background.ColourName);
        Independent(scenes, Label, scene => scene.Pictures[0].Background.PatternName);
        Independent(scenes, Label, scene => Heard(scene).Start);
        Independent(scenes, Label, scene => Heard(scene).End);
        Independent(scenes, Label, scene => (Seen(scene).Start == 0, Seen(scene).End == 10));
        Independent(scenes, Label, scene => Seen(scene).Place);
        Independent(scenes, Label, scene => scene.Pictures[0].Objects.Count);
        Independent(scenes, Label, scene => Seen(scene).Y / 56);
        Independent(scenes, Label, scene => Seen(scene).IsLarge);
    }

    [Fact]
    public void ActionsAndEmotionsSayNothingAboutAnythingElse()
    {
        Scene[] acts = [.. Worlds.Scenes("ks", Count)], moods = [.. Worlds.Scenes("dfew", Count)];
        foreach ((Scene[] scenes, Func<Scene, object> label) in new[] { (acts, new Func<Scene, object>(scene => scene.Pictures[0].Objects[0].Motion)), (moods, scene => scene.Emotion!) })
        {
            Even(scenes, label);
            Independent(scenes, label, scene => scene.Pictures[0].Background.ColourName);
            Independent(scenes, label, scene => scene.Pictures[0].Background.PatternName);
            Independent(scenes, label, scene => scene.Pictures[0].Objects[0].Place);
            Independent(scenes, label, scene => scene.Pictures[0].Objects[0].Y / 45);
            Independent(scenes, label, scene => scene.Pictures[0].Objects[0].Size);
        }

        Independent(acts, scene => scene.Pictures[0].Objects[0].Motion, scene => scene.Pictures[0].Objects[0].Label);
        Independent(acts, scene => scene.Pictures[0].Objects[0].Motion, scene => scene.Sounds[0].Sounds[0].Start);
        Independent(moods, scene => scene.Emotion!, scene => scene.Pictures[0].Objects[0].Motion);
    }

    [Fact]
    public void TheSoundingObjectIsNeitherLargerNorInFrontNorAtAPlaceOfItsOwn()
    {
        Scene[] scenes = [.. Worlds.Scenes("s4", Count).Where(scene => scene.Pictures[0].Objects.Count == 3)];
        int Sounding(Scene scene) => scene.Pictures[0].Objects.ToList().FindIndex(one => one.Label == scene.Sounds[0].Sounds[0].Label);
        Even(scenes, scene => Sounding(scene));
        Even(scenes, scene => scene.Pictures[0].Objects[Sounding(scene)].Place);
        Even(scenes, scene => scene.Pictures[0].Objects[Sounding(scene)].IsLarge);
        Independent(scenes, scene => scene.Pictures[0].Objects[Sounding(scene)].Place, scene => scene.Sounds[0].Sounds[0].Label);
        Independent(scenes, scene => scene.Pictures[0].Objects[Sounding(scene)].Place, scene => scene.Pictures[0].Background.ColourName);
    }

    [Fact]
    public void NeitherVideoNorSoundIsTheRightOneMoreOften()
    {
        foreach (string key in new[] { "a2v", "v2a" })
        {
            (Scene Scene, string Answer)[] asked = [.. Worlds.Scenes(key, Count).Select(scene => (scene, scene.Samples()[0].Sample.Reference.Label!))];
            Even(asked, one => one.Answer);
            Independent(asked, one => one.Answer, one => one.Scene.Pictures[0].Objects[0].Label);
            Independent(asked, one => one.Answer, one => one.Scene.Sounds[0].Sounds[0].Label);
            Independent(asked, one => one.Answer, one => one.Scene.Pictures[0].Background.ColourName);
            Independent(asked, one => one.Answer, one => one.Scene.Pictures[0].Objects[0].Motion);
        }
    }

    [Fact]
    public void WhetherADescribedObjectIsThereCannotBeReadFromTheDescription()
    {
        (Scene Scene, bool There, string Description)[] asked = [.. Worlds.Scenes("ref_avs", Count).Select(scene => (scene, scene.Truth.Described is not null, scene.Truth.Description!.Words))];
        Even(asked, one => one.There);
        Independent(asked, one => one.There, one => one.Description.Split(' ').Length);
        Independent(asked, one => one.There, one => one.Description.Split(' ')[^1]);
        Independent(asked, one => one.There, one => one.Description.Split(' ')[1]);
        Independent(asked, one => one.There, one => one.Scene.Pictures[0].Objects.Count);
        Independent(asked, one => one.There, one => one.Scene.Pictures[0].Background.ColourName);
        Independent(asked, one => one.There, one => one.Scene.Truth.FrameIndex);
    }

    [Fact]
    public void AnswersToAQuestionFollowFromNothingButTheClip()
    {
        (Scene Scene, string Question, string Answer)[] asked = [.. Worlds.Scenes("avqa", Count * 2).Select(scene => (scene, (string)scene.Samples()[0].Entry.Fields["question"]!, scene.Samples()[0].Sample.Reference.Label!))];
        foreach (string answers in new[] { "yes no", "left middle right", "one two three" })
        {
            foreach (IGrouping<QuestionType, (Scene Scene, string Question, string Answer)> kind in asked.Where(one => answers.Split(' ').Contains(one.Answer)).GroupBy(one => one.Scene.Truth.Plan!.Value.Type))
            {
                (Scene Scene, string Question, string Answer)[] same = [.. kind];
                Even(same, one => one.Answer);
                Independent(same, one => one.Answer, one => one.Scene.Pictures[0].Background.ColourName);
                Independent(same, one => one.Answer, one => one.Question.Length);
            }
        }

        // Of two that are named, the first is the answer as often as the second.
        Even([.. asked.Where(one => one.Question.Contains(", the ", StringComparison.Ordinal))], one => one.Question.Contains($", the {one.Answer} or", StringComparison.Ordinal));

        (int Options, int Answer)[] chosen = [.. Worlds.Scenes("avqa_thu", Count).Select(scene => scene.Samples()[0]).Select(sample => (sample.Sample.Reference.Options.Count, (int)sample.Entry.Fields["answer"]!))];
        Assert.All(chosen.GroupBy(one => one.Options), same => Even([.. same], one => one.Answer));
    }

    private static void Even<T>(T[] scenes, Func<T, object> label)
    {
        int[] counts = [.. scenes.GroupBy(label).Select(one => one.Count())];
        double expected = (double)scenes.Length / counts.Length, distance = counts.Sum(count => (count - expected) * (count - expected) / expected);
        Assert.True(scenes.Length >= 100 && counts.Length > 1 && distance < Most(counts.Length - 1), $"{scenes.Length} scenes, counts {string.Join(", ", counts)}: χ² is {distance:0.0}");
    }

    private static void Independent<T>(T[] scenes, Func<T, object> label, Func<T, object> field)
    {
        Dictionary<object, int> rows = scenes.GroupBy(label).ToDictionary(one => one.Key, one => one.Count()), columns = scenes.GroupBy(field).ToDictionary(one => one.Key, one => one.Count());
        Dictionary<(object, object), int> cells = scenes.GroupBy(scene => (label(scene), field(scene))).ToDictionary(one => one.Key, one => one.Count());
        double distance = 0;
        foreach ((object row, int across) in rows)
        {
            foreach ((object column, int down) in columns)
            {
                double expected = (double)across * down / scenes.Length, difference = cells.GetValueOrDefault((row, column)) - expected;
                distance += difference * difference / expected;
            }
        }

        Assert.True(distance < Most((rows.Count - 1) * (columns.Count - 1)), $"{rows.Count}×{columns.Count} table of {scenes.Length}: χ² is {distance:0.0}");
    }

    // What chance exceeds about once in ten thousand tables.
    private static double Most(int freedom) => freedom + (4.2 * Math.Sqrt(2.0 * freedom)) + 8;
}

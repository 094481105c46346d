using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CrabStudio.Media;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World.Tests;

public sealed class DeterminismTests
{
    [Fact]
    public void TheSameSeedGivesTheSameFramesSamplesAndAnnotations()
    {
        foreach (string key in Worlds.Keys)
        {
            Scene one = Worlds.Scene(key, 3), again = Worlds.Scene(key, 3);
            Assert.Equal(Annotations(one), Annotations(again));
            for (int picture = 0; picture < one.Pictures.Count; picture++)
            {
                Assert.True(Frames(one, picture).AsSpan().SequenceEqual(Frames(again, picture)), key);
            }

            for (int sound = 0; sound < one.Sounds.Count; sound++)
            {
                Assert.True(one.RenderSound(Worlds.Bank, sound).AsSpan().SequenceEqual(again.RenderSound(Worlds.Bank, sound)), key);
            }
        }
    }

    [Fact]
    public void DifferentSeedsKeysAndSplitsGiveDifferentScenes()
    {
        foreach (string key in Worlds.Keys)
        {
            Scene[] scenes = [.. Worlds.Scenes(key, 12), .. Worlds.Scenes(key, 12, AvUieSplit.Test)];
            Assert.Equal(24, scenes.Select(Annotations).Distinct().Count());
            Assert.Equal(24, scenes.Select(scene => Convert.ToHexString(SHA256.HashData(Frames(scene, 0)))).Distinct().Count());
        }
    }

    [Fact]
    public void WhatHappensIsTheSameOnEveryMachine()
    {
        // Everything that is decided, apart from what the font and the bank give.
        StringBuilder all = new();
        foreach (Scene scene in Worlds.Keys.SelectMany(key => Worlds.Scenes(key, 20)))
        {
            all.Append(WorldTruth.Of(scene)["sounds"]!.ToJsonString());
            foreach (WorldObject one in scene.Pictures.SelectMany(picture => picture.Objects))
            {
                all.Append(FormattableString.Invariant($"{one}\n"));
            }
        }

        Assert.Equal("6cf12fb225b7910e", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())))[..16]);
    }

    [Fact]
    public void ARenderedSoundIsTheSameWhenItIsRenderedAgain()
    {
        DirectoryInfo one = Directory.CreateTempSubdirectory("sounds "), other = Directory.CreateTempSubdirectory("sounds ");
        try
        {
            foreach (string kind in new[] { "drum", "fear" })
            {
                Assert.True(new SoundBank(one.FullName).Take(kind, AvUieSplit.Test, 3).SequenceEqual(new SoundBank(other.FullName).Take(kind, AvUieSplit.Test, 3)), kind);
            }

            Assert.Equal(one.EnumerateFiles().Select(file => file.Name).Order(), other.EnumerateFiles().Select(file => file.Name).Order());
            // From disk it is what it was.
            Assert.True(new SoundBank(one.FullName).Take("drum", AvUieSplit.Test, 3).SequenceEqual(new SoundBank(one.FullName).Take("drum", AvUieSplit.Test, 3)));
        }
        finally
        {
            one.Delete(recursive: true);
            other.Delete(recursive: true);
        }
    }

    [Fact]
    public void PreparingTellsHowFarItHasCome()
    {
        List<(int Done, int All)> told = [];
        Worlds.Bank.Prepare(AvUieSplit.Train, SoundBank.ChunkTakes, 2, (done, all) =>
        {
            lock (told)
            {
                told.Add((done, all));
            }
        });
        Assert.Equal(Enumerable.Range(1, 23).Select(done => (done, 23)), told.Order());
    }

    [Fact]
    public void OptionsOutOfBoundsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => Scene.FromSeed(1, new SceneOptions("kitchen")));
        Assert.Throws<ArgumentException>(() => Scene.FromSeed(1, new SceneOptions("avqa") { Seconds = 30 }));
        Assert.Throws<ArgumentException>(() => Scene.FromSeed(1, new SceneOptions("avqa") { Takes = 0 }));
    }

    private static string Annotations(Scene scene) => WorldTruth.Of(scene).ToJsonString() + string.Join('\n', scene.Samples().Select(sample => sample.Entry.Fields.ToJsonString()));

    private static byte[] Frames(Scene scene, int picture) => scene.RenderFrames(scene.IsStill ? 1 : 10, picture).Pixels;
}

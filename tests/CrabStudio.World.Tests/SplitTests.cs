using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World.Tests;

public sealed class SplitTests
{
    [Fact]
    public void BackgroundsAndPairsOfTheTestSplitAreNeverMetInTraining()
    {
        HashSet<(int, int)> trainGrounds = [], testGrounds = [];
        HashSet<(string, string)> trainPairs = [];
        foreach (string key in new[] { "avvp", "avqa", "ref_avs", "ms3", "a2v", "v2a", "unav", "ks" })
        {
            foreach (Scene scene in Worlds.Scenes(key, 300))
            {
                trainGrounds.UnionWith(Grounds(scene));
                trainPairs.UnionWith(Pairs(scene));
            }
        }

        int several = 0;
        foreach (Scene scene in new[] { "avvp", "avqa", "ref_avs", "ms3", "a2v", "v2a", "unav", "ks" }.SelectMany(key => Worlds.Scenes(key, 100, AvUieSplit.Test)))
        {
            testGrounds.UnionWith(Grounds(scene));
            (string, string)[] pairs = [.. Pairs(scene)];
            several += pairs.Length > 0 ? 1 : 0;
            Assert.True(pairs.Length == 0 || pairs.Any(pair => !trainPairs.Contains(pair)), $"{scene.Name}: all of {string.Join(", ", pairs)} are together in training as well");
        }

        Assert.True(several > 300, $"{several} scenes have several classes");
        Assert.Equal((24, 12), (trainGrounds.Count, testGrounds.Count));
        Assert.Empty(trainGrounds.Intersect(testGrounds));
    }

    [Fact]
    public void InstrumentsOfTheSplitsPlayDifferentPitches()
    {
        foreach (WorldClass one in WorldCatalog.Classes.Where(one => one.Program > -2))
        {
            int[] train = [.. Pitches(MidiScore.Compose(one, AvUieSplit.Train, 0, 40)).Distinct()], test = [.. Pitches(MidiScore.Compose(one, AvUieSplit.Test, 0, 40)).Distinct()];
            Assert.True(train.Length > 5 && test.Length > 1, $"{one.Name} plays {train.Length} and {test.Length} pitches");
            Assert.Empty(train.Intersect(test));
            Assert.All(train.Concat(test), pitch => Assert.InRange(pitch, one.Low, one.High));
        }
    }

    [Fact]
    public void VoicesOfTheSplitsHaveNoSpeakerAndNoSentenceInCommon()
    {
        foreach (string kind in SoundBank.Kinds.Where(VoiceScript.Has))
        {
            string[][] train = [.. Enumerable.Range(0, 400).Select(take => VoiceScript.Arguments(kind, AvUieSplit.Train, take))], test = [.. Enumerable.Range(0, 200).Select(take => VoiceScript.Arguments(kind, AvUieSplit.Test, take))];
            string[] speakers = [.. train.Select(one => one[1].Split('+')[1]).Distinct()];
            Assert.True(speakers.Length >= 55, $"{kind} has {speakers.Length} speakers");
            Assert.Empty(speakers.Intersect(test.Select(one => one[1].Split('+')[1])));
            Assert.Empty(train.SelectMany(one => one[^1].Split(". ")).Select(said => said.TrimEnd('.')).Intersect(test.SelectMany(one => one[^1].Split(". ")).Select(said => said.TrimEnd('.'))));
        }
    }

    [Fact]
    public void EverySpeakerIsOneThatEspeakHas()
    {
        using System.Diagnostics.Process espeak = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(WorldTools.Find("espeak-ng"), "--voices=variant") { RedirectStandardOutput = true })!;
        string[] known = [.. espeak.StandardOutput.ReadToEnd().Split('\n').SelectMany(line => line.Split("!v/").Skip(1)).Select(name => name.Split(' ')[0])];
        string[] spoken = [.. Enum.GetValues<AvUieSplit>().SelectMany(split => Enumerable.Range(0, 600).Select(take => VoiceScript.Arguments("speech", split, take)[1].Split('+')[1])).Distinct()];
        Assert.True(spoken.Length > 70, $"{spoken.Length} speakers");
        Assert.Empty(spoken.Except(known));
    }

    private static IEnumerable<(int, int)> Grounds(Scene scene) => scene.Pictures.Select(picture => (picture.Background.Colour, picture.Background.Pattern));

    private static IEnumerable<(string, string)> Pairs(Scene scene)
    {
        string[] labels = [.. scene.Pictures.SelectMany(picture => picture.Objects).Select(one => one.Label).Concat(scene.Sounds.SelectMany(track => track.Sounds).Select(one => one.Label)).Distinct().Order(StringComparer.Ordinal)];
        return labels.SelectMany((one, place) => labels[(place + 1)..].Select(other => (one, other)));
    }

    // Reads the file apart from the writer: header, then delta times and events of the one track.
    private static IEnumerable<int> Pitches(byte[] midi)
    {
        Assert.Equal("MThd"u8, midi.AsSpan(0, 4));
        Assert.Equal("MTrk"u8, midi.AsSpan(14, 4));
        Assert.Equal(midi.Length - 22, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(midi.AsSpan(18)));
        List<int> pitches = [];
        for (int at = 22; at < midi.Length;)
        {
            while (midi[at++] >= 0x80)
            {
            }

            int status = midi[at++];
            switch (status >> 4)
            {
                case 9:
                    pitches.Add(midi[at]);
                    at += 2;
                    break;
                case 8 or 11:
                    at += 2;
                    break;
                case 12:
                    at++;
                    break;
                default:
                    Assert.Equal(0xFF, status);
                    at += 2 + midi[at + 1];
                    break;
            }
        }

        return pitches;
    }
}

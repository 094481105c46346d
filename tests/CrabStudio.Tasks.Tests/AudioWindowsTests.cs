using CrabStudio.Tasks;

namespace CrabStudio.Tasks.Tests;

public sealed class AudioWindowsTests
{
    [Theory]
    [InlineData(160007, 160000)]
    [InlineData(16000, 16000)]
    [InlineData(68809, 68800)]
    public void TenWindowsOfATenthAreTheSoundWithoutWhatRoundingLeaves(int length, int heard)
    {
        float[] sound = Ramp(length);
        foreach (string key in new[] { "avqa_thu", "ks", "ucf", "avvp", "ave", "unav", "a2v", "v2a", "avcap" })
        {
            Assert.Equal(sound[..heard], AudioWindows.Slice(key, sound, null));
        }
    }

    [Fact]
    public void ArigHearsFiveFifths() => Assert.Equal(Ramp(80320), AudioWindows.Slice("arig", Ramp(80324), 3));

    [Theory]
    [InlineData("mer24")]
    [InlineData("meld")]
    [InlineData("dfew")]
    [InlineData("mafw")]
    [InlineData("cremad")]
    public void EmotionsHearFourSecondsWhateverTheLength(string key)
    {
        Assert.Equal(Ramp(64000), AudioWindows.Slice(key, Ramp(160000), null));
        Assert.Equal([.. Ramp(20000), .. new float[44000]], AudioWindows.Slice(key, Ramp(20000), null));
    }

    [Theory]
    [InlineData("s4", 5)]
    [InlineData("ms3", 5)]
    [InlineData("ref_avs", 10)]
    public void OneWindowIsHeardWhereTheClipCountsAsSoManySeconds(string key, int seconds)
    {
        float[] sound = Ramp(117281);
        int second = sound.Length / seconds;
        Assert.Equal(sound[..second], AudioWindows.Slice(key, sound, null));
        for (int i = 0; i < seconds; i++)
        {
            Assert.Equal(sound[(i * second)..((i + 1) * second)], AudioWindows.Slice(key, sound, i));
        }

        Assert.Equal(new float[second], AudioWindows.Slice(key, sound, seconds));
        Assert.Equal(new float[second], AudioWindows.Slice(key, sound, int.MaxValue));
    }

    [Fact]
    public void AvqaHearsTwoSecondsAroundEverySixthAndOnlyTheFirstIsPadded()
    {
        // u = 1001 is odd: half seconds are rounded down.
        float[] sound = Ramp(60060), heard = AudioWindows.Slice("avqa", sound, null);
        Assert.Equal(new float[501], heard[..501]);
        Assert.Equal(sound[..1501], heard[501..2002]);
        Assert.Equal(sound[5505..7507], heard[2002..4004]);
        Assert.Equal(10 * 2002, heard.Length);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a task of next year")]
    public void WithoutATaskTheWholeSoundIsHeard(string? key) => Assert.Equal(Ramp(12345), AudioWindows.Slice(key, Ramp(12345), 2));

    [Fact]
    public void RangesSayWhereEachSampleComesFromAndWhereSilenceIsPut()
    {
        Assert.Equal([new HeardRange(0, 20000), new HeardRange(null, 44000)], AudioWindows.Ranges("meld", 20000, null));
        Assert.Equal([new HeardRange(20000, 10000)], AudioWindows.Ranges("s4", 50000, 2));
        Assert.Equal([new HeardRange(null, 10000)], AudioWindows.Ranges("s4", 50000, 5));
        Assert.Equal([new HeardRange(null, 501), new HeardRange(0, 1501), new HeardRange(5505, 2002)], AudioWindows.Ranges("avqa", 60060, null).Take(3));
    }

    private static float[] Ramp(int length) => [.. Enumerable.Range(1, length).Select(i => (float)i)];
}

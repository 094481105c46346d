using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Languages;

namespace CrabStudio.Web.Tests.Components;

public sealed class ClipTests
{
    [Fact]
    public void UploadsAreKeptInTheOrderInWhichTheyBeganAndChangeByTheirKey()
    {
        UploadState state = new();
        state.Started("b", "two.mp4", 200);
        state.Started("a", "one.mp4", 100);
        state.Progress("a", 52, 104);
        Assert.Equal(["two.mp4", "one.mp4"], state.Uploads.Select(upload => upload.FileName));
        Assert.Equal((0, 0.5), (state.Uploads[0].Fraction, state.Uploads[1].Fraction));
        Assert.False(state.Uploads[1].Examining);
        state.Progress("a", 104, 104);
        Assert.True(state.Uploads[1].Examining);
    }

    [Fact]
    public void AFailedUploadStaysToBeReadAndIsNoLongerBusy()
    {
        UploadState state = new();
        state.Started("a", "one.mp4", 100);
        Assert.True(state.Busy);
        state.Progress("a", 100, 100);
        state.Failed("a", "Not a clip.");
        Assert.False(state.Busy);
        Assert.False(state.Uploads[0].Examining);
        Assert.Equal("Not a clip.", state.Uploads[0].Error);
        state.Remove("a");
        Assert.Empty(state.Uploads);
    }

    [Fact]
    public void AnUploadOfAnEarlierPageIsNotBusyAndOneWhoseConnectionIsAwayIsNotExamined()
    {
        UploadState state = new();
        state.Paused("upload-1", "old.mp4", 4, 10);
        Assert.False(state.Busy);
        Assert.Equal((true, 0.4), (state.Uploads[0].Paused, state.Uploads[0].Fraction));
        state.Started("upload-2", "new.mp4", 10);
        state.Progress("upload-2", 10, 10);
        Assert.True(state.Uploads[1].Examining);
        state.Waits("upload-2");
        Assert.Equal((true, false), (state.Uploads[1].Waiting, state.Uploads[1].Examining));
        state.Progress("upload-2", 10, 10);
        Assert.True(state.Uploads[1].Examining);
        Assert.True(state.Remove("upload-2"));
        Assert.False(state.Remove("upload-2"));
    }

    [Fact]
    public void NewsOfAnUploadThatWasPutAwayAreIgnored()
    {
        UploadState state = new();
        state.Progress("gone", 1, 2);
        state.Failed("gone", "Late.");
        state.Remove("gone");
        Assert.Empty(state.Uploads);
    }

    [Fact]
    public void AnEmptyFileHasNoFractionThatIsNoNumber() => Assert.Equal(0, new Upload("a", "empty", 0).Fraction);

    [Fact]
    public void FactsSayWhatAClipHasAndHasNot()
    {
        Assert.Equal("10.0 s · 1280×720 · 30 fps · sound 48 kHz stereo · 3.1 MB", ClipWords.Facts(Samples.Video(), EnglishWords.Only));
        Assert.Equal("10.0 s · 1280×720 · 30 fps · no sound · 3.1 MB", ClipWords.Facts(Samples.Video(sound: false), EnglishWords.Only));
        Assert.Equal("4.0 s · sound 16 kHz mono · 712 B", ClipWords.Facts(Samples.Sound(), EnglishWords.Only));
        Assert.Equal("640×480 · 5 kB", ClipWords.Facts(Samples.Picture(), EnglishWords.Only));
    }

    [Fact]
    public void ATurnedPictureIsMeasuredAsItIsSeen()
    {
        Media.ClipProbe probe = Samples.Video();
        Assert.Contains("720×1280", ClipWords.Facts(probe with { Picture = probe.Picture! with { RotationDegrees = 90 } }, EnglishWords.Only));
        Assert.Contains("1280×720", ClipWords.Facts(probe with { Picture = probe.Picture! with { RotationDegrees = 180 } }, EnglishWords.Only));
    }

    [Theory]
    [InlineData(9.54, "9.5 s")]
    [InlineData(125, "2:05")]
    [InlineData(3725, "1:02:05")]
    public void DurationsReadAsClocksFromAMinuteOn(double seconds, string words) => Assert.Equal(words, ClipWords.Duration(seconds));

    [Fact]
    public void WhatIsStoredOfAClipComesBackWhole() => Assert.Equal(Samples.Video(), Samples.Clip(Samples.Video()).ReadProbe());
}

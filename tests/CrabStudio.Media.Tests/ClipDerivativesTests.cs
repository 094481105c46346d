using System.Text.Json;
using CrabStudio.Testing;
using SkiaSharp;

namespace CrabStudio.Media.Tests;

public sealed class ClipDerivativesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("crab-derived-").FullName;
    private readonly MediaReader reader = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_playable_video_gets_poster_and_strip_and_no_rendition()
    {
        DerivedFiles files = await MakeAsync(Golden.Find("media/clip_a.mp4"));
        Assert.Equal(new DerivedFiles("poster.jpg", "strip.jpg", ClipDerivatives.StripFrames, "waveform.json", null), files);
        Assert.Equal((160, 120), SizeOf(files.Poster!));
        Assert.Equal((ClipDerivatives.StripFrames * 120, 90), SizeOf(files.Strip!));
    }

    [Theory]
    [InlineData("good-mpeg4-mp3.avi")]
    [InlineData("good-h264.ts")]
    [InlineData("good-h264.mkv")]
    [InlineData("good-hevc10.mp4")]
    [InlineData("good-animated.gif")]
    [InlineData("good-mjpeg.mov")]
    [InlineData("good-odd-size.mp4")]
    [InlineData("good-rotated.mp4")]
    [InlineData("good-51.mp4")]
    [InlineData("good-aiff.aiff")]
    [InlineData("good-late-start.mkv")]
    [InlineData("maybe-wmv.wmv")]
    [InlineData("frame%03d.mp4")]
    [InlineData("-i.mp4")]
    public async Task What_browsers_get_is_playable_and_as_long_as_the_original(string name)
    {
        string path = Golden.Find("hostile/media/" + name);
        ClipProbe original = await reader.ProbeAsync(path);
        List<double> progress = [];
        DerivedFiles files = await new ClipDerivatives().MakeAsync(path, original, folder, new Reports(progress));
        Assert.Equal(RenditionPlan.For(original) is not null, files.Rendition is not null);
        if (files.Rendition is not null)
        {
            ClipProbe rendition = await reader.ProbeAsync(Path.Combine(folder, files.Rendition));
            Assert.Null(RenditionPlan.For(rendition));
            Assert.Equal(original.Kind, rendition.Kind);
            Assert.Equal(original.Sound is null, rendition.Sound is null);
            Assert.Equal(original.PlaySeconds, rendition.DurationSeconds, 0.25);
        }

        Assert.Equal(progress.Order(), progress);
        Assert.Equal(1, progress[^1], 1e-9);
        Assert.DoesNotContain(Directory.EnumerateFiles(folder), file => file.EndsWith(".part", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_waveform_tells_its_unit_and_follows_the_sound()
    {
        DerivedFiles files = await MakeAsync(Golden.Find("media/a10.wav"));
        Assert.Equal(new DerivedFiles(null, null, 0, "waveform.json", null), files);
        using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, files.Waveform!)));
        float[] peaks = [.. json.RootElement.GetProperty("peaks").EnumerateArray().Select(peak => peak.GetSingle())];
        Assert.Equal(Waveform.FullScale, json.RootElement.GetProperty("unit").GetString());
        Assert.Equal(50, json.RootElement.GetProperty("peaksPerSecond").GetDouble());
        Assert.Equal(10, json.RootElement.GetProperty("durationSeconds").GetDouble(), 0.01);
        Assert.Equal(500, peaks.Length, 1.0);
        float[] samples = await reader.ReadSoundAsync(Golden.Find("media/a10.wav"));
        Assert.Equal(samples.Max(Math.Abs), peaks.Max(), 0.05);
        Assert.All(peaks, peak => Assert.InRange(peak, 0, 1));
    }

    [Fact]
    public async Task A_still_gets_a_poster_only()
    {
        Assert.Equal(new DerivedFiles("poster.jpg", null, 0, null, null), await MakeAsync(Golden.Find("media/still_rgba.png")));
        Assert.Equal((120, 90), SizeOf("poster.jpg"));
    }

    [Fact]
    public async Task What_is_there_is_not_made_again()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "poster.jpg"), "made before");
        await MakeAsync(Golden.Find("media/clip_short.mp4"));
        Assert.Equal("made before", await File.ReadAllTextAsync(Path.Combine(folder, "poster.jpg")));
    }

    [Fact]
    public async Task A_cancelled_rendition_leaves_nothing_half_done()
    {
        string path = Golden.Find("hostile/media/good-mpeg4-mp3.avi");
        ClipProbe probe = await reader.ProbeAsync(path);
        using CancellationTokenSource source = new();
        IProgress<double> stopper = new Reports([], value =>
        {
            if (value > 0.2)
            {
                source.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ClipDerivatives().MakeAsync(path, probe, folder, stopper, source.Token));
        Assert.DoesNotContain(Directory.EnumerateFiles(folder), file => file.EndsWith(".part", StringComparison.Ordinal) || file.EndsWith("rendition.mp4", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mov", "h264", "yuv420p", "aac", null, null)]
    [InlineData("mov", "h264", "yuv420p", null, null, null)]
    [InlineData("mov", null, null, "aac", null, null)]
    [InlineData("mov", "h264", "yuv420p10le", "aac", false, true)]
    [InlineData("mov", "hevc", "yuv420p", "aac", false, true)]
    [InlineData("mov", "h264", "yuv420p", "pcm_s16be", true, false)]
    [InlineData("matroska", "vp9", "yuv420p", "opus", null, null)]
    [InlineData("matroska", "h264", "yuv420p", "aac", true, true)]
    [InlineData("matroska", "vp9", "yuv420p", "aac", false, true)]
    [InlineData("mpegts", "h264", "yuv420p", "aac", true, true)]
    [InlineData("avi", "mpeg4", "yuv420p", "mp3", false, true)]
    [InlineData("gif", "gif", "bgra", null, false, false)]
    [InlineData("wav", null, null, "pcm_s16le", null, null)]
    [InlineData("wav", null, null, "adpcm_ms", false, false)]
    [InlineData("flac", null, null, "flac", null, null)]
    [InlineData("mp3", null, null, "mp3", null, null)]
    [InlineData("ogg", null, null, "vorbis", null, null)]
    [InlineData("aiff", null, null, "pcm_s16be", false, false)]
    public void A_rendition_is_planned_only_where_browsers_need_one(string format, string? picture, string? pixels, string? sound, bool? copyPicture, bool? copySound)
    {
        ClipProbe probe = new(
            picture is null ? ClipKind.Audio : ClipKind.Video,
            format,
            1000,
            10,
            picture is null ? null : new PictureStream(picture, 100, 100, 25, 0) { PixelFormat = pixels! },
            sound is null ? null : new SoundStream(sound, 44100, 2),
            1);
        Assert.Equal(copyPicture is null ? null : new RenditionPlan(copyPicture.Value, copySound!.Value), RenditionPlan.For(probe));
    }

    private async Task<DerivedFiles> MakeAsync(string path) => await new ClipDerivatives().MakeAsync(path, await reader.ProbeAsync(path), folder);

    private (int Width, int Height) SizeOf(string name)
    {
        using SKBitmap bitmap = SKBitmap.Decode(Path.Combine(folder, name));
        return (bitmap.Width, bitmap.Height);
    }

    private sealed class Reports(List<double> values, Action<double>? also = null) : IProgress<double>
    {
        public void Report(double value)
        {
            values.Add(value);
            also?.Invoke(value);
        }
    }
}

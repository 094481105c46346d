using System.Diagnostics;

namespace CrabStudio.Media.Tests;

/// <summary>
/// How long a clip takes to become frames and sound. Prints, and is run on demand only (in Release):
/// <c>dotnet run -c Release --project tests/CrabStudio.Media.Tests -- -explicit only -class "*Benchmark" -showLiveOutput</c>.
/// </summary>
public sealed class PreparationBenchmark(ITestOutputHelper output) : IDisposable
{
    private const int Repetitions = 9;
    private readonly string folder = Directory.CreateTempSubdirectory("crab-bench-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact(Explicit = true)]
    public async Task Ten_seconds_of_720p_become_ten_frames_and_ten_seconds_of_sound()
    {
        string path = Path.Combine(folder, "clip.mp4");
        await Process.Start(ToolProcess.Ffmpeg, [
            "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=10", "-f", "lavfi", "-i", "sine=440:duration=10",
            "-ac", "2", "-ar", "44100", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", path]).WaitForExitAsync();
        MediaReader reader = new();
        List<(double Decoded, double Resized)> times = [];
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            Task<VideoFrames> frames = reader.ReadFramesAsync(path, 10);
            Task<float[]> sound = reader.ReadSoundAsync(path);
            await Task.WhenAll(frames, sound);
            double decoded = watch.Elapsed.TotalMilliseconds;
            RgbFrames resized = Resize.VideoBicubic((await frames).Frames, 224, 224);
            times.Add((decoded, watch.Elapsed.TotalMilliseconds));
            Assert.Equal(10, resized.Count);
            Assert.InRange((await sound).Length, 159_000, 162_000);
        }

        double[] whole = [.. times.Select(time => time.Resized).Order()];
        output.WriteLine(FormattableString.Invariant(
            $"10 s of 1280x720, {Environment.ProcessorCount} processors, {Repetitions} repetitions: decoded {times.Select(time => time.Decoded).Order().ElementAt(Repetitions / 2):0} ms, with resizing {whole[Repetitions / 2]:0} ms (median), {whole[0]:0} to {whole[^1]:0} ms"));
    }
}

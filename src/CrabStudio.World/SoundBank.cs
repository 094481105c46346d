using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CrabStudio.Media;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World;

/// <summary>
/// The sounds of the world: takes of four seconds, 16 kHz mono, all equally loud. They are rendered when they are first asked
/// for, a chunk of takes at a time, and kept on disk under a name that depends on everything they are made of (score or words,
/// soundfont, versions of the programs), so that each is rendered once. May be used by several threads.
/// </summary>
/// <param name="folder">Where the rendered sounds are kept; <see cref="DefaultFolder"/> when null.</param>
public sealed class SoundBank(string? folder = null)
{
    /// <summary>Samples a second.</summary>
    public const int Rate = 16000;

    /// <summary>Samples of a take.</summary>
    public const int TakeSamples = Rate * MidiScore.TakeMilliseconds / 1000;

    /// <summary>Takes that are rendered together: to load the soundfont takes longer than to play them.</summary>
    public const int ChunkTakes = 32;

    /// <summary>The root of the mean square of every take, as long as no sample would be too large for it.</summary>
    internal const int Loudness = 2600;

    private const int Peak = 24000;
    private const int Version = 1;
    private const int SpokenRate = 22050;

    private static readonly MediaLimits Limits = new();
    private static readonly ConcurrentDictionary<string, string> Versions = [];

    private readonly string folder = folder ?? DefaultFolder;
    private readonly ConcurrentDictionary<(string Kind, AvUieSplit Split, int Chunk), Lazy<short[]>> chunks = [];

    /// <summary>The folder for sounds of all worlds of this user.</summary>
    public static string DefaultFolder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
        : OperatingSystem.IsLinux() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache")
        : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "crabstudio",
        "world-sounds");

    /// <summary>Everything that sounds: the classes, and the voices of the emotions.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. WorldCatalog.Classes.Select(one => one.Name), .. WorldCatalog.Emotions.Select(one => one.Name)];

    /// <summary>The samples of a take.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="split">Whose pitches, voices and sentences.</param>
    /// <param name="take">Its number, from 0.</param>
    /// <exception cref="WorldException">It cannot be rendered.</exception>
    public ReadOnlySpan<short> Take(string kind, AvUieSplit split, int take) => Chunk(kind, split, take / ChunkTakes).AsSpan(take % ChunkTakes * TakeSamples, TakeSamples);

    /// <summary>Renders what is not there yet, so that nothing waits for it later.</summary>
    /// <param name="split">Which split.</param>
    /// <param name="takes">How many takes of each kind.</param>
    /// <param name="jobs">How many programs run at a time.</param>
    /// <param name="progress">Told how many chunks of how many are there.</param>
    /// <param name="cancellation">Stops between two chunks.</param>
    /// <exception cref="WorldException">A sound cannot be rendered.</exception>
    public void Prepare(AvUieSplit split, int takes, int jobs, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        (string Kind, int Chunk)[] wanted = [.. Kinds.SelectMany(kind => Enumerable.Range(0, (takes + ChunkTakes - 1) / ChunkTakes).Select(chunk => (kind, chunk)))];
        int done = 0;
        try
        {
            Parallel.ForEach(wanted, new ParallelOptions { MaxDegreeOfParallelism = jobs, CancellationToken = cancellation }, one =>
            {
                Chunk(one.Kind, split, one.Chunk);
                progress?.Invoke(Interlocked.Increment(ref done), wanted.Length);
            });
        }
        catch (AggregateException several) when (several.InnerExceptions.OfType<WorldException>().FirstOrDefault() is { } fault)
        {
            throw new WorldException(fault.Message, fault);
        }
    }

    private short[] Chunk(string kind, AvUieSplit split, int chunk)
    {
        Lazy<short[]> lazy = chunks.GetOrAdd((kind, split, chunk), place => new Lazy<short[]>(() => Load(place.Kind, place.Split, place.Chunk)));
        try
        {
            return lazy.Value;
        }
        catch
        {
            // The next one who asks tries again.
            chunks.TryRemove(new((kind, split, chunk), lazy));
            throw;
        }
    }

    private short[] Load(string kind, AvUieSplit split, int chunk)
    {
        WorldClass? played = WorldCatalog.Classes.FirstOrDefault(one => one.Name == kind && !VoiceScript.Has(kind));
        byte[]? score = played is null ? null : MidiScore.Compose(played, split, chunk * ChunkTakes, ChunkTakes);
        string[][] spoken = played is not null ? [] : [.. Enumerable.Range(chunk * ChunkTakes, ChunkTakes).Select(take => VoiceScript.Arguments(kind, split, take))];
        string made = score is not null
            ? $"{Version}\n{VersionOf("fluidsynth")}\n{WorldTools.SoundfontId}\n{Convert.ToBase64String(score)}"
            : $"{Version}\n{VersionOf("espeak-ng")}\n{string.Join('\n', spoken.Select(words => string.Join('\t', words)))}";
        string path = Path.Combine(folder, $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(made)))[..32]}.pcm");
        const int Bytes = ChunkTakes * TakeSamples * sizeof(short);
        if (File.Exists(path) && new FileInfo(path).Length == Bytes)
        {
            return MemoryMarshal.Cast<byte, short>(File.ReadAllBytes(path)).ToArray();
        }

        short[] samples = score is not null ? Play(kind, score) : Speak(spoken);
        for (int take = 0; take < ChunkTakes; take++)
        {
            Level(samples.AsSpan(take * TakeSamples, TakeSamples), kind);
        }

        Keep(path, samples);
        return samples;
    }

    // A file that exists is whole: several processes may render the same at a time.
    private void Keep(string path, short[] samples)
    {
        string part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(part, MemoryMarshal.AsBytes(samples.AsSpan()));
            File.Move(part, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new WorldException($"sounds cannot be kept in {folder}: {fault.Message}", fault);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static short[] Play(string kind, byte[] score)
    {
        string midi = Path.Combine(Path.GetTempPath(), $"crab-{Guid.NewGuid():N}.mid"), raw = Path.ChangeExtension(midi, ".raw");
        try
        {
            File.WriteAllBytes(midi, score);
            Run("fluidsynth", [
                "-ni", "-q", "-r", Rate.ToString(CultureInfo.InvariantCulture), "-R", "0", "-C", "0", "-g", "0.5", "-o", "synth.dynamic-sample-loading=1", "-o", "synth.cpu-cores=1",
                "-T", "raw", "-O", "s16", "-E", "little", "-F", raw, WorldTools.Soundfont, midi]);
            short[] stereo = MemoryMarshal.Cast<byte, short>(File.Exists(raw) ? File.ReadAllBytes(raw) : []).ToArray(), mono = new short[ChunkTakes * TakeSamples];
            for (int take = 0; take < ChunkTakes; take++)
            {
                int from = take * (MidiScore.SlotMilliseconds * (Rate / 1000)), to = take * TakeSamples;
                for (int at = 0; at < TakeSamples && ((from + at) * 2) + 1 < stereo.Length; at++)
                {
                    mono[to + at] = (short)((stereo[(from + at) * 2] + stereo[((from + at) * 2) + 1]) / 2);
                }
            }

            return mono;
        }
        catch (IOException fault)
        {
            throw new WorldException($"the sound of {kind} could not be rendered: {fault.Message}", fault);
        }
        finally
        {
            File.Delete(midi);
            File.Delete(raw);
        }
    }

    private static short[] Speak(string[][] takes)
    {
        short[] all = new short[ChunkTakes * TakeSamples];
        foreach ((string[] arguments, int take) in takes.Select((arguments, take) => (arguments, take)))
        {
            // 44 bytes of a WAV head, which cannot know the length yet.
            byte[] wave = Run("espeak-ng", arguments);
            short[] said = wave.Length <= 44 ? [] : Resampler.To16000(MemoryMarshal.Cast<byte, short>(wave.AsSpan(44, (wave.Length - 44) & ~1)));
            int first = Array.FindIndex(said, sample => Math.Abs((int)sample) > 300), last = Array.FindLastIndex(said, sample => Math.Abs((int)sample) > 300);
            if (first < 0 || System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(wave.AsSpan(24)) != SpokenRate)
            {
                throw new WorldException($"espeak-ng said nothing that could be read, with {string.Join(' ', arguments[..6])}");
            }

            // What is said too fast to fill the take is said again.
            Span<short> target = all.AsSpan(take * TakeSamples, TakeSamples);
            ReadOnlySpan<short> words = said.AsSpan(first, last + 1 - first);
            for (int at = 0; at < TakeSamples; at += words.Length + (Rate / 10))
            {
                words[..Math.Min(words.Length, TakeSamples - at)].CopyTo(target[at..]);
            }
        }

        return all;
    }

    /// <summary>The largest whole number whose square is not larger.</summary>
    internal static long Root(long square)
    {
        long root = 0;
        for (long bit = 1L << 31; bit > 0; bit >>= 1)
        {
            root = (root | bit) * (root | bit) <= square ? root | bit : root;
        }

        return root;
    }

    private static void Level(Span<short> take, string kind)
    {
        long power = 0;
        int peak = 1;
        foreach (short sample in take)
        {
            power += (long)sample * sample;
            peak = Math.Max(peak, Math.Abs((int)sample));
        }

        long rms = Root(power / take.Length);
        if (rms < 8)
        {
            throw new WorldException($"a take of {kind} is silent; the soundfont or the voice may be damaged");
        }

        long gain = Math.Min(((long)Loudness << 12) / rms, ((long)Peak << 12) / peak);
        for (int at = 0; at < take.Length; at++)
        {
            take[at] = (short)((take[at] * gain) >> 12);
        }
    }

    private static string VersionOf(string tool) => Versions.GetOrAdd(tool, name => Encoding.UTF8.GetString(Run(name, ["--version"])).Split('\n').First(line => line.Contains(' ', StringComparison.Ordinal)).Split("Data at", 2)[0].Trim());

    private static byte[] Run(string tool, string[] arguments)
    {
        using MemoryStream output = new();
        string path = WorldTools.Find(tool);
        try
        {
            ToolResult result = ToolProcess.RunAsync(path, arguments, Limits, (stream, stop) => stream.CopyToAsync(output, stop), null, CancellationToken.None).GetAwaiter().GetResult();
            return result.ExitCode == 0 ? output.ToArray() : throw new WorldException($"{tool} failed: {result.LastLines.LastOrDefault() ?? $"exit code {result.ExitCode}"}");
        }
        catch (ToolTimeoutException late)
        {
            throw new WorldException($"{tool} took more than {Limits.MaxDecodeTime.TotalMinutes:0} minutes and was stopped", late);
        }
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Media;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using SkiaSharp;

namespace CrabStudio.World;

/// <summary>What is written.</summary>
/// <param name="Seed">The world's seed.</param>
/// <param name="Count">Scenes of each key.</param>
/// <param name="Folder">The folder that <c>AVUIE_2</c> and <c>world.json</c> come to lie in.</param>
public sealed record WorldExportOptions(ulong Seed, int Count, string Folder)
{
    /// <summary>The split.</summary>
    public AvUieSplit Split { get; init; }

    /// <summary>The keys.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [.. TaskCatalog.All.Select(task => task.Key)];

    /// <summary>How many clips are rendered at a time.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>See <see cref="SceneOptions.Takes"/>.</summary>
    public int? Takes { get; init; }
}

/// <summary>
/// Writes scenes as a data set of AV-UIE v2: H.264/AAC clips, PNG stills, WAV sounds and the lists, and beside them
/// <c>world.json</c> with all that is true of each scene. Files of media are written whole or not at all, and the lists last, so
/// that a run that was stopped goes on where it stopped.
/// </summary>
/// <param name="options">What is written.</param>
/// <param name="bank">The sounds.</param>
public sealed class WorldExport(WorldExportOptions options, SoundBank bank)
{
    /// <summary>The name of the file with the ground truth.</summary>
    public const string TruthName = "world.json";

    private static readonly MediaLimits Limits = new();
    private static readonly JsonSerializerOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Told how many of how many scenes are rendered.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Renders and writes everything.</summary>
    /// <returns>Entries of each key.</returns>
    /// <exception cref="WorldException">A tool is missing or failed.</exception>
    /// <exception cref="AvUieException">A list is there already.</exception>
    public async Task<IReadOnlyDictionary<string, int>> WriteAsync(CancellationToken cancellation = default)
    {
        WorldTools.Check();
        if (options.Keys.Select(key => AvUieFolder.FileName(key, options.Split)).FirstOrDefault(list => File.Exists(Path.Combine(options.Folder, "AVUIE_2", list))) is { } there)
        {
            throw new AvUieException(there, null, null, "is there already; take it away, or name another folder");
        }

        try
        {
            Directory.CreateDirectory(Path.Combine(options.Folder, "AVUIE_2"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new WorldException($"nothing can be written to {options.Folder}: {fault.Message}", fault);
        }

        int done = 0, all = options.Keys.Count * options.Count;
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Jobs, CancellationToken = cancellation };
        await Parallel.ForEachAsync(Scenes(), parallel, async (scene, stop) =>
        {
            await RenderAsync(scene, stop).ConfigureAwait(false);
            Progress?.Invoke(Interlocked.Increment(ref done), all);
        }).ConfigureAwait(false);

        AvUieWriter writer = new(options.Folder);
        Dictionary<string, int> counts = [];
        foreach (string key in options.Keys)
        {
            WriteLabels(key);
            counts[key] = writer.Write(key, options.Split, ScenesOf(key).SelectMany(scene => scene.Samples()).Select(sample => sample.Entry), MediaPlacing.None, options.Folder);
        }

        WriteTruth();
        return counts;
    }

    private IEnumerable<Scene> Scenes() => options.Keys.SelectMany(ScenesOf);

    private IEnumerable<Scene> ScenesOf(string key)
    {
        SceneOptions form = new(key) { Split = options.Split, Takes = options.Takes };
        return Enumerable.Range(0, options.Count).Select(index => Scene.FromSeed(Scene.SeedOf(options.Seed, form, index), form));
    }

    // The media that the entries name, in the order of the tracks.
    private async Task RenderAsync(Scene scene, CancellationToken cancellation)
    {
        BuiltEntry entry = scene.Samples()[0].Entry;
        string folder = Path.Combine(options.Folder, "AVUIE_2", entry.Key);
        string[] places = [.. entry.Media.Select(one => Path.Combine(folder, one.Place)).Order(StringComparer.Ordinal)];
        string[] sounds = [.. places.Where(place => place.EndsWith(".wav", StringComparison.Ordinal))], pictures = [.. places.Except(sounds)];
        for (int track = 0; track < sounds.Length; track++)
        {
            int which = track;
            await OnceAsync(sounds[track], part => File.WriteAllBytesAsync(part, Wave(scene.Sounds[which].Mix(bank)), cancellation)).ConfigureAwait(false);
        }

        for (int track = 0; track < pictures.Length; track++)
        {
            WorldStage stage = scene.Pictures[track];
            // Of a2v the sound is apart from both videos: what a video has as its own sound would tell which one it is.
            string? sound = sounds.Length == 1 && pictures.Length == 1 && !scene.IsStill ? sounds[0] : null;
            await OnceAsync(pictures[track], part => scene.IsStill ? File.WriteAllBytesAsync(part, Picture(stage), cancellation) : ClipAsync(stage, sound, part, cancellation)).ConfigureAwait(false);
        }
    }

    private static async Task OnceAsync(string place, Func<string, Task> make)
    {
        if (File.Exists(place))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        string part = $"{place}.{Guid.NewGuid():N}.part";
        try
        {
            await make(part).ConfigureAwait(false);
            File.Move(part, place, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>A WAV file, 16 kHz mono.</summary>
    internal static byte[] Wave(short[] samples)
    {
        byte[] file = new byte[44 + (samples.Length * 2)];
        Span<byte> head = file;
        "RIFF"u8.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], file.Length - 8);
        "WAVEfmt "u8.CopyTo(head[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(head[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(head[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(head[22..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(head[24..], SoundBank.Rate);
        BinaryPrimitives.WriteInt32LittleEndian(head[28..], SoundBank.Rate * 2);
        BinaryPrimitives.WriteInt16LittleEndian(head[32..], 2);
        BinaryPrimitives.WriteInt16LittleEndian(head[34..], 16);
        "data"u8.CopyTo(head[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(head[40..], samples.Length * 2);
        MemoryMarshal.AsBytes(samples.AsSpan()).CopyTo(head[44..]);
        return file;
    }

    private static byte[] Picture(WorldStage stage)
    {
        byte[] frame = new byte[WorldStage.FrameBytes], wide = new byte[WorldStage.Side * WorldStage.Side * 4];
        stage.Render(0, frame);
        for (int from = 0, to = 0; from < frame.Length; from += 3, to += 4)
        {
            frame.AsSpan(from, 3).CopyTo(wide.AsSpan(to));
            wide[to + 3] = 255;
        }

        using SKBitmap bitmap = new(WorldStage.Side, WorldStage.Side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Marshal.Copy(wide, 0, bitmap.GetPixels(), wide.Length);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static async Task ClipAsync(WorldStage stage, string? sound, string part, CancellationToken cancellation)
    {
        string size = FormattableString.Invariant($"{WorldStage.Side}x{WorldStage.Side}"), rate = WorldStage.FramesPerSecond.ToString(CultureInfo.InvariantCulture);
        string[] heard = sound is null ? [] : ["-i", $"file:{sound}", "-c:a", "aac", "-b:a", "96k"];
        string[] arguments =
        [
            "-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", rate, "-i", "pipe:0", .. heard,
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-pix_fmt", "yuv420p", "-threads", "1", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
            "-movflags", "+faststart", "-f", "mp4", "-y", $"file:{part}",
        ];
        try
        {
            ToolResult result = await ToolProcess.RunAsync(WorldTools.Find("ffmpeg"), arguments, Limits, (output, stop) => output.CopyToAsync(Stream.Null, stop), null, cancellation, (input, stop) => Task.Run(() => Frames(stage, input, stop), stop)).ConfigureAwait(false);
            if (result.ExitCode != 0)
            {
                throw new WorldException($"ffmpeg could not encode a clip: {result.LastLines.LastOrDefault() ?? $"exit code {result.ExitCode}"}");
            }
        }
        catch (ToolTimeoutException late)
        {
            throw new WorldException($"ffmpeg took more than {Limits.MaxDecodeTime.TotalMinutes:0} minutes for a clip and was stopped", late);
        }
    }

    private static void Frames(WorldStage stage, Stream input, CancellationToken cancellation)
    {
        byte[] frame = new byte[WorldStage.FrameBytes];
        for (int index = 0; index < stage.Frames; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            stage.Render(index, frame);
            input.Write(frame);
        }
    }

    // The world's own words are the whole set of labels: see LabelSet.
    private void WriteLabels(string key)
    {
        IEnumerable<string>? labels = key switch
        {
            "ave" or "unav" or "avvp" => WorldCatalog.Classes.Select(one => one.Name),
            "ks" or "ucf" => Enum.GetValues<WorldMotion>().Select(WorldCatalog.Word),
            "avqa" => [.. WorldCatalog.Classes.Select(one => one.Name), "yes", "no", "one", "two", "three", "left", "middle", "right"],
            _ when TaskCatalog.Find(key)!.Family == TaskFamily.EmotionRecognition => WorldCatalog.Emotions.Select(one => one.Name),
            _ => null,
        };
        if (labels is not null)
        {
            string folder = Path.Combine(options.Folder, "AVUIE_2", key);
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "labels.json"), JsonSerializer.Serialize(labels.ToArray()));
        }
    }

    // What another run wrote of another split or of other keys stays.
    private void WriteTruth()
    {
        string path = Path.Combine(options.Folder, TruthName), part = path + ".part";
        JsonArray known = [];
        try
        {
            known = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsArray() : known;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new WorldException($"{path} is no ground truth of a world; take it away, or name another folder", fault);
        }

        HashSet<string> mine = [.. options.Keys.Select(key => $"{key} {options.Split}")];
        using (StreamWriter writer = new(part, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            IEnumerable<JsonNode?> kept = known.Where(one => !mine.Contains($"{one?["key"]} {one?["split"]}"));
            string before = "[\n";
            foreach (JsonNode? one in kept.Concat(Scenes().Select(scene => WorldTruth.Of(scene))))
            {
                writer.Write(before);
                writer.Write(one!.ToJsonString(Form));
                before = ",\n";
            }

            writer.Write("\n]\n");
        }

        File.Move(part, path, overwrite: true);
    }
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace CrabStudio.Media;

/// <summary>
/// Turns clips into what the model sees and hears, bit for bit as the original's decoders do, and refuses what is no clip.
/// Nothing is opened but the file itself, and only the wanted frames and samples leave the decoder.
/// </summary>
/// <param name="limits">Bounds; the defaults when null.</param>
public sealed partial class MediaReader(MediaLimits? limits = null)
{
    /// <summary>Samples a second of all sound that the model hears.</summary>
    public const int SampleRate = 16000;

    /// <summary>Largest amount of pixels that one call hands out.</summary>
    private const long MaxFrameBytes = 1L << 30;

    private readonly MediaLimits limits = limits ?? new MediaLimits();

    /// <summary>Says in one line what to install when ffmpeg or ffprobe is missing.</summary>
    /// <exception cref="MediaException">One of them was not found.</exception>
    public static void CheckTools()
    {
        _ = ToolProcess.Ffmpeg;
        _ = ToolProcess.Ffprobe;
    }

    /// <summary>
    /// Evenly spaced frames of a video, as the original samples them: <see cref="FrameIndices"/> over the decodable frames
    /// in order of presentation, turned as the display matrix says, in the video's own size.
    /// </summary>
    /// <param name="path">The clip.</param>
    /// <param name="count">Frames wanted, at least 2; a clip with fewer gives 2.</param>
    /// <param name="cancellation">Stops the decoder at once.</param>
    /// <exception cref="MediaException">No video, fewer than two frames, unreadable, or beyond a limit.</exception>
    public async Task<VideoFrames> ReadFramesAsync(string path, int count, CancellationToken cancellation = default)
    {
        ClipFile clip = ClipFile.Open(path, limits);
        PacketTable packets = await ReadPacketTableAsync(clip, cancellation).ConfigureAwait(false);
        int total = packets.Count;
        for (int attempt = 0; ; attempt++)
        {
            if (total < FrameIndices.Fallback)
            {
                throw clip.Fail($"has {(total == 1 ? "one frame only" : "no frame that can be decoded")}, a question about a video needs at least two; ask a question about a single picture, or bring a longer clip");
            }

            int[] indices = FrameIndices.Choose(total, count);
            DecodedFrames decoded = await DecodeFramesAsync(clip, indices, toTheEnd: true, cancellation).ConfigureAwait(false);
            if (decoded.FramesSeen == total && decoded.Times.Count == indices.Length)
            {
                return new VideoFrames(decoded.Frames!, indices, decoded.Times, total);
            }

            // Packets that give no picture (damaged ones, hidden ones): choose again among the frames that there are.
            if (attempt == 2)
            {
                throw clip.Fail("gives another number of frames each time it is decoded; convert it to an mp4 with H.264 and try again");
            }

            total = decoded.FramesSeen;
        }
    }

    /// <summary>One frame of a video.</summary>
    /// <param name="path">The clip.</param>
    /// <param name="index">Index among the decodable frames, in order of presentation.</param>
    /// <param name="cancellation">Stops the decoder at once.</param>
    /// <exception cref="MediaException">No video, no such frame, unreadable, or beyond a limit.</exception>
    public async Task<VideoFrames> ReadFrameAsync(string path, int index, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ClipFile clip = ClipFile.Open(path, limits);
        PacketTable packets = await ReadPacketTableAsync(clip, cancellation).ConfigureAwait(false);
        DecodedFrames decoded = await DecodeFramesAsync(clip, [index], toTheEnd: false, cancellation).ConfigureAwait(false);
        return decoded.Frames is null
            ? throw clip.Fail($"has no frame {index}: it has {decoded.FramesSeen} frames, counted from 0; choose an earlier one")
            : new VideoFrames(decoded.Frames, [index], decoded.Times, Math.Max(packets.Count, index + 1));
    }

    /// <summary>The frame that is on the screen at a time.</summary>
    /// <param name="path">The clip.</param>
    /// <param name="seconds">Seconds from the clip's start; before the first frame the first, behind the last the last.</param>
    /// <param name="cancellation">Stops the decoder at once.</param>
    /// <exception cref="MediaException">No video, unreadable, or beyond a limit.</exception>
    public async Task<VideoFrames> ReadFrameAtAsync(string path, double seconds, CancellationToken cancellation = default)
    {
        ClipFile clip = ClipFile.Open(path, limits);
        PacketTable packets = await ReadPacketTableAsync(clip, cancellation).ConfigureAwait(false);
        int index = packets.IndexAt(seconds);
        DecodedFrames decoded = await DecodeFramesAsync(clip, [index], toTheEnd: false, cancellation).ConfigureAwait(false);
        if (decoded.Frames is null && decoded.FramesSeen > 0)
        {
            index = decoded.FramesSeen - 1;
            decoded = await DecodeFramesAsync(clip, [index], toTheEnd: false, cancellation).ConfigureAwait(false);
        }

        return decoded.Frames is null
            ? throw clip.Fail("has no frame that can be decoded; bring another clip")
            : new VideoFrames(decoded.Frames, [index], decoded.Times, Math.Max(packets.Count, index + 1));
    }

    /// <summary>
    /// The first sound stream, mono at 16 kHz: the plain mean of all channels, then resampled by soxr at its high quality,
    /// all in float32, as the original does. The sound of a video passes through 16 bits first, as it does there.
    /// </summary>
    /// <returns>Samples, nominally within -1..1.</returns>
    /// <param name="path">The clip.</param>
    /// <param name="cancellation">Stops the decoder at once.</param>
    /// <exception cref="MediaException">No sound, unreadable, or beyond a limit.</exception>
    public async Task<float[]> ReadSoundAsync(string path, CancellationToken cancellation = default)
    {
        ClipFile clip = ClipFile.Open(path, limits);
        int channels = await CountChannelsAsync(clip, cancellation).ConfigureAwait(false);
        string mean = string.Join('+', Enumerable.Range(0, channels).Select(channel => FormattableString.Invariant($"{1.0 / channels:R}*c{channel}")));
        // What the original's sound library reads itself (wav, flac, …) stays in float; for all else it has another program
        // decode to 16 bits.
        string depth = clip.Format is "wav" or "aiff" or "flac" or "ogg" or "mp3" ? string.Empty : "aformat=sample_fmts=s16,";
        string filter = depth + "aformat=sample_fmts=flt," + (channels == 1 ? string.Empty : $"pan=mono|c0={mean},") + $"aresample={SampleRate}:resampler=soxr:precision=20";
        long most = (long)Math.Ceiling((limits.MaxSoundSeconds + 1) * SampleRate) * sizeof(float);
        using MemoryStream bytes = new();
        ToolResult result = await clip.FfmpegAsync(
            ["-map", "0:a:0", "-vn", "-sn", "-dn", "-af", filter, "-f", "f32le", "pipe:1"],
            (stream, token) => ReadAllAsync(stream, bytes, most, () => clip.Fail($"has more than {limits.MaxSoundSeconds:0} s of sound, the most that can be analysed; cut the clip"), token),
            readError: null,
            cancellation).ConfigureAwait(false);
        ReadOnlySpan<float> samples = MemoryMarshal.Cast<byte, float>(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        return samples.IsEmpty
            ? throw clip.Fail("has no sound that can be decoded; bring another clip, or ask a free question about what is seen", result)
            : samples.ToArray();
    }

    private static async Task ReadAllAsync(Stream stream, MemoryStream all, long most, Func<MediaException> tooMuch, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            if (all.Length + read > most)
            {
                throw tooMuch();
            }

            all.Write(buffer, 0, read);
        }
    }

    private async Task<DecodedFrames> DecodeFramesAsync(ClipFile clip, int[] indices, bool toTheEnd, CancellationToken cancellation)
    {
        string select = string.Join('+', indices.Distinct().Select(index => FormattableString.Invariant($"eq(n,{index})")));
        FrameLog log = new();
        using MemoryStream bytes = new();
        string[] stop = toTheEnd ? [] : ["-frames:v", indices.Length.ToString(CultureInfo.InvariantCulture)];
        ToolResult result = await clip.FfmpegAsync(
            ["-map", "0:V:0", "-an", "-sn", "-dn", "-filter:v", $"select='{select}',format=rgb24,showinfo=checksum=0", "-fps_mode", "passthrough", .. stop, "-f", "rawvideo", "pipe:1"],
            (stream, token) => ReadAllAsync(stream, bytes, MaxFrameBytes, () => clip.Fail($"has frames too large to hold {indices.Length} of them; scale the clip down"), token),
            log.Read,
            cancellation).ConfigureAwait(false);
        if (log.Times.Count == 0 || (long)log.Times.Count * log.Height * log.Width * 3 != bytes.Length)
        {
            return log.FramesSeen > 0 && bytes.Length == 0
                ? new DecodedFrames(null, [], log.FramesSeen)
                : throw clip.Fail("has no picture that can be decoded; the file may be damaged, bring another one", result);
        }

        return new DecodedFrames(new RgbFrames(log.Times.Count, log.Height, log.Width, bytes.ToArray()), log.Times, log.FramesSeen);
    }

    private sealed record DecodedFrames(RgbFrames? Frames, IReadOnlyList<double> Times, int FramesSeen);
}

namespace CrabStudio.Media;

/// <summary>What a clip is to the person who brings it.</summary>
public enum ClipKind
{
    /// <summary>Moving pictures, with or without sound.</summary>
    Video,

    /// <summary>Sound alone (a cover picture does not count).</summary>
    Audio,

    /// <summary>One still picture.</summary>
    Image,
}

/// <summary>The picture stream of a clip as ffprobe describes it and a decoder confirmed it.</summary>
/// <param name="Codec">ffmpeg's name of the codec.</param>
/// <param name="Width">Width in pixels of the coded picture, before rotation.</param>
/// <param name="Height">Height in pixels of the coded picture, before rotation.</param>
/// <param name="FramesPerSecond">Average frame rate; 0 when unknown.</param>
/// <param name="RotationDegrees">Display rotation from the metadata: 0, 90, 180 or 270, clockwise.</param>
public sealed record PictureStream(string Codec, int Width, int Height, double FramesPerSecond, int RotationDegrees)
{
    /// <summary>ffmpeg's name of the pixel format, such as yuv420p; empty when unknown.</summary>
    public string PixelFormat { get; init; } = string.Empty;
}

/// <summary>The first sound stream of a clip.</summary>
/// <param name="Codec">ffmpeg's name of the codec.</param>
/// <param name="SampleRate">Samples a second.</param>
/// <param name="Channels">Number of channels.</param>
public sealed record SoundStream(string Codec, int SampleRate, int Channels);

/// <summary>Facts about an accepted clip.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Format">ffmpeg's name of the container.</param>
/// <param name="Bytes">File size in bytes.</param>
/// <param name="DurationSeconds">Length in seconds as the container says; 0 when it knows no time, as most stills.</param>
/// <param name="Picture">The picture stream, when there is one.</param>
/// <param name="Sound">The sound stream, when there is one.</param>
/// <param name="StreamCount">Number of streams of every kind in the file.</param>
public sealed record ClipProbe(ClipKind Kind, string Format, long Bytes, double DurationSeconds, PictureStream? Picture, SoundStream? Sound, int StreamCount)
{
    /// <summary>Time stamp of the first moment, in seconds. Every other time in this program counts from there.</summary>
    public double StartSeconds { get; init; }

    /// <summary>
    /// How long it plays, in seconds: of Matroska the container tells the last moment, which is not the length when the time
    /// stamps begin late.
    /// </summary>
    public double PlaySeconds => Format == "matroska" && StartSeconds > 0 && StartSeconds < DurationSeconds ? DurationSeconds - StartSeconds : DurationSeconds;
}

/// <summary>RGB pictures of one size, 8 bits a channel.</summary>
/// <param name="Count">Number of pictures.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Pixels">[frame, row, column, channel], channel order R G B.</param>
public sealed record RgbFrames(int Count, int Height, int Width, byte[] Pixels);

/// <summary>Frames sampled from a video.</summary>
/// <param name="Frames">The pictures, in order of time.</param>
/// <param name="Indices">The index of each picture among the decodable frames of the clip.</param>
/// <param name="TimesSeconds">The presentation time of each picture, in seconds from the clip's start.</param>
/// <param name="TotalFrames">Number of decodable frames of the clip.</param>
public sealed record VideoFrames(RgbFrames Frames, IReadOnlyList<int> Indices, IReadOnlyList<double> TimesSeconds, int TotalFrames);

/// <summary>
/// A clip cannot be used. <see cref="Exception.Message"/> is one line for a person: what, found, expected, what to do.
/// </summary>
public sealed class MediaException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Bounds on what a clip may ask of this machine. Every excess has its own message.</summary>
public sealed record MediaLimits
{
    /// <summary>Largest file in bytes.</summary>
    public long MaxBytes { get; init; } = 2L << 30;

    /// <summary>Longest clip in seconds.</summary>
    public double MaxDurationSeconds { get; init; } = 6 * 3600;

    /// <summary>Longest side of a picture in pixels.</summary>
    public int MaxSide { get; init; } = 16384;

    /// <summary>Most pixels of one picture.</summary>
    public long MaxPixels { get; init; } = 64L << 20;

    /// <summary>Most sound, in seconds, that is handed to the model at once.</summary>
    public double MaxSoundSeconds { get; init; } = 3600;

    /// <summary>Most streams in one file.</summary>
    public int MaxStreams { get; init; } = 32;

    /// <summary>Longest time that one run of ffmpeg or ffprobe may take.</summary>
    public TimeSpan MaxDecodeTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest time that the examination of an upload may take.</summary>
    public TimeSpan MaxProbeTime { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Most memory, in bytes, that one run of ffmpeg may address.</summary>
    public long MaxDecodeMemory { get; init; } = 2L << 30;

    /// <summary>The same for the examination of an upload, about which nothing is known yet.</summary>
    public long MaxProbeMemory { get; init; } = 1L << 30;
}

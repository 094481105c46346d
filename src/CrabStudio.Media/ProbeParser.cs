using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FFMpegCore;

namespace CrabStudio.Media;

/// <summary>What ffprobe says of a file, before a decoder has confirmed it.</summary>
/// <param name="Format">First of ffmpeg's names of the container.</param>
/// <param name="StartSeconds">Time stamp of the first moment.</param>
/// <param name="DurationSeconds">Length, or null when the container does not tell.</param>
/// <param name="Streams">All streams.</param>
internal sealed record Description(string Format, double StartSeconds, double? DurationSeconds, IReadOnlyList<DescribedStream> Streams);

/// <summary>One stream of a <see cref="Description"/>.</summary>
/// <param name="Index">Index in the file.</param>
/// <param name="IsCover">A picture that only decorates a sound.</param>
/// <param name="DurationSeconds">Length, or null.</param>
/// <param name="Picture">Set for pictures.</param>
/// <param name="Sound">Set for sound.</param>
internal sealed record DescribedStream(int Index, bool IsCover, double? DurationSeconds, PictureStream? Picture, SoundStream? Sound);

/// <summary>Reads ffprobe's JSON. Pure, so that odd output can be tested without odd files.</summary>
internal static class ProbeParser
{
    /// <summary>The entries that <see cref="Parse"/> needs; others might hold anything.</summary>
    public const string Entries =
        "format=format_name,start_time,duration"
        + ":stream=index,codec_type,codec_name,width,height,pix_fmt,avg_frame_rate,sample_rate,channels,duration"
        + ":stream_disposition=attached_pic:stream_side_data=rotation";

    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Reads the answer to <c>-show_entries <see cref="Entries"/> -of json</c>.</summary>
    /// <returns>Null when it describes no file.</returns>
    public static Description? Parse(string json)
    {
        FFProbeAnalysis? analysis;
        try
        {
            analysis = JsonSerializer.Deserialize<FFProbeAnalysis>(json, Options);
        }
        catch (JsonException)
        {
            return null;
        }

        if (string.IsNullOrEmpty(analysis?.Format?.FormatName))
        {
            return null;
        }

        return new Description(
            analysis.Format.FormatName.Split(',')[0],
            Number(analysis.Format.StartTime) ?? 0,
            Seconds(analysis.Format.Duration),
            [.. (analysis.Streams ?? []).Select(Read)]);
    }

    private static DescribedStream Read(FFProbeStream stream) => new(
        stream.Index,
        stream.Disposition?.GetValueOrDefault("attached_pic") == 1,
        Seconds(stream.Duration),
        stream.CodecType == "video" && Known(stream.CodecName)
            ? new PictureStream(stream.CodecName, stream.Width ?? 0, stream.Height ?? 0, Rate(stream.AvgFrameRate), Rotation(stream)) { PixelFormat = stream.PixelFormat ?? string.Empty }
            : null,
        stream.CodecType == "audio" && Known(stream.CodecName)
            ? new SoundStream(stream.CodecName, (int)Math.Clamp(Number(stream.SampleRate) ?? 0, 0, int.MaxValue), stream.Channels ?? 0)
            : null);

    private static bool Known([NotNullWhen(true)] string? codec) => !string.IsNullOrEmpty(codec) && codec != "unknown";

    private static double? Seconds(string? text) => Number(text) is { } seconds and >= 0 ? seconds : null;

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;

    private static double Rate(string? fraction)
    {
        string[] parts = (fraction ?? string.Empty).Split('/');
        return parts.Length == 2 && Number(parts[0]) is { } above && Number(parts[1]) is { } below and > 0 ? above / below : 0;
    }

    /// <summary>ffprobe counts against the clock, and may say -90 for 270.</summary>
    private static int Rotation(FFProbeStream stream)
    {
        foreach (IReadOnlyDictionary<string, JsonValue> data in stream.SideData ?? [])
        {
            if (data.TryGetValue("rotation", out JsonValue? value) && Number(value?.ToString()) is { } degrees)
            {
                int quarters = (int)Math.Round(-degrees / 90) % 4;
                return (quarters + 4) % 4 * 90;
            }
        }

        return 0;
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace CrabStudio.Media;

/// <summary>Reads from ffmpeg's log what its picture pipe does not carry: sizes, times, and how many frames were decoded.</summary>
internal sealed partial class FrameLog
{
    private readonly List<double> times = [];

    /// <summary>Presentation times of the frames that passed the filter, in seconds from the clip's start.</summary>
    public IReadOnlyList<double> Times => times;

    /// <summary>Rows of a frame, after rotation; 0 before the first.</summary>
    public int Height { get; private set; }

    /// <summary>Columns of a frame, after rotation; 0 before the first.</summary>
    public int Width { get; private set; }

    /// <summary>Frames that the decoder gave, passed on or not.</summary>
    public int FramesSeen { get; private set; }

    /// <summary>One line of the log.</summary>
    public void Read(string line)
    {
        if (line.Contains("frames decoded", StringComparison.Ordinal) && Decoded().Match(line) is { Success: true } decoded)
        {
            FramesSeen = int.Parse(decoded.Groups[1].Value, CultureInfo.InvariantCulture);
        }
        else if (line.Contains("pts_time:", StringComparison.Ordinal) && Shown().Match(line) is { Success: true } shown)
        {
            times.Add(double.TryParse(shown.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double time) ? time : 0);
            Width = int.Parse(shown.Groups[2].Value, CultureInfo.InvariantCulture);
            Height = int.Parse(shown.Groups[3].Value, CultureInfo.InvariantCulture);
        }
    }

    [GeneratedRegex(@"Input stream #0:\d+ \(\w+\): \d+ packets read .*?; (\d+) frames decoded")]
    private static partial Regex Decoded();

    [GeneratedRegex(@"Parsed_showinfo.* pts_time:(\S+) .*\bs:(\d+)x(\d+) ")]
    private static partial Regex Shown();
}

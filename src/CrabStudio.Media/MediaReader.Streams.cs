using System.Globalization;

namespace CrabStudio.Media;

public sealed partial class MediaReader
{
    /// <summary>Presentation times of the packets that give a picture, in seconds from the clip's start, in order.</summary>
    private sealed record PacketTable(List<double> Times)
    {
        public int Count => Times.Count;

        public int IndexAt(double seconds)
        {
            int at = Times.BinarySearch(seconds);
            return Math.Max(0, at >= 0 ? at : ~at - 1);
        }
    }

    private async Task<PacketTable> ReadPacketTableAsync(ClipFile clip, CancellationToken cancellation)
    {
        List<double> times = [];
        bool picture = false;
        double start = 0;
        await clip.FfprobeAsync(
            ["-select_streams", "V:0", "-show_entries", "packet=pts_time,flags:stream=index:format=start_time", "-of", "csv"],
            line =>
            {
                string[] fields = line.Split(',');
                picture |= fields[0] == "stream";
                if (fields[0] == "format" && double.TryParse(fields[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double offset))
                {
                    start = offset;
                }

                // D marks packets that an edit list hides.
                if (fields[0] == "packet" && fields.Length > 2 && !fields[2].Contains('D'))
                {
                    times.Add(double.TryParse(fields[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double time) ? time : double.NaN);
                }
            },
            cancellation).ConfigureAwait(false);
        if (!picture)
        {
            throw clip.Fail("has no moving pictures, which this question needs; bring a video, or ask a free question about what is heard");
        }

        // Streams without times (raw ones) keep the order of the file.
        times.Sort();
        return new PacketTable([.. times.Select(time => time - start)]);
    }

    private async Task<int> CountChannelsAsync(ClipFile clip, CancellationToken cancellation)
    {
        int? channels = null;
        await clip.FfprobeAsync(
            ["-select_streams", "a:0", "-show_entries", "stream=channels", "-of", "csv"],
            line =>
            {
                string[] fields = line.Split(',');
                channels ??= fields[0] == "stream" && int.TryParse(fields[^1], CultureInfo.InvariantCulture, out int count) ? count : null;
            },
            cancellation).ConfigureAwait(false);
        return channels switch
        {
            null => throw clip.Fail("has no sound, which this question needs; bring a clip with sound, or ask a free question about what is seen"),
            < 1 or > 64 => throw clip.Fail($"has {channels} sound channels, between 1 and 64 can be read; mix it down"),
            _ => channels.Value,
        };
    }
}

using System.Text;

namespace CrabStudio.Media.Tests;

/// <summary>The pure parts: what they make of output and bytes of every kind.</summary>
public sealed class ParserTests
{
    [Theory]
    [InlineData(250, 10, new[] { 0, 28, 55, 83, 111, 138, 166, 194, 221, 249 })]
    [InlineData(10, 10, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    [InlineData(9, 10, new[] { 0, 8 })]
    [InlineData(2, 4, new[] { 0, 1 })]
    [InlineData(1, 10, new[] { 0, 0 })]
    [InlineData(4, 3, new[] { 0, 2, 3 })]
    public void Indices_are_an_even_line_rounded_half_to_even(int total, int count, int[] expected) => Assert.Equal(expected, FrameIndices.Choose(total, count));

    [Fact]
    public void Indices_rise_from_the_first_to_the_last_frame()
    {
        foreach (int count in new[] { 2, 4, 10 })
        {
            for (int total = count; total < 3000; total += 7)
            {
                int[] indices = FrameIndices.Choose(total, count);
                Assert.Equal((count, 0, total - 1), (indices.Length, indices[0], indices[^1]));
                Assert.Equal(indices.Distinct().Order(), indices);
            }
        }
    }

    [Fact]
    public void A_probe_of_a_turned_clip_with_cover_and_unknown_stream_is_understood()
    {
        Description? described = ProbeParser.Parse("""
            { "streams": [
                { "index": 0, "codec_name": "h264", "codec_type": "video", "width": 96, "height": 64, "pix_fmt": "yuv420p", "avg_frame_rate": "30000/1001", "duration": "N/A",
                  "disposition": { "attached_pic": 0 }, "side_data_list": [ {}, { "rotation": -90 } ] },
                { "index": 1, "codec_name": "aac", "codec_type": "audio", "sample_rate": "44100", "channels": 2, "duration": "1.5", "disposition": { "attached_pic": 0 } },
                { "index": 2, "codec_name": "png", "codec_type": "video", "width": 9, "height": 9, "avg_frame_rate": "0/0", "disposition": { "attached_pic": 1 } },
                { "index": 3, "codec_type": "data" },
                { "index": 4, "codec_name": "unknown", "codec_type": "audio" } ],
              "format": { "format_name": "mov,mp4,m4a,3gp,3g2,mj2", "start_time": "0.500000", "duration": "2.000000" } }
            """);
        Assert.NotNull(described);
        Assert.Equal(("mov", 0.5, 2.0, 5), (described.Format, described.StartSeconds, described.DurationSeconds, described.Streams.Count));
        Assert.Equal(90, described.Streams[0].Picture!.RotationDegrees);
        Assert.Equal(29.97, described.Streams[0].Picture!.FramesPerSecond, 0.001);
        Assert.Null(described.Streams[0].DurationSeconds);
        Assert.Equal(new SoundStream("aac", 44100, 2), described.Streams[1].Sound);
        Assert.True(described.Streams[2].IsCover);
        Assert.Null(described.Streams[3].Picture ?? (object?)described.Streams[3].Sound);
        Assert.Null(described.Streams[4].Sound);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{ \"programs\": [], \"streams\": [] }")]
    [InlineData("[1, 2]")]
    [InlineData("{ \"format\": { \"format_name\": 7 } }")]
    [InlineData("{ \"format\": { \"duration\": \"1\" }, \"streams\": null }")]
    [InlineData("not json")]
    public void What_describes_no_file_is_no_probe(string json) => Assert.Null(ProbeParser.Parse(json));

    [Theory]
    [InlineData("nan", null)]
    [InlineData("-1", null)]
    [InlineData("N/A", null)]
    [InlineData("1e999", null)]
    [InlineData("12.5", 12.5)]
    public void A_length_that_is_no_length_is_unknown(string text, double? seconds) =>
        Assert.Equal(seconds, ProbeParser.Parse($$"""{ "format": { "format_name": "wav", "duration": "{{text}}" }, "streams": [] }""")!.DurationSeconds);

    [Theory]
    [InlineData("#EXTM3U\n#EXT-X-VERSION:3\n")]
    [InlineData("ffconcat version 1.0\nfile 'a.mp4'\n")]
    [InlineData("<?xml version=\"1.0\"?><MPD>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")]
    [InlineData("BM is how this text begins, and it goes on")]
    [InlineData("RIFF but nothing that is known here")]
    [InlineData("[playlist]\nFile1=http://127.0.0.1:9/\n")]
    [InlineData("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n")]
    [InlineData("1\n00:00:00,000 --> 00:00:01,000\nHello\n")]
    [InlineData("GGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGG")]
    public void Texts_are_no_container(string text) => Assert.Null(ContainerSniffer.Sniff(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Random_bytes_never_break_the_sniffer_and_are_hardly_ever_a_container()
    {
        Random random = new(7);
        int taken = 0;
        for (int round = 0; round < 20000; round++)
        {
            byte[] bytes = new byte[random.Next(400)];
            random.NextBytes(bytes);
            taken += ContainerSniffer.Sniff(bytes) is null ? 0 : 1;
        }

        Assert.InRange(taken, 0, 20);
    }

    [Fact]
    public void The_log_of_a_decoder_gives_sizes_times_and_the_number_of_frames()
    {
        FrameLog log = new();
        log.Read("frame=    1 fps=0.0 q=0.0 [Parsed_showinfo_2 @ 0x55a5] n:   1 pts:  14336 pts_time:1.12    pos:   370441 fmt:rgb24 sar:1/1 s:1280x720 i:P iskey:0 type:B ");
        log.Read("[Parsed_showinfo_2 @ 0x55a5] n:   2 pts: NOPTS pts_time:NOPTS pos: 3 fmt:rgb24 sar:1/1 s:1280x720 i:P iskey:0 type:P ");
        log.Read("  Input stream #0:0 (video): 250 packets read (2975539 bytes); 249 frames decoded; ");
        log.Read("  title           : 7 frames decoded; pts_time:3 s:9x9 ");
        Assert.Equal([1.12, 0], log.Times);
        Assert.Equal((1280, 720, 249), (log.Width, log.Height, log.FramesSeen));
    }
}

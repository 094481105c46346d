using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using CrabStudio.Testing;

namespace CrabStudio.Media.Tests;

public sealed class MediaReaderTests : IDisposable
{
    private static readonly MediaReader Reader = new();
    private readonly string folder = Directory.CreateTempSubdirectory("crab-media-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("-i.mp4")]
    [InlineData("two \"double\" quotes.mp4")]
    [InlineData("back\\slash'quote;$(touch CRAB_PWNED).mp4")]
    [InlineData("100%d %05d.mp4")]
    [InlineData("concat:a|b.mp4")]
    [InlineData("http:x.mp4")]
    [InlineData("видео-視頻.mp4")]
    [InlineData("line\nbreak.mp4")]
    public async Task No_name_is_taken_for_anything_but_a_name(string name)
    {
        string path = Path.Combine(folder, name);
        File.Copy(Golden.Find("media/clip_b.mp4"), path);
        ClipProbe probe = await Reader.ProbeAsync(path);
        Assert.Equal((ClipKind.Video, 96, 144), (probe.Kind, probe.Picture!.Width, probe.Picture.Height));
        VideoFrames expected = await Reader.ReadFramesAsync(Golden.Find("media/clip_b.mp4"), 4);
        Frames.AssertEqual(expected.Frames, (await Reader.ReadFramesAsync(path, 4)).Frames);
        Assert.Empty(Directory.EnumerateFiles(folder, "CRAB*"));
    }

    [Fact]
    public async Task A_percent_sign_in_a_pictures_name_reads_no_other_picture()
    {
        string path = Path.Combine(folder, "shot%02d.png");
        File.Copy(Golden.Find("media/still_a.png"), path);
        File.Copy(Golden.Find("media/still_gray.png"), Path.Combine(folder, "shot00.png"));
        Assert.Equal(200, (await Reader.ProbeAsync(path)).Picture!.Width);
        Assert.Equal(200, (await Reader.ReadStillAsync(path)).Width);
    }

    [Fact]
    public async Task One_frame_is_the_same_as_among_many()
    {
        string path = Golden.Find("media/clip_a.mp4");
        VideoFrames many = await Reader.ReadFramesAsync(path, 10);
        VideoFrames one = await Reader.ReadFrameAsync(path, many.Indices[4]);
        Assert.Equal(250, one.TotalFrames);
        Frames.AssertEqual(Single(many.Frames, 4), one.Frames);

        // 111 is on the screen from 4.44 s until 4.48 s.
        foreach (double seconds in new[] { 4.44, 4.46, 4.479 })
        {
            VideoFrames at = await Reader.ReadFrameAtAsync(path, seconds);
            Assert.Equal([111], at.Indices);
            Frames.AssertEqual(one.Frames, at.Frames);
        }

        Assert.Equal([0], (await Reader.ReadFrameAtAsync(path, -5)).Indices);
        Assert.Equal([249], (await Reader.ReadFrameAtAsync(path, 1000)).Indices);
    }

    [Fact]
    public async Task A_frame_that_does_not_exist_is_named()
    {
        MediaException failure = await Assert.ThrowsAsync<MediaException>(() => Reader.ReadFrameAsync(Golden.Find("media/clip_short.mp4"), 6));
        Assert.StartsWith("clip_short.mp4: has no frame 6: it has 6 frames", failure.Message);
    }

    [Fact]
    public async Task Frames_are_turned_as_the_display_matrix_says()
    {
        RgbFrames plain = (await Reader.ReadFramesAsync(Golden.Find("hostile/media/good-moov-at-end.mp4"), 2)).Frames;
        ClipProbe probe = await Reader.ProbeAsync(Golden.Find("hostile/media/good-rotated.mp4"));
        RgbFrames turned = (await Reader.ReadFramesAsync(Golden.Find("hostile/media/good-rotated.mp4"), 2)).Frames;
        Assert.Equal((plain.Width, plain.Height), (turned.Height, turned.Width));
        Assert.Equal(270, probe.Picture!.RotationDegrees);
        double difference = 0;
        for (int y = 0; y < turned.Height; y++)
        {
            for (int x = 0; x < turned.Width; x++)
            {
                // Turned left: the right edge becomes the top.
                int from = ((x * plain.Width) + plain.Width - 1 - y) * 3;
                difference += Math.Abs(plain.Pixels[from] - turned.Pixels[((y * turned.Width) + x) * 3]);
            }
        }

        // Transposed chroma is interpolated a little differently; any other turn is off by more than 30.
        Assert.InRange(difference / (turned.Width * turned.Height), 0, 3);
    }

    [Theory]
    [InlineData("good-palette.png")]
    [InlineData("good-1bit.png")]
    [InlineData("good-bmp.bmp")]
    [InlineData("good-still.gif")]
    [InlineData("good-lossless.webp")]
    [InlineData("good-really-png.jpg")]
    public async Task Stills_without_alpha_are_the_stored_numbers_on_which_two_decoders_agree(string name)
    {
        string path = Golden.Find("hostile/media/" + name);
        Frames.AssertEqual((await Reader.ReadFrameAsync(path, 0)).Frames, await Reader.ReadStillAsync(path));
    }

    [Fact]
    public async Task Colours_of_16_bits_keep_their_high_byte_as_in_Pillow()
    {
        RgbFrames still = await Reader.ReadStillAsync(Golden.Find("hostile/media/good-16bit.png"));
        Assert.Equal([214, 66, 27, 76, 105, 208, 115, 23, 85], still.Pixels[..9]);
    }

    [Fact]
    public async Task The_EXIF_orientation_is_not_applied_as_in_the_original()
    {
        RgbFrames still = await Reader.ReadStillAsync(Golden.Find("hostile/media/good-exif-turned.jpg"));
        Assert.Equal((64, 48), (still.Width, still.Height));
    }

    [Fact]
    public async Task Grey_of_16_bits_is_cut_off_at_255_as_in_the_original()
    {
        string path = Path.Combine(folder, "deep.png");
        await File.WriteAllBytesAsync(path, DeepGrey([0, 100, 255, 256, 40000, 65535]));
        RgbFrames still = await Reader.ReadStillAsync(path);
        Assert.Equal((6, 1), (still.Width, still.Height));
        Assert.Equal([0, 0, 0, 100, 100, 100, .. Enumerable.Repeat((byte)255, 12)], still.Pixels);
    }

    [Fact]
    public async Task Uneven_frame_times_are_kept()
    {
        VideoFrames frames = await Reader.ReadFramesAsync(Golden.Find("hostile/media/good-vfr.mp4"), 4);
        Assert.Equal(13, frames.TotalFrames);
        Assert.Equal([0, 4, 8, 12], frames.Indices);
        Assert.Equal(2.8, frames.TimesSeconds[3], 1e-6);
        Assert.NotEqual(frames.TimesSeconds[1] - frames.TimesSeconds[0], frames.TimesSeconds[3] - frames.TimesSeconds[2], 1e-3);
    }

    [Fact]
    public async Task Times_count_from_the_start_of_a_clip_whose_time_stamps_begin_late()
    {
        string path = Golden.Find("hostile/media/good-late-start.mkv");
        ClipProbe probe = await Reader.ProbeAsync(path);
        VideoFrames frames = await Reader.ReadFramesAsync(path, 2);
        Assert.Equal(101, probe.DurationSeconds);
        Assert.InRange(probe.PlaySeconds, 1, 1.1);
        Assert.InRange(frames.TimesSeconds[1], 0.9, 1);
        Assert.Equal([9], (await Reader.ReadFrameAtAsync(path, 0.99)).Indices);
    }

    [Fact]
    public async Task Hidden_frames_of_an_edit_list_are_not_counted()
    {
        Assert.Equal(6, (await Reader.ReadFramesAsync(Golden.Find("hostile/media/good-edit-list.mp4"), 2)).TotalFrames);
    }

    [Theory]
    [InlineData("hostile/media/good-video-only.mp4", "has no sound")]
    [InlineData("hostile/media/list-hls-sibling/list.m3u8", "is no video, sound or picture")]
    [InlineData("hostile/media/none-zero.mp4", "is empty")]
    public async Task A_clip_without_sound_says_so(string name, string message)
    {
        MediaException failure = await Assert.ThrowsAsync<MediaException>(() => Reader.ReadSoundAsync(Golden.Find(name)));
        Assert.StartsWith($"{Path.GetFileName(name)}: {message}", failure.Message);
    }

    [Theory]
    [InlineData("media/a10.wav", "has no moving pictures")]
    [InlineData("hostile/media/good-cover.mp3", "has no moving pictures")]
    [InlineData("hostile/media/good-one-frame.mp4", "has one frame only")]
    public async Task A_clip_without_moving_pictures_says_so(string name, string message)
    {
        MediaException failure = await Assert.ThrowsAsync<MediaException>(() => Reader.ReadFramesAsync(Golden.Find(name), 10));
        Assert.StartsWith($"{Path.GetFileName(name)}: {message}", failure.Message);
    }

    public static TheoryData<string, string, MediaLimits> Limits() => new()
    {
        { "media/clip_a.mp4", "has 0.1 MiB, at most 0 MiB are allowed", new() { MaxBytes = 1000 } },
        { "media/clip_a.mp4", "lasts 10 seconds, at most 5 seconds are allowed", new() { MaxDurationSeconds = 5 } },
        { "media/clip_a.mp4", "is 160 by 120 pixels, at most 100 a side are allowed", new() { MaxSide = 100 } },
        { "media/still_a.png", "is 200 by 150 pixels, at most 100 a side are allowed", new() { MaxSide = 100 } },
        { "hostile/media/lie-16000.png", "has 256 million pixels, at most 67 million are allowed", new() },
        { "hostile/media/lie-65535.png", "is 65535 by 65535 pixels, at most 16384 a side are allowed", new() },
        { "hostile/media/lie-65500.jpg", "is 65500 by 65500 pixels, at most 16384 a side are allowed", new() },
        { "hostile/media/good-two-sounds.mkv", "has 3 streams, at most 2 are allowed", new() { MaxStreams = 2 } },
        { "media/clip_a.mp4", "could not be examined within 0 s", new() { MaxProbeTime = TimeSpan.FromMilliseconds(1) } },
        { "media/clip_a.mp4", "needs more than the 30 MiB of memory", new() { MaxDecodeMemory = 30 << 20 } },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task Every_excess_has_its_own_message(string name, string message, MediaLimits limits)
    {
        MediaException failure = await Assert.ThrowsAsync<MediaException>(() => new MediaReader(limits).ProbeAsync(Golden.Find(name)));
        Assert.StartsWith($"{Path.GetFileName(name)}: {message}", failure.Message);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public async Task Decoding_that_takes_too_long_is_stopped_and_said()
    {
        MediaReader hasty = new(new MediaLimits { MaxDecodeTime = TimeSpan.FromMilliseconds(300), MaxSoundSeconds = 6 * 3600 });
        Stopwatch watch = Stopwatch.StartNew();
        MediaException failure = await Assert.ThrowsAsync<MediaException>(() => hasty.ReadSoundAsync(Golden.Find("hostile/media/long-5h.flac")));
        Assert.Contains("took longer than the 0.3 s", failure.Message);
        Assert.True(watch.Elapsed.TotalSeconds < 5, $"{watch.Elapsed}");
    }

    [Fact]
    public async Task More_sound_than_the_model_is_given_is_refused_early()
    {
        MediaReader strict = new(new MediaLimits { MaxSoundSeconds = 60 });
        MediaException failure = await Assert.ThrowsAsync<MediaException>(() => strict.ReadSoundAsync(Golden.Find("hostile/media/long-5h.flac")));
        Assert.StartsWith("long-5h.flac: has more than 60 s of sound", failure.Message);
    }

    [Fact]
    public async Task Cancelling_kills_the_decoder_at_once()
    {
        string path = Path.Combine(folder, "cancelled.flac");
        File.Copy(Golden.Find("hostile/media/long-5h.flac"), path);
        using CancellationTokenSource source = new();
        Task<float[]> reading = new MediaReader(new MediaLimits { MaxSoundSeconds = 6 * 3600 }).ReadSoundAsync(path, source.Token);
        for (int tries = 0; !Decoding(path) && tries < 500; tries++)
        {
            await Task.Delay(10);
        }

        Assert.True(Decoding(path));
        Stopwatch watch = Stopwatch.StartNew();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.True(watch.ElapsedMilliseconds < 500, $"{watch.Elapsed}");
        Assert.False(Decoding(path));
    }

    [Fact]
    public async Task A_clip_that_is_not_there_says_so()
    {
        MediaException failure = await Assert.ThrowsAsync<MediaException>(() => Reader.ProbeAsync(Path.Combine(folder, "gone.mp4")));
        Assert.StartsWith("gone.mp4: cannot be opened (there is no such file)", failure.Message);
        failure = await Assert.ThrowsAsync<MediaException>(() => Reader.ProbeAsync(folder));
        Assert.Contains("is a folder", failure.Message);
    }

    [Fact]
    public void A_missing_tool_says_how_to_install_it()
    {
        MediaReader.CheckTools();
        MediaException failure = Assert.Throws<MediaException>(() => ToolProcess.Find("ffmpeg-that-is-not-there"));
        Assert.Equal("ffmpeg-that-is-not-there was not found: video and sound cannot be read without it. Install it with: apt-get install -y ffmpeg", failure.Message);
    }

    [Fact]
    public async Task Damaged_clips_are_read_or_refused_but_never_break_the_reader()
    {
        Random random = new(20260304);
        string[] sources = ["media/clip_short.mp4", "media/c_half.wav", "media/still_rgba.png", "media/still_b.jpg", "hostile/media/good-vp9-opus.webm"];
        foreach (string source in sources)
        {
            for (int round = 0; round < 3; round++)
            {
                byte[] bytes = await File.ReadAllBytesAsync(Golden.Find(source));
                for (int change = 0; change < 20; change++)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                string path = Path.Combine(folder, $"{round}-{Path.GetFileName(source)}");
                await File.WriteAllBytesAsync(path, bytes);
                try
                {
                    ClipProbe probe = await Reader.ProbeAsync(path);
                    _ = probe.Kind switch
                    {
                        ClipKind.Video => (object)await Reader.ReadFramesAsync(path, 2),
                        ClipKind.Audio => await Reader.ReadSoundAsync(path),
                        _ => await Reader.ReadStillAsync(path),
                    };
                }
                catch (MediaException refusal)
                {
                    Assert.DoesNotContain('\n', refusal.Message);
                }
            }
        }
    }

    /// <summary>A PNG of one row, colour type 0, 16 bits.</summary>
    private static byte[] DeepGrey(ushort[] row)
    {
        byte[] header = new byte[13], line = new byte[1 + (row.Length * 2)];
        BinaryPrimitives.WriteInt32BigEndian(header, row.Length);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 1);
        header[8] = 16;
        for (int x = 0; x < row.Length; x++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(line.AsSpan(1 + (x * 2)), row[x]);
        }

        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(line);
        }

        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] typed = [.. Encoding.ASCII.GetBytes(type), .. data];
        byte[] length = new byte[4], sum = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        uint crc = uint.MaxValue;
        foreach (byte value in typed)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(sum, ~crc);
        return [.. length, .. typed, .. sum];
    }

    private static bool Decoding(string path) => Directory.EnumerateDirectories("/proc")
        .Where(process => int.TryParse(Path.GetFileName(process), out _))
        .Any(process =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(process, "cmdline")) is { } line && line.Contains(path, StringComparison.Ordinal) && line.Contains("f32le", StringComparison.Ordinal);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        });

    private static RgbFrames Single(RgbFrames frames, int index)
    {
        int size = frames.Height * frames.Width * 3;
        return new RgbFrames(1, frames.Height, frames.Width, frames.Pixels[(index * size)..((index + 1) * size)]);
    }
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Media.Tests;

/// <summary>Against <c>vectors/media</c> and the resized frames in <c>vectors/vision</c>.</summary>
public sealed class GoldenMediaTests
{
    private static readonly MediaReader Reader = new();
    private static readonly JsonElement Index = JsonDocument.Parse(File.ReadAllText(Golden.Find("vectors/media/index.json"))).RootElement;

    public static TheoryData<string> Of(string kind) =>
        new(Index.EnumerateObject().Where(entry => entry.Value.GetProperty("kind").GetString() == kind).Select(entry => entry.Name));

    [Theory]
    [MemberData(nameof(Of), "video")]
    public async Task Sampled_frames_of_a_video_are_the_originals_to_the_last_byte(string name)
    {
        JsonElement expected = Index.GetProperty(name);
        foreach (JsonProperty wanted in expected.GetProperty("indices").EnumerateObject())
        {
            VideoFrames frames = await Reader.ReadFramesAsync(Golden.Find("media/" + name), int.Parse(wanted.Name));
            Assert.Equal(expected.GetProperty("total_frames").GetInt32(), frames.TotalFrames);
            Assert.Equal(wanted.Value.EnumerateArray().Select(index => index.GetInt32()), frames.Indices);
            Assert.Equal((expected.GetProperty("height").GetInt32(), expected.GetProperty("width").GetInt32()), (frames.Frames.Height, frames.Frames.Width));
            double rate = expected.GetProperty("avg_fps").GetDouble();
            Assert.All(frames.Indices.Zip(frames.TimesSeconds), pair => Assert.Equal(pair.First / rate, pair.Second, 0.002));
            Vectors stored = Vectors.Load($"vectors/media/{name}.safetensors");
            if (stored.Has("frames_" + wanted.Name))
            {
                Frames.AssertEqual(Frames.FromPlanes(stored.Bytes("frames_" + wanted.Name), stored.Shape("frames_" + wanted.Name)), frames.Frames);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Of), "audio")]
    public async Task Sound_is_the_originals_to_the_last_bit(string name)
    {
        JsonElement expected = Index.GetProperty(name);
        float[] samples = await Reader.ReadSoundAsync(Golden.Find("media/" + name));
        Assert.Equal(expected.GetProperty("samples_16k").GetInt32(), samples.Length);
        Assert.Equal(expected.GetProperty("sha256_f32").GetString(), Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(samples.AsSpan()))));
    }

    [Theory]
    [MemberData(nameof(Of), "image")]
    public async Task Stills_keep_their_size(string name)
    {
        RgbFrames still = await Reader.ReadStillAsync(Golden.Find("media/" + name));
        JsonElement expected = Index.GetProperty(name);
        Assert.Equal((1, expected.GetProperty("height").GetInt32(), expected.GetProperty("width").GetInt32()), (still.Count, still.Height, still.Width));
    }

    [Fact]
    public async Task A_clip_with_fewer_frames_than_asked_gives_two()
    {
        VideoFrames frames = await Reader.ReadFramesAsync(Golden.Find("media/clip_short.mp4"), 10);
        Assert.Equal([0, 5], frames.Indices);
        Assert.Equal(2, frames.Frames.Count);
    }

    [Fact]
    public async Task Every_picture_of_every_case_reaches_the_vision_tower_as_the_originals_did()
    {
        int compared = 0;
        foreach (string file in Directory.EnumerateFiles(Golden.Find("vectors/cases"), "*.json").Order())
        {
            using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("vision", out JsonElement vision))
            {
                continue;
            }

            compared += await CompareAsync(Path.GetFileNameWithoutExtension(file), document.RootElement.GetProperty("content"), vision);
        }

        Assert.True(compared > 0, "no case with pictures was found");
    }

    /// <summary>All pictures of a case make one tensor [frame, channel, row, column], stored whole or at sampled places.</summary>
    private static async Task<int> CompareAsync(string name, JsonElement content, JsonElement vision)
    {
        List<byte> planes = [];
        foreach (JsonElement item in content.EnumerateArray())
        {
            string type = item.GetProperty("type").GetString()!;
            if (type is not ("video" or "image") || Golden.TryFind(item.GetProperty(type).GetString()!) is not { } path)
            {
                continue;
            }

            RgbFrames resized = type == "video"
                ? Resize.VideoBicubic((await Reader.ReadFramesAsync(path, item.GetProperty("nframes").GetInt32())).Frames, 224, 224)
                : Resize.PillowBicubic(await Reader.ReadStillAsync(path), 224, 224);
            planes.AddRange(Frames.ToPlanes(resized));
        }

        Vectors stored = Vectors.Load("vectors/" + vision.GetProperty("vectors").GetString());
        if (planes.Count == 0)
        {
            return 0;
        }

        if (stored.Has("frames_resized"))
        {
            Assert.Equal(stored.Shape("frames_resized").Aggregate((left, right) => left * right), planes.Count);
            int different = planes.Where((value, at) => value != stored.Bytes("frames_resized")[at]).Count();
            Assert.True(different == 0, $"{name}: {different} of {planes.Count} bytes differ");
        }
        else
        {
            long[] places = stored.Longs("frames_resized_index");
            float[] values = stored.Floats("frames_resized_value");
            int different = places.Where((place, at) => planes[(int)place] != values[at]).Count();
            Assert.True(different == 0, $"{name}: {different} of {places.Length} sampled bytes differ");
        }

        return 1;
    }
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CrabStudio.Media;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests.Processing;

/// <summary>
/// From the files of every reference case to the embeddings of the two towers: sounds, frames, mel features, patches,
/// embeddings and routers, each against vectors/audio or vectors/vision.
/// </summary>
public sealed class GoldenStageTests(GoldenTowers towers) : IClassFixture<GoldenTowers>
{
    public static TheoryData<string> WithSound() => [.. GoldenCase.Names().Where(name => GoldenCase.Load(name) is { Audio: { } file } && Golden.TryFind($"vectors/{file}") is not null)];

    public static TheoryData<string> WithPictures() => [.. GoldenCase.Names().Where(name => GoldenCase.Load(name) is { Vision: { } file } && Golden.TryFind($"vectors/{file}") is not null)];

    [Theory]
    [MemberData(nameof(WithSound))]
    public async Task SoundMelEmbeddingsAndRoutersEqualTheReference(string name)
    {
        GoldenCase reference = GoldenCase.Load(name);
        Vectors vectors = Vectors.Load($"vectors/{reference.Audio}");
        PreparedConversation prepared = await Prepare(reference, item => item is AudioItem);
        HeardSound sound = Assert.Single(prepared.Sounds);
        Assert.Equal(reference.Samples, sound.Samples.Length);
        Assert.Equal(reference.AudioHash, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(sound.Samples))));
        Worst.Check("sound", name, vectors, "sliced", sound.Samples, 0);
        using var transform = new MelSpectrogram(towers.Preprocessor);
        using Tensor mel = transform.Forward(sound.Samples);
        Worst.Check("mel", name, vectors, "mel", mel.data<float>().ToArray(), 2e-4);
        Worst.Check("mel mean of bins", name, vectors, "mel_mean_per_bin", mel.mean([1]).data<float>().ToArray(), 2e-4);

        using Tensor embeddings = towers.Audio.Forward([mel], new ForwardContext());
        Assert.Equal(vectors.Shape("embeddings"), embeddings.shape);
        Worst.Check("audio embeddings", name, vectors, "embeddings", embeddings.data<float>().ToArray(), 2e-4);
        RouteMatrix routes = towers.Audio.Routes.Take()!;
        Assert.Equal(reference.AudioLinears ?? routes.Linears, routes.Linears);
        CheckRouters("audio router", name, vectors, routes);
    }

    [Theory]
    [MemberData(nameof(WithPictures))]
    public async Task FramesPatchesEmbeddingsAndRoutersEqualTheReference(string name)
    {
        GoldenCase reference = GoldenCase.Load(name);
        Vectors vectors = Vectors.Load($"vectors/{reference.Vision}");
        PreparedConversation prepared = await Prepare(reference, item => item is VideoItem or ImageItem);
        RgbFrames[] items = [.. prepared.Videos.Select(video => video.Frames), .. prepared.Images.Select(image => image.Frame)];
        float[] frames = [.. items.SelectMany(ChannelsFirst)];
        if (vectors.Has("frames_resized"))
        {
            Assert.Equal(vectors.Bytes("frames_resized").ToArray(), frames.Select(level => (byte)level).ToArray());
        }
        else
        {
            Worst.Check("frames", name, vectors, "frames_resized", frames, 0);
        }

        VisionInput input = new ImagePatches(towers.Preprocessor).Forward(items);
        Assert.Equal(reference.Grids, input.Grids.Select(grid => new[] { grid.Times, grid.Rows, grid.Columns }));
        using Tensor patches = input.Patches;
        Worst.Check("pixel values", name, vectors, "pixel_values", patches.data<float>().ToArray(), 1e-6);

        using Tensor embeddings = towers.Vision.Forward(input, new ForwardContext());
        Assert.Equal(vectors.Shape("embeddings"), embeddings.shape);
        Worst.Check("vision embeddings", name, vectors, "embeddings", embeddings.data<float>().ToArray(), 2e-4);
        RouteMatrix routes = towers.Vision.Routes.Take()!;
        Assert.Equal(reference.VisionLinears ?? routes.Linears, routes.Linears);
        CheckRouters("vision router", name, vectors, routes);
    }

    private static void CheckRouters(string stage, string name, Vectors vectors, RouteMatrix routes)
    {
        if (vectors.Has("router"))
        {
            Worst.Check(stage, name, vectors.Floats("router"), routes.Weights, 2e-5);
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor all = tensor(routes.Weights).view(routes.Linears.Count, routes.Positions, routes.Experts);
        Worst.Check(stage, name, vectors.Floats("router_mean"), all.mean([1]).data<float>().ToArray(), 2e-5);
        Tensor every = all.index_select(1, arange(0, routes.Positions, 16, ScalarType.Int64));
        Worst.Check(stage, name, vectors.Floats("router_every_16th"), every.data<float>().ToArray(), 2e-5);
    }

    // Decodes a part of the case only, so that a stage is not charged with another's faults.
    private static Task<PreparedConversation> Prepare(GoldenCase reference, Func<ContentItem, bool> wanted) =>
        new ConversationPreparer(new MediaReader()).PrepareAsync(reference.InGolden(wanted));

    private static IEnumerable<float> ChannelsFirst(RgbFrames frames)
    {
        int size = frames.Height * frames.Width;
        for (int frame = 0; frame < frames.Count; frame++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                for (int i = 0; i < size; i++)
                {
                    yield return frames.Pixels[(((frame * size) + i) * 3) + channel];
                }
            }
        }
    }
}

using System.Text.RegularExpressions;
using CrabStudio.Model.Audio;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Text;
using CrabStudio.Model.Vision;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests.Checkpoints;

/// <summary>The 7B model, built from its configuration without memory.</summary>
public sealed class PublishedShapesTests
{
    private static readonly ThinkerConfig Config = ThinkerConfig.Load(Golden.Find("hostile/config/config-good-7b.json"));

    [Fact]
    public void TheConfigurationIsThatOfThe7BModel()
    {
        Assert.Equal((3584, 28, 28, 4, 128, 18944, 152064), (Config.Text.HiddenSize, Config.Text.Layers, Config.Text.Heads, Config.Text.KeyValueHeads, Config.Text.HeadSize, Config.Text.IntermediateSize, Config.Text.VocabularySize));
        Assert.Equal([16, 24, 24], Config.Text.MropeSection);
        Assert.Equal((32, 1280, 16, 3420, 3584), (Config.Vision.Depth, Config.Vision.HiddenSize, Config.Vision.Heads, Config.Vision.IntermediateSize, Config.Vision.OutputSize));
        Assert.Equal([7, 15, 23, 31], Config.Vision.FullAttentionBlocks);
        Assert.Equal((32, 1280, 20, 5120, 3584), (Config.Audio.Layers, Config.Audio.Width, Config.Audio.Heads, Config.Audio.FeedForwardSize, Config.Audio.OutputSize));
        Assert.Equal((151646, 151655, 151656, 151645), (Config.AudioToken, Config.ImageToken, Config.VideoToken, Config.EndToken));
    }

    [Fact]
    public void EveryAdapterTensorOfThePublishedRunIsAskedForByNameAndShapeAndNoOther()
    {
        string[] expected = [.. File.ReadLines(Golden.Find("adapter-keys-7b.txt")).Where(line => line.Length > 0)];
        Assert.Equal(1940, expected.Length);
        WeightLoader loader = Build(rank: 128, experts: 3);
        Assert.Equal(expected.Order(StringComparer.Ordinal), loader.RequestedAdapter.Select(tensor => $"base_model.model.{tensor.Name} ([{string.Join(", ", tensor.Shape)}])").Order(StringComparer.Ordinal));
        Assert.Equal(870.48, Math.Round(loader.RequestedAdapter.Sum(tensor => tensor.Shape[0] * tensor.Shape[1]) / 1e6, 2));
    }

    [Fact]
    public void TheBaseTensorsAreAsManyAsInThePublishedFolder()
    {
        WeightLoader loader = Build(rank: 1, experts: 1);
        Dictionary<string, int> parts = loader.RequestedBase.GroupBy(tensor => Regex.Match(tensor.Name, @"^\w+").Value).ToDictionary(part => part.Key, part => part.Count());
        // The audio tower's 489th, a marker, is in the file and unused.
        Assert.Equal((518, 488, 338, 1), (parts["visual"], parts["audio_tower"], parts["model"], parts["lm_head"]));
        Assert.Equal(loader.RequestedBase.Count, loader.RequestedBase.DistinctBy(tensor => tensor.Name).Count());
        Assert.Equal(loader.BaseParameters, loader.RequestedBase.Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size)));
    }

    private static WeightLoader Build(int rank, int experts)
    {
        var loader = new WeightLoader(rank, experts);
        _ = new AudioTower(loader.Root.At("audio_tower"), Config.Audio, new RouteRecorder());
        _ = new VisionTower(loader.Root.At("visual"), Config.Vision, new RouteRecorder());
        _ = new TextDecoder(loader.Root, Config.Text, new RouteRecorder());
        return loader;
    }
}

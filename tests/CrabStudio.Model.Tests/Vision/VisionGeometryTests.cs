using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Vision;
using CrabStudio.Testing;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests.Vision;

/// <summary>units/vision-geometry.safetensors: window order, window boundaries and rotary angles of five grids.</summary>
public sealed class VisionGeometryTests
{
    public static TheoryData<int, int, int> Grids => new() { { 1, 16, 16 }, { 1, 4, 28 }, { 1, 8, 8 }, { 2, 12, 20 }, { 5, 16, 16 } };

    [Theory]
    [MemberData(nameof(Grids))]
    public void WindowOrderAndBoundariesEqualTheReference(int times, int rows, int columns)
    {
        Vectors vectors = Vectors.Load("vectors/units/vision-geometry.safetensors");
        (int[] index, int[] lengths) = VisionGeometry.Windows([new VisionGrid(times, rows, columns)], 2, 4);
        Assert.Equal(vectors.Longs($"{times}x{rows}x{columns}.window_index"), index.Select(i => (long)i));
        // The reference lists where windows end, in patches (four to a merged one), the start included.
        var ends = new List<long> { 0 };
        foreach (int length in lengths)
        {
            ends.Add(ends[^1] + (length * 4));
        }

        Assert.Equal(vectors.Longs($"{times}x{rows}x{columns}.window_boundaries"), ends);
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void RotaryAnglesEqualTheReference(int times, int rows, int columns)
    {
        Vectors vectors = Vectors.Load("vectors/units/vision-geometry.safetensors");
        var tower = new VisionTower(new WeightLoader(4, 3).Root, ThinkerConfig.Load(Golden.Find("tiny")).Vision, new RouteRecorder());
        using Tensor angles = tower.Rotary([new VisionGrid(times, rows, columns)]);
        float[] expected = vectors.Floats($"{times}x{rows}x{columns}.rotary");
        Assert.Equal(vectors.Shape($"{times}x{rows}x{columns}.rotary"), angles.shape);
        Assert.All(angles.data<float>().ToArray().Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 2e-5f));
    }

    [Fact]
    public void WindowsOfSeveralItemsNeverMixThem()
    {
        VisionGrid[] grids = [new(2, 12, 20), new(1, 4, 28), new(1, 2, 2)];
        (int[] index, int[] lengths) = VisionGeometry.Windows(grids, 2, 4);
        Assert.Equal(Enumerable.Range(0, grids.Sum(grid => grid.Patches) / 4), index.Order());
        Assert.Equal(index.Length, lengths.Sum());
        Assert.All(lengths, length => Assert.InRange(length, 1, 16));
        int at = 0;
        foreach (int length in lengths)
        {
            Assert.Single(index.Skip(at).Take(length).Select(i => i < 120 ? i / 60 : i < 148 ? 2 : 3).Distinct());
            at += length;
        }
    }
}

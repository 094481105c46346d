using CrabStudio.Model.Processing;
using CrabStudio.Model.Vision;
using CrabStudio.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace CrabStudio.Model.Tests.Processing;

/// <summary>The towers layer by layer, and how they behave when stopped, watched or used for long.</summary>
public sealed class TowerTests(GoldenTowers towers) : IClassFixture<GoldenTowers>
{
    private static readonly Vectors Reference = Vectors.Load("vectors/units/trace-arig-0.safetensors");

    [Fact]
    public void EveryLayerOfTheAudioTowerEqualsTheTraceOfArig0()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mel = tensor(Reference.Floats("mel")).view(Reference.Shape("mel"));
        CompareTrace("audio.", context => towers.Audio.Forward([mel], context));
    }

    [Fact]
    public void EveryBlockOfTheVisionTowerEqualsTheTraceOfArig0()
    {
        using DisposeScope scope = NewDisposeScope();
        CompareTrace("vision.", context => towers.Vision.Forward(Picture(), context));
    }

    [Fact]
    public void StopEndsBothTowersAtTheNextLayerAndLeavesNothingBehind()
    {
        Forget();
        using DisposeScope scope = NewDisposeScope();
        VisionInput picture = Picture();
        Tensor mel = tensor(Reference.Floats("mel")).view(Reference.Shape("mel"));
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        foreach (Func<ForwardContext, Tensor> pass in new Func<ForwardContext, Tensor>[] { c => towers.Audio.Forward([mel], c), c => towers.Vision.Forward(picture, c) })
        {
            using var stop = new CancellationTokenSource();
            int layers = 0;
            Assert.Throws<OperationCanceledException>(() => pass(new ForwardContext(stop.Token, _ =>
            {
                layers++;
                stop.Cancel();
            })));
            Assert.Equal(1, layers);
        }

        Forget();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void PassesLeaveNoTensorsBehindAndProgressEndsAtOne()
    {
        Forget();
        using DisposeScope scope = NewDisposeScope();
        VisionInput picture = Picture();
        Tensor mel = tensor(Reference.Floats("mel")).view(Reference.Shape("mel"));
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 3; i++)
        {
            double audio = 0, vision = 0;
            towers.Audio.Forward([mel], new ForwardContext(Progress: fraction => audio = fraction)).Dispose();
            towers.Vision.Forward(picture, new ForwardContext(Progress: fraction => vision = fraction)).Dispose();
            Assert.NotNull(towers.Audio.Routes.Take());
            Assert.NotNull(towers.Vision.Routes.Take());
            Assert.Equal((1.0, 1.0), (audio, vision));
            Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void SoundsHeardTogetherGiveWhatEachGivesAlone()
    {
        using DisposeScope scope = NewDisposeScope();
        // Lengths that leave short last chunks, one of them odd, and the shortest sound that gives a token.
        Tensor[] mels = [Noise(401, 1), Noise(137, 2), Noise(200, 3), Noise(3, 4)];
        Tensor together = towers.Audio.Forward(mels, new ForwardContext());
        Tensor alone = cat([.. mels.Select(mel => towers.Audio.Forward([mel], new ForwardContext()))], 0);
        Assert.Equal(mels.Sum(mel => Audio.AudioTower.Tokens((int)mel.shape[1])), together.shape[0]);
        Worst.Check("sounds together", "noise", alone.data<float>().ToArray(), together.data<float>().ToArray(), 1e-5);
    }

    [Fact]
    public void PicturesSeenTogetherGiveWhatEachGivesAlone()
    {
        using DisposeScope scope = NewDisposeScope();
        VisionGrid[] grids = [new(1, 8, 8), new(2, 4, 12), new(1, 2, 2)];
        Tensor[] patches = [.. grids.Select((grid, i) => Noise(grid.Patches, i, towers.Thinker.Vision.PatchValues).transpose(0, 1).contiguous())];
        Tensor together = towers.Vision.Forward(new VisionInput(cat(patches, 0), grids), new ForwardContext());
        Tensor alone = cat([.. grids.Zip(patches, (grid, values) => towers.Vision.Forward(new VisionInput(values, [grid]), new ForwardContext()))], 0);
        Worst.Check("pictures together", "noise", alone.data<float>().ToArray(), together.data<float>().ToArray(), 1e-5);
    }

    // Routes of the passes of other tests, which share the towers.
    private void Forget()
    {
        towers.Audio.Routes.Clear();
        towers.Vision.Routes.Clear();
    }

    private VisionInput Picture() => new(tensor(Reference.Floats("pixel_values")).view(Reference.Shape("pixel_values")), [new VisionGrid(1, 16, 16)]);

    private static Tensor Noise(long columns, int seed, long rows = 128)
    {
        var random = new Random(seed);
        return tensor([.. Enumerable.Range(0, (int)(rows * columns)).Select(_ => (float)((random.NextDouble() * 2) - 1))]).view(rows, columns);
    }

    private static void CompareTrace(string prefix, Func<ForwardContext, Tensor> pass)
    {
        var seen = new HashSet<string>();
        void Compare(string name, Tensor value)
        {
            seen.Add(name);
            Assert.Equal(Reference.Shape(name), value.shape);
            Worst.Check("trace", name, Reference.Floats(name), value.contiguous().data<float>().ToArray(), 2e-4);
        }

        pass(new ForwardContext(Trace: Compare)).Dispose();
        Assert.Equal(Reference.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(), seen.Order());
    }
}

using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Testing;
using TorchSharp;

namespace CrabStudio.Model.Tests;

/// <summary>Tests that measure the process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>The collector cannot see native memory, so what an answer takes it must give back itself.</summary>
[Collection(nameof(Alone))]
public sealed class LeakTests(GoldenThinker model) : IClassFixture<GoldenThinker>
{
    [Fact]
    public async Task TwoHundredAnswersLeaveNoTensorAndNoMemoryBehind()
    {
        var reader = new ConversationPreparer(new MediaReader());
        PreparedConversation prepared = await reader.PrepareAsync(new Conversation("", [
            new ImageItem(Golden.Find("media/still_a.png")), new AudioItem(Golden.Find("media/c_half.wav")), new TextItem("What is this?")]));
        // One thread, as in the engine: the account of tensors is kept for each thread.
        (long tensors, long bytes) = await Task.Factory.StartNew(
            () =>
            {
                Answer(prepared, 40);
                long tensorsBefore = DisposeScopeManager.Statistics.ThreadTotalLiveCount, bytesBefore = ResidentBytes();
                Answer(prepared, 200);
                return (DisposeScopeManager.Statistics.ThreadTotalLiveCount - tensorsBefore, ResidentBytes() - bytesBefore);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        Assert.Equal(0, tensors);
        // An answer's tensors are some 3 MB: had each left only a hundredth of that, this would show.
        Assert.True(bytes < 6L << 20, $"200 answers left {bytes / 1048576.0:0.0} MiB behind");
    }

    private void Answer(PreparedConversation prepared, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using ModelInput input = model.Thinker.Inputs.Build(prepared);
            using TokenGeneration generation = model.Thinker.Begin(input, new GenerationSettings(4));
            while (generation.Next() is not null)
            {
            }
        }
    }

    private static long ResidentBytes()
    {
        // Aggressive: freed pages go back to the system, so that the collector's reserve does not count.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}

using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Tasks.Tests.AvUie;

/// <summary>Runs with nothing beside it, so that what it measures is its own.</summary>
[CollectionDefinition(nameof(AvUieMemoryTests), DisableParallelization = true)]
[Collection(nameof(AvUieMemoryTests))]
public sealed class AvUieMemoryTests
{
    [Fact]
    public async Task MemoryDoesNotGrowWithTheListAndThousandsOfEntriesTakeASecond()
    {
        using DataSets data = DataSets.Miniature("ave");
        File.Delete(data["ave/test.json"]);
        const int entries = 20_000;
        using (StreamWriter writer = new(data["ave/train.json"]))
        {
            writer.Write('[');
            for (int place = 0; place < entries; place++)
            {
                writer.Write($$"""{{(place == 0 ? "" : ",")}}{"video_path":"clip_a.mp4","audio_path":"a10.wav","event":"Bark","vid":"v{{place}}","start_time":2,"end_time":7,"label_content":"Dog number {{place}} barks from second 2 to second 7. So it is <event> Bark </event> at <range> 2,7 </range>"}""");
            }

            writer.Write(']');
        }

        List<long> held = [];
        AvUieChecker checker = new(data.Open(), problem => Assert.Fail(problem.Message)) { Progress = (_, _) => held.Add(GC.GetTotalMemory(forceFullCollection: true)) };
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        AvUieCheckSummary summary = await checker.CheckAsync();

        Assert.Equal(entries, summary.Entries);
        Assert.Equal(20, held.Count);
        // What an entry leaves behind is the number that tells duplicates apart: tens of bytes, where the entry has hundreds.
        Assert.True((held[^1] - held[0]) / (double)entries < 100, $"{held[0]} bytes held after a thousand entries, {held[^1]} after {entries}");
        Assert.True(watch.Elapsed.TotalSeconds < 20, $"{watch.Elapsed.TotalSeconds:0.0} s");
    }
}

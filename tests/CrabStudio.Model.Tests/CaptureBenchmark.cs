using System.Diagnostics;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Testing;
using CrabStudio.Tasks;

namespace CrabStudio.Model.Tests;

/// <summary>Not a test but a measurement, run by name: what keeping the routes costs while tokens come.</summary>
public sealed class CaptureBenchmark
{
    [Fact(Explicit = true)]
    public async Task CostOfCaptureWhileDecoding()
    {
        string folder = Environment.GetEnvironmentVariable("CRAB_BENCH_MODEL") ?? Golden.Find("tiny");
        using Thinker thinker = Thinker.Load(new ModelOptions(folder, Path.Combine(folder, "adapter", "finetune_weights.bin")));
        PreparedConversation prepared = await new ConversationPreparer(new MediaReader()).PrepareAsync(new Conversation("", [new TextItem("What do you hear?")]));
        const int Rounds = 15, Tokens = 128;
        var seconds = new Dictionary<bool, List<double>> { [false] = [], [true] = [] };
        for (int round = -2; round < Rounds; round++)
        {
            // In turn, so that a slow moment of the machine meets both.
            foreach (bool capture in new[] { false, true })
            {
                using ModelInput input = thinker.Inputs.Build(prepared);
                using TokenGeneration generation = thinker.Begin(input, new GenerationSettings(Tokens, capture));
                generation.Next();
                long start = Stopwatch.GetTimestamp();
                int tokens = 0;
                while (generation.Next() is not null)
                {
                    tokens++;
                }

                if (round >= 0)
                {
                    seconds[capture].Add(Stopwatch.GetElapsedTime(start).TotalSeconds / tokens);
                }
            }
        }

        double[] ratios = [.. seconds[true].Zip(seconds[false], (with, without) => with / without).Order()];
        string Milliseconds(bool capture) => $"{1000 * seconds[capture].Order().ElementAt(Rounds / 2):0.000} ms";
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{thinker.Facts.TextLinears.Count} linears × {thinker.Facts.Experts} experts, {thinker.Facts.Precision} on {thinker.Facts.Device}: a token without capture {Milliseconds(false)}, with {Milliseconds(true)} (medians of {Rounds} runs side by side); ratio {ratios[Rounds / 2]:0.000} (from {ratios[0]:0.000} to {ratios[^1]:0.000})");
    }
}

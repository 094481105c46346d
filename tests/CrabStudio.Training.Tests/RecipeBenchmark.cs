using System.Globalization;
using CrabStudio.Training.Recipe;
using CrabStudio.World;

namespace CrabStudio.Training.Tests;

/// <summary>Not a test but a measurement, run by name: what a second of each stage of the default recipe gives on this machine.</summary>
public sealed class RecipeBenchmark : IDisposable
{
    private readonly string folder = TestData.NewFolder();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact(Explicit = true)]
    public async Task ClipsASecond() => await TestData.OnOneThread(() =>
    {
        // Tones take the place of rendered sounds: mixing takes of the bank costs about as much.
        int workers = int.TryParse(Environment.GetEnvironmentVariable("CRAB_BENCH_THREADS"), out int threads) ? threads : Environment.ProcessorCount;
        var options = new RecipeOptions { OutputFolder = Path.Combine(folder, "model"), Workers = workers };
        DefaultRecipe recipe = new(options, RecipeData.Hear);
        recipe.WriteFirst();
        foreach (string stage in new[] { recipe.Seeing, recipe.Reading, recipe.Speaking })
        {
            BaseFolder.CopyBeside(recipe.First, stage);
            File.Copy(Path.Combine(recipe.First, BaseFolder.Weights), Path.Combine(stage, BaseFolder.Weights));
        }

        foreach (Func<RecipeStage> make in new Func<RecipeStage>[] { recipe.NewTowers, recipe.NewReading, recipe.NewWords, recipe.NewAdapter })
        {
            using RecipeStage stage = make();
            RecipeStep[] steps = [.. Enumerable.Range(0, 12).Select(_ => stage.Step()).Skip(2)];
            double[] seconds = [.. steps.Select(step => step.Seconds).Order()];
            double all = seconds.Sum();
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{stage.Options.Name}, {workers} threads: {steps.Sum(step => step.Clips) / all:0.0} clips/s, {steps.Sum(step => step.Questions) / all:0.0} questions/s, {steps.Sum(step => step.Tokens) / all:0} tokens/s; a step {seconds[seconds.Length / 2]:0.00} s (from {seconds[0]:0.00} to {seconds[^1]:0.00})"));
        }

        return 0;
    });
}

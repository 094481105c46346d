using System.Net;
using System.Net.Http.Json;
using CrabStudio.Engine;
using CrabStudio.Model.Generation;
using CrabStudio.Testing;
using CrabStudio.Web.Api;
using CrabStudio.Web.Services;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests.Evaluations;

/// <summary>A workshop with a small data set, gone after the test.</summary>
internal sealed class Bench : IDisposable
{
    /// <summary>Two samples of each of these tasks.</summary>
    public static readonly string[] Tasks = ["ks", "s4"];

    private readonly string folder = Directory.CreateTempSubdirectory("crab workshop ").FullName;

    public Bench(string data = "demo")
    {
        foreach (string key in Tasks)
        {
            Copy(Golden.Find($"avuie/AVUIE_2/{key}"), this[$"{data}/AVUIE_2/{key}"]);
        }
    }

    public string Folder => folder;

    public string this[string name] => Path.Combine(folder, name);

    /// <summary>Whole lines of an evaluation.</summary>
    public string[] Lines(string name)
    {
        using FileStream stream = new(this[$"{name}/samples.jsonl"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A studio with this workshop and a scripted model.</summary>
    public Task<Studio> StartAsync(Func<StudioOptions, StudioOptions>? change = null) => Studio.StartAsync(change: options =>
    {
        options = options with { WorkshopFolder = folder, ModelFolder = Golden.Find("tiny") };
        return change?.Invoke(options) ?? options;
    });

    /// <summary>Copies what a dead process would leave: all but a lock.</summary>
    public static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using FileStream source = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream copy = File.Create(target);
            source.CopyTo(copy);
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

/// <summary>What tests of evaluations say to a studio.</summary>
internal static class Evaluating
{
    public static EvaluationService Evaluations(this Studio studio) => studio.App.Services.GetRequiredService<EvaluationService>();

    /// <summary>Starts one over HTTP.</summary>
    public static async Task<EvaluationSummary> EvaluateAsync(this Studio studio, string name, object? order = null)
    {
        using HttpResponseMessage response = await studio.Http.PostAsJsonAsync("/api/evaluations", order ?? new { data = "demo", name });
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, await response.Content.ReadAsStringAsync());
        return await Studio.ReadAsync<EvaluationSummary>(response);
    }

    public static Task<EvaluationShape> EvaluationAsync(this Studio studio, string id) => studio.GetAsync<EvaluationShape>($"/api/evaluations/{id}");

    /// <summary>Waits until it is as the test wants it.</summary>
    public static async Task<EvaluationSummary> UntilAsync(this Studio studio, string id, Func<EvaluationSummary, bool> wanted, int seconds = 20)
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(seconds); ; await Task.Delay(10))
        {
            EvaluationSummary? now = studio.Evaluations().Find(id);
            if (now is not null && wanted(now))
            {
                return now;
            }

            Assert.True(DateTime.UtcNow < end, $"The evaluation stayed {now}.");
        }
    }

    /// <summary>Answers the samples asked next.</summary>
    public static async Task AnswerAsync(this ScriptedEngine engine, params string[] texts)
    {
        foreach (string text in texts)
        {
            (await engine.NextRunAsync()).Answer(text);
        }
    }

    public static void Answer(this ScriptedRun run, string text)
    {
        run.Emit(new PrefillDoneEvent(new PrefillResult(7, [], null, null, null), 0));
        run.Say(text);
        run.Finish();
    }
}

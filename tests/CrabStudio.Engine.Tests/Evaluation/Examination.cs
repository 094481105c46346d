using System.Runtime.CompilerServices;
using System.Text.Json;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Model;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;

namespace CrabStudio.Engine.Tests.Evaluation;

/// <summary>Answers known texts in turn; null fails. What is measured is then known beforehand.</summary>
internal sealed class KnownAnswers(IEnumerable<string?> answers) : IAnalysisEngine
{
    private readonly Queue<string?> left = new(answers);

    /// <summary>Questions so far.</summary>
    public int Asked { get; private set; }

    /// <summary>Stops in the middle of this answer, as a process does that is killed.</summary>
    public int? FallsAt { get; init; }

    /// <summary>Done before each answer.</summary>
    public Func<Task>? Before { get; init; }

    public EngineStatus Status { get; } = new(EngineState.Ready, 1, null, new ModelFacts("known", null, false, 1, 0, 1, 0, 0, 0, [], [], [], "fp32", "cpu", 100), 0, 0);

    public async IAsyncEnumerable<AnalysisEvent> AnalyzeAsync(AnalysisRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Yield();
        if (Before is not null)
        {
            await Before();
        }

        if (Asked++ == FallsAt)
        {
            throw new IOException("fallen");
        }

        if (left.Dequeue() is not { } text)
        {
            yield return new FailedEvent("the clip is broken");
            yield break;
        }

        yield return new PrefillDoneEvent(new PrefillResult(7, [], null, null, null), 0);
        yield return new TokenEvent(new GeneratedToken(0, 11, text, null), 0);
        yield return new FinishedEvent(FinishReason.EndOfText, 0);
    }

    public Task<AnalysisPreview> PreviewAsync(CrabStudio.Tasks.Conversation conversation, CancellationToken cancellation) => throw new NotSupportedException();
}

/// <summary>A data set that is written for a test, a folder for its evaluation, and the evaluation; all gone after the test.</summary>
internal sealed class Examination : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("crab evaluation ").FullName;

    public string Data => Path.Combine(folder, "data");

    public string this[string name] => Path.Combine(folder, name);

    /// <summary>Writes a list.</summary>
    public void Write(string key, IEnumerable<object> entries, string list = "test")
    {
        Directory.CreateDirectory(Path.Combine(Data, key));
        File.WriteAllText(Path.Combine(Data, key, $"{list}.json"), JsonSerializer.Serialize(entries));
    }

    /// <summary>An entry of Kinetics-Sounds.</summary>
    public static object Action(string action, int clip) => new { video_path = $"{clip}.mp4", audio_path = $"{clip}.wav", action };

    public async Task<EvaluationReport> RunAsync(IAnalysisEngine engine, string @out = "out", string? data = null, int? limit = null, int seed = 0, string? tasks = null, AvUieSplit split = AvUieSplit.Test)
    {
        string[]? keys = tasks?.Split(',');
        using EvaluationData opened = EvaluationData.Open(AvUieFolder.Open(data ?? Data), split, keys, limit, seed);
        EvaluationOptions options = new(this[@out], new ModelOptions(Golden.Find("tiny")), keys, limit, seed);
        return await new EvaluationRun(options, opened).RunAsync(() => Task.FromResult(engine), _ => { }, CancellationToken.None);
    }

    /// <summary>The lines of a run as JSON.</summary>
    public JsonElement[] Lines(string @out = "out") => [.. File.ReadLines(Path.Combine(this[@out], EvaluationRun.SamplesName)).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    public string Page(string @out = "out") => File.ReadAllText(Path.Combine(this[@out], EvaluationRun.PageName));

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

internal static class Reports
{
    public static Figure Figure(this EvaluationReport report, string key, string name) => report.Tasks.Single(task => task.Key == key).Figures.Single(figure => figure.Name == name);
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Engine;
using CrabStudio.Model;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Languages;

namespace CrabStudio.Cli;

/// <summary>Answers a file of requests, one after the other, in one engine.</summary>
/// <param name="requests">The request file.</param>
/// <param name="output">Where the answers go.</param>
/// <param name="traceFolder">Where the tensors go; null: none are kept.</param>
/// <param name="intervention">How routers or adapters are altered for all of them; null: not at all.</param>
internal sealed class BatchRun(string requests, string output, string? traceFolder, RouterIntervention? intervention)
{
    /// <summary>Runs.</summary>
    /// <param name="model">Which model.</param>
    /// <param name="cancellation">Stops between tokens; whole lines are kept.</param>
    /// <returns>The exit code: failed when a request failed.</returns>
    public async Task<int> RunAsync(ModelOptions model, CancellationToken cancellation)
    {
        (int Number, string Text)[] lines = await ReadAsync(cancellation);
        CheckOutput();
        using ProgressLine progress = new();
        await using AnalysisEngine engine = await AnswerRun.LoadAsync(model, progress, cancellation);
        if (intervention is not null)
        {
            intervention.CheckAgainst(engine.Status.Model!);
            progress.Line($"altered: {AlterWords.Whole(intervention, EnglishWords.Only)}");
        }

        // Only now, so that a model that cannot be loaded leaves an older file as it is.
        if (traceFolder is not null)
        {
            Directory.CreateDirectory(traceFolder);
        }

        await using StreamWriter writer = new(output, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        HashSet<string> traced = new(OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        int failed = 0;
        for (int place = 0; place < lines.Length; place++)
        {
            cancellation.ThrowIfCancellationRequested();
            JsonObject line = await AnswerAsync(engine, lines[place].Text, lines[place].Number, traced, progress, cancellation);
            await writer.WriteLineAsync(line.ToJsonString(JsonLines.Snake));
            await writer.FlushAsync(CancellationToken.None);
            failed += line.ContainsKey("error") ? 1 : 0;
            string outcome = line["error"] is { } error ? $"failed: {error}" : "done";
            progress.Line($"{place + 1}/{lines.Length} {line["name"]?.ToString() ?? "(no name)"} {outcome}");
        }

        progress.Line($"{lines.Length - failed} answered, {failed} failed");
        return failed == 0 ? CommandException.GoodCode : CommandException.FailedCode;
    }

    private async Task<(int Number, string Text)[]> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            string[] all = await File.ReadAllLinesAsync(requests, cancellation);
            return [.. all.Select((text, index) => (index + 1, text)).Where(line => !string.IsNullOrWhiteSpace(line.text))];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{requests} cannot be read; expected a file with one JSON request a line ({failure.Message})");
        }
    }

    private void CheckOutput()
    {
        string whole = Path.GetFullPath(output);
        if (whole == Path.GetFullPath(requests))
        {
            throw CommandException.WrongUse($"--out {output} is the request file itself; give another file");
        }

        if (Directory.Exists(whole))
        {
            throw CommandException.WrongUse($"--out {output} is a folder; give a file");
        }

        if (!Directory.Exists(Path.GetDirectoryName(whole)))
        {
            throw new CommandException($"--out {output}: its folder does not exist; make it first");
        }
    }

    private async Task<JsonObject> AnswerAsync(AnalysisEngine engine, string text, int number, HashSet<string> traced, ProgressLine progress, CancellationToken cancellation)
    {
        string? name = null;
        try
        {
            BatchRequest request = BatchRequest.Parse(text, number, Path.GetDirectoryName(Path.GetFullPath(requests))!);
            name = request.Name;
            string? trace = traceFolder is null ? null : TraceFile(request, number, traced);
            GenerationTrace? kept = trace is null ? null : new();
            progress.Show($"{name} …");
            Answer answer = await AnswerRun.AskAsync(engine, new AnalysisRequest(request.Conversation, request.MaxNewTokens, Trace: kept, Intervention: intervention), progress, null, cancellation);
            cancellation.ThrowIfCancellationRequested();
            if (trace is not null)
            {
                kept!.Save(trace);
            }

            JsonObject line = new()
            {
                ["name"] = name,
                ["text"] = answer.Text,
                ["token_ids"] = new JsonArray([.. answer.TokenIds.Select(id => JsonValue.Create(id))]),
                ["stopped_by_eos"] = answer.Reason == FinishReason.EndOfText,
                ["parsed"] = JsonLines.Parsed(request.Conversation.TaskKey, answer.Text, JsonLines.Snake),
            };
            if (intervention is not null)
            {
                line["intervention"] = JsonSerializer.SerializeToNode(intervention, JsonLines.Snake);
            }

            return line;
        }
        catch (BatchRequestException bad)
        {
            return new JsonObject { ["name"] = bad.Name, ["error"] = bad.Message };
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever one request does, the others are answered.
            return new JsonObject { ["name"] = name, ["error"] = CommandRunner.Explain(failure) };
        }
    }

    private string TraceFile(BatchRequest request, int number, HashSet<string> traced)
    {
        if (BatchRequest.Unfit(request.Name) is { } why)
        {
            throw new BatchRequestException(request.Name, Terminal.OneLine($"line {number}: {why}"));
        }

        return traced.Add(request.Name)
            ? Path.Combine(traceFolder!, request.Name + ".safetensors")
            : throw new BatchRequestException(request.Name, Terminal.OneLine($"line {number}: the name '{request.Name}' was used before, and its trace would be overwritten; give every request a name of its own"));
    }
}

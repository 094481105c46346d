using System.Text.Json.Nodes;

namespace CrabStudio.Cli;

/// <summary>Looks at files one by one and says of each what it is, or why it is refused.</summary>
internal static class FileReport
{
    /// <summary>Writes one result a file, in the order given.</summary>
    /// <param name="files">The files.</param>
    /// <param name="json">One JSON line each on stdout; else <paramref name="show"/> for what is good, and a line on stderr for what is refused.</param>
    /// <param name="beside">How many are looked at beside each other.</param>
    /// <param name="inspect">The facts of a file.</param>
    /// <param name="show">Shows the good files and their facts to a person.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The exit code: failed when a file was refused.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> files,
        bool json,
        int beside,
        Func<string, CancellationToken, Task<JsonObject>> inspect,
        Action<IReadOnlyList<(string File, JsonObject Facts)>> show,
        CancellationToken cancellation)
    {
        using SemaphoreSlim turns = new(beside);
        async Task<(JsonObject? Facts, string? Error)> Look(string file)
        {
            await turns.WaitAsync(cancellation);
            try
            {
                return (await Task.Run(() => inspect(file, cancellation), cancellation), null);
            }
            catch (Exception refusal) when (refusal is not OperationCanceledException)
            {
                // Whatever one file does, the others are looked at.
                return (null, Naming(file, CommandRunner.Explain(refusal)));
            }
            finally
            {
                turns.Release();
            }
        }

        Task<(JsonObject? Facts, string? Error)>[] looks = [.. files.Select(Look)];
        List<(string, JsonObject)> good = [];
        int refused = 0;
        for (int place = 0; place < files.Count; place++)
        {
            (JsonObject? facts, string? error) = await looks[place];
            refused += error is null ? 0 : 1;
            if (json)
            {
                JsonObject line = new() { ["file"] = files[place], ["ok"] = error is null };
                if (error is not null)
                {
                    line["error"] = error;
                }

                foreach (KeyValuePair<string, JsonNode?> fact in facts ?? [])
                {
                    line.TryAdd(fact.Key, fact.Value?.DeepClone());
                }

                await Console.Out.WriteLineAsync(line.ToJsonString(JsonLines.Snake));
            }
            else if (error is not null)
            {
                CommandRunner.Report(error);
            }
            else
            {
                good.Add((files[place], facts!));
            }
        }

        if (good.Count > 0)
        {
            show(good);
        }

        return refused == 0 ? CommandException.GoodCode : CommandException.FailedCode;
    }

    private static string Naming(string file, string error)
    {
        string name = Terminal.OneLine(Path.GetFileName(Path.TrimEndingDirectorySeparator(file)));
        return error.Contains(name, StringComparison.Ordinal) ? error : $"{name}: {error}";
    }
}

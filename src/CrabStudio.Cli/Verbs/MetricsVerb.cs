using System.CommandLine;
using CrabStudio.Tasks.Metrics.Files;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab metrics</c>.</summary>
internal static class MetricsVerb
{
    /// <summary>More than any file of reference numbers has; what is larger is another kind of file.</summary>
    private const long MostBytes = 256L << 20;

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string[]> files = new("FILE.json")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "Files of inputs and reference numbers, in the forms of tests/Golden/metrics. A name that begins with a dash goes behind --.",
        };
        Command verb = new(
            "metrics",
            "Compute files of reference numbers: each is printed as one JSON line, with a \"computed\" beside every \"expected\" and the counts under \"checked\". "
            + "The exit code is 1 when a value lies outside its file's tolerance, or a file cannot be used.") { files };
        verb.SetAction((parsed, cancellation) => RunAsync(FileArguments.Read(parsed, files), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(string[] files, CancellationToken cancellation)
    {
        bool good = true;
        foreach (string file in files)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(file));
            try
            {
                MetricsCheck check = MetricsFile.Compute(await ReadAsync(file, cancellation));
                await Console.Out.WriteLineAsync(check.Document.ToJsonString(JsonLines.Snake));
                if (check.Outside > 0)
                {
                    good = false;
                    CommandRunner.Report($"{name}: {check.Outside} of {check.Values} values lie outside the tolerance; the first: {check.FirstOutside}");
                }
            }
            catch (Exception refusal) when (refusal is MetricsFileException or IOException or UnauthorizedAccessException)
            {
                // Whatever one file is, the others are computed.
                good = false;
                CommandRunner.Report(refusal is MetricsFileException ? $"{name}: {refusal.Message}" : refusal.Message);
            }
        }

        return good ? CommandException.GoodCode : CommandException.FailedCode;
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellation)
    {
        FileInfo facts = new(file);
        return facts.Exists && facts.Length > MostBytes
            ? throw new MetricsFileException($"is {facts.Length >> 20} MB; a file of reference numbers has {MostBytes >> 20} at most")
            : await File.ReadAllTextAsync(file, cancellation);
    }
}

using System.Diagnostics;
using System.Globalization;
using FFMpegCore;

namespace CrabStudio.Media;

/// <summary>
/// Runs ffmpeg or ffprobe on a short leash: arguments as a list (no shell, no quoting), no standard input of its own, bounded time and
/// memory, and no process left behind after a cancellation.
/// </summary>
internal static class ToolProcess
{
    private const string MissingTool = "{0} was not found: video and sound cannot be read without it. Install it with: apt-get install -y ffmpeg";
    private const int KeptErrorLines = 40;
    private static readonly string? Prlimit = OperatingSystem.IsLinux()
        ? new[] { "/usr/bin/prlimit", "/bin/prlimit" }.FirstOrDefault(File.Exists)
        : null;

    /// <summary>Path of ffmpeg.</summary>
    public static string Ffmpeg => Find(GlobalFFOptions.GetFFMpegBinaryPath());

    /// <summary>Path of ffprobe.</summary>
    public static string Ffprobe => Find(GlobalFFOptions.GetFFProbeBinaryPath());

    /// <summary>Runs a tool until it ends.</summary>
    /// <param name="tool"><see cref="Ffmpeg"/> or <see cref="Ffprobe"/>.</param>
    /// <param name="arguments">One entry an argument.</param>
    /// <param name="limits">Bounds on time and memory.</param>
    /// <param name="readOutput">Reads standard output to its end.</param>
    /// <param name="readError">Is told every line of standard error.</param>
    /// <param name="cancellation">Kills the process.</param>
    /// <param name="writeInput">Writes standard input; without it there is none.</param>
    /// <returns>Exit code, and the last lines of standard error.</returns>
    /// <exception cref="MediaException">The tool is missing.</exception>
    /// <exception cref="ToolTimeoutException">It took too long.</exception>
    public static async Task<ToolResult> RunAsync(
        string tool,
        IEnumerable<string> arguments,
        MediaLimits limits,
        Func<Stream, CancellationToken, Task> readOutput,
        Action<string>? readError,
        CancellationToken cancellation,
        Func<Stream, CancellationToken, Task>? writeInput = null)
    {
        using Process process = new() { StartInfo = Describe(tool, arguments, limits) };
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limits.MaxDecodeTime);
        cancellation.ThrowIfCancellationRequested();
        process.Start();
        Queue<string> lastLines = new();
        bool outOfMemory = false;
        try
        {
            Task input = InputAsync(process, writeInput, deadline.Token);
            Task output = readOutput(process.StandardOutput.BaseStream, deadline.Token);
            Task error = ReadLinesAsync(
                process.StandardError,
                lastLines,
                line =>
                {
                    outOfMemory |= line.Contains("annot allocate memory", StringComparison.Ordinal) || line.Contains("ailed to allocate", StringComparison.Ordinal)
                        || line.Contains("failed to map segment", StringComparison.Ordinal);
                    readError?.Invoke(line);
                },
                deadline.Token);
            try
            {
                await output.ConfigureAwait(false);
            }
            catch (MediaException)
            {
                // The reader refused what it saw: nothing more is wanted from the process.
                await KillAsync(process).ConfigureAwait(false);
                throw;
            }

            await input.ConfigureAwait(false);
            await error.ConfigureAwait(false);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ToolTimeoutException();
        }
        finally
        {
            await KillAsync(process).ConfigureAwait(false);
        }

        return new ToolResult(process.ExitCode, [.. lastLines], outOfMemory);
    }

    private static async Task InputAsync(Process process, Func<Stream, CancellationToken, Task>? writeInput, CancellationToken cancellation)
    {
        try
        {
            if (writeInput is not null)
            {
                await writeInput(process.StandardInput.BaseStream, cancellation).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // It ended before it had read all; its exit code and its last words say why.
        }
        finally
        {
            // Also when the writer failed: a process that waits for more would never end.
            Close(process.StandardInput);
        }
    }

    // Closing writes nothing of its own, and yet fails where the pipe broke in an earlier write.
    private static void Close(StreamWriter input)
    {
        try
        {
            input.Close();
        }
        catch (IOException)
        {
            // As above.
        }
    }

    private static async Task KillAsync(Process process)
    {
        if (!process.HasExited)
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It ended by itself in between.
            }
        }

        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private static ProcessStartInfo Describe(string tool, IEnumerable<string> arguments, MediaLimits limits)
    {
        ProcessStartInfo start = new()
        {
            FileName = Prlimit ?? tool,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        if (Prlimit is not null)
        {
            // The process bounds itself before it becomes the tool. Processor time counts all threads, and is a last wall
            // for the case that this program dies and can no longer kill it.
            double seconds = Math.Ceiling(limits.MaxDecodeTime.TotalSeconds * Math.Max(2, Environment.ProcessorCount));
            start.ArgumentList.Add(FormattableString.Invariant($"--as={limits.MaxDecodeMemory}"));
            start.ArgumentList.Add(FormattableString.Invariant($"--cpu={seconds:0}"));
            start.ArgumentList.Add("--core=0");
            start.ArgumentList.Add(tool);
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // FFREPORT would make the tools write a log file.
        start.Environment.Remove("FFREPORT");
        return start;
    }

    private static async Task ReadLinesAsync(StreamReader reader, Queue<string> lastLines, Action<string> readError, CancellationToken cancellation)
    {
        while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            readError(line);
            lastLines.Enqueue(line.Length > 500 ? line[..500] : line);
            if (lastLines.Count > KeptErrorLines)
            {
                lastLines.Dequeue();
            }
        }
    }

    internal static string Find(string nameOrPath)
    {
        if (Path.IsPathRooted(nameOrPath))
        {
            return File.Exists(nameOrPath) ? nameOrPath : throw Missing(nameOrPath);
        }

        string name = OperatingSystem.IsWindows() && !nameOrPath.EndsWith(".exe", StringComparison.OrdinalIgnoreCase) ? nameOrPath + ".exe" : nameOrPath;
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.Combine(folder, name);
            if (File.Exists(candidate))
            {
                return Path.GetFullPath(candidate);
            }
        }

        throw Missing(nameOrPath);
    }

    private static MediaException Missing(string tool) =>
        new(string.Format(CultureInfo.InvariantCulture, MissingTool, Path.GetFileName(tool)));
}

/// <summary>How a tool ended.</summary>
/// <param name="ExitCode">0 when it says that all went well.</param>
/// <param name="LastLines">The last lines of standard error, for a log.</param>
/// <param name="OutOfMemory">It met the bound on its memory.</param>
internal sealed record ToolResult(int ExitCode, IReadOnlyList<string> LastLines, bool OutOfMemory);

/// <summary>A tool did not end within <see cref="MediaLimits.MaxDecodeTime"/>.</summary>
internal sealed class ToolTimeoutException : Exception;

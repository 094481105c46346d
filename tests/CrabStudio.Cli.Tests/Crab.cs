using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CrabStudio.Testing;

namespace CrabStudio.Cli.Tests;

/// <summary>What a run of the program left behind.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record CrabResult(int Code, string Output, string Error)
{
    /// <summary>The lines of standard output.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The lines of standard output as JSON.</summary>
    public JsonElement[] Json => [.. Lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    /// <summary>Asserts the exit code and that standard error is one plain line of the program, and returns it.</summary>
    public string OneErrorLine(int code)
    {
        Assert.True(Code == code, $"exit code {Code}, not {code}; stderr: {Error}");
        string line = Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("crab: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
        return line;
    }
}

/// <summary>Runs the real program as a process of its own, from the build output beside the tests.</summary>
public static class Crab
{
    /// <summary>The tiny model with its adapter.</summary>
    public static string[] TinyModel { get; } = ["--model", Golden.Find("tiny"), "--device", "cpu", "--precision", "fp32"];

    /// <summary>The whole path of <c>dotnet</c>, for runs without a search path.</summary>
    public static string Dotnet { get; } = FindDotnet();

    /// <summary>Runs it to its end.</summary>
    public static Task<CrabResult> RunAsync(params string[] arguments) => RunAsync(arguments, folder: null);

    /// <summary>Runs it to its end in a folder, with variables of the environment set (or, with null, taken away).</summary>
    public static async Task<CrabResult> RunAsync(string[] arguments, string? folder, params (string Name, string? Value)[] variables)
    {
        using Process process = Start(arguments, folder, variables);
        return await EndAsync(process);
    }

    /// <summary>Starts it.</summary>
    public static Process Start(string[] arguments, string? folder = null, params (string Name, string? Value)[] variables) =>
        // A suite that runs in the background of a shell hands down that Ctrl+C is ignored; a person's terminal does not.
        StartProgram("env", ["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "crab.dll"), .. arguments], folder, variables);

    /// <summary>Starts any program with its streams redirected.</summary>
    public static Process StartProgram(string program, string[] arguments, string? folder, params (string Name, string? Value)[] variables)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = folder ?? string.Empty,
        };
        foreach ((string name, string? value) in variables)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private static string FindDotnet()
    {
        string file = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        return Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, file)).First(File.Exists);
    }

    /// <summary>Waits for its end, at most two minutes.</summary>
    public static async Task<CrabResult> EndAsync(Process process)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token), error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new CrabResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException("crab did not end within two minutes");
        }
    }
}

/// <summary>A folder that is gone after the test.</summary>
public sealed class Scratch : IDisposable
{
    /// <summary>The folder.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("crab cli ").FullName;

    /// <summary>A path in it.</summary>
    public string this[string name] => Path.Combine(Folder, name);

    /// <summary>Copies a file or a folder of the golden set into it.</summary>
    public string Copy(string golden, string name)
    {
        string from = Golden.Find(golden);
        if (File.Exists(from))
        {
            File.Copy(from, this[name]);
            return this[name];
        }

        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(this[name], Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return this[name];
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

using System.Diagnostics;
using System.Text.RegularExpressions;
using CrabStudio.Testing;

namespace CrabStudio.Browser;

/// <summary>The studio as a process of its own, started as <c>./crab studio</c> starts it.</summary>
public sealed partial class StudioProcess : IAsyncDisposable
{
    private readonly Process process;
    private bool disposed;

    private StudioProcess(Process process, string address)
    {
        (this.process, Address) = (process, address);
        Http = new HttpClient { BaseAddress = new Uri(address) };
    }

    /// <summary>Where it listens, without a slash at the end.</summary>
    public string Address { get; }

    /// <summary>Its HTTP API.</summary>
    public HttpClient Http { get; }

    /// <summary>Memory that it holds now, in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Starts it and waits for its address.</summary>
    /// <param name="data">Its data folder.</param>
    /// <param name="model">Its model folder; null: the one that a newcomer gets.</param>
    /// <param name="port">0: any.</param>
    public static async Task<StudioProcess> StartAsync(string data, string? model = null, int port = 0)
    {
        ProcessStartInfo start = new("dotnet", [
            Path.Combine(Golden.Repository, "src", "CrabStudio.Cli", "bin", "Release", "net10.0", "linux-x64", "crab.dll"),
            "studio", "--data", data, "--urls", $"http://127.0.0.1:{port}", .. model is null ? Array.Empty<string>() : ["--model", model]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        string said = "";
        process.ErrorDataReceived += (_, line) => said += line.Data + "\n";
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (AddressPattern().Match(line) is { Success: true } match)
            {
                return new StudioProcess(process, match.Value);
            }
        }

        throw new InvalidOperationException($"the studio ended before it named its address: {said}");
    }

    /// <summary>Ends it as a power cut would.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <summary>Ends it as the system does when it shuts down.</summary>
    public async Task StopAsync()
    {
        if (!process.HasExited)
        {
            Process.Start("kill", ["-TERM", process.Id.ToString()]).WaitForExit();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await process.WaitForExitAsync(limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A test that starts it anew disposes the first one itself.
        if (disposed)
        {
            return;
        }

        disposed = true;
        Http.Dispose();
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex AddressPattern();
}

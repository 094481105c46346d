using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab studio</c> from its start to its end; what it serves is tested in its own room.</summary>
public sealed class StudioTests
{
    [Fact]
    public async Task ItPrintsItsAddressServesThereKeepsItsDataInTheUsersFolderAndEndsOnAnInterrupt()
    {
        using Scratch scratch = new();
        using Process studio = Crab.Start(["studio", "--urls", "http://127.0.0.1:0", .. Crab.TinyModel], scratch.Folder, ("XDG_DATA_HOME", scratch["data"]), ("CRAB_ACCESS_KEY", null));
        string address = await AddressAsync(studio);
        using HttpClient client = new();

        Assert.Contains("\"ok\"", await client.GetStringAsync(new Uri(address + "/healthz")), StringComparison.Ordinal);
        Assert.True(Directory.Exists(scratch["data/CrabStudio"]));
        Assert.Equal(["data"], Directory.EnumerateFileSystemEntries(scratch.Folder).Select(entry => Path.GetFileName(entry)));
        await InterruptAsync(studio);
        CrabResult result = await Crab.EndAsync(studio);
        Assert.Equal((0, string.Empty), (result.Code, result.Error));
    }

    [Fact]
    public async Task TheKeyIsTakenFromTheEnvironmentAndAnOpenAddressNeedsOne()
    {
        using Scratch scratch = new();
        string[] open = ["studio", "--urls", "http://0.0.0.0:0", "--data", scratch["data"], .. Crab.TinyModel];

        CrabResult refused = await Crab.RunAsync(open, scratch.Folder, ("CRAB_ACCESS_KEY", null));
        Assert.Contains("--access-key", refused.OneErrorLine(1), StringComparison.Ordinal);

        using Process studio = Crab.Start(open, scratch.Folder, ("CRAB_ACCESS_KEY", "only-for-friends"));
        string address = (await AddressAsync(studio)).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "127.0.0.1", StringComparison.Ordinal);
        using HttpClient client = new();
        using HttpResponseMessage closed = await client.GetAsync(new Uri(address + "/api/sessions"));
        client.DefaultRequestHeaders.Authorization = new("Bearer", "only-for-friends");
        using HttpResponseMessage opened = await client.GetAsync(new Uri(address + "/api/sessions"));
        await InterruptAsync(studio);

        Assert.Equal((401, 200), ((int)closed.StatusCode, (int)opened.StatusCode));
        Assert.Equal(0, (await Crab.EndAsync(studio)).Code);
    }

    [Fact]
    public async Task APortInUseIsOneLine()
    {
        using Scratch scratch = new();
        using TcpListener other = new(System.Net.IPAddress.Loopback, 0);
        other.Start();
        string url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((System.Net.IPEndPoint)other.LocalEndpoint).Port}");

        CrabResult result = await Crab.RunAsync(["studio", "--urls", url, "--data", scratch["data"], .. Crab.TinyModel]);

        Assert.Contains($"{url} is in use", result.OneErrorLine(1), StringComparison.Ordinal);
    }

    private static async Task<string> AddressAsync(Process studio)
    {
        string? line = await studio.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(line is not null, "ended before it was ready");
        return line[line.IndexOf("http", StringComparison.Ordinal)..].TrimEnd('/');
    }

    private static async Task InterruptAsync(Process studio)
    {
        using Process kill = Process.Start("kill", ["-INT", studio.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}

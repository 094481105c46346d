using System.Net;
using System.Net.Sockets;
using CrabStudio.Engine;
using CrabStudio.Web.Data;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests;

public sealed class StartTests : IDisposable
{
    private readonly string folder = Studio.NewFolder();

    public void Dispose()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task AStartPrintsOneLineWithTheAddressWhileTheModelStillLoads()
    {
        using CancellationTokenSource stop = new();
        using StringWriter output = new(), error = new();
        ScriptedEngine loading = new() { Status = new EngineStatus(EngineState.Loading, 0.1, null, null, 0, 0) };
        Task<int> run = StudioHost.RunAsync(Studio.OptionsFor(folder), builder => builder.Services.AddSingleton<IAnalysisEngine>(loading), TextWriter.Synchronized(output), error, stop.Token);
        for (int turn = 0; output.ToString().Length == 0 && !run.IsCompleted && turn < 500; turn++)
        {
            await Task.Delay(20);
        }

        string line = output.ToString();
        Assert.Matches(@"^CrabStudio is at http://127\.0\.0\.1:\d+\r?\n$", line);
        using HttpClient http = new();
        Assert.Contains("starting", await http.GetStringAsync(line["CrabStudio is at ".Length..].Trim() + "/healthz"));
        await stop.CancelAsync();
        Assert.Equal(0, await run.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(line, output.ToString());
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public async Task APortInUseIsOnePlainLine()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        string url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        await RefusedAsync(Studio.OptionsFor(folder) with { Urls = url }, $"The address {url} is in use");

        // And the folder is free again.
        await using Studio studio = await Studio.StartAsync(folder);
    }

    [Fact]
    public async Task ASecondStudioOnADataFolderIsOnePlainLine()
    {
        await using Studio first = await Studio.StartAsync(folder);
        await RefusedAsync(Studio.OptionsFor(folder), "Another studio already works with the data folder");
    }

    [Fact]
    public async Task ADatabaseOfANewerVersionIsLeftUntouched()
    {
        await using (Studio studio = await Studio.StartAsync(folder))
        {
            await studio.OpenSessionAsync();
        }

        string file = Path.Combine(folder, "studio.db");
        using (SqliteConnection connection = new($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "INSERT INTO __EFMigrationsHistory VALUES ('99990101000000_FromTheFuture', '99.0'); PRAGMA wal_checkpoint(TRUNCATE);";
            command.ExecuteNonQuery();
        }

        byte[] before = File.ReadAllBytes(file);
        await RefusedAsync(Studio.OptionsFor(folder), "written by a newer version");
        Assert.Equal(before, File.ReadAllBytes(file));
    }

    [Fact]
    public async Task AFileThatIsNoDatabaseIsOnePlainLineAndLeftUntouched()
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, "studio.db");
        await File.WriteAllTextAsync(file, new string('x', 5000));
        await RefusedAsync(Studio.OptionsFor(folder), "cannot be used");
        Assert.Equal(new string('x', 5000), await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task ADataFolderThatCannotBeMadeIsOnePlainLine()
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, "file");
        await File.WriteAllTextAsync(file, "");
        await RefusedAsync(Studio.OptionsFor(Path.Combine(file, "data")), "cannot be written");
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://*:0")]
    [InlineData("http://example.org:80")]
    [InlineData("http://127.0.0.1:0;http://192.0.2.1:0")]
    public async Task AnAddressThatOthersReachNeedsAKey(string urls)
    {
        await RefusedAsync(Studio.OptionsFor(folder) with { Urls = urls }, "--access-key");
        Assert.False(Directory.Exists(folder));
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", "", "The access key is empty")]
    [InlineData("nonsense", null, "is no address")]
    [InlineData("", null, "No address")]
    public async Task AStartThatCannotBeMeantIsOnePlainLine(string urls, string? key, string says) =>
        await RefusedAsync(Studio.OptionsFor(folder) with { Urls = urls, AccessKey = key }, says);

    [Fact]
    public void AMigrationIsThereForEveryPartOfTheModel()
    {
        using DataFolder data = DataFolder.Open(folder);
        using StudioDatabase database = data.CreateDbContext();
        Assert.False(Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.HasPendingModelChanges(database.Database));
    }

    private static async Task RefusedAsync(StudioOptions options, string says)
    {
        using StringWriter output = new(), error = new();
        int code = await StudioHost.RunAsync(options, builder => builder.Services.AddSingleton<IAnalysisEngine>(new ScriptedEngine()), output, error, default);
        Assert.Equal(1, code);
        Assert.Equal("", output.ToString());
        string line = error.ToString();
        Assert.Contains(says, line);
        Assert.Equal(line.Length - Environment.NewLine.Length, line.IndexOf(Environment.NewLine, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", line);
    }
}

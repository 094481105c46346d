using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CrabStudio.Engine;
using CrabStudio.Testing;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests;

/// <summary>A whole studio on a free port, with a data folder of its own; only the model is a double.</summary>
internal sealed class Studio : IAsyncDisposable
{
    private readonly bool keepsFolder;

    /// <summary>Around a studio that runs with the real model.</summary>
    public Studio(WebApplication app, string folder) : this(app, new ScriptedEngine(), folder, keepsFolder: true)
    {
    }

    private Studio(WebApplication app, ScriptedEngine engine, string folder, bool keepsFolder)
    {
        (App, Engine, Folder, this.keepsFolder) = (app, engine, folder, keepsFolder);
        Http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(app.Urls.First()) };
    }

    public WebApplication App { get; }

    public ScriptedEngine Engine { get; }

    public string Folder { get; }

    public HttpClient Http { get; }

    public ClipLibrary Library => App.Services.GetRequiredService<ClipLibrary>();

    public SessionStore Sessions => App.Services.GetRequiredService<SessionStore>();

    public AnswerService Answers => App.Services.GetRequiredService<AnswerService>();

    public DataFolder Data => App.Services.GetRequiredService<DataFolder>();

    public static string NewFolder() => Path.Combine(Path.GetTempPath(), "crab-web-tests", Guid.NewGuid().ToString("N"));

    public static StudioOptions OptionsFor(string folder) => new() { ModelFolder = "/none", DataFolder = folder, Urls = "http://127.0.0.1:0" };

    /// <summary>Starts one.</summary>
    /// <param name="folder">Its data folder, which then outlives it; null: a new one that goes with it.</param>
    /// <param name="change">Changes to its options.</param>
    public static async Task<Studio> StartAsync(string? folder = null, Func<StudioOptions, StudioOptions>? change = null)
    {
        ScriptedEngine engine = new();
        string place = folder ?? NewFolder();
        StudioOptions options = OptionsFor(place);
        WebApplication app = StudioHost.Build(change?.Invoke(options) ?? options, builder => builder.Services.AddSingleton<IAnalysisEngine>(engine));
        await app.StartAsync();
        return new Studio(app, engine, place, folder is not null);
    }

    public static string Media(string name) => Golden.Find("media/" + name);

    /// <summary>Sends a file as the page does.</summary>
    public async Task<HttpResponseMessage> UploadAsync(Stream content, string name)
    {
        using MultipartFormDataContent form = new();
        form.Add(new StreamContent(content), "file", name);
        return await Http.PostAsync("/api/clips", form);
    }

    public async Task<ClipShape> UploadAsync(string media)
    {
        await using FileStream file = File.OpenRead(Media(media));
        using HttpResponseMessage response = await UploadAsync(file, media);
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
        return await ReadAsync<ClipShape>(response);
    }

    public static async Task<T> ReadAsync<T>(HttpResponseMessage response) => (await response.Content.ReadFromJsonAsync<T>(StudioJson.Options))!;

    public async Task<T> GetAsync<T>(string path) => (await Http.GetFromJsonAsync<T>(path, StudioJson.Options))!;

    public async Task<JsonElement> GetAsync(string path) => await GetAsync<JsonElement>(path);

    public async Task<Guid> OpenSessionAsync(params Guid[] clips)
    {
        using HttpResponseMessage response = await Http.PostAsJsonAsync("/api/sessions", new { clipIds = clips });
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
        return (await ReadAsync<Made>(response)).Id;
    }

    /// <summary>A session about one short clip with sound.</summary>
    public async Task<Guid> OpenSessionAsync() => await OpenSessionAsync((await UploadAsync("clip_b.mp4")).Id);

    public async Task<Guid> AskAsync(Guid session, object? question = null)
    {
        using HttpResponseMessage response = await Http.PostAsJsonAsync($"/api/sessions/{session}/questions", question ?? new { task = "ave" });
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
        return (await ReadAsync<Made>(response)).Id;
    }

    /// <summary>A connection to the hub.</summary>
    public async Task<HubConnection> ConnectAsync(string? key = null)
    {
        HubConnection connection = new HubConnectionBuilder()
            .WithUrl(new Uri(Http.BaseAddress!, AnswersHub.Path), options => options.AccessTokenProvider = key is null ? null : () => Task.FromResult<string?>(key))
            .AddJsonProtocol(json => StudioJson.Configure(json.PayloadSerializerOptions))
            .Build();
        await connection.StartAsync();
        return connection;
    }

    /// <summary>The end of an answer.</summary>
    public async Task<AnswerShape> EndAsync(Guid answer, int seconds = 10)
    {
        for (DateTime end = DateTime.UtcNow.AddSeconds(seconds); ; await Task.Delay(20))
        {
            AnswerShape now = await GetAsync<AnswerShape>($"/api/answers/{answer}");
            if (now.Status is not (AnswerStatus.Queued or AnswerStatus.Running))
            {
                return now;
            }

            Assert.True(DateTime.UtcNow < end, $"The answer stayed {now.Status}.");
        }
    }

    public void SetBearer(string key) => Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        if (!keepsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}

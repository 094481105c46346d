using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;
using CrabStudio.Web.Api;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.Extensions.DependencyInjection;

namespace CrabStudio.Web.Tests;

public sealed class DataSetTests : IAsyncLifetime
{
    private readonly string workshop = Studio.NewFolder();
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync(change: options => options with { WorkshopFolder = workshop });

    public async ValueTask DisposeAsync()
    {
        await studio.DisposeAsync();
        if (Directory.Exists(workshop))
        {
            Directory.Delete(workshop, recursive: true);
        }
    }

    private DataSetLibrary Library => studio.App.Services.GetRequiredService<DataSetLibrary>();

    [Fact]
    public async Task TheModelIsAskedExactlyWhatTheLoaderMakesOfASample()
    {
        await using Studio asking = await Studio.StartAsync(change: options => options with { WorkshopFolder = Golden.Find("avuie") });
        DataSetLibrary library = asking.App.Services.GetRequiredService<DataSetLibrary>();
        DataSet set = library.Open(Workshop.RootId)!;
        Assert.Equal(19, set.Lists.Select(list => list.Key).Distinct().Count());
        foreach ((string key, AvUieSplit split) in set.Lists)
        {
            DataSetIndex index = await library.IndexAsync(set, key, split, default);
            AvUieSample sample = index.At(index.Count - 1).Sample!;
            (Guid session, Guid answer) = await library.AskAsync(set, sample, default);
            ScriptedRun run = await asking.Engine.NextRunAsync();
            Assert.Equal(key, run.Request.Conversation.TaskKey);
            Assert.Equal(Said(sample.Prompt), Said(run.Request.Conversation));
            Assert.Equal(key, (await asking.GetAsync<AnswerShape>($"/api/answers/{answer}")).Task);
            Session opened = (await asking.Sessions.GetAsync(session, default))!;
            Assert.Equal(($"{sample.Id} · {set.Item.Name}", DataSetLibrary.MediaOf(set, sample).Count), (opened.Title, opened.Clips.Count));
        }
    }

    [Fact]
    public async Task MediaOfASampleAreServedInRangesWithTheTypeOfTheirContent()
    {
        string key = Put("set", "avvp", "clip.mp4", "sound.wav");
        byte[] file = File.ReadAllBytes(Studio.Media("clip_a.mp4"));
        File.WriteAllBytes(Path.Combine(key, "video", "clip.mp4"), file);
        File.Copy(Studio.Media("c_half.wav"), Path.Combine(key, "audio", "sound.wav"));
        DataSet set = Library.Open("set")!;
        AvUieSample sample = (await Library.IndexAsync(set, "avvp", AvUieSplit.Train, default)).At(0).Sample!;
        using HttpRequestMessage part = new(HttpMethod.Get, WorkshopEndpoints.MediaAddress(set, sample, 0));
        part.Headers.Range = new RangeHeaderValue(100, 199);
        using HttpResponseMessage partial = await studio.Http.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, partial.StatusCode);
        Assert.Equal(file[100..200], await partial.Content.ReadAsByteArrayAsync());
        Assert.Equal(("video/mp4", "nosniff"), (partial.Content.Headers.ContentType?.MediaType, partial.Headers.GetValues("X-Content-Type-Options").Single()));
        using HttpResponseMessage sound = await studio.Http.GetAsync(WorkshopEndpoints.MediaAddress(set, sample, 1));
        Assert.Equal("audio/wav", sound.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync(WorkshopEndpoints.MediaAddress(set, sample, 2))).StatusCode);
    }

    [Theory]
    [InlineData("../../../../secret.mp4", "lies outside")]
    [InlineData("/etc/hostname", "lies outside")]
    [InlineData("link.mp4", "lies outside")]
    [InlineData("folder/secret.mp4", "lies outside")]
    [InlineData("round.mp4", "cannot be opened")]
    [InlineData("none.mp4", "is not there")]
    [InlineData("..", "is a folder")]
    [InlineData("../train.json", "no media file")]
    [InlineData("page.mp4", "no media file")]
    public async Task NothingButMediaInsideTheDataSetIsServedOrTaken(string path, string why)
    {
        string key = Put("set", "avvp", path, "sound.wav"), video = Path.Combine(key, "video"), outside = Path.Combine(workshop, "outside");
        Directory.CreateDirectory(outside);
        File.Copy(Studio.Media("clip_a.mp4"), Path.Combine(outside, "secret.mp4"));
        File.Copy(Studio.Media("clip_a.mp4"), Path.Combine(workshop, "secret.mp4"));
        File.Copy(Studio.Media("c_half.wav"), Path.Combine(key, "audio", "sound.wav"));
        File.CreateSymbolicLink(Path.Combine(video, "link.mp4"), Path.Combine(outside, "secret.mp4"));
        File.CreateSymbolicLink(Path.Combine(video, "round.mp4"), Path.Combine(video, "round.mp4"));
        Directory.CreateSymbolicLink(Path.Combine(video, "folder"), outside);
        File.WriteAllText(Path.Combine(video, "page.mp4"), "<html><script>alert(1)</script></html>");
        using HttpResponseMessage response = await studio.Http.GetAsync("/api/workshop/media?set=set&key=avvp&split=train&entry=0&part=0");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains(why, (await Studio.ReadAsync<JsonElement>(response)).GetProperty("detail").GetString());

        DataSet set = Library.Open("set")!;
        AvUieSample sample = (await Library.IndexAsync(set, "avvp", AvUieSplit.Train, default)).At(0).Sample!;
        await Assert.ThrowsAsync<MediaException>(() => Library.AskAsync(set, sample, default));
        Assert.Equal(0, await studio.Sessions.CountAsync(new SessionFilter(), default));
        Assert.NotNull((await Library.ExamineAsync(set, sample, default))[0].Problem);
    }

    [Fact]
    public async Task ALinkInsideTheDataSetIsFollowed()
    {
        string key = Put("set", "avvp", "link.mp4", "sound.wav");
        File.Copy(Studio.Media("clip_a.mp4"), Path.Combine(key, "video", "clip.mp4"));
        File.CreateSymbolicLink(Path.Combine(key, "video", "link.mp4"), "clip.mp4");
        Assert.Equal(HttpStatusCode.OK, (await studio.Http.GetAsync("/api/workshop/media?set=set&key=avvp&split=train&entry=0")).StatusCode);
    }

    [Fact]
    public async Task ThreeClipsAreTakenAlsoWhereTwoAreTheSameFile()
    {
        string key = Path.GetDirectoryName(Put("set", "avvp", "clip.mp4", "sound.wav"))! + "/a2v";
        Directory.CreateDirectory(Path.Combine(key, "video"));
        Directory.CreateDirectory(Path.Combine(key, "audio"));
        File.Copy(Studio.Media("clip_short.mp4"), Path.Combine(key, "video", "clip.mp4"));
        File.Copy(Studio.Media("c_half.wav"), Path.Combine(key, "audio", "sound.wav"));
        File.WriteAllText(Path.Combine(key, "train.json"), JsonSerializer.Serialize(new[] { new { audio_path = "sound.wav", video1_path = "clip.mp4", video2_path = "clip.mp4", correct_video = 1, label = "<answer>one</answer>" } }));
        DataSet set = Library.Open("set")!;
        AvUieSample sample = (await Library.IndexAsync(set, "a2v", AvUieSplit.Train, default)).At(0).Sample!;
        await Library.AskAsync(set, sample, default);
        Assert.Equal(Said(sample.Prompt), Said((await studio.Engine.NextRunAsync()).Request.Conversation));
    }

    [Theory]
    [InlineData("set=..&key=avvp&split=train&entry=0")]
    [InlineData("set=none&key=avvp&split=train&entry=0")]
    [InlineData("set=set&key=..%2Favvp&split=train&entry=0")]
    [InlineData("set=set&key=avvp&split=test&entry=0")]
    [InlineData("set=set&key=avvp&split=0&entry=0")]
    [InlineData("set=set&key=avvp&split=train&entry=1")]
    [InlineData("set=set&key=avvp&split=train&entry=-1")]
    [InlineData("set=set&key=avvp&split=train&entry=0&part=-1")]
    public async Task AnAddressOfNoSampleIsNotFound(string query)
    {
        Put("set", "avvp", "clip.mp4", "sound.wav");
        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync("/api/workshop/media?" + query)).StatusCode);
    }

    [Fact]
    public async Task TheAccessKeyStandsBeforeMediaAndCurves()
    {
        await using Studio locked = await Studio.StartAsync(change: options => options with { AccessKey = "a long key", WorkshopFolder = Golden.Find("avuie") });
        string[] paths = ["/api/workshop/media?set=~&key=ave&split=train&entry=0", "/api/workshop/curves.csv?run=none&chart=loss", "/data-sets", "/training"];
        foreach (string path in paths)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await locked.Http.GetAsync(path)).StatusCode);
        }

        locked.SetBearer("a long key");
        Assert.Equal(HttpStatusCode.OK, (await locked.Http.GetAsync(paths[0])).StatusCode);
    }

    [Fact]
    public async Task AnEmptyWorkshopTeachesTheCommand()
    {
        string page = await studio.Http.GetStringAsync("/data-sets");
        Assert.Contains("No data set yet", page);
        Assert.Contains($"./crab world --seed 1 --count 100 --out {workshop}/world", page);
        Assert.Contains("./crab train", await studio.Http.GetStringAsync("/training"));
        Assert.Contains("There is no such data set", await studio.Http.GetStringAsync("/data-sets/none"));
        Assert.Contains("There is no such run", await studio.Http.GetStringAsync("/training/none"));
    }

    [Fact]
    public async Task AListIsReadOnceUntilItChanges()
    {
        string key = Put("set", "avvp", "clip.mp4", "sound.wav");
        DataSet set = Library.Open("set")!;
        DataSetIndex first = await Library.IndexAsync(set, "avvp", AvUieSplit.Train, default);
        Assert.Same(first, await Library.IndexAsync(set, "avvp", AvUieSplit.Train, default));
        File.WriteAllText(Path.Combine(key, "train.json"), "[]");
        Assert.Equal(0, (await Library.IndexAsync(set, "avvp", AvUieSplit.Train, default)).Count);
        File.Delete(Path.Combine(key, "train.json"));
        await Assert.ThrowsAsync<AvUieException>(() => Library.IndexAsync(set, "avvp", AvUieSplit.Train, default));
    }

    // What is said, with every file by its content: in the studio it lies elsewhere.
    private static string[] Said(Conversation conversation) => [.. conversation.Content.Select(item => item switch
    {
        VideoItem video => $"video {Hash(video.Path)} {video.FrameCount} {video.Height} {video.Width}",
        ImageItem image => $"image {Hash(image.Path)} {image.FrameIndexInVideo} {image.Height} {image.Width}",
        AudioItem audio => $"audio {Hash(audio.Path)} {audio.Task} {audio.WindowIndex}",
        TextItem text => text.Text,
        _ => "",
    })];

    private static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private string Put(string set, string key, string video, string audio)
    {
        string folder = Path.Combine(workshop, set, "AVUIE_2", key);
        Directory.CreateDirectory(Path.Combine(folder, "video"));
        Directory.CreateDirectory(Path.Combine(folder, "audio"));
        File.WriteAllText(Path.Combine(folder, "train.json"), JsonSerializer.Serialize(new[]
        {
            new { video_path = video, audio_path = audio, filename = "f", vid = "v", @event = "audio:dog 0 4", label_content = "<audio>dog,(0 4)</audio>" },
        }));
        return folder;
    }
}

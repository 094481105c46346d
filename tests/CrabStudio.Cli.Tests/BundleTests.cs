using CrabStudio.Testing;
using CrabStudio.Web;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrabStudio.Cli.Tests;

/// <summary><c>crab bundle</c>.</summary>
public sealed class BundleTests
{
    [Fact]
    public async Task AnAnswerOfAStudioThatDoesNotRunBecomesOneFileAndNothingIsWrittenOver()
    {
        using Scratch scratch = new();
        string data = scratch["data"], output = scratch["answer.html"];
        Guid answer = await StoreAsync(data);
        string[] arguments = ["bundle", "--answer", answer.ToString(), "--out", output, "--data", data];

        CrabResult result = await Crab.RunAsync(arguments);

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        string page = await File.ReadAllTextAsync(output);
        Assert.Equal(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"wrote answer.html: {new FileInfo(output).Length:#,0} bytes"), Assert.Single(result.Lines));
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        Assert.Contains("A bell rings.", page, StringComparison.Ordinal);
        Assert.Contains(Convert.ToBase64String(await File.ReadAllBytesAsync(Golden.Find("media/clip_short.mp4"))), page, StringComparison.Ordinal);

        // In English, unless another language is asked for.
        Assert.Contains("<html lang=\"en\">", page, StringComparison.Ordinal);
        Assert.Equal(0, (await Crab.RunAsync("bundle", "--answer", answer.ToString(), "--out", scratch["chinese.html"], "--data", data, "--language", "zh-Hans")).Code);
        string chinese = await File.ReadAllTextAsync(scratch["chinese.html"]);
        Assert.Contains("<html lang=\"zh-Hans\">", chinese, StringComparison.Ordinal);
        Assert.Contains("A bell rings.", chinese, StringComparison.Ordinal);

        Assert.Contains("is there already", (await Crab.RunAsync(arguments)).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("holds no studio's data", (await Crab.RunAsync("bundle", "--answer", answer.ToString(), "--out", scratch["b.html"], "--data", scratch["none"])).OneErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("There is no answer", (await Crab.RunAsync("bundle", "--answer", Guid.NewGuid().ToString(), "--out", scratch["b.html"], "--data", data)).OneErrorLine(1), StringComparison.Ordinal);
        using (DataFolder.Open(data))
        {
            Assert.Contains("Another studio already works", (await Crab.RunAsync("bundle", "--answer", answer.ToString(), "--out", scratch["b.html"], "--data", data)).OneErrorLine(1), StringComparison.Ordinal);
        }

        Assert.False(File.Exists(scratch["b.html"]));
    }

    private static async Task<Guid> StoreAsync(string data)
    {
        using DataFolder folder = DataFolder.Open(data);
        using ClipLibrary library = new(folder, new StudioOptions { ModelFolder = "/none", DataFolder = data }, NullLogger<ClipLibrary>.Instance);
        Clip clip = await library.AddFileAsync(Golden.Find("media/clip_short.mp4"), "clip.mp4", default);
        Session session = new() { Id = Guid.NewGuid(), Title = "A bell", CreatedAt = DateTimeOffset.UtcNow, UpdatedAt = DateTimeOffset.UtcNow };
        session.Clips.Add(new SessionClip { SessionId = session.Id, ClipId = clip.Id });
        session.Answers.Add(new Answer { Id = Guid.NewGuid(), SessionId = session.Id, QuestionText = "What is heard?", Status = AnswerStatus.Done, FinishReason = "EndOfText", Text = "A bell rings.", AskedAt = DateTimeOffset.UtcNow });
        await using StudioDatabase database = folder.CreateDbContext();
        database.Sessions.Add(session);
        await database.SaveChangesAsync();
        return session.Answers[0].Id;
    }
}

using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Media;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Tests.Sessions;

public sealed class SessionArchiveTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Lines = new(StudioJson.Options) { WriteIndented = true };

    private readonly string target = Studio.NewFolder();
    private Studio studio = null!;
    private Guid session, answer;

    public async ValueTask InitializeAsync()
    {
        studio = await Studio.StartAsync();
        Guid clip = (await studio.UploadAsync("clip_b.mp4")).Id, sound = (await studio.UploadAsync("c_half.wav")).Id;
        session = await studio.OpenSessionAsync(clip, sound);
        answer = await studio.AskAsync(session, new { question = "Was hört man? 听到什么" });
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        foreach (string token in new[] { "<event> ", "狗 </event>", " <range> 1,4 </range>" })
        {
            run.Say(token);
        }

        run.Finish();
        await studio.EndAsync(answer);
        await studio.Sessions.ChangeAsync([session], new SessionChange("Ein “Titel”", "notes\n笔记", "a/b", true, Tags: ["x", "y z"]), default);
        await using StudioDatabase database = studio.Data.CreateDbContext();
        database.Timelines.Add(new StoredTimeline { SessionId = session, ClipId = clip, Kind = TimelineKind.Corrected, AnswerId = answer, ContentJson = "{ \"ranges\" : [ {\"label\":\"\\u72d7\", \"start\":1.50} ] }", UpdatedAt = DateTimeOffset.UtcNow });
        await database.SaveChangesAsync();
        await database.Answers.Where(one => one.Id == answer).ExecuteUpdateAsync(set => set.SetProperty(one => one.InterventionJson, "{\"alpha\": 0.5}").SetProperty(one => one.OriginalId, Guid.NewGuid()));
    }

    public async ValueTask DisposeAsync()
    {
        await studio.DisposeAsync();
        if (Directory.Exists(target))
        {
            Directory.Delete(target, recursive: true);
        }
    }

    [Fact]
    public async Task NothingIsLostOnTheWayToAnotherStudioAndWhatIsThereIsSkipped()
    {
        byte[] archive = await ExportAsync();
        using DataFolder other = DataFolder.Open(target);
        SessionImport import = await ImportAsync(other, archive);
        Assert.Equal((1, 1, 2, 0), (import.Sessions, import.Answers, import.Clips, import.Skipped.Count));
        (string tables, Dictionary<string, byte[]> files) = await AllOfAsync(studio.Data);
        (string otherTables, Dictionary<string, byte[]> otherFiles) = await AllOfAsync(other);
        Assert.Equal(tables, otherTables);
        Assert.Equal(files.Keys.Order(), otherFiles.Keys.Order());
        Assert.All(files, file => Assert.Equal(file.Value, otherFiles[file.Key]));
        Assert.Equal(4, files.Count);

        // The routes once more by themselves: byte for byte.
        await using (StudioDatabase from = studio.Data.CreateDbContext(), to = other.CreateDbContext())
        {
            List<byte[]?> routes = await from.Tokens.OrderBy(token => token.Index).Select(token => token.Routes).ToListAsync();
            Assert.Equal(3, routes.Count(one => one is { Length: 24 }));
            Assert.Equal(routes, await to.Tokens.OrderBy(token => token.Index).Select(token => token.Routes).ToListAsync());
            Assert.Equal(2, await to.PrefillRoutes.CountAsync());
            Assert.Equal([session], await to.Found("狗 </event>").Distinct().ToListAsync());
        }

        SessionImport again = await ImportAsync(other, archive);
        Assert.Equal((0, 0, 0), (again.Sessions, again.Answers, again.Clips));
        Assert.Equal((session, "Ein “Titel”"), Assert.Single(again.Skipped));
        Assert.Equal(otherTables, (await AllOfAsync(other)).Tables);
    }

    [Fact]
    public async Task WhatWasTakenInIsShownByTheStudioOfThatFolder()
    {
        using (DataFolder other = DataFolder.Open(target))
        {
            await ImportAsync(other, await ExportAsync());
        }

        await using Studio there = await Studio.StartAsync(target);
        foreach (string path in new[] { $"/api/sessions/{session}", $"/api/answers/{answer}", $"/api/answers/{answer}/routes" })
        {
            Assert.Equal(Without(await studio.GetAsync(path), "complete"), Without(await there.GetAsync(path), "complete"));
        }

        Assert.Equal(await studio.Http.GetByteArrayAsync($"/api/answers/{answer}/frames/1"), await there.Http.GetByteArrayAsync($"/api/answers/{answer}/frames/1"));
    }

    [Fact]
    public async Task ThePageExportsWhatIsSelectedAsAFileThatCanBeTakenIn()
    {
        using HttpResponseMessage response = await studio.Http.PostAsync("/api/sessions/archive", new FormUrlEncodedContent([new("ids", $"{session},")]));
        Assert.Equal((HttpStatusCode.OK, "application/zip", "attachment"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Content.Headers.ContentDisposition?.DispositionType));
        using DataFolder other = DataFolder.Open(target);
        Assert.Equal(1, (await ImportAsync(other, await response.Content.ReadAsByteArrayAsync())).Sessions);
        Assert.Empty(Directory.GetFiles(studio.Data.Incoming));
        foreach ((string ids, HttpStatusCode expected) in new[] { ("", HttpStatusCode.BadRequest), ("x", HttpStatusCode.BadRequest), (Guid.NewGuid().ToString(), HttpStatusCode.NotFound) })
        {
            using HttpResponseMessage refused = await studio.Http.PostAsync("/api/sessions/archive", new FormUrlEncodedContent([new("ids", ids)]));
            Assert.Equal((ids, expected), (ids, refused.StatusCode));
        }

        Assert.Empty(Directory.GetFiles(studio.Data.Incoming));
    }

    [Fact]
    public async Task AnArchiveThatIsWrongAnywhereIsRefusedInOneLineAndNothingOfItIsTakenIn()
    {
        byte[] good = await ExportAsync();
        string sessionEntry = $"sessions/{session}/session.json", place = $"sessions/{session}/answers/{answer}/";
        string clip = (await studio.Sessions.GetAsync(session, default))!.Clips[0].Clip.Sha256;
        using DataFolder other = DataFolder.Open(target);
        string before = (await AllOfAsync(other)).Tables;
        Dictionary<string, (byte[] Archive, string Says)> bad = new()
        {
            ["no zip"] = (Encoding.UTF8.GetBytes("hello"), "no archive of sessions"),
            ["empty"] = ([], "no archive of sessions"),
            ["half"] = (good[..(good.Length / 2)], "no archive of sessions"),
            ["another zip"] = (Changed(good, entries => entries.Clear()), "no manifest.json"),
            ["no JSON"] = (Changed(good, entries => entries["manifest.json"] = "{"u8.ToArray()), "not crabstudio-sessions"),
            ["newer"] = (Manifest(good, manifest => manifest["version"] = 2), "is of version 2"),
            ["other format"] = (Manifest(good, manifest => manifest["format"] = "else"), "not crabstudio-sessions"),
            ["missing field"] = (Manifest(good, manifest => manifest.Remove("clips")), "not the JSON that is expected"),
            ["a null"] = (Manifest(good, manifest => manifest["clips"] = null), "not the JSON that is expected"),
            ["twice the same session"] = (Manifest(good, manifest => manifest["sessions"]!.AsArray().Add(manifest["sessions"]![0]!.DeepClone())), "names a session twice"),
            ["escaping hash"] = (Manifest(good, manifest => manifest["clips"]![0]!["sha256"] = "../../../../etc/passwd"), "a hash that is none"),
            ["entry twice"] = (Twice(good, sessionEntry), "twice"),
            ["no session"] = (Changed(good, entries => entries.Remove(sessionEntry)), $"it holds no {sessionEntry}"),
            ["session changed"] = (Changed(good, entries => entries[sessionEntry][^3] ^= 1), "is damaged"),
            ["no clip"] = (Changed(good, entries => entries.Remove($"clips/{clip}")), $"it holds no clips/{clip}"),
            ["clip changed"] = (Changed(good, entries => entries[$"clips/{clip}"][100] ^= 1), "is damaged"),
            ["clip cut"] = (Changed(good, entries => entries[$"clips/{clip}"] = entries[$"clips/{clip}"][..100]), "has 100 bytes"),
            ["routes changed"] = (Changed(good, entries => entries[place + "routes.bin"][5] ^= 1), "routes.bin is damaged"),
            ["prompt routes cut"] = (Changed(good, entries => entries[place + "prefill-text.bin"] = new byte[8]), "prefill-text.bin has 8 bytes"),
            ["picture changed"] = (Changed(good, entries => entries[place + "seen-0.png"][40] ^= 1), "seen-0.png is damaged"),
            ["no clips"] = (Session(good, json => json["clips"] = new JsonArray()), "it has no clip"),
            ["unknown clip"] = (Session(good, json => json["clips"]![0] = Guid.NewGuid().ToString()), "that the manifest does not name"),
            ["another session"] = (Session(good, json => json["id"] = Guid.NewGuid().ToString()), "is of another session"),
            ["long title"] = (Session(good, json => json["title"] = new string('t', 201)), "the title is empty or too long"),
            ["many tags"] = (Session(good, json => json["tags"] = new JsonArray([.. Enumerable.Range(0, 21).Select(number => JsonValue.Create($"{number}"))])), "the tags are too many"),
            ["timeline of another clip"] = (Session(good, json => json["timelines"]![0]!["clipId"] = Guid.NewGuid().ToString()), "a timeline is of no clip"),
            ["timeline no JSON"] = (Session(good, json => json["timelines"]![0]!["contentJson"] = "{"), "or no JSON"),
            ["unknown task"] = (OfAnswer(good, json => json["taskKey"] = "<script>"), "the task is unknown"),
            ["unknown status"] = (OfAnswer(good, json => json["status"] = "lost"), "not the JSON that is expected"),
            ["path in the conversation"] = (OfAnswer(good, json => json["conversationJson"] = """{"taskKey":"","content":[{"type":"video","video":"/etc/passwd"}]}"""), "conversationJson cannot be read, or names a clip"),
            ["model no JSON"] = (OfAnswer(good, json => json["modelJson"] = "nothing"), "modelJson cannot be read"),
            ["negative routes"] = (OfAnswer(good, json => json["tokens"]![0]!["routeBytes"] = -4), "the tokens cannot be"),
            ["too many routes"] = (OfAnswer(good, json => json["tokens"]![0]!["routeBytes"] = 28), "does not fit its tokens"),
            ["huge prompt"] = (OfAnswer(good, json => json["prefill"]![0]!["positions"] = int.MaxValue), "another size than their linears"),
            ["part that escapes"] = (OfAnswer(good, json => json["prefill"]![0]!["part"] = "../../x"), "the routes of the prompt cannot be"),
            ["picture that is none"] = (Picture(good), "seen-0.png is no PNG picture"),
        };
        foreach ((string name, (byte[] archive, string says)) in bad)
        {
            SessionArchiveException refused = await Assert.ThrowsAsync<SessionArchiveException>(() => ImportAsync(other, archive));
            Assert.True(refused.Message.Contains(says, StringComparison.Ordinal), $"{name}: {refused.Message}");
            Assert.DoesNotContain('\n', refused.Message);
        }

        // A content that is no clip, under its true hash.
        byte[] text = "no media at all"u8.ToArray();
        MediaException unusable = await Assert.ThrowsAsync<MediaException>(() => ImportAsync(other, Manifest(Changed(good, entries => entries[$"clips/{Hash(text)}"] = text), manifest =>
        {
            (manifest["clips"]![0]!["sha256"], manifest["clips"]![0]!["bytes"]) = (Hash(text), text.Length);
        })));
        Assert.StartsWith("clip_b.mp4", unusable.Message, StringComparison.Ordinal);

        (string after, Dictionary<string, byte[]> files) = await AllOfAsync(other);
        Assert.Equal(before, after);
        Assert.Empty(files);
        Assert.Empty(Directory.GetFileSystemEntries(other.Incoming));
        Assert.Equal(1, (await ImportAsync(other, good)).Sessions);

        byte[] Session(byte[] archive, Action<JsonObject> change) => Rewritten(archive, sessionEntry, change);
        byte[] OfAnswer(byte[] archive, Action<JsonObject> change) => Session(archive, json => change(json["answers"]![0]!.AsObject()));
        byte[] Picture(byte[] archive) => OfAnswer(Changed(archive, entries => entries[place + "seen-0.png"] = "GIF89a…"u8.ToArray()), json => json["pictures"]![0] = Hash("GIF89a…"u8.ToArray()));
    }

    [Fact]
    public async Task AnEntryThatHoldsMoreThanItSaysIsNotReadOn()
    {
        // The size in the zip's directory is made smaller than what comes out of it.
        byte[] archive = await ExportAsync();
        byte[] name = Encoding.UTF8.GetBytes("manifest.json");
        int at = archive.AsSpan().LastIndexOf(name) - 46;
        Assert.Equal(0x02014b50, BitConverter.ToInt32(archive, at));
        BitConverter.TryWriteBytes(archive.AsSpan(at + 24), 100);
        using DataFolder other = DataFolder.Open(target);
        await Assert.ThrowsAsync<SessionArchiveException>(() => ImportAsync(other, archive));
        Assert.Empty((await AllOfAsync(other)).Files);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string Without(JsonElement json, string field)
    {
        JsonNode node = JsonNode.Parse(json.GetRawText())!;
        foreach (JsonNode? clip in (node as JsonObject)?["clips"] as JsonArray ?? [])
        {
            clip!.AsObject().Remove(field);
        }

        return node.ToJsonString();
    }

    private static Task<SessionImport> ImportAsync(DataFolder folder, byte[] archive) => new SessionArchive(folder, new MediaLimits()).ImportAsync(new MemoryStream(archive), null, default);

    private static byte[] Changed(byte[] archive, Action<Dictionary<string, byte[]>> change)
    {
        Dictionary<string, byte[]> entries = [];
        using (ZipArchive zip = new(new MemoryStream(archive)))
        {
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                using MemoryStream bytes = new();
                using Stream content = entry.Open();
                content.CopyTo(bytes);
                entries.Add(entry.FullName, bytes.ToArray());
            }
        }

        change(entries);
        using MemoryStream made = new();
        using (ZipArchive zip = new(made, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream content = zip.CreateEntry(name).Open();
                content.Write(bytes);
            }
        }

        return made.ToArray();
    }

    private static byte[] Twice(byte[] archive, string name)
    {
        using MemoryStream made = new();
        made.Write(archive);
        using (ZipArchive zip = new(made, ZipArchiveMode.Update, leaveOpen: true))
        {
            zip.CreateEntry(name);
        }

        return made.ToArray();
    }

    private static byte[] Manifest(byte[] archive, Action<JsonObject> change) => Changed(archive, entries => entries["manifest.json"] = Edited(entries["manifest.json"], change));

    // With its new hash in the manifest, so that nothing but the change is wrong.
    private static byte[] Rewritten(byte[] archive, string name, Action<JsonObject> change) => Changed(archive, entries =>
    {
        entries[name] = Edited(entries[name], change);
        entries["manifest.json"] = Edited(entries["manifest.json"], manifest => manifest["sessions"]![0]!["sha256"] = Hash(entries[name]));
    });

    private static byte[] Edited(byte[] json, Action<JsonObject> change)
    {
        JsonObject node = JsonNode.Parse(json)!.AsObject();
        change(node);
        return Encoding.UTF8.GetBytes(node.ToJsonString());
    }

    private async Task<byte[]> ExportAsync()
    {
        using MemoryStream archive = new();
        await new SessionArchive(studio.Data, new MediaLimits()).ExportAsync([session], archive, null, default);
        return archive.ToArray();
    }

    /// <summary>Every row of every table as text, and every file that is kept, but those made of clips.</summary>
    private static async Task<(string Tables, Dictionary<string, byte[]> Files)> AllOfAsync(DataFolder folder)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        object[] tables =
        [
            await database.Clips.AsNoTracking().OrderBy(clip => clip.Id).ToListAsync(),
            await database.Sessions.AsNoTracking().OrderBy(one => one.Id).ToListAsync(),
            await database.SessionClips.AsNoTracking().OrderBy(clip => clip.Position).ToListAsync(),
            await database.SessionTags.AsNoTracking().OrderBy(tag => tag.Tag).ToListAsync(),
            await database.Answers.AsNoTracking().OrderBy(one => one.Id).ToListAsync(),
            await database.AnswerEvents.AsNoTracking().OrderBy(row => row.Index).ToListAsync(),
            await database.Tokens.AsNoTracking().OrderBy(token => token.Index).ToListAsync(),
            await database.PrefillRoutes.AsNoTracking().OrderBy(routes => routes.Part).ToListAsync(),
            await database.Timelines.AsNoTracking().OrderBy(timeline => timeline.Kind).ToListAsync(),
        ];
        Dictionary<string, byte[]> files = [];
        foreach (string file in new[] { "clips", "answers" }.SelectMany(part => Directory.GetFiles(Path.Combine(folder.Path, part), "*", SearchOption.AllDirectories)))
        {
            string name = Path.GetRelativePath(folder.Path, file);
            if (name.StartsWith("answers", StringComparison.Ordinal) || Path.GetFileName(file).Length == 64)
            {
                files.Add(name, await File.ReadAllBytesAsync(file));
            }
        }

        return (JsonSerializer.Serialize(tables, Lines), files);
    }
}

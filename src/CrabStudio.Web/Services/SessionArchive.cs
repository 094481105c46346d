using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Services;

/// <summary>An archive of sessions cannot be written or read. The message is one line for a person.</summary>
public sealed class SessionArchiveException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What an import did.</summary>
/// <param name="Sessions">Sessions that came in.</param>
/// <param name="Answers">Their answers.</param>
/// <param name="Clips">Clips that came with them.</param>
/// <param name="Skipped">Sessions that were there already, or are in the bin; they were left as they are.</param>
public sealed record SessionImport(int Sessions, int Answers, int Clips, IReadOnlyList<(Guid Id, string Title)> Skipped);

/// <summary>
/// Moves sessions from one studio to another, with everything that belongs to them, as one zip file (docs/sessions.md). An
/// archive may come from anybody: nothing in it names a path, all of it is bounded and checked, and what is wrong anywhere
/// keeps all of it out.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="limits">Bounds on clips, as for uploads.</param>
public sealed class SessionArchive(DataFolder folder, MediaLimits limits)
{
    /// <summary>What an archive says it is.</summary>
    public const string Format = "crabstudio-sessions";

    /// <summary>The version that is written, and the newest that is read.</summary>
    public const int Version = 1;

    private const string ManifestName = "manifest.json";
    private const int MostSessions = 100_000;
    private const int MostAnswers = 10_000;
    private const int MostTokens = 1 << 16;
    private const int MostPictures = 4096;
    private const long LargestManifest = 64 << 20;
    private const long LargestSession = 128 << 20;
    private const long LargestRoutes = 1 << 30;
    private const long LargestPicture = 32 << 20;
    private const int LongestJson = 16 << 20;

    private static readonly byte[] PngStart = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    // What is not said in an archive must not be taken for nothing.
    private static readonly JsonSerializerOptions Json = new(StudioJson.Options) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Parts = ["text", "audio", "vision"];

    /// <summary>Writes sessions, as they are at one moment.</summary>
    /// <param name="ids">The sessions.</param>
    /// <param name="target">Where to.</param>
    /// <param name="progress">Told how many sessions are written.</param>
    /// <param name="cancellation">Ends it; what was written is then no archive.</param>
    /// <exception cref="UnknownItemException">There is no such session.</exception>
    /// <exception cref="SessionArchiveException">A file of a session is not there.</exception>
    public async Task ExportAsync(IReadOnlyCollection<Guid> ids, Stream target, IProgress<int>? progress, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();

        // One view of the database from the first line to the last; a deferred transaction keeps nobody from writing.
        await database.Database.OpenConnectionAsync(cancellation);
        await using SqliteTransaction view = ((SqliteConnection)database.Database.GetDbConnection()).BeginTransaction(deferred: true);
        await database.Database.UseTransactionAsync(view, cancellation);
        using ZipArchive zip = new(target, ZipArchiveMode.Create, leaveOpen: true);
        List<ArchivedSessionName> written = [];
        Dictionary<Guid, Clip> clips = [];
        foreach (Guid id in ids.Distinct())
        {
            Session session = await database.Sessions.AsNoTracking()
                .Include(one => one.Tags.OrderBy(tag => tag.Tag)).Include(one => one.Clips.OrderBy(clip => clip.Position)).ThenInclude(clip => clip.Clip)
                .AsSplitQuery().FirstOrDefaultAsync(one => one.Id == id, cancellation) ?? throw new UnknownItemException("session", id);
            List<ArchivedAnswer> answers = [];
            List<Guid> answerIds = await database.Answers.Where(answer => answer.SessionId == id).OrderBy(answer => answer.AskedAt).ThenBy(answer => answer.Id).Select(answer => answer.Id).ToListAsync(cancellation);
            foreach (Guid answer in answerIds)
            {
                answers.Add(await WriteAnswerAsync(zip, database, id, answer, cancellation));
            }

            ArchivedSession whole = new(
                session.Id,
                session.Title,
                session.CreatedAt,
                session.UpdatedAt,
                session.Notes,
                session.Folder,
                session.Starred,
                [.. session.Tags.Select(tag => tag.Tag)],
                [.. session.Clips.Select(clip => clip.ClipId)],
                answers,
                [
                    .. (await database.Timelines.AsNoTracking().Where(timeline => timeline.SessionId == id).OrderBy(timeline => timeline.ClipId).ThenBy(timeline => timeline.Kind).ToListAsync(cancellation))
                        .Select(timeline => new ArchivedTimeline(timeline.ClipId, timeline.Kind, timeline.AnswerId, timeline.ContentJson, timeline.UpdatedAt)),
                ]);
            ArchivedBytes bytes = await WriteAsync(zip, SessionName(id), JsonSerializer.SerializeToUtf8Bytes(whole, Json), CompressionLevel.Optimal, cancellation);
            written.Add(new ArchivedSessionName(id, session.Title, bytes.Sha256));
            foreach (Clip clip in session.Clips.Select(one => one.Clip))
            {
                clips[clip.Id] = clip;
            }

            progress?.Report(written.Count);
        }

        foreach (Clip clip in clips.Values.DistinctBy(clip => clip.Sha256))
        {
            await WriteClipAsync(zip, clip, cancellation);
        }

        ArchiveManifest manifest = new(Format, Version, DateTimeOffset.UtcNow, written, [.. clips.Values.Select(clip => new ArchivedClip(clip.Id, clip.FileName, clip.Bytes, clip.Sha256, clip.AddedAt))]);
        await WriteAsync(zip, ManifestName, JsonSerializer.SerializeToUtf8Bytes(manifest, Json), CompressionLevel.Optimal, cancellation);
    }

    /// <summary>Takes in the sessions of an archive, all that are not there yet or, if anything is wrong with it, none. Nobody else may write to the data folder meanwhile.</summary>
    /// <param name="source">The archive; can be moved in.</param>
    /// <param name="progress">Told how many sessions are read.</param>
    /// <param name="cancellation">Ends it; then nothing came in.</param>
    /// <exception cref="SessionArchiveException">It is no archive, of a newer version, damaged, or says what cannot be.</exception>
    /// <exception cref="MediaException">One of its clips cannot be used.</exception>
    public async Task<SessionImport> ImportAsync(Stream source, IProgress<int>? progress, CancellationToken cancellation)
    {
        List<string> made = [];
        try
        {
            using ZipArchive zip = new(source, ZipArchiveMode.Read, leaveOpen: true);
            Dictionary<string, ZipArchiveEntry> entries = [];
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                Demand(entries.TryAdd(entry.FullName, entry), $"it holds {Shown(entry.FullName)} twice");
            }

            return await TakeInAsync(entries, made, progress, cancellation);
        }
        catch (Exception failure)
        {
            // None of it is known to the database; should the program end here, the next start finds and deletes it.
            foreach (string path in made)
            {
                if (Directory.Exists(path))
                {
                    Directory.Delete(path, recursive: true);
                }
                else
                {
                    File.Delete(path);
                }
            }

            throw failure is InvalidDataException or EndOfStreamException ? new SessionArchiveException("The file is damaged, or no archive of sessions; export it again. Nothing was taken in.", failure) : failure;
        }
    }

    private async Task<SessionImport> TakeInAsync(Dictionary<string, ZipArchiveEntry> entries, List<string> made, IProgress<int>? progress, CancellationToken cancellation)
    {
        ArchiveManifest manifest = await ManifestAsync(entries, cancellation);
        Dictionary<Guid, ArchivedClip> clips = manifest.Clips.ToDictionary(clip => clip.Id);
        await using StudioDatabase database = folder.CreateDbContext();
        HashSet<Guid> known = [.. await database.Sessions.IgnoreQueryFilters().Select(session => session.Id).ToListAsync(cancellation)];
        ArchivedSessionName[] wanted = [.. manifest.Sessions.Where(session => !known.Contains(session.Id))];
        CheckRoom(entries.Values);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        Dictionary<Guid, string> there = await database.Clips.ToDictionaryAsync(clip => clip.Id, clip => clip.Sha256, cancellation);
        Dictionary<string, (string Probe, string? Staged)> contents = [];
        int answers = 0, newClips = 0, done = 0;
        foreach (ArchivedSessionName name in wanted)
        {
            string entry = SessionName(name.Id);
            ArchivedSession session = await JsonAsync<ArchivedSession>(entries, entry, LargestSession, name.Sha256, cancellation);
            Check(session, name, entry, clips);
            foreach (Guid id in session.Clips.Distinct())
            {
                ArchivedClip clip = clips[id];
                if (there.TryGetValue(id, out string? sha256))
                {
                    Demand(sha256 == clip.Sha256, $"the clip {Shown(clip.FileName)} ({id}) is another one in this studio");
                    continue;
                }

                if (!contents.TryGetValue(clip.Sha256, out var content))
                {
                    content = contents[clip.Sha256] = await StageAsync(database, entries, clip, made, cancellation);
                }

                database.Clips.Add(new Clip { Id = id, FileName = ClipLibrary.Named(clip.FileName), Bytes = clip.Bytes, Sha256 = clip.Sha256, ProbeJson = content.Probe, AddedAt = clip.AddedAt });
                there.Add(id, clip.Sha256);
                newClips++;
            }

            database.Sessions.Add(new Session
            {
                Id = session.Id,
                Title = session.Title,
                CreatedAt = session.CreatedAt,
                UpdatedAt = session.UpdatedAt,
                Notes = session.Notes,
                Folder = session.Folder,
                Starred = session.Starred,
                Tags = [.. session.Tags.Select(tag => new SessionTag { SessionId = session.Id, Tag = tag })],
                Clips = [.. session.Clips.Select((clip, position) => new SessionClip { SessionId = session.Id, Position = position, ClipId = clip })],
            });
            await database.SaveChangesAsync(cancellation);
            database.ChangeTracker.Clear();
            foreach (ArchivedAnswer answer in session.Answers)
            {
                await TakeInAsync(database, entries, session, answer, made, cancellation);
                answers++;
            }

            database.Timelines.AddRange(session.Timelines.Select(timeline => new StoredTimeline
            {
                SessionId = session.Id,
                ClipId = timeline.ClipId,
                Kind = timeline.Kind,
                AnswerId = timeline.AnswerId,
                ContentJson = timeline.ContentJson,
                UpdatedAt = timeline.UpdatedAt,
            }));
            await database.SaveChangesAsync(cancellation);
            database.ChangeTracker.Clear();
            progress?.Report(++done);
        }

        foreach ((string sha256, (_, string? staged)) in contents)
        {
            if (staged is not null)
            {
                Directory.CreateDirectory(folder.Content(sha256));
                made.Add(folder.Content(sha256));
                File.Move(staged, Path.Combine(folder.Content(sha256), sha256), overwrite: true);
            }
        }

        await transaction.CommitAsync(cancellation);
        return new SessionImport(wanted.Length, answers, newClips, [.. manifest.Sessions.Where(session => known.Contains(session.Id)).Select(session => (session.Id, session.Title))]);
    }

    private async Task TakeInAsync(StudioDatabase database, Dictionary<string, ZipArchiveEntry> entries, ArchivedSession session, ArchivedAnswer answer, List<string> made, CancellationToken cancellation)
    {
        string place = AnswerPlace(session.Id, answer.Id);
        Demand(!await database.Answers.AnyAsync(one => one.Id == answer.Id, cancellation), $"the answer {answer.Id} is in another session of this studio");
        database.Answers.Add(new Answer
        {
            Id = answer.Id,
            SessionId = session.Id,
            TaskKey = answer.TaskKey,
            InputJson = answer.InputJson,
            QuestionText = answer.QuestionText,
            ConversationJson = answer.ConversationJson,
            MaxNewTokens = answer.MaxNewTokens,

            // What another studio still worked on, nobody works on here.
            Status = answer.Status is AnswerStatus.Queued or AnswerStatus.Running ? AnswerStatus.Interrupted : answer.Status,
            FinishReason = answer.FinishReason,
            Text = answer.Text,
            Error = answer.Error,
            ModelJson = answer.ModelJson,
            SeenJson = answer.SeenJson,
            AskedAt = answer.AskedAt,
            FirstTokenSeconds = answer.FirstTokenSeconds,
            TotalSeconds = answer.TotalSeconds,
            TokenCount = answer.Tokens.Count,
            InterventionJson = answer.InterventionJson,
            OriginalId = answer.OriginalId,
        });
        database.AnswerEvents.AddRange(AnswerStore.EventsOf(answer.Id, answer.Text));
        byte[] routes = answer.Routes is null ? [] : await BytesAsync(entries, place + "routes.bin", LargestRoutes, answer.Routes, cancellation);
        Demand(routes.Length == answer.Tokens.Sum(token => (long)(token.RouteBytes ?? 0)), $"{place}routes.bin does not fit its tokens");
        int at = 0;
        for (int index = 0; index < answer.Tokens.Count; index++)
        {
            ArchivedToken token = answer.Tokens[index];
            database.Tokens.Add(new AnswerToken { AnswerId = answer.Id, Index = index, TokenId = token.TokenId, Text = token.Text, Seconds = token.Seconds, Routes = token.RouteBytes is { } count ? routes[at..(at += count)] : null });
        }

        foreach (ArchivedPrefill prefill in answer.Prefill)
        {
            database.PrefillRoutes.Add(new AnswerPrefillRoutes
            {
                AnswerId = answer.Id,
                Part = prefill.Part,
                LinearsJson = prefill.LinearsJson,
                Positions = prefill.Positions,
                Experts = prefill.Experts,
                Weights = await BytesAsync(entries, $"{place}prefill-{prefill.Part}.bin", LargestRoutes, prefill.Weights, cancellation),
            });
        }

        await database.SaveChangesAsync(cancellation);
        database.ChangeTracker.Clear();
        string pictures = folder.Answer(answer.Id);
        if (answer.Pictures.Count > 0)
        {
            made.Add(pictures);
            Directory.CreateDirectory(pictures);
        }

        for (int number = 0; number < answer.Pictures.Count; number++)
        {
            if (answer.Pictures[number] is not { } sha256)
            {
                continue;
            }

            string name = $"{place}seen-{number}.png";
            byte[] picture = await BytesAsync(entries, name, LargestPicture, new ArchivedBytes(entries.GetValueOrDefault(name)?.Length ?? 0, sha256), cancellation);
            Demand(picture.AsSpan().StartsWith(PngStart), $"{name} is no PNG picture");
            await File.WriteAllBytesAsync(SeenPictures.PathOf(pictures, number), picture, cancellation);
        }
    }

    /// <summary>Brings a clip's content beside the library and looks at it as at an upload; only its hash and its name are believed, once they are true.</summary>
    private async Task<(string Probe, string? Staged)> StageAsync(StudioDatabase database, Dictionary<string, ZipArchiveEntry> entries, ArchivedClip clip, List<string> made, CancellationToken cancellation)
    {
        if (await database.Clips.FirstOrDefaultAsync(one => one.Sha256 == clip.Sha256, cancellation) is { } same && File.Exists(Path.Combine(folder.Content(clip.Sha256), clip.Sha256)))
        {
            return (same.ProbeJson, null);
        }

        string name = ClipName(clip.Sha256);
        ZipArchiveEntry entry = Entry(entries, name);
        Demand(entry.Length == clip.Bytes && clip.Bytes > 0, $"{name} has {entry.Length} bytes, not the {clip.Bytes} of its clip");
        Demand(entry.Length <= limits.MaxBytes, $"the clip {Shown(clip.FileName)} has {entry.Length} bytes; this studio takes {limits.MaxBytes} at most");
        string staged = Path.Combine(folder.Incoming, $"{Guid.NewGuid():N}.part");
        made.Add(staged);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (Stream content = entry.Open())
        await using (FileStream file = new(staged, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            byte[] buffer = new byte[1 << 17];
            long left = entry.Length;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
            {
                Demand((left -= read) >= 0, $"{name} is longer than it says");
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
        }

        Demand(Convert.ToHexStringLower(hash.GetHashAndReset()) == clip.Sha256, $"{name} is damaged");
        try
        {
            ClipProbe probe = await new MediaReader(limits).ProbeAsync(staged, cancellation);
            return (JsonSerializer.Serialize(probe, StudioJson.Options), staged);
        }
        catch (MediaException refusal)
        {
            throw new MediaException(refusal.Message.Replace(Path.GetFileName(staged), ClipLibrary.Named(clip.FileName), StringComparison.Ordinal), refusal);
        }
    }

    private async Task<ArchivedAnswer> WriteAnswerAsync(ZipArchive zip, StudioDatabase database, Guid session, Guid id, CancellationToken cancellation)
    {
        string place = AnswerPlace(session, id);
        Answer answer = await database.Answers.AsNoTracking().FirstAsync(one => one.Id == id, cancellation);
        List<AnswerToken> tokens = await database.Tokens.AsNoTracking().Where(token => token.AnswerId == id).OrderBy(token => token.Index).ToListAsync(cancellation);
        ArchivedBytes? routes = tokens.Any(token => token.Routes is not null)
            ? await WriteAsync(zip, place + "routes.bin", [.. tokens.SelectMany(token => token.Routes ?? [])], CompressionLevel.Fastest, cancellation)
            : null;
        List<ArchivedPrefill> prefill = [];
        foreach (AnswerPrefillRoutes part in await database.PrefillRoutes.AsNoTracking().Where(one => one.AnswerId == id).OrderBy(one => one.Part).ToListAsync(cancellation))
        {
            prefill.Add(new ArchivedPrefill(part.Part, part.LinearsJson, part.Positions, part.Experts, await WriteAsync(zip, $"{place}prefill-{part.Part}.bin", part.Weights, CompressionLevel.Fastest, cancellation)));
        }

        List<string?> pictures = [];
        string files = folder.Answer(id);
        int count = Directory.Exists(files) ? 1 + Directory.EnumerateFiles(files, "*.png").Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file), out int number) ? number : -1).DefaultIfEmpty(-1).Max() : 0;
        for (int number = 0; number < count; number++)
        {
            string path = SeenPictures.PathOf(files, number);
            pictures.Add(File.Exists(path) ? (await WriteAsync(zip, $"{place}seen-{number}.png", await File.ReadAllBytesAsync(path, cancellation), CompressionLevel.NoCompression, cancellation)).Sha256 : null);
        }

        return new ArchivedAnswer(
            answer.Id,
            answer.TaskKey,
            answer.InputJson,
            answer.QuestionText,
            answer.ConversationJson,
            answer.MaxNewTokens,
            answer.Status,
            answer.FinishReason,
            answer.Text,
            answer.Error,
            answer.ModelJson,
            answer.SeenJson,
            answer.AskedAt,
            answer.FirstTokenSeconds,
            answer.TotalSeconds,
            answer.InterventionJson,
            answer.OriginalId,
            [.. tokens.Select(token => new ArchivedToken(token.TokenId, token.Text, token.Seconds, token.Routes?.Length))],
            routes,
            prefill,
            pictures);
    }

    private async Task WriteClipAsync(ZipArchive zip, Clip clip, CancellationToken cancellation)
    {
        try
        {
            await using FileStream file = new(Path.Combine(folder.Content(clip.Sha256), clip.Sha256), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using Stream entry = zip.CreateEntry(ClipName(clip.Sha256), CompressionLevel.NoCompression).Open();
            await file.CopyToAsync(entry, cancellation);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SessionArchiveException($"The content of the clip {Shown(clip.FileName)} is not in the data folder, so its sessions cannot be exported. Put the folder back as it was, or leave those sessions out.", missing);
        }
    }

    private static async Task<ArchivedBytes> WriteAsync(ZipArchive zip, string name, byte[] bytes, CompressionLevel compression, CancellationToken cancellation)
    {
        await using Stream entry = zip.CreateEntry(name, compression).Open();
        await entry.WriteAsync(bytes, cancellation);
        return new ArchivedBytes(bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static async Task<ArchiveManifest> ManifestAsync(Dictionary<string, ZipArchiveEntry> entries, CancellationToken cancellation)
    {
        if (!entries.ContainsKey(ManifestName))
        {
            throw new SessionArchiveException("The file is a zip file, but no archive of sessions: it holds no manifest.json. Give a file that crab sessions export or the list of sessions wrote.");
        }

        byte[] bytes = await BytesAsync(entries, ManifestName, LargestManifest, null, cancellation);

        // The version before all else: of a newer one nothing else is known.
        (string? format, int? version) = Kind(bytes);
        Demand(format == Format, $"{ManifestName} says that it is {(format is null ? "nothing" : Shown(format))}, not {Format}");
        if (version is not (>= 1 and <= Version))
        {
            throw new SessionArchiveException($"The archive is of version {version?.ToString(CultureInfo.InvariantCulture) ?? "“unknown”"}; this CrabStudio reads version {Version}. Import it with a newer one. Nothing was taken in.");
        }

        ArchiveManifest manifest = Parsed<ArchiveManifest>(bytes, ManifestName);
        Demand(manifest.Sessions.Count <= MostSessions, $"it has {manifest.Sessions.Count} sessions; at most {MostSessions} are taken at once");
        Demand(manifest.Sessions.All(session => session is not null) && manifest.Sessions.DistinctBy(session => session.Id).Count() == manifest.Sessions.Count, $"{ManifestName} names a session twice");
        Demand(manifest.Clips.All(clip => clip is not null) && manifest.Clips.DistinctBy(clip => clip.Id).Count() == manifest.Clips.Count, $"{ManifestName} names a clip twice");
        Demand(manifest.Clips.All(clip => clip.Sha256.Length == 64 && clip.Sha256.All(char.IsAsciiHexDigitLower)), $"{ManifestName} has a hash that is none");
        return manifest;
    }

    private static (string? Format, int? Version) Kind(byte[] manifest)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(manifest);
            JsonElement root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? (null, null) : (
                root.TryGetProperty("format", out JsonElement format) && format.ValueKind == JsonValueKind.String ? format.GetString() : null,
                root.TryGetProperty("version", out JsonElement version) && version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out int number) ? number : null);
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private static void Check(ArchivedSession session, ArchivedSessionName name, string entry, Dictionary<Guid, ArchivedClip> clips)
    {
        void Fits(bool holds, string what) => Demand(holds, $"{entry}: {what}");
        Fits(session.Id == name.Id, "is of another session");
        Fits(session.Title.Length is > 0 and <= SessionStore.LongestTitle, "the title is empty or too long");
        Fits(session.Notes.Length <= SessionStore.LongestNotes && session.Folder.Length <= SessionStore.LongestFolder, "the notes or the folder are too long");
        Fits(session.Tags.Count <= SessionStore.MaxTags && session.Tags.All(tag => tag is { Length: > 0 and <= SessionStore.LongestTag }) && session.Tags.Distinct().Count() == session.Tags.Count, "the tags are too many, too long or twice the same");
        Fits(session.Clips.Count is > 0 and <= SessionStore.MaxClips && session.Clips.All(clips.ContainsKey), "it has no clip, too many, or one that the manifest does not name");
        Fits(session.Answers.Count <= MostAnswers && session.Answers.All(answer => answer is not null) && session.Answers.DistinctBy(answer => answer.Id).Count() == session.Answers.Count, "it has too many answers, or one twice");
        Fits(session.Timelines.All(timeline => timeline is not null && Enum.IsDefined(timeline.Kind) && session.Clips.Contains(timeline.ClipId) && IsJson(timeline.ContentJson))
            && session.Timelines.DistinctBy(timeline => (timeline.ClipId, timeline.Kind)).Count() == session.Timelines.Count, "a timeline is of no clip of the session, there twice, or no JSON");
        foreach (ArchivedAnswer answer in session.Answers)
        {
            void AnswerFits(bool holds, string what) => Fits(holds, $"answer {answer.Id}: {what}");
            AnswerFits(Enum.IsDefined(answer.Status), "the status is unknown");
            AnswerFits(answer.TaskKey.Length == 0 || TaskCatalog.Find(answer.TaskKey) is not null, "the task is unknown");
            AnswerFits(answer.MaxNewTokens is > 0 and <= AnswerService.MaxNewTokens && answer.Tokens.Count <= MostTokens && answer.Tokens.All(token => token is { RouteBytes: null or >= 0 } && token.RouteBytes % sizeof(float) is null or 0), "the tokens cannot be");
            AnswerFits(answer.Pictures.Count <= MostPictures, "it has too many pictures");
            AnswerFits(answer.Prefill.All(part => part is not null && Parts.Contains(part.Part) && part.Positions >= 0 && part.Experts >= 0) && answer.Prefill.DistinctBy(part => part.Part).Count() == answer.Prefill.Count, "the routes of the prompt cannot be");
            AnswerFits(Reads<TaskInput>(answer.InputJson) is not null, "inputJson cannot be read");
            AnswerFits(Reads<Conversation>(answer.ConversationJson) is { Content: { } content } && content.All(item => item is not null && (item.FilePath() is not { } path || (Guid.TryParse(path, out Guid clip) && session.Clips.Contains(clip)))), "conversationJson cannot be read, or names a clip that the session has not");
            AnswerFits(answer.ModelJson is null || Reads<ModelFacts>(answer.ModelJson) is not null, "modelJson cannot be read");
            AnswerFits(answer.SeenJson is null || Reads<SeenFacts>(answer.SeenJson) is not null, "seenJson cannot be read");
            AnswerFits(answer.InterventionJson is null || IsJson(answer.InterventionJson), "interventionJson is no JSON");
            foreach (ArchivedPrefill part in answer.Prefill)
            {
                AnswerFits(Reads<string[]>(part.LinearsJson) is { } linears && (Int128)linears.Length * part.Positions * part.Experts * sizeof(float) == part.Weights.Bytes, $"the routes of the prompt ({part.Part}) have another size than their linears, positions and experts");
            }
        }
    }

    /// <summary>What it would take on the disk, by its own words, which the reading of it then holds it to.</summary>
    private void CheckRoom(IEnumerable<ZipArchiveEntry> entries)
    {
        Int128 needed = entries.Aggregate((Int128)0, (sum, entry) => sum + entry.Length);
        long free = new DriveInfo(folder.Path).AvailableFreeSpace;
        if (needed > free)
        {
            throw new SessionArchiveException(FormattableString.Invariant($"The archive holds {(double)needed / (1 << 30):0.0} GiB, the disk of the data folder has {(double)free / (1 << 30):0.0} GiB free. Make room, or import fewer sessions. Nothing was taken in."));
        }
    }

    private static ZipArchiveEntry Entry(Dictionary<string, ZipArchiveEntry> entries, string name)
    {
        Demand(entries.TryGetValue(name, out ZipArchiveEntry? entry), $"it holds no {name}");
        return entry!;
    }

    private static async Task<T> JsonAsync<T>(Dictionary<string, ZipArchiveEntry> entries, string name, long most, string sha256, CancellationToken cancellation) =>
        Parsed<T>(await BytesAsync(entries, name, most, new ArchivedBytes(Entry(entries, name).Length, sha256), cancellation), name);

    private static T Parsed<T>(byte[] json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Json) ?? throw new JsonException();
        }
        catch (JsonException wrong)
        {
            throw Bad($"{name} is not the JSON that is expected{(wrong.Path is { Length: > 1 } path ? $" (at {Shown(path)})" : "")}", wrong);
        }
    }

    private static T? Reads<T>(string json) where T : class
    {
        try
        {
            return json.Length <= LongestJson ? JsonSerializer.Deserialize<T>(json, StudioJson.Options) : null;
        }
        catch (Exception wrong) when (wrong is JsonException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    private static bool IsJson(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return json.Length <= LongestJson;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>An entry's bytes, no more than it says and no more than <paramref name="most"/>, and the very ones that were written.</summary>
    private static async Task<byte[]> BytesAsync(Dictionary<string, ZipArchiveEntry> entries, string name, long most, ArchivedBytes? expected, CancellationToken cancellation)
    {
        ZipArchiveEntry entry = Entry(entries, name);
        Demand(entry.Length <= most, $"{name} has {entry.Length} bytes; at most {most} are read");
        Demand(expected is null || entry.Length == expected.Bytes, $"{name} has {entry.Length} bytes, not the {expected?.Bytes} that it should have");
        byte[] bytes = new byte[entry.Length];
        await using Stream content = entry.Open();
        int read = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        Demand(read == bytes.Length && await content.ReadAsync(new byte[1], cancellation) == 0, $"{name} has another length than it says");
        Demand(expected is null || Convert.ToHexStringLower(SHA256.HashData(bytes)) == expected.Sha256, $"{name} is damaged");
        return bytes;
    }

    private static void Demand([DoesNotReturnIf(false)] bool holds, string otherwise)
    {
        if (!holds)
        {
            throw Bad(otherwise, null);
        }
    }

    private static SessionArchiveException Bad(string what, Exception? inner) => new($"The archive cannot be used: {what}. Nothing was taken in; export it again.", inner);

    // A name from an archive may hold anything.
    private static string Shown(string name) => string.Concat((name.Length <= 80 ? name : name[..79] + "…").Select(letter => char.IsControl(letter) ? '?' : letter));

    private static string SessionName(Guid id) => $"sessions/{id}/session.json";

    private static string AnswerPlace(Guid session, Guid answer) => $"sessions/{session}/answers/{answer}/";

    private static string ClipName(string sha256) => $"clips/{sha256}";
}

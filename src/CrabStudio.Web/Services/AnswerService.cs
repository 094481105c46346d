using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CrabStudio.Engine;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Asking;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace CrabStudio.Web.Services;

/// <summary>
/// Asks, stops and watches answers. Generation belongs to this service, not to who watches. What comes is stored as it
/// comes; an answer that the end of the program cut off is marked so at the next start.
/// </summary>
public sealed class AnswerService : IHostedService
{
    /// <summary>Most new tokens of an answer.</summary>
    public const int MaxNewTokens = 512;

    private const string Fault = "This could not be answered because of a fault in the studio; the details are in the log of the data folder. Try again.";
    private const int LongestText = 4000;
    private const int MostOptions = 32;
    private const int MostAttempts = 5;
    private static readonly TimeSpan StoreEvery = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private readonly DataFolder folder;
    private readonly AnswerStore store;
    private readonly ClipLibrary library;
    private readonly IAnalysisEngine engine;
    private readonly ILogger<AnswerService> logger;
    private readonly ConcurrentDictionary<Guid, LiveAnswer> live = new();
    private volatile bool ending;

    /// <summary>Answers of a data folder, given by an engine.</summary>
    public AnswerService(DataFolder folder, ClipLibrary library, IAnalysisEngine engine, IHostApplicationLifetime lifetime, ILogger<AnswerService> logger)
    {
        (this.folder, this.library, this.engine, this.logger) = (folder, library, engine, logger);
        store = new AnswerStore(folder);
        lifetime.ApplicationStopping.Register(EndAll);
    }

    /// <summary>Asks a question; the answer grows in the background.</summary>
    /// <exception cref="TaskInputException">The input does not suit the task.</exception>
    /// <exception cref="UnknownItemException">There is no such session.</exception>
    public async Task<Guid> AskAsync(Guid sessionId, QuestionInput question, CancellationToken cancellation)
    {
        CheckIntervention(question.Intervention);
        await using StudioDatabase database = folder.CreateDbContext();
        Session session = await database.Sessions.Include(one => one.Clips.OrderBy(clip => clip.Position)).ThenInclude(clip => clip.Clip)
            .FirstOrDefaultAsync(one => one.Id == sessionId, cancellation) ?? throw new UnknownItemException("session", sessionId);
        TaskInput input = new(question.Question, question.Options, question.Description, question.FrameIndex);
        Conversation stored = Conversation(question, [.. session.Clips.Select(clip => clip.Clip)]);
        string words = stored.Content.OfType<TextItem>().LastOrDefault()?.Text ?? "";
        if (session.Title == SessionStore.TitleOf(session.Clips.Select(clip => clip.Clip.FileName)) && !await database.Answers.AnyAsync(answer => answer.SessionId == sessionId, cancellation))
        {
            session.Title = SessionStore.Shortened(TitleFor(question));
        }

        Answer answer = new()
        {
            Id = Guid.NewGuid(),
            SessionId = sessionId,
            TaskKey = question.Task,
            InputJson = JsonSerializer.Serialize(input, StudioJson.Options),
            QuestionText = words,
            ConversationJson = JsonSerializer.Serialize(stored, StudioJson.Options),
            MaxNewTokens = question.MaxNewTokens ?? MaxNewTokens,
            Status = AnswerStatus.Queued,
            InterventionJson = Stored(question.Intervention),
        };
        await BeginAsync(database, session, answer, cancellation);
        return answer.Id;
    }

    /// <summary>What a question says to the model. Clips go by their ids.</summary>
    /// <exception cref="TaskInputException">The input does not suit the task.</exception>
    internal static Conversation Conversation(QuestionInput question, IReadOnlyList<Clip> clips)
    {
        CheckSizes(question);
        // Behind the ids stand the names that a person knows, because the rules speak of them.
        Conversation named = ConversationBuilder.Build(
            question.Task, new TaskInput(question.Question, question.Options, question.Description, question.FrameIndex), [.. clips.Select(clip => new TaskClip($"{clip.Id}/{clip.FileName}", ProbeOf(clip)))]);
        Conversation stored = WithPaths(named, path => path.Split('/')[0]);
        return question.Words is null ? stored : stored with { Content = [.. stored.Content.SkipLast(1), new TextItem(question.Words)] };
    }

    /// <summary>Asks in the very words of a conversation, whose media go by the ids of the session's clips.</summary>
    /// <exception cref="UnknownItemException">There is no such session, or it has not all of the clips.</exception>
    public async Task<Guid> AskAsync(Guid sessionId, Conversation conversation, int maxNewTokens, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        Session session = await database.Sessions.Include(one => one.Clips.OrderBy(clip => clip.Position)).ThenInclude(clip => clip.Clip)
            .FirstOrDefaultAsync(one => one.Id == sessionId, cancellation) ?? throw new UnknownItemException("session", sessionId);
        if (conversation.Content.Select(item => item.FilePath()).OfType<string>().FirstOrDefault(path => session.Clips.All(clip => clip.ClipId.ToString() != path)) is { } missing)
        {
            throw new UnknownItemException("clip of this session", missing);
        }

        string words = conversation.Content.OfType<TextItem>().LastOrDefault()?.Text ?? "";
        Answer answer = new()
        {
            Id = Guid.NewGuid(),
            SessionId = sessionId,
            TaskKey = conversation.TaskKey,
            InputJson = JsonSerializer.Serialize(new TaskInput(words), StudioJson.Options),
            QuestionText = words,
            ConversationJson = JsonSerializer.Serialize(conversation, StudioJson.Options),
            MaxNewTokens = maxNewTokens,
            Status = AnswerStatus.Queued,
        };
        await BeginAsync(database, session, answer, cancellation);
        return answer.Id;
    }

    /// <summary>Stops an answer; does nothing when it has ended.</summary>
    /// <exception cref="UnknownItemException">There is no such answer.</exception>
    public async Task StopAsync(Guid answerId)
    {
        if (live.TryGetValue(answerId, out LiveAnswer? answer))
        {
            answer.Stop(byStudio: false);
            await EndedAsync(answer, StopWithin);
        }
        else if (await GetAsync(answerId, default) is null)
        {
            throw new UnknownItemException("answer", answerId);
        }
    }

    /// <summary>Asks the same once more, as a new answer of the same session; of an altered answer, altered in the same way.</summary>
    /// <exception cref="UnknownItemException">There is no such answer.</exception>
    public Task<Guid> RetryAsync(Guid answerId, CancellationToken cancellation) =>
        AgainAsync(answerId, old => (old.InterventionJson, old.OriginalId), cancellation);

    /// <summary>
    /// Asks the same once more with routers or adapters altered, as a new answer of the same session. Its original is the answer
    /// that was not altered, also when the question is taken from one that was: alterations do not add up.
    /// </summary>
    /// <exception cref="TaskInputException">The intervention makes no sense, or not for this model.</exception>
    /// <exception cref="UnknownItemException">There is no such answer.</exception>
    public Task<Guid> AlterAsync(Guid answerId, RouterIntervention intervention, CancellationToken cancellation)
    {
        CheckIntervention(intervention);
        return AgainAsync(answerId, old => (Stored(intervention), old.InterventionJson is null ? old.Id : old.OriginalId ?? old.Id), cancellation);
    }

    /// <summary>A status first, always; then the prompt and the tokens from <paramref name="fromToken"/> on, in order, each once. Ends when the answer has ended.</summary>
    /// <exception cref="UnknownItemException">There is no such answer.</exception>
    public async IAsyncEnumerable<AnswerUpdate> WatchAsync(Guid answerId, int fromToken, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (live.TryGetValue(answerId, out LiveAnswer? growing))
        {
            await foreach (AnswerUpdate update in growing.WatchAsync(fromToken, cancellation))
            {
                yield return update;
            }

            yield break;
        }

        // What is not in work has ended, and then everything is stored.
        Answer answer = await GetAsync(answerId, cancellation) ?? throw new UnknownItemException("answer", answerId);
        yield return new StatusUpdate(answer.Status, answer.FinishReason, answer.Error, null, null, null, answer.FirstTokenSeconds, answer.TotalSeconds);
        if (answer is { SeenJson: not null, ModelJson: not null })
        {
            yield return new PromptUpdate(AnswerStore.Read<SeenFacts>(answer.SeenJson), AnswerStore.Read<ModelFacts>(answer.ModelJson));
        }

        foreach (TokenUpdate token in (await store.TokensAsync(answerId, cancellation)).Skip(Math.Max(0, fromToken)))
        {
            yield return token;
        }
    }

    /// <summary>The answer as it stands now, or null.</summary>
    public async Task<Answer?> GetAsync(Guid answerId, CancellationToken cancellation)
    {
        live.TryGetValue(answerId, out LiveAnswer? growing);
        await using StudioDatabase database = folder.CreateDbContext();
        Answer? answer = await Kept(database).FirstOrDefaultAsync(one => one.Id == answerId, cancellation);
        if (answer is { Status: AnswerStatus.Queued or AnswerStatus.Running } && growing is not null)
        {
            // What is stored may be a little behind.
            (StatusUpdate status, string text, IReadOnlyList<TokenUpdate> tokens) = growing.Snapshot();
            (answer.Status, answer.FinishReason, answer.Error) = (status.Status, status.FinishReason, status.Error);
            (answer.FirstTokenSeconds, answer.TotalSeconds) = (status.FirstTokenSeconds, status.TotalSeconds);
            (answer.Text, answer.TokenCount) = (text, tokens.Count);
        }
        else if (answer is { Status: AnswerStatus.Queued or AnswerStatus.Running })
        {
            // Nobody works on it any more and its end could not be stored: what the next start would say of it is true already.
            answer.Status = AnswerStatus.Interrupted;
        }

        return answer;
    }

    /// <summary>Its tokens so far, in order.</summary>
    public async Task<IReadOnlyList<TokenUpdate>> GetTokensAsync(Guid answerId, CancellationToken cancellation) =>
        live.TryGetValue(answerId, out LiveAnswer? growing) ? growing.Snapshot().Tokens : await store.TokensAsync(answerId, cancellation);

    /// <summary>Its router weights so far; null when there is no such answer.</summary>
    public async Task<AnswerRoutes?> GetRoutesAsync(Guid answerId, CancellationToken cancellation)
    {
        IReadOnlyList<TokenUpdate> tokens = await GetTokensAsync(answerId, cancellation);
        await using StudioDatabase database = folder.CreateDbContext();
        Answer? answer = await Kept(database).FirstOrDefaultAsync(one => one.Id == answerId, cancellation);
        if (answer is null)
        {
            return null;
        }

        Dictionary<string, RouteMatrix> parts = await store.PrefillRoutesAsync(answerId, cancellation);
        ModelFacts? model = answer.ModelJson is null ? null : AnswerStore.Read<ModelFacts>(answer.ModelJson);
        return new AnswerRoutes(
            parts.Values.FirstOrDefault()?.Experts ?? model?.Experts ?? 0,
            parts.GetValueOrDefault("text")?.Linears ?? model?.TextLinears ?? [],
            [.. tokens.Select(token => token.Routes ?? [])],
            parts.GetValueOrDefault("text"),
            parts.GetValueOrDefault("audio"),
            parts.GetValueOrDefault("vision"))
        {
            Intervention = InterventionOf(answer),
        };
    }

    /// <summary>The file of a picture that the model saw, or null.</summary>
    public async Task<string?> FrameOfAsync(Guid answerId, int number, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        string path = SeenPictures.PathOf(folder.Answer(answerId), number);
        return File.Exists(path) && await Kept(database).AnyAsync(one => one.Id == answerId, cancellation) ? path : null;
    }

    /// <summary>The answers that are in work or wait, in their order; those of an evaluation are not among them.</summary>
    public async Task<IReadOnlyList<QueueLine>> QueueAsync(CancellationToken cancellation)
    {
        LiveAnswer[] all = [.. live.Values];
        Guid[] ids = [.. all.Select(answer => answer.Id)];
        await using StudioDatabase database = folder.CreateDbContext();
        var told = await (from answer in database.Answers.AsNoTracking()
                          join session in database.Sessions on answer.SessionId equals session.Id
                          where ids.Contains(answer.Id)
                          select new { answer.Id, answer.TaskKey, answer.QuestionText, answer.AskedAt, session.Title }).ToDictionaryAsync(one => one.Id, cancellation);
        return [.. from answer in all
                   where told.ContainsKey(answer.Id)
                   let one = told[answer.Id]
                   let now = answer.Snapshot()
                   where now.Status.Status is AnswerStatus.Queued or AnswerStatus.Running
                   orderby now.Status.Status == AnswerStatus.Queued, now.Status.QueuePosition ?? int.MaxValue, one.AskedAt
                   select new QueueLine(answer.Id, answer.SessionId, one.Title, one.TaskKey, one.QuestionText, one.AskedAt, now.Status.Status, now.Status.QueuePosition, now.Status.Stage, now.Status.Fraction, now.Tokens.Count)];
    }
    /// <summary>How the routers of an answer were altered; null: they were left alone.</summary>
    public static RouterIntervention? InterventionOf(Answer answer) => answer.InterventionJson is null ? null : AnswerStore.Read<RouterIntervention>(answer.InterventionJson);

    /// <summary>Stops all answers of a session and waits until they are stored.</summary>
    public async Task EndAllAsync(Guid sessionId, CancellationToken cancellation)
    {
        LiveAnswer[] all = [.. live.Values.Where(answer => answer.SessionId == sessionId)];
        foreach (LiveAnswer answer in all)
        {
            answer.Stop(byStudio: false);
        }

        foreach (LiveAnswer answer in all)
        {
            await EndedAsync(answer, EndWithin).WaitAsync(cancellation);
        }
    }

    /// <summary>Marks what the last run of the studio did not end.</summary>
    async Task IHostedService.StartAsync(CancellationToken cancellationToken)
    {
        int cut = await store.MarkInterruptedAsync(cancellationToken);
        if (cut > 0)
        {
            logger.LogInformation("{Count} answers were interrupted by the end of the last run", cut);
        }
    }

    /// <summary>Waits until what was going on is stored.</summary>
    async Task IHostedService.StopAsync(CancellationToken cancellationToken)
    {
        EndAll();
        foreach (LiveAnswer answer in live.Values)
        {
            await EndedAsync(answer, EndWithin);
        }
    }

    private static async Task EndedAsync(LiveAnswer answer, TimeSpan within)
    {
        try
        {
            await answer.Work.WaitAsync(within);
        }
        catch (TimeoutException)
        {
            // It goes on ending in the background.
        }
    }

    private static string? Stored(RouterIntervention? intervention) => intervention is null ? null : JsonSerializer.Serialize(intervention, StudioJson.Options);

    // Of a model that is still being loaded, the engine says it later.
    private void CheckIntervention(RouterIntervention? intervention)
    {
        intervention?.Check();
        if (engine.Status.Model is { } model)
        {
            intervention?.CheckAgainst(model);
        }
    }

    private static void CheckSizes(QuestionInput question)
    {
        if (question.MaxNewTokens is < 1 or > MaxNewTokens)
        {
            throw new TaskInputException("maxNewTokens", $"An answer has 1 to {MaxNewTokens} new tokens; {question.MaxNewTokens} were asked for.");
        }

        if (question.Words is not null && string.IsNullOrWhiteSpace(question.Words))
        {
            throw new TaskInputException("words", "The words for the model are empty; write what it is to be asked, or leave them out for the task's own.");
        }

        foreach ((string field, string? text) in new[] { ("question", question.Question), ("description", question.Description), ("words", question.Words) })
        {
            if (text?.Length > LongestText)
            {
                throw new TaskInputException(field, $"The {field} {(field == "words" ? "have" : "has")} {text.Length} letters, at most {LongestText} are allowed; shorten it.");
            }
        }

        if (question.Options?.Count > MostOptions || question.Options?.Sum(option => option?.Length ?? 0) > LongestText)
        {
            throw new TaskInputException("options", $"At most {MostOptions} options with {LongestText} letters together are allowed; leave some out.");
        }

        if (question.Options?.Any(option => option is null) == true)
        {
            throw new TaskInputException("options", "An option is null; every option is a text.");
        }
    }

    // In the language of whoever asks: it is their name of the session from then on.
    private static string TitleFor(QuestionInput question) =>
        !string.IsNullOrWhiteSpace(question.Question) ? question.Question.Trim()
        : TaskTexts.Cards(StudioLanguages.Spoken).First(card => card.Keys.Contains(question.Task)).Title
            + (string.IsNullOrWhiteSpace(question.Description) ? "" : $" “{question.Description.Trim()}”");

    /// <summary>A message in one line, with the names that a person knows in place of the library's.</summary>
    internal static string WithNames(string message, IEnumerable<Clip> clips) =>
        clips.Aggregate(message.ReplaceLineEndings(" "), (line, clip) => line.Replace(clip.Sha256, clip.FileName, StringComparison.Ordinal));

    internal static Conversation WithPaths(Conversation conversation, Func<string, string> path) => conversation with { Content = [.. conversation.Content.Select(item => item.WithFilePath(path))] };

    // Not those of sessions in the bin.
    private static IQueryable<Answer> Kept(StudioDatabase database) => database.Answers.AsNoTracking().Where(answer => database.Sessions.Any(session => session.Id == answer.SessionId));

    private static ClipProbe ProbeOf(Clip clip) => AnswerStore.Read<ClipProbe>(clip.ProbeJson);

    private async Task<Guid> AgainAsync(Guid answerId, Func<Answer, (string? InterventionJson, Guid? OriginalId)> change, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        Answer old = await Kept(database).FirstOrDefaultAsync(one => one.Id == answerId, cancellation) ?? throw new UnknownItemException("answer", answerId);
        Session session = await database.Sessions.Include(one => one.Clips.OrderBy(clip => clip.Position)).ThenInclude(clip => clip.Clip)
            .FirstAsync(one => one.Id == old.SessionId, cancellation);
        Answer answer = new()
        {
            Id = Guid.NewGuid(),
            SessionId = old.SessionId,
            TaskKey = old.TaskKey,
            InputJson = old.InputJson,
            QuestionText = old.QuestionText,
            ConversationJson = old.ConversationJson,
            MaxNewTokens = old.MaxNewTokens,
            Status = AnswerStatus.Queued,
        };
        (answer.InterventionJson, answer.OriginalId) = change(old);
        await BeginAsync(database, session, answer, cancellation);
        return answer.Id;
    }

    private async Task BeginAsync(StudioDatabase database, Session session, Answer answer, CancellationToken cancellation)
    {
        answer.AskedAt = session.UpdatedAt = DateTimeOffset.UtcNow;
        database.Answers.Add(answer);
        LiveAnswer growing = new(answer.Id, session.Id);
        Dictionary<Guid, Clip> clips = session.Clips.Select(clip => clip.Clip).DistinctBy(clip => clip.Id).ToDictionary(clip => clip.Id);

        // Known before it is stored, so that who finds it can watch it.
        live[answer.Id] = growing;
        try
        {
            await database.SaveChangesAsync(cancellation);
        }
        catch (Exception failure)
        {
            live.TryRemove(answer.Id, out _);
            growing.Change(status => status with { Status = AnswerStatus.Failed, Error = Fault }, end: true);
            if (failure is DbUpdateConcurrencyException or DbUpdateException { InnerException: SqliteException { SqliteErrorCode: 19 } })
            {
                // Deleted at this very moment.
                throw new UnknownItemException("session", session.Id);
            }

            throw;
        }

        growing.Work = Task.Run(() => WorkAsync(growing, AnswerStore.Read<Conversation>(answer.ConversationJson), clips, answer.MaxNewTokens, InterventionOf(answer)), CancellationToken.None);
        if (ending)
        {
            growing.Stop(byStudio: true);
        }
    }

    private void EndAll()
    {
        ending = true;
        foreach (LiveAnswer answer in live.Values)
        {
            answer.Stop(byStudio: true);
        }
    }

    private async Task WorkAsync(LiveAnswer answer, Conversation conversation, IReadOnlyDictionary<Guid, Clip> clips, int maxNewTokens, RouterIntervention? intervention)
    {
        using CancellationTokenSource over = new();
        Task storing = StoreRegularlyAsync(answer, over.Token);
        AnalysisEvent end;
        try
        {
            end = await FollowAsync(answer, conversation, clips, maxNewTokens, intervention);
        }
        catch (OperationCanceledException) when (answer.Stopping.IsCancellationRequested)
        {
            end = new FinishedEvent(FinishReason.Stopped, answer.Snapshot().Tokens.LastOrDefault()?.Seconds ?? 0);
        }
        catch (Exception failure)
        {
            logger.LogError(failure, "Answer {Answer} broke off", answer.Id);
            end = new FailedEvent(Fault);
        }

        await over.CancelAsync();
        await storing;
        StatusUpdate last = Ended(answer, end, clips.Values);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await store.StoreAsync(answer, last);
                break;
            }
            catch (Exception failure) when (attempt < MostAttempts && !ending)
            {
                logger.LogWarning(failure, "The end of answer {Answer} could not be stored yet", answer.Id);
                await Task.Delay(StoreEvery * attempt);
            }
            catch (Exception failure)
            {
                logger.LogError(failure, "The end of answer {Answer} could not be stored", answer.Id);
                last = last with { Status = AnswerStatus.Failed, Error = "The end of this answer could not be stored; see whether the disk of the data folder is full. What was stored before is kept." };
                break;
            }
        }

        // Stored first, then unknown here, then told: who looks from now on finds all of it in the database.
        live.TryRemove(answer.Id, out _);
        answer.Change(_ => last, end: true);
    }

    private static StatusUpdate Ended(LiveAnswer answer, AnalysisEvent end, IEnumerable<Clip> clips)
    {
        StatusUpdate now = answer.Snapshot().Status with { QueuePosition = null, Stage = null, Fraction = null };
        return end switch
        {
            FinishedEvent { Reason: FinishReason.Stopped } when answer.EndedByStudio => now with { Status = AnswerStatus.Interrupted },
            FinishedEvent { Reason: FinishReason.Stopped } stopped => now with { Status = AnswerStatus.Stopped, FinishReason = nameof(FinishReason.Stopped), TotalSeconds = stopped.Seconds },
            FinishedEvent finished => now with { Status = AnswerStatus.Done, FinishReason = finished.Reason.ToString(), TotalSeconds = finished.Seconds },
            FailedEvent failed => now with { Status = AnswerStatus.Failed, Error = WithNames(failed.Message, clips) },
            _ => now with { Status = AnswerStatus.Failed, Error = Fault },
        };
    }

    /// <summary>Lets the engine answer, and tells what it says; returns its last event.</summary>
    private async Task<AnalysisEvent> FollowAsync(LiveAnswer answer, Conversation conversation, IReadOnlyDictionary<Guid, Clip> clips, int maxNewTokens, RouterIntervention? intervention)
    {
        if (engine.Status is { State: EngineState.Failed } broken)
        {
            return new FailedEvent(broken.Error ?? "The model could not be loaded, so nothing can be answered.");
        }

        AnalysisRequest request = new(WithPaths(conversation, id => library.FileOf(clips[Guid.Parse(id)])), maxNewTokens, CaptureRoutes: true, Client: answer.SessionId.ToString("N"), Intervention: intervention);
        List<SeenFrame> frames = [];
        List<HeardSoundFacts> sounds = [];
        await foreach (AnalysisEvent step in engine.AnalyzeAsync(request, answer.Stopping))
        {
            switch (step)
            {
                case QueuedEvent queued:
                    answer.Change(status => status with { QueuePosition = queued.Position });
                    break;
                case PreparingEvent preparing:
                    answer.Change(status => Running(status) with { Stage = JsonNamingPolicy.CamelCase.ConvertName(preparing.Stage.ToString()), Fraction = preparing.Fraction });
                    break;
                case SeenEvent seen:
                    (frames, sounds) = Keep(seen, answer.Id, conversation, clips);
                    break;
                case PrefillEvent prefill:
                    answer.Change(status => Running(status) with { Stage = "prompt", Fraction = prefill.Fraction });
                    break;
                case PrefillDoneEvent done:
                    ModelFacts model = engine.Status.Model ?? throw new InvalidOperationException("The engine read a prompt but names no model.");
                    SeenFacts facts = new(frames, sounds, done.Result.PromptTokens, done.Result.Spans);
                    await store.StorePromptAsync(answer.Id, facts, model, done.Result);
                    answer.Add(new PromptUpdate(facts, model));
                    break;
                case TokenEvent { Token: var token } timed:
                    answer.Add(new TokenUpdate(token.Index, token.TokenId, token.Text, timed.Seconds, token.Routes));
                    answer.Change(status => Running(status) with { Stage = null, Fraction = null, FirstTokenSeconds = status.FirstTokenSeconds ?? timed.Seconds });
                    break;
                case FinishedEvent or FailedEvent:
                    return step;
            }
        }

        throw new InvalidOperationException("The engine fell silent without an end.");

        static StatusUpdate Running(StatusUpdate status) => status with { Status = AnswerStatus.Running, QueuePosition = null };
    }

    /// <summary>Writes what the model sees as pictures, and says where each came from.</summary>
    private (List<SeenFrame> Frames, List<HeardSoundFacts> Sounds) Keep(SeenEvent seen, Guid answerId, Conversation conversation, IReadOnlyDictionary<Guid, Clip> clips)
    {
        string place = folder.Answer(answerId);
        Directory.CreateDirectory(place);
        int number = 0;
        List<SeenFrame> frames = SeenPictures.Of(seen.Videos, seen.Images, conversation, clips, picture => File.WriteAllBytes(SeenPictures.PathOf(place, number++), picture));

        // Sounds come in the order of the conversation, except that two may be heard as one.
        AudioItem[] heard = [.. conversation.Content.OfType<AudioItem>()];
        List<HeardSoundFacts> sounds = [.. seen.SoundSeconds.Select((seconds, index) => new HeardSoundFacts(SeenPictures.ClipOf(heard[Math.Min(index, heard.Length - 1)]), seconds)
        {
            Parts = seen.JoinedSounds.TryGetValue(index, out IReadOnlyList<double>? parts) && parts.Count == heard.Length ? [.. heard.Zip(parts, (item, part) => new HeardPart(SeenPictures.ClipOf(item), part))] : null,
        })];
        return (frames, sounds);
    }

    private async Task StoreRegularlyAsync(LiveAnswer answer, CancellationToken over)
    {
        using PeriodicTimer timer = new(StoreEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                try
                {
                    await store.StoreAsync(answer, null);
                }
                catch (Exception failure)
                {
                    // Nothing is forgotten: the next turn stores what this one could not.
                    logger.LogWarning(failure, "Tokens of answer {Answer} could not be stored yet", answer.Id);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The answer has ended; what is left is stored with its end.
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Api;
using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Sharing;

/// <summary>Reads from the database what a reader's page shows, in the language that is spoken now. Numbers are the stored ones; means are over the positions that their words state.</summary>
internal sealed class SharedViewReader(DataFolder folder)
{
    private const int ShortQuestion = 80;

    private static readonly IStringLocalizer<Words> L = StudioLanguages.Spoken;

    private readonly AnswerStore store = new(folder);

    /// <summary>A session with one of its answers.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="answerId">The answer; null: the last one.</param>
    /// <param name="offline">Whether the page holds everything itself.</param>
    /// <param name="files">Where its files are.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>Null when there is no such session, or no such answer in it.</returns>
    public async Task<SharedView?> ReadAsync(Guid sessionId, Guid? answerId, bool offline, ViewFiles files, CancellationToken cancellation)
    {
        await using StudioDatabase database = folder.CreateDbContext();
        Session? session = await database.Sessions.AsNoTracking()
            .Include(one => one.Clips.OrderBy(clip => clip.Position)).ThenInclude(clip => clip.Clip)
            .Include(one => one.Answers.OrderBy(answer => answer.AskedAt))
            .AsSplitQuery()
            .FirstOrDefaultAsync(one => one.Id == sessionId, cancellation);
        Answer? answer = answerId is null ? session?.Answers.LastOrDefault() : session?.Answers.Find(one => one.Id == answerId);
        if (session is null || (answerId is not null && answer is null))
        {
            return null;
        }

        List<StoredTimeline> drawn = await database.Timelines.AsNoTracking().Where(one => one.SessionId == sessionId).OrderBy(one => one.Kind).ToListAsync(cancellation);
        AnswerPageState? state = answer is null ? null : new AnswerPageState(answer);
        IReadOnlyList<TokenUpdate> tokens = answer is null ? [] : await store.TokensAsync(answer.Id, cancellation);
        foreach (TokenUpdate token in tokens)
        {
            state!.Apply(token);
        }

        List<SharedClip> clips = [];
        foreach (SessionClip one in session.Clips)
        {
            clips.Add(await ClipAsync(one.Clip, one.Position, state, [.. drawn.Where(timeline => timeline.ClipId == one.ClipId)], files, cancellation));
        }

        IReadOnlyList<SharedLine> lines =
        [
            .. from one in session.Answers
               let address = files.Answer(one.Id)
               where address is not null
               select new SharedLine(address!, Short(one.QuestionText), Status(one), one.Id == answer?.Id),
        ];
        return new SharedView(
            session.Title,
            StudioLanguages.Current,
            offline,

            // To the second: a page must not differ in length from one moment to the next.
            DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()),
            clips,
            state is null ? null : await AnswerAsync(answer!, state, tokens, session, files, cancellation),
            lines.Count > 1 ? lines : [],
            ViewerWords.Of(L));
    }

    // An altered run is marked wherever it goes.
    private static string Status(Answer answer) =>
        AnswerWords.Word(answer.Status, L) + (AnswerService.InterventionOf(answer) is { } intervention ? L[" · altered: {0}", AlterWords.What(intervention, L)].Value : "");

    private async Task<SharedClip> ClipAsync(Clip clip, int position, AnswerPageState? state, IReadOnlyList<StoredTimeline> drawn, ViewFiles files, CancellationToken cancellation)
    {
        ClipProbe probe = clip.ReadProbe();
        double seconds = probe.Kind == ClipKind.Image ? 0 : probe.PlaySeconds;
        ShownFile shown = await files.ClipAsync(clip, position, cancellation);
        List<Lane> lanes = [.. Lane.From(state?.Parsed.Events ?? [], seconds).Select(lane => Told(lane, "model"))];
        List<SharedMark> marks = [];
        foreach (StoredTimeline one in drawn)
        {
            DrawnTimeline timeline = DrawnTimeline.Of(one);
            lanes.AddRange(Lane.From(timeline.Events, seconds).Select(lane => Told(lane, one.Kind == TimelineKind.Truth ? "truth" : "corrected")));
            marks.AddRange(timeline.Marks);
        }

        return new SharedClip(
            clip.FileName, probe.Kind, seconds, probe.Sound is not null, ClipWords.Facts(probe, L), shown.Source, shown.Type, shown.Word,
            probe.Kind == ClipKind.Video ? files.Poster(clip, position) : null, await WaveformAsync(clip, cancellation), lanes, marks);
    }

    private static Lane Told(Lane lane, string source) => lane with { Source = source, Ranges = [.. lane.Ranges.Select(range => range with { Problem = range.ProblemIn(L) })] };

    private async Task<JsonElement?> WaveformAsync(Clip clip, CancellationToken cancellation)
    {
        string path = Path.Combine(folder.Content(clip.Sha256), ClipDerivatives.WaveformName);
        if (!File.Exists(path))
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(path, cancellation));
        return document.RootElement.Clone();
    }

    private async Task<SharedAnswer> AnswerAsync(Answer answer, AnswerPageState state, IReadOnlyList<TokenUpdate> tokens, Session session, ViewFiles files, CancellationToken cancellation)
    {
        ParsedAnswer parsed = state.Parsed;
        bool marked = parsed.Boxes.Count > 0 || parsed.Points.Count > 0, stills = state.Seen?.Frames.Any(frame => frame.Still) == true;
        Dictionary<Guid, int> positions = session.Clips.DistinctBy(clip => clip.ClipId).ToDictionary(clip => clip.ClipId, clip => clip.Position);
        return new SharedAnswer(
            answer.TaskKey.Length == 0 ? L["free"] : answer.TaskKey,
            answer.QuestionText,
            ShareWords.Ending(answer, L),
            state.Text,
            new Localization(parsed.Events, parsed.Boxes, parsed.Points, parsed.Choice, parsed.Exists, state.Unfinished ? [] : parsed.Problems),
            [.. ShareWords.Facts(answer, state, L)],
            [.. ShareWords.Remarks(state, L)],
            state.Seen is { } seen ? ShareWords.Seen(seen, L) : null,
            [.. state.Seen?.Frames.Select(frame => new SharedFrame(
                positions.GetValueOrDefault(frame.ClipId), frame.TimeSeconds, frame.Width, frame.Height, frame.Still, marked && (frame.Still || !stills), files.Frame(answer.Id, frame.Number))) ?? []],
            [.. state.Tokens.Select(token => new TokenShape(token.Index, token.TokenId, token.Text, token.Seconds))],
            await RoutingAsync(answer, state, tokens, cancellation));
    }

    private async Task<SharedRouting?> RoutingAsync(Answer answer, AnswerPageState state, IReadOnlyList<TokenUpdate> tokens, CancellationToken cancellation)
    {
        Dictionary<string, RouteMatrix> parts = await store.PrefillRoutesAsync(answer.Id, cancellation);
        int experts = parts.Values.FirstOrDefault()?.Experts ?? state.Model?.Experts ?? 0;
        TokenUpdate[] routed = [.. tokens.Where(token => token.Routes is { Length: > 0 })];
        if (experts == 0 || (parts.Count == 0 && routed.Length == 0))
        {
            return null;
        }

        List<SharedMatrix> prompt = [];
        if (parts.TryGetValue("text", out RouteMatrix? text))
        {
            Add(prompt, L["Prompt, text decoder"], TowerRoutes.Mean(text), linears => L["Mean over all {0} positions of the prompt, for each of {1} linears of the text decoder.", text.Positions, linears]);
            foreach ((PromptPart part, int positions) in TowerRoutes.Parts(state.Seen?.Spans ?? []))
            {
                string words = TowerRoutes.Words(part, L);
                Add(prompt, L["Prompt: {0}", words], TowerRoutes.Mean(text, state.Seen!.Spans, part), linears => L["Mean over the {0} positions of the prompt that stand for {1}, for each of {2} linears of the text decoder.", positions, words, linears]);
            }
        }

        if (parts.TryGetValue("audio", out RouteMatrix? audio))
        {
            Add(prompt, L["Audio tower"], TowerRoutes.Mean(audio), linears => L["Mean over {0} audio frames (20 ms each, before pooling), for each of {1} linears of the audio tower.", audio.Positions, linears]);
        }

        if (parts.TryGetValue("vision", out RouteMatrix? vision))
        {
            Add(prompt, L["Vision tower"], TowerRoutes.Mean(vision), linears => L["Mean over {0} patches (before merging), for each of {1} linears of the vision tower.", vision.Positions, linears]);
        }

        return new SharedRouting(
            experts,
            routed.Length == 0 ? [] : text?.Linears is { } names && names.Count == routed[0].Routes!.Length / experts ? names : RoutingWords.Linears(state.Model?.TextLinears, routed[0].Routes!.Length / experts),
            [.. routed.Select(token => token.Index)],
            Bytes([.. routed.SelectMany(token => token.Routes!)]),
            prompt);
    }

    private static void Add(List<SharedMatrix> prompt, string name, MatrixView? mean, Func<int, string> over)
    {
        if (mean is not null)
        {
            prompt.Add(new SharedMatrix(name, over(mean.Linears.Count), mean.Linears, Bytes(mean.Weights)));
        }
    }

    private static byte[] Bytes(float[] floats) => MemoryMarshal.AsBytes(floats.AsSpan()).ToArray();

    private static string Short(string question) => question.Length <= ShortQuestion ? question : string.Concat(question.AsSpan(0, ShortQuestion - 1), "…");
}

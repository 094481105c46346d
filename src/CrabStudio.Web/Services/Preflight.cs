using System.Globalization;
using CrabStudio.Engine;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Services;

/// <summary>What the model would get if a question were asked now.</summary>
/// <param name="Id">For its pictures: <c>/api/preflights/{id}/frames/{n}</c>, as long as it is kept.</param>
/// <param name="Frames">Each picture, in the order of the files.</param>
/// <param name="Sounds">Pieces of sound, in the order in which they are heard.</param>
/// <param name="PromptText">The words of the prompt, with one marker for each of the media.</param>
/// <param name="PromptTokens">Length of the prompt.</param>
/// <param name="Parts">Tokens of each kind, in order of first appearance.</param>
/// <param name="Estimate">How long the answer will take; null when nothing was measured with this model here.</param>
/// <param name="Warnings">What a person should know before asking, one line each.</param>
public sealed record Preflight(
    Guid Id, IReadOnlyList<SeenFrame> Frames, IReadOnlyList<HeardPiece> Sounds, string PromptText, int PromptTokens, IReadOnlyList<PromptShare> Parts, TimeEstimate? Estimate, IReadOnlyList<string> Warnings);

/// <summary>A piece of sound that is heard.</summary>
/// <param name="ClipId">The clip.</param>
/// <param name="StartSeconds">Where it begins in the clip; null: silence that is put there.</param>
/// <param name="Seconds">How long it is.</param>
public sealed record HeardPiece(Guid ClipId, double? StartSeconds, double Seconds);

/// <summary>Tokens of one kind in a prompt.</summary>
public sealed record PromptShare(PromptPart Part, int Tokens);

/// <summary>How long an answer takes, from answers of the same model on the same machine.</summary>
/// <param name="FirstTokenSeconds">To the first token: prompt tokens × the median of seconds per prompt token.</param>
/// <param name="TotalSeconds">To the end: and the median number of tokens at the median rate.</param>
/// <param name="Answers">Answers that were measured.</param>
/// <param name="SameTask">Whether the number of tokens is that of answers of this task.</param>
public sealed record TimeEstimate(double FirstTokenSeconds, double TotalSeconds, int Answers, bool SameTask);

/// <summary>Looks at what a question would give the model, before it is asked. Keeps the pictures of the last few looks.</summary>
public sealed class PreflightService(DataFolder folder, ClipLibrary library, IAnalysisEngine engine)
{
    private const int Kept = 12, Measured = 40;

    // Below the smallest step of 16-bit sound.
    private const float Silent = 1 / 32768f;

    // Of 255: what coding leaves of a picture that stands still.
    private const double Still = 0.6;

    private readonly Lock gate = new();
    private readonly LinkedList<(Guid Id, byte[][] Pictures)> pictures = [];

    /// <summary>Decodes the clips as the task wants them, counts the tokens and estimates the time. Warns in the language of the words.</summary>
    /// <exception cref="TaskInputException">The input does not suit the task.</exception>
    /// <exception cref="UnknownItemException">There is no such clip.</exception>
    /// <exception cref="MediaException">A clip cannot be used.</exception>
    /// <exception cref="Model.ModelException">The model could not be loaded, or the prompt is too long for it.</exception>
    public async Task<Preflight> LookAsync(IReadOnlyList<Guid> clipIds, QuestionInput question, IStringLocalizer<Words> L, CancellationToken cancellation)
    {
        if (clipIds.Count > SessionStore.MaxClips)
        {
            throw new TaskInputException("clipIds", $"A session has at most {SessionStore.MaxClips} clips; {clipIds.Count} were given. Leave some out.");
        }

        List<Clip> clips = [];
        foreach (Guid id in clipIds)
        {
            clips.Add(await library.FindAsync(id, cancellation) ?? throw new UnknownItemException("clip", id));
        }

        Conversation conversation = AnswerService.Conversation(question, clips);
        Dictionary<Guid, Clip> byId = clips.DistinctBy(clip => clip.Id).ToDictionary(clip => clip.Id);
        AnalysisPreview seen;
        try
        {
            seen = await engine.PreviewAsync(AnswerService.WithPaths(conversation, id => library.FileOf(byId[Guid.Parse(id)])), cancellation);
        }
        catch (MediaException exception)
        {
            // The library's files are named by their content; a person knows other names.
            throw new MediaException(AnswerService.WithNames(exception.Message, byId.Values), exception);
        }

        var files = new List<byte[]>();
        List<SeenFrame> frames = SeenPictures.Of(seen.Videos, [.. seen.Images.Select(image => image.Frame)], conversation, byId, files.Add);
        Guid kept = Guid.NewGuid();
        lock (gate)
        {
            pictures.AddLast((kept, [.. files]));
            while (pictures.Count > Kept)
            {
                pictures.RemoveFirst();
            }
        }

        HeardPiece[] sounds = [.. seen.Sounds.SelectMany(sound => sound.Sources).Select(source => new HeardPiece(SeenPictures.ClipOf(conversation.Content[source.ContentIndex]), source.StartSeconds, source.Seconds))];
        return new Preflight(
            kept, frames, sounds, seen.PromptText, seen.PromptTokens,
            [.. seen.Spans.GroupBy(span => span.Part).Select(same => new PromptShare(same.Key, same.Sum(span => span.Length)))],
            await EstimateAsync(question.Task, seen.PromptTokens, cancellation), [.. Warnings(seen, sounds, byId, L)]);
    }

    /// <summary>A picture of a look, as PNG; null when it is no longer kept.</summary>
    public byte[]? FrameOf(Guid id, int number)
    {
        lock (gate)
        {
            return pictures.FirstOrDefault(one => one.Id == id).Pictures is { } all && number >= 0 && number < all.Length ? all[number] : null;
        }
    }

    private async Task<TimeEstimate?> EstimateAsync(string task, int promptTokens, CancellationToken cancellation)
    {
        if (engine.Status.Model is not { } model)
        {
            return null;
        }

        await using StudioDatabase database = folder.CreateDbContext();
        var last = await database.Answers.AsNoTracking()
            .Where(answer => answer.Status == AnswerStatus.Done && answer.FirstTokenSeconds != null && answer.TotalSeconds != null && answer.TokenCount > 1 && answer.SeenJson != null && answer.ModelJson != null)
            .OrderByDescending(answer => answer.AskedAt).Take(Measured)
            .Select(answer => new { answer.TaskKey, answer.ModelJson, answer.SeenJson, First = answer.FirstTokenSeconds!.Value, Total = answer.TotalSeconds!.Value, answer.TokenCount })
            .ToListAsync(cancellation);
        var same = last.Where(one => IsThis(model, AnswerStore.Read<ModelFacts>(one.ModelJson!))).Select(one => (
            one.TaskKey, PerToken: one.First / AnswerStore.Read<SeenFacts>(one.SeenJson!).PromptTokens, Pace: (one.Total - one.First) / (one.TokenCount - 1), one.TokenCount)).ToList();
        if (same.Count == 0)
        {
            return null;
        }

        bool sameTask = same.Any(one => one.TaskKey == task);
        double first = promptTokens * Median(same.Select(one => one.PerToken));
        double tokens = Median(same.Where(one => !sameTask || one.TaskKey == task).Select(one => (double)one.TokenCount));
        return new TimeEstimate(first, first + ((tokens - 1) * Median(same.Select(one => one.Pace))), same.Count, sameTask);
    }

    private static bool IsThis(ModelFacts one, ModelFacts other) => (one.Name, one.Adapter, one.Precision, one.Device) == (other.Name, other.Adapter, other.Precision, other.Device);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static IEnumerable<string> Warnings(AnalysisPreview seen, HeardPiece[] sounds, Dictionary<Guid, Clip> clips, IStringLocalizer<Words> L)
    {
        if (seen.Sounds.Count > 0 && seen.Sounds.All(sound => sound.Samples.All(sample => Math.Abs(sample) < Silent)))
        {
            yield return L["What would be heard is silence. Ask about what is seen, or take a clip whose sound lies in the windows marked below."];
        }

        foreach (SeenVideo video in seen.Videos.Where(video => video.Frames.Count > 1 && StandsStill(video.Frames)))
        {
            yield return clips.Count == 1
                ? L["All frames of the video look alike: nothing moves in it. For a question about one picture, a still costs less."]
                : L["All frames of a video look alike: nothing moves in it. For a question about one picture, a still costs less."];
            break;
        }

        foreach ((Guid id, Clip clip) in clips)
        {
            ClipProbe probe = AnswerStore.Read<ClipProbe>(clip.ProbeJson);
            double heard = sounds.Where(piece => piece.ClipId == id && piece.StartSeconds is not null).Sum(piece => piece.Seconds);
            if (probe.Sound is not null && heard > 0 && heard < 0.5 * probe.PlaySeconds)
            {
                yield return L["Of the {0} s of {1} only {2} s are heard. If what matters lies elsewhere, cut the clip or choose another part or kind of question.", Tenths(probe.PlaySeconds), clip.FileName, Tenths(heard)];
            }

            double[] times = [.. seen.Videos.SelectMany(video => video.Sources).Select(source => source.TimeSeconds).Order()];
            if (clips.Count == 1 && times.Length > 1 && (times[^1] - times[0]) / (times.Length - 1) > 4)
            {
                yield return L["There is one frame in every {0} s: what is shorter may not be seen. Cut the clip to the part that matters.", Tenths((times[^1] - times[0]) / (times.Length - 1))];
            }
        }
    }

    private static string Tenths(double seconds) => seconds.ToString("0.0", CultureInfo.InvariantCulture);

    private static bool StandsStill(RgbFrames frames)
    {
        int size = frames.Width * frames.Height * 3;
        for (int frame = 1; frame < frames.Count; frame++)
        {
            long apart = 0;
            for (int at = 0; at < size; at++)
            {
                apart += Math.Abs(frames.Pixels[at] - frames.Pixels[(frame * size) + at]);
            }

            if (apart > Still * size)
            {
                return false;
            }
        }

        return true;
    }
}

using CrabStudio.Model.Generation;
using CrabStudio.Model.Vision;
using CrabStudio.Tasks;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Routing;

/// <summary>What one position of a pass stands for.</summary>
/// <param name="Part">Words, sound, video or still.</param>
/// <param name="Clip">Its clip; null: none, as of words.</param>
/// <param name="From">Where it begins in the clip, in seconds; null: at no time, or at one that is not known.</param>
/// <param name="To">Where it ends; of two frames the time of the second.</param>
/// <param name="Frame">The first picture it stands for; −1: none.</param>
/// <param name="LastFrame">The last picture it stands for: two frames of a video share their positions.</param>
/// <param name="Row">Row of merged patches; −1: none, or not known.</param>
/// <param name="Column">Column of merged patches.</param>
public readonly record struct RoutePlace(PromptPart Part, Guid? Clip, double? From, double? To, int Frame = -1, int LastFrame = -1, int Row = -1, int Column = -1);

/// <summary>What the positions of each part of the network stand for, worked out from what is stored with an answer.</summary>
/// <param name="Text">Of the prompt, in the text decoder.</param>
/// <param name="Audio">Frames of the audio tower.</param>
/// <param name="Vision">Patches of the vision tower.</param>
/// <param name="Missing">What cannot be said of this answer, and why, a sentence each, as programs are told.</param>
public sealed record RoutePlaces(IReadOnlyList<RoutePlace> Text, IReadOnlyList<RoutePlace> Audio, IReadOnlyList<RoutePlace> Vision, IReadOnlyList<string> Missing)
{
    /// <summary>Sound tokens a second.</summary>
    public const int TokensPerSecond = 25;

    /// <summary>Frames of the audio tower a second.</summary>
    public const int TowerFramesPerSecond = 50;

    private const int SampleRate = 16000, HopLength = 160;

    private IReadOnlyList<Func<IStringLocalizer<Words>, string>>? Gaps { get; init; }

    /// <summary><see cref="Missing"/> in the words of a page.</summary>
    public IReadOnlyList<string> MissingIn(IStringLocalizer<Words> L) => Gaps is null ? Missing : [.. Gaps.Select(gap => gap(L))];

    /// <summary>Those of one part of the network.</summary>
    public IReadOnlyList<RoutePlace> Of(RouteNetwork network) => network switch
    {
        RouteNetwork.Text => Text,
        RouteNetwork.Audio => Audio,
        _ => Vision,
    };

    /// <summary>Works them out.</summary>
    /// <param name="seen">What was seen and heard.</param>
    /// <param name="conversation">What was asked, with clips by their ids.</param>
    /// <param name="visionWindow">Merged patches a side of the vision tower's windows; null: not stored.</param>
    /// <param name="audioFrames">How many frames the audio tower routed.</param>
    /// <param name="visionPatches">How many patches the vision tower routed.</param>
    public static RoutePlaces From(SeenFacts seen, Conversation conversation, int? visionWindow, int audioFrames, int visionPatches)
    {
        List<Func<IStringLocalizer<Words>, string>> missing = [];
        List<HeardPiece>?[] heard = Heard(seen, conversation, missing);
        List<PictureItem>? pictures = Pictures(seen, missing);
        RoutePlace[] text = InPrompt(seen, heard, pictures), audio = InAudioTower(seen, heard, audioFrames, missing), vision = InVisionTower(pictures, visionWindow, visionPatches, missing);
        return new RoutePlaces(
            text,
            audio,
            vision,
            [.. missing.Select(gap => gap(EnglishWords.Only))])
        {
            Gaps = missing,
        };
    }

    private static RoutePlace[] InPrompt(SeenFacts seen, List<HeardPiece>?[] heard, List<PictureItem>? pictures)
    {
        RoutePlace[] places = new RoutePlace[seen.PromptTokens];
        int sound = 0, video = 0, still = 0;
        foreach (PromptSpan span in seen.Spans)
        {
            List<HeardPiece>? pieces = span.Part == PromptPart.Audio ? heard.ElementAtOrDefault(sound++) : null;
            PictureItem? item = span.Part == PromptPart.Video ? pictures?.Where(one => !one.Still).ElementAtOrDefault(video++)
                : span.Part == PromptPart.Image ? pictures?.Where(one => one.Still).ElementAtOrDefault(still++)
                : null;
            for (int i = 0; i < span.Length && span.Start + i < places.Length; i++)
            {
                places[span.Start + i] = span.Part == PromptPart.Audio ? OfSound(pieces, i, 1.0 / TokensPerSecond)
                    : item is not null ? item.Place(i / item.PatchesOfPair, i % item.PatchesOfPair / item.Columns, i % item.Columns)
                    : new RoutePlace(span.Part, null, null, null);
            }
        }

        return places;
    }

    private static RoutePlace[] InAudioTower(SeenFacts seen, List<HeardPiece>?[] heard, int frames, List<Func<IStringLocalizer<Words>, string>> missing)
    {
        // Half of the mel frames, rounded up; a chunk that is not the last one has an even number of them.
        int[] counts = [.. seen.Sounds.Select(sound => ((((int)Math.Round(sound.Seconds * SampleRate) + HopLength - 1) / HopLength) + 1) / 2)];
        if (frames > 0 && counts.Sum() != frames)
        {
            missing.Add(L => L["The audio tower routed {0} frames, and the stored lengths of the sounds give {1}; its frames have no time here.", frames, counts.Sum()]);
            return [.. Enumerable.Repeat(new RoutePlace(PromptPart.Audio, null, null, null), frames)];
        }

        return frames == 0 ? [] : [.. counts.SelectMany((count, sound) => Enumerable.Range(0, count).Select(frame => OfSound(heard.ElementAtOrDefault(sound), frame, 1.0 / TowerFramesPerSecond)))];
    }

    private static RoutePlace[] InVisionTower(List<PictureItem>? pictures, int? window, int patches, List<Func<IStringLocalizer<Words>, string>> missing)
    {
        // Stills pass through the tower first, then videos; each pass in window order.
        PictureItem[][] passes = pictures is null ? [] : [.. new[] { true, false }.Select(still => pictures.Where(one => one.Still == still).ToArray()).Where(pass => pass.Length > 0)];
        int merged = passes.Sum(pass => pass.Sum(item => item.Patches));
        int unit = merged > 0 ? patches / merged : 0, merge = (int)Math.Round(Math.Sqrt(unit));
        if (patches == 0)
        {
            return [];
        }

        if (merged == 0 || unit * merged != patches || merge * merge != unit)
        {
            missing.Add(L => L["The vision tower routed {0} patches, which the stored pictures do not account for; its patches have no place here.", patches]);
            return [.. Enumerable.Repeat(new RoutePlace(PromptPart.Video, null, null, null), patches)];
        }

        if (window is null)
        {
            missing.Add(L => L["This answer was made before the order of the vision tower's patches was stored: its routing is known for each frame, not for each patch."]);
        }

        List<RoutePlace> places = new(patches);
        foreach (PictureItem[] pass in passes)
        {
            // Without the size of the windows the order inside a frame pair is not known, but the pairs follow each other.
            int[] order = window is { } side ? VisionGeometry.Windows([.. pass.Select(item => new VisionGrid(item.Times, item.Rows * merge, item.Columns * merge))], merge, side).Index
                : [.. Enumerable.Range(0, pass.Sum(item => item.Patches))];
            foreach (int patch in order)
            {
                int at = patch, which = 0;
                for (; at >= pass[which].Patches; which++)
                {
                    at -= pass[which].Patches;
                }

                PictureItem item = pass[which];
                RoutePlace place = item.Place(at / item.PatchesOfPair, at % item.PatchesOfPair / item.Columns, at % item.Columns);
                places.AddRange(Enumerable.Repeat(window is null ? place with { Row = -1, Column = -1 } : place, unit));
            }
        }

        return [.. places];
    }

    private static RoutePlace OfSound(List<HeardPiece>? pieces, int index, double step)
    {
        // A position belongs to the piece in which its middle lies.
        double middle = (index + 0.5) * step;
        HeardPiece? piece = pieces?.FirstOrDefault(one => middle >= one.HeardFrom && middle < one.HeardTo);
        if (piece is not { ClipFrom: { } from })
        {
            return new RoutePlace(PromptPart.Audio, piece?.Clip, null, null);
        }

        double start = Math.Max(0, from + (index * step) - piece.HeardFrom);
        return new RoutePlace(PromptPart.Audio, piece.Clip, start, start + step);
    }

    // What of its clip each sound is made of; null: not known.
    private static List<HeardPiece>?[] Heard(SeenFacts seen, Conversation conversation, List<Func<IStringLocalizer<Words>, string>> missing)
    {
        AudioItem[] items = [.. conversation.Content.OfType<AudioItem>()];
        if (items.Length > seen.Sounds.Count && seen.Sounds.Count == 1)
        {
            // Two sounds that are heard as one.
            if (seen.Sounds[0].Parts is { } parts && parts.Count == items.Length)
            {
                List<HeardPiece> joined = [];
                double at = 0;
                foreach (HeardPart part in parts)
                {
                    joined.Add(new HeardPiece(at, at + part.Seconds, part.ClipId, 0));
                    at += part.Seconds;
                }

                return [joined];
            }

            missing.Add(L => L["This answer was made before it was stored where the first of its joined sounds ends: its audio positions have no time here."]);
            return [null];
        }

        return [.. seen.Sounds.Select((sound, index) => index < items.Length ? Pieces(sound, items[index]) : null)];
    }

    // The rules of AudioWindows, backwards: from what was heard to where it lay in the clip.
    private static List<HeardPiece> Pieces(HeardSoundFacts sound, AudioItem item)
    {
        switch (item.Task)
        {
            case "avqa":
                double second = sound.Seconds / 20;
                return
                [
                    new HeardPiece(0, second / 2, sound.ClipId, null),
                    new HeardPiece(second / 2, 2 * second, sound.ClipId, 0),
                    .. Enumerable.Range(1, 9).Select(window => new HeardPiece(2 * window * second, 2 * (window + 1) * second, sound.ClipId, ((6 * window) - 0.5) * second)),
                ];
            case "s4" or "ms3" or "ref_avs":
                int index = Math.Max(0, item.WindowIndex ?? 0);
                return [new HeardPiece(0, sound.Seconds, sound.ClipId, index >= (item.Task == "ref_avs" ? 10 : 5) ? null : index * sound.Seconds)];
            default:
                return [new HeardPiece(0, sound.Seconds, sound.ClipId, 0)];
        }
    }

    // The pictures of each item: a video's frames share positions by so many as its grid has fewer times than frames.
    private static List<PictureItem>? Pictures(SeenFacts seen, List<Func<IStringLocalizer<Words>, string>> missing)
    {
        PromptSpan[] videos = [.. seen.Spans.Where(span => span.Part == PromptPart.Video)], stills = [.. seen.Spans.Where(span => span.Part == PromptPart.Image)];
        SeenFrame[] frames = [.. seen.Frames.Where(frame => !frame.Still)], pictures = [.. seen.Frames.Where(frame => frame.Still)];
        int times = videos.Sum(span => span.GridTimes);
        int together = times == 0 ? 0 : frames.Length / times;
        if (times * together != frames.Length || (times > 0 && together == 0) || stills.Length != pictures.Length || videos.Concat(stills).Any(span => span.GridRows * span.GridColumns * span.GridTimes != span.Length || span.Length == 0))
        {
            missing.Add(L => L["The stored pictures and the positions of the prompt do not fit each other: positions of pictures have no place here."]);
            return null;
        }

        List<PictureItem> items = [];
        int at = 0;
        foreach (PromptSpan span in videos)
        {
            items.Add(new PictureItem(false, span.GridTimes, span.GridRows, span.GridColumns, together, frames[at..(at + (span.GridTimes * together))]));
            at += span.GridTimes * together;
        }

        items.AddRange(stills.Zip(pictures, (span, picture) => new PictureItem(true, span.GridTimes, span.GridRows, span.GridColumns, 1, [picture])));
        return items;
    }

    private sealed record HeardPiece(double HeardFrom, double HeardTo, Guid Clip, double? ClipFrom);

    private sealed record PictureItem(bool Still, int Times, int Rows, int Columns, int Together, SeenFrame[] Frames)
    {
        public int PatchesOfPair => Rows * Columns;

        public int Patches => Times * PatchesOfPair;

        public RoutePlace Place(int time, int row, int column)
        {
            SeenFrame first = Frames[Math.Min(time * Together, Frames.Length - 1)], last = Frames[Math.Min((time * Together) + Together - 1, Frames.Length - 1)];
            bool timed = !Still || first.TimeSeconds > 0 || first.FrameIndex > 0;
            return new RoutePlace(Still ? PromptPart.Image : PromptPart.Video, first.ClipId, timed ? first.TimeSeconds : null, timed ? last.TimeSeconds : null, first.Number, last.Number, row, column);
        }
    }
}

using CrabStudio.Tasks;
using CrabStudio.Tasks.Editing;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Lanes;

/// <summary>What happens in one track: a lane of the editor, with the ranges of the model, the corrected and the true ones below each other.</summary>
/// <param name="Label">The label, as written first.</param>
/// <param name="Modality">The track.</param>
/// <param name="ModalityWords">The track in words: "heard", "seen", "heard and seen".</param>
/// <param name="Rows">One a layer, in the order model, corrected, truth; the model's only where it says anything at all.</param>
public sealed record LaneGroup(string Label, EventModality Modality, string ModalityWords, IReadOnlyList<LaneOfLayer> Rows);

/// <summary>The ranges of one layer in a lane, by start.</summary>
public sealed record LaneOfLayer(TimelineLayer Layer, IReadOnlyList<TimelineEvent> Ranges);

/// <summary>
/// A timeline that a person works on: what the model said, what was corrected and what is true, the chosen range, and every edit
/// with its way back. Knows neither services nor a browser.
/// </summary>
public sealed class LaneWork
{
    /// <summary>How far an arrow key moves, in seconds; a whole second while ranges keep to seconds.</summary>
    public const decimal FineStep = 0.1m;

    private readonly IStringLocalizer<Words> L;
    private readonly List<(string Label, EventModality Modality)> extra = [];
    private readonly Dictionary<TimelineKind, (long Version, TimelineDocument Document)> kept = [];
    private (TimelineDocument Of, TimelineFigures? Model, TimelineFigures? Corrected)? figures;

    /// <summary>Begins with what is kept.</summary>
    /// <param name="clip">What is known of the clip.</param>
    /// <param name="model">What the model said; ids of its own.</param>
    /// <param name="stored">What people drew and corrected.</param>
    /// <param name="L">The words.</param>
    public LaneWork(TimelineClip clip, TimelineDocument model, IReadOnlyList<KeptTimeline> stored, IStringLocalizer<Words> L)
    {
        this.L = L;
        Model = model.InOrder();
        History = new TimelineHistory(TimelineStore.Together(clip, null, stored.FirstOrDefault(one => one.Kind == TimelineKind.Corrected)?.Document, stored.FirstOrDefault(one => one.Kind == TimelineKind.Truth)?.Document));
        foreach (TimelineKind kind in Enum.GetValues<TimelineKind>())
        {
            kept[kind] = (stored.FirstOrDefault(one => one.Kind == kind)?.Version ?? 0, Layer(kind));
        }
    }

    /// <summary>What was done, and the corrected and the true ranges as they are.</summary>
    public TimelineHistory History { get; }

    /// <summary>The corrected and the true layer.</summary>
    public TimelineDocument Document => History.Current;

    /// <summary>What the model said; never edited.</summary>
    public TimelineDocument Model { get; private set; }

    /// <summary>The chosen range; null: none.</summary>
    public string? Selected { get; private set; }

    /// <summary>The chosen range; null: none.</summary>
    public TimelineEvent? Range => Document.Events.FirstOrDefault(one => one.Id == Selected);

    /// <summary>The chosen box or point; null: none.</summary>
    public string? SelectedMark { get; private set; }

    /// <summary>Its label; null: none is chosen.</summary>
    public string? MarkLabel => Document.Boxes.FirstOrDefault(one => one.Id == SelectedMark)?.Label ?? Document.Points.FirstOrDefault(one => one.Id == SelectedMark)?.Label;

    /// <summary>Whether ranges that are drawn, moved or trimmed keep to whole seconds.</summary>
    public bool WholeSeconds { get; set; }

    /// <summary>What happened last, in a sentence; empty before anything did.</summary>
    public string Said { get; private set; } = "";

    /// <summary>Whether <see cref="Said"/> is a refusal.</summary>
    public bool Refused { get; private set; }

    /// <summary>The track and label that a new range gets which is not drawn in a lane.</summary>
    public (string Label, EventModality Modality) Usual => Range is { } range ? (range.Label, range.Modality) : extra.Count > 0 ? extra[^1]
        : Document.Events.Concat(Model.Events).FirstOrDefault() is { } first ? (first.Label, first.Modality) : ("Event", EventModality.AudioVisual);

    /// <summary>The lanes, by label and track, so that none jumps while its ranges are moved.</summary>
    public IReadOnlyList<LaneGroup> Lanes
    {
        get
        {
            ILookup<(string, EventModality), TimelineEvent> all = Model.Events.Concat(Document.Events).ToLookup(one => (one.Label.ToUpperInvariant(), one.Modality));
            TimelineLayer[] layers = Model.Events.Count > 0 ? [TimelineLayer.Model, TimelineLayer.Corrected, TimelineLayer.Truth] : [TimelineLayer.Corrected, TimelineLayer.Truth];
            return
            [
                .. all.Select(group => group.First()).Select(one => (one.Label, one.Modality))
                    .Concat(extra.Where(one => !all.Contains((one.Label.ToUpperInvariant(), one.Modality))))
                    .OrderBy(one => one.Label.ToUpperInvariant(), StringComparer.Ordinal).ThenBy(one => one.Modality)
                    .Select(one => new LaneGroup(one.Label, one.Modality, LaneWords.Track(one.Modality, L),
                        [.. layers.Select(layer => new LaneOfLayer(layer, [.. all[(one.Label.ToUpperInvariant(), one.Modality)].Where(range => range.Layer == layer).OrderBy(range => range.StartSeconds)]))])),
            ];
        }
    }

    /// <summary>How well the model's ranges agree with the true ones; null while nothing is said to be true.</summary>
    public TimelineFigures? ModelFigures => Figures().Model;

    /// <summary>How well the corrected ranges agree with the true ones; null while nothing is said to be true, or nothing was corrected.</summary>
    public TimelineFigures? CorrectedFigures => Figures().Corrected;

    /// <summary>The first timeline that differs from what is kept; null: all is kept.</summary>
    public TimelineKind? Unsaved => kept.Keys.Order().Cast<TimelineKind?>().FirstOrDefault(kind => !Same(Layer(kind!.Value), kept[kind.Value].Document));

    /// <summary>The version that a save takes the place of; 0: none is kept.</summary>
    public long Version(TimelineKind kind) => kept[kind].Version;

    /// <summary>What is to be kept of a kind.</summary>
    public TimelineDocument Layer(TimelineKind kind) => TimelineEdits.Only(Document, TimelineStore.LayerOf(kind));

    /// <summary>A save has gone well.</summary>
    /// <param name="kind">Of what.</param>
    /// <param name="document">What was saved.</param>
    /// <param name="version">Its version.</param>
    public void Saved(TimelineKind kind, TimelineDocument document, long version) => kept[kind] = (version, document);

    /// <summary>Another answer is shown beside.</summary>
    public void Show(TimelineDocument model) => (Model, figures) = (model.InOrder(), null);

    /// <summary>Chooses a range.</summary>
    public void Choose(string? id) => Selected = id is not null && Document.Events.Any(one => one.Id == id) ? id : null;

    /// <summary>Opens a lane in which nothing happens yet.</summary>
    public void AddLane(string label, EventModality modality)
    {
        string name = TimelineRules.Line(label);
        if (name.Length is 0 or > TimelineRules.MostLabel)
        {
            Refuse(name.Length == 0 ? L["A lane needs a label: what happens in it."] : L["A label has {0} letters at most.", TimelineRules.MostLabel]);
            return;
        }

        extra.RemoveAll(one => string.Equals(one.Label, name, StringComparison.OrdinalIgnoreCase) && one.Modality == modality);
        extra.Add((name, modality));
        Say(L["A lane for {0}. Draw in it, or press N for a range at the playhead.", name]);
    }

    /// <summary>A range that was drawn.</summary>
    public void Draw(TimelineLayer layer, string label, EventModality modality, decimal from, decimal to)
    {
        if (layer == TimelineLayer.Model)
        {
            Refuse(L["What the model said stays as it is. Draw in the lane below."]);
            return;
        }

        Do(L["new range"], () =>
        {
            (TimelineDocument next, string id) = TimelineEdits.CreateEvent(Document, layer, label, modality, from, to);
            next = WholeSeconds ? TimelineEdits.Snap(next, [id]) : next;
            return (next, id);
        });
    }

    /// <summary>A range whose ends were moved to other times: moved when both went as far, else trimmed.</summary>
    public void Place(string id, decimal from, decimal to)
    {
        TimelineEvent? one = Document.Events.FirstOrDefault(range => range.Id == id);
        bool whole = one is not null && Math.Abs(to - from - (one.EndSeconds - one.StartSeconds)) < 0.0015m;
        Do(whole ? L["move"] : L["trim"], () => (Kept(whole ? TimelineEdits.Move(Document, id, from) : TimelineEdits.Trim(Document, id, from, to), id), id));
    }

    /// <summary>Moves the chosen range by steps.</summary>
    public void Nudge(int steps) => WithRange(one => Do(L["move"], () => (TimelineEdits.Move(Document, one.Id, Stepped(one.StartSeconds, steps)), one.Id)));

    /// <summary>Moves the start of the chosen range by steps.</summary>
    public void NudgeStart(int steps) => WithRange(one => Do(L["trim"], () => (TimelineEdits.Trim(Document, one.Id, Stepped(one.StartSeconds, steps), null), one.Id)));

    /// <summary>Moves the end of the chosen range by steps.</summary>
    public void NudgeEnd(int steps) => WithRange(one => Do(L["trim"], () => (TimelineEdits.Trim(Document, one.Id, null, Stepped(one.EndSeconds, steps)), one.Id)));

    /// <summary>Gives the chosen range another start, end, or both.</summary>
    public void Trim(decimal? start, decimal? end) => WithRange(one => Do(L["trim"], () => (TimelineEdits.Trim(Document, one.Id, start, end), one.Id)));

    /// <summary>Splits the chosen range: at the playhead where that lies inside, else in the middle.</summary>
    public void Split(decimal playhead) => WithRange(one => Do(L["split"], () =>
    {
        decimal middle = (one.StartSeconds + one.EndSeconds) / 2;
        return (TimelineEdits.Split(Document, one.Id, playhead > one.StartSeconds && playhead < one.EndSeconds ? playhead : middle).Document, one.Id);
    }));

    /// <summary>Merges the chosen range with the next one of its lane.</summary>
    public void Merge() => WithRange(one => Do(L["merge"], () => TimelineEdits.Merge(Document, TimelineEdits.Next(Document, one.Id) is { } next ? [one.Id, next.Id] : [one.Id])));

    /// <summary>Takes the chosen range away; the next one, else the one before, is chosen.</summary>
    public void Delete() => WithRange(one =>
    {
        TimelineEvent[] row = [.. Document.Events.Where(other => TimelineEdits.SameLane(one, other)).OrderBy(other => other.StartSeconds)];
        int at = Array.FindIndex(row, other => other.Id == one.Id);
        string? neighbour = (at + 1 < row.Length ? row[at + 1] : at > 0 ? row[at - 1] : null)?.Id;
        Do(L["delete"], () => (TimelineEdits.Delete(Document, [one.Id]), neighbour));
        if (neighbour is null)
        {
            // The lane stays, so that a new range can be drawn where the old one was.
            extra.Add((one.Label, one.Modality));
        }
    });

    /// <summary>Brings the chosen range to whole seconds.</summary>
    public void Snap() => WithRange(one => Do(L["snap"], () => (TimelineEdits.Snap(Document, [one.Id]), one.Id)));

    /// <summary>Gives the chosen range another label.</summary>
    public void Relabel(string label) => WithRange(one => Do(L["relabel"], () => (TimelineEdits.Relabel(Document, one.Id, label), one.Id)));

    /// <summary>Puts the chosen range into another track.</summary>
    public void SetModality(EventModality modality) => WithRange(one => Do(L["track"], () => (TimelineEdits.SetModality(Document, one.Id, modality), one.Id)));

    /// <summary>Writes a remark on the chosen range.</summary>
    public void SetNote(string note) => WithRange(one => Do(L["note"], () => (TimelineEdits.SetNote(Document, one.Id, note), one.Id)));

    /// <summary>A new range of a second, or what is left of the clip, at the playhead.</summary>
    public void New(TimelineLayer? layer, string? label, EventModality? modality, decimal playhead) =>
        Draw(layer is { } given and not TimelineLayer.Model ? given : Range?.Layer ?? TimelineLayer.Corrected, label ?? Usual.Label, modality ?? Usual.Modality, playhead, playhead + 1);

    /// <summary>Chooses a box or a point.</summary>
    public void ChooseMark(string? id) => SelectedMark = id is not null && (Document.Boxes.Any(one => one.Id == id) || Document.Points.Any(one => one.Id == id)) ? id : null;

    /// <summary>A box that was drawn on a frame; pixels of the clip's picture.</summary>
    public void AddBox(TimelineLayer layer, string label, decimal time, (decimal X, decimal Y) one, (decimal X, decimal Y) other) => DoMark(L["new box"], () => TimelineEdits.CreateBox(Document, layer, label, time, one, other));

    /// <summary>A point that was set on a frame.</summary>
    public void AddPoint(TimelineLayer layer, string label, decimal time, (decimal X, decimal Y) place) => DoMark(L["new point"], () => TimelineEdits.CreatePoint(Document, layer, label, time, place));

    /// <summary>Gives the chosen box other corners.</summary>
    public void ResizeMark((decimal X, decimal Y) one, (decimal X, decimal Y) other) => WithMark(L["resize"], id => TimelineEdits.Resize(Document, id, one, other));

    /// <summary>Moves the chosen box or point by pixels.</summary>
    public void ShiftMark(decimal right, decimal down) => WithMark(L["move"], id => TimelineEdits.Shift(Document, id, right, down));

    /// <summary>Gives the chosen box or point another label.</summary>
    public void RelabelMark(string label) => WithMark(L["relabel"], id => TimelineEdits.Relabel(Document, id, label));

    /// <summary>Takes the chosen box or point away.</summary>
    public void DeleteMark() => WithMark(L["delete"], id => TimelineEdits.Delete(Document, [id]));

    /// <summary>Takes a timeline into a layer, in the place of what it says or beside it.</summary>
    public void TakeIn(string words, TimelineKind kind, TimelineDocument other, bool replace) => Do(words, () => (TimelineEdits.TakeIn(Document, TimelineStore.LayerOf(kind), other, replace), Selected));

    /// <summary>Takes in what another window has saved; undo brings the own state back.</summary>
    /// <param name="kind">Which timeline.</param>
    /// <param name="theirs">What is kept now; null: nothing.</param>
    public void TakeTheirs(TimelineKind kind, KeptTimeline? theirs)
    {
        TakeIn(L["change of another window"], kind, theirs?.Document ?? new TimelineDocument(Document.Clip), replace: true);
        kept[kind] = (theirs?.Version ?? 0, Layer(kind));
        Say(L["This timeline was changed in another window or by a program; that is what is shown now. Undo brings yours back."]);
    }

    /// <summary>Keeps the own state over what another window has saved.</summary>
    /// <param name="kind">Which timeline.</param>
    /// <param name="theirs">What is kept now; null: nothing.</param>
    public void KeepMine(TimelineKind kind, KeptTimeline? theirs) => kept[kind] = (theirs?.Version ?? 0, theirs?.Document ?? new TimelineDocument(Document.Clip));

    /// <summary>Takes the last edit back.</summary>
    public void Undo()
    {
        string words = History.UndoWords ?? "";
        Say(History.Undo() ? L["Taken back: {0}.", words] : L["There is nothing to take back."]);
        Choose(Selected);
        ChooseMark(SelectedMark);
    }

    /// <summary>Does again what was taken back.</summary>
    public void Redo()
    {
        string words = History.RedoWords ?? "";
        Say(History.Redo() ? L["Done again: {0}.", words] : L["There is nothing to do again."]);
        Choose(Selected);
        ChooseMark(SelectedMark);
    }

    /// <summary>"Dog, heard, 1 to 2.5 s".</summary>
    public string Words(TimelineEvent one) => L["{0}, {1}, {2} to {3} s", one.Label, LaneWords.Track(one.Modality, L), Seconds(one.StartSeconds), Seconds(one.EndSeconds)];

    /// <summary>Seconds without trailing zeros.</summary>
    public static string Seconds(decimal seconds) => seconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);

    private decimal Stepped(decimal seconds, int steps) => WholeSeconds
        ? (steps > 0 ? Math.Floor(seconds) : Math.Ceiling(seconds)) + steps
        : seconds + (steps * FineStep);

    private TimelineDocument Kept(TimelineDocument document, string id) => WholeSeconds ? TimelineEdits.Snap(document, [id]) : document;

    private void WithRange(Action<TimelineEvent> edit)
    {
        if (Range is { } range)
        {
            edit(range);
        }
        else
        {
            Refuse(L["Choose a range of the corrected or the true lanes first."]);
        }
    }

    private void WithMark(string words, Func<string, TimelineDocument> edit)
    {
        if (SelectedMark is { } id)
        {
            DoMark(words, () => (edit(id), id));
        }
        else
        {
            Refuse(L["Choose a box or a point of the corrected or the true layer first."]);
        }
    }

    private void DoMark(string words, Func<(TimelineDocument Document, string Choose)> edit)
    {
        try
        {
            (TimelineDocument next, string choose) = edit();
            bool changed = History.Do(words, next);
            ChooseMark(choose);
            Say(MarkLabel is { } label ? L["{0}: {1}.", Capital(words), label] : L["{0}.", Capital(words)], changed);
        }
        catch (TimelineEditException refused)
        {
            Refuse(refused.Message);
        }
    }

    private void Do(string words, Func<(TimelineDocument Document, string? Choose)> edit)
    {
        try
        {
            (TimelineDocument next, string? choose) = edit();
            bool changed = History.Do(words, next);
            Choose(choose);
            Say(Range is { } range ? L["{0}: {1}.", Capital(words), Words(range)] : L["{0}.", Capital(words)], changed);
        }
        catch (TimelineEditException refused)
        {
            Refuse(refused.Message);
        }
    }

    private void Say(string words, bool changed = true) => (Said, Refused) = (changed ? words : L["Nothing changed."], false);

    private void Refuse(string words) => (Said, Refused) = (words, true);

    private (TimelineDocument Of, TimelineFigures? Model, TimelineFigures? Corrected) Figures()
    {
        if (figures is { } known && ReferenceEquals(known.Of, Document))
        {
            return known;
        }

        TimelineEvent[] truth = [.. Document.Events.Where(one => one.Layer == TimelineLayer.Truth)], corrected = [.. Document.Events.Where(one => one.Layer == TimelineLayer.Corrected)];
        TimelineFigures? Of(IReadOnlyCollection<TimelineEvent> said) => truth.Length == 0 || said.Count == 0 ? null : TimelineScore.Of(said, truth, Document.Clip.DurationSeconds);
        figures = (Document, Of(Model.Events), Of(corrected));
        return figures.Value;
    }

    private static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];

    private static bool Same(TimelineDocument one, TimelineDocument other) => one.Events.SequenceEqual(other.Events) && one.Boxes.SequenceEqual(other.Boxes) && one.Points.SequenceEqual(other.Points);
}

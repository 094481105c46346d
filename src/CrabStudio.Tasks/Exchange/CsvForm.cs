using System.Globalization;
using System.Text;
using CrabStudio.Tasks.AvUie;
using CsvHelper;
using CsvHelper.Configuration;

namespace CrabStudio.Tasks.Exchange;

/// <summary>
/// A table with a head line, UTF-8 with a mark of byte order so that spreadsheets read it as such. The columns:
/// <list type="table">
/// <item><term>kind</term><description><c>clip</c> (once, with the facts of the clip), <c>event</c>, <c>box</c> or <c>point</c>; without it, an event</description></item>
/// <item><term>id</term><description>as <see cref="TimelineEvent.Id"/>; without it, a new one</description></item>
/// <item><term>clip</term><description>the clip's file</description></item>
/// <item><term>layer</term><description>model, corrected or truth</description></item>
/// <item><term>modality</term><description>audio, visual or audio-visual (also: both); without it, audio-visual</description></item>
/// <item><term>label</term><description>what it is</description></item>
/// <item><term>start, end</term><description>seconds; of a box or point the frame's time stands under start</description></item>
/// <item><term>x1, y1, x2, y2</term><description>pixels of the clip's picture; a point has x1 and y1</description></item>
/// <item><term>note</term><description>a remark</description></item>
/// <item><term>duration, frame_rate, width, height</term><description>the facts of the clip, in its row</description></item>
/// <item><term>altered</term><description>how the model's run was altered, in the row of the clip; a column of altered runs only</description></item>
/// </list>
/// Commas, semicolons and tabs are read, the columns in any order. A cell that a spreadsheet would take for a formula gets an
/// apostrophe in front when written, and loses it when read.
/// </summary>
public static class CsvForm
{
    private static readonly string[] Columns = ["kind", "id", "clip", "layer", "modality", "label", "start", "end", "x1", "y1", "x2", "y2", "note", "duration", "frame_rate", "width", "height"];

    private const string Altered = "altered";

    internal static byte[] Write(TimelineDocument document)
    {
        bool altered = document.Altered.Length > 0;
        using StringWriter text = new(CultureInfo.InvariantCulture);
        using (CsvWriter csv = new(text, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }))
        {
            Row(csv, altered ? [.. Columns, Altered] : Columns);
            TimelineClip clip = document.Clip;
            Row(csv, ["clip", "", Guarded(clip.FileName), "", "", "", "", "", "", "", "", "", "", Number(clip.DurationSeconds), Number(clip.FrameRate), Number(clip.Width), Number(clip.Height), .. altered ? [Guarded(document.Altered)] : Array.Empty<string>()]);
            string[] more = altered ? [""] : [];
            foreach (TimelineEvent one in document.Events)
            {
                Row(csv, ["event", Guarded(one.Id), "", TimelineRules.Word(one.Layer), TimelineRules.Word(one.Modality), Guarded(one.Label), Number(one.StartSeconds), Number(one.EndSeconds), "", "", "", "", Guarded(one.Note), "", "", "", "", .. more]);
            }

            foreach (TimelineBox one in document.Boxes)
            {
                Row(csv, ["box", Guarded(one.Id), "", TimelineRules.Word(one.Layer), "", Guarded(one.Label), Number(one.TimeSeconds), "", Number(one.X1), Number(one.Y1), Number(one.X2), Number(one.Y2), Guarded(one.Note), "", "", "", "", .. more]);
            }

            foreach (TimelinePoint one in document.Points)
            {
                Row(csv, ["point", Guarded(one.Id), "", TimelineRules.Word(one.Layer), "", Guarded(one.Label), Number(one.TimeSeconds), "", Number(one.X), Number(one.Y), "", "", Guarded(one.Note), "", "", "", "", .. more]);
            }
        }

        return [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text.ToString())];
    }

    internal static void Read(byte[] bytes, TimelineBuilder builder)
    {
        bool head = false;
        try
        {
            string text = TextSource.Decode(bytes, builder.File);
            string? wanted = builder.Settings.Clip?.FileName is { Length: > 0 } name ? name : null;
            foreach (AnnotationRow row in AnnotationTable.Csv(builder.File, text, columns => head = Known(builder, columns)))
            {
                Take(builder, row, ref wanted);
            }
        }
        catch (AvUieException fault)
        {
            throw ExchangeException.Of(builder.File, fault, default);
        }
        catch (CsvHelperException)
        {
            throw builder.Fault(default, null, "is no table that can be read; expected CSV with a head line");
        }

        if (!head)
        {
            throw builder.Fault(new ExchangePlace(1), null, $"has no head line; expected the columns {string.Join(", ", Columns)}");
        }
    }

    private static bool Known(TimelineBuilder builder, IReadOnlyList<string> columns)
    {
        foreach (string column in columns)
        {
            if (column.Length > 0 && column != Altered && !Columns.Contains(column))
            {
                throw builder.Fault(new ExchangePlace(1), TimelineRules.Shown(column), $"is no column of a timeline; its columns are {string.Join(", ", Columns)}, of which label, start and end must be there");
            }
        }

        return columns.Contains("label") && columns.Contains("start") && columns.Contains("end") ? true
            : throw builder.Fault(new ExchangePlace(1), null, $"does not name the columns label, start and end; a timeline has the columns {string.Join(", ", Columns)}");
    }

    private static void Take(TimelineBuilder builder, AnnotationRow row, ref string? wanted)
    {
        ExchangePlace At() => new(row.Line ?? 0);
        if (row["clip"] is { } written && TimelineRules.FileName(Bare(written)) is { Length: > 0 } clip)
        {
            if (wanted is not null && wanted != clip)
            {
                if (builder.Settings.Clip?.FileName is not { Length: > 0 })
                {
                    throw builder.Fault(At(), "clip", $"is “{TimelineRules.Shown(clip)}”, where an earlier row is about “{TimelineRules.Shown(wanted)}”; say which clip is wanted");
                }

                builder.LeftOut.Add(LeftOutKind.OtherClips, 1, "they are of other clips");
                return;
            }

            wanted = clip;
            builder.Facts(At, clip);
        }

        string kind = row["kind"]?.ToLowerInvariant() ?? "event";
        string? id = row["id"] is { } said ? Bare(said) : null;
        string note = Bare(row["note"] ?? "");
        TimelineLayer? layer = row["layer"] is not { } word ? null : TimelineRules.Layer(word) ?? throw row.Fault("layer", $"is “{TimelineRules.Shown(word)}”, expected model, corrected or truth");
        switch (kind)
        {
            case "clip":
                builder.Altered(At, Bare(row[Altered] ?? ""));
                builder.Facts(At, null, Optional(row, "duration"), Optional(row, "frame_rate"), Optional(row, "width"), Optional(row, "height"));
                break;
            case "event":
                EventModality modality = row["modality"] is not { } track ? EventModality.AudioVisual
                    : TimelineRules.Modality(track) ?? throw row.Fault("modality", $"is “{TimelineRules.Shown(track)}”, expected audio, visual or audio-visual");
                builder.Event(At, id, Bare(row.Text("label")), modality, Needed(row, "start"), Needed(row, "end"), layer, note);
                break;
            case "box":
                builder.Box(At, id, Bare(row.Text("label")), Needed(row, "start"), Needed(row, "x1"), Needed(row, "y1"), Needed(row, "x2"), Needed(row, "y2"), layer, note);
                break;
            case "point":
                builder.Point(At, id, Bare(row.Text("label")), Needed(row, "start"), Needed(row, "x1"), Needed(row, "y1"), layer, note);
                break;
            default:
                throw row.Fault("kind", $"is “{TimelineRules.Shown(kind)}”, expected clip, event, box or point");
        }
    }

    private static decimal Needed(AnnotationRow row, string column) =>
        TimelineRules.Number(row.Text(column)) ?? throw row.Fault(column, $"is “{TimelineRules.Shown(row.Text(column))}”, expected a number");

    private static decimal? Optional(AnnotationRow row, string column) => row[column] is null ? null : Needed(row, column);

    private static string Number(decimal? value) => value is { } number ? TimelineRules.Number(number) : "";

    // What a spreadsheet computes is what begins so; of what has apostrophes before it already, one more is put there, so that
    // reading takes away what writing put.
    private static bool IsFormula(string cell) => cell.AsSpan().TrimStart('\'') is [var first, ..] && first is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠';

    private static string Guarded(string cell) => IsFormula(cell) ? "'" + cell : cell;

    private static string Bare(string cell) => cell.StartsWith('\'') && IsFormula(cell) ? cell[1..] : cell;

    private static void Row(CsvWriter csv, IEnumerable<string> cells)
    {
        foreach (string cell in cells)
        {
            csv.WriteField(cell);
        }

        csv.NextRecord();
    }
}

using System.Globalization;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;

namespace CrabStudio.Tasks.AvUie;

/// <summary>One row of a plain table, with readers of its cells that say what is wrong and where.</summary>
/// <param name="Place">The table and the line (CSV) or entry (JSON), for messages.</param>
/// <param name="Cells">Column → text, trimmed; empty cells are left out.</param>
/// <param name="Line">The line in which a row of CSV begins; null for JSON.</param>
public sealed record AnnotationRow(string Place, IReadOnlyDictionary<string, string> Cells, int? Line = null)
{
    /// <summary>A cell, or null when it is empty or there is no such column.</summary>
    public string? this[string column] => Cells.GetValueOrDefault(column);

    /// <summary>A cell that must be there.</summary>
    /// <exception cref="AvUieException">It is empty.</exception>
    public string Text(string column) => this[column] ?? throw Fault(column, "is empty");

    /// <summary>A number that must be there.</summary>
    /// <exception cref="AvUieException">It is empty or no number.</exception>
    public double Number(string column) => double.TryParse(Text(column), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
        ? number
        : throw Fault(column, $"is “{Text(column)}”, expected a number");

    /// <summary>A number, or null when the cell is empty.</summary>
    /// <exception cref="AvUieException">It is no number.</exception>
    public double? OptionalNumber(string column) => this[column] is null ? null : Number(column);

    /// <summary>Yes or no; no when the cell is empty.</summary>
    /// <exception cref="AvUieException">It is something else.</exception>
    public bool Flag(string column) => this[column]?.ToLowerInvariant() switch
    {
        null or "no" or "false" or "0" => false,
        "yes" or "true" or "1" => true,
        var other => throw Fault(column, $"is “{other}”, expected yes or no"),
    };

    /// <summary>A fault of a cell.</summary>
    public AvUieException Fault(string column, string problem) => new(Place, null, column, problem) { Line = Line };
}

/// <summary>Reads a plain table: CSV with a head line (comma, semicolon or tab), or a JSON list of flat objects.</summary>
public static class AnnotationTable
{
    /// <summary>The rows, in order.</summary>
    /// <param name="path">The file; what begins with <c>[</c> is JSON.</param>
    /// <param name="columns">The columns that the table may have, for a message about others.</param>
    /// <exception cref="AvUieException">The file is not there, is neither, or has an unknown column.</exception>
    public static IReadOnlyList<AnnotationRow> Read(string path, params IReadOnlyCollection<string> columns)
    {
        string name = Path.GetFileName(path);
        try
        {
            string text = File.ReadAllText(path);
            AnnotationRow[] rows = [.. text.TrimStart().StartsWith('[') ? Json(name, path) : Csv(name, text)];
            string? unknown = rows.SelectMany(row => row.Cells.Keys).FirstOrDefault(column => !columns.Contains(column));
            return unknown is null ? rows : throw new AvUieException(name, null, unknown, $"is no column of this table; its columns are {string.Join(", ", columns)}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new AvUieException(name, null, null, File.Exists(path) ? $"cannot be read: {fault.Message}" : "is not there");
        }
    }

    /// <summary>The rows of a table as CSV.</summary>
    /// <param name="name">The file's name in messages.</param>
    /// <param name="text">The file.</param>
    /// <param name="see">Told the columns of the head line, in small letters; not told anything where there is no such line.</param>
    /// <exception cref="AvUieException">A row cannot be read.</exception>
    internal static IEnumerable<AnnotationRow> Csv(string name, string text, Action<IReadOnlyList<string>>? see = null)
    {
        CsvConfiguration form = new(CultureInfo.InvariantCulture)
        {
            Delimiter = Delimiter(text),
            TrimOptions = TrimOptions.Trim,
            MissingFieldFound = null,
            BadDataFound = bad => throw new AvUieException(FormattableString.Invariant($"{name}, line {Line(bad.Context.Parser!)}"), null, null, "has a quote inside a cell; put quotes around the cell, and write the quote twice") { Line = Line(bad.Context.Parser!) },
        };
        using CsvReader reader = new(new StringReader(text), form);
        if (!reader.Read() || !reader.ReadHeader())
        {
            yield break;
        }

        string[] head = [.. reader.HeaderRecord!.Select(column => column.Trim().ToLowerInvariant())];
        see?.Invoke(head);
        while (reader.Read())
        {
            int line = Line(reader.Parser);
            string place = FormattableString.Invariant($"{name}, line {line}");
            if (reader.Parser.Count > head.Length)
            {
                throw new AvUieException(place, null, null, FormattableString.Invariant($"has {reader.Parser.Count} cells, where the head line names {head.Length} columns; put quotes around a cell with a comma")) { Line = line };
            }

            yield return new AnnotationRow(place, Cells(head.Take(reader.Parser.Count).Select((column, at) => (column, (string?)reader.Parser[at]))), line);
        }
    }

    // Names of columns hold none of the three, cells may hold any.
    private static string Delimiter(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart("\r\n");
        int end = rest.IndexOfAny('\r', '\n');
        ReadOnlySpan<char> head = end < 0 ? rest : rest[..end];
        (int commas, int semicolons, int tabs) = (head.Count(','), head.Count(';'), head.Count('\t'));
        return tabs > commas && tabs > semicolons ? "\t" : semicolons > commas ? ";" : ",";
    }

    // A cell in quotes may have several lines: a row is where it begins.
    private static int Line(IParser parser) => parser.RawRow - parser.RawRecord.AsSpan().TrimEnd("\r\n").Count('\n');

    private static IEnumerable<AnnotationRow> Json(string name, string path)
    {
        using FileStream stream = File.OpenRead(path);
        JsonListReader reader = new(stream, name);
        while (reader.TryRead(out JsonElement entry))
        {
            string place = FormattableString.Invariant($"{name}, entry {reader.Count - 1}");
            if (entry.ValueKind != JsonValueKind.Object)
            {
                throw new AvUieException(place, null, null, $"is {AvUieEntry.Shown(entry)}, expected an object");
            }

            yield return new AnnotationRow(place, Cells(entry.EnumerateObject().Select(field => (field.Name.ToLowerInvariant(), field.Value.ValueKind switch
            {
                JsonValueKind.String => field.Value.GetString(),
                JsonValueKind.Null => null,
                JsonValueKind.Array when field.Value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String) => string.Join('|', field.Value.EnumerateArray().Select(one => one.GetString())),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => field.Value.GetRawText(),
                _ => throw new AvUieException(place, null, field.Name, $"is {AvUieEntry.Shown(field.Value)}, expected a text, a number, or a list of texts"),
            }))));
        }
    }

    private static Dictionary<string, string> Cells(IEnumerable<(string Column, string? Cell)> cells)
    {
        Dictionary<string, string> kept = [];
        foreach ((string column, string? cell) in cells)
        {
            if (cell?.Trim() is { Length: > 0 } text)
            {
                kept[column] = text;
            }
        }

        return kept;
    }
}

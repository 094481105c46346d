using System.Globalization;
using System.Text.Json;

namespace CrabStudio.Tasks.AvUie;

/// <summary>One entry of a list as it stands in the file, with readers of its fields that say what is wrong and where.</summary>
/// <param name="Root">The folder with the keys' folders.</param>
/// <param name="Key">The task key.</param>
/// <param name="Split">Which list.</param>
/// <param name="Index">Its place in the list, from 0.</param>
/// <param name="Fields">The fields.</param>
public sealed record AvUieEntry(string Root, string Key, AvUieSplit Split, int Index, JsonElement Fields)
{
    /// <summary>The list's name in messages, such as <c>ave/train.json</c>.</summary>
    public string File => AvUieFolder.FileName(Key, Split);

    /// <summary>Whether there is such a field, and it is not null.</summary>
    public bool Has(string field) => Fields.ValueKind == JsonValueKind.Object && Fields.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A field that is there.</summary>
    /// <exception cref="AvUieException">The entry is no object, or has no such field.</exception>
    public JsonElement Value(string field) =>
        Fields.ValueKind != JsonValueKind.Object ? throw new AvUieException(File, Index, null, $"is {Shown(Fields)}, expected an object with fields")
        : Fields.TryGetProperty(field, out JsonElement value) ? value
        : throw Fault(field, "is missing");

    /// <summary>A text, as it is.</summary>
    /// <exception cref="AvUieException">It is missing or no text.</exception>
    public string Text(string field) => Value(field) is { ValueKind: JsonValueKind.String } value ? String(field, value) : throw Fault(field, $"is {Shown(Value(field))}, expected a text");

    /// <summary>A text or a number, the latter as it is written: what the original's format strings print.</summary>
    /// <exception cref="AvUieException">It is missing or something else.</exception>
    public string Printed(string field) => Value(field) is { ValueKind: JsonValueKind.String or JsonValueKind.Number } value
        ? value.ValueKind == JsonValueKind.String ? String(field, value) : value.GetRawText()
        : throw Fault(field, $"is {Shown(Value(field))}, expected a text or a number");

    /// <summary>A whole number.</summary>
    /// <exception cref="AvUieException">It is missing or something else.</exception>
    public int Whole(string field) => Value(field) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number)
        ? number
        : throw Fault(field, $"is {Shown(Value(field))}, expected a whole number");

    /// <summary>A number, also when written as a text.</summary>
    /// <exception cref="AvUieException">It is missing or something else.</exception>
    public double Number(string field) => double.TryParse(Printed(field), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
        ? number
        : throw Fault(field, $"is {Shown(Value(field))}, expected a number");

    /// <summary>Two whole numbers, a corner of a box.</summary>
    /// <exception cref="AvUieException">It is missing or something else.</exception>
    public (int X, int Y) Corner(string field)
    {
        JsonElement value = Value(field);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2 && value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.Number && one.TryGetInt32(out _))
            ? (value[0].GetInt32(), value[1].GetInt32())
            : throw Fault(field, $"is {Shown(value)}, expected a corner as two whole numbers, as in [12, 34]");
    }

    /// <summary>Where the file of a media field lies. An absolute path stays what it is, as in the original.</summary>
    /// <exception cref="AvUieException">It is missing, empty or no text.</exception>
    public string MediaPath(string field)
    {
        string name = Text(field);
        return name.Length > 0 && !name.Contains('\0') ? Path.Combine(Root, Key, AvUieFields.Folder(Key, field), name) : throw Fault(field, "is empty, expected the name of a file");
    }

    /// <summary>A fault of a field of this entry.</summary>
    public AvUieException Fault(string field, string problem) => new(File, Index, field, problem);

    /// <summary>A value as a message shows it: short, on one line.</summary>
    internal static string Shown(JsonElement value)
    {
        string raw = value.GetRawText().ReplaceLineEndings(" ");
        return raw.Length <= 60 ? raw : raw[..60] + "…";
    }

    private string String(string field, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Bytes that are no UTF-8, or half a surrogate pair.
            throw Fault(field, "holds bytes that are no text");
        }
    }
}

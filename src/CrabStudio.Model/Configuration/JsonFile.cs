using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CrabStudio.Model.Configuration;

/// <summary>
/// One object of a JSON file from outside: strict UTF-8, bounded size and depth, and fields that are read with their
/// bounds. Every fault becomes a <see cref="ModelException"/> that names the file, the field, what was found and what was
/// expected.
/// </summary>
internal sealed class JsonFile
{
    private const int MaxDepth = 64;
    private readonly string file;
    private readonly string place;
    private readonly JsonElement element;

    private JsonFile(string file, string place, JsonElement element)
    {
        this.file = file;
        this.place = place;
        this.element = element;
    }

    /// <summary>Reads a file whose root is an object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">Largest size accepted.</param>
    public static JsonFile Read(string path, long maxBytes = 1 << 20)
    {
        JsonElement root = ReadElement(path, maxBytes);
        return root.ValueKind == JsonValueKind.Object
            ? new JsonFile(path, "", root)
            : throw new ModelException($"{Name(path)}: found {Describe(root)} at the top; expected a JSON object");
    }

    /// <summary>Reads a file with any root.</summary>
    public static JsonElement ReadElement(string path, long maxBytes)
    {
        byte[] bytes = ReadBytes(path, maxBytes);
        try
        {
            return Parse(bytes, MaxDepth).RootElement;
        }
        catch (JsonException exception)
        {
            string where = exception.LineNumber is { } line ? $" (line {line + 1})" : "";
            throw new ModelException($"{Name(path)}: found text that is not valid JSON in UTF-8{where}; expected a JSON file. Download it again.", exception);
        }
    }

    /// <summary>A document in strict UTF-8 without a name twice, every text of which can be read.</summary>
    /// <exception cref="JsonException">The bytes are anything else.</exception>
    public static JsonDocument Parse(byte[] bytes, int maxDepth)
    {
        try
        {
            _ = new UTF8Encoding(false, true).GetCharCount(bytes);
        }
        catch (ArgumentException exception)
        {
            throw new JsonException("not UTF-8", exception);
        }

        // Half a surrogate pair in an escape is JSON, but no text: reading it would fail wherever it is touched first.
        return HasHalfPair(bytes) ? throw new JsonException("half a surrogate pair")
            : JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = maxDepth, AllowDuplicateProperties = false });
    }

    /// <summary>The bytes of a file of bounded size, without a byte order mark.</summary>
    public static byte[] ReadBytes(string path, long maxBytes)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw new ModelException($"{Name(path)} was not found in {System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))}; expected the file of a Hugging Face model folder");
            }

            // Devices and pipes have no length; opening one might never end.
            if (info.Length == 0)
            {
                return [];
            }

            using FileStream stream = File.OpenRead(path);
            if (stream.Length > maxBytes)
            {
                throw new ModelException($"{Name(path)}: found {stream.Length} bytes; expected at most {maxBytes}");
            }

            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes.AsSpan().StartsWith(new byte[] { 0xEF, 0xBB, 0xBF }) ? bytes[3..] : bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{Name(path)} could not be read: {exception.Message}", exception);
        }
    }

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string field) => TryGet(field, out _);

    /// <summary>An object in a field.</summary>
    public JsonFile Object(string field) => Get(field) is { ValueKind: JsonValueKind.Object } value
        ? new JsonFile(file, place.Length == 0 ? field : $"{place}.{field}", value)
        : throw Wrong(field, Get(field), "an object");

    /// <summary>A whole number within bounds.</summary>
    public int Int(string field, int min, int max, int? otherwise = null)
    {
        if (otherwise is { } value && !Has(field))
        {
            return value;
        }

        JsonElement element = Get(field);
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long number) && number >= min && number <= max
            ? (int)number
            : throw Wrong(field, element, $"a whole number from {min} to {max}");
    }

    /// <summary>A finite number within bounds.</summary>
    public double Number(string field, double min, double max, double? otherwise = null)
    {
        if (otherwise is { } value && !Has(field))
        {
            return value;
        }

        JsonElement element = Get(field);
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number) && double.IsFinite(number) && number >= min && number <= max
            ? number
            : throw Wrong(field, element, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"));
    }

    /// <summary>A text.</summary>
    public string Text(string field) => Get(field) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw Wrong(field, Get(field), "a text");

    /// <summary>true or false.</summary>
    public bool Flag(string field, bool otherwise)
    {
        if (!Has(field))
        {
            return otherwise;
        }

        JsonElement value = Get(field);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(field, value, "true or false");
    }

    /// <summary>A list of whole numbers within bounds.</summary>
    public int[] Ints(string field, int min, int max) => List<int>(field, $"a list of whole numbers from {min} to {max}",
        item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long number) && number >= min && number <= max ? (int)number : null);

    /// <summary>A list of numbers.</summary>
    public double[] Numbers(string field) => List<double>(field, "a list of numbers",
        item => item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out double number) && double.IsFinite(number) ? number : null);

    /// <summary>A list of texts.</summary>
    public string[] Texts(string field)
    {
        JsonElement element = Get(field);
        return element.ValueKind == JsonValueKind.Array && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. element.EnumerateArray().Select(item => item.GetString()!)]
            : throw Wrong(field, element, "a list of texts");
    }

    /// <summary>A list of objects.</summary>
    public JsonFile[] Objects(string field, int most)
    {
        JsonElement element = Get(field);
        return element.ValueKind == JsonValueKind.Array && element.GetArrayLength() <= most && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
            ? [.. element.EnumerateArray().Select((item, index) => new JsonFile(file, $"{(place.Length == 0 ? field : $"{place}.{field}")}[{index}]", item))]
            : throw Wrong(field, element, $"a list of at most {most} objects");
    }

    /// <summary>An error about a field of this object.</summary>
    public ModelException Wrong(string field, object found, string expected) => new(
        $"{Name(file)}: {(place.Length == 0 ? field : $"{place}.{field}")} is {(found is JsonElement json ? Describe(json) : found)}; expected {expected}");

    /// <summary>The file's name for messages, without characters that would break a line or a terminal.</summary>
    public static string Name(string path) => Printable(System.IO.Path.GetFileName(path), 80);

    /// <summary>A text from outside for a message: one line, bounded.</summary>
    public static string Printable(string text, int most)
    {
        string cut = text.Length > most ? text[..most] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c));
    }

    private static bool HasHalfPair(ReadOnlySpan<byte> json)
    {
        while (json.IndexOf((byte)'\\') is var at && at >= 0 && at + 1 < json.Length)
        {
            int unit = Unit(json[at..]);
            if (unit is >= 0xDC00 and < 0xE000 || (unit is >= 0xD800 and < 0xDC00 && Unit(json[(at + 6)..]) is not (>= 0xDC00 and < 0xE000)))
            {
                return true;
            }

            json = json[(at + (unit < 0 ? 2 : unit is >= 0xD800 and < 0xDC00 ? 12 : 6))..];
        }

        return false;

        // The value of an escape of the form backslash, u, four digits; -1 for others.
        static int Unit(ReadOnlySpan<byte> escape) =>
            escape.Length >= 6 && escape[0] == '\\' && escape[1] == 'u' && System.Buffers.Text.Utf8Parser.TryParse(escape[2..6], out int unit, out int read, 'x') && read == 4 ? unit : -1;
    }

    private T[] List<T>(string field, string expected, Func<JsonElement, T?> read) where T : struct
    {
        JsonElement element = Get(field);
        T?[] items = element.ValueKind == JsonValueKind.Array && element.GetArrayLength() <= 4096 ? [.. element.EnumerateArray().Select(read)] : [null];
        return items.All(item => item.HasValue) ? [.. items.Select(item => item!.Value)] : throw Wrong(field, element, expected);
    }

    private bool TryGet(string field, out JsonElement value) => element.TryGetProperty(field, out value) && value.ValueKind != JsonValueKind.Null;

    private JsonElement Get(string field) => TryGet(field, out JsonElement value)
        ? value
        : throw new ModelException($"{Name(file)}: {(place.Length == 0 ? field : $"{place}.{field}")} is missing; expected it in a Qwen2.5-Omni or I-LoRA configuration");

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => Printable(value.GetRawText(), 40),
    };
}

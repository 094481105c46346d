using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace CrabStudio.Tasks.Exchange;

/// <summary>A JSON file whose values know where they stand, so that a complaint about any of them names its line.</summary>
internal sealed class JsonSource : IDisposable
{
    private readonly string file;
    private readonly ReadOnlyMemory<byte> bytes;
    private readonly JsonDocument document;

    /// <summary>Parses it.</summary>
    /// <exception cref="ExchangeException">It is no JSON.</exception>
    public JsonSource(string file, byte[] whole)
    {
        this.file = file;
        bytes = whole.AsMemory(whole.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0);
        try
        {
            // The document keeps to this memory, so that a value's bytes lie within it.
            document = JsonDocument.Parse(bytes);
            CheckNames();
        }
        catch (JsonException damage)
        {
            throw new ExchangeException(file, new ExchangePlace((int)(damage.LineNumber ?? 0) + 1, (int)(damage.BytePositionInLine ?? 0) + 1), null, "the JSON is broken here");
        }
    }

    /// <summary>The whole.</summary>
    public JsonElement Root => document.RootElement;

    /// <summary>Where a value begins.</summary>
    public ExchangePlace At(JsonElement value) => bytes.Span.Overlaps(JsonMarshal.GetRawUtf8Value(value), out int offset) ? ExchangePlace.Of(bytes.Span, offset) : default;

    /// <summary>A complaint about a value.</summary>
    public ExchangeException Fault(JsonElement value, string? field, string problem) => new(file, At(value), field, problem);

    /// <summary>A field that is there and not null.</summary>
    public static JsonElement? Optional(JsonElement owner, string field) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A field that must be there.</summary>
    /// <exception cref="ExchangeException">It is not.</exception>
    public JsonElement Value(JsonElement owner, string field) => Optional(Object(owner), field) ?? throw Fault(owner, field, "is missing");

    /// <summary>A value that must be an object.</summary>
    /// <exception cref="ExchangeException">It is another.</exception>
    public JsonElement Object(JsonElement value) => value.ValueKind == JsonValueKind.Object ? value : throw Fault(value, null, $"is {Shown(value)}, expected an object with fields");

    /// <summary>The entries of a list.</summary>
    /// <exception cref="ExchangeException">It is no list.</exception>
    public IEnumerable<JsonElement> List(JsonElement value, string? field) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Fault(value, field, $"is {Shown(value)}, expected a list");

    /// <summary>The objects of a list; none where there is no such field.</summary>
    /// <exception cref="ExchangeException">It is no list of objects.</exception>
    public IEnumerable<JsonElement> Objects(JsonElement owner, string field) => Optional(Object(owner), field) is { } list ? List(list, field).Select(Object) : [];

    /// <summary>A text that must be there.</summary>
    /// <exception cref="ExchangeException">It is missing or no text.</exception>
    public string Text(JsonElement owner, string field) => TextOf(Value(owner, field), field);

    /// <summary>A text, or null.</summary>
    /// <exception cref="ExchangeException">It is no text.</exception>
    public string? TextOrNull(JsonElement owner, string field) => Optional(owner, field) is { } value ? TextOf(value, field) : null;

    /// <summary>A value that must be a text.</summary>
    /// <exception cref="ExchangeException">It is none.</exception>
    public string TextOf(JsonElement value, string? field)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Fault(value, field, $"is {Shown(value)}, expected a text");
        }
        catch (InvalidOperationException)
        {
            throw Fault(value, field, "holds bytes that are no text");
        }
    }

    /// <summary>A number that must be there.</summary>
    /// <exception cref="ExchangeException">It is missing or no number.</exception>
    public decimal Number(JsonElement owner, string field) => NumberOf(Value(owner, field), field);

    /// <summary>A number, or null.</summary>
    /// <exception cref="ExchangeException">It is no number.</exception>
    public decimal? NumberOrNull(JsonElement owner, string field) => Optional(owner, field) is { } value ? NumberOf(value, field) : null;

    /// <summary>A value that must be a number.</summary>
    /// <exception cref="ExchangeException">It is none.</exception>
    public decimal NumberOf(JsonElement value, string? field) =>
        value.ValueKind == JsonValueKind.Number && TimelineRules.Number(value.GetRawText()) is { } number ? number : throw Fault(value, field, $"is {Shown(value)}, expected a number");

    /// <summary>A whole number that must be there.</summary>
    /// <exception cref="ExchangeException">It is missing or no whole number.</exception>
    public int Whole(JsonElement owner, string field) =>
        Value(owner, field) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) ? number : throw Fault(Value(owner, field), field, $"is {Shown(Value(owner, field))}, expected a whole number");

    /// <summary>A number or a text that names something, as it is written.</summary>
    /// <exception cref="ExchangeException">It is missing or something else.</exception>
    public string Name(JsonElement owner, string field) =>
        Value(owner, field) is { ValueKind: JsonValueKind.Number } value ? value.GetRawText() : Text(owner, field);

    /// <summary>A layer, or null where the field is not there.</summary>
    /// <exception cref="ExchangeException">It is none of the three.</exception>
    public TimelineLayer? Layer(JsonElement owner, string field) => TextOrNull(owner, field) is not { } word ? null
        : TimelineRules.Layer(word) ?? throw Fault(Value(owner, field), field, $"is “{TimelineRules.Shown(word)}”, expected model, corrected or truth");

    /// <summary>A value as a message shows it.</summary>
    public static string Shown(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => TimelineRules.Shown(Encoding.UTF8.GetString(Short(JsonMarshal.GetRawUtf8Value(value)))),
    };

    /// <inheritdoc/>
    public void Dispose() => document.Dispose();

    // A name with half a surrogate pair would stop every search for a field of its object.
    private void CheckNames()
    {
        Utf8JsonReader reader = new(bytes.Span);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                try
                {
                    reader.GetString();
                }
                catch (InvalidOperationException)
                {
                    document.Dispose();
                    throw new ExchangeException(file, ExchangePlace.Of(bytes.Span, (int)reader.TokenStartIndex), null, "is the name of a field that is no text");
                }
            }
        }
    }

    private static ReadOnlySpan<byte> Short(ReadOnlySpan<byte> raw) => raw.Length <= 400 ? raw : raw[..400];
}

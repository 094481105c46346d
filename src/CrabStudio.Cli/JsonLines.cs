using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CrabStudio.Tasks;

namespace CrabStudio.Cli;

/// <summary>How results are written as JSON: one line each, letters of every script as they are.</summary>
internal static class JsonLines
{
    /// <summary>With names as <c>batch</c>, <c>probe</c> and <c>info</c> have them.</summary>
    public static JsonSerializerOptions Snake { get; } = Options(JsonNamingPolicy.SnakeCaseLower);

    /// <summary>With names as the HTTP API has them.</summary>
    public static JsonSerializerOptions Camel { get; } = Options(JsonNamingPolicy.CamelCase);

    /// <summary>The same over several lines, for files that people read too.</summary>
    public static JsonSerializerOptions SnakePage { get; } = new(Snake) { WriteIndented = true };

    /// <summary>What was read from an answer, without the text itself, which stands beside it.</summary>
    public static JsonObject Parsed(string task, string text, JsonSerializerOptions options)
    {
        JsonObject parsed = JsonSerializer.SerializeToNode(AnswerParser.Parse(task, text), options)!.AsObject();
        parsed.Remove(options.PropertyNamingPolicy!.ConvertName(nameof(ParsedAnswer.RawText)));
        return parsed;
    }

    private static JsonSerializerOptions Options(JsonNamingPolicy names) => new()
    {
        PropertyNamingPolicy = names,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(names) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };
}

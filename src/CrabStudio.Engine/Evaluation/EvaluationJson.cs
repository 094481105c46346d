using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrabStudio.Engine.Evaluation;

/// <summary>How evaluations are written as JSON: names in snake case, letters of every script as they are.</summary>
internal static class EvaluationJson
{
    /// <summary>One line.</summary>
    public static JsonSerializerOptions Line { get; } = Options(indented: false);

    /// <summary>For people too.</summary>
    public static JsonSerializerOptions Page { get; } = Options(indented: true);

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = indented,
    };
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrabStudio.Web.Services;

/// <summary>How the studio writes JSON, in the database as over HTTP: camelCase, enums by name.</summary>
public static class StudioJson
{
    /// <summary>The options.</summary>
    public static JsonSerializerOptions Options { get; } = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>Sets <paramref name="options"/> accordingly.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        return options;
    }
}

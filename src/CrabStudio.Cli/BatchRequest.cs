using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Tasks;

namespace CrabStudio.Cli;

/// <summary>A line of a request file cannot be used. The message is one line for a person.</summary>
/// <param name="name">The request's name, when the line has one.</param>
/// <param name="message">What was found, what was expected.</param>
internal sealed class BatchRequestException(string? name, string message) : Exception(message)
{
    /// <summary>The request's name, when the line has one.</summary>
    public string? Name { get; } = name;
}

/// <summary>One line of a request file.</summary>
/// <param name="Name">The asker's name for it: data, never a path.</param>
/// <param name="Conversation">What is asked, with whole paths.</param>
/// <param name="MaxNewTokens">Longest answer in tokens.</param>
internal sealed record BatchRequest(string Name, Conversation Conversation, int MaxNewTokens)
{
    /// <summary>Longest answer that may be asked for, and the default: the authors' limit.</summary>
    public const int MostNewTokens = 512;

    private static readonly JsonSerializerOptions Lenient = new()
    {
        AllowOutOfOrderMetadataProperties = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Reads <c>{"name", "task", "content": […], "max_new_tokens"}</c>.</summary>
    /// <param name="line">The line.</param>
    /// <param name="number">Its number, from 1, for messages.</param>
    /// <param name="folder">Where relative paths begin.</param>
    /// <exception cref="BatchRequestException">It cannot be used.</exception>
    public static BatchRequest Parse(string line, int number, string folder)
    {
        string? name = null;
        try
        {
            if (JsonNode.Parse(line) is not JsonObject request)
            {
                throw Bad("expected a JSON object with name, task and content");
            }

            // First of all, so that every later complaint carries it.
            name = request["name"] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;
            if (name is null)
            {
                throw Bad("name is missing or no text; give every request a name of its own");
            }

            string task = request["task"] switch
            {
                null => "",
                JsonValue key when key.TryGetValue(out string? words) => words,
                _ => throw Bad("task is no text; expected one of the 19 keys, or an empty text for a content that is taken as it is"),
            };
            if (task == "extra")
            {
                // What the reference cases call content outside the 19 keys.
                task = string.Empty;
            }

            if (task.Length > 0 && TaskCatalog.Find(task) is null)
            {
                throw Bad($"there is no task '{task}'; expected one of {string.Join(", ", TaskCatalog.All.Select(one => one.Key))}, or an empty text for a content that is taken as it is");
            }

            if (request["content"] is not JsonArray { Count: > 0 } content)
            {
                throw Bad("content is missing or empty; expected a list of items with a type of text, video, image or audio");
            }

            ContentItem[] items = [.. content.Select((item, index) => Item(item, index).WithFilePath(path => Path.GetFullPath(path, folder)))];
            return new BatchRequest(name, new Conversation(task, items), Limit(request["max_new_tokens"]));
        }
        catch (JsonException broken)
        {
            throw Bad($"not valid JSON ({Plain(broken)})");
        }
        catch (ArgumentException twice) when (name is null)
        {
            throw Bad($"not valid JSON ({twice.Message})");
        }

        BatchRequestException Bad(string why) => new(name, Terminal.OneLine($"line {number}: {why}"));

        ContentItem Item(JsonNode? item, int index)
        {
            try
            {
                return item.Deserialize<ContentItem>(Lenient) ?? throw Bad($"item {index + 1} of content is null; expected an object with a type of text, video, image or audio");
            }
            catch (Exception broken) when (broken is JsonException or NotSupportedException)
            {
                throw Bad($"item {index + 1} of content cannot be read; expected {{\"type\": \"text\", \"text\"}}, {{\"type\": \"video\", \"video\"}}, {{\"type\": \"image\", \"image\"}} or {{\"type\": \"audio\", \"audio\"}} with the fields of the reference cases ({Plain(broken)})");
            }
        }

        int Limit(JsonNode? limit) => limit is null ? MostNewTokens
            : limit is JsonValue number && number.TryGetValue(out int tokens) && tokens is >= 1 and <= MostNewTokens ? tokens
            : throw Bad($"max_new_tokens is {limit.ToJsonString()}; expected a whole number from 1 to {MostNewTokens}");
    }

    /// <summary>Why a name cannot be that of a file, or null when it can, on every kind of system.</summary>
    public static string? Unfit(string name)
    {
        const string expected = "expected a plain file name, because its trace is to be written";
        return name.IndexOfAny(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) is >= 0 and int sign ? $"the name holds '{name[sign]}'; {expected}"
            : name.Any(char.IsControl) ? $"the name holds a control character; {expected}"
            : name is "." or ".." || name.EndsWith('.') || name.Trim() != name ? $"the name is '{name}'; {expected}"
            : System.Text.Encoding.UTF8.GetByteCount(name) > 200 ? $"the name is longer than 200 bytes; {expected}"
            : null;
    }

    // Without the reader's own coordinates, which count from the start of a line that is numbered already.
    private static string Plain(Exception broken) => broken.Message.Split(" Path: ")[0].Split(" LineNumber: ")[0];
}

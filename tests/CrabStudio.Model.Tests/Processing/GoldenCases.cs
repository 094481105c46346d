using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using CrabStudio.Testing;

namespace CrabStudio.Model.Tests.Processing;

/// <summary>A reference case: its conversation and the numbers that the original gave.</summary>
public sealed class GoldenCase
{
    private readonly JsonElement json;

    private GoldenCase(string name)
    {
        Name = name;
        json = JsonDocument.Parse(File.ReadAllText(Golden.Find($"vectors/cases/{name}.json"))).RootElement;
        Vectors = Vectors.Load($"vectors/cases/{name}.safetensors");
        ContentItem[] content = [.. json.GetProperty("content").EnumerateArray().Select(item => item.Deserialize<ContentItem>()!)];
        Conversation = new Conversation(json.GetProperty("task").GetString() is "extra" ? "" : json.GetProperty("task").GetString()!, content);
    }

    public string Name { get; }

    public Vectors Vectors { get; }

    public Conversation Conversation { get; }

    /// <summary>The prompt with repeats written out.</summary>
    public string Prompt => System.Text.RegularExpressions.Regex.Replace(
        json.GetProperty("prompt").GetString()!, @"(<\|[A-Z]+\|>)\*(\d+)", match => string.Concat(Enumerable.Repeat(match.Groups[1].Value, int.Parse(match.Groups[2].Value))));

    /// <summary>Vectors of the sound, or null.</summary>
    public string? Audio => json.TryGetProperty("audio", out JsonElement audio) ? audio.GetProperty("vectors").GetString() : null;

    /// <summary>Samples of the sound after slicing; 0 without.</summary>
    public int Samples => json.TryGetProperty("audio", out JsonElement audio) ? audio.GetProperty("sliced_samples").GetInt32() : 0;

    /// <summary>SHA-256 of the heard samples as float32.</summary>
    public string AudioHash => json.GetProperty("audio").GetProperty("sha256_f32").GetString()!;

    /// <summary>Adapted linears of the audio tower in order, where the case lists them.</summary>
    public string[]? AudioLinears => Linears("audio");

    /// <summary>Adapted linears of the vision tower in order, where the case lists them.</summary>
    public string[]? VisionLinears => Linears("vision");

    /// <summary>Vectors of the pictures, or null.</summary>
    public string? Vision => json.TryGetProperty("vision", out JsonElement vision) ? vision.GetProperty("vectors").GetString() : null;

    /// <summary>Whether the pictures are a video.</summary>
    public bool IsVideo => json.TryGetProperty("vision", out JsonElement vision) && vision.GetProperty("kind").GetString() == "video";

    /// <summary>Grids of the pictures in patches.</summary>
    public int[][] Grids => json.TryGetProperty("vision", out JsonElement vision) ? vision.GetProperty("grid_thw").Deserialize<int[][]>()! : [];

    /// <summary>All cases whose vectors are here.</summary>
    public static IEnumerable<string> Names() => JsonSerializer.Deserialize<string[]>(File.ReadAllText(Golden.Find("vectors/cases/index.json")))!
        .Where(name => Golden.TryFind($"vectors/cases/{name}.safetensors") is not null);

    public static TheoryData<string> All() => [.. Names()];

    private string[]? Linears(string tower) =>
        json.TryGetProperty(tower, out JsonElement part) && part.TryGetProperty("linears", out JsonElement linears) ? linears.Deserialize<string[]>() : null;

    public static GoldenCase Load(string name) => new(name);

    /// <summary>Adapted linears of the text decoder in order.</summary>
    public string[] TextLinears => json.GetProperty("linears").Deserialize<string[]>()!;

    /// <summary>The text of at most 24 tokens.</summary>
    public string GeneratedText => json.GetProperty("generated_text").GetString()!;

    /// <summary>Whether the model ended it.</summary>
    public bool StoppedByEnd => json.GetProperty("stopped_by_eos").GetBoolean();

    /// <summary>The conversation, or the wanted part of it, with paths of files that are here.</summary>
    public Conversation InGolden(Func<ContentItem, bool>? wanted = null) => Conversation with
    {
        Content = [.. Conversation.Content.Where(item => wanted?.Invoke(item) ?? true).Select(item => item switch
        {
            VideoItem video => video with { Path = Golden.Find(video.Path) },
            ImageItem image => image with { Path = Golden.Find(image.Path) },
            AudioItem audio => audio with { Path = Golden.Find(audio.Path) },
            _ => item,
        })],
    };

    /// <summary>Media of the right sizes with nothing in them: enough for prompt, ids and positions.</summary>
    public PreparedConversation Blank()
    {
        RgbFrames[] pictures = [.. Grids.Select(grid =>
        {
            int count = IsVideo ? grid[0] * 2 : 1;
            return new RgbFrames(count, grid[1] * 14, grid[2] * 14, new byte[count * grid[1] * grid[2] * 14 * 14 * 3]);
        })];
        return new PreparedConversation(
            Conversation,
            IsVideo ? [.. pictures.Select(frames => new SeenVideo(frames, []))] : [],
            IsVideo ? [] : [.. pictures.Select(frame => new SeenImage(frame, 0))],
            Samples == 0 ? [] : [new HeardSound(new float[Samples], [])]);
    }
}

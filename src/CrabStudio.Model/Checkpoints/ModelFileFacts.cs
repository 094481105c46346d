using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CrabStudio.Model.Configuration;

namespace CrabStudio.Model.Checkpoints;

/// <summary>What <see cref="ModelInspector"/> found in a file or folder. What a kind does not have is null.</summary>
public sealed record ModelFileFacts
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new NumberConverter() },
    };

    /// <summary>torch-archive, safetensors, safetensors-index, config, adapter-config, preprocessor-config, vocab, merges, added-tokens, tokenizer, tokenizer-config, model-folder or adapter-folder.</summary>
    public required string Kind { get; init; }

    /// <summary>Number of tensors.</summary>
    public int? TensorCount { get; init; }

    /// <summary>Number of elements of all tensors; of a model folder: parameters of the Thinker.</summary>
    public long? Parameters { get; init; }

    /// <summary>Sum of the elements of all tensors; null for large files.</summary>
    public double? SumOfSums { get; init; }

    /// <summary>Tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorFacts>? Tensors { get; init; }

    /// <summary>Shapes and special ids.</summary>
    public ThinkerConfig? Config { get; init; }

    /// <summary>Numbers of I-LoRA.</summary>
    public AdapterConfig? AdapterConfig { get; init; }

    /// <summary>How media become features.</summary>
    public PreprocessorConfig? Preprocessor { get; init; }

    /// <summary>Tokens of a vocabulary, without added ones.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>Largest id, added tokens included where they are known.</summary>
    public long? LargestId { get; init; }

    /// <summary>Merges of a tokenizer.</summary>
    public int? Merges { get; init; }

    /// <summary>Added tokens.</summary>
    public int? AddedTokens { get; init; }

    /// <summary>Whether the folder says that its weights are random.</summary>
    public bool? Untrained { get; init; }

    /// <summary>The adapter in a model folder.</summary>
    public AdapterFacts? Adapter { get; init; }

    /// <summary>The facts as a JSON object with names in snake_case.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, Json)!.AsObject();

    // JSON has no words for numbers that are none; PyTorch's are used, as texts.
    private sealed class NumberConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteStringValue(double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
            }
        }
    }
}

/// <summary>One tensor.</summary>
/// <param name="Dtype">Element type in the words of PyTorch.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Sum">Sum of the elements; null in large files.</param>
public sealed record TensorFacts(string Dtype, IReadOnlyList<long> Shape, double? Sum);

/// <summary>An adapter that fits the model folder in which it lies.</summary>
/// <param name="File">Its name.</param>
/// <param name="Rank">r.</param>
/// <param name="Experts">n.</param>
/// <param name="Alpha">alpha; null when no adapter_config.json says it.</param>
/// <param name="Parameters">Number of elements.</param>
public sealed record AdapterFacts(string File, int Rank, int Experts, double? Alpha, long Parameters);

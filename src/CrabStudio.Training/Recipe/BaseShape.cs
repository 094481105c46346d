using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrabStudio.Model.Checkpoints;

namespace CrabStudio.Training.Recipe;

/// <summary>The sizes of a small base.</summary>
public sealed record BaseShape
{
    /// <summary>Longest prompt plus answer in tokens.</summary>
    internal const int MaxPositions = 32768;

    /// <summary>Width of the text decoder, and of what the towers give.</summary>
    public int Hidden { get; init; } = 192;

    /// <summary>Text layers.</summary>
    public int Layers { get; init; } = 5;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Key and value heads.</summary>
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Width inside the text feed-forward network.</summary>
    public int FeedForward { get; init; } = 512;

    /// <summary>Largest number of tokens.</summary>
    public int Vocabulary { get; init; } = 976;

    /// <summary>Rotary base: the slowest pairs turn so little over a prompt of 400 positions that a word finds by its content what lies far back.</summary>
    public double RopeTheta { get; init; } = 3000;

    /// <summary>
    /// Rotary pairs for time, height and width, in turn, from the fastest; they add up to half a head. Each axis has two pairs
    /// or more that turn by 0.2 to 1 a step, so that a step on a grid of 4 × 4 patches is a turn that can be told.
    /// </summary>
    public IReadOnlyList<int> MropeSection { get; init; } = [1, 1, 1, 1, 1, 19];

    /// <summary>Side of a patch in pixels; four of them are one token.</summary>
    public int Patch { get; init; } = 28;

    /// <summary>Width of the vision tower.</summary>
    public int VisionWidth { get; init; } = 128;

    /// <summary>Blocks of the vision tower.</summary>
    public int VisionBlocks { get; init; } = 4;

    /// <summary>Width inside the vision feed-forward networks.</summary>
    public int VisionFeedForward { get; init; } = 320;

    /// <summary>Blocks that attend to the whole frame pair.</summary>
    public IReadOnlyList<int> FullAttention { get; init; } = [1, 3];

    /// <summary>Width of the audio tower.</summary>
    public int AudioWidth { get; init; } = 144;

    /// <summary>Layers of the audio tower.</summary>
    public int AudioLayers { get; init; } = 3;

    /// <summary>Width inside the audio feed-forward networks.</summary>
    public int AudioFeedForward { get; init; } = 384;

    /// <summary>Heads of either tower.</summary>
    public int TowerHeads { get; init; } = 4;

    /// <summary>r of the adapter.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>alpha of the adapter.</summary>
    public double Alpha { get; init; } = 32;

    /// <summary>n experts of the adapter.</summary>
    public int Experts { get; init; } = 3;

    /// <summary>Writes <c>config.json</c>, <c>generation_config.json</c> and <c>preprocessor_config.json</c> as the published folder has them.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="added">Ids of the added tokens.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public void WriteConfig(string folder, IReadOnlyDictionary<string, int> added, int tokens)
    {
        Put(folder, "config.json", new JsonObject
        {
            ["architectures"] = new JsonArray("Qwen2_5OmniModel"),
            ["model_type"] = "qwen2_5_omni",
            ["enable_audio_output"] = false,
            ["torch_dtype"] = "bfloat16",
            ["transformers_version"] = "4.51.3",
            ["thinker_config"] = new JsonObject
            {
                ["model_type"] = "qwen2_5_omni_thinker",
                ["architectures"] = new JsonArray("Qwen2OmniNaViTThinkerForConditionalGeneration"),
                ["audio_token_index"] = added["<|AUDIO|>"],
                ["image_token_index"] = added["<|IMAGE|>"],
                ["video_token_index"] = added["<|VIDEO|>"],
                ["audio_start_token_id"] = added["<|audio_bos|>"],
                ["audio_end_token_id"] = added["<|audio_eos|>"],
                ["vision_start_token_id"] = added["<|vision_bos|>"],
                ["vision_end_token_id"] = added["<|vision_eos|>"],
                ["vision_token_id"] = added["<|vision_pad|>"],
                ["bos_token_id"] = added["<|im_start|>"],
                ["eos_token_id"] = added["<|im_end|>"],
                ["pad_token_id"] = added["<|endoftext|>"],
                ["ignore_index"] = -100,
                ["init_std"] = 0.02,
                ["initializer_range"] = 0.02,
                ["position_id_per_seconds"] = 25,
                ["seconds_per_chunk"] = 2,
                ["audio_config"] = Audio(),
                ["vision_config"] = Vision(),
                ["text_config"] = Text(tokens),
            },
        });
        Put(folder, "generation_config.json", new JsonObject
        {
            ["bos_token_id"] = added["<|im_start|>"],
            ["eos_token_id"] = added["<|im_end|>"],
            ["pad_token_id"] = added["<|endoftext|>"],
            ["do_sample"] = false,
            ["transformers_version"] = "4.51.3",
        });
        Put(folder, "preprocessor_config.json", new JsonObject
        {
            ["chunk_length"] = 300,
            ["dither"] = 0.0,
            ["feature_extractor_type"] = "WhisperFeatureExtractor",
            ["feature_size"] = 128,
            ["hop_length"] = 160,
            ["image_mean"] = new JsonArray(0.48145466, 0.4578275, 0.40821073),
            ["image_processor_type"] = "Qwen2VLImageProcessor",
            ["image_std"] = new JsonArray(0.26862954, 0.26130258, 0.27577711),
            ["max_pixels"] = 12845056,
            ["merge_size"] = 2,
            ["min_pixels"] = 3136,
            ["n_fft"] = 400,
            ["n_samples"] = 4800000,
            ["nb_max_frames"] = 30000,
            ["padding_side"] = "right",
            ["padding_value"] = 0.0,
            ["processor_class"] = "Qwen2_5OmniProcessor",
            ["return_attention_mask"] = true,
            ["sampling_rate"] = 16000,
            ["temporal_patch_size"] = 2,
            ["patch_size"] = Patch,
        });
    }

    private JsonObject Audio() => new()
    {
        ["model_type"] = "qwen2_5_omni_audio_encoder",
        ["activation_dropout"] = 0.0,
        ["activation_function"] = "gelu",
        ["attention_dropout"] = 0.0,
        ["dropout"] = 0.0,
        ["encoder_layerdrop"] = 0.0,
        ["num_mel_bins"] = 128,
        ["scale_embedding"] = false,
        ["max_source_positions"] = 1500,
        ["n_window"] = 100,
        ["d_model"] = AudioWidth,
        ["encoder_layers"] = AudioLayers,
        ["num_hidden_layers"] = AudioLayers,
        ["encoder_attention_heads"] = TowerHeads,
        ["encoder_ffn_dim"] = AudioFeedForward,
        ["output_dim"] = Hidden,
    };

    private JsonObject Vision() => new()
    {
        ["model_type"] = "qwen2_5_omni_vision_encoder",
        ["hidden_act"] = "silu",
        ["in_channels"] = 3,
        ["in_chans"] = 3,
        ["spatial_merge_size"] = 2,
        ["spatial_patch_size"] = Patch,
        ["patch_size"] = Patch,
        ["temporal_patch_size"] = 2,
        ["tokens_per_second"] = 25,
        ["window_size"] = 4 * Patch,
        ["depth"] = VisionBlocks,
        ["hidden_size"] = VisionWidth,
        ["embed_dim"] = VisionWidth,
        ["num_heads"] = TowerHeads,
        ["intermediate_size"] = VisionFeedForward,
        ["out_hidden_size"] = Hidden,
        ["fullatt_block_indexes"] = new JsonArray([.. FullAttention.Select(block => (JsonNode)block)]),
    };

    private JsonObject Text(int tokens) => new()
    {
        ["model_type"] = "qwen2_5_omni_text",
        ["attention_dropout"] = 0.0,
        ["hidden_act"] = "silu",
        ["init_std"] = 0.02,
        ["initializer_range"] = 0.02,
        ["max_position_embeddings"] = MaxPositions,
        ["max_window_layers"] = Layers,
        ["sliding_window"] = MaxPositions,
        ["use_sliding_window"] = false,
        ["use_cache"] = true,
        ["tie_word_embeddings"] = false,
        ["vocab_size"] = tokens,
        ["rope_scaling"] = new JsonObject { ["mrope_section"] = new JsonArray([.. MropeSection.Select(size => (JsonNode)size)]), ["rope_type"] = "default", ["type"] = "default" },
        ["hidden_size"] = Hidden,
        ["num_hidden_layers"] = Layers,
        ["num_attention_heads"] = Heads,
        ["num_key_value_heads"] = KeyValueHeads,
        ["intermediate_size"] = FeedForward,
        ["rms_norm_eps"] = 1e-6,
        ["rope_theta"] = RopeTheta,
    };

    private static void Put(string folder, string name, JsonObject content) =>
        DurableFile.Write(Path.Combine(folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(content.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n")));
}

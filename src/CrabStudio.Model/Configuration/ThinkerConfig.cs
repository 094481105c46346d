namespace CrabStudio.Model.Configuration;

/// <summary>Shapes of the Thinker as read from <c>config.json</c> → <c>thinker_config</c>; nothing is assumed about the size of a model.</summary>
public sealed record ThinkerConfig
{
    private const int MaxWidth = 1 << 17, MaxLayers = 1024, MaxVocabulary = 1 << 22;

    /// <summary>The text decoder.</summary>
    public required TextConfig Text { get; init; }

    /// <summary>The vision tower.</summary>
    public required VisionConfig Vision { get; init; }

    /// <summary>The audio tower.</summary>
    public required AudioConfig Audio { get; init; }

    /// <summary>Id of the placeholder of an audio token.</summary>
    public required int AudioToken { get; init; }

    /// <summary>Id of the placeholder of an image token.</summary>
    public required int ImageToken { get; init; }

    /// <summary>Id of the placeholder of a video token.</summary>
    public required int VideoToken { get; init; }

    /// <summary>Id of audio_bos.</summary>
    public required int AudioStartToken { get; init; }

    /// <summary>Id of audio_eos.</summary>
    public required int AudioEndToken { get; init; }

    /// <summary>Id of vision_bos.</summary>
    public required int VisionStartToken { get; init; }

    /// <summary>Id of vision_eos.</summary>
    public required int VisionEndToken { get; init; }

    /// <summary>Id that ends an answer (im_end).</summary>
    public required int EndToken { get; init; }

    /// <summary>Id of padding.</summary>
    public required int PadToken { get; init; }

    /// <summary>Time positions a second of the rotary embedding (25).</summary>
    public required int PositionsPerSecond { get; init; }

    /// <summary>Reads <c>config.json</c> of a model folder, or the file itself.</summary>
    /// <exception cref="ModelException">A field is missing, of another kind, or out of bounds.</exception>
    public static ThinkerConfig Load(string folderOrFile)
    {
        string file = Directory.Exists(folderOrFile) ? System.IO.Path.Combine(folderOrFile, "config.json") : folderOrFile;
        JsonFile root = JsonFile.Read(file);
        // A thinker saved alone has its fields at the top.
        JsonFile thinker = !root.Has("thinker_config") && root.Has("text_config") && root.Has("audio_config") ? root : root.Object("thinker_config");
        TextConfig text = TextConfig.Read(thinker.Object("text_config"), MaxWidth, MaxLayers, MaxVocabulary);
        VisionConfig vision = VisionConfig.Read(thinker.Object("vision_config"), MaxWidth, MaxLayers);
        AudioConfig audio = AudioConfig.Read(thinker.Object("audio_config"), MaxWidth, MaxLayers);
        if (vision.OutputSize != text.HiddenSize)
        {
            throw thinker.Wrong("vision_config.out_hidden_size", vision.OutputSize, $"the text width {text.HiddenSize}");
        }

        if (audio.OutputSize != text.HiddenSize)
        {
            throw thinker.Wrong("audio_config.output_dim", audio.OutputSize, $"the text width {text.HiddenSize}");
        }

        int Id(string field) => thinker.Int(field, 0, text.VocabularySize - 1);
        var config = new ThinkerConfig
        {
            Text = text,
            Vision = vision,
            Audio = audio,
            AudioToken = Id("audio_token_index"),
            ImageToken = Id("image_token_index"),
            VideoToken = Id("video_token_index"),
            AudioStartToken = Id("audio_start_token_id"),
            AudioEndToken = Id("audio_end_token_id"),
            VisionStartToken = Id("vision_start_token_id"),
            VisionEndToken = Id("vision_end_token_id"),
            EndToken = Id("eos_token_id"),
            PadToken = Id("pad_token_id"),
            PositionsPerSecond = thinker.Int("position_id_per_seconds", 1, 10000),
        };
        if (config.AudioToken == config.ImageToken || config.AudioToken == config.VideoToken || config.ImageToken == config.VideoToken)
        {
            throw thinker.Wrong("video_token_index", config.VideoToken, "three different placeholders for audio, image and video");
        }

        return config;
    }
}

/// <summary>The text decoder.</summary>
/// <param name="HiddenSize">Width of the hidden states.</param>
/// <param name="Layers">Number of layers.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads (grouped-query attention).</param>
/// <param name="IntermediateSize">Width inside the feed-forward network.</param>
/// <param name="VocabularySize">Rows of the embedding.</param>
/// <param name="NormEpsilon">Epsilon of RMSNorm.</param>
/// <param name="RopeTheta">Base of the rotary frequencies.</param>
/// <param name="MropeSection">Rotary pairs for time, height and width in turn; they add up to half a head.</param>
/// <param name="MaxPositions">Longest prompt plus answer.</param>
/// <param name="TiedEmbeddings">The output layer is the embedding.</param>
public sealed record TextConfig(
    int HiddenSize, int Layers, int Heads, int KeyValueHeads, int IntermediateSize, int VocabularySize,
    double NormEpsilon, double RopeTheta, IReadOnlyList<int> MropeSection, int MaxPositions, bool TiedEmbeddings)
{
    /// <summary>Width of a head.</summary>
    public int HeadSize => HiddenSize / Heads;

    internal static TextConfig Read(JsonFile json, int maxWidth, int maxLayers, int maxVocabulary)
    {
        int hidden = json.Int("hidden_size", 1, maxWidth), heads = json.Int("num_attention_heads", 1, 4096), groups = json.Int("num_key_value_heads", 1, 4096);
        if (hidden % heads != 0 || hidden / heads % 2 != 0)
        {
            throw json.Wrong("num_attention_heads", heads, $"a divisor of hidden_size {hidden} that leaves an even head");
        }

        if (heads % groups != 0)
        {
            throw json.Wrong("num_key_value_heads", groups, $"a divisor of num_attention_heads {heads}");
        }

        if (json.Has("hidden_act") && json.Text("hidden_act") is not ("silu" or "swish"))
        {
            throw json.Wrong("hidden_act", JsonFile.Printable(json.Text("hidden_act"), 40), "silu");
        }

        if (json.Flag("use_sliding_window", false))
        {
            throw json.Wrong("use_sliding_window", "true", "false (no Crab⁺ base uses a sliding window)");
        }

        int[] section = json.Object("rope_scaling").Ints("mrope_section", 0, 4096);
        // The reference takes the axes in turn for as many parts as there are (i % 3): three for the published model, more where a small one says so.
        if (section.Length is not (3 or 6 or 9) || section.Sum() != hidden / heads / 2)
        {
            throw json.Wrong("rope_scaling.mrope_section", $"[{string.Join(", ", section)}]", $"3, 6 or 9 parts that add up to half a head, {hidden / heads / 2}");
        }

        return new TextConfig(
            hidden, json.Int("num_hidden_layers", 1, maxLayers), heads, groups, json.Int("intermediate_size", 1, maxWidth * 8),
            json.Int("vocab_size", 1, maxVocabulary), json.Number("rms_norm_eps", 1e-20, 1, 1e-6), json.Number("rope_theta", 1e-3, 1e12),
            section, json.Int("max_position_embeddings", 1, 1 << 24, 32768), json.Flag("tie_word_embeddings", false));
    }
}

/// <summary>The vision tower.</summary>
/// <param name="Depth">Number of blocks.</param>
/// <param name="HiddenSize">Width.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="IntermediateSize">Width inside the feed-forward network.</param>
/// <param name="OutputSize">Width after the merger: the text width.</param>
/// <param name="Channels">Channels of a picture.</param>
/// <param name="PatchSize">Side of a patch in pixels.</param>
/// <param name="TemporalPatchSize">Frames in a patch.</param>
/// <param name="MergeSize">Patches a side that the merger joins.</param>
/// <param name="WindowSize">Side of an attention window in pixels.</param>
/// <param name="FullAttentionBlocks">Blocks that attend to the whole frame pair.</param>
public sealed record VisionConfig(
    int Depth, int HiddenSize, int Heads, int IntermediateSize, int OutputSize, int Channels, int PatchSize,
    int TemporalPatchSize, int MergeSize, int WindowSize, IReadOnlyList<int> FullAttentionBlocks)
{
    /// <summary>Values of one patch.</summary>
    public int PatchValues => Channels * TemporalPatchSize * PatchSize * PatchSize;

    internal static VisionConfig Read(JsonFile json, int maxWidth, int maxLayers)
    {
        int hidden = json.Int("hidden_size", 1, maxWidth), heads = json.Int("num_heads", 1, 4096), depth = json.Int("depth", 1, maxLayers);
        // Half of a head's pairs turn with the row, half with the column.
        if (hidden % heads != 0 || hidden / heads % 4 != 0)
        {
            throw json.Wrong("num_heads", heads, $"a divisor of hidden_size {hidden} that leaves heads divisible by 4");
        }

        if (json.Has("hidden_act") && json.Text("hidden_act") is not ("silu" or "swish"))
        {
            throw json.Wrong("hidden_act", JsonFile.Printable(json.Text("hidden_act"), 40), "silu");
        }

        int patch = json.Int("patch_size", 1, 1024), merge = json.Int("spatial_merge_size", 1, 64), window = json.Int("window_size", 1, 1 << 16);
        if (window % (patch * merge) != 0)
        {
            throw json.Wrong("window_size", window, $"a multiple of the merged patch, {patch * merge} pixels");
        }

        return new VisionConfig(
            depth, hidden, heads, json.Int("intermediate_size", 1, maxWidth * 8), json.Int("out_hidden_size", 1, maxWidth),
            json.Int(json.Has("in_channels") ? "in_channels" : "in_chans", 1, 64, 3), patch, json.Int("temporal_patch_size", 1, 64), merge, window,
            json.Ints("fullatt_block_indexes", 0, depth - 1));
    }
}

/// <summary>The audio tower.</summary>
/// <param name="Layers">Number of layers.</param>
/// <param name="Width">d_model.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="FeedForwardSize">Width inside the feed-forward network.</param>
/// <param name="OutputSize">Width after the projection: the text width.</param>
/// <param name="MelBins">Mel bins.</param>
/// <param name="Window">n_window: half of a chunk's mel frames.</param>
/// <param name="MaxPositions">Rows of the sinusoidal table.</param>
public sealed record AudioConfig(int Layers, int Width, int Heads, int FeedForwardSize, int OutputSize, int MelBins, int Window, int MaxPositions)
{
    internal static AudioConfig Read(JsonFile json, int maxWidth, int maxLayers)
    {
        int width = json.Int("d_model", 1, maxWidth), heads = json.Int("encoder_attention_heads", 1, 4096);
        if (width % heads != 0 || width % 2 != 0)
        {
            throw json.Wrong("encoder_attention_heads", heads, $"a divisor of an even d_model, {width}");
        }

        if (json.Has("activation_function") && json.Text("activation_function") != "gelu")
        {
            throw json.Wrong("activation_function", JsonFile.Printable(json.Text("activation_function"), 40), "gelu");
        }

        int window = json.Int("n_window", 1, 1 << 16), positions = json.Int("max_source_positions", 1, 1 << 20, 1500);
        if (window > positions)
        {
            throw json.Wrong("n_window", window, $"at most max_source_positions, {positions}");
        }

        return new AudioConfig(
            json.Int("encoder_layers", 1, maxLayers), width, heads, json.Int("encoder_ffn_dim", 1, maxWidth * 8), json.Int("output_dim", 1, maxWidth),
            json.Int("num_mel_bins", 1, 1024), window, positions);
    }
}

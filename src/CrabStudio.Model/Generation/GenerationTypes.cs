using CrabStudio.Model.Configuration;
using CrabStudio.Model.Lora;

namespace CrabStudio.Model.Generation;

/// <summary>What a stretch of prompt positions stands for.</summary>
public enum PromptPart
{
    /// <summary>Words and markers.</summary>
    Text,

    /// <summary>Audio tokens, 25 a second of the heard signal.</summary>
    Audio,

    /// <summary>Merged patches of video frames.</summary>
    Video,

    /// <summary>Merged patches of a still.</summary>
    Image,
}

/// <summary>A run of prompt positions of one kind.</summary>
/// <param name="Part">The kind.</param>
/// <param name="Start">First position.</param>
/// <param name="Length">Number of positions.</param>
/// <param name="GridTimes">Video and image: frame pairs (1 for a still).</param>
/// <param name="GridRows">Video and image: rows of merged patches.</param>
/// <param name="GridColumns">Video and image: columns of merged patches.</param>
public sealed record PromptSpan(PromptPart Part, int Start, int Length, int GridTimes = 0, int GridRows = 0, int GridColumns = 0);

/// <summary>What is known once the prompt has been read.</summary>
/// <param name="PromptTokens">Length of the prompt in tokens.</param>
/// <param name="Spans">The kinds of its positions, in order, without gaps.</param>
/// <param name="Text">Routers of the text decoder over the prompt; null without an adapter or when capture is off.</param>
/// <param name="Audio">Routers of the audio tower over its frames (before pooling); null likewise or without sound.</param>
/// <param name="Vision">Routers of the vision tower over its patches (before merging, in the tower's window order as in the reference vectors); null likewise or without pictures.</param>
public sealed record PrefillResult(int PromptTokens, IReadOnlyList<PromptSpan> Spans, RouteMatrix? Text, RouteMatrix? Audio, RouteMatrix? Vision);

/// <summary>One generated token.</summary>
/// <param name="Index">0 for the first.</param>
/// <param name="TokenId">Its id.</param>
/// <param name="Text">The text that it completes: whole characters only, possibly empty.</param>
/// <param name="Routes">The text routers that produced it, [linear, expert] row by row: for the first token those of the prefill's last position; null when capture is off.</param>
public sealed record GeneratedToken(int Index, int TokenId, string Text, float[]? Routes);

/// <summary>Why a generation ended.</summary>
public enum StopReason
{
    /// <summary>The model said im_end.</summary>
    EndOfText,

    /// <summary>The limit on new tokens was reached.</summary>
    Length,
}

/// <summary>Facts about a loaded model that a page may show. Holds no tensors.</summary>
/// <param name="Name">Folder name of the base.</param>
/// <param name="Adapter">File name of the adapter, or null.</param>
/// <param name="Untrained">True when the folder says that its weights are random.</param>
/// <param name="Parameters">Number of base parameters.</param>
/// <param name="AdapterParameters">Number of adapter parameters.</param>
/// <param name="Layers">Text layers.</param>
/// <param name="Experts">Experts of each adapted linear (0 without an adapter).</param>
/// <param name="Rank">Rank r of the adapter.</param>
/// <param name="Alpha">alpha of the adapter.</param>
/// <param name="TextLinears">Adapted linears of the text decoder, in order.</param>
/// <param name="AudioLinears">Adapted linears of the audio tower, in order.</param>
/// <param name="VisionLinears">Adapted linears of the vision tower, in order.</param>
/// <param name="Precision">fp32 or bf16.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="ContextTokens">Longest prompt plus answer in tokens.</param>
public sealed record ModelFacts(
    string Name,
    string? Adapter,
    bool Untrained,
    long Parameters,
    long AdapterParameters,
    int Layers,
    int Experts,
    int Rank,
    double Alpha,
    IReadOnlyList<string> TextLinears,
    IReadOnlyList<string> AudioLinears,
    IReadOnlyList<string> VisionLinears,
    string Precision,
    string Device,
    int ContextTokens)
{
    /// <summary>What a small model knows and how well it does; null where the folder has no card.</summary>
    public ModelCard? Card { get; init; }

    /// <summary>Merged patches a side of the vision tower's attention windows, which give the order of its routes; null in facts stored before it was kept.</summary>
    public int? VisionWindow { get; init; }
}

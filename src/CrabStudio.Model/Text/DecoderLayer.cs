using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Layers;
using CrabStudio.Model.Lora;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Model.Text;

/// <summary>What one run of tokens brings to every layer.</summary>
/// <param name="Cos">[tokens, head].</param>
/// <param name="Sin">[tokens, head].</param>
/// <param name="Mask">Added to the scores, [groups · tokens, all tokens so far]; null for a single token, which sees everything.</param>
/// <param name="Start">Index of the first token of the run in the cache.</param>
/// <param name="Cache">Keys and values so far; null when the run is the whole sequence, as in training.</param>
public sealed record AttentionInput(Tensor Cos, Tensor Sin, Tensor? Mask, long Start, KeyValueCache? Cache);

/// <summary>Grouped-query self-attention; q, k, v and o are adapted.</summary>
public sealed class SelfAttention
{
    private readonly ILoraLinear q_proj, k_proj, v_proj, o_proj;
    private readonly int layer, heads, groups, head;

    /// <summary>Takes the weights of <c>self_attn</c>.</summary>
    public SelfAttention(WeightScope weights, TextConfig config, int layer, RouteRecorder routes)
    {
        this.layer = layer;
        (heads, groups, head) = (config.KeyValueHeads, config.Heads / config.KeyValueHeads, config.HeadSize);
        long inner = config.KeyValueHeads * head;
        q_proj = new ILoraLinear(weights.At("q_proj"), config.HiddenSize, config.HiddenSize, true, routes);
        k_proj = new ILoraLinear(weights.At("k_proj"), config.HiddenSize, inner, true, routes);
        v_proj = new ILoraLinear(weights.At("v_proj"), config.HiddenSize, inner, true, routes);
        o_proj = new ILoraLinear(weights.At("o_proj"), config.HiddenSize, config.HiddenSize, false, routes);
    }

    /// <summary>[tokens, hidden] → [tokens, hidden].</summary>
    public Tensor Forward(Tensor x, AttentionInput input)
    {
        long tokens = x.shape[0];
        Tensor q = q_proj.Forward(x).view(tokens, heads * groups, head).transpose(0, 1);
        Tensor k = k_proj.Forward(x).view(tokens, heads, head).transpose(0, 1);
        Tensor v = v_proj.Forward(x).view(tokens, heads, head).transpose(0, 1);
        q = MultimodalRotaryEmbedding.Rotate(q, input.Cos, input.Sin);
        k = MultimodalRotaryEmbedding.Rotate(k, input.Cos, input.Sin);
        (Tensor keys, Tensor values) = input.Cache?.Append(layer, input.Start, k, v) ?? (k, v);

        // The query heads that share a key head stand below each other as rows, so that keys are never repeated in memory.
        q = q.reshape(1, heads, groups * tokens, head);
        Tensor mixed = functional.scaled_dot_product_attention(q, keys.unsqueeze(0), values.unsqueeze(0), input.Mask);
        return o_proj.Forward(mixed.view(heads * groups, tokens, head).transpose(0, 1).reshape(tokens, heads * groups * head));
    }
}

/// <summary>One pre-norm layer: attention, then feed-forward, each added to its input.</summary>
public sealed class DecoderLayer
{
    private readonly RmsNorm input_layernorm, post_attention_layernorm;
    private readonly SelfAttention self_attn;
    private readonly FeedForward mlp;
    private readonly string name;

    /// <summary>Takes the weights of <c>layers.N</c>.</summary>
    public DecoderLayer(WeightScope weights, TextConfig config, int layer, RouteRecorder routes)
    {
        name = $"text.layer{layer}";
        input_layernorm = new RmsNorm(weights.At("input_layernorm"), config.HiddenSize, config.NormEpsilon);
        self_attn = new SelfAttention(weights.At("self_attn"), config, layer, routes);
        post_attention_layernorm = new RmsNorm(weights.At("post_attention_layernorm"), config.HiddenSize, config.NormEpsilon);
        mlp = new FeedForward(weights.At("mlp"), config.HiddenSize, config.IntermediateSize, false, routes);
    }

    /// <summary>[tokens, hidden] → [tokens, hidden].</summary>
    public Tensor Forward(Tensor x, AttentionInput input, ForwardContext context)
    {
        Tensor attended = self_attn.Forward(input_layernorm.Forward(x), input);
        context.Trace?.Invoke($"{name}.attention", attended);
        x = x.Plus(attended);
        Tensor fed = mlp.Forward(post_attention_layernorm.Forward(x));
        context.Trace?.Invoke($"{name}.mlp", fed);
        return x.Plus(fed);
    }
}

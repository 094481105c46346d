using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Layers;
using CrabStudio.Model.Lora;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Model.Text;

/// <summary>The text decoder: embedding, layers, final norm, output layer.</summary>
public sealed class TextDecoder
{
    // Rows that pass a layer at once while a prompt is read: small enough that Stop is heard in time between two runs.
    private const int RunLength = 256;

    private readonly TextConfig config;
    private readonly Tensor embed_tokens;
    private readonly DecoderLayer[] layers;
    private readonly RmsNorm norm;
    private readonly Tensor lm_head;
    private readonly MultimodalRotaryEmbedding rotary;

    /// <summary>Takes <c>model.…</c> and <c>lm_head.weight</c> below the Thinker's scope.</summary>
    public TextDecoder(WeightScope thinker, TextConfig config, RouteRecorder routes)
    {
        this.config = config;
        Routes = routes;
        WeightScope model = thinker.At("model");
        embed_tokens = model.At("embed_tokens").Get("weight", config.VocabularySize, config.HiddenSize);
        layers = [.. Enumerable.Range(0, config.Layers).Select(layer => new DecoderLayer(model.At($"layers.{layer}"), config, layer, routes))];
        norm = new RmsNorm(model.At("norm"), config.HiddenSize, config.NormEpsilon);
        lm_head = config.TiedEmbeddings ? embed_tokens : thinker.At("lm_head").Get("weight", config.VocabularySize, config.HiddenSize);
        rotary = new MultimodalRotaryEmbedding(config, embed_tokens.device.type == DeviceType.META ? CPU : embed_tokens.device);
    }

    /// <summary>Routers of the adapted linears.</summary>
    public RouteRecorder Routes { get; }

    /// <summary>Type of the weights and hidden states.</summary>
    public ScalarType DType => embed_tokens.dtype;

    /// <summary>Where the weights are.</summary>
    public Device Device => embed_tokens.device;

    /// <summary>ids [tokens] → embeddings [tokens, hidden].</summary>
    public Tensor Embed(Tensor ids) => embed_tokens.index_select(0, ids);

    /// <summary>Room for a prompt and its answer.</summary>
    public KeyValueCache NewCache(long capacity) => new(config, capacity, DType, Device);

    /// <summary>Hidden states [tokens, hidden] → logits [tokens, vocabulary] in float32.</summary>
    public Tensor Logits(Tensor hidden) => functional.linear(hidden, lm_head).to(ScalarType.Float32);

    /// <summary>
    /// Runs the layers over new tokens. Layer by layer, and inside a layer run by run, so that a long prompt needs little
    /// memory and can be stopped at once.
    /// </summary>
    /// <param name="embeddings">[tokens, hidden].</param>
    /// <param name="positions">[3, tokens], int64: time, height, width.</param>
    /// <param name="cache">Keys and values of the tokens before; the new ones are added. Null: there are none before and none after, as in training, and all tokens pass at once.</param>
    /// <param name="start">Number of tokens in the cache before.</param>
    /// <param name="context">Cancellation, progress, trace.</param>
    /// <param name="branches">Without a cache: where branches begin that share what is before the first and do not see each other; empty: one sequence.</param>
    /// <returns>Hidden states of the last layer before the final norm, [tokens, hidden].</returns>
    public Tensor Forward(Tensor embeddings, Tensor positions, KeyValueCache? cache, long start, ForwardContext context, IReadOnlyList<int>? branches = null)
    {
        using DisposeScope all = NewDisposeScope();
        (Tensor cos3, Tensor sin3) = rotary.Angles(positions);
        context.Trace?.Invoke("text.inputs_embeds", embeddings);
        context.Trace?.Invoke("text.rope_cos", cos3);
        context.Trace?.Invoke("text.rope_sin", sin3);
        Tensor cos = rotary.Select(cos3).to(DType), sin = rotary.Select(sin3).to(DType);
        long tokens = embeddings.shape[0];
        var runs = new List<(long From, AttentionInput Input)>();
        long longest = cache is null ? tokens : RunLength;
        for (long from = 0; from < tokens; from += longest)
        {
            long count = Math.Min(longest, tokens - from);
            runs.Add((from, new AttentionInput(cos.narrow(0, from, count), sin.narrow(0, from, count), Mask(count, start + from, branches ?? []), start + from, cache)));
        }

        Tensor hidden = embeddings;
        for (int layer = 0; layer < layers.Length; layer++)
        {
            using DisposeScope one = NewDisposeScope();
            var outputs = new List<Tensor>();
            foreach ((long from, AttentionInput input) in runs)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                outputs.Add(layers[layer].Forward(runs.Count == 1 ? hidden : hidden.narrow(0, from, input.Cos.shape[0]), input, context));
            }

            hidden = (outputs.Count == 1 ? outputs[0] : cat(outputs, 0)).MoveToOuterDisposeScope();
            context.Trace?.Invoke($"text.layer{layer}", hidden);
            context.Progress?.Invoke((layer + 1.0) / layers.Length);
        }

        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>The final norm, [tokens, hidden] → [tokens, hidden].</summary>
    public Tensor Norm(Tensor hidden) => norm.Forward(hidden);

    // Row g·tokens + i belongs to token start + i, which sees the keys 0 … start + i, but for those of earlier branches.
    private Tensor? Mask(long tokens, long start, IReadOnlyList<int> branches)
    {
        if (tokens == 1)
        {
            return null;
        }

        Tensor causal = empty([tokens, start + tokens], DType, Device).Fill(double.NegativeInfinity).triu(start + 1);
        for (int i = 1; i < branches.Count; i++)
        {
            causal.narrow(0, branches[i], tokens - branches[i]).narrow(1, branches[0], branches[i] - branches[0]).Fill(double.NegativeInfinity);
        }

        return causal.repeat(config.Heads / config.KeyValueHeads, 1);
    }
}

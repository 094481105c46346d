using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Layers;
using CrabStudio.Model.Lora;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Model.Audio;

/// <summary>
/// The audio tower of Qwen2.5-Omni: a Whisper encoder that works in chunks. A chunk of 2·n_window mel frames (two
/// seconds) is convolved on its own, has positions of its own and attends to itself only; then frames are averaged in
/// pairs over the whole sound and projected to the text width: 25 tokens a second.
/// </summary>
public sealed class AudioTower
{
    private readonly AudioConfig config;
    private readonly Tensor conv1_weight, conv1_bias, conv2_weight, conv2_bias;
    private readonly AudioLayer[] layers;
    private readonly LayerNorm ln_post;
    private readonly Linear proj;
    private readonly Tensor positions;

    /// <summary>Takes the weights of <c>audio_tower</c>.</summary>
    public AudioTower(WeightScope weights, AudioConfig config, RouteRecorder routes)
    {
        this.config = config;
        Routes = routes;
        conv1_weight = weights.At("conv1").Get("weight", config.Width, config.MelBins, 3);
        conv1_bias = weights.At("conv1").Get("bias", config.Width);
        conv2_weight = weights.At("conv2").Get("weight", config.Width, config.Width, 3);
        conv2_bias = weights.At("conv2").Get("bias", config.Width);
        layers = [.. Enumerable.Range(0, config.Layers).Select(layer => new AudioLayer(weights.At($"layers.{layer}"), config, routes))];
        ln_post = new LayerNorm(weights.At("ln_post"), config.Width);
        proj = new Linear(weights.At("proj"), config.Width, config.OutputSize);
        positions = conv1_weight.device.type == DeviceType.META ? empty(0).DetachFromDisposeScope() : Sinusoids(config.Window, config.Width).to(conv1_weight.dtype, conv1_weight.device).DetachFromDisposeScope();
    }

    /// <summary>Routers of the adapted linears (q, k, v of every layer), one weight for each frame before pooling.</summary>
    public RouteRecorder Routes { get; }

    /// <summary>Audio tokens that come of so many mel frames: half after the second convolution (rounded up), half of that after pooling (rounded down).</summary>
    public static int Tokens(int melFrames) => (melFrames + 1) / 2 / 2;

    /// <summary>Sounds as mel [bins, frames] → embeddings of all of them, [tokens, text width].</summary>
    public Tensor Forward(IReadOnlyList<Tensor> mels, ForwardContext context)
    {
        using DisposeScope all = NewDisposeScope();
        var hiddens = new List<Tensor>();
        var chunks = new List<int>();
        var frames = new List<long>();
        foreach (Tensor mel in mels)
        {
            (Tensor embedded, int[] lengths) = Embed(mel.to(conv1_weight.dtype, conv1_weight.device), context);
            hiddens.Add(embedded);
            chunks.AddRange(lengths);
            frames.Add(lengths.Sum());
        }

        Tensor hidden = cat(hiddens, 0);
        for (int layer = 0; layer < layers.Length; layer++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using DisposeScope one = NewDisposeScope();
            Tensor next = layers[layer].Forward(hidden, chunks).MoveToOuterDisposeScope();
            hidden.Dispose();
            hidden = next;
            context.Trace?.Invoke($"audio.layer{layer}", hidden);
            context.Progress?.Invoke((layer + 1.0) / layers.Length);
        }

        var outputs = new List<Tensor>();
        long at = 0;
        foreach (long count in frames)
        {
            Tensor pooled = functional.avg_pool1d(hidden.narrow(0, at, count).transpose(0, 1).unsqueeze(0), 2, 2).squeeze(0).transpose(0, 1);
            Tensor normed = ln_post.Forward(pooled);
            context.Trace?.Invoke("audio.ln_post", normed);
            outputs.Add(proj.Forward(normed));
            context.Trace?.Invoke("audio.proj", outputs[^1]);
            at += count;
        }

        return cat(outputs, 0).MoveToOuterDisposeScope();
    }

    // mel [bins, frames] → [frames after the second convolution, width] and the length of each chunk there.
    private (Tensor Hidden, int[] Chunks) Embed(Tensor mel, ForwardContext context)
    {
        int size = 2 * config.Window, total = (int)mel.shape[1];
        int[] lengths = [.. Enumerable.Range(0, (total + size - 1) / size).Select(chunk => Math.Min(size, total - (chunk * size)))];
        int longest = lengths.Max();
        Tensor padded = zeros([lengths.Length, config.MelBins, longest], mel.dtype, mel.device);
        Tensor mask = zeros([lengths.Length, 1, longest], mel.dtype, mel.device);
        for (int chunk = 0; chunk < lengths.Length; chunk++)
        {
            padded[chunk].narrow(1, 0, lengths[chunk]).copy_(mel.narrow(1, chunk * size, lengths[chunk]));
            mask[chunk].narrow(1, 0, lengths[chunk]).Fill(1);
        }

        // The mask between the convolutions keeps the padding of a short last chunk from leaking into it.
        Tensor first = functional.conv1d(padded, conv1_weight, conv1_bias, padding: 1);
        context.Trace?.Invoke("audio.conv1", first);
        Tensor second = functional.conv1d(functional.gelu(first) * mask, conv2_weight, conv2_bias, stride: 2, padding: 1);
        context.Trace?.Invoke("audio.conv2", second);
        Tensor embedded = functional.gelu(second).transpose(1, 2);
        embedded = embedded.Plus(positions.narrow(0, 0, embedded.shape[1]));
        int[] after = [.. lengths.Select(length => ((length - 1) / 2) + 1)];
        return (cat(after.Select((length, chunk) => embedded[chunk].narrow(0, 0, length)).ToArray(), 0), after);
    }

    // Whisper's table: sines, then cosines, of frequencies from 1 down to 1/10000.
    private static Tensor Sinusoids(int length, int channels)
    {
        double increment = Math.Log(10000) / ((channels / 2) - 1);
        using Tensor inverse = exp(Count(channels / 2).Times(-increment));
        using Tensor time = Count(length).unsqueeze(1) * inverse.unsqueeze(0);
        return cat([time.sin(), time.cos()], 1);
    }

    // 0, 1, 2, …
    private static Tensor Count(int length) => tensor(Enumerable.Range(0, length).Select(number => (float)number).ToArray());
}

/// <summary>One pre-norm encoder layer of the audio tower; q, k and v are adapted, out_proj is not.</summary>
public sealed class AudioLayer
{
    private readonly int heads, head;
    private readonly LayerNorm self_attn_layer_norm, final_layer_norm;
    private readonly ILoraLinear q_proj, k_proj, v_proj;
    private readonly Linear out_proj, fc1, fc2;

    /// <summary>Takes the weights of <c>layers.N</c>.</summary>
    public AudioLayer(WeightScope weights, AudioConfig config, RouteRecorder routes)
    {
        (heads, head) = (config.Heads, config.Width / config.Heads);
        WeightScope attention = weights.At("self_attn");
        self_attn_layer_norm = new LayerNorm(weights.At("self_attn_layer_norm"), config.Width);
        q_proj = new ILoraLinear(attention.At("q_proj"), config.Width, config.Width, true, routes);
        k_proj = new ILoraLinear(attention.At("k_proj"), config.Width, config.Width, false, routes);
        v_proj = new ILoraLinear(attention.At("v_proj"), config.Width, config.Width, true, routes);
        out_proj = new Linear(attention.At("out_proj"), config.Width, config.Width);
        final_layer_norm = new LayerNorm(weights.At("final_layer_norm"), config.Width);
        fc1 = new Linear(weights.At("fc1"), config.Width, config.FeedForwardSize);
        fc2 = new Linear(weights.At("fc2"), config.FeedForwardSize, config.Width);
    }

    /// <summary>[frames, width] → [frames, width]; attention stays inside each chunk.</summary>
    public Tensor Forward(Tensor x, IReadOnlyList<int> chunks)
    {
        long frames = x.shape[0];
        Tensor normed = self_attn_layer_norm.Forward(x);
        Tensor q = q_proj.Forward(normed).view(frames, heads, head);
        Tensor k = k_proj.Forward(normed).view(frames, heads, head);
        Tensor v = v_proj.Forward(normed).view(frames, heads, head);
        x = x.Plus(out_proj.Forward(SegmentedAttention.Forward(q, k, v, chunks)));
        return x.Plus(fc2.Forward(functional.gelu(fc1.Forward(final_layer_norm.Forward(x)))));
    }
}

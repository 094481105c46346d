using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Layers;
using CrabStudio.Model.Lora;
using CrabStudio.Model.Processing;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Model.Vision;

/// <summary>
/// The vision tower of Qwen2.5-Omni: patches of two frames × 14 × 14 pixels, blocks that attend inside windows of 112
/// pixels (a few to the whole frame pair), and a merger that makes one token of 2 × 2 patches.
/// </summary>
public sealed class VisionTower
{
    private readonly VisionConfig config;
    private readonly Tensor patch_embed;
    private readonly VisionBlock[] blocks;
    private readonly RmsNorm ln_q;
    private readonly Linear mlp0, mlp2;
    private readonly HashSet<int> fullAttention;

    /// <summary>Takes the weights of <c>visual</c>.</summary>
    public VisionTower(WeightScope weights, VisionConfig config, RouteRecorder routes)
    {
        this.config = config;
        Routes = routes;
        patch_embed = weights.At("patch_embed.proj").Get("weight", config.HiddenSize, config.Channels, config.TemporalPatchSize, config.PatchSize, config.PatchSize);
        blocks = [.. Enumerable.Range(0, config.Depth).Select(block => new VisionBlock(weights.At($"blocks.{block}"), config, routes))];
        int merged = config.HiddenSize * config.MergeSize * config.MergeSize;
        ln_q = new RmsNorm(weights.At("merger.ln_q"), config.HiddenSize, 1e-6);
        mlp0 = new Linear(weights.At("merger.mlp.0"), merged, merged);
        mlp2 = new Linear(weights.At("merger.mlp.2"), merged, config.OutputSize);
        fullAttention = [.. config.FullAttentionBlocks];
    }

    /// <summary>Routers of the adapted linears (gate, up, down of every block), one weight for each patch, in window order.</summary>
    public RouteRecorder Routes { get; }

    /// <summary>Patches [patches, values] of all items → embeddings [merged patches, text width] in the items' own order.</summary>
    public Tensor Forward(VisionInput input, ForwardContext context)
    {
        using DisposeScope all = NewDisposeScope();
        Device device = patch_embed.device;
        int unit = config.MergeSize * config.MergeSize;
        (int[] index, int[] lengths) = VisionGeometry.Windows(input.Grids, config.MergeSize, config.WindowSize / config.PatchSize / config.MergeSize);
        Tensor order = tensor(index.Select(i => (long)i).ToArray(), ScalarType.Int64, device: device);
        Tensor InWindowOrder(Tensor x) => x.reshape(index.Length, unit, x.shape[^1]).index_select(0, order).reshape(x.shape);

        // A convolution whose kernel is as large as its stride is a linear layer on each patch.
        Tensor hidden = functional.linear(input.Patches.to(patch_embed.dtype, device), patch_embed.view(config.HiddenSize, config.PatchValues));
        context.Trace?.Invoke("vision.patch_embed", hidden);
        hidden = InWindowOrder(hidden);
        Tensor angles = InWindowOrder(Rotary(input.Grids).to(device));
        Tensor both = cat([angles, angles], -1).unsqueeze(1);
        (Tensor cos, Tensor sin) = (both.cos(), both.sin());
        int[] windows = [.. lengths.Select(length => length * unit)];
        int[] framePairs = [.. input.Grids.SelectMany(grid => Enumerable.Repeat(grid.Rows * grid.Columns, grid.Times))];
        for (int block = 0; block < blocks.Length; block++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using DisposeScope one = NewDisposeScope();
            Tensor next = blocks[block].Forward(hidden, cos, sin, fullAttention.Contains(block) ? framePairs : windows).MoveToOuterDisposeScope();
            hidden.Dispose();
            hidden = next;
            context.Trace?.Invoke($"vision.block{block}", hidden);
            context.Progress?.Invoke((block + 1.0) / blocks.Length);
        }

        Tensor joined = ln_q.Forward(hidden).reshape(index.Length, unit * config.HiddenSize);
        Tensor merged = mlp2.Forward(functional.gelu(mlp0.Forward(joined)));
        context.Trace?.Invoke("vision.merger", merged);
        // Back from window order to the order of the frames.
        return merged.index_select(0, order.argsort()).MoveToOuterDisposeScope();
    }

    /// <summary>Rotary angles of every patch in merge order, [patches, head / 2]: half of them turn with the row, half with the column.</summary>
    public Tensor Rotary(IReadOnlyList<VisionGrid> grids)
    {
        int pairs = config.HiddenSize / config.Heads / 4;
        var angles = new List<float>();
        float[] inverse = [.. Enumerable.Range(0, pairs).Select(i => (float)(1.0 / Math.Pow(10000, i / (double)pairs)))];
        foreach (VisionGrid grid in grids)
        {
            (int Row, int Column)[] places = VisionGeometry.MergeOrder(grid.Rows, grid.Columns, config.MergeSize);
            for (int time = 0; time < grid.Times; time++)
            {
                foreach ((int row, int column) in places)
                {
                    angles.AddRange(inverse.Select(frequency => row * frequency));
                    angles.AddRange(inverse.Select(frequency => column * frequency));
                }
            }
        }

        return tensor(angles.ToArray()).view(-1, 2 * pairs);
    }
}

/// <summary>One block: attention and SwiGLU network, RMSNorm before each; gate, up and down are adapted, q, k, v and proj are not.</summary>
public sealed class VisionBlock
{
    private readonly int heads, head;
    private readonly RmsNorm norm1, norm2;
    private readonly Linear q, k, v, proj;
    private readonly FeedForward mlp;

    /// <summary>Takes the weights of <c>blocks.N</c>.</summary>
    public VisionBlock(WeightScope weights, VisionConfig config, RouteRecorder routes)
    {
        (heads, head) = (config.Heads, config.HiddenSize / config.Heads);
        norm1 = new RmsNorm(weights.At("norm1"), config.HiddenSize, 1e-6);
        q = new Linear(weights.At("attn.q"), config.HiddenSize, config.HiddenSize);
        k = new Linear(weights.At("attn.k"), config.HiddenSize, config.HiddenSize);
        v = new Linear(weights.At("attn.v"), config.HiddenSize, config.HiddenSize);
        proj = new Linear(weights.At("attn.proj"), config.HiddenSize, config.HiddenSize);
        norm2 = new RmsNorm(weights.At("norm2"), config.HiddenSize, 1e-6);
        mlp = new FeedForward(weights.At("mlp"), config.HiddenSize, config.IntermediateSize, true, routes);
    }

    /// <summary>[patches, width] → [patches, width].</summary>
    /// <param name="x">Patches in window order.</param>
    /// <param name="cos">[patches, 1, head].</param>
    /// <param name="sin">[patches, 1, head].</param>
    /// <param name="segments">Lengths of the runs inside which patches see each other.</param>
    public Tensor Forward(Tensor x, Tensor cos, Tensor sin, IReadOnlyList<int> segments)
    {
        long patches = x.shape[0];
        Tensor normed = norm1.Forward(x);
        Tensor Heads(Tensor y) => y.view(patches, heads, head);
        Tensor mixed = SegmentedAttention.Forward(
            Rotate(Heads(q.Forward(normed)), cos, sin), Rotate(Heads(k.Forward(normed)), cos, sin), Heads(v.Forward(normed)), segments);
        x = x.Plus(proj.Forward(mixed));
        return x.Plus(mlp.Forward(norm2.Forward(x)));
    }

    // In float32, as the original does, whatever the type of the weights.
    private static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        Tensor wide = x.to(ScalarType.Float32);
        long half = wide.shape[^1] / 2;
        Tensor turned = cat([wide.narrow(-1, half, half).neg(), wide.narrow(-1, 0, half)], -1);
        return (wide * cos).Plus(turned * sin).to(x.dtype);
    }
}

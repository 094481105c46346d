using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CrabStudio.Model.Layers;

/// <summary>Attention inside segments only: audio chunks, windows of a frame, whole frame pairs. Nothing is masked and nothing is padded.</summary>
internal static class SegmentedAttention
{
    /// <summary>softmax(q kᵀ / √head) v within each segment.</summary>
    /// <param name="q">[tokens, heads, head].</param>
    /// <param name="k">[tokens, heads, head].</param>
    /// <param name="v">[tokens, heads, head].</param>
    /// <param name="segments">Lengths that add up to tokens.</param>
    /// <returns>[tokens, heads · head].</returns>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v, IReadOnlyList<int> segments)
    {
        long heads = q.shape[1], head = q.shape[2], at = 0;
        var parts = new List<Tensor>();
        for (int i = 0; i < segments.Count;)
        {
            // Neighbours of one length go through together.
            int count = 1;
            while (i + count < segments.Count && segments[i + count] == segments[i])
            {
                count++;
            }

            long length = segments[i], tokens = count * length, from = at;
            Tensor Split(Tensor x) => x.narrow(0, from, tokens).reshape(count, length, heads, head).transpose(1, 2);
            Tensor mixed = functional.scaled_dot_product_attention(Split(q), Split(k), Split(v));
            parts.Add(mixed.transpose(1, 2).reshape(tokens, heads * head));
            at += tokens;
            i += count;
        }

        return parts.Count == 1 ? parts[0] : cat(parts, 0);
    }
}

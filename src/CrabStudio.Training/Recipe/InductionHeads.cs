using CrabStudio.Model.Configuration;

namespace CrabStudio.Training.Recipe;

/// <summary>
/// First values of the text decoder that can look up from the start: a head that finds where the present token stood before and
/// tells what came after it (an induction head: Olsson et al., In-context Learning and Induction Heads, 2022). Such heads form by
/// themselves only after more steps than a small base gets: after the reading and the words stage (2,900 steps) what was said of
/// one thing among others could still not be told again, and a comparison of two names was at chance; with these heads both
/// were learnt in 300 steps of drills. All of it is learnt further.
/// </summary>
internal static class InductionHeads
{
    // How sharply a head looks at one place, how sharply at equal tokens, and how loudly it tells what it found there.
    private const float Nearness = 4.8f, Likeness = 1.6f, Loudness = 1.5f;

    // Rotary pairs that turn fast enough to tell one place from the next.
    private const int FastPairs = 4;

    /// <summary>Whether a decoder has room: two layers, two key/value heads with two query heads each or more, and a width of two heads.</summary>
    public static bool Fit(TextConfig config) =>
        config is { Layers: >= 2, KeyValueHeads: >= 2 } && config.Heads >= 2 * config.KeyValueHeads && config.HiddenSize >= 2 * config.HeadSize && config.HeadSize / 4 > FastPairs;

    /// <summary>Changes first values in their place: rows for outputs, one after the other.</summary>
    /// <param name="config">The decoder, which must <see cref="Fit"/>.</param>
    /// <param name="values">Values by the names of the checkpoint below the Thinker.</param>
    public static void Put(TextConfig config, IReadOnlyDictionary<string, float[]> values)
    {
        float[] Of(int layer, string name) => values[$"model.layers.{layer}.self_attn.{name}"];
        (int size, int pairs, int width) = (config.HeadSize, config.HeadSize / 2, config.HiddenSize);

        // The first layer: query heads 0 and 1, which share a key, look at the token before and at the one before that, whatever
        // they are. The key is the same everywhere, and the query is it, turned back by one place or two.
        (float[] query, float[] key, float[] queryBias, float[] keyBias) = (Of(0, "q_proj.weight"), Of(0, "k_proj.weight"), Of(0, "q_proj.bias"), Of(0, "k_proj.bias"));
        Scale(query.AsSpan(0, 2 * size * width), 0.1f);
        Scale(key.AsSpan(0, size * width), 0.1f);
        for (int pair = 0; pair < FastPairs; pair++)
        {
            double turn = Math.Pow(config.RopeTheta, -pair / (double)pairs);
            keyBias[pair] = Nearness;
            for (int head = 0; head < 2; head++)
            {
                (double sine, double cosine) = Math.SinCos(turn * (head + 1));
                (queryBias[(head * size) + pair], queryBias[(head * size) + pairs + pair]) = ((float)(Nearness * cosine), (float)(-Nearness * sine));
            }
        }

        // What they find there, in the code that head 0's values are, goes to places of its own in the hidden state.
        float[] output = Of(0, "o_proj.weight");
        int outputs = output.Length / width;
        for (int row = 0; row < width; row++)
        {
            Span<float> heads = output.AsSpan(row * outputs, 2 * size);
            heads.Clear();
            if (row < heads.Length)
            {
                heads[row] = 1;
            }
        }

        // The second layer: query heads that look, by the slow rotary pairs, for where the token before (key head 0) or the one
        // before that (key head 1) was the present token, or (the last of them) where the one before that was the token before.
        int group = config.Heads / config.KeyValueHeads;
        float[] present = Of(0, "v_proj.weight"), before = Rows(size, width, 0), earlier = Rows(size, width, size);
        (float[] queries, float[] keys) = (Of(1, "q_proj.weight"), Of(1, "k_proj.weight"));
        Match(keys, 0, before);
        Match(keys, 1, earlier);
        Match(queries, 0, present);
        Match(queries, group, present);
        Match(queries, group + 1, before);
        void Match(float[] weights, int head, float[] code)
        {
            Span<float> own = weights.AsSpan(head * size * width, size * width);
            Scale(own, 0.2f);
            int slow = pairs / 2, first = pairs - slow;
            for (int pair = 0; pair < slow; pair++)
            {
                Copy(code.AsSpan(pair * width, width), own.Slice((first + pair) * width, width), Likeness);
                Copy(code.AsSpan((slow + pair) * width, width), own.Slice((pairs + first + pair) * width, width), Likeness);
            }
        }

        // They tell the token that they find: what their values make of it, turned back.
        (float[] told, float[] value) = (Of(1, "o_proj.weight"), Of(1, "v_proj.weight"));
        foreach ((int head, int from) in new[] { (0, 0), (group, 1), (group + 1, 1) })
        {
            for (int row = 0; row < width; row++)
            {
                for (int one = 0; one < size; one++)
                {
                    told[(row * outputs) + (head * size) + one] = Loudness * value[(((from * size) + one) * width) + row];
                }
            }
        }
    }

    // A matrix that reads a head's worth of places of the hidden state, from one on.
    private static float[] Rows(int size, int width, int start)
    {
        var rows = new float[size * width];
        for (int row = 0; row < size; row++)
        {
            rows[(row * width) + start + row] = 1;
        }

        return rows;
    }

    private static void Scale(Span<float> values, float by)
    {
        foreach (ref float value in values)
        {
            value *= by;
        }
    }

    private static void Copy(ReadOnlySpan<float> from, Span<float> to, float by)
    {
        from.CopyTo(to);
        Scale(to, by);
    }
}

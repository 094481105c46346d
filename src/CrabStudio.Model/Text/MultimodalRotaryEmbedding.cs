using CrabStudio.Model.Configuration;
using CrabStudio.Model.Layers;
using static TorchSharp.torch;

namespace CrabStudio.Model.Text;

/// <summary>
/// Rotary position embedding with three positions for each token: time, height and width. Each pair of a head's values
/// turns by one of the three, as <c>mrope_section</c> says (TMRoPE of Qwen2.5-Omni).
/// </summary>
public sealed class MultimodalRotaryEmbedding
{
    private readonly Tensor inverseFrequencies;
    private readonly long[] sections;

    /// <summary>The table for a head of <see cref="TextConfig.HeadSize"/>.</summary>
    public MultimodalRotaryEmbedding(TextConfig config, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor exponents = tensor(Enumerable.Range(0, config.HeadSize / 2).Select(pair => 2f * pair).ToArray()).Over(config.HeadSize);
        inverseFrequencies = tensor(new[] { (float)config.RopeTheta }).pow(exponents).reciprocal().to(device).DetachFromDisposeScope();
        // The section list is repeated for the second half of the head: time, height, width, time, height, width.
        sections = [.. config.MropeSection.Concat(config.MropeSection).Select(size => (long)size)];
    }

    /// <summary>positions [3, tokens] → cos and sin, [3, tokens, head] each, in float32.</summary>
    public (Tensor Cos, Tensor Sin) Angles(Tensor positions)
    {
        Tensor frequencies = positions.to(ScalarType.Float32).unsqueeze(-1) * inverseFrequencies;
        Tensor both = cat([frequencies, frequencies], -1);
        return (both.cos(), both.sin());
    }

    /// <summary>Angles [3, tokens, head] → [tokens, head]: for each section the row of its axis.</summary>
    public Tensor Select(Tensor angles)
    {
        var parts = new List<Tensor>();
        long start = 0;
        for (int i = 0; i < sections.Length; i++)
        {
            if (sections[i] > 0)
            {
                parts.Add(angles[i % 3].narrow(-1, start, sections[i]));
            }

            start += sections[i];
        }

        return cat(parts, -1);
    }

    /// <summary>Turns x [heads, tokens, head] by cos and sin [tokens, head].</summary>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        long half = x.shape[^1] / 2;
        Tensor turned = cat([x.narrow(-1, half, half).neg(), x.narrow(-1, 0, half)], -1);
        return (x * cos).Plus(turned * sin);
    }
}

using CrabStudio.Model.Lora;

namespace CrabStudio.Training;

/// <summary>How the routers mixed their experts over one sample, while they learn: a line of <c>routes.jsonl</c>, in snake case.</summary>
/// <param name="Step">The step.</param>
/// <param name="Sample">The sample's name; of samples that share a pass, the first.</param>
/// <param name="Linears">Module paths of the adapted linears: audio tower, vision tower, text decoder.</param>
/// <param name="Mean">For each linear the mean weight of each expert over all positions; they add up to 1.</param>
/// <param name="Entropy">For each linear the mean over positions of the entropy of the weights, as a share of the largest possible: 1 is uniform, 0 is one expert alone.</param>
public sealed record TrainingRoutes(int Step, string Sample, IReadOnlyList<string> Linears, IReadOnlyList<float[]> Mean, IReadOnlyList<float> Entropy)
{
    /// <summary>Sums up the routers of a pass.</summary>
    public static TrainingRoutes Of(int step, string sample, IReadOnlyList<RouteMatrix> parts)
    {
        var mean = new List<float[]>();
        var entropy = new List<float>();
        foreach (RouteMatrix part in parts)
        {
            for (int linear = 0; linear < part.Linears.Count; linear++)
            {
                var sums = new double[part.Experts];
                double disorder = 0;
                for (int position = 0; position < part.Positions; position++)
                {
                    for (int expert = 0; expert < part.Experts; expert++)
                    {
                        double weight = part[linear, position, expert];
                        sums[expert] += weight;
                        disorder -= weight > 0 ? weight * Math.Log(weight) : 0;
                    }
                }

                mean.Add([.. sums.Select(sum => (float)(sum / part.Positions))]);
                entropy.Add((float)(disorder / part.Positions / Math.Log(part.Experts)));
            }
        }

        return new TrainingRoutes(step, sample, [.. parts.SelectMany(part => part.Linears)], mean, entropy);
    }
}

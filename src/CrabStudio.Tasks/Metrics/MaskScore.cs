namespace CrabStudio.Tasks.Metrics;

/// <summary>Masks of s4, ms3 and ref_avs: J, F and S as the authors of Crab⁺ count them, and as the authors of the data sets do.</summary>
public static class MaskScore
{
    /// <summary>β² of F.</summary>
    private const double BetaSquared = 0.3;

    /// <summary>Thresholds of <see cref="AvsbenchMaxF"/>.</summary>
    private const int Thresholds = 255;

    /// <summary>
    /// Jaccard index: shared pixels of all pixels, 1 when both are empty. Source: calculate_metrics of GeWu-Lab/Crab_Plus@7ddc56d
    /// seg/scripts/inference_3.py and inference_ref_3.py.
    /// </summary>
    public static double J(PixelMask predicted, PixelMask truth)
    {
        int shared = predicted.CountShared(truth), all = predicted.Count() + truth.Count() - shared;
        return all == 0 ? 1 : (double)shared / all;
    }

    /// <summary>
    /// F = 1.3·P·R/(0.3·P + R), where P is 1 when nothing is predicted and R is 1 when nothing is true, and F is 0 when both are
    /// 0. Source: as <see cref="J"/>.
    /// </summary>
    public static double F(PixelMask predicted, PixelMask truth)
    {
        int shared = predicted.CountShared(truth), said = predicted.Count(), there = truth.Count();
        double precision = said == 0 ? 1 : (double)shared / said, recall = there == 0 ? 1 : (double)shared / there;
        return precision + recall == 0 ? 0 : (1 + BetaSquared) * precision * recall / ((BetaSquared * precision) + recall);
    }

    /// <summary>
    /// √(predicted pixels/unpredicted pixels) for a frame in which the object is not; lower is better, infinite when all is
    /// predicted. Source: calculate_s_metric of GeWu-Lab/Crab_Plus@7ddc56d seg/scripts/inference_ref_3.py.
    /// </summary>
    public static double S(PixelMask predicted)
    {
        int said = predicted.Count(), left = predicted.Size - said;
        return left == 0 ? double.PositiveInfinity : Math.Sqrt((double)said / left);
    }

    /// <summary>
    /// mask_iou in float32: the mean over frames of shared/all, where a frame without true pixels gets the share of unpredicted
    /// ones. Source: OpenNLPLab/AVSBench@f7414af avs_scripts/avs_s4/utils/utility.py (threshold 0.5), GeWu-Lab/Ref-AVS@82eb688
    /// utils/metric/utility.py (threshold 0.4).
    /// </summary>
    /// <param name="probabilities">One value a pixel, one array a frame.</param>
    /// <param name="truth">One mask a frame.</param>
    /// <param name="threshold">Predicted is what lies above.</param>
    public static double MaskIou(IReadOnlyList<float[]> probabilities, IReadOnlyList<PixelMask> truth, float threshold)
    {
        float sum = 0;
        for (int frame = 0; frame < truth.Count; frame++)
        {
            PixelMask predicted = PixelMask.FromValues(probabilities[frame], truth[frame].Height, truth[frame].Width, threshold);
            int shared = predicted.CountShared(truth[frame]), there = truth[frame].Count(), all = predicted.Count() + there - shared;
            if (there == 0)
            {
                shared = predicted.Size - predicted.Count();
                all = predicted.Size;
            }

            sum += shared / (all + 1e-7f);
        }

        return sum / truth.Count;
    }

    /// <summary>
    /// Eval_Fmeasure in float32: F at 255 thresholds k/254, where predicted is what reaches the threshold; the mean over the
    /// frames that have true pixels, then the maximum over thresholds; 0 without such a frame. Nothing predicted is P = 0 here.
    /// Source: GeWu-Lab/Crab@9dd8bc7 utils/avss_utils.py (the lines of OpenNLPLab/AVSBench, without CUDA).
    /// </summary>
    /// <param name="probabilities">One value a pixel, one array a frame.</param>
    /// <param name="truth">One mask a frame.</param>
    public static double AvsbenchMaxF(IReadOnlyList<float[]> probabilities, IReadOnlyList<PixelMask> truth)
    {
        float[] scores = new float[Thresholds];
        int frames = 0;
        for (int frame = 0; frame < truth.Count; frame++)
        {
            int there = truth[frame].Count();
            if (there == 0)
            {
                continue;
            }

            frames++;
            (int[] said, int[] right) = CountsByThreshold(probabilities[frame], truth[frame]);
            for (int step = 0; step < Thresholds; step++)
            {
                float precision = said[step] == 0 ? 0 : (float)right[step] / said[step], recall = (float)right[step] / there;
                scores[step] += precision + recall == 0 ? 0 : 1.3f * precision * recall / ((0.3f * precision) + recall);
            }
        }

        return frames == 0 ? 0 : scores.Max() / frames;
    }

    /// <summary>
    /// metric_s_for_null in float32: √(predicted pixels/all pixels), all frames pooled; not the S of Crab⁺. Source:
    /// GeWu-Lab/Ref-AVS@82eb688 utils/metric/utility.py.
    /// </summary>
    /// <param name="probabilities">One value a pixel, one array a frame; predicted is what lies above 0.5.</param>
    public static double RefAvsS(IReadOnlyList<float[]> probabilities)
    {
        int said = probabilities.Sum(frame => frame.Count(value => value > 0.5f)), all = probabilities.Sum(frame => frame.Length);
        return MathF.Sqrt((float)said / all);
    }

    /// <summary>1/(1 + e^−x), as float32.</summary>
    public static float Sigmoid(double logit) => (float)(1 / (1 + Math.Exp(-logit)));

    // For each threshold the pixels that reach it, and those of them that are true: counted once by the last threshold that a
    // pixel reaches, then summed from above.
    private static (int[] Said, int[] Right) CountsByThreshold(float[] probabilities, PixelMask truth)
    {
        int[] said = new int[Thresholds], right = new int[Thresholds];
        for (int pixel = 0; pixel < probabilities.Length; pixel++)
        {
            float value = probabilities[pixel];
            int step = Math.Clamp((int)(value * (Thresholds - 1)), 0, Thresholds - 1);
            // The product is rounded; the comparison that counts is with the threshold itself.
            while (step + 1 < Thresholds && value >= Threshold(step + 1))
            {
                step++;
            }

            while (step > 0 && value < Threshold(step))
            {
                step--;
            }

            said[step]++;
            right[step] += truth[pixel] ? 1 : 0;
        }

        for (int step = Thresholds - 2; step >= 0; step--)
        {
            said[step] += said[step + 1];
            right[step] += right[step + 1];
        }

        return (said, right);
    }

    private static float Threshold(int step) => (float)step / (Thresholds - 1);
}

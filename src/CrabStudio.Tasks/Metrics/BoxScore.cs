namespace CrabStudio.Tasks.Metrics;

/// <summary>Overlap of two pixel maps.</summary>
/// <param name="Shared">Pixels inside both.</param>
/// <param name="All">Pixels inside either.</param>
public readonly record struct MapOverlap(int Shared, int All)
{
    /// <summary>Shared of all; NaN when both maps are empty.</summary>
    public double Iou => (double)Shared / All;
}

/// <summary>Figures of a set of samples.</summary>
/// <param name="CIoU">Share of samples with an overlap of at least one half.</param>
/// <param name="Auc">Area under the success curve.</param>
/// <param name="SuccessCurve">Share of samples whose overlap reaches 0.05·k, k = 0..20.</param>
public sealed record SuccessReport(double CIoU, double Auc, IReadOnlyList<double> SuccessCurve);

/// <summary>arig: overlap of boxes, and cIoU and AUC over a set. Crab_Plus has no scorer for it.</summary>
public static class BoxScore
{
    /// <summary>Steps of the success curve.</summary>
    private const int Steps = 20;

    private const double StepSize = 0.05;

    /// <summary>
    /// Shared area/(area₁ + area₂ − shared + 1e-6), the areas as signed products. Source: intersection_over_union of
    /// GeWu-Lab/Crab@9dd8bc7 utils/ciou.py (the predecessor; nothing there calls it).
    /// </summary>
    public static double CrabIou(AnswerBox one, AnswerBox other)
    {
        double shared = Shared(one, other);
        return shared / (SignedArea(one) + SignedArea(other) - shared + 1e-6);
    }

    /// <summary>
    /// <see cref="CrabIou"/> less a term for the distance of the centres and one for the shapes. Source: c_iou, as <see cref="CrabIou"/>.
    /// The diagonal is (xmax − xmin)² + (ymax <b>+</b> ymin)² there: a slip, so this is no true CIoU, and it is kept.
    /// </summary>
    /// <returns>Null where the original divides by zero.</returns>
    public static double? CrabCIou(AnswerBox one, AnswerBox other)
    {
        long xMin = Least(one.X1, one.X2, other.X1, other.X2), xMax = Most(one.X1, one.X2, other.X1, other.X2);
        long yMin = Least(one.Y1, one.Y2, other.Y1, other.Y2), yMax = Most(one.Y1, one.Y2, other.Y1, other.Y2);
        double diagonal = Square(xMax - xMin) + Square(yMax + yMin);
        if (one.Y2 == one.Y1 || other.Y2 == other.Y1 || diagonal == 0)
        {
            return null;
        }

        double distance = Square(((one.X1 + one.X2) / 2.0) - ((other.X1 + other.X2) / 2.0)) + Square(((one.Y1 + one.Y2) / 2.0) - ((other.Y1 + other.Y2) / 2.0));
        double v = 4 / (Math.PI * Math.PI) * Square(Math.Atan((double)(one.X2 - one.X1) / (one.Y2 - one.Y1)) - Math.Atan((double)(other.X2 - other.X1) / (other.Y2 - other.Y1)));
        double iou = CrabIou(one, other), weight = 1 - iou + v;
        return weight == 0 ? null : iou - (distance / diagonal) - (v / weight * v);
    }

    /// <summary>Shared area of all area (by convention); 0 for an empty or reversed box.</summary>
    public static double PlainIou(AnswerBox one, AnswerBox other)
    {
        if (one.X2 <= one.X1 || one.Y2 <= one.Y1 || other.X2 <= other.X1 || other.Y2 <= other.Y1)
        {
            return 0;
        }

        double shared = Shared(one, other);
        return shared / (SignedArea(one) + SignedArea(other) - shared);
    }

    /// <summary>Overlap of two sets of boxes as pixel maps of 224×224, 1 inside any box, right and lower edge excluded.</summary>
    public static MapOverlap Overlap(IEnumerable<AnswerBox> predicted, IEnumerable<AnswerBox> truth)
    {
        PixelMask said = Map(predicted), there = Map(truth);
        int shared = said.CountShared(there);
        return new MapOverlap(shared, said.Count() + there.Count() - shared);
    }

    /// <summary>
    /// cIoU, success curve and AUC. A NaN (both maps empty) is a miss at every threshold, 0 included; an overlap of exactly 0.15 misses
    /// the third one, because 0.05·3 is a hair more in doubles. Source: Evaluator of
    /// hche11/Localizing-Visual-Sounds-the-Hard-Way@8fe8cbb utils.py.
    /// </summary>
    /// <param name="overlaps">One a sample, at least one.</param>
    public static SuccessReport Success(IReadOnlyCollection<double> overlaps)
    {
        double[] curve = [.. Enumerable.Range(0, Steps + 1).Select(step => Share(StepSize * step))];
        double area = 0;
        for (int step = 0; step < Steps; step++)
        {
            area += ((StepSize * (step + 1)) - (StepSize * step)) * (curve[step] + curve[step + 1]) / 2;
        }

        return new SuccessReport(Share(0.5), area, curve);

        double Share(double threshold) => (double)overlaps.Count(overlap => overlap >= threshold) / overlaps.Count;
    }

    private static PixelMask Map(IEnumerable<AnswerBox> boxes)
    {
        PixelMask map = new(CoordinateRules.FrameSize, CoordinateRules.FrameSize);
        foreach (AnswerBox box in boxes)
        {
            map.Fill(box.X1, box.Y1, box.X2, box.Y2);
        }

        return map;
    }

    private static double Shared(AnswerBox one, AnswerBox other) =>
        (double)Math.Max(0, Math.Min(one.X2, other.X2) - Math.Max(one.X1, other.X1)) * Math.Max(0, Math.Min(one.Y2, other.Y2) - Math.Max(one.Y1, other.Y1));

    private static double SignedArea(AnswerBox box) => (double)(box.X2 - box.X1) * (box.Y2 - box.Y1);

    private static double Square(double value) => value * value;

    private static long Least(params ReadOnlySpan<long> values)
    {
        long least = values[0];
        foreach (long value in values)
        {
            least = Math.Min(least, value);
        }

        return least;
    }

    private static long Most(params ReadOnlySpan<long> values)
    {
        long most = values[0];
        foreach (long value in values)
        {
            most = Math.Max(most, value);
        }

        return most;
    }
}

namespace CrabStudio.Tasks.Metrics;

/// <summary>What a segmentation script makes of one answer.</summary>
public enum SegmentationStatus
{
    /// <summary>It has scores.</summary>
    Scored,

    /// <summary>No coordinates could be read.</summary>
    CoordinateExtractionFailed,

    /// <summary>Too few points.</summary>
    InsufficientCoordinates,

    /// <summary>Coordinates outside the frame, reversed or empty.</summary>
    InvalidCoordinates,

    /// <summary>The frame could not be read.</summary>
    ImageLoadFailed,

    /// <summary>The true mask could not be read.</summary>
    MaskLoadFailed,
}

/// <summary>An answer with what belongs to it.</summary>
/// <param name="Predict">The model's text.</param>
/// <param name="Truth">The true mask; null when there is no file.</param>
/// <param name="ImageMissing">The frame cannot be read.</param>
/// <param name="Segment">The segmenter: the mask for a box and points, either of which may be null.</param>
public sealed record SegmentationRow(string Predict, PixelMask? Truth, bool ImageMissing, Func<AnswerBox?, IReadOnlyList<AnswerPoint>?, PixelMask> Segment);

/// <summary>The result for one answer.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="UsedSegmenter">The segmenter was asked (else the mask is empty, because the answer says so).</param>
/// <param name="Box">The box it was prompted with.</param>
/// <param name="Points">The points it was prompted with.</param>
/// <param name="J">Jaccard index; null where not scored, or where S is.</param>
/// <param name="F">F; null likewise.</param>
/// <param name="S">S of the null split; null elsewhere.</param>
public sealed record SegmentationResult(SegmentationStatus Status, bool UsedSegmenter = false, AnswerBox? Box = null, IReadOnlyList<AnswerPoint>? Points = null, double? J = null, double? F = null, double? S = null);

/// <summary>
/// What a script reports. Its means cover scored rows only: what could not be scored drops out of them. The <c>…OfAll</c> figures, by
/// convention, count such a row as 0.
/// </summary>
/// <param name="Results">One a row, in order.</param>
/// <param name="Split">The split; null for s4 and ms3, which have none.</param>
public sealed record SegmentationReport(IReadOnlyList<SegmentationResult> Results, string? Split)
{
    /// <summary>The split of Ref-AVS in which the object is never there.</summary>
    public const string NullSplit = "test_n";

    /// <summary>Scored rows.</summary>
    public int Processed => Results.Count(one => one.Status == SegmentationStatus.Scored);

    /// <summary>Rows without scores.</summary>
    public int Invalid => Results.Count - Processed;

    /// <summary>The script writes a result file: there is a scored row.</summary>
    public bool HasFile => Processed > 0;

    /// <summary>What the script calls the split: seen, unseen, null, or traditional for any other.</summary>
    public string EvaluationType => Split switch
    {
        "test_s" => "seen",
        "test_u" => "unseen",
        NullSplit => "null",
        _ => "traditional",
    };

    /// <summary>Mean J of scored rows; null without.</summary>
    public double? MeanJ => Mean(one => one.J, Processed);

    /// <summary>Mean F of scored rows; null without.</summary>
    public double? MeanF => Mean(one => one.F, Processed);

    /// <summary>Sum of J over all rows; null without rows.</summary>
    public double? MeanJOfAll => Mean(one => one.J, Results.Count);

    /// <summary>Sum of F over all rows; null without rows.</summary>
    public double? MeanFOfAll => Mean(one => one.F, Results.Count);

    /// <summary>Rows whose S is infinite: everything was predicted.</summary>
    public int InfiniteS => Results.Count(one => one.S is { } value && double.IsInfinity(value));

    /// <summary>Mean of the finite S; null where there is none (the script says 0 then).</summary>
    public double? MeanFiniteS => Results.Where(one => one.S is { } value && double.IsFinite(value)).Select(one => one.S).Average();

    private double? Mean(Func<SegmentationResult, double?> score, int count) => count == 0 ? null : Results.Sum(one => score(one) ?? 0) / count;
}

/// <summary>The bookkeeping of the two segmentation scripts of Crab⁺: from answers to the figures that they print.</summary>
public static class SegmentationScripts
{
    /// <summary>
    /// s4 and ms3. Source: main() of GeWu-Lab/Crab_Plus@7ddc56d seg/scripts/inference_3.py. The first failure wins: extraction, number
    /// of points, frame, validity, true mask.
    /// </summary>
    public static SegmentationReport S4Ms3(IEnumerable<SegmentationRow> rows) => new(
        [
            .. rows.Select(row =>
            {
                CoordinateReading read = CoordinateRules.ReadS4Ms3(row.Predict);
                return read.Status switch
                {
                    CoordinateStatus.CoordinateExtractionFailed => new SegmentationResult(SegmentationStatus.CoordinateExtractionFailed),
                    CoordinateStatus.InsufficientCoordinates => new SegmentationResult(SegmentationStatus.InsufficientCoordinates),
                    _ when row.ImageMissing => new SegmentationResult(SegmentationStatus.ImageLoadFailed),
                    CoordinateStatus.InvalidCoordinates => new SegmentationResult(SegmentationStatus.InvalidCoordinates),
                    _ when row.Truth is null => new SegmentationResult(SegmentationStatus.MaskLoadFailed),
                    _ => Scored(row, read, nullSplit: false),
                };
            }),
        ],
        null);

    /// <summary>
    /// ref_avs, the rows of one split. Source: main() of GeWu-Lab/Crab_Plus@7ddc56d seg/scripts/inference_ref_3.py. The first failure wins:
    /// frame, true mask (not needed for test_n), extraction, validity. An answer that says the object is not there is scored with an
    /// empty mask.
    /// </summary>
    public static SegmentationReport RefAvs(IEnumerable<SegmentationRow> rows, string split)
    {
        bool nullSplit = split == SegmentationReport.NullSplit;
        return new SegmentationReport(
            [
                .. rows.Select(row =>
                {
                    CoordinateReading read = CoordinateRules.ReadRefAvs(row.Predict);
                    return read.Status switch
                    {
                        _ when row.ImageMissing => new SegmentationResult(SegmentationStatus.ImageLoadFailed),
                        _ when row.Truth is null && !nullSplit => new SegmentationResult(SegmentationStatus.MaskLoadFailed),
                        CoordinateStatus.CoordinateExtractionFailed => new SegmentationResult(SegmentationStatus.CoordinateExtractionFailed),
                        CoordinateStatus.InvalidCoordinates => new SegmentationResult(SegmentationStatus.InvalidCoordinates),
                        _ => Scored(row, read, nullSplit),
                    };
                }),
            ],
            split);
    }

    private static SegmentationResult Scored(SegmentationRow row, CoordinateReading read, bool nullSplit)
    {
        bool segments = read.Status == CoordinateStatus.Ok;
        PixelMask predicted = segments ? row.Segment(read.PromptBox, read.PromptPoints)
            : row.Truth is { } truth ? new PixelMask(truth.Height, truth.Width) : new PixelMask(CoordinateRules.FrameSize, CoordinateRules.FrameSize);
        SegmentationResult result = new(SegmentationStatus.Scored, segments, read.PromptBox, read.PromptPoints);
        return nullSplit ? result with { S = MaskScore.S(predicted) } : result with { J = MaskScore.J(predicted, row.Truth!), F = MaskScore.F(predicted, row.Truth!) };
    }
}

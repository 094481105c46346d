using System.Numerics;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Metrics;

/// <summary>Why the laboratory's script stops at a row.</summary>
public enum AveCrash
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The times of the truth are no integers.</summary>
    ValueError,

    /// <summary>The label of the truth is no AVE label.</summary>
    KeyError,

    /// <summary>The truth has no label or no times, or there are more rows than the script has room for.</summary>
    IndexError,
}

/// <summary>What the script says of a set of rows.</summary>
/// <param name="Error">Why it stopped; counts are then as at that point.</param>
/// <param name="CountedSegments">Seconds of the rows that were read.</param>
/// <param name="ParsedRows">Rows whose prediction was read.</param>
/// <param name="Accuracy">(right seconds of read rows + 10 · other rows)/(10 · rows); null when it stopped.</param>
/// <param name="AccuracyWith402Rows">The same with the script's constant 402 for the number of rows; null when it stopped, or when more were read.</param>
public sealed record AveScriptReport(AveCrash Error, int CountedSegments, int ParsedRows, double? Accuracy, double? AccuracyWith402Rows);

/// <summary>AVE event localization: the share of seconds whose label is right.</summary>
public static partial class AveScore
{
    /// <summary>Seconds of a clip.</summary>
    public const int Seconds = 10;

    /// <summary>The label of a second in which nothing happens.</summary>
    public const string Background = "none";

    /// <summary>The number of rows that is written into the laboratory's script.</summary>
    private const int RowsOfTheScript = 402;

    /// <summary>
    /// Share of equal cells over videos of ten class indices; background is just another class. Source: compute_acc of
    /// YapengTian/AVE-ECCV18@93f843f supervised_main.py.
    /// </summary>
    public static double MatrixAccuracy(IReadOnlyList<IReadOnlyList<int>> predicted, IReadOnlyList<IReadOnlyList<int>> truth)
    {
        int right = 0, all = 0;
        for (int video = 0; video < truth.Count; video++)
        {
            for (int second = 0; second < truth[video].Count; second++)
            {
                right += predicted[video][second] == truth[video][second] ? 1 : 0;
                all++;
            }
        }

        return (double)right / all;
    }

    /// <summary>The class of the highest score; of equal scores the lowest index, as numpy's argmax.</summary>
    /// <param name="scores">One score a class.</param>
    public static int Highest(IReadOnlyList<double> scores)
    {
        int best = 0;
        for (int label = 1; label < scores.Count; label++)
        {
            best = scores[label] > scores[best] ? label : best;
        }

        return best;
    }

    /// <summary>
    /// The laboratory's script over rows of truth and prediction. Rows that it cannot read stay background on both sides and so
    /// count as right, as there. Source: GeWu-Lab/MokA@b28e834 AudioVisualText/scripts/evaluation/ave_eval.py; Crab_Plus itself
    /// has no AVE scorer.
    /// </summary>
    public static AveScriptReport Script(IReadOnlyList<(string Output, string Predict)> rows)
    {
        int counted = 0, parsed = 0, right = 0;
        foreach ((string output, string predict) in rows)
        {
            // The truth is read first: what is wrong with it stops the script also where the prediction could not be read.
            if (ReadTruth(output, out AveTruth truth) is not AveCrash.None and var crash)
            {
                return Stopped(crash);
            }

            EventReading prediction = TagRules.ReadAve(predict);
            if (prediction.Status != EventStatus.Ok)
            {
                continue;
            }

            parsed++;
            for (int second = 0; second < Seconds; second++)
            {
                // The label is looked up only where it is needed.
                if (truth.Covers(second, endIncluded: true) && !TagRules.KnownAveLabels.Contains(truth.Label))
                {
                    return Stopped(AveCrash.KeyError);
                }

                right += LabelAt(truth, second, endIncluded: true) == LabelAt(prediction, second, endIncluded: true) ? 1 : 0;
                counted++;
            }
        }

        const int room = RowsOfTheScript * Seconds;
        return new AveScriptReport(
            AveCrash.None,
            counted,
            parsed,
            rows.Count == 0 ? null : (double)(right + (Seconds * rows.Count) - counted) / (Seconds * rows.Count),
            counted > room ? null : (double)(right + room - counted) / room);

        AveScriptReport Stopped(AveCrash crash) => new(crash, counted, parsed, null, null);
    }

    /// <summary>By convention: every row counts, one that cannot be read predicts background throughout.</summary>
    /// <param name="rows">Truth and prediction.</param>
    /// <param name="endIncluded">Whether the end of a range belongs to it, on both sides.</param>
    /// <returns>Null without rows, or where the truth itself cannot be read.</returns>
    public static double? SaneAccuracy(IReadOnlyList<(string Output, string Predict)> rows, bool endIncluded)
    {
        int right = 0;
        foreach ((string output, string predict) in rows)
        {
            if (ReadTruth(output, out AveTruth truth) != AveCrash.None || !TagRules.KnownAveLabels.Contains(truth.Label))
            {
                return null;
            }

            EventReading prediction = TagRules.ReadAve(predict);
            for (int second = 0; second < Seconds; second++)
            {
                right += LabelAt(truth, second, endIncluded) == LabelAt(prediction, second, endIncluded) ? 1 : 0;
            }
        }

        return rows.Count == 0 ? null : (double)right / (Seconds * rows.Count);
    }

    /// <summary>What stops the script at one row by itself.</summary>
    public static AveCrash CrashOf(string output, string predict) => Script([(output, predict)]).Error;

    /// <summary>
    /// Reads the truth of a row: the label between the first <c>event:</c> and the next <c>start_time</c>; of the pieces between single
    /// blanks the last two hold start and end behind their last colon.
    /// </summary>
    private static AveCrash ReadTruth(string output, out AveTruth truth)
    {
        truth = new AveTruth(string.Empty, 0, 0);
        Match label = TruthLabel().Match(output);
        string[] pieces = PythonText.Trim(output.Replace("</s>", string.Empty, StringComparison.Ordinal)).Split(' ');
        if (!label.Success || pieces.Length < 2)
        {
            return AveCrash.IndexError;
        }

        if (PythonText.Integer(pieces[^2].Split(':')[^1]) is not { } start || PythonText.Integer(pieces[^1].Split(':')[^1]) is not { } end)
        {
            return AveCrash.ValueError;
        }

        truth = new AveTruth(PythonText.Lower(PythonText.Trim(label.Groups[1].Value)), start, end);
        return AveCrash.None;
    }

    private static string LabelAt(AveTruth truth, int second, bool endIncluded) => truth.Covers(second, endIncluded) ? truth.Label : Background;

    private static string LabelAt(EventReading prediction, int second, bool endIncluded) =>
        prediction.Ranges.Any(range => range.Start <= second && (endIncluded ? second <= range.End : second < range.End)) ? prediction.Event! : Background;

    private readonly record struct AveTruth(string Label, BigInteger Start, BigInteger End)
    {
        public bool Covers(int second, bool endIncluded) => Start <= second && (endIncluded ? second <= End : second < End);
    }

    [GeneratedRegex("event:(.*?)start_time", RegexOptions.CultureInvariant)]
    private static partial Regex TruthLabel();
}

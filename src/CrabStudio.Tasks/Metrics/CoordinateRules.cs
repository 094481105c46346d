using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Metrics;

/// <summary>What became of the coordinates of an answer.</summary>
public enum CoordinateStatus
{
    /// <summary>There are prompts for the segmenter.</summary>
    Ok,

    /// <summary>Nothing was extracted.</summary>
    CoordinateExtractionFailed,

    /// <summary>Too few points to prompt with (s4, ms3).</summary>
    InsufficientCoordinates,

    /// <summary>Outside the frame, reversed or empty.</summary>
    InvalidCoordinates,

    /// <summary>The answer says that the object is not there (ref_avs): nothing is segmented.</summary>
    EmptyMask,
}

/// <summary>Coordinates as one of the two segmentation scripts reads them.</summary>
/// <param name="Status">What became of them.</param>
/// <param name="Found">Something was extracted.</param>
/// <param name="Box">x1, y1, x2, y2 of the first box, of any size; null when there is none.</param>
/// <param name="Points">x, y of the points that the script lists, of any size; null when nothing was extracted.</param>
/// <param name="PromptBox">The box that the segmenter is prompted with; null unless the status is ok and there is one.</param>
/// <param name="PromptPoints">The points that the segmenter is prompted with; null unless the status is ok and there are some.</param>
public sealed record CoordinateReading(
    CoordinateStatus Status,
    bool Found,
    IReadOnlyList<BigInteger>? Box,
    IReadOnlyList<IReadOnlyList<BigInteger>>? Points,
    AnswerBox? PromptBox,
    IReadOnlyList<AnswerPoint>? PromptPoints);

/// <summary>
/// Rules <c>crab_plus_s4_ms3</c> and <c>crab_plus_ref_avs</c>: boxes and points as the authors' segmentation scripts read
/// them. Unlike <see cref="AnswerParser"/>, which shows a person all that is there, these decide as the scripts do.
/// </summary>
public static partial class CoordinateRules
{
    /// <summary>Width and height of the frame that coordinates refer to.</summary>
    public const int FrameSize = 224;

    /// <summary>Points that a segmenter is prompted with at most, and (without a box) at least for s4 and ms3.</summary>
    private const int PromptPoints = 3;

    private const string Absent = "<answer>false</answer>";
    private const string Present = "<answer>true</answer>";

    /// <summary>
    /// Rule <c>crab_plus_s4_ms3</c>. Source: GeWu-Lab/Crab_Plus@7ddc56d seg/scripts/inference_3.py, extract_coordinates,
    /// validate_coordinates and the choice of prompts in main.
    /// </summary>
    public static CoordinateReading ReadS4Ms3(string text)
    {
        // Here every number of every box is converted, so one that is too long fails all, wherever it stands.
        if (Extract(PythonText.BeforeEndMark(text), everyBox: true) is not { } found)
        {
            return Nothing(CoordinateStatus.CoordinateExtractionFailed);
        }

        IReadOnlyList<BigInteger>[] prompts = [.. found.Points.TakeLast(PromptPoints)];
        return prompts.Length == 0 || (found.Box is null && prompts.Length < PromptPoints)
            ? new CoordinateReading(CoordinateStatus.InsufficientCoordinates, true, found.Box, found.Points, null, null)
            : Checked(found.Box, found.Points, prompts);
    }

    /// <summary>
    /// Rule <c>crab_plus_ref_avs</c>. Source: GeWu-Lab/Crab_Plus@7ddc56d seg/scripts/inference_ref_3.py, extract_coordinates,
    /// validate_coordinates and main.
    /// </summary>
    public static CoordinateReading ReadRefAvs(string text)
    {
        string said = PythonText.BeforeEndMark(text);
        bool there = !said.Contains(Absent, StringComparison.Ordinal) && said.Contains(Present, StringComparison.Ordinal);
        if (!there || Extract(said, everyBox: false) is not { } found)
        {
            // The script looks at the whole text for the word of absence, also behind the end mark.
            return Nothing(text.Contains(Absent, StringComparison.Ordinal) ? CoordinateStatus.EmptyMask : CoordinateStatus.CoordinateExtractionFailed);
        }

        IReadOnlyList<BigInteger>[] prompts = [.. found.Points.TakeLast(PromptPoints)];
        return Checked(found.Box, prompts, prompts);
    }

    private static (IReadOnlyList<BigInteger>? Box, List<IReadOnlyList<BigInteger>> Points)? Extract(string text, bool everyBox)
    {
        IReadOnlyList<BigInteger>? box = null;
        List<IReadOnlyList<BigInteger>> points = [];
        MatchCollection matches = Bracket().Matches(PythonText.AsciiDigits(text));
        foreach (Match match in matches)
        {
            bool isBox = match.Groups[3].Success;
            if (isBox && box is not null && !everyBox)
            {
                continue;
            }

            BigInteger[] numbers = new BigInteger[isBox ? 4 : 2];
            for (int place = 0; place < numbers.Length; place++)
            {
                ReadOnlySpan<char> digits = match.Groups[place + 1].ValueSpan;
                if (digits.Length > PythonText.MostDigits)
                {
                    return null;
                }

                numbers[place] = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
            }

            if (isBox)
            {
                box ??= numbers;
            }
            else
            {
                points.Add(numbers);
            }
        }

        return matches.Count == 0 ? null : (box, points);
    }

    private static CoordinateReading Checked(IReadOnlyList<BigInteger>? box, IReadOnlyList<IReadOnlyList<BigInteger>> listed, IReadOnlyList<BigInteger>[] prompts)
    {
        bool valid = (box is null || (box[2] < FrameSize && box[3] < FrameSize && box[0] < box[2] && box[1] < box[3]))
            && prompts.All(point => point[0] < FrameSize && point[1] < FrameSize);
        return valid
            ? new CoordinateReading(
                CoordinateStatus.Ok,
                true,
                box,
                listed,
                box is null ? null : new AnswerBox((long)box[0], (long)box[1], (long)box[2], (long)box[3]),
                prompts.Length == 0 ? null : [.. prompts.Select(point => new AnswerPoint((long)point[0], (long)point[1]))])
            : new CoordinateReading(CoordinateStatus.InvalidCoordinates, true, box, listed, null, null);
    }

    private static CoordinateReading Nothing(CoordinateStatus status) => new(status, false, null, null, null, null);

    [GeneratedRegex(@"\[([0-9]+),([0-9]+)(?:,([0-9]+),([0-9]+))?\]", RegexOptions.CultureInvariant)]
    private static partial Regex Bracket();
}

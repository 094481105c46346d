using System.Numerics;
using System.Text;

namespace CrabStudio.Tasks.Metrics;

/// <summary>The classes of a data set of avvp. The published 25 are a default: a set of other labels is scored the same way.</summary>
/// <param name="labels">The labels, in the order of the rows.</param>
public sealed class AvvpClasses(IEnumerable<string> labels)
{
    private readonly Dictionary<string, int> places =
        labels.Select(AvvpGrid.Normalise).Distinct().Select((label, place) => (label, place)).ToDictionary(one => one.label, one => one.place);

    /// <summary>Those of LLP, in the order of <see cref="TaskLabels.Avvp"/>.</summary>
    public static AvvpClasses Published { get; } = new(TaskLabels.Avvp);

    /// <summary>Number of classes.</summary>
    public int Count => places.Count;

    /// <summary>The number of a label's class, or -1.</summary>
    public int Of(string label) => places.GetValueOrDefault(AvvpGrid.Normalise(label), -1);
}

/// <summary>Which classes are on in which of ten seconds, heard and seen: one row of ten bits a class and modality.</summary>
/// <param name="classes">The classes; null: those of LLP.</param>
public sealed class AvvpGrid(AvvpClasses? classes = null)
{
    private readonly int[] audio = new int[(classes ?? AvvpClasses.Published).Count];
    private readonly int[] visual = new int[(classes ?? AvvpClasses.Published).Count];

    /// <summary>Number of classes.</summary>
    public int Count => audio.Length;

    /// <summary>The ten bits of a class that is heard; bit i is second i.</summary>
    public int Audio(int label) => audio[label];

    /// <summary>The ten bits of a class that is seen.</summary>
    public int Visual(int label) => visual[label];

    /// <summary>Switches seconds of a class on, beside those that are on.</summary>
    /// <param name="heard">Heard; else seen.</param>
    /// <param name="label">The class.</param>
    /// <param name="seconds">Ten bits.</param>
    public void Add(bool heard, int label, int seconds) => (heard ? audio : visual)[label] |= seconds;

    /// <summary>
    /// What rule <c>avvp</c> reads from a text. Second i is on when start ≤ i &lt; end; ranges are cut to the clip, a reversed one
    /// sets nothing, those of one class unite. Labels are compared as <see cref="Normalise"/> makes them.
    /// </summary>
    /// <param name="text">The model's text.</param>
    /// <param name="unknown">Receives the labels that no class has, as written.</param>
    /// <param name="classes">The classes; null: those of LLP.</param>
    public static AvvpGrid FromText(string text, ICollection<string> unknown, AvvpClasses? classes = null)
    {
        classes ??= AvvpClasses.Published;
        AvvpGrid grid = new(classes);
        (IReadOnlyList<LabelledRanges> heard, IReadOnlyList<LabelledRanges> seen) = TagRules.ReadAvvp(text);
        foreach ((bool isHeard, LabelledRanges one) in heard.Select(one => (true, one)).Concat(seen.Select(one => (false, one))))
        {
            int label = classes.Of(one.Label);
            if (label < 0)
            {
                unknown.Add(one.Label);
                continue;
            }

            foreach ((double start, double end) in one.Ranges)
            {
                grid.Add(isHeard, label, Seconds((int)Math.Min(start, AvvpScore.Seconds), (int)Math.Min(end, AvvpScore.Seconds)));
            }
        }

        return grid;
    }

    /// <summary>The number of a label's class, or -1.</summary>
    public static int ClassOf(string label) => AvvpClasses.Published.Of(label);

    /// <summary>A label in lower case, with each run of blanks, commas and underscores as one underscore.</summary>
    public static string Normalise(string label)
    {
        StringBuilder plain = new(label.Length);
        bool between = false;
        foreach (char letter in PythonText.Lower(label))
        {
            bool separates = letter is ',' or '_' || PythonText.IsSpace(letter);
            if (!(separates && between))
            {
                plain.Append(separates ? '_' : letter);
            }

            between = separates;
        }

        return plain.ToString();
    }

    /// <summary>The bits from a second to before another.</summary>
    /// <param name="start">0 to 10.</param>
    /// <param name="end">0 to 10.</param>
    public static int Seconds(int start, int end) => end > start ? ((1 << end) - 1) & ~((1 << start) - 1) : 0;
}

/// <summary>F scores of one video (or, times 100, of a data set).</summary>
/// <param name="Audio">What is heard.</param>
/// <param name="Visual">What is seen.</param>
/// <param name="Event">Heard and seen counted together.</param>
/// <param name="AudioVisual">What is heard and seen at once.</param>
public sealed record AvvpFigures(double Audio, double Visual, double Event, double AudioVisual);

/// <summary>The figures that a paper shows for a data set, in percent.</summary>
/// <param name="A">Mean of what is heard.</param>
/// <param name="V">Mean of what is seen.</param>
/// <param name="AV">Mean of what is heard and seen at once.</param>
/// <param name="TypeAV">Mean of these three.</param>
/// <param name="EventAV">Mean of heard and seen counted together.</param>
public sealed record AvvpDataSet(double A, double V, double AV, double TypeAV, double EventAV);

/// <summary>True positives, false positives, false negatives.</summary>
public readonly record struct MatchCounts(int TP, int FP, int FN)
{
    /// <summary>Adds.</summary>
    public static MatchCounts operator +(MatchCounts one, MatchCounts other) => new(one.TP + other.TP, one.FP + other.FP, one.FN + other.FN);

    /// <summary>Nothing predicted and nothing to find.</summary>
    public bool IsEmpty => TP + FP + FN == 0;

    /// <summary>2TP/(2TP + FP + FN); NaN when empty.</summary>
    public double F => 2.0 * TP / ((2 * TP) + FP + FN);
}

/// <summary>
/// LLP audio-visual video parsing. Source: segment_level, event_level, extract_event, event_wise_metric, Precision, Recall, F1
/// of GeWu-Lab/Crab_Plus@7ddc56d utils/avvp_eval_metrics.py (identical to YapengTian/AVVP-ECCV20@fde5611
/// utils/eval_metrics.py); averages over a data set as in main_avvp.py of the latter.
/// </summary>
public static class AvvpScore
{
    /// <summary>Seconds of a clip.</summary>
    public const int Seconds = 10;

    /// <summary>F over seconds: TP is a second that is on in both.</summary>
    public static AvvpFigures SegmentLevel(AvvpGrid predicted, AvvpGrid truth) =>
        Figures(predicted, truth, (one, other) => new MatchCounts(
            BitOperations.PopCount((uint)(one & other)), BitOperations.PopCount((uint)(one & ~other)), BitOperations.PopCount((uint)(other & ~one))));

    /// <summary>F over events: see <see cref="CountEvents"/>.</summary>
    public static AvvpFigures EventLevel(AvvpGrid predicted, AvvpGrid truth) =>
        Figures(predicted, truth, (one, other) => CountEvents(Events(one), Events(other)));

    /// <summary>The unbroken runs of ones, each as start and end (excluded).</summary>
    /// <param name="seconds">Ten bits.</param>
    public static IReadOnlyList<(int Start, int End)> Events(int seconds)
    {
        if (seconds == 0)
        {
            return [];
        }

        List<(int, int)> events = [];
        for (int at = 0; at < Seconds; at++)
        {
            int start = at;
            while (at < Seconds && (seconds >> at & 1) == 1)
            {
                at++;
            }

            if (at > start)
            {
                events.Add((start, at));
            }
        }

        return events;
    }

    /// <summary>
    /// Counts matching events. A predicted event is right when a true one shares at least half of their union (exactly half
    /// counts); a true event is missed when no predicted one does. Nothing is used up, as in the original: two predictions may
    /// be right by one true event, and one prediction may cover two.
    /// </summary>
    public static MatchCounts CountEvents(IReadOnlyList<(int Start, int End)> predicted, IReadOnlyList<(int Start, int End)> truth)
    {
        int right = predicted.Count(one => truth.Any(other => Meet(one, other)));
        return new MatchCounts(right, predicted.Count - right, truth.Count(one => !predicted.Any(other => Meet(one, other))));
    }

    /// <summary>Averages over videos, in percent.</summary>
    /// <param name="videos">The figures of each video, at least one.</param>
    public static AvvpDataSet DataSet(IReadOnlyCollection<AvvpFigures> videos)
    {
        double audio = 100 * videos.Average(video => video.Audio), visual = 100 * videos.Average(video => video.Visual), both = 100 * videos.Average(video => video.AudioVisual);
        return new AvvpDataSet(audio, visual, both, (audio + visual + both) / 3, 100 * videos.Average(video => video.Event));
    }

    /// <summary>
    /// The authors' Precision, Recall and F1 over rows of zeros and ones: the mean over rows of hits/predicted, hits/true and
    /// 2·hits/(predicted + true). 0/0 is NaN and spoils the mean, as there.
    /// </summary>
    public static (double Precision, double Recall, double F1) RowMeans(IReadOnlyList<IReadOnlyList<int>> predicted, IReadOnlyList<IReadOnlyList<int>> truth) =>
        RowMeans(predicted, truth, (_, _) => double.NaN);

    /// <summary>The same by convention without NaN: 0/0 is 1 in a row where both are empty, else 0.</summary>
    public static (double Precision, double Recall, double F1) SaneRowMeans(IReadOnlyList<IReadOnlyList<int>> predicted, IReadOnlyList<IReadOnlyList<int>> truth) =>
        RowMeans(predicted, truth, (said, there) => said + there == 0 ? 1 : 0);

    private static (double Precision, double Recall, double F1) RowMeans(IReadOnlyList<IReadOnlyList<int>> predicted, IReadOnlyList<IReadOnlyList<int>> truth, Func<int, int, double> ofNothing)
    {
        double precision = 0, recall = 0, f1 = 0;
        for (int row = 0; row < predicted.Count; row++)
        {
            int hits = predicted[row].Zip(truth[row], (one, other) => one * other).Sum(), said = predicted[row].Sum(), there = truth[row].Sum();
            precision += said == 0 ? ofNothing(said, there) : (double)hits / said;
            recall += there == 0 ? ofNothing(said, there) : (double)hits / there;
            f1 += said + there == 0 ? ofNothing(said, there) : 2.0 * hits / (said + there);
        }

        return (precision / predicted.Count, recall / predicted.Count, f1 / predicted.Count);
    }

    private static bool Meet((int Start, int End) one, (int Start, int End) other)
    {
        int shared = Math.Max(0, Math.Min(one.End, other.End) - Math.Max(one.Start, other.Start));
        return 2 * shared >= one.End - one.Start + other.End - other.Start - shared;
    }

    private static AvvpFigures Figures(AvvpGrid predicted, AvvpGrid truth, Func<int, int, MatchCounts> count)
    {
        MeanFigures figures = new();
        for (int label = 0; label < truth.Count; label++)
        {
            figures.Add(
                count(predicted.Audio(label), truth.Audio(label)),
                count(predicted.Visual(label), truth.Visual(label)),
                count(predicted.Audio(label) & predicted.Visual(label), truth.Audio(label) & truth.Visual(label)));
        }

        return figures.Value;
    }

    /// <summary>The four figures, class by class.</summary>
    internal sealed class MeanFigures
    {
        private readonly MeanF audio = new(), visual = new(), together = new(), both = new();

        /// <summary>The means over the classes so far.</summary>
        public AvvpFigures Value => new(audio.Value, visual.Value, together.Value, both.Value);

        /// <summary>Counts a class.</summary>
        public void Add(MatchCounts heard, MatchCounts seen, MatchCounts atOnce)
        {
            audio.Add(heard);
            visual.Add(seen);
            together.Add(heard + seen);
            both.Add(atOnce);
        }
    }

    /// <summary>Mean F over the classes of which there is anything; 1 when there is none, as in the original: nothing to find and nothing said is all right.</summary>
    private sealed class MeanF
    {
        private double sum;
        private int count;

        public double Value => count == 0 ? 1 : sum / count;

        public void Add(MatchCounts counts)
        {
            if (!counts.IsEmpty)
            {
                sum += counts.F;
                count++;
            }
        }
    }
}

using CrabStudio.Media;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.DataSets;

/// <summary>What the page knows about the sample that is open: its media, its target, and an answer beside it.</summary>
/// <param name="set">The data set.</param>
/// <param name="sample">The sample.</param>
/// <param name="media">Its files, examined.</param>
public sealed class SampleState(DataSet set, AvUieSample sample, IReadOnlyList<DataSetMedia> media)
{
    /// <summary>Whose lanes are the data set's.</summary>
    public const string OfTarget = "target";

    /// <summary>Whose lanes are the model's.</summary>
    public const string OfAnswer = "answer";

    private (int Tokens, bool Ended, IReadOnlyList<Lane> Lanes) lanes = (-1, false, []);

    /// <summary>The data set.</summary>
    public DataSet Set { get; } = set;

    /// <summary>The sample.</summary>
    public AvUieSample Sample { get; } = sample;

    /// <summary>Its files.</summary>
    public IReadOnlyList<DataSetMedia> Media { get; } = media;

    /// <summary>The answer beside the target; null before the model was asked.</summary>
    public AnswerPageState? Answer { get; set; }

    /// <summary>The clip of the answer's session that has the time axis, for its waveform; null before the model was asked.</summary>
    public Guid? ClipId { get; set; }

    /// <summary>The text that is trained on, or what a test list expects where it has none.</summary>
    public string TargetText => Sample.Target ?? Sample.Expected ?? "";

    /// <summary>Whether <see cref="TargetText"/> is what the authors' test loader notes, and not a text that is trained on.</summary>
    public bool IsExpectation => Sample.Target is null;

    /// <summary>What the target says; of a test entry without a target text, what its fields say.</summary>
    public ParsedAnswer Target { get; } = Parse(sample);

    /// <summary>The words of the prompt, without the media.</summary>
    public string Prompt => string.Join(' ', Sample.Prompt.Content.OfType<TextItem>().Select(text => text.Text));

    /// <summary>One plain line for each file that cannot be used.</summary>
    public IEnumerable<string> Problems => Media.Select(one => one.Problem).OfType<string>();

    /// <summary>Whether the model can be asked.</summary>
    public bool CanAsk => Media.Count > 0 && Media.All(one => one.Problem is null);

    /// <summary>The file that the time axis belongs to: the first video, else the first sound.</summary>
    public DataSetMedia? Played => Media.FirstOrDefault(one => one is { Shown: ClipKind.Video, Problem: null }) ?? Media.FirstOrDefault(one => one is { Shown: ClipKind.Audio, Problem: null });

    /// <summary>Seconds of the axis: of the file, or of the events where no file tells.</summary>
    public double Duration => Played?.Probe is { PlaySeconds: > 0 } probe ? probe.PlaySeconds : Target.Events.Select(one => one.EndSeconds ?? 0).DefaultIfEmpty(0).Max();

    /// <summary>The still that boxes and points are about; null where there is none.</summary>
    public DataSetMedia? Still => Media.FirstOrDefault(one => one is { Shown: ClipKind.Image, Problem: null });

    /// <summary>Side lengths of the frame in whose pixels boxes and points are written.</summary>
    public (int Width, int Height) Frame => Sample.Prompt.Content.OfType<ImageItem>().FirstOrDefault() is { } still ? (still.Width, still.Height) : (224, 224);

    /// <summary>The lanes of target and answer on one axis: those of the same event under each other, the target's first.</summary>
    public IReadOnlyList<Lane> Lanes
    {
        get
        {
            (int, bool) now = (Answer?.TokenCount ?? 0, Answer?.Unfinished ?? false);
            if ((lanes.Tokens, lanes.Ended) != now)
            {
                IEnumerable<Lane> wanted = Lane.From(Target.Events, Duration).Select(lane => lane with { Source = OfTarget });
                IEnumerable<Lane> said = Answer is null ? [] : Lane.From(Answer.Parsed.Events, Duration).Select(lane => lane with { Source = OfAnswer });
                lanes = (now.Item1, now.Item2, [.. wanted.Concat(said).GroupBy(lane => (lane.Label.ToUpperInvariant(), lane.Modality)).SelectMany(same => same)]);
            }

            return lanes.Lanes;
        }
    }

    /// <summary>Whether the answer's choice is the target's; null when either names none or the answer has not ended.</summary>
    public bool? SameChoice => Answer is { Unfinished: false } answer && Target.Choice is { } wanted && answer.Parsed.Choice is { } said
        ? string.Equals(wanted.Trim().TrimEnd('.'), said.Trim().TrimEnd('.'), StringComparison.OrdinalIgnoreCase)
        : null;

    private static ParsedAnswer Parse(AvUieSample sample)
    {
        if (sample.Target is { } target)
        {
            return AnswerParser.Parse(sample.Key, target);
        }

        ParsedAnswer read = AnswerParser.Parse(sample.Key, sample.Expected ?? "");
        bool chosen = TaskCatalog.Find(sample.Key)!.Grammar == AnswerGrammar.Choice;
        return read with
        {
            Events = sample.Reference.Events,
            Boxes = sample.Reference.Box is { } box ? [box] : [],
            Choice = chosen ? read.Choice ?? sample.Reference.Label : null,
            Exists = sample.Key == "ref_avs" && sample.Reference.Label is { } there ? there == "true" : null,
            Problems = [],
        };
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Tasks.Reports;

/// <summary>What stands against what in a transfer study.</summary>
public enum StudyArm
{
    /// <summary>The frozen base without any adapter; no arm of the paper, but what all others begin with.</summary>
    Base,

    /// <summary>A plain LoRA adapter for each task, trained on that task alone.</summary>
    Single,

    /// <summary>One plain LoRA adapter (n = 1, no router) for all tasks.</summary>
    MultiLora,

    /// <summary>One I-LoRA adapter (a shared A, n experts B, a router) for all tasks.</summary>
    MultiIlora,
}

/// <summary>A figure with its interval: the middle 95% of draws of seeds and, within each, of clips, both with repetition.</summary>
/// <param name="Value">The figure itself.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public sealed record StudyEstimate(double Value, double Low, double High)
{
    /// <summary>Whether a value lies in the interval, its ends included.</summary>
    public bool Includes(double value) => Low <= value && value <= High;
}

/// <summary>What a study was made of, the same for all arms unless <see cref="StudyArmFacts"/> says otherwise.</summary>
/// <param name="Base">Folder name of the frozen base.</param>
/// <param name="BaseDigest">SHA-256 of its weights.</param>
/// <param name="BaseParameters">Number of its parameters.</param>
/// <param name="BaseIsUntrained">Whether it says of itself that its weights are random: then all figures are noise.</param>
/// <param name="Tasks">The task keys, in the order of the catalog.</param>
/// <param name="Seeds">Number of seeds; they are 1, 2, … Each has its own first adapters, clips to learn from, order and clips to answer.</param>
/// <param name="StepsPerTask">Steps of a single-task adapter; a multi-task one takes as many for each task.</param>
/// <param name="ClipsPerStep">Clips of a step.</param>
/// <param name="ClipsPerTask">Clips of a task that each arm learns from, each once.</param>
/// <param name="TestClips">Clips that are answered, of a task and a seed; the same for all arms, unseen splits of the world.</param>
/// <param name="TotalRank">Rank budget of an adapted linear: the ranks of its matrices B add up to it in every arm.</param>
/// <param name="Experts">n of the I-LoRA arm.</param>
/// <param name="Scale">alpha / r of every arm.</param>
/// <param name="LearningRate">Highest learning rate of every arm (AdamW).</param>
/// <param name="Schedule">Its course, in words.</param>
/// <param name="AnswerTokens">Longest answer in tokens.</param>
/// <param name="Draws">Draws of the intervals.</param>
public sealed record StudySetup(
    string Base,
    string BaseDigest,
    long BaseParameters,
    bool BaseIsUntrained,
    IReadOnlyList<string> Tasks,
    int Seeds,
    int StepsPerTask,
    int ClipsPerStep,
    int ClipsPerTask,
    int TestClips,
    int TotalRank,
    int Experts,
    double Scale,
    double LearningRate,
    string Schedule,
    int AnswerTokens,
    int Draws);

/// <summary>An arm's share of the budget. Of the base all numbers are 0.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Name">Its name in words.</param>
/// <param name="Experts">Matrices B of an adapted linear.</param>
/// <param name="Rank">r: rank of A, and of each B.</param>
/// <param name="Alpha">alpha.</param>
/// <param name="AdaptersPerSeed">Adapters that are trained with a seed.</param>
/// <param name="TrainableParameters">Trained numbers of one adapter, counted in its file.</param>
/// <param name="StepsPerAdapter">Steps of one adapter.</param>
/// <param name="ClipsPerAdapter">Clips that one adapter learns from.</param>
/// <param name="ClipsPerTask">Clips of a task that the arm learns from with a seed.</param>
public sealed record StudyArmFacts(
    StudyArm Arm, string Name, int Experts, int Rank, double Alpha, int AdaptersPerSeed, long TrainableParameters, int StepsPerAdapter, int ClipsPerAdapter, int ClipsPerTask);

/// <summary>How an arm answers a task.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Score">The task's metric over all seeds and clips.</param>
/// <param name="PerSeed">The same of each seed alone, in their order.</param>
public sealed record StudyTaskValue(StudyArm Arm, StudyEstimate Score, IReadOnlyList<double> PerSeed);

/// <summary>A task with the figure that stands for it.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Family">Its family.</param>
/// <param name="Dataset">The data set whose form it has.</param>
/// <param name="Metric">Name of the part of <c>crab evaluate</c>'s scores that stands for the task: a share of 1, larger is better.</param>
/// <param name="MetricMeaning">What it counts, in words.</param>
/// <param name="Values">One for each arm, in the order of <see cref="StudyArm"/>.</param>
public sealed record StudyTask(string Key, TaskFamily Family, string Dataset, string Metric, string MetricMeaning, IReadOnlyList<StudyTaskValue> Values);

/// <summary>How a task differs between two arms.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Difference">Later arm less earlier arm.</param>
/// <param name="Kind">On which side it lies; a tie where both are exactly equal.</param>
/// <param name="IsSure">Whether the interval leaves 0 out.</param>
public sealed record StudyTaskDifference(string Key, StudyEstimate Difference, TransferKind Kind, bool IsSure);

/// <summary>The tasks of one seed by side.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Above">Tasks that gain.</param>
/// <param name="Below">Tasks that lose.</param>
/// <param name="Ties">Tasks that are exactly equal.</param>
public sealed record StudySeedCount(int Seed, int Above, int Below, int Ties);

/// <summary>
/// Two arms task by task. A tie has two readings: it stands among the compared tasks on neither side (<see cref="AbovePercent"/>,
/// <see cref="BelowPercent"/>), or on the side that is asked for (<see cref="AboveOrTiePercent"/>, <see cref="BelowOrTiePercent"/>).
/// </summary>
/// <param name="Before">The arm that is the measure.</param>
/// <param name="After">The arm that is compared with it.</param>
/// <param name="Compared">Number of tasks.</param>
/// <param name="Above">Tasks whose mean over all seeds and clips is larger with <paramref name="After"/>.</param>
/// <param name="Below">Tasks whose mean is smaller.</param>
/// <param name="Ties">Tasks whose mean is exactly equal.</param>
/// <param name="AbovePercent">Share above; a tie is on neither side.</param>
/// <param name="BelowPercent">Share below; a tie is on neither side.</param>
/// <param name="AboveOrTiePercent">Share above or equal.</param>
/// <param name="BelowOrTiePercent">Share below or equal.</param>
/// <param name="MeanDifference">Mean over tasks of the differences.</param>
/// <param name="MeanRelativeGainPercent">Mean over tasks of the relative gain in percent; null where every task's measure is 0.</param>
/// <param name="SurelyAbove">Tasks above whose interval leaves 0 out.</param>
/// <param name="SurelyBelow">Tasks below whose interval leaves 0 out.</param>
/// <param name="Seeds">The same counts of each seed alone.</param>
/// <param name="Tasks">Task by task.</param>
public sealed record StudyComparison(
    StudyArm Before,
    StudyArm After,
    int Compared,
    int Above,
    int Below,
    int Ties,
    StudyEstimate AbovePercent,
    StudyEstimate BelowPercent,
    StudyEstimate AboveOrTiePercent,
    StudyEstimate BelowOrTiePercent,
    StudyEstimate MeanDifference,
    double? MeanRelativeGainPercent,
    int SurelyAbove,
    int SurelyBelow,
    IReadOnlyList<StudySeedCount> Seeds,
    IReadOnlyList<StudyTaskDifference> Tasks);

/// <summary>How the routers mix their experts on a task's prompts.</summary>
/// <param name="Key">The task key.</param>
/// <param name="Weights">[seed][expert]: mean weight over linears, clips and positions; a seed's weights add up to 1. Experts of different seeds have nothing to do with each other.</param>
/// <param name="Entropy">Mean entropy of a position's weights as a share of the largest possible, over seeds: 1 is uniform, 0 is one expert alone.</param>
/// <param name="Largest">Mean largest weight of a position, over seeds; 1/n is uniform.</param>
public sealed record StudyTaskRouting(string Key, IReadOnlyList<IReadOnlyList<double>> Weights, double Entropy, double Largest);

/// <summary>
/// How far apart mixes lie: the total variation distance (half of the summed absolute differences, 0 equal to 1 disjoint) of mean
/// weights, linear by linear, then the mean over linears. Means of few clips differ a little by chance: compare with the fresh router.
/// </summary>
/// <param name="Mean">Mean over pairs and seeds; null where there is no pair.</param>
/// <param name="PerSeed">Mean over pairs, seed by seed.</param>
/// <param name="Names">What is compared.</param>
/// <param name="Matrix">[name][name], mean over seeds.</param>
public sealed record StudyDistances(double? Mean, IReadOnlyList<double> PerSeed, IReadOnlyList<string> Names, IReadOnlyList<IReadOnlyList<double>> Matrix);

/// <summary>The routers of a part of the network, as they were made or after training.</summary>
/// <param name="IsTrained">False: fresh from the seed, before any training.</param>
/// <param name="Tasks">Task by task.</param>
/// <param name="BetweenTasks">Distances between tasks.</param>
/// <param name="BetweenKinds">Text decoder only: distances between positions of sound, of pictures and of words; else null.</param>
public sealed record StudyRouterState(bool IsTrained, IReadOnlyList<StudyTaskRouting> Tasks, StudyDistances BetweenTasks, StudyDistances? BetweenKinds);

/// <summary>The routers of a part of the network.</summary>
/// <param name="Part"><c>text</c>, <c>audio</c> or <c>vision</c>.</param>
/// <param name="Name">Its name in words.</param>
/// <param name="Linears">Adapted linears with a router.</param>
/// <param name="States">Fresh, then trained.</param>
public sealed record StudyRoutingPart(string Part, string Name, int Linears, IReadOnlyList<StudyRouterState> States);

/// <summary>What the paper says, for comparison only: other data, another size, and its way of counting is not known.</summary>
/// <param name="Source">Where it stands.</param>
/// <param name="BelowPercent">Tasks that fall below their single-task model with plain multi-task training, "nearly".</param>
/// <param name="AbovePercent">Tasks that rise above it with Crab⁺, "nearly".</param>
public sealed record PaperHeadline(string Source, double BelowPercent, double AbovePercent)
{
    /// <summary>The abstract of the paper.</summary>
    public static PaperHeadline Crab { get; } = new("arXiv 2603.04128, abstract", 55, 88);
}

/// <summary>
/// What a transfer study found: the content of <c>study.json</c> (snake case; enumerations as words in snake case). It holds no times
/// and no paths, so that the same study is the same file, bit for bit. What it was made of lies beside it: each answer with its score
/// and its routes in <c>runs/*/*/answers.jsonl</c>, each adapter in <c>runs/*/*/adapter</c>.
/// </summary>
/// <param name="Version">Version of this form, <see cref="CurrentVersion"/>; it rises when a reader of the old form would misread the new one.</param>
/// <param name="Setup">What the study was made of.</param>
/// <param name="Arms">Each arm's share of the budget.</param>
/// <param name="Tasks">Task by task.</param>
/// <param name="Comparisons">Base → single, single → multi-task LoRA, single → multi-task I-LoRA, multi-task LoRA → multi-task I-LoRA.</param>
/// <param name="Routing">Routers of the I-LoRA arm: text decoder, audio tower, vision tower.</param>
/// <param name="Paper">What the paper says.</param>
/// <param name="Findings">What came out, in plain words.</param>
/// <param name="Remarks">What a reader should know before believing it.</param>
public sealed record StudyReport(
    int Version,
    StudySetup Setup,
    IReadOnlyList<StudyArmFacts> Arms,
    IReadOnlyList<StudyTask> Tasks,
    IReadOnlyList<StudyComparison> Comparisons,
    IReadOnlyList<StudyRoutingPart> Routing,
    PaperHeadline Paper,
    IReadOnlyList<string> Findings,
    IReadOnlyList<string> Remarks)
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Names of the files of a study.</summary>
    public const string FileName = "study.json", PageName = "report.html";

    private static readonly JsonSerializerOptions Form = Options(indented: true), LineForm = Options(indented: false);

    /// <summary>The comparison of two arms.</summary>
    public StudyComparison Compare(StudyArm before, StudyArm after) => Comparisons.First(one => one.Before == before && one.After == after);

    /// <summary>The report as the text of <c>study.json</c>.</summary>
    public string Json() => JsonSerializer.Serialize(this, Form) + "\n";

    /// <summary>Reads the <c>study.json</c> of a folder.</summary>
    /// <exception cref="InvalidDataException">The file is no study, or one of another version; one line says so.</exception>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    public static StudyReport Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            byte[] bytes = File.ReadAllBytes(file);
            using JsonDocument document = JsonDocument.Parse(bytes);
            int version = document.RootElement.GetProperty("version").GetInt32();
            return version != CurrentVersion
                ? throw new InvalidDataException($"{file} is of version {version}; this program reads version {CurrentVersion}. Run crab study transfer anew with the same --out")
                : JsonSerializer.Deserialize<StudyReport>(bytes, Form)!;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{file} is no report of crab study transfer; run it anew with the same --out", fault);
        }
    }

    /// <summary>How the files of a study are written: <c>study.json</c> with line breaks, lines of JSON without.</summary>
    internal static JsonSerializerOptions Lines => LineForm;

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        NewLine = "\n",
        WriteIndented = indented,
    };
}

using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Training.Study;

/// <summary>From answers to figures: means, shares of tasks, their intervals, and what the routers did.</summary>
internal static class StudySummary
{
    /// <summary>Draws of the intervals.</summary>
    public const int Draws = 2000;

    private static readonly (StudyArm Before, StudyArm After)[] Pairs =
        [(StudyArm.Base, StudyArm.Single), (StudyArm.Single, StudyArm.MultiLora), (StudyArm.Single, StudyArm.MultiIlora), (StudyArm.MultiLora, StudyArm.MultiIlora)];

    private static readonly Dictionary<string, string> Meanings = new()
    {
        ["segment_accuracy"] = "seconds of ten whose label is right; what cannot be read is background",
        ["temporal_iou"] = "shared time of all time of each true label's ranges, 0 where it is not named (the mAP of crab evaluate is a figure of a set and has no value for a clip)",
        ["segment_type"] = "mean of the segment F of what is heard, of what is seen and of both at once (Type@AV)",
        ["box_iou"] = "shared area of all area of the box; 0 without a box",
        ["object_right"] = "answers that conclude with just the object that sounds",
        ["exists_right"] = "answers that say rightly whether the object is there",
        ["rouge_l"] = "longest common subsequence with the target text (ROUGE-L)",
        ["right"] = "right answers; what cannot be read is wrong",
    };

    /// <summary>Sums up the answers of all arms.</summary>
    /// <param name="setup">What the study was made of.</param>
    /// <param name="arms">Each arm's share of the budget.</param>
    /// <param name="answers">All answers, of every arm, seed, task and clip.</param>
    public static StudyReport Of(StudySetup setup, IReadOnlyList<StudyArmFacts> arms, IReadOnlyList<StudyAnswer> answers)
    {
        Scores scores = new(setup, answers);
        StudyTask[] tasks = [.. setup.Tasks.Select((key, place) => Task(key, place, scores))];
        StudyComparison[] comparisons = [.. Pairs.Select(pair => Compare(pair.Before, pair.After, setup, scores))];
        StudyRoutingPart[] routing = [.. new[] { ("text", "text decoder"), ("audio", "audio tower"), ("vision", "vision tower") }.Select(part => Routing(part.Item1, part.Item2, setup, answers)).OfType<StudyRoutingPart>()];
        StudyReport report = new(StudyReport.CurrentVersion, setup, arms, tasks, comparisons, routing, PaperHeadline.Crab, [], []);
        return report with { Findings = StudyWords.Findings(report), Remarks = StudyWords.Remarks(report) };
    }

    private static StudyTask Task(string key, int place, Scores scores)
    {
        TaskDefinition task = TaskCatalog.Find(key)!;
        string metric = TaskScorer.Primary(key);
        return new StudyTask(key, task.Family, task.Dataset, metric, Meanings[metric], [.. Enum.GetValues<StudyArm>().Select(arm => new StudyTaskValue(arm, Estimate(scores.Mean(arm, place), scores.Drawn(arm, place)), scores.PerSeed(arm, place)))]);
    }

    private static StudyComparison Compare(StudyArm before, StudyArm after, StudySetup setup, Scores scores)
    {
        int count = setup.Tasks.Count;
        TransferTable table = Table(place => (scores.Mean(before, place), scores.Mean(after, place)));
        TransferTable[] drawn = [.. Enumerable.Range(0, Draws).Select(draw => Table(place => (scores.Drawn(before, place)[draw], scores.Drawn(after, place)[draw])))];
        double[][] differences = [.. Enumerable.Range(0, count).Select(place => scores.Drawn(before, place).Zip(scores.Drawn(after, place), (one, other) => Round(other - one)).ToArray())];
        StudyTaskDifference[] tasks =
        [
            .. setup.Tasks.Select((key, place) =>
            {
                StudyEstimate difference = Estimate(Round(scores.Mean(after, place) - scores.Mean(before, place)), differences[place]);
                return new StudyTaskDifference(key, difference, new TransferRow(key, true, scores.Mean(before, place), scores.Mean(after, place)).Kind, !difference.Includes(0));
            }),
        ];
        return new StudyComparison(
            before, after, table.Compared, table.Positive, table.Negative, table.Tie,
            Share(one => one.PositivePercent), Share(one => one.NegativePercent), Share(one => one.PositiveOrTiePercent), Share(one => one.NegativeOrTiePercent),
            Estimate(Round(tasks.Average(task => task.Difference.Value)), Enumerable.Range(0, Draws).Select(draw => differences.Average(task => task[draw]))),
            table.MeanRelativeGainPercent,
            tasks.Count(task => task is { IsSure: true, Kind: TransferKind.Positive }),
            tasks.Count(task => task is { IsSure: true, Kind: TransferKind.Negative }),
            [
                .. Enumerable.Range(0, setup.Seeds).Select(seed =>
                {
                    TransferTable own = Table(place => (scores.PerSeed(before, place)[seed], scores.PerSeed(after, place)[seed]));
                    return new StudySeedCount(seed + 1, own.Positive, own.Negative, own.Tie);
                }),
            ],
            tasks);

        TransferTable Table(Func<int, (double Single, double Multi)> of) =>
            TransferTable.Of([.. Enumerable.Range(0, count).Select(place => of(place) is var pair ? new TransferRow(setup.Tasks[place], true, pair.Single, pair.Multi) : null!)]);

        StudyEstimate Share(Func<TransferTable, double?> of) => Estimate(of(table)!.Value, drawn.Select(one => of(one)!.Value));
    }

    private static StudyRoutingPart? Routing(string part, string name, StudySetup setup, IReadOnlyList<StudyAnswer> answers)
    {
        StudyAnswer[] own = [.. answers.Where(answer => answer.Routes?.ContainsKey(part) == true)];
        return own.Length == 0 ? null : new StudyRoutingPart(part, name, own[0].Routes![part].Mean.Length, [State(false, StudyArm.Base), State(true, StudyArm.MultiIlora)]);

        StudyRouterState State(bool trained, StudyArm arm)
        {
            StudyAnswer[] there = [.. own.Where(answer => answer.Arm == arm)];
            string[] keys = [.. setup.Tasks.Where(key => there.Any(answer => answer.Key == key))];
            int[] seeds = [.. Enumerable.Range(1, setup.Seeds)];
            double[][][][] mixes = [.. seeds.Select(seed => keys.Select(key => Mix(there.Where(answer => answer.Seed == seed && answer.Key == key), part)).ToArray())];
            StudyTaskRouting[] tasks =
            [
                .. keys.Select((key, place) => new StudyTaskRouting(
                    key,
                    [.. mixes.Select(seed => Enumerable.Range(0, setup.Experts).Select(expert => seed[place].Average(linear => linear[expert])).ToArray())],
                    there.Where(answer => answer.Key == key).Average(answer => answer.Routes![part].Entropy.Average(value => (double)value)),
                    there.Where(answer => answer.Key == key).Average(answer => answer.Routes![part].Largest.Average(value => (double)value)))),
            ];
            (string Name, string Part)[] kinds = [.. new[] { ("sound", PartRoutes.OnSound), ("pictures", PartRoutes.OnPictures), ("words", PartRoutes.OnWords) }.Where(kind => part == "text" && there.Any(answer => answer.Routes!.ContainsKey(kind.Item2)))];
            return new StudyRouterState(
                trained, tasks, Distances(keys, mixes),
                part != "text" ? null : Distances([.. kinds.Select(kind => kind.Name)], [.. seeds.Select(seed => kinds.Select(kind => Mix(there.Where(answer => answer.Seed == seed && answer.Routes!.ContainsKey(kind.Part)), kind.Part)).ToArray())]));
        }
    }

    // [linear][expert]: the mean over answers.
    private static double[][] Mix(IEnumerable<StudyAnswer> answers, string part)
    {
        float[][][] all = [.. answers.Select(answer => answer.Routes![part].Mean)];
        return [.. Enumerable.Range(0, all[0].Length).Select(linear => Enumerable.Range(0, all[0][linear].Length).Select(expert => all.Average(one => (double)one[linear][expert])).ToArray())];
    }

    // mixes: [seed][name][linear][expert].
    private static StudyDistances Distances(string[] names, double[][][][] mixes)
    {
        double[][][] each = [.. mixes.Select(seed => names.Select((_, one) => names.Select((_, other) => Distance(seed[one], seed[other])).ToArray()).ToArray())];
        (int One, int Other)[] pairs = [.. Enumerable.Range(0, names.Length).SelectMany(one => Enumerable.Range(one + 1, names.Length - one - 1).Select(other => (one, other)))];
        double[] perSeed = pairs.Length == 0 ? [] : [.. each.Select(seed => pairs.Average(pair => seed[pair.One][pair.Other]))];
        return new StudyDistances(perSeed.Length == 0 ? null : perSeed.Average(), perSeed, names, [.. names.Select((_, one) => names.Select((_, other) => each.Average(seed => seed[one][other])).ToArray())]);
    }

    private static double Distance(double[][] one, double[][] other) => one.Zip(other, (a, b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Sum() / 2).Average();

    private static StudyEstimate Estimate(double value, IEnumerable<double> drawn)
    {
        (double low, double high) = Resampling.Interval(drawn.Select(one => (double?)one))!.Value;
        return new StudyEstimate(value, Round(low), Round(high));
    }

    // Sums of the same values in another order differ in their last bits; that is no difference between arms.
    private static double Round(double value) => Math.Round(value, 12) + 0.0;

    /// <summary>
    /// Means of scores by arm and task: over all, by seed, and over draws. A draw takes as many seeds as there are, with repetition, and
    /// for each of them and each task as many of its clips; all arms get the same draws, so that differences are those of pairs.
    /// </summary>
    private sealed class Scores
    {
        private readonly Dictionary<StudyArm, double[][][]> all = [];
        private readonly Dictionary<StudyArm, double[][]> drawn = [];

        public Scores(StudySetup setup, IReadOnlyList<StudyAnswer> answers)
        {
            Dictionary<(StudyArm, string, int, int), double> given = answers.ToDictionary(answer => (answer.Arm, answer.Key, answer.Seed, answer.Index), answer => answer.Score);
            foreach (StudyArm arm in Enum.GetValues<StudyArm>())
            {
                all[arm] = [.. setup.Tasks.Select(key => Enumerable.Range(1, setup.Seeds).Select(seed => Enumerable.Range(0, setup.TestClips).Select(clip => given[(arm, key, seed, clip)]).ToArray()).ToArray())];
                drawn[arm] = [.. setup.Tasks.Select(_ => new double[Draws])];
            }

            SeededNumbers numbers = SeededNumbers.Of(0, "transfer study");
            for (int draw = 0; draw < Draws; draw++)
            {
                int[] seeds = [.. Enumerable.Range(0, setup.Seeds).Select(_ => numbers.Below(setup.Seeds))];
                for (int task = 0; task < setup.Tasks.Count; task++)
                {
                    (int Seed, int Clip)[] places = [.. seeds.SelectMany(seed => Enumerable.Range(0, setup.TestClips).Select(_ => (seed, numbers.Below(setup.TestClips))))];
                    foreach ((StudyArm arm, double[][][] values) in all)
                    {
                        drawn[arm][task][draw] = Round(places.Average(place => values[task][place.Seed][place.Clip]));
                    }
                }
            }
        }

        public double Mean(StudyArm arm, int task) => Round(all[arm][task].Average(seed => seed.Average()));

        public double[] PerSeed(StudyArm arm, int task) => [.. all[arm][task].Select(seed => Round(seed.Average()))];

        public double[] Drawn(StudyArm arm, int task) => drawn[arm][task];
    }
}

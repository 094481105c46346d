using System.Globalization;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Training.Study;

/// <summary>A study as one HTML page with pictures, and as a table in Markdown.</summary>
internal static class StudyPage
{
    // Okabe and Ito's colours, which colour-blind people can tell apart.
    private const string LoraColour = "#E69F00", IloraColour = "#0072B2", BelowColour = "#D55E00", AboveColour = "#009E73", TieColour = "#8a8f99";
    private static readonly string[] ExpertColours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"];

    /// <summary>The page.</summary>
    public static string Html(StudyReport report)
    {
        StudySetup setup = report.Setup;
        StudyComparison lora = report.Compare(StudyArm.Single, StudyArm.MultiLora), ilora = report.Compare(StudyArm.Single, StudyArm.MultiIlora);
        HtmlPage page = new($"Transfer study on {setup.Base}");
        page.Line(string.Create(CultureInfo.InvariantCulture, $"Does a task gain or lose when its adapter learns other tasks too? {setup.Tasks.Count} tasks, {setup.Seeds} seeds, {setup.ClipsPerTask} clips of each task to learn from and {setup.TestClips} unseen ones to answer with each seed, on one frozen base of {setup.BaseParameters:#,0} parameters."));
        if (setup.BaseIsUntrained)
        {
            page.Remark(StudyWords.Untrained);
        }

        page.Heading("What came out", "findings").Raw(List(report.Findings));
        page.Raw(Shares(report, lora, ilora));
        page.Line("Of each bar: tasks below, equal to and above their single-task adapter. The paper's bars show what its abstract says and no more; they are for comparison only.");
        page.Table(
            "Shares of tasks", ["comparison", "below, tie, above", "% below", "% above", "% below or equal", "% above or equal", "mean change"],
            report.Comparisons.Select(one => (one.Before == StudyArm.Single, (IEnumerable<string>)
            [
                HtmlPage.Text($"{Name(report, one.After)} against {Name(report, one.Before)}"), $"{one.Below}, {one.Ties}, {one.Above}", Over(one.BelowPercent), Over(one.AbovePercent), Over(one.BelowOrTiePercent), Over(one.AboveOrTiePercent),
                Above(StudyWords.Signed(one.MeanDifference.Value), $"{StudyWords.Signed(one.MeanDifference.Low)} to {StudyWords.Signed(one.MeanDifference.High)}"),
            ])));
        page.Line(string.Create(CultureInfo.InvariantCulture, $"A tie is exact equality of means over all seeds and clips; it has two readings: on neither side, or on the side that is asked for. Intervals hold 95%: {setup.Draws:#,0} draws of seeds and, within each, of clips, with repetition and the same for all arms. Where all clips came out alike, as all wrong, no draw differs and an interval has no width; of few clips that says little."));
        page.Heading("What to know before believing it", "limits").Raw(List(report.Remarks));
        page.Heading("Task by task", "tasks").Raw(Differences(report, lora, ilora));
        page.Line("Difference of the task's score to its single-task adapter, with its 95% interval.");
        page.Table(
            "Scores by task", ["task", .. report.Arms.Select(arm => arm.Arm == StudyArm.Base ? "base" : arm.Name), "LoRA less single", "I-LoRA less single"],
            report.Tasks.Select((task, place) => (false, (IEnumerable<string>)
            [
                Above(HtmlPage.Text(task.Key), HtmlPage.Text(task.Metric)), .. task.Values.Select(value => Above(HtmlPage.Number(value.Score.Value), HtmlPage.Interval(value.Score.Low, value.Score.High))),
                Cell(lora.Tasks[place]), Cell(ilora.Tasks[place]),
            ])));
        page.Line("An asterisk: the interval leaves zero out. Every score is a share of 1, larger is better: the part of crab evaluate's scores that says most of a clip. The base without adapter is what all others begin with.");
        page.Raw($"<details><summary>What each score counts</summary><dl>{string.Concat(report.Tasks.DistinctBy(task => task.Metric).Select(task => $"<dt>{task.Metric}</dt><dd>{HtmlPage.Text(task.MetricMeaning)}: {string.Join(", ", report.Tasks.Where(other => other.Metric == task.Metric).Select(other => other.Key))}</dd>"))}</dl></details>");
        page.Table("Counts of each seed", ["seed", "LoRA: below, tie, above", "I-LoRA: below, tie, above"], lora.Seeds.Zip(ilora.Seeds, (one, other) => (false, (IEnumerable<string>)[$"{one.Seed}", $"{one.Below}, {one.Ties}, {one.Above}", $"{other.Below}, {other.Ties}, {other.Above}"])));

        page.Heading("Equal budget", "budget");
        page.Table(
            "Budget of the arms", ["arm", "n", "r", "n · r", "alpha", "adapters a seed", "trained numbers of one", "steps of one", "clips of one", "clips of a task"],
            report.Arms.Where(arm => arm.Arm != StudyArm.Base).Select(arm => (false, (IEnumerable<string>)
            [
                HtmlPage.Text(arm.Name), .. new long[] { arm.Experts, arm.Rank, arm.Experts * arm.Rank }.Select(StudyWords.Count), arm.Alpha.ToString("0.##", CultureInfo.InvariantCulture),
                .. new[] { arm.AdaptersPerSeed, arm.TrainableParameters, arm.StepsPerAdapter, arm.ClipsPerAdapter, arm.ClipsPerTask }.Select(StudyWords.Count),
            ])));
        page.Line(string.Create(CultureInfo.InvariantCulture, $"All arms: the same clips of a task, each seen once, {setup.ClipsPerStep} a step, in the same order among themselves; AdamW with a highest rate of {setup.LearningRate:0.######} ({setup.Schedule}); gradients of norm 1 at most; alpha / r = {setup.Scale:0.##}; no dropout; the loss is the mean over the tokens of a step's answers; the towers' adapters get gradients in every fourth step. A seed changes first adapters, clips and order. Answers: the likeliest token each time, {setup.AnswerTokens} tokens at most."));
        Routing(page, report);
        return page.End();
    }

    /// <summary>The table for a README.</summary>
    public static string Markdown(StudyReport report)
    {
        StudyComparison lora = report.Compare(StudyArm.Single, StudyArm.MultiLora), ilora = report.Compare(StudyArm.Single, StudyArm.MultiIlora);
        List<string> lines =
        [
            "| task | score | base | single-task LoRA | multi-task LoRA | multi-task I-LoRA | LoRA − single (95%) | I-LoRA − single (95%) |", "|---|---|---|---|---|---|---|---|",
            .. report.Tasks.Select((task, place) => $"| {task.Key} | {task.Metric.Replace('_', ' ')} | {string.Join(" | ", task.Values.Select(value => StudyWords.Number(value.Score.Value)))} | {StudyWords.Difference(lora.Tasks[place].Difference)} | {StudyWords.Difference(ilora.Tasks[place].Difference)} |"),
            $"| **mean change** | | | | | | {StudyWords.Difference(lora.MeanDifference)} | {StudyWords.Difference(ilora.MeanDifference)} |",
            Row("tasks below single-task (a tie on neither side)", one => one.BelowPercent, one => one.Below),
            Row("tasks above single-task (a tie on neither side)", one => one.AbovePercent, one => one.Above),
            Row("tasks below or equal", one => one.BelowOrTiePercent, one => one.Below + one.Ties),
            Row("tasks above or equal", one => one.AboveOrTiePercent, one => one.Above + one.Ties),
            string.Create(CultureInfo.InvariantCulture, $"| the paper's own headline, for comparison only ({report.Paper.Source}) | | | | | | nearly {report.Paper.BelowPercent:0}% below | nearly {report.Paper.AbovePercent:0}% above |"),
            "",
            .. report.Findings.Select(finding => $"- {finding}"),
        ];
        return string.Join('\n', lines) + "\n";

        string Row(string name, Func<StudyComparison, StudyEstimate> share, Func<StudyComparison, int> count) =>
            $"| {name} | | | | | | {count(lora)} of {lora.Compared}: {Share(share(lora))} | {count(ilora)} of {ilora.Compared}: {Share(share(ilora))} |";
    }

    private static void Routing(HtmlPage page, StudyReport report)
    {
        page.Heading("Routing", "routing").Line("Mean weights of the experts of the multi-task I-LoRA adapter on the prompts of each task's unseen clips. Fresh routers stand beside trained ones, since fresh ones are far from uniform before any training: what training did is the difference. Experts of different seeds have nothing to do with each other.");
        foreach (StudyRoutingPart part in report.Routing)
        {
            (StudyRouterState fresh, StudyRouterState trained) = (part.States[0], part.States[1]);
            page.Raw($"<h3>{HtmlPage.Text(part.Name)}, {part.Linears} linears</h3>").Raw(Mixes(report, part));
            List<(string What, double? Fresh, double? Trained)> rows = [("total variation between tasks, mean over pairs", fresh.BetweenTasks.Mean, trained.BetweenTasks.Mean)];
            if (part.Part == "text")
            {
                rows.Add(("total variation between positions of sound, pictures and words", fresh.BetweenKinds?.Mean, trained.BetweenKinds?.Mean));
            }

            rows.Add(("entropy of a position's weights, share of the largest possible", fresh.Tasks.Average(task => task.Entropy), trained.Tasks.Average(task => task.Entropy)));
            rows.Add(($"mean largest weight (uniform: {StudyWords.Number(1.0 / report.Setup.Experts)})", fresh.Tasks.Average(task => task.Largest), trained.Tasks.Average(task => task.Largest)));
            page.Table($"Routing of the {part.Name}", ["", "fresh", "trained"], rows.Select(row => (false, (IEnumerable<string>)[HtmlPage.Text(row.What), HtmlPage.Number(row.Fresh), HtmlPage.Number(row.Trained)])));
            page.Raw($"<details><summary>Each task of the {HtmlPage.Text(part.Name)}, and distances between tasks</summary>").Raw(Map(fresh.BetweenTasks, trained.BetweenTasks, part.Name));
            page.Table(
                $"Routing of the {part.Name} by task", ["task", "entropy, fresh", "entropy, trained", "largest weight, fresh", "largest weight, trained", .. Enumerable.Range(1, report.Setup.Seeds).Select(seed => $"weights, seed {seed}: fresh → trained")],
                trained.Tasks.Zip(fresh.Tasks, (now, before) => (false, (IEnumerable<string>)
                [
                    HtmlPage.Text(now.Key), HtmlPage.Number(before.Entropy), HtmlPage.Number(now.Entropy), HtmlPage.Number(before.Largest), HtmlPage.Number(now.Largest),
                    .. now.Weights.Zip(before.Weights, (after, first) => $"{Weights(first)} → {Weights(after)}"),
                ])));
            page.Raw("</details>");
        }

        static string Weights(IReadOnlyList<double> weights) => string.Join(' ', weights.Select(weight => weight.ToString("0.00", CultureInfo.InvariantCulture)));
    }

    private static string Shares(StudyReport report, StudyComparison lora, StudyComparison ilora)
    {
        const int left = 200, width = 480, height = 24;
        Drawing picture = new(left + width + 20, 170, "Shares of tasks below and above their single-task adapter, beside what the paper says");
        int row = 0;
        Bar("multi-task LoRA", [(100.0 * lora.Below / lora.Compared, BelowColour, $"{lora.Below} below"), (100.0 * lora.Ties / lora.Compared, TieColour, $"{lora.Ties} tie"), (100.0 * lora.Above / lora.Compared, AboveColour, $"{lora.Above} above")]);
        Bar("paper: ordinary training", [(report.Paper.BelowPercent, BelowColour, "nearly 55% below")]);
        Bar("multi-task I-LoRA", [(100.0 * ilora.Below / ilora.Compared, BelowColour, $"{ilora.Below} below"), (100.0 * ilora.Ties / ilora.Compared, TieColour, $"{ilora.Ties} tie"), (100.0 * ilora.Above / ilora.Compared, AboveColour, $"{ilora.Above} above")]);
        Bar("paper: Crab⁺", [(100 - report.Paper.AbovePercent, "none", ""), (report.Paper.AbovePercent, AboveColour, "nearly 88% above")]);
        return picture.Line(left + (width / 2.0), 4, left + (width / 2.0), 142, Drawing.Ink).Words(left + (width / 2.0), 158, "50%", "middle", Drawing.Soft).End();

        void Bar(string name, (double Percent, string Colour, string Words)[] parts)
        {
            double y = 10 + (row++ * 34), x = left;
            picture.Words(left - 8, y + 16, name, "end").Line(left, y + height, left + width, y + height, Drawing.Rule);
            foreach ((double percent, string colour, string words) in parts)
            {
                double wide = width * percent / 100;
                if (colour != "none" && percent > 0)
                {
                    picture.Rectangle(x, y, wide, height, colour, string.Create(CultureInfo.InvariantCulture, $"{name}: {words} ({percent:0}%)"));
                    if (wide > 60)
                    {
                        picture.Words(x + 8, y + 16, words, "start", "#000");
                    }
                }

                x += wide;
            }
        }
    }

    private static string Differences(StudyReport report, StudyComparison lora, StudyComparison ilora)
    {
        const int left = 90, width = 560, row = 30, top = 34;
        double most = lora.Tasks.Concat(ilora.Tasks).SelectMany(task => new[] { task.Difference.Value, task.Difference.Low, task.Difference.High }).Max(Math.Abs), reach = Math.Max(0.1, Math.Ceiling(most * 10) / 10);
        int bottom = top + (row * report.Tasks.Count);
        Drawing picture = new(left + width + 30, bottom + 30, "Difference of each task's score to its single-task adapter, with intervals");
        double At(double value) => left + (width * (value + reach) / (2 * reach));
        foreach (double tick in new[] { -1, -0.5, 0, 0.5, 1 })
        {
            picture.Line(At(tick * reach), top - 6, At(tick * reach), bottom, tick == 0 ? Drawing.Ink : Drawing.Rule).Words(At(tick * reach), bottom + 18, (tick * reach).ToString("+0.###;−0.###;0", CultureInfo.InvariantCulture), "middle", Drawing.Soft);
        }

        picture.Dot(left + 8, 14, LoraColour, false, "multi-task LoRA").Words(left + 20, 18, "multi-task LoRA").Dot(left + 148, 14, IloraColour, true, "multi-task I-LoRA").Words(left + 160, 18, "multi-task I-LoRA");
        for (int place = 0; place < report.Tasks.Count; place++)
        {
            double y = top + (row * (place + 0.5));
            picture.Words(left - 8, y + 4, report.Tasks[place].Key, "end");
            foreach ((StudyTaskDifference task, string colour, bool round, double shift) in new[] { (lora.Tasks[place], LoraColour, false, -6.0), (ilora.Tasks[place], IloraColour, true, 6.0) })
            {
                picture.Line(At(task.Difference.Low), y + shift, At(task.Difference.High), y + shift, colour, 2).Dot(At(task.Difference.Value), y + shift, colour, round, $"{task.Key}: {StudyWords.Difference(task.Difference)}");
            }
        }

        return picture.End();
    }

    private static string Mixes(StudyReport report, StudyRoutingPart part)
    {
        const int left = 90, bar = 110, gap = 8, row = 18, top = 34;
        IReadOnlyList<StudyTaskRouting> fresh = part.States[0].Tasks, trained = part.States[1].Tasks;
        int column = (2 * bar) + (3 * gap);
        Drawing picture = new(left + (column * report.Setup.Seeds), top + (row * trained.Count) + 8, $"Mean expert weights of the {part.Name} for each task, fresh and trained, by seed");
        for (int seed = 0; seed < report.Setup.Seeds; seed++)
        {
            double x = left + (column * seed);
            picture.Words(x, 14, $"seed {seed + 1}: fresh").Words(x + bar + gap, 14, "trained");
            for (int expert = 0; seed == 0 && expert < report.Setup.Experts; expert++)
            {
                picture.Rectangle(x + (expert * 34), 19, 10, 10, ExpertColours[expert % ExpertColours.Length], Expert(expert)).Words(x + (expert * 34) + 13, 28, Expert(expert), "start", Drawing.Soft);
            }

            for (int place = 0; place < trained.Count; place++)
            {
                double y = top + (row * place);
                if (seed == 0)
                {
                    picture.Words(left - 8, y + 11, trained[place].Key, "end");
                }

                foreach ((StudyTaskRouting task, double from, string state) in new[] { (fresh[place], x, "fresh"), (trained[place], x + bar + gap, "trained") })
                {
                    double at = from;
                    for (int expert = 0; expert < report.Setup.Experts; expert++)
                    {
                        double weight = task.Weights[seed][expert];
                        picture.Rectangle(at, y, bar * weight, row - 4, ExpertColours[expert % ExpertColours.Length], string.Create(CultureInfo.InvariantCulture, $"{task.Key}, seed {seed + 1}, {state}: expert {Expert(expert)} {weight:0.000}"));
                        at += bar * weight;
                    }
                }
            }

            // Where the borders would be if all experts spoke equally.
            for (int expert = 1; expert < report.Setup.Experts; expert++)
            {
                foreach (double from in new[] { x, x + bar + gap })
                {
                    picture.Line(from + (bar * expert / (double)report.Setup.Experts), top - 3, from + (bar * expert / (double)report.Setup.Experts), top + (row * trained.Count), Drawing.Ink, 0.7);
                }
            }
        }

        return picture.End();
    }

    private static string Map(StudyDistances fresh, StudyDistances trained, string name)
    {
        const int left = 70, cell = 15, top = 24;
        int count = trained.Names.Count, side = cell * count;
        double most = Math.Max(0.01, fresh.Matrix.Concat(trained.Matrix).SelectMany(row => row).Max());
        Drawing picture = new(left + (2 * side) + 40, top + side + 24, $"Total variation distance between tasks in the {name}, fresh and trained, mean over seeds");
        foreach ((StudyDistances distances, double x, string state) in new[] { (fresh, (double)left, "fresh"), (trained, (double)left + side + 30, "trained") })
        {
            picture.Words(x, 14, state);
            for (int row = 0; row < count; row++)
            {
                if (state == "fresh")
                {
                    picture.Words(left - 6, top + (cell * row) + 12, trained.Names[row], "end");
                }

                for (int column = 0; column < count; column++)
                {
                    double value = distances.Matrix[row][column];
                    picture.Rectangle(x + (cell * column), top + (cell * row), cell - 1, cell - 1, Drawing.Mark, string.Create(CultureInfo.InvariantCulture, $"{trained.Names[row]} and {trained.Names[column]}, {state}: {value:0.000}"), 0.04 + (0.96 * value / most));
                }
            }
        }

        picture.Words(left, top + side + 18, string.Create(CultureInfo.InvariantCulture, $"full ink: {most:0.000}; columns are the tasks in the order of the rows"), "start", Drawing.Soft);
        return picture.End();
    }

    // Letters as elsewhere in the studio: A, B, C.
    private static string Expert(int expert) => expert < 26 ? ((char)('A' + expert)).ToString() : $"E{expert + 1}";

    private static string Name(StudyReport report, StudyArm arm) => report.Arms.First(one => one.Arm == arm).Name;

    private static string Share(StudyEstimate share) => string.Create(CultureInfo.InvariantCulture, $"{share.Value:0}% ({share.Low:0} to {share.High:0})");

    private static string Cell(StudyTaskDifference task) => Above(
        $"{StudyWords.Signed(task.Difference.Value)}{(task.IsSure ? "*" : "")} {(task.Kind == TransferKind.Tie ? "tie" : task.Kind == TransferKind.Positive ? "above" : "below")}",
        $"{StudyWords.Signed(task.Difference.Low)} to {StudyWords.Signed(task.Difference.High)}");

    private static string Over(StudyEstimate share) => Above(string.Create(CultureInfo.InvariantCulture, $"{share.Value:0}%"), string.Create(CultureInfo.InvariantCulture, $"{share.Low:0} to {share.High:0}"));

    // A figure above its interval.
    private static string Above(string figure, string below) => $"{figure}<br><small style=\"color:var(--soft)\">{below}</small>";

    private static string List(IEnumerable<string> lines) => $"<ul>{string.Concat(lines.Select(line => $"<li>{HtmlPage.Text(line)}</li>"))}</ul>";
}

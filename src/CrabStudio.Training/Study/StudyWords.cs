using System.Globalization;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Training.Study;

/// <summary>What came out of a study, said as it is, and what a reader should know of it.</summary>
internal static class StudyWords
{
    /// <summary>What is said of a base with random weights.</summary>
    public const string Untrained = "The base says that its weights are random: every figure here is noise.";

    /// <summary>What came out, one sentence or two for each question.</summary>
    public static IReadOnlyList<string> Findings(StudyReport report)
    {
        StudyComparison lora = report.Compare(StudyArm.Single, StudyArm.MultiLora), ilora = report.Compare(StudyArm.Single, StudyArm.MultiIlora), between = report.Compare(StudyArm.MultiLora, StudyArm.MultiIlora);
        List<string> findings =
        [
            $"Multi-task LoRA: {lora.Below} of {lora.Compared} tasks ({Percent(lora.BelowPercent)}) fall below their single-task adapter, {lora.Above} rise above it, {Ties(lora.Ties)}. {Majority(lora.BelowPercent, "fall below")}{IfTies(lora, lora.BelowOrTiePercent, "fall below")}",
            $"Multi-task I-LoRA: {ilora.Above} of {ilora.Compared} tasks ({Percent(ilora.AbovePercent)}) rise above their single-task adapter, {ilora.Below} fall below it, {Ties(ilora.Ties)}. {Majority(ilora.AbovePercent, "rise above")}{IfTies(ilora, ilora.AboveOrTiePercent, "rise above")}",
            $"Mean change of the score over tasks: {Change(lora, "multi-task LoRA against single-task adapters")}; {Change(ilora, "multi-task I-LoRA against single-task adapters")}; {Change(between, "multi-task I-LoRA against multi-task LoRA")}.",
            $"Taken one by one, the interval of the difference to the single-task adapter leaves zero out for {lora.SurelyBelow + lora.SurelyAbove} of {lora.Compared} tasks with multi-task LoRA ({lora.SurelyBelow} below, {lora.SurelyAbove} above) and for {ilora.SurelyBelow + ilora.SurelyAbove} with multi-task I-LoRA ({ilora.SurelyBelow} below, {ilora.SurelyAbove} above). Of twenty tasks without any difference one would do so by chance.",
            Claim(lora, ilora),
        ];
        if (report.Routing.FirstOrDefault(part => part.Part == "text") is { States: [{ } fresh, { } trained] })
        {
            findings.Add(
                $"Routers of the text decoder: mean weights of two tasks lie {Number(trained.BetweenTasks.Mean)} apart (total variation; {Number(fresh.BetweenTasks.Mean)} before any training), those on sound, pictures and words {Number(trained.BetweenKinds?.Mean)} ({Number(fresh.BetweenKinds?.Mean)} before).");
        }

        return findings;
    }

    /// <summary>What limits it.</summary>
    public static IReadOnlyList<string> Remarks(StudyReport report)
    {
        StudySetup setup = report.Setup;
        StudyComparison learnt = report.Compare(StudyArm.Base, StudyArm.Single);
        StudyArmFacts lora = report.Arms.First(arm => arm.Arm == StudyArm.MultiLora), ilora = report.Arms.First(arm => arm.Arm == StudyArm.MultiIlora);
        List<string> remarks = [];
        if (setup.BaseIsUntrained)
        {
            remarks.Add(Untrained);
        }

        if (learnt.SurelyAbove < learnt.Compared)
        {
            remarks.Add($"On {learnt.Compared - learnt.SurelyAbove} of {learnt.Compared} tasks the single-task adapter is not surely better than the base without any adapter; there the arms compare adapters that have learnt little.");
        }

        remarks.Add(FormattableString.Invariant($"Rank budget: the published sources do not say what an equal budget is. Here the ranks of the matrices B of an adapted linear add up to {setup.TotalRank} in every arm: one of {lora.Rank} in LoRA, {ilora.Experts} of {ilora.Rank} in I-LoRA, whose A is shared and of rank {ilora.Rank} too. So I-LoRA has {Count(ilora.TrainableParameters)} trained numbers and LoRA {Count(lora.TrainableParameters)}, and what I-LoRA gains does not come from size. The single-task arm has an adapter of LoRA's size for every task."));
        remarks.Add("All arms have one learning rate, which is not tuned for any of them, and each sees each of its clips once. A multi-task adapter takes as many steps as all single-task ones together, on clips of all tasks mixed, so a step holds fewer clips of a task.");
        remarks.Add(setup.Seeds == 1
            ? "One seed: the intervals say what other clips would give, and nothing of what another training would."
            : FormattableString.Invariant($"{setup.Seeds} seeds: with so few, intervals over seeds are coarse and rather too narrow."));
        remarks.Add("A task whose two figures lie close changes sides from draw to draw, so shares of tasks have wide intervals however many clips are answered; the mean change is the steadier figure.");
        remarks.Add($"The paper ({report.Paper.Source}) says that nearly {report.Paper.BelowPercent.ToString(CultureInfo.InvariantCulture)}% of tasks fall below with ordinary multi-task training and nearly {report.Paper.AbovePercent.ToString(CultureInfo.InvariantCulture)}% rise above with Crab⁺: another model, other data and a way of counting that is not known, so for comparison only.");
        return remarks;
    }

    /// <summary>A share with its interval.</summary>
    public static string Percent(StudyEstimate share) => string.Create(CultureInfo.InvariantCulture, $"{share.Value:0}%, 95% interval {share.Low:0}% to {share.High:0}%");

    /// <summary>A difference with its interval.</summary>
    public static string Difference(StudyEstimate change) => $"{Signed(change.Value)} ({Signed(change.Low)} to {Signed(change.High)})";

    /// <summary>A difference with its sign.</summary>
    public static string Signed(double difference) => difference.ToString("+0.000;−0.000;0.000", CultureInfo.InvariantCulture);

    /// <summary>A figure, or a dash.</summary>
    public static string Number(double? value) => value is { } number ? number.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    /// <summary>A count.</summary>
    public static string Count(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Ties(int ties) => ties == 1 ? "1 ties" : $"{ties} tie";

    private static string Majority(StudyEstimate share, string what) => share.Includes(50) ? $"The interval includes 50%: whether most tasks {what} is not decided."
        : share.Low > 50 ? $"Most tasks {what}." : $"Most tasks do not {what}.";

    private static string IfTies(StudyComparison comparison, StudyEstimate share, string what) => comparison.Ties == 0 ? "" : $" With ties counted in it is {Percent(share)}. {Majority(share, $"{what} or are equal")}";

    private static string Change(StudyComparison comparison, string what) =>
        $"{what} {Difference(comparison.MeanDifference)}, {(comparison.MeanDifference.Includes(0) ? "the interval includes zero" : comparison.MeanDifference.Low > 0 ? "a gain" : "a loss")}";

    private static string Claim(StudyComparison lora, StudyComparison ilora)
    {
        const string claim = "The claim that I-LoRA turns negative transfer into positive";
        // Said only where both readings of a tie say the same.
        return (lora, ilora) switch
        {
            ({ BelowPercent.Low: > 50 }, { AbovePercent.Low: > 50 }) => $"{claim} holds here: most tasks fall below with plain LoRA, and most rise above with I-LoRA.",
            ({ BelowPercent.Low: > 50 }, { AboveOrTiePercent.High: < 50 }) => $"{claim} does not hold here: most tasks fall below with plain LoRA, and no majority rises above with I-LoRA.",
            ({ BelowOrTiePercent.High: < 50 }, _) => $"{claim} finds nothing to turn here: with plain LoRA no majority of tasks falls below.",
            _ => $"{claim} is neither shown nor refuted here: intervals are too wide, or it depends on how ties count.",
        };
    }
}

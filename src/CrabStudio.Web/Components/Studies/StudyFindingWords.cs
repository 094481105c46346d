using CrabStudio.Tasks.Reports;
using CrabStudio.Web.Components.Evaluations;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Studies;

/// <summary>
/// What came out of a study and what limits it. A study says it in English in its own file, and so it is shown in English; in
/// another language the same sentences are said anew of the same numbers.
/// </summary>
public static class StudyFindingWords
{
    /// <summary>What came out.</summary>
    public static IReadOnlyList<string> Findings(StudyReport report, IStringLocalizer<Words> L) => IsEnglish(L) || !IsWhole(report) ? report.Findings : Said(report, L);

    /// <summary>What a reader should know before believing it.</summary>
    public static IReadOnlyList<string> Remarks(StudyReport report, IStringLocalizer<Words> L) => IsEnglish(L) || !IsWhole(report) ? report.Remarks : Limits(report, L);

    internal static List<string> Said(StudyReport report, IStringLocalizer<Words> L)
    {
        StudyComparison lora = report.Compare(StudyArm.Single, StudyArm.MultiLora), ilora = report.Compare(StudyArm.Single, StudyArm.MultiIlora), between = report.Compare(StudyArm.MultiLora, StudyArm.MultiIlora);
        List<string> findings =
        [
            string.Join(IsEnglish(L) ? " " : "", new[]
            {
                L["Multi-task LoRA: {0} of {1} tasks ({2}) fall below their single-task adapter, {3} rise above it, {4} tie.", lora.Below, lora.Compared, Percent(lora.BelowPercent, L), lora.Above, lora.Ties],
                Below(lora.BelowPercent, L), lora.Ties == 0 ? "" : L["With ties counted in it is {0}.", Percent(lora.BelowOrTiePercent, L)], lora.Ties == 0 ? "" : BelowOrEqual(lora.BelowOrTiePercent, L),
            }.Where(sentence => sentence.Length > 0)),
            string.Join(IsEnglish(L) ? " " : "", new[]
            {
                L["Multi-task I-LoRA: {0} of {1} tasks ({2}) rise above their single-task adapter, {3} fall below it, {4} tie.", ilora.Above, ilora.Compared, Percent(ilora.AbovePercent, L), ilora.Below, ilora.Ties],
                Above(ilora.AbovePercent, L), ilora.Ties == 0 ? "" : L["With ties counted in it is {0}.", Percent(ilora.AboveOrTiePercent, L)], ilora.Ties == 0 ? "" : AboveOrEqual(ilora.AboveOrTiePercent, L),
            }.Where(sentence => sentence.Length > 0)),
            L["Mean change of the score over tasks: multi-task LoRA against single-task adapters {0}; multi-task I-LoRA against single-task adapters {1}; multi-task I-LoRA against multi-task LoRA {2}.", Change(lora, L), Change(ilora, L), Change(between, L)],
            L["Taken one by one, the interval of the difference to the single-task adapter leaves zero out for {0} of {1} tasks with multi-task LoRA ({2} below, {3} above) and for {4} with multi-task I-LoRA ({5} below, {6} above). Of twenty tasks without any difference one would do so by chance.",
                lora.SurelyBelow + lora.SurelyAbove, lora.Compared, lora.SurelyBelow, lora.SurelyAbove, ilora.SurelyBelow + ilora.SurelyAbove, ilora.SurelyBelow, ilora.SurelyAbove],
            Claim(lora, ilora, L),
        ];
        if (report.Routing.FirstOrDefault(part => part.Part == "text") is { States: [{ } fresh, { } trained] })
        {
            findings.Add(
                L["Routers of the text decoder: mean weights of two tasks lie {0} apart (total variation; {1} before any training), those on sound, pictures and words {2} ({3} before).",
                    EvaluationWords.Number(trained.BetweenTasks.Mean), EvaluationWords.Number(fresh.BetweenTasks.Mean), EvaluationWords.Number(trained.BetweenKinds?.Mean), EvaluationWords.Number(fresh.BetweenKinds?.Mean)]);
        }

        return findings;
    }

    internal static List<string> Limits(StudyReport report, IStringLocalizer<Words> L)
    {
        StudySetup setup = report.Setup;
        StudyComparison learnt = report.Compare(StudyArm.Base, StudyArm.Single);
        StudyArmFacts lora = report.Arms.First(arm => arm.Arm == StudyArm.MultiLora), ilora = report.Arms.First(arm => arm.Arm == StudyArm.MultiIlora);
        List<string> remarks = [];
        if (setup.BaseIsUntrained)
        {
            remarks.Add(L["The base says that its weights are random: every figure here is noise."]);
        }

        if (learnt.SurelyAbove < learnt.Compared)
        {
            remarks.Add(L["On {0} of {1} tasks the single-task adapter is not surely better than the base without any adapter; there the arms compare adapters that have learnt little.", learnt.Compared - learnt.SurelyAbove, learnt.Compared]);
        }

        remarks.Add(L["Rank budget: the published sources do not say what an equal budget is. Here the ranks of the matrices B of an adapted linear add up to {0} in every arm: one of {1} in LoRA, {2} of {3} in I-LoRA, whose A is shared and of rank {3} too. So I-LoRA has {4:#,0} trained numbers and LoRA {5:#,0}, and what I-LoRA gains does not come from size. The single-task arm has an adapter of LoRA's size for every task.",
            setup.TotalRank, lora.Rank, ilora.Experts, ilora.Rank, ilora.TrainableParameters, lora.TrainableParameters]);
        remarks.Add(L["All arms have one learning rate, which is not tuned for any of them, and each sees each of its clips once. A multi-task adapter takes as many steps as all single-task ones together, on clips of all tasks mixed, so a step holds fewer clips of a task."]);
        remarks.Add(setup.Seeds == 1
            ? L["One seed: the intervals say what other clips would give, and nothing of what another training would."]
            : L["{0} seeds: with so few, intervals over seeds are coarse and rather too narrow.", setup.Seeds]);
        remarks.Add(L["A task whose two figures lie close changes sides from draw to draw, so shares of tasks have wide intervals however many clips are answered; the mean change is the steadier figure."]);
        remarks.Add(L["The paper ({0}) says that nearly {1}% of tasks fall below with ordinary multi-task training and nearly {2}% rise above with Crab⁺: another model, other data and a way of counting that is not known, so for comparison only.", report.Paper.Source, report.Paper.BelowPercent, report.Paper.AbovePercent]);
        return remarks;
    }

    // Whoever speaks English says a word as it is asked for.
    private static bool IsEnglish(IStringLocalizer<Words> L) => L["Studies"] is { Name: var asked, Value: var said } && asked == said;

    // A file may lack what the sentences are about; then its own are the only ones.
    private static bool IsWhole(StudyReport report) =>
        new[] { (StudyArm.Base, StudyArm.Single), (StudyArm.Single, StudyArm.MultiLora), (StudyArm.Single, StudyArm.MultiIlora), (StudyArm.MultiLora, StudyArm.MultiIlora) }.All(pair => report.Comparisons.Any(one => (one.Before, one.After) == pair))
        && new[] { StudyArm.MultiLora, StudyArm.MultiIlora }.All(arm => report.Arms.Any(one => one.Arm == arm));

    private static string Percent(StudyEstimate share, IStringLocalizer<Words> L) => L["{0:0}%, 95% interval {1:0}% to {2:0}%", share.Value, share.Low, share.High];

    private static string Below(StudyEstimate share, IStringLocalizer<Words> L) => share.Includes(50) ? L["The interval includes 50%: whether most tasks fall below is not decided."]
        : share.Low > 50 ? L["Most tasks fall below."] : L["Most tasks do not fall below."];

    private static string BelowOrEqual(StudyEstimate share, IStringLocalizer<Words> L) => share.Includes(50) ? L["The interval includes 50%: whether most tasks fall below or are equal is not decided."]
        : share.Low > 50 ? L["Most tasks fall below or are equal."] : L["Most tasks do not fall below or are equal."];

    private static string Above(StudyEstimate share, IStringLocalizer<Words> L) => share.Includes(50) ? L["The interval includes 50%: whether most tasks rise above is not decided."]
        : share.Low > 50 ? L["Most tasks rise above."] : L["Most tasks do not rise above."];

    private static string AboveOrEqual(StudyEstimate share, IStringLocalizer<Words> L) => share.Includes(50) ? L["The interval includes 50%: whether most tasks rise above or are equal is not decided."]
        : share.Low > 50 ? L["Most tasks rise above or are equal."] : L["Most tasks do not rise above or are equal."];

    private static string Change(StudyComparison comparison, IStringLocalizer<Words> L)
    {
        StudyEstimate change = comparison.MeanDifference;
        (string value, string low, string high) = (StudyText.Signed(change.Value), StudyText.Signed(change.Low), StudyText.Signed(change.High));
        return change.Includes(0) ? L["{0} ({1} to {2}), the interval includes zero", value, low, high]
            : change.Low > 0 ? L["{0} ({1} to {2}), a gain", value, low, high] : L["{0} ({1} to {2}), a loss", value, low, high];
    }

    // Said only where both readings of a tie say the same.
    private static string Claim(StudyComparison lora, StudyComparison ilora, IStringLocalizer<Words> L) => (lora, ilora) switch
    {
        ({ BelowPercent.Low: > 50 }, { AbovePercent.Low: > 50 }) => L["The claim that I-LoRA turns negative transfer into positive holds here: most tasks fall below with plain LoRA, and most rise above with I-LoRA."],
        ({ BelowPercent.Low: > 50 }, { AboveOrTiePercent.High: < 50 }) => L["The claim that I-LoRA turns negative transfer into positive does not hold here: most tasks fall below with plain LoRA, and no majority rises above with I-LoRA."],
        ({ BelowOrTiePercent.High: < 50 }, _) => L["The claim that I-LoRA turns negative transfer into positive finds nothing to turn here: with plain LoRA no majority of tasks falls below."],
        _ => L["The claim that I-LoRA turns negative transfer into positive is neither shown nor refuted here: intervals are too wide, or it depends on how ties count."],
    };
}

using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Web.Tests.Studies;

/// <summary>Reports of studies as <c>crab study</c> writes them.</summary>
internal static class StudyReports
{
    /// <summary>Of two tasks and two seeds: with plain LoRA one task falls below and one ties, with I-LoRA one rises above and one ties.</summary>
    public static StudyReport TwoTasks { get; } = Report();

    private static StudyReport Report()
    {
        static StudyEstimate Around(double value, double reach = 0.05) => new(value, value - reach, value + reach);
        static StudyTaskValue[] Values(params double[] all) => [.. all.Select((value, arm) => new StudyTaskValue((StudyArm)arm, Around(value), [value, value]))];
        static StudyRouterState State(bool trained, double distance, double[] first, double[] second) => new(
            trained, [new("ave", [first, second], 0.9, 0.6), new("ks", [second, first], 0.95, 0.55)], new StudyDistances(distance, [distance, distance], ["ave", "ks"], [[0, distance], [distance, 0]]), null);
        static StudyComparison OneBelow(StudyArm before, StudyArm after) => new(
            before, after, 2, 0, 1, 1, new(0, 0, 0), new(50, 0, 100), new(50, 0, 100), new(100, 50, 100), new(-0.1, -0.2, 0), -20, 0, 1, [new(1, 0, 1, 1), new(2, 0, 1, 1)],
            [new("ave", Around(-0.2, 0.1), TransferKind.Negative, true), new("ks", Around(0), TransferKind.Tie, false)]);
        static StudyComparison OneAbove(StudyArm before, StudyArm after) => new(
            before, after, 2, 1, 0, 1, new(50, 0, 100), new(0, 0, 0), new(100, 50, 100), new(50, 0, 100), new(0.05, 0, 0.1), 10, 0, 0, [new(1, 1, 0, 1), new(2, 1, 0, 1)],
            [new("ave", new(0.1, 0, 0.2), TransferKind.Positive, false), new("ks", Around(0), TransferKind.Tie, false)]);
        return new StudyReport(
            StudyReport.CurrentVersion,
            new StudySetup("tiny", "abc", 1000, false, ["ave", "ks"], 2, 10, 4, 40, 20, 8, 2, 2, 1e-3, "a rise over a tenth of the steps (50 at most), then half a cosine down to a fiftieth", 64, 2000),
            [
                new(StudyArm.Base, "base without adapter", 0, 0, 0, 0, 0, 0, 0, 0), new(StudyArm.Single, "single-task LoRA", 1, 8, 16, 2, 500, 10, 40, 40),
                new(StudyArm.MultiLora, "multi-task LoRA", 1, 8, 16, 1, 500, 20, 80, 40), new(StudyArm.MultiIlora, "multi-task I-LoRA", 2, 4, 8, 1, 400, 20, 80, 40),
            ],
            [
                new("ave", TaskFamily.TemporalLocalization, "AVE", "temporal_iou", "shared time of all time of the ranges, whatever the label", Values(0.1, 0.5, 0.3, 0.6)),
                new("ks", TaskFamily.ActionRecognition, "Kinetics-Sounds", "right", "right answers; what cannot be read is wrong", Values(0.2, 0.4, 0.4, 0.4)),
            ],
            [OneBelow(StudyArm.Single, StudyArm.MultiLora), OneAbove(StudyArm.Single, StudyArm.MultiIlora), OneAbove(StudyArm.Base, StudyArm.Single), OneAbove(StudyArm.MultiLora, StudyArm.MultiIlora)],
            [new("text", "text decoder", 10, [State(false, 0.01, [0.5, 0.5], [0.5, 0.5]), State(true, 0.25, [0.2, 0.8], [0.6, 0.4])])],
            PaperHeadline.Crab,
            ["Two of two."],
            ["Few seeds."]);
    }
}

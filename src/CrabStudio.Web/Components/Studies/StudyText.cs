using System.Globalization;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Web.Components.Studies;

/// <summary>A study in words.</summary>
public static class StudyText
{
    /// <summary>"+0.123".</summary>
    public static string Signed(double difference) => difference.ToString("+0.000;−0.000;0.000", CultureInfo.InvariantCulture);

    /// <summary>"+0.010 to +0.200".</summary>
    public static string Signed(StudyEstimate estimate) => $"{Signed(estimate.Low)} to {Signed(estimate.High)}";

    /// <summary>"55%".</summary>
    public static string Percent(double share) => share.ToString("0", CultureInfo.InvariantCulture) + "%";

    /// <summary>"55% (40% to 70%)".</summary>
    public static string Percent(StudyEstimate share) => $"{Percent(share.Value)} ({Percent(share.Low)} to {Percent(share.High)})";

    /// <summary>An arm's name, as the study has it.</summary>
    public static string Name(StudyReport report, StudyArm arm) => report.Arms.FirstOrDefault(one => one.Arm == arm)?.Name ?? arm.ToString();

    /// <summary>The side of a task, with an asterisk where its interval leaves 0 out.</summary>
    public static string Side(StudyTaskDifference task) => task.Kind switch
    {
        TransferKind.Positive => "above",
        TransferKind.Negative => "below",
        _ => "tie",
    } + (task.IsSure ? " *" : "");

    /// <summary>What was studied, in a line.</summary>
    public static string Of(StudySetup setup) =>
        string.Create(CultureInfo.InvariantCulture, $"{setup.Tasks.Count} tasks, {(setup.Seeds == 1 ? "1 seed" : $"{setup.Seeds} seeds")}, {setup.ClipsPerTask:#,0} clips of each task to learn from and {setup.TestClips:#,0} unseen ones to answer with each seed, on {setup.Base} ({setup.BaseParameters:#,0} parameters)");

    /// <summary>The routers as they were made or after training.</summary>
    public static string State(StudyRouterState state) => state.IsTrained ? "trained" : "fresh";

    /// <summary>The mean of a task's mixes over seeds is no mix of anything, since experts of different seeds are strangers: so one seed at a time.</summary>
    public static double[] Mix(StudyTaskRouting task, int seed) => [.. task.Weights[seed]];
}

using System.Globalization;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Tasks.Reports;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Studies;

/// <summary>A study in words.</summary>
public static class StudyText
{
    /// <summary>"+0.123".</summary>
    public static string Signed(double difference) => difference.ToString("+0.000;−0.000;0.000", CultureInfo.CurrentCulture);

    /// <summary>"+0.010 to +0.200".</summary>
    public static string Signed(StudyEstimate estimate, IStringLocalizer<Words> L) => L["{0} to {1}", Signed(estimate.Low), Signed(estimate.High)];

    /// <summary>"55%".</summary>
    public static string Percent(double share) => share.ToString("0", CultureInfo.CurrentCulture) + "%";

    /// <summary>An arm's name: by the words of the studio where the study has its own name of the arm, else as the study has it.</summary>
    public static string Name(StudyReport report, StudyArm arm, IStringLocalizer<Words> L) => (report.Arms.FirstOrDefault(one => one.Arm == arm)?.Name ?? arm.ToString()) switch
    {
        "base without adapter" => L["base without adapter"],
        "single-task LoRA" => L["single-task LoRA"],
        "multi-task LoRA" => L["multi-task LoRA"],
        "multi-task I-LoRA" => L["multi-task I-LoRA"],
        var other => other,
    };

    /// <summary>A part of the network.</summary>
    public static string Part(StudyRoutingPart part, IStringLocalizer<Words> L) => part.Part switch
    {
        "text" => L["text decoder"],
        "audio" => L["audio tower"],
        "vision" => L["vision tower"],
        _ => part.Name,
    };

    /// <summary>The side of a task, with an asterisk where its interval leaves 0 out.</summary>
    public static string Side(StudyTaskDifference task, IStringLocalizer<Words> L)
    {
        string side = task.Kind switch
        {
            TransferKind.Positive => L["above"],
            TransferKind.Negative => L["below"],
            _ => L["tie"],
        };
        return task.IsSure ? $"{side} *" : side;
    }

    /// <summary>What was studied, in a line.</summary>
    public static string Of(StudySetup setup, IStringLocalizer<Words> L) => setup.Seeds == 1
        ? L["{0} tasks, 1 seed, {1:#,0} clips of each task to learn from and {2:#,0} unseen ones to answer with each seed, on {3} ({4:#,0} parameters)", setup.Tasks.Count, setup.ClipsPerTask, setup.TestClips, setup.Base, setup.BaseParameters]
        : L["{0} tasks, {1} seeds, {2:#,0} clips of each task to learn from and {3:#,0} unseen ones to answer with each seed, on {4} ({5:#,0} parameters)", setup.Tasks.Count, setup.Seeds, setup.ClipsPerTask, setup.TestClips, setup.Base, setup.BaseParameters];

    /// <summary>The course of the learning rate, in words.</summary>
    public static string Schedule(StudySetup setup, IStringLocalizer<Words> L) => setup.Schedule switch
    {
        "a rise over a tenth of the steps (50 at most), then half a cosine down to a fiftieth" => L["a rise over a tenth of the steps (50 at most), then half a cosine down to a fiftieth"],
        var other => other,
    };

    /// <summary>The routers as they were made or after training.</summary>
    public static string State(StudyRouterState state, IStringLocalizer<Words> L) => state.IsTrained ? L["trained"] : L["fresh"];

    /// <summary>The mean of a task's mixes over seeds is no mix of anything, since experts of different seeds are strangers: so one seed at a time.</summary>
    public static double[] Mix(StudyTaskRouting task, int seed) => [.. task.Weights[seed]];
}

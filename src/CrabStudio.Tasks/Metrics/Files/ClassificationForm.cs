using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>classification.json</c>.</summary>
internal static class ClassificationForm
{
    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject one in file.Objects("cases"))
        {
            comparison.Put(one, "expected", ClassificationScore.Score(one.Texts("gt"), one.TextsOrNulls("pred"), one.Texts("labels")) is { } report ? Report(report) : null);
        }

        foreach (JsonObject one in file.Objects("text_cases"))
        {
            string task = one.Text("task_key");
            List<string> truth = [];
            List<string?> answers = [];
            foreach (JsonObject row in one.Objects("rows"))
            {
                truth.Add(ClassificationScore.ReadTruth(task, row.Text("output")));
                answers.Add(ClassificationScore.ReadAnswer(task, row.Text("predict")));
                comparison.Put(row, "answer", answers[^1]);
            }

            comparison.Put(one, "expected", ClassificationScore.Score(truth, answers, null) is not { } report ? null : new JsonObject
            {
                ["accuracy"] = Json.Of(report.Accuracy),
                ["UAR"] = Json.Of(report.Uar),
                ["weighted_F1"] = Json.Of(report.WeightedF1),
                ["unparsed"] = answers.Count(answer => answer is null),
            });
        }
    }

    private static JsonObject Report(ClassificationReport report)
    {
        JsonObject recall = [], f1 = [];
        for (int label = 0; label < report.Labels.Count; label++)
        {
            recall[report.Labels[label]] = Json.Of(report.Recall[label]);
            f1[report.Labels[label]] = Json.Of(report.F1[label]);
        }

        return new JsonObject
        {
            ["accuracy"] = Json.Of(report.Accuracy),
            ["WAR"] = Json.Of(report.Accuracy),
            ["UAR"] = Json.Of(report.Uar),
            ["UAR_all_labels"] = Json.Of(report.UarAllLabels),
            ["weighted_F1"] = Json.Of(report.WeightedF1),
            ["macro_F1_present"] = Json.Of(report.MacroF1Present),
            ["macro_F1_all_labels"] = Json.Of(report.MacroF1AllLabels),
            ["recall_per_label"] = recall,
            ["f1_per_label"] = f1,
            ["confusion"] = new JsonObject
            {
                ["rows"] = Json.Of(report.Labels, label => label),
                ["columns"] = Json.Of(report.Labels.Append("other"), label => label),
                ["counts"] = Json.Of(report.Confusion, row => Json.Of(row, count => count)),
            },
        };
    }
}

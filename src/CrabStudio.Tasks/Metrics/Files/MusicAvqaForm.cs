using System.Text.Json.Nodes;

namespace CrabStudio.Tasks.Metrics.Files;

/// <summary>The form of <c>musicavqa.json</c>.</summary>
internal static class MusicAvqaForm
{
    private static readonly string[] Groups = ["Audio", "Visual", "Audio-Visual"];

    public static void Compute(JsonObject file, Comparison comparison)
    {
        foreach (JsonObject set in file.Objects("sets"))
        {
            List<MusicAvqaRow> rows = [];
            foreach (JsonObject place in set.Objects("rows"))
            {
                MusicAvqaRow row = place.Texts("question_type") is [var modality, var kind]
                    ? new MusicAvqaRow(place.Text("output"), place.Text("predict"), modality, kind)
                    : throw Json.Wrong(place, "question_type", "two texts");
                rows.Add(row);
                JsonObject reading = Reading(row.Predict);
                if (MusicAvqaScore.ScriptCorrect(row) is { } correct)
                {
                    reading["correct"] = correct ? 1 : 0;
                }

                comparison.Put(place, "expected", reading);
                comparison.Put(place, "strict_correct", MusicAvqaScore.StrictCorrect(row) ? 1 : 0);
            }

            MusicAvqaReport script = MusicAvqaScore.Script(rows);
            JsonObject report = Report(script);
            report.Insert(0, "error", script.StopsByZero ? "ZeroDivisionError" : null);
            report["scored_rows"] = script.Overall.Count;
            report["correct_rows"] = script.Overall.Correct;
            comparison.Put(set, "expected_by_lab_script", report);
            comparison.Put(set, "strict", Report(MusicAvqaScore.Strict(rows)));
        }
    }

    /// <summary>What rule <c>moka_avqa</c> read.</summary>
    public static JsonObject Reading(string text)
    {
        (AnswerStatus status, string? answer) = TagRules.ReadMusicAvqa(text);
        JsonObject reading = new() { ["status"] = Json.Of(status) };
        if (answer is not null)
        {
            reading["answer"] = answer;
        }

        return reading;
    }

    private static JsonObject Report(MusicAvqaReport report)
    {
        JsonObject types = [];
        foreach (string type in TaskLabels.MusicAvqaTypes)
        {
            RightOf right = report.PerType[type];
            types[type] = new JsonObject { ["n"] = right.Count, ["correct"] = right.Correct, ["accuracy"] = Json.Of(right.Accuracy) };
        }

        JsonObject all = new() { ["per_type"] = types };
        foreach (string group in Groups)
        {
            all[group] = Json.Of(report.Group(group).Accuracy);
        }

        all["overall"] = Json.Of(report.Overall.Accuracy);
        return all;
    }
}

using System.Globalization;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Engine.Evaluation;

/// <summary>A report as one HTML page.</summary>
internal static class EvaluationPage
{
    /// <summary>Writes the page.</summary>
    public static string Html(EvaluationReport report)
    {
        EvaluationFacts facts = report.Facts;
        HtmlPage page = new($"Evaluation of {Model(facts.Model)} on {facts.Data}");
        page.Line(string.Create(CultureInfo.InvariantCulture, $"{report.Answered} of {report.Samples} samples of the {(facts.Split == AvUieSplit.Test ? "test" : "training")} lists were answered{(facts.Limit is { } limit ? $", at most {limit} of a task, drawn by seed {facts.Seed}" : "")}; answers of at most {facts.MaxNewTokens} tokens, the likeliest token each time; {facts.Model.Parameters:#,0} parameters and {facts.Model.AdapterParameters:#,0} of the adapter, {facts.Model.Precision} on {facts.Model.Device}."));
        foreach (string remark in report.Remarks)
        {
            page.Remark(remark);
        }

        page.Heading("At a glance", "glance").Line($"One figure for each task, a share of 1 unless it says otherwise. Intervals hold 95%: percentiles of draws of the samples with repetition, seed {facts.Seed}. They say what other samples of the same kind would give, not what another training would. Where all samples came out alike, as all wrong, no draw differs and the interval has no width; of few samples that says little.");
        page.Table("One figure for each task", ["task", "n", "value", "95% interval", "chance", "constant answer"], report.Tasks.SelectMany(task => task.Figures.Where(figure => figure.IsPrimary).Select(figure => (false, (IEnumerable<string>)
            [$"<a href=\"#{task.Key}\">{task.Key}</a><span class=\"meaning\">{HtmlPage.Text(figure.Name)}, {HtmlPage.Text(AvUieReport.Name(task.Family))}</span>", .. Cells(figure)]))));
        foreach (TaskReport task in report.Tasks)
        {
            Task(page, task);
        }

        if (report.Unanswered.Count > 0)
        {
            page.Heading("Samples that could not be asked", "unanswered");
            page.Table("Samples that could not be asked", ["sample", "why"], report.Unanswered.Select(one => (false, (IEnumerable<string>)[HtmlPage.Text(one.Id), HtmlPage.Text(one.Error)])));
        }

        return page.End();
    }

    /// <summary>A model's name in words.</summary>
    public static string Model(EvaluatedModel model) => $"{model.Name}{(model.Adapter is { } adapter ? $" with {adapter}" : "")}{(model.Untrained ? " (untrained)" : "")}";

    private static void Task(HtmlPage page, TaskReport task)
    {
        page.Heading($"{task.Key}: {task.Dataset}", task.Key);
        page.Line(string.Create(CultureInfo.InvariantCulture, $"{AvUieReport.Name(task.Family)}; {task.Answered} answered{(task.Unanswered > 0 ? $", {task.Unanswered} could not be asked" : "")}; {task.MeanTokens ?? 0:0.0} tokens an answer, {task.CutShort} cut short at the limit; {task.Seconds:0.0} s in all."));
        page.Table($"Figures of {task.Key}", ["figure", "n", "value", "95% interval", "chance", "constant answer"], task.Figures.Select(figure => (figure.IsPrimary, (IEnumerable<string>)[HtmlPage.Named(figure.Name, figure.Meaning), .. Cells(figure)])));
        page.Line($"Chance: {task.ChanceMeaning}, {Baselines.ChanceDraws} times, on average. Constant answer: {task.ConstantMeaning}. Both are made from the truths of these very samples. Intervals: {string.Join(" or ", task.Figures.Select(figure => figure.Resamples).Distinct().OrderDescending())} draws.");
        if (task.Confusion is { } matrix)
        {
            page.Raw("<h3>True labels and answers</h3>").Matrix($"Confusion of {task.Key}", matrix.Labels, matrix.Answers, matrix.Counts);
        }

        if (task.Failures.Count > 0)
        {
            page.Raw("<h3>Answers that are not right</h3>");
            foreach (FailedSample failure in task.Failures)
            {
                page.Raw($"<details><summary>{HtmlPage.Text(failure.Id)}, {HtmlPage.Number(failure.Score)}: {HtmlPage.Text(Short(failure.Text))}</summary><dl><dt>Question</dt><dd>{HtmlPage.Text(failure.Question)}</dd><dt>Expected</dt><dd>{HtmlPage.Text(failure.Expected)}</dd><dt>Answer</dt><dd>{HtmlPage.Text(failure.Text)}</dd><dt>Media</dt><dd>{HtmlPage.Text(string.Join(", ", failure.Media))}</dd></dl></details>");
            }
        }
    }

    private static IEnumerable<string> Cells(Figure figure) =>
    [
        figure.Samples.ToString(CultureInfo.InvariantCulture), HtmlPage.Number(figure.Value), HtmlPage.Interval(figure.Low, figure.High), HtmlPage.Number(figure.Chance), HtmlPage.Number(figure.Constant),
    ];

    private static string Short(string text)
    {
        const int most = 90;
        string line = text.ReplaceLineEndings(" ").Trim();
        // Never half of a letter that takes two units.
        int end = line.Length <= most ? line.Length : char.IsHighSurrogate(line[most - 1]) ? most - 1 : most;
        return line.Length == 0 ? "(nothing)" : end < line.Length ? line[..end] + "…" : line;
    }
}

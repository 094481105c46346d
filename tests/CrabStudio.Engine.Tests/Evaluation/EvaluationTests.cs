using System.Text.Json;
using System.Text.RegularExpressions;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Testing;

namespace CrabStudio.Engine.Tests.Evaluation;

public sealed class EvaluationTests
{
    private static readonly string[] Actions = ["rowing", "singing", "swimming", "typing"];

    [Fact]
    public async Task EverySampleOfEveryListIsAskedOnceAndHasOneLine()
    {
        using Examination examination = new();
        string[] ids = [.. TaskCatalog.All.SelectMany(task => Golden.TryFind($"avuie/AVUIE_2/{task.Key}/test.json") is { } list ? Enumerable.Range(0, JsonDocument.Parse(File.ReadAllText(list)).RootElement.GetArrayLength()).Select(index => $"{task.Key}:{index}") : [])];
        KnownAnswers engine = new(ids.Select(_ => "I do not know."));

        EvaluationReport report = await examination.RunAsync(engine, data: Golden.Find("avuie"));

        Assert.True(ids.Length > 30);
        Assert.Equal(ids, examination.Lines().Select(line => line.GetProperty("id").GetString()));
        Assert.Equal((ids.Length, ids.Length, ids.Length), (engine.Asked, report.Samples, report.Answered));
        Assert.All(examination.Lines(), line => Assert.Equal("I do not know.", line.GetProperty("text").GetString()));
        Assert.Equal(ids.Length, report.Tasks.Sum(task => task.Answered));
    }

    [Fact]
    public async Task TheTargetTextsThemselvesAreAllRight()
    {
        using Examination examination = new();
        AvUieFolder folder = AvUieFolder.Open(Golden.Find("avuie"));
        AvUieSample[] samples = [.. TaskCatalog.All.SelectMany(task => folder.Samples(task.Key, AvUieSplit.Train))];

        EvaluationReport report = await examination.RunAsync(new KnownAnswers(samples.Select(sample => sample.Target)), data: Golden.Find("avuie"), split: AvUieSplit.Train);

        Assert.Equal(19, report.Tasks.Count);
        Assert.All(report.Tasks.Where(task => task.Key != "avcap"), task => Assert.Equal((task.Key, 1.0), (task.Key, task.Figures.Single(figure => figure.IsPrimary).Value!.Value)));
        Assert.Equal(1, report.Figure("avcap", "ROUGE-L").Value!.Value, 12);
        Assert.Equal(1, report.Figure("ms3", "box IoU").Value!.Value, 12);
        Assert.Equal(1, report.Figure("unav", "mAP").Value!.Value, 12);
        Assert.All(report.Tasks, task => Assert.DoesNotContain(task.Failures, failure => failure.Score == 0));
    }

    [Fact]
    public async Task AccuracyAndItsIntervalAreThoseOfTheRawTexts()
    {
        using Examination examination = new();
        // Half of one label, and ever fewer of the others.
        string[] truth = [.. Enumerable.Range(0, 80).Select(clip => Actions[clip < 40 ? 0 : clip < 60 ? 1 : clip < 72 ? 2 : 3])];
        examination.Write("ks", truth.Select(Examination.Action));
        // Every third is wrong, every tenth cannot be read.
        string[] answers = [.. Enumerable.Range(0, 80).Select(clip => clip % 10 == 0 ? "no tags" : $"So it is <answer>{(clip % 3 == 0 ? "singing" : truth[clip].ToUpperInvariant())}</answer>")];

        EvaluationReport report = await examination.RunAsync(new KnownAnswers(answers));

        // Read again from the lines, without the scorers.
        (string Truth, string? Answer)[] read = [.. examination.Lines().Select(line => (Tagged(line.GetProperty("expected").GetString()!)!, Tagged(line.GetProperty("text").GetString()!)))];
        double accuracy = read.Count(pair => pair.Truth == pair.Answer) / 80.0;
        double uar = Actions.Average(action => (double)read.Count(pair => pair.Truth == action && pair.Answer == action) / read.Count(pair => pair.Truth == action));
        Figure war = report.Figure("ks", "accuracy (WAR)");
        Assert.Equal(accuracy, war.Value!.Value, 12);
        Assert.NotEqual(accuracy, uar, 3);
        Assert.Equal(uar, report.Figure("ks", "UAR").Value!.Value, 12);
        double f1 = Actions.Sum(action =>
        {
            double hits = read.Count(pair => pair.Truth == action && pair.Answer == action), precision = hits / read.Count(pair => pair.Answer == action), recall = hits / read.Count(pair => pair.Truth == action);
            return 2 * precision * recall / (precision + recall) * read.Count(pair => pair.Truth == action) / 80;
        });
        Assert.Equal(f1, report.Figure("ks", "weighted F1").Value!.Value, 12);
        Assert.Equal(read.Count(pair => pair.Answer is not null) / 80.0, report.Figure("ks", "readable").Value!.Value, 12);
        // The interval of a share is nearly that of the normal distribution with so many samples.
        double half = 1.96 * Math.Sqrt(accuracy * (1 - accuracy) / 80);
        Assert.Equal(accuracy - half, war.Low!.Value, 0.03);
        Assert.Equal(accuracy + half, war.High!.Value, 0.03);
        // The most frequent label is right of half of the samples, one of four labels at random of a quarter.
        Assert.Equal(0.5, war.Constant!.Value, 12);
        Assert.Equal(0.25, war.Chance!.Value, 0.05);
        ConfusionMatrix matrix = report.Tasks[0].Confusion!;
        Assert.Equal(80, matrix.Counts.Sum(row => row.Sum()));
        Assert.Equal(read.Count(pair => pair is ("rowing", "singing")), matrix.Counts[matrix.Labels.ToList().IndexOf("rowing")][matrix.Answers.ToList().IndexOf("singing")]);
        Assert.Equal(8, matrix.Counts.Sum(row => row[^1]));
        Assert.All(report.Tasks[0].Failures, failure => Assert.Equal(0, failure.Score));
        Assert.Equal(8, report.Tasks[0].Failures.Count);
    }

    [Fact]
    public async Task AvvpCountsSecondsOfLabelsThatLlpDoesNotHave()
    {
        using Examination examination = new();
        (string Label, int Start, int End)[] heard = [.. Enumerable.Range(0, 12).Select(clip => (clip % 2 == 0 ? "Church bell" : "Sea", clip % 5, 6 + (clip % 4)))];
        examination.Write("avvp", heard.Select((one, clip) => new { video_path = $"{clip}.mp4", audio_path = $"{clip}.wav", filename = $"{clip}", vid = $"{clip}", @event = $"audio:{one.Label} {one.Start} {one.End};visual:Dog 0 10" }));
        (int Start, int End)[] said = [.. Enumerable.Range(0, 12).Select(clip => (clip % 3, 5 + (clip % 5)))];

        EvaluationReport report = await examination.RunAsync(new KnownAnswers(heard.Select((one, clip) => $"<audio>{one.Label.ToLowerInvariant().Replace(' ', '_')},({said[clip].Start} {said[clip].End})</audio> <visual>dog,(0 10)</visual> <visual>unicorn,(0 3)</visual>")));

        double[] f = [.. heard.Zip(said, (there, given) =>
        {
            int both = Enumerable.Range(0, 10).Count(second => second >= there.Start && second < there.End && second >= given.Start && second < given.End);
            return 2.0 * both / (there.End - there.Start + given.End - given.Start);
        })];
        Figure audio = report.Figure("avvp", "segment F, A");
        Assert.Equal(f.Average(), audio.Value!.Value, 12);
        Assert.InRange(audio.Value.Value, audio.Low!.Value, audio.High!.Value);
        Assert.Equal(1, report.Figure("avvp", "segment F, V").Value!.Value, 12);
        Assert.Equal(1, report.Figure("avvp", "unknown labels").Value!.Value, 12);
        Assert.Equal(1, report.Figure("avvp", "label recall, heard").Value!.Value, 12);
    }

    [Fact]
    public async Task EveryIntervalHoldsItsFigure()
    {
        using Examination examination = new();
        AvUieFolder folder = AvUieFolder.Open(Golden.Find("avuie"));
        // Right and wrong answers of every task in turn.
        string?[] answers = [.. TaskCatalog.All.SelectMany(task => folder.Samples(task.Key, AvUieSplit.Train)).Select((sample, place) => place % 2 == 0 ? sample.Target : "The dog. <answer>two</answer>")];

        EvaluationReport report = await examination.RunAsync(new KnownAnswers(answers), data: Golden.Find("avuie"), split: AvUieSplit.Train);

        Figure[] figures = [.. report.Tasks.SelectMany(task => task.Figures)];
        Assert.True(figures.Length > 60);
        Assert.All(figures, figure => Assert.True(figure.Low <= figure.Value + 1e-12 && figure.Value <= figure.High + 1e-12, $"{figure.Name}: {figure.Value} is not within {figure.Low} and {figure.High}"));
        Assert.All(figures, figure => Assert.NotNull(figure.Chance));
        Assert.All(figures, figure => Assert.NotNull(figure.Constant));
    }

    [Fact]
    public async Task QuestionsAreCountedByTypeAndByGroup()
    {
        using Examination examination = new();
        string[] kinds = ["Counting", "Comparative", "Counting", "Counting"];
        examination.Write("avqa", kinds.Select((kind, clip) => new { video_path = "a.mp4", audio_path = "a.wav", video_id = "a", question_id = clip, type = $"[\"Audio\", \"{kind}\"]", question = "What?", answer = kind == "Counting" ? "two" : "yes" }));

        EvaluationReport report = await examination.RunAsync(new KnownAnswers(["<answer>two</answer>", "<answer>yes</answer>", "<answer>three</answer>", "none"]));

        Assert.Equal((4, 0.5), (report.Figure("avqa", "accuracy").Samples, report.Figure("avqa", "accuracy").Value!.Value));
        Assert.Equal((4, 0.5), (report.Figure("avqa", "accuracy, Audio").Samples, report.Figure("avqa", "accuracy, Audio").Value!.Value));
        Assert.Equal((3, 1.0 / 3), (report.Figure("avqa", "accuracy, Audio/Counting").Samples, report.Figure("avqa", "accuracy, Audio/Counting").Value!.Value));
        Assert.Equal((1, 1.0), (report.Figure("avqa", "accuracy, Audio/Comparative").Samples, report.Figure("avqa", "accuracy, Audio/Comparative").Value!.Value));
        // The script leaves out what it cannot read.
        Assert.Equal((3, 2.0 / 3), (report.Figure("avqa", "accuracy by the laboratory's script").Samples, report.Figure("avqa", "accuracy by the laboratory's script").Value!.Value));
        Assert.Equal(1, report.Figure("avqa", "accuracy").Constant!.Value, 12);
    }

    [Fact]
    public async Task WhatTheWorldSaysIsThereIsLookedForInTheWords()
    {
        using Examination examination = new();
        examination.Write("avcap", [new { video_path = "s1.mp4", audio_path = "s1.wav", video_id = "s1", label_content = "A violin and a bell; the sea is heard." }]);
        File.WriteAllText(Path.Combine(examination.Data, "world.json"), """[{"name":"s1","pictures":[{"objects":[{"label":"violin"},{"label":"bell"},{"label":"drum"}]}],"sounds":[[{"label":"sea"}]]}]""");

        EvaluationReport report = await examination.RunAsync(new KnownAnswers(["There are bells and a Violin by the sea."]));

        // The drum is not in the target text, and "bells" is no bell.
        Assert.Equal(0.5, report.Figure("avcap", "recall, seen").Value!.Value, 12);
        Assert.Equal(1, report.Figure("avcap", "recall, heard").Value!.Value, 12);
    }

    [Fact]
    public async Task AStoppedRunGoesOnWhereItWasAndEndsAsAnUninterruptedOne()
    {
        using Examination examination = new();
        examination.Write("ks", Enumerable.Range(0, 12).Select(clip => Examination.Action(Actions[clip % 4], clip)));
        string[] answers = [.. Enumerable.Range(0, 12).Select(clip => $"<answer>{Actions[clip % 3]}</answer>")];
        await examination.RunAsync(new KnownAnswers(answers), "whole");

        await Assert.ThrowsAsync<IOException>(() => examination.RunAsync(new KnownAnswers(answers) { FallsAt = 5 }));
        string samples = Path.Combine(examination["out"], EvaluationRun.SamplesName);
        string[] first = File.ReadAllLines(samples);
        // As a kill in the middle of a write leaves it.
        File.AppendAllText(samples, "{\"id\":\"ks:5\",\"key\":\"ks\",\"te");
        KnownAnswers second = new(answers[5..]);
        await examination.RunAsync(second);

        Assert.Equal((5, 7), (first.Length, second.Asked));
        Assert.Equal(first, File.ReadLines(samples).Take(5));
        Assert.Equal(Timeless(File.ReadAllText(Path.Combine(examination["whole"], EvaluationRun.SamplesName))), Timeless(File.ReadAllText(samples)));
        Assert.Equal(Timeless(File.ReadAllText(Path.Combine(examination["whole"], EvaluationRun.ReportName))), Timeless(File.ReadAllText(Path.Combine(examination["out"], EvaluationRun.ReportName))));

        // A finished run is measured again without a question.
        KnownAnswers third = new([]);
        await examination.RunAsync(third);
        Assert.Equal(0, third.Asked);
    }

    [Fact]
    public async Task ASampleThatCouldNotBeAskedIsInNoFigureAndIsAskedAgain()
    {
        using Examination examination = new();
        examination.Write("ks", Enumerable.Range(0, 4).Select(clip => Examination.Action("rowing", clip)).Append(new { video_path = "4.mp4", audio_path = "4.wav" }));

        EvaluationReport report = await examination.RunAsync(new KnownAnswers(["<answer>rowing</answer>", null, "<answer>rowing</answer>", "<answer>singing</answer>"]));

        Assert.Equal((5, 3, 2), (report.Samples, report.Answered, report.Tasks[0].Unanswered));
        Assert.Equal((3, 2.0 / 3), (report.Figure("ks", "accuracy (WAR)").Samples, report.Figure("ks", "accuracy (WAR)").Value!.Value));
        Assert.Equal(["ks:1", "ks:4"], report.Unanswered.Select(one => one.Id));
        Assert.Equal("the clip is broken", report.Unanswered[0].Error);
        Assert.Contains("ks/test.json, entry 4, field action", report.Unanswered[1].Error, StringComparison.Ordinal);

        KnownAnswers again = new(["<answer>rowing</answer>"]);
        report = await examination.RunAsync(again);
        Assert.Equal((1, 4), (again.Asked, report.Answered));
        Assert.Equal(5, examination.Lines().Length);
        Assert.Equal(0.75, report.Figure("ks", "accuracy (WAR)").Value!.Value, 12);
    }

    [Fact]
    public async Task AFolderBelongsToOneRun()
    {
        using Examination examination = new();
        examination.Write("ks", Enumerable.Range(0, 4).Select(clip => Examination.Action("rowing", clip)));
        string[] answers = [.. Enumerable.Repeat("<answer>rowing</answer>", 4)];
        await examination.RunAsync(new KnownAnswers(answers));

        EvaluationException limit = await Assert.ThrowsAsync<EvaluationException>(() => examination.RunAsync(new KnownAnswers(answers), limit: 2));
        examination.Write("ks", Enumerable.Range(0, 4).Select(clip => Examination.Action("typing", clip)));
        EvaluationException data = await Assert.ThrowsAsync<EvaluationException>(() => examination.RunAsync(new KnownAnswers(answers)));

        Assert.Contains("another --limit (was not given, is 2)", limit.Message, StringComparison.Ordinal);
        Assert.Contains("another data", data.Message, StringComparison.Ordinal);
        Assert.Equal(4, examination.Lines().Length);
    }

    [Fact]
    public async Task NoSecondRunWorksInTheSameFolder()
    {
        using Examination examination = new();
        examination.Write("ks", [Examination.Action("rowing", 0)]);
        Exception? second = null;
        async Task Meanwhile() => second = await Record.ExceptionAsync(() => examination.RunAsync(new KnownAnswers([""])));

        EvaluationReport report = await examination.RunAsync(new KnownAnswers([""]) { Before = Meanwhile });

        Assert.Contains("another evaluation is at work", Assert.IsType<EvaluationException>(second).Message, StringComparison.Ordinal);
        Assert.Equal(1, report.Answered);
        Assert.False(File.Exists(Path.Combine(examination["out"], "evaluation.lock")));
    }

    [Fact]
    public async Task ALimitDrawsFromTheWholeListAndAlwaysTheSame()
    {
        using Examination examination = new();
        examination.Write("ks", Enumerable.Range(0, 500).Select(clip => Examination.Action("rowing", clip)));
        async Task<int[]> Drawn(string @out, int seed)
        {
            await examination.RunAsync(new KnownAnswers(Enumerable.Repeat("", 20)), @out, limit: 20, seed: seed);
            return [.. examination.Lines(@out).Select(line => int.Parse(line.GetProperty("id").GetString()!.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture))];
        }

        int[] one = await Drawn("one", 1);

        Assert.Equal(20, one.Distinct().Count());
        Assert.Equal(one.Order(), one);
        Assert.Contains(one, place => place >= 250);
        Assert.Contains(one, place => place < 250);
        Assert.Equal(one, await Drawn("same", 1));
        Assert.NotEqual(one, await Drawn("other", 2));
    }

    [Fact]
    public async Task HostileTextStaysTextOnAPageThatNeedsNothingBesideIt()
    {
        using Examination examination = new();
        const string evil = "</dd></details><script>alert('x')</script><img src=x onerror=\"alert(1)\">\u0007 &amp; <style>*{display:none}</style>";
        examination.Write("ks", [Examination.Action($"<b>{evil}", 0), Examination.Action("rowing", 1)]);

        EvaluationReport report = await examination.RunAsync(new KnownAnswers([evil, $"<answer>{evil}</answer>"]));
        string page = examination.Page();

        Assert.Equal(2, report.Tasks[0].Failures.Count);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>", page, StringComparison.OrdinalIgnoreCase);
        Assert.Single(Regex.Matches(page, "<style", RegexOptions.IgnoreCase));
        Assert.DoesNotContain('\u0007', page);
        Assert.Contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;", page, StringComparison.Ordinal);
        Assert.Contains("&amp;amp;", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("https?:|//|url\\(|@import|<link|src=(?!x )", RegexOptions.IgnoreCase), page);
        Assert.Contains("prefers-color-scheme:dark", page, StringComparison.Ordinal);
        Assert.Contains("width=device-width", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunComparedWithItselfDiffersInNothing()
    {
        using Examination examination = new();
        AvUieFolder folder = AvUieFolder.Open(Golden.Find("avuie"));
        string?[] answers = [.. TaskCatalog.All.SelectMany(task => folder.Samples(task.Key, AvUieSplit.Train)).Select((sample, place) => place % 2 == 0 ? sample.Target : "nothing")];
        await examination.RunAsync(new KnownAnswers(answers), data: Golden.Find("avuie"), split: AvUieSplit.Train);

        EvaluationComparison comparison = EvaluationComparison.Of(examination["out"], examination["out"], 0);

        Assert.Equal((19, 0, 0), (comparison.Tasks.Count, comparison.OnlyInFirst, comparison.OnlyInSecond));
        Assert.All(comparison.Tasks.SelectMany(task => task.Figures), figure => Assert.Equal((0, 0, 0, 1), (figure.Difference, figure.Low!.Value, figure.High!.Value, figure.P)));
    }

    [Fact]
    public async Task TwoRunsAreComparedSampleBySample()
    {
        using Examination examination = new();
        examination.Write("ks", Enumerable.Range(0, 60).Select(clip => Examination.Action("rowing", clip)));
        examination.Write("avcap", Enumerable.Range(0, 30).Select(clip => new { video_path = $"{clip}.mp4", audio_path = $"{clip}.wav", video_id = $"{clip}", label_content = $"one two three four {clip}" }));
        string Right(bool right) => $"<answer>{(right ? "rowing" : "typing")}</answer>";
        // 20 both right, 3 only the first, 15 only the second, 22 neither.
        IEnumerable<string> Answers(bool second) => Enumerable.Range(0, 60).Select(clip => Right(clip < 20 || (second ? clip >= 23 && clip < 38 : clip < 23)));
        await examination.RunAsync(new KnownAnswers([.. Enumerable.Range(0, 30).Select(clip => clip % 2 == 0 ? "one" : "one two"), .. Answers(false)]), "a");
        await examination.RunAsync(new KnownAnswers([.. Enumerable.Range(0, 30).Select(clip => $"one two three {clip}"), .. Answers(true)]), "b");

        EvaluationComparison comparison = EvaluationComparison.Of(examination["a"], examination["b"], 3);
        comparison.Write(examination["compared"]);

        ComparedFigure right = comparison.Tasks.Single(task => task.Key == "ks").Figures.Single(figure => figure.Name == "accuracy (WAR)");
        Assert.Equal(("mcnemar", 60, 3, 15), (right.Test, right.Samples, right.OnlyFirst!.Value, right.OnlySecond!.Value));
        Assert.Equal(0.2, right.Difference, 12);
        // 2·(C(18,0) + C(18,1) + C(18,2) + C(18,3))/2^18
        Assert.Equal(2 * (1 + 18 + 153 + 816) / 262144.0, right.P, 12);
        Assert.InRange(0.2, right.Low!.Value, right.High!.Value);
        Assert.True(right.Low > 0);
        ComparedFigure words = comparison.Tasks.Single(task => task.Key == "avcap").Figures.Single(figure => figure.Name == "ROUGE-L");
        Assert.Equal("bootstrap", words.Test);
        Assert.True(words.Low > 0 && words.P < 0.01);
        using JsonDocument written = JsonDocument.Parse(File.ReadAllText(Path.Combine(examination["compared"], EvaluationComparison.ReportName)));
        Assert.Equal(right.P, written.RootElement.GetProperty("tasks")[1].GetProperty("figures")[0].GetProperty("p").GetDouble(), 12);
        string page = File.ReadAllText(Path.Combine(examination["compared"], EvaluationComparison.PageName));
        Assert.Contains("+0.200", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("https?:|<script", RegexOptions.IgnoreCase), page);
    }

    [Fact]
    public async Task RunsOfOtherTasksOrOtherDataAreNotCompared()
    {
        using Examination examination = new();
        examination.Write("ks", [Examination.Action("rowing", 0)]);
        examination.Write("ucf", [new { video_path = "0.mp4", audio_path = "0.wav", label = "Archery" }]);
        await examination.RunAsync(new KnownAnswers(["x"]), "ks", tasks: "ks");
        await examination.RunAsync(new KnownAnswers(["x"]), "ucf", tasks: "ucf");
        examination.Write("ks", [Examination.Action("typing", 0)]);
        await examination.RunAsync(new KnownAnswers(["x"]), "changed", tasks: "ks");

        Assert.Contains("(tasks ucf) have no answered sample in common", Refused("ks", "ucf"), StringComparison.Ordinal);
        Assert.Contains("the sample ks:0 is another one", Refused("ks", "changed"), StringComparison.Ordinal);
        Assert.Contains("is no folder of an evaluation", Refused("ks", "data"), StringComparison.Ordinal);

        string Refused(string one, string other) => Assert.Throws<EvaluationException>(() => EvaluationComparison.Of(examination[one], examination[other], 0)).Message;
    }

    private static string? Tagged(string text) => Regex.Match(text, "<answer>(.*?)</answer>") is { Success: true } match ? match.Groups[1].Value.ToLowerInvariant() : null;

    // Times differ from run to run, and nothing else.
    private static string Timeless(string json) => Regex.Replace(json, "\"seconds\":\\s*[0-9.E+-]+", "\"seconds\":0");
}

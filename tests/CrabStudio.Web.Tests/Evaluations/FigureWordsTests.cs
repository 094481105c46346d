using System.Globalization;
using System.Reflection;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;
using CrabStudio.Web.Components.Evaluations;
using CrabStudio.Web.Components.Studies;
using CrabStudio.Web.Languages;

namespace CrabStudio.Web.Tests.Evaluations;

/// <summary>What reports say in English, in the words of the pages.</summary>
public sealed class FigureWordsTests
{
    // Figures are asked of the evaluation itself, which keeps them to itself.
    private static readonly Assembly Engine = typeof(Figure).Assembly;

    private static readonly Type Answer = Engine.GetType("CrabStudio.Engine.Evaluation.ScoredAnswer", throwOnError: true)!;

    [Fact]
    public void EveryFigureThatAnEvaluationCanHaveIsToldInBothLanguages()
    {
        HashSet<string> names = [], meanings = [];
        foreach (TaskDefinition task in TaskCatalog.All)
        {
            foreach (object?[] answers in new object?[][] { [], [Scored(task.Key)] })
            {
                foreach ((string name, string meaning) in Figures(task.Key, answers))
                {
                    names.Add(name);
                    meanings.Add(meaning);
                }
            }
        }

        Assert.Contains("segment F, Event@AV", names);
        Assert.Contains("accuracy, Audio/Counting", names);
        Assert.Contains("existence, seen", names);
        Assert.True(names.Count > 40 && meanings.Count > 40, $"{names.Count} names and {meanings.Count} meanings");
        Assert.All(names, name => Assert.Equal(name, FigureWords.KnownName(name, EnglishWords.Only)));
        Assert.All(meanings, meaning => Assert.Equal(meaning, FigureWords.KnownMeaning(meaning, EnglishWords.Only)));
        InChinese(words =>
        {
            Assert.All(names.Where(name => name.Contains(' ', StringComparison.Ordinal)), name => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", FigureWords.Name(name, words)));
            Assert.All(meanings, meaning => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", FigureWords.Meaning(meaning, words)));
            Assert.Equal(("准确率，Audio/Counting", "事件 F，AV", "BLEU-4", "of another version"), (FigureWords.Name("accuracy, Audio/Counting", words), FigureWords.Name("event F, AV", words), FigureWords.Name("BLEU-4", words), FigureWords.Name("of another version", words)));
        });
    }

    [Fact]
    public void EveryBaselineIsToldInBothLanguages()
    {
        Type baselines = Engine.GetType("CrabStudio.Engine.Evaluation.Baselines", throwOnError: true)!;
        string[] meanings = [.. TaskCatalog.All.SelectMany(task =>
        {
            object made = Activator.CreateInstance(baselines, new TaskScorer(task.Key, []), task.Key, Array.CreateInstance(Answer, 0), 0)!;
            return new[] { "ChanceMeaning", "ConstantMeaning" }.Select(name => (string)baselines.GetProperty(name)!.GetValue(made)!);
        }).Distinct()];
        Assert.Equal(8, meanings.Length);
        Assert.All(meanings, meaning => Assert.Equal(meaning, FigureWords.KnownBaseline(meaning, EnglishWords.Only)));
        InChinese(words => Assert.All(meanings, meaning => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", FigureWords.Baseline(meaning, words))));
    }

    [Fact]
    public void EveryPartOfAScoreThatStandsForATaskHasItsName()
    {
        string[] parts = [.. TaskCatalog.All.Select(task => TaskScorer.Primary(task.Key)).Distinct()];
        Assert.Equal(8, parts.Length);
        Assert.All(parts, part => Assert.NotNull(FigureWords.KnownPart(part, EnglishWords.Only)));
        Assert.Equal(("temporal IoU", "some new part"), (FigureWords.Part("temporal_iou", EnglishWords.Only), FigureWords.Part("some_new_part", EnglishWords.Only)));
    }

    [Fact]
    public void RemarksAndLabelsOfReportsAreToldWithTheirNumbers() => InChinese(words =>
    {
        EvaluationReport report = new(null!, 10, 7, [], [], []);
        Assert.Equal("10 个样本中有 3 个无法提问，不计入任何指标。用同样的命令可重新提问。", FigureWords.Remark("3 of 10 samples could not be asked and are in no figure. The same command asks them again.", report, words));
        Assert.Equal("A remark of another version.", FigureWords.Remark("A remark of another version.", report, words));
        EvaluationComparison comparison = new("a", null, "b", null, 0, 5, 2, 1, [], []);
        Assert.Equal("2 个样本只有第一次运行回答了，1 个只有第二次运行回答了；它们不计入任何指标。",
            FigureWords.Remark("2 samples were answered only by the first run and 1 only by the second; they are in no figure.", comparison, words));
        Assert.Equal(["其他 12 个", "其他回答", "无法读出", "dog barking"], new[] { "12 others", "another answer", "nothing readable", "dog barking" }.Select(label => FigureWords.Label(label, words)));
    });

    private static IEnumerable<(string Name, string Meaning)> Figures(string key, object?[] answers)
    {
        Array rows = Array.CreateInstance(Answer, answers.Length);
        Array.Copy(answers, rows, answers.Length);
        var figures = (System.Collections.IEnumerable)Engine.GetType("CrabStudio.Engine.Evaluation.TaskFigures", throwOnError: true)!.GetMethod("Of")!.Invoke(null, [key, rows])!;
        return [.. figures.Cast<object>().Select(figure => ((string)figure.GetType().GetProperty("Name")!.GetValue(figure)!, (string)figure.GetType().GetProperty("Meaning")!.GetValue(figure)!))];
    }

    // With a kind of question, a part and a label that are none of the published ones.
    private static object Scored(string key) => Activator.CreateInstance(
        Answer, $"{key}:0", key, new EvaluationTruth { Label = "no label of anybody", QuestionType = "Audio/Counting", Subset = "seen" }, "", new SampleScore(null, new Dictionary<string, double>()))!;

    private static void InChinese(Action<WordBook> look)
    {
        CultureInfo before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("zh-Hans");
            look(new WordBook());
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using Bunit;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Reports;
using CrabStudio.Testing;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Asking;
using CrabStudio.Web.Components.Evaluations;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Components.Studies;
using CrabStudio.Web.Components.Training;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using CrabStudio.Web.Tests.Studies;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Tests.Components;

/// <summary>Views of routing, training, evaluations and studies as a visitor sees them who reads Chinese.</summary>
public sealed partial class ChineseViewTests : PageContext
{
    [Theory]
    [InlineData("tokens", "词元 1")]
    [InlineData("space", "全部混合")]
    [InlineData("depth", "行为层，列为模块")]
    [InlineData("measures", "有效专家数")]
    [InlineData("text", "全部 6 个位置")]
    [InlineData("audio", "没有记录提示词的路由")]
    [InlineData("vision", "没有记录提示词的路由")]
    public async Task EveryViewOfTheRoutesIsInChinese(string tab, string words)
    {
        SpeakChinese();
        Known.Rows = [new MeasureRow(MeasureKind.Run, RouteNetwork.Text, "Whole run", 900, 196, MixMeasures.Of([0.5, 0.25, 0.25], 1.5, [0.5, 0.25, 0.25])) { Told = L => L["Whole run"] }];
        IRenderedComponent<RoutingPanel> panel = Render<RoutingPanel>(parameters => parameters.Add(one => one.State, Samples.State(["A", " dog"])).Add(one => one.Chosen, RouteSelection.None));
        await panel.Named($"routing-tab-{tab}").ClickAsync(new MouseEventArgs());
        IsChinese(panel, words);
    }

    [Fact]
    public void WhatIsSelectedAndTheRoutesOverTimeAreInChinese()
    {
        SpeakChinese();
        RouteSelection chosen = RouteSelection.Parse("time-1.2-3.4~modality-sound~part-text~layer-12~module-q~expert-B");
        IsChinese(Render<SelectionLine>(parameters => parameters.Add(one => one.Chosen, chosen).Add(one => one.AnswerId, Guid.NewGuid())), "1.20 至 3.40 s · 声音的位置 · 文本解码器 · 第 12 层 · 模块 q · 专家 B");
        IsChinese(Render<RoutesOverTime>(parameters => parameters.Add(one => one.State, Samples.State(["A"])).Add(one => one.ClipId, Samples.ClipId).Add(one => one.DurationSeconds, 10)), "文本解码器的 2 个线性层");
    }

    [Fact]
    public void TheAtlasIsInChinese()
    {
        SpeakChinese();
        AtlasRun[] runs = [.. Enumerable.Range(0, 4).Select(run => new AtlasRun(Guid.NewGuid(), Guid.NewGuid(), $"{run}", run < 3 ? "ave" : "", [0.5f + (0.1f * run), 0.5f - (0.1f * run)], new Dictionary<PromptPart, float[]> { [PromptPart.Audio] = [0.5f, 0.5f] }))];
        IsChinese(Render<AtlasTables>(parameters => parameters.Add(one => one.View, new AtlasView([], null, 2, [new RouteLinear("l0", 0, "q")], runs, 4))), "声音的位置", "自由提问", "两轴分别占方差");
    }

    [Fact]
    public void WhatOneAnswerLacksIsToldInTheLanguageOfThePageAndInEnglishToPrograms()
    {
        SpeakChinese();
        SeenFacts seen = Samples.Seen();
        RoutePlaces places = RoutePlaces.From(seen, new Conversation("ave", []), null, 7, 0);
        Assert.Contains(places.Missing, sentence => sentence.StartsWith("The audio tower routed 7 frames", StringComparison.Ordinal));
        Assert.Contains(places.MissingIn(new WordBook()), sentence => sentence.StartsWith("音频塔路由了 7 帧", StringComparison.Ordinal));
    }

    [Fact]
    public void TheScriptOfTheRoutesAsksForNoWordsThatItIsNotGiven()
    {
        SpeakChinese();
        string script = File.ReadAllText(Path.Combine(Golden.Repository, "wwwroot", "js", "routing.js"));
        Dictionary<string, string> words = JsonSerializer.Deserialize<Dictionary<string, string>>(RouteScriptWords.Of(new WordBook()))!;
        string[] asked = [.. Told().Matches(script).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)), "depthAnswer", "depthText", "depthAudio", "depthVision", "depthNone"];
        Assert.True(asked.Length > 15, string.Join(' ', asked));
        Assert.Empty(asked.Except(words.Keys));
        Assert.All(ColumnSets().Matches(script).SelectMany(match => Quoted().Matches(match.Groups[1].Value)), column => Assert.Contains($"column.{column.Groups[1].Value}", words.Keys));
        Assert.All(words.Values, word => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", word));
    }

    [Fact]
    public void TheFiguresOfAModelsCardAreNamedInChinese()
    {
        SpeakChinese();
        ModelCard card = new("a made-up world", [new("ave", "segment accuracy", 30, 0.83, 0.73, 0.91, 0.2, 0.36), new("s4", "box IoU", 30, 0.2, 0.1, 0.3, null, 0.25), new("s4", "points inside", 30, 0.4, 0.3, 0.5, 0.35, null)]);
        IRenderedComponent<TaskPicker> picker = Render<TaskPicker>(parameters => parameters.Add(one => one.State, new AskState()).Add(one => one.Card, card));
        IsChinese(picker, "分段准确率：在未见过的片段上为 0.83（随机猜测：0.36）", "框 IoU：这个小模型只是在猜（0.20；随机猜测：0.25）");
        IsChinese(Render<SmallModelNote>(parameters => parameters.Add(one => one.Card, card).Add(one => one.Task, "s4")), "并不比随机猜测好：框 IoU、", "框 IoU 0.20，随机猜测 0.25；");
    }

    [Fact]
    public void AReportAndAComparisonAreInChinese()
    {
        SpeakChinese();
        EvaluationFacts facts = new(new EvaluatedModel("tiny", null, false, 1, 0, "fp32", "cpu"), "demo", "abc", AvUieSplit.Test, null, 0, 64);
        Figure figure = new("accuracy (WAR)", "right answers of all; an answer that cannot be read is wrong", true, 4, 0.5, 0.25, 0.75, 2000, 0.25, 0.5);
        ConfusionMatrix matrix = new(["dog", "12 others"], ["dog", "another answer", "nothing readable"], [[1, 1, 0], [0, 1, 1]]);
        TaskReport task = new("ks", "Kinetics-Sounds", TaskFamily.ActionRecognition, 4, 1, 0, 3, 2, "any of the labels that occur, each as likely", "the most frequent label", [figure], matrix, []);
        EvaluationReport report = new(facts, 5, 4, [task], [], ["1 of 5 samples could not be asked and are in no figure. The same command asks them again."]);
        IsChinese(Render<ReportView>(parameters => parameters.Add(one => one.Report, report)), "准确率（WAR）", "动作识别", "出现过的任一标签，概率相等", "已回答 4 个，1 个无法提问", "其他 12 个", "5 个样本中有 1 个无法提问");
        ComparedFigure compared = new(figure.Name, figure.Meaning, true, 4, 0.5, 0.75, 0.25, -0.25, 0.75, 2000, "bootstrap", 0.5, null, null);
        EvaluationComparison comparison = new("a", null, "b", null, 0, 4, 2, 1, [new ComparedTask("ks", TaskFamily.ActionRecognition, 4, [compared])], ["2 samples were answered only by the first run and 1 only by the second; they are in no figure."]);
        IsChinese(Render<ComparisonView>(parameters => parameters.Add(one => one.Comparison, comparison)), "-0.250 至 +0.750", "0.5000（配对抽样）", "2 个样本只有第一次运行回答了");
        SampleFilter filter = new() { Samples = [] };
        IsChinese(Render<SampleTable>(parameters => parameters.Add(one => one.Filter, filter)), "0 个样本中的 0 个", "不正确（得分低于 1）");
    }

    [Fact]
    public void AStudyIsInChineseWithItsFindingsSaidAnew()
    {
        SpeakChinese();
        StudyReport report = StudyReports.TwoTasks with { Setup = StudyReports.TwoTasks.Setup with { Seeds = 1 } };
        IsChinese(Render<StudyFindings>(parameters => parameters.Add(one => one.Report, report)), "多任务 LoRA：2 个任务中有 1 个（50%，95% 区间 0% 至 100%）低于其单任务适配器，0 个高于，1 个持平。", "只有一个种子");
        IsChinese(Render<StudyTasks>(parameters => parameters.Add(one => one.Report, report)), "多任务 LoRA 减单任务", "时间 IoU", "低于 *");
        IsChinese(Render<StudyRouting>(parameters => parameters.Add(one => one.Report, report)), "任务间平均距离：0.010 训练前、0.250 训练后");
        IsChinese(Render<StudyBudget>(parameters => parameters.Add(one => one.Report, report)), "α / r = 2");
        Assert.Equal(["Two of two."], StudyFindingWords.Findings(report, EnglishWords.Only));
        Assert.Equal(["Two of two."], StudyFindingWords.Findings(report with { Comparisons = [] }, new WordBook()));

        // In English they are the sentences that crab study writes.
        Assert.Equal(
            "Multi-task LoRA: 1 of 2 tasks (50%, 95% interval 0% to 100%) fall below their single-task adapter, 0 rise above it, 1 tie. The interval includes 50%: whether most tasks fall below is not decided. With ties counted in it is 100%, 95% interval 50% to 100%. The interval includes 50%: whether most tasks fall below or are equal is not decided.",
            StudyFindingWords.Said(report, EnglishWords.Only)[0]);
    }

    [Fact]
    public void ATrainingRunIsInChinese()
    {
        SpeakChinese();
        Directory.CreateDirectory(WorkshopFolder);
        try
        {
            File.WriteAllLines(Path.Combine(WorkshopFolder, "log.jsonl"), Enumerable.Range(1, 3).Select(step =>
                $$"""{"step":{{step}},"samples":["ave:0","ks:3"],"loss":2.5,"loss_per_sample":[1,4],"learning_rate":0.0001,"grad_norm":1.5,"tokens":[100,50],"loss_tokens":[10,5],"seconds":2}""").Append("no JSON"));
            File.WriteAllText(Path.Combine(WorkshopFolder, "routes.jsonl"), """{"step":1,"sample":"ave:4","linears":["audio_tower.layers.1.fc1","model.layers.3.mlp.up_proj"],"mean":[[0.5,0.5],[0.25,0.75]],"entropy":[0.8,0.7]}""" + "\n");
            RunState run = new(WorkshopFolder);
            Assert.True(run.Update(Xunit.TestContext.Current.CancellationToken));
            WordBook words = new();
            Assert.Equal(("3 步 · 训练步用时 6.0 s", "log.jsonl，第 4 行：不是 JSON", "log.jsonl, line 4: is no JSON"), (RunWords.Done(run, running: false, words), run.FirstBroken(words), run.FirstBroken(EnglishWords.Only)));
            IsChinese(Render<RunCurves>(parameters => parameters.Add(one => one.State, run).Add(one => one.Csv, chart => "/" + chart)), "各任务的损失", "全部任务", "音频 1", "文本 3", "路由，全部任务", "每秒词元数");
        }
        finally
        {
            Directory.Delete(WorkshopFolder, recursive: true);
        }
    }

    // For the test's own work and what it starts; it ends with the test.
    private static void SpeakChinese() => CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("zh-Hans");

    // Holds the words, and nothing that a person sees or hears has two English ones in a row.
    private static void IsChinese<T>(IRenderedComponent<T> shown, params string[] words)
        where T : IComponent
    {
        string text = string.Join(' ', shown.Nodes.OfType<IElement>().Select(element => element.Words()));
        Assert.All(words, word => Assert.Contains(word, text, StringComparison.Ordinal));
        Assert.DoesNotContain(shown.Nodes.SelectMany(Texts), one => English().IsMatch(one));
    }

    private static IEnumerable<string> Texts(INode node) => node switch
    {
        IText => [node.TextContent],
        IElement element => new[] { "aria-label", "title", "placeholder", "alt", "aria-valuetext" }.Select(name => element.GetAttribute(name)).OfType<string>().Concat(element.ChildNodes.SelectMany(Texts)),
        _ => [],
    };

    [GeneratedRegex(@"[a-z]{2,}[,.;:]? [a-z]{2,}", RegexOptions.IgnoreCase)]
    private static partial Regex English();

    [GeneratedRegex(@"\btold\.(\w+)")]
    private static partial Regex Told();

    [GeneratedRegex(@"get columns\(\) \{ return \[([^.]*)\.\.\.")]
    private static partial Regex ColumnSets();

    [GeneratedRegex("'(\\w+)'")]
    private static partial Regex Quoted();
}

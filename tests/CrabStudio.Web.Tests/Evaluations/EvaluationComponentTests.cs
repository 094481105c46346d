using AngleSharp.Dom;
using Bunit;
using CrabStudio.Engine;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Evaluations;
using CrabStudio.Web.Components.Pages;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using CrabStudio.Web.Tests.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using MudBlazor.Services;

namespace CrabStudio.Web.Tests.Evaluations;

public sealed class EvaluationComponentTests : BunitContext
{
    private const string Drums = "<answer>playing drums</answer>", Bell = "It is church bell.";

    private Studio? behind;

    public EvaluationComponentTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddSingleton<IStringLocalizer<Words>>(new WordBook());
        Services.AddMudServices(options => options.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton<IAnalysisEngine>(new PageContext.QuietEngine());

        // The pages stand over the services of a whole studio.
        Services.AddSingleton(_ => behind!.App.Services.GetRequiredService<EvaluationService>());
        Services.AddSingleton(_ => behind!.App.Services.GetRequiredService<EvaluationShelf>());
        Services.AddSingleton(_ => behind!.App.Services.GetRequiredService<SampleOpener>());
        Services.AddSingleton(_ => behind!.App.Services.GetRequiredService<Workshop>());
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    [Fact]
    public void AFigureStandsWithItsIntervalBesideBothBaselines()
    {
        IRenderedComponent<FigureTable> table = Render<FigureTable>(parameters => parameters.Add(one => one.Caption, "Figures of ks")
            .Add(one => one.Figures, [new Figure("accuracy", "share of right answers", true, 40, 0.5, 0.35, 0.65, 2000, 0.125, 0.25), new Figure("F1", "mean", false, 40, 0.4, null, null, 200, null, null)]));
        Assert.Equal("accuracyshare of right answers 40 0.500 0.350 to 0.650 0.125 0.250", Cells(table.FindAll("tbody tr")[0]));
        Assert.Equal("F1mean 40 0.400 – – –", Cells(table.FindAll("tbody tr")[1]));
        Assert.Equal("Figures of ks", table.Find("[role=region]").GetAttribute("aria-label"));
        Assert.Equal("left:35%;width:30%", table.Find(".interval-range").GetAttribute("style"));
        Assert.Equal("left:12.5%", table.Find(".interval-chance").GetAttribute("style"));
        Assert.Equal("left:25%", table.Find(".interval-constant").GetAttribute("style"));
    }

    [Fact]
    public void AConfusionMatrixFramesWhatIsRightAndShadesBySharesOfTheRow()
    {
        IRenderedComponent<ConfusionTable> table = Render<ConfusionTable>(parameters => parameters.Add(one => one.Caption, "True labels")
            .Add(one => one.Matrix, new ConfusionMatrix(["dog", "bell"], ["dog", "bell", "another answer", "nothing readable"], [[3, 1, 0, 0], [0, 2, 0, 2]])));
        Assert.Equal(["dog 3 1 · · 4", "bell · 2 · 2 4"], table.FindAll("tbody tr").Select(Cells));
        Assert.Equal(["3", "2"], table.FindAll(".confusion-right").Select(cell => cell.Words()));
        Assert.Equal("--shade:30%", table.FindAll("tbody td")[0].GetAttribute("style"));
    }

    [Fact]
    public async Task AnEmptyWorkshopTeachesHowToMakeAnEvaluation()
    {
        using Bench bench = new();
        Directory.Delete(bench["demo"], recursive: true);
        await using Studio studio = await bench.StartAsync();
        Use(studio);
        IRenderedComponent<EvaluationList> list = Render<EvaluationList>();
        list.WaitForAssertion(() => Assert.Contains("No evaluation yet", list.Markup), TimeSpan.FromSeconds(10));
        Assert.Equal(2, list.AllNamed("command").Count);
        Assert.Equal($"./crab evaluate --data DIR --out \"{bench["NAME"]}\"", list.AllNamed("command")[1].Words());
        Assert.Empty(list.AllNamed("evaluation-form"));
    }

    [Fact]
    public async Task AnEvaluationIsStartedStoppedAndGoesOnFromItsPages()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        Use(studio);
        IRenderedComponent<EvaluationList> list = Render<EvaluationList>();
        NavigationManager navigation = Services.GetRequiredService<NavigationManager>();

        list.WaitForAssertion(() => Assert.NotEmpty(list.AllNamed("evaluation-form")), TimeSpan.FromSeconds(10));

        // What cannot be is said in the form.
        await list.Named("form-name").ChangeAsync(new ChangeEventArgs { Value = "demo" });
        await list.Named("evaluation-form").SubmitAsync();
        list.WaitForAssertion(() => Assert.Contains("folder named demo already", list.Named("form-problem").Words()));
        await list.Named("form-name").ChangeAsync(new ChangeEventArgs { Value = "first" });
        await list.Named("form-limit").ChangeAsync(new ChangeEventArgs { Value = "" });
        await list.Named("evaluation-form").SubmitAsync();
        list.WaitForAssertion(() => Assert.EndsWith("/evaluations/first", navigation.Uri), TimeSpan.FromSeconds(10));

        IRenderedComponent<EvaluationPage> page = Render<EvaluationPage>(parameters => parameters.Add(one => one.Id, "first"));
        page.WaitForAssertion(() => Assert.Contains("No sample is answered yet", page.Named("nothing-yet").Words()), TimeSpan.FromSeconds(10));
        await studio.Engine.AnswerAsync(Drums, Drums);
        await studio.Engine.NextRunAsync();
        page.WaitForAssertion(() => Assert.Contains("Asking s4:0, 2 of 4 done", page.Named("evaluation-state").Words()), TimeSpan.FromSeconds(10));
        page.WaitForAssertion(() => Assert.Contains("figures of the 2 samples answered so far", page.Named("partial-note").Words()), TimeSpan.FromSeconds(10));
        await page.Named("evaluation-stop").ClickAsync(new MouseEventArgs());
        page.WaitForAssertion(() => Assert.Equal("Stopped at 2 of 4 samples", page.Named("evaluation-state").Words()), TimeSpan.FromSeconds(10));
        Assert.Equal("0.5", page.Find("progress").GetAttribute("value"));
        Assert.Empty(page.AllNamed("download-html"));

        await page.Named("evaluation-resume").ClickAsync(new MouseEventArgs());
        await studio.Engine.AnswerAsync(Bell, Bell);
        page.WaitForAssertion(() => Assert.Equal("Done: 4 samples", page.Named("evaluation-state").Words()), TimeSpan.FromSeconds(10));
        page.WaitForAssertion(() => Assert.Equal(("/api/evaluations/first/report.html", true), (page.Named("download-html").GetAttribute("href"), page.Named("download-html").HasAttribute("download"))), TimeSpan.FromSeconds(10));
        Assert.Equal(["ks", "s4"], page.Named("glance").QuerySelectorAll("tbody .figure-name").Select(name => name.Words()));
        Assert.NotEmpty(page.AllNamed("untrained-banner"));
        IRenderedComponent<EvaluationList> after = Render<EvaluationList>();
        after.WaitForAssertion(() => Assert.Equal("Done: 4 samples", after.Named("evaluation-state").Words()), TimeSpan.FromSeconds(10));
        Assert.Equal("/evaluations/first", after.Named("evaluation-open").GetAttribute("href"));
    }

    [Fact]
    public async Task ASampleOpensWithTargetAndAnswerSideBySideAndGoesIntoTheStudio()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        Use(studio);
        await studio.EvaluateAsync("run");
        await studio.Engine.AnswerAsync(Drums, Drums, Bell, Bell);
        await studio.UntilAsync("run", now => now.State == EvaluationState.Done);
        NavigationManager navigation = Services.GetRequiredService<NavigationManager>();
        IRenderedComponent<EvaluationPage> page = Render<EvaluationPage>(parameters => parameters.Add(one => one.Id, "run"));
        page.WaitForAssertion(() => Assert.Equal("4 of 4 samples", page.Named("sample-count").Words()), TimeSpan.FromSeconds(10));

        await page.Named("wrong-ks").ClickAsync(new MouseEventArgs());
        Assert.Equal("1 of 4 samples", page.Named("sample-count").Words());
        Assert.Equal("ks", page.Named("filter-task").GetAttribute("value"));
        await page.Named("sample-ks:1").ClickAsync(new MouseEventArgs());
        Assert.EndsWith("/evaluations/run?sample=ks%3A1", navigation.Uri);
        page.WaitForAssertion(() => Assert.Equal("<answer>bowling</answer>", page.Named("sample-target").Words()));
        Assert.Equal(Drums, page.Named("sample-answer").Words());
        await page.Named("sample-open").ClickAsync(new MouseEventArgs());
        page.WaitForAssertion(() => Assert.Contains("/sessions/", navigation.Uri), TimeSpan.FromSeconds(10));
        ScriptedRun asked = await studio.Engine.NextRunAsync();
        asked.Finish();

        // Without its data set it says so, where the person looks.
        Directory.Move(bench["demo"], bench["gone"]);
        navigation.NavigateTo("/evaluations/run?sample=ks%3A1");
        IRenderedComponent<EvaluationPage> again = Render<EvaluationPage>(parameters => parameters.Add(one => one.Id, "run"));
        again.WaitForAssertion(() => Assert.NotEmpty(again.AllNamed("sample-open")), TimeSpan.FromSeconds(10));
        await again.Named("sample-open").ClickAsync(new MouseEventArgs());
        again.WaitForAssertion(() => Assert.Contains("is not in the workshop folder", again.Named("sample-problem").Words()), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task TwoEvaluationsAreComparedWithTheirPairedTests()
    {
        using Bench bench = new();
        await using Studio studio = await bench.StartAsync();
        Use(studio);
        foreach ((string name, string[] texts) in new[] { ("one", new[] { Drums, Drums }), ("two", [Drums, "<answer>bowling</answer>"]) })
        {
            await studio.EvaluateAsync(name, new { data = "demo", name, tasks = new[] { "ks" } });
            await studio.Engine.AnswerAsync(texts);
            await studio.UntilAsync(name, now => now.State == EvaluationState.Done);
        }

        Services.GetRequiredService<NavigationManager>().NavigateTo("/evaluation-comparison?first=one&second=two");
        IRenderedComponent<EvaluationComparePage> page = Render<EvaluationComparePage>();
        page.WaitForAssertion(() => Assert.NotEmpty(page.AllNamed("comparison-ks")), TimeSpan.FromSeconds(10));
        EvaluationComparison known = EvaluationComparison.Of(bench["one"], bench["two"], 0);
        ComparedFigure figure = known.Tasks[0].Figures.Single(one => one.IsPrimary);
        string row = Cells(page.Named("comparison-ks").QuerySelector(".figure-main")!);
        Assert.Contains($"2 0.500 1.000 +0.500", row);
        Assert.EndsWith($"0 : 1 {EvaluationComparison.Probability(figure.P)} (McNemar)", row);
        Assert.NotEmpty(page.AllNamed("untrained-banner"));
        Assert.Equal("/evaluation-comparison?first=two&second=one", page.Named("compare-swap").GetAttribute("href"));

        Services.GetRequiredService<NavigationManager>().NavigateTo("/evaluation-comparison?first=one&second=nothing");
        Assert.Contains("Choose two evaluations", Render<EvaluationComparePage>().Markup);
    }

    [Fact]
    public async Task WhatIsNotThereOrCannotBeReadIsSaid()
    {
        using Bench bench = new();
        Directory.CreateDirectory(bench["broken"]);
        await File.WriteAllTextAsync(bench["broken/evaluation.json"], "[]");
        await using Studio studio = await bench.StartAsync();
        Use(studio);
        Assert.Contains("There is no such evaluation", Render<EvaluationPage>(parameters => parameters.Add(one => one.Id, "../demo")).Markup);
        IRenderedComponent<EvaluationPage> broken = Render<EvaluationPage>(parameters => parameters.Add(one => one.Id, "broken"));
        Assert.Equal("Cannot be read", broken.Named("evaluation-state").Words());
        Assert.Contains("is no record of an evaluation", broken.Find("[role=alert]").Words());
    }

    private void Use(Studio studio) => behind = studio;

    private static string Cells(IElement row) => string.Join(' ', row.Children.Select(cell => cell.Words()).Where(words => words.Length > 0));
}

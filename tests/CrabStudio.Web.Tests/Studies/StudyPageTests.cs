using System.Net;
using AngleSharp.Dom;
using Bunit;
using CrabStudio.Engine;
using CrabStudio.Tasks.Reports;
using CrabStudio.Web.Components.Pages;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using CrabStudio.Web.Tests.Components;
using CrabStudio.Web.Tests.Evaluations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using MudBlazor.Services;

namespace CrabStudio.Web.Tests.Studies;

public sealed class StudyPageTests : BunitContext
{
    private Workshop? workshop;

    public StudyPageTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddSingleton<IStringLocalizer<Words>>(new WordBook());
        Services.AddMudServices(options => options.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton<IAnalysisEngine>(new PageContext.QuietEngine());
        Services.AddSingleton(_ => workshop!);
        Services.AddSingleton(_ => new StudyShelf(workshop!));
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    [Fact]
    public void AStudyIsShownWithBothReadingsOfATieAndThePapersHeadline()
    {
        using Bench bench = new();
        Write(bench["transfer"], StudyReports.TwoTasks);
        workshop = new Workshop(bench.Folder);
        IRenderedComponent<StudyList> list = Render<StudyList>();
        list.WaitForAssertion(() => Assert.Equal("/studies/transfer", list.Named("study-open").GetAttribute("href")));
        Assert.Contains("Two of two.", list.Named("study-row").Words());

        IRenderedComponent<StudyPage> page = Render<StudyPage>(parameters => parameters.Add(one => one.Id, "transfer"));
        Assert.Contains("nearly 55% below", page.Named("share-bars").Words());
        Assert.Equal("multi-task LoRA: 1 of 2 tasks below, 1 equal, 0 above", page.FindAll(".share-bar")[0].GetAttribute("aria-label"));
        Assert.Equal(
            "multi-task LoRAagainst single-task LoRA | 1, 1, 0 | 50%0% to 100% | 0%0% to 0% | 100%50% to 100% | 50%0% to 100% | −0.100−0.200 to 0.000",
            Cells(page.Named("study-shares").QuerySelectorAll("tbody tr")[0]));
        string ave = Cells(page.Named("study-tasks").QuerySelectorAll("tbody tr")[0]);
        Assert.Equal("avetemporal IoU | 0.1000.050 to 0.150 | 0.5000.450 to 0.550 | 0.3000.250 to 0.350 | 0.6000.550 to 0.650 | −0.200 below *−0.300 to −0.100 | +0.100 above0.000 to +0.200", ave);
        Assert.Contains("10 linears with a router. Mean distance between tasks: 0.010 fresh, 0.250 trained.", page.Named("study-distances").Words());
        Assert.Equal("A 20.0%, B 80.0%", page.Named("study-routing").QuerySelectorAll("tbody tr")[0].QuerySelectorAll(".figure-meaning")[1].Words());
        page.Named("study-seed").Change("1");
        Assert.Equal("A 60.0%, B 40.0%", page.Named("study-routing").QuerySelectorAll("tbody tr")[0].QuerySelectorAll(".figure-meaning")[1].Words());
        Assert.Equal(["/api/studies/transfer/report.html", "/api/studies/transfer/study.json"], page.AllNamed("study-download").Select(link => link.GetAttribute("href")));
        Assert.Empty(page.AllNamed("untrained-banner"));
    }

    [Fact]
    public void FiguresOfRandomWeightsCarryTheBanner()
    {
        using Bench bench = new();
        Write(bench["deep/er"], StudyReports.TwoTasks with { Setup = StudyReports.TwoTasks.Setup with { BaseIsUntrained = true } });
        workshop = new Workshop(bench.Folder);
        Assert.NotEmpty(Render<StudyPage>(parameters => parameters.Add(one => one.Id, "deep/er")).AllNamed("untrained-banner"));
    }

    [Fact]
    public async Task WhatIsNotThereOrIsNoStudyIsSaidAndAnEmptyListTeaches()
    {
        using Bench bench = new();
        workshop = new Workshop(bench.Folder);
        IRenderedComponent<StudyList> empty = Render<StudyList>();
        empty.WaitForAssertion(() => Assert.Contains("./crab study transfer", empty.Named("command").Words()));
        Assert.Contains("There is no such study", Render<StudyPage>(parameters => parameters.Add(one => one.Id, "none")).Markup);

        Directory.CreateDirectory(bench["broken"]);
        foreach ((string json, string words) in new[] { ("{", "is no report"), ("{\"version\": 99}", "is of version 99"), ("{\"version\": 1}", "lacks parts") })
        {
            await File.WriteAllTextAsync(bench["broken/study.json"], json);
            Assert.Contains(words, Render<StudyPage>(parameters => parameters.Add(one => one.Id, "broken")).Named("study-problem").Words());
        }
    }

    [Fact]
    public async Task AStudysFilesAreTakenAlongAsAttachments()
    {
        using Bench bench = new();
        Write(bench["deep/er"], StudyReports.TwoTasks);
        await using Studio studio = await bench.StartAsync();
        foreach ((string file, string type) in new[] { ("report.html", "text/html"), ("study.json", "application/json") })
        {
            using HttpResponseMessage response = await studio.Http.GetAsync($"/api/studies/deep%2Fer/{file}");
            Assert.Equal((HttpStatusCode.OK, type, "attachment"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType, response.Content.Headers.ContentDisposition!.DispositionType));
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await studio.Http.GetAsync("/api/studies/..%2Fdeep/study.json")).StatusCode);
    }

    private static string Cells(IElement row) => string.Join(" | ", row.Children.Select(cell => cell.Words()));

    private static void Write(string folder, StudyReport report)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, StudyReport.FileName), report.Json());
        File.WriteAllText(Path.Combine(folder, StudyReport.PageName), "<!doctype html><title>study</title>");
    }
}

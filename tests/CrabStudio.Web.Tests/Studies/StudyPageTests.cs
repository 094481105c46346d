using System.Net;
using AngleSharp.Dom;
using Bunit;
using CrabStudio.Engine;
using CrabStudio.Tasks;
using CrabStudio.Tasks.Metrics;
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
        Write(bench["transfer"], Report());
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
        Write(bench["deep/er"], Report() with { Setup = Report().Setup with { BaseIsUntrained = true } });
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
        Write(bench["deep/er"], Report());
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

    private static StudyReport Report()
    {
        static StudyEstimate Around(double value, double reach = 0.05) => new(value, value - reach, value + reach);
        static StudyTaskValue[] Values(double start, double single, double lora, double ilora) =>
            [new(StudyArm.Base, Around(start), [start, start]), new(StudyArm.Single, Around(single), [single, single]), new(StudyArm.MultiLora, Around(lora), [lora, lora]), new(StudyArm.MultiIlora, Around(ilora), [ilora, ilora])];
        static StudyRouterState State(bool trained, double distance, double[] first, double[] second) => new(
            trained, [new("ave", [first, second], 0.9, 0.6), new("ks", [second, first], 0.95, 0.55)], new StudyDistances(distance, [distance, distance], ["ave", "ks"], [[0, distance], [distance, 0]]), null);
        return new StudyReport(
            StudyReport.CurrentVersion,
            new StudySetup("tiny", "abc", 1000, false, ["ave", "ks"], 2, 10, 4, 40, 20, 8, 2, 2, 1e-3, "cosine", 64, 2000),
            [
                new(StudyArm.Base, "base", 0, 0, 0, 0, 0, 0, 0, 0), new(StudyArm.Single, "single-task LoRA", 1, 8, 16, 2, 500, 10, 40, 40),
                new(StudyArm.MultiLora, "multi-task LoRA", 1, 8, 16, 1, 500, 20, 80, 40), new(StudyArm.MultiIlora, "multi-task I-LoRA", 2, 4, 8, 1, 400, 20, 80, 40),
            ],
            [
                new("ave", TaskFamily.TemporalLocalization, "AVE", "temporal_iou", "overlap of seconds", Values(0.1, 0.5, 0.3, 0.6)),
                new("ks", TaskFamily.ActionRecognition, "Kinetics-Sounds", "right", "right answers", Values(0.2, 0.4, 0.4, 0.4)),
            ],
            [
                new(StudyArm.Single, StudyArm.MultiLora, 2, 0, 1, 1, new(0, 0, 0), new(50, 0, 100), new(50, 0, 100), new(100, 50, 100), new(-0.1, -0.2, 0), -20, 0, 1, [new(1, 0, 1, 1), new(2, 0, 1, 1)],
                    [new("ave", Around(-0.2, 0.1), TransferKind.Negative, true), new("ks", Around(0), TransferKind.Tie, false)]),
                new(StudyArm.Single, StudyArm.MultiIlora, 2, 1, 0, 1, new(50, 0, 100), new(0, 0, 0), new(100, 50, 100), new(50, 0, 100), new(0.05, 0, 0.1), 10, 0, 0, [new(1, 1, 0, 1), new(2, 1, 0, 1)],
                    [new("ave", new(0.1, 0, 0.2), TransferKind.Positive, false), new("ks", Around(0), TransferKind.Tie, false)]),
            ],
            [new("text", "text decoder", 10, [State(false, 0.01, [0.5, 0.5], [0.5, 0.5]), State(true, 0.25, [0.2, 0.8], [0.6, 0.4])])],
            PaperHeadline.Crab,
            ["Two of two."],
            ["Few seeds."]);
    }
}

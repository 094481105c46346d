using AngleSharp.Dom;
using Bunit;
using CrabStudio.Engine;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using MudBlazor.Services;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Tests.Components;

/// <summary>Where components are drawn in tests: as in a browser whose connection lives, with scripts that answer nothing.</summary>
public abstract class PageContext : BunitContext
{
    protected PageContext()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddSingleton<IStringLocalizer<Words>>(new WordBook());
        Services.AddMudServices(options => options.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton<IAnalysisEngine>(Engine);
        Services.AddSingleton(new Workshop(WorkshopFolder));
        Services.AddSingleton<IRouteSource>(Known);
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    protected QuietEngine Engine { get; } = new();

    /// <summary>Routes of the answers that are drawn.</summary>
    protected KnownRoutes Known { get; } = new();

    /// <summary>The workshop, a folder of this test's own that is not there yet.</summary>
    protected string WorkshopFolder { get; } = Studio.NewFolder();

    /// <summary>An engine that only has a state.</summary>
    public sealed class QuietEngine : IAnalysisEngine
    {
        public EngineStatus Status { get; set; } = new(EngineState.Ready, 1, null, Samples.Model(), 0, 0);

        public IAsyncEnumerable<AnalysisEvent> AnalyzeAsync(AnalysisRequest request, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<AnalysisPreview> PreviewAsync(CrabStudio.Tasks.Conversation conversation, CancellationToken cancellation) => throw new NotSupportedException();
    }
}

/// <summary>Elements as tests name them.</summary>
public static class Elements
{
    public static IElement Named<T>(this IRenderedComponent<T> cut, string testId) where T : IComponent => cut.Find($"[data-testid='{testId}']");

    public static IReadOnlyList<IElement> AllNamed<T>(this IRenderedComponent<T> cut, string testId) where T : IComponent => cut.FindAll($"[data-testid='{testId}']");

    /// <summary>The words of a table's row, cell by cell.</summary>
    public static string Cells(this IElement row) => string.Join(' ', row.Children.Select(Words)).TrimEnd();

    /// <summary>The text as it is read: blanks in a row count as one.</summary>
    public static string Words(this IElement element) => string.Join(' ', element.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

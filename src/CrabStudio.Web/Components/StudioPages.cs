using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;
using MudBlazor;
using MudBlazor.Services;

namespace CrabStudio.Web.Components;

/// <summary>The pages of the studio and the files they need.</summary>
public static class StudioPages
{
    /// <summary>Registers what pages use.</summary>
    public static IServiceCollection AddStudioPages(this IServiceCollection services)
    {
        services.AddMudServices(options => options.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter);
        services.AddSingleton<IStringLocalizer<Words>, WordBook>();
        services.AddTransient<MudLocalizer, LibraryWords>();
        services.AddRazorComponents().AddInteractiveServerComponents();
        return services;
    }

    /// <summary>Lets a person who asks for a page that is not there see one that says so. Before routing; programs keep their plain answers.</summary>
    public static void UseStudioNotFoundPage(this WebApplication app) => app.UseWhen(
        context => HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase),
        pages => pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true));

    /// <summary>Maps the pages and their static files. Needs routing and antiforgery before it.</summary>
    public static void MapStudioPages(this WebApplication app)
    {
        app.MapStaticAssets();
        app.MapStudioLanguages();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }
}

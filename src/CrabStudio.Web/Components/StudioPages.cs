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
        services.AddRazorComponents().AddInteractiveServerComponents();
        return services;
    }

    /// <summary>Maps the pages and their static files. Needs routing and antiforgery before it.</summary>
    public static void MapStudioPages(this WebApplication app)
    {
        app.MapStaticAssets();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }
}

using Microsoft.AspNetCore.Components;

namespace CrabStudio.Web.Components.Routing;

/// <summary>The selection and the open view in the address of the page.</summary>
public static class RouteAddress
{
    /// <summary>Name of the open view in the address.</summary>
    public const string View = "view";

    /// <summary>The address of an answer with a selection.</summary>
    public static string With(this NavigationManager navigation, Guid answerId, RouteSelection selection) => navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
    {
        ["answer"] = answerId,
        [RouteSelection.Query] = selection.ToQuery(),
    });

    /// <summary>Selects. The step is not kept in the browser's history, which would fill with every arrow key.</summary>
    public static void Choose(this NavigationManager navigation, Guid answerId, RouteSelection selection) => navigation.NavigateTo(navigation.With(answerId, selection), replace: true);

    /// <summary>Opens a view of an answer's routes; null: the first one. What is selected stays.</summary>
    public static void Open(this NavigationManager navigation, Guid answerId, string? view) =>
        navigation.NavigateTo(navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["answer"] = answerId, [View] = view }), replace: true);
}

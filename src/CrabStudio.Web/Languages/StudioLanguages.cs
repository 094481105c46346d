using System.Globalization;
using CrabStudio.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Routing;

namespace CrabStudio.Web.Languages;

/// <summary>The languages of the pages: what the visitor chose, else what the browser asks for, else English.</summary>
public static class StudioLanguages
{
    /// <summary>The cookie that keeps the choice.</summary>
    public const string Cookie = "crab-language";

    /// <summary>Each language in its own words, by its name.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string> { ["en"] = "English", ["zh-Hans"] = "中文" };

    /// <summary>The name of the language that is spoken now, for <c>lang</c>.</summary>
    public static string Current => All.ContainsKey(CultureInfo.CurrentUICulture.Name) ? CultureInfo.CurrentUICulture.Name : "en";

    /// <summary>Lets every page speak the visitor's language; programs are answered in English.</summary>
    public static void UseStudioLanguages(this WebApplication app)
    {
        string[] names = [.. All.Keys];
        RequestLocalizationOptions languages = new RequestLocalizationOptions().SetDefaultCulture("en").AddSupportedCultures(names).AddSupportedUICultures(names);
        languages.RequestCultureProviders = [new CookieRequestCultureProvider { CookieName = Cookie, Options = languages }, new AcceptLanguageHeaderRequestCultureProvider { Options = languages }];
        app.UseWhen(context => !ApiProblems.IsForPrograms(context.Request), pages => pages.UseRequestLocalization(languages));
    }

    /// <summary>Takes up the language that was found for a request where what found it has been left again, as a fault leaves it.</summary>
    public static void Take(HttpContext context)
    {
        if (context.Features.Get<IRequestCultureFeature>()?.RequestCulture is { } found)
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (found.Culture, found.UICulture);
        }
    }

    /// <summary><c>GET /language/{name}?back=/…</c> keeps a choice and goes back to a page of the studio.</summary>
    public static void MapStudioLanguages(this IEndpointRouteBuilder app) => app.MapGet("/language/{name}", (string name, string? back, HttpContext context) =>
    {
        if (!All.ContainsKey(name))
        {
            return Results.NotFound();
        }

        context.Response.Cookies.Append(Cookie, CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(name)), new CookieOptions { MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Lax, IsEssential = true });

        // Only a path of our own: no other host, and no second slash, which a browser takes for one.
        return Results.LocalRedirect(back is ['/', not ('/' or '\\'), ..] ? back : "/");
    }).ExcludeFromDescription();
}

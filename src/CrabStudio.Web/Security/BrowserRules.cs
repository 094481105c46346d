using System.Net;
using CrabStudio.Web.Api;

namespace CrabStudio.Web.Security;

/// <summary>A feature of a request whose answer has rules of its own, as pages behind links have.</summary>
/// <param name="Content">Its Content-Security-Policy.</param>
/// <param name="Referrer">Its Referrer-Policy.</param>
public sealed record PagePolicy(string Content, string Referrer);

/// <summary>What every answer tells a browser, and what no other site may do to the studio.</summary>
public static class BrowserRules
{
    /// <summary>Sets the headers of every answer. Scripts come from files of the studio only; styles may stand in attributes, as MudBlazor writes them.</summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";

            // Not no-referrer: under it browsers hide the origin of forms too, and that of the login page is looked at.
            PagePolicy? own = context.Features.Get<PagePolicy>();
            headers["Referrer-Policy"] = own?.Referrer ?? "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(self), microphone=(self), display-capture=(self), geolocation=()";
            headers.ContentSecurityPolicy = own?.Content ?? (ApiProblems.IsForPrograms(context.Request)
                ? "default-src 'none'; frame-ancestors 'none'; sandbox"
                : Pages(context.Request.Host));
            return Task.CompletedTask;
        });
        return next(context);
    });

    /// <summary>Refuses what pages of other sites would change, or listen to, in the name of the person at the browser. There is no CORS: they cannot read anything either.</summary>
    public static void UseOwnOriginOnly(this WebApplication app) => app.Use((context, next) =>
    {
        bool acts = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) && !HttpMethods.IsOptions(context.Request.Method);
        if ((acts || context.WebSockets.IsWebSocketRequest || context.Request.Headers.Upgrade.Count > 0) && IsForeign(context.Request))
        {
            return ApiProblems.Of(StatusCodes.Status403Forbidden, "This came from a page of another site, so it was refused. Use the studio's own pages, or a program.").ExecuteAsync(context);
        }

        return next(context);
    });

    /// <summary>Answers only to the studio's own names, so that no other name can be made to point at it.</summary>
    /// <param name="app">The studio.</param>
    /// <param name="names">The names.</param>
    /// <param name="anyAddress">Whether every IP address is a name of the studio: when it listens on all of them. No site can pretend to be a number.</param>
    public static void UseOwnHostsOnly(this WebApplication app, IReadOnlySet<string> names, bool anyAddress) => app.Use((context, next) =>
    {
        string host = context.Request.Host.Host.Trim('[', ']').TrimEnd('.');
        if (names.Contains(host) || (anyAddress && IPAddress.TryParse(host, out _)))
        {
            return next(context);
        }

        return ApiProblems.Of(StatusCodes.Status400BadRequest, "The studio does not go by this host name. Use the address that it printed when it started.").ExecuteAsync(context);
    });

    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site && site is not ("same-origin" or "none"))
        {
            return true;
        }

        // Hosts only: in front of the studio there may be a proxy that speaks https.
        return request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) && from.Authority.Equals(WithoutDefaultPort(request.Host, from.Scheme), StringComparison.OrdinalIgnoreCase));
    }

    private static string WithoutDefaultPort(HostString host, string scheme) => (host.Port, scheme) is (80, "http") or (443, "https") ? host.Host : host.Value ?? "";

    private static string Pages(HostString host) =>
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data: blob:; media-src 'self' blob:; "
        + $"connect-src 'self' ws://{host.Value} wss://{host.Value}; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
}

using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Threading.RateLimiting;
using CrabStudio.Web.Api;
using CrabStudio.Web.Languages;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Security;

/// <summary>
/// Asks for the access key, when there is one, before anything but the health check, the files of the pages, the login
/// page and what lies behind a link that is a permission itself. Browsers get a cookie for it, programs send it as a bearer token.
/// </summary>
public sealed class AccessGate : IDisposable
{
    private const string LoginPath = "/login";
    private const string KeyClaim = "key";
    private const int AttemptsAMinute = 10;

    private readonly byte[] key;

    // Of the key, not the key itself: in a cookie it says which key was known, so that a new key ends old logins.
    private readonly string mark;
    private readonly PartitionedRateLimiter<string> wrong = PartitionedRateLimiter.Create<string, string>(visitor => RateLimitPartition.GetFixedWindowLimiter(
        visitor,
        _ => new FixedWindowRateLimiterOptions { PermitLimit = AttemptsAMinute, Window = TimeSpan.FromMinutes(1) }));

    /// <summary>A gate for a key.</summary>
    public AccessGate(string accessKey)
    {
        key = SHA256.HashData(Encoding.UTF8.GetBytes(accessKey));
        mark = Convert.ToHexStringLower(SHA256.HashData(key));
    }

    /// <summary>Registers the cookie.</summary>
    public static void AddCookie(IServiceCollection services) => services
        .AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
        .AddCookie(options =>
        {
            options.Cookie.Name = "crab-access";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.ExpireTimeSpan = TimeSpan.FromDays(30);
            options.SlidingExpiration = true;
        });

    /// <summary>Puts the gate up. Needs routing before it.</summary>
    public void Use(WebApplication app)
    {
        app.Use(CheckAsync);
        app.MapGet(LoginPath, (HttpContext context, IAntiforgery antiforgery, string? returnUrl) => Page(context, antiforgery, returnUrl, null)).ExcludeFromDescription();
        app.MapPost(LoginPath, LoginAsync).ExcludeFromDescription();
    }

    /// <inheritdoc/>
    public void Dispose() => wrong.Dispose();

    private static string Visitor(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";

    private static bool IsFree(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null
        || context.GetEndpoint()?.Metadata.GetMetadata<LinkIsPermission>() is not null
        || context.Request.Path.StartsWithSegments("/healthz")
        || context.Request.Path.Equals(LoginPath, StringComparison.OrdinalIgnoreCase);

    private static string Local(string? url) => url is ['/', not ('/' or '\\'), ..] && !url.Any(char.IsControl) ? url : "/";

    private static IStringLocalizer<Words> Spoken(HttpContext context) => context.RequestServices.GetRequiredService<IStringLocalizer<Words>>();

    private static IResult Page(HttpContext context, IAntiforgery antiforgery, string? returnUrl, string? problem, int status = StatusCodes.Status200OK)
    {
        AntiforgeryTokenSet tokens = antiforgery.GetAndStoreTokens(context);
        HtmlEncoder encoder = HtmlEncoder.Default;
        IStringLocalizer<Words> L = Spoken(context);
        context.Response.Headers.CacheControl = "no-store";
        string dark = context.Request.Cookies["crab-scheme"] == "dark" ? "dark" : "light";
        return Results.Content(
            $"""
            <!DOCTYPE html>
            <html lang="{StudioLanguages.Current}" data-scheme="{dark}">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <title>{encoder.Encode(L["Access key"])} · CrabStudio</title>
                <link rel="icon" type="image/svg+xml" href="/icons/crab.svg" />
                <link rel="stylesheet" href="/css/login.css" />
                <script src="/js/theme.js"></script>
            </head>
            <body>
                <main>
                    <h1><img src="/icons/crab.svg" alt="" width="36" height="36" /> CrabStudio</h1>
                    <form method="post" action="{LoginPath}">
                        <label for="key">{encoder.Encode(L["Access key"])}</label>
                        <input id="key" name="key" type="password" autocomplete="current-password" required autofocus {(problem is null ? "" : "aria-describedby=\"problem\" aria-invalid=\"true\"")} />
                        {(problem is null ? "" : $"<p id=\"problem\" role=\"alert\">{encoder.Encode(problem)}</p>")}
                        <input type="hidden" name="returnUrl" value="{encoder.Encode(Local(returnUrl))}" />
                        <input type="hidden" name="{encoder.Encode(tokens.FormFieldName)}" value="{encoder.Encode(tokens.RequestToken ?? "")}" />
                        <button type="submit">{encoder.Encode(L["Open the studio"])}</button>
                    </form>
                    <p>{encoder.Encode(L["Whoever started this studio chose the key with --access-key."])}</p>
                </main>
            </body>
            </html>
            """,
            "text/html; charset=utf-8",
            statusCode: status);
    }

    private async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (IsFree(context))
        {
            await next(context);
            return;
        }

        string authorization = context.Request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            switch (TryKey(context, authorization["Bearer ".Length..].Trim()))
            {
                case true:
                    await next(context);
                    return;
                case null:
                    await ApiProblems.Of(StatusCodes.Status429TooManyRequests, "There were too many wrong keys. Wait a minute and try again.").ExecuteAsync(context);
                    return;
            }
        }
        else if ((await context.AuthenticateAsync()).Principal?.FindFirst(KeyClaim)?.Value is { } known && known == mark)
        {
            await next(context);
            return;
        }

        if (HttpMethods.IsGet(context.Request.Method) && !ApiProblems.IsForPrograms(context.Request) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Redirect($"{LoginPath}?returnUrl={Uri.EscapeDataString(context.Request.Path + context.Request.QueryString)}");
            return;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        await ApiProblems.Of(StatusCodes.Status401Unauthorized, "This studio needs its access key: open it in a browser and log in, or send “Authorization: Bearer KEY”.").ExecuteAsync(context);
    }

    /// <summary>Whether a key is right; null when there were too many wrong ones to look at another one.</summary>
    private bool? TryKey(HttpContext context, string given)
    {
        if (wrong.GetStatistics(Visitor(context)) is { CurrentAvailablePermits: 0 })
        {
            return null;
        }

        if (CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), key))
        {
            return true;
        }

        using RateLimitLease lease = wrong.AttemptAcquire(Visitor(context));
        return false;
    }

    private async Task<IResult> LoginAsync(HttpContext context, IAntiforgery antiforgery)
    {
        IStringLocalizer<Words> L = Spoken(context);
        if (!context.Request.HasFormContentType || !await antiforgery.IsRequestValidAsync(context))
        {
            return Page(context, antiforgery, null, L["This page had become too old. Enter the key once more."], StatusCodes.Status400BadRequest);
        }

        IFormCollection form = await context.Request.ReadFormAsync();
        string back = Local(form["returnUrl"]);
        switch (TryKey(context, form["key"].ToString()))
        {
            case null:
                return Page(context, antiforgery, back, L["There were too many wrong keys. Wait a minute and try again."], StatusCodes.Status429TooManyRequests);
            case false:
                return Page(context, antiforgery, back, L["That is not the key. Check it and try again."], StatusCodes.Status401Unauthorized);
        }

        await context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(KeyClaim, mark)], CookieAuthenticationDefaults.AuthenticationScheme)), new AuthenticationProperties { IsPersistent = true });
        return Results.LocalRedirect(back);
    }
}

using CrabStudio.Engine.Evaluation;
using CrabStudio.Media;
using CrabStudio.Model;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Services;
using Microsoft.AspNetCore.Diagnostics;

namespace CrabStudio.Web.Api;

/// <summary>Errors of the HTTP API as problem details: <c>detail</c> is one plain line, <c>field</c> names the input at fault. Never a stack trace.</summary>
public static class ApiProblems
{
    /// <summary>Whether a program asks, which wants problem details, rather than a person, who wants a page.</summary>
    public static bool IsForPrograms(HttpRequest request) =>
        request.Path.StartsWithSegments("/api") || request.Path.StartsWithSegments("/hubs") || request.Path.StartsWithSegments("/openapi") || request.Path.StartsWithSegments("/healthz");

    /// <summary>A problem.</summary>
    public static IResult Of(int status, string detail, string? field = null) => Results.Problem(
        detail,
        statusCode: status,
        title: Title(status),
        extensions: field is null ? null : new Dictionary<string, object?> { ["field"] = field });

    /// <summary>Answers problems with problem details, and empty refusals of the framework too.</summary>
    public static void UseApiProblems(this WebApplication app)
    {
        app.UseWhen(context => IsForPrograms(context.Request), programs =>
        {
            programs.UseExceptionHandler(new ExceptionHandlerOptions
            {
                ExceptionHandler = context => Handle(context).ExecuteAsync(context),
                SuppressDiagnosticsCallback = context => context.Exception is TaskInputException or UnknownItemException or MediaException or EvaluationBusyException or EvaluationException or AvUieException or ModelException or SessionArchiveException or BadHttpRequestException or OperationCanceledException,
            });
            programs.UseStatusCodePages(context => Of(context.HttpContext.Response.StatusCode, Words(context.HttpContext)).ExecuteAsync(context.HttpContext));
        });
    }

    private static IResult Handle(HttpContext context) => context.Features.Get<IExceptionHandlerFeature>()?.Error switch
    {
        TaskInputException refused => Of(StatusCodes.Status400BadRequest, refused.Message, refused.Field),
        UnknownItemException unknown => Of(StatusCodes.Status404NotFound, unknown.Message),
        MediaException { InnerException: ClipTooLargeException } large => Of(StatusCodes.Status413PayloadTooLarge, large.Message, "file"),
        MediaException refused => Of(StatusCodes.Status400BadRequest, refused.Message, "file"),
        EvaluationBusyException or EvaluationException or AvUieException or ModelException or SessionArchiveException => Of(StatusCodes.Status409Conflict, context.Features.Get<IExceptionHandlerFeature>()!.Error.Message.ReplaceLineEndings(" ")),
        BadHttpRequestException bad => Of(bad.StatusCode, Plain(bad)),
        _ => Of(StatusCodes.Status500InternalServerError, "The studio ran into a fault of its own; the details are in the log of its data folder. Try again."),
    };

    private static string Plain(BadHttpRequestException bad) => bad switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => "The request is larger than this address takes.",
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Words(StatusCodes.Status415UnsupportedMediaType),
        { InnerException: System.Text.Json.JsonException json } => $"The body is not the JSON that is expected here{(json.Path is { Length: > 1 } path ? $" (at {path})" : "")}. See /openapi/v1.json.",
        _ => bad.Message.ReplaceLineEndings(" "),
    };

    private static string Words(HttpContext context) => context.Response.StatusCode == StatusCodes.Status404NotFound
        ? $"There is nothing at {context.Request.Path}. See /openapi/v1.json."
        : Words(context.Response.StatusCode);

    private static string Words(int status) => status switch
    {
        StatusCodes.Status405MethodNotAllowed => "This address does not take this method. See /openapi/v1.json.",
        StatusCodes.Status415UnsupportedMediaType => "The body must be JSON, with Content-Type: application/json.",
        StatusCodes.Status401Unauthorized => "This studio needs its access key: send it as “Authorization: Bearer KEY”.",
        _ => $"The request was refused ({status}).",
    };

    private static string Title(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "This cannot be done as asked",
        StatusCodes.Status401Unauthorized => "Access key needed",
        StatusCodes.Status403Forbidden => "Refused",
        StatusCodes.Status404NotFound => "Not found",
        StatusCodes.Status409Conflict => "This cannot be done now",
        StatusCodes.Status413PayloadTooLarge => "Too large",
        StatusCodes.Status429TooManyRequests => "Too many attempts",
        StatusCodes.Status500InternalServerError => "A fault of the studio",
        _ => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status),
    };
}

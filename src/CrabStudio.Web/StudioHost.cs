using System.Net.Sockets;
using System.Text.Encodings.Web;
using CrabStudio.Engine;
using CrabStudio.Media;
using CrabStudio.Model;
using CrabStudio.Web.Api;
using CrabStudio.Web.Components;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Security;
using CrabStudio.Web.Services;
using CrabStudio.Web.Sharing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Localization;
using Serilog;
using Serilog.Events;
using Serilog.Filters;

namespace CrabStudio.Web;

/// <summary>Puts the studio together.</summary>
public static class StudioHost
{
    private const long LargestRequest = 1 << 20;
    private const long LargestLog = 16 << 20;

    /// <summary>The studio, ready to start. Its data folder is locked until it is disposed.</summary>
    /// <exception cref="StudioStartException">It could not start like this; the message says why.</exception>
    public static WebApplication Build(StudioOptions options, Action<IHostApplicationBuilder>? configure = null)
    {
        ListenAddresses addresses = ListenAddresses.Of(options);
        DataFolder folder = DataFolder.Open(options.DataFolder);
        try
        {
            WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
            {
                ApplicationName = typeof(StudioHost).Assembly.GetName().Name,
                ContentRootPath = AppContext.BaseDirectory,
                EnvironmentName = Environments.Production,
            });
            builder.WebHost.UseStaticWebAssets();
            builder.WebHost.UseUrls(options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = LargestRequest;
            });
            AddLogs(builder, folder);
            AddServices(builder.Services, options, folder);
            configure?.Invoke(builder);
            builder.Services.TryAddSingleton<IAnalysisEngine>(provider => new AnalysisEngine(
                new ModelOptions(options.ModelFolder, options.AdapterFile, options.Alpha, options.Device, options.Precision),
                options.Limits,
                fault => provider.GetRequiredService<ILogger<AnalysisEngine>>().LogError(fault, "The engine met a fault: {Message}", fault.Message.ReplaceLineEndings(" "))));
            WebApplication app = builder.Build();

            // Resolved, so that it is let go of with the studio.
            app.Services.GetRequiredService<DataFolder>();
            Map(app, options, addresses);
            return app;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Runs until cancelled or told to stop. 0: ended well; 1: could not start, and said why on stderr.</summary>
    public static Task<int> RunAsync(StudioOptions options, CancellationToken cancellation) => RunAsync(options, null, Console.Out, Console.Error, cancellation);

    /// <summary>The same with other services and other places to write to.</summary>
    internal static async Task<int> RunAsync(StudioOptions options, Action<IHostApplicationBuilder>? configure, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        bool started = false;
        try
        {
            MediaReader.CheckTools();
            await using WebApplication app = Build(options, configure);
            await app.StartAsync(cancellation);
            started = true;
            await output.WriteLineAsync($"CrabStudio is at {app.Urls.First()}");
            await output.FlushAsync(CancellationToken.None);
            await app.WaitForShutdownAsync(cancellation);
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception failure) when (!started)
        {
            await error.WriteLineAsync($"crab: {Reason(failure, options)}");
            return 1;
        }
    }

    private static string Reason(Exception failure, StudioOptions options)
    {
        Exception cause = failure;
        while (cause.InnerException is not null && cause is not (StudioStartException or MediaException or ModelException))
        {
            if (cause.InnerException is AddressInUseException)
            {
                return $"The address {options.Urls} is in use, perhaps by another studio. End what listens there, or choose another port with --urls, for example --urls http://127.0.0.1:5188.";
            }

            cause = cause.InnerException;
        }

        return cause switch
        {
            StudioStartException or MediaException or ModelException => cause.Message.ReplaceLineEndings(" "),
            SocketException => $"The studio cannot listen on {options.Urls} ({cause.Message.ReplaceLineEndings(" ")}). Choose another address with --urls.",
            _ => $"The studio could not start: {cause.Message.ReplaceLineEndings(" ")} (the details are in {Path.Combine(Path.GetFullPath(options.DataFolder), "logs")}).",
        };
    }

    private static void AddLogs(WebApplicationBuilder builder, DataFolder folder)
    {
        builder.Logging.ClearProviders();
        builder.Services.AddSerilog(
            (_, logs) => logs
                .MinimumLevel.Information()
                .MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning)
                .MinimumLevel.Override("Microsoft.EntityFrameworkCore", LogEventLevel.Warning)

                // The terminal is told what the studio itself has to say, in one line each; all else is in the file.
                .WriteTo.Logger(terminal => terminal
                    .Filter.ByIncludingOnly(Matching.FromSource("CrabStudio"))
                    .WriteTo.Console(LogEventLevel.Warning, "{Message:lj}{NewLine}", System.Globalization.CultureInfo.InvariantCulture, standardErrorFromLevel: LogEventLevel.Verbose))
                .WriteTo.File(
                    Path.Combine(folder.Logs, "studio-.log"),
                    formatProvider: System.Globalization.CultureInfo.InvariantCulture,
                    rollingInterval: RollingInterval.Day,
                    rollOnFileSizeLimit: true,
                    fileSizeLimitBytes: LargestLog,
                    retainedFileCountLimit: 7),
            preserveStaticLogger: true);
    }

    private static void AddServices(IServiceCollection services, StudioOptions options, DataFolder folder)
    {
        services.AddSingleton(options);
        services.AddSingleton(_ => folder);
        services.AddSingleton<IDbContextFactory<StudioDatabase>>(provider => provider.GetRequiredService<DataFolder>());
        services.AddSingleton(_ => new Workshop(options.WorkshopFolder ?? Path.Combine(folder.Path, "workshop")));
        services.AddSingleton<ClipLibrary>();
        services.AddSingleton<DemoClips>();
        services.AddSingleton<AnswerService>();
        services.AddSingleton<RouteReader>();
        services.AddSingleton<RouterAtlas>();
        services.AddSingleton<IRouteSource>(provider => provider.GetRequiredService<RouteReader>());
        services.AddSingleton<AnswerComparisons>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<PreflightService>();
        services.AddSingleton<TimelineStore>();
        services.AddSingleton(_ => new SessionArchive(folder, options.Limits));
        services.AddHostedService<SessionUpkeep>();
        services.AddSingleton<DataSetLibrary>();
        services.AddSingleton<EvaluationShelf>();
        services.AddSingleton<EvaluationService>();
        services.AddSingleton<SampleOpener>();
        services.AddSingleton<StudyShelf>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ShareLinks>();
        services.AddSingleton<OfflineBundle>();
        services.AddSingleton<UploadShelf>();
        services.AddHostedService<ModelLoading>();
        services.AddHostedService(provider => provider.GetRequiredService<ClipLibrary>());
        services.AddHostedService(provider => provider.GetRequiredService<UploadShelf>());
        services.AddHostedService(provider => provider.GetRequiredService<AnswerService>());
        services.AddHostedService(provider => provider.GetRequiredService<EvaluationService>());
        services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = TimeSpan.FromSeconds(8);
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });
        services.AddDataProtection().SetApplicationName("CrabStudio").PersistKeysToFileSystem(new DirectoryInfo(folder.Keys));
        services.AddAntiforgery(antiforgery => antiforgery.SuppressXFrameOptionsHeader = true);
        services.AddProblemDetails();
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json => StudioJson.Configure(json.SerializerOptions));
        services.AddSignalR().AddJsonProtocol(json => StudioJson.Configure(json.PayloadSerializerOptions));
        services.AddOpenApi("v1", ApiDescription.Configure);
        services.AddStudioPages();
        if (options.AccessKey is not null)
        {
            AccessGate.AddCookie(services);
            services.AddSingleton(_ => new AccessGate(options.AccessKey));
        }
    }

    private static void Map(WebApplication app, StudioOptions options, ListenAddresses addresses)
    {
        app.UseSecurityHeaders();
        app.UseApiProblems();
        app.UseWhen(context => !ApiProblems.IsForPrograms(context.Request), pages => pages.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = ShowFaultAsync }));
        app.UseOwnHostsOnly(addresses.Names, addresses.Everywhere);
        app.UseOwnOriginOnly();
        app.UseStudioLanguages();
        app.UseStudioNotFoundPage();
        app.UseRouting();
        if (options.AccessKey is not null)
        {
            app.Services.GetRequiredService<AccessGate>().Use(app);
        }

        app.UseAntiforgery();
        RouteGroupBuilder api = app.MapGroup("/api");
        api.MapClips();
        api.MapSessions();
        api.MapAnswers();
        api.MapPreflights();
        api.MapRoutes();
        api.MapTimelines();
        api.MapAlterations();
        api.MapComparisons();
        api.MapWorkshop();
        api.MapEvaluations();
        api.MapStudies();
        api.MapSharing();
        api.MapUploads();
        app.MapShared();
        app.MapHealth();
        app.MapHub<AnswersHub>(AnswersHub.Path);
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapStudioPages();
    }

    private static Task ShowFaultAsync(HttpContext context)
    {
        // The language was chosen further in, where the fault came from.
        StudioLanguages.Take(context);
        IStringLocalizer<Words> L = context.RequestServices.GetRequiredService<IStringLocalizer<Words>>();
        HtmlEncoder encoder = HtmlEncoder.Default;
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(
            $"<!DOCTYPE html><html lang=\"{StudioLanguages.Current}\"><head><meta charset=\"utf-8\" /><title>{encoder.Encode(L["A fault"])} · CrabStudio</title><link rel=\"stylesheet\" href=\"/css/login.css\" /></head>"
            + $"<body><main><h1>{encoder.Encode(L["This page ran into a problem"])}</h1><p>{encoder.Encode(L["It is ours, not yours, and the details are in the log of the data folder. Nothing that was stored is touched."])} <a href=\"/\">{encoder.Encode(L["Go to the front page"])}</a></p></main></body></html>");
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace CrabStudio.Web;

/// <summary>Puts the studio together.</summary>
public static class StudioHost
{
    /// <summary>The studio, ready to start.</summary>
    public static WebApplication Build(StudioOptions options, Action<IHostApplicationBuilder>? configure = null) => throw new NotImplementedException();

    /// <summary>Runs until cancelled or told to stop. 0: ended well; 1: could not start, and said why on stderr.</summary>
    public static Task<int> RunAsync(StudioOptions options, CancellationToken cancellation) => throw new NotImplementedException();
}

using CrabStudio.Media;

namespace CrabStudio.Web;

/// <summary>How a studio is started.</summary>
public sealed record StudioOptions
{
    /// <summary>Folder of the base model.</summary>
    public required string ModelFolder { get; init; }

    /// <summary>Adapter file; null: none.</summary>
    public string? AdapterFile { get; init; }

    /// <summary>alpha of the adapter; null: from <c>adapter_config.json</c> beside it.</summary>
    public double? Alpha { get; init; }

    /// <summary>Where the database, the clips and the logs live.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where data sets, training runs, evaluations and studies are looked for; null: <c>workshop</c> in the data folder.</summary>
    public string? WorkshopFolder { get; init; }

    /// <summary>Addresses to listen on, separated by semicolons. Port 0 picks a free one.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:5187";

    /// <summary><c>auto</c>, <c>cpu</c> or <c>cuda</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary><c>auto</c>, <c>fp32</c> or <c>bf16</c>.</summary>
    public string Precision { get; init; } = "auto";

    /// <summary>What a visitor must know; null: nothing, which is allowed on a loopback address only.</summary>
    public string? AccessKey { get; init; }

    /// <summary>Host names by which the studio may be called, beside those of the loopback address.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Bounds on clips.</summary>
    public MediaLimits Limits { get; init; } = new();
}

using System.Globalization;
using CrabStudio.Tasks;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Sessions;

/// <summary>Words about sessions.</summary>
public static class SessionWords
{
    /// <summary>"1 session", "10,000 sessions".</summary>
    public static string Count(int count, IStringLocalizer<Words> L) => count == 1 ? L["{0} session", 1] : L["{0} sessions", count.ToString("N0", CultureInfo.CurrentCulture)];

    /// <summary>A task as the filter offers it.</summary>
    public static string Task(string key, IStringLocalizer<Words> L) => key.Length == 0 ? L["free question"] : TaskCatalog.Find(key) is { } task ? $"{key} – {task.Dataset}" : key;

    /// <summary>When a session leaves the bin for good.</summary>
    public static string Left(DateTimeOffset deleted, DateTimeOffset now, IStringLocalizer<Words> L) => (int)Math.Ceiling((deleted.AddDays(SessionUpkeep.DaysInBin) - now).TotalDays) switch
    {
        1 => L["deleted for good in {0} day", 1],
        > 1 and var days => L["deleted for good in {0} days", days],
        _ => L["deleted for good at the next start"],
    };

    /// <summary>Tags as a person types them: words with commas between.</summary>
    public static string[] Tags(string typed) => typed.Split([',', '，', '、', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

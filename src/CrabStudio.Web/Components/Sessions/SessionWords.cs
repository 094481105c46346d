using System.Globalization;
using CrabStudio.Tasks;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Sessions;

/// <summary>Words about sessions.</summary>
public static class SessionWords
{
    /// <summary>"1 session", "10,000 sessions".</summary>
    public static string Count(int count) => count == 1 ? "1 session" : string.Create(CultureInfo.InvariantCulture, $"{count:N0} sessions");

    /// <summary>A task as the filter offers it.</summary>
    public static string Task(string key) => key.Length == 0 ? "free question" : TaskCatalog.Find(key) is { } task ? $"{key} – {task.Dataset}" : key;

    /// <summary>When a session leaves the bin for good.</summary>
    public static string Left(DateTimeOffset deleted, DateTimeOffset now) =>
        (int)Math.Ceiling((deleted.AddDays(SessionUpkeep.DaysInBin) - now).TotalDays) is > 0 and var days ? $"deleted for good in {(days == 1 ? "1 day" : $"{days} days")}" : "deleted for good at the next start";

    /// <summary>Tags as a person types them: words with commas between.</summary>
    public static string[] Tags(string typed) => typed.Split([',', '，', '、', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

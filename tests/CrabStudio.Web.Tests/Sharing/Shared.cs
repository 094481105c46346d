using System.Text.Json;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using CrabStudio.Web.Data;

namespace CrabStudio.Web.Tests.Sharing;

/// <summary>What tests of sharing do.</summary>
internal static class Shared
{
    /// <summary>Strings that try to leave the place where they stand.</summary>
    public const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \" ' & <!--<script> ]]> \u2028";

    /// <summary>A finished answer in a session of its own about one clip.</summary>
    /// <param name="studio">The studio.</param>
    /// <param name="text">What is said, as one token after the first.</param>
    /// <param name="clip">The clip; null: a new one.</param>
    public static async Task<(Guid Session, Guid Answer)> FinishedAsync(Studio studio, string text = " <range> 0.2,0.9 </range>", Guid? clip = null)
    {
        Guid session = clip is { } known ? await studio.OpenSessionAsync(known) : await studio.OpenSessionAsync();
        Guid answer = await studio.AskAsync(session);
        ScriptedRun run = await studio.Engine.NextRunAsync();
        run.ReadPrompt();
        run.Say("<event> bell </event>");
        run.Say(text);
        run.Finish();
        await studio.EndAsync(answer);

        // Poster and waveform come a little after the clip.
        Clip brought = (await studio.Sessions.GetAsync(session, default))!.Clips[0].Clip;
        for (DateTime end = DateTime.UtcNow.AddSeconds(20); !studio.Library.IsComplete(brought); await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < end, "What is shown of the clip was not made within 20 s.");
        }

        return (session, answer);
    }

    /// <summary>A page as a browser reads it.</summary>
    public static IHtmlDocument Page(string html) => new HtmlParser(new HtmlParserOptions { IsScripting = true }).ParseDocument(html);

    /// <summary>What the page's script gets.</summary>
    public static JsonElement Data(IHtmlDocument page) => JsonDocument.Parse(page.GetElementById("data")!.TextContent).RootElement;

    /// <summary>A timeline that a person drew on the first clip of a session.</summary>
    public static async Task DrawAsync(Studio studio, Guid session, TimelineKind kind, string content)
    {
        await using StudioDatabase database = studio.Data.CreateDbContext();
        Guid clip = database.SessionClips.First(one => one.SessionId == session).ClipId;
        database.Timelines.Add(new StoredTimeline { SessionId = session, ClipId = clip, Kind = kind, ContentJson = content, UpdatedAt = DateTimeOffset.UtcNow });
        await database.SaveChangesAsync();
    }
}

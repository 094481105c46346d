using System.CommandLine;
using System.Globalization;
using CrabStudio.Media;
using CrabStudio.Web;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using CrabStudio.Web.Sharing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab bundle</c>.</summary>
internal static class BundleVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Option<Guid> answer = new("--answer") { HelpName = "ID", Required = true, Description = "The answer: what stands behind answer= in the address of its page." };
        Option<string> output = new("--out") { HelpName = "FILE", Required = true, Description = "The file to write. One that is there already is left alone, and the command stops." };
        Option<string?> data = new("--data") { HelpName = "DIR", Description = "The studio's data folder, of a studio that does not run now. Without it: CrabStudio in the user's data directory." };
        Option<string> language = new("--language") { HelpName = "en|zh-Hans", Description = "The language that the page speaks: English or Chinese.", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong([.. StudioLanguages.All.Keys]);
        Command verb = new("bundle", "Write an answer of the studio with its clip, timeline and routing as one HTML file that opens from disk in any browser, without a network.") { answer, output, data, language };
        verb.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetRequiredValue(answer),
            parsed.GetRequiredValue(output),
            parsed.GetValue(data) is { Length: > 0 } folder ? Path.GetFullPath(folder) : StudioVerb.DefaultDataFolder(),
            parsed.GetRequiredValue(language),
            cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(Guid answer, string output, string data, string language, CancellationToken cancellation)
    {
        if (Path.Exists(output))
        {
            throw new CommandException($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(output))}: is there already; take it away, or name another file");
        }

        if (!File.Exists(Path.Combine(data, "studio.db")))
        {
            throw new CommandException($"--data {data}: holds no studio's data; give the folder that the studio was started with");
        }

        MediaReader.CheckTools();
        try
        {
            using DataFolder folder = DataFolder.Open(data);
            using ClipLibrary library = new(folder, new StudioOptions { ModelFolder = string.Empty, DataFolder = data }, NullLogger<ClipLibrary>.Instance);
            StudioLanguages.Speak(language);
            BundleFacts facts = await new OfflineBundle(folder, library).SaveAsync(answer, output, cancellation);
            foreach (BundleClip clip in facts.Clips.Where(clip => clip.Word is not null))
            {
                await Console.Error.WriteLineAsync($"{Terminal.OneLine(clip.Name)}: {Terminal.OneLine(clip.Word!)}");
            }

            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"wrote {Terminal.OneLine(Path.GetFileName(output))}: {facts.Bytes:#,0} bytes"));
            return CommandException.GoodCode;
        }
        catch (Exception refused) when (refused is StudioStartException or UnknownItemException or UnfinishedAnswerException)
        {
            throw new CommandException(refused.Message);
        }
    }
}

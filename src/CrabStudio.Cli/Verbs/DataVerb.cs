using System.CommandLine;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab data</c>: data sets in the form of AV-UIE v2.</summary>
internal static class DataVerb
{
    /// <summary>The verb.</summary>
    public static Command Create() => new("data", "Look after data sets in the form of AV-UIE v2 (AVUIE_2/KEY/train.json, test.json and media): check them, count what they hold, build them from plain tables.")
    {
        DataCheckVerb.Create(),
        DataStatsVerb.Create(),
        DataBuildVerb.Create(),
    };

    /// <summary>The folder of a data set.</summary>
    public static Argument<string> Folder() => new("DIR") { Description = "The folder that holds AVUIE_2, or that folder itself." };
}

using CrabStudio.Tasks;
using CrabStudio.World;

namespace CrabStudio.Training.Recipe;

/// <summary>How good an answer is, as one number from 0 to 1, to watch training with; the metrics of the tasks are elsewhere.</summary>
internal static class AnswerScore
{
    private static readonly HashSet<string> CaptionWords =
    [
        .. WorldCatalog.Classes.Select(one => one.Name), .. Enum.GetValues<WorldMotion>().Select(WorldCatalog.Word), .. Enum.GetValues<WorldPlace>().Select(WorldCatalog.Word),
        .. WorldCatalog.Colours.Select(colour => colour.Name), "small", "large",
    ];

    /// <summary>
    /// Choices: 1 for the right one. Events: the overlap of ranges with the same label and track, over as many events as there
    /// are or were said. Boxes: the overlap; where the object is not there, 1 for saying so. Captions: the share of the words that
    /// name something.
    /// </summary>
    public static double Of(string key, string answer, string target)
    {
        ParsedAnswer said = AnswerParser.Parse(key, answer), wanted = AnswerParser.Parse(key, target);
        return TaskCatalog.Find(key)!.Grammar switch
        {
            AnswerGrammar.Choice => string.Equals(said.Choice, wanted.Choice, StringComparison.OrdinalIgnoreCase) ? 1 : 0,
            AnswerGrammar.EventRanges or AnswerGrammar.AudioVisualRanges =>
                wanted.Events.Sum(one => said.Events.Where(other => other.Label == one.Label && other.Modality == one.Modality).Select(other => Overlap(one, other)).DefaultIfEmpty(0).Max()) / Math.Max(1, Math.Max(wanted.Events.Count, said.Events.Count)),
            AnswerGrammar.FreeText => Recall(answer, target),
            AnswerGrammar.ExistenceBoxAndPoints when said.Exists != wanted.Exists => 0,
            AnswerGrammar.ExistenceBoxAndPoints when wanted.Exists != true => 1,
            _ => said.Boxes.Count == 0 || wanted.Boxes.Count == 0 ? 0 : Overlap(said.Boxes[0], wanted.Boxes[0]),
        };
    }

    private static double Overlap(AnswerEvent one, AnswerEvent other)
    {
        double both = Math.Min(one.EndSeconds ?? 0, other.EndSeconds ?? 0) - Math.Max(one.StartSeconds ?? 0, other.StartSeconds ?? 0);
        double any = Math.Max(one.EndSeconds ?? 0, other.EndSeconds ?? 0) - Math.Min(one.StartSeconds ?? 0, other.StartSeconds ?? 0);
        return any > 0 ? Math.Max(0, both) / any : 0;
    }

    private static double Overlap(AnswerBox one, AnswerBox other)
    {
        double both = Math.Max(0.0, Math.Min(one.X2, other.X2) - Math.Max(one.X1, other.X1)) * Math.Max(0.0, Math.Min(one.Y2, other.Y2) - Math.Max(one.Y1, other.Y1));
        double any = Area(one) + Area(other) - both;
        return any > 0 ? both / any : 0;

        static double Area(AnswerBox box) => Math.Max(0.0, box.X2 - box.X1) * Math.Max(0.0, box.Y2 - box.Y1);
    }

    private static double Recall(string answer, string target)
    {
        string[] said = Words(answer), wanted = [.. Words(target).Where(CaptionWords.Contains)];
        return wanted.Length == 0 ? 0 : wanted.Distinct().Count(said.Contains) / (double)wanted.Distinct().Count();
    }

    private static string[] Words(string text) => text.ToLowerInvariant().Split([' ', '.', ',', '<', '>', '/', '\n'], StringSplitOptions.RemoveEmptyEntries);
}

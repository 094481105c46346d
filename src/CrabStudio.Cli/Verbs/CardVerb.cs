using System.CommandLine;
using System.Text;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Configuration;
using CrabStudio.Training.Recipe;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab card</c>.</summary>
internal static class CardVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Option<string> model = new("--model") { HelpName = "DIR", Required = true, Description = "The folder of a model that crab train --recipe default made." };
        Option<string> report = new("--report") { HelpName = "DIR", Required = true, Description = "A finished evaluation of this model: the folder that crab evaluate wrote." };
        Command verb = new(
            "card",
            $"Write the card of a small model: {ModelCardPage.PageName} for people, and {ModelCard.FileName}, from which the studio says what the model knows and where it only guesses. "
            + $"How it was made comes from {RecipeFacts.FileName}, every figure from the evaluation.")
        {
            model, report,
        };
        verb.SetAction((parsed, _) => Task.FromResult(Write(parsed.GetRequiredValue(model), parsed.GetRequiredValue(report))));
        return verb;
    }

    private static int Write(string folder, string reportFolder)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        RecipeFacts recipe = RecipeFacts.Load(folder);
        EvaluationReport report = StoredEvaluation.Read(reportFolder).Report() ?? throw new CommandException($"--report {reportFolder}: this evaluation is not finished; give its command again, it goes on where it stopped");
        if (report.Facts.Model.Name != name)
        {
            throw new CommandException($"--report {reportFolder}: is of the model {report.Facts.Model.Name}; expected an evaluation of {name}. Give the folder of that one");
        }

        Put(Path.Combine(folder, ModelCard.FileName), ModelCardPage.Facts(recipe, report).ToJsonString(JsonLines.SnakePage) + "\n");
        Put(Path.Combine(folder, ModelCardPage.PageName), ModelCardPage.Markdown(name, recipe, report));
        Console.Out.WriteLine(Path.Combine(folder, ModelCardPage.PageName));
        return CommandException.GoodCode;
    }

    private static void Put(string file, string text) => DurableFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}

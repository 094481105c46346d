using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Media;
using CrabStudio.Model;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Tasks.Exchange;
using CrabStudio.Training;
using CrabStudio.Web;
using CrabStudio.Web.Services;
using CrabStudio.World;

namespace CrabStudio.Cli;

/// <summary>
/// Runs a command line to its exit code: 0 good, 1 failed, 2 wrong use, 130 stopped by Ctrl+C. Whatever goes wrong becomes
/// one line on stderr; no stack trace reaches the terminal.
/// </summary>
internal static class CommandRunner
{
    /// <summary>How long a verb may take to stop after Ctrl+C before the process ends without it.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(10);

    /// <summary>Parses and runs.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        // Results are UTF-8 whatever the locale says, as other programs read them.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        // A clip may be called @clip.mp4 or -v.mp4: no argument is taken for a list of arguments, or apart into letters.
        ParserConfiguration grammar = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        try
        {
            ParseResult parsed = root.Parse(arguments, grammar);
            if (parsed.Action is ParseErrorAction)
            {
                throw CommandException.WrongUse($"{Complaint(parsed)}; see: {HelpCommand(parsed)}");
            }

            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopTime });
        }
        catch (OperationCanceledException)
        {
            Report("stopped");
            return CommandException.StoppedCode;
        }
        catch (Exception failure)
        {
            Report(Explain(failure));
            return failure switch
            {
                CommandException known => known.ExitCode,
                TaskInputException => CommandException.WrongUseCode,
                _ => CommandException.FailedCode,
            };
        }
    }

    /// <summary>One line about a failure.</summary>
    public static string Explain(Exception failure) => Terminal.OneLine(failure switch
    {
        CommandException or TaskInputException or MediaException or ModelException or TrainingException or AvUieException or ExchangeException or EvaluationException or WorldException or SessionArchiveException or StudioStartException or UnknownItemException or IOException => failure.Message,
        UnauthorizedAccessException => failure.Message,
        _ => $"this should not have happened ({failure.GetType().Name}: {failure.Message})",
    });

    /// <summary>Writes an error as a line of this program.</summary>
    public static void Report(string line) => Console.Error.WriteLine($"crab: {Terminal.OneLine(line)}");

    // An unknown word says more than what is missing because of it.
    private static string Complaint(ParseResult parsed) => parsed.UnmatchedTokens.Count == 0 ? parsed.Errors[0].Message.TrimEnd('.')
        : parsed.UnmatchedTokens[0].StartsWith('-') ? $"unknown option '{parsed.UnmatchedTokens[0]}'"
        : parsed.CommandResult.Command is RootCommand ? $"unknown command '{parsed.UnmatchedTokens[0]}'"
        : $"'{parsed.UnmatchedTokens[0]}' is one argument too many";

    private static string HelpCommand(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "crab --help" : $"crab {Words(parsed.CommandResult.Command)} --help";

    // A verb of a verb is called by both names.
    private static string Words(Command verb) => verb.Parents.OfType<Command>().FirstOrDefault() is { } above and not RootCommand ? $"{Words(above)} {verb.Name}" : verb.Name;
}

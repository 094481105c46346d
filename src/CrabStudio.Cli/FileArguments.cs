using System.CommandLine;
using System.CommandLine.Parsing;

namespace CrabStudio.Cli;

/// <summary>Arguments that name files.</summary>
internal static class FileArguments
{
    /// <summary>
    /// The files. A parser that takes any number of arguments would take a mistyped option for one of them, so what begins
    /// with a dash must exist, or stand behind <c>--</c>.
    /// </summary>
    /// <exception cref="CommandException">There is an option that the verb does not have.</exception>
    public static string[] Read(ParseResult parsed, Argument<string[]> argument)
    {
        IReadOnlyList<Token> own = parsed.GetResult(argument)?.Tokens ?? [];
        int dashes = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).Count();
        HashSet<Token> before = new(parsed.Tokens.Take(dashes), ReferenceEqualityComparer.Instance);
        foreach (Token token in own)
        {
            if (token.Value.StartsWith('-') && before.Contains(token) && !Path.Exists(token.Value))
            {
                throw CommandException.WrongUse($"unknown option '{token.Value}'; see: crab {parsed.CommandResult.Command.Name} --help. A file of this name goes behind --");
            }
        }

        return parsed.GetValue(argument) ?? [];
    }
}

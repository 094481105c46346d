using Spectre.Console;

namespace CrabStudio.Cli;

/// <summary>What is written to a person: results on stdout, all else on stderr.</summary>
internal static class Terminal
{
    /// <summary>Columns of a table that goes to a file or another program: wide enough for no line to be broken.</summary>
    private const int RedirectedWidth = 400;

    /// <summary>A console for results.</summary>
    public static IAnsiConsole Results() => Open(Console.Out, Console.IsOutputRedirected);

    /// <summary>A console for remarks.</summary>
    public static IAnsiConsole Remarks() => Open(Console.Error, Console.IsErrorRedirected);

    /// <summary>The text without line breaks and other signs that would move a cursor.</summary>
    public static string OneLine(string text) =>
        string.Concat(string.Join(' ', text.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)).Select(letter => char.IsControl(letter) ? '?' : letter)).Trim();

    /// <summary>A model's text as it may be shown: a noisy answer holds any sign, and some would command the terminal.</summary>
    public static string Harmless(string text) =>
        string.Concat(text.Select(letter => char.IsControl(letter) && letter is not ('\n' or '\t') ? '\uFFFD' : letter));

    private static IAnsiConsole Open(TextWriter writer, bool redirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect });
        if (redirected)
        {
            console.Profile.Width = RedirectedWidth;
        }

        return console;
    }
}

namespace CrabStudio.Cli;

/// <summary>A command cannot go on. The message is one line for a person.</summary>
/// <param name="message">What was found, what was expected, what to do.</param>
/// <param name="exitCode">The exit code of the program.</param>
internal sealed class CommandException(string message, int exitCode = CommandException.FailedCode) : Exception(message)
{
    /// <summary>All good.</summary>
    public const int GoodCode = 0;

    /// <summary>The work could not be done.</summary>
    public const int FailedCode = 1;

    /// <summary>The command line or a question was wrong.</summary>
    public const int WrongUseCode = 2;

    /// <summary>Stopped by Ctrl+C, as shells write it.</summary>
    public const int StoppedCode = 130;

    /// <summary>The exit code of the program.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>The command line was wrong.</summary>
    public static CommandException WrongUse(string message) => new(message, WrongUseCode);
}

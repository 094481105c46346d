namespace CrabStudio.Cli;

/// <summary>
/// Progress on stderr. On a terminal one line that is written anew; elsewhere nothing is written of what passes, so that a
/// log holds no half lines.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private readonly bool terminal = !Console.IsErrorRedirected;
    private int shown;

    /// <summary>Shows what is being done, in place of what was shown before.</summary>
    public void Show(string text)
    {
        if (!terminal)
        {
            return;
        }

        string line = Terminal.OneLine(text);
        // Some terminals do not know their width.
        int width = Console.WindowWidth > 1 ? Console.WindowWidth - 1 : 79;
        line = line.Length > width ? line[..width] : line;
        Console.Error.Write($"\r{line.PadRight(shown)}");
        shown = line.Length;
    }

    /// <summary>Writes a line that stays.</summary>
    public void Line(string text)
    {
        Dispose();
        Console.Error.WriteLine(Terminal.OneLine(text));
    }

    /// <summary>Takes away what is shown.</summary>
    public void Dispose()
    {
        if (shown > 0)
        {
            Console.Error.Write($"\r{new string(' ', shown)}\r");
            shown = 0;
        }
    }
}

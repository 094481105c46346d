using System.Text;

namespace CrabStudio.Tasks.AvUie;

/// <summary>Reads a list of texts as Python prints it, <c>['dog', "a cat's"]</c>: so the options of avqa_thu are written.</summary>
internal static class PythonList
{
    /// <summary>The texts, or null when this is no such list.</summary>
    public static IReadOnlyList<string>? Read(string text)
    {
        string list = text.Trim();
        if (list is not ['[', .., ']'])
        {
            return null;
        }

        List<string> items = [];
        int at = 1;
        while (true)
        {
            at = Blanks(list, at);
            if (list[at] == ']')
            {
                return at == list.Length - 1 ? items : null;
            }

            if (Item(list, ref at) is not { } item)
            {
                return null;
            }

            items.Add(item);
            at = Blanks(list, at);
            if (list[at] == ',')
            {
                at++;
            }
            else if (list[at] != ']')
            {
                return null;
            }
        }
    }

    // The closing bracket ends every walk over blanks.
    private static int Blanks(string list, int at)
    {
        while (char.IsWhiteSpace(list[at]))
        {
            at++;
        }

        return at;
    }

    private static string? Item(string list, ref int at)
    {
        char quote = list[at];
        if (quote is not ('\'' or '"'))
        {
            return null;
        }

        StringBuilder item = new();
        for (at++; at < list.Length - 1; at++)
        {
            if (list[at] == quote)
            {
                at++;
                return item.ToString();
            }

            if (list[at] != '\\')
            {
                item.Append(list[at]);
                continue;
            }

            at++;
            item.Append(list[at] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', var other => other });
        }

        return null;
    }
}

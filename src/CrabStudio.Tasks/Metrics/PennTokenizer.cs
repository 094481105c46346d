using System.Text;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Metrics;

/// <summary>
/// Captions → words, as the usual caption scorers see them: Penn Treebank rules, lower case, punctuation dropped. Behaves as
/// PTBTokenizer of Stanford CoreNLP 3.4.1 with <c>-preserveLines -lowerCase</c>, followed by pycocoevalcap 1.2's list of what it drops. That
/// list is in upper case and compared after lower case was made, so brackets stay as <c>-lrb-</c> and <c>-rrb-</c>; signs that the list does
/// not have stay too.
/// </summary>
/// <remarks>
/// At each place every rule is tried; the longest match (with what must follow it) wins, of equal ones the first, as in the lexer
/// that it stands for. Rules for what captions do not have are left out here: telephone numbers, file names, addresses glued to signs, rare
/// abbreviations and contractions, most faces made of signs. Each caption stands alone, where there the next line can decide how a final "c." is read.
/// </remarks>
public static partial class PennTokenizer
{
    private const string Letter = @"[\p{L}\p{M}\u00AD]", Apostrophe = @"(?:['\u0092\u2019]|&apos;)", AnyApostrophe = @"(?:['\u0092\u2019`\u0091\u2018\u201B]|&apos;)";
    private const string Gap = @"[ \t\u00A0\u2000-\u200A\u3000\r\n\u2028\u2029\u000B\u000C\u0085]";
    private const string Word = Letter + @"(?:" + Letter + @"|\d)*(?:[.!?]" + Letter + @"(?:" + Letter + @"|\d)*)*";
    private const string Clitic = Apostrophe + "(?:[msdMSD]|(?i:re|ve|ll))", Not = "(?i:n)" + AnyApostrophe + "(?i:t)";
    private const string Elided = "(?:[dDoOlL]" + AnyApostrophe + @"[\p{L}\d])?", Hyphen = @"[-_\u058A\u2010\u2011]";
    private const string Hyphenated = Elided + @"[\p{L}\d]+(?:" + Hyphen + Elided + @"[\p{L}\d]+)*";
    private const string Dotted = @"[A-Za-z0-9][A-Za-z0-9.,\u00AD]*(?:-(?:[A-Za-z](?:\.[A-Za-z])+\.|[A-Za-z0-9\u00AD]+))+";
    private const string Joined = @"[A-Z]+(?:(?:[+&]|&amp;)[A-Z]+)+";
    private const string Initials = @"[A-Za-z](?:\.[A-Za-z])*";

    // Abbreviations whose full stop belongs to them: dates, titles, places, firms, and what stands in running text. States that are also
    // plain words must begin with a capital.
    private const string Abbreviations =
        "(?i:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Wed|Thu|Thurs|Fri"
        + "|Mrs?|Ms|Drs?|Profs?|Jr|Sr|Rev|Hon|Gov|Sen|Rep|Pres|Gen|Col|Maj|Capt|Cmdr|Lt|Sgt|Cpl|Pvt|Det|Insp|Msgr|Mme|Mlle"
        + "|Ste?|Ave|Blvd|Rd|Mt|Ft|Bldg|Dept|Univ|Inc|Ltd|Cos?|Corp|Bros|Assn|Assoc|etc|vs|al|cf|est|ext|tel|(?:Ed|Ph)\\.D|Ph)"
        + "|(?i:Ariz|Calif|Colo|Conn|Fla|Ga|Ind|Kan|Ky|Md|Mich|Minn|Mo|Mont|Neb|Nev|Okla|Penn|Tenn|Va|Vt|Wisc?|Wyo)"
        + "|(?:Ark|Del|Ill|La|Mass|Miss|Ore|Pa|Tex|Wash)";

    private static readonly HashSet<string> Dropped = ["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"];
    private static readonly HashSet<string> Contracted = new(StringComparer.OrdinalIgnoreCase) { "cannot", "gonna", "gotta", "lemme", "gimme", "wanna" };

    private static readonly Rule[] Rules =
    [
        // Contractions are taken apart: only the first part is a token, the rest is read anew.
        new(@"(?i:can)(?<after>(?i:not))"),
        new(@"(?i:'t)(?<after>(?i:was|is))"),
        new(@"(?i:gon(?=na)|got(?=ta)|lem(?=me)|gim(?=me)|wan(?=na))(?<after>..)"),
        new(@"</?[A-Za-z!?][^<>\r\n]*>", text => text.Replace(' ', '\u00A0')),
        new(@"[\u0096\u0097\u2013\u2014\u2015]|&(?i:MD|mdash|ndash);", _ => "--"),
        new("&(?i:amp);", _ => "&"),
        new($"{Word}(?<after>{Clitic})", WithoutSoftHyphens),
        new($"[A-Za-z\u00AD]*[A-MO-Za-mo-z]\u00AD*(?<after>{Not})", WithoutSoftHyphens),
        new(Word, WithoutSoftHyphens),
        new($"{Apostrophe}(?i:n){Apostrophe}?|[lLdDjJ]{Apostrophe}|{Apostrophe}(?i:em|till?|cause)|{Apostrophe}[2-9]0(?i:s)"),
        new($@"[A-HJ-XZn]{AnyApostrophe}\p{{L}}{{2,}}|\p{{L}}+[aeiouyAEIOUY]{AnyApostrophe}[aeiouA-Z]\p{{L}}*"),
        new(@"(?:(?i:https?)://|(?i:www)\.)[^\s""<>|(){}]*[^\s""<>|(){}.,!?\-]"),
        new(@"[A-Za-z0-9][A-Za-z0-9.\-]*\.(?:com|net|org|edu)\b(?:/[^\s""<>|(){}]*[^\s""<>|(){}.,!?\-])?"),
        new(@"[A-Za-z0-9][A-Za-z0-9._%+\-]*@[A-Za-z0-9.\-]*[A-Za-z0-9]"),
        new($"@[a-zA-Z_][a-zA-Z_0-9]*|#{Letter}+"),
        new($"{Clitic}(?<after>[^A-Za-z])", text => Quotes(text)),
        new($"{Not}(?<after>[^A-Za-z])", text => Quotes(text)),
        new(@"\d{1,2}[\-/]\d{1,2}[\-/]\d{2,4}"),
        new(@"[\-+]?(?:\d*(?:[.:,\u00AD\u066B\u066C]\d+)+|\d+)", WithoutSoftHyphens),
        new(@"(?:\d{1,4}[\- \u00A0])?\d{1,4}(?:\\?/|\u2044)\d{1,4}", text => text.Replace(' ', '\u00A0')),
        new(@"[\u00BC\u00BD\u00BE\u2153-\u215E]", Fraction),
        new(@"[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:\\?/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}"),
        new(@"[A-Z]*\$|#"),
        new(@"[\u00A2\u00A3\u00A4\u00A5\u0080\u20A0\u20AC\u060B\u0E3F\u20A4\uFFE0\uFFE1\uFFE5\uFFE6]", Currency),
        new($@"(?:{Abbreviations}|{Initials})\."),
        new($@"{Initials}(?<after>{Gap})"),
        new($"{Apostrophe}[0-9][0-9](?<after>{Gap})"),
        new($@"(?:{Word}|{Dotted}|{Hyphenated}|{Joined})\.(?<after>[,;:\u3001])", WithoutSoftHyphens),
        new("\"|&quot;", _ => null),
        new("<<|>>|<|>"),
        new("&(?i:lt);", _ => "<"),
        new("&(?i:gt);", _ => ">"),
        new(@"[:;=][\-o*']?[()DPdp](?<after>[^A-Za-z0-9])", Brackets),
        new(@"[()\[\]{}]", Brackets),
        new(@"-+", text => text.Length > 4 ? text : "--"),
        new(@"\.{3,5}|[\u0085\u2026]", _ => null),
        new(@"@+|#+|_+|\*+|(?:\\\*){1,3}"),
        new(@"[,;:.]", _ => null),
        new(@"[?!]+"),
        new(@"[\u3001\u00A1\u00BF\u037E\u0589\u061F\u06D4\u0700-\u0702\u07FA\u3002=/]"),
        new(Dotted, WithoutSoftHyphens),
        new(Hyphenated),
        new(Joined, text => text.Replace("&amp;", "&", StringComparison.OrdinalIgnoreCase)),
        new(@"'(?<after>[A-Za-z][^ \t\n\r\u00A0])", _ => null),
        new($"{Clitic}|{Not}", text => Quotes(text)),
        new($@"[`\u2018\u2019\u201A-\u201F\u0091-\u0094\u2039\u203A\u00AB\u00BB]{{1,2}}|''|{Apostrophe}", text => Quotes(text)),
        new(@"[%&\\\p{S}\u00A7\u00B6\u00B7\u2016\u2017\u2020-\u2023\u2030-\u2038\u203B\uFF01-\uFF0F\uFF1A-\uFF20]"),
        new("&nbsp;", _ => null),
    ];

    /// <summary>The words of a caption.</summary>
    public static IReadOnlyList<string> Tokenize(string caption)
    {
        // A caption is a line of a file there.
        string text = caption.Replace('\n', ' ') + '\n';
        List<string> words = [];
        for (int at = 0; at < text.Length;)
        {
            at += PlainWord(text, at) is > 0 and var plain ? Emit(text[at..(at + plain)], plain) : Next(text, at);
        }

        return words;

        int Emit(string word, int length)
        {
            string lower = PythonText.Lower(word);
            if (!Dropped.Contains(lower))
            {
                words.Add(lower);
            }

            return length;
        }

        int Next(string whole, int at)
        {
            // White space and what goes with it is left out, and so is the full stop or comma before a gap.
            if ((whole[at] is '.' or ',' && whole[at + 1] is ' ' or '\n') || PythonText.IsSpace(whole[at]) || whole[at] is '\u200B' or '\u200E' or '\u200F' or '\uFEFF' or '\0' or '\u007F')
            {
                return 1;
            }

            (Rule? best, Match? found) = (null, null);
            foreach (Rule rule in Rules)
            {
                if (rule.Pattern.Match(whole, at) is { Success: true } match && match.Length > (found?.Length ?? 0))
                {
                    (best, found) = (rule, match);
                }
            }

            if (found is null)
            {
                // No rule knows the sign: it is left out, as there.
                return 1;
            }

            int length = found.Groups["after"] is { Success: true } after ? after.Index - at : found.Length;
            string token = whole[at..(at + length)];
            return best!.Write is null ? Emit(token, length) : best.Write(token) is { } written ? Emit(written, length) : length;
        }
    }

    /// <summary>The words of a caption with single blanks between.</summary>
    public static string Join(string caption) => string.Join(' ', Tokenize(caption));

    // The length of a word of ASCII letters that stands so plainly that no other rule can take it; 0 where that is not sure.
    private static int PlainWord(string text, int at)
    {
        int end = at;
        while (char.IsAsciiLetter(text[end]))
        {
            end++;
        }

        int length = end - at;
        bool plain = length > 0 && (text[end] is ' ' or '\n' || (text[end] == ',' && text[end + 1] == ' ') || (text[end] == '.' && length > 1 && text[end + 1] == '\n' && !Abbreviated().IsMatch(text.AsSpan(at, length))));
        return plain && !(length is >= 5 and <= 6 && Contracted.Contains(text[at..end])) ? length : 0;
    }

    private static string WithoutSoftHyphens(string text) => text.Contains('\u00AD') ? text.Replace("\u00AD", string.Empty, StringComparison.Ordinal) is { Length: > 0 } rest ? rest : "-" : text;

    private static string Quotes(string text) => text.Replace("&apos;", "'", StringComparison.OrdinalIgnoreCase)
        .Replace("\u0091", "`").Replace("\u2018", "`").Replace("\u201B", "`").Replace("\u2039", "`")
        .Replace("\u0092", "'").Replace("\u2019", "'").Replace("\u203A", "'")
        .Replace("\u0093", "``").Replace("\u201C", "``").Replace("\u00AB", "``")
        .Replace("\u0094", "''").Replace("\u201D", "''").Replace("\u00BB", "''");

    private static string Brackets(string text)
    {
        // As a token of its own each kind has its name; inside a face only the round ones.
        return text switch
        {
            "[" => "-LSB-",
            "]" => "-RSB-",
            "{" => "-LCB-",
            "}" => "-RCB-",
            _ => text.Replace("(", "-LRB-", StringComparison.Ordinal).Replace(")", "-RRB-", StringComparison.Ordinal),
        };
    }

    private static string Fraction(string text) => text switch
    {
        "\u00BC" => "1/4",
        "\u00BD" => "1/2",
        "\u00BE" => "3/4",
        "\u2153" => "1/3",
        "\u2154" => "2/3",
        _ => text,
    };

    private static string Currency(string text) => text switch
    {
        "\u00A2" => "cents",
        "\u00A3" => "#",
        "\u0080" or "\u00A4" or "\u20A0" or "\u20AC" => "$",
        _ => text,
    };

    [GeneratedRegex("^(?:" + Abbreviations + ")$", RegexOptions.CultureInvariant)]
    private static partial Regex Abbreviated();

    /// <summary>A kind of token.</summary>
    private sealed class Rule(string pattern, Func<string, string?>? write = null)
    {
        /// <summary>What it looks like; what must follow is the group <c>after</c>.</summary>
        public Regex Pattern { get; } = new($@"\G(?:{pattern})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Compiled);

        /// <summary>How it is written, null for not at all; without it as it stands.</summary>
        public Func<string, string?>? Write { get; } = write;
    }
}

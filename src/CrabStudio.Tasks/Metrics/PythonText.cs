using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace CrabStudio.Tasks.Metrics;

/// <summary>
/// Text as the scorers, which are Python, see it: their white space, lower case and integers differ from .NET's in corners
/// that a model's noise does reach.
/// </summary>
public static class PythonText
{
    /// <summary>The digits that Python's <c>int()</c> takes before it refuses, leading zeros counted (<c>sys.int_info.default_max_str_digits</c>).</summary>
    public const int MostDigits = 4300;

    /// <summary>White space as <c>str.isspace()</c>: Unicode's, and the four separators U+001C to U+001F that .NET leaves out.</summary>
    public static bool IsSpace(char letter) => char.IsWhiteSpace(letter) || letter is >= '\u001C' and <= '\u001F';

    /// <summary><c>str.strip()</c>.</summary>
    public static string Trim(string text)
    {
        int start = 0, end = text.Length;
        while (start < end && IsSpace(text[start]))
        {
            start++;
        }

        while (end > start && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    /// <summary><c>str.lower()</c>, whatever the culture; a capital I with a dot becomes two code points there.</summary>
    public static string Lower(string text) => text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);

    /// <summary>The text before the first <c>&lt;/s&gt;</c>, or all of it.</summary>
    public static string BeforeEndMark(string text) => text.IndexOf("</s>", StringComparison.Ordinal) is >= 0 and var end ? text[..end] : text;

    /// <summary>
    /// The text with every decimal digit of Unicode (category Nd) as an ASCII one, which is what <c>\d</c> and <c>int()</c>
    /// make of it. Digits beyond the basic plane take one character afterwards instead of two.
    /// </summary>
    public static string AsciiDigits(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        StringBuilder plain = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            bool pair = char.IsSurrogatePair(text, at);
            if (CharUnicodeInfo.GetUnicodeCategory(text, at) == UnicodeCategory.DecimalDigitNumber)
            {
                plain.Append((char)('0' + CharUnicodeInfo.GetDecimalDigitValue(text, at)));
            }
            else
            {
                plain.Append(text, at, pair ? 2 : 1);
            }

            at += pair ? 1 : 0;
        }

        return plain.ToString();
    }

    /// <summary>
    /// <c>int(text)</c>: white space around, one sign, decimal digits of any script with single underscores between them.
    /// Null where Python raises <c>ValueError</c>, also for more than <see cref="MostDigits"/> digits.
    /// </summary>
    public static BigInteger? Integer(string text)
    {
        string plain = AsciiDigits(Trim(text));
        int at = plain.Length > 0 && plain[0] is '+' or '-' ? 1 : 0;
        StringBuilder digits = new(plain.Length);
        for (bool afterDigit = false; at < plain.Length; at++)
        {
            if (char.IsAsciiDigit(plain[at]))
            {
                digits.Append(plain[at]);
                afterDigit = true;
            }
            else if (plain[at] == '_' && afterDigit && at + 1 < plain.Length)
            {
                afterDigit = false;
            }
            else
            {
                return null;
            }
        }

        if (digits.Length is 0 or > MostDigits)
        {
            return null;
        }

        BigInteger value = BigInteger.Parse(digits.ToString(), NumberStyles.None, CultureInfo.InvariantCulture);
        return plain[0] == '-' ? -value : value;
    }

    /// <summary>The one match of a pattern with one group, or null when there is none or more than one.</summary>
    internal static string? OnlyMatch(Regex pattern, string text)
    {
        Match match = pattern.Match(text);
        return match.Success && !match.NextMatch().Success ? match.Groups[1].Value : null;
    }
}

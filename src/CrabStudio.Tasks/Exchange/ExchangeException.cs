using System.Globalization;
using System.Text;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.Tasks.Exchange;

/// <summary>Where something stands in a file; both count from 1, 0 when not known.</summary>
/// <param name="Line">The line.</param>
/// <param name="Column">The character in it.</param>
public readonly record struct ExchangePlace(int Line, int Column = 0)
{
    /// <summary>The place of a byte of UTF-8.</summary>
    internal static ExchangePlace Of(ReadOnlySpan<byte> bytes, int offset)
    {
        ReadOnlySpan<byte> before = bytes[..offset];
        return new ExchangePlace(before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1);
    }
}

/// <summary>A file is no timeline, or a timeline cannot be written in a format. The message is one line that says where and what to do.</summary>
/// <param name="file">The file's name.</param>
/// <param name="place">Where in it; default when the whole file is meant.</param>
/// <param name="field">The field, attribute or column; null when there is none.</param>
/// <param name="problem">What was found and what was expected.</param>
public sealed class ExchangeException(string file, ExchangePlace place, string? field, string problem)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"{file}{(place.Line > 0 ? $", line {place.Line}" : "")}{(place.Column > 0 ? $", column {place.Column}" : "")}{(string.IsNullOrEmpty(field) ? "" : $", field {field}")}: {problem}").ReplaceLineEndings(" "))
{
    /// <summary>The file's name.</summary>
    public string File { get; } = file;

    /// <summary>Where in it.</summary>
    public ExchangePlace Place { get; } = place;

    /// <summary>The field, or null.</summary>
    public string? Field { get; } = field;

    /// <summary>What was found and expected, without the place.</summary>
    public string Problem { get; } = problem;

    internal static ExchangeException Of(string file, AvUieException fault, ExchangePlace place) => new(file, fault.Line is { } line ? new ExchangePlace(line) : place, fault.Field, fault.Problem);
}

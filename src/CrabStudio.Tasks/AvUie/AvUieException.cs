using System.Globalization;

namespace CrabStudio.Tasks.AvUie;

/// <summary>A data set cannot be read or built. The message is one line that names the file, the entry and the field.</summary>
/// <param name="file">The file, relative to the data set.</param>
/// <param name="entry">The entry's place in the list, from 0, as in <c>key:index</c>; null when the whole file is meant.</param>
/// <param name="field">The field; null when the whole entry is meant.</param>
/// <param name="problem">What was found, and what was expected.</param>
public sealed class AvUieException(string file, int? entry, string? field, string problem)
    : Exception($"{file}{(entry is { } number ? string.Create(CultureInfo.InvariantCulture, $", entry {number}") : "")}{(field is null ? "" : $", field {field}")}: {problem}")
{
    /// <summary>The file, relative to the data set.</summary>
    public string File { get; } = file;

    /// <summary>The entry's place in the list, from 0.</summary>
    public int? Entry { get; } = entry;

    /// <summary>The line, where the file is a table of lines.</summary>
    public int? Line { get; init; }

    /// <summary>The field.</summary>
    public string? Field { get; } = field;

    /// <summary>What was found and what was expected, without the place.</summary>
    public string Problem { get; } = problem;
}

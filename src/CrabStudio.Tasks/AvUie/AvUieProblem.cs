namespace CrabStudio.Tasks.AvUie;

/// <summary>What kind of thing is wrong with a data set.</summary>
public enum AvUieProblemKind
{
    /// <summary>A folder that is none of the 19 keys', a list that is no JSON list, or one that breaks off.</summary>
    File,

    /// <summary>A field is missing, or of the wrong kind.</summary>
    Field,

    /// <summary>A media file is not there.</summary>
    MissingMedia,

    /// <summary>A media file is there and cannot be used.</summary>
    UnreadableMedia,

    /// <summary>A time range, or the index of a frame, lies outside the clip.</summary>
    Range,

    /// <summary>A label is outside the key's set, or the entry's fields disagree about it.</summary>
    Label,

    /// <summary>A box or a point lies outside the 224×224 frame, or a box is reversed.</summary>
    Box,

    /// <summary>An entry says the same as an earlier one.</summary>
    Duplicate,

    /// <summary>The target text does not say what the task's grammar asks for.</summary>
    Answer,
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="File">The list, such as <c>ave/train.json</c>.</param>
/// <param name="Entry">The entry's place in it, from 0; null when the whole list is meant.</param>
/// <param name="Field">The field; null when the whole entry is meant.</param>
/// <param name="Message">What was found and what was expected, on one line.</param>
public sealed record AvUieProblem(AvUieProblemKind Kind, string File, int? Entry, string? Field, string Message);

/// <summary>What a check looked at and found.</summary>
/// <param name="Lists">Lists read, with the entries of each.</param>
/// <param name="Entries">Entries of all lists.</param>
/// <param name="MediaFiles">Media files looked at, each once.</param>
/// <param name="Problems">How many of each kind were told.</param>
/// <param name="Remarks">What is worth knowing and no problem, one line each.</param>
public sealed record AvUieCheckSummary(
    IReadOnlyDictionary<string, int> Lists, int Entries, int MediaFiles, IReadOnlyDictionary<AvUieProblemKind, int> Problems, IReadOnlyList<string> Remarks)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool IsGood => Problems.Count == 0;
}

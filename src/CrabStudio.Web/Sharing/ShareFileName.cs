namespace CrabStudio.Web.Sharing;

/// <summary>A file's name made of a session's.</summary>
internal static class ShareFileName
{
    private const int Longest = 80;

    /// <summary>Letters, digits and underscores of the title; what lies between becomes a dash. Never empty, never a path, no ending.</summary>
    public static string Of(string title)
    {
        string name = string.Join('-', new string([.. title.Select(letter => char.IsLetterOrDigit(letter) || letter is '_' ? letter : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        name = name.Length <= Longest ? name : name[..Longest].TrimEnd('-');
        return name.Length == 0 ? "session" : name;
    }
}

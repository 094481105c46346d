using System.Globalization;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Languages;

/// <summary>The words as they stand in the sources: for programs, files and logs, which are written in English whoever asks.</summary>
public sealed class EnglishWords : IStringLocalizer<Words>
{
    private EnglishWords()
    {
    }

    /// <summary>The only one.</summary>
    public static EnglishWords Own { get; } = new();

    /// <inheritdoc/>
    public LocalizedString this[string name] => new(name, name);

    /// <inheritdoc/>
    public LocalizedString this[string name, params object[] arguments] => new(name, string.Format(CultureInfo.InvariantCulture, name, arguments));

    /// <summary>None are listed: every text is there as it is asked for.</summary>
    public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => [];
}

using System.Globalization;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Languages;

/// <summary>The words in English, whatever is spoken around: for the HTTP API, the command line and other programs.</summary>
public sealed class EnglishWords : IStringLocalizer<Words>
{
    private EnglishWords()
    {
    }

    /// <summary>The only one.</summary>
    public static EnglishWords Only { get; } = new();

    /// <inheritdoc />
    public LocalizedString this[string name] => new(name, name);

    /// <inheritdoc />
    public LocalizedString this[string name, params object[] arguments] => new(name, string.Format(CultureInfo.InvariantCulture, name, arguments));

    /// <summary>None: a key is its own text, so that there is no list of them.</summary>
    public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => [];
}

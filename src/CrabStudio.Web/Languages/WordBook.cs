using System.Globalization;
using System.Xml.Linq;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Languages;

/// <summary>
/// The words of the pages in the language that is spoken now. It reads the list as it stands, not as a compiled resource:
/// that would take “Done” and “done” for one.
/// </summary>
public sealed class WordBook : IStringLocalizer<Words>
{
    private static readonly IReadOnlyDictionary<string, string> Chinese = Read("zh-Hans");

    /// <inheritdoc/>
    public LocalizedString this[string name] => Find(name) is { } text ? new LocalizedString(name, text) : new LocalizedString(name, name, resourceNotFound: StudioLanguages.Current != "en");

    /// <inheritdoc/>
    public LocalizedString this[string name, params object[] arguments] => new(name, string.Format(CultureInfo.CurrentCulture, this[name].Value, arguments));

    /// <inheritdoc/>
    public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => StudioLanguages.Current == "zh-Hans" ? Chinese.Select(text => new LocalizedString(text.Key, text.Value)) : [];

    private static string? Find(string name) => StudioLanguages.Current == "zh-Hans" ? Chinese.GetValueOrDefault(name) : null;

    private static Dictionary<string, string> Read(string language)
    {
        using Stream list = typeof(Words).Assembly.GetManifestResourceStream($"Words.{language}.resx")!;
        return XDocument.Load(list).Root!.Elements("data").ToDictionary(text => (string)text.Attribute("name")!, text => (string)text.Element("value")!);
    }
}

using System.Globalization;
using System.Xml.Linq;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Languages;

/// <summary>
/// The words of the pages in one language, or in the one that is spoken at the moment of asking. It reads the list as it
/// stands, not as a compiled resource: that would take “Done” and “done” for one.
/// </summary>
/// <param name="language">The language; null: the one that is spoken.</param>
public sealed class WordBook(CultureInfo? language = null) : IStringLocalizer<Words>
{
    private static readonly IReadOnlyDictionary<string, string> Chinese = Read("zh-Hans");

    /// <inheritdoc/>
    public LocalizedString this[string name] => Find(name) is { } text ? new LocalizedString(name, text) : new LocalizedString(name, name, resourceNotFound: InChinese);

    /// <inheritdoc/>
    public LocalizedString this[string name, params object[] arguments] => new(name, string.Format(language ?? CultureInfo.CurrentCulture, this[name].Value, arguments));

    /// <inheritdoc/>
    public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => InChinese ? Chinese.Select(text => new LocalizedString(text.Key, text.Value)) : [];

    private bool InChinese => (language ?? CultureInfo.CurrentUICulture).Name == "zh-Hans";

    private string? Find(string name) => InChinese ? Chinese.GetValueOrDefault(name) : null;

    private static Dictionary<string, string> Read(string name)
    {
        using Stream list = typeof(Words).Assembly.GetManifestResourceStream($"Words.{name}.resx")!;
        return XDocument.Load(list).Root!.Elements("data").ToDictionary(text => (string)text.Attribute("name")!, text => (string)text.Element("value")!);
    }
}

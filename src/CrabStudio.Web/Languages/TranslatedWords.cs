using System.Collections.Frozen;
using System.Globalization;
using System.Xml.Linq;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Languages;

/// <summary>
/// The words in a language, out of <c>Words.zh-Hans.resx</c>. The assembly holds that file as it is written: names differ in
/// the size of a letter alone ("Run {0}", "run {0}"), and a compiled file of resources keeps but one of these.
/// </summary>
/// <param name="language">The language; null: the one that is spoken at the moment of asking.</param>
internal sealed class TranslatedWords(CultureInfo? language) : IStringLocalizer<Words>
{
    private static readonly FrozenDictionary<string, string> Chinese = Read();

    private CultureInfo Language => language ?? CultureInfo.CurrentUICulture;

    /// <inheritdoc />
    public LocalizedString this[string name] => Language.Name == "zh-Hans" && Chinese.TryGetValue(name, out string? text) ? new(name, text) : new(name, name);

    /// <inheritdoc />
    public LocalizedString this[string name, params object[] arguments] => new(name, string.Format(Language, this[name].Value, arguments));

    /// <summary>None: they are asked for by their English text.</summary>
    public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => [];

    private static FrozenDictionary<string, string> Read()
    {
        using Stream file = typeof(Words).Assembly.GetManifestResourceStream($"{typeof(Words).FullName}.zh-Hans.resx") ?? throw new InvalidOperationException("The Chinese words are missing in the assembly.");
        return XDocument.Load(file, LoadOptions.PreserveWhitespace).Root!.Elements("data").ToFrozenDictionary(text => (string)text.Attribute("name")!, text => (string)text.Element("value")!, StringComparer.Ordinal);
    }
}

using System.Globalization;
using System.Resources;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Languages;

/// <summary>
/// The words of one visitor: in the language that was spoken when they came, whoever makes their page draw itself anew. What
/// another visitor or a program does, such as a change of a timeline, draws the pages of all, and does so in its own culture.
/// </summary>
public sealed class VisitorWords : IStringLocalizer<Words>
{
    private static readonly ResourceManager Resources = new(typeof(Words).FullName!, typeof(Words).Assembly);

    private readonly CultureInfo language = CultureInfo.CurrentUICulture;

    /// <inheritdoc />
    public LocalizedString this[string name] => Resources.GetString(name, language) is { } text ? new(name, text) : new(name, name, resourceNotFound: true);

    /// <inheritdoc />
    public LocalizedString this[string name, params object[] arguments] => new(name, string.Format(language, this[name].Value, arguments));

    /// <summary>None: they are asked for by their English text.</summary>
    public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => [];
}

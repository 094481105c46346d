using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CrabStudio.Testing;
using CrabStudio.Web.Languages;

namespace CrabStudio.Web.Tests;

/// <summary>The pages in two languages.</summary>
public sealed partial class LanguageTests
{
    [Fact]
    public void EveryTextOfThePagesHasItsChineseAndNoneIsLeftOver()
    {
        IReadOnlyDictionary<string, string> chinese = Chinese();
        HashSet<string> used = [.. Sources().SelectMany(file => Key().Matches(File.ReadAllText(file))).Select(match => Regex.Unescape(match.Groups[1].Value))];
        Assert.Empty(used.Except(chinese.Keys));
        Assert.Empty(chinese.Keys.Except(used));
    }

    [Fact]
    public void ATranslationPutsInTheSameValues() =>
        Assert.Empty(Chinese().Where(text => !Values(text.Key).SetEquals(Values(text.Value)) || string.IsNullOrWhiteSpace(text.Value)).Select(text => text.Key));

    [Fact]
    public void ATextIsFoundAlsoWhereAnotherDiffersInTheSizeOfALetterAlone()
    {
        WordBook words = new(CultureInfo.GetCultureInfo("zh-Hans"));
        Assert.All(Chinese(), text => Assert.Equal(text.Value, words[text.Key].Value));
    }

    [Fact]
    public async Task TheFirstPageSpeaksTheLanguageThatIsAskedForUntilAnotherIsChosen()
    {
        await using Studio studio = await Studio.StartAsync();
        using var visitor = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = studio.Http.BaseAddress };
        visitor.DefaultRequestHeaders.AcceptLanguage.ParseAdd("zh-CN,zh;q=0.9,en;q=0.5");
        Assert.Contains("<html lang=\"zh-Hans\"", await visitor.GetStringAsync("/about", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using HttpResponseMessage chosen = await visitor.GetAsync("/language/en?back=/about%3Fa%3D1", TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.Redirect, "/about?a=1"), (chosen.StatusCode, chosen.Headers.Location!.OriginalString));
        string cookie = chosen.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("crab-language=", cookie, StringComparison.Ordinal);
        visitor.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);
        Assert.Contains("<html lang=\"en\"", await visitor.GetStringAsync("/about", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//elsewhere.example")]
    [InlineData("/\\elsewhere.example")]
    [InlineData("https://elsewhere.example/")]
    public async Task AChoiceLeadsToNoOtherPlace(string back)
    {
        await using Studio studio = await Studio.StartAsync();
        using var visitor = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = studio.Http.BaseAddress };
        using HttpResponseMessage chosen = await visitor.GetAsync($"/language/zh-Hans?back={Uri.EscapeDataString(back)}", TestContext.Current.CancellationToken);
        Assert.Equal("/", chosen.Headers.Location!.OriginalString);
        using HttpResponseMessage unknown = await visitor.GetAsync("/language/xx", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    // Texts are looked up by what stands in the sources: L["…"] or L["…", values].
    [GeneratedRegex("""\bL\["((?:[^"\\]|\\.)*)"[\],]""")]
    private static partial Regex Key();

    [GeneratedRegex(@"\{\d+[^}]*\}")]
    private static partial Regex Value();

    private static HashSet<string> Values(string text) => [.. Value().Matches(text).Select(match => match.Value)];

    private static Dictionary<string, string> Chinese() => XDocument.Load(Path.Combine(Web, "Languages", "Words.zh-Hans.resx")).Root!.Elements("data")
        .ToDictionary(text => (string)text.Attribute("name")!, text => (string)text.Element("value")!);

    private static IEnumerable<string> Sources() => Directory.EnumerateFiles(Web, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file) is ".razor" or ".cs" && !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string Web => Path.Combine(Golden.Repository, "src", "CrabStudio.Web");
}

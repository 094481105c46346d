using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CrabStudio.Model.Configuration;
using CrabStudio.Tasks;
using CrabStudio.Testing;
using CrabStudio.Web.Api;
using CrabStudio.Web.Components.Asking;
using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Components.Evaluations;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

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
    public void ChineseHasChinesePunctuation() => Assert.DoesNotContain(Chinese().Values, LatinPunctuation().IsMatch);

    [Fact]
    public void NoPageHasWordsThatAreNotLookedUp() =>
        Assert.Empty(BareText.In(Path.Combine(Web, "Components")));

    [Fact]
    public void NoPageTakesInEnglishWhatItCanHaveInItsLanguage() => Assert.Empty(
        from file in Sources()
        where file.EndsWith(".razor", StringComparison.Ordinal)
        from call in Helped().Matches(File.ReadAllText(file))
        where !call.Value.EndsWith(", L)", StringComparison.Ordinal)
        select $"{Path.GetFileName(file)}: {call.Value}");

    [Theory]
    [InlineData("<p>Nothing waits</p>")]
    [InlineData("<p>@count tokens</p>")]
    [InlineData("<p>@(busy ? \"Asking …\" : L[\"Ask\"])</p>")]
    [InlineData("<p>@L[\"{0} waits\", busy ? \"Nobody\" : name]</p>")]
    [InlineData("<button aria-label=\"@($\"Select {name}\")\">×</button>")]
    [InlineData("<img alt=\"A frame\" />")]
    [InlineData("<MudTextField Label=\"Question\" />")]
    [InlineData("<Panel Unknown=\"Nothing was found\" />")]
    [InlineData("<p>@Words</p>\n@code { private string Words => busy ? $\"{count} wait here\" : \"Ready\"; }")]
    [InlineData("@code { private RenderFragment Part => @<p>Nothing</p>; }")]
    public void WordsThatAreNotLookedUpAreFound(string page) => Assert.Single(BareText.Of(page).Take(1));

    [Theory]
    [InlineData("<p class=\"wide\" data-testid=\"none\">@L[\"Nothing waits\"] · 3 kHz, @count.ToString(\"dd MMM\")</p>")]
    [InlineData("<p title=\"@(busy ? L[\"Asking …\"] : L[\"Ask\"])\">@(kind == \"video\" ? $\"{seconds} s\" : name switch { \"open\" => L[\"Open\"], _ => other })</p>")]
    [InlineData("<MudButton Class=\"wide dark\" Variant=\"Variant.Filled\" OnClick=\"StopAsync\" title=\"@L[\"{0} of {1}\", one, all]\"><kbd>Shift</kbd></MudButton>")]
    [InlineData("@code { private string Words => state switch { \"done\" => L[\"Done\"], _ => throw new InvalidOperationException(\"There is no such state.\") }; }")]
    public void WordsThatAreLookedUpAndWhatIsNoWordAreLeftAlone(string page) => Assert.Empty(BareText.Of(page));

    [Fact]
    public void EveryTaskAndEveryDemoHasItsWordsInBothLanguages()
    {
        IReadOnlyDictionary<string, string> chinese = Chinese();
        string[] english =
        [
            .. TaskCatalog.All.Select(task => TaskTexts.Variant(task.Key, EnglishWords.Only)),
            .. TaskTexts.Cards(EnglishWords.Only).SelectMany(family => new[] { family.Title, family.Sentence, family.Example, family.Gives }),
            .. Demos().SelectMany(demo => new[] { demo.Title, demo.Description }),
        ];
        Assert.Equal(19, TaskCatalog.All.Count);
        Assert.DoesNotContain(english, TaskCatalog.All.Select(task => task.Dataset).Contains);
        Assert.Empty(english.Except(chinese.Keys));
        Assert.All(Demos(), demo => Assert.Equal((demo.Title, demo.Description), (DemoWords.Title(demo, EnglishWords.Only), DemoWords.Description(demo, EnglishWords.Only))));
    }

    [Fact]
    public void TheCardOfTheDefaultModelIsKnownInBothLanguages()
    {
        ModelCard card = ModelCard.Load(Path.Combine(Golden.Repository, "models", "default"))!;
        Assert.Equal(card.Knows, CardWords.Knows(card, EnglishWords.Only));
        Assert.Equal(Chinese()[card.Knows], CardWords.Knows(card, new WordBook(CultureInfo.GetCultureInfo("zh-Hans"))));
        Assert.All(card.Figures, figure => Assert.NotNull(FigureWords.KnownName(figure.Name, EnglishWords.Only)));
    }

    [Fact]
    public async Task ASessionIsNamedInTheLanguageOfWhoAsks()
    {
        await using Studio studio = await Studio.StartAsync();
        CultureInfo before = CultureInfo.CurrentUICulture;
        foreach ((string language, string title) in new[] { ("zh-Hans", "什么时候发生了什么？"), ("en", "What happens when?") })
        {
            Guid session = await studio.OpenSessionAsync();
            try
            {
                CultureInfo.CurrentUICulture = new CultureInfo(language);
                await studio.Answers.AskAsync(session, new QuestionInput("ave"), TestContext.Current.CancellationToken);
            }
            finally
            {
                CultureInfo.CurrentUICulture = before;
            }

            Assert.Equal(title, (await studio.GetAsync<SessionShape>($"/api/sessions/{session}")).Title);
        }
    }

    [Theory]
    [InlineData("/", "向片段提问", "什么时候发生了什么？", "先一个声音，再两个视频", "将视频、声音或图像拖放到此页任意位置", "此处听到，彼处看到")]
    [InlineData("/about", "关于 CrabStudio", "如何理解您看到的内容", "许可证与数据")]
    [InlineData("/queue", "队列", "没有等待的问题")]
    [InlineData("/no-such-page", "没有这个页面", "新建分析")]
    public async Task APageSpeaksChineseToWhoAsksForIt(string path, params string[] words)
    {
        await using Studio studio = await Studio.StartAsync();
        string page = await ChineseAsync(studio, path, HttpStatusCode.OK, HttpStatusCode.NotFound);
        Assert.All([.. words, "跳到内容", "键盘快捷键", "连接已断开"], word => Assert.Contains(word, page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheSignInPageSpeaksChineseToWhoAsksForIt()
    {
        await using Studio studio = await Studio.StartAsync(change: options => options with { AccessKey = "open" });
        string page = await ChineseAsync(studio, "/login", HttpStatusCode.OK);
        Assert.Contains("<html lang=\"zh-Hans\"", page, StringComparison.Ordinal);
        Assert.All(["访问密钥", "打开工作室"], word => Assert.Contains(word, page, StringComparison.Ordinal));
    }

    [Fact]
    public void TheWordBookKnowsTextsThatDifferInCaseOnlyAndPutsValuesIn()
    {
        WordBook book = new();
        Assert.Equal(("Done", "Step 2"), (book["Done"].Value, book["Step {0}", 2].Value));
        CultureInfo before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = new CultureInfo("zh-Hans");
            Assert.Equal(("完成", "等待中", "刚刚"), (book["done"].Value, book["waiting"].Value, book["just now"].Value));
            Assert.Equal(("队列", "键盘快捷键"), (book["queue"].Value, book["Keyboard shortcuts"].Value));
            Assert.Equal(("5 分钟前", true), (book["{0} min ago", 5].Value, book["No such text"].ResourceNotFound));
            LibraryWords library = new(book);
            Assert.Equal(("关闭", true), (library["MudDialog_Close"].Value, library["MudDataGrid_Sort"].ResourceNotFound));
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
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

    // What a browser that asks for Chinese gets, read as it shows it.
    private static async Task<string> ChineseAsync(Studio studio, string path, params HttpStatusCode[] fine)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.AcceptLanguage.ParseAdd("zh-Hans-CN,zh;q=0.9,en;q=0.5");
        request.Headers.Accept.ParseAdd("text/html");
        using HttpResponseMessage answer = await studio.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Contains(answer.StatusCode, fine);
        return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static Demo[] Demos() => JsonSerializer.Deserialize<Demo[]>(File.ReadAllText(Path.Combine(Golden.Repository, "wwwroot", "demo", "demo.json")), StudioJson.Options)!;

    // Words that classes make for pages, with parentheses closed up to three deep.
    [GeneratedRegex(@"\b(?:AnswerWords\.(?:Ago|Word|Progress|Ending|Stage)|ClipWords\.Facts|TaskTexts\.Role)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")]
    private static partial Regex Helped();

    // A sign of the Latin script beside a Chinese one.
    [GeneratedRegex(@"[\u4e00-\u9fff][,:;?!()]|[,:;?!()][\u4e00-\u9fff]")]
    private static partial Regex LatinPunctuation();

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

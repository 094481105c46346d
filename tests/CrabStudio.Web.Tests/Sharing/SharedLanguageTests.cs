using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using CrabStudio.Web.Api;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using CrabStudio.Web.Sharing;

namespace CrabStudio.Web.Tests.Sharing;

/// <summary>What others are given, in two languages.</summary>
public sealed partial class SharedLanguageTests : IAsyncLifetime
{
    private Studio studio = null!;

    public async ValueTask InitializeAsync() => studio = await Studio.StartAsync();

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task AnOfflineFileSpeaksTheLanguageOfWhoMakesItAndEnglishToPrograms()
    {
        (Guid _, Guid answer) = await Shared.FinishedAsync(studio);
        BundleFacts facts = await studio.GetAsync<BundleFacts>($"/api/answers/{answer}/bundle/facts?language=zh-Hans");
        byte[] file = await studio.Http.GetByteArrayAsync($"/api/answers/{answer}/bundle?language=zh-Hans");
        Assert.Equal(file.LongLength, facts.Bytes);
        IHtmlDocument page = Shared.Page(Encoding.UTF8.GetString(file));
        JsonElement data = Shared.Data(page), shown = data.GetProperty("answer");
        Assert.Equal(("zh-Hans", "zh-Hans"), (page.DocumentElement.GetAttribute("lang"), data.GetProperty("language").GetString()));
        Assert.Equal(["片段", "回答", "时间线", "模型看到和听到了什么", "路由"], page.QuerySelectorAll("main > section").Select(area => area.GetAttribute("aria-label")));
        Assert.Equal("CrabStudio · 离线副本", page.QuerySelector("header p")!.TextContent);
        Assert.Equal("路由", data.GetProperty("words").GetProperty("Routing").GetString());
        Assert.Equal("完成", shown.GetProperty("ending").GetString());
        Assert.Contains("首个词元用时", shown.GetProperty("facts").EnumerateArray().Select(fact => fact.GetProperty("name").GetString()));
        Assert.Equal("提示词，文本解码器", shown.GetProperty("routing").GetProperty("prompt")[0].GetProperty("name").GetString());

        // What the model was asked and said is what it was.
        Assert.Equal("<event> bell </event> <range> 0.2,0.9 </range>", shown.GetProperty("text").GetString());

        using HttpRequestMessage program = new(HttpMethod.Get, $"/api/answers/{answer}/bundle") { Headers = { { "Accept-Language", "zh-CN" } } };
        using HttpResponseMessage english = await studio.Http.SendAsync(program);
        IHtmlDocument plain = Shared.Page(await english.Content.ReadAsStringAsync());
        Assert.Equal("en", plain.DocumentElement.GetAttribute("lang"));
        Assert.All(Shared.Data(plain).GetProperty("words").EnumerateObject(), word => Assert.Equal(word.Name, word.Value.GetString()));

        using HttpResponseMessage unknown = await studio.Http.GetAsync($"/api/answers/{answer}/bundle?language=xx");
        Assert.Equal((HttpStatusCode.BadRequest, "language"), (unknown.StatusCode, (await unknown.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("field").GetString()));
    }

    [Fact]
    public async Task AShareLinkSpeaksTheLanguageOfItsReader()
    {
        (Guid session, Guid _) = await Shared.FinishedAsync(studio);
        using HttpResponseMessage made = await studio.Http.PostAsJsonAsync($"/api/sessions/{session}/links", new NewLink());
        string path = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("path").GetString()!;
        foreach ((string asked, string language, string routing, string none) in new[] { ("zh-CN,zh;q=0.9,en;q=0.5", "zh-Hans", "路由", "此链接无效"), ("en-GB,en;q=0.9", "en", "Routing", "This link does not work") })
        {
            using HttpClient reader = new() { BaseAddress = studio.Http.BaseAddress, DefaultRequestHeaders = { { "Accept-Language", asked } } };
            IHtmlDocument page = Shared.Page(await reader.GetStringAsync(path));
            Assert.Equal((language, routing), (page.DocumentElement.GetAttribute("lang"), page.GetElementById("routing")!.GetAttribute("aria-label")));
            Assert.Equal(routing, Shared.Data(page).GetProperty("words").GetProperty("Routing").GetString());
            using HttpResponseMessage gone = await reader.GetAsync(path + "x");
            IHtmlDocument nothing = Shared.Page(await gone.Content.ReadAsStringAsync());
            Assert.Equal((language, none), (nothing.DocumentElement.GetAttribute("lang"), nothing.QuerySelector("h1")!.TextContent));
        }
    }

    [Fact]
    public void EveryWordThatTheReadersPageAsksForIsAmongItsWords()
    {
        HashSet<string> asked = [.. Asked().Matches(ViewerPage.End).Select(match => match.Groups[1].Value)];
        Assert.Equal(ViewerWords.Of(EnglishWords.Only).Keys.Order(StringComparer.Ordinal), asked.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("en", "From 1/31/2026")]
    [InlineData("zh-Hans", "2026/1/31 起")]
    public void TheDaysOfAFilterFollowTheLanguage(string language, string words)
    {
        StudioLanguages.Speak(language);
        Assert.Equal(language, CultureInfo.CurrentCulture.Name);
        Assert.Equal([words], new SessionFilter { From = new DateOnly(2026, 1, 31) }.Chips(StudioLanguages.Spoken).Select(chip => chip.Words));
    }

    [Fact]
    public void WordsOfAVisitorStayTheirsWhateverIsSpokenAround()
    {
        StudioLanguages.Speak("zh-Hans");
        WordBook words = new(CultureInfo.CurrentUICulture);
        StudioLanguages.Speak("en");
        Assert.Equal(("路由", "运行 2"), (words["Routing"].Value, words["Run {0}", 2].Value));
        Assert.Equal("Routing", StudioLanguages.Spoken["Routing"].Value);
    }

    [GeneratedRegex(@"\bsay\('([^']*)'")]
    private static partial Regex Asked();
}

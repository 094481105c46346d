using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Sharing;

/// <summary>
/// A reader's page: one document of our own markup, style and script, around data. Its policy allows this one script and this
/// one style by their hashes and no other address than where its files are, so that nothing in the data could act even if it
/// broke out of its place; and it cannot, because <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> stand in it as escapes only.
/// </summary>
internal static class ViewerPage
{
    private static readonly IStringLocalizer<Words> L = StudioLanguages.Spoken;
    private static readonly string Style = Resource("viewer.css");
    private static readonly string Script = Resource("viewer.js");

    // Without it a browser asks for one where there is none.
    private const string Icon = "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/icons/crab.svg\">";

    // The strict encoder, said aloud: the page's safety rests on it.
    private static readonly JsonSerializerOptions Json = StudioJson.Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.Default });

    /// <summary>What the page may do.</summary>
    /// <param name="offline">Whether it holds its files itself; else they lie at its own origin.</param>
    public static string Policy(bool offline)
    {
        string files = offline ? "blob:" : "'self'";
        return $"default-src 'none'; script-src 'sha256-{Hash(Script)}'; style-src 'sha256-{Hash(Style)}'; img-src {files}; media-src {files}; base-uri 'none'; form-action 'none'";
    }

    /// <summary>The page up to its parts.</summary>
    public static string Beginning(SharedView view)
    {
        string said = view.Offline ? L["offline copy"] : L["shared to read"], icon = view.Offline ? "" : Icon;
        return $"""
            <!DOCTYPE html>
            <html lang="{view.Language}">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{Policy(view.Offline)}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <meta name="robots" content="noindex, nofollow">
            {icon}<title>{Text(view.Title)} · CrabStudio</title>
            <style>{Style}</style>
            </head>
            <body>
            <header><p class="quiet">CrabStudio · {Text(said)}</p><h1>{Text(view.Title)}</h1><nav id="others" aria-label="{Text(L["Questions of this session"])}" hidden></nav></header>
            <main>
            <section id="player" class="area-player" aria-label="{Text(L["Clip"])}"></section>
            <section id="answer" class="area-answer" aria-label="{Text(L["Answer"])}"><h2 data-testid="question">{Text(view.Answer?.Question ?? "")}</h2><p id="answer-text" class="answer-text" lang="" data-testid="answer-text">{Text(view.Answer?.Text ?? "")}</p></section>
            <section id="time" class="area-time" aria-label="{Text(L["Timeline"])}" data-testid="timeline"></section>
            <section id="seen" class="area-seen" aria-label="{Text(L["What the model saw and heard"])}"></section>
            <section id="routing" class="area-routing" aria-label="{Text(L["Routing"])}" data-testid="routing"></section>
            </main>
            <footer><p id="made"></p><noscript><p>{Text(L["Scripts are switched off in this browser, so only the question and the answer are shown; clip, timeline and routing need this page's own script."])}</p></noscript></footer>
            <script type="application/json" id="data">{JsonSerializer.Serialize(view, Json)}</script>

            """;
    }

    /// <summary>What stands before a part's content in base64.</summary>
    public static string PartBeginning(int part) => $"<script type=\"text/plain\" id=\"part-{part}\">";

    /// <summary>What stands behind it.</summary>
    public static string PartEnd => "</script>\n";

    /// <summary>The page behind its parts.</summary>
    public static string End => $"<script>{Script}</script>\n</body>\n</html>\n";

    /// <summary>A page that says that a link does not work; the same for each reason, so that it tells nothing.</summary>
    public static string NoSuchLink => $"""
        <!DOCTYPE html>
        <html lang="{StudioLanguages.Current}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <meta name="robots" content="noindex, nofollow">
        {Icon}<title>{Text(L["This link does not work"])} · CrabStudio</title>
        <style>{Style}</style>
        </head>
        <body>
        <header><p class="quiet">CrabStudio</p><h1>{Text(L["This link does not work"])}</h1></header>
        <main><section><p>{Text(L["It may have been mistyped, it may have expired, or it was taken back. Ask whoever gave it to you for a new one."])}</p></section></main>
        </body>
        </html>

        """;

    // Text is text: signs that no page may hold are shown as such.
    private static string Text(string text) =>
        WebUtility.HtmlEncode(string.Concat(text.Select(letter => char.IsControl(letter) && letter is not ('\n' or '\t') ? '\uFFFD' : letter)));

    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Resource(string name)
    {
        using Stream stream = typeof(ViewerPage).Assembly.GetManifestResourceStream($"CrabStudio.Web.Sharing.{name}") ?? throw new InvalidOperationException($"{name} is missing in the assembly.");
        using StreamReader reader = new(stream);

        // As a browser reads it: hashes are taken behind the folding of line ends.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}

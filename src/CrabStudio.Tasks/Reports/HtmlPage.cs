using System.Globalization;
using System.Net;
using System.Text;

namespace CrabStudio.Tasks.Reports;

/// <summary>A page that needs nothing beside it: no script, no other file, light and dark as the reader's system has it, narrow screens too.</summary>
internal sealed class HtmlPage
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1c2330;--soft:#5b6577;--line:#d9dee7;--page:#fff;--card:#f6f8fb;--mark:#2f6fb3;--warn:#fff3d6;--right:47,111,179;--wrong:200,80,40}
        @media(prefers-color-scheme:dark){:root{--ink:#e7ebf2;--soft:#a3adbd;--line:#39424f;--page:#14181f;--card:#1c222b;--mark:#6aa9e9;--warn:#3a2f12;--right:106,169,233;--wrong:240,140,90}}
        *{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);margin:0 auto;max-width:1180px;padding:24px}
        h1{font-size:1.5rem;margin:0}h2{font-size:1.2rem;margin:2.2rem 0 .3rem}h3{font-size:1rem;margin:1.2rem 0 .3rem}p,dd{color:var(--soft);margin:.2rem 0 .8rem;overflow-wrap:anywhere}a{color:var(--mark)}
        .scroll{overflow-x:auto;margin:0 0 .8rem}table{border-collapse:collapse;min-width:100%}th,td{padding:4px 8px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        thead th{vertical-align:bottom;font-weight:600}th:first-child,td:first-child{text-align:left}tr.main{font-weight:600}td .meaning{display:block;font-weight:400;font-size:.85rem;color:var(--soft);white-space:normal;min-width:16rem;max-width:34rem}
        .remark{background:var(--warn);border-left:4px solid #d9a21b;padding:8px 12px;color:var(--ink)}
        .matrix td,.matrix th{padding:2px 6px;text-align:center;font-size:.85rem}.matrix th:first-child{text-align:left}
        details{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:6px 12px;margin:.4rem 0}summary{cursor:pointer;overflow-wrap:anywhere}
        dl{margin:.5rem 0}dt{font-weight:600;font-size:.85rem}dd{margin:0 0 .5rem;white-space:pre-wrap;color:var(--ink)}
        @media(max-width:600px){body{padding:12px}h1{font-size:1.25rem}th,td{padding:4px}td .meaning{min-width:8rem}}
        """;

    private readonly StringBuilder page = new();

    /// <summary>Begins a page.</summary>
    public HtmlPage(string title)
    {
        page.Append($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{Text(title)}</title><style>\n{Style}\n</style></head><body>\n<h1>{Text(title)}</h1>\n");
    }

    /// <summary>Adds what is HTML already.</summary>
    public HtmlPage Raw(string html)
    {
        page.Append(html).Append('\n');
        return this;
    }

    /// <summary>A paragraph.</summary>
    public HtmlPage Line(string text) => Raw($"<p>{Text(text)}</p>");

    /// <summary>A paragraph that must not be missed.</summary>
    public HtmlPage Remark(string text) => Raw($"<p class=\"remark\" role=\"note\">{Text(text)}</p>");

    /// <summary>A heading of the second rank.</summary>
    public HtmlPage Heading(string text, string id) => Raw($"<h2 id=\"{Text(id)}\">{Text(text)}</h2>");

    /// <summary>A table; cells are HTML already.</summary>
    /// <param name="caption">What it shows, for those who hear it.</param>
    /// <param name="heads">Heads, as texts.</param>
    /// <param name="rows">Rows, and whether each stands out.</param>
    public HtmlPage Table(string caption, IEnumerable<string> heads, IEnumerable<(bool Main, IEnumerable<string> Cells)> rows)
    {
        // A region that scrolls must be reached by keys.
        page.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Text(caption)}\"><table><thead><tr>{string.Concat(heads.Select(head => $"<th scope=\"col\">{Text(head)}</th>"))}</tr></thead><tbody>\n");
        foreach ((bool main, IEnumerable<string> cells) in rows)
        {
            page.Append($"<tr{(main ? " class=\"main\"" : "")}>{string.Concat(cells.Select(cell => $"<td>{cell}</td>"))}</tr>\n");
        }

        return Raw("</tbody></table></div>");
    }

    /// <summary>A matrix of counts, shaded by the share of its row; what is right lies on the diagonal.</summary>
    /// <param name="caption">What it shows, for those who hear it.</param>
    /// <param name="labels">True labels: rows.</param>
    /// <param name="answers">Answers: columns, the labels first.</param>
    /// <param name="counts">How often, row by row.</param>
    public HtmlPage Matrix(string caption, IReadOnlyList<string> labels, IReadOnlyList<string> answers, IReadOnlyList<IReadOnlyList<int>> counts)
    {
        page.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Text(caption)}\"><table class=\"matrix\"><thead><tr><th scope=\"col\">true \\ answer</th>{string.Concat(answers.Select(label => $"<th scope=\"col\">{Text(label)}</th>"))}<th scope=\"col\">n</th></tr></thead><tbody>\n");
        foreach ((IReadOnlyList<int> cells, int row) in counts.Select((cells, row) => (cells, row)))
        {
            int all = Math.Max(1, cells.Sum());
            page.Append($"<tr><th scope=\"row\">{Text(labels[row])}</th>");
            foreach ((int count, int column) in cells.Select((count, column) => (count, column)))
            {
                page.Append(count == 0 ? "<td>·</td>" : string.Create(CultureInfo.InvariantCulture, $"<td style=\"background:rgba(var(--{(column == row ? "right" : "wrong")}),{0.08 + (0.42 * count / all):0.00})\">{count}</td>"));
            }

            page.Append($"<td>{cells.Sum()}</td></tr>\n");
        }

        return Raw("</tbody></table></div>");
    }

    /// <summary>The whole page.</summary>
    public string End() => page.Append("</body></html>\n").ToString();

    /// <summary>A text as HTML: whatever a model says stays a text. Signs that no page may hold are shown as such.</summary>
    public static string Text(string text) =>
        WebUtility.HtmlEncode(string.Concat(text.Select(letter => char.IsControl(letter) && letter is not ('\n' or '\t') ? '\uFFFD' : letter)));

    /// <summary>A figure.</summary>
    public static string Number(double? value) => value is { } number ? number.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    /// <summary>An interval.</summary>
    public static string Interval(double? low, double? high) => low is null ? "–" : $"{Number(low)} to {Number(high)}";

    /// <summary>A name with what it means below it.</summary>
    public static string Named(string name, string meaning) => $"{Text(name)}<span class=\"meaning\">{Text(meaning)}</span>";
}

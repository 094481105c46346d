using System.Globalization;
using System.Net;
using System.Text;

namespace CrabStudio.Tasks.AvUie;

/// <summary>The statistics of a data set as one HTML page that needs nothing beside it: figures, and charts drawn as SVG.</summary>
public static class AvUieReport
{
    private const int Width = 620, Row = 22, NameWidth = 170, MostLabels = 25, MostBars = 30;

    private const string Style = """
        :root{color-scheme:light dark;--ink:#1c2330;--soft:#5b6577;--line:#d9dee7;--page:#fff;--card:#f6f8fb;--a:#2f6fb3;--b:#d9822b}
        @media(prefers-color-scheme:dark){:root{--ink:#e7ebf2;--soft:#a3adbd;--line:#39424f;--page:#14181f;--card:#1c222b;--a:#6aa9e9;--b:#f0a65a}}
        body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);margin:0 auto;max-width:1360px;padding:24px}
        h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:.2rem 0 .6rem}p{color:var(--soft);margin:.2rem 0 1rem}
        .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{padding:4px 8px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}thead th{white-space:normal;vertical-align:bottom}
        th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}tfoot td{font-weight:600}
        .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:16px}
        figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px}
        figure svg{width:100%;height:auto;display:block}figcaption{font-weight:600;margin-bottom:6px}
        text{font:12px system-ui,sans-serif;fill:var(--ink)}.n{fill:var(--soft)}.a{fill:var(--a)}.b{fill:var(--b)}.axis{stroke:var(--line)}
        .key i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin:0 .3em 0 1em}
        """;

    /// <summary>Writes the page.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="keys">What was counted.</param>
    /// <param name="remarks">What could not be counted, one line each.</param>
    public static string Html(string name, IReadOnlyList<AvUieKeyStatistics> keys, IReadOnlyList<string> remarks)
    {
        StringBuilder page = new();
        page.Append($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{Text(name)}: statistics</title><style>{Style}</style></head><body>\n");
        page.Append($"<h1>{Text(name)}</h1><p>{Number(keys.Sum(key => key.Train))} samples to train on and {Number(keys.Sum(key => key.Test))} to test on, of {keys.Count} keys in {keys.Select(key => key.Family).Distinct().Count()} families.</p>\n");
        foreach (string remark in remarks)
        {
            page.Append($"<p role=\"alert\"><strong>{Text(remark)}</strong></p>\n");
        }

        Table(page, keys);
        page.Append("<h2>Samples</h2><p class=\"key\"><i style=\"background:var(--a)\"></i>train<i style=\"background:var(--b)\"></i>test</p><div class=\"cards\">");
        Bars(page, "Samples of each key", keys.Select(key => (key.Key, (double)key.Train, (double)key.Test)));
        Bars(page, "Samples of each family", keys.GroupBy(key => key.Family).Select(family => (Name(family.Key), (double)family.Sum(key => key.Train), (double)family.Sum(key => key.Test))));
        Bars(page, "Hours of each key, as far as they are known", keys.Select(key => (key.Key, Math.Round(key.Seconds / 3600, 3), 0d)));
        page.Append("</div>\n");
        foreach (AvUieKeyStatistics key in keys)
        {
            page.Append($"<h2 id=\"{key.Key}\">{key.Key}</h2><p>{Name(key.Family)}, {Text(TaskCatalog.Find(key.Key)!.Dataset)}</p><div class=\"cards\">");
            if (key.LabelCount > 0)
            {
                Bars(page, key.LabelCount > MostLabels ? $"The {MostLabels} most frequent of {Number(key.LabelCount)} labels" : "Labels", key.Labels.Take(MostLabels).Select(label => (label.Key, (double)label.Value, 0d)));
            }

            Histogram(page, "Words of an answer", key.AnswerWords);
            Histogram(page, "Seconds of a time range", key.RangeSeconds);
            Histogram(page, "Sentences before the conclusion", key.ReasoningSteps);
            page.Append("</div>\n");
        }

        return page.Append("</body></html>\n").ToString();
    }

    /// <summary>A family's name in words, such as <c>temporal localization</c>.</summary>
    public static string Name(TaskFamily family) =>
        string.Concat(family.ToString().Select((letter, place) => char.IsUpper(letter) ? (place == 0 ? "" : " ") + char.ToLowerInvariant(letter) : letter.ToString()));

    private static void Table(StringBuilder page, IReadOnlyList<AvUieKeyStatistics> keys)
    {
        page.Append("<div class=\"scroll\"><table><thead><tr><th>key</th><th>family</th><th>train</th><th>test</th><th>unreadable</th><th>clips</th><th>hours</th><th>clips of unknown length</th><th>labels</th><th>words (median, 95%)</th><th>range s (median, 95%)</th><th>steps (mean)</th></tr></thead><tbody>\n");
        foreach (AvUieKeyStatistics key in keys)
        {
            string[] cells =
            [
                $"<a href=\"#{key.Key}\">{key.Key}</a>", Name(key.Family), Number(key.Train), Number(key.Test), Number(key.Unreadable), Number(key.Clips), Hours(key.Seconds, key.Clips > key.ClipsOfUnknownLength),
                Number(key.ClipsOfUnknownLength), Number(key.LabelCount), Two(key.AnswerWords), Two(key.RangeSeconds), key.ReasoningSteps.Mean?.ToString("0.0", CultureInfo.InvariantCulture) ?? "–",
            ];
            page.Append("<tr>").AppendJoin("", cells.Select(cell => $"<td>{cell}</td>")).Append("</tr>\n");
        }

        page.Append($"</tbody><tfoot><tr><td>all</td><td></td><td>{Number(keys.Sum(key => key.Train))}</td><td>{Number(keys.Sum(key => key.Test))}</td><td>{Number(keys.Sum(key => key.Unreadable))}</td><td>{Number(keys.Sum(key => key.Clips))}</td><td>{Hours(keys.Sum(key => key.Seconds), keys.Any(key => key.Clips > key.ClipsOfUnknownLength))}</td><td>{Number(keys.Sum(key => key.ClipsOfUnknownLength))}</td><td></td><td></td><td></td><td></td></tr></tfoot></table></div>\n");
    }

    // Lying bars, one a name; two values of a name follow each other on the same line.
    private static void Bars(StringBuilder page, string caption, IEnumerable<(string Name, double First, double Second)> values)
    {
        (string Name, double First, double Second)[] rows = [.. values];
        double most = Math.Max(1e-9, rows.Select(row => row.First + row.Second).DefaultIfEmpty(0).Max());
        double room = Width - NameWidth - 80;
        page.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(caption)}</figcaption><svg viewBox=\"0 0 {Width} {Math.Max(1, rows.Length) * Row}\" role=\"img\" aria-label=\"{Text(caption)}\">");
        for (int place = 0; place < rows.Length; place++)
        {
            (string name, double first, double second) = rows[place];
            double firstWidth = first / most * room, secondWidth = second / most * room;
            int top = place * Row;
            string said = second > 0 ? $"{Number(first)} + {Number(second)}" : Number(first);
            page.Append(CultureInfo.InvariantCulture, $"<text x=\"{NameWidth - 8}\" y=\"{top + 15}\" text-anchor=\"end\">{Text(name.Length > 26 ? name[..25] + "…" : name)}<title>{Text(name)}: {said}</title></text>");
            page.Append(CultureInfo.InvariantCulture, $"<rect class=\"a\" x=\"{NameWidth}\" y=\"{top + 3}\" width=\"{firstWidth:0.##}\" height=\"{Row - 7}\"/>");
            if (second > 0)
            {
                page.Append(CultureInfo.InvariantCulture, $"<rect class=\"b\" x=\"{NameWidth + firstWidth:0.##}\" y=\"{top + 3}\" width=\"{secondWidth:0.##}\" height=\"{Row - 7}\"/>");
            }

            page.Append(CultureInfo.InvariantCulture, $"<text class=\"n\" x=\"{NameWidth + firstWidth + secondWidth + 6:0.##}\" y=\"{top + 15}\">{said}</text>");
        }

        page.Append("</svg></figure>\n");
    }

    // Standing bars of equal width over the values' range.
    private static void Histogram(StringBuilder page, string caption, Distribution values)
    {
        if (values.Count == 0)
        {
            return;
        }

        double low = Math.Floor(values.Min!.Value), step = Math.Max(1, Math.Ceiling((values.Max!.Value + 1 - low) / MostBars));
        int[] bars = new int[(int)((values.Max!.Value - low) / step) + 1];
        foreach ((double value, int count) in values.Counts)
        {
            bars[(int)((value - low) / step)] += count;
        }

        const int height = 190, left = 10, bottom = 150;
        double wide = Math.Min(60, (Width - (2d * left)) / bars.Length), most = bars.Max();
        page.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(caption)}</figcaption><svg viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"{Text(caption)}: {Two(values)} (median, 95%)\"><line class=\"axis\" x1=\"{left}\" x2=\"{Width - left}\" y1=\"{bottom}\" y2=\"{bottom}\"/>");
        // As many marks below the axis as have room.
        int every = Math.Max(1, (int)Math.Ceiling(44 / wide));
        for (int bar = 0; bar < bars.Length; bar++)
        {
            double x = left + (bar * wide), tall = bars[bar] / most * (bottom - 20);
            string range = step == 1 ? Number(low + bar) : $"{Number(low + (bar * step))}–{Number(low + ((bar + 1) * step) - 1)}";
            page.Append(CultureInfo.InvariantCulture, $"<rect class=\"a\" x=\"{x + 1:0.##}\" y=\"{bottom - tall:0.##}\" width=\"{wide - 2:0.##}\" height=\"{tall:0.##}\"><title>{range}: {Number(bars[bar])}</title></rect>");
            if (bar % every == 0)
            {
                page.Append(CultureInfo.InvariantCulture, $"<text class=\"n\" x=\"{x + (wide / 2):0.##}\" y=\"{bottom + 16}\" text-anchor=\"middle\">{Number(low + (bar * step))}</text>");
            }
        }

        page.Append(CultureInfo.InvariantCulture, $"<text class=\"n\" x=\"{left}\" y=\"{height - 6}\">{Number(values.Count)} values, mean {values.Mean:0.0}, median {Number(values.Median!.Value)}, 95% {Number(values.Quantile(0.95)!.Value)}, most {Number(values.Max!.Value)}</text></svg></figure>\n");
    }

    /// <summary>Median and 95% of values, or a dash of none.</summary>
    public static string Two(Distribution values) => values.Count == 0 ? "–" : $"{Number(values.Median!.Value)}, {Number(values.Quantile(0.95)!.Value)}";

    /// <summary>Hours, or <c>unknown</c> where no length is known.</summary>
    public static string Hours(double seconds, bool known) => known ? (seconds / 3600).ToString("#,0.000", CultureInfo.InvariantCulture) : "unknown";

    private static string Number(double value) => value.ToString("#,0.###", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

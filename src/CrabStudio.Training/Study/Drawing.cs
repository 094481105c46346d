using System.Globalization;
using System.Text;
using CrabStudio.Tasks.Reports;

namespace CrabStudio.Training.Study;

/// <summary>A picture in a page as SVG: it takes the page's ink, so it is right in light and dark.</summary>
internal sealed class Drawing
{
    /// <summary>Ink of the page, its soft ink, and its lines.</summary>
    public const string Ink = "var(--ink)", Soft = "var(--soft)", Rule = "var(--line)", Mark = "var(--mark)";

    private readonly StringBuilder svg = new();

    /// <summary>Begins a picture.</summary>
    /// <param name="width">Width in its own units, about pixels.</param>
    /// <param name="height">Height.</param>
    /// <param name="label">What it shows, for those who hear it.</param>
    public Drawing(double width, double height, string label)
    {
        svg.Append(string.Create(CultureInfo.InvariantCulture, $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{HtmlPage.Text(label)}\"><svg role=\"img\" aria-label=\"{HtmlPage.Text(label)}\" viewBox=\"0 0 {width:0.##} {height:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" style=\"font:12px system-ui,sans-serif\">\n"));
    }

    /// <summary>A line.</summary>
    public Drawing Line(double x1, double y1, double x2, double y2, string colour, double width = 1) =>
        Add($"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" style=\"stroke:{colour};stroke-width:{width:0.##}\"/>");

    /// <summary>A rectangle, with what it says when it is pointed at.</summary>
    public Drawing Rectangle(double x, double y, double width, double height, string colour, string title, double opacity = 1) =>
        Add($"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{Math.Max(0, width):0.##}\" height=\"{height:0.##}\" style=\"fill:{colour};fill-opacity:{opacity:0.###}\"><title>{HtmlPage.Text(title)}</title></rect>");

    /// <summary>A disc, or a square on its corner: two kinds that are told apart without colours.</summary>
    public Drawing Dot(double x, double y, string colour, bool round, string title) => round
        ? Add($"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"4.5\" style=\"fill:{colour}\"><title>{HtmlPage.Text(title)}</title></circle>")
        : Add($"<path d=\"M{x:0.##} {y - 5.5:0.##}l5.5 5.5l-5.5 5.5l-5.5 -5.5z\" style=\"fill:{colour}\"><title>{HtmlPage.Text(title)}</title></path>");

    /// <summary>Words.</summary>
    /// <param name="x">Where they begin, end or have their middle.</param>
    /// <param name="y">Where they stand.</param>
    /// <param name="text">The words.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    /// <param name="colour">Colour.</param>
    public Drawing Words(double x, double y, string text, string anchor = "start", string colour = Ink) =>
        Add($"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\" style=\"fill:{colour}\">{HtmlPage.Text(text)}</text>");

    /// <summary>The picture.</summary>
    public string End() => svg.Append("</svg></div>").ToString();

    private Drawing Add(FormattableString element)
    {
        svg.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
        return this;
    }
}

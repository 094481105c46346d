using CrabStudio.Model.Configuration;
using CrabStudio.Web.Components.Evaluations;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Asking;

/// <summary>Words for what a small model's card says.</summary>
public static class CardWords
{
    /// <summary>The line beside a kind of question.</summary>
    public static string Short(ModelCardFigure figure, IStringLocalizer<Words> L) => figure.BeatsGuessing
        ? L["{0} {1} on unseen clips (guessing: {2})", FigureWords.Name(figure.Name, L), Share(figure.Value), Share(figure.Guessing)]
        : L["{0}: this small model only guesses ({1}; guessing: {2})", FigureWords.Name(figure.Name, L), Share(figure.Value), Share(figure.Guessing)];

    /// <summary>A share of 1.</summary>
    public static string Share(double? share) => share is { } value ? RoutingWords.Number(value, "0.00") : "–";
}

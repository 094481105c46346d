using CrabStudio.Model.Configuration;
using CrabStudio.Web.Components.Routing;

namespace CrabStudio.Web.Components.Asking;

/// <summary>Words for what a small model's card says.</summary>
public static class CardWords
{
    /// <summary>The line beside a kind of question.</summary>
    public static string Short(ModelCardFigure figure) => figure.BeatsGuessing
        ? $"{figure.Name} {Share(figure.Value)} on unseen clips (guessing: {Share(figure.Guessing)})"
        : $"{figure.Name}: this small model only guesses ({Share(figure.Value)}; guessing: {Share(figure.Guessing)})";

    /// <summary>A share of 1.</summary>
    public static string Share(double? share) => share is { } value ? RoutingWords.Number(value, "0.00") : "–";
}

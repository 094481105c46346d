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

    /// <summary>What the model was shown. Cards are written in English: that of the default model is known here, another stays as it is.</summary>
    public static string Knows(ModelCard card, IStringLocalizer<Words> L) => card.Knows switch
    {
        "a made-up world: 16 things as emoji pictures with sounds of their own (violin, guitar, piano, trumpet, saxophone, accordion, banjo, flute, drum, bell, telephone, bird, helicopter, applause, sea, speech), 7 emotions of emoji faces with synthetic voices, 8 ways to move, 6 background colours, in clips of at most ten seconds" =>
            L["a made-up world: 16 things as emoji pictures with sounds of their own (violin, guitar, piano, trumpet, saxophone, accordion, banjo, flute, drum, bell, telephone, bird, helicopter, applause, sea, speech), 7 emotions of emoji faces with synthetic voices, 8 ways to move, 6 background colours, in clips of at most ten seconds"],
        _ => card.Knows,
    };

    /// <summary>A share of 1.</summary>
    public static string Share(double? share) => share is { } value ? RoutingWords.Number(value, "0.00") : "–";
}

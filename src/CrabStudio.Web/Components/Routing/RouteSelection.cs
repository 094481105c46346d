using System.Globalization;
using System.Text.RegularExpressions;
using CrabStudio.Model.Generation;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Routing;

/// <summary>Parts of the network that route.</summary>
public enum RouteNetwork
{
    /// <summary>The text decoder.</summary>
    Text,

    /// <summary>The audio tower.</summary>
    Audio,

    /// <summary>The vision tower.</summary>
    Vision,
}

/// <summary>A place on a picture that the model saw, from 0.</summary>
/// <param name="Frame">Number of the picture.</param>
/// <param name="Row">Row of merged patches.</param>
/// <param name="Column">Column of merged patches.</param>
public readonly record struct PatchPlace(int Frame, int Row, int Column);

/// <summary>
/// What a person chose in one view of the routes and all others follow. It lives in the address of the page as
/// <c>select=tokens-3-5~layer-12</c>: items parted by “~”, each a name and a value. Tokens, frames, rows and columns count
/// from 1 there, as the page writes them; layers keep their own numbers; experts have letters.
/// </summary>
public sealed partial record RouteSelection
{
    /// <summary>Name in the address.</summary>
    public const string Query = "select";

    /// <summary>Nothing.</summary>
    public static RouteSelection None { get; } = new();

    /// <summary>Tokens of the answer, first to last, from 0.</summary>
    public (int First, int Last)? Tokens { get; init; }

    /// <summary>A span of the clip in seconds; the end is outside.</summary>
    public (double From, double To)? Time { get; init; }

    /// <summary>A patch.</summary>
    public PatchPlace? Patch { get; init; }

    /// <summary>Positions of one kind.</summary>
    public PromptPart? Modality { get; init; }

    /// <summary>A part of the network.</summary>
    public RouteNetwork? Network { get; init; }

    /// <summary>A layer.</summary>
    public int? Layer { get; init; }

    /// <summary>A module: q, k, v, o, gate, up, down.</summary>
    public string? Module { get; init; }

    /// <summary>An expert, from 0.</summary>
    public int? Expert { get; init; }

    /// <summary>Whether nothing is selected.</summary>
    public bool IsEmpty => this == None;

    /// <summary>Whether it says which positions or tokens are meant.</summary>
    public bool HasPlace => Tokens is not null || Time is not null || Patch is not null || Modality is not null;

    /// <summary>Whether it says which linears are meant.</summary>
    public bool HasLinears => Layer is not null || Module is not null;

    /// <summary>The linears alone that are meant in a part of the network: all of it when those of another part are.</summary>
    public RouteSelection LinearsOf(RouteNetwork network) => Network is null || Network == network ? new RouteSelection { Layer = Layer, Module = Module } : None;

    /// <summary>Reads the form of the address. What is no selection is left out, so that an old or broken address still opens the page.</summary>
    public static RouteSelection Parse(string? text)
    {
        RouteSelection selection = None;
        foreach (string item in (text ?? "").Split('~', StringSplitOptions.RemoveEmptyEntries))
        {
            int dash = item.IndexOf('-');
            string name = dash < 0 ? item : item[..dash], value = dash < 0 ? "" : item[(dash + 1)..];
            selection = name switch
            {
                "tokens" when Whole(value.Split('-')) is [> 0 and var first, .. var rest] && rest is [] or [> 0] && (rest is [] || rest[0] >= first) => selection with { Tokens = (first - 1, (rest is [var last] ? last : first) - 1) },
                "time" when Seconds(value) is { } time => selection with { Time = time },
                "patch" when Whole(value.Split('.')) is [> 0 and var frame, > 0 and var row, > 0 and var column] => selection with { Patch = new PatchPlace(frame - 1, row - 1, column - 1) },
                "modality" when Modalities.FirstOrDefault(one => one.Name == value) is { Name: not null } modality => selection with { Modality = modality.Part },
                "part" when Networks.FirstOrDefault(one => one.Name == value) is { Name: not null } network => selection with { Network = network.Network },
                "layer" when Whole([value]) is [var layer] => selection with { Layer = layer },
                "module" when ModuleName().IsMatch(value) => selection with { Module = value },
                "expert" when value is [>= 'A' and <= 'Z' and var letter] => selection with { Expert = letter - 'A' },
                _ => selection,
            };
        }

        return selection;
    }

    /// <summary>The form of the address; null when nothing is selected.</summary>
    public string? ToQuery()
    {
        List<string> items = [];
        Add("tokens", Tokens is { } tokens ? tokens.First == tokens.Last ? $"{tokens.First + 1}" : $"{tokens.First + 1}-{tokens.Last + 1}" : null);
        Add("time", Time is { } time ? $"{Number(time.From)}-{Number(time.To)}" : null);
        Add("patch", Patch is { } patch ? $"{patch.Frame + 1}.{patch.Row + 1}.{patch.Column + 1}" : null);
        Add("modality", Modality is { } modality ? Modalities.First(one => one.Part == modality).Name : null);
        Add("part", Network is { } network ? Networks.First(one => one.Network == network).Name : null);
        Add("layer", Layer?.ToString(CultureInfo.InvariantCulture));
        Add("module", Module);
        Add("expert", Expert is { } expert and < 26 ? ExpertPalette.Letter(expert) : null);
        return items.Count == 0 ? null : string.Join('~', items);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                items.Add($"{name}-{value}");
            }
        }
    }

    /// <summary>What is selected, in words; empty when nothing is.</summary>
    /// <param name="L">The words of the page.</param>
    public string Words(IStringLocalizer<Words> L)
    {
        List<string> words = [];
        Say(Tokens is { } tokens ? tokens.First == tokens.Last ? L["token {0}", tokens.First + 1].Value : L["tokens {0} to {1}", tokens.First + 1, tokens.Last + 1].Value : null);
        Say(Time is { } time ? L["{0} to {1} s", RoutingWords.Number(time.From, "0.00"), RoutingWords.Number(time.To, "0.00")].Value : null);
        Say(Patch is { } patch ? L["picture {0}, row {1}, column {2}", patch.Frame + 1, patch.Row + 1, patch.Column + 1].Value : null);
        Say(Modality is { } modality ? L["positions of the {0}", TowerRoutes.Words(modality, L)].Value : null);
        Say(Network is { } network ? Name(network, L) : null);
        Say(Layer is { } layer ? L["layer {0}", layer].Value : null);
        Say(Module is { } module ? L["module {0}", module].Value : null);
        Say(Expert is { } expert ? L["expert {0}", ExpertPalette.Letter(expert)].Value : null);
        return string.Join(" · ", words);

        void Say(string? item)
        {
            if (item is not null)
            {
                words.Add(item);
            }
        }
    }

    /// <summary>What a part of the network is called.</summary>
    /// <param name="network">The part.</param>
    /// <param name="L">The words of the page.</param>
    public static string Name(RouteNetwork network, IStringLocalizer<Words> L) => network switch
    {
        RouteNetwork.Text => L["text decoder"],
        RouteNetwork.Audio => L["audio tower"],
        _ => L["vision tower"],
    };

    /// <summary>The same for a heading.</summary>
    public static string Title(RouteNetwork network, IStringLocalizer<Words> L) => network switch
    {
        RouteNetwork.Text => L["Text decoder"],
        RouteNetwork.Audio => L["Audio tower"],
        _ => L["Vision tower"],
    };

    /// <summary>Whether a linear of a part of the network is meant.</summary>
    public bool Takes(RouteNetwork network, RouteLinear linear) =>
        (Network is null || Network == network) && (Layer is null || linear.Layer == Layer) && (Module is null || linear.Module == Module);

    /// <summary>
    /// Whether a position of the prompt, an audio frame or a patch is meant. With tokens of the answer selected, none is. Pictures are
    /// moments, so that the last of a pair counts where a span begins with it; sound lasts, and its end is outside.
    /// </summary>
    public bool Takes(RoutePlace place) =>
        Tokens is null
        && (Modality is null || place.Part == Modality)
        && (Time is not { } time || (place.From is { } from && place.To is { } to && from < time.To && (place.Frame >= 0 || to == from ? to >= time.From : to > time.From)))
        && (Patch is not { } patch || (place.Frame >= 0 && patch.Frame >= place.Frame && patch.Frame <= place.LastFrame && patch.Row == place.Row && patch.Column == place.Column));

    /// <summary>Whether a token of the answer is meant. What is selected on the clip means no token.</summary>
    public bool Takes(int token) => Tokens is { } tokens ? token >= tokens.First && token <= tokens.Last : Time is null && Patch is null && Modality is null;

    private static readonly (string? Name, PromptPart Part)[] Modalities = [("words", PromptPart.Text), ("sound", PromptPart.Audio), ("video", PromptPart.Video), ("still", PromptPart.Image)];

    private static readonly (string? Name, RouteNetwork Network)[] Networks = [("text", RouteNetwork.Text), ("audio", RouteNetwork.Audio), ("vision", RouteNetwork.Vision)];

    private static string Number(double seconds) => seconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static int[] Whole(string[] numbers)
    {
        int[] read = new int[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (!int.TryParse(numbers[i], NumberStyles.None, CultureInfo.InvariantCulture, out read[i]))
            {
                return [];
            }
        }

        return read;
    }

    private static (double From, double To)? Seconds(string value) =>
        value.Split('-') is [var start, var end]
        && double.TryParse(start, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double from)
        && double.TryParse(end, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double to)
        && double.IsFinite(from) && double.IsFinite(to) && to > from
            ? (from, to)
            : null;

    [GeneratedRegex("^[A-Za-z0-9_]{1,32}$")]
    private static partial Regex ModuleName();
}

using System.Globalization;
using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Comparing;

/// <summary>Where the texts of two runs part.</summary>
/// <param name="Token">Index of the first token that is not the same.</param>
/// <param name="First">What the first run says there; null: it has ended.</param>
/// <param name="Other">What the other run says there; null: it has ended.</param>
public sealed record TextParting(int Token, string? First, string? Other);

/// <summary>Two to four runs about the same clips, side by side. Plain arithmetic on what is stored; knows neither services nor a browser.</summary>
public sealed class RunComparison
{
    private readonly IStringLocalizer<Words> L;

    /// <summary>Of loaded answers, in the order in which they stand beside each other.</summary>
    /// <param name="answers">The answers.</param>
    /// <param name="L">The words.</param>
    public RunComparison(IEnumerable<ComparedAnswer> answers, IStringLocalizer<Words> L)
    {
        this.L = L;
        Runs = [.. answers.Select((answer, index) => new ComparedRun(index + 1, answer, L))];
        Facts = [.. FactsOf(Runs)];
        Routing = new RoutingDifference(Runs, L);
        foreach (ComparedRun run in Runs)
        {
            run.Release();
        }
    }

    /// <summary>The runs.</summary>
    public IReadOnlyList<ComparedRun> Runs { get; }

    /// <summary>The run that the others are compared with.</summary>
    public ComparedRun First => Runs[0];

    /// <summary>The others.</summary>
    public IEnumerable<ComparedRun> Others => Runs.Skip(1);

    /// <summary>Questions, settings and times.</summary>
    public IReadOnlyList<RunFact> Facts { get; }

    /// <summary>How the routing differs.</summary>
    public RoutingDifference Routing { get; }

    /// <summary>Lanes of all runs on the axis of a clip: the same event of different runs one below the other.</summary>
    public IReadOnlyList<Lane> Lanes(double durationSeconds) =>
    [
        .. Runs.SelectMany(run => Lane.From(run.State.Parsed.Events, durationSeconds).Select(lane => lane with { Source = run.Name }))
            .GroupBy(lane => (Label: lane.Label.ToUpperInvariant(), lane.Modality))
            .SelectMany(same => same),
    ];

    /// <summary>The first token that a run does not say as the first run does; null: they say the same.</summary>
    public TextParting? TextParts(ComparedRun other)
    {
        IReadOnlyList<ShownToken> first = First.State.Tokens, second = other.State.Tokens;
        int longest = Math.Max(first.Count, second.Count);
        for (int index = 0; index < longest; index++)
        {
            ShownToken? one = index < first.Count ? first[index] : null, two = index < second.Count ? second[index] : null;
            if (one?.TokenId != two?.TokenId)
            {
                return new TextParting(index, one?.Text, two?.Text);
            }
        }

        return null;
    }

    /// <summary>Where the texts part, in words.</summary>
    public string TextWords(ComparedRun other) => TextParts(other) switch
    {
        null when First.State.Tokens.Count == 0 => L["neither run has said anything"],
        null => L["the same {0} tokens", First.State.Tokens.Count],
        { Other: null } parting => parting.Token == 0 ? L["{0} says nothing", other.Name] : L["{0} ends after {1}, where {2} goes on with “{3}”", other.Name, Tokens(parting.Token), First.Name, RoutingWords.Visible(parting.First!)],
        { First: null } parting => parting.Token == 0 ? L["{0} says nothing", First.Name] : L["{0} ends after {1}, where {2} goes on with “{3}”", First.Name, Tokens(parting.Token), other.Name, RoutingWords.Visible(parting.Other!)],
        { } parting => L["token {0}: {1} says “{2}”, {3} “{4}”", parting.Token + 1, First.Name, RoutingWords.Visible(parting.First!), other.Name, RoutingWords.Visible(parting.Other!)],
    };

    private string Tokens(int count) => count == 1 ? L["one token"] : L["{0} tokens", count];

    private IEnumerable<RunFact> FactsOf(IReadOnlyList<ComparedRun> runs)
    {
        RunFact Fact(string name, Func<ComparedRun, string?> value, bool measured = false) => new(name, [.. runs.Select(run => value(run) is { Length: > 0 } text ? text : "–")], measured);
        yield return Fact(L["Question"], run => run.State.QuestionText);
        yield return Fact(L["Task"], run => run.State.TaskKey.Length == 0 ? L["free"] : run.State.TaskKey);
        yield return Fact(L["Altered"], run => run.State.Intervention is { } intervention ? AlterWords.Whole(intervention, L) : L["no"]);
        yield return Fact(L["Model"], run => run.State.Model?.Name);
        yield return Fact(L["Adapter"], run => run.State.Model is { } model ? model.Adapter ?? L["none"] : null);
        yield return Fact(L["Alpha"], run => run.State.Model is { Adapter: not null } model ? RoutingWords.Number(model.Alpha, "0.####") : null);
        yield return Fact(L["Precision"], run => run.State.Model is { } model ? L["{0} on {1}", model.Precision, model.Device].Value : null);
        yield return Fact(L["Frames seen"], run => run.State.Seen?.Frames.Count.ToString(CultureInfo.InvariantCulture));
        yield return Fact(L["Prompt tokens"], run => run.State.Seen?.PromptTokens.ToString(CultureInfo.InvariantCulture));
        yield return Fact(L["Longest answer allowed"], run => run.State.MaxNewTokens.ToString(CultureInfo.InvariantCulture));
        yield return Fact(L["How it ended"], run => AnswerWords.Ending(run.State, L) ?? AnswerWords.Progress(run.State, L));
        yield return Fact(L["Tokens of the answer"], run => run.State.Tokens.Count.ToString(CultureInfo.InvariantCulture));
        yield return Fact(L["To the first token"], run => AnswerWords.Seconds(run.State.FirstTokenSeconds), measured: true);
        yield return Fact(L["Tokens a second"], run => AnswerWords.Rate(run.State.TokensPerSecond), measured: true);
        yield return Fact(L["In all"], run => AnswerWords.Seconds(run.State.TotalSeconds), measured: true);
        yield return Fact(L["Asked"], run => AnswerWords.Exact(run.State.AskedAt), measured: true);
    }
}

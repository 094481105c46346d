using System.Globalization;
using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Components.Comparing;

/// <summary>Where the texts of two runs part.</summary>
/// <param name="Token">Index of the first token that is not the same.</param>
/// <param name="First">What the first run says there; null: it has ended.</param>
/// <param name="Other">What the other run says there; null: it has ended.</param>
public sealed record TextParting(int Token, string? First, string? Other);

/// <summary>Two to four runs about the same clips, side by side. Plain arithmetic on what is stored; knows neither services nor a browser.</summary>
public sealed class RunComparison
{
    /// <summary>Of loaded answers, in the order in which they stand beside each other.</summary>
    public RunComparison(IEnumerable<ComparedAnswer> answers)
    {
        Runs = [.. answers.Select((answer, index) => new ComparedRun(index + 1, answer))];
        Facts = [.. FactsOf(Runs)];
        Routing = new RoutingDifference(Runs);
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
        null when First.State.Tokens.Count == 0 => "neither run has said anything",
        null => $"the same {First.State.Tokens.Count} tokens",
        { Other: null } parting => parting.Token == 0 ? $"{other.Name} says nothing" : $"{other.Name} ends after {Tokens(parting.Token)}, where {First.Name} goes on with “{RoutingWords.Visible(parting.First!)}”",
        { First: null } parting => parting.Token == 0 ? $"{First.Name} says nothing" : $"{First.Name} ends after {Tokens(parting.Token)}, where {other.Name} goes on with “{RoutingWords.Visible(parting.Other!)}”",
        { } parting => $"token {parting.Token + 1}: {First.Name} says “{RoutingWords.Visible(parting.First!)}”, {other.Name} “{RoutingWords.Visible(parting.Other!)}”",
    };

    private static string Tokens(int count) => count == 1 ? "one token" : $"{count} tokens";

    private static IEnumerable<RunFact> FactsOf(IReadOnlyList<ComparedRun> runs)
    {
        RunFact Fact(string name, Func<ComparedRun, string?> value, bool measured = false) => new(name, [.. runs.Select(run => value(run) is { Length: > 0 } text ? text : "–")], measured);
        yield return Fact("Question", run => run.State.QuestionText);
        yield return Fact("Task", run => run.State.TaskKey.Length == 0 ? "free" : run.State.TaskKey);
        yield return Fact("Altered", run => run.State.Intervention is { } intervention ? AlterWords.Whole(intervention) : "no");
        yield return Fact("Model", run => run.State.Model?.Name);
        yield return Fact("Adapter", run => run.State.Model is { } model ? model.Adapter ?? "none" : null);
        yield return Fact("Alpha", run => run.State.Model is { Adapter: not null } model ? RoutingWords.Number(model.Alpha, "0.####") : null);
        yield return Fact("Precision", run => run.State.Model is { } model ? $"{model.Precision} on {model.Device}" : null);
        yield return Fact("Frames seen", run => run.State.Seen?.Frames.Count.ToString(CultureInfo.InvariantCulture));
        yield return Fact("Prompt tokens", run => run.State.Seen?.PromptTokens.ToString(CultureInfo.InvariantCulture));
        yield return Fact("Longest answer allowed", run => run.State.MaxNewTokens.ToString(CultureInfo.InvariantCulture));
        yield return Fact("How it ended", run => AnswerWords.Ending(run.State) ?? AnswerWords.Progress(run.State));
        yield return Fact("Tokens of the answer", run => run.State.Tokens.Count.ToString(CultureInfo.InvariantCulture));
        yield return Fact("To the first token", run => AnswerWords.Seconds(run.State.FirstTokenSeconds), measured: true);
        yield return Fact("Tokens a second", run => AnswerWords.Rate(run.State.TokensPerSecond), measured: true);
        yield return Fact("In all", run => AnswerWords.Seconds(run.State.TotalSeconds), measured: true);
        yield return Fact("Asked", run => AnswerWords.Exact(run.State.AskedAt), measured: true);
    }
}

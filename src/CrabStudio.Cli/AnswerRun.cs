using System.Text;
using CrabStudio.Engine;
using CrabStudio.Model;
using CrabStudio.Model.Generation;

namespace CrabStudio.Cli;

/// <summary>One answer as a whole.</summary>
/// <param name="Text">The text.</param>
/// <param name="TokenIds">Its tokens.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="PromptTokens">Length of the prompt in tokens.</param>
/// <param name="PrefillSeconds">From the start of the features until the prompt had been read.</param>
/// <param name="FirstTokenSeconds">Until the first token; null when there was none.</param>
/// <param name="Seconds">The whole time.</param>
/// <param name="Experts">Mean weight of each expert over linears and tokens; null without a token, or when no adapter speaks.</param>
internal sealed record Answer(
    string Text,
    IReadOnlyList<int> TokenIds,
    FinishReason Reason,
    int PromptTokens,
    double PrefillSeconds,
    double? FirstTokenSeconds,
    double Seconds,
    IReadOnlyList<double>? Experts);

/// <summary>Follows an engine from loading to the end of an answer.</summary>
internal static class AnswerRun
{
    /// <summary>Starts an engine and waits until its model is loaded.</summary>
    /// <exception cref="ModelException">It cannot be loaded.</exception>
    public static async Task<AnalysisEngine> LoadAsync(ModelOptions model, ProgressLine progress, CancellationToken cancellation)
    {
        AnalysisEngine engine = new(model);
        try
        {
            while (await Task.WhenAny(engine.Loaded, Task.Delay(100, cancellation)) != engine.Loaded)
            {
                cancellation.ThrowIfCancellationRequested();
                progress.Show(FormattableString.Invariant($"loading the model {engine.Status.Fraction:0%}"));
            }

            await engine.Loaded;
            progress.Dispose();
            if (engine.Status.Model is { Untrained: true })
            {
                progress.Line("untrained weights: answers are noise");
            }
            else if (engine.Status.Model?.Card is { } card)
            {
                progress.Line($"a small model: it was shown {card.Knows}; about everything else it guesses");
            }

            return engine;
        }
        catch
        {
            progress.Dispose();
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks, and gathers the answer. A cancelled one ends with <see cref="FinishReason.Stopped"/>.</summary>
    /// <param name="engine">A loaded engine.</param>
    /// <param name="request">The question.</param>
    /// <param name="progress">Shows the stages before the first token.</param>
    /// <param name="token">Told each token as it comes.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="CommandException">It failed.</exception>
    public static async Task<Answer> AskAsync(IAnalysisEngine engine, AnalysisRequest request, ProgressLine progress, Action<GeneratedToken>? token, CancellationToken cancellation)
    {
        StringBuilder text = new();
        List<int> ids = [];
        double[]? experts = null;
        int promptTokens = 0;
        double prefill = 0;
        double? first = null;
        await foreach (AnalysisEvent happened in engine.AnalyzeAsync(request, cancellation))
        {
            switch (happened)
            {
                case PreparingEvent preparing:
                    progress.Show(FormattableString.Invariant($"{Words(preparing.Stage)} {preparing.Fraction:0%}"));
                    break;
                case PrefillEvent reading:
                    progress.Show(FormattableString.Invariant($"reading the prompt {reading.Fraction:0%}"));
                    break;
                case PrefillDoneEvent done:
                    (promptTokens, prefill) = (done.Result.PromptTokens, done.Seconds);
                    break;
                case TokenEvent one:
                    progress.Dispose();
                    first ??= one.Seconds;
                    ids.Add(one.Token.TokenId);
                    text.Append(one.Token.Text);
                    experts = Add(experts, one.Token.Routes, engine.Status.Model?.Experts ?? 0);
                    token?.Invoke(one.Token);
                    break;
                case FinishedEvent finished:
                    progress.Dispose();
                    return new Answer(text.ToString(), ids, finished.Reason, promptTokens, prefill, first, finished.Seconds, experts?.Sum() > 0 ? [.. experts.Select(sum => sum / experts.Sum())] : null);
                case FailedEvent failed:
                    progress.Dispose();
                    throw new CommandException(failed.Message);
            }
        }

        throw new CommandException("the answer ended without saying why; ask again");
    }

    // The weights of every linear sum to 1, so that the mean over linears and tokens is the sums' share of the whole.
    private static double[]? Add(double[]? sums, float[]? routes, int experts)
    {
        if (routes is null || experts == 0)
        {
            return sums;
        }

        sums ??= new double[experts];
        for (int place = 0; place < routes.Length; place++)
        {
            sums[place % experts] += routes[place];
        }

        return sums;
    }

    private static string Words(PreparationStage stage) => stage switch
    {
        PreparationStage.Frames => "decoding frames",
        PreparationStage.Sound => "decoding sound",
        PreparationStage.AudioTower => "listening",
        PreparationStage.VisionTower => "looking",
        _ => "preparing",
    };
}

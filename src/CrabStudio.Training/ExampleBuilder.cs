using CrabStudio.Model;
using CrabStudio.Model.Processing;

namespace CrabStudio.Training;

/// <summary>
/// A decoded conversation and its answer → tokens, media features, and which tokens carry loss: those after
/// <c>&lt;|im_start|&gt;assistant</c>, the line break included, up to and including <c>&lt;|im_end|&gt;</c>, as in the authors' collator.
/// </summary>
public sealed class ExampleBuilder
{
    private const string Begin = "<|im_start|>", Role = "assistant", End = "<|im_end|>";

    private readonly InputBuilder inputs;
    private readonly int begin, end, roleTokens;

    /// <summary>Takes tokenizer and transforms of a model.</summary>
    /// <exception cref="ModelException">The tokenizer does not know the markers.</exception>
    public ExampleBuilder(Thinker thinker)
    {
        inputs = thinker.Inputs;
        begin = Single(thinker, Begin);
        end = Single(thinker, End);
        roleTokens = thinker.Tokenizer.Encode(Role).Count;
    }

    /// <summary>Computes everything but what the towers do. Runs on any thread, one call at a time.</summary>
    /// <exception cref="TrainingException">The answer contains a marker.</exception>
    public TrainingExample Build(TrainingSample sample, PreparedConversation prepared, CancellationToken cancellation = default)
    {
        if (sample.Target.Contains(Begin, StringComparison.Ordinal) || sample.Target.Contains(End, StringComparison.Ordinal))
        {
            throw new TrainingException($"{sample.Name}: the answer to be learnt contains {Begin} or {End}, which mark where answers begin and end; take it out.");
        }

        ModelInput input = inputs.Build(prepared, null, cancellation, $"{sample.Target}{End}\n");
        int from = Array.LastIndexOf(input.InputIds, begin) + 1 + roleTokens, to = Array.LastIndexOf(input.InputIds, end) + 1;
        return new TrainingExample(sample, input, from, to);
    }

    private static int Single(Thinker thinker, string marker) => thinker.Tokenizer.Encode(marker) is [var id]
        ? id
        : throw new ModelException($"tokenizer: {marker} is not one token; expected it among the added tokens. Download the folder again.");
}

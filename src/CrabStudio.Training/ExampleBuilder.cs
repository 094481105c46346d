using CrabStudio.Model;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using static TorchSharp.torch;

namespace CrabStudio.Training;

/// <summary>
/// A decoded conversation and its answer → tokens, media features, and which tokens carry loss: those after
/// <c>&lt;|im_start|&gt;assistant</c>, the line break included, up to and including <c>&lt;|im_end|&gt;</c>, as in the authors' collator.
/// </summary>
public sealed class ExampleBuilder
{
    private const string Begin = "<|im_start|>", Role = "assistant", End = "<|im_end|>";

    private readonly Thinker thinker;
    private readonly InputBuilder inputs;
    private readonly int begin, end, roleTokens;

    /// <summary>Takes tokenizer and transforms of a model.</summary>
    /// <exception cref="ModelException">The tokenizer does not know the markers.</exception>
    public ExampleBuilder(Thinker thinker)
    {
        this.thinker = thinker;
        inputs = thinker.Inputs;
        begin = Single(thinker, Begin);
        end = Single(thinker, End);
        roleTokens = thinker.Tokenizer.Encode(Role).Count;
    }

    /// <summary>Computes everything but what the towers do. Runs on any thread, one call at a time.</summary>
    /// <exception cref="TrainingException">The answer contains a marker.</exception>
    public TrainingExample Build(TrainingSample sample, PreparedConversation prepared, CancellationToken cancellation = default)
    {
        Refuse(sample);
        return Example(sample, inputs.Build(prepared, null, cancellation, $"{sample.Target}{End}\n"));
    }

    /// <summary>Another question about the media of an example, for a pass that they share: its words and positions are computed, its input holds no media.</summary>
    /// <param name="sample">The question; its media are those of <paramref name="first"/>, in the same order.</param>
    /// <param name="first">What <see cref="Build"/> made of the first question.</param>
    /// <exception cref="TrainingException">The answer contains a marker.</exception>
    public TrainingExample BuildBeside(TrainingSample sample, TrainingExample first)
    {
        Refuse(sample);
        ModelInput media = first.Input;
        int[] sounds = [.. media.Spans.Where(span => span.Part == PromptPart.Audio).Select(span => span.Length)];
        IReadOnlyList<int> words = thinker.Tokenizer.Encode($"{PromptBuilder.Text(sample.Conversation)}{sample.Target}{End}\n");
        (long[] ids, PromptSpan[] spans) = PromptBuilder.Expand(words, thinker.Config, media.Videos?.Grids ?? [], media.Images?.Grids ?? [], sounds);
        (Tensor positions, long delta) = MultimodalPositions.Compute(spans, thinker.Config.PositionsPerSecond, thinker.Config.Vision.TemporalPatchSize);
        return Example(sample, new ModelInput { InputIds = ids, PositionIds = positions, RopeDelta = delta, Spans = spans });
    }

    // What is given ends where a word begins, so its tokens are the same as they would be alone.
    private TrainingExample Example(TrainingSample sample, ModelInput input) => new(
        sample, input, Array.LastIndexOf(input.InputIds, begin) + 1 + roleTokens + (sample.Given.Length == 0 ? 0 : thinker.Tokenizer.Encode($"\n{sample.Given}").Count), Array.LastIndexOf(input.InputIds, end) + 1);

    private static void Refuse(TrainingSample sample)
    {
        if (sample.Target.Contains(Begin, StringComparison.Ordinal) || sample.Target.Contains(End, StringComparison.Ordinal))
        {
            throw new TrainingException($"{sample.Name}: the answer to be learnt contains {Begin} or {End}, which mark where answers begin and end; take it out.");
        }
    }

    private static int Single(Thinker thinker, string marker) => thinker.Tokenizer.Encode(marker) is [var id]
        ? id
        : throw new ModelException($"tokenizer: {marker} is not one token; expected it among the added tokens. Download the folder again.");
}

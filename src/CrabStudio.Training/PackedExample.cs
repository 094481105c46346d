using System.Text.Json;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Processing;
using CrabStudio.Tasks;
using static TorchSharp.torch;

namespace CrabStudio.Training;

/// <summary>
/// Samples of one clip that share one pass: the tokens that all begin with (system text and media) stand once, then each
/// sample's own question and answer. A sample's tokens see the common part and their own, at the positions that they have
/// alone, so that everything comes out as in passes of their own (up to rounding).
/// </summary>
/// <param name="Parts">The samples, and how far each one's own tokens lie from where they are when it stands alone.</param>
/// <param name="Common">Length of the common part; 0 for a sample alone.</param>
internal sealed record PackedExample(IReadOnlyList<(TrainingExample Example, int Offset)> Parts, int Common)
{
    /// <summary>The sample whose media are used.</summary>
    public TrainingExample First => Parts[0].Example;

    /// <summary>What samples must share to be of one clip: task, and media in order.</summary>
    public static string ClipOf(TrainingSample sample) => ClipOf(sample.Conversation);

    /// <summary>As for a sample.</summary>
    public static string ClipOf(Conversation conversation) => $"{conversation.TaskKey} {JsonSerializer.Serialize(conversation.Content.Where(item => item is not TextItem))}";

    /// <summary>A pass of its own.</summary>
    public static PackedExample Alone(TrainingExample example) => new([(example, 0)], 0);

    /// <summary>Joins neighbours of one clip; their order stays.</summary>
    public static IEnumerable<PackedExample> Pack(IReadOnlyList<TrainingExample> batch)
    {
        for (int from = 0; from < batch.Count;)
        {
            string clip = ClipOf(batch[from].Sample);
            int to = from + 1;
            while (to < batch.Count && ClipOf(batch[to].Sample) == clip)
            {
                to++;
            }

            TrainingExample[] same = [.. batch.Skip(from).Take(to - from)];
            if (Of(same) is { } packed)
            {
                yield return packed;
            }
            else
            {
                foreach (TrainingExample example in same)
                {
                    yield return Alone(example);
                }
            }

            from = to;
        }
    }

    /// <summary>One pass for samples with the same media; null where their common part ends before the media do.</summary>
    public static PackedExample? Of(IReadOnlyList<TrainingExample> same)
    {
        if (same.Count == 1)
        {
            return Alone(same[0]);
        }

        int common = CommonLength(same), media = same[0].Input.Spans.Where(span => span.Part != PromptPart.Text).Select(span => span.Start + span.Length).DefaultIfEmpty(0).Max();
        if (common < media)
        {
            return null;
        }

        var parts = new List<(TrainingExample, int)>();
        int offset = 0;
        foreach (TrainingExample example in same)
        {
            parts.Add((example, offset));
            offset += example.Tokens - common;
        }

        return new PackedExample(parts, common);
    }

    /// <summary>The network's input for all samples together, in the caller's dispose scope; its media belong to the first. A sample alone gives its own.</summary>
    public ModelInput Join()
    {
        if (Parts.Count == 1)
        {
            return First.Input;
        }

        ModelInput first = First.Input;
        Tensor[] positions = [.. Parts.Skip(1).Select(part => part.Example.Input.PositionIds.narrow(1, Common, part.Example.Tokens - Common)).Prepend(first.PositionIds)];
        return new ModelInput
        {
            InputIds = [.. first.InputIds, .. Parts.Skip(1).SelectMany(part => part.Example.Input.InputIds[Common..])],
            PositionIds = cat(positions, 1),
            RopeDelta = first.RopeDelta,
            Spans = first.Spans,
            Images = first.Images,
            Videos = first.Videos,
            Sounds = first.Sounds,
            Branches = [.. Parts.Select(part => part.Offset + Common)],
        };
    }

    private static int CommonLength(IReadOnlyList<TrainingExample> examples)
    {
        // The last token before what is learnt stays each sample's own, as it foretells the first.
        int common = examples.Min(example => example.LossBegin - 1);
        for (int i = 1; i < examples.Count; i++)
        {
            common = Math.Min(common, examples[0].Input.InputIds.AsSpan(0, common).CommonPrefixLength(examples[i].Input.InputIds.AsSpan(0, common)));
        }

        return common;
    }
}

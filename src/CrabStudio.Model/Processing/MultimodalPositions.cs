using CrabStudio.Model.Generation;
using static TorchSharp.torch;

namespace CrabStudio.Model.Processing;

/// <summary>
/// Positions of a prompt for the multimodal rotary embedding (TMRoPE): three rows, time, height and width. Words and sound
/// count on in all three rows alike. Pictures start where the words ended: a merged patch adds its row to the height, its
/// column to the width, and its time in steps of 1/<c>position_id_per_seconds</c> s to the time; what follows starts
/// after the largest of the three.
/// </summary>
public static class MultimodalPositions
{
    /// <summary>Positions [3, tokens], int64, in no dispose scope, and what a later token's position is ahead of its index.</summary>
    /// <param name="spans">The kinds of the prompt's positions.</param>
    /// <param name="positionsPerSecond">Time positions a second (25).</param>
    /// <param name="framesInPatch">Frames of one time step. The original counts every video as one frame a second, whatever its length, so this is also the seconds of a step.</param>
    public static (Tensor Positions, long RopeDelta) Compute(IReadOnlyList<PromptSpan> spans, int positionsPerSecond, int framesInPatch)
    {
        int tokens = spans.Sum(span => span.Length);
        var rows = new long[3 * tokens];
        long next = 0;
        foreach (PromptSpan span in spans)
        {
            long start = next;
            for (int i = 0; i < span.Length; i++)
            {
                (long time, long height, long width) = (i, i, i);
                if (span.Part is PromptPart.Video or PromptPart.Image)
                {
                    int patches = span.GridRows * span.GridColumns;
                    time = (long)(i / patches) * (span.Part == PromptPart.Video ? framesInPatch : 1) * positionsPerSecond;
                    height = i % patches / span.GridColumns;
                    width = i % span.GridColumns;
                }

                int at = span.Start + i;
                rows[at] = start + time;
                rows[tokens + at] = start + height;
                rows[(2 * tokens) + at] = start + width;
                next = Math.Max(next, start + Math.Max(time, Math.Max(height, width)) + 1);
            }
        }

        return (tensor(rows, [3, tokens], ScalarType.Int64).DetachFromDisposeScope(), next - tokens);
    }
}

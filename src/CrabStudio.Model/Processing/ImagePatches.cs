using CrabStudio.Media;
using CrabStudio.Model.Configuration;
using CrabStudio.Model.Vision;
using static TorchSharp.torch;

namespace CrabStudio.Model.Processing;

/// <summary>Pictures → normalized patches of a few frames × side × side pixels, in the order in which the merger joins them.</summary>
public sealed class ImagePatches(PreprocessorConfig config)
{
    /// <summary>The grid of an item, before anything is computed.</summary>
    /// <param name="frames">Number of frames; what is missing of the last group is filled with the last frame.</param>
    /// <param name="height">Rows in pixels.</param>
    /// <param name="width">Columns in pixels.</param>
    /// <exception cref="ModelException">A side is not a multiple of the merged patch.</exception>
    public VisionGrid Grid(int frames, int height, int width)
    {
        int unit = config.PatchSize * config.MergeSize;
        if (frames < 1 || height < unit || width < unit || height % unit != 0 || width % unit != 0)
        {
            throw new ModelException($"A picture item has {frames} frames of {width}×{height} pixels; expected at least one frame and sides that are multiples of {unit}. Use resized_height and resized_width 224.");
        }

        return new VisionGrid((frames + config.TemporalPatchSize - 1) / config.TemporalPatchSize, height / config.PatchSize, width / config.PatchSize);
    }

    /// <summary>
    /// All items of one kind, one after the other → patches [patches, channels · frames · side · side] in float32, in no
    /// dispose scope.
    /// </summary>
    public VisionInput Forward(IReadOnlyList<RgbFrames> items)
    {
        VisionGrid[] grids = [.. items.Select(item => Grid(item.Count, item.Height, item.Width))];
        int side = config.PatchSize, depth = config.TemporalPatchSize, values = 3 * depth * side * side;
        var patches = new float[(long)grids.Sum(grid => grid.Patches) * values];
        float[] levels = Levels();
        int at = 0;
        foreach ((RgbFrames item, VisionGrid grid) in items.Zip(grids))
        {
            (int Row, int Column)[] places = VisionGeometry.MergeOrder(grid.Rows, grid.Columns, config.MergeSize);
            for (int time = 0; time < grid.Times; time++)
            {
                foreach ((int row, int column) in places)
                {
                    for (int channel = 0; channel < 3; channel++)
                    {
                        for (int step = 0; step < depth; step++)
                        {
                            int frame = Math.Min((time * depth) + step, item.Count - 1);
                            for (int y = 0; y < side; y++)
                            {
                                int from = ((((((frame * item.Height) + (row * side) + y) * item.Width) + (column * side)) * 3) + channel);
                                for (int x = 0; x < side; x++)
                                {
                                    patches[at++] = levels[(channel * 256) + item.Pixels[from + (x * 3)]];
                                }
                            }
                        }
                    }
                }
            }
        }

        return new VisionInput(tensor(patches, [patches.Length / values, values]).DetachFromDisposeScope(), grids);
    }

    // Value of every 8-bit level of every channel: (level / 255 − mean) / std, rounded to float32 where the original does.
    private float[] Levels()
    {
        var levels = new float[3 * 256];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int level = 0; level < 256; level++)
            {
                float rescaled = (float)(level * (1.0 / 255.0));
                levels[(channel * 256) + level] = (rescaled - (float)config.ImageMean[channel]) / (float)config.ImageStd[channel];
            }
        }

        return levels;
    }
}

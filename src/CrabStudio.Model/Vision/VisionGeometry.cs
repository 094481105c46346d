namespace CrabStudio.Model.Vision;

/// <summary>The patches of one item: frame pairs, rows and columns of patches (before merging).</summary>
public readonly record struct VisionGrid(int Times, int Rows, int Columns)
{
    /// <summary>Number of patches.</summary>
    public int Patches => Times * Rows * Columns;
}

/// <summary>
/// Where patches lie. Patches come in merge order: the four patches that the merger joins follow each other. The tower
/// works on them in window order, so that each attention window is a run of neighbours.
/// </summary>
public static class VisionGeometry
{
    /// <summary>Row and column of every patch of one frame pair, in merge order.</summary>
    public static (int Row, int Column)[] MergeOrder(int rows, int columns, int merge)
    {
        var places = new (int, int)[rows * columns];
        int i = 0;
        for (int row = 0; row < rows; row += merge)
        {
            for (int column = 0; column < columns; column += merge)
            {
                for (int y = 0; y < merge; y++)
                {
                    for (int x = 0; x < merge; x++)
                    {
                        places[i++] = (row + y, column + x);
                    }
                }
            }
        }

        return places;
    }

    /// <summary>Window order of the merged patches and the number of merged patches in each window.</summary>
    /// <param name="grids">All items of the pass, one after the other.</param>
    /// <param name="merge">Patches a side that are merged.</param>
    /// <param name="side">Merged patches a side of a window.</param>
    /// <returns>Index: position in window order → merged patch. Lengths: merged patches of each window, empty ones left out.</returns>
    public static (int[] Index, int[] Lengths) Windows(IReadOnlyList<VisionGrid> grids, int merge, int side)
    {
        var index = new List<int>();
        var lengths = new List<int>();
        int start = 0;
        foreach (VisionGrid grid in grids)
        {
            int rows = grid.Rows / merge, columns = grid.Columns / merge;
            for (int time = 0; time < grid.Times; time++)
            {
                for (int top = 0; top < rows; top += side)
                {
                    for (int left = 0; left < columns; left += side)
                    {
                        int before = index.Count;
                        for (int row = top; row < Math.Min(rows, top + side); row++)
                        {
                            for (int column = left; column < Math.Min(columns, left + side); column++)
                            {
                                index.Add(start + (((time * rows) + row) * columns) + column);
                            }
                        }

                        lengths.Add(index.Count - before);
                    }
                }
            }

            start += grid.Times * rows * columns;
        }

        return ([.. index], [.. lengths]);
    }
}

namespace CrabStudio.Training;

/// <summary>
/// Which samples each step sees: all in a new random order in every epoch, tasks mixed, or clip by clip in a random order.
/// It follows from seed and step alone, so a run that goes on knows its place without having kept it.
/// </summary>
public sealed class DataOrder
{
    private readonly int[][] clips = [];
    private readonly int samples, batch, seed;
    private readonly IReadOnlyList<IReadOnlyList<int>>? given;
    private int shuffledEpoch = -1;
    private int[] shuffled = [];

    /// <summary>A random order.</summary>
    /// <param name="samples">Number of samples.</param>
    /// <param name="batch">Samples a step; an epoch's last step may have fewer.</param>
    /// <param name="seed">The same seed gives the same order.</param>
    public DataOrder(int samples, int batch, int seed)
        : this([.. Enumerable.Range(0, samples).Select(sample => new[] { sample })], batch, seed)
    {
    }

    /// <summary>A random order of clips, whose samples follow each other.</summary>
    /// <param name="clips">The samples of each clip.</param>
    /// <param name="batch">Samples a step; an epoch's last step may have fewer.</param>
    /// <param name="seed">The same seed gives the same order.</param>
    public DataOrder(int[][] clips, int batch, int seed) => (this.clips, samples, this.batch, this.seed) = (clips, clips.Sum(clip => clip.Length), batch, seed);

    /// <summary>An order that is given, repeated when there are more steps than batches.</summary>
    public DataOrder(IReadOnlyList<IReadOnlyList<int>> batches) => given = batches;

    /// <summary>Steps of one pass over the data.</summary>
    public int StepsAnEpoch => given?.Count ?? ((samples + batch - 1) / batch);

    /// <summary>The samples of a step, counted from 1.</summary>
    public IReadOnlyList<int> At(int step)
    {
        int epoch = (step - 1) / StepsAnEpoch, index = (step - 1) % StepsAnEpoch;
        if (given is not null)
        {
            return given[index];
        }

        if (epoch != shuffledEpoch)
        {
            int[][] mixed = [.. clips];
            RandomNumbers random = RandomNumbers.For(seed, $"epoch {epoch}");
            for (int i = mixed.Length - 1; i > 0; i--)
            {
                int other = random.Below(i + 1);
                (mixed[i], mixed[other]) = (mixed[other], mixed[i]);
            }

            (shuffled, shuffledEpoch) = ([.. mixed.SelectMany(clip => clip)], epoch);
        }

        return shuffled[(index * batch)..Math.Min(samples, (index + 1) * batch)];
    }
}

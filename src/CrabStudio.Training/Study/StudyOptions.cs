using CrabStudio.Tasks;

namespace CrabStudio.Training.Study;

/// <summary>How a transfer study is made.</summary>
public sealed record StudyOptions
{
    /// <summary>The frozen base: a Hugging Face folder with <c>model.safetensors</c>. An adapter in it is not used.</summary>
    public required string ModelFolder { get; init; }

    /// <summary>Where everything goes. A study that was stopped there goes on.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>The tasks, two at least.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [.. TaskCatalog.All.Select(task => task.Key)];

    /// <summary>Number of seeds: each changes first adapters, clips and order.</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>Steps of a single-task adapter. A multi-task one takes as many for each of its tasks.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>Clips of a step.</summary>
    public int Clips { get; init; } = 4;

    /// <summary>Clips that are answered, of a task and a seed, by each arm.</summary>
    public int TestClips { get; init; } = 30;

    /// <summary>
    /// Rank budget of an adapted linear, a multiple of <see cref="Experts"/>: the LoRA arms have one pair A, B of this rank, I-LoRA a
    /// shared A and n matrices B of an n-th of it. With 48 and 3 experts I-LoRA is the adapter of the default model (r = 16).
    /// </summary>
    public int Rank { get; init; } = 48;

    /// <summary>n of the I-LoRA arm.</summary>
    public int Experts { get; init; } = 3;

    /// <summary>Highest learning rate of every arm; twice that of the default model's adapter stage, which has more steps.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Adapters that are trained and asked at a time, each on a thread of its own: results do not depend on it. Null: as many as there are processors, 8 at most.</summary>
    public int? Threads { get; init; }

    /// <summary>Seconds between checkpoints of an adapter in training.</summary>
    internal double CheckpointEvery { get; init; } = 60;

    /// <summary>alpha / r, as in the published run and in the default model.</summary>
    internal const double Scale = 2;

    /// <summary>Longest answer in tokens.</summary>
    internal int AnswerTokens { get; init; } = 200;

    /// <summary>The threads that hold.</summary>
    internal int Workers => Threads ?? Math.Min(8, Environment.ProcessorCount);

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="TrainingException">The message names the option.</exception>
    public void Check()
    {
        if (Tasks.FirstOrDefault(key => TaskCatalog.Find(key) is null) is { } unknown)
        {
            throw new TrainingException($"--tasks: '{unknown}' is no task; the tasks are {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}.");
        }

        if (Tasks.Distinct().Count() < 2)
        {
            throw new TrainingException($"--tasks: found {(Tasks.Count == 0 ? "none" : Tasks[0] + " alone")}; expected two tasks at least, as one has none to learn together with.");
        }

        if (Experts < 2 || Rank < Experts || Rank % Experts != 0)
        {
            throw new TrainingException($"--rank: found {Rank} with {Experts} experts; expected a multiple of --experts, which is 2 or more: I-LoRA's experts share it evenly.");
        }
    }
}

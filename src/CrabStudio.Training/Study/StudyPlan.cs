using CrabStudio.Tasks;
using CrabStudio.Tasks.Reports;
using CrabStudio.Training.Recipe;
using CrabStudio.World;

namespace CrabStudio.Training.Study;

/// <summary>An adapter that is trained and asked; of the base arm, the base that is asked.</summary>
/// <param name="Seed">The seed, from 1.</param>
/// <param name="Arm">The arm.</param>
/// <param name="Tasks">The tasks that it learns and answers, in the order of the catalog.</param>
internal sealed record StudyJob(int Seed, StudyArm Arm, IReadOnlyList<string> Tasks)
{
    /// <summary>Its folder below <c>runs</c>.</summary>
    public string Folder => Path.Combine(FormattableString.Invariant($"seed-{Seed}"), Arm switch
    {
        StudyArm.Base => "base",
        StudyArm.Single => $"single-{Tasks[0]}",
        StudyArm.MultiLora => "multi-lora",
        _ => "multi-ilora",
    });

    /// <summary>What messages call it.</summary>
    public string Name => FormattableString.Invariant($"seed {Seed}, {(Arm == StudyArm.Single ? $"{Tasks[0]} alone" : StudyPlan.NameOf(Arm))}");

    /// <summary>Whether something is learnt.</summary>
    public bool Learns => Arm != StudyArm.Base;
}

/// <summary>A clip to learn from.</summary>
/// <param name="Key">Its task.</param>
/// <param name="Index">Its place among the clips of task and seed, from 0.</param>
internal readonly record struct StudyClip(string Key, int Index);

/// <summary>
/// Which adapters a study trains, on which clips in which order, and which clips they answer. All of it follows from the options:
/// every arm learns from the same clips of a task, each once, and in the same order among themselves.
/// </summary>
/// <param name="options">How.</param>
internal sealed class StudyPlan(StudyOptions options)
{
    // Questions of avqa and avqa_thu about a clip, as in the adapter stage of the default model.
    private const int Questions = 4;

    /// <summary>The tasks in the order of the catalog.</summary>
    public IReadOnlyList<string> Tasks { get; } = [.. TaskCatalog.All.Select(task => task.Key).Where(options.Tasks.Contains)];

    /// <summary>Every adapter, the long ones of each seed first so that threads end together.</summary>
    public IReadOnlyList<StudyJob> Jobs =>
    [
        .. Enumerable.Range(1, options.Seeds).SelectMany(seed => (StudyJob[])
        [
            new(seed, StudyArm.MultiLora, Tasks), new(seed, StudyArm.MultiIlora, Tasks), new(seed, StudyArm.Base, Tasks), .. Tasks.Select(key => new StudyJob(seed, StudyArm.Single, [key])),
        ]),
    ];

    /// <summary>What an arm is called.</summary>
    public static string NameOf(StudyArm arm) => arm switch
    {
        StudyArm.Base => "base without adapter",
        StudyArm.Single => "single-task LoRA",
        StudyArm.MultiLora => "multi-task LoRA",
        _ => "multi-task I-LoRA",
    };

    /// <summary>n of an arm. Routers as they were made are seen on the base: an I-LoRA adapter whose B are zero changes nothing.</summary>
    public int Experts(StudyArm arm) => arm is StudyArm.Base or StudyArm.MultiIlora ? options.Experts : 1;

    /// <summary>r of an arm: n · r is the same for all.</summary>
    public int Rank(StudyArm arm) => options.Rank / Experts(arm);

    /// <summary>Steps of an adapter.</summary>
    public int Steps(StudyJob job) => job.Learns ? options.Steps * job.Tasks.Count : 0;

    /// <summary>Steps in which the rate rises.</summary>
    public int Warmup(StudyJob job) => Math.Min(50, Math.Max(1, Steps(job) / 10));

    /// <summary>The clips that an adapter learns from, in order: the shuffled clips of all tasks, without those of tasks that it does not learn.</summary>
    public IReadOnlyList<StudyClip> Clips(StudyJob job)
    {
        StudyClip[] all = [.. Tasks.SelectMany(key => Enumerable.Range(0, options.Steps * options.Clips).Select(index => new StudyClip(key, index)))];
        RandomNumbers random = RandomNumbers.For(job.Seed, "study order");
        for (int place = all.Length - 1; place > 0; place--)
        {
            int other = random.Below(place + 1);
            (all[place], all[other]) = (all[other], all[place]);
        }

        return [.. all.Where(clip => job.Tasks.Contains(clip.Key))];
    }

    /// <summary>The scene of a clip to learn from.</summary>
    public static Scene Scene(int seed, StudyClip clip) => SceneMix.Seen(clip.Key, RandomNumbers.For(seed, FormattableString.Invariant($"study {clip.Key} {clip.Index}")), Questions);

    /// <summary>The scene of a clip to answer: of the test split.</summary>
    public static Scene TestScene(int seed, string key, int index) => SceneMix.Unseen(key, index, seed);
}

namespace CrabStudio.Tasks.Metrics;

/// <summary>
/// The label lists of the data sets, as far as the authors' code has them. Which spelling AV-UIE v2 uses is mostly unknown,
/// so these are defaults and not limits, except where a scorer itself compares with its list (<see cref="Ave"/>,
/// <see cref="MusicAvqa"/>) or numbers its classes by it (<see cref="Avvp"/>).
/// </summary>
public static class TaskLabels
{
    /// <summary>LLP, in the order of the 25 rows of the scorer's matrices. Source: YapengTian/AVVP-ECCV20@fde5611 main_avvp.py.</summary>
    public static IReadOnlyList<string> Avvp { get; } =
    [
        "Speech", "Car", "Cheering", "Dog", "Cat", "Frying_(food)", "Basketball_bounce", "Fire_alarm", "Chainsaw", "Cello", "Banjo", "Singing", "Chicken_rooster",
        "Violin_fiddle", "Vacuum_cleaner", "Baby_laughter", "Accordion", "Lawn_mower", "Motorcycle", "Helicopter", "Acoustic_guitar", "Telephone_bell_ringing",
        "Baby_cry_infant_cry", "Blender", "Clapping",
    ];

    /// <summary>AVE. Source: YapengTian/AVE-ECCV18@93f843f data/Annotations.txt.</summary>
    public static IReadOnlyList<string> Ave { get; } =
    [
        "Accordion", "Acoustic guitar", "Baby cry, infant cry", "Banjo", "Bark", "Bus", "Cat", "Chainsaw", "Church bell", "Clock", "Female speech, woman speaking",
        "Fixed-wing aircraft, airplane", "Flute", "Frying (food)", "Goat", "Helicopter", "Horse", "Male speech, man speaking", "Mandolin", "Motorcycle",
        "Race car, auto racing", "Rodents, rats, mice", "Shofar", "Toilet flush", "Train horn", "Truck", "Ukulele", "Violin, fiddle",
    ];

    /// <summary>The 42 answers of MUSIC-AVQA. Source: GeWu-Lab/MokA@b28e834 AudioVisualText/scripts/evaluation/avqa_eval.py.</summary>
    public static IReadOnlyList<string> MusicAvqa { get; } =
    [
        "zero", "pipa", "middle", "congas", "eight", "saxophone", "tuba", "no", "guzheng", "left", "ten", "four", "five", "nine", "more than ten", "drum", "suona", "indoor",
        "two", "simultaneously", "piano", "right", "acoustic_guitar", "trumpet", "seven", "outdoor", "six", "yes", "violin", "flute", "clarinet", "bagpipe", "one", "three",
        "accordion", "cello", "electric_bass", "erhu", "ukulele", "bassoon", "banjo", "xylophone",
    ];

    /// <summary>The nine question types of MUSIC-AVQA. Source: GeWu-Lab/MUSIC-AVQA@cc88095 net_grd_avst/main_avst.py.</summary>
    public static IReadOnlyList<string> MusicAvqaTypes { get; } =
    [
        "Audio/Counting", "Audio/Comparative", "Visual/Counting", "Visual/Location", "Audio-Visual/Existential", "Audio-Visual/Counting", "Audio-Visual/Location",
        "Audio-Visual/Comparative", "Audio-Visual/Temporal",
    ];

    private static readonly Dictionary<string, string[]> Choices = new(StringComparer.Ordinal)
    {
        // declare-lab/MELD@2d2011b README.md
        ["meld"] = ["neutral", "joy", "sadness", "anger", "surprise", "fear", "disgust"],
        // CheyneyComputerScience/CREMA-D@1658cd3 README.md
        ["cremad"] = ["anger", "disgust", "fear", "happy", "neutral", "sad"],
        // jiangxingxun/DFEW README.md, ids 1 to 7
        ["dfew"] = ["happy", "sad", "neutral", "angry", "surprise", "disgust", "fear"],
        // MAFW-database/MAFW@c8296ec README.md
        ["mafw"] = ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise", "contempt", "anxiety", "helplessness", "disappointment"],
        // zeroQiaoba/MERTools@89120b7 MER2024/toolkit/globals.py
        ["mer24"] = ["neutral", "angry", "happy", "sad", "worried", "surprise"],
        // GeWu-Lab/Crab_Plus@7ddc56d dataset/qwen2_5_omni/omni_dataset.py, correct_video and correct_audio
        ["a2v"] = ["1", "2"],
        ["v2a"] = ["1", "2"],
    };

    /// <summary>The labels of a task with a fixed choice; null where the authors' code has no list (ks, ucf, avqa_thu): take those of the annotations.</summary>
    public static IReadOnlyList<string>? ForChoice(string taskKey) => Choices.GetValueOrDefault(taskKey);
}

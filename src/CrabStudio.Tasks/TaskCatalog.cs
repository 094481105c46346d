namespace CrabStudio.Tasks;

/// <summary>The 19 task keys as data: question texts, media and frames as in the authors' loaders (crab-plus facts §2).</summary>
public static class TaskCatalog
{
    private const string LeadVideo = "This is a video and an audio:";
    private const string LeadImage = "This is an image and an audio:";
    private const string When = "Please describe the events and time range that occurred in the video.";
    private const string Emotion = "Please judge the person's emotion at the moment.";
    private const string Action = "Please identify the action taking place in the video.";

    private const string WhereWithPoints =
        "Please identify the category of the object producing the sound in the video frame. Then, provide the bounding box and three pixel points of the object that is making the sound within the frame.";

    private static readonly Dictionary<string, TaskDefinition> ByKey;

    static TaskCatalog()
    {
        All =
        [
            Video("ave", "AVE", TaskFamily.TemporalLocalization, AnswerGrammar.EventRanges, When),
            Video("unav", "UnAV-100", TaskFamily.TemporalLocalization, AnswerGrammar.EventRanges, When),
            Video("avvp", "LLP (AVVP)", TaskFamily.TemporalLocalization, AnswerGrammar.AudioVisualRanges,
                "Please determine the events that occur based on the visual and audio information in the video, as well as the start and end times of these events."),
            Video("avqa", "MUSIC-AVQA", TaskFamily.QuestionAnswering, AnswerGrammar.Choice, "Please answer this question: {question}") with { NeedsQuestion = true },
            Video("avqa_thu", "AVQA", TaskFamily.QuestionAnswering, AnswerGrammar.Choice, "Please answer the question based on the options: {question}, options:{multi_choice}") with { NeedsQuestion = true, NeedsOptions = true },
            Video("avcap", "AVCap", TaskFamily.Captioning, AnswerGrammar.FreeText, "Please describe this video and audio."),
            Video("ks", "Kinetics-Sounds", TaskFamily.ActionRecognition, AnswerGrammar.Choice, Action),
            Video("ucf", "UCF-101", TaskFamily.ActionRecognition, AnswerGrammar.Choice, Action),
            Video("meld", "MELD", TaskFamily.EmotionRecognition, AnswerGrammar.Choice, Emotion, 4),
            Video("mer24", "MER2024", TaskFamily.EmotionRecognition, AnswerGrammar.Choice, Emotion, 4),
            Video("cremad", "CREMA-D", TaskFamily.EmotionRecognition, AnswerGrammar.Choice, Emotion, 4),
            Video("mafw", "MAFW", TaskFamily.EmotionRecognition, AnswerGrammar.Choice, Emotion, 4),
            Video("dfew", "DFEW", TaskFamily.EmotionRecognition, AnswerGrammar.Choice, Emotion, 4),
            Still("arig", "ARIG", TaskFamily.SpatialLocalization, AnswerGrammar.Box, "Please recognize the category of object that makes the sound and then output its bounding box."),
            Still("s4", "AVSBench S4", TaskFamily.SpatialLocalization, AnswerGrammar.BoxAndPoints, WhereWithPoints) with { NeedsFrameIndex = true },
            Still("ms3", "AVSBench MS3", TaskFamily.SpatialLocalization, AnswerGrammar.BoxAndPoints, WhereWithPoints) with { NeedsFrameIndex = true },
            Still("ref_avs", "Ref-AVS", TaskFamily.ReferringSegmentation, AnswerGrammar.ExistenceBoxAndPoints,
                "Please analyze the video frame and audio to find the object described as <des>{description}</des>. Answer with \"true\" or \"false\" whether the object exists. If it exists, respond with a sentence identifying the object's name, its bounding box, and three pixel points; if not, state that the object is absent.") with { NeedsDescription = true, NeedsFrameIndex = true, Parts = 10 },
            Video("a2v", "audio-to-video matching", TaskFamily.CrossModalMatching, AnswerGrammar.Choice, "Please listen to the audio and indicate which of the two videos matches what you hear.") with { Media = TaskMedia.SoundAndTwoVideos, Lead = "These are two videos and an audio:" },
            Video("v2a", "video-to-audio matching", TaskFamily.CrossModalMatching, AnswerGrammar.Choice, "Please view the video and indicate which of the two audio clips matches what you see.") with { Media = TaskMedia.VideoAndTwoSounds, Lead = "This is a video and two audio clips:" },
        ];
        ByKey = All.ToDictionary(task => task.Key);
    }

    /// <summary>All tasks, families together.</summary>
    public static IReadOnlyList<TaskDefinition> All { get; }

    /// <summary>The task of a key, or null (also for the empty key of a free question).</summary>
    public static TaskDefinition? Find(string key) => ByKey.GetValueOrDefault(key);

    private static TaskDefinition Video(string key, string dataset, TaskFamily family, AnswerGrammar grammar, string question, int frames = 10) =>
        new() { Key = key, Dataset = dataset, Family = family, Grammar = grammar, Media = TaskMedia.VideoWithSound, FrameCount = frames, Lead = LeadVideo, Question = question };

    private static TaskDefinition Still(string key, string dataset, TaskFamily family, AnswerGrammar grammar, string question) =>
        new() { Key = key, Dataset = dataset, Family = family, Grammar = grammar, Media = TaskMedia.StillWithSound, FrameCount = 0, Parts = 5, Lead = LeadImage, Question = question };
}

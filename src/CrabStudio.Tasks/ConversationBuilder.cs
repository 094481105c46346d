using System.Text;
using CrabStudio.Media;

namespace CrabStudio.Tasks;

/// <summary>Puts a question together: a task, what a person supplied, and clips → what is said to the model.</summary>
public static class ConversationBuilder
{
    /// <summary>Frames sampled from a video of a free question.</summary>
    private const int FreeFrames = 10;

    /// <summary>Builds the conversation of one question.</summary>
    /// <param name="taskKey">One of the 19 keys, or empty for a free question.</param>
    /// <param name="input">What the person supplied beside the clips.</param>
    /// <param name="clips">The clips, in the order in which the task uses them.</param>
    /// <exception cref="TaskInputException">Something is missing or unsuited; the message says what to do.</exception>
    public static Conversation Build(string taskKey, TaskInput input, IReadOnlyList<TaskClip> clips)
    {
        if (taskKey.Length == 0)
        {
            return Free(input, clips);
        }

        TaskDefinition task = TaskCatalog.Find(taskKey)
            ?? throw new TaskInputException("task", $"There is no task “{taskKey}”. The tasks are {string.Join(", ", TaskCatalog.All.Select(one => one.Key))}; leave it empty for a free question.");
        // The clips first: a question about clips that cannot serve need not be written.
        Action<List<ContentItem>> media = Media(task, input, clips);
        string question = Question(task, input);
        List<ContentItem> content = [new TextItem(task.Lead)];
        media(content);
        content.Add(new TextItem(question));
        return new Conversation(task.Key, content);
    }

    private static Conversation Free(TaskInput input, IReadOnlyList<TaskClip> clips)
    {
        if (clips.Count == 0)
        {
            throw new TaskInputException("clips", "No clip was given; a question needs at least one. Add a video, a sound or a picture.");
        }

        string question = Filled("question", input.Question, "The question is empty. Write what you want to know about the clip.");
        List<ContentItem> content = [];
        foreach (TaskClip clip in clips)
        {
            switch (clip.Probe.Kind)
            {
                case ClipKind.Image:
                    content.Add(new ImageItem(clip.Path));
                    break;
                case ClipKind.Video:
                    content.Add(new VideoItem(clip.Path, FreeFrames));
                    if (clip.Probe.Sound is not null)
                    {
                        content.Add(new AudioItem(clip.Path));
                    }

                    break;
                default:
                    content.Add(new AudioItem(clip.Path));
                    break;
            }
        }

        content.Add(new TextItem(question));
        return new Conversation("", content);
    }

    private static Action<List<ContentItem>> Media(TaskDefinition task, TaskInput input, IReadOnlyList<TaskClip> clips)
    {
        switch (task.Media)
        {
            case TaskMedia.VideoWithSound:
                (TaskClip video, TaskClip sound) = Pair(clips, ClipKind.Video, "a video with sound", "or a video and a sound, in this order");
                return content => content.AddRange([Frames(task, video), new AudioItem(sound.Path, task.Key)]);
            case TaskMedia.StillWithSound:
                (TaskClip still, TaskClip heard) = Pair(clips, ClipKind.Image, "a video with sound", "or a picture and a sound, in this order");
                return content =>
                {
                    int? window = task.NeedsFrameIndex ? Window(task, input) : null;
                    content.AddRange([Still(task, still, input), new AudioItem(heard.Path, task.Key, window)]);
                };
            case TaskMedia.SoundAndTwoVideos:
                Require(clips, "a sound, then two videos", [HasSound, HasVideo, HasVideo]);
                return content => content.AddRange([new AudioItem(clips[0].Path, task.Key), Frames(task, clips[1]), Frames(task, clips[2])]);
            case TaskMedia.VideoAndTwoSounds:
                Require(clips, "a video, then two sounds", [HasVideo, HasSound, HasSound]);
                return content => content.AddRange([Frames(task, clips[0]), new AudioItem(clips[1].Path, task.Key), new AudioItem(clips[2].Path, task.Key)]);
            default:
                throw new InvalidOperationException($"The task {task.Key} asks for {task.Media}, which is not a task's.");
        }
    }

    // What is seen and what is heard: one video with its own sound, or two clips.
    private static (TaskClip Seen, TaskClip Heard) Pair(IReadOnlyList<TaskClip> clips, ClipKind alone, string one, string two)
    {
        if (clips.Count is 0 or > 2)
        {
            throw new TaskInputException("clips", $"This takes {one}, {two}; {Count(clips.Count)} given.");
        }

        if (clips.Count == 1)
        {
            TaskClip clip = clips[0];
            return clip.Probe switch
            {
                { Kind: ClipKind.Video, Sound: not null } => (clip, clip),
                { Kind: ClipKind.Video } => throw new TaskInputException("clips", $"This takes {one}, and {Name(clip)} has no sound. Add a sound as second clip, or choose a clip with sound."),
                { Kind: ClipKind.Audio } => throw new TaskInputException("clips", $"This takes {one}, and {Name(clip)} has no picture. Choose another clip, or ask a free question about the sound."),
                _ => throw new TaskInputException("clips", $"This takes {one}, and {Name(clip)} is a picture.{(alone == ClipKind.Image ? " Add the sound as second clip." : " Choose a video, or ask a free question about the picture.")}"),
            };
        }

        bool seen = clips[0].Probe.Kind == ClipKind.Video || (clips[0].Probe.Kind == alone && alone == ClipKind.Image);
        if (!seen || !HasSound(clips[1]))
        {
            throw new TaskInputException("clips", $"This takes {one}, {two}; {Name(clips[0])} is {Kind(clips[0])} and {Name(clips[1])} is {Kind(clips[1])}. Change the order or the clips.");
        }

        return (clips[0], clips[1]);
    }

    private static void Require(IReadOnlyList<TaskClip> clips, string what, Func<TaskClip, bool>[] parts)
    {
        if (clips.Count != parts.Length)
        {
            throw new TaskInputException("clips", $"This takes three clips: {what}; {Count(clips.Count)} given.");
        }

        for (int place = 0; place < parts.Length; place++)
        {
            if (!parts[place](clips[place]))
            {
                throw new TaskInputException("clips", $"This takes three clips: {what}; clip {place + 1}, {Name(clips[place])}, is {Kind(clips[place])}. Change the order or the clip.");
            }
        }
    }

    private static VideoItem Frames(TaskDefinition task, TaskClip clip) => new(clip.Path, task.FrameCount);

    /// <summary>
    /// The picture itself, or of a video the frame in the middle of the part that was chosen (the middle part when none was),
    /// as far as its frame rate tells: what is seen lies within what is heard.
    /// </summary>
    private static ImageItem Still(TaskDefinition task, TaskClip clip, TaskInput input)
    {
        if (clip.Probe.Kind == ClipKind.Image)
        {
            return new ImageItem(clip.Path);
        }

        int part = input.FrameIndex is { } chosen ? Within(task, chosen) : task.Parts / 2;
        double rate = clip.Probe.Picture is { FramesPerSecond: > 0 } picture ? picture.FramesPerSecond : 1;
        double last = Math.Max(0, Math.Round(clip.Probe.PlaySeconds * rate) - 1);
        return new ImageItem(clip.Path, FrameIndexInVideo: (int)Math.Min(last, Math.Floor((part + 0.5) * clip.Probe.PlaySeconds / task.Parts * rate)));
    }

    private static int Window(TaskDefinition task, TaskInput input) =>
        Within(task, input.FrameIndex ?? throw new TaskInputException("frameIndex", $"The part of the clip that is looked at is missing. Choose one from 0 to {task.Parts - 1}."));

    private static int Within(TaskDefinition task, int part) => part >= 0 && part < task.Parts
        ? part
        : throw new TaskInputException("frameIndex", $"There is no part {part}: this kind of question divides a clip into {task.Parts} equal parts. Choose one from 0 to {task.Parts - 1}.");

    private static string Question(TaskDefinition task, TaskInput input)
    {
        string question = task.Question;
        if (task.NeedsQuestion)
        {
            question = question.Replace("{question}", Filled("question", input.Question, "The question is empty. Write what you want to know about the clip."), StringComparison.Ordinal);
        }

        if (task.NeedsOptions)
        {
            string[] options = [.. (input.Options ?? []).Select(option => option.Trim()).Where(option => option.Length > 0)];
            question = options.Length >= 2
                ? question.Replace("{multi_choice}", PythonList(options), StringComparison.Ordinal)
                : throw new TaskInputException("options", $"A choice needs at least two options; {Count(options.Length)} given. Add more.");
        }

        if (task.NeedsDescription)
        {
            string description = Filled("description", input.Description, "The description is empty. Describe the object that is to be found, for example “the loudest instrument”.");
            question = question.Replace("{description}", description.ToLowerInvariant(), StringComparison.Ordinal);
        }

        return question;
    }

    private static string Filled(string field, string? text, string otherwise) => string.IsNullOrWhiteSpace(text) ? throw new TaskInputException(field, otherwise) : text.Trim();

    /// <summary>A list as Python prints it, because that is how the authors' loader lays options into the question.</summary>
    public static string PythonList(IEnumerable<string> items) => "[" + string.Join(", ", items.Select(PythonText)) + "]";

    private static string PythonText(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        StringBuilder written = new();
        foreach (char letter in text)
        {
            written.Append(letter switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when letter == quote => "\\" + letter,
                _ => letter.ToString(),
            });
        }

        return quote + written.ToString() + quote;
    }

    private static bool HasSound(TaskClip clip) => clip.Probe.Sound is not null;

    private static bool HasVideo(TaskClip clip) => clip.Probe.Kind == ClipKind.Video;

    private static string Name(TaskClip clip) => Path.GetFileName(clip.Path);

    private static string Count(int count) => count switch { 0 => "none was", 1 => "1 was", _ => $"{count} were" };

    private static string Kind(TaskClip clip) => clip.Probe.Kind switch
    {
        ClipKind.Audio => "a sound",
        ClipKind.Image => "a picture",
        _ => clip.Probe.Sound is null ? "a video without sound" : "a video with sound",
    };
}

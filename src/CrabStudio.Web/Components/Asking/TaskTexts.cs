using CrabStudio.Tasks;
using MudBlazor;

namespace CrabStudio.Web.Components.Asking;

/// <summary>A card on which tasks are offered to a person.</summary>
/// <param name="Families">The families whose tasks are on it.</param>
/// <param name="Title">The question behind it, in plain words.</param>
/// <param name="Sentence">What it does, in one sentence.</param>
/// <param name="Example">What an answer may look like.</param>
/// <param name="Gives">What comes out and is drawn.</param>
/// <param name="Icon">Its picture.</param>
public sealed record FamilyText(IReadOnlyList<TaskFamily> Families, string Title, string Sentence, string Example, string Gives, string Icon)
{
    /// <summary>Keys of its tasks, in the order of the catalog; the empty key for the free question.</summary>
    public IReadOnlyList<string> Keys { get; } =
        Families.Contains(TaskFamily.Free) ? [""] : [.. TaskCatalog.All.Where(task => Families.Contains(task.Family)).Select(task => task.Key)];
}

/// <summary>Words for the kinds of question, so that nobody has to know the names of datasets.</summary>
public static class TaskTexts
{
    /// <summary>The free question and the seven cards of the tasks, in the order in which they are offered.</summary>
    public static IReadOnlyList<FamilyText> Families { get; } =
    [
        new([TaskFamily.Free], "Ask anything", "Your own question, in your own words, about any clip.", "“What is the person holding?”", "text", Icons.Material.Rounded.ChatBubbleOutline),
        new([TaskFamily.TemporalLocalization], "What happens when?", "Names the events and says from when to when each lasts.", "“Dog barking, from 2 to 5 seconds”", "events on the timeline", Icons.Material.Rounded.Timeline),
        new([TaskFamily.QuestionAnswering], "Answer a question", "Answers a question about what is seen and heard.", "“How many instruments are sounding?” – “two”", "an answer", Icons.Material.Rounded.QuestionAnswer),
        new([TaskFamily.Captioning], "Describe the clip", "Describes picture and sound in sentences.", "“A man plays the guitar while a crowd sings along.”", "text", Icons.Material.Rounded.Notes),
        new([TaskFamily.SpatialLocalization, TaskFamily.ReferringSegmentation], "Where is it?", "Marks on one frame what makes the sound, or an object that you describe.", "“The loudest instrument” – “a violin”, with a box around it", "a box and points on the frame", Icons.Material.Rounded.CenterFocusStrong),
        new([TaskFamily.ActionRecognition], "Which action is it?", "Names the action that takes place.", "“playing the drums”", "a name", Icons.Material.Rounded.DirectionsRun),
        new([TaskFamily.EmotionRecognition], "Which emotion is it?", "Judges a person's emotion from face and voice in the first four seconds.", "“happy”", "a name", Icons.Material.Rounded.Mood),
        new([TaskFamily.CrossModalMatching], "What belongs together?", "Says which of two videos fits a sound, or which of two sounds fits a video.", "“the second video”", "first or second", Icons.Material.Rounded.CompareArrows),
    ];

    /// <summary>What sets a task apart from the others of its family.</summary>
    public static string Variant(TaskDefinition task) => task.Key switch
    {
        "ave" => "events both heard and seen",
        "unav" => "events both heard and seen, long clips",
        "avvp" => "what is heard and what is seen, apart",
        "avqa" => "an open question, about music above all",
        "avqa_thu" => "choose one of your options",
        "avcap" => "a description",
        "arig" => "what makes the sound: a box",
        "s4" => "the one source of the sound: a box and points",
        "ms3" => "several sources of sound: a box and points",
        "ref_avs" => "what you describe: there or not, a box and points",
        "ks" => "actions with a typical sound",
        "ucf" => "sports and everyday actions",
        "meld" => "people in a conversation (television)",
        "mer24" => "people speaking Chinese",
        "cremad" => "actors speaking a sentence",
        "mafw" => "people in films and shows",
        "dfew" => "people in films",
        "a2v" => "a sound, then two videos",
        "v2a" => "a video, then two sounds",
        "" => "your own question",
        _ => task.Dataset,
    };

    /// <summary>The clips that a task takes, in words.</summary>
    public static string Takes(TaskMedia media) => media switch
    {
        TaskMedia.VideoWithSound => "one video with sound",
        TaskMedia.StillWithSound => "one video with sound, or a picture and a sound",
        TaskMedia.SoundAndTwoVideos => "three clips: a sound, then two videos",
        TaskMedia.VideoAndTwoSounds => "three clips: a video, then two sounds",
        _ => "any clips",
    };

    /// <summary>The part of each clip in a task, by its place; null when there is but one part.</summary>
    public static string? Role(TaskMedia media, int place) => (media, place) switch
    {
        (TaskMedia.SoundAndTwoVideos, 0) => "the sound",
        (TaskMedia.SoundAndTwoVideos, 1) => "first video",
        (TaskMedia.SoundAndTwoVideos, 2) => "second video",
        (TaskMedia.VideoAndTwoSounds, 0) => "the video",
        (TaskMedia.VideoAndTwoSounds, 1) => "first sound",
        (TaskMedia.VideoAndTwoSounds, 2) => "second sound",
        _ => null,
    };
}

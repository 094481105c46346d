using CrabStudio.Tasks;
using MudBlazor;

namespace CrabStudio.Web.Components.Asking;

/// <summary>How a family of tasks is offered to a person.</summary>
/// <param name="Family">The family.</param>
/// <param name="Title">The question behind it, in plain words.</param>
/// <param name="Sentence">What it does, in one sentence.</param>
/// <param name="Example">What an answer may look like.</param>
/// <param name="Gives">What comes out and is drawn.</param>
/// <param name="Icon">Its picture.</param>
public sealed record FamilyText(TaskFamily Family, string Title, string Sentence, string Example, string Gives, string Icon);

/// <summary>Words for the kinds of question, so that nobody has to know the names of datasets.</summary>
public static class TaskTexts
{
    /// <summary>The families, in the order in which they are offered.</summary>
    public static IReadOnlyList<FamilyText> Families { get; } =
    [
        new(TaskFamily.Free, "Ask anything", "Your own question, in your own words, about any clip.", "“What is the person holding?”", "text", Icons.Material.Rounded.ChatBubbleOutline),
        new(TaskFamily.TemporalLocalization, "What happens when?", "Names the events and says from when to when each lasts.", "“Dog barking, from 2 to 5 seconds”", "events on the timeline", Icons.Material.Rounded.Timeline),
        new(TaskFamily.QuestionAnswering, "Answer a question", "Answers a question about what is seen and heard.", "“How many instruments are sounding?” – “two”", "an answer", Icons.Material.Rounded.QuestionAnswer),
        new(TaskFamily.Captioning, "Describe the clip", "Describes picture and sound in sentences.", "“A man plays the guitar while a crowd sings along.”", "text", Icons.Material.Rounded.Notes),
        new(TaskFamily.SpatialLocalization, "Where does the sound come from?", "Names what makes the sound and marks it on one frame.", "“A violin”, with a box around it", "a box and points on the frame", Icons.Material.Rounded.CenterFocusStrong),
        new(TaskFamily.ReferringSegmentation, "Find what I describe", "Looks on one frame for an object that you describe.", "“the loudest instrument”: there or not, and where", "yes or no, a box and points", Icons.Material.Rounded.ImageSearch),
        new(TaskFamily.ActionRecognition, "Which action is it?", "Names the action that takes place.", "“playing the drums”", "a name", Icons.Material.Rounded.DirectionsRun),
        new(TaskFamily.EmotionRecognition, "Which emotion is it?", "Judges a person's emotion from face and voice in the first four seconds.", "“happy”", "a name", Icons.Material.Rounded.Mood),
        new(TaskFamily.CrossModalMatching, "What belongs together?", "Says which of two videos fits a sound, or which of two sounds fits a video.", "“the second video”", "first or second", Icons.Material.Rounded.CompareArrows),
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
        "arig" => "a box",
        "s4" => "a box and three points, one source",
        "ms3" => "a box and three points, several sources",
        "ref_avs" => "a box and three points",
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

using CrabStudio.Tasks;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;
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
    public static IReadOnlyList<FamilyText> Cards(IStringLocalizer<Words> L) =>
    [
        new([TaskFamily.Free], L["Ask anything"], L["Your own question, in your own words, about any clip."], L["“What is the person holding?”"], L["text"], Icons.Material.Rounded.ChatBubbleOutline),
        new([TaskFamily.TemporalLocalization], L["What happens when?"], L["Names the events and says from when to when each lasts."], L["“Dog barking, from 2 to 5 seconds”"], L["events on the timeline"], Icons.Material.Rounded.Timeline),
        new([TaskFamily.QuestionAnswering], L["Answer a question"], L["Answers a question about what is seen and heard."], L["“How many instruments are sounding?” – “two”"], L["an answer"], Icons.Material.Rounded.QuestionAnswer),
        new([TaskFamily.Captioning], L["Describe the clip"], L["Describes picture and sound in sentences."], L["“A man plays the guitar while a crowd sings along.”"], L["text"], Icons.Material.Rounded.Notes),
        new([TaskFamily.SpatialLocalization, TaskFamily.ReferringSegmentation], L["Where is it?"], L["Marks on one frame what makes the sound, or an object that you describe."], L["“The loudest instrument” – “a violin”, with a box around it"], L["a box and points on the frame"], Icons.Material.Rounded.CenterFocusStrong),
        new([TaskFamily.ActionRecognition], L["Which action is it?"], L["Names the action that takes place."], L["“playing the drums”"], L["a name"], Icons.Material.Rounded.DirectionsRun),
        new([TaskFamily.EmotionRecognition], L["Which emotion is it?"], L["Judges a person's emotion from face and voice in the first four seconds."], L["“happy”"], L["a name"], Icons.Material.Rounded.Mood),
        new([TaskFamily.CrossModalMatching], L["What belongs together?"], L["Says which of two videos fits a sound, or which of two sounds fits a video."], L["“the second video”"], L["first or second"], Icons.Material.Rounded.CompareArrows),
    ];

    /// <summary>What sets a task apart from the others of its family.</summary>
    public static string Variant(string key, IStringLocalizer<Words> L) => key switch
    {
        "ave" => L["events both heard and seen"],
        "unav" => L["events both heard and seen, long clips"],
        "avvp" => L["what is heard and what is seen, apart"],
        "avqa" => L["an open question, about music above all"],
        "avqa_thu" => L["choose one of your options"],
        "avcap" => L["a description"],
        "arig" => L["what makes the sound: a box"],
        "s4" => L["the one source of the sound: a box and points"],
        "ms3" => L["several sources of sound: a box and points"],
        "ref_avs" => L["what you describe: there or not, a box and points"],
        "ks" => L["actions with a typical sound"],
        "ucf" => L["sports and everyday actions"],
        "meld" => L["people in a conversation (television)"],
        "mer24" => L["people speaking Chinese"],
        "cremad" => L["actors speaking a sentence"],
        "mafw" => L["people in films and shows"],
        "dfew" => L["people in films"],
        "a2v" => L["a sound, then two videos"],
        "v2a" => L["a video, then two sounds"],
        "" => L["your own question"],
        _ => TaskCatalog.Find(key)?.Dataset ?? key,
    };

    /// <summary>Why clips do not suit a task. The rules of the tasks say it in English, clip by clip; in another language a page says what the task takes.</summary>
    /// <param name="key">The task.</param>
    /// <param name="why">What the rules say.</param>
    /// <param name="L">The words.</param>
    public static string Unsuited(string key, string why, IStringLocalizer<Words> L) => StudioLanguages.Current == "en" ? why : TaskCatalog.Find(key)?.Media switch
    {
        TaskMedia.VideoWithSound => L["This takes one video with sound."],
        TaskMedia.StillWithSound => L["This takes one video with sound, or a picture and a sound."],
        TaskMedia.SoundAndTwoVideos => L["This takes three clips: a sound, then two videos."],
        TaskMedia.VideoAndTwoSounds => L["This takes three clips: a video, then two sounds."],
        _ => why,
    };

    /// <summary>The part of each clip in a task, by its place; null when there is but one part.</summary>
    public static string? Role(TaskMedia media, int place, IStringLocalizer<Words> L) => (media, place) switch
    {
        (TaskMedia.SoundAndTwoVideos, 0) => L["the sound"],
        (TaskMedia.SoundAndTwoVideos, 1) => L["first video"],
        (TaskMedia.SoundAndTwoVideos, 2) => L["second video"],
        (TaskMedia.VideoAndTwoSounds, 0) => L["the video"],
        (TaskMedia.VideoAndTwoSounds, 1) => L["first sound"],
        (TaskMedia.VideoAndTwoSounds, 2) => L["second sound"],
        _ => (string?)null,
    };
}
